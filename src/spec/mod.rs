//! Text → nodes with spans → typed spec.

pub mod annotation;
pub mod edit;
pub mod node;
pub mod origin;
pub mod parse;
mod scan;
pub mod source;
pub(crate) mod syntax;
pub mod tree;

pub use node::Spec;
pub use origin::{Cause, Origin, Traced};
pub use parse::{parse, parse_with};
pub use source::{Source, SourceId, Sources, Span, Spanned, Text};

/// Whether a character may stand in no text but as an escape: invisible ones, and line ends.
pub(crate) fn must_escape(c: char) -> bool {
    scan::is_forbidden(c) || scan::is_newline(c)
}
