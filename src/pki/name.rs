//! Names of people, machines and authorities: what can be asked for, and what a certificate says.

use std::fmt;

use x509_parser::asn1_rs::{Any, Tag};
use x509_parser::x509::X509Name;

use crate::pki::armor::hex;

/// Upper bounds in characters, RFC 5280 appendix A.1 (`ub-…`).
pub mod limits {
    /// `ub-common-name`
    pub const COMMON_NAME: usize = 64;
    /// `ub-organization-name`
    pub const ORGANIZATION: usize = 64;
    /// `ub-organizational-unit-name`
    pub const ORGANIZATIONAL_UNIT: usize = 64;
    /// Exactly this many letters, ISO 3166.
    pub const COUNTRY: usize = 2;
    /// `ub-state-name`
    pub const STATE: usize = 128;
    /// `ub-locality-name`
    pub const LOCALITY: usize = 128;
}

/// A subject as it can be asked for. It is written in the order C, ST, L, O, OU, CN.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// CN, at most [`limits::COMMON_NAME`] characters.
    pub common_name: Option<String>,
    /// O, at most [`limits::ORGANIZATION`] characters.
    pub organization: Option<String>,
    /// OU, at most [`limits::ORGANIZATIONAL_UNIT`] characters.
    pub organizational_unit: Option<String>,
    /// C, two letters.
    pub country: Option<String>,
    /// ST, at most [`limits::STATE`] characters.
    pub state: Option<String>,
    /// L, at most [`limits::LOCALITY`] characters.
    pub locality: Option<String>,
}

impl Name {
    /// The attributes that are there, in the order in which they are written.
    pub fn attributes(&self) -> impl Iterator<Item = (Attribute, &str)> {
        [
            (Attribute::Country, &self.country),
            (Attribute::State, &self.state),
            (Attribute::Locality, &self.locality),
            (Attribute::Organization, &self.organization),
            (Attribute::OrganizationalUnit, &self.organizational_unit),
            (Attribute::CommonName, &self.common_name),
        ]
        .into_iter()
        .filter_map(|(attribute, value)| value.as_deref().map(|value| (attribute, value)))
    }

    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attributes().next().is_none()
    }

    /// The name as a certificate that was asked for it will show it; compare a subject with this.
    #[must_use]
    pub fn distinguished(&self) -> DistinguishedName {
        let known =
            |(attribute, value): (Attribute, &str)| (AttributeKind::Known(attribute), value.to_owned());
        DistinguishedName { attributes: self.attributes().map(known).collect() }
    }

    /// Everything that keeps this name out of a certificate; empty for a good one.
    #[must_use]
    pub fn complaints(&self) -> Vec<NameError> {
        self.attributes()
            .filter_map(|(attribute, value)| {
                attribute.complaint(value).map(|problem| NameError { attribute, problem })
            })
            .collect()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.distinguished().fmt(f)
    }
}

/// An attribute that a name may be asked for with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Attribute {
    /// `countryName`
    Country,
    /// `stateOrProvinceName`
    State,
    /// `localityName`
    Locality,
    /// `organizationName`
    Organization,
    /// `organizationalUnitName`
    OrganizationalUnit,
    /// `commonName`
    CommonName,
}

impl Attribute {
    /// The short name of RFC 4514 §3.
    #[must_use]
    pub fn short(self) -> &'static str {
        match self {
            Self::Country => "C",
            Self::State => "ST",
            Self::Locality => "L",
            Self::Organization => "O",
            Self::OrganizationalUnit => "OU",
            Self::CommonName => "CN",
        }
    }

    /// The most characters it may have.
    #[must_use]
    pub fn limit(self) -> usize {
        match self {
            Self::Country => limits::COUNTRY,
            Self::State => limits::STATE,
            Self::Locality => limits::LOCALITY,
            Self::Organization => limits::ORGANIZATION,
            Self::OrganizationalUnit => limits::ORGANIZATIONAL_UNIT,
            Self::CommonName => limits::COMMON_NAME,
        }
    }

    /// What keeps this value out of a certificate.
    #[must_use]
    pub fn complaint(self, value: &str) -> Option<NameProblem> {
        if value.is_empty() {
            return Some(NameProblem::Empty);
        }
        if let Some(found) = value.chars().find(|c| c.is_control()) {
            return Some(NameProblem::Control { found });
        }
        let two_letters = value.len() == limits::COUNTRY && value.bytes().all(|b| b.is_ascii_alphabetic());
        if self == Self::Country && !two_letters {
            return Some(NameProblem::NotACountry);
        }
        let length = value.chars().count();
        (length > self.limit()).then(|| NameProblem::TooLong { length, limit: self.limit() })
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short())
    }
}

