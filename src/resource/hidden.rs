//! Secrets in the clear that hide in other objects.

use super::{PathStep, Tree, Value};
use crate::diag::{Code, Diagnostic};
use crate::spec::clear;

/// What may not be in an object that is written as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hidden {
    /// A Secret that holds something, or a list of which nobody knows what it holds.
    Secret,
    /// Objects that are applied each on its own.
    Items,
}

/// Places in an object that would be applied as other objects, or that hold a Secret in the clear. A template of a Secret without
/// `data`, as a policy or an operator has it, is none.
#[must_use]
pub fn hidden(tree: &Tree) -> Vec<(Vec<PathStep>, Hidden)> {
    let mut found = Vec::new();
    if tree.get("items").is_some() {
        found.push((vec![PathStep::Field("items".to_owned())], Hidden::Items));
    }
    search(tree, &mut Vec::new(), &mut found);
    found
}

fn search(tree: &Tree, path: &mut Vec<PathStep>, found: &mut Vec<(Vec<PathStep>, Hidden)>) {
    match &tree.value {
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(PathStep::Index(index));
                search(item, path, found);
                path.pop();
            }
        }
        Value::Map(fields) => {
            if !path.is_empty() && is_filled_secret(tree) {
                let kind = PathStep::Field("kind".to_owned());
                found.push((path.iter().cloned().chain([kind]).collect(), Hidden::Secret));
            }
            for field in fields {
                path.push(PathStep::Field(field.name.to_string()));
                search(&field.tree, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

/// Whether an object within another is a Secret with something in it.
fn is_filled_secret(tree: &Tree) -> bool {
    let text = |name: &str| tree.get(name).and_then(Tree::as_str);
    let filled = |name: &&str| {
        tree.get(name).is_some_and(|tree| match &tree.value {
            Value::Null => false,
            Value::Map(fields) => !fields.is_empty(),
            _ => true,
        })
    };
    text("kind").is_some_and(|kind| clear::is_secret(text("apiVersion").unwrap_or_default(), kind))
        && ["data", "stringData"].iter().any(filled)
}

impl Hidden {
    /// The finding about it, without its place.
    pub(crate) fn finding(&self) -> Diagnostic {
        match self {
            Self::Secret => Diagnostic::error(
                Code::PLAINTEXT_KEY,
                "a Secret in another object would lie in Git in the clear",
            )
            .note("Gatewright makes and seals the Secrets of hosts, authorities and clients itself")
            .help("seal it with `sops --encrypt` as a file of its own, or leave its `data` and `stringData` out"),
            Self::Items => Diagnostic::error(
                Code::WRONG_PLACE,
                "an object with `items` of its own is taken for a list of objects",
            )
            .note("`kubectl`, Flux and Argo CD apply each of its items on its own, whatever its kind")
            .help("write a node for each object"),
        }
    }

    /// What is said at its place.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::Secret => "a Secret",
            Self::Items => "holds objects",
        }
    }
}

/// The findings about an object of the spec, at their places in it.
pub(super) fn findings(tree: &Tree) -> Vec<Diagnostic> {
    let place = |(path, what): (Vec<PathStep>, Hidden)| {
        let origin = super::lookup(tree, &path).map_or(&tree.origin, |tree| &tree.origin);
        origin.spans().fold(what.finding(), |finding, span| {
            let label = if finding.labels.is_empty() { what.label() } else { "" };
            finding.at(span, label)
        })
    };
    hidden(tree).into_iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Origin;
    use serde_json::json;

    fn found(json: &serde_json::Value) -> Vec<(String, Hidden)> {
        let tree = Tree::of_json(json, &Origin::default_of("test"));
        hidden(&tree).into_iter().map(|(path, what)| (super::super::path_text(&path), what)).collect()
    }

    #[test]
    fn a_secret_is_found_wherever_it_hides() {
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "stringData": {"a": "b"}});
        let list = json!({"kind": "X", "items": [secret]});
        assert_eq!(
            found(&list),
            [("items".to_owned(), Hidden::Items), ("items[0].kind".to_owned(), Hidden::Secret)]
        );
        for (api, kind, data) in [
            (json!("v1"), "secret", json!({"a": "b"})),
            (json!("/v1"), "SECRET", json!({"a": "b"})),
            (json!(null), "Secret", json!("text")),
        ] {
            let nested = json!({"spec": {"forProvider": {"manifest": {"apiVersion": api, "kind": kind, "data": data}}}});
            assert_eq!(found(&nested), [("spec.forProvider.manifest.kind".to_owned(), Hidden::Secret)]);
        }
    }

    #[test]
    fn templates_of_secrets_and_mentions_are_none() {
        for object in [
            json!({"spec": {"target": {"template": {"type": "Opaque", "data": {"a": "{{ .a }}"}}}}}),
            json!({"spec": {"generate": {"apiVersion": "v1", "kind": "Secret", "clone": {"name": "a"}}}}),
            json!({"spec": {"apiVersion": "v1", "kind": "Secret", "data": {}, "stringData": null}}),
            json!({"spec": {"apiVersion": "foo/v1", "kind": "Secret", "data": {"a": "b"}}}),
            json!({"spec": {"items": [1]}}),
            json!({"spec": {"kinds": ["Secret"], "data": {"kind": "Secret"}}}),
        ] {
            assert_eq!(found(&object), [], "{object}");
        }
    }
}
