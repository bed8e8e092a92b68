//! What is there for revocation: the lists of authorities, and every certificate that clients were
//! given or that lies beside a Secret.

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
