//! A certificate that was read: the facts that the tool works with, taken out once.

use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey,
    VerificationAlgorithm,
};
use sha2::{Digest as _, Sha256};
use x509_parser::asn1_rs::{Oid, oid};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer as _;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use crate::pki::armor;
use crate::pki::{DistinguishedName, PkiError, San};
use crate::spec::node::KeyKind;
use crate::time::Timestamp;

/// `rsaEncryption`, RFC 8017.
pub(crate) const RSA_ENCRYPTION: Oid<'static> = oid!(1.2.840.113549.1.1.1);
/// `id-ecPublicKey`, RFC 5480.
pub(crate) const EC_PUBLIC_KEY: Oid<'static> = oid!(1.2.840.10045.2.1);
const SECP256R1: Oid<'static> = oid!(1.2.840.10045.3.1.7);
const SECP384R1: Oid<'static> = oid!(1.3.132.0.34);
const SHA256_WITH_RSA: Oid<'static> = oid!(1.2.840.113549.1.1.11);
const SHA384_WITH_RSA: Oid<'static> = oid!(1.2.840.113549.1.1.12);
const SHA512_WITH_RSA: Oid<'static> = oid!(1.2.840.113549.1.1.13);
const ECDSA_WITH_SHA256: Oid<'static> = oid!(1.2.840.10045.4.3.2);
const ECDSA_WITH_SHA384: Oid<'static> = oid!(1.2.840.10045.4.3.3);

/// An X.509 certificate, RFC 5280. Cheap to clone. Two are equal if their bytes are.
#[derive(Clone)]
pub struct Certificate {
    der: Arc<[u8]>,
    facts: Arc<Facts>,
}

struct Facts {
    subject: DistinguishedName,
    issuer: DistinguishedName,
    subject_der: Vec<u8>,
    issuer_der: Vec<u8>,
    sans: Vec<San>,
    not_before: Timestamp,
    not_after: Timestamp,
    serial: String,
    ski: Option<Vec<u8>>,
    aki: Option<Vec<u8>>,
    key_kind: Option<KeyKind>,
    public_key: Vec<u8>,
    spki_sha256: String,
    sha256: String,
    is_authority: bool,
    signed: Option<Signed>,
}

/// The signature, where its algorithm is one that we check.
struct Signed {
    algorithm: Algorithm,
    body: Vec<u8>,
    signature: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Algorithm {
    RsaSha256,
    RsaSha384,
    RsaSha512,
    EcdsaSha256,
    EcdsaSha384,
}

impl Certificate {
    /// Reads one certificate.
    ///
    /// # Errors
    /// [`PkiError::BrokenCertificate`] if it is not exactly one, or an extension that we read is malformed or there
    /// twice.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        let (rest, x509) = X509Certificate::from_der(der).map_err(broken)?;
        if !rest.is_empty() {
            return Err(broken("bytes after its end"));
        }
        let facts = Facts::read(der, &x509)?;
        Ok(Self { der: der.into(), facts: Arc::new(facts) })
    }

    /// Reads a PEM text with one certificate or several, in its order. Text between them is left aside; other
    /// blocks are not.
    ///
    /// # Errors
    /// What is not PEM, holds no certificate, or holds something else.
    pub fn from_pem_chain(text: &str) -> Result<Vec<Self>, PkiError> {
        let blocks = armor::decode(text)?;
        if blocks.is_empty() {
            return Err(PkiError::NoCertificate);
        }
        blocks
            .iter()
            .map(|block| match block.label.as_str() {
                armor::CERTIFICATE => Self::from_der(&block.der),
                label => Err(broken(format!("a PEM block named \"{label}\" stands among the certificates"))),
            })
            .collect()
    }

    /// As PEM, ending in a line feed; several written one after the other are a chain.
    #[must_use]
    pub fn to_pem(&self) -> String {
        armor::encode(armor::CERTIFICATE, &self.der).to_string()
    }

    /// The bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whom it is for.
    #[must_use]
    pub fn subject(&self) -> &DistinguishedName {
        &self.facts.subject
    }

    /// Who signed it, as it says itself; [`Self::signed_by`] tells whether that is so.
    #[must_use]
    pub fn issuer(&self) -> &DistinguishedName {
        &self.facts.issuer
    }

    pub(crate) fn subject_der(&self) -> &[u8] {
        &self.facts.subject_der
    }

    /// Its subject alternative names in its order: DNS names, e-mail and IP addresses, URIs; other forms are left out.
    #[must_use]
    pub fn sans(&self) -> &[San] {
        &self.facts.sans
    }

