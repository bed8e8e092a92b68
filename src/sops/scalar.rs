//! What a YAML scalar means to go-yaml v3, which sops reads with, and how sops prints a value for hashing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::moment::Moment;
use super::node::{Node, Text};

/// Why a scalar has no value here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ScalarError {
    /// 2^63 to 2^64-1.
    #[error("a whole number beyond 64 bits with a sign; quote it")]
    TooBig,
    /// The text does not fit its tag.
    #[error("a value that does not fit its tag")]
    NotItsTag,
    /// `!!binary` with something else than base64.
    #[error("a `!!binary` value that is not base64")]
    NotBase64,
}

/// Resolves a scalar by its tag (the part after `tag:yaml.org,2002:`, or any other tag in full) and style.
pub(super) fn resolve(text: &str, tag: Option<&str>, plain: bool) -> Result<Node, ScalarError> {
    match tag {
        None if plain => implicit(text, true),
        None | Some("str") => Ok(Node::str(text)),
        Some("binary") => binary(text),
        Some("timestamp") => Moment::from_yaml(text).map(Node::Time).ok_or(ScalarError::NotItsTag),
        Some(tag @ ("int" | "float" | "bool" | "null")) => fit(implicit(text, false)?, tag),
        Some(_) => Ok(Node::str(text)),
    }
}

/// The text of a plain scalar that is a string for go-yaml, and no date either.
pub(super) fn is_string(text: &str) -> bool {
    matches!(implicit(text, true), Ok(Node::Str(_)))
}

fn binary(text: &str) -> Result<Node, ScalarError> {
    let packed: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    STANDARD.decode(packed).map(|bytes| Node::Str(Text::from(bytes))).map_err(|_| ScalarError::NotBase64)
}

fn fit(node: Node, tag: &str) -> Result<Node, ScalarError> {
    match (node, tag) {
        (Node::Int(n), "float") => Ok(Node::Float(n as f64)),
        (node @ Node::Int(_), "int")
        | (node @ Node::Float(_), "float")
        | (node @ Node::Bool(_), "bool")
        | (node @ Node::Null, "null") => Ok(node),
        _ => Err(ScalarError::NotItsTag),
    }
}

fn implicit(text: &str, dates: bool) -> Result<Node, ScalarError> {
    if let Some(node) = word(text) {
        return Ok(node);
    }
    let number = match text.as_bytes().first() {
        Some(b'.') => without_separators(text).and_then(|text| float(&text)).map(Node::Float),
        Some(b'0'..=b'9' | b'+' | b'-') => {
            if dates && let Some(moment) = Moment::from_yaml(text) {
                return Ok(Node::Time(moment));
            }
            let packed: String = text.chars().filter(|c| *c != '_').collect();
            match whole(&packed)? {
                Some(n) => Some(Node::Int(n)),
                None => float(&packed).map(Node::Float),
            }
        }
        _ => None,
    };
    Ok(number.unwrap_or_else(|| Node::str(text)))
}

fn word(text: &str) -> Option<Node> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Node::Null,
        "true" | "True" | "TRUE" => Node::Bool(true),
        "false" | "False" | "FALSE" => Node::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Node::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Node::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Node::Float(f64::NEG_INFINITY),
        _ => return None,
    })
}

