//! The name in a certificate, whoever wrote it.

use std::fmt;

use x509_parser::asn1_rs::{Any, Tag};
use x509_parser::x509::X509Name;

use crate::pki::armor::hex;
use crate::pki::name::{Attribute, Name};

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

/// By the short name of RFC 4514 §3, if it has one.
impl fmt::Display for AttributeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(attribute) => attribute.fmt(f),
            Self::Other(oid) => f.write_str(match oid.as_str() {
                "2.5.4.9" => "STREET",
                "0.9.2342.19200300.100.1.25" => "DC",
                "0.9.2342.19200300.100.1.1" => "UID",
                oid => oid,
            }),
        }
    }
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

impl From<&Name> for DistinguishedName {
    fn from(name: &Name) -> Self {
        let known =
            |(attribute, value): (Attribute, &str)| (AttributeKind::Known(attribute), value.to_owned());
        Self { attributes: name.attributes().map(known).collect() }
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
            let name = Name { common_name: Some(value.to_owned()), ..Name::default() };
            assert_eq!(name.to_string(), shown);
        }
    }

    #[test]
    fn attributes_have_their_short_names() {
        let shown = |oid: &str| AttributeKind::from_oid(oid).to_string();
        let all =
            ["2.5.4.3", "2.5.4.9", "0.9.2342.19200300.100.1.25", "0.9.2342.19200300.100.1.1", "2.5.4.5"];
        assert_eq!(all.map(shown), ["CN", "STREET", "DC", "UID", "2.5.4.5"]);
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
