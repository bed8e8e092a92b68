//! A look over the text before it is parsed: how deep it nests, which braces belong together, where comments are, and the
//! mistakes that everybody makes at first, each at its own column.
//!
//! The `kdl` crate recurses for every `{`, every `*` or `/` within a block comment and every stray `}`, and tries what
//! stands behind `/-` twice, level by level: some input would end the process or never end. It also says little about
//! what is wrong. So it is given only text that passed here, with block comments and all that `/-` drops blanked.

mod blocks;
mod characters;
mod mistakes;
mod tokens;

use std::ops::Range;

use self::characters::is_blank;
use self::characters::is_newline;
pub(crate) use self::characters::must_escape;
use super::annotation::Annotation;
use super::source::{SourceId, Span};
use crate::diag::{Code, Diagnostic, Report};

/// How many levels of `{` or `/*` a file may have.
pub(crate) const DEPTH: usize = 100;

/// What the look found.
pub(crate) struct Scan {
    /// The mistakes.
    pub(crate) report: Report,
    /// Pairs of braces, in the order of the opening ones.
    pub(crate) blocks: Vec<Block>,
    /// Nodes outside every brace, whole.
    pub(crate) top_nodes: Vec<Range<usize>>,
    /// Block comments and what `/-` drops.
    pub(crate) ignored: Vec<Range<usize>>,
    /// Whether braces, strings and comments are closed, so that `top_nodes` can be trusted.
    pub(crate) balanced: bool,
}

/// A pair of braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block {
    /// Of `{`.
    pub(crate) open: usize,
    /// Of `}`.
    pub(crate) close: usize,
    /// The `/-` before it.
    pub(crate) dropped: Option<usize>,
}

/// What was read last, within a node.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Last {
    /// Nothing: a node's name comes next.
    Nothing,
    /// The node's name.
    Name(Range<usize>),
    /// A string that may turn out to be a property's name.
    Text,
    /// Any other value.
    Value,
    /// `=`
    Equals(usize),
    /// The node's children.
    Block,
    /// Something behind them, of which it is said that it can't be there.
    Beyond,
}

struct Scanner<'a> {
    id: SourceId,
    text: &'a str,
    at: usize,
    last: Last,
    /// The `/-` that waits for what it drops.
    dash: Option<usize>,
    /// The word in parentheses that waits for its node.
    annotation: Option<Range<usize>>,
    /// Whether the last of `ignored` may be a property's name that `/-` drops, so that its value goes too.
    dropping: bool,
    /// Nodes that `/-` drops and that are not over: how many braces were open, and where the `/-` stands.
    dropped: Vec<(usize, usize)>,
    /// Where the last token ended.
    token_end: usize,
    /// Where the line starts, and its first token that is no blank.
    line: (usize, Option<usize>),
    /// Indices into `blocks`, and the indentation of the line.
    open: Vec<(usize, usize)>,
    /// An opening brace whose closing one stands further left than its line: likely never closed.
    suspect: Option<usize>,
    /// Whether a string without an end may have hidden a brace.
    lost: bool,
    top_start: Option<usize>,
    scan: Scan,
}

/// How many mistakes of one file's text are reported.
const MOST: usize = 100;

