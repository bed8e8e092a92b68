//! YAML → nodes that know where they stand. Reads what a manifest needs and no more: no anchors, aliases, tags, merges.

use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle};

/// Deeper nesting is an error; Kubernetes' own types stay far below.
const DEEPEST: usize = 100;

/// A value with its place: bytes from 0, lines from 1.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) shape: Shape,
    /// Its first byte.
    pub(super) at: usize,
    /// The line of its first byte.
    pub(super) line: usize,
    /// The line of its last byte.
    pub(super) last: usize,
}

/// What a [`Node`] is. Scalars keep their text: what a bare one means is for the reader of the tree to say.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    Scalar { text: String, bare: bool },
    List { items: Vec<Node>, flow: bool },
    Map { entries: Vec<Entry>, flow: bool },
}

/// A field of an object.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    /// The line of the key.
    pub(super) line: usize,
    /// The byte at which the key begins.
    pub(super) at: usize,
    pub(super) node: Node,
}

/// Why a text is not YAML of this kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReadError {
    /// The byte.
    pub(super) at: usize,
    /// What is wrong, as the end of a sentence.
    pub(super) message: String,
}

/// Reads all documents.
pub(super) fn read(text: &str) -> Result<Vec<Node>, ReadError> {
    let options = granit_parser::options! {
        emit_comments: false,
        disallow_directives: true,
        flow_nesting_limit: DEEPEST,
        block_nesting_limit: DEEPEST,
    };
    let mut builder = Builder { text, open: Vec::new(), documents: Vec::new() };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| {
            let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
            ReadError { at, message: error.info() }
        })?;
        builder.take(event, &span)?;
    }
    Ok(builder.documents)
}

/// A collection whose end has not come yet.
enum Open {
    List { items: Vec<Node>, flow: bool, at: usize, line: usize },
    Map { entries: Vec<Entry>, key: Option<(String, usize, usize)>, flow: bool, at: usize, line: usize },
}

