//! YAML text to nodes, by go-yaml's rules, comments kept in their order.

use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Parser, Placement, ScalarStyle, Span, StrInput, StructureStyle, Tag};

use super::error::SopsError;
use super::node::{Comment, Field, Item, Node, Plain};
use super::scalar;

/// The text is not YAML that sops reads. Quotes keys at most.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum YamlError {
    /// Not YAML.
    #[error("line {line}, column {column}: not YAML: {problem}")]
    Syntax {
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What the parser says.
        problem: String,
    },
    /// No document in it.
    #[error("there is no document in it")]
    Empty,
    /// A key twice in one mapping.
    #[error("line {line}: the key `{key}` is there already")]
    DuplicateKey {
        /// From 1.
        line: usize,
        /// The key.
        key: String,
    },
    /// A key that is a number, a date, a collection or the like.
    #[error("line {line}: a key must be a string; quote it")]
    KeyNotAString {
        /// From 1.
        line: usize,
    },
    /// A value sops has no type for.
    #[error("line {line}: {problem}")]
    Value {
        /// From 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// Nesting or aliases beyond any use.
    #[error("line {line}: nested too deeply, or aliases that grow too large")]
    TooLarge {
        /// From 1.
        line: usize,
    },
}

/// Deeper nesting, aliases expanded, is refused.
const DEEPEST: usize = 200;
/// More nodes, aliases expanded, are refused.
const MOST_NODES: usize = 1_000_000;
const CORE_TAGS: &str = "tag:yaml.org,2002:";

/// Reads all documents of a file. An empty document is an empty mapping.
pub(super) fn parse(text: &str) -> Result<Vec<Node>, YamlError> {
    check_characters(text)?;
    let options = granit_parser::options! {
        bom_inside_document_as_content: true,
        block_scalar_eof_without_line_feed: true,
        max_buffered_comment_events: 65_536,
        block_nesting_limit: DEEPEST,
        flow_nesting_limit: DEEPEST,
    };
    let parser = Parser::new_from_str_with_options(text, options);
    Reader { parser, loose: Vec::new(), anchors: HashMap::new(), nodes: 0, depth: 0, line: 1, end_line: 0 }
        .documents()
}

impl Plain {
    /// Reads YAML as sops does before it encrypts it.
    ///
    /// # Errors
    /// [`SopsError::Yaml`], or [`SopsError::NotAMapping`] for a document that is a list or a single value.
    pub fn from_yaml(text: &str) -> Result<Self, SopsError> {
        let documents = parse(text)?;
        let mappings = documents.iter().all(|document| matches!(document, Node::Map(_)));
        if mappings { Ok(Self { documents }) } else { Err(SopsError::NotAMapping) }
    }
}

/// YAML 1.1 allows no control characters, and sees line breaks where YAML 1.2 sees letters.
fn check_characters(text: &str) -> Result<(), YamlError> {
    let problem = |c: char| match c {
        '\u{85}' | '\u{2028}' | '\u{2029}' => Some(
            "a line separator that YAML 1.1 takes for a line break; write it as an escape in double quotes",
        ),
        '\t' | '\n' | '\r' => None,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {
            Some("control characters are not allowed")
        }
        _ => None,
    };
    for (index, line) in text.split('\n').enumerate() {
        if let Some((column, problem)) = line.chars().enumerate().find_map(|(i, c)| Some((i, problem(c)?))) {
            return Err(YamlError::Syntax {
                line: index + 1,
                column: column + 1,
                problem: problem.to_owned(),
            });
        }
    }
    Ok(())
}

/// A comment that still looks for its place.
struct Loose {
    text: String,
    column: usize,
    /// It stands to the right of what was read before it.
    beside: bool,
    /// It stands to the right of something.
    right: bool,
}

impl Loose {
    fn comment(self) -> Comment {
        Comment::new(self.text)
    }
}

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    /// Comments read and not yet placed.
    loose: Vec<Loose>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    depth: usize,
    /// Where the last event began.
    line: usize,
    /// Where the last event that is no comment ended.
    end_line: usize,
}

