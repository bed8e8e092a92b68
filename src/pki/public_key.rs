//! The kind of a public key, by its bytes.

use x509_parser::asn1_rs::{BitString, Oid, oid};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use crate::spec::node::KeyKind;

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
