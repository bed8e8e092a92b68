//! What is there of trust in clients: the certificates of authorities in Secrets of ours below `out/`, and their revocation lists.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::existing::certificates_in;
use super::leaf::ExistingLeaf;
use crate::paths::{ProjectPath, mark};
use crate::pki::{Certificate, RevocationList};
use crate::sops::Node;

/// The `ca.crt` of a server's Secret, or of the one beside it.
pub struct Bundle {
    /// The namespace of the server's Secret.
    pub namespace: String,
    /// The name of the server's Secret.
    pub secret: String,
    /// The authorities' certificates; `None` where they are sealed.
    pub certificates: Option<Vec<Certificate>>,
}

/// Namespace, server's Secret and text of a Secret that has trust alone.
fn own_secret<'a>(path: &'a ProjectPath, bytes: &'a [u8]) -> Option<(&'a str, &'a str, &'a str)> {
    let (namespace, file) = path.as_str().split_once('/')?;
    let secret = file.strip_prefix("secret-")?.strip_suffix("-cacert.yaml")?;
    let text = std::str::from_utf8(bytes).ok()?;
    mark::is_ours(text, path.as_str()).then_some((namespace, secret, text))
}

/// In a Secret of its own, which is not sealed.
pub(super) fn alone(path: &ProjectPath, bytes: &[u8]) -> Option<Bundle> {
    let (namespace, secret, text) = own_secret(path, bytes)?;
    let value = text.lines().find_map(|line| line.trim_start().strip_prefix("ca.crt:"))?;
    let pem = STANDARD.decode(value.trim().trim_matches('"')).ok()?;
    let certificates = Certificate::from_pem_chain(std::str::from_utf8(&pem).ok()?).ok()?;
    let (namespace, secret) = (namespace.to_owned(), secret.to_owned());
    Some(Bundle { namespace, secret, certificates: Some(certificates) })
}

/// In the server's own Secret.
pub(super) fn within(leaf: &ExistingLeaf) -> Option<Bundle> {
    let value = leaf.sealed.document(0)?.at(&["data", "ca.crt"])?;
    let certificates = match value {
        Node::Enc(_) => None,
        _ => Some(certificates_in(&leaf.sealed, &["data", "ca.crt"]).ok()??),
    };
    Some(Bundle { namespace: leaf.namespace.clone(), secret: leaf.secret.clone(), certificates })
}

/// The revocation lists that Secrets hold, each once: a thousand hosts may hold the same.
#[derive(Default)]
pub(super) struct Copies {
    known: BTreeSet<String>,
    /// Whoever signed them.
    pub(super) lists: Vec<RevocationList>,
    /// Whether some of them are sealed.
    pub(super) sealed: bool,
}

impl Copies {
    /// Takes those of a Secret of its own; of one that a merge left in pieces, both sides.
    pub(super) fn take_alone(&mut self, path: &ProjectPath, bytes: &[u8]) {
        let Some((_, _, text)) = own_secret(path, bytes) else { return };
        for value in text.lines().filter_map(|line| line.trim_start().strip_prefix("ca.crl:")) {
            self.take(value.trim().trim_matches('"'));
        }
    }

    /// Takes those of a server's own Secret, where they are readable.
    pub(super) fn take_within(&mut self, leaf: &ExistingLeaf) {
        let value = leaf.sealed.document(0).and_then(|document| document.at(&["data", "ca.crl"]));
        match value {
            Some(Node::Enc(_)) => self.sealed = true,
            Some(value) => value.as_str().into_iter().for_each(|value| self.take(value)),
            None => {}
        }
    }

    /// What can't be read is made anew, as all of `out/`, from the lists below `pki/`.
    fn take(&mut self, value: &str) {
        if self.known.contains(value) {
            return;
        }
        self.known.insert(value.to_owned());
        let pem = STANDARD.decode(value).ok().and_then(|pem| String::from_utf8(pem).ok());
        let lists = pem.and_then(|pem| RevocationList::from_pem(&pem).ok()).unwrap_or_default();
        for list in lists {
            if !self.lists.contains(&list) {
                self.lists.push(list);
            }
        }
    }
}
