//! VirtualServices: hosts and gateways, and routes of TLS and TCP. Those of HTTP are in [`route`].

use super::look::{Found, Look, shown};
use super::names::{self, is_address, is_host, is_label, is_range, no_host, overlap};
use super::{route, text};

/// A whole VirtualService.
pub(super) fn check(found: &mut Found, object: &Look<'_>, namespace: &str) {
    let Some(spec) = object.field("spec") else { return };
    let at_gateway = spec.count("gateways") > 0 && spec.items("gateways").all(|name| name.value() != "mesh");
    gateways(found, &spec);
    if spec.count("hosts") == 0 {
        delegate(found, &spec);
    }
    hosts(found, &spec, at_gateway);
    if ["http", "tls", "tcp"].iter().all(|routes| spec.count(routes) == 0) {
        found.at(&spec, "has no route").help("give it one in `http`, `tls` or `tcp`");
    }
    for http in spec.items("http") {
        if !at_gateway {
            claims(found, &http);
        }
        route::check(found, &http, spec.count("hosts") == 0);
    }
    for tls in spec.items("tls") {
        if tls.count("match") == 0 {
            found.missing(&tls, "match", "has no `match`").help("say `sniHosts` in a `match`");
        }
        for matched in tls.items("match") {
            sni_hosts(found, &spec, &matched, at_gateway);
            layer4(found, &matched);
        }
        destinations(found, &tls);
    }
    for tcp in spec.items("tcp") {
        for matched in tcp.items("match") {
            layer4(found, &matched);
        }
        destinations(found, &tcp);
    }
    names::export_to(found, &spec, namespace, false);
}

/// One without hosts is a part that another takes in: it has HTTP routes only.
fn delegate(found: &mut Found, spec: &Look<'_>) {
    for field in ["gateways", "tls", "tcp"] {
        if spec.count(field) > 0 {
            found
                .of(spec, field, format!("has `{field}` and no `hosts`"))
                .help("say its `hosts`; without them it is a part that another VirtualService takes in, and has `http` only");
        }
    }
}

/// References to Gateways.
pub(super) fn gateways(found: &mut Found, holder: &Look<'_>) {
    for gateway in holder.items("gateways") {
        let name = gateway.value();
        let right = match name.split_once('/') {
            Some((namespace, name)) => is_label(namespace) && is_label(name),
            None => names::is_full_name(name),
        };
        if !right {
            found
                .at(&gateway, format!("can't be {}, which names no Gateway", shown(name)))
                .help("write `namespace/name`, or `mesh` for the sidecars");
        }
    }
}

fn hosts(found: &mut Found, spec: &Look<'_>, at_gateway: bool) {
    let before = found.0.len();
    let has_sni = spec.items("tls").any(|tls| tls.items("match").any(|one| one.count("sniHosts") > 0));
    for host in spec.items("hosts") {
        let name = host.value();
        if name == "*" && !at_gateway {
            found
                .at(&host, "can't be `*`, which only a Gateway takes")
                .depends()
                .help("name a Gateway in `gateways`, without `mesh`; or write the hosts");
        } else if !is_host_here(name, at_gateway && has_sni) && !is_address(name) {
            no_host(found, &host);
        }
    }
    if found.0.len() > before {
        return;
    }
    for (i, host) in spec.items("hosts").enumerate() {
        if let Some(first) = spec.items("hosts").take(i).find(|other| overlap(other.value(), host.value())) {
            let message = match first.value() == host.value() {
                true => format!("is {} for the second time", shown(host.value())),
                false => format!("is {}, which `{}` has already", shown(host.value()), first.value()),
            };
            found.at(&host, message).also(&first).help("leave one of them out");
        }
    }
}

/// A host; where SNI decides, also those that Istio makes itself, as `outbound_.80_._.a.example`.
fn is_host_here(name: &str, takes_made: bool) -> bool {
    is_host(name) || (takes_made && name.starts_with("outbound_"))
}

/// Claims of tokens are known at gateways only.
fn claims(found: &mut Found, http: &Look<'_>) {
    for matched in http.items("match") {
        for field in ["headers", "withoutHeaders"] {
            for (name, header) in matched.entries(field).filter(|(name, _)| text::is_claim(name)) {
                found
                    .at(&header, format!("asks for `{name}`, a claim of a token, and no Gateway is named"))
                    .help("claims decide at a Gateway only: name it in `gateways`, without `mesh`");
            }
        }
    }
}

fn sni_hosts(found: &mut Found, spec: &Look<'_>, matched: &Look<'_>, at_gateway: bool) {
    if matched.count("sniHosts") == 0 {
        found.missing(matched, "sniHosts", "has no `sniHosts`");
    }
    for host in matched.items("sniHosts") {
        let name = host.value();
        if is_address(name) {
            continue;
        }
        if !is_host_here(name, at_gateway) {
            no_host(found, &host);
        } else if !spec.items("hosts").any(|outer| names::is_within(name, outer.value())) {
            found
                .at(&host, format!("is {}, which is none of the `hosts` and lies within none", shown(name)))
                .depends()
                .help("add it to `hosts`");
        }
    }
}

/// What a connection is matched by.
fn layer4(found: &mut Found, matched: &Look<'_>) {
    for subnet in matched.items("destinationSubnets") {
        if !is_range(subnet.value()) {
            found.at(&subnet, format!("can't be {}, which is no range of addresses", shown(subnet.value())));
        }
    }
    matched_port(found, matched);
    names::labels(found, matched, "sourceLabels");
    gateways(found, matched);
}

/// The port of a matcher, where 0 asks for nothing.
pub(super) fn matched_port(found: &mut Found, matched: &Look<'_>) {
    if matched.int("port") != Some(0) {
        text::port(found, matched, "port");
    }
}

/// Where connections go, and their shares.
fn destinations(found: &mut Found, holder: &Look<'_>) {
    if holder.count("route") == 0 {
        found.missing(holder, "route", "has no `route`");
    }
    weights(found, holder);
    for to in holder.items("route") {
        if let Some(destination) = to.field("destination") {
            self::destination(found, &destination);
        }
    }
}

/// Shares of several destinations: none is negative, and not all are 0. One that is not said is 0.
pub(super) fn weights(found: &mut Found, holder: &Look<'_>) {
    let mut total = 0_i64;
    for to in holder.items("route") {
        let weight = to.int("weight").unwrap_or(0);
        total = total.saturating_add(weight);
        if weight < 0
            && let Some(place) = to.field("weight")
        {
            found.at(&place, format!("is `{weight}`, and a share must not be negative"));
            return;
        }
    }
    if holder.count("route") > 1 && total == 0 {
        found
            .of(holder, "route", "has several destinations, and none has a share: all `weight`s are 0")
            .help("give each a `weight`, such as 90 and 10; one that has none gets nothing");
    }
}

/// A service with port and subset.
pub(super) fn destination(found: &mut Found, look: &Look<'_>) {
    if let Some(host) = look.field("host")
        && (host.value() == "*" || !is_host(host.value()))
    {
        found
            .at(&host, format!("can't be {}, which names no service", shown(host.value())))
            .help("write its name alone; a port stands in `port`");
    }
    if let Some(subset) = look.field("subset").filter(|subset| !subset.value().is_empty())
        && !is_label(subset.value())
    {
        found.at(&subset, format!("can't be {}, which is no name of a subset", shown(subset.value())));
    }
    if let Some(port) = look.field("port") {
        if port.int("number").is_none() {
            found.missing(&port, "number", "has no `number`");
        }
        text::port(found, &port, "number");
    }
}
