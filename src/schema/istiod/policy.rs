//! What policies have in common, and AuthorizationPolicies.

use super::look::{Found, Look, shown};
use super::names::is_range;
use super::source::WIDER;
use super::{source, unmet};

/// The kinds that a policy can be for, with their groups.
const TARGETS: [(&str, &str); 5] = [
    ("", "Service"),
    ("core", "Service"),
    ("networking.istio.io", "ServiceEntry"),
    ("gateway.networking.k8s.io", "Gateway"),
    ("gateway.networking.k8s.io", "GatewayClass"),
];

/// Labels of pods.
pub(super) fn match_labels(found: &mut Found, selector: &Look<'_>) {
    for (key, value) in selector.entries("matchLabels") {
        if key.is_empty() || key.contains('*') || value.value().contains('*') {
            found.at(&value, "can't have a `*` or an empty name: pods are chosen by whole labels");
        }
    }
    if selector.count("matchLabels") == 0 {
        found
            .missing(selector, "matchLabels", "has no labels, so it chooses every pod of the namespace")
            .ignored()
            .help("name labels, or leave the selector out");
    }
}

/// For what a policy is.
pub(super) fn target(found: &mut Found, spec: &Look<'_>) {
    if let Some(selector) = spec.field("selector") {
        match_labels(found, &selector);
    }
    if !spec.has("selector") && !spec.has("targetRef") {
        source::no_empty_list(found, spec, "targetRefs", "it then holds for the whole namespace");
    }
    for one in spec.field("targetRef").into_iter().chain(spec.items("targetRefs")) {
        if !one.text("namespace").is_empty() {
            found
                .of(&one, "namespace", "names a namespace, and a policy is for its own only")
                .help("leave `namespace` out");
        }
        let (group, kind) = (one.text("group"), one.text("kind"));
        if !TARGETS.contains(&(group, kind)) {
            let named = if group.is_empty() { kind.to_owned() } else { format!("{group}/{kind}") };
            found.of(&one, "kind", format!("is about a {}, which no policy can be for", shown(&named))).help(
                "it is for a Service, a ServiceEntry with the group `networking.istio.io`, or a Gateway or GatewayClass \
                 with the group `gateway.networking.k8s.io`",
            );
        }
    }
}

/// A whole AuthorizationPolicy.
pub(super) fn authorization(found: &mut Found, object: &Look<'_>) {
    let Some(spec) = object.field("spec") else { return };
    target(found, &spec);
    let action = spec.text("action");
    let provider = spec.field("provider");
    if ["CUSTOM", "DENY"].contains(&action) && spec.count("rules") == 0 {
        found
            .missing(&spec, "rules", format!("has the action `{action}` and no rule, so it never acts"))
            .help("a rule without fields holds for every request");
    } else if action == "CUSTOM" && provider.is_none_or(|provider| provider.text("name").is_empty()) {
        found
            .missing(&spec, "provider", "has the action `CUSTOM` and names no `provider`")
            .help("give it a `provider` with the `name` of one that the mesh has");
    }
    if provider.is_some() && action != "CUSTOM" {
        let is = if action.is_empty() { "ALLOW" } else { action };
        found
            .of(&spec, "provider", format!("has a `provider`, and the action `{is}` asks none"))
            .help("write the action CUSTOM, or leave `provider` out");
    }
    for rule in spec.items("rules") {
        if action == "CUSTOM" {
            custom(found, &rule);
        }
        for field in ["from", "to", "when"] {
            source::no_empty_list(found, &rule, field, "the rule then holds for all");
        }
        for from in rule.items("from") {
            match from.field("source") {
                Some(source) => source::check(found, &source),
                None => {
                    found.missing(&from, "source", "has no `source`");
                }
            }
        }
        for to in rule.items("to") {
            match to.field("operation") {
                Some(operation) => self::operation(found, &operation),
                None => {
                    found.missing(&to, "operation", "has no `operation`");
                }
            }
        }
        for when in rule.items("when") {
            source::condition(found, &when);
        }
        by_http_alone(found, &rule, action);
    }
    unmet::check(found, &spec);
}

