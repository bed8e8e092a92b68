//! A sealed file: what of it can be read without an identity, and how it is opened.

use std::fmt;

use zeroize::Zeroizing;

use super::age::Identities;
use super::cipher::{self, DataKey, Oddity};
use super::emit;
use super::error::{Place, SopsError};
use super::filter::Filter;
use super::format::{self, YamlError};
use super::mac::Mac;
use super::metadata::Metadata;
use super::node::{Comment, Field, Item, Node, Plain, Text};
use super::scalar;
use super::walk::{Here, Visitor, walk};

/// A sealed file, checked as far as that goes without an identity: it is complete, every value that the filter covers
/// is well-formed ciphertext, and no other is.
pub struct Sealed {
    /// Without their `sops` blocks; encrypted values are [`Node::Enc`].
    documents: Vec<Node>,
    metadata: Metadata,
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

    #[cfg(test)]
    pub(super) fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Opens the file and checks its MAC.
    ///
    /// # Errors
    /// [`SopsError::NoIdentity`] or [`SopsError::TooFewGroups`] without the identities it takes;
    /// [`SopsError::Tampered`], [`SopsError::WrongType`], [`SopsError::MacUnreadable`] or [`SopsError::MacMismatch`]
    /// for a file that was changed.
    pub fn decrypt(&self, identities: &Identities) -> Result<Plain, SopsError> {
        let key = self.metadata.data_key(identities)?;
        let mac = Mac::new(self.metadata.mac_only_encrypted);
        let mut opener = Opener { key: &key, mac };
        let documents = self
            .documents
            .iter()
            .map(|document| walk(document.clone(), &self.metadata.filter, &mut opener))
            .collect::<Result<Vec<_>, _>>()?;
        let mac = key.open(&self.metadata.mac, &self.metadata.mac_aad).ok_or(SopsError::MacUnreadable)?;
        if mac.as_slice() != opener.mac.finish().as_bytes() {
            return Err(SopsError::MacMismatch);
        }
        Ok(Plain { documents })
    }

    /// The file's text with another document around the same encrypted values: for labels, annotations or a
    /// namespace that change without any identity. The encrypted values of `document` must be exactly this file's
    /// [`Node::Enc`], in their order and below the same keys; the `sops` block stays.
    ///
    /// # Errors
    /// [`SopsError::ClearIsSealed`] unless [`Self::mac_only_encrypted`]; [`SopsError::CiphertextMoved`] if the
    /// encrypted values differ; what [`encrypt`](super::encrypt) refuses in a tree.
    pub fn with_clear(&self, document: Node) -> Result<String, SopsError> {
        let [own] = self.documents.as_slice() else { return Err(SopsError::SeveralDocuments) };
        if !self.metadata.mac_only_encrypted {
            return Err(SopsError::ClearIsSealed);
        }
        let document = emit::settle(document);
        emit::check(&document)?;
        if document.get("sops").is_some() {
            return Err(SopsError::ReservedKey);
        }
        let mut before = Keeper::default();
        walk(own.clone(), &self.metadata.filter, &mut before)?;
        let mut after = Keeper::default();
        let document = walk(document, &self.metadata.filter, &mut after)?;
        before.check_same(&after)?;
        let Node::Map(mut fields) = document else { return Err(SopsError::NotAMapping) };
        fields.push(Field::Value("sops".to_owned(), self.metadata.node.clone()));
        Ok(std::mem::take(&mut *emit::documents([&Node::Map(fields)])))
    }
}

fn holds_ciphertext(node: &Node) -> bool {
    node.as_str().is_some_and(cipher::looks_encrypted)
        || node.fields().map(|(_, value)| value).chain(node.items()).any(holds_ciphertext)
}

fn bad_value<T>(here: &Here<'_>, problem: &'static str) -> Result<T, SopsError> {
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

/// Decrypts, and hashes what must match the MAC.
struct Opener<'a> {
    key: &'a DataKey,
    mac: Mac,
}

impl Opener<'_> {
    fn open(&self, text: &str, here: &Here<'_>) -> Option<(String, Zeroizing<Vec<u8>>)> {
        let sealed = cipher::Sealed::parse(text).ok()?;
        let bytes = self.key.open(&sealed, &here.aad())?;
        Some((sealed.kind, bytes))
    }
}

impl Visitor for Opener<'_> {
    fn value(&mut self, node: Node, here: &Here<'_>) -> Result<Node, SopsError> {
        let node = match node {
            Node::Enc(text) => {
                let (kind, bytes) =
                    self.open(&text, here).ok_or_else(|| SopsError::Tampered { place: here.place() })?;
                scalar::value_of(&kind, bytes)
                    .ok_or_else(|| SopsError::WrongType { place: here.place(), kind })?
            }
            node => node,
        };
        if let Some((_, bytes)) = scalar::bytes_of(&node) {
            self.mac.add(&bytes, here.covered);
        }
        Ok(node)
    }

    fn comment(&mut self, comment: Comment, here: &Here<'_>) -> Result<Comment, SopsError> {
        // Comments are outside the MAC, and sops too leaves one as it is that does not open.
        match comment {
            Comment::Enc(text) => Ok(match self.open(&text, here) {
                Some((_, bytes)) => Comment::Clear(Text::from(bytes)),
                None => Comment::Enc(text),
            }),
            comment => Ok(comment),
        }
    }
}

/// Notes the encrypted values of a document and refuses readable ones in their place.
#[derive(Default)]
struct Keeper {
    values: Vec<(String, Place, String)>,
    comments: Vec<(String, Place, String)>,
}

impl Keeper {
    /// Values must be the same in the same order; comments may have been dropped.
    fn check_same(&self, after: &Self) -> Result<(), SopsError> {
        let same = |a: &(String, Place, String), b: &(String, Place, String)| a.0 == b.0 && a.2 == b.2;
        let differs = self.values.iter().zip(&after.values).find(|(a, b)| !same(a, b)).map(|(_, b)| b);
        let left_over = self.values.get(after.values.len()).or_else(|| after.values.get(self.values.len()));
        let foreign =
            after.comments.iter().find(|comment| !self.comments.iter().any(|own| same(own, comment)));
        match differs.or(left_over).or(foreign) {
            Some((_, place, _)) => Err(SopsError::CiphertextMoved { place: place.clone() }),
            None => Ok(()),
        }
    }
}

impl Visitor for Keeper {
    fn value(&mut self, node: Node, here: &Here<'_>) -> Result<Node, SopsError> {
        let clear_text = |node: &Node| node.as_str().is_some_and(cipher::looks_encrypted);
        match &node {
            Node::Enc(text) if here.covered => self.values.push((here.aad(), here.place(), text.clone())),
            Node::Enc(_) => return Err(SopsError::EncryptedInClear { place: here.place() }),
            Node::Str(text) if here.covered && text.is_empty() => {}
            _ if here.covered => return bad_value(here, "is not encrypted"),
            node if clear_text(node) => return Err(SopsError::EncryptedInClear { place: here.place() }),
            _ => {}
        }
        Ok(node)
    }

    fn comment(&mut self, comment: Comment, here: &Here<'_>) -> Result<Comment, SopsError> {
        match &comment {
            Comment::Enc(text) if here.covered => {
                self.comments.push((here.aad(), here.place(), text.clone()));
            }
            Comment::Enc(_) => return Err(SopsError::EncryptedInClear { place: here.place() }),
            Comment::Clear(_) => {}
        }
        Ok(comment)
    }
}