impl<'a> Reader<'a> {
    /// The next event; comments on the way are gathered as loose.
    fn next(&mut self) -> Result<(Event<'a>, Span), YamlError> {
        loop {
            let next = self.parser.next_event().ok_or_else(|| self.value_error("unexpected end"))?;
            let (event, span) = next.map_err(|error| YamlError::Syntax {
                line: error.marker().line(),
                column: error.marker().col() + 1,
                problem: error.info(),
            })?;
            self.line = span.start.line();
            let Event::Comment(text, placement) = event else {
                self.end_line = span.end.line();
                return Ok((event, span));
            };
            let right = placement == Placement::Right;
            let beside = right && self.line <= self.end_line;
            self.loose.push(Loose { text: text.into_owned(), column: span.start.col(), beside, right });
        }
    }

    fn documents(&mut self) -> Result<Vec<Node>, YamlError> {
        let mut documents = Vec::new();
        loop {
            match self.next()?.0 {
                Event::StreamStart | Event::DocumentEnd => {}
                Event::StreamEnd => break,
                Event::DocumentStart(_, version) => {
                    if version.is_some_and(|version| (version.major, version.minor) != (1, 1)) {
                        return Err(self.value_error("sops reads YAML 1.1 and refuses any other `%YAML`"));
                    }
                    documents.push(self.document()?);
                }
                _ => return Err(self.value_error("unexpected content between documents")),
            }
        }
        let last = documents.last_mut().ok_or(YamlError::Empty)?;
        if let Node::Map(fields) = last {
            fields.extend(self.loose.drain(..).map(|loose| Field::Comment(loose.comment())));
        }
        Ok(documents)
    }

    fn document(&mut self) -> Result<Node, YamlError> {
        self.anchors.clear();
        let (event, span) = self.next()?;
        match self.node(event, &span, 0)? {
            Node::Null => {
                Ok(Node::Map(self.loose.drain(..).map(|loose| Field::Comment(loose.comment())).collect()))
            }
            node => Ok(node),
        }
    }

    /// A whole node from its first event on. What stands left of `column` is no part of it.
    fn node(&mut self, event: Event<'a>, span: &Span, column: usize) -> Result<Node, YamlError> {
        self.nodes += 1;
        self.depth += 1;
        if self.nodes > MOST_NODES || self.depth > DEEPEST {
            return Err(YamlError::TooLarge { line: self.line });
        }
        let anchor = event.anchor_id();
        let node = match event {
            Event::Scalar(text, style, _, tag) => self.scalar(&text, style, tag.as_deref())?,
            Event::SequenceStart(style, _, _) => self.list(style, span, column)?,
            Event::MappingStart(style, _, _) => self.map(style, span, column)?,
            Event::Alias(id) => self.alias(id)?,
            _ => return Err(self.value_error("a value is missing")),
        };
        if let Some(id) = anchor {
            self.count(&node, 0)?;
            self.anchors.insert(id, node.clone());
        }
        self.depth -= 1;
        Ok(node)
    }

