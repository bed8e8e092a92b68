//! The form in which Envoy sees the path of a request, whatever a client sent: a path in any other form would never match.
//!
//! Istio's gateways normalise before they route (RFC 3986, section 6.2.2; `pathNormalization` of the mesh): `.` and `..` are
//! resolved, a backslash is a slash, letters that need no percent-encoding lose it, and others get it. A byte outside ASCII
//! and a wrong percent-encoding are answered with 400. All of this was tried on Envoy.

use std::ops::Range;

/// What is wrong with a path at one place.
pub(super) struct Flaw {
    pub(super) at: Range<usize>,
    pub(super) reason: String,
}

/// The first place at which a path is not as Envoy sees it. Where `open`, it goes on behind its last character.
pub(super) fn flaw(path: &str, open: bool) -> Option<Flaw> {
    let found = pieces(path).find_map(|(at, piece)| piece.flaw().map(|reason| Flaw { at, reason }));
    let segment = wrong_segment(path, open);
    match (found, segment) {
        (Some(found), Some(segment)) if segment.at.start < found.at.start => Some(segment),
        (found, segment) => found.or(segment),
    }
}

/// The path as Envoy sees it; what stands behind a `?` or `#` is no part of it.
pub(super) fn normal(path: &str, open: bool) -> String {
    let mut text = String::new();
    for (_, piece) in pieces(path) {
        match piece {
            Piece::Variable(name) => text.push_str(name),
            Piece::Ends => break,
            Piece::Byte(byte, _) if is_unreserved(byte) => text.push(char::from(byte)),
            Piece::Byte(byte, _) => text.push_str(&encoded(byte)),
            Piece::Percent => text.push_str("%25"),
            Piece::Invisible(_) => {}
            Piece::Backslash => text.push('/'),
            Piece::Encode(c) => text.extend(c.encode_utf8(&mut [0; 4]).bytes().map(encoded)),
            Piece::Plain(c) => text.push(c),
        }
    }
    resolved(&text, open)
}

/// A part of a path that is right or wrong as a whole.
enum Piece<'a> {
    /// `${NAME}`, which Flux is to replace.
    Variable(&'a str),
    /// `?` or `#`: the path ends before it.
    Ends,
    /// A percent-encoded byte, and whether its digits are capitals.
    Byte(u8, bool),
    /// A `%` without two hexadecimal digits.
    Percent,
    /// A character that nobody sees.
    Invisible(char),
    /// `\`
    Backslash,
    /// A character that must be percent-encoded.
    Encode(char),
    /// Any other.
    Plain(char),
}

impl Piece<'_> {
    fn flaw(&self) -> Option<String> {
        Some(match self {
            Piece::Variable(_) | Piece::Plain(_) => return None,
            Piece::Ends => "query and fragment are no part of a path".to_owned(),
            Piece::Byte(0, _) => "Envoy answers a zero byte with 400".to_owned(),
            Piece::Byte(byte, _) if is_unreserved(*byte) => {
                format!("this is `{0}`, and Envoy writes `{0}`", char::from(*byte))
            }
            Piece::Byte(_, true) => return None,
            Piece::Byte(byte, false) => {
                format!("browsers write `{}`, and Envoy compares letter by letter", encoded(*byte))
            }
            Piece::Percent => {
                "two hexadecimal digits follow `%`; Envoy answers anything else with 400".to_owned()
            }
            Piece::Invisible(c) => format!("an invisible character (U+{:04X})", u32::from(*c)),
            Piece::Backslash => "Envoy takes a backslash for `/`".to_owned(),
            Piece::Encode(c) if c.is_ascii() => "Envoy sees this percent-encoded".to_owned(),
            Piece::Encode(_) => "no request has this but percent-encoded".to_owned(),
        })
    }
}

/// The pieces of a path with their bytes.
fn pieces(path: &str) -> impl Iterator<Item = (Range<usize>, Piece<'_>)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = path.get(at..)?;
        let first = rest.chars().next()?;
        let (length, piece) = piece(rest, first);
        let start = at;
        at += length;
        Some((start..at, piece))
    })
}

fn piece(rest: &str, first: char) -> (usize, Piece<'_>) {
    if rest.starts_with("${")
        && let Some((end, name)) = rest.find('}').and_then(|end| Some((end + 1, rest.get(..=end)?)))
    {
        return (end, Piece::Variable(name));
    }
    let length = first.len_utf8();
    match first {
        '?' | '#' => (length, Piece::Ends),
        '\\' => (length, Piece::Backslash),
        '%' => match rest.get(1..3).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit())) {
            Some(digits) => {
                let byte = u8::from_str_radix(digits, 16).unwrap_or_default();
                (3, Piece::Byte(byte, !digits.bytes().any(|b| b.is_ascii_lowercase())))
            }
            None => (length, Piece::Percent),
        },
        '"' | '<' | '>' | '^' | '`' | '{' | '|' | '}' => (length, Piece::Encode(first)),
        c if is_invisible(c) => (length, Piece::Invisible(c)),
        c if c.is_whitespace() || c.is_control() || !c.is_ascii() => (length, Piece::Encode(c)),
        c => (length, Piece::Plain(c)),
    }
}

/// Zero-width and other format characters, which get into a text by copying.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn encoded(byte: u8) -> String {
    format!("%{byte:02X}")
}

/// The first segment that Envoy resolves, or that a mesh may merge.
fn wrong_segment(path: &str, open: bool) -> Option<Flaw> {
    let end = path.find(['?', '#']).unwrap_or(path.len());
    let segments: Vec<&str> = path.get(1..end)?.split('/').collect();
    let mut start = 1;
    for (i, segment) in segments.iter().enumerate() {
        let is_last = i + 1 == segments.len();
        let at = start..start + segment.len();
        start = at.end + 1;
        match *segment {
            "." | ".." if !(is_last && open) => {
                return Some(Flaw { at, reason: format!("Envoy resolves `{segment}` before it compares") });
            }
            "" if !is_last => {
                let reason =
                    "two slashes: a mesh may merge them (`pathNormalization`), and then this never matches";
                return Some(Flaw { at: at.start - 1..at.end + 1, reason: reason.to_owned() });
            }
            _ => {}
        }
    }
    None
}

/// The path without `.`, `..` and empty segments.
fn resolved(path: &str, open: bool) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
    let mut ends_with_slash = false;
    for (i, segment) in segments.iter().enumerate() {
        let is_last = i + 1 == segments.len();
        ends_with_slash = false;
        match *segment {
            "." | ".." if !(is_last && open) => {
                if *segment == ".." {
                    kept.pop();
                }
                ends_with_slash = true;
            }
            "" => ends_with_slash = true,
            segment => kept.push(segment),
        }
    }
    let slash = if ends_with_slash && !kept.is_empty() { "/" } else { "" };
    format!("/{}{slash}", kept.join("/"))
}
