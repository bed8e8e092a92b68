//! Names of the user's own in a map: a selector's words around labels that stand there plainly, and YAML's colon.

use super::object::Words;
use super::print::identifier;
use crate::diag::{Code, Diagnostic};
use crate::schema::suggest::folded;
use crate::schema::table::Map;
use crate::schema::{Field, Form};
use crate::spec::node::context::Context;
use crate::spec::source::{Span, Text};
use crate::spec::syntax::{Node, Scalar, Value as Written};

/// Maps whose entries are labels of pods.
const MAPS: [&str; 5] = ["labels", "match-labels", "node-selector", "selector", "source-labels"];

/// What stands around labels in other places, folded.
const AROUND: [&str; 3] = ["labels", "matchlabels", "matchlabel"];
const EXPRESSIONS: [&str; 2] = ["matchexpressions", "matchexpression"];

/// What is said of labels behind conditions that a selector does not know.
pub(crate) const NO_EXPRESSIONS: &str =
    "it knows no expressions: name a label that all pods meant have, and no others";

/// Whether a name in any spelling is that of a list of expressions.
pub(crate) fn is_expressions(name: &str) -> bool {
    EXPRESSIONS.contains(&&*folded(plain(name)))
}

/// Whether a label is called as what stands around labels elsewhere, or beside them.
pub(crate) fn is_no_label(name: &str) -> bool {
    AROUND.contains(&&*folded(plain(name))) || is_expressions(name)
}

/// Whether a field is for labels that the user names.
pub(super) fn is_labels(field: &Field) -> bool {
    matches!(&*field.name, "labels" | "matchLabels") && matches!(field.shape.form, Form::Map(_))
}

/// How labels are written that stand one level too deep: behind `usage`, in the node of a word that is a selector's elsewhere.
pub(crate) fn one_too_deep(cx: &Context<'_>, usage: &str, node: &Node) -> Option<String> {
    let holds = !node.children.is_empty()
        || node.entries.len() > 1
        || node.entries.iter().any(|entry| entry.key.is_some());
    match node.name.as_str() {
        name if is_expressions(name) => Some(NO_EXPRESSIONS.to_owned()),
        name if AROUND.contains(&&*folded(plain(name))) && holds => {
            let labels = labels_in(cx, node).unwrap_or_else(|| "app=\"…\"".to_owned());
            Some(format!("labels stand right behind the word: `{usage} {labels}`"))
        }
        _ => None,
    }
}

/// A name without YAML's colon, and in quotes where KDL asks them.
pub(crate) fn label_name(name: &str) -> String {
    identifier(plain(name))
}

/// A name without the colon that YAML has behind one.
fn plain(name: &str) -> &str {
    name.strip_suffix(':').filter(|rest| !rest.is_empty()).unwrap_or(name)
}

/// The labels that a node holds, as properties.
fn labels_in(cx: &Context<'_>, node: &Node) -> Option<String> {
    let property = |name: &str, value: &Written| format!("{}={}", label_name(name), cx.written(value.span));
    let text = |value: &Written| match &value.scalar {
        Scalar::Text(text) => Some(text.as_str().to_owned()),
        _ => None,
    };
    let mut labels = Vec::new();
    let mut entries = node.entries.iter();
    while let Some(entry) = entries.next() {
        match &entry.key {
            Some(key) => labels.push(property(key.as_str(), &entry.value)),
            None => {
                let behind = entries.next().filter(|behind| behind.key.is_none())?;
                labels.push(property(&text(&entry.value)?, &behind.value));
            }
        }
    }
    for child in &node.children {
        match child.entries.as_slice() {
            [only] if only.key.is_none() && child.children.is_empty() => {
                labels.push(property(child.name.as_str(), &only.value));
            }
            _ => return None,
        }
    }
    Some(labels.join(" ")).filter(|labels| !labels.is_empty())
}

/// Whether a name is written without quotes and with a colon at its end, as YAML has it.
fn has_colon(cx: &Context<'_>, name: &Text) -> bool {
    let span = name.span();
    // A place of a text in quotes lies between them, or is all of it.
    let behind = Span { start: span.end, end: span.end.saturating_add(1), ..span };
    let is_quoted = cx.written(span).starts_with(['"', '#']) || cx.written(behind) == "\"";
    name.as_str().len() > 1 && name.as_str().ends_with(':') && !is_quoted
}

