//! The tree of a YAML document, in document order, comments included.

use zeroize::Zeroizing;

use super::moment::Moment;

/// The bytes of a string, wiped when dropped. No `Debug`, no `Display`: it may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Text(Zeroizing<Vec<u8>>);

impl Text {
    /// The string, unless it is a `!!binary` value that is not UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The bytes as they enter the MAC.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether there is nothing in it. An empty string is never encrypted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.as_bytes().to_vec()))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text.into_bytes()))
    }
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl From<Zeroizing<Vec<u8>>> for Text {
    fn from(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }
}

/// One value of a document. No `Debug`: it may hold a secret.
#[derive(Clone, PartialEq)]
pub enum Node {
    /// `null`; never encrypted, not in the MAC.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number; sops knows 64 bits with a sign and no more.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A point in time: what an unquoted date or timestamp becomes.
    Time(Moment),
    /// A string.
    Str(Text),
    /// An encrypted value as it stands in the file, `ENC[AES256_GCM,…]`. Only in documents of a sealed file.
    Enc(String),
    /// A list.
    List(Vec<Item>),
    /// A mapping, in file order; keys are unique.
    Map(Vec<Field>),
}

/// What stands in a list.
#[derive(Clone, PartialEq)]
pub enum Item {
    /// A member.
    Value(Node),
    /// A comment before the next member, or after the last.
    Comment(Comment),
}

/// What stands in a mapping.
#[derive(Clone, PartialEq)]
pub enum Field {
    /// A key with its value.
    Value(String, Node),
    /// A comment before the next key, or after the last.
    Comment(Comment),
}

/// A comment, without its `#`. It may be a secret too.
#[derive(Clone, PartialEq, Eq)]
pub enum Comment {
    /// Readable, or decrypted.
    Clear(Text),
    /// Encrypted, as it stands in the file.
    Enc(String),
}

impl Comment {
    /// A comment of one line. What begins with a letter should bring its leading space along.
    #[must_use]
    pub fn new(text: impl Into<Text>) -> Self {
        Self::Clear(text.into())
    }
}

impl Node {
    /// A string.
    #[must_use]
    pub fn str(text: impl Into<Text>) -> Self {
        Self::Str(text.into())
    }

    /// A mapping without comments.
    #[must_use]
    pub fn map<K: Into<String>>(fields: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Map(fields.into_iter().map(|(key, value)| Field::Value(key.into(), value)).collect())
    }

    /// A list without comments.
    #[must_use]
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(items.into_iter().map(Item::Value).collect())
    }

    /// The value of a key, if this is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.fields().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// The value at a path of keys.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The string, if this is one and it is readable.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => text.as_str(),
            _ => None,
        }
    }

    /// The keys and values of a mapping, without its comments; nothing for any other value.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Self)> {
        let fields = match self {
            Self::Map(fields) => fields.as_slice(),
            _ => &[],
        };
        fields.iter().filter_map(|field| match field {
            Field::Value(key, value) => Some((key.as_str(), value)),
            Field::Comment(_) => None,
        })
    }

    /// The members of a list, without its comments; nothing for any other value.
    pub fn items(&self) -> impl Iterator<Item = &Self> {
        let items = match self {
            Self::List(items) => items.as_slice(),
            _ => &[],
        };
        items.iter().filter_map(|item| match item {
            Item::Value(value) => Some(value),
            Item::Comment(_) => None,
        })
    }
}

/// The documents of a file in the clear. No `Debug`; strings and comments are wiped when dropped.
#[derive(Clone, PartialEq)]
pub struct Plain {
    /// The documents, each a mapping.
    pub documents: Vec<Node>,
}

impl Plain {
    /// A file of one document, which must be a mapping.
    #[must_use]
    pub fn single(document: Node) -> Self {
        Self { documents: vec![document] }
    }

    /// The value at a path of keys in the first document.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        self.documents.first()?.at(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_through_mappings_and_past_comments() {
        let node = Node::Map(vec![
            Field::Comment(Comment::new(" first")),
            Field::Value("data".into(), Node::map([("tls.key", Node::str("k"))])),
        ]);
        assert_eq!(node.at(&["data", "tls.key"]).and_then(Node::as_str), Some("k"));
        assert!(node.at(&["data", "tls.key", "more"]).is_none());
        assert!(node.at(&["other"]).is_none());
    }

    #[test]
    fn bytes_that_are_no_text_stay_bytes() {
        let text = Text::from(vec![0xff, 0x00]);
        assert!(text.as_str().is_none());
        assert_eq!(text.as_bytes(), [0xff, 0x00]);
    }
}
