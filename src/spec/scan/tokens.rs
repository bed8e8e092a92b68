//! Strings, numbers and bare words: where each ends, and what is wrong with it.

use std::ops::Range;

use super::Scanner;
use super::characters::{is_bare, is_blank, is_forbidden, is_newline};

impl Scanner<'_> {
    /// `"…"` or `"""…"""`.
    pub(super) fn quoted(&mut self) -> Option<()> {
        let start = self.at;
        if self.starts("\"\"\"") {
            self.at += 3;
            self.long_string(start, "")?;
        } else {
            self.at += 1;
            self.short_string(start, "")?;
        }
        self.item(start..self.at, true);
        self.ends_value(start);
        Some(())
    }

    /// `#"…"#`, or a keyword such as `#true`.
    pub(super) fn hash(&mut self) -> Option<()> {
        let start = self.at;
        let hashes = self.rest().len() - self.rest().trim_start_matches('#').len();
        self.at += hashes;
        let closing = self.text.get(start..self.at).unwrap_or_default().to_owned();
        if self.starts("\"\"\"") {
            self.at += 3;
            self.long_string(start, &closing)?;
        } else if self.starts("\"") {
            self.at += 1;
            self.short_string(start, &closing)?;
        } else {
            self.keyword(start, hashes);
            return Some(());
        }
        self.item(start..self.at, true);
        self.ends_value(start);
        Some(())
    }

    /// The rest of a string of one line. Raw ones end with `hashes`.
    fn short_string(&mut self, start: usize, hashes: &str) -> Option<()> {
        while let Some(c) = self.peek() {
            if is_newline(c) {
                self.unclosed_string(start);
                return Some(());
            }
            if c == '"' && self.rest().get(1..).is_some_and(|rest| rest.starts_with(hashes)) {
                self.at += 1 + hashes.len();
                return Some(());
            }
            if self.string_character(c, hashes) {
                return Some(());
            }
        }
        self.unclosed_string(start);
        None
    }

    /// The rest of a string of many lines.
    fn long_string(&mut self, start: usize, hashes: &str) -> Option<()> {
        let opened = self.peek().is_some_and(is_newline);
        if !opened {
            self.text_behind_long_quotes(start);
        }
        let closing = format!("\"\"\"{hashes}");
        while let Some(c) = self.peek() {
            if self.starts(&closing) {
                if opened && !self.alone_on_line() {
                    self.unaligned_quotes(self.at, &closing);
                }
                self.at += closing.len();
                return Some(());
            }
            if is_newline(c) {
                self.at += c.len_utf8();
            } else {
                self.string_character(c, hashes);
            }
        }
        self.unclosed_long_string(start, &closing);
        None
    }

    /// Whether only blanks stand before the next character on its line.
    fn alone_on_line(&self) -> bool {
        let before = self.text.get(..self.at).unwrap_or_default();
        before.trim_end_matches(is_blank).ends_with(is_newline)
    }

    /// Takes one character of a string, with its escape. `true` when the string goes on in the next line.
    fn string_character(&mut self, c: char, hashes: &str) -> bool {
        let at = self.at;
        if is_forbidden(c) {
            self.forbidden(at, c);
        }
        self.at += c.len_utf8();
        if c != '\\' || !hashes.is_empty() {
            return false;
        }
        match self.peek() {
            Some('u') => {
                let escape = self.rest();
                let end = escape.find('}').filter(|end| *end <= 8);
                let code = end.and_then(|end| escape.get(..end)).and_then(|e| e.strip_prefix("u{"));
                match code.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32) {
                    Some(_) => self.at += end.map_or(0, |end| end + 1),
                    None => self.bad_escape(at..at + 2),
                }
            }
            Some('"' | '\\' | 'b' | 'f' | 'n' | 'r' | 't' | 's') => self.at += 1,
            Some(c) if is_blank(c) || is_newline(c) => {
                let rest = self.rest();
                self.at += rest.find(|c| !is_blank(c) && !is_newline(c)).unwrap_or(rest.len());
            }
            Some(c) => {
                self.bad_escape(at..self.at + c.len_utf8());
                self.at += c.len_utf8();
            }
            None => {}
        }
        false
    }

    fn keyword(&mut self, start: usize, hashes: usize) {
        let rest = self.rest();
        let word =
            rest.get(..rest.find(|c| !is_bare(c)).unwrap_or(rest.len())).unwrap_or_default().to_owned();
        self.at += word.len();
        let known = matches!(word.as_str(), "true" | "false" | "null" | "inf" | "-inf" | "nan");
        if known && hashes == 1 {
            self.item(start..self.at, false);
            self.ends_value(start);
            return;
        }
        if word.is_empty() {
            // A comment of the shell's kind: the line says nothing that could be read.
            let rest = self.rest();
            self.at += rest.find(is_newline).unwrap_or(rest.len());
            self.shell_comment(start);
            return;
        }
        self.unknown_keyword(start..self.at, &word);
        self.item(start..self.at, true);
    }

    /// A bare word, a number, or something that had to be quoted.
    pub(super) fn bare(&mut self, c: char) {
        let start = self.at;
        if is_forbidden(c) {
            self.forbidden(start, c);
            self.at += c.len_utf8();
            return;
        }
        if matches!(c, '[' | ']' | ')') {
            self.at += 1;
            self.stray_character(start, c);
            return;
        }
        let number = starts_number(self.rest());
        self.at += self.bare_end(number);
        let range = start..self.at;
        let word = self.text.get(range.clone()).unwrap_or_default().to_owned();
        let text = self.judge(&range, &word, number);
        self.item(range, text);
        self.ends_value(start);
    }

    /// How far what looks like one word to a person goes: `/` is no character of a bare word, but paths and addresses
    /// are taken whole so that the message can quote them.
    fn bare_end(&self, number: bool) -> usize {
        let rest = self.rest();
        let mut slash = rest.starts_with('/');
        let mut previous = ' ';
        for (i, c) in rest.char_indices() {
            let next = rest.get(i + 1..).and_then(|rest| rest.chars().next());
            let ends = match c {
                '/' if slash || number || previous == ':' => false,
                '/' => {
                    slash = !matches!(next, Some('/' | '*'));
                    !slash
                }
                '*' | '(' | ')' | '[' | ']' | '\\' | '#' if slash => false,
                _ => !is_bare(c),
            };
            if ends {
                return i;
            }
            if c == '/' {
                slash = true;
            }
            previous = c;
        }
        rest.len()
    }

    /// Complains about a bare word that can't stand so. Returns whether it counts as text.
    fn judge(&mut self, range: &Range<usize>, word: &str, number: bool) -> bool {
        let is_key = self.text.get(range.end..).is_some_and(|rest| rest.starts_with('='));
        if number {
            if is_number(word) {
                return false;
            }
            self.unquoted(range.clone(), word, is_key);
        } else if matches!(word, "true" | "false" | "null" | "inf" | "-inf" | "nan") {
            self.bare_keyword(range.clone(), word);
        } else if word.contains('/') {
            self.unquoted(range.clone(), word, is_key);
        } else if let Some(quote) =
            word.chars().next().filter(|c| matches!(c, '\'' | '“' | '”' | '„' | '‘' | '’' | '`'))
        {
            self.wrong_quotes(range.clone(), quote);
        }
        true
    }
}

/// Whether KDL takes what comes for a number: a digit, behind a sign or a point too.
fn starts_number(rest: &str) -> bool {
    let unsigned = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    let digits = unsigned.strip_prefix('.').unwrap_or(unsigned);
    digits.starts_with(|c: char| c.is_ascii_digit())
}

/// Whether a word is a number as KDL writes it, and one that fits.
fn is_number(word: &str) -> bool {
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word);
    for (prefix, radix) in [("0x", 16), ("0X", 16), ("0o", 8), ("0O", 8), ("0b", 2), ("0B", 2)] {
        if let Some(digits) = unsigned.strip_prefix(prefix) {
            return !digits.starts_with('_') && i128::from_str_radix(&digits.replace('_', ""), radix).is_ok();
        }
    }
    let digits = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_digit())
            && text.chars().all(|c| c.is_ascii_digit() || c == '_')
            && text.replace('_', "").parse::<i128>().is_ok()
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole) && fraction.is_none_or(digits) && exponent.is_none_or(digits)
}
