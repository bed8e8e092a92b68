//! Formats of strings, as the API server holds them. It takes any string in a format that it does not know, and in some that it
//! knows more than their names promise; where its own releases differ, so does this.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::time::Timestamp;

/// What a string of a format must be, if it is not; formats that the API server does not check hold.
pub(super) fn misses(format: &str, text: &str) -> Option<&'static str> {
    // The API server knows `date-time` as `datetime` too.
    let (holds, what) = match format.replace('-', "").as_str() {
        "byte" => (!text.is_empty() && STANDARD.decode(text).is_ok(), "base64"),
        "datetime" => (Timestamp::parse(text).is_ok(), "a moment such as `2026-11-25T12:00:00Z`"),
        "date" => (is_date(text), "a day such as `2026-11-25`"),
        "duration" => (is_duration(text), "a length of time such as `90s`, `1h30m` or `2 days`"),
        "ipv4" => (text.parse::<Ipv4Addr>().is_ok(), "an IPv4 address"),
        "ipv6" => (text.parse::<Ipv6Addr>().is_ok(), "an IPv6 address"),
        "cidr" => (is_cidr(text), "a range of addresses such as `10.0.0.0/8`"),
        "mac" => (is_mac(text), "a MAC address such as `00:00:5e:00:53:01`"),
        "hostname" => (is_hostname(text), "a host name such as `shop.example.com`"),
        "uri" => (is_uri(text), "a URI such as `https://shop.example/a`, or a path from `/`"),
        "email" => (is_email(text), "an e-mail address such as `ops@example.com`"),
        "uuid" => (is_uuid(text, None), "a UUID"),
        "uuid3" => (is_uuid(text, Some('3')), "a UUID of version 3"),
        "uuid4" => (is_uuid(text, Some('4')), "a UUID of version 4"),
        "uuid5" => (is_uuid(text, Some('5')), "a UUID of version 5"),
        _ => return None,
    };
    (!holds).then_some(what)
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && Timestamp::parse(&format!("{text}T00:00:00Z")).is_ok()
}

/// A length of time as Go writes it, or a text in which a number stands before a unit such as `day` or `weeks`.
fn is_duration(text: &str) -> bool {
    const UNITS: [&str; 13] = ["ns", "us", "µs", "ms", "s", "m", "h", "hr", "d", "w", "wk", "min", "sec"];
    const BEGIN: [&str; 8] = ["nano", "micro", "milli", "sec", "min", "hour", "day", "week"];
    let named = |unit: &str| {
        let unit = unit.to_lowercase();
        UNITS.contains(&unit.as_str()) || BEGIN.iter().any(|begin| unit.starts_with(begin))
    };
    let behind_numbers = text.char_indices().filter_map(|(at, c)| {
        let rest = text.get(at + c.len_utf8()..)?;
        let unit = rest.trim_start();
        (c.is_ascii_digit() && unit.starts_with(is_of_unit)).then_some(unit)
    });
    let unit = |rest: &str| rest.chars().take_while(|c| is_of_unit(*c)).collect::<String>();
    is_go_duration(text) || behind_numbers.map(unit).any(|unit| named(&unit))
}

fn is_of_unit(c: char) -> bool {
    c.is_ascii_alphabetic() || c == 'µ'
}

/// `1h30m`, `-1.5s` or `0`.
fn is_go_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    let mut any = false;
    while !rest.is_empty() {
        let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number = &rest[..rest.len() - unit.len()];
        let next = unit.trim_start_matches(|c: char| !c.is_ascii_digit() && c != '.');
        let digits = number.matches(|c: char| c.is_ascii_digit()).count();
        let unit = &unit[..unit.len() - next.len()];
        if digits == 0 || number.matches('.').count() > 1 {
            return false;
        }
        if !["ns", "us", "µs", "μs", "ms", "s", "m", "h"].contains(&unit) {
            return false;
        }
        (rest, any) = (next, true);
    }
    any
}

fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    let most = if address.is_ipv4() { 32 } else { 128 };
    bits.bytes().all(|b| b.is_ascii_digit()) && bits.parse::<u8>().is_ok_and(|bits| bits <= most)
}

/// 6, 8 or 20 bytes, in pairs with `:` or `-` between them or in fours with `.`.
fn is_mac(text: &str) -> bool {
    let (separator, width) = match text.chars().find(|c| !c.is_ascii_hexdigit()) {
        Some(separator @ (':' | '-')) => (separator, 2),
        Some('.') => ('.', 4),
        _ => return false,
    };
    let parts: Vec<&str> = text.split(separator).collect();
    let even = |part: &&str| part.len() == width && part.bytes().all(|b| b.is_ascii_hexdigit());
    parts.iter().all(even) && matches!(parts.len() * width / 2, 6 | 8 | 20)
}

/// Labels of letters, digits, symbols and `-` within, the last of several of two characters at least.
fn is_hostname(text: &str) -> bool {
    let taken = |c: char| c.is_ascii_alphanumeric() || "-$+<=>^`|~".contains(c) || !c.is_ascii();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(taken)
    };
    let last = text.rsplit_once('.').map(|(_, last)| last.chars().count());
    text.len() <= 255 && text.split('.').all(is_label) && last != Some(1)
}

