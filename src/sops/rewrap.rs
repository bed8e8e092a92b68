//! The same encrypted values for other recipients, as `sops updatekeys` does it: the data key stays, and so do values, MAC
//! and time.

use std::collections::BTreeSet;

use super::age::{self, Identities};
use super::config::{ForeignKey, RuleKey};
use super::emit;
use super::error::SopsError;
use super::metadata::FOREIGN;
use super::node::{Field, Node};
use super::sealed::Sealed;

/// In what a file's recipients are not the keys that are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// Who is to open it and is not among them.
    pub missing: BTreeSet<String>,
    /// Who is among them and is not to open it any more.
    pub left: BTreeSet<String>,
}

impl Difference {
    /// The same without the keys of others that the file lacks.
    #[must_use]
    pub fn without(mut self, lacking: &[ForeignKey]) -> Self {
        for key in lacking {
            self.missing.remove(&key.label());
        }
        self
    }
}

/// A file for other recipients.
pub struct Rewrapped {
    /// Its text.
    pub text: String,
    /// Who can open it now, as the file labels them.
    pub recipients: Vec<String>,
}

impl Sealed {
    /// Holds the recipients, as the file labels them, against the keys that are wanted. Keys of other services are told
    /// apart by the service alone.
    #[must_use]
    pub fn difference(&self, keys: &[RuleKey]) -> Difference {
        let block = &self.metadata.node;
        let (mut named, mut asked) = (BTreeSet::new(), BTreeSet::new());
        let mut missing = BTreeSet::new();
        let there: BTreeSet<&str> = self.metadata.age_labels().collect();
        for key in keys {
            let (name, service) = match key {
                RuleKey::Age(recipient) => (recipient.to_string(), None),
                RuleKey::Foreign(key) => (key.label(), key.service()),
            };
            match service {
                None if there.contains(name.as_str()) => {
                    named.insert(name);
                }
                None => {
                    missing.insert(name);
                }
                Some(service) => {
                    asked.insert(service);
                    if entries_of(block, service) == 0 {
                        missing.insert(name);
                    }
                }
            }
        }
        let mut left: BTreeSet<String> =
            there.into_iter().filter(|label| !named.contains(*label)).map(str::to_owned).collect();
        for (service, name) in FOREIGN.iter().filter(|(service, _)| !asked.contains(service)) {
            let entries = block.get(service).into_iter().flat_map(Node::items);
            left.extend(entries.map(|entry| labelled(service, entry.get(name).and_then(Node::as_str))));
        }
        Difference { missing, left }
    }

    /// Keys that are wanted, that the file lacks, and for which this tool can't encrypt.
    #[must_use]
    pub fn lacking(&self, keys: &[RuleKey]) -> Vec<ForeignKey> {
        let block = &self.metadata.node;
        let is_there = |key: &ForeignKey| match key.service() {
            Some(service) => entries_of(block, service) > 0,
            None => block.get("age").is_some_and(|list| list.items().any(|entry| is_for(entry, &key.name))),
        };
        let foreign = keys.iter().filter_map(|key| match key {
            RuleKey::Age(_) => None,
            RuleKey::Foreign(key) => Some(key),
        });
        foreign.filter(|key| !is_there(key)).cloned().collect()
    }

