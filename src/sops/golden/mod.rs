//! Tests against files that the real sops wrote, refused or opened.
#![expect(clippy::disallowed_methods, reason = "tests read their fixtures")]

use std::cell::Cell;
use std::path::PathBuf;

use super::scalar;
use super::walk::{Here, Visitor, walk};
use super::*;

mod opened;
mod refused;
mod rules;

pub(in crate::sops) const A: &str = "age1mn4egm02cla8458xmlxuzw0etk6r05lwp20wccd493grlw7q7qkq4jmdxu";
const B: &str = "age1yweuf6te7tj9asnwmmgsydjn3faaxzevy4kqy7z47csa6afjwy3q83ufus";
const C: &str = "age13k0dlfy9z30u5s6mfw29lhw03j26dgntgk9lyw45q965w3ww85lq23z3s9";

/// Bytes that never repeat; tests only.
pub(in crate::sops) struct Counter(Cell<u64>);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        for chunk in bytes.chunks_mut(8) {
            self.0.set(self.0.get() + 1);
            chunk.copy_from_slice(&self.0.get().to_be_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

pub(in crate::sops) fn entropy() -> Counter {
    Counter(Cell::new(0))
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/sops-golden").join(name)
}

pub(in crate::sops) fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The names in a folder that end so, without that ending.
fn names(folder: &str, ending: &str) -> Vec<String> {
    let entries = std::fs::read_dir(path(folder)).expect("folder");
    let names = entries.map(|entry| entry.expect("entry").file_name().into_string().expect("UTF-8"));
    let mut names: Vec<String> =
        names.filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect();
    names.sort();
    assert!(!names.is_empty());
    names
}

pub(in crate::sops) fn identities(which: &str) -> Identities {
    let mut identities = Identities::new();
    let file = read("identity.txt");
    for (name, key) in ["a", "b", "c"].iter().zip(file.lines().filter(|line| line.starts_with("AGE-"))) {
        if which.contains(name) {
            identities.add(name, key);
        }
    }
    assert!(identities.notes().is_empty() && identities.recipients().len() == which.len());
    identities
}

fn open(name: &str) -> Sealed {
    Sealed::parse(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn expected() -> Vec<(String, serde_json::Value)> {
    let json: serde_json::Value = serde_json::from_str(&read("expected.json")).expect("JSON");
    json.as_object().expect("object").iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Lists what is in an opened file: path as in the AAD, type, plaintext.
#[derive(Default)]
struct Inventory(Vec<[String; 3]>);

impl Inventory {
    fn of(plain: &Plain, filter: &Filter) -> Vec<[String; 3]> {
        let mut inventory = Self::default();
        for document in &plain.documents {
            walk(document.clone(), filter, &mut inventory).expect("walks");
        }
        inventory.0
    }
}

impl Visitor for Inventory {
    fn value(&mut self, node: Node, here: &Here<'_>) -> Result<Node, SopsError> {
        let (kind, bytes) = scalar::bytes_of(&node).expect("opened");
        let kind = if here.covered { kind } else { "clear" };
        self.0.push([here.aad(), kind.to_owned(), String::from_utf8_lossy(&bytes).into_owned()]);
        Ok(node)
    }

    fn comment(&mut self, comment: Comment, here: &Here<'_>) -> Result<Comment, SopsError> {
        if here.in_list
            && here.covered
            && let Comment::Clear(text) = &comment
        {
            self.0.push([here.aad(), "comment".into(), text.as_str().expect("text").to_owned()]);
        }
        Ok(comment)
    }
}

/// A TLS Secret as this tool seals it: the key encrypted, all else readable and outside the MAC.
pub(in crate::sops) fn sealed_secret() -> String {
    let recipients = [A.parse().expect("recipient")];
    let filter = Filter::encrypted_regex(r"^(tls\.key)$").expect("compiles");
    let options = Options {
        recipients: &recipients,
        filter: &filter,
        mac_only_encrypted: true,
        last_modified: "2026-11-25T12:00:00Z",
    };
    encrypt(&Plain::single(secret("shop", Node::str("a2V5"))), &options, &entropy()).expect("seals")
}

/// A TLS Secret around a private key.
pub(in crate::sops) fn secret(name: &str, key: Node) -> Node {
    Node::map([
        ("apiVersion", Node::str("v1")),
        ("kind", Node::str("Secret")),
        ("metadata", Node::map([("name", Node::str(name))])),
        ("type", Node::str("kubernetes.io/tls")),
        ("data", Node::map([("tls.crt", Node::str("Y2VydA==")), ("tls.key", key)])),
    ])
}
