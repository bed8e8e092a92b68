//! Plain documents to the text of a sealed file.

use super::age::{self, Recipient};
use super::cipher::{self, DataKey, Entropy};
use super::emit;
use super::error::{SopsError, YamlError};
use super::filter::Filter;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sops::cipher::EntropyError;
    use crate::sops::filter::FilterError;
    use crate::sops::golden::{A, entropy, sealed_secret, secret};
    use crate::sops::node::Item;
    use crate::sops::pattern::Pattern;

    fn seal(document: Node, filter: &Filter) -> Result<String, SopsError> {
        let recipients = [A.parse().expect("recipient")];
        let options = Options {
            recipients: &recipients,
            filter,
            mac_only_encrypted: false,
            last_modified: "2026-11-25T12:00:00Z",
        };
        encrypt(&Plain::single(document), &options, &entropy())
    }

    #[test]
    fn a_sealed_file_looks_as_sops_writes_it() {
        let text = sealed_secret();
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("        ")).collect();
        let shape: Vec<&str> = lines.iter().map(|line| line.split("ENC[").next().expect("text")).collect();
        assert_eq!(
            shape,
            [
                "apiVersion: v1",
                "kind: Secret",
                "metadata:",
                "  name: shop",
                "type: kubernetes.io/tls",
                "data:",
                "  tls.crt: Y2VydA==",
                "  tls.key: ",
                "sops:",
                "  age:",
                "    - recipient: age1mn4egm02cla8458xmlxuzw0etk6r05lwp20wccd493grlw7q7qkq4jmdxu",
                "      enc: |",
                "  lastmodified: \"2026-11-25T12:00:00Z\"",
                "  mac: ",
                "  encrypted_regex: \"^(tls\\\\.key)$\"",
                "  mac_only_encrypted: true",
                "  version: 3.11.0",
            ]
        );
        assert!(text.ends_with("\n") && !text.contains("a2V5") && !text.contains('\r'));
    }

    #[test]
    fn two_seals_of_the_same_share_no_ciphertext() {
        let filter = Filter::default();
        let document = || Node::map([("a", Node::str("same")), ("b", Node::str("same"))]);
        let text = seal(document(), &filter).expect("seals");
        let values: Vec<&str> =
            text.lines().filter_map(|line| line.split_once(": ENC[").map(|(_, v)| v)).collect();
        assert_eq!(values.len(), 3);
        assert_ne!(values[0], values[1]);
        // The nonces too, not only the key.
        let nonce = |value: &str| value.split("iv:").nth(1).map(|rest| rest[..44].to_owned());
        assert_ne!(nonce(values[0]), nonce(values[1]));
    }

    #[test]
    fn options_that_seal_nothing_are_refused() {
        let filter = Filter::default();
        let document = secret("x", Node::str("k"));
        let plain = Plain::single(document.clone());
        let recipients = [A.parse().expect("recipient")];
        let options = |recipients, last_modified| Options {
            recipients,
            filter: &filter,
            mac_only_encrypted: false,
            last_modified,
        };
        let now = "2026-11-25T12:00:00Z";
        assert!(matches!(encrypt(&plain, &options(&[], now), &entropy()), Err(SopsError::NoRecipients)));
        for time in [
            "",
            "2026-11-25",
            "2026-11-25T12:00:00+01:00",
            "2026-11-25T12:00:00.5Z",
            "2026-11-25T12:00:00+00:00",
        ] {
            let error = encrypt(&plain, &options(&recipients, time), &entropy()).expect_err(time);
            assert!(matches!(error, SopsError::BadTime), "{time}");
        }
        let nothing = Plain { documents: Vec::new() };
        assert!(matches!(encrypt(&nothing, &options(&recipients, now), &entropy()), Err(SopsError::Yaml(_))));
        let missed = Filter::encrypted_regex("^stringData$").expect("compiles");
        assert!(
            matches!(seal(document, &missed), Err(SopsError::NothingEncrypted { filter }) if filter.contains("stringData"))
        );
        assert!(matches!(Filter::encrypted_regex("^(?!data)"), Err(FilterError::Pattern { .. })));
    }

    #[test]
    fn trees_that_sops_would_not_read_back_are_refused() {
        let filter = Filter::encrypted_regex("^data$").expect("compiles");
        let with = |field: Field| Node::Map(vec![Field::Value("data".into(), Node::str("secret")), field]);
        let value = |key: &str, node: Node| with(Field::Value(key.to_owned(), node));
        let enc = "ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]";
        for document in [
            value("a", Node::str(enc)),
            value("a", Node::Enc(enc.into())),
            with(Field::Comment(Comment::new(enc))),
            with(Field::Comment(Comment::Enc(enc.into()))),
            with(Field::Comment(Comment::new("two\nlines"))),
            value("data2", (0..200).fold(Node::Null, |inner, _| Node::map([("a", inner)]))),
        ] {
            assert!(matches!(seal(document, &filter), Err(SopsError::Unwritable { .. })));
        }
        assert!(matches!(seal(value("data", Node::Null), &filter), Err(SopsError::DuplicateKey { .. })));
        assert!(matches!(seal(value("sops", Node::Null), &filter), Err(SopsError::ReservedKey)));
        assert!(matches!(seal(Node::str("secret"), &filter), Err(SopsError::NotAMapping)));
    }

    #[test]
    fn comment_filters_that_sops_stumbles_over_are_refused() {
        let list = Node::List(vec![
            Item::Comment(Comment::new(" mark")),
            Item::Comment(Comment::new(" more")),
            Item::Value(Node::str("x")),
        ]);
        let document = Node::map([("l", list), ("z", Node::str("y"))]);
        let filter = Filter::EncryptedCommentRegex(Pattern::new("mark").expect("compiles"));
        assert!(matches!(seal(document.clone(), &filter), Err(SopsError::Unwritable { .. })));
        let filter = Filter::UnencryptedCommentRegex(Pattern::new("ENC").expect("compiles"));
        assert!(matches!(seal(document, &filter), Err(SopsError::Unwritable { .. })));
    }

    #[test]
    fn without_random_bytes_there_is_no_file() {
        struct Dry;
        impl Entropy for Dry {
            fn fill(&self, _: &mut [u8]) -> Result<(), EntropyError> {
                Err(EntropyError("no device".into()))
            }
        }
        let recipients = [A.parse().expect("recipient")];
        let filter = Filter::default();
        let options = Options {
            recipients: &recipients,
            filter: &filter,
            mac_only_encrypted: true,
            last_modified: "2026-11-25T12:00:00Z",
        };
        let plain = Plain::single(secret("x", Node::str("k")));
        assert!(matches!(encrypt(&plain, &options, &Dry), Err(SopsError::Entropy(_))));
    }
}
