//! The kinds of certificate that we issue. The only place that builds rcgen's parameters; it sets every field.

use rcgen::string::{Ia5String, PrintableString};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, DnValue, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, KeyIdMethod, KeyUsagePurpose, NameConstraints, SanType, SerialNumber,
};

use crate::model::Permitted;
use crate::pki::name::Attribute;
use crate::pki::public_key::PublicKey;
use crate::pki::{Name, PkiError, San};
use crate::spec::node::KeyKind;
use crate::time::Timestamp;

/// What a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// A root authority: signs certificates and revocation lists, of any depth below it.
    Root,
    /// An authority under another: the same, as deep as its path length allows.
    Intermediate,
    /// A TLS server (`serverAuth`), and nothing else.
    Server,
    /// A TLS client (`clientAuth`), and nothing else.
    Client,
}

impl Profile {
    /// Whether it is for an authority.
    #[must_use]
    pub fn is_authority(self) -> bool {
        matches!(self, Self::Root | Self::Intermediate)
    }
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

    /// The first octets of a serial number that was made of bytes which begin with these.
    #[must_use]
    pub(crate) fn tag([first, second, third, fourth]: [u8; 4]) -> [u8; 4] {
        [first & 0x3f | 0x40, second, third, fourth]
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
    /// Whom it is for; may be empty unless it is an authority.
    pub subject: &'a Name,
    /// Its names, in this order, each once; at least one, but none for an authority.
    pub sans: &'a [San],
    /// Of an authority, how many others may follow below it; `None` is any number.
    pub path_length: Option<u8>,
    /// Of an authority, the names that it may issue for; `None` is any.
    pub permitted: Option<&'a Permitted>,
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
        let authority = self.profile.is_authority();
        if authority && self.subject.is_empty() {
            return Err(self.refuse("an authority needs a subject"));
        }
        if !authority && (self.path_length.is_some() || self.permitted.is_some()) {
            return Err(self.refuse("only an authority has a path length or name constraints"));
        }
        if authority != self.sans.is_empty() {
            return Err(self.refuse(if authority {
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
    pub(crate) fn params(&self, key: &PublicKey) -> Result<CertificateParams, PkiError> {
        let mut params = CertificateParams::default();
        params.not_before = self.not_before.to_offset_date_time();
        params.not_after = self.not_after.to_offset_date_time();
        params.serial_number = Some(SerialNumber::from_slice(self.serial.as_bytes()));
        params.subject_alt_names = self.san_types()?;
        params.distinguished_name = distinguished_name(self.subject)?;
        params.is_ca = match self.path_length {
            _ if !self.profile.is_authority() => IsCa::ExplicitNoCa,
            Some(length) => IsCa::Ca(BasicConstraints::Constrained(length)),
            None => IsCa::Ca(BasicConstraints::Unconstrained),
        };
        params.key_usages = self.key_usages(key.kind());
        params.extended_key_usages = match self.profile {
            Profile::Root | Profile::Intermediate => Vec::new(),
            Profile::Server => vec![ExtendedKeyUsagePurpose::ServerAuth],
            Profile::Client => vec![ExtendedKeyUsagePurpose::ClientAuth],
        };
        params.name_constraints = self.permitted.map(constraints);
        params.crl_distribution_points = Vec::new();
        params.custom_extensions = Vec::new();
        params.use_authority_key_identifier_extension = true;
        params.key_identifier_method = KeyIdMethod::PreSpecified(key.identifier().to_vec());
        Ok(params)
    }

    fn key_usages(&self, kind: KeyKind) -> Vec<KeyUsagePurpose> {
        let rsa = matches!(kind, KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096);
        match self.profile {
            Profile::Root | Profile::Intermediate => {
                vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign]
            }
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

/// Where nothing of a form of name is permitted, all of it is excluded: a form that is not mentioned would be free.
fn constraints(permitted: &Permitted) -> NameConstraints {
    let domains = permitted.domains().map(|domain| GeneralSubtree::DnsName(domain.to_owned()));
    let ranges = permitted
        .ranges()
        .map(|range| GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(range.first(), range.prefix())));
    let mut found = NameConstraints {
        permitted_subtrees: domains.chain(ranges).collect(),
        excluded_subtrees: Vec::new(),
    };
    if permitted.domains().next().is_none() {
        found.excluded_subtrees.push(GeneralSubtree::DnsName(String::new()));
    }
    if permitted.ranges().next().is_none() {
        let all = [CidrSubnet::V4([0; 4], [0; 4]), CidrSubnet::V6([0; 16], [0; 16])];
        found.excluded_subtrees.extend(all.map(GeneralSubtree::IpAddress));
    }
    found
}

#[cfg(test)]
mod tests {
    use x509_parser::certificate::X509Certificate;
    use x509_parser::prelude::FromDer as _;

    use super::*;
    use crate::model::IpRange;
    use crate::pki::{Certificate, sign, workshop};

    /// Every extension: its name, whether it is critical, what it says.
    fn extensions(certificate: &Certificate) -> Vec<String> {
        let (_, x509) = X509Certificate::from_der(certificate.der()).unwrap();
        assert_eq!(x509.version().0, 2, "version 3 is written as 2");
        x509.extensions()
            .iter()
            .map(|extension| {
                let critical = if extension.critical { " critical" } else { "" };
                let value: String = extension.value.iter().map(|byte| format!("{byte:02x}")).collect();
                format!("{}{critical} {value}", extension.oid)
            })
            .filter(|line| !line.starts_with("2.5.29.14 ") && !line.starts_with("2.5.29.35 "))
            .collect()
    }

    fn leaf(profile: Profile, subject: &Name, sans: &[San], key: KeyKind) -> Certificate {
        let root = workshop::root(KeyKind::EcdsaP256, 1);
        let leaf = sign(&workshop::request(profile, subject, sans), &workshop::leaf_key(key), &root).unwrap();
        assert_eq!(leaf.aki(), root.certificate().ski());
        assert!(leaf.ski().is_some());
        leaf
    }

    #[test]
    fn a_root_says_what_a_root_says() {
        let root = workshop::root(KeyKind::Rsa2048, 1);
        let usage = "2.5.29.15 critical 03020106"; // keyCertSign, cRLSign
        let constraints = "2.5.29.19 critical 30030101ff"; // CA
        assert_eq!(extensions(root.certificate()), [usage, constraints]);
        assert!(root.certificate().ski().is_some());
        assert_eq!(root.certificate().ski(), root.certificate().aki());
    }

    #[test]
    fn an_authority_under_another_says_how_deep_and_for_which_names() {
        let root = workshop::root(KeyKind::Rsa2048, 1);
        let usage = "2.5.29.15 critical 03020106"; // keyCertSign, cRLSign
        let constraints = "2.5.29.19 critical 30060101ff020101"; // CA, one below
        let free = workshop::under(&root, "free", 1, None);
        assert_eq!(extensions(free.certificate()), [usage, constraints]);
        let mut permitted = Permitted::default();
        permitted.add_domain("a.example");
        let bound = workshop::under(&root, "bound", 1, Some(&permitted));
        // No address: all of both families is excluded, since a form that is not mentioned would be free.
        let names = format!(
            "2.5.29.30 critical 3041a00d300b8209612e6578616d706c65a130300a8708{}30228720{}",
            "0".repeat(16),
            "0".repeat(64)
        );
        assert_eq!(extensions(bound.certificate()), [usage.to_owned(), names, constraints.to_owned()]);
        assert_eq!(bound.certificate().permitted(), Some(&permitted));
        assert_eq!((bound.certificate().path_length(), free.certificate().permitted()), (Some(1), None));
        permitted = Permitted::default();
        permitted.add_range(IpRange::parse("10.0.0.0/8").unwrap());
        let addresses = workshop::under(&root, "addresses", 0, Some(&permitted));
        let names = "2.5.29.30 critical 3014a00c300a87080a000000ff000000a1043002 8200".replace(' ', "");
        let said = extensions(addresses.certificate()).remove(1).replace(' ', "");
        assert_eq!(said, names);
        assert_eq!(addresses.certificate().permitted(), Some(&permitted));
    }

    #[test]
    fn a_server_says_what_a_server_says() {
        let subject = workshop::name("bookinfo organization", "b.example");
        let sans = [San::Dns("b.example".into()), San::Dns("a.example".into()), San::Dns("b.example".into())];
        let names = "2.5.29.17 30168209622e6578616d706c658209612e6578616d706c65"; // as given, each once
        let purpose = "2.5.29.37 300a06082b06010505070301"; // serverAuth
        let constraints = "2.5.29.19 critical 3000";
        assert_eq!(
            extensions(&leaf(Profile::Server, &subject, &sans, KeyKind::EcdsaP256)),
            [names, "2.5.29.15 critical 03020780", purpose, constraints]
        );
        // digitalSignature and keyEncipherment
        assert_eq!(
            extensions(&leaf(Profile::Server, &subject, &sans, KeyKind::Rsa2048)),
            [names, "2.5.29.15 critical 030205a0", purpose, constraints]
        );
    }

    #[test]
    fn a_client_says_what_a_client_says_even_without_subject() {
        let sans = [
            San::Email("a@b.example".into()),
            San::Uri("urn:a".into()),
            San::Ip([127, 0, 0, 1].into()),
            San::Dns("a".into()),
        ];
        let client = leaf(Profile::Client, &Name::default(), &sans, KeyKind::Rsa2048);
        assert!(client.subject().is_empty());
        assert_eq!(client.sans(), sans);
        let names = "2.5.29.17 critical 301d810b6140622e6578616d706c65860575726e3a6187047f000001820161";
        let purpose = "2.5.29.37 300a06082b06010505070302"; // clientAuth
        let constraints = "2.5.29.19 critical 3000";
        assert_eq!(extensions(&client), [names, "2.5.29.15 critical 03020780", purpose, constraints]);
    }

    #[test]
    fn the_subject_has_its_string_types_and_order() {
        let subject = Name {
            common_name: Some("c".into()),
            organization: Some("o".into()),
            organizational_unit: Some("u".into()),
            country: Some("DE".into()),
            state: Some("s".into()),
            locality: Some("ü".into()),
        };
        let client = leaf(Profile::Client, &subject, &[San::Dns("a".into())], KeyKind::EcdsaP256);
        let (_, x509) = X509Certificate::from_der(client.der()).unwrap();
        let shown: Vec<String> = x509
            .subject()
            .iter_attributes()
            .map(|attribute| format!("{} {}", attribute.attr_type(), attribute.attr_value().tag()))
            .collect();
        assert_eq!(
            shown,
            [
                "2.5.4.6 PrintableString",
                "2.5.4.8 Utf8String",
                "2.5.4.7 Utf8String",
                "2.5.4.10 Utf8String",
                "2.5.4.11 Utf8String",
                "2.5.4.3 Utf8String"
            ]
        );
        assert_eq!(client.subject(), &subject.distinguished());
    }

    #[test]
    fn serials_are_positive_of_one_length_and_keep_their_bits() {
        for byte in 0..=255 {
            let serial = Serial::from_random([byte; 20]);
            assert_eq!(serial.as_bytes()[0] & 0xc0, 0x40);
            assert_eq!(serial.as_bytes()[1..], [byte; 19]);
        }
        let (one, two) = (workshop::serial(1), workshop::serial(2));
        assert_ne!(one, two);
        // The number alone decides: same key, same subject, other serial.
        let subject = workshop::name("x", "y");
        let root = workshop::root(KeyKind::Rsa2048, 1);
        let issue = |serial| {
            let sans = [San::Dns("a".into())];
            let request = Request { serial, ..workshop::request(Profile::Server, &subject, &sans) };
            sign(&request, &workshop::leaf_key(KeyKind::EcdsaP256), &root).unwrap()
        };
        assert_ne!(issue(one).serial(), issue(two).serial());
    }
}
