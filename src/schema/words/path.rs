//! Where in a resource a word stands, for messages.

use std::fmt;

/// A kind and the words down to a place: `to.operation` of an AuthorizationPolicy.
#[derive(Debug, Clone)]
pub(crate) struct WordPath {
    /// What the outermost node is, with an article: `an AuthorizationPolicy`.
    outermost: String,
    words: Vec<String>,
}

impl WordPath {
    /// The outermost node itself.
    pub(crate) fn new(outermost: impl Into<String>) -> Self {
        Self { outermost: outermost.into(), words: Vec::new() }
    }

    pub(super) fn push(&mut self, word: &str) {
        self.words.push(word.to_owned());
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
