//! What else an example says, so that nothing refuses it: fields that must be there, and what `beside.table` knows.

use std::sync::LazyLock;

use super::{DEEP, Sampler};
use crate::explain::prose::is_of;
use crate::schema::cel::Asked;
use crate::schema::{Field, Form, Kind, Shape, Type};
use crate::spec::tree::{self, Tree, Value};

/// How often what was added is looked at again.
const ROUNDS: usize = 3;

/// One line of the table: what is said beside a field, maybe only where it has a value.
struct Line {
    /// Kinds, with a group where two groups have the kind, `*` is any; or `word:` and a word of ours.
    kinds: Vec<&'static str>,
    /// The end of a way by exact names.
    way: Vec<&'static str>,
    /// The value that it has.
    value: Option<&'static str>,
    says: Vec<Say>,
}

/// One thing that is said or left out.
struct Say {
    /// How many objects further out it stands.
    up: usize,
    /// The exact names that lead to it.
    path: Vec<&'static str>,
    what: What,
}

enum What {
    /// Its usual sample, unless it is there.
    Sample,
    Value(&'static str),
    Absent,
    /// A word of ours says the field itself already.
    Said,
}

const TABLE: &str = include_str!("beside.table");

static LINES: LazyLock<Vec<Line>> = LazyLock::new(|| TABLE.lines().flat_map(read).collect());

/// One line's, of each way that it has.
fn read(line: &'static str) -> Vec<Line> {
    let parts = line.split_once(" : ").filter(|_| !line.starts_with('#'));
    let Some(((kinds, ways), says)) = parts.and_then(|(key, says)| Some((key.split_once(' ')?, says))) else {
        return Vec::new();
    };
    let (ways, value) = match ways.split_once('=') {
        Some((ways, value)) => (ways, Some(value)),
        None => (ways, None),
    };
    let line = |way: &'static str| Line {
        kinds: kinds.split(',').collect(),
        way: way.split('.').collect(),
        value,
        says: says.split(' ').map(say).collect(),
    };
    ways.split(',').map(line).collect()
}

fn say(text: &'static str) -> Say {
    let inner = text.trim_start_matches('^');
    if text == "!" {
        return Say { up: 0, path: Vec::new(), what: What::Said };
    }
    let (path, what) = match (inner.strip_prefix('-'), inner.split_once('=')) {
        (Some(path), _) => (path, What::Absent),
        (None, Some((path, value))) => (path, What::Value(value)),
        (None, None) => (inner, What::Sample),
    };
    Say { up: text.len() - inner.len(), path: path.split('.').collect(), what }
}

/// Whether a line is of a field, in a kind or in a word of ours.
fn is_about(line: &Line, kind: &Kind, word: Option<&str>, way: &[&Field]) -> bool {
    let start = way.len().checked_sub(line.way.len());
    let end = start.and_then(|start| way.get(start..));
    let ends = |end: &[&Field]| end.iter().zip(&line.way).all(|(field, name)| *field.name == **name);
    end.is_some_and(ends)
        && line.kinds.iter().any(|name| match name.strip_prefix("word:") {
            Some(name) => word == Some(name),
            None => is_of(name, kind),
        })
}

/// The lines of a field with a value.
fn lines(
    kind: &Kind,
    word: Option<&str>,
    way: &[&Field],
    value: &Tree,
) -> impl Iterator<Item = &'static Line> {
    let text = match &value.value {
        Value::String(text) => Some(text.to_string()),
        Value::Bool(is) => Some(is.to_string()),
        Value::Int(number) => Some(number.to_string()),
        _ => None,
    };
    LINES.iter().filter(move |line| {
        line.value.is_none_or(|wanted| text.as_deref() == Some(wanted)) && is_about(line, kind, word, way)
    })
}