    /// The first second of its life.
    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        self.facts.not_before
    }

    /// The last second of its life.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.facts.not_after
    }

    /// Its serial number in lower-case hex, two digits a byte, without separators.
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.facts.serial
    }

    /// Its subject key identifier.
    #[must_use]
    pub fn ski(&self) -> Option<&[u8]> {
        self.facts.ski.as_deref()
    }

    /// The key identifier of its authority.
    #[must_use]
    pub fn aki(&self) -> Option<&[u8]> {
        self.facts.aki.as_deref()
    }

    /// The kind of its public key; `None` for one that we do not make.
    #[must_use]
    pub fn key_kind(&self) -> Option<KeyKind> {
        self.facts.key_kind
    }

    /// The bits of its public key, without the algorithm.
    pub(crate) fn public_key(&self) -> &[u8] {
        &self.facts.public_key
    }

    /// SHA-256 of its `SubjectPublicKeyInfo`, lower-case hex.
    #[must_use]
    pub fn spki_sha256(&self) -> &str {
        &self.facts.spki_sha256
    }

    /// SHA-256 of the whole certificate, lower-case hex: its fingerprint.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.facts.sha256
    }

    /// Whether it may sign certificates: its basic constraints say CA, and its key usage, if it has one, allows it.
    #[must_use]
    pub fn is_authority(&self) -> bool {
        self.facts.is_authority
    }

    /// Whether it signs itself, as a root does.
    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        self.signed_by(self)
    }

    /// Whether `now` lies in its life, both ends included.
    #[must_use]
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.not_before() <= now && now <= self.not_after()
    }

    /// Whether `authority` signed this: it may sign, its subject is our issuer byte by byte, the key identifiers do
    /// not contradict, and the signature is right. Nothing is said about time. RSA (PKCS#1 v1.5) and ECDSA with SHA-2
    /// on the kinds of key that we make are checked; a signature of another kind counts as wrong.
    #[must_use]
    pub fn signed_by(&self, authority: &Self) -> bool {
        let (own, theirs) = (&*self.facts, &*authority.facts);
        let identifiers_agree = match (&own.aki, &theirs.ski) {
            (Some(aki), Some(ski)) => aki == ski,
            _ => true,
        };
        theirs.is_authority
            && own.issuer_der == theirs.subject_der
            && identifiers_agree
            && own.signed.as_ref().is_some_and(|signed| signed.verifies(theirs))
    }
}

impl Facts {
    fn read(der: &[u8], x509: &X509Certificate<'_>) -> Result<Self, PkiError> {
        let extensions = Extensions::read(x509)?;
        let spki = x509.public_key();
        let validity = x509.validity();
        Ok(Self {
            subject: DistinguishedName::from_x509(x509.subject()),
            issuer: DistinguishedName::from_x509(x509.issuer()),
            subject_der: x509.subject().as_raw().to_vec(),
            issuer_der: x509.issuer().as_raw().to_vec(),
            sans: extensions.sans,
            not_before: Timestamp::from_unix(validity.not_before.timestamp()),
            not_after: Timestamp::from_unix(validity.not_after.timestamp()),
            serial: serial_hex(x509.raw_serial()),
            ski: extensions.ski,
            aki: extensions.aki,
            key_kind: key_kind(spki),
            public_key: spki.subject_public_key.data.to_vec(),
            spki_sha256: hex(&Sha256::digest(spki.raw)),
            sha256: hex(&Sha256::digest(der)),
            is_authority: extensions.is_authority,
            signed: Signed::read(x509),
        })
    }
}

struct Extensions {
    sans: Vec<San>,
    ski: Option<Vec<u8>>,
    aki: Option<Vec<u8>>,
    is_authority: bool,
}

impl Extensions {
    fn read(x509: &X509Certificate<'_>) -> Result<Self, PkiError> {
        let sans = x509.subject_alternative_name().map_err(broken)?;
        let constraints = x509.basic_constraints().map_err(broken)?;
        let usage = x509.key_usage().map_err(broken)?;
        let may_sign = usage.is_none_or(|usage| usage.value.key_cert_sign());
        let mut found = Self {
            sans: sans.map_or_else(Vec::new, |extension| {
                extension.value.general_names.iter().filter_map(San::from_x509).collect()
            }),
            ski: None,
            aki: None,
            is_authority: constraints.is_some_and(|extension| extension.value.ca) && may_sign,
        };
        for extension in x509.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::SubjectKeyIdentifier(id) => found.ski = Some(id.0.to_vec()),
                ParsedExtension::AuthorityKeyIdentifier(id) => {
                    found.aki = id.key_identifier.as_ref().map(|id| id.0.to_vec());
                }
                ParsedExtension::ParseError { .. } => return Err(broken("an extension is malformed")),
                _ => {}
            }
        }
        Ok(found)
    }
}

