//! Values into which Envoy puts something: those of headers that routes set and add, and tags of traces.

use super::operator;
use crate::diag::{Code, Severity};
use crate::schema::look::{Found, Look, shown};

/// The headers of a VirtualService's routes and destinations.
pub(super) fn virtual_service(found: &mut Found, spec: &Look<'_>) {
    for http in spec.items("http") {
        both_sides(found, &http);
        for to in http.items("route") {
            both_sides(found, &to);
        }
    }
}

fn both_sides(found: &mut Found, holder: &Look<'_>) {
    let Some(headers) = holder.field("headers") else { return };
    for side in ["request", "response"] {
        let Some(side) = headers.field(side) else { continue };
        for change in ["set", "add"] {
            for (_, value) in side.entries(change) {
                self::value(found, &value, "all routes of the port", Severity::Error);
            }
        }
    }
}

/// The tags of a Telemetry's traces.
pub(super) fn telemetry(found: &mut Found, spec: &Look<'_>) {
    for tracing in spec.items("tracing") {
        for (_, tag) in tracing.entries("customTags") {
            if let Some(formatter) = tag.field("formatter")
                && let Some(value) = formatter.field("value")
            {
                self::value(found, &value, "the whole listener", Severity::Error);
            }
        }
    }
}

/// The headers of a route of Gateway API's. Another controller than Istio may read it, so it is a warning.
pub(super) fn gateway_api(found: &mut Found, spec: &Look<'_>) {
    for rule in spec.items("rules") {
        for filter in rule.items("filters") {
            filters(found, &filter);
        }
        for backend in rule.items("backendRefs") {
            for filter in backend.items("filters") {
                filters(found, &filter);
            }
        }
    }
}

fn filters(found: &mut Found, filter: &Look<'_>) {
    for side in ["requestHeaderModifier", "responseHeaderModifier"] {
        let Some(side) = filter.field(side) else { continue };
        for change in ["set", "add"] {
            for header in side.items(change) {
                if let Some(value) = header.field("value") {
                    self::value(found, &value, "all routes of the port under Istio", Severity::Warning);
                }
            }
        }
    }
}

fn value(found: &mut Found, place: &Look<'_>, lost: &str, severity: Severity) {
    let text = place.value();
    // What Flux puts in for a variable is not known.
    if text.contains("${") {
        return;
    }
    let Some(unread) = operator::unread(text) else { return };
    let wrong =
        found.at(place, format!("is {}, for which Envoy refuses {lost}: {}", shown(text), unread.why));
    wrong.code = Code::UNKNOWN_VARIABLE;
    wrong.severity = severity;
    wrong.help(unread.help);
}
