//! Matchers that no request meets both of, because they ask for different values of one thing.

use std::collections::BTreeMap;

use crate::spec::tree::{Tree, Value};

/// How Istio says what a text must be.
enum Wanted<'a> {
    Exact(&'a str),
    Prefix(&'a str),
    Regex(&'a str),
    /// Whatever it is.
    Any,
}

/// Whether two items of `match` ask for different values of one thing: a method, a port, a header. Expressions are never told
/// apart.
pub(super) fn are_apart(one: &Tree, other: &Tree) -> bool {
    let both = |field: &str| one.get(field).zip(other.get(field));
    let texts = |field: &str| {
        both(field).is_some_and(|(one, other)| are_apart_as(&Wanted::of(one), &Wanted::of(other)))
    };
    let plain = |field: &str| both(field).is_some_and(|(one, other)| are_two(one, other));
    ["scheme", "method", "authority"].into_iter().any(texts)
        || ["port", "sourceNamespace"].into_iter().any(plain)
        || both("sourceLabels").is_some_and(|(one, other)| in_common(one, other).any(|(a, b)| are_two(a, b)))
        || ["headers", "queryParams"].into_iter().any(|field| {
            both(field).is_some_and(|(one, other)| {
                in_common(one, other).any(|(a, b)| are_apart_as(&Wanted::of(a), &Wanted::of(b)))
            })
        })
        || leaves_out(one, other)
        || leaves_out(other, one)
}

/// Whether one leaves out what the other asks of a header.
fn leaves_out(one: &Tree, other: &Tree) -> bool {
    let both = one.get("withoutHeaders").zip(other.get("headers"));
    both.is_some_and(|(without, with)| {
        in_common(without, with).any(|(without, with)| Wanted::of(without).takes(&Wanted::of(with)))
    })
}

/// Two plain values that are not one.
fn are_two(one: &Tree, other: &Tree) -> bool {
    let says = |tree: &Tree| match &tree.value {
        Value::String(text) => !text.is_empty(),
        Value::Int(number) => *number != 0,
        _ => false,
    };
    says(one) && says(other) && !one.same(other)
}

/// The values that two objects have under one name, in whatever case: so headers are compared.
fn in_common<'t>(one: &'t Tree, other: &'t Tree) -> impl Iterator<Item = (&'t Tree, &'t Tree)> {
    let theirs: BTreeMap<String, &Tree> =
        other.fields().iter().map(|field| (field.name.to_lowercase(), &field.tree)).collect();
    one.fields()
        .iter()
        .filter_map(move |field| Some((&field.tree, *theirs.get(&field.name.to_lowercase())?)))
        .filter(|(one, other)| one.value != Value::Null && other.value != Value::Null)
}

impl<'a> Wanted<'a> {
    fn of(tree: &'a Tree) -> Self {
        let text = |how: &str| tree.get(how).and_then(Tree::as_str);
        match (text("exact"), text("prefix"), text("regex")) {
            (Some(text), ..) => Self::Exact(text),
            (_, Some(text), _) => Self::Prefix(text),
            (.., Some(text)) => Self::Regex(text),
            _ => Self::Any,
        }
    }

    /// Whether it takes all that the other takes; an expression takes what is written as it is.
    fn takes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (Self::Exact(one), Self::Exact(other)) | (Self::Regex(one), Self::Regex(other)) => one == other,
            (Self::Prefix(stem), Self::Exact(text) | Self::Prefix(text)) => text.starts_with(stem),
            _ => false,
        }
    }
}

/// Whether no text is what both want.
fn are_apart_as(one: &Wanted<'_>, other: &Wanted<'_>) -> bool {
    match (one, other) {
        (Wanted::Exact(one), Wanted::Exact(other)) => one != other,
        (Wanted::Exact(text), Wanted::Prefix(stem)) | (Wanted::Prefix(stem), Wanted::Exact(text)) => {
            !text.starts_with(stem)
        }
        (Wanted::Prefix(one), Wanted::Prefix(other)) => !one.starts_with(other) && !other.starts_with(one),
        _ => false,
    }
}