/// A provider is asked before who calls is known.
fn custom(found: &mut Found, rule: &Look<'_>) {
    const UNKNOWN: [&str; 10] = [
        "namespaces",
        "notNamespaces",
        "serviceAccounts",
        "notServiceAccounts",
        "trustDomains",
        "notTrustDomains",
        "principals",
        "notPrincipals",
        "requestPrincipals",
        "notRequestPrincipals",
    ];
    for from in rule.items("from") {
        let Some(source) = from.field("source") else { continue };
        for field in UNKNOWN.iter().filter(|field| source.count(field) > 0) {
            found.of(&source, field, format!("has `{field}`, which the action `CUSTOM` does not know"));
        }
    }
    for when in rule.items("when") {
        let key = when.text("key");
        let who = ["source.namespace", "source.serviceAccount", "source.trustDomain", "source.principal"];
        if who.contains(&key) || key.starts_with("request.auth.") {
            found.of(
                &when,
                "key",
                format!("asks for {}, which the action `CUSTOM` does not know", shown(key)),
            );
        }
    }
}

fn operation(found: &mut Found, operation: &Look<'_>) {
    const FIELDS: [&str; 8] =
        ["ports", "methods", "paths", "hosts", "notPorts", "notMethods", "notPaths", "notHosts"];
    let is_asked = FIELDS.iter().any(|field| operation.count(field) > 0);
    if !is_asked {
        found.at(operation, "asks nothing").help("leave `to` out: then every request is meant");
    }
    for field in FIELDS {
        source::no_empty(found, operation, field);
        if is_asked && !field.starts_with("not") {
            source::no_empty_list(found, operation, field, WIDER);
        }
    }
    for field in ["ports", "notPorts"] {
        source::ports(found, operation, field);
    }
    for field in ["paths", "notPaths"] {
        // What Flux puts in for a variable is not known.
        for path in operation.items(field).filter(|path| !path.value().contains("${")) {
            if let Some(problem) = source::no_path(path.value()) {
                found.at(&path, format!("is {}, which {problem}", shown(path.value()))).help(
                    "`{*}` is one part of a path and `{**}` the rest of it; `*` may stand at either end",
                );
            }
        }
    }
}

/// A rule that asks for what only HTTP has meets every connection of other ports, and a `DENY` shuts them.
fn by_http_alone(found: &mut Found, rule: &Look<'_>, action: &str) {
    const TCP: [&str; 10] = [
        "principals",
        "notPrincipals",
        "ipBlocks",
        "notIpBlocks",
        "namespaces",
        "notNamespaces",
        "remoteIpBlocks",
        "notRemoteIpBlocks",
        "serviceAccounts",
        "notServiceAccounts",
    ];
    let has = |holder: &Look<'_>, field: &'static str, fields: &[&str]| {
        holder.field(field).is_some_and(|inner| fields.iter().any(|field| inner.count(field) > 0))
    };
    let from = rule.items("from").any(|from| has(&from, "source", &TCP));
    let to = rule.items("to").any(|to| has(&to, "operation", &["ports", "notPorts"]));
    let (has_from, has_to) = (rule.count("from") > 0, rule.count("to") > 0);
    if action == "DENY" && ((has_from && !has_to && !from) || (has_to && !to)) {
        found
            .at(
                rule,
                "asks for what only HTTP has, so it denies every connection to ports that are not HTTP's",
            )
            .ignored()
            .help("say the ports too, in `ports` of an `operation`: those that the pods listen on, as 8443 where a gateway's Service leads its port 443 to that; or settle it where they serve HTTP alone");
    }
}

/// Ranges of addresses in a list.
pub(super) fn ranges(found: &mut Found, holder: &Look<'_>, field: &'static str) {
    for range in holder.items(field).filter(|range| !range.value().is_empty() && !is_range(range.value())) {
        found
            .at(&range, format!("can't be {}, which is no address and no range", shown(range.value())))
            .help("write one such as `10.1.2.3` or `10.0.0.0/8`");
    }
}
