//! Labels as Kubernetes knows them: keys and values.

use super::{NameError, ObjectName};

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
        let help = "write a name such as `app`, or `example.com/app`";
        return Err(NameError::new(0..text.len(), "an empty label name", help));
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
            let reason = "a Kubernetes label holds only letters, digits, `-`, `_` and `.`";
            return Err(NameError::new(at, reason, "write these, with a letter or digit at both ends"));
        }
    }
    let end = start + text.len();
    if text.len() > 63 {
        return Err(NameError::new(
            start..end,
            format!("{} characters; a Kubernetes label has at most 63", text.len()),
            "write a shorter one",
        ));
    }
    let outer = [text.chars().next(), text.chars().next_back()];
    if outer.iter().flatten().any(|c| !c.is_ascii_alphanumeric()) {
        let help = match text.trim_matches(|c: char| !c.is_ascii_alphanumeric()) {
            "" => "write letters and digits".to_owned(),
            trimmed => format!("write `{trimmed}`"),
        };
        let reason = "a Kubernetes label starts and ends with a letter or digit";
        return Err(NameError::new(start..end, reason, help));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
