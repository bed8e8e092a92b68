//! Who calls, and conditions, of an AuthorizationPolicy's rule.

use super::look::{Found, Look, shown};
use super::policy::ranges;

const FIELDS: [&str; 14] = [
    "principals",
    "requestPrincipals",
    "namespaces",
    "ipBlocks",
    "remoteIpBlocks",
    "notPrincipals",
    "notRequestPrincipals",
    "notNamespaces",
    "notIpBlocks",
    "notRemoteIpBlocks",
    "serviceAccounts",
    "notServiceAccounts",
    "trustDomains",
    "notTrustDomains",
];

/// Whose requests a rule is about.
pub(super) fn check(found: &mut Found, source: &Look<'_>) {
    let is_asked = FIELDS.iter().any(|field| source.count(field) > 0);
    if !is_asked {
        found.at(source, "asks nothing").help("leave `from` out: then everybody is meant");
    }
    for field in FIELDS {
        no_empty(found, source, field);
        if is_asked && !field.starts_with("not") {
            no_empty_list(found, source, field, WIDER);
        }
    }
    for field in ["ipBlocks", "notIpBlocks", "remoteIpBlocks", "notRemoteIpBlocks"] {
        ranges(found, source, field);
    }
    for field in ["serviceAccounts", "notServiceAccounts"] {
        for account in source.items(field) {
            service_account(found, &account);
        }
    }
    for field in ["trustDomains", "notTrustDomains"] {
        for domain in source.items(field) {
            let text = domain.value();
            if text.contains('/') || !is_wildcard(text) {
                found
                    .at(&domain, format!("can't be {}, which is no trust domain", shown(text)))
                    .help("write one such as `cluster.local`; one `*` may stand at an end");
            }
        }
    }
}

/// What an empty list does beside others.
pub(super) const WIDER: &str = "the rule then holds for more";

/// A list without items, which is lost on the way to istiod. `so` is what comes of it.
pub(super) fn no_empty_list(found: &mut Found, holder: &Look<'_>, field: &'static str, so: &str) {
    if let Some(empty) = holder.field(field).filter(Look::is_empty_list) {
        found
            .at(&empty, format!("must not be empty: istiod takes it for one that is not there, and {so}"))
            .help(format!("fill it, or leave `{field}` out if everything is meant"));
    }
}

/// Items of a list that are empty.
pub(super) fn no_empty(found: &mut Found, holder: &Look<'_>, field: &'static str) {
    for item in holder.items(field).filter(|item| item.value().is_empty()) {
        found.at(&item, "must not be empty").help("leave it out; `*` is anything that is there");
    }
}

/// At most one `*`, at an end.
fn is_wildcard(text: &str) -> bool {
    match text.matches('*').count() {
        0 => true,
        1 => text.starts_with('*') || text.ends_with('*'),
        _ => false,
    }
}

fn service_account(found: &mut Found, place: &Look<'_>) {
    let text = place.value();
    let parts: Vec<&str> = text.split('/').collect();
    let right = !text.contains('*') && text.len() <= 320 && parts.len() <= 2;
    if !text.is_empty() && (!right || parts.iter().any(|part| part.is_empty())) {
        found
            .at(place, format!("can't be {}, which names no ServiceAccount", shown(text)))
            .help("write `name` or `namespace/name`, without `*`");
    }
}

/// Numbers of ports, as text.
pub(super) fn ports(found: &mut Found, holder: &Look<'_>, field: &'static str) {
    for port in holder.items(field).filter(|port| !port.value().is_empty()) {
        let digits = port.value().bytes().all(|b| b.is_ascii_digit());
        if !digits || port.value().parse::<u32>().is_ok_and(|port| port > 65535) || port.value().len() > 9 {
            found
                .at(&port, format!("can't be {}, which is no port", shown(port.value())))
                .help("ports are numbers in quotes, as \"8080\"; there are no ranges");
        }
    }
}

