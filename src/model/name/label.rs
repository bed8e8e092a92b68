//! DNS labels: names of namespaces, Gateways and subsets, and the parts of every other name.

use sha2::{Digest, Sha256};

use super::{HostName, NameError};

name! {
    /// A DNS label (RFC 1123): 1 to 63 of `a-z`, `0-9`, `-`, with a letter or digit at both ends. Names of namespaces,
    /// Gateways and subsets.
    Label
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

pub(super) fn check_label(text: &str, start: usize) -> Result<(), NameError> {
    check_characters(text, start, "a DNS label holds only `a-z`, `0-9` and `-`")?;
    check_ends_and_length(text, start)
}

pub(super) fn check_characters(text: &str, start: usize, reason: &str) -> Result<(), NameError> {
    for (i, c) in text.char_indices() {
        if !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            let help = mended(text).map_or_else(
                || "write letters and digits, with `-` between them".to_owned(),
                |mended| format!("write `{mended}`"),
            );
            return Err(NameError::new(start + i..start + i + c.len_utf8(), reason, help));
        }
    }
    Ok(())
}

/// The mend for a text with dots that nothing stands between, else what there is to say.
pub(super) fn one_dot(text: &str, other: &str) -> String {
    let labels: Vec<&str> = text.split('.').filter(|label| !label.is_empty()).collect();
    let fits =
        !labels.is_empty() && labels.iter().all(|label| *label == "*" || check_label(label, 0).is_ok());
    if fits { format!("write `{}`", labels.join(".")) } else { other.to_owned() }
}

/// The text in small letters and with `-` for what people write between words, if that is all it lacks.
pub(super) fn mended(text: &str) -> Option<String> {
    let mended = text.to_ascii_lowercase().replace(['_', ' ', '.'], "-");
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (mended.chars().all(fits) && check_ends_and_length(&mended, 0).is_ok()).then_some(mended)
}

fn check_ends_and_length(text: &str, start: usize) -> Result<(), NameError> {
    let end = start + text.len();
    if text.is_empty() {
        return Err(NameError::new(start..end, "an empty name", "write a name such as `shop`"));
    }
    if text.len() > 63 {
        return Err(NameError::new(
            start..end,
            format!("{} characters in one label; DNS allows 63", text.len()),
            "write a shorter one",
        ));
    }
    let trimmed = match text.trim_matches('-') {
        "" => "write a name such as `shop`".to_owned(),
        trimmed => format!("write `{trimmed}`"),
    };
    if text.starts_with('-') {
        return Err(NameError::new(start..start + 1, "a label must start with a letter or digit", trimmed));
    }
    if text.ends_with('-') {
        return Err(NameError::new(end - 1..end, "a label must end with a letter or digit", trimmed));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
