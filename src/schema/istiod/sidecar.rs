//! Sidecars: what comes in, what goes out, and which services are known.

use super::destination_rule;
use super::gateway;
use super::look::{Found, Look, shown};
use super::names::{is_address, is_full_name, is_label};
use super::text::{self, Protocol, protocol};
use super::virtual_service;

/// A whole Sidecar.
pub(super) fn check(found: &mut Found, object: &Look<'_>) {
    let Some(spec) = object.field("spec") else { return };
    workload_labels(found, &spec);
    if spec.count("egress") == 0
        && spec.count("ingress") == 0
        && !spec.has("outboundTrafficPolicy")
        && !spec.has("inboundConnectionPool")
    {
        found.at(&spec, "says nothing").help("give it `egress`, `ingress` or `outboundTrafficPolicy`");
        return;
    }
    for (i, listener) in spec.items("ingress").enumerate() {
        incoming(found, &listener);
        same_port(found, &spec, "ingress", &listener, i);
    }
    if let Some(pool) = spec.field("inboundConnectionPool") {
        destination_rule::pool(found, &pool);
    }
    for (i, listener) in spec.items("egress").enumerate() {
        outgoing(found, &listener);
        if listener.has("port") {
            same_port(found, &spec, "egress", &listener, i);
        } else if i + 1 < spec.count("egress") {
            found
                .at(&listener, "has no `port`, so it takes all that the others don't, and is not the last")
                .help("write it last; there can be only one");
        }
    }
    if let Some(policy) = spec.field("outboundTrafficPolicy") {
        outbound(found, &policy);
    }
}

/// Labels of the pods that an object is for.
pub(super) fn workload_labels(found: &mut Found, holder: &Look<'_>) {
    let Some(selector) = holder.field("workloadSelector") else { return };
    for (key, value) in selector.entries("labels") {
        if key.is_empty() || key.contains('*') || value.value().contains('*') {
            found.at(&value, "can't have a `*` or an empty name: pods are chosen by whole labels");
        }
    }
    if selector.count("labels") == 0 {
        found
            .missing(&selector, "labels", "has no labels, so it chooses every pod of the namespace")
            .ignored()
            .help("name labels, or leave the selector out");
    }
}

fn same_port(found: &mut Found, spec: &Look<'_>, field: &'static str, listener: &Look<'_>, i: usize) {
    let number = |listener: &Look<'_>| listener.field("port").and_then(|port| port.int("number"));
    let this = number(listener);
    let bind = listener.text("bind");
    let meets = |other: &Look<'_>| match this {
        Some(0) => field == "egress" && number(other) == this && other.text("bind") == bind,
        this => number(other) == this,
    };
    if this.is_some()
        && let Some(first) = spec.items(field).take(i).find(meets)
    {
        found.of(listener, "port", "listens where another does").also(&first);
    }
}

/// Name and protocol of a listener's port.
fn port(found: &mut Found, port: &Look<'_>) {
    let name = port.text("name");
    if !name.is_empty() && !is_label(name) {
        found.of(port, "name", format!("has the name {}, which no port can have", shown(name)));
    }
    text::known_protocol(found, port);
    if port.int("targetPort").is_some_and(|port| port > 0) {
        found.of(port, "targetPort", "has a `targetPort`, which a Sidecar can't have").help("leave it out");
    }
}

fn address(found: &mut Found, listener: &Look<'_>) {
    if let Some(bind) =
        listener.field("bind").filter(|bind| !bind.value().is_empty() && !is_address(bind.value()))
    {
        found.at(&bind, format!("can't be {}, which is no address", shown(bind.value())));
    }
}