/// Go's `strconv.ParseInt` with base 0, and what go-yaml tries after it. Nothing if it is no whole number.
fn whole(packed: &str) -> Result<Option<i64>, ScalarError> {
    let (negative, digits) = match packed.as_bytes().first() {
        Some(b'-') => (true, packed.get(1..).unwrap_or_default()),
        Some(b'+') => (false, packed.get(1..).unwrap_or_default()),
        _ => (false, packed),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, digits.get(2..)),
        [b'0', b'b' | b'B', ..] => (2, digits.get(2..)),
        [b'0', b'o' | b'O', ..] => (8, digits.get(2..)),
        [b'0', _, ..] => (8, digits.get(1..)),
        _ => (10, Some(digits)),
    };
    let digits = digits.unwrap_or_default();
    // go-yaml takes the sign of `0b-1` as well: it hands what follows the prefix to ParseInt again.
    if (packed.starts_with("0b") || packed.starts_with("0o"))
        && let Some(inner) = digits.strip_prefix(['-', '+'])
    {
        return Ok(magnitude(inner, radix).and_then(|m| signed(m, digits.starts_with('-'))));
    }
    let Some(magnitude) = magnitude(digits, radix) else { return Ok(None) };
    match signed(magnitude, negative) {
        Some(n) => Ok(Some(n)),
        None if !packed.starts_with(['-', '+']) => match u64::try_from(magnitude) {
            Ok(_) => Err(ScalarError::TooBig),
            Err(_) => Ok(None),
        },
        None => Ok(None),
    }
}

/// The number of these digits; 2^64 for all that is beyond 64 bits.
fn magnitude(digits: &str, radix: u32) -> Option<u128> {
    if digits.is_empty() {
        return None;
    }
    digits.chars().try_fold(0_u128, |n, c| {
        let digit = c.to_digit(radix)?;
        Some((n * u128::from(radix) + u128::from(digit)).min(1 << 64))
    })
}

fn signed(magnitude: u128, negative: bool) -> Option<i64> {
    let magnitude = i128::try_from(magnitude).ok()?;
    i64::try_from(if negative { -magnitude } else { magnitude }).ok()
}

/// The text without underscores, if each stands between two digits.
fn without_separators(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('_').collect();
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let joined = parts.windows(2).all(|pair| match pair {
        [before, after] => digit(before.chars().next_back()) && digit(after.chars().next()),
        _ => true,
    });
    joined.then(|| parts.concat())
}

/// A decimal number; nothing if it is out of range or written any other way.
fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let plain = unsigned.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    plain.then(|| text.parse().ok()).flatten().filter(|n: &f64| n.is_finite())
}

/// A float as sops prints it: shortest decimal, never an exponent.
pub(super) fn print_float(n: f64) -> String {
    if n.is_nan() {
        "NaN".to_owned()
    } else if n.is_infinite() {
        if n > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        n.to_string()
    }
}

/// The `type` of an encrypted value and the plaintext bytes, which are also what enters the MAC.
/// Nothing for what is never encrypted nor hashed: null, collections, ciphertext.
pub(super) fn bytes_of(node: &Node) -> Option<(&'static str, Zeroizing<Vec<u8>>)> {
    let (kind, bytes) = match node {
        Node::Bool(value) => ("bool", if *value { "True" } else { "False" }.as_bytes().to_vec()),
        Node::Int(n) => ("int", n.to_string().into_bytes()),
        Node::Float(n) => ("float", print_float(*n).into_bytes()),
        Node::Time(moment) => ("time", moment.as_str().as_bytes().to_vec()),
        Node::Str(text) => ("str", text.as_bytes().to_vec()),
        Node::Null | Node::Enc(_) | Node::List(_) | Node::Map(_) => return None,
    };
    Some((kind, Zeroizing::new(bytes)))
}

