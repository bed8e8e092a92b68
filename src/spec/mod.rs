//! Text → nodes with spans → typed spec.

pub mod annotation;
pub mod clear;
pub(crate) mod conflict;
pub mod edit;
pub mod key_generation;
pub mod lost;
pub mod node;
pub mod origin;
pub mod parse;
pub mod part;
pub mod revoke;
mod said;
pub(crate) mod scan;
pub mod serial;
pub mod source;
pub mod stages;
pub(crate) mod syntax;
pub mod tree;

pub use node::Spec;
pub use origin::{Cause, Origin, Traced};
pub use parse::{parse, parse_with};
pub use source::{Source, SourceId, Sources, Span, Spanned, Text};
