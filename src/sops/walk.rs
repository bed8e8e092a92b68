//! The one way through a document: depth first, in file order, knowing for every value its path and whether the
//! filter covers it.

use zeroize::Zeroizing;

use super::error::{Place, SopsError};
use super::filter::Filter;
use super::node::{Comment, Field, Item, Node};

/// What is done with each value and comment on the way.
pub(super) trait Visitor {
    /// A value that is neither null nor a collection.
    fn value(&mut self, node: Node, here: &Here<'_>) -> Result<Node, SopsError>;

    /// The same as a member of a list, where encrypted comments look like members.
    fn member(&mut self, node: Node, here: &Here<'_>) -> Result<Item, SopsError> {
        self.value(node, here).map(Item::Value)
    }

    /// A comment; `here` is the mapping or list it stands in.
    fn comment(&mut self, comment: Comment, here: &Here<'_>) -> Result<Comment, SopsError>;
}

/// Where the walk is.
pub(super) struct Here<'a> {
    path: &'a [String],
    /// Whether what stands here is encrypted.
    pub(super) covered: bool,
    /// Whether it stands in a list.
    pub(super) in_list: bool,
}

impl Here<'_> {
    /// What binds a ciphertext to its place: the keys, each with a colon after it.
    pub(super) fn aad(&self) -> String {
        format!("{}:", self.path.join(":"))
    }

    /// The path for messages.
    pub(super) fn place(&self) -> Place {
        Place::new(self.path)
    }
}

/// Walks one document, which must be a mapping.
pub(super) fn walk(document: Node, filter: &Filter, visitor: &mut dyn Visitor) -> Result<Node, SopsError> {
    let mut walker = Walker { filter, visitor, path: Vec::new(), comments: Vec::new() };
    match document {
        Node::Map(fields) => walker.map(fields),
        _ => Err(SopsError::NotAMapping),
    }
}

struct Walker<'a> {
    filter: &'a Filter,
    visitor: &'a mut dyn Visitor,
    path: Vec<String>,
    /// For each collection on the way down, the comments just before the current member.
    comments: Vec<Vec<Zeroizing<String>>>,
}

impl Walker<'_> {
    fn map(&mut self, fields: Vec<Field>) -> Result<Node, SopsError> {
        self.comments.push(Vec::new());
        let mut done = Vec::with_capacity(fields.len());
        for field in fields {
            done.push(match field {
                Field::Comment(comment) => Field::Comment(self.comment(comment, false)?),
                Field::Value(key, value) => {
                    self.path.push(key);
                    let value = match value {
                        Node::Null => Node::Null,
                        Node::Map(fields) => self.map(fields)?,
                        Node::List(items) => self.list(items)?,
                        value => {
                            let covered = self.filter.covers_below(&self.path, &self.comments);
                            let here = Here { path: &self.path, covered, in_list: false };
                            self.visitor.value(value, &here)?
                        }
                    };
                    self.forget_comments();
                    Field::Value(self.path.pop().unwrap_or_default(), value)
                }
            });
        }
        self.comments.pop();
        Ok(Node::Map(done))
    }

    fn list(&mut self, items: Vec<Item>) -> Result<Node, SopsError> {
        self.comments.push(Vec::new());
        let mut done = Vec::with_capacity(items.len());
        for item in items {
            let item = match item {
                Item::Comment(comment) => Item::Comment(self.comment(comment, true)?),
                Item::Value(Node::Null) => Item::Value(Node::Null),
                Item::Value(Node::Map(fields)) => Item::Value(self.map(fields)?),
                Item::Value(Node::List(items)) => Item::Value(self.list(items)?),
                Item::Value(value) => {
                    let covered = self.filter.covers_below(&self.path, &self.comments);
                    let here = Here { path: &self.path, covered, in_list: true };
                    self.visitor.member(value, &here)?
                }
            };
            if matches!(item, Item::Value(_)) {
                self.forget_comments();
            }
            done.push(item);
        }
        self.comments.pop();
        Ok(Node::List(done))
    }

    fn comment(&mut self, comment: Comment, in_list: bool) -> Result<Comment, SopsError> {
        let text = match &comment {
            Comment::Clear(text) => Zeroizing::new(String::from_utf8_lossy(text.as_bytes()).into_owned()),
            Comment::Enc(text) => Zeroizing::new(text.clone()),
        };
        let covered = self.filter.covers_comment(&text, &self.path, &self.comments);
        let here = Here { path: &self.path, covered, in_list };
        let comment = self.visitor.comment(comment, &here)?;
        if let Some(comments) = self.comments.last_mut() {
            comments.push(text);
        }
        Ok(comment)
    }

    fn forget_comments(&mut self) {
        if let Some(comments) = self.comments.last_mut() {
            comments.clear();
        }
    }
}
