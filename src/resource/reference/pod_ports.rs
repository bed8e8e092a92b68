//! Ports of policies. A policy's port is one on which the pods listen; who writes the Service's, as 443 of a gateway whose pods
//! listen on 8443, has a policy that no connection meets.

use super::{Known, place};
use crate::diag::{Code, Diagnostic, Report};
use crate::resource::finished::items;
use crate::resource::{Finished, Tree, Value, called};

/// Labels of the gateway's pods that `istioctl install` makes, each of which means them.
const ISTIO_GATEWAY: [(&str, &str); 2] = [("istio", "ingressgateway"), ("app", "istio-ingressgateway")];

/// Ports of that gateway's Service with those to which it leads them. Helm's chart of a gateway leads them to themselves.
const ISTIO_PORTS: [(i64, i64); 2] = [(80, 8080), (443, 8443)];

/// Ports that a policy says together.
struct Said<'t> {
    ports: Vec<(i64, &'t Tree)>,
    /// What becomes of one that no connection has.
    effect: &'static str,
}

/// Where a port of a Service leads.
enum Leads<'a> {
    /// To itself or to a port of a name, or nothing tells.
    Unknown,
    /// To another port of the pods, by an entry of a Service.
    To(i64, &'a Finished<'a>, &'a Tree),
}

impl<'a> Known<'a> {
    /// Holds the ports of a policy against those on which the pods listen that it selects, as far as something here tells.
    pub(super) fn pod_ports(&self, object: &Finished<'_>, report: &mut Report) {
        let Some(labels) = object.tree.at(&["spec", "selector", "matchLabels"]) else { return };
        let said = said(object);
        if said.is_empty() || labels.fields().is_empty() {
            return;
        }
        let services: Vec<&'a Finished<'a>> = self
            .services
            .values()
            .flatten()
            .copied()
            .filter(|service| service.namespace() == object.namespace())
            .filter(|service| is_of(service.tree.at(&["spec", "selector"]), labels))
            .collect();
        for said in said {
            for (port, tree) in &said.ports {
                let has = |wanted: i64| said.ports.iter().any(|(port, _)| *port == wanted);
                if let Leads::To(target, service, entry) = leads(&services, *port) {
                    if !has(target) {
                        report.push(led(object, (*port, tree), said.effect, (target, service, entry)));
                    }
                } else if services.is_empty()
                    && let Some(target) = self.at_gateway(object, labels, *port)
                    && !has(target)
                {
                    report.push(at_gateway(object, (*port, tree), target, said.effect));
                }
            }
        }
    }

    /// The port on which the pods of Istio's own gateway listen for one that a Gateway here has, where a policy is for them.
    fn at_gateway(&self, object: &Finished<'_>, labels: &Tree, port: i64) -> Option<i64> {
        let (_, target) = *ISTIO_PORTS.iter().find(|(number, _)| *number == port)?;
        if object.id.kind != "AuthorizationPolicy" || !is_istio_gateway(labels) {
            return None;
        }
        let is_served = |gateway: &Finished<'_>| {
            let numbers = items(gateway.tree, &["spec", "servers"]).iter();
            let mut numbers = numbers.filter_map(|server| server.at(&["port", "number"]));
            let is_here = self.pods_of(gateway).is_none_or(|pods| pods == object.namespace());
            is_here
                && is_of(gateway.tree.at(&["spec", "selector"]), labels)
                && numbers.any(|number| number.value == Value::Int(port))
        };
        self.lists.values().any(|lists| is_served(lists.object)).then_some(target)
    }
}

/// Whether all pods with some labels are among those that a selector chooses.
fn is_of(selector: Option<&Tree>, labels: &Tree) -> bool {
    let wanted = selector.map(Tree::fields).unwrap_or_default();
    let is_istio = is_istio_gateway(labels);
    !wanted.is_empty()
        && wanted.iter().all(|field| {
            let own = |(key, value): &(&str, &str)| *key == field.name && field.tree.as_str() == Some(value);
            labels.get(&field.name).is_some_and(|label| label.same(&field.tree))
                || is_istio && ISTIO_GATEWAY.iter().any(own)
        })
}

fn is_istio_gateway(labels: &Tree) -> bool {
    ISTIO_GATEWAY.iter().any(|(key, value)| labels.get(key).and_then(Tree::as_str) == Some(value))
}

