//! Servers' Secrets that are there, read without any identity.

use super::existing::{certificates_in, damaged, link};
use super::{Entry, Snapshot};
use crate::diag::Diagnostic;
use crate::paths::mark::{self, unmarked};
use crate::paths::{Place, ProjectPath, aside};
use crate::pki::Certificate;
use crate::sops::Sealed;

/// A sealed Secret below `out/`, or the copy of one that changed its place in a run that was cut off.
pub struct ExistingLeaf {
    /// Its path below `out/`; of a copy, the one that it was copied from.
    pub path: ProjectPath,
    /// Where it lies, as a user reads it.
    pub shown: String,
    /// Of a copy, where it lies below `pki/` ([`aside`]).
    pub parked: Option<ProjectPath>,
    /// The namespace it says.
    pub namespace: String,
    /// The name it says.
    pub secret: String,
    /// The file.
    pub sealed: Sealed,
    /// The server's certificate.
    pub certificate: Certificate,
    /// The certificates of authorities behind it, as far as they are readable.
    pub chain: Vec<Certificate>,
}

impl ExistingLeaf {
    /// Whether its certificate is sealed with its key, and readable only beside it.
    #[must_use]
    pub fn hides_certificate(&self) -> bool {
        self.sealed.clear(&["data", "tls.crt"]).is_none()
    }
}

/// Where the certificates of a Secret lie below `pki/` that hides them: newest first, earlier ones that were still valid
/// follow, so that a run may be cut off between this file and the Secret.
#[must_use]
pub fn beside(namespace: &str, secret: &str) -> String {
    format!("leaves/{namespace}/{secret}.crt")
}

/// A server's Secret, if this file of a folder is one of ours.
pub(super) fn read(
    snapshot: &Snapshot,
    place: Place,
    path: &ProjectPath,
    entry: &Entry,
) -> Option<Result<ExistingLeaf, Box<Diagnostic>>> {
    let shown = || snapshot.names().path(place, path);
    let bytes = match entry {
        Entry::File(bytes) => bytes,
        // Links below `pki/` are found with its keys.
        Entry::Link => return (place == Place::Out).then(|| Err(Box::new(link(&shown())))),
    };
    let secret = if place == Place::Pki { aside::original(path)? } else { path.clone() };
    if !secret.file_name().ends_with(".sops.yaml") {
        return None;
    }
    let text = String::from_utf8_lossy(bytes);
    if !mark::is_ours(&text, secret.as_str()) {
        return None;
    }
    let read =
        leaf(snapshot, &secret, &text).map(|(namespace, secret_name, sealed, (certificate, chain))| {
            ExistingLeaf {
                path: secret.clone(),
                shown: shown(),
                parked: (place == Place::Pki).then(|| path.clone()),
                namespace,
                secret: secret_name,
                sealed,
                certificate,
                chain,
            }
        });
    Some(read.map_err(|reason| Box::new(damaged(&shown(), &text, &reason))))
}

/// Namespace, name, file, and the certificate with those behind it.
type Read = (String, String, Sealed, (Certificate, Vec<Certificate>));

/// Reads a Secret's file.
fn leaf(snapshot: &Snapshot, path: &ProjectPath, text: &str) -> Result<Read, String> {
    let sealed = Sealed::parse(&unmarked(text)).map_err(|error| error.to_string())?;
    if sealed.clear(&["type"]) != Some("kubernetes.io/tls") {
        return Err(
            "its `type` is not readable as kubernetes.io/tls, which every sealed file here has".to_owned()
        );
    }
    let said = |field: &str| {
        let value = sealed.clear(&["metadata", field]).map(str::to_owned);
        value.ok_or_else(|| format!("it has no readable `metadata.{field}`"))
    };
    let (namespace, secret) = (said("namespace")?, said("name")?);
    if path.as_str() != format!("{namespace}/secret-{secret}.sops.yaml") {
        return Err(format!(
            "it says that it is the Secret {namespace}/{secret}, which lies in another file"
        ));
    }
    let noted = sealed.clear(&["metadata", "annotations", "gatewright.dev/sha256"]);
    let fits = |certificate: &Certificate| noted.is_none_or(|noted| noted == certificate.sha256());
    let mut behind = Vec::new();
    let chain = match certificates_in(&sealed, &["data", "tls.crt"])? {
        Some(mut chain) => {
            behind = chain.split_off(chain.len().min(1));
            chain
        }
        None => {
            let beside = ProjectPath::new(beside(&namespace, &secret)).map_err(|e| e.to_string())?;
            let bytes = snapshot.file(Place::Pki, &beside).ok_or_else(|| {
                let beside = snapshot.names().path(Place::Pki, &beside);
                format!("its certificate is sealed, and {beside} is missing")
            })?;
            Certificate::from_pem_chain(&String::from_utf8_lossy(bytes)).map_err(|error| error.to_string())?
        }
    };
    if chain.is_empty() {
        return Err("it holds no certificate".to_owned());
    }
    match chain.into_iter().find(fits) {
        Some(certificate) => Ok((namespace, secret, sealed, (certificate, behind))),
        None => Err("its `tls.crt` is not the one that its `gatewright.dev/sha256` names: one of them was changed by hand".to_owned()),
    }
}