    /// The file for exactly these keys. An entry that this tool can't make is kept as it is where one of the keys asks
    /// for it; entries of other key services are told apart by the service alone.
    ///
    /// # Errors
    /// What [`Self::decrypt`] says of a file that can't be opened or was changed; [`SopsError::KeyGroups`] for one whose
    /// data key is split; [`SopsError::NoRecipients`] where nobody could open it any more.
    pub fn rewrap(&self, keys: &[RuleKey], identities: &Identities) -> Result<Rewrapped, SopsError> {
        if self.metadata.has_groups() {
            return Err(SopsError::KeyGroups);
        }
        self.decrypt(identities)?;
        let data_key = self.metadata.data_key(identities)?;
        let block = &self.metadata.node;
        let mut recipients = Vec::new();
        let mut entries = Vec::new();
        for key in keys {
            match key {
                RuleKey::Age(recipient) => {
                    let armored = age::wrap(&data_key, recipient)?;
                    let name = recipient.to_string();
                    entries.push(Node::map([
                        ("recipient", Node::str(name.as_str())),
                        ("enc", Node::str(armored)),
                    ]));
                    recipients.push(name);
                }
                RuleKey::Foreign(key) => {
                    let mut there = block.get("age").into_iter().flat_map(Node::items);
                    if let Some(entry) = there.find(|entry| is_for(entry, &key.name)) {
                        entries.push(entry.clone());
                        recipients.push(key.name.clone());
                    }
                }
            }
        }
        let asked = |service: &str| keys.iter().any(|key| key.service() == Some(service));
        let mut fields = vec![("age".to_owned(), Node::list(entries))];
        for (key, value) in block.fields().filter(|(key, _)| *key != "age") {
            match FOREIGN.iter().find(|(service, _)| *service == key) {
                Some((service, _)) if !asked(service) => {}
                Some((service, name)) => {
                    let named = value.items().map(|entry| entry.get(name).and_then(Node::as_str));
                    recipients.extend(named.map(|named| labelled(service, named)));
                    fields.push((key.to_owned(), value.clone()));
                }
                None => fields.push((key.to_owned(), value.clone())),
            }
        }
        if recipients.is_empty() {
            return Err(SopsError::NoRecipients);
        }
        let block = Field::Value("sops".to_owned(), Node::map(fields));
        let mut documents = self.documents.clone();
        for document in &mut documents {
            if let Node::Map(fields) = document {
                fields.push(block.clone());
            }
        }
        Ok(Rewrapped { text: std::mem::take(&mut *emit::documents(&documents)), recipients })
    }
}

fn labelled(service: &str, name: Option<&str>) -> String {
    format!("{service} {}", name.unwrap_or("key"))
}

fn is_for(entry: &Node, name: &str) -> bool {
    entry.get("recipient").and_then(Node::as_str) == Some(name)
}

fn entries_of(block: &Node, service: &str) -> usize {
    block.get(service).map_or(0, |list| list.items().count())
}