impl Words<'_, '_, '_> {
    /// Complains about a node in a map of labels that holds labels itself: whether it did.
    fn holds_labels(&mut self, map: &Map, child: &Node) -> bool {
        let word = self.path.last().unwrap_or_default().to_owned();
        if !MAPS.contains(&&*word) || !matches!(map.value.form, Form::Text(_)) {
            return false;
        }
        let Some(help) = one_too_deep(self.cx, &word, child) else { return false };
        let message = format!("{} holds labels alone, and no `{}`", self.path, child.name.as_str());
        self.cx.error(
            Diagnostic::error(Code::WRONG_PLACE, message).at(child.name.span(), "not here").help(help),
        );
        true
    }

    /// Complains about a node in a map whose name is none of the user's own: whether it did.
    pub(super) fn is_no_name(&mut self, map: &Map, child: &Node) -> bool {
        let only = match child.entries.as_slice() {
            [only] if only.key.is_none() && child.children.is_empty() => Some(&only.value),
            _ => None,
        };
        if self.holds_labels(map, child) || self.colon(map, &child.name, only) {
            return true;
        }
        if let Some(value) = only {
            self.called_as_word(map, &child.name, value);
        }
        false
    }

    /// Complains about YAML's colon behind a name of the user's own: whether it did.
    pub(super) fn colon(&mut self, map: &Map, name: &Text, value: Option<&Written>) -> bool {
        if !has_colon(self.cx, name) {
            return false;
        }
        let (word, plain) = (self.path.last().unwrap_or_default(), label_name(name.as_str()));
        let mend = match value.filter(|_| map.value.form.is_scalar()) {
            Some(value) => format!("write `{word} {plain}={}`", self.cx.written(value.span)),
            None => format!("write `{plain}` without it"),
        };
        let message = format!("`{}` in {} has YAML's colon behind it", name.as_str(), self.path);
        let finding = Diagnostic::error(Code::WRONG_VALUE, message)
            .at(name.span(), "the colon is part of the name here");
        let finding = finding.help(mend);
        self.cx.error(match MAPS.contains(&word) {
            true => finding,
            false => finding.help(format!("or, if the name does end so, quote it: `\"{}\"`", name.as_str())),
        });
        true
    }

    /// The same behind a name that is taken as written.
    pub(super) fn colon_verbatim(&mut self, name: &Text) -> bool {
        let is_one = has_colon(self.cx, name);
        if is_one {
            let message = format!("`{}` has YAML's colon behind it", name.as_str());
            self.cx.error(
                Diagnostic::error(Code::WRONG_VALUE, message)
                    .at(name.span(), "the colon is part of the name here")
                    .help(format!("write `{}` without it", label_name(name.as_str())))
                    .help(format!("or, if the name does end so, quote it: `\"{}\"`", name.as_str())),
            );
        }
        is_one
    }

    /// Warns of a label that is called as what stands around labels elsewhere.
    pub(super) fn called_as_word(&mut self, map: &Map, name: &Text, value: &Written) {
        let word = self.path.last().unwrap_or_default();
        if !MAPS.contains(&word) || !matches!(map.value.form, Form::Text(_)) || !is_no_label(name.as_str()) {
            return;
        }
        let message =
            format!("the label `{}` in {} is called as a part of a selector is", name.as_str(), self.path);
        let help = match is_expressions(name.as_str()) {
            true => NO_EXPRESSIONS.to_owned(),
            false => format!(
                "if it is no label: `{word} app={}`, with the label's own name",
                self.cx.written(value.span)
            ),
        };
        self.cx.report.push(
            Diagnostic::warning(Code::FIELD_AS_LABEL, message)
                .at(name.span(), "a label, which pods must have")
                .help(help)
                .help(format!(
                    "or, if pods have this label: `settle \"{}\" reason=\"…\"` in `gatewright.kdl`",
                    Code::FIELD_AS_LABEL
                )),
        );
    }
}
