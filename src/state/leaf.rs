//! Servers' Secrets that are there, read without any identity.

use super::cacerts::is_cacerts;
use super::damage::{broken, damaged, link};
use super::existing::certificates_in;
use super::statement::{CHAIN_DIGEST, chain_digest};
use super::{Entry, Snapshot, Statement};
use crate::diag::Diagnostic;
use crate::paths::mark::{self, unmarked};
use crate::paths::{Place, ProjectPath, aside};
use crate::pki::Certificate;
use crate::sops::Sealed;
use crate::time::Timestamp;

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
    /// When it stops to count: at its own end, or at that of the certificate above it that is named then.
    #[must_use]
    pub fn end(&self) -> (Timestamp, Option<&Certificate>) {
        let first = self.chain.iter().min_by_key(|above| above.not_after());
        match first.filter(|above| above.not_after() < self.certificate.not_after()) {
            Some(above) => (above.not_after(), Some(above)),
            None => (self.certificate.not_after(), None),
        }
    }

    /// Whether its key pair was brought in files.
    #[must_use]
    pub fn is_brought(&self) -> bool {
        self.sealed.clear(&["metadata", "annotations", BROUGHT.0]) == Some(BROUGHT.1)
    }

    /// Whether its certificate is sealed with its key, and readable only beside it.
    #[must_use]
    pub fn hides_certificate(&self) -> bool {
        self.sealed.clear(&["data", "tls.crt"]).is_none()
    }

    /// Whether the authorities behind its certificate are sealed, and others than these.
    #[must_use]
    pub fn hides_other_chain(&self, chain: &[&Certificate]) -> bool {
        let noted = self.sealed.clear(&["metadata", "annotations", CHAIN_DIGEST]);
        self.hides_certificate() && noted.is_some_and(|noted| noted != chain_digest(chain))
    }
}

/// The annotation that says that a key pair was brought in files.
pub const BROUGHT: (&str, &str) = ("gatewright.dev/source", "files");

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
    if !secret.file_name().ends_with(".sops.yaml") || is_cacerts(&secret) {
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
    Some(read.map_err(|damage| {
        Box::new(match damage {
            Damage::Secret(reason) => damaged(&shown(), &text, &reason),
            Damage::Beside(path, reason) => broken(&path, &reason),
        })
    }))
}

/// What is damaged of a Secret.
enum Damage {
    /// Its file.
    Secret(String),
    /// The certificate beside it, at this path.
    Beside(String, String),
}

impl From<String> for Damage {
    fn from(reason: String) -> Self {
        Self::Secret(reason)
    }
}

/// Namespace, name, file, and the certificate with those behind it.
type Read = (String, String, Sealed, (Certificate, Vec<Certificate>));

/// Reads a Secret's file.
fn leaf(snapshot: &Snapshot, path: &ProjectPath, text: &str) -> Result<Read, Damage> {
    let sealed = Sealed::parse(&unmarked(text)).map_err(|error| error.to_string())?;
    if sealed.clear(&["type"]) != Some("kubernetes.io/tls") {
        let reason = "its `type` is not readable as kubernetes.io/tls, which every sealed file here has";
        return Err(reason.to_owned().into());
    }
    let said = |field: &str| {
        let value = sealed.clear(&["metadata", field]).map(str::to_owned);
        value.ok_or_else(|| format!("it has no readable `metadata.{field}`"))
    };
    let (namespace, secret) = (said("namespace")?, said("name")?);
    if path.as_str() != format!("{namespace}/secret-{secret}.sops.yaml") {
        let reason =
            format!("it says that it is the Secret {namespace}/{secret}, which lies in another file");
        return Err(reason.into());
    }
    let differs = |certificate: &Certificate, statement: Statement| {
        let noted = sealed.clear(&["metadata", "annotations", statement.annotation()]);
        noted.is_some_and(|noted| noted != statement.of(certificate))
    };
    let mut behind = Vec::new();
    let certificate = match certificates_in(&sealed, &["data", "tls.crt"])? {
        Some(chain) => {
            let mut chain = chain.into_iter();
            let certificate = chain.next().ok_or_else(|| "it holds no certificate".to_owned())?;
            if differs(&certificate, Statement::Digest) {
                return Err(changed_by_hand(Statement::Digest).into());
            }
            behind.extend(chain);
            certificate
        }
        None => {
            let path = ProjectPath::new(beside(&namespace, &secret)).map_err(|e| e.to_string())?;
            let shown = snapshot.names().path(Place::Pki, &path);
            let damage = |reason: String| Damage::Beside(shown.clone(), reason);
            let bytes = snapshot.file(Place::Pki, &path).ok_or_else(|| {
                damage("it is missing, and the certificate in its Secret is sealed".to_owned())
            })?;
            let chain = Certificate::from_pem_chain(&String::from_utf8_lossy(bytes))
                .map_err(|error| damage(error.to_string()))?;
            let own = chain.into_iter().find(|certificate| !differs(certificate, Statement::Digest));
            let digest = Statement::Digest.annotation();
            own.ok_or_else(|| {
                damage(format!("none of its certificates is the one that `{digest}` of its Secret tells of"))
            })?
        }
    };
    // Who swaps a certificate with its digest leaves these.
    match [Statement::Names, Statement::End].into_iter().find(|other| differs(&certificate, *other)) {
        Some(other) => Err(changed_by_hand(other).into()),
        None => Ok((namespace, secret, sealed, (certificate, behind))),
    }
}

fn changed_by_hand(statement: Statement) -> String {
    let field = statement.annotation();
    format!("its `tls.crt` is not the one that its `{field}` tells of: one of them was changed by hand")
}
