//! Host names: what a DNS server would answer, in the form in which they are compared.

use std::net::{IpAddr, SocketAddr};

use super::NameError;
use super::label::{check_label, mended, one_dot};

name! {
    /// A host name as it is compared: lower case, punycode, no trailing dot, two labels at least; the first may be `*`.
    HostName
}

/// What a written host name turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WrittenHost {
    /// `@`: the domain itself.
    Apex,
    /// A name, normalised; may be one label, may start with `*`.
    Name {
        /// Lower case, punycode, without the trailing dot.
        name: String,
        /// It was written with a trailing dot: complete as it is.
        rooted: bool,
    },
}

impl WrittenHost {
    /// Reads the name of a `host` node.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text == "@" {
            return Ok(Self::Apex);
        }
        let (name, rooted) = normalise(text)?;
        Ok(Self::Name { name, rooted })
    }
}

impl HostName {
    /// Reads a complete host name.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let (name, _) = normalise(text)?;
        Self::complete(name, text.len())
    }

    /// What stands for a name that was refused, so that the rest of its node can be checked in the same run. No project
    /// ever holds it.
    pub(in crate::model) fn refused(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Makes a complete name of one that is normalised; `written` is the length of what was written.
    pub fn complete(name: String, written: usize) -> Result<Self, NameError> {
        if name.len() > 253 {
            return Err(NameError::new(
                0..written,
                format!("`{name}` has {} characters; DNS allows 253", name.len()),
                "write a shorter name",
            ));
        }
        let plain = name.strip_prefix("*.").unwrap_or(&name);
        if !plain.contains('.') && (plain.len() == name.len() || plain == "*") {
            return Err(NameError::new(
                0..written,
                "a host name needs at least two labels, such as `shop.example.com`",
                "write the full name",
            ));
        }
        Ok(Self(name))
    }

    /// Whether the first label is `*`.
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        self.0.starts_with("*.")
    }

    /// Whether a TLS or virtual host of this name takes requests for `other`: equal, or a wildcard above it at any
    /// depth, which is how Istio and Envoy match.
    #[must_use]
    pub fn serves(&self, other: &Self) -> bool {
        self == other
            || self
                .0
                .strip_prefix('*')
                .is_some_and(|suffix| other.0.len() > suffix.len() && other.0.ends_with(suffix))
    }

    /// Whether a certificate for this name is valid for `other`: a wildcard stands for one label (RFC 6125).
    #[must_use]
    pub fn certifies(&self, other: &Self) -> bool {
        self == other
            || self.0.strip_prefix("*.").is_some_and(|parent| {
                other.0.split_once('.').is_some_and(|(first, rest)| rest == parent && first != "*")
            })
    }

    /// The name as part of an object's or a file's name: `*` becomes `wildcard`.
    #[must_use]
    pub fn object_name(&self) -> String {
        self.0.replacen('*', "wildcard", 1)
    }
}

/// Lower case, punycode and no trailing dot; every label checked at its own column.
fn normalise(text: &str) -> Result<(String, bool), NameError> {
    reject_foreign(text)?;
    let rooted = text.ends_with('.');
    let bare = text.strip_suffix('.').unwrap_or(text);
    if bare.is_empty() {
        return Err(NameError::new(0..text.len(), "an empty host name", FULL));
    }
    let mut labels = Vec::new();
    let mut start = 0;
    for (i, label) in bare.split('.').enumerate() {
        labels.push(normalise_label(label, i, start, text)?);
        start += label.len() + 1;
    }
    let name = labels.join(".");
    if labels.last().is_some_and(|last| labels.len() > 1 && last.bytes().all(|b| b.is_ascii_digit())) {
        let reason = "a name whose last label is a number, which browsers take for an IP address";
        return Err(NameError::new(0..text.len(), reason, FULL));
    }
    Ok((name, rooted))
}

/// The mend for what is no name at all.
const FULL: &str = "write the name that people type, such as `shop.example.com`";

/// What people paste instead of a name: a URL, an address, a path, a port.
fn reject_foreign(text: &str) -> Result<(), NameError> {
    if let Some(i) = text.find("://") {
        let reason = "a URL; only the host name belongs here";
        return Err(NameError::new(0..i + 3, reason, "leave the scheme out"));
    }
    if is_address(text) {
        let reason = "an IP address; certificates and routes go by names";
        return Err(NameError::new(0..text.len(), reason, FULL));
    }
    if let Some(i) = text.find(':') {
        return Err(NameError::new(
            i..text.len(),
            "a port does not belong to a host name",
            "leave it out; the port a gateway listens on is `port` at the `gateway`",
        ));
    }
    if let Some(i) = text.find('/') {
        return Err(NameError::new(
            i..text.len(),
            "a path does not belong to a host name",
            "leave it out; paths are what `route` takes",
        ));
    }
    Ok(())
}

/// Whether this is an address, in brackets, with a port or a prefix's length or without.
fn is_address(text: &str) -> bool {
    let (text, _) = text.rsplit_once('/').unwrap_or((text, ""));
    let bare = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(text, |(bare, _)| bare);
    let (zoneless, _) = bare.split_once('%').unwrap_or((bare, ""));
    zoneless.trim_end_matches('.').parse::<IpAddr>().is_ok() || bare.parse::<SocketAddr>().is_ok()
}

