//! What is there for revocation: the lists of authorities, and every certificate that clients were
//! given or that lies beside a Secret.

use std::collections::BTreeSet;

use super::Existing;
use super::damage::broken;
use crate::diag::Report;
use crate::paths::{Place, ProjectPath};
use crate::pki::{Certificate, RevocationList};

/// Takes a file below `pki/`, if it is one of these. A list that can't be read is never made anew in silence: what it
/// revoked would be lost.
pub(super) fn take(existing: &mut Existing, path: &ProjectPath, bytes: &[u8], report: &mut Report) {
    let parts: Vec<_> = path.parts().collect();
    match parts.as_slice() {
        [authority, "ca.crl"] => match RevocationList::from_pem(&String::from_utf8_lossy(bytes)) {
            Ok(lists) if !lists.is_empty() => {
                existing.lists.insert((*authority).to_owned(), lists);
            }
            Ok(_) => report.push(broken(&existing.names.path(Place::Pki, path), "there is no list in it")),
            Err(error) => {
                report.push(broken(&existing.names.path(Place::Pki, path), &error.to_string()));
            }
        },
        [authority, "clients", name] => {
            let Some(stem) = name.strip_suffix(".crt") else { return };
            // One that can't be read is in the way of the next that is written; that is said then.
            let all = Certificate::from_pem_chain(&String::from_utf8_lossy(bytes)).unwrap_or_default();
            existing.handed_out.insert(((*authority).to_owned(), stem.to_owned()), all);
        }
        ["leaves", namespace, name] => {
            let Some(stem) = name.strip_suffix(".crt") else { return };
            let all = Certificate::from_pem_chain(&String::from_utf8_lossy(bytes)).unwrap_or_default();
            existing.beside.insert(((*namespace).to_owned(), stem.to_owned()), all);
        }
        _ => {}
    }
}

impl Existing {
    /// The certificates of an authority's keys, and of those above one that came in files.
    pub fn keys_of(&self, authority: &str) -> impl Iterator<Item = &Certificate> {
        let files = self.generations.iter().filter(move |((of, _), _)| of == authority);
        let alone = self.certificates.iter().filter(move |((of, _), _)| of == authority);
        files
            .flat_map(|(_, file)| [&file.certificate].into_iter().chain(&file.above))
            .chain(alone.filter_map(|(_, certificate)| certificate.as_ref()))
    }

    /// The lists that the key of a certificate signed, below `pki/` or beside trust in clients: either may be lost or older.
    pub fn lists_by(&self, authority: &str, signer: &Certificate) -> impl Iterator<Item = &RevocationList> {
        let own = self.lists.get(authority).into_iter().flatten();
        own.chain(&self.shown_lists).filter(|list| list.made_by(signer))
    }

    /// Whether a Secret below `out/` may hold a list that the key of a certificate signed.
    #[must_use]
    pub fn shows_list_of(&self, signer: &Certificate) -> bool {
        self.sealed_lists || self.shown_lists.iter().any(|list| list.made_by(signer))
    }

    /// The serial numbers that lists of an authority name.
    #[must_use]
    pub fn listed(&self, authority: &str) -> BTreeSet<&str> {
        let own = self.lists.get(authority).into_iter().flatten();
        let signed = |list: &&RevocationList| self.keys_of(authority).any(|key| list.made_by(key));
        let all = own.chain(self.shown_lists.iter().filter(signed));
        all.flat_map(|list| list.revoked().keys().map(String::as_str)).collect()
    }
}
