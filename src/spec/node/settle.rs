//! `settle "shared-certificate" reason="…"`: a finding that the team has decided on.

use super::context::Context;
use super::read::Fields;
use super::word::{Argument, Item, Type, Word};
use super::{SPEC_FILE, unknown, value};
use crate::diag::suggest::list;
use crate::diag::{Code, Diagnostic};
use crate::schema::words::{DECISION, decision};
use crate::spec::source::{Span, Text};
use crate::spec::syntax::Node;

/// `settle`
pub static SETTLE: Word = Word {
    name: DECISION,
    called: "a `settle`",
    doc: "a warning or notice that the team has decided on, so that it is not shown again here",
    becomes: "",
    argument: Argument::One(Type::Text, "the finding's code"),
    items: &[&[Item::value("reason", Type::Text, "why it is fine").required()]],
    labels: false,
};

/// A decision on a warning or notice, at the project or the node it concerns.
#[derive(Debug, Clone)]
pub struct Settle {
    /// The finding's code.
    pub code: Text,
    /// Why it is fine.
    pub reason: Text,
}

/// All `settle` nodes of a node.
pub(crate) fn read(cx: &mut Context<'_>, fields: &Fields<'_>) -> Vec<Settle> {
    fields.nodes(SETTLE.name).filter_map(|node| read_one(cx, node, fields.whole)).collect()
}

/// The nodes in an object's braces but its `settle` nodes, which are read; `field` is how a field of that name is written, where
/// the kind has one.
pub(super) fn apart<'n>(cx: &mut Context<'_>, node: &'n Node, field: Option<&str>) -> Vec<&'n Node> {
    let is_ours = |child: &&Node| child.name.as_str() == SETTLE.name && child.annotation.is_none();
    let (ours, rest): (Vec<&Node>, Vec<&Node>) = node.children.iter().partition(is_ours);
    for settle in ours {
        let has_reason = settle.entries.iter().any(|entry| entry.key.is_some());
        match field.filter(|_| !has_reason) {
            Some(field) => cx.error(
                Diagnostic::error(Code::MISSING_WORD, "a `settle` here is a decision, and has no `reason`")
                    .at(settle.name.span(), "`reason` is not said")
                    .help(format!("the field of that name is written {field}"))
                    .help(format!("a decision is written `{}`", decision(None))),
            ),
            None => {
                read_one(cx, settle, Some(node.whole()));
            }
        }
    }
    rest
}

/// Where a decision about a node of ours is written that messages call `called`; `code` is its code, as written.
pub(crate) fn place(called: &str, code: Option<&str>) -> String {
    let mut holders: Vec<String> = Vec::new();
    find(&SPEC_FILE, called, None, &mut holders);
    let usage = decision(code);
    match holders.as_slice() {
        _ if called == SPEC_FILE.called => format!(
            "write it in the node that it is about, or in `gatewright.kdl` for the whole project: `{usage}`"
        ),
        [] => format!("write it in `gatewright.kdl`: `{usage}`"),
        holders => {
            format!("it stands right in the {} around it, at its end: `{usage}`", list(holders, "or"))
        }
    }
}

/// The nearest nodes around a word that may hold a decision.
fn find(outer: &'static Word, called: &str, holder: Option<&Word>, holders: &mut Vec<String>) {
    let holder = outer.item(SETTLE.name).map(|_| outer).or(holder);
    if outer.called == called {
        let name = holder.map(|holder| format!("`{}`", holder.name));
        holders.extend(name.filter(|name| !holders.contains(name)));
        return;
    }
    for word in outer.items().filter_map(Item::word) {
        find(word, called, holder, holders);
    }
}

/// `within` is the node that it stands in, unless that is a file.
fn read_one(cx: &mut Context<'_>, node: &Node, within: Option<Span>) -> Option<Settle> {
    let fields = Fields::of(cx, node, &SETTLE);
    let reason = fields.text(cx, "reason");
    let code = value::text(cx, "the code of `settle`", fields.arguments.first()?)?;
    let found = Code::ALL.iter().find(|known| known.name() == code.as_str());
    if found.is_some_and(|found| !found.settles()) {
        let message = format!("`{}` is the code of an error, and no error can be settled", code.as_str());
        cx.error(
            Diagnostic::error(Code::WRONG_VALUE, message)
                .at_text(&code, "always stops the run")
                .help("mend what the finding names; warnings and notices can be settled"),
        );
        return None;
    }
    if found.is_none() {
        let known: Vec<&str> =
            Code::ALL.iter().filter(|code| code.settles()).map(|code| code.name()).collect();
        unknown::name(
            cx,
            "no finding",
            &code,
            &known,
            "a finding's code stands in the brackets of its first line, as in `warning[shared-certificate]`",
        );
        return None;
    }
    let reason = reason?;
    cx.decisions.extend(within.zip(found.copied()));
    Some(Settle { code, reason })
}
