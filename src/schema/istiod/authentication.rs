//! RequestAuthentications and PeerAuthentications.

use serde_json::Value as Json;

use super::look::{Found, Look, shown};
use super::{policy, text};
use crate::resource::MESH;

/// A whole RequestAuthentication.
pub(super) fn request(found: &mut Found, object: &Look<'_>) {
    let Some(spec) = object.field("spec") else { return };
    policy::target(found, &spec);
    for rule in spec.items("jwtRules") {
        self::rule(found, &rule);
    }
}

/// A whole PeerAuthentication.
pub(super) fn peer(found: &mut Found, object: &Look<'_>, namespace: &str) {
    let Some(spec) = object.field("spec") else { return };
    if let Some(selector) = spec.field("selector") {
        policy::match_labels(found, &selector);
        if namespace == MESH && selector.count("matchLabels") > 0 {
            let message = format!(
                "has a `selector`, and Istio does nothing with one of `{MESH}` that chooses workloads"
            );
            found
                .of(&spec, "selector", message)
                .ignored()
                .help("leave it out, and it holds for the whole mesh; or say it in a namespace of workloads");
        }
    }
}

fn rule(found: &mut Found, rule: &Look<'_>) {
    // The old name is read as the new one.
    let field = if rule.has("jwks_uri") { "jwks_uri" } else { "jwksUri" };
    let uri = rule.text(field);
    if rule.text("issuer").is_empty() && uri.is_empty() {
        found
            .missing(rule, "issuer", "has neither an `issuer` nor a `jwksUri`")
            .help("say who issues the tokens, as `https://id.example.com`");
    }
    if !uri.is_empty() && !is_web(uri) {
        found
            .of(
                rule,
                field,
                format!(
                    "has the `{field}` {}, which does not begin with `https://` or `http://`",
                    shown(uri)
                ),
            )
            .help("write the address of the issuer's keys");
    }
    if let Some(keys) = rule.field("jwks").filter(|keys| !keys.value().is_empty() && !are_keys(keys.value()))
    {
        found
            .at(&keys, "is no set of keys: no JSON object with `keys` or `kty`")
            .help("paste what the issuer serves, as `{\"keys\": […]}`; an address stands in `jwksUri`");
    }
    for (field, what) in
        [("audiences", "an audience"), ("fromParams", "a parameter"), ("fromCookies", "a cookie")]
    {
        for item in rule.items(field).filter(|item| item.value().is_empty()) {
            found.at(&item, format!("is empty, and {what} has a name"));
        }
    }
    for header in rule.items("fromHeaders").filter(|header| header.text("name").is_empty()) {
        found.missing(&header, "name", "has no `name`");
    }
    for claim in rule.items("outputClaimToHeaders") {
        let header = claim.text("header");
        if claim.text("claim").is_empty() || header.is_empty() {
            found.at(&claim, "must have a `claim` and a `header`");
        } else if !header.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)) {
            found.of(&claim, "header", format!("has the header {}, which is no name of one", shown(header)));
        }
    }
    text::duration(found, rule, "timeout");
}

fn is_web(uri: &str) -> bool {
    uri.split_once(':')
        .is_some_and(|(scheme, _)| ["http", "https"].iter().any(|web| scheme.eq_ignore_ascii_case(web)))
}

/// Whether a text may be a set of keys, or a key. What is within them is left to istiod.
fn are_keys(text: &str) -> bool {
    match serde_json::from_str::<Json>(text) {
        Ok(Json::Object(fields)) => fields.contains_key("keys") || fields.contains_key("kty"),
        _ => false,
    }
}
