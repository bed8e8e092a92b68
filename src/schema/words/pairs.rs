//! A map of plain values that is written as a list of items, or with its key and value side by side: what its keys are, and how
//! they are written.

use super::labels::is_no_label;
use super::object::Words;
use super::print::{identifier, string};
use super::value::{quote_if_needed, taken};
use crate::diag::{Code, Diagnostic};
use crate::schema::table::Map;
use crate::schema::{Form, Shape};
use crate::spec::source::Span;
use crate::spec::syntax::{Entry, Node, Scalar, Value as Written};

/// What the key of an item is called where people write one.
const KEYS: [&str; 3] = ["name", "key", "port"];

/// What its value is called.
const VALUES: [&str; 3] = ["value", "val", "values"];

/// A key as a spec writes it, and its value.
struct Pair<'n> {
    key: String,
    /// None where it is missing.
    value: Option<&'n Written>,
    /// Whether a map takes the two as they stand.
    is_right: bool,
}

/// A name and its value, as written.
type Named<'n> = (&'n str, &'n Written);

impl<'t> Words<'t, '_, '_> {
    /// Complains about items, or a key without its `=`, in a node that is a map of plain values: whether it did.
    pub(super) fn pairs_meant(&mut self, map: &'t Map, node: &Node) -> bool {
        let wrapped = self.wrapped(&map.value);
        let shape = wrapped.map_or(&map.value, |field| &field.shape);
        let words_around = |child: &Node| is_no_label(child.name.as_str());
        if !shape.form.is_scalar() || node.children.iter().any(words_around) {
            return false;
        }
        let is_field = |name: &str| wrapped.is_some_and(|field| *field.word == *name);
        let (at, pairs) = match on_line(shape, node, &is_field) {
            Some((at, pair)) => (at, vec![pair]),
            None => {
                let Some((first, pairs)) = items(node, &is_field) else { return false };
                (first.name.span(), pairs)
            }
        };
        let pairs = pairs.iter().map(|pair| {
            format!(
                "{}={}",
                pair.key,
                pair.value.map_or_else(|| "…".to_owned(), |value| self.fitting(shape, value))
            )
        });
        let pairs: Vec<String> = pairs.collect();
        let message = format!("{} takes names of your own, each with one value", self.path);
        self.cx.error(
            Diagnostic::error(Code::UNKNOWN_WORD, message).at(at, "no name with its value").help(format!(
                "write `{} {}`",
                node.name.as_str(),
                pairs.join(" ")
            )),
        );
        true
    }

    /// A value as its form takes it.
    fn fitting(&self, shape: &Shape, value: &Written) -> String {
        let token = self.cx.written(value.span).to_owned();
        match (&shape.form, &value.scalar) {
            (Form::Text(_), Scalar::Int(_) | Scalar::Float(_) | Scalar::Bool(_)) => {
                string(token.trim_start_matches('#'))
            }
            (Form::Int(_) | Form::Number(_), Scalar::Text(text)) if text.as_str().parse::<f64>().is_ok() => {
                text.as_str().to_owned()
            }
            (Form::Enum(choices), Scalar::Text(text)) => {
                taken(choices, text.as_str()).map_or(token, |choice| quote_if_needed(&choice.value))
            }
            _ => token,
        }
    }
}

/// A key with its value behind the word of a map, or in its braces, where no `=` stands between the two.
fn on_line<'n>(shape: &Shape, node: &'n Node, is_field: &dyn Fn(&str) -> bool) -> Option<(Span, Pair<'n>)> {
    let (values, named) = apart(node)?;
    let is_key =
        |written: &Written| matches!((&shape.form, &written.scalar), (Form::Enum(_), Scalar::Int(_)));
    let (key, value) = match (values.as_slice(), named.as_slice()) {
        ([key], [(name, value)]) if VALUES.contains(name) || is_field(name) => (key, Some(*value)),
        // Two texts are told elsewhere: they may be one of YAML's pairs.
        ([key, value], []) if matches!(key.scalar, Scalar::Int(_)) => (key, Some(*value)),
        ([key], []) if is_key(key) => (key, None),
        // What can be no value here is a key.
        ([], [(name, key), (_, value)]) if KEYS.contains(name) && is_key(key) => (key, Some(*value)),
        _ => return None,
    };
    Some((key.span, Pair { key: key_of(key)?, value, is_right: false }))
}