/// The kind of an attribute in a certificate, which may be any.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AttributeKind {
    /// One that can be asked for.
    Known(Attribute),
    /// Any other, by its dotted object identifier.
    Other(String),
}

impl AttributeKind {
    fn from_oid(oid: &str) -> Self {
        Self::Known(match oid {
            "2.5.4.3" => Attribute::CommonName,
            "2.5.4.6" => Attribute::Country,
            "2.5.4.7" => Attribute::Locality,
            "2.5.4.8" => Attribute::State,
            "2.5.4.10" => Attribute::Organization,
            "2.5.4.11" => Attribute::OrganizationalUnit,
            other => return Self::Other(other.to_owned()),
        })
    }
}

impl fmt::Display for AttributeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(attribute) => attribute.fmt(f),
            Self::Other(oid) => f.write_str(oid),
        }
    }
}

/// Why an attribute can't be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{attribute}: {problem}")]
pub struct NameError {
    /// Which attribute.
    pub attribute: Attribute,
    /// What is wrong with it.
    pub problem: NameProblem,
}

/// What is wrong with an attribute's value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// RFC 5280 asks for one character at least.
    #[error("it is empty")]
    Empty,
    /// More characters than RFC 5280 allows.
    #[error("{length} characters, at most {limit} are allowed")]
    TooLong {
        /// How many there are.
        length: usize,
        /// How many may be.
        limit: usize,
    },
    /// A control character, such as a line feed or NUL.
    #[error("it holds the control character U+{:04X}", u32::from(*found))]
    Control {
        /// The first such character.
        found: char,
    },
    /// Not two letters.
    #[error("a country is two letters of ISO 3166, such as DE")]
    NotACountry,
}

/// The name in a certificate: its attributes in the order of the certificate.
///
/// Printed as RFC 4514 writes attributes and escapes them, but in the certificate's own order instead of
/// the reverse: `O=example Inc.,CN=example.com`. That is the order in which people and openssl's default
/// output say it. Two names are equal if kinds and values are, whatever ASN.1 string types hold them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DistinguishedName {
    attributes: Vec<(AttributeKind, String)>,
}

impl DistinguishedName {
    pub(crate) fn from_x509(name: &X509Name<'_>) -> Self {
        let attributes = name
            .iter_attributes()
            .map(|attribute| {
                let kind = AttributeKind::from_oid(&attribute.attr_type().to_id_string());
                (kind, text_of(attribute.attr_value()))
            })
            .collect();
        Self { attributes }
    }

    /// Kinds and values, in order. A value that is no string is `#` and its DER in hex.
    pub fn attributes(&self) -> impl Iterator<Item = (&AttributeKind, &str)> {
        self.attributes.iter().map(|(kind, value)| (kind, value.as_str()))
    }

    /// The first value of that attribute.
    #[must_use]
    pub fn get(&self, attribute: Attribute) -> Option<&str> {
        let wanted = AttributeKind::Known(attribute);
        self.attributes().find(|(kind, _)| **kind == wanted).map(|(_, value)| value)
    }

    /// The common name, if there is one.
    #[must_use]
    pub fn common_name(&self) -> Option<&str> {
        self.get(Attribute::CommonName)
    }

    /// Whether it has no attribute.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty()
    }
}

impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (kind, value)) in self.attributes().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            write!(f, "{kind}={}", Escaped(value))?;
        }
        Ok(())
    }
}

/// A value as RFC 4514 §2.4 escapes it; control characters are escaped too, so that a name stays one line.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.0.chars().count().saturating_sub(1);
        for (index, c) in self.0.chars().enumerate() {
            match c {
                '"' | '+' | ',' | ';' | '<' | '>' | '\\' => write!(f, "\\{c}")?,
                '#' if index == 0 => f.write_str("\\#")?,
                ' ' if index == 0 || index == last => f.write_str("\\ ")?,
                c if c.is_control() => {
                    let mut bytes = [0; 4];
                    for byte in c.encode_utf8(&mut bytes).bytes() {
                        write!(f, "\\{byte:02X}")?;
                    }
                }
                c => write!(f, "{c}")?,
            }
        }
        Ok(())
    }
}

