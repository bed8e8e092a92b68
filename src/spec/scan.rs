//! A look over the text before it is parsed: how deep it nests, which braces belong together, where comments are, and the
//! mistakes that everybody makes at first, each at its own column.
//!
//! The `kdl` crate recurses for every `{`, every `*` or `/` within a block comment, every `/-` and every stray `}`: deep
//! input would end the process. It also says little about what is wrong. So it is given only text that passed here, with
//! block comments blanked.

mod mistakes;
mod tokens;

use std::ops::Range;

use super::source::{SourceId, Span};
use crate::diag::{Code, Diagnostic, Report};

/// How many levels of `{`, `/*` or `/-` a file may have.
pub(crate) const DEPTH: usize = 100;

/// What the look found.
pub(crate) struct Scan {
    /// The mistakes.
    pub(crate) report: Report,
    /// Pairs of braces, in the order of the opening ones.
    pub(crate) blocks: Vec<Block>,
    /// Nodes outside every brace, whole.
    pub(crate) top_nodes: Vec<Range<usize>>,
    /// Block comments.
    pub(crate) comments: Vec<Range<usize>>,
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
    /// Whether `/-` stands before it.
    pub(crate) dropped: bool,
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
    Block(usize),
}

struct Scanner<'a> {
    id: SourceId,
    text: &'a str,
    at: usize,
    last: Last,
    /// The `/-` that waits for what it drops.
    dash: Option<usize>,
    /// How many `/-` the node has.
    dashes: usize,
    /// Indices into `blocks`.
    open: Vec<usize>,
    /// An opening brace whose closing one stands further left than its line: likely never closed.
    suspect: Option<usize>,
    top_start: Option<usize>,
    scan: Scan,
}