fn normalise_label(label: &str, index: usize, start: usize, text: &str) -> Result<String, NameError> {
    let end = start + label.len();
    if label == "*" {
        return if index == 0 {
            Ok("*".to_owned())
        } else {
            let help = "put `*.` in front, or name each host";
            Err(NameError::new(start..end, "a wildcard can only be the first label", help))
        };
    }
    if let Some(i) = label.find('*') {
        return Err(NameError::new(
            start + i..start + i + 1,
            "a wildcard stands for a whole label, never for a part of one",
            "write `*` alone as the first label, or name each host",
        ));
    }
    if label.is_empty() {
        let at = start.saturating_sub(1)..(start + 1).min(text.len());
        return Err(NameError::new(at, "an empty label between two dots", one_dot(text, FULL)));
    }
    if let Some(i) = label.find('_') {
        let at = start + i..start + i + 1;
        let help = mended(label)
            .map_or_else(|| "write letters, digits and `-`".to_owned(), |mended| format!("write `{mended}`"));
        return Err(NameError::new(at, "no host name holds an underscore (RFC 1123)", help));
    }
    if !label.is_ascii() {
        let ascii = idna::domain_to_ascii_strict(label).map_err(|_| {
            let reason = "not a label that IDNA can turn into punycode";
            NameError::new(start..end, reason, "write letters and digits, with `-` between them")
        })?;
        check_label(&ascii, start).map_err(|error| NameError { at: start..end, ..error })?;
        return Ok(ascii);
    }
    let ascii = label.to_ascii_lowercase();
    let unicode = "write the name in Unicode, such as `bücher` for `xn--bcher-kva`";
    let starts = ascii.starts_with("xn--");
    check_label(&ascii, start).map_err(|error| match starts {
        true => NameError { help: unicode.to_owned(), ..error },
        false => error,
    })?;
    if starts && !is_punycode(&ascii) {
        let reason = "starts as punycode does, and is none that IDNA writes";
        return Err(NameError::new(start..end, reason, unicode));
    }
    Ok(ascii)
}

/// Whether a label in punycode stands for one in Unicode that would be written so.
fn is_punycode(label: &str) -> bool {
    let (unicode, known) = idna::domain_to_unicode(label);
    known.is_ok() && idna::domain_to_ascii_strict(&unicode).is_ok_and(|ascii| ascii == label)
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::*;

    fn host(text: &str) -> Result<String, Range<usize>> {
        HostName::parse(text).map(|name| name.0).map_err(|error| error.at)
    }

    #[test]
    fn equal_names_become_equal() {
        for text in ["Shop.Example.COM", "shop.example.com.", "shop.example.com"] {
            assert_eq!(host(text), Ok("shop.example.com".to_owned()));
        }
        assert_eq!(host("bücher.example"), Ok("xn--bcher-kva.example".to_owned()));
        assert_eq!(host("BÜCHER.example"), Ok("xn--bcher-kva.example".to_owned()));
    }

    #[test]
    fn what_no_dns_server_answers_is_refused_at_its_column() {
        for (text, at) in [
            ("my_shop.example.com", 2..3),
            ("shop.*.example.com", 5..6),
            ("sh*p.example.com", 2..3),
            ("shop.example.com:8443", 16..21),
            ("https://shop.example.com", 0..8),
            ("shop.example.com/x", 16..18),
            ("shop..example.com", 4..6),
            ("-shop.example.com", 0..1),
            ("shop-.example.com", 4..5),
            ("10.0.0.1", 0..8),
            ("10.0.0.1:443", 0..12),
            ("10.0.0.0/8", 0..10),
            ("::1", 0..3),
            ("[::1]", 0..5),
            ("[::1]:443", 0..9),
            ("[fe80::1%eth0]", 0..14),
            ("shop.10", 0..7),
            ("shop example.com", 4..5),
            ("", 0..0),
            (".", 0..1),
            ("xn--zzzzzzzzzzz.example.com", 0..15),
            ("www.xn--bcher-kvb9.example", 4..18),
            ("xn--a.example.com", 0..5),
            ("xn--shop-.example.com", 8..9),
            ("xn--.example.com", 3..4),
        ] {
            assert_eq!(host(text), Err(at), "{text}");
        }
        let long = "a".repeat(64);
        assert_eq!(host(&format!("x.{long}.com")), Err(2..66));
        let many = format!("{}example.com", "a.".repeat(125));
        assert!(host(&many).is_err());
        assert!(host("localhost").is_err());
        assert!(host("*").is_err());
    }

    #[test]
    fn wildcards_serve_every_depth_and_certify_one() {
        let wildcard = HostName::parse("*.apps.example.com").unwrap();
        let one = HostName::parse("a.apps.example.com").unwrap();
        let two = HostName::parse("b.a.apps.example.com").unwrap();
        let apex = HostName::parse("apps.example.com").unwrap();
        assert!(wildcard.serves(&one) && wildcard.serves(&two) && !wildcard.serves(&apex));
        assert!(wildcard.certifies(&one) && !wildcard.certifies(&two) && !wildcard.certifies(&apex));
        assert!(!one.serves(&wildcard) && wildcard.serves(&wildcard));
        assert_eq!(wildcard.object_name(), "wildcard.apps.example.com");
    }
}