/// The text of a `DirectoryString`, whichever of its forms holds it.
fn text_of(value: &Any<'_>) -> String {
    let data = value.data;
    let text = match value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::NumericString => {
            std::str::from_utf8(data).ok().map(ToOwned::to_owned)
        }
        Tag::T61String => Some(data.iter().map(|byte| char::from(*byte)).collect()),
        Tag::BmpString => {
            let (pairs, rest) = data.as_chunks::<2>();
            let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
            if rest.is_empty() { String::from_utf16(&units).ok() } else { None }
        }
        Tag::UniversalString => {
            let (quads, rest) = data.as_chunks::<4>();
            let text = quads.iter().map(|quad| char::from_u32(u32::from_be_bytes(*quad))).collect();
            if rest.is_empty() { text } else { None }
        }
        _ => None,
    };
    text.unwrap_or_else(|| format!("#{}", hex(data)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(attribute: Attribute, value: &str) -> Name {
        let mut name = Name::default();
        let place = match attribute {
            Attribute::Country => &mut name.country,
            Attribute::State => &mut name.state,
            Attribute::Locality => &mut name.locality,
            Attribute::Organization => &mut name.organization,
            Attribute::OrganizationalUnit => &mut name.organizational_unit,
            Attribute::CommonName => &mut name.common_name,
        };
        *place = Some(value.to_owned());
        name
    }

    #[test]
    fn limits_count_characters_and_hold_at_their_edge() {
        for (attribute, limit) in [
            (Attribute::CommonName, 64),
            (Attribute::Organization, 64),
            (Attribute::OrganizationalUnit, 64),
            (Attribute::State, 128),
            (Attribute::Locality, 128),
        ] {
            assert!(one(attribute, &"ü".repeat(limit)).complaints().is_empty());
            let problem = NameProblem::TooLong { length: limit + 1, limit };
            assert_eq!(
                one(attribute, &"a".repeat(limit + 1)).complaints(),
                [NameError { attribute, problem }]
            );
        }
    }

    #[test]
    fn all_complaints_come_at_once_in_written_order() {
        let name = Name {
            common_name: Some(String::new()),
            country: Some("Germany".into()),
            state: Some("a\nb".into()),
            ..Name::default()
        };
        let complaints: Vec<String> = name.complaints().iter().map(ToString::to_string).collect();
        assert_eq!(
            complaints,
            [
                "C: a country is two letters of ISO 3166, such as DE",
                "ST: it holds the control character U+000A",
                "CN: it is empty"
            ]
        );
        for bad in ["D", "DEU", "D1", "ß"] {
            assert_eq!(one(Attribute::Country, bad).complaints().len(), 1, "{bad}");
        }
        assert!(one(Attribute::Country, "DE").complaints().is_empty());
    }

    #[test]
    fn printed_in_the_order_of_the_certificate() {
        let name = Name {
            common_name: Some("example.com".into()),
            organization: Some("example Inc.".into()),
            organizational_unit: Some("Web".into()),
            country: Some("DE".into()),
            state: Some("Bayern".into()),
            locality: Some("München".into()),
        };
        assert_eq!(name.to_string(), "C=DE,ST=Bayern,L=München,O=example Inc.,OU=Web,CN=example.com");
        assert!(Name::default().is_empty());
        assert_eq!(Name::default().to_string(), "");
    }

    #[test]
    fn special_characters_are_escaped() {
        for (value, shown) in [
            ("a,b+c", "CN=a\\,b\\+c"),
            ("#1", "CN=\\#1"),
            ("a#", "CN=a#"),
            (" a b ", "CN=\\ a b\\ "),
            ("a=\"<b>;\\", "CN=a=\\\"\\<b\\>\\;\\\\"),
            ("a\nb\u{85}", "CN=a\\0Ab\\C2\\85"),
        ] {
            assert_eq!(one(Attribute::CommonName, value).to_string(), shown);
        }
    }

    #[test]
    fn every_string_type_is_read() {
        let text = |tag: Tag, data: &[u8]| text_of(&Any::from_tag_and_data(tag, data));
        assert_eq!(text(Tag::Utf8String, "ü".as_bytes()), "ü");
        assert_eq!(text(Tag::PrintableString, b"abc"), "abc");
        assert_eq!(text(Tag::T61String, &[0xfc]), "ü");
        assert_eq!(text(Tag::BmpString, &[0, 0xfc]), "ü");
        assert_eq!(text(Tag::UniversalString, &[0, 0, 0, 0xfc]), "ü");
        for (tag, data) in [
            (Tag::Utf8String, &[0xff_u8][..]),
            (Tag::BmpString, &[0xd8, 0x00]),
            (Tag::BmpString, &[0]),
            (Tag::UniversalString, &[0, 0x11, 0, 0]),
            (Tag::OctetString, &[1, 2]),
        ] {
            assert!(text(tag, data).starts_with('#'), "{data:?}");
        }
    }
}
