//! How a string is written so that every YAML reader reads that string again.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::{cipher, scalar};

/// The string as a plain scalar where nothing could take it for something else, else in double quotes.
pub(super) fn scalar(text: &str) -> Cow<'_, str> {
    if is_plain(text) { Cow::Borrowed(text) } else { Cow::Owned(double_quoted(text)) }
}

/// Whether the string can stand as a literal block without an indentation indicator, and ends in one line break or
/// none.
pub(super) fn is_literal(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let clean = |line: &str| !line.ends_with(' ') && line.chars().all(is_printable);
    text.contains('\n')
        && !body.starts_with([' ', '\n'])
        && !body.is_empty()
        && !body.ends_with('\n')
        && body.split('\n').all(clean)
}

/// What YAML 1.1 and 1.2 print as it is. Beyond U+FFFF everything is escaped, as sops does.
fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a1}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

fn is_plain(text: &str) -> bool {
    if cipher::looks_encrypted(text) {
        return text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=,:[]_".contains(&b));
    }
    let body = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./+=@".contains(&b));
    let letter = text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '/'));
    body && (letter || is_version(text)) && !is_word(text) && scalar::is_string(text)
}

/// Three or more numbers with dots between: no reader takes them for one number.
fn is_version(text: &str) -> bool {
    text.split('.').count() > 2
        && text.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

/// Words that YAML 1.1 reads as truth values or null, or other readers as numbers.
fn is_word(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    matches!(
        lower.as_str(),
        "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null" | "nan" | "inf" | "infinity"
    )
}

fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_printable(c) => out.push(c),
            c => push_escape(&mut out, u32::from(c)),
        }
    }
    out.push('"');
    out
}

fn push_escape(out: &mut String, code: u32) {
    // Writing to a string can't fail.
    let _ = match code {
        0..=0xFF => write!(out, "\\x{code:02X}"),
        0x100..=0xFFFF => write!(out, "\\u{code:04X}"),
        _ => write!(out, "\\U{code:08X}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_something_else_is_quoted() {
        let words = r#"~ null true Yes no on OFF y N 1 -1 +1 1.0 017 0x1F 0o17 1e3 .5 .inf .nan NaN inf 1_000 12:30:45 190:20:30 2020-01-02 2002-1-2 << = - #a &a *a !a | > 'a' %a @a `a` [a] {a} --- ... a: é 12e4 0b1"#;
        let others = ["", "- a", "? a", ": a", "a: b", "a #b", "\"a\"", " a", "a ", "a\nb", "a\tb"];
        for text in words.split(' ').chain(others) {
            assert!(scalar(text).starts_with('"'), "{text:?} must be quoted");
        }
    }

    #[test]
    fn what_is_surely_a_string_stays_plain() {
        for text in [
            "v1",
            "kubernetes.io/tls",
            "bookinfo-credential",
            "istio-system",
            "LS0tLS1CRUdJTg==",
            "3.11.0",
            "data",
            "tls.key",
            "a1e3",
            "age1mn4e",
            "user@example.com",
            "/etc/istio",
            "ENC[AES256_GCM,data:a+/=,type:str]",
        ] {
            assert_eq!(scalar(text), text);
        }
    }

    #[test]
    fn the_rest_is_escaped() {
        assert_eq!(scalar("a\"b\\c"), r#""a\"b\\c""#);
        assert_eq!(scalar("\0\u{85}\u{2028}\u{feff}🔐\r\n\t"), r#""\x00\x85\u2028\uFEFF\U0001F510\r\n\t""#);
        assert_eq!(scalar("ключ"), "\"ключ\"");
    }

    #[test]
    fn only_simple_lines_become_literal_blocks() {
        for text in ["a\nb", "a\nb\n", "a\n\n  b\n"] {
            assert!(is_literal(text), "{text:?}");
        }
        for text in ["a", "\n", "a\n\n", "\na\n", " a\nb", "a \nb", "a\tb\n", "a\r\n", "\tx\ny", "a\u{85}\nb"]
        {
            assert!(!is_literal(text), "{text:?}");
        }
    }
}