/// A path from `/`, or whatever has a scheme.
fn is_uri(text: &str) -> bool {
    if text.chars().any(|c| c.is_ascii_control()) {
        return false;
    }
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    };
    let path = match text.split_once(':') {
        _ if text.starts_with('/') => text,
        Some((scheme, rest)) if is_scheme(scheme) && !rest.starts_with('/') => return true,
        Some((scheme, rest)) if is_scheme(scheme) => match rest.strip_prefix("//") {
            Some(rest) => {
                let end = rest.find(['/', '?']).unwrap_or(rest.len());
                let (host, path) = rest.split_at(end);
                if host.contains([' ', '^', '`', '{', '}', '|', '\\']) {
                    return false;
                }
                path
            }
            None => rest,
        },
        _ => return text == "*",
    };
    let path = path.split('?').next().unwrap_or_default();
    path.split('%').skip(1).all(|rest| rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2)
}

/// An address as of RFC 5322. One with a name, a comment or quotes is only looked through for its `@`.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.trim().rsplit_once('@') else { return false };
    if text.contains(['<', '"', '(']) {
        return !domain.is_empty();
    }
    let is_atom = |atom: &str| {
        !atom.is_empty()
            && !atom.contains(|c: char| c.is_whitespace() || c.is_ascii_control())
            && !atom.contains([')', '>', ',', ':', ';', '@', '\\'])
    };
    let literal = domain.starts_with('[') && domain.ends_with(']');
    local.split('.').all(is_atom) && (literal || domain.split('.').all(is_atom))
}

/// 32 hex digits, with `-` between its groups or not; those of versions 4 and 5 have a variant.
fn is_uuid(text: &str, version: Option<char>) -> bool {
    let mut rest = text;
    for (at, width) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        if at > 0 {
            rest = rest.strip_prefix('-').unwrap_or(rest);
        }
        let Some((group, behind)) = rest.split_at_checked(width) else { return false };
        let first = group.chars().next().map(|c| c.to_ascii_lowercase());
        let fits = match (at, version) {
            (2, Some(_)) => first == version,
            (3, Some('4' | '5')) => matches!(first, Some('8' | '9' | 'a' | 'b')),
            _ => true,
        };
        if !fits || !group.bytes().all(|b| b.is_ascii_hexdigit()) {
            return false;
        }
        rest = behind;
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_held_as_the_api_server_does() {
        for (format, kept, broken) in [
            ("date", "2026-11-25 2024-02-29", "2026-13-01 2026-1-1 26-11-25 2026-11-25T12:00:00Z"),
            ("duration", "1h30m -1.5s 0 .5s 10ms 2days 1w 1HR 1µs", "5 abc 1x m s5 1.2.3 -"),
            ("cidr", "10.0.0.0/8 ::/0 10.0.0.1/32", "10.0.0.0 10.0.0.0/33 10.0.0/8 ::/129 ::/ 1.2.3.4/+8"),
            (
                "mac",
                "00:00:5e:00:53:01 02-00-5e-10-00-00-00-01 0000.5e00.5301",
                "00:00:5e:00:53 00:00-5e:00:53:01 0:00:5e:00:53:01 00005e005301 x",
            ),
            (
                "hostname",
                "a shop a-b shop.example.com 1.example.com a.b.io",
                "a_b a..b a.example. -a a- a.b x/y a:80 *.example.com",
            ),
            (
                "uri",
                "https://a.example/x?y=%zz /x * mailto:a@b urn:x https://a:80",
                "a.example x/y https://a|b/c https://a/%zz ://x 1a://b",
            ),
            ("email", "a@b.example <a@b.example>", "a a@ @b a@b@c a..b@c a@b. a,b@c"),
            (
                "uuid",
                "123e4567-e89b-12d3-a456-426614174000 123E4567e89b12d3a456426614174000",
                "123e4567-e89b-12d3-a456-42661417400 g23e4567-e89b-12d3-a456-426614174000 123e4567--e89b12d3a456426614174000",
            ),
            ("uuid4", "123e4567-e89b-42d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174000"),
            ("date-time", "2026-11-25T12:00:00Z", "2026-11-25"),
            ("datetime", "2026-11-25T12:00:00Z", "2026-11-25"),
        ] {
            for text in kept.split(' ') {
                assert_eq!(misses(format, text), None, "{format} {text}");
            }
            for text in broken.split(' ').chain([""]) {
                assert!(misses(format, text).is_some(), "{format} {text}");
            }
        }
        assert_eq!(misses("duration", "2 days"), None);
        assert!(misses("email", "a b@c").is_some() && misses("uri", "a b").is_some());
        assert_eq!(misses("password", ""), None);
    }

    /// No text is a reason to fall over.
    #[test]
    fn any_text_is_judged() {
        for format in ["date", "duration", "cidr", "mac", "hostname", "uri", "email", "uuid", "uuid5"] {
            for text in ["ü", "1µ", "µ1ü", "%", "a%ü", "[", "@", "12345678ü", "-", "1 ü", "://", "/ü%2"]
            {
                misses(format, text);
            }
        }
    }
}
