//! Values that stand where none may: too many behind a word, a word without its `=`, and what is no value where only values stand.

use super::context::Context;
use super::word::{Argument, Form, Item, Word};
use super::{beside, unknown};
use crate::diag::{Code, Diagnostic};
use crate::schema::Field;
use crate::schema::words::{label_name, named_values, values_of};
use crate::spec::syntax::{Entry, Node, Scalar, Value};

/// Complains about arguments that are too many.
pub(super) fn too_many(cx: &mut Context<'_>, word: &Word, more: &[&Value]) {
    let [first, rest @ ..] = more else { return };
    let name = word.name;
    let written = cx.written(first.span).to_owned();
    let takes = match word.argument {
        Argument::One(_, what) | Argument::Optional(_, what) => {
            format!("`{name}` takes one value, {what}")
        }
        Argument::Each(parts, _) => format!("`{name}` takes {}", parts.join(" and ")),
        Argument::None | Argument::Many(..) => format!("`{name}` takes no value"),
    };
    let finding = Diagnostic::error(Code::UNKNOWN_WORD, format!("{takes}; {written} is too many"))
        .at(first.span, "one too many");
    let behind = rest.first().map(|value| cx.written(value.span));
    let text = match &first.scalar {
        Scalar::Text(text) => Some(text.as_str()),
        _ => None,
    };
    let is_bare = !written.starts_with(['"', '#']);
    let item = text.and_then(|text| word.item(text));
    cx.error(match (item, text, behind) {
        (Some(item), _, Some(value)) => finding.help(with_value(item, value)),
        (Some(item), ..) => finding.help(format!("write `{}`", item.usage())),
        (None, Some(text), Some(value)) if word.labels && is_bare => {
            finding.help(format!("a label has its value behind a `=`: `{}={value}`", label_name(text)))
        }
        (None, Some(text), _) => match unknown::suggest_value(finding.clone(), word, text) {
            told if told.helps.is_empty() => told.help("leave it out"),
            told => told,
        },
        (None, None, _) => finding.help("leave it out"),
    });
}

/// How an item is written with a value that stands behind its bare word.
fn with_value(item: &Item, value: &str) -> String {
    let name = item.name;
    match item.form {
        Form::Flag => format!("`{name}` is a switch and takes no value: write `{name}` alone"),
        Form::Node(_) | Form::Nodes(_) => {
            format!("`{name}` is a node of its own: write `{name} {value}` in the braces")
        }
        _ => format!("a property has its value behind a `=`: `{name}={value}`"),
    }
}

/// Complains about bare words among any number of values that are properties without their `=`, and takes them out.
pub(super) fn without_equals(cx: &mut Context<'_>, word: &Word, arguments: &mut Vec<&Value>) {
    let found = |cx: &Context<'_>, value: &Value| match &value.scalar {
        Scalar::Text(text) if !cx.written(value.span).starts_with(['"', '#']) => word.item(text.as_str()),
        _ => None,
    };
    let mut i = 0;
    while let (Some(first), Some(next)) = (arguments.get(i), arguments.get(i + 1)) {
        let Some(item) =
            found(cx, first).filter(|item| item.is_property() && !matches!(item.form, Form::Flag))
        else {
            i += 1;
            continue;
        };
        let help = with_value(item, cx.written(next.span));
        let message = format!("`{}` stands without a `=`", item.name);
        cx.error(Diagnostic::error(Code::UNKNOWN_WORD, message).at(first.span, "no name").help(help));
        arguments.drain(i..i + 2);
    }
}

/// The values of a child that may hold nothing else.
pub(super) fn plain_values<'n>(
    cx: &mut Context<'_>,
    word: &'static Word,
    item: &'static Item,
    node: &'n Node,
) -> Option<Vec<&'n Value>> {
    let mut values = Vec::new();
    for entry in &node.entries {
        let Entry { key: Some(key), .. } = entry else {
            values.push(&entry.value);
            continue;
        };
        let help = match named_values(cx, node) {
            Some(value) => format!("its values stand behind it without names: `{} {value}`", item.name),
            None => {
                format!("if `{}` belongs to the node around it, put it on that node's line", key.as_str())
            }
        };
        cx.error(
            Diagnostic::error(Code::UNKNOWN_WORD, format!("`{}` takes no properties", item.name))
                .at(key.span(), "not known here")
                .help(help),
        );
        return None;
    }
    if let Some(child) = node.children.first() {
        let values = values_of(node, |value| Some(cx.written(value.span).to_owned()))
            .unwrap_or_else(|| "…".to_owned());
        let finding = Diagnostic::error(Code::UNKNOWN_WORD, format!("`{}` holds no nodes", item.name))
            .at(child.name.span(), "not known here");
        let helps = namesakes(cx, word, item, child);
        cx.error(match helps.is_empty() {
            true => finding.help(format!("its values stand on its line: `{} {values}`", item.name)),
            false => helps.into_iter().fold(finding, Diagnostic::help),
        });
        return None;
    }
    Some(values)
}

/// How a field is said that is called as a value of ours and has `child`: by the words of ours that become it, and by doors.
fn namesakes(cx: &Context<'_>, word: &Word, item: &Item, child: &Node) -> Vec<String> {
    let name = child.name.as_str();
    let mut helps = Vec::new();
    for inner in word.items() {
        let Some(node) = inner.word() else { continue };
        for beside in beside::of(cx.table, node) {
            let has = |field: &&Field| {
                let ty = cx.table.object(field.shape.innermost());
                *field.word == *item.name && ty.is_some_and(|ty| ty.by_word(name).is_some())
            };
            if beside.fields.iter().any(has) {
                helps.push(format!("or say it whole: `{0} {{ {1} {{ {name} … }} }}`", inner.name, item.name));
            } else if beside.way.last().is_some_and(has) && beside.ty.by_word(name).is_some() {
                let (node, usage) = (inner.name, inner.usage());
                helps.insert(0, format!("an entry of `{}` is a `{node}` here: `{usage} …`", item.name));
            }
        }
    }
    helps
}
