//! Texts that Envoy's own limits refuse: names that are empty, and line breaks where a header can't have one.

use crate::schema::look::{Found, Look, shown};

/// What Envoy refuses together with a route.
const ROUTES: &str = "all routes of the port";
const LISTENER: &str = "the whole listener";

/// Texts of a VirtualService.
pub(super) fn virtual_service(found: &mut Found, spec: &Look<'_>) {
    for http in spec.items("http") {
        for matched in http.items("match") {
            for (name, parameter) in matched.entries("queryParams") {
                if name.is_empty() {
                    empty(found, &parameter, "asks for a query parameter without a name", ROUTES);
                }
            }
        }
        names(found, &http);
        for to in http.items("route") {
            names(found, &to);
        }
        for (holder, fields) in
            [("redirect", &["uri", "authority", "prefixRewrite"][..]), ("rewrite", &["uri", "authority"][..])]
        {
            let Some(holder) = http.field(holder) else { continue };
            for field in fields {
                one_line(found, &holder, field, ROUTES);
            }
            if let Some(by_regex) = holder.field("uriRegexRewrite") {
                one_line(found, &by_regex, "rewrite", ROUTES);
            }
        }
    }
}

/// The names of headers that are set, added and removed.
fn names(found: &mut Found, holder: &Look<'_>) {
    let Some(headers) = holder.field("headers") else { return };
    for side in ["request", "response"] {
        let Some(side) = headers.field(side) else { continue };
        for change in ["set", "add"] {
            for (name, value) in side.entries(change).filter(|(name, _)| is_broken(name)) {
                let message = format!("is about the header {}, {}", shown(name), broken(ROUTES));
                found.at(&value, message).help(HELP);
            }
        }
        for name in side.items("remove").filter(|name| is_broken(name.value())) {
            let message = format!("is {}, {}", shown(name.value()), broken(ROUTES));
            found.at(&name, message).help(HELP);
        }
    }
}

/// Texts of a DestinationRule, for all ports, for one, and for subsets.
pub(super) fn destination_rule(found: &mut Found, spec: &Look<'_>) {
    policy(found, spec);
    for subset in spec.items("subsets") {
        policy(found, &subset);
    }
}

fn policy(found: &mut Found, holder: &Look<'_>) {
    let Some(policy) = holder.field("trafficPolicy") else { return };
    hash(found, &policy);
    for port in policy.items("portLevelSettings") {
        hash(found, &port);
    }
}

fn hash(found: &mut Found, policy: &Look<'_>) {
    let Some(balancer) = policy.field("loadBalancer") else { return };
    let Some(hash) = balancer.field("consistentHash") else { return };
    for field in ["httpHeaderName", "httpQueryParameterName"] {
        if let Some(name) = hash.field(field).filter(|name| name.value().is_empty()) {
            empty(found, &name, "must not be empty", ROUTES);
        }
    }
    one_line(found, &hash, "httpHeaderName", ROUTES);
    let Some(cookie) = hash.field("httpCookie") else { return };
    for attribute in cookie.items("attributes") {
        one_line(found, &attribute, "name", ROUTES);
        one_line(found, &attribute, "value", ROUTES);
    }
}

/// Texts of a RequestAuthentication.
pub(super) fn authentication(found: &mut Found, spec: &Look<'_>) {
    for rule in spec.items("jwtRules") {
        one_line(found, &rule, "outputPayloadToHeader", LISTENER);
        for header in rule.items("fromHeaders") {
            one_line(found, &header, "name", LISTENER);
            one_line(found, &header, "prefix", LISTENER);
        }
    }
}

/// The headers that conditions of an AuthorizationPolicy ask for.
pub(super) fn authorization(found: &mut Found, spec: &Look<'_>) {
    for rule in spec.items("rules") {
        for when in rule.items("when").filter(|when| when.text("key").starts_with("request.headers[")) {
            one_line(found, &when, "key", LISTENER);
        }
    }
}

const HELP: &str = "write it in one line";

fn one_line(found: &mut Found, holder: &Look<'_>, field: &'static str, lost: &str) {
    if let Some(place) = holder.field(field).filter(|place| is_broken(place.value())) {
        found.at(&place, format!("is {}, {}", shown(place.value()), broken(lost))).help(HELP);
    }
}

/// What no header, and nothing that goes into one, can have.
fn is_broken(text: &str) -> bool {
    text.contains(['\0', '\n', '\r'])
}

fn broken(lost: &str) -> String {
    format!("for which Envoy refuses {lost}: it has a line break or a NUL in it")
}

fn empty(found: &mut Found, place: &Look<'_>, what: &str, lost: &str) {
    found.at(place, format!("{what}: Envoy refuses {lost} for it")).help("write a name");
}
