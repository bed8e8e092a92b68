//! The value tokens of a spec: arguments, values of properties, and labels' keys. Enough of KDL for the specs of these tests:
//! strings without escapes, `//` comments, no multi-line strings.

use std::ops::Range;

use gatewright::spec::node::{PROJECT_FILE, SPEC_FILE, Word};

/// A node.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Its word.
    pub(super) word: String,
    /// The node it stands in.
    pub(super) parent: Option<usize>,
    /// Its first argument.
    pub(super) argument: Option<String>,
    /// Which file.
    pub(super) file: usize,
    /// The bytes of its word.
    pub(super) name: Range<usize>,
    /// All its bytes, from an annotation to its last brace.
    pub(super) range: Range<usize>,
    /// Its place in our tables; none for a node of a schema's words.
    pub(super) ours: Option<&'static Word>,
}

/// What a token is for its node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Slot {
    /// An argument, from 0.
    Argument(usize),
    /// The value of a property.
    Property(String),
    /// The name of a property.
    Key,
}

/// A token with a value.
#[derive(Debug, Clone)]
pub(super) struct Token {
    /// Which file.
    pub(super) file: usize,
    /// Its bytes, without quotes.
    pub(super) range: Range<usize>,
    /// Its text.
    pub(super) text: String,
    /// The node it belongs to.
    pub(super) node: usize,
    /// What it is there.
    pub(super) slot: Slot,
}

/// All nodes and tokens of a spec.
#[derive(Debug, Clone, Default)]
pub(super) struct Tokens {
    /// In the order of files and text.
    pub(super) all: Vec<Token>,
    pub(super) nodes: Vec<Node>,
}

impl Tokens {
    /// Reads the texts of files.
    pub(super) fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut found = Self::default();
        for (file, text) in texts.into_iter().enumerate() {
            Reader { file, text, at: 0, open: Vec::new(), node: None, start: None, found: &mut found }.read();
        }
        found
    }

    /// The node that a token belongs to.
    pub(super) fn node(&self, token: &Token) -> &Node {
        &self.nodes[token.node]
    }

    /// Whether a token is said in a schema's words, or in those that a whole object's line has.
    pub(super) fn is_schema(&self, token: &Token) -> bool {
        let Some(word) = self.node(token).ours else { return true };
        match &token.slot {
            Slot::Property(name) => {
                !word.labels && word.item(name).is_none() || word.name == "resource" && name == "api"
            }
            Slot::Key => !word.labels && word.item(&token.text).is_none(),
            Slot::Argument(_) => word.name == "resource",
        }
    }

    /// The node around that.
    pub(super) fn parent(&self, token: &Token) -> Option<&Node> {
        self.node(token).parent.map(|i| &self.nodes[i])
    }

    /// What a token says something about: the property, or the word whose argument it is.
    pub(super) fn name<'a>(&'a self, token: &'a Token) -> &'a str {
        match &token.slot {
            Slot::Property(name) => name,
            Slot::Argument(_) | Slot::Key => &self.node(token).word,
        }
    }

    /// Whether a token is the name of a node of this word.
    pub(super) fn declares(&self, token: &Token, word: &str) -> bool {
        token.slot == Slot::Argument(0) && self.node(token).word == word
    }

    /// The tokens that are for their node what `wanted` says.
    pub(super) fn named<'a>(&'a self, wanted: &'a str) -> impl Iterator<Item = &'a Token> {
        self.all.iter().filter(move |token| token.slot != Slot::Key && self.name(token) == wanted)
    }
}

struct Reader<'a> {
    file: usize,
    text: &'a str,
    at: usize,
    open: Vec<usize>,
    node: Option<(usize, usize)>,
    /// Where an annotation began.
    start: Option<usize>,
    found: &'a mut Tokens,
}

