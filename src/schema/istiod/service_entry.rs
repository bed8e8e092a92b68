//! ServiceEntries: hosts, ports, addresses and endpoints, and which of them go together.

use super::look::{Found, Look, shown};
use super::names::{self, is_address, is_full_name, is_host, is_label, is_range, no_host};
use super::text::{self, Protocol, protocol};
use super::{sidecar, workload};

/// A whole ServiceEntry.
pub(super) fn check(found: &mut Found, object: &Look<'_>, namespace: &str) {
    let Some(spec) = object.field("spec") else { return };
    sidecar::workload_labels(found, &spec);
    if spec.count("hosts") == 0 {
        found.missing(&spec, "hosts", "has no host");
    }
    let has_tls = spec.items("ports").any(|port| protocol(port.text("protocol")) == Some(Protocol::Tls));
    let by_tls = has_tls && spec.text("resolution") != "DYNAMIC_DNS";
    for host in spec.items("hosts") {
        if host.value() == "*" || !is_host(host.value()) {
            no_host(found, &host);
        } else if by_tls && is_partial(host.value()) {
            partial(found, &host);
        }
    }
    for address in spec.items("addresses") {
        if !is_range(address.value()) {
            let message = format!("can't be {}, which is no address and no range", shown(address.value()));
            found.at(&address, message).help("write one such as `10.1.2.3` or `10.0.0.0/8`");
        }
    }
    for (i, port) in spec.items("ports").enumerate() {
        self::port(found, &spec, &port, i);
    }
    match spec.text("resolution") {
        "STATIC" => {
            if spec.count("endpoints") == 0 && !spec.has("workloadSelector") {
                found
                    .missing(
                        &spec,
                        "endpoints",
                        "has the resolution `STATIC` and no endpoint, so every request fails",
                    )
                    .ignored()
                    .help("name `endpoints` or a `workloadSelector`; the resolution DNS looks the host up");
            }
            for endpoint in spec.items("endpoints") {
                workload::endpoint(found, &endpoint, Some(&spec), false);
            }
        }
        "DNS" | "DNS_ROUND_ROBIN" => by_dns(found, &spec),
        "DYNAMIC_DNS" => dynamic(found, &spec, object),
        _ => {}
    }
    several_hosts(found, &spec);
    names::export_to(found, &spec, namespace, true);
}

/// Whether the `*` of a host stands for a part of a label, as in `*-a.example`.
fn is_partial(host: &str) -> bool {
    host.strip_prefix('*').is_some_and(|rest| !rest.is_empty() && !rest.starts_with('.'))
}

fn partial(found: &mut Found, host: &Look<'_>) {
    let plain = host.value().trim_start_matches(['*', '-']);
    let above = plain.split_once('.').map_or(plain, |(_, above)| above);
    found
        .at(
            host,
            format!(
                "is {}, whose `*` is a part of a label: Envoy takes no such name for TLS",
                shown(host.value())
            ),
        )
        .ignored()
        .help(format!("write `*.{above}`, or each host"));
}

fn port(found: &mut Found, spec: &Look<'_>, port: &Look<'_>, i: usize) {
    let name = port.text("name");
    if !is_label(name) {
        found
            .of(port, "name", format!("has the name {}, which no port can have", shown(name)))
            .help("letters, digits and `-`, at most 63, with a letter or digit at both ends");
    }
    if let Some(first) = spec.items("ports").take(i).find(|other| other.text("name") == name) {
        found.of(port, "name", format!("has the name {}, which another port has", shown(name))).also(&first);
    }
    let number = port.int("number");
    if number.is_some()
        && let Some(first) = spec.items("ports").take(i).find(|other| other.int("number") == number)
    {
        found.of(port, "number", "has the number of another port").also(&first);
    }
    text::port(found, port, "number");
    if port.int("targetPort") != Some(0) {
        text::port(found, port, "targetPort");
    }
    text::known_protocol(found, port);
}

/// Hosts, or endpoints, that a DNS server is asked for.
fn by_dns(found: &mut Found, spec: &Look<'_>) {
    if spec.count("endpoints") == 0
        && let Some(host) = spec.items("hosts").find(|host| !is_full_name(host.value()))
    {
        found
            .at(&host, format!("is {}, and no DNS server can be asked for it", shown(host.value())))
            .depends()
            .help("name `endpoints`, or write the resolution NONE");
    }
    for endpoint in spec.items("endpoints") {
        let address = endpoint.text("address");
        if !is_address(address) && !is_full_name(address) {
            let message = format!("has the address {}, which is no address and no host name", shown(address));
            found.of(&endpoint, "address", message);
        }
        workload::ports(found, &endpoint, Some(spec));
        names::labels(found, &endpoint, "labels");
    }
}

/// Whatever host is asked for, among those that end alike.
fn dynamic(found: &mut Found, spec: &Look<'_>, object: &Look<'_>) {
    let needs = "the resolution `DYNAMIC_DNS`";
    for host in spec.items("hosts").filter(|host| !host.value().starts_with('*')) {
        found
            .at(&host, format!("is {}, and {needs} wants a host with `*`", shown(host.value())))
            .help("write it as `*.example.com`; one host of its own has the resolution DNS");
    }
    for field in ["addresses", "endpoints"] {
        if spec.count(field) > 0 {
            found.of(spec, field, format!("has `{field}`, which {needs} takes from the request"));
        }
    }
    for port in spec.items("ports") {
        let name = port.text("protocol");
        if !["http", "tls", "grpc", "http2"].contains(&name.to_ascii_lowercase().as_str()) {
            let message =
                format!("has the protocol {}, and {needs} takes HTTP, TLS, GRPC and HTTP2", shown(name));
            found.of(&port, "protocol", message);
        }
    }
    let has_waypoint = object.field("metadata").is_some_and(|metadata| {
        let mut labels = metadata.entries("labels").filter(|(name, _)| *name == "istio.io/use-waypoint");
        labels.any(|(_, name)| !name.value().is_empty() && !name.value().eq_ignore_ascii_case("none"))
    });
    if has_waypoint && spec.text("location") == "MESH_INTERNAL" {
        found.of(spec, "location", format!("lies in the mesh, and {needs} can't with a waypoint"));
    }
}

/// Of several hosts, only what TLS or HTTP says tells which one is meant.
fn several_hosts(found: &mut Found, spec: &Look<'_>) {
    if ["", "NONE"].contains(&spec.text("resolution")) || spec.count("hosts") < 2 {
        return;
    }
    let plain = spec
        .items("ports")
        .find(|port| !matches!(protocol(port.text("protocol")), Some(Protocol::Http | Protocol::Tls)));
    if let Some(port) = plain {
        let name = match port.text("protocol") {
            "" => "has no protocol".to_owned(),
            name => format!("has the protocol {}", shown(name)),
        };
        found
            .of(&port, "protocol", format!("{name}, which does not tell the several `hosts` apart"))
            .help("write a ServiceEntry for each host, or a protocol of HTTP or TLS");
    }
}
