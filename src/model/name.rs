//! Names that are valid because they exist: each has one door, which says what is wrong and where.

use std::fmt;
use std::ops::Range;

use sha2::{Digest, Sha256};

/// Why a text is no name of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameError {
    /// The bytes of the text that are wrong.
    pub at: Range<usize>,
    /// What is wrong, to stand at that place.
    pub reason: String,
    /// What to write instead, where that is known.
    pub help: Option<String>,
}

impl NameError {
    fn new(at: Range<usize>, reason: impl Into<String>) -> Self {
        Self { at, reason: reason.into(), help: None }
    }

    fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// A DNS label (RFC 1123): 1 to 63 of `a-z`, `0-9`, `-`, with a letter or digit at both ends. Names of namespaces,
    /// Gateways and subsets.
    Label
}

name! {
    /// A DNS subdomain (RFC 1123) of at most 253 characters: names of Secrets and most other objects.
    ObjectName
}

name! {
    /// A host name as it is compared: lower case, punycode, no trailing dot, two labels at least; the first may be `*`.
    HostName
}

impl Label {
    /// Reads a label.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        check_label(text, 0)?;
        Ok(Self(text.to_owned()))
    }

    /// A label known to be one.
    pub(crate) fn known(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// `PREFIX-NAME` with dots as `-` and `*` as `wildcard`; eight hex digits of SHA-256 over the name are added where
    /// the result could meet that of another name or would pass 63 characters.
    #[must_use]
    pub fn derived(prefix: &Self, host: &HostName) -> Self {
        let name = host.as_str();
        let flat = name.replace('*', "wildcard").replace('.', "-");
        let plain = format!("{prefix}-{flat}");
        if !name.contains('-') && !name.contains('*') && plain.len() <= 63 {
            return Self(plain);
        }
        let digest = Sha256::digest(name.as_bytes());
        let hash: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let mut head: String = plain.chars().take(63 - 9).collect();
        while head.ends_with('-') {
            head.pop();
        }
        Self(format!("{head}-{hash}"))
    }
}