    fn scalar(&self, text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Node, YamlError> {
        let tag = tag.and_then(|tag| match tag.suffix_in_namespace(CORE_TAGS) {
            Some(name) => Some(name.into_owned()),
            None if matches!(tag.parts(), ("!", "") | ("", "!")) => None,
            None => Some(format!("!{tag}")),
        });
        scalar::resolve(text, tag.as_deref(), style == ScalarStyle::Plain)
            .map_err(|error| self.value_error(&error.to_string()))
    }

    fn alias(&mut self, id: usize) -> Result<Node, YamlError> {
        let node = self.anchors.get(&id).cloned();
        let node = node.ok_or_else(|| self.value_error("an alias inside what it stands for"))?;
        self.count(&node, self.depth)?;
        Ok(node)
    }

    /// Counts the nodes of a copy against the limits.
    fn count(&mut self, node: &Node, depth: usize) -> Result<(), YamlError> {
        self.nodes += 1;
        if self.nodes > MOST_NODES || depth > DEEPEST {
            return Err(YamlError::TooLarge { line: self.line });
        }
        for child in node.fields().map(|(_, value)| value).chain(node.items()) {
            self.count(child, depth + 1)?;
        }
        Ok(())
    }

    fn map(&mut self, style: StructureStyle, span: &Span, outer: usize) -> Result<Node, YamlError> {
        let column = if style == StructureStyle::Block { span.start.col() } else { outer };
        let mut fields = Vec::new();
        let mut seen = HashSet::new();
        loop {
            let (event, span) = self.next()?;
            self.settle_beside(&mut fields);
            if event == Event::MappingEnd {
                self.settle_tail(&mut fields, outer, style);
                return Ok(Node::Map(fields));
            }
            self.settle_all(&mut fields);
            let key = self.key(event, &span)?;
            if !seen.insert(key.clone()) {
                return Err(YamlError::DuplicateKey { line: self.line, key });
            }
            let (event, span) = self.next()?;
            self.settle_before(&mut fields, &event, None);
            let value = self.node(event, &span, column + 1)?;
            fields.push(Field::Value(key, value));
        }
    }

    fn list(&mut self, style: StructureStyle, span: &Span, outer: usize) -> Result<Node, YamlError> {
        let column = if style == StructureStyle::Block { span.start.col() } else { outer };
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            self.settle_beside(&mut items);
            if event == Event::SequenceEnd {
                self.settle_tail(&mut items, outer, style);
                return Ok(Node::List(items));
            }
            self.settle_before(&mut items, &event, Some(column));
            let value = self.node(event, &span, column + 1)?;
            items.push(Item::Value(value));
        }
    }

    fn key(&mut self, event: Event<'a>, span: &Span) -> Result<String, YamlError> {
        let line = span.start.line();
        let scalar = matches!(event, Event::Scalar(..) | Event::Alias(_));
        let key = if scalar { self.node(event, span, 0)? } else { Node::Null };
        key.as_str().map(str::to_owned).ok_or(YamlError::KeyNotAString { line })
    }

    /// Comments to the right of the entry before: they go in front of it.
    fn settle_beside<M: Member>(&mut self, members: &mut Vec<M>) {
        let count = self.loose.iter().take_while(|loose| loose.beside).count();
        let at = members.iter().rposition(Member::is_value).unwrap_or(members.len());
        members.splice(at..at, self.loose.drain(..count).map(|loose| M::comment(loose.comment())));
    }

    /// Comments before a value: those that begin its block stay loose for it, others go in front of it. A member of a
    /// list begins right of `dash`.
    fn settle_before<M: Member>(&mut self, members: &mut Vec<M>, event: &Event<'_>, dash: Option<usize>) {
        let block = matches!(
            event,
            Event::MappingStart(StructureStyle::Block, ..) | Event::SequenceStart(StructureStyle::Block, ..)
        );
        let inside = |loose: &Loose| !loose.right && dash.is_none_or(|dash| loose.column > dash);
        let count = match self.loose.iter().position(inside) {
            Some(inside) if block => inside,
            _ => self.loose.len(),
        };
        members.extend(self.loose.drain(..count).map(|loose| M::comment(loose.comment())));
    }

    fn settle_all<M: Member>(&mut self, members: &mut Vec<M>) {
        members.extend(self.loose.drain(..).map(|loose| M::comment(loose.comment())));
    }

    /// Comments after the last entry: those further left belong to what stands around.
    fn settle_tail<M: Member>(&mut self, members: &mut Vec<M>, column: usize, style: StructureStyle) {
        let outside =
            self.loose.iter().position(|loose| loose.column < column && style == StructureStyle::Block);
        let count = outside.unwrap_or(self.loose.len());
        members.extend(self.loose.drain(..count).map(|loose| M::comment(loose.comment())));
    }

    fn value_error(&self, problem: &str) -> YamlError {
        YamlError::Value { line: self.line, problem: problem.to_owned() }
    }
}

/// What a mapping and a list have in common here.
trait Member {
    fn comment(comment: Comment) -> Self;
    fn is_value(&self) -> bool;
}

impl Member for Field {
    fn comment(comment: Comment) -> Self {
        Self::Comment(comment)
    }

    fn is_value(&self) -> bool {
        matches!(self, Self::Value(..))
    }
}

impl Member for Item {
    fn comment(comment: Comment) -> Self {
        Self::Comment(comment)
    }

    fn is_value(&self) -> bool {
        matches!(self, Self::Value(_))
    }
}
