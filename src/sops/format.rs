//! YAML text to nodes, by go-yaml's rules, comments kept in their order.

use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Parser, Placement, ScalarStyle, Span, StrInput, StructureStyle, Tag};

use super::comments::{Loose, Side};
use super::error::{SopsError, YamlError};
use super::node::{Field, Item, Node, Plain};
use super::scalar;

/// Deeper nesting, aliases expanded, is refused.
const DEEPEST: usize = 200;
/// More nodes, aliases expanded, are refused.
const MOST_NODES: usize = 1_000_000;
const CORE_TAGS: &str = "tag:yaml.org,2002:";

/// Reads all documents of a file. An empty document is an empty mapping.
pub(super) fn parse(text: &str) -> Result<Vec<Node>, YamlError> {
    check_characters(text)?;
    let options = granit_parser::options! {
        block_scalar_eof_without_line_feed: true,
        max_buffered_comment_events: 65_536,
        block_nesting_limit: DEEPEST,
        flow_nesting_limit: DEEPEST,
    };
    let parser = Parser::new_from_str_with_options(text, options);
    Reader {
        parser,
        loose: Loose::default(),
        anchors: HashMap::new(),
        nodes: 0,
        depth: 0,
        line: 1,
        end_line: 0,
    }
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
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let problem = |c: char| match c {
        '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => Some(
            "a character that readers of YAML 1.1 and 1.2 take differently; write it as an escape in double quotes",
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

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    loose: Loose,
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
            let side = match placement {
                Placement::Right if self.line <= self.end_line => Side::Beside,
                Placement::Right => Side::Right,
                _ => Side::Own,
            };
            self.loose.push(text.into_owned(), span.start.col(), side);
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
            self.loose.all(fields);
        }
        Ok(documents)
    }

    fn document(&mut self) -> Result<Node, YamlError> {
        self.anchors.clear();
        let (event, span) = self.next()?;
        match self.node(event, &span, 0)? {
            Node::Null => {
                let mut fields = Vec::new();
                self.loose.all(&mut fields);
                Ok(Node::Map(fields))
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
            self.loose.beside(&mut fields);
            if event == Event::MappingEnd {
                self.loose.after(&mut fields, if style == StructureStyle::Block { outer } else { 0 });
                return Ok(Node::Map(fields));
            }
            self.loose.all(&mut fields);
            let key = self.key(event, &span)?;
            if !seen.insert(key.clone()) {
                return Err(YamlError::DuplicateKey { line: self.line, key });
            }
            let (event, span) = self.next()?;
            self.loose.before(&mut fields, is_block(&event), None);
            let value = self.node(event, &span, column + 1)?;
            fields.push(Field::Value(key, value));
        }
    }

    fn list(&mut self, style: StructureStyle, span: &Span, outer: usize) -> Result<Node, YamlError> {
        let column = if style == StructureStyle::Block { span.start.col() } else { outer };
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            self.loose.beside(&mut items);
            if event == Event::SequenceEnd {
                self.loose.after(&mut items, if style == StructureStyle::Block { outer } else { 0 });
                return Ok(Node::List(items));
            }
            self.loose.before(&mut items, is_block(&event), Some(column));
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

    fn value_error(&self, problem: &str) -> YamlError {
        YamlError::Value { line: self.line, problem: problem.to_owned() }
    }
}

/// Whether a node begins that stands on lines of its own.
fn is_block(event: &Event<'_>) -> bool {
    matches!(
        event,
        Event::MappingStart(StructureStyle::Block, ..) | Event::SequenceStart(StructureStyle::Block, ..)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sops::node::Comment;

    /// The documents in one line: comments as `#text`, strings as they are, all else as `?`.
    fn show(text: &str) -> String {
        fn comment(comment: &Comment) -> String {
            match comment {
                Comment::Clear(text) => format!("#{}", text.as_str().expect("text").trim()),
                Comment::Enc(_) => "#ENC".to_owned(),
            }
        }
        fn node(value: &Node) -> String {
            match value {
                Node::Map(fields) => {
                    let fields = fields.iter().map(|field| match field {
                        Field::Comment(text) => comment(text),
                        Field::Value(key, value) => format!("{key}={}", node(value)),
                    });
                    format!("{{{}}}", fields.collect::<Vec<_>>().join(" "))
                }
                Node::List(items) => {
                    let items = items.iter().map(|item| match item {
                        Item::Comment(text) => comment(text),
                        Item::Value(value) => node(value),
                    });
                    format!("[{}]", items.collect::<Vec<_>>().join(" "))
                }
                value => value.as_str().unwrap_or("?").to_owned(),
            }
        }
        parse(text).expect("YAML").iter().map(node).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_find_the_place_that_sops_gives_them() {
        for (text, want) in [
            ("# head\na: x # beside\n# tail\n", "{#head #beside a=x #tail}"),
            (
                "a: # colon\n  # first\n  b: x\n  # last\n# next\nc: y\n",
                "{#colon a={#first b=x #last} #next c=y}",
            ),
            ("l:\n  # one\n  - x # beside\n  # two\n  - y\n  # end\n", "{l=[#one #beside x #two y #end]}"),
            ("l:\n- x\n# out\nm: y\n", "{l=[x] #out m=y}"),
            ("l:\n  - # in\n    - x\n    # deep\n  # flat\n  - y\n", "{l=[#in [x #deep] #flat y]}"),
            ("l:\n  -\n    # in\n    k: x\n", "{l=[{#in k=x}]}"),
            ("a: | # header\n  text\nb: y\n", "{#header a=text\n b=y}"),
            ("a: [x, y] # flow\nb: {c: z} # map\n", "{#flow a=[x y] #map b={c=z}}"),
            ("# one\na: x\n# foot\n---\n# two\nb: y\n---\n# only\n", "{#one a=x #foot} {#two b=y} {#only}"),
        ] {
            assert_eq!(show(text), want, "{text}");
        }
    }

    #[test]
    fn aliases_are_written_out_and_merges_are_keys() {
        assert_eq!(show("a: &x {k: v}\nb: *x\nc:\n  <<: *x\n"), "{a={k=v} b={k=v} c={<<={k=v}}}");
        assert_eq!(show("&k key: v\nb: *k\n"), "{key=v b=key}");
    }

    #[test]
    fn endless_nesting_and_growing_aliases_are_refused() {
        let deep = "[".repeat(5000);
        assert!(parse(&format!("a: {deep}")).is_err());
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for n in 1..12 {
            let alias = format!("*a{}, ", n - 1).repeat(10);
            bomb.push_str(&format!("a{n}: &a{n} [{alias}]\n"));
        }
        assert!(matches!(parse(&bomb), Err(YamlError::TooLarge { .. })));
        assert!(parse("a: &x [*x]\n").is_err());
    }

    #[test]
    fn what_yaml_versions_read_differently_is_refused() {
        for text in
            ["a: x\u{2028}y\n", "a: x\u{85}\n", "a: x\n\u{feff}b: y\n", "a: \"\u{1}\"\n", "a: \u{7f}\n"]
        {
            assert!(matches!(parse(text), Err(YamlError::Syntax { .. })), "{text:?}");
        }
        assert_eq!(show("\u{feff}a: x\n"), "{a=x}");
        assert_eq!(show("a: \"x\\Ly\"\n"), "{a=x\u{2028}y}");
    }

    #[test]
    fn no_text_makes_it_panic() {
        let token = proptest::sample::select(vec![
            "a",
            ": ",
            "- ",
            "\n",
            "\n  ",
            "\n    ",
            "#c",
            "? ",
            "[",
            "]",
            "{",
            "}",
            ",",
            "|\n",
            ">-\n",
            "'",
            "\"",
            "&a ",
            "*a",
            "!!int ",
            "!x ",
            "---\n",
            "...\n",
            "\t",
            "%YAML 1.1\n",
            "<<",
            "é",
            "\\",
        ]);
        let texts = proptest::collection::vec(token, 0..16);
        proptest::proptest!(|(parts in texts)| {
            let _ = parse(&parts.concat());
        });
    }
}
