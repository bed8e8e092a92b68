//! Strings with a form of their own: regular expressions, names and values of headers, protocols, lengths of time.

use super::look::{Found, Look, shown};
use crate::schema::duration::{MILLISECOND, nanoseconds};
use crate::sops::Pattern;

/// The longest regular expression, in bytes.
const LONGEST: usize = 1024;
/// How often another reader than Go's may be trusted to agree: deeper groups and higher counts it may refuse for their size.
const DEEPEST: usize = 200;

/// Why istiod refuses a regular expression.
pub(super) fn no_regex(text: &str) -> Option<String> {
    if text.len() > LONGEST {
        return Some(format!("has {} characters, and at most {LONGEST} are taken", text.len()));
    }
    unread_regex(text)
}

/// Why RE2, Go's or Envoy's, can't read a regular expression. Where it and our own reader may differ, it is taken.
pub(in crate::schema) fn unread_regex(text: &str) -> Option<String> {
    let problem = Pattern::new(text).err()?.problem;
    let is_large = text.matches('(').count() > DEEPEST
        || text.split(|c: char| !c.is_ascii_digit()).any(|n| n.parse::<usize>().is_ok_and(|n| n > DEEPEST));
    // These say that the two read it differently, not that it is wrong.
    let is_unsure = problem.contains("this tool") || (problem.contains("compiled") && is_large);
    let is_broken = problem.contains("compiled");
    (!is_unsure).then(|| if is_broken { "is no regular expression".to_owned() } else { problem.to_owned() })
}

/// A field that holds a regular expression.
pub(super) fn regex(found: &mut Found, look: &Look<'_>, field: &'static str) {
    let Some(place) = look.field(field) else { return };
    let text = place.value();
    if text.is_empty() {
        found.at(&place, "is empty, and a regular expression must not be");
    } else if let Some(problem) = no_regex(text) {
        found
            .at(&place, format!("is {}, which {problem}", shown(text)))
            .help("Istio reads regular expressions as RE2: https://github.com/google/re2/wiki/Syntax");
    }
}

/// `exact`, `prefix` or `regex`, where a prefix must not be empty.
pub(super) fn matcher(found: &mut Found, look: &Look<'_>) {
    if let Some(prefix) = look.field("prefix").filter(|prefix| prefix.value().is_empty()) {
        found.at(&prefix, "is empty, and a prefix must not be here");
    }
    regex(found, look, "regex");
}

