//! Trees as the sealed format knows them.

use crate::resource::{Tree, Value};
use crate::sops::{Field, Node};

/// The same value, without origins.
pub(super) fn from_tree(tree: &Tree) -> Node {
    match &tree.value {
        Value::Null => Node::Null,
        Value::Bool(value) => Node::Bool(*value),
        Value::Int(value) => Node::Int(*value),
        Value::Float(value) => Node::Float(*value),
        Value::String(text) => Node::str(text.as_ref()),
        Value::List(items) => Node::list(items.iter().map(from_tree)),
        Value::Map(fields) => {
            Node::map(fields.iter().map(|field| (field.name.clone().into_owned(), from_tree(&field.tree))))
        }
    }
}

/// Puts a value at a path of keys; maps that are missing on the way are made.
pub(super) fn insert(node: &mut Node, path: &[&str], value: Node) {
    let Node::Map(fields) = node else { return };
    let Some((first, rest)) = path.split_first() else { return };
    let there = fields.iter_mut().find_map(|field| match field {
        Field::Value(key, value) if key == first => Some(value),
        _ => None,
    });
    match (there, rest.is_empty()) {
        (Some(there), true) => *there = value,
        (Some(there), false) => insert(there, rest, value),
        (None, true) => fields.push(Field::Value((*first).to_owned(), value)),
        (None, false) => {
            let mut map = Node::Map(Vec::new());
            insert(&mut map, rest, value);
            fields.push(Field::Value((*first).to_owned(), map));
        }
    }
}

/// Copies every encrypted value of `old` to its place in `new`.
pub(super) fn carry_sealed(old: &Node, new: &mut Node) {
    fn walk(old: &Node, path: &mut Vec<String>, new: &mut Node) {
        if let Node::Enc(_) = old {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            insert(new, &path, old.clone());
        }
        for (key, value) in old.fields() {
            if path.is_empty() && key == "sops" {
                continue;
            }
            path.push(key.to_owned());
            walk(value, path, new);
            path.pop();
        }
    }
    walk(old, &mut Vec::new(), new);
}

/// Whether two documents say the same, whatever the order of their keys and their comments.
pub(super) fn same(a: &Node, b: &Node) -> bool {
    match (a, b) {
        (Node::Map(_), Node::Map(_)) => {
            let count = |node: &Node| node.fields().filter(|(key, _)| *key != "sops").count();
            count(a) == count(b)
                && a.fields()
                    .filter(|(key, _)| *key != "sops")
                    .all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        (Node::List(_), Node::List(_)) => {
            a.items().count() == b.items().count() && a.items().zip(b.items()).all(|(a, b)| same(a, b))
        }
        _ => a == b,
    }
}

/// Sorts keys at every level, as kustomize does, so that a MAC over all values survives its build.
pub(super) fn sort(node: &mut Node) {
    match node {
        Node::Map(fields) => {
            fields.sort_by(|a, b| key_of(a).cmp(&key_of(b)));
            for field in fields {
                if let Field::Value(_, value) = field {
                    sort(value);
                }
            }
        }
        Node::List(items) => {
            for item in items {
                if let crate::sops::Item::Value(value) = item {
                    sort(value);
                }
            }
        }
        _ => {}
    }
}

fn key_of(field: &Field) -> Option<&str> {
    match field {
        Field::Value(key, _) => Some(key),
        Field::Comment(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(label: &str, key: Node) -> Node {
        Node::map([
            ("metadata", Node::map([("name", Node::str(label))])),
            ("data", Node::map([("tls.crt", Node::str("c")), ("tls.key", key)])),
        ])
    }

    #[test]
    fn sealed_values_are_carried_to_where_they_were() {
        let old = secret("a", Node::Enc("ENC[x]".into()));
        let mut new = Node::map([
            ("metadata", Node::map([("name", Node::str("b"))])),
            ("data", Node::map([("tls.crt", Node::str("c"))])),
        ]);
        assert!(!same(&old, &new));
        carry_sealed(&old, &mut new);
        assert!(new.at(&["data", "tls.key"]).is_some_and(|node| *node == Node::Enc("ENC[x]".into())));
        assert!(!same(&old, &new));
        insert(&mut new, &["metadata", "name"], Node::str("a"));
        assert!(same(&old, &new));
        sort(&mut new);
        assert!(same(&old, &new));
        assert_eq!(new.fields().map(|(key, _)| key).collect::<Vec<_>>(), ["data", "metadata"]);
    }
}