impl RuleKey {
    /// The list of the `sops` block that has keys of this kind, if it is not age's.
    fn service(&self) -> Option<&'static str> {
        match self {
            Self::Age(_) => None,
            Self::Foreign(key) => key.service(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sops::golden::{A, identities, read, sealed_secret};

    const B: &str = "age1yweuf6te7tj9asnwmmgsydjn3faaxzevy4kqy7z47csa6afjwy3q83ufus";

    fn sealed(text: &str) -> Sealed {
        Sealed::parse(text).expect("parses")
    }

    fn age(names: &[&str]) -> Vec<RuleKey> {
        names.iter().map(|name| RuleKey::Age(name.parse().expect("a recipient"))).collect()
    }

    fn foreign(kind: &'static str, name: &str) -> RuleKey {
        RuleKey::Foreign(ForeignKey { kind, name: name.to_owned() })
    }

    #[test]
    fn everything_but_the_recipients_stays() {
        let text = sealed_secret();
        let wrapped = sealed(&text).rewrap(&age(&[B]), &identities("a")).expect("opens");
        assert_eq!(wrapped.recipients, [B]);
        let lines = |text: &str| {
            let kept = |line: &&str| !line.starts_with("        ") && !line.contains("recipient:");
            text.lines().filter(kept).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(lines(&wrapped.text), lines(&text));
        let after = sealed(&wrapped.text);
        assert_eq!(after.recipients(), [B]);
        assert!(matches!(after.decrypt(&identities("a")), Err(SopsError::NoIdentity { .. })));
        let before = sealed(&text).decrypt(&identities("a")).expect("opens");
        assert!(after.decrypt(&identities("b")).is_ok_and(|plain| plain == before));
    }

    #[test]
    fn a_file_that_was_changed_or_cannot_be_opened_is_left() {
        let text = sealed_secret();
        let refused = |text: &str, who: &str| sealed(text).rewrap(&age(&[B]), &identities(who)).err();
        assert!(matches!(refused(&text, "b"), Some(SopsError::NoIdentity { .. })));
        let other = text.replace("mac_only_encrypted: true", "mac_only_encrypted: false");
        assert!(matches!(refused(&other, "a"), Some(SopsError::MacMismatch)));
        assert!(matches!(sealed(&text).rewrap(&[], &identities("a")), Err(SopsError::NoRecipients)));
        let ssh = [foreign("SSH", "ssh-ed25519 AAAA")];
        assert!(matches!(sealed(&text).rewrap(&ssh, &identities("a")), Err(SopsError::NoRecipients)));
    }

    #[test]
    fn entries_that_are_not_ours_to_make_are_kept_where_they_are_asked_for() {
        let ssh = "    - recipient: ssh-ed25519 AAAA\n      enc: x\n";
        let text = sealed_secret()
            .replace("  lastmodified", &format!("{ssh}  pgp:\n    - fp: F1\n      enc: y\n  lastmodified"));
        let keys = |more: &[RuleKey]| [age(&[A, B]), more.to_vec()].concat();
        let (ssh, pgp) = (foreign("SSH", "ssh-ed25519 AAAA"), foreign("PGP", "F1"));

        let differs = |more: &[RuleKey]| sealed(&text).difference(&keys(more));
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let difference = differs(&[ssh.clone(), pgp.clone()]);
        assert_eq!(difference, Difference { missing: set(&[B]), left: set(&[]) });
        let difference = differs(&[foreign("AWS KMS", "arn")]);
        let left = set(&["ssh-ed25519 AAAA", "pgp F1"]);
        assert_eq!(difference, Difference { missing: set(&[B, "kms arn"]), left });

        let all = sealed(&text).rewrap(&keys(&[ssh.clone(), pgp.clone()]), &identities("a")).expect("opens");
        assert_eq!(all.recipients, [A, B, "ssh-ed25519 AAAA", "pgp F1"]);
        assert!(all.text.contains("enc: x") && all.text.contains("enc: \"y\""), "{}", all.text);
        assert_eq!(sealed(&all.text).recipients(), [A, B, "ssh-ed25519 AAAA", "pgp F1"]);

        let none = sealed(&text).rewrap(&keys(&[]), &identities("a")).expect("opens");
        assert_eq!(none.recipients, [A, B]);
        assert!(!none.text.contains("ssh-") && !none.text.contains("pgp"));

        let more = [ssh, pgp, foreign("post-quantum", "age1pq1x"), foreign("AWS KMS", "arn")];
        let lacking = sealed(&text).lacking(&keys(&more));
        let names: Vec<_> = lacking.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["post-quantum age1pq1x", "AWS KMS arn"]);
        let difference = sealed(&text).difference(&keys(&more));
        assert_eq!(difference.missing, set(&[B, "age1pq1x", "kms arn"]));
        assert_eq!(difference.without(&lacking).missing, set(&[B]));
    }

    #[test]
    fn files_of_sops_itself_too() {
        for name in ["mac-only", "k8s-tls-311", "multi-document"] {
            let before = sealed(&read(&format!("{name}.enc.yaml")));
            let plain = before.decrypt(&identities("a")).unwrap_or_else(|error| panic!("{name}: {error}"));
            let after = before.rewrap(&age(&[B]), &identities("a")).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert!(
                sealed(&after.text).decrypt(&identities("b")).is_ok_and(|after| after == plain),
                "{name}"
            );
        }
    }
}
