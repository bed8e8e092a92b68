//! What can be wrong with a file. Errors say what and where, never a value or a key's bytes.

use std::fmt;

use super::cipher::EntropyError;
use super::filter::FilterError;

/// The place of a value: its path of keys, as `data["tls.key"]`. List positions are not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(Vec<String>);

impl Place {
    pub(super) fn new<S: AsRef<str>>(path: &[S]) -> Self {
        Self(path.iter().map(|key| key.as_ref().to_owned()).collect())
    }

    /// The keys from the root.
    #[must_use]
    pub fn keys(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("the top level");
        }
        for (index, key) in self.0.iter().enumerate() {
            let plain =
                !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '/'));
            match (plain, index) {
                (true, 0) => f.write_str(key)?,
                (true, _) => write!(f, ".{key}")?,
                (false, _) => write!(f, "[{key:?}]")?,
            }
        }
        Ok(())
    }
}

/// The text is not YAML that sops reads. Quotes keys at most.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum YamlError {
    /// Not YAML.
    #[error("line {line}, column {column}: not YAML: {problem}")]
    Syntax {
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What the parser says.
        problem: String,
    },
    /// No document in it.
    #[error("there is no document in it")]
    Empty,
    /// A key twice in one mapping.
    #[error("line {line}: the key `{key}` is there already")]
    DuplicateKey {
        /// From 1.
        line: usize,
        /// The key.
        key: String,
    },
    /// A key that is a number, a date, a collection or the like.
    #[error("line {line}: a key must be a string; quote it")]
    KeyNotAString {
        /// From 1.
        line: usize,
    },
    /// A value sops has no type for.
    #[error("line {line}: {problem}")]
    Value {
        /// From 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// Nesting or aliases beyond any use.
    #[error("line {line}: nested too deeply, or aliases that grow too large")]
    TooLarge {
        /// From 1.
        line: usize,
    },
}

/// Why a file can't be read, opened or written.
#[derive(Debug, thiserror::Error)]
pub enum SopsError {
    /// The text is not YAML that sops reads.
    #[error(transparent)]
    Yaml(#[from] YamlError),
    /// A document that is a list or a single value.
    #[error("a document must be a mapping at its top level")]
    NotAMapping,
    /// There is no `sops` block and nothing encrypted: not a sealed file.
    #[error("this is no sealed file: it has no `sops` block")]
    NoMetadata,
    /// The file ends too early.
    #[error("the file is cut short: {missing}")]
    CutShort {
        /// What is not there any more.
        missing: &'static str,
    },
    /// A key of the `sops` block is not there.
    #[error("the `sops` block has no `{0}`")]
    MissingMetadata(&'static str),
    /// A key of the `sops` block has no usable value.
    #[error("`{key}` in the `sops` block {problem}")]
    BadMetadata {
        /// The key.
        key: String,
        /// What is wrong with its value.
        problem: &'static str,
    },
    /// The filter can't be used.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// No recipient's age file can be read at all.
    #[error("no recipient's `enc` is an armored age file; recipients: {}", list(recipients))]
    BadArmor {
        /// The recipients as the file labels them.
        recipients: Vec<String>,
    },
    /// A readable value where the filter wants an encrypted one.
    #[error("{place} {problem}, though the file's filter covers it")]
    BadValue {
        /// Where.
        place: Place,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// An encrypted value where the filter wants a readable one.
    #[error("{place} is encrypted, though the file's filter leaves it readable")]
    EncryptedInClear {
        /// Where.
        place: Place,
    },
    /// None of the identities opens the file.
    #[error("no identity at hand opens this file; it is sealed for {}", list(recipients))]
    NoIdentity {
        /// The recipients as the file labels them.
        recipients: Vec<String>,
    },
    /// The file is split over key groups and too few of them can be opened.
    #[error(
        "{opened} of the {needed} key groups that this file needs can be opened; it is sealed for {}",
        list(recipients)
    )]
    TooFewGroups {
        /// How many groups an identity opens.
        opened: usize,
        /// How many it takes.
        needed: usize,
        /// The recipients as the file labels them.
        recipients: Vec<String>,
    },
    /// What an identity opened is not a data key.
    #[error("the data key in this file is not 32 bytes long")]
    BadDataKey,
    /// A value was changed, or moved from another place or file.
    #[error("{place} was changed or moved: its ciphertext does not belong there")]
    Tampered {
        /// Where.
        place: Place,
    },
    /// A decrypted value is not of the type it is marked with.
    #[error("{place} is marked as {kind} and holds something else")]
    WrongType {
        /// Where.
        place: Place,
        /// The type as marked.
        kind: String,
    },
    /// The MAC can't be decrypted.
    #[error("the MAC does not belong to this file: `mac` or `lastmodified` was changed")]
    MacUnreadable,
    /// The values are not those the MAC was made over.
    #[error("the values do not match the file's MAC: something was changed, added, removed or moved")]
    MacMismatch,
    /// A file for nobody.
    #[error("there is no recipient to encrypt for")]
    NoRecipients,
    /// The filter covers nothing that could be encrypted.
    #[error("nothing would be encrypted: the filter `{filter}` covers no value")]
    NothingEncrypted {
        /// The filter, as `key: text`.
        filter: String,
    },
    /// The key `sops` at the top level.
    #[error("`sops` at the top level is the key of the seal itself")]
    ReservedKey,
    /// A key twice in one mapping.
    #[error("{place} is there twice")]
    DuplicateKey {
        /// Where.
        place: Place,
    },
    /// A value or comment that can't stand in a file to be encrypted.
    #[error("{place} {problem}")]
    Unwritable {
        /// Where.
        place: Place,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The time of the change is not RFC 3339 in UTC and whole seconds.
    #[error("the time of the change must look like 2026-11-25T12:00:00Z")]
    BadTime,
    /// Readable values are part of this file's MAC, so they can't change without an identity.
    #[error(
        "readable values of this file can't change without an identity: its MAC covers them (`mac_only_encrypted` is not set)"
    )]
    ClearIsSealed,
    /// A change to the readable part would touch an encrypted value.
    #[error("{place}: the encrypted values must stay as they are, in their order and at their places")]
    CiphertextMoved {
        /// Where.
        place: Place,
    },
    /// A change to the readable part of a file with several documents.
    #[error("a file with several documents can't be changed in part")]
    SeveralDocuments,
    /// New recipients for a file whose data key is split.
    #[error("its data key is split over key groups, which this tool reads but does not write")]
    KeyGroups,
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// A value beyond what AES-GCM takes.
    #[error("a value is longer than 64 GiB")]
    TooLong,
    /// The data key could not be wrapped for a recipient.
    #[error("age can't wrap the data key: {0}")]
    Wrap(String),
}

fn list(recipients: &[String]) -> String {
    if recipients.is_empty() { "nobody".to_owned() } else { recipients.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_as_paths() {
        assert_eq!(Place::new(&["data", "tls.key"]).to_string(), "data[\"tls.key\"]");
        assert_eq!(Place::new(&["metadata", "labels", ""]).to_string(), "metadata.labels[\"\"]");
        assert_eq!(Place::new::<&str>(&[]).to_string(), "the top level");
    }
}
