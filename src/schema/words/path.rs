//! Where in a resource a word stands, for messages.

use std::fmt;

/// A kind and the words down to a place: `to.operation` of an AuthorizationPolicy.
#[derive(Debug, Clone)]
pub(crate) struct WordPath {
    /// What the outermost node is, with an article: `an AuthorizationPolicy`.
    outermost: String,
    words: Vec<String>,
    /// Which of them are items of a list.
    items: Vec<bool>,
}

impl WordPath {
    /// The outermost node itself.
    pub(crate) fn new(outermost: impl Into<String>) -> Self {
        Self { outermost: outermost.into(), words: Vec::new(), items: Vec::new() }
    }

    /// Goes to a word; `is_item` whether it is an item of a list.
    pub(super) fn push(&mut self, word: &str, is_item: bool) {
        self.words.push(word.to_owned());
        self.items.push(is_item);
    }

    /// The item of a list that is the `above`-th word from within, if it is one.
    pub(super) fn item(&self, above: usize) -> Option<&str> {
        let at = self.words.len().checked_sub(above + 1)?;
        self.words.get(at).filter(|_| self.items.get(at) == Some(&true)).map(String::as_str)
    }

    /// The innermost word.
    pub(super) fn last(&self) -> Option<&str> {
        self.words.last().map(String::as_str)
    }

    /// What the outermost node is.
    pub(super) fn outermost(&self) -> &str {
        &self.outermost
    }

    pub(super) fn pop(&mut self) {
        self.words.pop();
        self.items.pop();
    }
}

impl fmt::Display for WordPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.words.as_slice() {
            [] => f.write_str(&self.outermost),
            words => write!(f, "`{}` of {}", words.join("."), self.outermost),
        }
    }
}