/// Why a path can't be asked for.
pub(super) fn no_path(path: &str) -> Option<&'static str> {
    let is_template = path.contains("{*}") || path.contains("{**}");
    let mut is_over = false;
    for part in path.trim_matches('/').split('/') {
        match part {
            "{*}" | "{**}" if is_over => return Some("goes on after `{**}`"),
            "{*}" => {}
            "{**}" => is_over = true,
            _ if part.contains(['{', '}']) => return Some("has braces beside `{*}` and `{**}`"),
            _ if is_template && !is_literal(part) => {
                return Some("has a part that no path with `{*}` or `{**}` can have");
            }
            _ => {}
        }
    }
    None
}

/// The characters of a path's part.
fn is_literal(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%!$&'()+,;:@=".contains(&b))
}

/// A condition of a rule.
pub(super) fn condition(found: &mut Found, when: &Look<'_>) {
    let key = when.text("key");
    if key.is_empty() {
        found.missing(when, "key", "has no `key`");
        return;
    }
    if when.count("values") == 0 && when.count("notValues") == 0 {
        found.missing(when, "values", "has neither `values` nor `notValues`");
        return;
    }
    let is_keyed = key.ends_with(']') && key.find('[').is_some_and(|open| open > 0 && open + 2 < key.len());
    let keyed = ["request.headers", "request.auth.claims", "experimental.envoy.filters."];
    if keyed.iter().any(|start| key.starts_with(start)) {
        if !is_keyed {
            found
                .of(when, "key", format!("asks for {}, which names nothing in `[…]`", shown(key)))
                .help("write it as `request.headers[x-user]` or `request.auth.claims[sub]`");
        }
    } else if let Some(why) = unknown(key) {
        found.of(when, "key", format!("asks for {}, {why}", shown(key))).help(
            "keys are request.headers[…], request.auth.claims[…], request.auth.principal, request.auth.audiences, \
             request.auth.presenter, source.ip, remote.ip, source.namespace, source.principal, source.serviceAccount, \
             source.trustDomain, destination.ip, destination.port and connection.sni",
        );
    }
    no_empty_list(found, when, "values", WIDER);
    for field in ["values", "notValues"] {
        no_empty(found, when, field);
        match key {
            "source.ip" | "remote.ip" | "destination.ip" => ranges(found, when, field),
            "destination.port" => ports(found, when, field),
            "source.serviceAccount" => {
                for account in when.items(field) {
                    service_account(found, &account);
                }
            }
            "source.trustDomain" => {
                for domain in when.items(field).filter(|domain| !is_wildcard(domain.value())) {
                    found.at(
                        &domain,
                        format!("can't be {}: one `*` may stand at an end", shown(domain.value())),
                    );
                }
            }
            _ => {}
        }
    }
}

/// Why nothing can be asked of a key.
fn unknown(key: &str) -> Option<&'static str> {
    const KNOWN: [&str; 11] = [
        "source.ip",
        "remote.ip",
        "source.namespace",
        "source.serviceAccount",
        "source.principal",
        "source.trustDomain",
        "request.auth.principal",
        "request.auth.audiences",
        "request.auth.presenter",
        "destination.ip",
        "destination.port",
    ];
    match key {
        "connection.sni" => None,
        _ if KNOWN.contains(&key) => None,
        "destination.namespace" => Some("which the policy's own namespace says"),
        _ if key.starts_with("destination.labels") => Some("which the policy's `selector` says"),
        _ => Some("which nothing is called"),
    }
}

#[cfg(test)]
mod tests {
    use super::no_path;

    #[test]
    fn paths_hold_templates_as_whole_parts() {
        for path in ["/", "*", "/a*", "*/a", "/a/{*}/b", "/{**}", "/a/{*}/{**}", "", "/a b", "/ü"] {
            assert_eq!(no_path(path), None, "{path}");
        }
        for path in ["/{**}/{*}", "/a{*}", "/{a}", "/{*}/a*", "/{*}/a b", "/{*}//a"] {
            assert!(no_path(path).is_some(), "{path}");
        }
    }
}
