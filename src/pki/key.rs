//! A private key in memory: wiped when dropped, never printed, ready to sign.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _,
    RSA_PKCS1_SHA256,
};
use rcgen::{PublicKeyData, SigningKey};
use x509_parser::asn1_rs::{FromDer as _, Integer, Sequence};
use x509_parser::x509::AlgorithmIdentifier;
use zeroize::Zeroizing;

use crate::pki::armor::{self, Block};
use crate::pki::certificate::{EC_PUBLIC_KEY, RSA_ENCRYPTION, curve_kind, rsa_kind};
use crate::pki::{Certificate, PkiError};
use crate::spec::node::KeyKind;

/// A private key. It has neither `Debug` nor `Display` nor `Clone`, so that it can't be printed or
/// multiplied by accident; its bytes are wiped when it is dropped.
pub struct Key {
    kind: KeyKind,
    pkcs8: Zeroizing<Vec<u8>>,
    pair: Pair,
}

enum Pair {
    Rsa(rsa::KeyPair),
    Ec(EcdsaKeyPair),
}

impl Key {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The private key as PEM, PKCS#8 (RFC 5958).
    #[must_use]
    pub fn to_pem(&self) -> Zeroizing<String> {
        armor::encode(armor::PRIVATE_KEY, &self.pkcs8)
    }

    /// The private key as DER, PKCS#8 (RFC 5958).
    #[must_use]
    pub fn pkcs8_der(&self) -> &[u8] {
        &self.pkcs8
    }

    /// The public half as DER, X.509 `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn spki_der(&self) -> Vec<u8> {
        self.subject_public_key_info()
    }

    /// Whether the certificate holds this key's public half.
    #[must_use]
    pub fn matches(&self, certificate: &Certificate) -> bool {
        certificate.key_kind() == Some(self.kind) && certificate.public_key() == self.der_bytes()
    }

    /// Reads a PEM text with exactly one private key: PKCS#8, or the older PKCS#1 (`RSA PRIVATE KEY`) and SEC1
    /// (`EC PRIVATE KEY`), which become PKCS#8. A block `EC PARAMETERS` beside it is left aside.
    ///
    /// # Errors
    /// What is not PEM, not a private key, encrypted, of another kind, or damaged.
    pub fn from_pem(text: &str) -> Result<Self, PkiError> {
        let mut blocks = armor::decode(text)?;
        blocks.retain(|block| block.label != "EC PARAMETERS");
        match blocks.as_slice() {
            [block] => Self::from_block(block),
            blocks => Err(PkiError::KeyCount { count: blocks.len() }),
        }
    }

    fn from_block(block: &Block) -> Result<Self, PkiError> {
        let label = block.label.as_str();
        if label == "ENCRYPTED PRIVATE KEY" || block.headers && label.ends_with("PRIVATE KEY") {
            return Err(PkiError::EncryptedKey);
        }
        match label {
            armor::PRIVATE_KEY => Self::from_pkcs8(&block.der),
            "RSA PRIVATE KEY" => Self::from_pkcs1(&block.der),
            "EC PRIVATE KEY" => Self::from_sec1(&block.der),
            label if label.ends_with("PRIVATE KEY") => {
                Err(PkiError::UnsupportedKey { what: format!("\"{label}\"") })
            }
            label => Err(PkiError::NotAKey { label: label.to_owned() }),
        }
    }

    /// Reads a PKCS#8 private key. The bytes are kept as they are.
    ///
    /// # Errors
    /// Another kind of key, or a damaged one.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, PkiError> {
        let (kind, pair) = match Wanted::of_pkcs8(der)? {
            Wanted::Rsa => rsa_pair(rsa::KeyPair::from_pkcs8(der).ok())?,
            Wanted::Ec(kind) => (kind, ec_pair(EcdsaKeyPair::from_pkcs8(algorithm(kind), der).ok())?),
        };
        Ok(Self { kind, pkcs8: Zeroizing::new(der.to_vec()), pair })
    }

    fn from_pkcs1(der: &[u8]) -> Result<Self, PkiError> {
        let (kind, pair) = rsa_pair(rsa::KeyPair::from_der(der).ok())?;
        let Pair::Rsa(inner) = &pair else { return Err(broken("not an RSA key")) };
        let pkcs8: Pkcs8V1Der<'static> =
            inner.as_der().map_err(|_| broken("it can't be written as PKCS#8"))?;
        Ok(Self { kind, pkcs8: Zeroizing::new(pkcs8.as_ref().to_vec()), pair })
    }

    fn from_sec1(der: &[u8]) -> Result<Self, PkiError> {
        for kind in [KeyKind::EcdsaP256, KeyKind::EcdsaP384] {
            if let Ok(pair) = EcdsaKeyPair::from_private_key_der(algorithm(kind), der) {
                let pkcs8 = pair.to_pkcs8v1().map_err(|_| broken("it can't be written as PKCS#8"))?;
                let pkcs8 = Zeroizing::new(pkcs8.as_ref().to_vec());
                return Ok(Self { kind, pkcs8, pair: Pair::Ec(pair) });
            }
        }
        Err(PkiError::UnsupportedKey { what: "an EC key that is on neither P-256 nor P-384".to_owned() })
    }
}

