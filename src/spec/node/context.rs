//! What reading the nodes of a file brings to light: complaints, and which nodes they damage.

use crate::diag::{Code, Diagnostic, Report};
use crate::schema::Table;
use crate::spec::source::{Sources, Span};

/// What is gathered while nodes are read.
pub(crate) struct Context<'a> {
    /// For quoting what was written.
    pub(crate) sources: &'a Sources,
    /// What is known of the kinds of objects.
    pub(crate) table: &'a Table,
    /// All complaints.
    pub(crate) report: Report,
    /// Words of nodes in which something could not be read.
    pub(crate) damaged: Vec<Span>,
    /// Whether a whole node could not be read.
    pub(crate) incomplete: bool,
    owners: Vec<Span>,
}

impl<'a> Context<'a> {
    /// Nothing read yet.
    pub(crate) fn new(sources: &'a Sources, table: &'a Table) -> Self {
        Self {
            sources,
            table,
            report: Report::default(),
            damaged: Vec::new(),
            incomplete: false,
            owners: Vec::new(),
        }
    }

    /// Takes a complaint about the node that is being read.
    pub(crate) fn error(&mut self, finding: Diagnostic) {
        self.report.push(finding);
        match self.owners.last() {
            Some(owner) => self.damaged.push(*owner),
            None => self.incomplete = true,
        }
    }

    /// Reads a node of which a part may be missing in the end.
    pub(crate) fn owned<T>(&mut self, word: Span, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.owners.push(word);
        let value = read(self);
        self.owners.pop();
        self.incomplete |= value.is_none();
        value
    }

    /// What was written at a place.
    pub(crate) fn written(&self, span: Span) -> &str {
        self.sources.slice(span)
    }
}

/// Complains about the second of two that may stand once.
pub(crate) fn said_twice(cx: &mut Context<'_>, name: &str, first: Span, second: Span) {
    cx.error(
        Diagnostic::error(Code::SAID_TWICE, format!("`{name}` is said twice"))
            .at(second, "here again")
            .at(first, "first here")
            .help("keep one of the two"),
    );
}
