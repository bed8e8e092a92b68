//! A request for a certificate that somebody else signs: PKCS#10, RFC 2986.

use rcgen::CustomExtension;
use x509_parser::asn1_rs::{OctetString, ToDer as _};
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::pki::armor;
use crate::pki::public_key::PublicKey;
use crate::pki::{Certificate, Key, Name, PkiError, Profile, Request, San, Serial};
use crate::time::{Seconds, Timestamp};

const LABEL: &str = "CERTIFICATE REQUEST";
/// The object identifier of `subjectKeyIdentifier`.
const KEY_IDENTIFIER: [u64; 4] = [2, 5, 29, 14];

/// A request: a subject, names and a public key, signed by the private one.
pub struct Csr {
    der: Vec<u8>,
    public_key: Vec<u8>,
    sans: Vec<San>,
    path_length: Option<u32>,
}

impl Csr {
    /// Asks for a certificate of a key. `path_length` is for an authority alone: how many may follow below it. `identifier` is
    /// what the key is called in what it signed already.
    ///
    /// # Errors
    /// A subject or name that X.509 can't hold, and a signature that can't be made.
    pub fn new(
        profile: Profile,
        subject: &Name,
        sans: &[San],
        path_length: Option<u8>,
        identifier: Option<&[u8]>,
        key: &Key,
    ) -> Result<Self, PkiError> {
        let start = Timestamp::from_unix(0);
        // Whoever signs decides on times and number.
        let request = Request {
            profile,
            subject,
            sans,
            path_length,
            permitted: None,
            not_before: start,
            not_after: start + Seconds(1),
            serial: Serial::from_random([0; 20]),
        };
        request.check()?;
        let mut params = request.params(&PublicKey::of_key(key))?;
        params.serial_number = None;
        params.use_authority_key_identifier_extension = false;
        if let Some(identifier) = identifier {
            let content = OctetString::new(identifier).to_der_vec().map_err(PkiError::broken_certificate)?;
            params.custom_extensions.push(CustomExtension::from_oid_content(&KEY_IDENTIFIER, content));
        }
        let failed =
            |error: rcgen::Error| PkiError::Signing { subject: request.title(), reason: error.to_string() };
        let made = params.serialize_request(key).map_err(failed)?;
        Self::from_der(made.der())
    }

    fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        let (_, request) = X509CertificationRequest::from_der(der)
            .map_err(|error| PkiError::broken_certificate(format!("no request: {error}")))?;
        let info = &request.certification_request_info;
        let public_key = info.subject_pki.subject_public_key.data.to_vec();
        let (mut sans, mut path_length) = (Vec::new(), None);
        for extension in request.requested_extensions().into_iter().flatten() {
            match extension {
                ParsedExtension::SubjectAlternativeName(names) => {
                    sans.extend(names.general_names.iter().filter_map(San::from_x509));
                }
                ParsedExtension::BasicConstraints(constraints) => {
                    path_length = constraints.path_len_constraint;
                }
                _ => {}
            }
        }
        Ok(Self { der: der.to_vec(), public_key, sans, path_length })
    }

    /// Reads one from PEM.
    ///
    /// # Errors
    /// What is not PEM, or no request.
    pub fn from_pem(text: &str) -> Result<Self, PkiError> {
        let blocks = armor::decode(text)?;
        let block = blocks.iter().find(|block| block.label == LABEL);
        let block = block.ok_or_else(|| PkiError::broken_certificate("there is no request in it"))?;
        Self::from_der(&block.der)
    }

    /// It as PEM.
    #[must_use]
    pub fn to_pem(&self) -> String {
        armor::encode(LABEL, &self.der).to_string()
    }

    /// The names that it asks for.
    #[must_use]
    pub fn sans(&self) -> &[San] {
        &self.sans
    }

    /// Of an authority's, how many others are to follow below it.
    #[must_use]
    pub fn path_length(&self) -> Option<u32> {
        self.path_length
    }

    /// Whether a certificate holds the key that it was made for.
    #[must_use]
    pub fn is_answered_by(&self, certificate: &Certificate) -> bool {
        certificate.public_key() == self.public_key
    }

    /// Whether it is for this key.
    #[must_use]
    pub fn is_for(&self, key: &Key) -> bool {
        let der = key.spki_der();
        let read = SubjectPublicKeyInfo::from_der(&der);
        read.is_ok_and(|(_, info)| *info.subject_public_key.data == *self.public_key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::workshop;
    use crate::spec::node::KeyKind;

    #[test]
    fn a_request_is_answered_by_its_own_certificate() {
        let root = workshop::root(KeyKind::EcdsaP256, 1);
        let leaf = workshop::server(&root, "a.example");
        let sans = [San::Dns("a.example".into())];
        let subject = workshop::name("o", "a.example");
        let key = workshop::leaf_key(KeyKind::EcdsaP256);
        let csr = Csr::new(Profile::Server, &subject, &sans, None, None, &key).unwrap();
        let again = Csr::from_pem(&csr.to_pem()).unwrap();
        assert_eq!((again.sans(), again.path_length()), (&sans[..], None));
        assert!(again.is_answered_by(&leaf) && !again.is_answered_by(root.certificate()));
        assert!(again.is_for(&key) && !again.is_for(&workshop::root_key(KeyKind::EcdsaP256, 1)));
        assert!(csr.to_pem().starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"));
        assert!(Csr::from_pem(&leaf.to_pem()).is_err());
        let key = workshop::root_key(KeyKind::Rsa2048, 1);
        let authority = Csr::new(Profile::Intermediate, &subject, &[], Some(1), None, &key).unwrap();
        assert_eq!(authority.path_length(), Some(1));
    }
}