/// The value of decrypted bytes by their `type`. Nothing if they are not of that type, or sops has no such type.
pub(super) fn value_of(kind: &str, bytes: Zeroizing<Vec<u8>>) -> Option<Node> {
    if kind == "str" {
        return Some(Node::Str(Text::from(bytes)));
    }
    let text = std::str::from_utf8(&bytes).ok()?;
    match kind {
        "int" => text.parse().ok().map(Node::Int),
        "float" => text.parse().ok().map(Node::Float),
        "bool" => match text {
            "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(Node::Bool(true)),
            "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(Node::Bool(false)),
            _ => None,
        },
        "time" => Moment::parse(text).ok().map(Node::Time),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(text: &str) -> String {
        match resolve(text, None, true) {
            Ok(Node::Null) => "null".into(),
            Ok(node) => {
                let (kind, bytes) = bytes_of(&node).expect("a scalar");
                format!("{kind} {}", String::from_utf8_lossy(&bytes))
            }
            Err(error) => format!("{error:?}"),
        }
    }

    #[test]
    fn plain_scalars_resolve_as_in_go_yaml() {
        for (text, meaning) in [
            ("", "null"),
            ("~", "null"),
            ("NULL", "null"),
            ("nULL", "str nULL"),
            ("True", "bool True"),
            ("yes", "str yes"),
            ("off", "str off"),
            ("0", "int 0"),
            ("00", "int 0"),
            ("0777", "int 511"),
            ("0o17", "int 15"),
            ("0o8", "str 0o8"),
            ("08", "float 8"),
            ("-0b11", "int -3"),
            ("0b-1", "int -1"),
            ("0x1F", "int 31"),
            ("-0x1F", "int -31"),
            ("0x", "str 0x"),
            ("1_000", "int 1000"),
            ("_1", "str _1"),
            ("+12", "int 12"),
            ("9223372036854775807", "int 9223372036854775807"),
            ("-9223372036854775808", "int -9223372036854775808"),
            ("9223372036854775808", "TooBig"),
            ("+9223372036854775808", "float 9223372036854776000"),
            ("-9223372036854775809", "float -9223372036854776000"),
            ("18446744073709551616", "float 18446744073709552000"),
            (".5", "float 0.5"),
            (".1_5", "float 0.15"),
            (".5_", "str .5_"),
            ("5.", "float 5"),
            ("1e3", "float 1000"),
            ("1E-7", "float 0.0000001"),
            ("1_000.5", "float 1000.5"),
            ("-0.0", "float -0"),
            ("1e400", "str 1e400"),
            ("1e", "str 1e"),
            ("+", "str +"),
            ("-", "str -"),
            (".", "str ."),
            ("+.inf", "float +Inf"),
            (".nan", "float NaN"),
            ("nan", "str nan"),
            ("-inf", "str -inf"),
            ("12:30:45", "str 12:30:45"),
            ("2020-01-02", "time 2020-01-02T00:00:00Z"),
            ("2020-13-45", "str 2020-13-45"),
        ] {
            assert_eq!(print(text), meaning, "{text}");
        }
    }

    #[test]
    fn tags_decide_or_refuse() {
        assert!(matches!(resolve("12", Some("int"), false), Ok(Node::Int(12))));
        assert!(matches!(resolve("3", Some("float"), true), Ok(Node::Float(3.0))));
        assert!(resolve("3", Some("str"), true).is_ok_and(|n| n == Node::str("3")));
        assert!(resolve("3", Some("!custom"), true).is_ok_and(|n| n == Node::str("3")));
        assert!(resolve("aGVs\nbG8=", Some("binary"), true).is_ok_and(|n| n == Node::str("hello")));
        assert_eq!(resolve("foo", Some("int"), true).err(), Some(ScalarError::NotItsTag));
        assert_eq!(resolve("&", Some("binary"), true).err(), Some(ScalarError::NotBase64));
    }

    #[test]
    fn floats_print_without_exponent() {
        assert_eq!(print_float(1e21), "1000000000000000000000");
        assert_eq!(print_float(-0.0), "-0");
        assert_eq!(print_float(f64::NEG_INFINITY), "-Inf");
    }

    #[test]
    fn decrypted_bytes_must_be_of_their_type() {
        let value = |kind, text: &str| value_of(kind, Zeroizing::new(text.as_bytes().to_vec()));
        assert!(value("int", "12").is_some_and(|n| n == Node::Int(12)));
        assert!(value("int", "one").is_none());
        assert!(value("bytes", "x").is_none());
        assert!(
            value("time", "2020-01-02T00:00:00+00:00")
                .is_some_and(|n| bytes_of(&n).is_some_and(|(_, b)| b.as_slice() == b"2020-01-02T00:00:00Z"))
        );
    }
}
