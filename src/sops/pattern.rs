//! Regular expressions as sops' own engine, Go's RE2, reads them, run by the `regex` crate.
//!
//! Both dialects share most of their syntax, and differ just enough to be dangerous: `\d` is ASCII in Go, `[a&&b]` is
//! an intersection in Rust, `{` may stand alone in Go. So a pattern is read by Go's rules here and written out again
//! without anything that the other engine would read in another way. What Go refuses is refused.

use regex::Regex;
use regex_syntax::hir::{Hir, HirKind};

use super::re2::{MOST_REPEATS, TOO_OFTEN, Translator};

/// A pattern that sops and this tool read alike. Matched anywhere in the text, unless it has anchors.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

/// A pattern that can't be used. Sops takes one that does not compile for "matches nothing", without a word.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the pattern `{pattern}` {problem}")]
pub struct PatternError {
    /// The pattern as written.
    pub pattern: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Pattern {
    /// Reads a pattern in Go's RE2 syntax.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let fail = |problem| PatternError { pattern: text.to_owned(), problem };
        let translated = Translator::new(text).run().map_err(fail)?;
        let hir = regex_syntax::parse(&translated).map_err(|_| fail("can't be compiled"))?;
        if !repeats_fit(&hir, MOST_REPEATS) {
            return Err(fail(TOO_OFTEN));
        }
        let regex = Regex::new(&translated).map_err(|_| fail("can't be compiled"))?;
        Ok(Self { text: text.to_owned(), regex })
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it matches anywhere in the text.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

/// Go multiplies nested counts and stops at a thousand.
fn repeats_fit(hir: &Hir, most: u32) -> bool {
    match hir.kind() {
        HirKind::Repetition(repetition) => {
            let count = repetition.max.unwrap_or(repetition.min).max(1);
            count <= most && repeats_fit(&repetition.sub, most / count)
        }
        HirKind::Capture(capture) => repeats_fit(&capture.sub, most),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().all(|part| repeats_fit(part, most))
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, yes: &[&str], no: &[&str]) {
        let compiled = Pattern::new(pattern).expect("compiles");
        for text in yes {
            assert!(compiled.is_match(text), "{pattern} must match {text:?}");
        }
        for text in no {
            assert!(!compiled.is_match(text), "{pattern} must not match {text:?}");
        }
    }

    #[test]
    fn what_both_read_alike_is_kept() {
        check("^(data|stringData)$", &["data", "stringData"], &["metadata", "data2"]);
        check(r"^(tls\.key)$", &["tls.key"], &["tls-key", "tls.key.txt"]);
        check("(?i)^SECRET", &["secret", "Secrets"], &["my-secret"]);
        check("a{2,3}?b", &["aab"], &["ab"]);
        check("^(?P<name>x)(?:y)$", &["xy"], &["x"]);
        check("", &["", "all"], &[]);
    }

    #[test]
    fn classes_are_ascii_as_in_go() {
        check(r"^\d+$", &["12"], &["٣", "a"]);
        check(r"^\w+$", &["a_1"], &["é"]);
        check(r"\bkey\b", &["ékey", "a-key"], &["akey"]);
        check(r"^\s$", &[" ", "\t"], &["\u{b}", "\u{a0}"]);
        check(r"^[^\d]$", &["٣"], &["3"]);
        check(r"^[\D]$", &["٣"], &["3"]);
        check(r"^\p{Greek}\PL$", &["α1"], &["a1", "αβ"]);
    }

    #[test]
    fn what_rust_reads_otherwise_is_translated() {
        check("^[a&&b]$", &["a", "b", "&"], &["c"]);
        check("^[[a]]$", &["[]", "a]"], &["a"]);
        check("^a{,3}$", &["a{,3}"], &["aa", ""]);
        check("^a{01}$", &["a{01}"], &["a"]);
        check(r"^\<$", &["<"], &[""]);
        check("^{$", &["{"], &[]);
        check(r"^\Qa.b\E+$", &["a.bb"], &["aXb"]);
        check(r"^\Qa.*", &["a.*"], &["ab"]);
        check(r"^[\d-z]$", &["1", "-", "z"], &["y"]);
        check("^[]a]$", &["]", "a"], &[]);
        check("^[a~~b]$", &["~"], &["-"]);
        check("^[[:alpha:]_-]+$", &["a_-"], &["1"]);
        check(r"^\101\x42\x{43}\0$", &["ABC\0"], &[]);
    }

    #[test]
    fn what_go_or_this_tool_refuses_is_refused() {
        for pattern in [
            "([",
            "(",
            ")",
            "[a",
            "a\\",
            "^(?!b)",
            "(?=a)",
            "(?<=a)b",
            "(?<!a)b",
            "a**",
            "a++",
            "a+*",
            "a{2}{3}",
            "a{1001}",
            "(a{100}){100}",
            "(?x)a",
            "(?u)a",
            "(?i-)a",
            r"\u0041",
            r"\1",
            r"\8",
            r"\Z",
            r"\C",
            r"\B",
            r"\y",
            r"\x4",
            r"\x{110000}",
            r"\p{Klingon}",
            r"\p{Letter}",
            "[[:foo:]]",
            r"[a-\d]",
            "[b-a]",
            "*a",
            "(?P<n",
            "(?P<n.m>a)",
            "(?P=n)",
            r"\é",
            "x{2,1}",
        ] {
            assert!(Pattern::new(pattern).is_err(), "{pattern} must be refused");
        }
    }

    #[test]
    fn no_text_makes_it_panic() {
        proptest::proptest!(|(text in r"[\\\[\](){}?*+|^$.:<>PQExpdb0-9a-c,&~=!-]{0,12}")| {
            let _ = Pattern::new(&text).map(|p| p.is_match("abc"));
        });
    }
}
