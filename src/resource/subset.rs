//! Subsets that rules of VirtualServices name, by our words or Istio's: a DestinationRule must have them.

use std::collections::BTreeMap;

use super::finished::{destinations, full_service, items};
use super::reference::{has_subset, is_for, settle};
use super::{Finished, Tree};
use crate::diag::suggest::{list, meant};
use crate::diag::{Code, Diagnostic, Report};
use crate::model::Project;
use crate::spec::Origin;

/// The subsets that a service has, and what says so.
#[derive(Default)]
struct Declared<'a> {
    names: Vec<&'a str>,
    places: Vec<&'a Origin>,
}

/// Reports destinations whose subset nothing declares.
#[must_use]
pub fn check_subsets(project: &Project, objects: &[Finished<'_>]) -> Report {
    let mut declared: BTreeMap<String, Declared<'_>> = BTreeMap::new();
    let mut wide: Vec<(&str, &Finished<'_>)> = Vec::new();
    for rule in objects.iter().filter(|object| object.is_a("DestinationRule")) {
        let Some(host) = rule.tree.at(&["spec", "host"]) else { continue };
        let Some(name) = host.as_str() else { continue };
        if name.starts_with('*') {
            wide.push((name, rule));
        }
        let of = declared.entry(full_service(name, rule)).or_default();
        of.places.push(&host.origin);
        let subsets = items(rule.tree, &["spec", "subsets"]);
        of.names.extend(subsets.iter().filter_map(|subset| subset.get("name")?.as_str()));
    }
    let mut report = Report::default();
    for service in objects.iter().filter(|object| object.is_a("VirtualService")) {
        let mut found = Report::default();
        let Some(spec) = service.tree.get("spec") else { continue };
        for destination in destinations(spec) {
            let (Some(host), Some(subset)) = (destination.get("host"), destination.get("subset")) else {
                continue;
            };
            let (Some(name), Some(wanted)) = (host.as_str(), subset.as_str()) else { continue };
            let full = full_service(name, service);
            // Whether the proxies find it there is a question of its own.
            if wide.iter().any(|(host, rule)| is_for(host, &full) && has_subset(rule, subset)) {
                continue;
            }
            match declared.get(&full) {
                Some(of) if of.names.contains(&wanted) => {}
                Some(of) => found.push(service.traced_at(unknown(subset, wanted, of), subset)),
                None => found.push(service.traced_at(undeclared(subset, wanted, (name, service)), subset)),
            }
        }
        if found.is_empty() {
            continue;
        }
        settle(project, service, &mut found);
        for finding in found.findings() {
            if !report.findings().contains(finding) {
                report.push(finding.clone());
            }
        }
    }
    report
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

fn undeclared(subset: &Tree, wanted: &str, (host, service): (&str, &Finished<'_>)) -> Diagnostic {
    let message = format!("nothing here declares subsets of `{host}`");
    let finding = Diagnostic::warning(Code::UNKNOWN_SUBSET, message);
    let finding = match subset.origin.span() {
        Some(span) => finding.at(span, "without a DestinationRule that knows it, requests fail"),
        None => finding,
    };
    finding
        .help(format!("declare `service` with `subset \"{wanted}\" version=\"{wanted}\"`"))
        .help(service.settle("or, where something else declares it", Code::UNKNOWN_SUBSET))
}
