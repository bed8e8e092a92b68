//! A sealed file: what of it can be read without an identity, and how it is opened.

use std::fmt;

use super::cipher::{self, Oddity};
use super::error::{Place, SopsError, YamlError};
use super::filter::Filter;
use super::format;
use super::metadata::Metadata;
use super::node::{Comment, Field, Item, Node, Text};
use super::walk::{Here, Visitor, walk};

/// A sealed file, checked as far as that goes without an identity: it is complete, every value that the filter covers
/// is well-formed ciphertext, and no other is.
pub struct Sealed {
    /// Without their `sops` blocks; encrypted values are [`Node::Enc`].
    pub(super) documents: Vec<Node>,
    pub(super) metadata: Metadata,
    notes: Vec<Note>,
}

/// Something odd that sops accepts and never writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A readable comment where comments are encrypted.
    ReadableComment(Place),
    /// A comment that looks encrypted and is not, or was moved here.
    BrokenComment(Place),
    /// Text after the closing bracket of an encrypted value; nothing vouches for it.
    TextAfterValue(Place),
    /// An encrypted value with a nonce of 12 bytes; `sops rotate` fails on it.
    ShortNonce(Place),
    /// A recipient whose `enc` is not an armored age file.
    UnreadableRecipient(String),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadableComment(place) => {
                write!(f, "{place} has a readable comment where comments are encrypted")
            }
            Self::BrokenComment(place) => {
                write!(f, "{place} has an encrypted comment that does not belong there")
            }
            Self::TextAfterValue(place) => {
                write!(f, "{place} has text after its encrypted value; it is ignored")
            }
            Self::ShortNonce(place) => write!(f, "{place} is encrypted with a nonce that sops does not use"),
            Self::UnreadableRecipient(label) => write!(f, "the `enc` of {label} is not an armored age file"),
        }
    }
}

impl Sealed {
    /// Reads the text of a sealed file and checks its structure.
    ///
    /// # Errors
    /// [`SopsError::NoMetadata`] for a file that is not sealed, [`SopsError::CutShort`] for one that ends too early,
    /// and others for what does not fit.
    pub fn parse(text: &str) -> Result<Self, SopsError> {
        Self::parse_whole(text).map_err(|error| match error {
            SopsError::Yaml(YamlError::Syntax { .. })
            | SopsError::MissingMetadata(_)
            | SopsError::BadMetadata { .. }
            | SopsError::BadArmor { .. }
                if !text.ends_with('\n') =>
            {
                SopsError::CutShort { missing: "it ends in the middle of a line" }
            }
            error => error,
        })
    }

    fn parse_whole(text: &str) -> Result<Self, SopsError> {
        let mut documents = format::parse(text)?;
        let mut blocks = Vec::with_capacity(documents.len());
        let mut is_last = false;
        for document in &mut documents {
            let Node::Map(fields) = document else { return Err(SopsError::NotAMapping) };
            let at = fields.iter().position(|field| matches!(field, Field::Value(key, _) if key == "sops"));
            is_last = at.is_some_and(|at| at + 1 == fields.len());
            blocks.push(at.map(|at| fields.remove(at)));
        }
        let block = match blocks.first_mut().and_then(Option::take) {
            Some(Field::Value(_, block)) => block,
            _ if blocks.iter().any(Option::is_some) => return Err(SopsError::NoMetadata),
            _ if documents.iter().any(holds_ciphertext) => {
                return Err(SopsError::CutShort { missing: "it has encrypted values and no `sops` block" });
            }
            _ => return Err(SopsError::NoMetadata),
        };
        let without_end =
            is_last && matches!(block, Node::Map(_) | Node::Null) && block.get("version").is_none();
        let metadata = match Metadata::parse(block) {
            Ok(metadata) => metadata,
            Err(_) if without_end => {
                return Err(SopsError::CutShort { missing: "its `sops` block does not reach `version`" });
            }
            Err(error) => return Err(error),
        };
        let notes = metadata.unreadable().map(|label| Note::UnreadableRecipient(label.to_owned())).collect();
        let mut marker = Marker { notes };
        let documents = documents
            .into_iter()
            .map(|document| walk(document, &metadata.filter, &mut marker))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { documents, metadata, notes: marker.notes })
    }

    /// Whom the file is sealed for, as it labels them; nothing vouches for the labels.
    #[must_use]
    pub fn recipients(&self) -> Vec<&str> {
        self.metadata.recipients().collect()
    }

    /// When it was changed, as it stands in the file.
    #[must_use]
    pub fn last_modified(&self) -> &str {
        &self.metadata.last_modified
    }

    /// Whether readable values are left out of the MAC.
    #[must_use]
    pub fn mac_only_encrypted(&self) -> bool {
        self.metadata.mac_only_encrypted
    }

    /// What is encrypted in it.
    #[must_use]
    pub fn filter(&self) -> &Filter {
        &self.metadata.filter
    }

    /// What is odd about it. Deal with it or tell the user.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The documents without their `sops` block; encrypted values are [`Node::Enc`].
    #[must_use]
    pub fn documents(&self) -> &[Node] {
        &self.documents
    }

    /// A document without its `sops` block.
    #[must_use]
    pub fn document(&self, index: usize) -> Option<&Node> {
        self.documents.get(index)
    }

    /// A readable string of the first document. Nothing vouches for it if [`Self::mac_only_encrypted`].
    #[must_use]
    pub fn clear(&self, path: &[&str]) -> Option<&str> {
        self.document(0)?.at(path)?.as_str()
    }
}

