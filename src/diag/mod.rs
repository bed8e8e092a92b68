//! What the user is told: findings as data, gathered in a report, printed by one of the formats.

pub mod code;
pub mod human;
pub mod json;
mod mask;
mod shell;
pub(crate) mod suggest;

pub use code::Code;
pub use mask::mask;
pub use shell::quoted;

use std::collections::BTreeSet;

use crate::spec::source::{Span, Text};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing, nothing to do now.
    Notice,
    /// Likely wrong; settled by a word in the spec or mended.
    Warning,
    /// Nothing is written.
    Error,
}

/// A place in the spec and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What; may be empty when the message says it all.
    pub text: String,
}

/// A place outside the spec: a file that Gatewright wrote, a template, a `.sops.yaml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePlace {
    /// Path below the project's root.
    pub path: String,
    /// Line from 1, where one is known.
    pub line: Option<usize>,
    /// That line's text, where known.
    pub excerpt: Option<String>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its stable name.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence: what is wrong, with the names concerned.
    pub message: String,
    /// Places in the spec, the one that must change first.
    pub labels: Vec<Label>,
    /// A place in another file.
    pub file: Option<FilePlace>,
    /// Reasons: why this can't be.
    pub notes: Vec<String>,
    /// Mends: what to write instead.
    pub helps: Vec<String>,
}

impl Diagnostic {
    /// An error of the given code.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message)
    }

    /// A warning of the given code.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, message)
    }

    /// A notice of the given code.
    pub fn notice(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Notice, message)
    }

    fn new(code: Code, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            labels: Vec::new(),
            file: None,
            notes: Vec::new(),
            helps: Vec::new(),
        }
    }

    /// Adds a place in the spec.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds the place of a written string.
    #[must_use]
    pub fn at_text(self, written: &Text, text: impl Into<String>) -> Self {
        self.at(written.span(), text)
    }

    /// Names a file outside the spec.
    #[must_use]
    pub fn in_file(mut self, path: impl Into<String>) -> Self {
        self.file = Some(FilePlace { path: path.into(), line: None, excerpt: None });
        self
    }

    /// Adds a reason.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds a mend.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.helps.push(text.into());
        self
    }
}

/// All findings of a run, in the order they were made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    findings: Vec<Diagnostic>,
}

impl Report {
    /// Takes a finding in.
    pub fn push(&mut self, finding: Diagnostic) {
        self.findings.push(finding);
    }

    /// Takes all findings of another report in.
    pub fn extend(&mut self, other: Self) {
        self.findings.extend(other.findings);
    }

    /// The findings.
    #[must_use]
    pub fn findings(&self) -> &[Diagnostic] {
        &self.findings
    }

    /// Whether nothing may be written: for any error but a certificate that has ended, since the others must be renewed.
    #[must_use]
    pub fn stops(&self) -> bool {
        let is_error = |finding: &&Diagnostic| finding.severity == Severity::Error;
        self.findings.iter().filter(is_error).any(|finding| !Code::ENDED.contains(&finding.code))
    }

    /// Whether anything is wrong.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// The errors that another report has not; that their mends differ is no difference.
    pub fn errors_beyond<'r>(&'r self, before: &'r Self) -> impl Iterator<Item = &'r Diagnostic> {
        self.findings.iter().filter(|finding| {
            let is_it = |old: &Diagnostic| (old.code, &old.message) == (finding.code, &finding.message);
            finding.severity == Severity::Error && !before.findings.iter().any(is_it)
        })
    }

    /// Drops findings.
    pub fn retain(&mut self, keep: impl FnMut(&Diagnostic) -> bool) {
        self.findings.retain(keep);
    }

    /// Drops warnings and notices whose code the team has decided on.
    pub fn settle(&mut self, codes: &BTreeSet<String>) {
        self.findings
            .retain(|finding| finding.severity == Severity::Error || !codes.contains(finding.code.name()));
    }

    /// The same for decisions at nodes: what shows a place within one of them.
    pub fn settle_within(&mut self, decisions: &[(Span, Code)]) {
        let is_decided = |finding: &Diagnostic| {
            let mut of_code = decisions.iter().filter(|(_, code)| *code == finding.code);
            of_code.any(|(node, _)| finding.labels.iter().any(|label| node.holds(label.span)))
        };
        self.findings.retain(|finding| finding.severity == Severity::Error || !is_decided(finding));
    }

    /// How many findings have this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Whether there is no finding at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Puts findings into the order of their places in the spec, so that a run's output is stable.
    pub fn sort(&mut self) {
        self.findings.sort_by_key(|finding| finding.labels.first().map(|label| label.span));
    }
}