impl Reader<'_> {
    fn read(&mut self) {
        while let Some(c) = self.text[self.at..].chars().next() {
            match c {
                '\n' | ';' => {
                    self.node = None;
                    self.at += 1;
                }
                '(' if self.node.is_none() => {
                    self.start = Some(self.at);
                    self.at += self.text[self.at..].find(')').unwrap() + 1;
                }
                c if c.is_whitespace() => self.at += 1,
                '/' if self.text[self.at..].starts_with("//") => {
                    self.at += self.text[self.at..].find('\n').unwrap_or(self.text.len() - self.at);
                }
                '{' => {
                    self.open.extend(self.node.map(|(node, _)| node));
                    self.node = None;
                    self.at += 1;
                }
                '}' => {
                    self.at += 1;
                    if let Some(closed) = self.open.pop() {
                        self.found.nodes[closed].range.end = self.at;
                    }
                    self.node = None;
                }
                _ => self.word(),
            }
        }
    }

    fn word(&mut self) {
        let range = self.scalar();
        let text = self.text[range.clone()].to_owned();
        let Some((node, arguments)) = self.node else {
            let parent = self.open.last().copied();
            let ours = match parent {
                Some(parent) => self.found.nodes[parent].ours,
                None if self.is_setting(&text) => Some(&PROJECT_FILE),
                None => Some(&SPEC_FILE),
            };
            let item = ours.and_then(|word| word.item(&text));
            // What our tables have as a value has no node of its own; it is ours all the same.
            let ours = item.and_then(|item| item.word().or(ours));
            let start = self.start.take().unwrap_or(range.start);
            let start = if self.text[..start].ends_with('"') { start - 1 } else { start };
            let whole = start..self.at;
            let (file, name) = (self.file, range);
            self.found.nodes.push(Node {
                word: text,
                parent,
                argument: None,
                file,
                name,
                range: whole,
                ours,
            });
            self.node = Some((self.found.nodes.len() - 1, 0));
            return;
        };
        if self.text[self.at..].starts_with('=') {
            self.at += 1;
            self.push(range, node, Slot::Key);
            let value = self.scalar();
            self.push(value, node, Slot::Property(text));
            self.found.nodes[node].range.end = self.at;
            return;
        }
        if arguments == 0 {
            self.found.nodes[node].argument = Some(text);
        }
        self.push(range, node, Slot::Argument(arguments));
        self.found.nodes[node].range.end = self.at;
        self.node = Some((node, arguments + 1));
    }

    fn push(&mut self, range: Range<usize>, node: usize, slot: Slot) {
        let text = self.text[range.clone()].to_owned();
        self.found.all.push(Token { file: self.file, range, text, node, slot });
    }

    /// Whether a node of a file is a setting of the project, and no object of that kind.
    fn is_setting(&self, word: &str) -> bool {
        let line = self.text[self.at..].lines().next().unwrap_or_default();
        SPEC_FILE.item(word).is_none() && PROJECT_FILE.item(word).is_some() && !line.contains('{')
    }

    /// A string between quotes, or a bare word.
    fn scalar(&mut self) -> Range<usize> {
        let rest = &self.text[self.at..];
        if let Some(quoted) = rest.strip_prefix('"') {
            let length = quoted.find('"').unwrap();
            let start = self.at + 1;
            self.at = start + length + 1;
            return start..start + length;
        }
        let ends = |c: char| c.is_whitespace() || "{};=\"".contains(c);
        let length = rest.find(ends).unwrap_or(rest.len());
        let start = self.at;
        self.at += length;
        start..start + length
    }
}

#[test]
fn tokens_are_found_with_their_place() {
    let text = "a \"b\" c=d { e 1; f \"x\"=\"y\" } // g h\ni\n";
    let tokens = Tokens::of([text]);
    let all: Vec<_> = tokens
        .all
        .iter()
        .map(|token| {
            (tokens.name(token).to_owned(), token.text.as_str(), &text[token.range.clone()], &token.slot)
        })
        .collect();
    let property = |name: &str| Slot::Property(name.to_owned());
    assert_eq!(
        all,
        [
            ("a".to_owned(), "b", "b", &Slot::Argument(0)),
            ("a".to_owned(), "c", "c", &Slot::Key),
            ("c".to_owned(), "d", "d", &property("c")),
            ("e".to_owned(), "1", "1", &Slot::Argument(0)),
            ("f".to_owned(), "x", "x", &Slot::Key),
            ("x".to_owned(), "y", "y", &property("x")),
        ]
    );
    assert_eq!(tokens.parent(&tokens.all[3]).unwrap().argument.as_deref(), Some("b"));
}
