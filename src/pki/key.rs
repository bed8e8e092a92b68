//! A private key in memory: wiped when dropped, never printed, ready to sign.

use aws_lc_rs::encoding::{AsBigEndian as _, AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _,
    RSA_PKCS1_SHA256,
};
use p256::ecdsa::signature::Signer as _;
use rcgen::{PublicKeyData, SigningKey};
use sha2::{Digest as _, Sha256};
use x509_parser::asn1_rs::{FromDer as _, Integer, Sequence};
use x509_parser::x509::AlgorithmIdentifier;
use zeroize::Zeroizing;

use crate::pki::armor::{self, Block, hex};
use crate::pki::public_key::{
    EC_PUBLIC_KEY, RSA_ENCRYPTION, curve_kind, rsa_bits, rsa_kind, signature_algorithm, wrong_rsa,
};
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

    /// The SHA-256 of the public half, as [`Certificate::spki_sha256`] has it.
    #[must_use]
    pub fn spki_sha256(&self) -> String {
        hex(&Sha256::digest(self.spki_der()))
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

    pub(super) fn from_block(block: &Block) -> Result<Self, PkiError> {
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
            Wanted::Rsa => rsa_pair(rsa::KeyPair::from_pkcs8(der).ok(), der)?,
            Wanted::Ec(kind) => (kind, ec_pair(EcdsaKeyPair::from_pkcs8(algorithm(kind), der).ok())?),
        };
        Ok(Self { kind, pkcs8: Zeroizing::new(der.to_vec()), pair })
    }

    /// Reads a private key in DER that stands alone: PKCS#8, PKCS#1 (RFC 8017) or SEC1 (RFC 5915).
    pub(super) fn from_der(der: &[u8]) -> Result<Option<Self>, PkiError> {
        let forms = [Self::from_pkcs8, Self::from_pkcs1, Self::from_sec1];
        let found = forms.into_iter().find_map(|form| form(der).ok());
        if found.is_none() && rsa_bits(der).is_some() { Err(wrong_rsa(der)) } else { Ok(found) }
    }

    fn from_pkcs1(der: &[u8]) -> Result<Self, PkiError> {
        let (kind, pair) = rsa_pair(rsa::KeyPair::from_der(der).ok(), der)?;
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

fn rsa_pair(pair: Option<rsa::KeyPair>, der: &[u8]) -> Result<(KeyKind, Pair), PkiError> {
    let kind = pair.as_ref().and_then(|pair| rsa_kind(pair.public_key().as_ref()));
    kind.zip(pair).map(|(kind, pair)| (kind, Pair::Rsa(pair))).ok_or_else(|| wrong_rsa(der))
}

fn ec_pair(pair: Option<EcdsaKeyPair>) -> Result<Pair, PkiError> {
    pair.map(Pair::Ec).ok_or_else(|| broken("its numbers are no point on its curve"))
}

pub(super) fn algorithm(kind: KeyKind) -> &'static aws_lc_rs::signature::EcdsaSigningAlgorithm {
    match kind {
        KeyKind::EcdsaP384 => &ECDSA_P384_SHA384_ASN1_SIGNING,
        _ => &ECDSA_P256_SHA256_ASN1_SIGNING,
    }
}

/// An ECDSA signature whose nonce follows from the key and the message (RFC 6979), as DER.
fn ecdsa_signature(kind: KeyKind, pair: &EcdsaKeyPair, message: &[u8]) -> Option<Vec<u8>> {
    let scalar = pair.private_key().as_be_bytes().ok()?;
    match kind {
        KeyKind::EcdsaP384 => {
            let key = p384::ecdsa::SigningKey::from_slice(scalar.as_ref()).ok()?;
            let signature: p384::ecdsa::DerSignature = key.try_sign(message).ok()?;
            Some(signature.as_bytes().to_vec())
        }
        _ => {
            let key = p256::ecdsa::SigningKey::from_slice(scalar.as_ref()).ok()?;
            let signature: p256::ecdsa::DerSignature = key.try_sign(message).ok()?;
            Some(signature.as_bytes().to_vec())
        }
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
        signature_algorithm(self.kind)
    }
}

impl SigningKey for Key {
    /// RSA signatures are by PKCS#1 v1.5, ECDSA ones by RFC 6979: each the same every time.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        match &self.pair {
            Pair::Rsa(pair) => {
                // For blinding only; the library ignores this argument and draws its own.
                let random = SystemRandom::new();
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .map_err(|_| rcgen::Error::RingUnspecified)?;
                Ok(signature)
            }
            Pair::Ec(pair) => ecdsa_signature(self.kind, pair, message).ok_or(rcgen::Error::RingUnspecified),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::keys::pool;
    use crate::pki::workshop;

    macro_rules! foreign {
        ($name:literal) => {
            include_str!(concat!("../../tests/fixtures/keys/foreign/", $name, ".pem"))
        };
    }

    fn refusal(pem: &str) -> String {
        Key::from_pem(pem).err().expect("it must be refused").to_string()
    }

    #[test]
    fn every_kind_comes_back_from_its_pem_and_signs() {
        for kind in KeyKind::ALL {
            for pem in pool(kind) {
                let key = Key::from_pem(pem).unwrap();
                assert_eq!(key.kind(), kind);
                assert_eq!(*key.to_pem(), **pem);
                let again = Key::from_pkcs8(key.pkcs8_der()).unwrap();
                assert_eq!(again.spki_der(), key.spki_der());
            }
            assert!(workshop::root(kind, 1).certificate().is_self_signed(), "{kind}");
        }
    }

