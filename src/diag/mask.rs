//! The last guard of messages: a private key that somebody wrote into a spec by mistake is never shown again.

/// What an age identity starts with.
const AGE: &str = "AGE-SECRET-KEY-";
/// How the first line of a private key in PEM ends.
const PEM: &str = "PRIVATE KEY-----";

/// The text with every private key in it as asterisks, one for each character.
#[must_use]
pub fn mask(text: String) -> String {
    let upper = text.to_ascii_uppercase();
    if !upper.contains(AGE) && !upper.contains(PEM) {
        return text;
    }
    let mut masked = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let line = cover(line, AGE, |rest| rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-'));
        masked.push_str(&cover(&line, PEM, |rest| rest.find("-----END").or_else(|| rest.find('\n'))));
    }
    masked
}

/// Covers what follows each `start`, up to where `end` says.
fn cover(line: &str, start: &str, end: impl Fn(&str) -> Option<usize>) -> String {
    let mut covered = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.to_ascii_uppercase().find(start) {
        let (head, tail) = rest.split_at(at + start.len());
        let (key, after) = tail.split_at(end(tail).unwrap_or(tail.len()));
        covered.push_str(head);
        covered.extend(key.chars().map(|_| '*'));
        rest = after;
    }
    covered.push_str(rest);
    covered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_covered_and_nothing_moves() {
        let line = "3 |     recipient \"AGE-SECRET-KEY-1WWFJ3N\" \"age1mn4e\"\n  |  ^^\n";
        let shown = "3 |     recipient \"AGE-SECRET-KEY-*******\" \"age1mn4e\"\n  |  ^^\n";
        assert_eq!(mask(line.to_owned()), shown);
        assert_eq!(
            mask("age-secret-key-1a, AGE-SECRET-KEY-1b".to_owned()),
            "age-secret-key-**, AGE-SECRET-KEY-**"
        );
        let pem = "x \"-----BEGIN EC PRIVATE KEY-----\\nMHcC\\n-----END EC PRIVATE KEY-----\\n\" y\nnext\n";
        let shown = mask(pem.to_owned());
        assert!(!shown.contains("MHcC") && shown.ends_with("\nnext\n"), "{shown}");
        assert_eq!(shown.len(), pem.len());
    }

    #[test]
    fn other_text_stays() {
        for text in ["ü age1mn4e… PRIVATE KEY\n", "", "no end of line"] {
            assert_eq!(mask(text.to_owned()), text);
        }
    }
}
