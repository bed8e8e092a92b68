//! Services: what goes together, and what ports, addresses and names must be.

use std::net::{IpAddr, Ipv4Addr};

use super::super::look::{Found, Look, shown};
use super::label;
use crate::model::name::{ObjectName, check_label_key, check_label_value};

/// The kubelet's port, which no load balancer may lead to.
const KUBELET: i64 = 10_250;

pub(super) fn check(found: &mut Found, object: &Look<'_>) {
    if let Some(metadata) = object.field("metadata")
        && let Some(name) = metadata.field("name")
    {
        label(found, &name, "the name of a Service");
    }
    let Some(spec) = object.field("spec") else {
        found
            .missing(object, "spec", "has no `ports` in a `spec`, which must be there")
            .help("give it `ports`, one at least");
        return;
    };
    let ty = match spec.text("type") {
        "" => "ClusterIP",
        ty => ty,
    };
    ports(found, &spec, ty);
    kinds(found, &spec, ty);
    addresses(found, &spec, ty);
    for (key, value) in spec.entries("selector") {
        if let Err(error) = check_label_key(key) {
            found.at(&value, format!("has the key {}: {}", shown(key), error.reason)).help(error.help);
        }
        if let Err(error) = check_label_value(value.value()) {
            let message = format!("can't be {}: {}", shown(value.value()), error.reason);
            found.at(&value, message).help(error.help);
        }
    }
    if spec.text("sessionAffinity") != "ClientIP" && spec.has("sessionAffinityConfig") {
        let message = "has `sessionAffinityConfig`, which is for `sessionAffinity: ClientIP` alone";
        found
            .of(&spec, "sessionAffinityConfig", message)
            .help("say `sessionAffinity: ClientIP` too, or leave it out");
    }
    let near = ["", "PreferClose", "PreferSameZone", "PreferSameNode"];
    if let Some(distribution) = spec.field("trafficDistribution").filter(|text| !near.contains(&text.value()))
    {
        found
            .at(&distribution, format!("can't be {}", shown(distribution.value())))
            .help("write `PreferClose`, `PreferSameZone` or `PreferSameNode`, or leave it out");
    }
}

fn ports(found: &mut Found, spec: &Look<'_>, ty: &str) {
    let count = spec.count("ports");
    let is_headless = spec.text("clusterIP") == "None";
    if count == 0 && !is_headless && ty != "ExternalName" {
        let wrong = found.missing(spec, "ports", "has no `ports`, which must be there");
        wrong.help(
            "give it one; only a Service whose `clusterIP` is `None`, or of type `ExternalName`, needs none",
        );
    }
    let mut names: Vec<(String, Vec<_>)> = Vec::new();
    let mut on_nodes: Vec<(String, i64)> = Vec::new();
    for port in spec.items("ports") {
        match port.field("name").filter(|name| !name.value().is_empty()) {
            None if count > 1 => {
                let wrong =
                    found.missing(&port, "name", "has no `name`, which each of several ports must have");
                wrong.help("name it after its protocol: `name=\"http\"`, `name=\"grpc-admin\"`");
            }
            None => {}
            Some(name) => {
                label(found, &name, "the name of a port");
                let value = name.value().to_owned();
                match names.iter().find(|(known, _)| *known == value) {
                    Some((_, first)) => {
                        let message =
                            format!("is {} once more, and the names of ports differ", shown(&value));
                        found.at(&name, message).also = Some(first.clone());
                    }
                    None => names.push((value, name.path())),
                }
            }
        }
        one(found, &port, ty);
        let protocol = if port.text("protocol").is_empty() { "TCP" } else { port.text("protocol") };
        if let Some(number) = port.int("nodePort").filter(|number| *number != 0) {
            if on_nodes.contains(&(protocol.to_owned(), number)) {
                found.of(&port, "nodePort", format!("has the `nodePort` {number} of another port"));
            }
            on_nodes.push((protocol.to_owned(), number));
        }
    }
}

