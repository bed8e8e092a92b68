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

/// Takes away what stands at a path of keys.
pub(super) fn remove(node: &mut Node, path: &[&str]) {
    let Node::Map(fields) = node else { return };
    let Some((first, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        fields.retain(|field| key_of(field) != Some(*first));
        return;
    }
    let there = fields.iter_mut().find_map(|field| match field {
        Field::Value(key, value) if key == first => Some(value),
        _ => None,
    });
    if let Some(there) = there {
        remove(there, rest);
    }
}

/// Puts fields that hold encrypted values into the order that they have in `old`, which no change without a key may touch.
pub(super) fn arrange(old: &Node, new: &mut Node) {
    let Node::Map(fields) = new else { return };
    let place = |key: &str| old.fields().position(|(name, _)| name == key);
    let sealed: Vec<usize> = (0..fields.len())
        .filter(|at| matches!(&fields[*at], Field::Value(_, value) if holds_sealed(value)))
        .collect();
    let mut moving: Vec<Field> = sealed.iter().map(|at| fields[*at].clone()).collect();
    moving.sort_by_key(|field| key_of(field).and_then(place));
    for (at, field) in sealed.into_iter().zip(moving) {
        fields[at] = field;
    }
    for field in fields {
        if let Field::Value(key, value) = field
            && let Some(old) = old.get(key)
        {
            arrange(old, value);
        }
    }
}

fn holds_sealed(node: &Node) -> bool {
    matches!(node, Node::Enc(_)) || node.fields().any(|(_, value)| holds_sealed(value))
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
    fn sealed_values_keep_their_order() {
        let sealed = |text: &str| Node::Enc(text.into());
        let data =
            |fields: [(&str, Node); 3]| Node::map([("data", Node::map(fields)), ("kind", Node::str("S"))]);
        let old = data([("ca.crt", sealed("1")), ("tls.crt", Node::str("c")), ("tls.key", sealed("2"))]);
        let mut new = data([("tls.key", sealed("2")), ("tls.crt", Node::str("d")), ("ca.crt", sealed("1"))]);
        arrange(&old, &mut new);
        let keys: Vec<_> = new.get("data").unwrap().fields().map(|(key, _)| key.to_owned()).collect();
        assert_eq!(keys, ["ca.crt", "tls.crt", "tls.key"]);
        remove(&mut new, &["data", "ca.crt"]);
        remove(&mut new, &["nothing", "here"]);
        assert_eq!(new.get("data").unwrap().fields().count(), 2);
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