    #[test]
    fn older_forms_become_pkcs8() {
        for (old, kind) in [
            (foreign!("rsa-2048-1.pkcs1"), KeyKind::Rsa2048),
            (foreign!("ecdsa-p256-1.sec1"), KeyKind::EcdsaP256),
            (foreign!("ecdsa-p384-1.sec1"), KeyKind::EcdsaP384),
        ] {
            let key = Key::from_pem(old).unwrap();
            let same = Key::from_pem(pool(kind)[0]).unwrap();
            assert_eq!((key.kind(), key.spki_der()), (kind, same.spki_der()));
            let written = Key::from_pem(&key.to_pem()).unwrap();
            assert_eq!((written.kind(), written.spki_der()), (kind, same.spki_der()));
        }
    }

    #[test]
    fn other_kinds_are_named_in_the_refusal() {
        for (pem, words) in [
            (foreign!("ed25519"), "algorithm 1.3.101.112"),
            (foreign!("ecdsa-p521"), "neither P-256 nor P-384"),
            (foreign!("rsa-1024"), "RSA with 1024 bits, where 2048 is the least"),
            (foreign!("rsa-2056"), "RSA with 2056 bits, not 2048, 3072 or 4096"),
            (foreign!("encrypted"), "encrypted with a passphrase"),
            (foreign!("encrypted-sec1"), "encrypted with a passphrase"),
        ] {
            assert!(refusal(pem).contains(words), "{}", refusal(pem));
        }
    }

    #[test]
    fn what_is_not_one_private_key_is_refused() {
        let pem = pool(KeyKind::EcdsaP256)[0];
        assert_eq!(refusal(""), "expected one private key, found 0");
        assert_eq!(refusal(&format!("{pem}{pem}")), "expected one private key, found 2");
        let certificate = workshop::root(KeyKind::EcdsaP256, 1).certificate().to_pem();
        assert!(refusal(&certificate).contains("\"CERTIFICATE\""));
        assert!(refusal(&pem.replace("PRIVATE", "OPENSSH PRIVATE")).contains("OPENSSH PRIVATE KEY"));
    }

    #[test]
    fn damaged_bytes_are_refused_and_never_shown() {
        let key = Key::from_pem(pool(KeyKind::EcdsaP256)[0]).unwrap();
        let whole = key.pkcs8_der();
        for length in 0..whole.len() {
            assert!(Key::from_pkcs8(&whole[..length]).is_err());
            assert!(Key::from_pkcs1(&whole[..length]).is_err());
            assert!(Key::from_sec1(&whole[..length]).is_err());
        }
        assert!(Key::from_pkcs8(&[whole, &[0]].concat()).is_err());
        // The last byte belongs to the public point, which then fits no private number.
        let mut bent = whole.to_vec();
        *bent.last_mut().unwrap() ^= 1;
        let error = Key::from_pkcs8(&bent).err().unwrap();
        assert_eq!(error.to_string(), "the private key is damaged: its numbers are no point on its curve");
    }

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    /// RFC 6979, A.2.5 and A.2.6, message "sample".
    #[test]
    fn ecdsa_signatures_are_those_of_rfc_6979() {
        for (head, scalar, oid, r, s) in [
            (
                "30310201010420",
                "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
                "a00a06082a8648ce3d030107",
                "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
                "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
            ),
            (
                "303e0201010430",
                "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5",
                "a00706052b81040022",
                "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46",
                "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8",
            ),
        ] {
            let key = Key::from_sec1(&bytes(&format!("{head}{scalar}{oid}"))).unwrap();
            let numbers: Vec<u8> = [r, s]
                .iter()
                .flat_map(|number| {
                    let number = bytes(number);
                    let zero = number.first().is_some_and(|first| *first > 0x7f);
                    let length = u8::try_from(number.len() + usize::from(zero)).unwrap();
                    [vec![2, length], vec![0; usize::from(zero)], number].concat()
                })
                .collect();
            let expected = [vec![0x30, u8::try_from(numbers.len()).unwrap()], numbers].concat();
            assert_eq!(SigningKey::sign(&key, b"sample").unwrap(), expected);
        }
    }

    #[test]
    fn a_key_belongs_to_its_own_certificate_only() {
        let (first, second) = (workshop::root(KeyKind::Rsa2048, 1), workshop::root(KeyKind::Rsa2048, 2));
        assert!(first.key().matches(first.certificate()));
        assert!(!first.key().matches(second.certificate()));
    }

    /// Implemented once for a type without the trait and twice for one with it, which would not compile below.
    trait UnlessDebug<Marker> {
        fn held() {}
    }
    impl<T> UnlessDebug<()> for T {}
    impl<T: std::fmt::Debug> UnlessDebug<u8> for T {}

    trait UnlessDisplay<Marker> {
        fn held() {}
    }
    impl<T> UnlessDisplay<()> for T {}
    impl<T: std::fmt::Display> UnlessDisplay<u8> for T {}

    trait UnlessClone<Marker> {
        fn held() {}
    }
    impl<T> UnlessClone<()> for T {}
    impl<T: Clone> UnlessClone<u8> for T {}

    #[test]
    fn a_key_can_be_neither_printed_nor_cloned() {
        <Key as UnlessDebug<_>>::held();
        <Key as UnlessDisplay<_>>::held();
        <Key as UnlessClone<_>>::held();
    }
}