/// All ports that a policy says, those of one list together.
fn said<'t>(object: &'t Finished<'_>) -> Vec<Said<'t>> {
    let number = |tree: &'t Tree| Some((tree.as_str()?.parse().ok()?, tree));
    match (&*object.id.group, &*object.id.kind) {
        ("security.istio.io", "AuthorizationPolicy") => {
            let effect = match object.tree.at(&["spec", "action"]).and_then(Tree::as_str) {
                Some("DENY") => "denies nothing",
                Some("AUDIT") => "audits nothing",
                Some("CUSTOM") => "asks nobody",
                _ => "lets nothing in",
            };
            let list = |holder: &'t Tree, field: &str, effect: &'static str| {
                let ports: Vec<_> = items(holder, &[field]).iter().filter_map(number).collect();
                (!ports.is_empty()).then_some(Said { ports, effect })
            };
            let mut found = Vec::new();
            for rule in items(object.tree, &["spec", "rules"]) {
                for operation in items(rule, &["to"]).iter().filter_map(|to| to.get("operation")) {
                    found.extend(list(operation, "ports", effect));
                    found.extend(list(operation, "notPorts", "leaves nothing out"));
                }
                let is_port =
                    |when: &&Tree| when.get("key").and_then(Tree::as_str) == Some("destination.port");
                for when in items(rule, &["when"]).iter().filter(is_port) {
                    found.extend(list(when, "values", effect));
                    found.extend(list(when, "notValues", "leaves nothing out"));
                }
            }
            found
        }
        ("security.istio.io", "PeerAuthentication") => {
            let ports = object.tree.at(&["spec", "portLevelMtls"]).map(Tree::fields).unwrap_or_default();
            let ports: Vec<_> =
                ports.iter().filter_map(|field| Some((field.name.parse().ok()?, &field.tree))).collect();
            if ports.is_empty() { Vec::new() } else { vec![Said { ports, effect: "holds for nothing" }] }
        }
        _ => Vec::new(),
    }
}

/// Where the Services of some pods lead a port.
fn leads<'a>(services: &[&'a Finished<'a>], port: i64) -> Leads<'a> {
    let int = |tree: Option<&Tree>| match tree.map(|tree| &tree.value) {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    };
    let mut found = Leads::Unknown;
    for service in services {
        for entry in items(service.tree, &["spec", "ports"]) {
            let said = entry.get("targetPort").filter(|target| target.value != Value::Null);
            let own = int(entry.get("port"));
            let target = if said.is_some() { int(said) } else { own };
            match target {
                Some(target) if target == port => return Leads::Unknown,
                None if own == Some(port) => return Leads::Unknown,
                Some(target) if own == Some(port) => found = Leads::To(target, service, entry),
                _ => {}
            }
        }
    }
    found
}

/// The finding about a port of a Service that is made here.
fn led(
    object: &Finished<'_>,
    (port, tree): (i64, &Tree),
    effect: &str,
    (target, service, entry): (i64, &Finished<'_>, &Tree),
) -> Diagnostic {
    let message = format!(
        "{} asks for port {port} of Service `{}`, whose pods listen on {target}",
        called(object.tree),
        service.id.called()
    );
    let finding = place(Diagnostic::warning(Code::SERVICE_PORT, message), tree, object, effect);
    let finding = match entry.get("targetPort").and_then(|target| target.origin.span()) {
        Some(span) => finding.at(span, format!("leads port {port} to {target}")),
        None => finding,
    };
    finding
        .note("a policy's port is one on which the pods listen")
        .help(format!("write `{target}`"))
        .help(object.settle("or, if it is meant so", Code::SERVICE_PORT))
}

/// The finding about a port of a gateway whose Service is made elsewhere.
fn at_gateway(object: &Finished<'_>, (port, tree): (i64, &Tree), target: i64, effect: &str) -> Diagnostic {
    let message = format!(
        "{} asks for port {port} of a gateway, whose pods may listen on {target} instead",
        called(object.tree)
    );
    let finding = Diagnostic::warning(Code::SERVICE_PORT, message);
    place(finding, tree, object, &format!("where they do, it {effect}"))
        .note("a policy's port is one on which the pods listen")
        .note(format!(
            "the Service that `istioctl install` makes leads {port} to {target}; that of Helm's `gateway` chart leads it to {port}"
        ))
        .help(format!("write `{target}`, or both where both kinds of gateway are"))
        .help(object.settle(&format!("or, where the pods listen on {port} itself"), Code::SERVICE_PORT))
}
