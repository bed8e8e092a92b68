//! Certificates that nobody of this project issued.

use crate::diag::{Code, Diagnostic};
use crate::paths::{Names, Place};
use crate::pki::Certificate;

/// The finding about one that lies at this path, for that name.
pub(super) fn finding(names: &Names, path: &str, certificate: &Certificate, name: &str) -> Diagnostic {
    let pki = names.folder(Place::Pki);
    Diagnostic::error(Code::FOREIGN_CERTIFICATE, format!("the certificate of `{name}` was not issued by this project"))
        .in_file(path)
        .note(format!("it says that its issuer is `{}`, and no generation of an authority below {pki}/ signed it", certificate.issuer()))
        .help(format!("somebody changed {path} by hand: restore it with `git checkout HEAD -- {path}`, or remove the file to have a new one issued"))
}
