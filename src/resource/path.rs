//! Places within an object: steps, and how people write them.

use std::fmt::Write;

use super::{Tree, Value};

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PathStep {
    /// A field of an object.
    Field(String),
    /// An item of a list, from 0.
    Index(usize),
    /// An item of a list, of which nobody knows where it stands: the rest of the object could not be read.
    Item,
}

/// A value that a template of the user's decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Where it stands.
    pub path: Vec<PathStep>,
    /// The template's path as a user reads it.
    pub template: String,
    /// The line in it, from 1.
    pub line: usize,
}

impl Changed {
    /// That of a value or of what it lies in, the nearest first.
    #[must_use]
    pub fn nearest<'c>(all: &'c [Self], path: &[PathStep]) -> Option<&'c Self> {
        let holds = |changed: &&Self| path.starts_with(&changed.path);
        all.iter().filter(holds).max_by_key(|changed| changed.path.len())
    }
}

/// The way to a value that lies in a tree.
pub(super) fn way_to(tree: &Tree, wanted: &Tree) -> Option<Vec<PathStep>> {
    if std::ptr::eq(tree, wanted) {
        return Some(Vec::new());
    }
    let below = |step: PathStep, tree: &Tree| {
        let mut way = vec![step];
        way.extend(way_to(tree, wanted)?);
        Some(way)
    };
    match &tree.value {
        Value::List(items) => {
            items.iter().enumerate().find_map(|(index, item)| below(PathStep::Index(index), item))
        }
        Value::Map(fields) => {
            fields.iter().find_map(|field| below(PathStep::Field(field.name.to_string()), &field.tree))
        }
        _ => None,
    }
}

/// The value at the end of a path.
#[must_use]
pub fn lookup<'a>(tree: &'a Tree, path: &[PathStep]) -> Option<&'a Tree> {
    path.iter().try_fold(tree, |tree, step| match (step, &tree.value) {
        (PathStep::Field(name), _) => tree.get(name),
        (PathStep::Index(index), Value::List(items)) => items.get(*index),
        (PathStep::Index(_) | PathStep::Item, _) => None,
    })
}

/// A path as people write it: `spec.servers[0].port`, `metadata.labels["app.kubernetes.io/name"]`, and `spec.subsets[].labels`
/// of an item whose place is not known.
#[must_use]
pub fn path_text(path: &[PathStep]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            PathStep::Index(index) => {
                let _ = write!(text, "[{index}]");
            }
            PathStep::Item => text.push_str("[]"),
            PathStep::Field(name)
                if name.is_empty() || name.contains(|c: char| ".[]\"".contains(c) || c.is_control()) =>
            {
                let _ = write!(text, "[{name:?}]");
            }
            PathStep::Field(name) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(name);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Origin;

    #[test]
    fn a_path_leads_into_the_tree() {
        let o = Origin::default_of("test");
        let tree = Tree::map(&o)
            .with("a", Tree::list(vec![Tree::int(1, &o), Tree::map(&o).with("b", Tree::int(2, &o))], &o));
        let path = [PathStep::Field("a".into()), PathStep::Index(1), PathStep::Field("b".into())];
        assert_eq!(lookup(&tree, &path).map(|tree| &tree.value), Some(&Value::Int(2)));
        assert_eq!(lookup(&tree, &[PathStep::Index(0)]), None);
        assert_eq!(lookup(&tree, &[PathStep::Field("a".into()), PathStep::Index(2)]), None);
        assert_eq!(lookup(&tree, &[]), Some(&tree));
        let odd = ["spec", "a.b", "", "a\nb"].map(|name| PathStep::Field(name.into()));
        assert_eq!(path_text(&odd), r#"spec["a.b"][""]["a\nb"]"#);
    }
}
