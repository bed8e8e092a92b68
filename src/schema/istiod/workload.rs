//! WorkloadEntries, which are also the endpoints of a ServiceEntry; WorkloadGroups.

use super::look::{Found, Look, shown};
use super::names::{self, is_address, is_full_name, is_label};
use super::text;

/// A whole WorkloadEntry.
pub(super) fn entry(found: &mut Found, object: &Look<'_>) {
    if let Some(spec) = object.field("spec") {
        endpoint(found, &spec, None, true);
    }
}

/// Where a workload is found. `service` is the ServiceEntry around it, whose ports it may name.
pub(super) fn endpoint(
    found: &mut Found,
    endpoint: &Look<'_>,
    service: Option<&Look<'_>>,
    takes_names: bool,
) {
    let address = endpoint.text("address");
    let socket = address.strip_prefix("unix://");
    if address.is_empty() && endpoint.text("network").is_empty() {
        found.missing(endpoint, "address", "has no `address`");
    }
    match socket {
        Some(path) if !text::is_socket(path) => {
            let message =
                format!("has the address {}, which is no absolute path of a socket", shown(address));
            found.of(endpoint, "address", message);
        }
        Some(_) if endpoint.count("ports") > 0 => {
            found.of(endpoint, "ports", "has `ports`, and its address is a socket, which has none");
        }
        None if !(address.is_empty() || is_address(address) || takes_names && is_full_name(address)) => {
            let what = if takes_names { "no address and no host name" } else { "no address" };
            let wrong =
                found.of(endpoint, "address", format!("has the address {}, which is {what}", shown(address)));
            if is_full_name(address) {
                wrong.help("the resolution DNS looks host names up");
            }
        }
        _ => {}
    }
    ports(found, endpoint, service);
    names::labels(found, endpoint, "labels");
    if let Some(service) = service.filter(|service| socket.is_some() && service.count("ports") != 1) {
        found
            .of(endpoint, "address", "is a socket, and the ServiceEntry must have exactly one port")
            .also(service);
    }
}

/// The workload's own numbers for ports of the service.
pub(super) fn ports(found: &mut Found, endpoint: &Look<'_>, service: Option<&Look<'_>>) {
    for (name, port) in endpoint.entries("ports") {
        let is_there = |service: &&Look<'_>| !service.items("ports").any(|port| port.text("name") == name);
        if service.filter(is_there).is_some() {
            found
                .at(&port, format!("is for the port {}, which the ServiceEntry does not have", shown(name)))
                .depends()
                .help("its ports are named in `ports` of the ServiceEntry");
        } else if !is_label(name) {
            found.at(&port, format!("is for {}, which no port can be called", shown(name)));
        }
        if let Some(number) = port.number().filter(|number| !(1..=65535).contains(number)) {
            found.at(&port, format!("must be a port, 1 to 65535, and is `{number}`"));
        }
    }
}

/// A whole WorkloadGroup.
pub(super) fn group(found: &mut Found, object: &Look<'_>) {
    let Some(spec) = object.field("spec") else { return };
    if !spec.has("template") {
        found.missing(&spec, "template", "has no `template`");
        return;
    }
    if let Some(metadata) = spec.field("metadata") {
        names::labels(found, &metadata, "labels");
    }
    let Some(probe) = spec.field("probe") else { return };
    const COUNTS: [&str; 5] =
        ["periodSeconds", "initialDelaySeconds", "timeoutSeconds", "successThreshold", "failureThreshold"];
    super::destination_rule::not_negative(found, &probe, &COUNTS);
    if !["httpGet", "tcpSocket", "exec", "grpc"].iter().any(|way| probe.has(way)) {
        found.at(&probe, "asks nothing").help("give it one of `httpGet`, `tcpSocket` and `exec`");
    }
    if let Some(get) = probe.field("httpGet") {
        text::port(found, &get, "port");
        if let Some(scheme) =
            get.field("scheme").filter(|scheme| !["", "HTTP", "HTTPS"].contains(&scheme.value()))
        {
            found.at(&scheme, format!("is {}, and it is `HTTP` or `HTTPS`", shown(scheme.value())));
        }
        for header in get.items("httpHeaders") {
            let name = header.text("name");
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
                found.of(&header, "name", format!("has the name {}, which no header has", shown(name)));
            }
        }
    }
    if let Some(socket) = probe.field("tcpSocket") {
        text::port(found, &socket, "port");
    }
    if let Some(exec) = probe.field("exec")
        && exec.count("command") == 0
    {
        found.missing(&exec, "command", "has no `command`");
    }
}