/// What the header of a PKCS#8 key says that it holds.
enum Wanted {
    Rsa,
    Ec(KeyKind),
}

impl Wanted {
    fn of_pkcs8(der: &[u8]) -> Result<Self, PkiError> {
        let malformed = || broken("not a PKCS#8 structure");
        let (rest, outer) = Sequence::from_der(der).map_err(|_| malformed())?;
        if !rest.is_empty() {
            return Err(broken("bytes after its end"));
        }
        let (rest, _version) = Integer::from_der(&outer.content).map_err(|_| malformed())?;
        let (_, identifier) = AlgorithmIdentifier::from_der(rest).map_err(|_| malformed())?;
        if identifier.algorithm == RSA_ENCRYPTION {
            return Ok(Self::Rsa);
        }
        if identifier.algorithm == EC_PUBLIC_KEY {
            return curve_kind(&identifier).map(Self::Ec).ok_or_else(|| PkiError::UnsupportedKey {
                what: "an EC key that is on neither P-256 nor P-384".to_owned(),
            });
        }
        Err(PkiError::UnsupportedKey { what: format!("algorithm {}", identifier.algorithm) })
    }
}

fn rsa_pair(pair: Option<rsa::KeyPair>) -> Result<(KeyKind, Pair), PkiError> {
    // The library takes 2048 to 8192 bits; whether a refused key is short or broken it does not say.
    let pair = pair
        .ok_or_else(|| broken("RSA below 2048 or above 8192 bits, or numbers that contradict each other"))?;
    let kind = rsa_kind(pair.public_key().as_ref()).ok_or_else(|| PkiError::UnsupportedKey {
        what: "RSA with another length than 2048, 3072 or 4096 bits".to_owned(),
    })?;
    Ok((kind, Pair::Rsa(pair)))
}

fn ec_pair(pair: Option<EcdsaKeyPair>) -> Result<Pair, PkiError> {
    pair.map(Pair::Ec).ok_or_else(|| broken("its numbers are no point on its curve"))
}

fn algorithm(kind: KeyKind) -> &'static aws_lc_rs::signature::EcdsaSigningAlgorithm {
    match kind {
        KeyKind::EcdsaP384 => &ECDSA_P384_SHA384_ASN1_SIGNING,
        _ => &ECDSA_P256_SHA256_ASN1_SIGNING,
    }
}

fn broken(reason: &'static str) -> PkiError {
    PkiError::BrokenKey { reason }
}

impl PublicKeyData for Key {
    fn der_bytes(&self) -> &[u8] {
        match &self.pair {
            Pair::Rsa(pair) => pair.public_key().as_ref(),
            Pair::Ec(pair) => pair.public_key().as_ref(),
        }
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        match self.kind {
            KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => &rcgen::PKCS_RSA_SHA256,
            KeyKind::EcdsaP256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            KeyKind::EcdsaP384 => &rcgen::PKCS_ECDSA_P384_SHA384,
        }
    }
}

impl SigningKey for Key {
    /// RSA signatures (PKCS#1 v1.5) are the same every time; ECDSA ones hold a random number of the library's.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        // The library ignores this argument and draws its own.
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .map_err(|_| rcgen::Error::RingUnspecified)?;
                Ok(signature)
            }
            Pair::Ec(pair) => pair
                .sign(&random, message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| rcgen::Error::RingUnspecified),
        }
    }
}
