//! `apiVersion`, `kind` and `metadata`, which every object has.

use super::{Field, Tree, Value};
use crate::spec::Origin;

/// An object with its name, namespace and our label; the rest is added by the caller.
pub(super) fn object(
    api_version: Tree,
    kind: Tree,
    name: Tree,
    namespace: Option<Tree>,
    origin: &Origin,
) -> Tree {
    let fixed = Origin::default_of("metadata");
    let labels = Tree::map(&fixed).with("app.kubernetes.io/managed-by", Tree::string("gatewright", &fixed));
    let mut metadata = Tree::map(origin).with("name", name);
    if let Some(namespace) = namespace {
        metadata = metadata.with("namespace", namespace);
    }
    Tree::map(origin)
        .with("apiVersion", api_version)
        .with("kind", kind)
        .with("metadata", metadata.with("labels", labels))
}

/// An object of a kind that short words make.
pub(super) fn known(
    api_version: &'static str,
    kind: &'static str,
    name: Tree,
    namespace: Tree,
    origin: &Origin,
) -> Tree {
    let fixed = |text| Tree::string(text, &Origin::default_of("metadata"));
    object(fixed(api_version), fixed(kind), name, Some(namespace), origin)
}

/// Adds a label to an object that has labels.
pub(super) fn label(tree: &mut Tree, key: &'static str, value: Tree) {
    if let Some(Value::Map(fields)) = value_mut(tree, &["metadata", "labels"]) {
        fields.push(Field { name: key.into(), tree: value });
    }
}

/// Adds an annotation to an object that does not have it.
pub(super) fn annotate(tree: &mut Tree, key: &'static str, value: Tree) {
    let Some(Value::Map(fields)) = value_mut(tree, &["metadata"]) else { return };
    let origin = value.origin.clone();
    match fields.iter_mut().find(|field| field.name == "annotations") {
        None => fields.push(Field { name: "annotations".into(), tree: Tree::map(&origin) }),
        // Those that a spec takes away are the ones that it knows.
        Some(field) if field.tree.value == Value::Null => {
            field.tree = Tree::map(&field.tree.origin.and(&origin))
        }
        Some(_) => {}
    }
    if let Some(Value::Map(annotations)) = value_mut(tree, &["metadata", "annotations"]) {
        annotations.push(Field { name: key.into(), tree: value });
    }
}

fn value_mut<'a>(tree: &'a mut Tree, path: &[&str]) -> Option<&'a mut Value> {
    tree.at_mut(path).map(|tree| &mut tree.value)
}
