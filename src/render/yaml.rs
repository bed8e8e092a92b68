//! Values → YAML that every reader takes for the same values: Go's `sigs.k8s.io/yaml`, PyYAML (both YAML 1.1) and YAML 1.2.
//!
//! [`scalar`] is the one place where a string is quoted or not; templates, lists and the SOPS writer go through it. It is
//! strict: what any of those readers could take for something else is quoted, and so is what breaks within `[ ]` or `{ }`.

use std::borrow::Cow;
use std::fmt::Write;

use crate::resource::{Field, Tree, Value};

/// A longer key must be written with `?`: readers look for its colon within 1024 characters.
const LONGEST_KEY: usize = 1000;

/// A string as a YAML scalar on one line: as it is where that can't be misread, else in double quotes.
///
/// Stands as a value, as a list item, as a key of up to 1000 bytes, and within flow collections.
#[must_use]
pub fn scalar(text: &str) -> Cow<'_, str> {
    if plain(text) { Cow::Borrowed(text) } else { Cow::Owned(quoted(text)) }
}

/// A value in block style, each line indented by `indent` spaces and ended by a line break. Lists stand below their key and
/// are indented; empty ones are `[]` and `{}`; text of many lines is a `|` block where that is exact.
#[must_use]
pub fn block(tree: &Tree, indent: usize) -> String {
    let mut out = String::new();
    if nested(&tree.value) {
        lines(&mut out, tree, indent, false);
    } else {
        pad(&mut out, indent);
        leaf(&mut out, &tree.value, indent + 2);
        out.push('\n');
    }
    out
}

/// What follows `key:` on its line and below it, without the last line break: a space and a scalar, or a line break and lines
/// indented by `indent`.
#[must_use]
pub fn after_key(tree: &Tree, indent: usize) -> String {
    let mut out = String::new();
    value(&mut out, tree, indent);
    out.pop();
    out
}

/// A number as all readers take it for a float: with a point, and a sign in its exponent.
#[must_use]
pub fn float(number: f64) -> String {
    if number.is_nan() {
        return ".nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let text = format!("{number:?}");
    match text.split_once('e') {
        None => text,
        Some((digits, exponent)) => {
            let point = if digits.contains('.') { "" } else { ".0" };
            let sign = if exponent.starts_with('-') { "" } else { "+" };
            format!("{digits}{point}e{sign}{exponent}")
        }
    }
}

/// Whether the bare text is that string to every reader, in block and flow.
fn plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let opens = first.is_ascii_alphanumeric() || matches!(first, '_' | '/' | '.') || printable(first);
    let mut before = ' ';
    let inside = text.chars().all(|c| {
        let fine = match c {
            ' ' => true,
            // A colon ends a key only before a blank; old flow readers take it anywhere, so there it needs a word after it.
            ':' => before.is_ascii_alphanumeric(),
            _ => c.is_ascii_alphanumeric() || "_-./@+=~^()$*;<\\|!%&'".contains(c) || printable(c),
        };
        before = c;
        fine
    });
    opens && inside && !text.ends_with([' ', ':']) && !text.contains(": ") && !typed(text)
}

/// Not ASCII, and to be seen as what it is: no control, blank, joiner or mark of direction, and no line end to any reader.
fn printable(c: char) -> bool {
    !c.is_ascii()
        && !c.is_control()
        && !c.is_whitespace()
        && !matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        && !matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}' | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..)
}

/// Whether some reader takes the bare text for null, a truth value, a number, a date or a merge.
pub(super) fn typed(text: &str) -> bool {
    const WORDS: [&str; 12] =
        ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "inf", "nan", "infinity"];
    let digits = text.strip_prefix('.').unwrap_or(text);
    if WORDS.iter().any(|word| digits.eq_ignore_ascii_case(word)) || text.starts_with("..") {
        return true;
    }
    // From a digit on, only a letter that no notation of numbers and dates knows makes it a string for sure.
    digits.starts_with(|c: char| c.is_ascii_digit())
        && !text.chars().any(|c| c.is_ascii_alphabetic() && !"abcdefxotzinp".contains(c.to_ascii_lowercase()))
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(c),
            _ if printable(c) => out.push(c),
            _ if u32::from(c) <= 0xffff => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => {
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
        }
    }
    out.push('"');
    out
}

/// Whether `|` or `|-` gives this text back exactly, and reads well.
fn literal(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    body.contains('\n')
        && !body.ends_with('\n')
        && !body.starts_with([' ', '\n'])
        && body.chars().all(|c| matches!(c, '\n' | ' '..='~') || printable(c))
        && body.split('\n').all(|line| line.is_empty() || !line.trim_start_matches(' ').is_empty())
}

fn nested(value: &Value) -> bool {
    match value {
        Value::List(items) => !items.is_empty(),
        Value::Map(fields) => !fields.is_empty(),
        _ => false,
    }
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// A list or an object with something in it; `inline` if the first line's indentation is there already.
fn lines(out: &mut String, tree: &Tree, indent: usize, inline: bool) {
    match &tree.value {
        Value::Map(fields) => {
            for (number, field) in fields.iter().enumerate() {
                if number > 0 || !inline {
                    pad(out, indent);
                }
                key(out, field, indent);
                value(out, &field.tree, indent + 2);
            }
        }
        Value::List(items) => {
            for (number, item) in items.iter().enumerate() {
                if number > 0 || !inline {
                    pad(out, indent);
                }
                out.push_str("- ");
                if nested(&item.value) {
                    lines(out, item, indent + 2, true);
                } else {
                    leaf(out, &item.value, indent + 2);
                    out.push('\n');
                }
            }
        }
        _ => {}
    }
}

fn key(out: &mut String, field: &Field, indent: usize) {
    let name = scalar(&field.name);
    if name.len() > LONGEST_KEY {
        out.push_str("? ");
        out.push_str(&name);
        out.push('\n');
        pad(out, indent);
    } else {
        out.push_str(&name);
    }
    out.push(':');
}

fn value(out: &mut String, tree: &Tree, indent: usize) {
    if nested(&tree.value) {
        out.push('\n');
        lines(out, tree, indent, false);
    } else {
        out.push(' ');
        leaf(out, &tree.value, indent);
        out.push('\n');
    }
}

/// A scalar or an empty collection, without a line break at its end.
fn leaf(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Int(number) => {
            let _ = write!(out, "{number}");
        }
        Value::Float(number) => out.push_str(&float(*number)),
        Value::String(text) if literal(text) => {
            out.push_str(if text.ends_with('\n') { "|" } else { "|-" });
            for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
                out.push('\n');
                if !line.is_empty() {
                    pad(out, indent);
                    out.push_str(line);
                }
            }
        }
        Value::String(text) => out.push_str(&scalar(text)),
        Value::List(_) => out.push_str("[]"),
        Value::Map(_) => out.push_str("{}"),
    }
}

#[cfg(test)]
#[path = "yaml_tests.rs"]
mod tests;
