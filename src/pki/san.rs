//! Subject alternative names: what a certificate is for.

use std::fmt;
use std::net::IpAddr;

use x509_parser::extensions::GeneralName;

use crate::model::AltName;
use crate::pki::PkiError;

/// A subject alternative name, RFC 5280 §4.2.1.6.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum San {
    /// A DNS name in ASCII, perhaps with `*` as its whole first label.
    Dns(String),
    /// An e-mail address in ASCII.
    Email(String),
    /// A URI in ASCII with its scheme.
    Uri(String),
    /// An IP address.
    Ip(IpAddr),
}

impl San {
    /// Refuses what no certificate may hold. This is the last fence, not the friendly one.
    ///
    /// # Errors
    /// [`PkiError::San`] with the name and the reason.
    pub fn check(&self) -> Result<(), PkiError> {
        let reason = match self {
            Self::Dns(name) => dns_complaint(name),
            Self::Email(address) => email_complaint(address),
            Self::Uri(uri) => uri_complaint(uri),
            Self::Ip(_) => None,
        };
        reason.map_or(Ok(()), |reason| Err(PkiError::San { san: self.to_string(), reason }))
    }

    /// The four forms that we know; `None` for any other.
    pub(crate) fn from_x509(name: &GeneralName<'_>) -> Option<Self> {
        match name {
            GeneralName::DNSName(name) => Some(Self::Dns((*name).to_owned())),
            GeneralName::RFC822Name(address) => Some(Self::Email((*address).to_owned())),
            GeneralName::URI(uri) => Some(Self::Uri((*uri).to_owned())),
            GeneralName::IPAddress(bytes) => match bytes.len() {
                4 => <[u8; 4]>::try_from(*bytes).ok().map(|bytes| Self::Ip(bytes.into())),
                16 => <[u8; 16]>::try_from(*bytes).ok().map(|bytes| Self::Ip(bytes.into())),
                _ => None,
            },
            _ => None,
        }
    }
}

impl From<&AltName> for San {
    fn from(name: &AltName) -> Self {
        match name {
            AltName::Dns(name) => Self::Dns(name.clone()),
            AltName::Email(address) => Self::Email(address.clone()),
            AltName::Uri(uri) => Self::Uri(uri.clone()),
            AltName::Ip(address) => Self::Ip(*address),
        }
    }
}

impl fmt::Display for San {
    /// The name alone, without its form.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(text) | Self::Email(text) | Self::Uri(text) => f.write_str(text),
            Self::Ip(address) => address.fmt(f),
        }
    }
}

fn dns_complaint(name: &str) -> Option<&'static str> {
    let plain = name.strip_prefix("*.").unwrap_or(name);
    if plain.is_empty() || name.len() > 253 {
        return Some("a DNS name has 1 to 253 characters");
    }
    for label in plain.split('.') {
        if label.is_empty() || label.len() > 63 {
            return Some("each label of a DNS name has 1 to 63 characters");
        }
        // The underscore is no host name but stands in DNS names that real clients use.
        if !label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
            return Some("a label of a DNS name holds ASCII letters, digits and hyphens only");
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Some("a label of a DNS name neither starts nor ends with a hyphen");
        }
    }
    None
}

fn email_complaint(address: &str) -> Option<&'static str> {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return Some("an e-mail address has an @ in it");
    };
    let plain = |b: u8| b.is_ascii_graphic() && !b"()<>[],;:\\\"@".contains(&b);
    if local.is_empty() || !local.bytes().all(plain) {
        return Some("the part before the @ is not one word of ASCII characters");
    }
    if domain.starts_with('*') {
        return Some("the part after the @ is not one DNS name");
    }
    dns_complaint(domain)
}

fn uri_complaint(uri: &str) -> Option<&'static str> {
    let Some((scheme, rest)) = uri.split_once(':') else {
        return Some("a URI starts with its scheme and a colon");
    };
    let word = |b: u8| b.is_ascii_alphanumeric() || b"+-.".contains(&b);
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.bytes().all(word) {
        return Some("the scheme of a URI is letters, digits, +, - and .");
    }
    if rest.is_empty() || !rest.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b)) {
        return Some("a URI is written in the ASCII characters of RFC 3986, others by %XX");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_names_pass() {
        for san in [
            San::Dns("example.com".into()),
            San::Dns("*.apps.example.com".into()),
            San::Dns("xn--mnchen-3ya.example".into()),
            San::Dns("localhost".into()),
            San::Email("alice+web@example.com".into()),
            San::Uri("spiffe://cluster.local/ns/shop/sa/api".into()),
            San::Uri("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6".into()),
            San::Ip("::1".parse().unwrap()),
        ] {
            san.check().unwrap();
        }
    }

    #[test]
    fn bad_names_are_refused() {
        let long = "a".repeat(64);
        for san in [
            San::Dns(String::new()),
            San::Dns("*.".into()),
            San::Dns("a..b".into()),
            San::Dns("a.b.".into()),
            San::Dns("a.*.b".into()),
            San::Dns("w*.example.com".into()),
            San::Dns("münchen.example".into()),
            San::Dns("a b".into()),
            San::Dns("a\0b".into()),
            San::Dns("example.com:443".into()),
            San::Dns(long.clone()),
            San::Dns([&long[..63]; 4].join(".")),
            San::Dns("-a.example".into()),
            San::Email("alice".into()),
            San::Email("@example.com".into()),
            San::Email("a b@example.com".into()),
            San::Email("alice@".into()),
            San::Email("alice@*.example.com".into()),
            San::Email("jörg@example.com".into()),
            San::Uri("spiffe".into()),
            San::Uri("://x".into()),
            San::Uri("http:".into()),
            San::Uri("http://ä".into()),
            San::Uri("http://a b".into()),
        ] {
            assert!(san.check().is_err(), "{san}");
        }
    }

    #[test]
    fn forms_sort_by_kind_then_text() {
        let mut names = [San::Ip([127, 0, 0, 1].into()), San::Dns("b".into()), San::Dns("a".into())];
        names.sort();
        let shown: Vec<String> = names.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["a", "b", "127.0.0.1"]);
    }
}
