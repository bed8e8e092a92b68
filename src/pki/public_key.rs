//! Public keys: their kind, by their bytes, and the half of a key pair that a certificate is issued for.

use rcgen::PublicKeyData;
use sha2::{Digest as _, Sha256};
use x509_parser::asn1_rs::{BitString, FromDer as _, Integer, OctetString, Oid, Sequence, oid};
use x509_parser::public_key::PublicKey as Parsed;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use crate::pki::{Certificate, Key, PkiError};
use crate::spec::node::KeyKind;

/// The public half of a key pair.
pub(crate) struct PublicKey {
    kind: KeyKind,
    bits: Vec<u8>,
    identifier: Vec<u8>,
}

impl PublicKey {
    /// Of a private key. Its identifier is the leftmost 160 bits of SHA-256 over the `SubjectPublicKeyInfo` (RFC 7093 §2,
    /// method 4).
    pub(crate) fn of_key(key: &Key) -> Self {
        let digest = Sha256::digest(key.spki_der());
        let identifier = digest.iter().copied().take(20).collect();
        Self { kind: key.kind(), bits: key.der_bytes().to_vec(), identifier }
    }

    /// Of a certificate, with the identifier that what it signed names; `None` for a key of a kind that we do not make.
    pub(crate) fn of_certificate(certificate: &Certificate) -> Option<Self> {
        let identifier = certificate.key_identifier().to_vec();
        Some(Self { kind: certificate.key_kind()?, bits: certificate.public_key().to_vec(), identifier })
    }

    pub(crate) fn kind(&self) -> KeyKind {
        self.kind
    }

    pub(crate) fn identifier(&self) -> &[u8] {
        &self.identifier
    }
}

impl PublicKeyData for PublicKey {
    fn der_bytes(&self) -> &[u8] {
        &self.bits
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        signature_algorithm(self.kind)
    }
}

/// The algorithm with which we sign with a kind of key.
pub(crate) fn signature_algorithm(kind: KeyKind) -> &'static rcgen::SignatureAlgorithm {
    match kind {
        KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => &rcgen::PKCS_RSA_SHA256,
        KeyKind::EcdsaP256 => &rcgen::PKCS_ECDSA_P256_SHA256,
        KeyKind::EcdsaP384 => &rcgen::PKCS_ECDSA_P384_SHA384,
    }
}

/// `rsaEncryption`, RFC 8017.
pub(crate) const RSA_ENCRYPTION: Oid<'static> = oid!(1.2.840.113549.1.1.1);
/// `id-ecPublicKey`, RFC 5480.
pub(crate) const EC_PUBLIC_KEY: Oid<'static> = oid!(1.2.840.10045.2.1);
const SECP256R1: Oid<'static> = oid!(1.2.840.10045.3.1.7);
const SECP384R1: Oid<'static> = oid!(1.3.132.0.34);

/// The kind of a certificate's key; `None` for one that we do not make.
pub(crate) fn key_kind(spki: &SubjectPublicKeyInfo<'_>) -> Option<KeyKind> {
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
        subject_public_key: BitString::new(0, der),
        raw: &[],
    };
    let Ok(Parsed::RSA(key)) = spki.parsed() else { return None };
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

/// The length of the modulus of an RSA private key, PKCS#1 or PKCS#8, whether it can be used or not.
pub(crate) fn rsa_bits(der: &[u8]) -> Option<usize> {
    let (_, outer) = Sequence::from_der(der).ok()?;
    let (rest, _version) = Integer::from_der(&outer.content).ok()?;
    if let Ok((rest, identifier)) = AlgorithmIdentifier::from_der(rest) {
        let (_, inner) = OctetString::from_der(rest).ok()?;
        return rsa_bits(inner.as_cow()).filter(|_| identifier.algorithm == RSA_ENCRYPTION);
    }
    let (rest, modulus) = Integer::from_der(rest).ok()?;
    let (_, _exponent) = Integer::from_der(rest).ok()?;
    let bytes: &[u8] = modulus.as_ref();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let number = bytes.get(zeros..)?;
    Some(number.len() * 8 - number.first()?.leading_zeros() as usize)
}

/// Why an RSA private key is refused: the library does not say, and its length tells.
pub(crate) fn wrong_rsa(der: &[u8]) -> PkiError {
    match rsa_bits(der) {
        Some(bits) if bits > 2048 && ![3072, 4096].contains(&bits) => {
            PkiError::UnsupportedKey { what: format!("RSA with {bits} bits, not 2048, 3072 or 4096") }
        }
        Some(bits) if bits < 2048 => {
            PkiError::UnsupportedKey { what: format!("RSA with {bits} bits, where 2048 is the least") }
        }
        _ => PkiError::BrokenKey { reason: "its numbers contradict each other" },
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
