//! Values that a route asks for and no request has: istiod takes them, and the route is never chosen.

use super::look::{Found, Look, shown};

/// Why no request has a value, and what to write instead.
type Unmet = (&'static str, String);

/// Why a `*` is met by nothing.
const LITERAL: &str = "`*` stands for itself here";

/// What one matcher of a VirtualService asks for.
pub(super) fn check(found: &mut Found, matched: &Look<'_>) {
    for (field, unmet) in [
        ("uri", uri as fn(&str, bool) -> Option<Unmet>),
        ("method", |text, _| method(text)),
        ("scheme", |text, _| scheme(text)),
        ("authority", |text, _| authority(text)),
    ] {
        if let Some(asked) = matched.field(field) {
            of(found, &asked, unmet);
        }
    }
    for field in ["headers", "withoutHeaders"] {
        for (name, asked) in matched.entries(field) {
            match name {
                ":method" => of(found, &asked, |text, _| method(text)),
                ":scheme" => of(found, &asked, |text, _| scheme(text)),
                ":authority" => of(found, &asked, |text, _| authority(text)),
                _ => {}
            }
        }
    }
}

/// The paths of an HTTPRoute's rules.
pub(super) fn http_route(found: &mut Found, object: &Look<'_>) {
    let Some(spec) = object.field("spec") else { return };
    for rule in spec.items("rules") {
        for matched in rule.items("matches") {
            let Some(path) = matched.field("path") else { continue };
            let is_prefix = match path.text("type") {
                "" | "PathPrefix" => true,
                "Exact" => false,
                _ => continue,
            };
            if let Some(value) = path.field("value") {
                told(found, &value, |text| pattern(text, is_prefix, "`type=RegularExpression`"));
            }
        }
    }
}

fn of(found: &mut Found, asked: &Look<'_>, unmet: fn(&str, bool) -> Option<Unmet>) {
    for (field, is_prefix) in [("exact", false), ("prefix", true)] {
        if let Some(value) = asked.field(field) {
            told(found, &value, |text| unmet(text, is_prefix));
        }
    }
}

/// Warns of a value; what Flux puts in for a variable is not known.
fn told(found: &mut Found, value: &Look<'_>, unmet: impl Fn(&str) -> Option<Unmet>) {
    let text = value.value();
    let known = Some(text).filter(|text| !text.is_empty() && !text.contains("${"));
    if let Some((why, help)) = known.and_then(unmet) {
        found.at(value, format!("is {}, which no request has: {why}", shown(text))).ignored().help(help);
    }
}

fn method(text: &str) -> Option<Unmet> {
    if text == "*" {
        return Some((LITERAL, "leave it out: then every method is meant".to_owned()));
    }
    let parts: Vec<&str> = text.split([',', ' ', '|']).filter(|part| !part.is_empty()).collect();
    if parts.len() > 1 {
        let help = format!("write `regex` with `{}`", parts.join("|").to_uppercase());
        return Some(("a method is one word", help));
    }
    let is_small = text.contains(|c: char| c.is_ascii_lowercase());
    is_small.then(|| ("methods are in capitals", format!("write `{}`", text.to_uppercase())))
}

fn scheme(text: &str) -> Option<Unmet> {
    if text == "*" {
        return Some((LITERAL, "leave it out: then both schemes are meant".to_owned()));
    }
    let plain = text.split(':').next().unwrap_or_default().to_ascii_lowercase();
    (plain != text).then(|| ("it is `http` or `https`", format!("write `{plain}`")))
}

fn authority(text: &str) -> Option<Unmet> {
    if text.contains('/') {
        let plain = text.split_once("://").map_or(text, |(_, rest)| rest);
        let plain = plain.split('/').next().unwrap_or_default();
        return Some(("a host is a name, without scheme and path", format!("write `{plain}`")));
    }
    text.contains('*').then(|| {
        let help = match text.strip_prefix('*') {
            Some("") => "leave it out: then every host is meant".to_owned(),
            Some(rest) if !rest.contains('*') => {
                format!("write `regex` with `.*{}`", rest.replace('.', "\\."))
            }
            _ => "write `regex`, in which `.*` is any text".to_owned(),
        };
        (LITERAL, help)
    })
}

/// `OPTIONS *` is the one request whose path has no `/`.
fn uri(text: &str, is_prefix: bool) -> Option<Unmet> {
    if text == "*" {
        let help = "leave it out, or write `/`: then every path is meant".to_owned();
        return is_prefix.then_some((LITERAL, help));
    }
    if text.starts_with('/') {
        return pattern(text, is_prefix, "`regex`");
    }
    let path = match text.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"),
        None => text,
    };
    Some(("a path begins with `/`", format!("write `/{}`", path.trim_start_matches('/'))))
}

/// A path with a query, or with a `*` for a part or for what comes after.
fn pattern(text: &str, is_prefix: bool, by: &str) -> Option<Unmet> {
    if let Some((plain, _)) = text.split_once('?') {
        return Some(("a query is no part of a path", format!("write `{plain}`")));
    }
    let is_pattern = text.ends_with('*') || text.split('/').any(|part| part == "*");
    is_pattern.then(|| {
        let start = text.trim_end_matches('*');
        let help = if start.contains('*') {
            let rest = if is_prefix { ".*" } else { "" };
            format!("write {by} with `{}{rest}`", text.replace('.', "\\.").replace('*', "[^/]+"))
        } else if is_prefix {
            format!("write `{start}`: a prefix needs no `*`")
        } else {
            format!("write a prefix, `{start}`")
        };
        (LITERAL, help)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_write_instead_is_named() {
        let help = |unmet: Option<Unmet>| unmet.map(|(_, help)| help).unwrap_or_default();
        for (said, wanted) in [
            (uri("api", true), "`/api`"),
            (uri("https://a.example", false), "`/`"),
            (uri("https://a.example/b", false), "`/b`"),
            (uri("/api/*", true), "`/api/`"),
            (uri("/api/*", false), "a prefix, `/api/`"),
            (uri("/v1.0/*/b", true), r"`/v1\.0/[^/]+/b.*`"),
            (uri("/a?b", false), "`/a`"),
            (method("get|put"), "`GET|PUT`"),
            (scheme("HTTPS://"), "`https`"),
            (authority("*.a.example"), r"`.*\.a\.example`"),
            (authority("https://a.example/x"), "`a.example`"),
        ] {
            let help = help(said);
            assert!(help.contains(wanted), "{help}");
        }
    }
}
