//! Secrets of istiod's authorities that are there.

use super::damage::{broken, damaged, link};
use super::existing::certificates_in;
use super::{Entry, Snapshot, Statement};
use crate::diag::Diagnostic;
use crate::model::CACERTS_FOLDER;
use crate::paths::mark::{self, PASSED_OVER, unmarked};
use crate::paths::{Place, ProjectPath};
use crate::pki::Certificate;
use crate::sops::Sealed;

/// The Secret of a cluster's istiod.
pub struct ExistingCacerts {
    /// Its path below `out/`.
    pub path: ProjectPath,
    /// The whole path, as a user reads it.
    pub shown: String,
    /// The file.
    pub sealed: Sealed,
    /// istiod's certificate.
    pub certificate: Certificate,
    /// What workloads show behind theirs.
    pub chain: Vec<Certificate>,
    /// The roots that its workloads trust.
    pub roots: Vec<Certificate>,
    /// Whether it says that Argo CD is to pass it over.
    pub is_passed_over: bool,
}

/// Whether a file of `out/` is such a Secret's.
#[must_use]
pub fn is_cacerts(path: &ProjectPath) -> bool {
    path.parts().next() == Some(CACERTS_FOLDER) && path.file_name().ends_with(".sops.yaml")
}

/// The cluster and its Secret, if this file is one of ours.
pub(super) fn read(
    snapshot: &Snapshot,
    path: &ProjectPath,
    entry: &Entry,
) -> Option<Result<(String, ExistingCacerts), Box<Diagnostic>>> {
    let cluster = path.parts().nth(1).filter(|_| is_cacerts(path))?.to_owned();
    let shown = snapshot.names().path(Place::Out, path);
    let bytes = match entry {
        Entry::File(bytes) => bytes,
        Entry::Link => return Some(Err(Box::new(link(&shown)))),
    };
    let text = String::from_utf8_lossy(bytes);
    if !mark::is_ours(&text, path.as_str()) {
        return None;
    }
    let read = || {
        let sealed = Sealed::parse(&unmarked(&text)).map_err(|error| error.to_string())?;
        let all = |name: &str| {
            let found = certificates_in(&sealed, &["data", name])?;
            found.ok_or_else(|| format!("it has no readable `data.{name}`"))
        };
        let roots = all("root-cert.pem")?;
        let chain = certificates_in(&sealed, &["data", "cert-chain.pem"])?.unwrap_or_default();
        let own = all("ca-cert.pem")?.into_iter().next();
        let certificate = own.ok_or_else(|| "it holds no certificate".to_owned())?;
        Ok::<_, String>((sealed, certificate, chain, roots))
    };
    let (sealed, certificate, chain, roots) = match read() {
        Ok(read) => read,
        Err(reason) => return Some(Err(Box::new(damaged(&shown, &text, &reason)))),
    };
    let digest = sealed.clear(&["metadata", "annotations", Statement::Digest.annotation()]);
    if digest.is_some_and(|digest| digest != certificate.sha256()) {
        let reason =
            "its `ca-cert.pem` is not the one that its annotations tell of: one of them was changed by hand";
        return Some(Err(Box::new(broken(&shown, reason))));
    }
    let is_passed_over = text.lines().nth(1) == Some(PASSED_OVER);
    let path = path.clone();
    Some(Ok((cluster, ExistingCacerts { path, shown, sealed, certificate, chain, roots, is_passed_over })))
}
