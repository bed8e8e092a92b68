//! KDL text → nodes in which everything knows its place. The only module that knows the `kdl` crate.

use std::borrow::Cow;
use std::ops::Range;

use kdl::{KdlDocument, KdlEntry, KdlIdentifier, KdlNode, KdlValue};

use super::scan::{self, Block};
use super::source::{SourceId, Span, Text};
use crate::diag::{Code, Diagnostic, Report};

/// A node as written.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Its name.
    pub(crate) name: Text,
    /// `(type)` before the name.
    pub(crate) annotation: Option<Span>,
    /// Arguments and properties, as written.
    pub(crate) entries: Vec<Entry>,
    /// The nodes in its braces.
    pub(crate) children: Vec<Self>,
    /// From `{` to `}`.
    pub(crate) block: Option<Span>,
}

/// An argument, or a property if it has a key.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The property's name.
    pub(crate) key: Option<Text>,
    /// `(type)` before the value.
    pub(crate) annotation: Option<Span>,
    /// The value.
    pub(crate) value: Value,
}

/// A value and the whole token it stands in, quotes included.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    /// What it is.
    pub(crate) scalar: Scalar,
    /// Its token.
    pub(crate) span: Span,
}

/// What KDL values are.
#[derive(Debug, Clone)]
pub(crate) enum Scalar {
    /// A string.
    Text(Text),
    /// A whole number.
    Int(i128),
    /// Any other number.
    Float,
    /// `#true` or `#false`
    Bool(bool),
    /// `#null`
    Null,
}

impl Node {
    /// From the name to the last entry.
    pub(crate) fn head(&self) -> Span {
        let name = self.name.span();
        let end = self.entries.last().map_or(name.end, |entry| entry.value.span.end);
        Span { end: end.max(name.end), ..name }
    }
}

/// A file's nodes, as far as it could be read.
pub(crate) struct Parsed {
    /// The nodes.
    pub(crate) nodes: Vec<Node>,
    /// What is wrong.
    pub(crate) report: Report,
}

/// Reads one file. A node outside all braces that holds a mistake is left out; the others are read.
pub(crate) fn parse(id: SourceId, text: &str) -> Parsed {
    let scan = scan::scan(id, text);
    let mut report = scan.report;
    if !scan.balanced {
        return Parsed { nodes: Vec::new(), report };
    }
    let mut readable = Cow::Borrowed(text);
    for comment in &scan.comments {
        blank(readable.to_mut(), comment.clone());
    }
    let places: Vec<usize> = report
        .findings()
        .iter()
        .flat_map(|finding| &finding.labels)
        .map(|label| label.span.start as usize)
        .collect();
    if !leave_out(&mut readable, &scan.top_nodes, &places) {
        return Parsed { nodes: Vec::new(), report };
    }
    let reader = Reader { id, text, blocks: &scan.blocks };
    match KdlDocument::parse_v2(&readable) {
        Ok(document) => Parsed { nodes: reader.nodes(&document), report },
        Err(error) => {
            let places = reader.complain(&error, &mut report);
            let again = leave_out(&mut readable, &scan.top_nodes, &places)
                .then(|| KdlDocument::parse_v2(&readable).ok())
                .flatten();
            Parsed { nodes: again.map(|document| reader.nodes(&document)).unwrap_or_default(), report }
        }
    }
}

/// Overwrites a range with blanks of the same length.
fn blank(text: &mut String, range: Range<usize>) {
    let blanks = " ".repeat(range.len());
    if text.get(range.clone()).is_some() {
        text.replace_range(range, &blanks);
    }
}

/// Blanks the outermost nodes that hold one of the places. `false` if a place is in none of them.
fn leave_out(text: &mut Cow<'_, str>, nodes: &[Range<usize>], places: &[usize]) -> bool {
    places.iter().all(|place| {
        let node = nodes.iter().find(|node| node.start <= *place && *place <= node.end);
        if let Some(node) = node {
            blank(text.to_mut(), node.clone());
        }
        node.is_some()
    })
}

struct Reader<'a> {
    id: SourceId,
    text: &'a str,
    blocks: &'a [Block],
}

