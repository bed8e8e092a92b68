//! Private keys in the clear.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::diag::{Code, Diagnostic};

const ENDS: [&str; 2] = ["PRIVATE KEY-----", "AGE-SECRET-KEY-1"];

/// The finding about a text that holds a private key in the clear, if it does.
pub(crate) fn plaintext_key(path: &str, text: &str) -> Option<Diagnostic> {
    let line = text.lines().position(holds_key)?;
    let mut finding =
        Diagnostic::error(Code::PLAINTEXT_KEY, format!("{path} holds a private key in the clear"))
            .in_file(path)
            .note("Gatewright never writes one there")
            .help("take it out, and treat it as known: whoever reads the repository or its history has it");
    if let Some(file) = &mut finding.file {
        file.line = Some(line + 1);
    }
    Some(finding)
}

/// As [`plaintext_key`], for texts that may speak of keys: only where what makes one follows.
pub(super) fn whole_plaintext_key(path: &str, text: &str) -> Option<Diagnostic> {
    let finding = plaintext_key(path, text)?;
    let follows = |end: &str| {
        text.match_indices(end).any(|(at, _)| {
            let rest = text.get(at + end.len()..).unwrap_or_default();
            let mut runs = rest.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '/' | '='));
            // Lines about its encryption may stand between.
            runs.by_ref().take(40).any(|run| run.len() >= 40)
        })
    };
    let is_whole = ENDS.iter().any(|end| follows(end)) || !ENDS.iter().any(|end| text.contains(end));
    is_whole.then_some(finding)
}

/// Whether a line holds the start of a private key: as text, or as base64 of PEM as Secrets have it.
fn holds_key(line: &str) -> bool {
    if ENDS.iter().any(|end| line.contains(end)) {
        return true;
    }
    let Some(at) = line.find("LS0tLS1CRUdJTi") else { return false };
    let rest: String =
        line[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/')).collect();
    let whole = rest.len() - rest.len() % 4;
    STANDARD.decode(&rest[..whole]).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(ENDS[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_as_text_and_as_base64() {
        let pem = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n-----END PRIVATE KEY-----\n";
        assert!(holds_key(pem.lines().next().unwrap()));
        assert!(holds_key(&format!("  tls.key: {}", STANDARD.encode(pem))));
        let in_prose = "A file with `-----BEGIN PRIVATE KEY-----` or AGE-SECRET-KEY-1… in it is found.\n";
        assert!(plaintext_key("a.md", in_prose).is_some() && whole_plaintext_key("a.md", in_prose).is_none());
        assert!(whole_plaintext_key("a.pem", pem).is_some());
        assert!(whole_plaintext_key("a.yaml", &format!("  tls.key: {}", STANDARD.encode(pem))).is_some());
        assert!(holds_key("# AGE-SECRET-KEY-1QQQQ"));
        let public = "-----BEGIN CERTIFICATE-----\nMIGH\n-----END CERTIFICATE-----\n";
        assert!(!holds_key(&format!("  tls.crt: {}", STANDARD.encode(public))));
    }
}
