//! Two sets of trees, value by value. Values of the same reason are the same value, wherever an edit of the spec moved them.

use std::collections::BTreeMap;
use std::ops::Range;

use gatewright::manifest::Manifest;
use gatewright::resource::{Tree, Value};
use gatewright::spec::{Cause, Origin, SourceId, Span};

/// A change of a spec's text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Edit {
    /// Which file.
    pub(super) file: SourceId,
    /// The bytes that go.
    pub(super) range: Range<usize>,
    /// What comes.
    pub(super) text: String,
}

/// Edits of one spec, none of which overlap.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Edits(pub(super) Vec<Edit>);

impl Edits {
    /// Whether a value's reason holds a byte that goes.
    pub(super) fn touch_old(&self, origin: &Origin) -> bool {
        self.0.iter().any(|edit| holds(origin, edit.file, &edit.range))
    }

    /// Whether a value's reason holds a byte that came.
    pub(super) fn touch_new(&self, origin: &Origin) -> bool {
        self.0.iter().any(|edit| {
            let start = self.shifted(edit.file, edit.range.start);
            holds(origin, edit.file, &(start..start + edit.text.len()))
        })
    }

    /// Where the bytes of a span are after the edits.
    fn moved(&self, span: Span) -> Span {
        let (start, end) = (span.start as usize, span.end as usize);
        let grown: i64 = self
            .0
            .iter()
            .filter(|edit| edit.file == span.source && edit.range.start >= start && edit.range.end <= end)
            .map(growth)
            .sum();
        let start = self.shifted(span.source, start);
        let end = (start as i64 + (span.end - span.start) as i64 + grown) as usize;
        Span { source: span.source, start: u32::try_from(start).unwrap(), end: u32::try_from(end).unwrap() }
    }

    /// Where a byte is after the edits that end before it.
    fn shifted(&self, file: SourceId, at: usize) -> usize {
        let before = self.0.iter().filter(|edit| edit.file == file && edit.range.end <= at);
        let grown: i64 = before.map(growth).sum();
        (at as i64 + grown) as usize
    }

    fn origin(&self, origin: &Origin) -> Vec<Cause> {
        let cause = |cause: &Cause| match cause {
            Cause::Spec(span) => Cause::Spec(self.moved(*span)),
            other => *other,
        };
        let mut causes: Vec<_> = origin.causes().iter().map(cause).collect();
        causes.sort_unstable();
        causes
    }
}

fn growth(edit: &Edit) -> i64 {
    edit.text.len() as i64 - edit.range.len() as i64
}

/// Whether two ranges share a byte.
pub(super) fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

fn holds(origin: &Origin, file: SourceId, range: &Range<usize>) -> bool {
    origin.causes().iter().any(|cause| match cause {
        Cause::Spec(span) => span.source == file && overlap(&span.range(), range),
        Cause::Default(_) => false,
    })
}

/// A value that is another, or that is there only before or only after; for an object or a list, with all that is in it.
#[derive(Debug, Clone)]
pub(super) struct Change<'a> {
    /// Where it was, or is.
    pub(super) path: String,
    /// Before.
    pub(super) old: Option<&'a Tree>,
    /// After.
    pub(super) new: Option<&'a Tree>,
}

/// Every scalar of some trees, with its path.
pub(super) fn leaves(manifests: &[Manifest]) -> Vec<(String, &Tree)> {
    let mut found = Vec::new();
    for (name, tree) in trees(manifests) {
        walk(&name, tree, &mut found);
    }
    found
}

/// The paths of the scalars of one tree.
pub(super) fn walk<'a>(path: &str, tree: &'a Tree, found: &mut Vec<(String, &'a Tree)>) {
    match &tree.value {
        Value::Map(fields) => {
            for field in fields {
                walk(&format!("{path}.{}", field.name), &field.tree, found);
            }
        }
        Value::List(items) => {
            for (i, item) in items.iter().enumerate() {
                walk(&format!("{path}[{i}]"), item, found);
            }
        }
        _ => found.push((path.to_owned(), tree)),
    }
}

/// The scalars of a tree, and what is empty.
pub(super) fn ends(tree: &Tree) -> Vec<&Tree> {
    match &tree.value {
        Value::Map(fields) if !fields.is_empty() => {
            fields.iter().flat_map(|field| ends(&field.tree)).collect()
        }
        Value::List(items) if !items.is_empty() => items.iter().flat_map(ends).collect(),
        _ => vec![tree],
    }
}

/// Trees with their files' names.
fn trees(manifests: &[Manifest]) -> Vec<(String, &Tree)> {
    let named = |manifest: &'_ Manifest| manifest.path.as_str().to_owned();
    manifests.iter().filter_map(|manifest| Some((named(manifest), manifest.tree.as_ref()?))).collect()
}