impl Reader<'_> {
    /// Turns the parser's complaints into ours: of those that overlap only the first. Returns their places.
    fn complain(&self, error: &kdl::KdlError, report: &mut Report) -> Vec<usize> {
        let mut places: Vec<usize> = Vec::new();
        for complaint in &error.diagnostics {
            let start = self.boundary(complaint.span.offset());
            let end = self.boundary(complaint.span.offset() + complaint.span.len().max(1));
            let line_end =
                self.text.get(start..).and_then(|rest| rest.find('\n')).map_or(end, |i| end.min(start + i));
            let span = Span { source: self.id, start: start as u32, end: line_end.max(start) as u32 };
            if places.is_empty() {
                report.push(
                    Diagnostic::error(Code::SYNTAX, "this can't be read as KDL")
                        .at(span, "not understood")
                        .note("a node is a name, then values and `name=value` pairs on the same line, then nodes in `{ }`")
                        .help("text other than a plain word is quoted: `\"…\"`"),
                );
            }
            places.push(start);
        }
        places
    }

    /// The nearest character boundary at or before a byte.
    fn boundary(&self, at: usize) -> usize {
        let at = at.min(self.text.len());
        (0..=at).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0)
    }

    fn nodes(&self, document: &KdlDocument) -> Vec<Node> {
        document.nodes().iter().map(|node| self.node(node)).collect()
    }

    fn node(&self, node: &KdlNode) -> Node {
        let mut read = Node {
            name: self.identifier(node.name()),
            annotation: node.ty().map(|ty| self.span(ty.span().offset(), ty.span().len())),
            entries: node.entries().iter().map(|entry| self.entry(entry)).collect(),
            children: node.children().map(|children| self.nodes(children)).unwrap_or_default(),
            block: None,
        };
        if node.children().is_some() {
            read.block = self.block_behind(read.head().end as usize);
        }
        read
    }

    /// The first pair of braces behind a node's last entry that no `/-` drops.
    fn block_behind(&self, end: usize) -> Option<Span> {
        let first = self.blocks.partition_point(|block| block.open < end);
        let block = self.blocks.get(first..)?.iter().find(|block| !block.dropped)?;
        Some(self.span(block.open, block.close + 1 - block.open))
    }

    fn entry(&self, entry: &KdlEntry) -> Entry {
        let whole = entry.span().offset()..entry.span().offset() + entry.span().len();
        let token = entry.format().map_or("", |format| format.value_repr.as_str());
        let start = whole.end.saturating_sub(token.len());
        let start = if self.text.get(start..whole.end) == Some(token) { start } else { whole.start };
        let span = self.span(start, whole.end.saturating_sub(start));
        let scalar = match entry.value() {
            KdlValue::String(value) => Scalar::Text(self.string(value, span)),
            KdlValue::Integer(value) => Scalar::Int(*value),
            KdlValue::Float(_) => Scalar::Float,
            KdlValue::Bool(value) => Scalar::Bool(*value),
            KdlValue::Null => Scalar::Null,
        };
        Entry {
            key: entry.name().map(|name| self.identifier(name)),
            annotation: entry.ty().map(|ty| self.span(ty.span().offset(), ty.span().len())),
            value: Value { scalar, span },
        }
    }

    fn identifier(&self, identifier: &KdlIdentifier) -> Text {
        self.string(identifier.value(), self.span(identifier.span().offset(), identifier.span().len()))
    }

    /// A string whose token stands at `token`: verbatim, without its quotes, if the text between them is its value.
    fn string(&self, value: &str, token: Span) -> Text {
        let written = self.text.get(token.range()).unwrap_or_default();
        let hashes = written.len() - written.trim_start_matches('#').len();
        let inner = written.get(hashes..written.len().saturating_sub(hashes)).unwrap_or_default();
        let quotes = if inner.starts_with('"') { hashes + 1 } else { 0 };
        let inner = written.get(quotes..written.len().saturating_sub(quotes)).unwrap_or_default();
        if inner != value || value.is_empty() {
            return Text::new(value.to_owned(), token, false);
        }
        let span = Span { start: token.start + quotes as u32, end: token.end - quotes as u32, ..token };
        Text::new(value.to_owned(), span, true)
    }

    fn span(&self, start: usize, len: usize) -> Span {
        Span { source: self.id, start: start as u32, end: (start + len) as u32 }
    }
}
