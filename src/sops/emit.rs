//! Nodes to YAML text: block style, two spaces, in document order.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::error::{Place, SopsError};
use super::node::{Comment, Field, Item, Node, Plain};
use super::quote;

/// A key longer than this is written with `? `; YAML readers stop looking for its colon at 1024.
const LONGEST_KEY: usize = 120;
/// Deeper nesting is refused, as the reader does.
const DEEPEST: usize = 150;

/// Writes documents that [`check`] has passed.
pub(super) fn documents<'a>(documents: impl IntoIterator<Item = &'a Node>) -> Zeroizing<String> {
    let mut writer = Writer { out: Zeroizing::new(String::new()) };
    for (index, document) in documents.into_iter().enumerate() {
        if index > 0 {
            writer.out.push_str("---\n");
        }
        writer.document(document);
    }
    writer.out
}

impl Plain {
    /// The documents as YAML in the clear. What sops reads from it is what is in it.
    ///
    /// # Errors
    /// [`SopsError::NotAMapping`], [`SopsError::DuplicateKey`] or [`SopsError::Unwritable`].
    pub fn to_yaml(&self) -> Result<Zeroizing<String>, SopsError> {
        let settled: Vec<Node> = self.documents.iter().cloned().map(settle).collect();
        settled.iter().try_for_each(check)?;
        Ok(documents(&settled))
    }
}

/// Moves the comments of a collection that has no members in front of it: there is no place for them inside.
pub(super) fn settle(node: Node) -> Node {
    match node {
        Node::Map(fields) => {
            let mut settled = Vec::with_capacity(fields.len());
            for field in fields {
                match field {
                    Field::Comment(comment) => settled.push(Field::Comment(comment)),
                    Field::Value(key, value) => {
                        let (comments, value) = hollow(settle(value));
                        settled.extend(comments.into_iter().map(Field::Comment));
                        settled.push(Field::Value(key, value));
                    }
                }
            }
            Node::Map(settled)
        }
        Node::List(items) => {
            let mut settled = Vec::with_capacity(items.len());
            for item in items {
                match item {
                    Item::Comment(comment) => settled.push(Item::Comment(comment)),
                    Item::Value(value) => {
                        let (comments, value) = hollow(settle(value));
                        settled.extend(comments.into_iter().map(Item::Comment));
                        settled.push(Item::Value(value));
                    }
                }
            }
            Node::List(settled)
        }
        node => node,
    }
}

fn hollow(node: Node) -> (Vec<Comment>, Node) {
    let is_hollow = node.fields().next().is_none() && node.items().next().is_none();
    match node {
        Node::Map(fields) if is_hollow => {
            let comments = fields.into_iter().filter_map(|field| match field {
                Field::Comment(comment) => Some(comment),
                Field::Value(..) => None,
            });
            (comments.collect(), Node::Map(Vec::new()))
        }
        Node::List(items) if is_hollow => {
            let comments = items.into_iter().filter_map(|item| match item {
                Item::Comment(comment) => Some(comment),
                Item::Value(_) => None,
            });
            (comments.collect(), Node::List(Vec::new()))
        }
        node => (Vec::new(), node),
    }
}

/// Whether a document can be written and read again: a mapping, no key twice, comments of one line.
pub(super) fn check(document: &Node) -> Result<(), SopsError> {
    if matches!(document, Node::Map(_)) {
        check_node(document, &mut Vec::new())
    } else {
        Err(SopsError::NotAMapping)
    }
}

fn check_node(node: &Node, path: &mut Vec<String>) -> Result<(), SopsError> {
    if path.len() > DEEPEST {
        return Err(SopsError::Unwritable { place: Place::new(path), problem: "is nested too deeply" });
    }
    match node {
        Node::Map(fields) => {
            let mut seen = std::collections::HashSet::new();
            for field in fields {
                match field {
                    Field::Comment(comment) => check_comment(comment, path)?,
                    Field::Value(key, value) => {
                        path.push(key.clone());
                        if !seen.insert(key) {
                            return Err(SopsError::DuplicateKey { place: Place::new(path) });
                        }
                        check_node(value, path)?;
                        path.pop();
                    }
                }
            }
        }
        Node::List(items) => {
            for item in items {
                match item {
                    Item::Comment(comment) => check_comment(comment, path)?,
                    Item::Value(value) => {
                        check_node(value, path)?;
                    }
                }
            }
        }
        _ => {}
    }
    Ok(())
}

