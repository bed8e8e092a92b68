//! KDL text → nodes in which everything knows its place. The only module that knows the `kdl` crate.

use std::collections::BTreeSet;
use std::ops::Range;

use kdl::{KdlDocument, KdlEntry, KdlIdentifier, KdlNode, KdlValue};

use super::annotation::Annotation;
use super::conflict::{self, Marker};
use super::scan::{self, Block};
use super::source::{SourceId, Span, Spanned, Text};
use crate::diag::{Code, Diagnostic, Report};

/// A node as written.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// The word in parentheses before its name.
    pub(crate) annotation: Option<Spanned<Annotation>>,
    /// Its name.
    pub(crate) name: Text,
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
    Float(f64),
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

    /// From the name to the last brace.
    pub(crate) fn whole(&self) -> Span {
        let head = self.head();
        Span { end: self.block.map_or(head.end, |block| block.end.max(head.end)), ..head }
    }
}

/// A file's nodes, as far as it could be read.
pub(crate) struct Parsed {
    /// The nodes.
    pub(crate) nodes: Vec<Node>,
    /// What is wrong.
    pub(crate) report: Report,
    /// What was left out.
    pub(crate) unread: Unread,
}

/// What of a file could not be read.
pub(crate) enum Unread {
    /// All of it.
    All,
    /// These of the outermost nodes, maybe none.
    Nodes(Vec<Range<usize>>),
}

/// Reads one file. A node outside all braces that holds a mistake is left out; the others are read. Of one that holds two
/// sides of a merge nothing is: whatever it says is said of neither.
pub(crate) fn parse(id: SourceId, text: &str) -> Parsed {
    if let Some(marker) = conflict::unresolved(text) {
        return unmerged(id, &marker);
    }
    let parsed = read(id, text);
    match conflict::markers(text).find(|marker| trips_over(&parsed, marker)) {
        Some(marker) => unmerged(id, &marker),
        None => parsed,
    }
}

/// Whether a marker is what can't be read, or was read as a node.
fn trips_over(parsed: &Parsed, marker: &Marker) -> bool {
    let is_there = |span: Span| marker.place.contains(&span.range().start);
    let mut labels = parsed.report.findings().iter().flat_map(|finding| &finding.labels);
    let mut nodes: Vec<&Node> = parsed.nodes.iter().collect();
    while let Some(node) = nodes.pop() {
        if is_there(node.name.span()) {
            return true;
        }
        nodes.extend(&node.children);
    }
    labels.any(|label| is_there(label.span))
}

fn unmerged(id: SourceId, marker: &Marker) -> Parsed {
    let span = Span { source: id, start: marker.place.start as u32, end: marker.place.end as u32 };
    let mut report = Report::default();
    report.push(
        Diagnostic::error(Code::MERGE_CONFLICT, "this file holds a conflict of a merge that is not resolved")
            .at(span, "Git put this line here")
            .note("nothing else is said of this file until then")
            .help("write what both sides mean, and take out the lines that begin with `<<<<<<<`, `|||||||`, `=======` and `>>>>>>>`"),
    );
    Parsed { nodes: Vec::new(), report, unread: Unread::All }
}

fn read(id: SourceId, text: &str) -> Parsed {
    let scan = scan::scan(id, text);
    let mut report = scan.report;
    if !scan.balanced {
        return Parsed { nodes: Vec::new(), report, unread: Unread::All };
    }
    let mut readable =
        Readable { text: text.as_bytes().to_vec(), nodes: &scan.top_nodes, left_out: BTreeSet::new() };
    for ignored in &scan.ignored {
        readable.blank(ignored.clone());
    }
    readable.leave_out(
        report.findings().iter().flat_map(|finding| &finding.labels).map(|label| label.span.range().start),
    );
    let reader = Reader { id, text, blocks: &scan.blocks };
    let nodes = KdlDocument::parse_v2(&readable.text()).or_else(|error| {
        readable.leave_out(reader.complain(&error, &readable, &mut report).into_iter());
        KdlDocument::parse_v2(&readable.text())
    });
    let Ok(document) = nodes else { return Parsed { nodes: Vec::new(), report, unread: Unread::All } };
    let left_out = readable.left_out.iter().filter_map(|node| scan.top_nodes.get(*node).cloned());
    Parsed { nodes: reader.nodes(&document), report, unread: Unread::Nodes(left_out.collect()) }
}

/// What the parser gets to see: the text with blanks in place of what it shall not see, so that all places stay.
struct Readable<'a> {
    text: Vec<u8>,
    nodes: &'a [Range<usize>],
    /// The numbers of the nodes that are blanked.
    left_out: BTreeSet<usize>,
}