impl ObjectName {
    /// Reads a name that the API server takes.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.len() > 253 {
            return Err(NameError::new(
                0..text.len(),
                format!("{} characters; at most 253 are allowed", text.len()),
            ));
        }
        let mut start = 0;
        for label in text.split('.') {
            check_object_part(label, start, text)?;
            start += label.len() + 1;
        }
        Ok(Self(text.to_owned()))
    }

    /// The name of an authority, which is its folder below `pki/`: not `leaves`, where other files lie.
    pub fn parse_authority(text: &str) -> Result<Self, NameError> {
        if text == "leaves" {
            let reason = "`pki/leaves/` holds the certificates of Secrets that hide them";
            return Err(NameError::new(0..text.len(), reason).help("choose another name"));
        }
        Self::parse(text)
    }

    /// The name of a Secret of a server's key pair: not ending in `-cacert`, which istiod takes for trust anchors.
    pub fn parse_credential(text: &str) -> Result<Self, NameError> {
        let name = Self::parse(text)?;
        if text.ends_with("-cacert") {
            let at = text.len() - "-cacert".len()..text.len();
            return Err(NameError::new(
                at,
                "Istio reads a Secret of this ending as trust anchors only, never as a key pair",
            )
            .help("choose a name without `-cacert` at its end"));
        }
        if text.len() > 253 - "-cacert".len() {
            return Err(NameError::new(0..text.len(), "leaves no room for `-cacert`, which mutual TLS adds"));
        }
        Ok(name)
    }

    /// The default name of a host's Secret.
    #[must_use]
    pub fn default_credential(host: &HostName) -> Self {
        Self(format!("{}-tls", host.object_name()))
    }
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
    pub(super) fn refused(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Makes a complete name of one that is normalised; `written` is the length of what was written.
    pub fn complete(name: String, written: usize) -> Result<Self, NameError> {
        if name.len() > 253 {
            return Err(NameError::new(
                0..written,
                format!("`{name}` has {} characters; DNS allows 253", name.len()),
            ));
        }
        let plain = name.strip_prefix("*.").unwrap_or(&name);
        if !plain.contains('.') && (plain.len() == name.len() || plain == "*") {
            return Err(NameError::new(
                0..written,
                "a host name needs at least two labels, such as `shop.example.com`",
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

fn check_label(text: &str, start: usize) -> Result<(), NameError> {
    check_characters(text, start, "a DNS label holds only `a-z`, `0-9` and `-`")?;
    check_ends_and_length(text, start)
}

fn check_object_part(label: &str, start: usize, whole: &str) -> Result<(), NameError> {
    if label.is_empty() {
        let at = if whole.is_empty() { 0..0 } else { start.saturating_sub(1)..(start + 1).min(whole.len()) };
        return Err(NameError::new(at, "an empty part"));
    }
    check_characters(label, start, "the API server takes only `a-z`, `0-9`, `-` and `.` in a name")?;
    let wrong = |at| NameError::new(at, "each part must start and end with a letter or digit");
    if label.starts_with('-') {
        return Err(wrong(start..start + 1));
    }
    if label.ends_with('-') {
        return Err(wrong(start + label.len() - 1..start + label.len()));
    }
    Ok(())
}

fn check_characters(text: &str, start: usize, reason: &str) -> Result<(), NameError> {
    for (i, c) in text.char_indices() {
        if !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            let error = NameError::new(start + i..start + i + c.len_utf8(), reason);
            return Err(if c.is_ascii_uppercase() {
                error.help(format!("write `{}`", text.to_ascii_lowercase()))
            } else {
                error
            });
        }
    }
    Ok(())
}

fn check_ends_and_length(text: &str, start: usize) -> Result<(), NameError> {
    let end = start + text.len();
    if text.is_empty() {
        return Err(NameError::new(start..end, "an empty name"));
    }
    if text.len() > 63 {
        return Err(NameError::new(
            start..end,
            format!("{} characters in one label; DNS allows 63", text.len()),
        ));
    }
    if text.starts_with('-') {
        return Err(NameError::new(start..start + 1, "a label must start with a letter or digit"));
    }
    if text.ends_with('-') {
        return Err(NameError::new(end - 1..end, "a label must end with a letter or digit"));
    }
    Ok(())
}

/// Lower case, punycode and no trailing dot; every label checked at its own column.
fn normalise(text: &str) -> Result<(String, bool), NameError> {
    reject_foreign(text)?;
    let rooted = text.ends_with('.');
    let bare = text.strip_suffix('.').unwrap_or(text);
    if bare.is_empty() {
        return Err(NameError::new(0..text.len(), "an empty host name"));
    }
    let mut labels = Vec::new();
    let mut start = 0;
    for (i, label) in bare.split('.').enumerate() {
        labels.push(normalise_label(label, i, start, text.len())?);
        start += label.len() + 1;
    }
    let name = labels.join(".");
    if labels.last().is_some_and(|last| labels.len() > 1 && last.bytes().all(|b| b.is_ascii_digit())) {
        return Err(NameError::new(
            0..text.len(),
            "an IP address, or a name whose last label is a number; neither is a host name",
        ));
    }
    Ok((name, rooted))
}

/// What people paste instead of a name: a URL, a path, a port.
fn reject_foreign(text: &str) -> Result<(), NameError> {
    if let Some(i) = text.find("://") {
        return Err(
            NameError::new(0..i + 3, "a URL; only the host name belongs here").help("leave the scheme out")
        );
    }
    if let Some(i) = text.find(':') {
        return Err(NameError::new(i..text.len(), "a port does not belong to a host name")
            .help("leave it out; the port a gateway listens on is `port` at the `gateway`"));
    }
    if let Some(i) = text.find('/') {
        return Err(NameError::new(i..text.len(), "a path does not belong to a host name")
            .help("leave it out; paths are what `route` takes"));
    }
    Ok(())
}

fn normalise_label(label: &str, index: usize, start: usize, whole: usize) -> Result<String, NameError> {
    let end = start + label.len();
    if label == "*" {
        return if index == 0 {
            Ok("*".to_owned())
        } else {
            Err(NameError::new(start..end, "a wildcard can only be the first label"))
        };
    }
    if let Some(i) = label.find('*') {
        return Err(NameError::new(
            start + i..start + i + 1,
            "a wildcard stands for a whole label, never for a part of one",
        ));
    }
    if label.is_empty() {
        return Err(NameError::new(
            start.saturating_sub(1)..(start + 1).min(whole),
            "an empty label between two dots",
        ));
    }
    if let Some(i) = label.find('_') {
        return Err(NameError::new(start + i..start + i + 1, "no host name holds an underscore (RFC 1123)")
            .help(format!("write `{}`", label.replace('_', "-"))));
    }
    let ascii = if label.is_ascii() {
        label.to_ascii_lowercase()
    } else {
        idna::domain_to_ascii_strict(label)
            .map_err(|_| NameError::new(start..end, "not a label that IDNA can turn into punycode"))?
    };
    if label.is_ascii() {
        check_label(&ascii, start)?;
    } else {
        check_label(&ascii, start).map_err(|error| NameError { at: start..end, ..error })?;
    }
    Ok(ascii)
}

/// Checks a Kubernetes label key: an optional DNS prefix and `/`, then 1 to 63 of letters, digits, `-`, `_`, `.`.
pub fn check_label_key(text: &str) -> Result<(), NameError> {
    let (start, name) = match text.split_once('/') {
        Some((prefix, name)) => {
            ObjectName::parse(prefix)?;
            (prefix.len() + 1, name)
        }
        None => (0, text),
    };
    if name.is_empty() {
        return Err(NameError::new(0..text.len(), "an empty label name"));
    }
    check_label_text(name, start)
}

/// Checks a Kubernetes label value: up to 63 of letters, digits, `-`, `_`, `.`, letters or digits at both ends.
pub fn check_label_value(text: &str) -> Result<(), NameError> {
    check_label_text(text, 0)
}

fn check_label_text(text: &str, start: usize) -> Result<(), NameError> {
    for (i, c) in text.char_indices() {
        if !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
            let at = start + i..start + i + c.len_utf8();
            return Err(NameError::new(
                at,
                "a Kubernetes label holds only letters, digits, `-`, `_` and `.`",
            ));
        }
    }
    let end = start + text.len();
    if text.len() > 63 {
        return Err(NameError::new(
            start..end,
            format!("{} characters; a Kubernetes label has at most 63", text.len()),
        ));
    }
    let outer = [text.chars().next(), text.chars().next_back()];
    if outer.iter().flatten().any(|c| !c.is_ascii_alphanumeric()) {
        return Err(NameError::new(start..end, "a Kubernetes label starts and ends with a letter or digit"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
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
            ("shop example.com", 4..5),
            ("", 0..0),
            (".", 0..1),
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

    #[test]
    fn derived_labels_never_meet() {
        let gateway = Label::parse("public").unwrap();
        let names = ["a-b.c.d", "a.b-c.d", "a.b.c-d", "a.b.c.d", "*.a.b"];
        let made: Vec<_> =
            names.iter().map(|name| Label::derived(&gateway, &HostName::parse(name).unwrap()).0).collect();
        for (i, name) in made.iter().enumerate() {
            assert!(Label::parse(name).is_ok(), "{name}");
            assert!(!made[i + 1..].contains(name));
        }
        assert_eq!(made[3], "public-a-b-c-d");
        let long = HostName::parse(&format!("{}.example.com", "x".repeat(60))).unwrap();
        assert!(Label::derived(&gateway, &long).0.len() <= 63);
    }

    #[test]
    fn secrets_have_names_the_api_server_takes() {
        assert!(ObjectName::parse_credential("bookinfo-credential").is_ok());
        assert!(ObjectName::parse_credential("bookinfo.example.com-tls").is_ok());
        assert_eq!(ObjectName::parse_credential("web-cacert").unwrap_err().at, 3..10);
        assert_eq!(ObjectName::parse_credential("Web").unwrap_err().at, 0..1);
        assert_eq!(ObjectName::parse_credential("a_b").unwrap_err().at, 1..2);
        assert_eq!(ObjectName::parse_credential("a.").unwrap_err().at, 1..2);
        assert!(ObjectName::parse_credential("").is_err());
        assert!(ObjectName::parse_credential(&"a".repeat(254)).is_err());
    }

    #[test]
    fn labels_are_checked_as_kubernetes_does() {
        assert!(check_label_key("app.kubernetes.io/name").is_ok());
        assert!(check_label_key("app").is_ok());
        assert!(check_label_key("a/").is_err());
        assert!(check_label_value("").is_ok());
        assert!(check_label_value("v1_b.c").is_ok());
        assert_eq!(check_label_value("v 1").unwrap_err().at, 1..2);
        assert!(check_label_value("-v").is_err());
    }
}