fn check_comment(comment: &Comment, path: &[String]) -> Result<(), SopsError> {
    let Comment::Clear(text) = comment else { return Ok(()) };
    let one_line = text.as_str().is_some_and(|text| !text.chars().any(is_no_comment));
    if one_line {
        Ok(())
    } else {
        let problem = "has a comment with a line break or control character in it";
        Err(SopsError::Unwritable { place: Place::new(path), problem })
    }
}

fn is_no_comment(c: char) -> bool {
    (c.is_control() && c != '\t')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

struct Writer {
    out: Zeroizing<String>,
}

impl Writer {
    fn document(&mut self, document: &Node) {
        match document {
            Node::Map(fields) => {
                self.map(fields, 0, false);
                if document.fields().next().is_none() {
                    self.out.push_str("{}\n");
                }
            }
            node => self.value(node, 0),
        }
    }

    /// The fields at a column; the first one without its indentation if a dash stands before it.
    fn map(&mut self, fields: &[Field], column: usize, after_dash: bool) {
        for (index, field) in fields.iter().enumerate() {
            if index > 0 || !after_dash {
                self.indent(column);
            }
            match field {
                Field::Comment(comment) => self.comment(comment),
                Field::Value(key, value) => {
                    let key = quote::scalar(key);
                    if key.len() > LONGEST_KEY {
                        self.out.push_str("? ");
                        self.out.push_str(&key);
                        self.out.push('\n');
                        self.indent(column);
                    } else {
                        self.out.push_str(&key);
                    }
                    self.out.push(':');
                    self.value(value, column + 2);
                }
            }
        }
    }

    fn list(&mut self, items: &[Item], column: usize, after_dash: bool) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 || !after_dash {
                self.indent(column);
            }
            match item {
                Item::Comment(comment @ Comment::Clear(_)) => self.comment(comment),
                // Sops keeps the encrypted comments of a list as members.
                Item::Comment(Comment::Enc(text)) => {
                    self.out.push_str("- ");
                    self.out.push_str(&quote::scalar(text));
                    self.out.push('\n');
                }
                Item::Value(value) => {
                    self.out.push('-');
                    self.member(value, column + 2);
                }
            }
        }
    }

    /// A list's member after its dash.
    fn member(&mut self, node: &Node, column: usize) {
        match node {
            Node::Map(fields) if matches!(fields.first(), Some(Field::Value(..))) => {
                self.out.push(' ');
                self.map(fields, column, true);
            }
            Node::List(items)
                if matches!(items.first(), Some(Item::Value(_) | Item::Comment(Comment::Enc(_)))) =>
            {
                self.out.push(' ');
                self.list(items, column, true);
            }
            node => self.value(node, column),
        }
    }

    /// A value after its colon or dash, with what lies below it at a column.
    fn value(&mut self, node: &Node, column: usize) {
        match node {
            Node::Map(fields) if !fields.is_empty() => {
                self.out.push('\n');
                self.map(fields, column, false);
            }
            Node::List(items) if !items.is_empty() => {
                self.out.push('\n');
                self.list(items, column, false);
            }
            node => {
                self.out.push(' ');
                self.scalar(node, column);
                self.out.push('\n');
            }
        }
    }

    fn scalar(&mut self, node: &Node, column: usize) {
        match node {
            Node::Null => self.out.push_str("null"),
            Node::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            Node::Int(n) => self.out.push_str(&n.to_string()),
            Node::Float(n) => self.out.push_str(&float(*n)),
            Node::Time(moment) => self.out.push_str(moment.as_str()),
            Node::Enc(text) => self.out.push_str(&quote::scalar(text)),
            Node::List(_) => self.out.push_str("[]"),
            Node::Map(_) => self.out.push_str("{}"),
            Node::Str(text) => match text.as_str() {
                Some(text) if quote::is_literal(text) => self.literal(text, column),
                Some(text) => self.out.push_str(&Zeroizing::new(quote::scalar(text).into_owned())),
                None => {
                    let packed = Zeroizing::new(STANDARD.encode(text.as_bytes()));
                    self.out.push_str("!!binary \"");
                    self.out.push_str(&packed);
                    self.out.push('"');
                }
            },
        }
    }

    /// A literal block without its last line break, which every value gets.
    fn literal(&mut self, text: &str, column: usize) {
        let body = text.strip_suffix('\n');
        self.out.push_str(if body.is_some() { "|" } else { "|-" });
        for line in body.unwrap_or(text).split('\n') {
            self.out.push('\n');
            if !line.is_empty() {
                self.indent(column);
                self.out.push_str(line);
            }
        }
    }

    fn comment(&mut self, comment: &Comment) {
        self.out.push('#');
        match comment {
            Comment::Clear(text) => self.out.push_str(text.as_str().unwrap_or_default()),
            Comment::Enc(text) => self.out.push_str(text),
        }
        self.out.push('\n');
    }

    fn indent(&mut self, column: usize) {
        self.out.extend(std::iter::repeat_n(' ', column));
    }
}