/// A key as a spec writes it.
fn key_of(written: &Written) -> Option<String> {
    match &written.scalar {
        Scalar::Text(text) => Some(name(text.as_str())),
        Scalar::Int(number) => Some(string(&number.to_string())),
        _ => None,
    }
}

/// A name as a spec writes it, without the colon of YAML.
fn name(written: &str) -> String {
    let plain = written.strip_suffix(':').filter(|rest| !rest.is_empty());
    identifier(plain.unwrap_or(written))
}

/// The values of a node without a name, and those with one: properties, or nodes of one value.
fn apart(node: &Node) -> Option<(Vec<&Written>, Vec<Named<'_>>)> {
    let values = node.entries.iter().filter(|entry| entry.key.is_none()).map(|entry| &entry.value);
    let mut named: Vec<Named<'_>> = Vec::new();
    for entry in &node.entries {
        named.extend(entry.key.as_ref().map(|key| (key.as_str(), &entry.value)));
    }
    for child in &node.children {
        let [Entry { key: None, value }] = child.entries.as_slice() else { return None };
        if !child.children.is_empty() || child.annotation.is_some() {
            return None;
        }
        named.push((child.name.as_str(), value));
    }
    Some((values.collect(), named))
}

/// The first child of a map that is an item of a list, and all that the map says as pairs; none where something is neither.
fn items<'n>(node: &'n Node, is_field: &dyn Fn(&str) -> bool) -> Option<(&'n Node, Vec<Pair<'n>>)> {
    let mut all = Vec::new();
    for entry in &node.entries {
        all.push(Pair { key: name(entry.key.as_ref()?.as_str()), value: Some(&entry.value), is_right: true });
    }
    let mut first = None;
    for child in &node.children {
        let pairs = item(child, is_field)?;
        if pairs.iter().any(|pair| !pair.is_right) {
            first = first.or(Some(child));
        }
        all.extend(pairs);
    }
    Some((first?, all))
}

/// What a child of a map says, as it stands or as an item.
fn item<'n>(child: &'n Node, is_field: &dyn Fn(&str) -> bool) -> Option<Vec<Pair<'n>>> {
    if child.annotation.is_some() {
        return None;
    }
    let own = |value, is_right| Pair { key: name(child.name.as_str()), value: Some(value), is_right };
    let meant = |key, value| Some(vec![Pair { key: key_of(key)?, value: Some(value), is_right: false }]);
    let (values, named) = apart(child)?;
    match (values.as_slice(), named.as_slice()) {
        ([value], []) if child.name.as_str() != "-" => Some(vec![own(value, true)]),
        ([], [(field, value)]) if is_field(field) => Some(vec![own(value, true)]),
        ([], [(field, value)]) if VALUES.contains(field) => Some(vec![own(value, false)]),
        ([key, value], []) | ([key], [(_, value)]) => meant(key, value),
        ([], [(first, key), (_, value)]) if KEYS.contains(first) => meant(key, value),
        ([], [(_, value), (second, key)]) if KEYS.contains(second) => meant(key, value),
        ([], [(_, key), (second, value)]) if VALUES.contains(second) || is_field(second) => meant(key, value),
        ([], [(first, value), (_, key)]) if VALUES.contains(first) || is_field(first) => meant(key, value),
        ([], [_, ..]) => {
            let pair =
                |(key, value): &Named<'n>| Pair { key: name(key), value: Some(*value), is_right: false };
            Some(named.iter().map(pair).collect())
        }
        _ => None,
    }
}
