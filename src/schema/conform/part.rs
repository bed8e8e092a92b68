//! Parts of objects: what is said in schema words, while the rest of its object is not known.

use super::{Conform, Violation, Walk};
use crate::resource::{PathStep, Tree, Value, lookup};
use crate::schema::{Form, Type};
use crate::spec::part::Part;
use crate::spec::{Origin, Span};

impl Conform<'_> {
    /// What is wrong with a part of an object, whatever the rest says: nothing is told of what may be missing because it
    /// stands elsewhere or could not be read.
    #[must_use]
    pub fn part(&self, part: &Part) -> Vec<Violation> {
        let (group, kind) = &part.kind;
        let Some(kind) = self.table.kind(group, &part.version, kind) else { return Vec::new() };
        let root = self.table.ty(kind.root);
        let path: Vec<&str> = part.path.iter().map(String::as_str).collect();
        let ty = match path.as_slice() {
            [] => Some(root),
            path => self.table.at(root, path).and_then(|shape| self.table.object(shape.innermost())),
        };
        let (Some(ty), Some(first)) = (ty, part.fields.first()) else { return Vec::new() };
        let tree = Tree { value: Value::Map(part.fields.clone()), origin: first.tree.origin.clone() };
        let steps = part.path.iter().cloned().map(PathStep::Field).collect::<Vec<_>>();
        let mut walk = Walk { conform: self, kind, path: steps, is_part: true, found: Vec::new() };
        walk.entries(ty, &part.fields);
        walk.excluded(ty, &tree);
        match part.path.as_slice() {
            [] => walk.keys_of(&tree),
            [only] if only == "metadata" => {
                walk.path.clear();
                walk.keys_of(&Tree::map(&tree.origin).with("metadata", tree.clone()));
            }
            _ => {}
        }
        let place = |path: &[PathStep]| path.get(part.path.len()..).and_then(|path| lookup(&tree, path));
        walk.found
            .retain(|violation| place(&violation.path).is_none_or(|there| !is_within(there, &part.broken)));
        let way = self.way(root, &path);
        for path in walk.found.iter_mut().flat_map(|violation| [&mut violation.path, &mut violation.at]) {
            if let Some(rest) = path.get(part.path.len()..) {
                *path = [&way, rest].concat();
            }
        }
        walk.found
    }

    /// The way to a place, with a step for each list on it.
    fn way(&self, root: &Type, path: &[&str]) -> Vec<PathStep> {
        let mut way = Vec::new();
        for (i, name) in path.iter().enumerate() {
            way.push(PathStep::Field((*name).to_owned()));
            let shape = self.table.at(root, path.get(..=i).unwrap_or_default());
            if shape.is_some_and(|shape| matches!(shape.form, Form::List(_))) {
                way.push(PathStep::Item);
            }
        }
        way
    }
}

/// Whether one of some places made a value, or something in it.
fn is_within(tree: &Tree, places: &[Span]) -> bool {
    let own = |origin: &Origin| origin.spans().any(|span| places.contains(&span));
    own(&tree.origin)
        || match &tree.value {
            Value::List(items) => items.iter().any(|item| is_within(item, places)),
            Value::Map(fields) => fields.iter().any(|field| is_within(&field.tree, places)),
            _ => false,
        }
}
