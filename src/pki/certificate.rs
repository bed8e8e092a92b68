//! A certificate that was read: the facts that the tool works with, taken out once.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use crate::model::Permitted;
use crate::pki::armor::{self, hex, serial_hex};
use crate::pki::extensions::Extensions;
use crate::pki::public_key::key_kind;
use crate::pki::signature::{self, Signed};
use crate::pki::{DistinguishedName, PkiError, San};
use crate::spec::node::KeyKind;
use crate::time::Timestamp;

/// An X.509 certificate, RFC 5280. Cheap to clone. Two are equal if their bytes are.
#[derive(Clone)]
pub struct Certificate {
    der: Arc<[u8]>,
    pub(super) facts: Arc<Facts>,
}

pub(super) struct Facts {
    subject: DistinguishedName,
    issuer: DistinguishedName,
    pub(super) subject_der: Vec<u8>,
    pub(super) issuer_der: Vec<u8>,
    sans: Vec<San>,
    not_before: Timestamp,
    not_after: Timestamp,
    serial: String,
    pub(super) ski: Option<Vec<u8>>,
    pub(super) aki: Option<Vec<u8>>,
    pub(super) key_kind: Option<KeyKind>,
    pub(super) public_key: Vec<u8>,
    /// The leftmost 160 bits of SHA-256 over the `SubjectPublicKeyInfo` (RFC 7093 §2, method 4).
    pub(super) derived_identifier: Vec<u8>,
    spki_sha256: String,
    sha256: String,
    /// Why it may not sign others, if so.
    pub(super) no_authority: Option<&'static str>,
    path_length: Option<u32>,
    pub(super) handshakes: (bool, bool),
    pub(super) signs_lists: bool,
    pub(super) names: (bool, bool),
    is_for_clients: bool,
    permitted: Option<Permitted>,
    pub(super) signed: Option<Signed>,
    /// The kind of its signature, where that is one that is not read here.
    pub(super) unread: Option<&'static str>,
}