impl Signed {
    fn read(x509: &X509Certificate<'_>) -> Option<Self> {
        let named = &x509.signature_algorithm;
        // RFC 5280 §4.1.1.2: the one that is signed and the one that is not must be the same.
        if *named != x509.tbs_certificate.signature {
            return None;
        }
        let algorithm = [
            (SHA256_WITH_RSA, Algorithm::RsaSha256),
            (SHA384_WITH_RSA, Algorithm::RsaSha384),
            (SHA512_WITH_RSA, Algorithm::RsaSha512),
            (ECDSA_WITH_SHA256, Algorithm::EcdsaSha256),
            (ECDSA_WITH_SHA384, Algorithm::EcdsaSha384),
        ]
        .into_iter()
        .find_map(|(oid, algorithm)| (oid == named.algorithm).then_some(algorithm))?;
        let body = x509.tbs_certificate.as_ref().to_vec();
        Some(Self { algorithm, body, signature: x509.signature_value.data.to_vec() })
    }

    fn verifies(&self, authority: &Facts) -> bool {
        let Some(kind) = authority.key_kind else { return false };
        let Some(algorithm) = self.algorithm.with(kind) else { return false };
        UnparsedPublicKey::new(algorithm, &authority.public_key).verify(&self.body, &self.signature).is_ok()
    }
}

impl Algorithm {
    fn with(self, kind: KeyKind) -> Option<&'static dyn VerificationAlgorithm> {
        use KeyKind::{EcdsaP256, EcdsaP384, Rsa2048, Rsa3072, Rsa4096};
        Some(match (self, kind) {
            (Self::RsaSha256, Rsa2048 | Rsa3072 | Rsa4096) => &RSA_PKCS1_2048_8192_SHA256,
            (Self::RsaSha384, Rsa2048 | Rsa3072 | Rsa4096) => &RSA_PKCS1_2048_8192_SHA384,
            (Self::RsaSha512, Rsa2048 | Rsa3072 | Rsa4096) => &RSA_PKCS1_2048_8192_SHA512,
            (Self::EcdsaSha256, EcdsaP256) => &ECDSA_P256_SHA256_ASN1,
            (Self::EcdsaSha384, EcdsaP256) => &ECDSA_P256_SHA384_ASN1,
            (Self::EcdsaSha256, EcdsaP384) => &ECDSA_P384_SHA256_ASN1,
            (Self::EcdsaSha384, EcdsaP384) => &ECDSA_P384_SHA384_ASN1,
            _ => return None,
        })
    }
}

fn key_kind(spki: &SubjectPublicKeyInfo<'_>) -> Option<KeyKind> {
    if spki.algorithm.algorithm == RSA_ENCRYPTION {
        rsa_kind(&spki.subject_public_key.data)
    } else if spki.algorithm.algorithm == EC_PUBLIC_KEY {
        curve_kind(&spki.algorithm)
    } else {
        None
    }
}

/// The kind of an RSA public key, by the exact length of its modulus. `der` is an `RSAPublicKey`, RFC 8017.
pub(crate) fn rsa_kind(der: &[u8]) -> Option<KeyKind> {
    let spki = SubjectPublicKeyInfo {
        algorithm: AlgorithmIdentifier { algorithm: RSA_ENCRYPTION, parameters: None },
        subject_public_key: x509_parser::asn1_rs::BitString::new(0, der),
        raw: &[],
    };
    let Ok(PublicKey::RSA(key)) = spki.parsed() else { return None };
    let zeros = key.modulus.iter().take_while(|byte| **byte == 0).count();
    let modulus = key.modulus.get(zeros..)?;
    let leading = modulus.first()?.leading_zeros() as usize;
    match modulus.len() * 8 - leading {
        2048 => Some(KeyKind::Rsa2048),
        3072 => Some(KeyKind::Rsa3072),
        4096 => Some(KeyKind::Rsa4096),
        _ => None,
    }
}

/// The kind of an EC key, by the curve that its algorithm names.
pub(crate) fn curve_kind(algorithm: &AlgorithmIdentifier<'_>) -> Option<KeyKind> {
    let curve = algorithm.parameters.as_ref()?.as_oid().ok()?;
    if curve == SECP256R1 {
        Some(KeyKind::EcdsaP256)
    } else if curve == SECP384R1 {
        Some(KeyKind::EcdsaP384)
    } else {
        None
    }
}

/// The integer without the zero byte that DER puts before a high bit.
fn serial_hex(bytes: &[u8]) -> String {
    match bytes {
        [0, rest @ ..] if !rest.is_empty() => hex(rest),
        bytes => hex(bytes),
    }
}

/// Lower-case hex without separators.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String never fails.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn broken(reason: impl ToString) -> PkiError {
    PkiError::BrokenCertificate { reason: reason.to_string() }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, SHA-256 {})", self.subject(), self.sha256())
    }
}