/// One port, whatever the others are.
fn one(found: &mut Found, port: &Look<'_>, ty: &str) {
    if let Some(target) = port.field("targetPort") {
        match target.number() {
            Some(number) if !(0..=65_535).contains(&number) => {
                found.at(&target, format!("must be a port, 1 to 65535, or a port's name, and is `{number}`"));
            }
            None if !target.value().is_empty() => {
                if let Some(reason) = no_port_name(target.value()) {
                    let wrong = found.at(&target, format!("can't be {}: {reason}", shown(target.value())));
                    match target.value().parse::<u16>() {
                        Ok(number) => wrong.help(format!("write the number {number} without quotes")),
                        Err(_) => wrong
                            .help("write the number of the pods' port, or the name that the pods give it"),
                    };
                }
            }
            _ => {}
        }
    }
    if let Some(protocol) = port.field("appProtocol")
        && let Err(error) = check_label_key(protocol.value())
    {
        let message = format!("can't be {}: {}", shown(protocol.value()), error.reason);
        found.at(&protocol, message).help("write a name such as `http`, or `kubernetes.io/h2c`");
    }
    if ty == "ClusterIP" && port.int("nodePort").is_some_and(|number| number != 0) {
        let message = "has a `nodePort`, and a Service of type `ClusterIP` has none";
        found.of(port, "nodePort", message).help("leave it out, or say `type: NodePort`");
    }
    if ty == "LoadBalancer" && port.int("port") == Some(KUBELET) {
        found.of(port, "port", format!("is {KUBELET}, the kubelet's, which no load balancer may lead to"));
    }
}

/// Why a text is no name of a pod's port.
fn no_port_name(text: &str) -> Option<&'static str> {
    let taken = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match text {
        _ if text.len() > 15 => Some("the name of a pod's port has at most 15 characters"),
        _ if !text.chars().all(taken) => Some("the name of a pod's port holds only `a-z`, `0-9` and `-`"),
        _ if !text.contains(|c: char| c.is_ascii_lowercase()) => {
            Some("the name of a pod's port holds a letter")
        }
        _ if text.contains("--") => Some("no two `-` stand side by side in the name of a pod's port"),
        _ if text.starts_with('-') || text.ends_with('-') => {
            Some("the name of a pod's port starts and ends with a letter or digit")
        }
        _ => None,
    }
}

/// What belongs to some types of Service alone.
fn kinds(found: &mut Found, spec: &Look<'_>, ty: &str) {
    let is_balanced = ty == "LoadBalancer";
    for field in ["loadBalancerSourceRanges", "allocateLoadBalancerNodePorts", "loadBalancerClass"] {
        let is_said = spec.has(field) && (field != "loadBalancerSourceRanges" || spec.count(field) > 0);
        if is_said && !is_balanced {
            let message =
                format!("has `{field}`, which is for the type `LoadBalancer`, and is of type `{ty}`");
            found.of(spec, field, message).help("leave it out, or say `type: LoadBalancer`");
        }
    }
    if let Some(class) = spec.field("loadBalancerClass").filter(|_| is_balanced)
        && let Err(error) = check_label_key(class.value())
    {
        found.at(&class, format!("can't be {}: {}", shown(class.value()), error.reason)).help(error.help);
    }
    for range in spec.items("loadBalancerSourceRanges").filter(|_| is_balanced) {
        let text = range.value().trim();
        let is_range = text.split_once('/').is_some_and(|(address, bits)| {
            let most = if address.contains(':') { 128 } else { 32 };
            is_address(address) && bits.parse::<u8>().is_ok_and(|bits| bits <= most)
        });
        if !is_range {
            found
                .at(&range, format!("can't be {}", shown(range.value())))
                .help("write a range of addresses such as `10.0.0.0/8`");
        }
    }
    let is_reached = is_balanced || ty == "NodePort" || ty == "ClusterIP" && spec.count("externalIPs") > 0;
    let policy = spec.text("externalTrafficPolicy");
    if !policy.is_empty() && !is_reached {
        let message =
            format!("has `externalTrafficPolicy`, and a Service of type `{ty}` is not reached from outside");
        found
            .of(spec, "externalTrafficPolicy", message)
            .help("leave it out, or say `type: NodePort` or `type: LoadBalancer`");
    }
    let is_watched = is_balanced && policy == "Local";
    if spec.int("healthCheckNodePort").is_some_and(|number| number != 0) && !is_watched {
        let message = "has `healthCheckNodePort`, which is for the type `LoadBalancer` with `externalTrafficPolicy: Local`";
        found.of(spec, "healthCheckNodePort", message).help("leave it out");
    }
    if ty == "ExternalName" {
        external(found, spec);
    }
}