impl Certificate {
    /// Reads one certificate.
    ///
    /// # Errors
    /// [`PkiError::BrokenCertificate`] if it is not exactly one, or an extension that we read is malformed or there
    /// twice.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        let (rest, x509) = X509Certificate::from_der(der).map_err(PkiError::broken_certificate)?;
        if !rest.is_empty() {
            return Err(PkiError::broken_certificate("bytes after its end"));
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
                label => Err(PkiError::broken_certificate(format!(
                    "a PEM block named \"{label}\" stands among the certificates"
                ))),
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
    pub fn is_ca(&self) -> bool {
        self.facts.no_authority.is_none()
    }

    /// Whether it is for clients, and no server could show it.
    #[must_use]
    pub fn is_for_clients(&self) -> bool {
        self.facts.is_for_clients
    }

    /// Of an authority, how many others may follow below it; `None` is any number.
    #[must_use]
    pub fn path_length(&self) -> Option<u32> {
        self.facts.path_length
    }

    /// The DNS names and IP addresses that an authority may issue for; `None` where it has no name constraints.
    #[must_use]
    pub fn permitted(&self) -> Option<&Permitted> {
        self.facts.permitted.as_ref()
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
}

impl Facts {
    fn read(der: &[u8], x509: &X509Certificate<'_>) -> Result<Self, PkiError> {
        let extensions = Extensions::read(x509)?;
        let no_authority = extensions.no_authority(x509.version());
        let spki = x509.public_key();
        let validity = x509.validity();
        let spki_digest = Sha256::digest(spki.raw);
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
            derived_identifier: spki_digest.iter().copied().take(20).collect(),
            spki_sha256: hex(&spki_digest),
            sha256: hex(&Sha256::digest(der)),
            no_authority,
            path_length: extensions.path_length,
            handshakes: extensions.handshakes,
            signs_lists: extensions.signs_lists,
            names: extensions.names,
            is_for_clients: extensions.is_for_clients,
            permitted: extensions.permitted,
            signed: Signed::read(der, x509),
            unread: signature::unread(&x509.signature_algorithm),
        })
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pki::{Name, workshop};

    const PRINTABLE_ROOT: &str = include_str!("../../tests/fixtures/certificates/printable-root.pem");

    #[test]
    fn facts_of_our_own() {
        let issuer = workshop::root(KeyKind::Rsa2048, 1);
        let leaf = workshop::server(&issuer, "bookinfo.example.com");
        assert_eq!(leaf.subject().to_string(), "O=bookinfo organization,CN=bookinfo.example.com");
        assert_eq!(leaf.issuer(), issuer.certificate().subject());
        assert_eq!(leaf.subject().common_name(), Some("bookinfo.example.com"));
        assert_eq!(leaf.sans(), [San::Dns("bookinfo.example.com".into())]);
        assert_eq!(leaf.not_before().to_string(), "2026-11-25T12:00:00Z");
        assert_eq!(leaf.not_after().to_string(), "2027-02-23T12:00:00Z");
        assert_eq!(leaf.serial(), "4707070707070707070707070707070707070707");
        assert_eq!(leaf.aki(), issuer.certificate().ski());
        assert_eq!(leaf.ski().map(<[u8]>::len), Some(20));
        assert_eq!(leaf.key_kind(), Some(KeyKind::EcdsaP256));
        assert_eq!(leaf.sha256(), hex(&Sha256::digest(leaf.der())));
        assert!(!leaf.is_ca() && issuer.certificate().is_ca());
        assert!(!leaf.signs_lists() && issuer.certificate().signs_lists());
        assert!(leaf.is_valid_at(leaf.not_before()) && leaf.is_valid_at(leaf.not_after()));
        assert!(!leaf.is_valid_at(leaf.not_after() + crate::time::Seconds(1)));
    }

    #[test]
    fn facts_of_one_that_openssl_made() {
        let root = &Certificate::from_pem_chain(PRINTABLE_ROOT).unwrap()[0];
        assert_eq!(
            root.subject().to_string(),
            "C=DE,O=Elsewhere AG,CN=Elsewhere Root,1.2.840.113549.1.9.1=pki@elsewhere.example"
        );
        assert_eq!(root.serial(), "1000");
        assert_eq!(root.key_kind(), Some(KeyKind::Rsa2048));
        assert!(root.is_ca() && root.is_self_signed());
        // Equal whatever string types hold it.
        let name = Name {
            country: Some("DE".into()),
            organization: Some("Elsewhere AG".into()),
            common_name: Some("Elsewhere Root".into()),
            ..Name::default()
        };
        let ours: Vec<_> = name.distinguished().attributes().map(|(_, value)| value.to_owned()).collect();
        let theirs: Vec<_> = root.subject().attributes().map(|(_, value)| value.to_owned()).collect();
        assert_eq!(ours, theirs[..3]);
    }

    #[test]
    fn a_chain_comes_back_from_its_pem() {
        let issuer = workshop::root(KeyKind::EcdsaP384, 1);
        let leaf = workshop::server(&issuer, "bookinfo.example.com");
        let text = format!("{}\n{}", leaf.to_pem(), issuer.certificate().to_pem());
        assert_eq!(Certificate::from_pem_chain(&text).unwrap(), [leaf, issuer.certificate().clone()]);
        assert!(matches!(Certificate::from_pem_chain("x"), Err(PkiError::NoCertificate)));
        let with_key = format!("{text}{}", *issuer.key().to_pem());
        let error = Certificate::from_pem_chain(&with_key).unwrap_err().to_string();
        assert!(error.contains("\"PRIVATE KEY\" stands among"), "{error}");
    }

    #[test]
    fn only_the_right_authority_has_signed() {
        let (first, second) = (workshop::root(KeyKind::Rsa2048, 1), workshop::root(KeyKind::Rsa2048, 2));
        let leaf = workshop::server(&first, "bookinfo.example.com");
        assert!(leaf.signed_by(first.certificate()));
        // The same subject: the key identifiers and the signature tell them apart.
        assert_eq!(first.certificate().subject_der(), second.certificate().subject_der());
        assert_ne!(first.certificate().ski(), second.certificate().ski());
        assert!(!leaf.signed_by(second.certificate()));
        assert!(!leaf.signed_by(&leaf) && !leaf.is_self_signed());
        assert!(!first.certificate().signed_by(&leaf));
    }

    #[test]
    fn a_bent_body_or_signature_is_noticed() {
        let issuer = workshop::root(KeyKind::EcdsaP256, 1);
        let leaf = workshop::server(&issuer, "bookinfo.example.com");
        let at = leaf.der().windows(8).position(|bytes| bytes == b"bookinfo").unwrap();
        let mut bent = leaf.der().to_vec();
        bent[at] = b'c';
        assert!(!Certificate::from_der(&bent).unwrap().signed_by(issuer.certificate()));
        let mut bent = leaf.der().to_vec();
        *bent.last_mut().unwrap() ^= 1;
        assert!(!Certificate::from_der(&bent).unwrap().signed_by(issuer.certificate()));
    }

    #[test]
    fn any_changed_bit_is_noticed() {
        for kind in [KeyKind::EcdsaP256, KeyKind::Rsa2048] {
            let issuer = workshop::root(kind, 1);
            let der = workshop::server(&issuer, "bookinfo.example.com").der().to_vec();
            for (at, bit) in (0..der.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
                let mut bent = der.clone();
                bent[at] ^= 1 << bit;
                if let Ok(certificate) = Certificate::from_der(&bent) {
                    assert!(!certificate.signed_by(issuer.certificate()), "{kind}, byte {at}, bit {bit}");
                }
            }
        }
    }

    #[test]
    fn bytes_after_the_end_are_refused() {
        let root = workshop::root(KeyKind::EcdsaP256, 1);
        let der = [root.certificate().der(), &[0]].concat();
        assert!(matches!(Certificate::from_der(&der), Err(PkiError::BrokenCertificate { .. })));
        assert!(Certificate::from_der(&[]).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(at in any::<prop::sample::Index>(), bytes in any::<[u8; 4]>()) {
            let root = workshop::root(KeyKind::EcdsaP256, 1);
            let mut der = root.certificate().der().to_vec();
            let at = at.index(der.len() - bytes.len());
            der[at..at + bytes.len()].copy_from_slice(&bytes);
            let _ = Certificate::from_der(&der);
        }

        #[test]
        fn a_torn_certificate_is_refused(length in any::<prop::sample::Index>()) {
            let root = workshop::root(KeyKind::EcdsaP256, 1);
            let der = root.certificate().der();
            prop_assert!(Certificate::from_der(&der[..length.index(der.len())]).is_err());
        }
    }
}
