//! Names of objects: of Secrets, of authorities, of services.

use super::label::{check_characters, one_dot};
use super::{HostName, NameError};

name! {
    /// A DNS subdomain (RFC 1123) of at most 253 characters, as names of Secrets and most other objects; of some kinds any text
    /// that may stand in a path.
    ObjectName
}

impl ObjectName {
    /// Reads a name that the API server takes.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        Self::parse_for(text, "the API server takes only `a-z`, `0-9`, `-` and `.` in a name")
    }

    /// Reads the name of an object of a kind for which the API server takes whatever may stand in a path, as `system:node`.
    pub fn parse_segment(text: &str) -> Result<Self, NameError> {
        if matches!(text, "" | "." | "..") {
            let reason =
                if text.is_empty() { "an empty name" } else { "means a folder, where a path has it" };
            return Err(NameError::new(0..text.len(), reason, "write a name such as `shop`"));
        }
        let wrong = |c: &(usize, char)| matches!(c.1, '/' | '%') || c.1.is_control();
        match text.char_indices().find(wrong) {
            Some((at, c)) => {
                let reason = match c {
                    '/' | '%' => "the API server takes no `/` and no `%` in such a name",
                    _ => "a character that nobody sees",
                };
                Err(NameError::new(
                    at..at + c.len_utf8(),
                    reason,
                    "write another character, such as `:` or `-`",
                ))
            }
            None => Ok(Self(text.to_owned())),
        }
    }

    /// Reads a name; `reason` says who takes no other characters.
    fn parse_for(text: &str, reason: &str) -> Result<Self, NameError> {
        if text.len() > 253 {
            return Err(NameError::new(
                0..text.len(),
                format!("{} characters; at most 253 are allowed", text.len()),
                "write a shorter name",
            ));
        }
        let mut start = 0;
        for label in text.split('.') {
            check_object_part(label, start, text, reason)?;
            start += label.len() + 1;
        }
        Ok(Self(text.to_owned()))
    }

    /// The name of an authority, which is its folder below `pki/`: not `leaves`, where other files lie.
    pub fn parse_authority(text: &str) -> Result<Self, NameError> {
        if text == "leaves" {
            let reason = "`pki/leaves/` holds the certificates of Secrets that hide them";
            return Err(NameError::new(0..text.len(), reason, "choose another name"));
        }
        Self::parse_for(text, "it also names a folder below `pki/`: only `a-z`, `0-9`, `-` and `.`")
    }

    /// The name of a Secret of a server's key pair: not ending in `-cacert`, which istiod takes for trust anchors.
    pub fn parse_credential(text: &str) -> Result<Self, NameError> {
        let name = Self::parse(text)?;
        if text.ends_with("-cacert") {
            let at = text.len() - "-cacert".len()..text.len();
            return Err(NameError::new(
                at,
                "Istio reads a Secret of this ending as trust anchors only, never as a key pair",
                "choose a name without `-cacert` at its end",
            ));
        }
        if text.len() > 253 - "-cacert".len() {
            let reason = "leaves no room for `-cacert`, which mutual TLS adds";
            return Err(NameError::new(0..text.len(), reason, "write at most 246 characters"));
        }
        Ok(name)
    }

    /// The default name of a host's Secret.
    #[must_use]
    pub fn default_credential(host: &HostName) -> Self {
        Self(format!("{}-tls", host.object_name()))
    }

    /// The default name of a Secret that cert-manager makes for a host: never the one that we would make, so that a host
    /// can go from one to the other.
    #[must_use]
    pub fn default_ordered(host: &HostName) -> Self {
        Self(format!("{}-cert-manager", host.object_name()))
    }
}

fn check_object_part(label: &str, start: usize, whole: &str, reason: &str) -> Result<(), NameError> {
    if label.is_empty() {
        let at = if whole.is_empty() { 0..0 } else { start.saturating_sub(1)..(start + 1).min(whole.len()) };
        let reason = match whole {
            "" => "an empty name",
            _ if start == whole.len() => "a dot at the end",
            _ if start == 0 => "a dot at the start",
            _ => "two dots with nothing between them",
        };
        return Err(NameError::new(at, reason, one_dot(whole, "write a name such as `shop`")));
    }
    check_characters(label, start, reason)?;
    let help = match label.trim_matches('-') {
        "" => "write letters and digits, with `-` between them".to_owned(),
        trimmed => format!("write `{trimmed}`"),
    };
    let wrong = |at| NameError::new(at, "each part must start and end with a letter or digit", help.clone());
    if label.starts_with('-') {
        return Err(wrong(start..start + 1));
    }
    if label.ends_with('-') {
        return Err(wrong(start + label.len() - 1..start + label.len()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_kinds_have_names_of_any_characters() {
        for name in ["system:node", "Foo_bar", "2001:db8::1", "a b", "...", "\\é"] {
            assert_eq!(ObjectName::parse_segment(name).unwrap().as_str(), name);
        }
        for (name, at) in [("", 0..0), (".", 0..1), ("..", 0..2), ("a/b", 1..2), ("a%b", 1..2), ("é\n", 2..3)]
        {
            assert_eq!(ObjectName::parse_segment(name).unwrap_err().at, at, "{name}");
        }
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
}