/// A Service that is another name of something outside.
fn external(found: &mut Found, spec: &Look<'_>) {
    for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        let is_said = !spec.text(field).is_empty() || spec.count(field) > 0;
        if is_said {
            let message = format!("has `{field}`, and a Service of type `ExternalName` has no address");
            found.of(spec, field, message).help("leave it out");
        }
    }
    let name = spec.text("externalName");
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.is_empty() {
        let wrong =
            found.missing(spec, "externalName", "is of type `ExternalName` and has no `externalName`");
        wrong.help("write the name it stands for, such as `db.example.com`");
    } else if let (Err(error), Some(said)) = (ObjectName::parse(name), spec.field("externalName")) {
        found.at(&said, format!("can't be {}: {}", shown(name), error.reason)).help(error.help);
    }
}

fn addresses(found: &mut Found, spec: &Look<'_>, ty: &str) {
    let one = spec.text("clusterIP");
    if one == "None" && ["NodePort", "LoadBalancer"].contains(&ty) {
        let message = format!("can't be `None` in a Service of type `{ty}`");
        let at = spec.field("clusterIP");
        found.at(at.as_ref().unwrap_or(spec), message).help("leave it out, or say `type: ClusterIP`");
    }
    if ty != "ExternalName" {
        if let Some(address) = spec.field("clusterIP").filter(|text| !["", "None"].contains(&text.value())) {
            address_of(found, &address);
        }
        let mut all = spec.items("clusterIPs");
        if let Some(first) = all.next().filter(|first| first.value() != one) {
            let message = format!(
                "has `clusterIPs` that begin with {}, and not with its `clusterIP`",
                shown(first.value())
            );
            found
                .of(spec, "clusterIPs", message)
                .help("say `clusterIP` with the first of them too, or leave `clusterIPs` out");
        }
        for address in all {
            if address.value() == "None" {
                found.at(&address, "can't be `None` beside another address");
            } else {
                address_of(found, &address);
            }
        }
        families(found, spec);
    }
    for address in spec.items("externalIPs") {
        match address.value().parse::<IpAddr>() {
            Err(_) if !is_address(address.value()) => address_of(found, &address),
            Ok(ip) if is_special(ip) => {
                let message =
                    format!("can't be {}, which no client from outside can ask", shown(address.value()));
                found.at(&address, message);
            }
            _ => {}
        }
    }
}

fn families(found: &mut Found, spec: &Look<'_>) {
    let mut seen: Vec<&str> = Vec::new();
    for family in spec.items("ipFamilies") {
        if seen.contains(&family.value()) {
            found.at(&family, "is there twice");
        }
        seen.push(family.value());
    }
    for field in ["ipFamilies", "clusterIPs"] {
        if spec.text("ipFamilyPolicy") == "SingleStack" && spec.count(field) > 1 {
            found.of(spec, field, format!("has two `{field}`, and `ipFamilyPolicy` is `SingleStack`"));
        }
    }
}

fn address_of(found: &mut Found, address: &Look<'_>) {
    if !is_address(address.value()) {
        found
            .at(address, format!("can't be {}", shown(address.value())))
            .help("write an address such as `10.0.0.1`");
    }
}

/// Whether a text is an address; zeros before its numbers are taken, as some releases do.
fn is_address(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_digit())
            && part.parse::<u64>().is_ok_and(|n| n < 256)
    };
    text.parse::<IpAddr>().is_ok() || text.split('.').count() == 4 && text.split('.').all(part)
}

/// Addresses that name nothing outside of a machine or its own network.
fn is_special(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_special_v4(ip),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => is_special_v4(ip),
            None => {
                ip.is_unspecified()
                    || ip.is_loopback()
                    || ip.is_unicast_link_local()
                    || ip.segments()[0] == 0xff02
            }
        },
    }
}

fn is_special_v4(ip: Ipv4Addr) -> bool {
    ip.is_unspecified() || ip.is_loopback() || ip.is_link_local() || ip.octets().starts_with(&[224, 0, 0])
}