fn incoming(found: &mut Found, listener: &Look<'_>) {
    let Some(port) = listener.field("port") else {
        found.missing(listener, "port", "has no `port`");
        return;
    };
    self::port(found, &port);
    if port.has("number") {
        text::port(found, &port, "number");
    } else {
        found.missing(&port, "number", "has no `number`");
    }
    address(found, listener);
    endpoint(found, listener);
    if let Some(pool) = listener.field("connectionPool") {
        destination_rule::pool(found, &pool);
    }
    let Some(tls) = listener.field("tls") else { return };
    for field in ["subjectAltNames", "credentialNames", "tlsCertificates", "credentialName"] {
        if tls.count(field) > 0 || !tls.text(field).is_empty() {
            found
                .of(&tls, field, format!("has `{field}`, which a Sidecar does not take"))
                .help("name files of the proxy's own: `serverCertificate` and `privateKey`");
        }
    }
    if tls.is("httpsRedirect") {
        found.of(&tls, "httpsRedirect", "sends to HTTPS, which a Sidecar can't");
    }
    if ["ISTIO_MUTUAL", "AUTO_PASSTHROUGH"].contains(&tls.text("mode")) {
        found.of(&tls, "mode", format!("has the mode `{}`, which a Sidecar does not take", tls.text("mode")));
    }
    if protocol(port.text("protocol")) != Some(Protocol::Tls) {
        found
            .of(listener, "tls", "has `tls`, and its port's protocol is neither HTTPS nor TLS")
            .help("write the protocol HTTPS or TLS");
    }
    gateway::tls(found, &tls);
}

/// Where what comes in is handed to: `127.0.0.1:8080`, `:8080`, `unix:///path`.
fn endpoint(found: &mut Found, listener: &Look<'_>) {
    let Some(place) = listener.field("defaultEndpoint").filter(|place| !place.value().is_empty()) else {
        return;
    };
    let right = match place.value().strip_prefix("unix://") {
        Some(path) => text::is_socket(path),
        None => place.value().rsplit_once(':').is_some_and(|(host, port)| {
            ["", "127.0.0.1", "0.0.0.0", "[::1]", "[::]"].contains(&host)
                && port.parse::<i64>().is_ok_and(|port| (1..=65535).contains(&port))
        }),
    };
    if !right {
        found
            .at(&place, format!("can't be {}", shown(place.value())))
            .help("write `127.0.0.1:8080`, `0.0.0.0:8080`, `[::1]:8080`, `:8080` or `unix:///path`");
    }
}

fn outgoing(found: &mut Found, listener: &Look<'_>) {
    if listener.count("hosts") == 0 {
        found.missing(listener, "hosts", "has no host");
    }
    for host in listener.items("hosts") {
        gateway::scoped_host(found, &host, false);
    }
    let Some(port) = listener.field("port") else { return };
    self::port(found, &port);
    if port.int("number").unwrap_or(0) != 0 {
        text::port(found, &port, "number");
        address(found, listener);
        return;
    }
    match listener.text("bind").strip_prefix("unix://") {
        None => {
            found
                .of(&port, "number", "is 0, which a socket has")
                .help("write the port, or `bind` with `unix://` and the path of a socket");
        }
        Some(path) if !text::is_socket(path) => {
            found.of(listener, "bind", "names no absolute path of a socket");
        }
        Some(_) => {}
    }
    if !["", "DEFAULT", "NONE"].contains(&listener.text("captureMode")) {
        found.of(listener, "captureMode", "captures, and listens at a socket").help("write DEFAULT or NONE");
    }
}

fn outbound(found: &mut Found, policy: &Look<'_>) {
    let mode = policy.text("mode");
    if mode == "ALLOW_ANY_DYNAMIC_DNS" {
        found.of(policy, "mode", "has a mode that only the whole mesh can have");
        return;
    }
    let Some(proxy) = policy.field("egressProxy") else { return };
    if mode != "ALLOW_ANY" {
        found
            .of(policy, "egressProxy", "has an `egressProxy`, which goes with the mode `ALLOW_ANY`")
            .help("write the mode ALLOW_ANY");
        return;
    }
    if let Some(host) = proxy.field("host").filter(|host| !is_full_name(host.value())) {
        found.at(&host, format!("can't be {}, which is no host name", shown(host.value())));
    }
    if !proxy.has("port") {
        found.missing(&proxy, "port", "has no `port`");
    }
    virtual_service::destination(found, &proxy);
}
