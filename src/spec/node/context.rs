//! What reading the nodes of a file brings to light: complaints, and which nodes they damage.

use crate::diag::{Code, Diagnostic, Report};
use crate::schema::Table;
use crate::spec::lost::Lost;
use crate::spec::part::Part;
use crate::spec::source::{Sources, Span};
use crate::spec::syntax::Node;

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
    /// Whole nodes that could not be read.
    pub(crate) lost: Vec<Lost>,
    /// What is said in schema words and could be read in part.
    pub(crate) partial: Vec<Part>,
    /// Codes that are settled, with the whole nodes in which they are.
    pub(crate) decisions: Vec<(Span, Code)>,
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
            lost: Vec::new(),
            partial: Vec::new(),
            decisions: Vec::new(),
            owners: Vec::new(),
        }
    }

    /// Takes a complaint about the node that is being read.
    pub(crate) fn error(&mut self, finding: Diagnostic) {
        self.report.push(finding);
        match self.owners.last() {
            Some(owner) => self.damaged.push(*owner),
            None => self.lost.push(Lost::setting()),
        }
    }

    /// Reads a node of which a part may be missing in the end.
    pub(crate) fn owned<T>(&mut self, node: &Node, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.owners.push(node.name.span());
        let value = read(self);
        self.owners.pop();
        if value.is_none() {
            self.lose(node, Some(node.name.as_str()));
        }
        value
    }

    /// The word of the whole node that is being read.
    pub(crate) fn owner(&self) -> Option<&str> {
        self.owners.last().map(|owner| self.written(*owner))
    }

    /// Notes a node that is not read, with the word that it seems to mean.
    pub(crate) fn lose(&mut self, node: &Node, word: Option<&str>) {
        self.lost.push(Lost::node(self.sources, node, word));
    }

    /// What was written at a place.
    pub(crate) fn written(&self, span: Span) -> &str {
        self.sources.slice(span)
    }
}

/// Complains about the second of two that may stand once.
pub(crate) fn said_twice(cx: &mut Context<'_>, name: &str, first: Span, second: Span) {
    said_again(cx, name, (first, second), "keep one of the two");
}

/// The same, with its mend.
pub(crate) fn said_again(
    cx: &mut Context<'_>,
    name: &str,
    (first, second): (Span, Span),
    help: impl Into<String>,
) {
    cx.error(
        Diagnostic::error(Code::SAID_TWICE, format!("`{name}` is said twice"))
            .at(second, "here again")
            .at(first, "first here")
            .help(help),
    );
}
