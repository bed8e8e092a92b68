//! Objects that Istio makes one of: VirtualServices of a host on one gateway, and servers of one port. What two of them say
//! about the same request is decided by their age, or dropped.

use std::collections::BTreeMap;

use super::finished::{full_gateway, is_for_gateway, items, redirects};
use super::{Finished, Tree, Value};
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{Condition, PathPattern};
use crate::spec::{Origin, Traced};

/// Reports what two objects say about one request.
#[must_use]
pub fn check_shared(resources: &[Finished<'_>]) -> Report {
    let mut report = Report::default();
    routes(resources, &mut report);
    servers(resources, &mut report);
    report
}

/// A VirtualService, for one of its hosts on one of its gateways.
struct Service<'a> {
    resource: &'a Finished<'a>,
    host: &'a str,
    /// All that it takes: the path that its rules have where their matchers say none, and those matchers.
    rules: Vec<(Traced<PathPattern>, Option<&'a Tree>)>,
}

fn routes(resources: &[Finished<'_>], report: &mut Report) {
    let mut by_place: BTreeMap<(&str, String), Vec<&Finished<'_>>> = BTreeMap::new();
    for resource in resources.iter().filter(|resource| resource.is_a("VirtualService")) {
        let own = resource.namespace();
        for host in items(resource.tree, &["spec", "hosts"]).iter().filter_map(Tree::as_str) {
            for gateway in items(resource.tree, &["spec", "gateways"]).iter().filter_map(Tree::as_str) {
                // Sidecars do not put them together.
                if gateway != "mesh" {
                    by_place.entry((host, full_gateway(gateway, own))).or_default().push(resource);
                }
            }
        }
    }
    for ((host, gateway), sharing) in by_place {
        for (i, later) in sharing.iter().enumerate() {
            // Those of our hosts are held against each other where they are resolved.
            let ours = |one: &Finished<'_>| one.is_made_by("host");
            let others = sharing.iter().take(i).filter(|earlier| !ours(later) || !ours(earlier));
            for earlier in others {
                let finding =
                    overlap(&Service::of(earlier, host, &gateway), &Service::of(later, host, &gateway));
                let finding = finding.map(|finding| earlier.traced(later.traced(finding)));
                if let Some(finding) = finding.filter(|finding| !report.findings().contains(finding)) {
                    report.push(finding);
                }
            }
        }
    }
}

impl<'a> Service<'a> {
    fn of(resource: &'a Finished<'a>, host: &'a str, gateway: &str) -> Self {
        let is_there = |matcher: &Option<&Tree>| is_for_gateway(*matcher, gateway, resource.namespace());
        let rules = items(resource.tree, &["spec", "http"]).iter().flat_map(asked);
        Self { resource, host, rules: rules.filter(|(_, matcher)| is_there(matcher)).collect() }
    }
}

/// All that a rule takes: the path that it has where its matchers say none, and those matchers.
pub(super) fn asked(rule: &Tree) -> Vec<(Traced<PathPattern>, Option<&Tree>)> {
    let path = |origin: &Origin| Traced::new(PathPattern::Everything, origin.clone());
    match items(rule, &["match"]) {
        [] => vec![(path(&rule.origin), None)],
        several => several.iter().map(|one| (path(&one.origin), Some(one))).collect(),
    }
}

/// The first two rules of two VirtualServices that take one request.
fn overlap(one: &Service<'_>, other: &Service<'_>) -> Option<Diagnostic> {
    for (path, matcher) in &other.rules {
        let later = Condition::new(path, *matcher);
        for (path, matcher) in &one.rules {
            let earlier = Condition::new(path, *matcher);
            if !later.is_same(&earlier) && !later.overlaps(&earlier) {
                continue;
            }
            let mut finding = Diagnostic::error(
                Code::OVERLAPPING_PATHS,
                format!(
                    "two VirtualServices of `{}` take the same requests: `{}` and `{}`",
                    one.host,
                    one.resource.id.called(),
                    other.resource.id.called()
                ),
            );
            for (condition, service) in [(&later, other), (&earlier, one)] {
                if let Some(span) = condition.origin.span() {
                    finding =
                        finding.at(span, format!("of {} `{}`", service.resource.word, service.resource.name));
                }
            }
            return Some(
                finding
                    .note("Istio tries the VirtualServices of one host by age, so which of them wins would depend on the cluster")
                    .help("say both in one of them, or give each paths of its own"),
            );
        }
    }
    None
}

/// A port of the same pods, and what is spoken there.
#[derive(Default)]
struct Port<'a> {
    speaks: Option<(&'static str, &'a Tree)>,
    hosts: BTreeMap<&'a str, &'a Tree>,
    served: Vec<(String, &'a Finished<'a>, &'a Tree)>,
    redirected: BTreeMap<String, &'a Tree>,
}

/// Labels of pods, a port and an address.
type Place = (Vec<(String, String)>, i64, String);

fn servers(resources: &[Finished<'_>], report: &mut Report) {
    let mut ports: BTreeMap<Place, Port<'_>> = BTreeMap::new();
    for resource in resources.iter().filter(|resource| resource.is_a("Gateway")) {
        for server in items(resource.tree, &["spec", "servers"]) {
            let Some(place) = place(resource, server) else { continue };
            let port = ports.entry(place).or_default();
            if let Some(protocol) = server.at(&["port", "protocol"]) {
                let speaks = class(protocol.as_str().unwrap_or_default());
                match port.speaks {
                    Some((other, first)) if other != speaks => {
                        report.push(resource.traced_at(mixed(first, protocol), protocol))
                    }
                    _ => port.speaks = Some((speaks, protocol)),
                }
            }
            for host in items(server, &["hosts"]).iter().filter(|_| is_alone_for_hosts(server)) {
                let Some(name) = host.as_str() else { continue };
                let name = name.rsplit_once('/').map_or(name, |(_, name)| name);
                match port.hosts.get(name) {
                    Some(first) if !std::ptr::eq(*first, host) => {
                        report.push(resource.traced_at(twice(name, first, host), host))
                    }
                    _ => {
                        port.hosts.insert(name, host);
                    }
                }
            }
            port.answer(resource, server);
        }
    }
    for port in ports.values() {
        for (name, resource, host) in &port.served {
            if let Some(first) = port.redirected.get(name) {
                report.push(resource.traced_at(redirected(name, resource, host, first), host));
            }
        }
    }
}

impl<'a> Port<'a> {
    /// Notes for whom a server of plain HTTP answers or redirects.
    fn answer(&mut self, resource: &'a Finished<'a>, server: &'a Tree) {
        for host in items(server, &["hosts"]) {
            let Some(name) = host.as_str() else { continue };
            let (namespace, name) = name.rsplit_once('/').unwrap_or(("*", name));
            let name = name.to_lowercase();
            if !is_alone_for_hosts(server) {
                self.served.push((name, resource, host));
            } else if redirects(server) && namespace == "*" {
                self.redirected.entry(name).or_insert(host);
            }
        }
    }
}

fn place(resource: &Finished<'_>, server: &Tree) -> Option<Place> {
    let Value::Map(labels) = &resource.tree.at(&["spec", "selector"])?.value else { return None };
    let labels = labels.iter().map(|label| (label.name.to_string(), label.tree.as_str()));
    let mut labels: Vec<_> = labels.filter_map(|(key, value)| Some((key, value?.to_owned()))).collect();
    labels.sort();
    let Value::Int(port) = server.at(&["port", "number"])?.value else { return None };
    let bind = server.get("bind").and_then(Tree::as_str).unwrap_or_default();
    Some((labels, port, bind.to_owned()))
}

/// Whether its hosts must be of no other server of the port. Istio puts servers of plain HTTP together, and looks for hosts
/// that are there twice only where `tls` is set.
fn is_alone_for_hosts(server: &Tree) -> bool {
    let protocol = server.at(&["port", "protocol"]).and_then(Tree::as_str).unwrap_or_default();
    let has_tls = server.get("tls").is_some_and(|tls| tls.value != Value::Null);
    has_tls || class(protocol) != "plain HTTP"
}

/// Protocols that can share a port.
fn class(protocol: &str) -> &'static str {
    match protocol.to_ascii_uppercase().as_str() {
        "HTTPS" | "TLS" => "TLS",
        "HTTP" | "HTTP2" | "GRPC" | "GRPC-WEB" => "plain HTTP",
        _ => "TCP",
    }
}

/// Shows two places, each with what is said of it.
fn at_both(mut finding: Diagnostic, places: [(&Tree, &str); 2]) -> Diagnostic {
    for (tree, label) in places {
        if let Some(span) = tree.origin.span() {
            finding = finding.at(span, label);
        }
    }
    finding
}

fn twice(name: &str, first: &Tree, later: &Tree) -> Diagnostic {
    let finding =
        Diagnostic::error(Code::DUPLICATE_HOST, format!("two servers of one port are for `{name}`"));
    at_both(finding, [(later, "one of them"), (first, "and the other")])
        .note("Istio takes the one that it sees first, and drops the other with all that it says")
        .help("keep one of the two: what else our server of a host says stands in the host's `server` and `tls`")
}

fn redirected(name: &str, resource: &Finished<'_>, host: &Tree, first: &Tree) -> Diagnostic {
    let message =
        format!("one server answers `{name}` over plain HTTP, and another of its port redirects it");
    let finding = Diagnostic::warning(Code::REDIRECTED_HOST, message);
    at_both(finding, [(host, "never answered here"), (first, "redirected to HTTPS")])
        .note("Istio puts servers of plain HTTP together, and redirects every request for a host that one of them redirects")
        .help("leave it out of one of them; a `host` is not redirected with `http=\"open\"`")
        .help(resource.settle("or, if it is meant so", Code::REDIRECTED_HOST))
}

fn mixed(first: &Tree, later: &Tree) -> Diagnostic {
    let shown = |tree: &Tree| class(tree.as_str().unwrap_or_default());
    let finding = Diagnostic::error(
        Code::CONFLICT,
        format!("one port can't speak both {} and {}", shown(first), shown(later)),
    );
    at_both(finding, [(later, "one of them"), (first, "and the other")])
        .note("Istio takes the server that it sees first, and drops the other")
        .help("give one of them another port")
}
