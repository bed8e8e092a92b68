//! EnvoyFilters, as far as a patch can be judged without Envoy's own types.

use super::look::{Found, Look, shown};
use super::{sidecar, text};

/// Envoy's filter for HTTP, by its names of today and before.
const HTTP_FILTER: [&str; 2] =
    ["envoy.filters.network.http_connection_manager", "envoy.http_connection_manager"];

/// A whole EnvoyFilter.
pub(super) fn check(found: &mut Found, object: &Look<'_>) {
    let Some(spec) = object.field("spec") else { return };
    sidecar::workload_labels(found, &spec);
    for one in spec.items("configPatches") {
        let matched = one.field("match");
        if matched.is_some_and(|matched| matched.text("context") == "WAYPOINT") {
            continue;
        }
        patch(found, &one);
        if let Some(matched) = matched {
            self::matched(found, &one, &matched);
        }
    }
}

fn patch(found: &mut Found, one: &Look<'_>) {
    if ["", "INVALID"].contains(&one.text("applyTo")) {
        found.missing(one, "applyTo", "does not say what it applies to").help("write `applyTo`");
    }
    let Some(patch) = one.field("patch") else {
        found.missing(one, "patch", "has no `patch`");
        return;
    };
    let operation = patch.text("operation");
    if ["", "INVALID"].contains(&operation) {
        found
            .missing(&patch, "operation", "has no `operation`")
            .help("write one such as MERGE or INSERT_BEFORE");
    } else if operation != "REMOVE" && !patch.has("value") {
        found.missing(&patch, "value", format!("has no `value`, which the operation `{operation}` needs"));
    }
}

/// What is matched must be of the sort that is patched.
fn matched(found: &mut Found, one: &Look<'_>, matched: &Look<'_>) {
    if let Some(proxy) = matched.field("proxy")
        && !proxy.text("proxyVersion").is_empty()
    {
        text::regex(found, &proxy, "proxyVersion");
    }
    let apply_to = one.text("applyTo");
    let wanted = match apply_to {
        "LISTENER" | "FILTER_CHAIN" | "NETWORK_FILTER" | "HTTP_FILTER" => "listener",
        "ROUTE_CONFIGURATION" | "VIRTUAL_HOST" | "HTTP_ROUTE" => "routeConfiguration",
        "CLUSTER" => "cluster",
        _ => return,
    };
    let others = ["listener", "routeConfiguration", "cluster", "waypoint"].into_iter();
    if let Some(other) = others.into_iter().find(|sort| *sort != wanted && matched.has(sort)) {
        found
            .of(matched, other, format!("matches a `{other}`, and `applyTo` is `{apply_to}`"))
            .help(format!("match a `{wanted}`"));
    }
    let Some(listener) = matched.field("listener").filter(|_| wanted == "listener") else { return };
    let Some(chain) = listener.field("filterChain") else { return };
    let Some(filter) = chain.field("filter") else { return };
    let name = filter.text("name");
    if name.is_empty() {
        found.missing(&filter, "name", "has no `name`");
        return;
    }
    let Some(inner) = filter.field("subFilter") else { return };
    if apply_to != "HTTP_FILTER" {
        found.of(&filter, "subFilter", format!("has a `subFilter`, and `applyTo` is `{apply_to}`"));
    } else if !HTTP_FILTER.contains(&name) {
        found.of(
            &filter,
            "subFilter",
            format!("has a `subFilter`, which the filter {} has not", shown(name)),
        );
    } else if inner.text("name").is_empty() {
        found.missing(&inner, "name", "has no `name`");
    }
}