/// The characters of a header's name. Go reads the `+-.` of its own list as a range, which lets `,` in.
fn is_header_char(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+,-.^_`|~".contains(&b)
}

/// The name of a header of HTTP.
pub(super) fn is_header(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(is_header_char)
}

/// Whether a header's name asks for a claim of a token: `@request.auth.claims.sub` or `@request.auth.claims[sub]`.
pub(super) fn is_claim(name: &str) -> bool {
    const START: &str = "@request.auth.claims";
    let Some((start, rest)) = name.split_at_checked(START.len()) else { return false };
    start.eq_ignore_ascii_case(START)
        && rest.len() > 1
        && (rest.starts_with('.') || (rest.starts_with('[') && rest.ends_with(']') && rest.len() > 2))
}

/// Whether a matcher may ask for a header.
pub(super) fn is_asked_header(name: &str) -> bool {
    let pseudo = [":method", ":scheme", ":authority", ":path", ":status"];
    is_claim(name) || pseudo.contains(&name) || is_header(name)
}

/// Why a value can't be that of a header, into which Envoy puts what stands between two `%`.
pub(super) fn no_header_value(value: &str) -> Option<&'static str> {
    if value.chars().any(|c| (c < ' ' && c != '\t') || c == '\u{7f}') {
        return Some("has a control character");
    }
    if has_open_variable(value.as_bytes()) {
        return Some("has a `%` that begins no variable; a plain one is written `%%`");
    }
    None
}

/// Whether a `%` begins what does not end as a variable of Envoy's: `%NAME%` or `%NAME(…)%`.
fn has_open_variable(mut rest: &[u8]) -> bool {
    while let Some(start) = rest.iter().position(|b| *b == b'%') {
        rest = &rest[start + 1..];
        if let Some(after) = rest.strip_prefix(b"%") {
            rest = after;
            continue;
        }
        let Some(end) = rest.iter().position(|b| [b'%', b'('].contains(b)) else { return true };
        let is_call = rest.get(end) == Some(&b'(');
        rest = &rest[end + 1..];
        if is_call {
            // What stands in the brackets is left to Envoy; an end must come.
            let Some(close) = rest.windows(2).position(|two| two == b")%") else {
                return !rest.contains(&b')') || !rest.contains(&b'%');
            };
            rest = &rest[close + 2..];
        }
    }
    false
}

/// What a protocol is to Istio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// Requests that Envoy reads.
    Http,
    /// TLS, with or without requests in it.
    Tls,
    /// Anything else.
    Other,
}

/// The protocol of a port, if Istio knows it.
pub(super) fn protocol(text: &str) -> Option<Protocol> {
    Some(match text.to_ascii_lowercase().as_str() {
        "http" | "http2" | "grpc" | "grpc-web" | "http_proxy" => Protocol::Http,
        "https" | "tls" => Protocol::Tls,
        "tcp" | "udp" | "mongo" | "redis" | "mysql" => Protocol::Other,
        _ => return None,
    })
}

/// A field that names a protocol.
pub(super) fn known_protocol(found: &mut Found, look: &Look<'_>) {
    if let Some(place) = look.field("protocol").filter(|place| protocol(place.value()).is_none()) {
        if place.value().is_empty() {
            return;
        }
        found.at(&place, format!("can't be {}, which is no protocol of Istio's", shown(place.value()))).help(
            "it is one of HTTP, HTTPS, HTTP2, GRPC, GRPC-WEB, HTTP_PROXY, TLS, TCP, UDP, MONGO, REDIS, MYSQL",
        );
    }
}

/// A length of time in a field, to the millisecond.
pub(super) fn duration(found: &mut Found, look: &Look<'_>, field: &'static str) {
    let Some(place) = look.field(field) else { return };
    // Shorter ones and other texts the schema refuses.
    if nanoseconds(place.value()).is_some_and(|length| length >= MILLISECOND && length % MILLISECOND != 0) {
        found.at(&place, format!("is {}, and Istio counts in whole milliseconds", shown(place.value())));
    }
}

/// A port in a field, from 1 to 65535.
pub(super) fn port(found: &mut Found, look: &Look<'_>, field: &'static str) {
    if let Some(place) = look.field(field)
        && let Some(number) = place.number().filter(|number| !(1..=65535).contains(number))
    {
        found.at(&place, format!("must be a port, 1 to 65535, and is `{number}`"));
    }
}

/// The absolute path of a socket, behind `unix://`.
pub(super) fn is_socket(path: &str) -> bool {
    path.starts_with('@') || (path.starts_with('/') && !path.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_expressions_are_refused_where_go_surely_refuses_them() {
        for text in ["", "/a.*", "^(a|b)$", r"\d+", r"\pL", r"\p{Klingon}", r"\Ba", "(?P<1a>x)", "a{2,3}"] {
            assert_eq!(no_regex(text), None, "{text}");
        }
        for text in ["(", "[a", "(?!b)", "a**", r"\1", "*a", "[b-a]", "x{2,1}", r"a\", &"a".repeat(1025)] {
            assert!(no_regex(text).is_some(), "{text}");
        }
        assert_eq!(no_regex(&format!("{}a{}", "(".repeat(300), ")".repeat(300))), None);
        assert_eq!(no_regex(r"(?:\pL\pL\pL){900}"), None);
    }

    #[test]
    fn headers_have_names_and_values() {
        for name in ["a", "x-a_b.c", "@request.auth.claims.sub", "@request.auth.claims[a][b]", ":path"] {
            assert!(is_asked_header(name), "{name}");
        }
        for name in ["", "a b", "a:", ":host", "@request.auth.claims", "@request.auth.claims[]", "ä"] {
            assert!(!is_asked_header(name), "{name}");
        }
        for value in ["", "a", "100%%", "%HOSTNAME%", "a %REQ(x)% b", r#"%A(["b", "c"])%"#, "a\tb", "ü"] {
            assert_eq!(no_header_value(value), None, "{value}");
        }
        for value in ["100%", "%A", "%A(b", "a\nb", "%START_TIME%%"] {
            assert!(no_header_value(value).is_some(), "{value}");
        }
    }
}
