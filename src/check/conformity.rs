//! Every object against what its kind may hold, with the template's line where a template of the user's decided.

use rayon::prelude::*;

use crate::diag::{Diagnostic, FilePlace, Report};
use crate::render::Parsed;
use crate::resource::{Tree, called};
use crate::schema::conform::{Conform, Violation};

/// An object that is about to be written.
#[derive(Debug, Clone, Copy)]
pub struct Made<'a> {
    /// The word of the spec that made it.
    pub word: &'a str,
    /// The object; none for what a template of the user's own made.
    pub tree: Option<&'a Tree>,
    /// What a template of the user's made of it.
    pub parsed: Option<&'a Parsed>,
}

/// Everything that the API server would refuse or drop. A mistake of a template is said once, however many objects it makes.
#[must_use]
pub fn conformity<'a>(conform: &Conform<'_>, objects: impl Iterator<Item = Made<'a>>) -> Report {
    let objects: Vec<Made<'_>> = objects.collect();
    let found: Vec<Vec<Diagnostic>> = objects.par_iter().map(|object| findings(conform, object)).collect();
    let mut report = Report::default();
    for finding in found.into_iter().flatten() {
        let same = |other: &Diagnostic| other.code == finding.code && other.file == finding.file;
        if finding.file.is_none() || !report.findings().iter().any(same) {
            report.push(finding);
        }
    }
    report
}

fn findings(conform: &Conform<'_>, made: &Made<'_>) -> Vec<Diagnostic> {
    let Some(tree) = made.parsed.map(|parsed| &parsed.tree).or(made.tree) else { return Vec::new() };
    let violations = conform.check(tree);
    if violations.is_empty() {
        return Vec::new();
    }
    let object = called(tree);
    let finding = |mut violation: Violation| {
        let decided = made.parsed.and_then(|parsed| parsed.decided(&violation.path));
        let Some(changed) = decided else { return violation.diagnostic(&object) };
        let place = FilePlace { path: changed.template.clone(), line: Some(changed.line), excerpt: None };
        // The spec is right; it only says for what the template was filled in.
        violation.origins.clear();
        let finding = Diagnostic { file: Some(place), ..violation.diagnostic(&object) };
        match tree.origin.span() {
            Some(span) => finding.at(span, format!("rendered for this {}", made.word)),
            None => finding,
        }
    };
    violations.into_iter().map(finding).collect()
}