/// All differences.
pub(super) fn compare<'a>(old: &'a [Manifest], new: &'a [Manifest], edits: &Edits) -> Vec<Change<'a>> {
    let mut found = Vec::new();
    let (old, new) = (trees(old), trees(new));
    let why = |tree: &Tree| {
        let name = tree.at(&["metadata", "name"]).unwrap();
        // What lives in no namespace is known by its name.
        let namespace = tree.at(&["metadata", "namespace"]).unwrap_or(name);
        (kind(tree), name.origin.clone(), namespace.origin.clone())
    };
    let keys = |trees: &[(String, &Tree)], of: &dyn Fn(&Origin) -> Vec<Cause>| -> Vec<[String; 3]> {
        let keys = |(path, tree): &(String, &Tree)| {
            let (kind, name, namespace) = why(tree);
            let name = format!("{kind} {:?}", of(&name));
            [format!("{name} {:?}", of(&namespace)), path.clone(), name]
        };
        trees.iter().map(keys).collect()
    };
    let pairs = align(&keys(&old, &|o| edits.origin(o)), &keys(&new, &|o| o.causes().to_vec()));
    for (a, b) in pairs {
        match (a.map(|i| &old[i]), b.map(|i| &new[i])) {
            (Some((path, old)), Some((_, new))) => differ(path, old, new, edits, &mut found),
            (old, new) => {
                let path = old.or(new).unwrap().0.clone();
                found.push(Change { path, old: old.map(|(_, t)| *t), new: new.map(|(_, t)| *t) });
            }
        }
    }
    found
}

fn kind(tree: &Tree) -> String {
    tree.get("kind").and_then(Tree::as_str).unwrap().to_owned()
}

fn differ<'a>(path: &str, old: &'a Tree, new: &'a Tree, edits: &Edits, found: &mut Vec<Change<'a>>) {
    match (&old.value, &new.value) {
        (Value::Map(before), Value::Map(after)) => {
            for field in before {
                let path = format!("{path}.{}", field.name);
                match new.get(&field.name) {
                    Some(new) => differ(&path, &field.tree, new, edits, found),
                    None => found.push(Change { path, old: Some(&field.tree), new: None }),
                }
            }
            for field in after.iter().filter(|field| old.get(&field.name).is_none()) {
                let path = format!("{path}.{}", field.name);
                found.push(Change { path, old: None, new: Some(&field.tree) });
            }
        }
        (Value::List(before), Value::List(after)) => {
            let pairs = align(
                &before.iter().map(|item| keys(item, edits.origin(&item.origin))).collect::<Vec<_>>(),
                &after.iter().map(|item| keys(item, item.origin.causes().to_vec())).collect::<Vec<_>>(),
            );
            for (a, b) in pairs {
                let path = format!("{path}[{}]", a.or(b).unwrap());
                match (a.map(|i| &before[i]), b.map(|i| &after[i])) {
                    (Some(old), Some(new)) => differ(&path, old, new, edits, found),
                    (old, new) => found.push(Change { path, old, new }),
                }
            }
        }
        (a, b) if a == b => {}
        _ => found.push(Change { path: path.to_owned(), old: Some(old), new: Some(new) }),
    }
}

/// What an item is known by: its reason, its name.
fn keys(item: &Tree, causes: Vec<Cause>) -> [String; 2] {
    let name = item.as_str().or_else(|| item.at(&["port", "name"])?.as_str());
    [format!("{causes:?}"), name.unwrap_or_default().to_owned()]
}

/// Pairs what is known by the same: by the first key, then by the next, in order where it knows as many on both sides.
fn align<const N: usize>(old: &[[String; N]], new: &[[String; N]]) -> Vec<(Option<usize>, Option<usize>)> {
    let mut pairs: BTreeMap<usize, usize> = BTreeMap::new();
    let mut taken = vec![false; new.len()];
    for key in 0..N {
        for known in old.iter().map(|keys| &keys[key]).filter(|known| !known.is_empty()) {
            let before: Vec<_> =
                (0..old.len()).filter(|i| old[*i][key] == *known && !pairs.contains_key(i)).collect();
            let after: Vec<_> = (0..new.len()).filter(|j| new[*j][key] == *known && !taken[*j]).collect();
            if before.len() == after.len() {
                for (i, j) in before.into_iter().zip(after) {
                    pairs.insert(i, j);
                    taken[j] = true;
                }
            }
        }
    }
    let mut all: Vec<_> = (0..old.len()).map(|i| (Some(i), pairs.get(&i).copied())).collect();
    all.extend((0..new.len()).filter(|j| !taken[*j]).map(|j| (None, Some(j))));
    all
}
