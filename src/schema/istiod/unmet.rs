//! Values of an AuthorizationPolicy that no request has. istiod takes them, and a `DENY` by one denies nothing.

use super::look::{Found, Look, shown};
use super::source::no_path;

/// The rules of a policy.
pub(super) fn check(found: &mut Found, spec: &Look<'_>) {
    for rule in spec.items("rules") {
        for from in rule.items("from") {
            let Some(source) = from.field("source") else { continue };
            of(found, &source, ["principals", "notPrincipals"], principal);
            of(found, &source, ["requestPrincipals", "notRequestPrincipals"], request_principal);
        }
        for to in rule.items("to") {
            let Some(operation) = to.field("operation") else { continue };
            of(found, &operation, ["methods", "notMethods"], method);
            of(found, &operation, ["paths", "notPaths"], path);
            of(found, &operation, ["hosts", "notHosts"], host);
        }
        for when in rule.items("when") {
            if let Some(unmet) = condition(when.text("key")) {
                of(found, &when, ["values", "notValues"], unmet);
            }
        }
    }
}

/// What to ask of the values of a condition. Namespaces may hold `*` anywhere, and addresses and ports are judged elsewhere.
fn condition(key: &str) -> Option<fn(&str) -> Option<Unmet>> {
    // `*/*` and `bytes */100` are what these headers say themselves.
    const WITH_STARS: [&str; 3] = ["accept", "content-range", "content-type"];
    let header = key.strip_prefix("request.headers[").and_then(|rest| rest.strip_suffix(']'));
    match key {
        "source.principal" => Some(principal),
        "request.auth.principal" => Some(request_principal),
        "request.auth.audiences" | "request.auth.presenter" | "connection.sni" => Some(starred),
        _ if key.starts_with("request.auth.claims[") => Some(claim),
        _ if key.starts_with("experimental.envoy.filters.") => {
            Some(|text| starred(text.trim_matches(['[', ']'])))
        }
        _ => header
            .filter(|name| !WITH_STARS.iter().any(|known| name.eq_ignore_ascii_case(known)))
            .map(|_| starred as fn(&str) -> Option<Unmet>),
    }
}

/// Why no request has a value, and what to write instead.
type Unmet = (&'static str, String);

/// Warns of values in two lists; what Flux puts in for a variable is not known.
fn of(found: &mut Found, holder: &Look<'_>, fields: [&'static str; 2], unmet: fn(&str) -> Option<Unmet>) {
    for field in fields {
        for item in holder.items(field) {
            let text = item.value();
            let unmet = Some(text).filter(|text| !text.is_empty() && !text.contains("${")).and_then(unmet);
            if let Some((why, help)) = unmet {
                found
                    .at(&item, format!("is {}, which no request has: {why}", shown(text)))
                    .ignored()
                    .help(help);
            }
        }
    }
}

/// A `*` that is neither all of a value nor its one end.
fn starred(text: &str) -> Option<Unmet> {
    let is_met = match text.matches('*').count() {
        0 => true,
        1 => text.starts_with('*') || text.ends_with('*'),
        _ => false,
    };
    let help = "write values that have one `*`, at an end: `a*` or `*a`";
    (!is_met).then(|| ("`*` is any text at one end only, and itself elsewhere", help.to_owned()))
}

/// A claim of a token. Permissions may be written with `*` in the token itself, as `orders:*:read`.
fn claim(text: &str) -> Option<Unmet> {
    if text.split(':').any(|part| part == "*") { None } else { starred(text) }
}

fn principal(text: &str) -> Option<Unmet> {
    let Some(plain) = text.strip_prefix("spiffe://") else { return starred(text) };
    Some(("a principal is written without `spiffe://`", format!("write `{plain}`")))
}

fn request_principal(text: &str) -> Option<Unmet> {
    if text.contains(['/', '*']) {
        return starred(text);
    }
    let help = format!("write `issuer/{text}`, or `*` for any token");
    Some(("it is the issuer and the subject of a token", help))
}

fn method(text: &str) -> Option<Unmet> {
    let parts: Vec<String> = text
        .split([',', ' ', '|'])
        .filter(|part| !part.is_empty())
        .map(|part| format!("\"{}\"", part.to_uppercase()))
        .collect();
    if parts.len() > 1 {
        return Some(("a method is one word", format!("write them side by side: `{}`", parts.join(" "))));
    }
    let is_small = text.contains(|c: char| c.is_ascii_lowercase());
    if is_small {
        return Some(("methods are in capitals", format!("write `{}`", text.to_uppercase())));
    }
    starred(text)
}

fn path(text: &str) -> Option<Unmet> {
    if let Some((plain, _)) = text.split_once('?') {
        return Some(("a query is no part of a path", format!("write `{plain}`")));
    }
    let path = text
        .split_once("://")
        .map_or(text, |(_, rest)| rest.find('/').map_or("", |at| rest.get(at..).unwrap_or_default()));
    let begins = text.starts_with(['/', '*']);
    if !begins {
        return Some(("a path begins with `/`", format!("write `/{}`", path.trim_start_matches('/'))));
    }
    let is_template = text.contains("{*}") || text.contains("{**}");
    let (why, help) = starred(text).filter(|_| !is_template)?;
    Some((why, template(text).map_or(help, |path| format!("write `{path}`"))))
}

/// A path whose parts are `*`, as Istio writes it.
fn template(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.strip_prefix('/')?.split('/').collect();
    let (last, first) = parts.split_last()?;
    let mut path = String::new();
    for part in first {
        path += if *part == "*" { "/{*}" } else { "/" };
        path += if *part == "*" { "" } else { part };
    }
    path += match *last {
        "*" | "**" if first.contains(&"*") => "/{**}",
        "**" => "/*",
        _ => "/",
    };
    path += if ["*", "**"].contains(last) { "" } else { last };
    (path.matches('*').count() == 1 || no_path(&path).is_none() && path.contains('{')).then_some(path)
}

fn host(text: &str) -> Option<Unmet> {
    let plain = text.split_once("://").map_or(text, |(_, rest)| rest);
    let plain = plain.split('/').next().unwrap_or_default();
    if text.contains('/') {
        return Some(("a host is a name, without scheme and path", format!("write `{plain}`")));
    }
    starred(text)
}
