//! What is there of trust in clients: the certificates of authorities in Secrets of ours below `out/`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::existing::certificates_in;
use super::leaf::ExistingLeaf;
use crate::paths::{ProjectPath, mark};
use crate::pki::Certificate;
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

/// In a Secret of its own, which is not sealed.
pub(super) fn alone(path: &ProjectPath, bytes: &[u8]) -> Option<Bundle> {
    let (namespace, file) = path.as_str().split_once('/')?;
    let secret = file.strip_prefix("secret-")?.strip_suffix("-cacert.yaml")?;
    let text = std::str::from_utf8(bytes).ok()?;
    if !mark::is_ours(text, path.as_str()) {
        return None;
    }
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