struct Builder<'a> {
    text: &'a str,
    open: Vec<Open>,
    documents: Vec<Node>,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), ReadError> {
        let at = span.start.byte_offset().unwrap_or_default().min(self.text.len());
        let line = span.start.line();
        let refuse = |what: &str| Err(ReadError { at, message: what.to_owned() });
        match event {
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                refuse("an alias (`*name`) has no place in a manifest")
            }
            Event::Scalar(_, _, 1.., _)
            | Event::SequenceStart(_, 1.., _)
            | Event::MappingStart(_, 1.., _) => refuse("an anchor (`&name`) has no place in a manifest"),
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, _, Some(_))
            | Event::MappingStart(_, _, Some(_)) => refuse("a tag (`!name`) has no place in a manifest"),
            Event::Scalar(text, style, ..) => {
                let shape = Shape::Scalar { text: text.into_owned(), bare: style == ScalarStyle::Plain };
                // A block scalar's span runs on to what follows it.
                let end = span.end.byte_offset().unwrap_or(at).min(self.text.len());
                let written = self.text.get(at..end).unwrap_or_default().trim_end();
                self.put(Node { shape, at, line, last: line + written.matches('\n').count() }, at)
            }
            Event::SequenceStart(style, ..) => {
                let flow = style == StructureStyle::Flow;
                self.push(Open::List { items: Vec::new(), flow, at, line }, at)
            }
            Event::MappingStart(style, ..) => {
                let flow = style == StructureStyle::Flow;
                self.push(Open::Map { entries: Vec::new(), key: None, flow, at, line }, at)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span.end.line()),
            _ => Ok(()),
        }
    }

    fn push(&mut self, open: Open, at: usize) -> Result<(), ReadError> {
        if self.open.len() >= DEEPEST {
            return Err(ReadError { at, message: format!("nested deeper than {DEEPEST} levels") });
        }
        self.open.push(open);
        Ok(())
    }

    fn close(&mut self, end: usize) -> Result<(), ReadError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let (shape, flow, at, line) = match open {
            Open::List { items, flow, at, line } => (Shape::List { items, flow }, flow, at, line),
            Open::Map { entries, flow, at, line, .. } => (Shape::Map { entries, flow }, flow, at, line),
        };
        // A block's end is only noticed at what follows; its last line is that of what it holds.
        let held = match &shape {
            Shape::List { items, .. } => items.last().map(|item| item.last),
            Shape::Map { entries, .. } => entries.last().map(|entry| entry.node.last),
            Shape::Scalar { .. } => None,
        };
        let last = if flow { end } else { held.unwrap_or(line) };
        self.put(Node { shape, at, line, last }, at)
    }

    /// Gives a whole node to what it stands in.
    fn put(&mut self, mut node: Node, at: usize) -> Result<(), ReadError> {
        match self.open.last_mut() {
            None => self.documents.push(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { entries, key, .. }) => match key.take() {
                Some((name, line, at)) => {
                    // Nothing after a colon: it stands on the line of its key, wherever the reader noticed that.
                    if node.shape == (Shape::Scalar { text: String::new(), bare: true }) {
                        (node.line, node.last) = (line, line);
                    }
                    entries.push(Entry { key: name, line, at, node });
                }
                None => {
                    let Shape::Scalar { text, bare } = node.shape else {
                        return Err(ReadError { at, message: "a key must be a string".to_owned() });
                    };
                    if bare && text == "<<" {
                        return Err(ReadError {
                            at,
                            message: "a merge (`<<`) has no place in a manifest".to_owned(),
                        });
                    }
                    if entries.iter().any(|entry| entry.key == text) {
                        return Err(ReadError { at, message: format!("the key `{text}` is there twice") });
                    }
                    *key = Some((text, node.line, at));
                }
            },
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_readers_disagree_on_or_can_be_blown_up_with() {
        for (text, what) in [
            ("a: &x 1\nb: *x\n", "anchor"),
            ("a: &x {}\n", "anchor"),
            ("- &x [1]\n", "anchor"),
            ("a: !!str 1\n", "tag"),
            ("a:\n  <<: {b: 1}\n", "merge"),
            ("a: 1\nb: 2\na: 3\n", "twice"),
            ("? [a]\n: 1\n", "key must be a string"),
            ("%YAML 1.1\n---\na: 1\n", ""),
            ("a: [1\n", ""),
            ("a: \"b\n", ""),
            ("a:\n\tb: 1\n", ""),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.message.contains(what), "{text}: {error:?}");
            assert!(error.at <= text.len());
        }
        assert_eq!(read("a: 1\nb: 2\na: 3\n").unwrap_err().at, 10);
    }

    #[test]
    fn depth_is_an_error_and_no_crash() {
        for text in ["[".repeat(100_000), "- ".repeat(100_000), "{a: ".repeat(100_000), "? ".repeat(100_000)]
        {
            read(&text).unwrap_err();
        }
    }

    #[test]
    fn places_count_bytes_and_lines() {
        let text = "ü: é\nlist:\n  - a: |\n      x\n      y\n    b: [1,\n      2]\nend:\n";
        let documents = read(text).unwrap();
        let Shape::Map { entries, .. } = &documents[0].shape else { panic!() };
        assert_eq!(&text[entries[0].node.at..entries[0].node.at + 2], "é");
        let lines: Vec<_> = entries.iter().map(|e| (e.line, e.node.line, e.node.last)).collect();
        assert_eq!(lines, [(1, 1, 1), (2, 3, 7), (8, 8, 8)]);
        let Shape::List { items, .. } = &entries[1].node.shape else { panic!() };
        let Shape::Map { entries, .. } = &items[0].shape else { panic!() };
        assert_eq!((entries[0].line, entries[0].node.last), (3, 5));
        assert_eq!((entries[1].line, entries[1].node.last), (6, 7));
    }
}
