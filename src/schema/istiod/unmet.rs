//! Values of an AuthorizationPolicy that no request has. istiod takes them, and a `DENY` by one denies nothing.

use super::look::{Found, Look, shown};

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
            match when.text("key") {
                "source.principal" => of(found, &when, ["values", "notValues"], principal),
                "request.auth.principal" => of(found, &when, ["values", "notValues"], request_principal),
                _ => {}
            }
        }
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

fn principal(text: &str) -> Option<Unmet> {
    let plain = text.strip_prefix("spiffe://")?;
    Some(("a principal is written without `spiffe://`", format!("write `{plain}`")))
}

fn request_principal(text: &str) -> Option<Unmet> {
    let is_met = text.contains(['/', '*']);
    (!is_met).then(|| {
        (
            "it is the issuer and the subject of a token",
            format!("write `issuer/{text}`, or `*` for any token"),
        )
    })
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
    is_small.then(|| ("methods are in capitals", format!("write `{}`", text.to_uppercase())))
}

fn path(text: &str) -> Option<Unmet> {
    if let Some((plain, _)) = text.split_once('?') {
        return Some(("a query is no part of a path", format!("write `{plain}`")));
    }
    let path = text
        .split_once("://")
        .map_or(text, |(_, rest)| rest.find('/').map_or("", |at| rest.get(at..).unwrap_or_default()));
    let begins = text.starts_with(['/', '*']);
    (!begins).then(|| ("a path begins with `/`", format!("write `/{}`", path.trim_start_matches('/'))))
}

fn host(text: &str) -> Option<Unmet> {
    let plain = text.split_once("://").map_or(text, |(_, rest)| rest);
    let plain = plain.split('/').next().unwrap_or_default();
    text.contains('/').then(|| ("a host is a name, without scheme and path", format!("write `{plain}`")))
}
