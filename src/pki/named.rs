//! What an authority signs names it byte by byte as its own certificate does: who checks a chain wants that. rcgen writes a name
//! anew, with each attribute once; so it writes the rest, and name and signature come here.

use der::asn1::BitString;
use der::{Any, Decode as _, Encode as _, ErrorKind, Tag};
use rcgen::SigningKey;

use crate::pki::public_key::PublicKey;
use crate::pki::{Issuer, Key};

/// Which of the fields in front is the issuer's name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Signed {
    /// Behind version, serial number and algorithm (RFC 5280 §4.1).
    Certificate,
    /// Behind version and algorithm (RFC 5280 §5.1).
    List,
}

impl Signed {
    fn position(self) -> usize {
        match self {
            Self::Certificate => 3,
            Self::List => 2,
        }
    }
}

/// Where the subject of a certificate is: behind the issuer's name and the validity.
const SUBJECT: usize = 5;

/// A public key in the place of one that signs, where nobody is to believe what comes of it.
pub(super) struct Unsigned(PublicKey);

impl Unsigned {
    pub(super) fn of(key: &Key) -> Self {
        Self(PublicKey::of_key(key))
    }
}

impl rcgen::PublicKeyData for Unsigned {
    fn der_bytes(&self) -> &[u8] {
        self.0.der_bytes()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        self.0.algorithm()
    }
}

impl SigningKey for Unsigned {
    fn sign(&self, _message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(Vec::new())
    }
}

/// What [`Unsigned`] made, with the issuer's name and signature; a certificate also with another subject, byte by byte.
///
/// # Errors
/// The reason, if it is no certificate or list, or can't be signed.
pub(super) fn signed(
    der: &[u8],
    kind: Signed,
    subject: Option<&[u8]>,
    issuer: &Issuer,
) -> Result<Vec<u8>, String> {
    let broken = |error: der::Error| error.to_string();
    let mut names = vec![(kind.position(), issuer.certificate().subject_der())];
    names.extend(subject.map(|subject| (SUBJECT, subject)));
    let tbs = named(der, &names).map_err(broken)?;
    let signature = issuer.key().sign(&tbs).map_err(|error| error.to_string())?;
    let whole = || {
        let [_, algorithm, _] = parts(der)?;
        vec![Any::from_der(&tbs)?, algorithm, Any::encode_from(&BitString::from_bytes(&signature)?)?].to_der()
    };
    whole().map_err(broken)
}

/// What is to be signed, with these names in the place of its own.
fn named(der: &[u8], names: &[(usize, &[u8])]) -> der::Result<Vec<u8>> {
    let [tbs, ..] = parts(der)?;
    let mut fields: Vec<Any> = tbs.decode_as()?;
    let lacks = || ErrorKind::Length { tag: Tag::Sequence };
    for (position, name) in names {
        *fields.get_mut(*position).ok_or_else(lacks)? = Any::from_der(name)?;
    }
    fields.to_der()
}

/// What is signed, by which algorithm, and the signature.
fn parts(der: &[u8]) -> der::Result<[Any; 3]> {
    Vec::<Any>::from_der(der)?.try_into().map_err(|_| ErrorKind::Length { tag: Tag::Sequence }.into())
}
