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
}

/// The value at the end of a path.
#[must_use]
pub fn lookup<'a>(tree: &'a Tree, path: &[PathStep]) -> Option<&'a Tree> {
    path.iter().try_fold(tree, |tree, step| match (step, &tree.value) {
        (PathStep::Field(name), _) => tree.get(name),
        (PathStep::Index(index), Value::List(items)) => items.get(*index),
        (PathStep::Index(_), _) => None,
    })
}

/// A path as people write it: `spec.servers[0].port`, `metadata.labels["app.kubernetes.io/name"]`.
#[must_use]
pub fn path_text(path: &[PathStep]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            PathStep::Index(index) => {
                let _ = write!(text, "[{index}]");
            }
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