impl<'t> Sampler<'t> {
    /// An object with what the schema asks for beside its fields.
    pub(super) fn with_required(&self, mut object: Tree, ty: &'t Type, way: &[&'t Field]) -> Tree {
        let said: Vec<String> = object.fields().iter().map(|field| field.name.to_string()).collect();
        for field in ty.fields.iter().filter(|field| field.required) {
            if object.get(&field.name).is_some() {
                continue;
            }
            let mut way = [way, &[field]].concat();
            let tree = self.value(&field.shape, &mut way, 0);
            self.add(&mut object, field, tree);
        }
        self.kept(object, ty, way, &said)
    }

    /// An object changed by one field, or cut down to one, where a schema of the user's own asks that; `said` stays.
    pub(super) fn kept(&self, object: Tree, ty: &'t Type, way: &[&'t Field], said: &[String]) -> Tree {
        let rules = way.last().map(|field| field.shape.innermost().rules.as_slice()).unwrap_or_default();
        let asked: Vec<Asked> =
            rules.iter().filter_map(|rule| self.table.asked(*rule)).map(Asked::of).collect();
        let holds = |tree: &Tree| asked.iter().all(|asked| asked.broken(tree).is_none());
        let Value::Map(fields) = &object.value else { return object };
        if holds(&object) {
            return object;
        }
        let is_needed = |name: &str| {
            said.iter().any(|said| said == name) || ty.field(name).is_some_and(|field| field.required)
        };
        let of = |keep: &dyn Fn(&str) -> bool| {
            let kept = fields.iter().filter(|field| is_needed(&field.name) || keep(&field.name));
            kept.fold(Tree::map(&self.origin), |object, field| {
                object.with(field.name.clone(), field.tree.clone())
            })
        };
        let free = || fields.iter().map(|field| &*field.name).filter(|name| !is_needed(name));
        let less = free().map(|name| of(&|other| other != name));
        let more = ty.fields.iter().filter(|field| object.get(&field.name).is_none()).map(|field| {
            let tree = self.value(&field.shape, &mut [way, &[field]].concat(), 0);
            object.clone().with(field.name.to_string(), tree)
        });
        let alone = free().map(|name| of(&|other| other == name));
        let mended = less.chain(more).chain(alone).find(holds);
        mended.unwrap_or(object)
    }

    /// Says in the object at the end of `base` what the table has beside its fields, and leaves out what can't stand there.
    /// What `asked` leads to stays.
    pub(super) fn complete(&self, object: &mut Tree, base: &[&'t Field], asked: &[&'t Field]) {
        for end in (base.len() + 1..=asked.len()).rev() {
            if let Some(way) = asked.get(..end) {
                self.say_beside(object, base, way, asked);
            }
        }
        for _ in 0..ROUNDS {
            let mut ways = Vec::new();
            if let Some(ty) = self.type_at(base) {
                self.ways_in(object, ty, &mut base.to_vec(), &mut ways);
            }
            for way in ways {
                self.say_beside(object, base, &way, asked);
            }
        }
    }

    /// Whether the word of ours says what a way leads to by itself.
    pub(super) fn is_said(&self, way: &[&Field]) -> bool {
        let says = |line: &&Line| line.says.iter().any(|say| matches!(say.what, What::Said));
        let mut ends = (1..=way.len()).filter_map(|end| way.get(..end));
        ends.any(|way| LINES.iter().filter(says).any(|line| is_about(line, self.kind, self.word, way)))
    }

    /// The object's type at the end of a way.
    fn type_at(&self, way: &[&'t Field]) -> Option<&'t Type> {
        match way.last() {
            Some(field) => self.table.object(field.shape.innermost()),
            None => Some(self.table.ty(self.kind.root)),
        }
    }

    /// Every way of fields that an object has, by the first item of each list.
    fn ways_in(
        &self,
        object: &Tree,
        ty: &'t Type,
        way: &mut Vec<&'t Field>,
        found: &mut Vec<Vec<&'t Field>>,
    ) {
        for field in &ty.fields {
            let Some(tree) = object.get(&field.name) else { continue };
            way.push(field);
            found.push(way.clone());
            let inner = self.table.object(field.shape.innermost());
            if let (Some(tree), Some(ty)) = (innermost(tree, &field.shape), inner) {
                self.ways_in(tree, ty, way, found);
            }
            way.pop();
        }
    }

    fn say_beside(&self, object: &mut Tree, base: &[&'t Field], way: &[&'t Field], asked: &[&'t Field]) {
        let Some(value) = way.get(base.len()..).and_then(|way| value_at(object, way)) else { return };
        let says: Vec<&Say> = lines(self.kind, self.word, way, value).flat_map(|line| &line.says).collect();
        for say in says {
            let Some(outer) = (way.len() - 1).checked_sub(say.up).and_then(|end| way.get(..end)) else {
                continue;
            };
            let Some(target) = self.fields(outer, &say.path) else { continue };
            let is_asked = leads_through(asked, &target) && way.len() != target.len();
            let Some(below) = target.get(base.len()..).filter(|below| !below.is_empty() && !is_asked) else {
                continue;
            };
            match say.what {
                What::Said => {}
                What::Absent => take(object, below),
                What::Sample if value_at(object, below).is_some() => {}
                What::Sample => self.put(object, base, below, None),
                What::Value(value) => self.put(object, base, below, Some(value)),
            }
        }
    }

    /// The fields that names lead to, from the object at the end of a way.
    fn fields(&self, outer: &[&'t Field], names: &[&str]) -> Option<Vec<&'t Field>> {
        names.iter().try_fold(outer.to_vec(), |mut way, name| {
            let field = self.type_at(&way)?.field(name)?;
            way.push(field);
            Some(way)
        })
    }

    /// Puts a value, or a field's usual sample, into an object; objects on the way are made.
    fn put(&self, object: &mut Tree, base: &[&'t Field], below: &[&'t Field], value: Option<&str>) {
        let Some((field, rest)) = below.split_first() else { return };
        let way = [base, &[*field]].concat();
        if rest.is_empty() {
            let tree = value.and_then(|value| self.said(&field.shape, value));
            let tree = tree.unwrap_or_else(|| self.value(&field.shape, &mut way.clone(), DEEP - 1));
            self.add(object, field, tree);
            return;
        }
        if object.get(&field.name).is_none() {
            let inner = self.around(&way, &field.shape, Tree::map(&self.origin));
            self.add(object, field, inner);
        }
        let inner = object.at_mut(&[&*field.name]).and_then(|tree| innermost_mut(tree, &field.shape));
        if let Some(inner) = inner {
            self.put(inner, &way, rest, value);
        }
    }

    /// Says a field in an object: what is short before the rest.
    fn add(&self, object: &mut Tree, field: &Field, tree: Tree) {
        let Value::Map(fields) = &mut object.value else { return };
        match fields.iter_mut().find(|other| *other.name == *field.name) {
            Some(other) => other.tree = tree,
            None => {
                let at = if self.is_value(field) { 0 } else { fields.len() };
                fields.insert(at, tree::Field { name: field.name.to_string().into(), tree });
            }
        }
    }

    /// A value of the table in the form of a shape.
    fn said(&self, shape: &Shape, value: &str) -> Option<Tree> {
        match &shape.form {
            Form::List(list) => {
                let items =
                    value.split(',').map(|item| self.said(&list.item, item)).collect::<Option<_>>()?;
                Some(Tree::list(items, &self.origin))
            }
            Form::Map(map) => {
                let (key, value) = value.split_once('=')?;
                Some(Tree::map(&self.origin).with(key.to_owned(), self.said(&map.value, value)?))
            }
            form => self.scalar(form, value),
        }
    }
}

/// Whether a way leads to the end of another, or on from there.
fn leads_through(way: &[&Field], other: &[&Field]) -> bool {
    way.len() >= other.len() && way.iter().zip(other).all(|(a, b)| std::ptr::eq(*a, *b))
}

/// The first item of lists and maps.
fn innermost<'a>(tree: &'a Tree, shape: &Shape) -> Option<&'a Tree> {
    match (&shape.form, &tree.value) {
        (Form::List(list), Value::List(items)) => innermost(items.first()?, &list.item),
        (Form::Map(map), Value::Map(fields)) => innermost(&fields.first()?.tree, &map.value),
        _ => Some(tree),
    }
}

fn innermost_mut<'a>(tree: &'a mut Tree, shape: &Shape) -> Option<&'a mut Tree> {
    match &shape.form {
        Form::List(list) => match &mut tree.value {
            Value::List(items) => innermost_mut(items.first_mut()?, &list.item),
            _ => None,
        },
        Form::Map(map) => match &mut tree.value {
            Value::Map(fields) => innermost_mut(&mut fields.first_mut()?.tree, &map.value),
            _ => None,
        },
        _ => Some(tree),
    }
}

