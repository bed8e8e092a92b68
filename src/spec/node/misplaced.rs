//! Words that are known and stand in a way in which they are not read.

use super::context::Context;
use super::word::{Argument, Item, Word};
use super::{door, stands};
use crate::diag::{Code, Diagnostic};
use crate::schema::words::{label_name, one_too_deep};
use crate::spec::source::{Span, Text};
use crate::spec::syntax::{Node, Value};

/// Complains about a node written as a property.
pub(super) fn node_as_property(cx: &mut Context<'_>, word: &Word, item: &Item, key: &Text, value: &Value) {
    let written = cx.written(value.span).to_owned();
    if item.word().is_some_and(|inner| std::ptr::eq(inner, &door::SECRET)) {
        cx.error(
            Diagnostic::error(Code::WRONG_PLACE, "the `secret` of a `host` says labels and annotations")
                .at(key.span(), "not its name")
                .help(format!("write `tls secret={written}` in the braces of the `{}`", word.name)),
        );
        return;
    }
    let usage = match item.word().map(|word| word.argument) {
        Some(Argument::None) | None => item.usage(),
        Some(_) => {
            let needed = item.word().into_iter().flat_map(Word::items).filter(|item| item.required);
            needed.fold(format!("{} {written}", item.name), |usage, item| format!("{usage} {}", item.usage()))
        }
    };
    cx.error(
        Diagnostic::error(Code::WRONG_PLACE, format!("`{}` is a node of its own, not a property", item.name))
            .at(key.span(), "can't stand on this line")
            .help(format!("write `{usage}` on a line of its own in the braces of the `{}`", word.name)),
    );
}

/// Complains about a word in parentheses before a word of ours.
pub(super) fn annotated(cx: &mut Context<'_>, name: &str, at: Span) {
    let written = cx.written(at).to_owned();
    cx.error(
        Diagnostic::error(Code::WRONG_PLACE, format!("`{name}` is read in one way only"))
            .at(at, format!("`{written}` says how a field of Istio's is read"))
            .help("remove it"),
    );
}

/// Complains about a value of a switch.
pub(super) fn not_a_switch(cx: &mut Context<'_>, item: &Item, at: Span) {
    cx.error(
        Diagnostic::error(Code::WRONG_VALUE, format!("`{}` is a switch and takes no value", item.name))
            .at(at, "not a truth value")
            .help(format!("write `{}` alone, or leave it out", item.name)),
    );
}

/// Complains about a child where only labels may stand.
pub(super) fn label_as_child(cx: &mut Context<'_>, word: &Word, arguments: &[&Value], node: &Node) {
    let value = node.entries.first().map_or("\"…\"", |entry| cx.written(entry.value.span)).to_owned();
    let arguments: String = arguments.iter().map(|value| format!("{} ", cx.written(value.span))).collect();
    let name = word.name;
    let usage = format!("{name} {}", arguments).trim_end().to_owned();
    let help = one_too_deep(cx, &usage, node).unwrap_or_else(|| {
        format!("a label stands on its line: `{usage} {}={value}`", label_name(node.name.as_str()))
    });
    let message = match stands::of(word) {
        Some(_) => format!("{} has no word `{}`", word.called, node.name.as_str()),
        None => format!("`{name}` holds no nodes"),
    };
    cx.error(
        Diagnostic::error(Code::WRONG_PLACE, message).at(node.name.span(), "can't stand here").help(help),
    );
}
