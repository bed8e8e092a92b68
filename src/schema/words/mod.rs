//! Istio's own words: KDL → trees by the table, and back.
//!
//! A field's word is looked up, never computed back. What the table says decides how a node is read:
//!
//! | the table says | a spec writes |
//! |---|---|
//! | one value | `timeout "5s"`, or `timeout="5s"` on the line of the object around it; a bare node is `#true` |
//! | a list of values | `hosts "a" "b"`; repeated nodes add up |
//! | a list of objects | a node an item; a bare node is one empty item |
//! | an object | values as properties or children, the rest as children; a bare node is `{}` |
//! | an object of one value | that value: `port=9080` |
//! | a map | the user's own keys, verbatim |
//! | nothing | keys verbatim; one argument is a value, more are a list; children that are all `-` are a list, others an object |
//!
//! Before a node's name, `(array)` makes a list of any length, `(object)` an object that has a field `-`, `(raw)` names a
//! field exactly and reads it as if the table said nothing, and `(top)` does so beside `spec`.

mod again;
mod collection;
mod complain;
mod kind;
mod labels;
mod nameless;
mod object;
mod pairs;
mod path;
mod print;
mod turn;
mod unknown;
mod untyped;
mod value;
mod write;

pub(crate) use complain::{named_values, values_of};
/// Our word for a decision on a finding, which stands right in the node of a kind.
pub(crate) const DECISION: &str = "settle";

/// How a decision is written; `code` is the finding's, as written.
pub(crate) fn decision(code: Option<&str>) -> String {
    format!("{DECISION} {} reason=\"…\"", code.unwrap_or("\"CODE\""))
}

pub use kind::{Content, written};
pub(crate) use labels::{NO_EXPRESSIONS, is_expressions, is_no_label, label_name, one_too_deep};
pub(crate) use object::{Body, Ours, Words};
pub(crate) use print::{Node as Printed, literal};
pub(crate) use unknown::in_kind;
pub(crate) use write::Writer;

#[cfg(test)]
mod tests;
