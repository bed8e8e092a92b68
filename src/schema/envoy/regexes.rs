//! Regular expressions in routes of Gateway API's. Their schemas take any text there, and so does istiod, which hands it on.

use crate::diag::Severity;
use crate::schema::istiod::unread_regex;
use crate::schema::look::{Found, Look, shown};

const REGEX: &str = "RegularExpression";

/// What the rules of a route match. Another controller than Istio may read it in another way, so it is a warning.
pub(super) fn gateway_api(found: &mut Found, spec: &Look<'_>) {
    for rule in spec.items("rules") {
        for matched in rule.items("matches") {
            if let Some(path) = matched.field("path") {
                typed(found, &path);
            }
            for list in ["headers", "queryParams"] {
                matched.items(list).for_each(|item| typed(found, &item));
            }
            if let Some(method) = matched.field("method") {
                self::method(found, &method);
            }
        }
    }
}

/// A `value` whose `type` says that it is a regular expression.
fn typed(found: &mut Found, holder: &Look<'_>) {
    if holder.text("type") == REGEX
        && let Some(value) = holder.field("value")
    {
        regex(found, &value, value.value());
    }
}

/// Istio makes one expression of a call's service and method.
fn method(found: &mut Found, method: &Look<'_>) {
    if method.text("type") != REGEX {
        return;
    }
    let said = |name| method.field(name).filter(|field| !field.value().is_empty());
    match (said("service"), said("method")) {
        (Some(service), Some(call)) => {
            let whole = format!("/{}/{}", service.value(), call.value());
            let is_service = unread_regex(service.value()).is_some();
            regex(found, if is_service { &service } else { &call }, &whole);
        }
        (Some(service), None) => regex(found, &service, &format!("/{}/.+", service.value())),
        (None, Some(call)) => regex(found, &call, &format!("/[^/]+/{}", call.value())),
        (None, None) => {}
    }
}

fn regex(found: &mut Found, place: &Look<'_>, text: &str) {
    // What Flux puts in for a variable is not known.
    if text.contains("${") {
        return;
    }
    let Some(problem) = unread_regex(text) else { return };
    let what = shown(place.value());
    let wrong = found.at(
        place,
        format!("is {what}, for which Envoy refuses all routes of the port under Istio: it {problem}"),
    );
    wrong.severity = Severity::Warning;
    wrong.help("Envoy reads regular expressions as RE2: https://github.com/google/re2/wiki/Syntax");
}
