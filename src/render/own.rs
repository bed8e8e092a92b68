//! Templates of the user's own: resources that no word of the spec makes.

use super::context::of_facts;
use super::engine::Templates;
use super::proof::{Parsed, documents};
use crate::diag::Diagnostic;
use crate::resource::Tree;
use crate::resource::facts::Scope;

/// A template of the user's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnTemplate {
    /// Its path below `templates/`.
    pub file: String,
    /// How often it is rendered.
    pub scope: Scope,
}

/// One resource that a template of the user's own made.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Its text, comments included, without the line that says whose it is.
    pub text: String,
    /// `apiVersion`.
    pub api_version: String,
    /// `kind`; never `Secret`.
    pub kind: String,
    /// `metadata.namespace`, if it has one.
    pub namespace: Option<String>,
    /// `metadata.name`.
    pub name: String,
    /// Its value, every part with the line of the template that it came from.
    pub parsed: Parsed,
}

/// Renders a template of the user's own for one object (or once), whose facts are an object. It may make no resource at all.
///
/// # Errors
/// What the template's author has to mend, at its line.
pub fn render_own(
    own: &OwnTemplate,
    facts: &Tree,
    templates: &Templates,
) -> Result<Vec<Document>, Diagnostic> {
    let print = || {
        let printed = templates.print_traced(&own.file, of_facts(own.scope.word(), facts))?;
        documents(templates, &printed, &facts.origin)
    };
    print().map_err(|finding: Diagnostic| match facts.origin.span() {
        Some(span) => finding.at(span, format!("rendered for this {}", own.scope.word())),
        None => finding,
    })
}
