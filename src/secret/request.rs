//! Requests for certificates that somebody else signs: the key waits below `pki/`, sealed, with the request beside it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::{Audiences, encoded_key, encrypt, node};
use crate::diag::Diagnostic;
use crate::issue::Ambient;
use crate::model::{Authority, Credential};
use crate::paths::mark::Mark;
use crate::pki::csr::Csr;
use crate::pki::{Certificate, Key};
use crate::plan::files::{PathError, Place, ProjectPath};
use crate::sops::{Node, Sealed, SopsError};
use crate::state::{KeyFile, broken, parse_request};

/// Where the request for a generation of an authority lies below `pki/`.
///
/// # Errors
/// Where no file can be called so.
pub fn of_authority(authority: &Authority, generation: u32) -> Result<ProjectPath, PathError> {
    ProjectPath::new(format!("{}/{generation}.request.sops.yaml", authority.name.value))
}

/// Where the request for a server's certificate lies below `pki/`.
///
/// # Errors
/// Where no file can be called so.
pub fn of_server(credential: &Credential) -> Result<ProjectPath, PathError> {
    ProjectPath::new(format!(
        "leaves/{}/{}.request.sops.yaml",
        credential.namespace.value, credential.secret.value
    ))
}

/// A request that is there.
pub struct Pending {
    /// The file, with the sealed key.
    pub sealed: Sealed,
    /// The request.
    pub csr: Csr,
}

impl Pending {
    /// Reads one; `shown` is its path as a user reads it.
    ///
    /// # Errors
    /// A finding about a file that is damaged.
    pub fn read(bytes: &[u8], shown: &str) -> Result<Self, Box<Diagnostic>> {
        let read = parse_request(bytes).map(|(sealed, csr)| Self { sealed, csr });
        read.map_err(|reason| Box::new(broken(shown, &reason)))
    }
}

/// Why a file can't be sealed.
#[derive(Debug)]
pub enum Refused {
    /// What the project says of it.
    Finding(Box<Diagnostic>),
    /// What the library says.
    Sops(SopsError),
}

impl From<SopsError> for Refused {
    fn from(error: SopsError) -> Self {
        Self::Sops(error)
    }
}

/// Who a sealed file is for, and what its first line calls it.
pub struct Owner<'a> {
    /// The word, as `authority`.
    pub word: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Whose folder of `pki/` it lies in.
    pub authority: Option<&'a Authority>,
}

/// Seals a key with what is readable beside it, such as `tls.crt`.
///
/// # Errors
/// [`Refused`].
pub fn seal_key(
    audiences: &Audiences<'_>,
    ambient: &Ambient<'_>,
    owner: &Owner<'_>,
    path: &ProjectPath,
    (field, readable): (&str, &str),
    key: &Key,
) -> Result<Vec<u8>, Refused> {
    let sealing = audiences.sealing(Place::Pki, path, owner.authority).map_err(Refused::Finding)?;
    let key = Zeroizing::new(encoded_key(key));
    let data =
        Node::map([(field, Node::str(STANDARD.encode(readable))), ("tls.key", Node::str(key.as_str()))]);
    let text = encrypt(Node::map([("data", data)]), &sealing, ambient)?;
    Ok(marked(owner, path, &text))
}

/// The key file that a request becomes by its answer; the key stays sealed.
///
/// # Errors
/// What the library says.
pub fn answered(
    owner: &Owner<'_>,
    pending: &Pending,
    path: &ProjectPath,
    chain: &[Certificate],
) -> Result<Vec<u8>, SopsError> {
    with_chain(owner, &pending.sealed, path, chain)
}

/// A key file with another certificate for its key, which stays sealed.
///
/// # Errors
/// What the library says.
pub fn renewed(owner: &Owner<'_>, file: &KeyFile, chain: &[Certificate]) -> Result<Vec<u8>, SopsError> {
    with_chain(owner, &file.sealed, &file.path, chain)
}

fn with_chain(
    owner: &Owner<'_>,
    sealed: &Sealed,
    path: &ProjectPath,
    chain: &[Certificate],
) -> Result<Vec<u8>, SopsError> {
    let pem: String = chain.iter().map(Certificate::to_pem).collect();
    let mut document = sealed.document(0).cloned().unwrap_or(Node::Null);
    node::remove(&mut document, &["data", "tls.csr"]);
    node::insert(&mut document, &["data", "tls.crt"], Node::str(STANDARD.encode(pem)));
    Ok(marked(owner, path, &sealed.with_clear(document)?))
}

fn marked(owner: &Owner<'_>, path: &ProjectPath, text: &str) -> Vec<u8> {
    let mark =
        Mark { word: owner.word.to_owned(), name: owner.name.to_owned(), path: path.as_str().to_owned() };
    format!("{mark}\n{text}").into_bytes()
}