/// Looks over a file.
pub(crate) fn scan(id: SourceId, text: &str) -> Scan {
    let scan = Scan {
        report: Report::default(),
        blocks: Vec::new(),
        top_nodes: Vec::new(),
        comments: Vec::new(),
        balanced: true,
    };
    let mut scanner = Scanner {
        id,
        text,
        at: if text.starts_with('\u{feff}') { 3 } else { 0 },
        last: Last::Nothing,
        dash: None,
        dashes: 0,
        open: Vec::new(),
        suspect: None,
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

/// KDL's line ends. `\r\n` counts as two, which makes no difference here.
pub(super) fn is_newline(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{b}' | '\u{c}' | '\u{2028}' | '\u{2029}')
}

/// KDL's blanks.
pub(super) fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\t' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

/// Characters that may stand nowhere but in comments.
pub(super) fn is_forbidden(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{7f}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' | '\u{feff}'
    )
}

/// Characters of a word that needs no quotes.
pub(super) fn is_bare(c: char) -> bool {
    !matches!(c, '\\' | '/' | '(' | ')' | '{' | '}' | '[' | ']' | ';' | '"' | '#' | '=')
        && !is_newline(c)
        && !is_blank(c)
        && !is_forbidden(c)
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

    fn push(&mut self, finding: Diagnostic) {
        self.scan.report.push(finding);
    }

    /// Takes one token. `None` when the rest can't be read any more.
    fn step(&mut self, c: char) -> Option<()> {
        let outside = is_blank(c) || is_newline(c) || c == ';' || self.starts("//") || self.starts("/*");
        if !outside && self.top_start.is_none() {
            self.top_start = Some(self.at);
        }
        match c {
            _ if is_blank(c) => self.at += c.len_utf8(),
            _ if is_newline(c) => {
                self.at += c.len_utf8();
                self.end_node();
            }
            ';' => {
                self.end_node();
                self.at += 1;
            }
            '/' if self.starts("//") => {
                self.line_comment();
            }
            '/' if self.starts("/*") => self.block_comment()?,
            '/' if self.starts("/-") => self.slashdash()?,
            '\\' => self.continued_line(),
            '{' => self.open_block()?,
            '}' => self.close_block(),
            '=' => self.equals(),
            '(' => self.annotation(),
            '"' => self.quoted()?,
            '#' => self.hash()?,
            _ => self.bare(c),
        }
        Some(())
    }

    /// A node ends, unless a `/-` still waits for it.
    fn end_node(&mut self) {
        if self.dash.is_some() {
            return;
        }
        if let Last::Equals(at) = self.last {
            self.no_value(at);
        }
        self.last = Last::Nothing;
        self.dashes = 0;
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
                    self.scan.comments.push(start..self.at);
                    return Some(());
                }
            } else {
                self.at += c.len_utf8();
            }
        }
        self.unclosed_comment(start);
        None
    }

    fn slashdash(&mut self) -> Option<()> {
        let here = self.at..self.at + 2;
        self.dashes += 1;
        if self.dashes > DEPTH {
            self.too_deep(here, "`/-` in one node");
            return None;
        }
        if self.dash.is_some() || matches!(self.last, Last::Equals(_)) {
            self.misplaced_slashdash(here.clone());
        }
        self.dash = Some(here.start);
        self.at = here.end;
        Some(())
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

    fn open_block(&mut self) -> Option<()> {
        let open = self.at;
        match self.last {
            Last::Nothing => self.nameless_block(open),
            Last::Equals(at) => self.no_value(at),
            Last::Block(_) if self.dash.is_none() => self.after_block(open..open + 1),
            _ => {}
        }
        if self.open.len() == DEPTH {
            self.too_deep(open..open + 1, "nested `{`");
            return None;
        }
        self.open.push(self.scan.blocks.len());
        self.scan.blocks.push(Block { open, close: open, dropped: self.dash.take().is_some() });
        self.at += 1;
        self.last = Last::Nothing;
        self.dashes = 0;
        Some(())
    }

    fn close_block(&mut self) {
        let close = self.at;
        self.dash_without_target();
        if let Last::Equals(at) = self.last {
            self.no_value(at);
        }
        self.dashes = 0;
        self.at += 1;
        let Some(index) = self.open.pop() else {
            self.stray_brace(close);
            self.last = Last::Nothing;
            return;
        };
        let Some(block) = self.scan.blocks.get_mut(index) else { return };
        block.close = close;
        let Block { open, dropped, .. } = *block;
        self.last = if dropped { Last::Value } else { Last::Block(close) };
        if self.suspect.is_none() && self.closes_further_left(open, close) {
            self.suspect = Some(open);
        }
    }

    /// Whether `}` is the first of its line and stands left of the line of its `{`.
    fn closes_further_left(&self, open: usize, close: usize) -> bool {
        let indent = |at: usize| {
            let before = self.text.get(..at).unwrap_or_default();
            let line = before.rfind('\n').map_or(0, |i| i + 1);
            let text = self.text.get(line..).unwrap_or_default();
            (text.find(|c| !is_blank(c)).unwrap_or(0), at - line)
        };
        let (close_indent, close_column) = indent(close);
        close_indent == close_column && close_indent < indent(open).0
    }

    fn equals(&mut self) {
        let at = self.at;
        self.at += 1;
        match std::mem::replace(&mut self.last, Last::Equals(at)) {
            Last::Text => {}
            Last::Name(name) => self.node_as_property(name, at),
            _ => self.stray_equals(at),
        }
    }

    fn annotation(&mut self) {
        let start = self.at;
        let inner = self.rest().find(|c| c == ')' || is_newline(c) || c == '"' || c == '{' || c == '}');
        match inner.map(|i| start + i) {
            Some(end) if self.text.get(end..).is_some_and(|rest| rest.starts_with(')')) => self.at = end + 1,
            _ => {
                self.at += 1;
                self.stray_character(start, '(');
            }
        }
    }

    /// A name or value stands at `range`; `text` says that it is a string.
    fn item(&mut self, range: Range<usize>, text: bool) {
        self.dash = None;
        let was = std::mem::replace(&mut self.last, Last::Value);
        self.last = match was {
            Last::Nothing if text => Last::Name(range),
            Last::Nothing => {
                self.value_as_name(range.clone());
                Last::Name(range)
            }
            Last::Name(_) | Last::Text | Last::Value if text => Last::Text,
            Last::Name(_) | Last::Text | Last::Value | Last::Equals(_) => Last::Value,
            Last::Block(at) => {
                self.after_block(range);
                Last::Block(at)
            }
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
        if let Some(innermost) = self.open.last().and_then(|index| self.scan.blocks.get(*index)) {
            let open = innermost.open;
            self.unclosed_block(open);
            self.scan.balanced = false;
        }
    }

    fn dash_without_target(&mut self) {
        if let Some(dash) = self.dash.take() {
            self.misplaced_slashdash(dash..dash + 2);
        }
    }

    fn too_deep(&mut self, range: Range<usize>, what: &str) {
        let finding = Diagnostic::error(Code::TOO_DEEP, format!("more than {DEPTH} levels of {what}"))
            .at(self.span(range), format!("level {}", DEPTH + 1))
            .help("no spec needs that many: look for a `{` that a `}` should have closed");
        self.push(finding);
    }
}

#[cfg(test)]
mod tests;