/// What a way leads to, by the first item of each list before its end.
fn value_at<'a>(object: &'a Tree, way: &[&Field]) -> Option<&'a Tree> {
    let (field, rest) = way.split_first()?;
    let tree = object.get(&field.name)?;
    if rest.is_empty() { Some(tree) } else { value_at(innermost(tree, &field.shape)?, rest) }
}

/// Takes a field away.
fn take(object: &mut Tree, way: &[&Field]) {
    match way {
        [] => {}
        [field] => {
            if let Value::Map(fields) = &mut object.value {
                fields.retain(|other| *other.name != *field.name);
            }
        }
        [field, rest @ ..] => {
            let inner = object.at_mut(&[&*field.name]).and_then(|tree| innermost_mut(tree, &field.shape));
            if let Some(inner) = inner {
                take(inner, rest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::built_in;

    /// Every line is of a field that is there, and names fields beside it.
    #[test]
    fn every_line_is_of_something() {
        let table = built_in();
        let mut lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        assert!(lines.all(|line| !read(line).is_empty()), "a line has no ` : `");
        for line in LINES.iter() {
            for name in &line.kinds {
                let mut is_there = false;
                let is_word = name.starts_with("word:");
                for kind in table.kinds().iter().filter(|kind| is_word || is_of(name, kind)) {
                    let origin = crate::spec::Origin::default_of("test");
                    let sampler = Sampler { table, kind, word: None, origin };
                    table.each_way(kind.root, &mut |way| {
                        let names: Vec<&str> = way.iter().map(|field| &*field.name).collect();
                        if names.ends_with(&line.way) {
                            is_there |= line.says.iter().all(|say| {
                                let end = (way.len() - 1).checked_sub(say.up);
                                end.is_some_and(|end| sampler.fields(&way[..end], &say.path).is_some())
                            });
                        }
                        true
                    });
                }
                assert!(is_there, "{name} {:?}", line.way);
            }
        }
    }
}