fn holds_ciphertext(node: &Node) -> bool {
    node.as_str().is_some_and(cipher::looks_encrypted)
        || node.fields().map(|(_, value)| value).chain(node.items()).any(holds_ciphertext)
}

pub(super) fn bad_value<T>(here: &Here<'_>, problem: &'static str) -> Result<T, SopsError> {
    Err(SopsError::BadValue { place: here.place(), problem })
}

/// Turns the strings of a file into encrypted values where the filter says so.
struct Marker {
    notes: Vec<Note>,
}

impl Marker {
    /// The text if it is an encrypted value, and its type.
    fn encrypted(&mut self, text: &Text, here: &Here<'_>) -> Result<(String, String), SopsError> {
        let text = text.as_str().unwrap_or_default();
        match cipher::Sealed::parse(text) {
            Ok(sealed) => {
                match sealed.oddity {
                    Some(Oddity::ShortNonce) => self.notes.push(Note::ShortNonce(here.place())),
                    Some(Oddity::TextAfter) => self.notes.push(Note::TextAfterValue(here.place())),
                    None => {}
                }
                Ok((text.to_owned(), sealed.kind))
            }
            Err(problem) => bad_value(here, problem),
        }
    }
}

impl Visitor for Marker {
    fn value(&mut self, node: Node, here: &Here<'_>) -> Result<Node, SopsError> {
        match self.member(node, here)? {
            Item::Value(node) => Ok(node),
            Item::Comment(_) => bad_value(here, "is an encrypted comment"),
        }
    }

    fn member(&mut self, node: Node, here: &Here<'_>) -> Result<Item, SopsError> {
        match &node {
            Node::Str(text) if here.covered && !text.is_empty() => {
                let (text, kind) = self.encrypted(text, here)?;
                let is_comment = kind == "comment";
                Ok(if is_comment { Item::Comment(Comment::Enc(text)) } else { Item::Value(Node::Enc(text)) })
            }
            Node::Str(text) if text.as_str().is_some_and(cipher::looks_encrypted) => {
                Err(SopsError::EncryptedInClear { place: here.place() })
            }
            Node::Str(_) => Ok(Item::Value(node)),
            _ if here.covered => bad_value(here, "is not encrypted"),
            _ => Ok(Item::Value(node)),
        }
    }

    fn comment(&mut self, comment: Comment, here: &Here<'_>) -> Result<Comment, SopsError> {
        let Comment::Clear(text) = &comment else { return Ok(comment) };
        if !here.covered || text.is_empty() {
            return Ok(comment);
        }
        let text = text.as_str().unwrap_or_default();
        match cipher::Sealed::parse(text) {
            Ok(sealed) if sealed.kind == "comment" => Ok(Comment::Enc(text.to_owned())),
            _ => {
                let encrypted = cipher::looks_encrypted(text);
                let note = if encrypted { Note::BrokenComment } else { Note::ReadableComment };
                self.notes.push(note(here.place()));
                Ok(comment)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sops::golden::{read, sealed_secret};

    fn refused(text: &str) -> SopsError {
        Sealed::parse(text).err().expect("refused")
    }

    #[test]
    fn what_is_readable_is_read_without_an_identity() {
        let sealed = Sealed::parse(&sealed_secret()).expect("parses");
        assert_eq!(sealed.clear(&["metadata", "name"]), Some("shop"));
        assert_eq!(sealed.clear(&["data", "tls.crt"]), Some("Y2VydA=="));
        assert_eq!(sealed.clear(&["data", "tls.key"]), None);
        assert!(matches!(sealed.document(0).and_then(|d| d.at(&["data", "tls.key"])), Some(Node::Enc(_))));
        assert!(sealed.document(0).is_some_and(|document| document.get("sops").is_none()));
        assert_eq!(sealed.last_modified(), "2026-11-25T12:00:00Z");
        assert_eq!(sealed.filter().to_string(), r"encrypted_regex: ^(tls\.key)$");
        assert!(sealed.mac_only_encrypted());
    }

    #[test]
    fn a_file_without_a_seal_is_no_sealed_file() {
        assert!(matches!(refused("a: b\n"), SopsError::NoMetadata));
        assert!(matches!(refused("- a\n"), SopsError::NotAMapping));
        assert!(matches!(refused(""), SopsError::Yaml(YamlError::Empty)));
    }

    #[test]
    fn ciphertext_in_readable_places_is_refused() {
        let text = sealed_secret();
        let key = text.lines().find_map(|line| line.trim().strip_prefix("tls.key: ")).expect("ciphertext");
        let error = refused(&text.replace("name: shop", &format!("name: {key}")));
        assert!(
            matches!(&error, SopsError::EncryptedInClear { place } if place.to_string() == "metadata.name")
        );
        assert!(!error.to_string().contains("ENC["));
    }

    #[test]
    fn an_encrypted_comment_is_no_value() {
        let text = sealed_secret();
        assert!(matches!(
            refused(&text.replacen("type:str]", "type:comment]", 1)),
            SopsError::BadValue { place, .. } if place.keys() == ["data", "tls.key"]
        ));
    }

    #[test]
    fn a_moved_comment_is_left_as_it_is_and_changes_nothing() {
        let text = read("comments-313.enc.yaml");
        let moved = text.lines().find(|line| line.starts_with("    #ENC")).expect("a comment").trim();
        assert!(Sealed::parse(&format!("{moved}\n{text}")).is_ok_and(|sealed| sealed.notes().is_empty()));
    }
}