impl Readable<'_> {
    fn text(&self) -> String {
        // Only whole characters were blanked, so this is text.
        String::from_utf8(self.text.clone()).unwrap_or_default()
    }

    fn blank(&mut self, range: Range<usize>) {
        if let Some(bytes) = self.text.get_mut(range) {
            bytes.fill(b' ');
        }
    }

    /// The outermost node that holds a place, by its number.
    fn node_at(&self, place: usize) -> Option<usize> {
        self.nodes.partition_point(|node| node.start <= place).checked_sub(1)
    }

    /// Blanks the outermost nodes that hold one of the places.
    fn leave_out(&mut self, places: impl Iterator<Item = usize>) {
        let broken: BTreeSet<usize> = places.filter_map(|place| self.node_at(place)).collect();
        for node in broken.iter().filter_map(|node| self.nodes.get(*node)) {
            self.blank(node.clone());
        }
        self.left_out.extend(broken);
    }
}

struct Reader<'a> {
    id: SourceId,
    text: &'a str,
    blocks: &'a [Block],
}

impl Reader<'_> {
    /// Turns the parser's complaints into ours, one for each of the outermost nodes: what follows the first is mostly
    /// nonsense. Returns the places.
    fn complain(&self, error: &kdl::KdlError, readable: &Readable<'_>, report: &mut Report) -> Vec<usize> {
        let mut places: Vec<usize> = Vec::new();
        let mut nodes = BTreeSet::new();
        for complaint in &error.diagnostics {
            let start = self.boundary(complaint.span.offset());
            if !nodes.insert(readable.node_at(start)) {
                continue;
            }
            places.push(start);
            let rest = self.text.get(start..).unwrap_or_default();
            let line_end = start + rest.find(['\r', '\n']).unwrap_or(rest.len());
            let end = self.boundary(complaint.span.offset() + complaint.span.len().max(1)).min(line_end);
            let span = self.span(start, end.saturating_sub(start));
            let finding =
                Diagnostic::error(Code::SYNTAX, "this can't be read as KDL").at(span, "not understood");
            report.push(if rest.trim_start_matches('#').starts_with("\"\"\"") {
                finding.help(
                    "each line of the text starts with the same blanks as the line of the closing `\"\"\"`",
                )
            } else {
                finding
                    .note("a node is a name, then values and `name=value` on its line, then nodes in `{ }`")
                    .help("text other than a plain word is quoted: `\"…\"`")
            });
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
            annotation: node.ty().and_then(|ty| self.annotation(ty)),
            name: self.identifier(node.name()),
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
        let block = self.blocks.get(first..)?.iter().find(|block| block.dropped.is_none())?;
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
            KdlValue::Float(value) => Scalar::Float(*value),
            KdlValue::Bool(value) => Scalar::Bool(*value),
            KdlValue::Null => Scalar::Null,
        };
        Entry { key: entry.name().map(|name| self.identifier(name)), value: Value { scalar, span } }
    }

    /// The scan lets no other words pass.
    fn annotation(&self, ty: &KdlIdentifier) -> Option<Spanned<Annotation>> {
        let span = self.span(ty.span().offset(), ty.span().len());
        Some(Spanned::new(Annotation::parse(ty.value())?, span))
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

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::spec::source::Sources;

    #[test]
    fn no_depth_ends_the_process() {
        let deep = |open: &str, close: &str, n: usize| format!("{}{}\n", open.repeat(n), close.repeat(n));
        let texts = [
            deep("a {", "}", 100),
            deep("a { b; ", "}", 100),
            deep("a {/-x {", "}}", 50),
            deep("a /-{", "}", 100),
            deep("a {", "}", 200_000),
            deep("", "}", 200_000),
            deep("a {", "", 200_000),
            deep("a { /x ", "}", 100),
            format!("a {}\n", "/-b ".repeat(50_000)),
            format!("a {}\n", "/-{} ".repeat(50_000)),
            format!("{}b\n", "/-a\n".repeat(50_000)),
            format!("{}\n", "/-".repeat(50_000)),
            format!("/*{}*/b\n", "* / ".repeat(200_000)),
            format!("a {}\n", "/**/".repeat(50_000)),
            format!("{}\n", "(".repeat(50_000)),
            format!("a {}\n", "\\\n".repeat(50_000)),
            format!("a \"{}\"\n", "\\".repeat(50_001)),
            format!("{}\n", ";".repeat(20_000)),
            format!("{}\n", "= ".repeat(20_000)),
            format!("a {}\n", "#".repeat(50_000)),
            format!("a {}\n", "\"\"\"\n".repeat(20_000)),
            format!("a {}\n", "x".repeat(500_000)),
        ];
        for text in texts {
            let sources = Sources::new([(String::new(), text.clone())]);
            let id = sources.iter().next().unwrap().0;
            let start = Instant::now();
            let parsed = parse(id, &text);
            assert!(!parsed.report.is_empty() || !parsed.nodes.is_empty(), "{:?}", text.get(..20));
            assert!(start.elapsed().as_secs() < 20, "{:?}", text.get(..20));
        }
    }
}
