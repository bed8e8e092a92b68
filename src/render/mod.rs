//! Resources → text, through templates. Secrets go another way: no template ever sees one.

mod context;
mod engine;
mod filters;
pub mod flux;
pub mod kustomization;
mod locate;
mod own;
mod proof;
mod read;
#[cfg(test)]
mod samples;
pub mod yaml;

use rayon::prelude::*;

pub use engine::{BUILT_INS, BuiltIn, Templates};
pub use locate::locate;
pub use own::{Document, OwnTemplate, render_own};

pub use crate::resource::Changed;
pub use crate::resource::facts::Scope;
pub use crate::resource::{PathStep, lookup, path_text};
pub use proof::Parsed;

use crate::diag::{Code, Diagnostic, Report};
use crate::resource::Tree;
use crate::spec::clear;

/// A resource to be rendered.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    /// The whole object; no Secret.
    pub tree: &'a Tree,
    /// The word of the spec that made it, as `gateway`.
    pub word: &'a str,
    /// The name of that node.
    pub name: &'a str,
}

/// A resource as text.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// YAML that ends in a line break, without the line that says whose it is.
    pub text: String,
    /// The template's path as a user reads it, if it is the user's.
    pub template: Option<String>,
    /// What a user's template made of the object; a built-in one gives the tree itself.
    pub parsed: Option<Parsed>,
}

impl Rendered {
    /// Whether a user's template made it.
    #[must_use]
    pub fn overridden(&self) -> bool {
        self.template.is_some()
    }
}

/// Renders one resource.
///
/// # Errors
/// A template that fails or gives another object; and a Secret, which is never rendered.
pub fn render(tree: &Tree, word: &str, name: &str, templates: &Templates) -> Result<Rendered, Diagnostic> {
    let text = |field| tree.get(field).and_then(Tree::as_str).unwrap_or_default();
    if clear::is_secret(text("apiVersion"), text("kind")) {
        let message = "a Secret was about to go through a template; it must be sealed instead";
        return Err(Diagnostic::error(Code::TEMPLATE_SECRET, message));
    }
    let print = || {
        let context = context::of_resource(tree, word, name);
        let (file, overridden) = templates.choose(tree);
        let (mut text, parsed) = if overridden {
            let printed = templates.print_traced(file, context)?;
            let parsed = proof::prove(templates, &printed, tree)?;
            (printed.text, Some(parsed))
        } else {
            (templates.print(file, context)?, None)
        };
        proof::no_skip_marker(&text)?;
        text.truncate(text.trim_end_matches('\n').len());
        text.push('\n');
        Ok(Rendered { text, template: overridden.then(|| templates.path(file)), parsed })
    };
    print().map_err(|finding: Diagnostic| match tree.origin.span() {
        Some(span) => finding.at(span, format!("rendered for this {word}")),
        None => finding,
    })
}

/// Renders many resources on all cores; the results stand in the order of the items.
///
/// # Errors
/// Every mistake, each once: a template that fails for ten thousand hosts is one finding, at the first of them.
pub fn all(items: &[Item<'_>], templates: &Templates) -> Result<Vec<Rendered>, Report> {
    let one = |item: &Item<'_>| render(item.tree, item.word, item.name, templates);
    let results: Vec<_> = items.par_iter().map(one).collect();
    let mut rendered = Vec::with_capacity(results.len());
    let mut report = Report::default();
    for result in results {
        match result {
            Ok(one) => rendered.push(one),
            Err(finding) if known(&report, &finding) => {}
            Err(finding) => report.push(finding),
        }
    }
    if report.is_empty() { Ok(rendered) } else { Err(report) }
}

/// Whether the same was said of the same line of a template.
pub(crate) fn known(report: &Report, finding: &Diagnostic) -> bool {
    let same = |other: &Diagnostic| {
        other.code == finding.code && other.file == finding.file && other.message == finding.message
    };
    finding.file.is_some() && report.findings().iter().any(same)
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
