//! Whether Istio can join a rule that hands over and a rule of the part to which it does: as istiod does it, which holds what
//! both ask against each other, field by field.

use std::collections::BTreeSet;

use crate::resource::finished::{full_gateway, items};
use crate::resource::{Tree, Value};

/// The first `match` of a part's rule that goes with none of the rule that hands over: then the part's rule is dropped.
pub(super) fn dropped<'t>(root: &Tree, own: &str, part: &'t Tree, theirs: &str) -> Option<&'t Tree> {
    let roots = items(root, &["match"]);
    if roots.is_empty() {
        return None;
    }
    let goes = |leaf: &Tree| roots.iter().any(|root| !conflict((root, own), (leaf, theirs)));
    items(part, &["match"]).iter().find(|leaf| !goes(leaf))
}

/// Whether two items of `match`, each of a VirtualService of a namespace, can't be joined.
fn conflict((root, own): (&Tree, &str), (leaf, theirs): (&Tree, &str)) -> bool {
    let texts = |field: &str| text_conflict(said(root, field), said(leaf, field));
    let maps = |field: &str| {
        fields(leaf, field).any(|(name, leaf)| {
            text_conflict(said(root, field).and_then(|root| said(root, name)), Some(leaf))
        })
    };
    let value = |tree: &Tree, field: &str| said(tree, field).map(|tree| tree.value.clone());
    let any_case = |tree: &Tree| value(tree, "ignoreUriCase") == Some(Value::Bool(true));
    let namespace = |tree: &Tree| text(tree, "sourceNamespace").unwrap_or_default().to_owned();
    let ports = || value(root, "port").zip(value(leaf, "port")).is_some_and(|(root, leaf)| root != leaf);
    let labels = || {
        fields(leaf, "sourceLabels").any(|(name, leaf)| {
            said(root, "sourceLabels").and_then(|root| said(root, name)).is_some_and(|root| !root.same(leaf))
        })
    };
    let gateways = |tree: &Tree, namespace: &str| -> BTreeSet<String> {
        let names = items(tree, &["gateways"]).iter().filter_map(Tree::as_str);
        names.map(|name| full_gateway(name, namespace)).collect()
    };
    let (from, to) = (gateways(root, own), gateways(leaf, theirs));
    ["uri", "scheme", "method", "authority"].into_iter().any(texts)
        || ["headers", "withoutHeaders", "queryParams"].into_iter().any(maps)
        || any_case(root) != any_case(leaf)
        || ports()
        || !namespace(root).is_empty() && namespace(root) != namespace(leaf)
        || labels()
        || !from.is_empty() && !to.is_subset(&from)
}

/// Whether what a part asks of a text is no part of what the rule asks.
fn text_conflict(root: Option<&Tree>, leaf: Option<&Tree>) -> bool {
    let (Some(root), Some(leaf)) = (root, leaf) else { return false };
    if text(root, "regex").or(text(leaf, "regex")).is_some() {
        return true;
    }
    match (text(root, "exact"), text(root, "prefix")) {
        (Some(exact), _) => text(leaf, "exact") != Some(exact),
        (None, Some(stem)) => {
            text(leaf, "prefix").or(text(leaf, "exact")).is_none_or(|leaf| !leaf.starts_with(stem))
        }
        (None, None) => true,
    }
}

/// A field that says something.
fn said<'t>(tree: &'t Tree, field: &str) -> Option<&'t Tree> {
    tree.get(field).filter(|tree| tree.value != Value::Null)
}

fn text<'t>(tree: &'t Tree, field: &str) -> Option<&'t str> {
    tree.get(field).and_then(Tree::as_str).filter(|text| !text.is_empty())
}

/// The fields of an object that lies in another.
fn fields<'t>(tree: &'t Tree, field: &str) -> impl Iterator<Item = (&'t str, &'t Tree)> {
    let fields = tree.get(field).map(Tree::fields).unwrap_or_default();
    let said = fields.iter().filter(|field| field.tree.value != Value::Null);
    said.map(|field| (&*field.name, &field.tree))
}
