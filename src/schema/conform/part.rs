//! Parts of objects: what is said in schema words, while the rest of its object is not known.

use super::{Conform, Violation, Walk};
use crate::resource::{PathStep, Tree, Value, lookup};
use crate::schema::{Form, Kind, Type, Wrong, cert_manager, envoy, istiod, kubernetes};
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
        let known: Vec<PathStep> = way.iter().cloned().map(known).collect();
        walk.lead(path.len(), &known);
        walk.certain(&known, tree);
        walk.lead(known.len(), &way);
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

impl Walk<'_> {
    /// Puts a way in the place of the first steps to what was found.
    fn lead(&mut self, steps: usize, way: &[PathStep]) {
        for path in self.found.iter_mut().flat_map(|violation| [&mut violation.path, &mut violation.at]) {
            if let Some(rest) = path.get(steps..) {
                *path = [way, rest].concat();
            }
        }
    }

    /// Adds what istiod, Envoy and the API server refuse beyond the schema in the part at a place, as far as nothing else of
    /// the object could make it right.
    fn certain(&mut self, way: &[PathStep], part: Tree) {
        let origin = part.origin.clone();
        let whole = way.iter().rev().fold(part, |tree, step| match step {
            PathStep::Field(name) => Tree::map(&origin).with(name.clone(), tree),
            PathStep::Index(_) | PathStep::Item => Tree::list(vec![tree], &origin),
        });
        let mut wrongs = certain(self.kind, &whole);
        wrongs.retain(|wrong| wrong.path.starts_with(way));
        self.take(&whole, wrongs);
    }
}

/// A step into a list of which only one item is known.
fn known(step: PathStep) -> PathStep {
    if step == PathStep::Item { PathStep::Index(0) } else { step }
}

/// Everything that is wrong with an object of a kind whatever else it may say.
pub(crate) fn certain(kind: &Kind, tree: &Tree) -> Vec<Wrong> {
    let judges = [istiod::wrongs, kubernetes::wrongs, cert_manager::wrongs, envoy::wrongs];
    let wrongs = judges.iter().flat_map(|wrongs| wrongs(kind, tree));
    wrongs.filter(|wrong| wrong.is_certain(tree)).collect()
}

/// Shows an object without each of its fields, at any depth.
#[cfg(test)]
pub(crate) fn each_without(tree: &Tree, see: &mut dyn FnMut(&Tree)) {
    let changed = |value: Value| Tree { value, origin: tree.origin.clone() };
    match &tree.value {
        Value::Map(fields) => {
            for (i, field) in fields.iter().enumerate() {
                let mut less = fields.clone();
                less.remove(i);
                see(&changed(Value::Map(less)));
                each_without(&field.tree, &mut |inner| {
                    let mut fields = fields.clone();
                    fields[i].tree = inner.clone();
                    see(&changed(Value::Map(fields)));
                });
            }
        }
        Value::List(items) => {
            for (i, item) in items.iter().enumerate() {
                each_without(item, &mut |inner| {
                    let mut items = items.clone();
                    items[i] = inner.clone();
                    see(&changed(Value::List(items)));
                });
            }
        }
        _ => {}
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
