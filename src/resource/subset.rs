//! Subsets that rules of VirtualServices name in Istio's words: they must be there, as with our own.

use std::collections::{BTreeMap, BTreeSet};

use super::{Resource, Tree, Value};
use crate::diag::suggest::{list, meant};
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{Host, Project};
use crate::spec::{Origin, Span};

/// The subsets that a service has, and what says so.
#[derive(Default)]
struct Declared<'a> {
    names: Vec<&'a str>,
    places: Vec<&'a Origin>,
}

/// Reports destinations whose subset nothing declares; those that words of ours made are looked up where they are resolved.
#[must_use]
pub fn check_subsets(project: &Project, resources: &[Resource]) -> Report {
    let of_kind = |kind: &'static str| {
        let wanted = move |resource: &&Resource| {
            resource.id.group == "networking.istio.io" && resource.id.kind == kind
        };
        resources.iter().filter(wanted)
    };
    let mut declared: BTreeMap<String, Declared<'_>> = BTreeMap::new();
    for rule in of_kind("DestinationRule") {
        let Some(host) = rule.tree.at(&["spec", "host"]) else { continue };
        let Some(name) = host.as_str() else { continue };
        let of = declared.entry(full(name, rule)).or_default();
        of.places.push(&host.origin);
        if let Some(Value::List(subsets)) = rule.tree.at(&["spec", "subsets"]).map(|tree| &tree.value) {
            of.names.extend(subsets.iter().filter_map(|subset| subset.get("name")?.as_str()));
        }
    }
    let ours = said_by_ours(project);
    let mut report = Report::default();
    for service in of_kind("VirtualService") {
        let mut found = Report::default();
        let Some(spec) = service.tree.get("spec") else { continue };
        for destination in destinations(spec) {
            let (Some(host), Some(subset)) = (destination.get("host"), destination.get("subset")) else {
                continue;
            };
            let (Some(name), Some(wanted)) = (host.as_str(), subset.as_str()) else { continue };
            if subset.origin.spans().any(|span| ours.contains(&span)) {
                continue;
            }
            match declared.get(&full(name, service)) {
                Some(of) if of.names.contains(&wanted) => {}
                Some(of) => found.push(unknown(subset, wanted, of)),
                None => found.push(undeclared(subset, wanted, name)),
            }
        }
        if found.is_empty() {
            continue;
        }
        let is_own = |host: &&Host| service.word == "host" && host.name.value.as_str() == service.name;
        if let Some(host) = project.hosts.iter().find(is_own) {
            found.settle(&host.settled);
        }
        for finding in found.findings() {
            if !report.findings().contains(finding) {
                report.push(finding.clone());
            }
        }
    }
    report
}

/// A service's full name: Istio takes one without a dot for one in the namespace of the object.
fn full(name: &str, resource: &Resource) -> String {
    match &resource.id.namespace {
        Some(namespace) if !name.contains('.') => format!("{name}.{namespace}.svc.cluster.local"),
        _ => name.to_owned(),
    }
}

/// Where the subsets of all `to` are said.
fn said_by_ours(project: &Project) -> BTreeSet<Span> {
    let routes = project.hosts.iter().flat_map(|host| &host.routes).flat_map(|routes| &routes.routes);
    let ours = routes.flat_map(|route| &route.to).filter_map(|to| to.subset.as_ref());
    ours.flat_map(|subset| subset.origin.spans()).collect()
}

/// Every destination of a VirtualService's rules, whatever they do with it.
fn destinations(spec: &Tree) -> Vec<&Tree> {
    let mut found = Vec::new();
    for (rules, lists, one) in [
        ("http", &["route", "mirrors"][..], Some("mirror")),
        ("tls", &["route"], None),
        ("tcp", &["route"], None),
    ] {
        for rule in items(spec, rules) {
            found.extend(
                lists.iter().flat_map(|list| items(rule, list)).filter_map(|item| item.get("destination")),
            );
            found.extend(one.and_then(|one| rule.get(one)));
        }
    }
    found
}

fn items<'a>(tree: &'a Tree, name: &str) -> &'a [Tree] {
    match tree.get(name).map(|tree| &tree.value) {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}

fn unknown(subset: &Tree, wanted: &str, of: &Declared<'_>) -> Diagnostic {
    let message = format!("there is no subset `{wanted}`");
    let mut finding = Diagnostic::error(Code::UNKNOWN_REFERENCE, message);
    if let Some(span) = subset.origin.span() {
        finding = finding.at(span, "no subset of this name");
    }
    for span in of.places.iter().filter_map(|origin| origin.span()) {
        finding = finding.at(span, "the service");
    }
    match (meant(wanted, &of.names), of.names.as_slice()) {
        (Some(near), _) => finding.help(format!("did you mean `{near}`?")),
        (None, []) => finding.help(format!("declare it: `subset \"{wanted}\" version=\"{wanted}\"`")),
        (None, names) => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            finding.help(format!("declared: {}", list(&names, "and")))
        }
    }
}

fn undeclared(subset: &Tree, wanted: &str, host: &str) -> Diagnostic {
    let message = format!("nothing here declares subsets of `{host}`");
    let finding = Diagnostic::warning(Code::UNKNOWN_SUBSET, message);
    let finding = match subset.origin.span() {
        Some(span) => finding.at(span, "without a DestinationRule that knows it, requests fail"),
        None => finding,
    };
    finding.help(format!("declare `service` with `subset \"{wanted}\" version=\"{wanted}\"`"))
}
