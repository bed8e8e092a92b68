//! `${` in what users' templates print: Flux would take it for a variable. What the words of the spec make is annotated; what
//! a template prints is the template's, so its author is told.

use std::collections::BTreeSet;

use super::proof::Parsed;
use crate::diag::{Code, Diagnostic, FilePlace, Report};
use crate::resource::PathStep;
use crate::resource::{FLUX_SUBSTITUTE, Tree, Value};

/// One warning a line of a template, for all that it prints. Objects come with their template's path.
pub fn variables<'a>(printed: impl IntoIterator<Item = (&'a str, &'a Parsed)>) -> Report {
    let mut report = Report::default();
    let mut seen = BTreeSet::new();
    for (template, parsed) in printed {
        // Flux takes a label as well.
        let is_left_alone = ["annotations", "labels"].iter().any(|kind| {
            let word = parsed.tree.at(&["metadata", kind]).and_then(|words| words.get(FLUX_SUBSTITUTE));
            word.is_some_and(|word| word.as_str() == Some("disabled"))
        });
        let mut path = Vec::new();
        if is_left_alone || !find(&parsed.tree, &mut path) {
            continue;
        }
        let decided = parsed.decided(&path);
        let place = FilePlace {
            path: decided.map_or(template, |changed| &changed.template).to_owned(),
            line: decided.map(|changed| changed.line),
            excerpt: None,
        };
        if seen.insert((place.path.clone(), place.line)) {
            report.push(finding(&parsed.tree, place));
        }
    }
    report
}

/// Whether a text or the name of a field holds `${`; then `path` leads there.
fn find(tree: &Tree, path: &mut Vec<PathStep>) -> bool {
    let mut within = |step: PathStep, is_it: bool, child: &Tree| {
        path.push(step);
        let found = is_it || find(child, path);
        if !found {
            path.pop();
        }
        found
    };
    match &tree.value {
        Value::String(text) => text.contains("${"),
        Value::List(items) => {
            items.iter().enumerate().any(|(index, item)| within(PathStep::Index(index), false, item))
        }
        Value::Map(fields) => fields.iter().any(|field| {
            within(PathStep::Field(field.name.to_string()), field.name.contains("${"), &field.tree)
        }),
        _ => false,
    }
}

fn finding(tree: &Tree, place: FilePlace) -> Diagnostic {
    let text = |path: &[&str]| tree.at(path).and_then(Tree::as_str).unwrap_or_default();
    let (kind, name) = (text(&["kind"]), text(&["metadata", "name"]));
    let mut finding = Diagnostic::warning(
        Code::FLUX_VARIABLE,
        format!("{kind} `{name}` holds `${{`, which Flux would take for a variable"),
    );
    finding.file = Some(place);
    finding
        .note("a template of yours printed it, so no annotation was added")
        .help(format!("let the template print the annotation `{FLUX_SUBSTITUTE}: disabled`"))
        .help("or leave it to Flux: `flux-substitute keep` in gatewright.kdl")
}
