//! The three kinds of certificate that we issue. The only place that builds rcgen's parameters; it sets every field.

use rcgen::string::{Ia5String, PrintableString};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod,
    KeyUsagePurpose, PublicKeyData as _, SanType, SerialNumber,
};
use sha2::{Digest as _, Sha256};

use crate::pki::name::Attribute;
use crate::pki::{Key, Name, PkiError, San};
use crate::spec::node::KeyKind;
use crate::time::Timestamp;

/// What a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// A root authority: signs certificates and revocation lists, of any depth below it.
    Root,
    /// A TLS server (`serverAuth`), and nothing else.
    Server,
    /// A TLS client (`clientAuth`), and nothing else.
    Client,
}

/// A serial number: 20 octets, positive, 158 of its bits random, so that none comes twice (RFC 5280 §4.1.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Serial([u8; 20]);

impl Serial {
    /// From 20 random bytes. The highest bit is cleared, so that it is positive, and the next one set, so that every
    /// serial has the same length and none is zero.
    #[must_use]
    pub fn from_random(mut bytes: [u8; 20]) -> Self {
        let [first, ..] = &mut bytes;
        *first = *first & 0x3f | 0x40;
        Self(bytes)
    }

    /// Its octets, highest first.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }
}

/// Everything that a certificate is to say.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// What it is for.
    pub profile: Profile,
    /// Whom it is for; may be empty unless it is a root.
    pub subject: &'a Name,
    /// Its names, in this order, each once; at least one, but none for a root.
    pub sans: &'a [San],
    /// The first second of its life.
    pub not_before: Timestamp,
    /// The last second of its life.
    pub not_after: Timestamp,
    /// Its serial number, never used before by the same authority.
    pub serial: Serial,
}

impl Request<'_> {
    /// Refuses what contradicts itself or X.509.
    ///
    /// # Errors
    /// [`PkiError::Subject`], [`PkiError::San`], [`PkiError::EndsBeforeStart`] or [`PkiError::Request`].
    pub fn check(&self) -> Result<(), PkiError> {
        let complaints = self.subject.complaints();
        if !complaints.is_empty() {
            return Err(PkiError::Subject { complaints });
        }
        self.sans.iter().try_for_each(San::check)?;
        let root = self.profile == Profile::Root;
        if root && self.subject.is_empty() {
            return Err(self.refuse("an authority needs a subject"));
        }
        if root != self.sans.is_empty() {
            return Err(self.refuse(if root {
                "an authority has no subject alternative names"
            } else {
                "it needs a subject alternative name at least"
            }));
        }
        if self.not_after <= self.not_before {
            return Err(PkiError::EndsBeforeStart {
                subject: self.title(),
                not_before: self.not_before,
                not_after: self.not_after,
            });
        }
        Ok(())
    }

    pub(crate) fn refuse(&self, reason: &'static str) -> PkiError {
        PkiError::Request { subject: self.title(), reason }
    }

    /// Its subject, or its first name where it has none: what errors call it.
    pub(crate) fn title(&self) -> String {
        match self.sans.first() {
            Some(san) if self.subject.is_empty() => san.to_string(),
            _ => self.subject.to_string(),
        }
    }

    /// rcgen's parameters for this request and the public half of `key`.
    pub(crate) fn params(&self, key: &Key) -> Result<CertificateParams, PkiError> {
        let root = self.profile == Profile::Root;
        let mut params = CertificateParams::default();
        params.not_before = self.not_before.to_offset_date_time();
        params.not_after = self.not_after.to_offset_date_time();
        params.serial_number = Some(SerialNumber::from_slice(self.serial.as_bytes()));
        params.subject_alt_names = self.san_types()?;
        params.distinguished_name = distinguished_name(self.subject)?;
        params.is_ca = if root { IsCa::Ca(BasicConstraints::Unconstrained) } else { IsCa::ExplicitNoCa };
        params.key_usages = self.key_usages(key.kind());
        params.extended_key_usages = match self.profile {
            Profile::Root => Vec::new(),
            Profile::Server => vec![ExtendedKeyUsagePurpose::ServerAuth],
            Profile::Client => vec![ExtendedKeyUsagePurpose::ClientAuth],
        };
        params.name_constraints = None;
        params.crl_distribution_points = Vec::new();
        params.custom_extensions = Vec::new();
        params.use_authority_key_identifier_extension = true;
        params.key_identifier_method = KeyIdMethod::PreSpecified(key_identifier(key));
        Ok(params)
    }

    fn key_usages(&self, kind: KeyKind) -> Vec<KeyUsagePurpose> {
        let rsa = matches!(kind, KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096);
        match self.profile {
            Profile::Root => vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign],
            // RSA key exchange of TLS 1.2 encrypts to the server's key.
            Profile::Server if rsa => {
                vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment]
            }
            Profile::Server | Profile::Client => vec![KeyUsagePurpose::DigitalSignature],
        }
    }

    fn san_types(&self) -> Result<Vec<SanType>, PkiError> {
        let mut seen = Vec::new();
        for san in self.sans {
            let ascii = |text: &str| {
                Ia5String::try_from(text)
                    .map_err(|_| PkiError::San { san: san.to_string(), reason: "it is not ASCII" })
            };
            let name = match san {
                San::Dns(text) => SanType::DnsName(ascii(text)?),
                San::Email(text) => SanType::Rfc822Name(ascii(text)?),
                San::Uri(text) => SanType::URI(ascii(text)?),
                San::Ip(address) => SanType::IpAddress(*address),
            };
            if !seen.contains(&name) {
                seen.push(name);
            }
        }
        Ok(seen)
    }
}

/// The subject as rcgen writes it: `PrintableString` for the country, `UTF8String` otherwise (RFC 5280 §4.1.2.4).
fn distinguished_name(name: &Name) -> Result<rcgen::DistinguishedName, PkiError> {
    let mut written = rcgen::DistinguishedName::new();
    for (attribute, value) in name.attributes() {
        let value = if attribute == Attribute::Country {
            // `Request::check` let two ASCII letters through only.
            let country = PrintableString::try_from(value)
                .map_err(|_| PkiError::Subject { complaints: name.complaints() })?;
            DnValue::PrintableString(country)
        } else {
            DnValue::Utf8String(value.to_owned())
        };
        written.push(dn_type(attribute), value);
    }
    Ok(written)
}

fn dn_type(attribute: Attribute) -> DnType {
    match attribute {
        Attribute::Country => DnType::CountryName,
        Attribute::State => DnType::StateOrProvinceName,
        Attribute::Locality => DnType::LocalityName,
        Attribute::Organization => DnType::OrganizationName,
        Attribute::OrganizationalUnit => DnType::OrganizationalUnitName,
        Attribute::CommonName => DnType::CommonName,
    }
}

/// The leftmost 160 bits of SHA-256 over the `SubjectPublicKeyInfo` (RFC 7093 §2, method 4).
fn key_identifier(key: &Key) -> Vec<u8> {
    Sha256::digest(key.subject_public_key_info()).iter().copied().take(20).collect()
}