/// Looks over a file.
pub(crate) fn scan(id: SourceId, text: &str) -> Scan {
    let scan = Scan {
        report: Report::default(),
        blocks: Vec::new(),
        top_nodes: Vec::new(),
        ignored: Vec::new(),
        balanced: true,
    };
    let mut scanner = Scanner {
        id,
        text,
        at: if text.starts_with('\u{feff}') { 3 } else { 0 },
        last: Last::Nothing,
        dash: None,
        annotation: None,
        dropping: false,
        dropped: Vec::new(),
        token_end: 0,
        line: (0, None),
        open: Vec::new(),
        suspect: None,
        lost: false,
        top_start: None,
        scan,
    };
    while let Some(c) = scanner.peek() {
        if scanner.step(c).is_none() {
            scanner.scan.balanced = false;
            return scanner.scan;
        }
    }
    scanner.end();
    scanner.scan
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn starts(&self, prefix: &str) -> bool {
        self.rest().starts_with(prefix)
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span { source: self.id, start: range.start as u32, end: range.end as u32 }
    }

    /// Takes a mistake in. A file that is no spec at all has as many as it has characters, and nobody reads them all.
    fn push(&mut self, finding: Diagnostic) {
        match self.scan.report.findings().len() {
            count if count + 1 < MOST => self.scan.report.push(finding),
            count if count < MOST => {
                self.scan
                    .report
                    .push(finding.note("what is wrong further down is shown once this is mended"));
            }
            _ => {}
        }
    }

    /// Takes one token. `None` when the rest can't be read any more.
    fn step(&mut self, c: char) -> Option<()> {
        let outside = is_blank(c) || is_newline(c) || c == ';' || self.starts("//") || self.starts("/*");
        if !outside && self.top_start.is_none() {
            self.top_start = Some(self.at);
        }
        if !is_blank(c) && self.line.1.is_none() {
            self.line.1 = Some(self.at);
        }
        match c {
            _ if is_blank(c) => self.at += c.len_utf8(),
            _ if is_newline(c) => {
                self.at += c.len_utf8();
                self.line = (self.at, None);
                self.end_node();
            }
            ';' => {
                self.ends_something();
                self.at += 1;
                if self.dropped.last().is_some_and(|(depth, _)| *depth == self.open.len()) {
                    self.token_end = self.at;
                }
                self.end_node();
            }
            '/' if self.starts("//") => {
                self.line_comment();
            }
            '/' if self.starts("/*") => self.block_comment()?,
            '/' if self.starts("/-") => self.slashdash(),
            '\\' => self.continued_line(),
            '{' => self.open_block()?,
            '}' => self.close_block(),
            '=' => self.equals(),
            '(' => self.parentheses(),
            '"' => self.quoted()?,
            '#' => self.hash()?,
            _ => self.bare(c),
        }
        Some(())
    }

    /// Complains about a `;` before which there is no node.
    fn ends_something(&mut self) {
        if self.dash.is_some() {
            self.dash_without_target();
        } else if self.last == Last::Nothing {
            self.stray_semicolon(self.at);
        }
    }

    /// A node ends, unless a `/-` still waits for it.
    fn end_node(&mut self) {
        if self.dash.is_some() {
            return;
        }
        if let Last::Equals(at) = self.last {
            self.no_value(at);
        }
        self.annotation_without_node();
        self.last = Last::Nothing;
        self.end_dropped();
        if self.open.is_empty()
            && let Some(start) = self.top_start.take()
        {
            self.scan.top_nodes.push(start..self.at);
        }
    }

    fn line_comment(&mut self) {
        let rest = self.rest();
        self.at += rest.find(is_newline).unwrap_or(rest.len());
    }

    fn block_comment(&mut self) -> Option<()> {
        let start = self.at;
        let mut depth = 0usize;
        while let Some(c) = self.peek() {
            if self.starts("/*") {
                depth += 1;
                if depth > DEPTH {
                    self.too_deep(self.at..self.at + 2, "comments within comments");
                    return None;
                }
                self.at += 2;
            } else if self.starts("*/") {
                depth -= 1;
                self.at += 2;
                if depth == 0 {
                    self.scan.ignored.push(start..self.at);
                    return Some(());
                }
            } else {
                self.at += c.len_utf8();
            }
        }
        self.unclosed_comment(start);
        None
    }

    /// `\` at the end of a line: the node goes on in the next.
    fn continued_line(&mut self) {
        let start = self.at;
        self.at += 1;
        let blanks = self.rest().find(|c| !is_blank(c)).unwrap_or(self.rest().len());
        self.at += blanks;
        if self.starts("//") {
            self.line_comment();
        }
        match self.peek() {
            None => {}
            Some('\r') if self.starts("\r\n") => self.at += 2,
            Some(c) if is_newline(c) => self.at += c.len_utf8(),
            Some(_) => self.stray_backslash(start),
        }
    }

    fn equals(&mut self) {
        let at = self.at;
        self.at += 1;
        if self.last == Last::Beyond {
            return;
        }
        match std::mem::replace(&mut self.last, Last::Equals(at)) {
            Last::Text => {}
            Last::Name(name) => self.node_as_property(name, at),
            _ => self.stray_equals(at),
        }
    }

    /// `(word)`: before a node's name one of a [`Annotation`], elsewhere a mistake.
    fn parentheses(&mut self) {
        let start = self.at;
        self.at += 1;
        let rest = self.rest();
        let inner =
            rest.find(|c| is_newline(c) || matches!(c, '(' | ')' | '"' | '{' | '}')).unwrap_or(rest.len());
        if rest.get(inner..).is_some_and(|rest| rest.starts_with(')')) {
            let known = rest.get(..inner).and_then(Annotation::parse).is_some();
            self.at += inner + 1;
            if known && self.last == Last::Nothing && self.annotation.is_none() {
                self.annotation = Some(start..self.at);
            } else {
                self.annotated(start..self.at);
            }
        } else {
            self.stray_character(start, '(');
        }
    }

    /// A name or value stands at `range`; `text` says that it is a string.
    fn item(&mut self, range: Range<usize>, text: bool) {
        let dash = self.dash.take();
        self.annotation = None;
        self.token_end = range.end;
        let named = self.dropping && matches!(self.last, Last::Equals(_));
        self.dropping = false;
        match dash {
            Some(dash) if self.last == Last::Nothing => self.dropped.push((self.open.len(), dash)),
            Some(dash) => {
                self.scan.ignored.push(dash..range.end);
                self.dropping = true;
            }
            None if named => {
                if let Some(ignored) = self.scan.ignored.last_mut() {
                    ignored.end = range.end;
                }
            }
            None => {}
        }
        let was = std::mem::replace(&mut self.last, Last::Value);
        self.last = match was {
            Last::Nothing if text => Last::Name(range),
            Last::Nothing => {
                self.value_as_name(range.clone());
                Last::Name(range)
            }
            Last::Name(_) | Last::Text | Last::Value if text => Last::Text,
            Last::Name(_) | Last::Text | Last::Value | Last::Equals(_) => Last::Value,
            Last::Block => {
                self.after_block(range);
                Last::Beyond
            }
            Last::Beyond => Last::Beyond,
        };
    }

    /// Whether what comes next may stand right behind a value. If not, says so and skips it.
    fn ends_value(&mut self, start: usize) {
        let ends = match self.peek() {
            None => true,
            Some('/') => self.starts("//") || self.starts("/*"),
            Some(c) => is_blank(c) || is_newline(c) || matches!(c, '=' | ')' | '{' | '}' | ';' | '\\'),
        };
        if !ends {
            let at = self.at;
            let rest = self.rest();
            self.at += rest
                .find(|c| is_blank(c) || is_newline(c) || matches!(c, '=' | '{' | '}' | ';'))
                .unwrap_or(rest.len());
            self.glued(start, at..self.at);
        }
    }

    fn end(&mut self) {
        self.dash_without_target();
        self.end_node();
        if self.lost {
            self.scan.balanced = false;
            return;
        }
        if let Some(innermost) = self.open.last().and_then(|(index, _)| self.scan.blocks.get(*index)) {
            let open = innermost.open;
            self.unclosed_block(open);
            self.scan.balanced = false;
        }
    }

    fn too_deep(&mut self, range: Range<usize>, what: &str) {
        let finding = Diagnostic::error(Code::TOO_DEEP, format!("more than {DEPTH} levels of {what}"))
            .at(self.span(range), format!("level {}", DEPTH + 1))
            .help("no spec needs that many: one of the outer ones should have been closed");
        self.push(finding);
    }
}

#[cfg(test)]
mod tests;
