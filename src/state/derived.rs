//! Readable copies of what key files say: whether they still agree.

use std::collections::BTreeMap;

use super::damage::broken;
use super::existing::first_certificate;
use super::{Existing, KeyFile, Snapshot};
use crate::diag::Report;
use crate::paths::{Place, ProjectPath};
use crate::pki::Certificate;

impl Existing {
    /// A generation's `.crt` is a copy of what its key file says. A root's never changes; another's may be signed again, and
    /// a run may be cut off before its copy is written. A client's key file may be newer than the list beside it, but never
    /// hold another client's certificate.
    pub(super) fn check_derived(&self, snapshot: &Snapshot, report: &mut Report) {
        for ((authority, number), file) in &self.generations {
            let Ok(path) = ProjectPath::new(format!("{authority}/{number}.crt")) else { continue };
            let there = snapshot.file(Place::Pki, &path).map(String::from_utf8_lossy);
            let there = there.and_then(|text| first_certificate(&text));
            let again = |there: &Certificate| {
                let own = &file.certificate;
                !own.is_self_signed()
                    && own.spki_sha256() == there.spki_sha256()
                    && own.subject() == there.subject()
            };
            if there.is_some_and(|there| there != file.certificate && !again(&there)) {
                let reason = format!(
                    "its certificate is not that of {}: one of the two was changed by hand",
                    file.shown
                );
                report.push(broken(&self.names.path(Place::Pki, &path), &reason));
            }
        }
        let mut holders: BTreeMap<&str, Vec<&KeyFile>> = BTreeMap::new();
        for file in self.clients.values() {
            holders.entry(file.certificate.sha256()).or_default().push(file);
        }
        for (name, file) in &self.clients {
            let others = holders.get(file.certificate.sha256()).into_iter().flatten();
            let Some(other) = others.into_iter().find(|other| other.path != file.path) else { continue };
            if !self.lists(snapshot, name, &file.certificate) {
                let reason = format!("its certificate is that of {}: it was changed by hand", other.shown);
                report.push(broken(&file.shown, &reason));
            }
        }
    }

    /// Whether the `.crt` beside a client's key has a certificate.
    fn lists(
        &self,
        snapshot: &Snapshot,
        (authority, name): &(String, String),
        certificate: &Certificate,
    ) -> bool {
        let path = ProjectPath::new(format!("{authority}/clients/{name}.crt")).ok();
        let text = path.and_then(|path| snapshot.file(Place::Pki, &path)).map(String::from_utf8_lossy);
        let chain = text.and_then(|text| Certificate::from_pem_chain(&text).ok());
        chain.is_some_and(|chain| chain.contains(certificate))
    }
}
