//! Keys that wait for a certificate which somebody else signs, read without any identity.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Snapshot;
use super::damage::damaged;
use crate::diag::Report;
use crate::paths::mark::unmarked;
use crate::paths::{Place, ProjectPath};
use crate::pki::csr::Csr;
use crate::sops::Sealed;

/// How the name of such a file ends.
pub(super) const ENDING: &str = ".request.sops.yaml";

/// A sealed key with the request for its certificate.
pub struct RequestFile {
    /// Its path below `pki/`.
    pub path: ProjectPath,
    /// The whole path, as a user reads it.
    pub shown: String,
    /// Whose folder of `pki/` it lies in; none where it is a server's.
    pub authority: Option<String>,
    /// The file.
    pub sealed: Sealed,
    /// The request.
    pub csr: Csr,
}

/// Reads it, if this file below `pki/` is one.
pub(super) fn read(
    snapshot: &Snapshot,
    path: &ProjectPath,
    bytes: &[u8],
    report: &mut Report,
) -> Option<RequestFile> {
    if !path.file_name().ends_with(ENDING) {
        return None;
    }
    let authority = match path.parts().collect::<Vec<_>>().as_slice() {
        ["leaves", _, _] => None,
        [authority, _] => Some((*authority).to_owned()),
        _ => return None,
    };
    let shown = snapshot.names().path(Place::Pki, path);
    match parse_request(bytes) {
        Ok((sealed, csr)) => Some(RequestFile { path: path.clone(), shown, authority, sealed, csr }),
        Err(reason) => {
            report.push(damaged(&shown, &String::from_utf8_lossy(bytes), &reason));
            None
        }
    }
}

/// A sealed key and the request beside it.
///
/// # Errors
/// What is wrong with the file, in words without any of its content.
pub fn parse_request(bytes: &[u8]) -> Result<(Sealed, Csr), String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
    let sealed = Sealed::parse(&unmarked(text)).map_err(|error| error.to_string())?;
    let said = sealed.clear(&["data", "tls.csr"]).and_then(|text| STANDARD.decode(text).ok());
    let pem = said.and_then(|bytes| String::from_utf8(bytes).ok());
    let csr =
        Csr::from_pem(&pem.ok_or("it has no readable `data.tls.csr`")?).map_err(|error| error.to_string())?;
    Ok((sealed, csr))
}
