//! Plain documents to the text of a sealed file.

use super::age::{self, Recipient};
use super::cipher::{self, DataKey, Entropy};
use super::emit;
use super::error::SopsError;
use super::filter::Filter;
use super::format::YamlError;
use super::mac::Mac;
use super::moment::Moment;
use super::node::{Comment, Field, Node, Plain};
use super::scalar;
use super::walk::{Here, Visitor, walk};

/// The version of the format that is written, as sops names it.
const VERSION: &str = "3.11.0";

/// How a file is sealed.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Who can open it, in this order; at least one.
    pub recipients: &'a [Recipient],
    /// What is encrypted.
    pub filter: &'a Filter,
    /// Leaves readable values out of the MAC, so that they can change without an identity.
    pub mac_only_encrypted: bool,
    /// When it was changed: RFC 3339 in UTC and whole seconds, as `2026-11-25T12:00:00Z`.
    pub last_modified: &'a str,
}

/// Seals the documents under a fresh data key and returns the text of the whole file.
///
/// # Errors
/// A plain file that sops would not read back, a filter that covers nothing, no recipient, no random bytes.
pub fn encrypt(plain: &Plain, options: &Options<'_>, entropy: &dyn Entropy) -> Result<String, SopsError> {
    if options.recipients.is_empty() {
        return Err(SopsError::NoRecipients);
    }
    let utc = Moment::parse(options.last_modified).is_ok_and(|moment| {
        moment.as_str() == options.last_modified && moment.in_seconds() == options.last_modified
    });
    if !utc || !options.last_modified.ends_with('Z') {
        return Err(SopsError::BadTime);
    }
    if plain.documents.is_empty() {
        return Err(YamlError::Empty.into());
    }
    let key = DataKey::new(entropy)?;
    let mac = Mac::new(options.mac_only_encrypted);
    let mut sealer = Sealer { key: &key, entropy, filter: options.filter, mac, sealed: 0 };
    let mut documents = Vec::with_capacity(plain.documents.len());
    for document in &plain.documents {
        let document = emit::settle(document.clone());
        emit::check(&document)?;
        if document.get("sops").is_some() {
            return Err(SopsError::ReservedKey);
        }
        documents.push(walk(document, options.filter, &mut sealer)?);
    }
    if sealer.sealed == 0 {
        return Err(SopsError::NothingEncrypted { filter: options.filter.to_string() });
    }
    let mac = key.seal("str", sealer.mac.finish().as_bytes(), options.last_modified, entropy)?;
    let block = block(&key, options, mac)?;
    for document in &mut documents {
        if let Node::Map(fields) = document {
            fields.push(Field::Value("sops".to_owned(), block.clone()));
        }
    }
    Ok(std::mem::take(&mut *emit::documents(&documents)))
}

/// The `sops` block, in the order of sops 3.11.
fn block(key: &DataKey, options: &Options<'_>, mac: String) -> Result<Node, SopsError> {
    let mut entries = Vec::with_capacity(options.recipients.len());
    for recipient in options.recipients {
        let armored = age::wrap(key, recipient)?;
        entries
            .push(Node::map([("recipient", Node::str(recipient.to_string())), ("enc", Node::str(armored))]));
    }
    let mut fields = vec![
        ("age", Node::list(entries)),
        ("lastmodified", Node::str(options.last_modified)),
        ("mac", Node::Enc(mac)),
        (options.filter.key(), Node::str(options.filter.text())),
    ];
    if options.mac_only_encrypted {
        fields.push(("mac_only_encrypted", Node::Bool(true)));
    }
    fields.push(("version", Node::str(VERSION)));
    Ok(Node::map(fields))
}

struct Sealer<'a> {
    key: &'a DataKey,
    entropy: &'a dyn Entropy,
    filter: &'a Filter,
    mac: Mac,
    sealed: usize,
}

impl Sealer<'_> {
    fn unwritable<T>(here: &Here<'_>, problem: &'static str) -> Result<T, SopsError> {
        Err(SopsError::Unwritable { place: here.place(), problem })
    }
}

impl Visitor for Sealer<'_> {
    fn value(&mut self, node: Node, here: &Here<'_>) -> Result<Node, SopsError> {
        let Some((kind, bytes)) = scalar::bytes_of(&node) else {
            return Self::unwritable(here, "is encrypted already");
        };
        self.mac.add(&bytes, here.covered);
        if !here.covered {
            return match node.as_str() {
                Some(text) if cipher::looks_encrypted(text) => {
                    Self::unwritable(here, "begins like an encrypted value and would stay readable")
                }
                _ => Ok(node),
            };
        }
        // An empty text has no ciphertext that sops reads.
        if bytes.is_empty() {
            return Ok(node);
        }
        self.sealed += 1;
        self.key.seal(kind, &bytes, &here.aad(), self.entropy).map(Node::Enc)
    }

    fn comment(&mut self, comment: Comment, here: &Here<'_>) -> Result<Comment, SopsError> {
        let Comment::Clear(text) = &comment else {
            return Self::unwritable(here, "has a comment that is encrypted already");
        };
        let looks_encrypted = text.as_str().is_some_and(cipher::looks_encrypted);
        match (here.covered, looks_encrypted) {
            (false, true) => {
                return Self::unwritable(
                    here,
                    "has a comment that begins like an encrypted one and would stay readable",
                );
            }
            (false, false) => return Ok(comment),
            (true, _) if text.is_empty() && here.in_list => {
                // Sops makes an empty string of it, a member that was not there.
                return Self::unwritable(here, "has an empty comment in a list that is encrypted");
            }
            (true, _) if text.is_empty() => return Ok(comment),
            (true, _) => {}
        }
        if here.in_list && matches!(self.filter, Filter::EncryptedCommentRegex(_)) {
            // Sops writes such a file and then finds its MAC wrong.
            return Self::unwritable(
                here,
                "has a comment in a list that `encrypted_comment_regex` would encrypt",
            );
        }
        let sealed = self.key.seal("comment", text.as_bytes(), &here.aad(), self.entropy)?;
        match self.filter {
            Filter::UnencryptedCommentRegex(pattern) if pattern.is_match(&sealed) => {
                Self::unwritable(here, "has a comment whose ciphertext the pattern of the filter matches")
            }
            _ => Ok(Comment::Enc(sealed)),
        }
    }
}