/// A number that reads as a float of the same value.
fn float(n: f64) -> String {
    if n.is_nan() {
        ".nan".to_owned()
    } else if n.is_infinite() {
        if n > 0.0 { ".inf" } else { "-.inf" }.to_owned()
    } else {
        format!("{n:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yaml(document: Node) -> String {
        Plain::single(document).to_yaml().expect("writes").to_string()
    }

    #[test]
    fn collections_nest_in_block_style() {
        let inner = Node::map([("k", Node::Int(1)), ("l", Node::list([Node::Bool(true)]))]);
        let document = Node::map([
            ("map", inner.clone()),
            ("list", Node::list([inner, Node::list([Node::str("x"), Node::str("y")]), Node::Null])),
            ("none", Node::list([])),
            ("empty", Node::Map(Vec::new())),
        ]);
        let want = "map:\n  k: 1\n  l:\n    - true\nlist:\n  - k: 1\n    l:\n      - true\n  - - x\n    - \"y\"\n  - null\nnone: []\nempty: {}\n";
        assert_eq!(yaml(document), want);
    }

    #[test]
    fn strings_are_literal_quoted_or_plain() {
        let document = Node::map([
            ("pem", Node::str("-----BEGIN X-----\nQQ==\n")),
            ("open", Node::str("a\n\nb")),
            ("odd", Node::str("a\n\n")),
            ("bytes", Node::str(vec![0xff])),
            ("yes", Node::str("017")),
        ]);
        let want = "pem: |\n  -----BEGIN X-----\n  QQ==\nopen: |-\n  a\n\n  b\nodd: \"a\\n\\n\"\nbytes: !!binary \"/w==\"\n\"yes\": \"017\"\n";
        assert_eq!(yaml(document), want);
    }

    #[test]
    fn comments_of_empty_collections_move_in_front() {
        let comment = || Comment::new(" c");
        let document = Node::Map(vec![
            Field::Value("a".into(), Node::Map(vec![Field::Comment(comment())])),
            Field::Value("b".into(), Node::List(vec![Item::Comment(comment()), Item::Value(Node::Null)])),
        ]);
        assert_eq!(yaml(document), "# c\na: {}\nb:\n  # c\n  - null\n");
        assert_eq!(yaml(Node::Map(vec![Field::Comment(comment())])), "# c\n{}\n");
    }

    #[test]
    fn long_keys_take_the_long_form() {
        let key = "k".repeat(2000);
        let text = yaml(Node::map([(key.clone(), Node::map([("a", Node::Int(1))]))]));
        assert_eq!(text, format!("? {key}\n:\n  a: 1\n"));
    }

    #[test]
    fn documents_are_separated() {
        let plain = Plain { documents: vec![Node::map([("a", Node::Int(1))]), Node::Map(Vec::new())] };
        assert_eq!(*plain.to_yaml().expect("writes"), "a: 1\n---\n{}\n");
    }
}
