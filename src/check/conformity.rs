//! Every object against what its kind may hold, with the template's line where a template of the user's decided.

use std::collections::HashSet;

use rayon::prelude::*;

use crate::diag::{Code, Diagnostic, FilePlace, Report, Severity};
use crate::manifest::Manifest;
use crate::render::Templates;
use crate::resource::{PathStep, Tree, called, lookup};
use crate::schema::conform::pruned::{self, Pruned};
use crate::schema::conform::{Conform, Violation};
use crate::spec::Span;
use crate::spec::part::Part;

/// Everything that the API server, istiod or Envoy would refuse or drop. A mistake is said once, however many objects it is in: ten thousand
/// hosts have one template, and the words of a domain.
#[must_use]
pub fn conformity(conform: &Conform<'_>, manifests: &[Manifest], templates: &Templates) -> Report {
    with_parts(conform, manifests, templates, &[])
}

/// As [`conformity`], then what is wrong with parts of objects and was not said of a whole one.
pub(super) fn with_parts(
    conform: &Conform<'_>,
    manifests: &[Manifest],
    templates: &Templates,
    parts: &[Part],
) -> Report {
    let mut found: Vec<Vec<Finding>> =
        manifests.par_iter().map(|manifest| findings(conform, manifest, templates)).collect();
    found.extend(parts.iter().map(|part| of_part(conform, part)));
    let mut said = HashSet::new();
    let mut report = Report::default();
    for Finding { diagnostic, names } in found.into_iter().flatten() {
        if said.insert(mistake(&diagnostic, names)) {
            report.push(diagnostic);
        }
    }
    report
}

/// What is wrong with one object.
struct Finding {
    diagnostic: Diagnostic,
    /// The names on the way to the value to change.
    names: Vec<String>,
}

/// What makes two findings one mistake: the same, about the same field, decided at the same place.
type Mistake = (Code, Vec<String>, Option<(String, Option<usize>)>, Vec<Span>, Option<String>);

fn mistake(finding: &Diagnostic, names: Vec<String>) -> Mistake {
    let file = finding.file.as_ref().map(|file| (file.path.clone(), file.line));
    let spans: Vec<Span> = match file {
        Some(_) => Vec::new(),
        None => finding.labels.iter().map(|label| label.span).collect(),
    };
    let nowhere = (file.is_none() && spans.is_empty()).then(|| finding.message.clone());
    (finding.code, names, file, spans, nowhere)
}

fn findings(conform: &Conform<'_>, manifest: &Manifest, templates: &Templates) -> Vec<Finding> {
    let parsed = manifest.parsed.as_ref().map(|(_, parsed)| parsed);
    let Some(tree) = parsed.map(|parsed| &parsed.tree).or(manifest.tree.as_ref()) else { return Vec::new() };
    let violations = conform.check_served(tree);
    if violations.is_empty() {
        return Vec::new();
    }
    let object = called(tree);
    let api = tree.get("apiVersion").and_then(Tree::as_str).unwrap_or_default();
    let group = api.split_once('/').map_or("", |(group, _)| group);
    let diagnostic = |mut violation: Violation| {
        let Some(place) = template(manifest, &violation, templates) else {
            if violation.code == Code::UNKNOWN_FIELD {
                let pruned = pruned::of(tree, &violation.path);
                if !matches!(pruned, Pruned::Open(_)) {
                    said_raw(&mut violation, group);
                }
                violation.notes.extend(pruned.note().map(str::to_owned));
            }
            if violation.lacks_spec() {
                violation.helps.push("its fields stand right in the braces of its node".to_owned());
            }
            violation.in_words(conform.table(), Some(tree));
            let is_at_node = violation.origins.iter().any(|origin| origin.span().is_some());
            settles(&mut violation, is_at_node);
            return violation.diagnostic(&object);
        };
        if place.line.is_none() {
            violation.notes.push("the template leaves out what the spec gives".to_owned());
        }
        settles(&mut violation, tree.origin.span().is_some());
        // The spec is right; it only says for what the template was filled in.
        violation.origins.clear();
        let finding = Diagnostic { file: Some(place), ..violation.diagnostic(&object) };
        match tree.origin.span() {
            Some(span) => finding.at(span, format!("rendered for this {}", manifest.word)),
            None => finding,
        }
    };
    let finding =
        |violation: Violation| Finding { names: names(&violation), diagnostic: diagnostic(violation) };
    violations.into_iter().map(finding).collect()
}

/// What is wrong with a part of an object.
fn of_part(conform: &Conform<'_>, part: &Part) -> Vec<Finding> {
    let finding = |mut violation: Violation| {
        if violation.code == Code::UNKNOWN_FIELD {
            said_raw(&mut violation, &part.kind.0);
        }
        violation.in_words(conform.table(), None);
        Finding { names: names(&violation), diagnostic: violation.diagnostic(&part.of) }
    };
    conform.part(part).into_iter().map(finding).collect()
}

fn names(violation: &Violation) -> Vec<String> {
    let names = violation.at.iter().filter_map(|step| match step {
        PathStep::Field(name) => Some(name.clone()),
        PathStep::Index(_) | PathStep::Item => None,
    });
    names.collect()
}

/// The words of a spec are looked up in the schema, so that only `(raw)` brings in a field that it does not have.
fn said_raw(violation: &mut Violation, group: &str) {
    violation.code = Code::RAW_FIELD;
    violation.severity = Severity::Warning;
    let is_metadata = matches!(violation.at.first(), Some(PathStep::Field(first)) if first == "metadata");
    let release = if is_metadata { releases("") } else { releases(group) };
    violation.helps.push(format!("{release} may have it; a cluster that has not drops it without a word"));
}

/// What brings new fields of a group's kinds.
fn releases(group: &str) -> &'static str {
    let is_below =
        |domain: &str| group.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    match group {
        _ if is_below("istio.io") => "a newer release of Istio",
        _ if is_below("cert-manager.io") => "a newer release of cert-manager",
        "gateway.networking.k8s.io" => "a newer release of Gateway API",
        _ if !group.contains('.') || group.ends_with(".k8s.io") => "a newer release of Kubernetes",
        _ => "a newer version of its CRD",
    }
}

/// A warning says how it is settled: also at a node, if it shows one.
fn settles(violation: &mut Violation, is_at_node: bool) {
    if violation.severity != Severity::Error {
        let or = if violation.helps.is_empty() { "" } else { "or, " };
        let at = if is_at_node { " or at the node" } else { "" };
        let code = violation.code;
        violation
            .helps
            .push(format!("{or}if it is meant so: `settle \"{code}\" reason=\"…\"` in gatewright.kdl{at}"));
    }
}

/// The place in a template of the user's, if that decided the value; or left out what the spec has.
fn template(manifest: &Manifest, violation: &Violation, templates: &Templates) -> Option<FilePlace> {
    let (template, parsed) = manifest.parsed.as_ref()?;
    if let Some(changed) = parsed.decided(&violation.at) {
        return Some(templates.line(&changed.template, changed.line));
    }
    let left_out = lookup(&parsed.tree, &violation.at).is_none()
        && manifest.tree.as_ref().is_some_and(|tree| lookup(tree, &violation.at).is_some());
    left_out.then(|| FilePlace { path: template.clone(), line: None, excerpt: None })
}
