//! How a spec writes a field: an object in which it stands, with values that show its form.

use std::borrow::Cow;

use super::apart::Apart;
use super::prose;
use super::shape::At;
use crate::diag::{Code, Severity};
use crate::resource::path_text;
use crate::schema::conform::{Conform, Violation};
use crate::schema::overlay::{Role, deprecated_value, deprecation};
use crate::schema::table::{Choice, Limits};
use crate::schema::words::{self, Printed, Writer};
use crate::schema::{Field, Form, Kind, Shape, Table, Type};
use crate::spec::Origin;
use crate::spec::node::SPEC_FILE;
use crate::spec::node::beside::Beside;
use crate::spec::tree::{Tree, Value};

/// How deep objects are filled below the field in question.
const DEEP: usize = 3;
/// How many fields of an object are shown, beside those that must be said.
const SHOWN: usize = 2;
/// What stands for a text or a key of the user's own.
const ANY: &str = "…";

/// The KDL of an object of a kind in which the field at the end of a way stands; without a way, of a whole small object.
/// None for a Secret, which no spec holds.
pub(super) fn written(table: &Table, kind: &Kind, way: &[&Field]) -> Option<String> {
    let is_ours = |word: &str| SPEC_FILE.item(word).is_some();
    let text = words::written(table, &object(table, kind, way)?, &is_ours)?;
    Some(text.trim_end().to_owned())
}

/// Why nothing takes a field: what is refused in its example. What is only warned of is taken.
pub(super) fn refused(conform: &Conform<'_>, kind: &Kind, way: &[&Field]) -> Option<String> {
    let mut found = found(conform, kind, way).into_iter();
    let refused = found.find(|found| found.severity == Severity::Error)?;
    Some(format!("`{}` {}", path_text(&refused.path), refused.message))
}

/// What is found against an example, with any word in the place of `…`.
fn found(conform: &Conform<'_>, kind: &Kind, way: &[&Field]) -> Vec<Violation> {
    let Some(mut object) = object(conform.table(), kind, way) else { return Vec::new() };
    if let Some(meta) = object.at_mut(&["metadata"]).filter(|_| kind.namespaced) {
        let namespace = Tree::string("x", &meta.origin);
        *meta = meta.clone().with("namespace", namespace);
    }
    fill(&mut object, &mut 0);
    let mut found = conform.check(&object);
    found.retain(|found| found.code != Code::DEPRECATED_FIELD);
    found
}

/// Puts a word in the place of each `…`, each another one.
fn fill(tree: &mut Tree, count: &mut usize) {
    match &mut tree.value {
        Value::String(text) if *text == ANY => {
            *count += 1;
            *text = Cow::Owned(format!("x{count}"));
        }
        Value::List(items) => items.iter_mut().for_each(|item| fill(item, count)),
        Value::Map(fields) => {
            for field in fields {
                if field.name == ANY {
                    *count += 1;
                    field.name = Cow::Owned(format!("x{count}"));
                }
                fill(&mut field.tree, count);
            }
        }
        _ => {}
    }
}

/// The object of an example.
fn object(table: &Table, kind: &Kind, way: &[&Field]) -> Option<Tree> {
    if kind.group.is_empty() && &*kind.name == "Secret" {
        return None;
    }
    let sampler = Sampler { table, kind, word: None, origin: Origin::default_of("explain") };
    let mut object = sampler.head();
    if way.is_empty() {
        if kind.namespaced {
            object = object.with(
                "metadata",
                sampler.map([("name", sampler.text(ANY)), ("namespace", sampler.text(ANY))]),
            );
        }
        let root = table.ty(kind.root).fields.iter();
        let shown = root.filter(|field| !matches!(&*field.name, "apiVersion" | "kind" | "metadata"));
        let first = shown.max_by_key(|field| (&*field.name == "spec", field.required));
        if let Some(field) = first {
            object = object.with(field.name.to_string(), sampler.value(&field.shape, &mut vec![field], DEEP));
        }
    } else if let Some((name, tree)) = sampler.chain(way, way) {
        object = match object.get("metadata").filter(|_| name == "metadata") {
            // The name belongs to the node's line and stays.
            Some(meta) => {
                let Value::Map(fields) = tree.value else { return None };
                let meta =
                    fields.into_iter().fold(meta.clone(), |meta, field| meta.with(field.name, field.tree));
                object.clone().with("metadata", meta)
            }
            None => object.with(name.to_owned(), tree),
        };
        if let Some(spec) = table.ty(kind.root).field("spec").filter(|_| name == "metadata") {
            object = object.with("spec", sampler.value(&spec.shape, &mut vec![spec], 0));
        }
        object = sampler.with_required(object, table.ty(kind.root), &[]);
    }
    sampler.complete(&mut object, &[], way);
    Some(object)
}

/// The KDL of a node of ours in which the field at the end of a way stands; `node` is what else it says. None where what the
/// node is for says that already.
pub(super) fn written_in(
    table: &Table,
    word: &str,
    place: &Beside<'_>,
    way: &[&Field],
    mut node: Printed,
) -> Option<String> {
    let sampler =
        Sampler { table, kind: place.kind, word: Some(word), origin: Origin::default_of("explain") };
    if sampler.is_said(way) {
        return None;
    }
    let (name, tree) = sampler.chain(way, way.get(place.way.len()..)?)?;
    let mut object = Tree::map(&sampler.origin).with(name.to_owned(), tree);
    sampler.complete(&mut object, &place.way, way);
    // What is said of clients' certificates is for a mode that asks for them.
    if word == "tls" && object.get("mode").and_then(Tree::as_str) == Some("MUTUAL") {
        node.arguments = vec!["mutual".to_owned()];
    }
    let mut body = Printed::default();
    let Value::Map(mut fields) = object.value else { return None };
    fields.retain(|field| place.fields.iter().any(|free| *free.name == *field.name));
    Writer { table }.fields(place.ty, &fields, &mut body);
    if !place.children_only {
        node.properties.append(&mut body.properties);
    }
    node.children.extend(body.into_children());
    Some(node.print().trim_end().to_owned())
}

/// The field of a place that is said most; of the simple ones, if there are any: what is larger has a page of its own.
pub(super) fn commonest<'t>(table: &'t Table, place: &Beside<'t>) -> Option<&'t Field> {
    let sampler = Sampler { table, kind: place.kind, word: None, origin: Origin::default_of("explain") };
    let mut free: Vec<&Field> =
        sampler.by_use(place.ty, &place.way).into_iter().map(|(field, _)| field).collect();
    free.retain(|field| place.fields.iter().any(|free| free.name == field.name));
    let simple = free.iter().find(|field| field.shape.innermost().form.is_scalar());
    simple.or(free.first()).copied()
}

struct Sampler<'t> {
    table: &'t Table,
    kind: &'t Kind,
    /// The word of ours in which it is written.
    word: Option<&'t str>,
    origin: Origin,
}

impl<'t> Sampler<'t> {
    /// What every object has.
    fn head(&self) -> Tree {
        self.map([
            ("apiVersion", self.text(&self.kind.api_version())),
            ("kind", self.text(&self.kind.name)),
            ("metadata", self.map([("name", self.text(ANY))])),
        ])
    }

    fn text(&self, text: &str) -> Tree {
        Tree::string(text.to_owned(), &self.origin)
    }

    fn map<const N: usize>(&self, fields: [(&'static str, Tree); N]) -> Tree {
        fields.into_iter().fold(Tree::map(&self.origin), |map, (name, tree)| map.with(name, tree))
    }

    /// The name of the first field of a way's end, with the tree that leads to the last one.
    fn chain<'w>(&self, way: &[&'t Field], end: &'w [&'t Field]) -> Option<(&'w str, Tree)> {
        let (last, outer) = end.split_last()?;
        let tree = self.value(&last.shape, &mut way.to_vec(), DEEP);
        let before = way.get(..way.len().checked_sub(end.len())?)?;
        Some(self.within(before, outer, &last.name, tree))
    }

    /// A field with the objects around it and what they need, and the name of the outermost; `before` leads to that.
    fn within<'w>(
        &self,
        before: &[&'t Field],
        outer: &'w [&'t Field],
        name: &'w str,
        tree: Tree,
    ) -> (&'w str, Tree) {
        let mut way = [before, outer].concat();
        outer.iter().rev().fold((name, tree), |(name, tree), field| {
            let mut object = Tree::map(&self.origin).with(name.to_owned(), tree);
            if let Some(ty) = self.table.object(field.shape.innermost()) {
                object = self.with_required(object, ty, &way);
            }
            let tree = self.around(&way, &field.shape, object);
            way.pop();
            (&*field.name, tree)
        })
    }

    /// The lists and maps around an object of the field at the end of a way.
    fn around(&self, way: &[&Field], shape: &Shape, object: Tree) -> Tree {
        match &shape.form {
            Form::List(list) => Tree::list(vec![self.around(way, &list.item, object)], &self.origin),
            Form::Map(map) => {
                let names: Vec<&str> = way.iter().map(|field| &*field.name).collect();
                let example = prose::example(self.kind, &names).unwrap_or(ANY);
                let key = example.split_once('=').map_or(example, |(key, _)| key).to_owned();
                Tree::map(&self.origin).with(key, self.around(way, &map.value, object))
            }
            _ => object,
        }
    }

    /// A value that shows a shape.
    fn value(&self, shape: &'t Shape, way: &mut Vec<&'t Field>, deep: usize) -> Tree {
        let names: Vec<&str> = way.iter().map(|field| &*field.name).collect();
        let example = prose::example(self.kind, &names);
        match (&shape.form, example) {
            (Form::List(list), Some(example)) if list.item.form.is_scalar() => {
                let items = example.split(' ').filter_map(|item| self.scalar(&list.item.form, item));
                Tree::list(items.collect(), &self.origin)
            }
            (Form::List(list), _) => {
                let item = self.value(&list.item, way, deep);
                let several = matches!(list.item.form, Form::Text(_)) && list.length.max != Some(1);
                let items =
                    if several && item.as_str() == Some(ANY) { vec![item.clone(), item] } else { vec![item] };
                Tree::list(items, &self.origin)
            }
            (Form::Map(map), Some(example)) => {
                let (key, value) = example.split_once('=').unwrap_or((example, ""));
                let value =
                    self.scalar(&map.value.form, value).unwrap_or_else(|| self.value(&map.value, way, deep));
                Tree::map(&self.origin).with(key, value)
            }
            (Form::Map(map), None) => self.map([(ANY, self.value(&map.value, way, deep))]),
            (Form::Object(id), _) => self.object(self.table.ty(*id), way, deep),
            (Form::AnyObject, _) => self.map([(ANY, self.text(ANY))]),
            (form, example) => {
                example.and_then(|example| self.scalar(form, example)).unwrap_or_else(|| self.any(shape, way))
            }
        }
    }

    /// A value as the table of prose writes it, if the form takes it.
    fn scalar(&self, form: &Form, written: &str) -> Option<Tree> {
        let tree = match form {
            Form::Bool => Tree::bool(written.parse().ok()?, &self.origin),
            Form::Int(limits) => {
                let number = written.parse().ok().filter(|number| limits.hold(number))?;
                Tree::int(number, &self.origin)
            }
            Form::Number(_) | Form::IntOrString => Tree::int(written.parse().ok()?, &self.origin),
            Form::Text(_) => self.text(written),
            Form::Enum(choices) => self.text(&choices.iter().find(|choice| *choice.value == *written)?.value),
            Form::List(_) | Form::Map(_) | Form::Object(_) | Form::AnyObject | Form::Any => return None,
        };
        Some(tree)
    }

    /// A value of which the table of prose says nothing.
    fn any(&self, shape: &'t Shape, way: &[&'t Field]) -> Tree {
        let default = way.last().and_then(|field| serde_json::from_str(field.default.as_deref()?).ok());
        if let Some(value) =
            default.filter(|value| shape.only.contains(value)).or(shape.only.first().cloned())
        {
            return Tree::of_json(&value, &self.origin);
        }
        match &shape.form {
            Form::Bool => Tree::bool(true, &self.origin),
            Form::Int(limits) => Tree::int(within(limits, shape.multiple, way), &self.origin),
            Form::Number(_) => Tree::int(10, &self.origin),
            Form::IntOrString => Tree::int(8080, &self.origin),
            Form::Enum(choices) => {
                let names: Vec<&str> = way.iter().map(|field| &*field.name).collect();
                let default = way.last().and_then(|field| field.default.as_deref());
                let is_default =
                    |choice: &&Choice| default.is_some_and(|text| text.trim_matches('"') == &*choice.value);
                let is_plain = |choice: &&Choice| {
                    let vague = ["UNSPECIFIED", "UNSET", "UNDEFINED", "INVALID"];
                    let old = deprecated_value(
                        &self.kind.group,
                        &self.kind.name,
                        names.iter().copied(),
                        &choice.value,
                    );
                    old.is_none() && !vague.iter().any(|word| choice.value.starts_with(word))
                };
                let choice = choices.iter().find(is_default).or_else(|| choices.iter().find(is_plain));
                self.text(choice.or(choices.first()).map_or(ANY, |choice| &choice.value))
            }
            _ => self.text(&self.sample_text(shape, way)),
        }
    }

    /// An object with what must be said, and with a few fields that may stand together, the commonest first.
    fn object(&self, ty: &'t Type, way: &mut Vec<&'t Field>, deep: usize) -> Tree {
        let limit = if deep == DEEP { SHOWN + 1 } else { SHOWN };
        let apart = Apart::of(self.kind, way, ty);
        let mut object = Tree::map(&self.origin);
        let mut said: Vec<&str> = Vec::new();
        for (field, is_wanted) in self.by_use(ty, way) {
            let is_excluded = apart.beside(&field.name).iter().any(|other| said.contains(other));
            let is_wanted = is_wanted || said.is_empty();
            let fits = deep > 0 || self.is_value(field);
            if (!field.required && (!fits || !is_wanted || said.len() >= limit)) || is_excluded {
                continue;
            }
            way.push(field);
            let tree = self.value(&field.shape, way, deep.saturating_sub(1));
            way.pop();
            said.push(&field.name);
            object = object.with(field.name.to_string(), tree);
        }
        self.kept(object, ty, way, &[])
    }

    /// The fields of an object that are not deprecated: those that must be said, those of which we say what they are for,
    /// the rest; and whether one is worth showing beside others. Where we say that of some, only those are.
    fn by_use(&self, ty: &'t Type, way: &[&'t Field]) -> Vec<(&'t Field, bool)> {
        let rank = |field: &Field| {
            let names = way.iter().map(|field| &*field.name).chain([&*field.name]);
            let names: Vec<&str> = names.collect();
            let is_old = deprecation(&self.kind.group, &self.kind.name, names.iter().copied()).is_some();
            (!is_old).then(|| prose::rank(self.kind, &names))
        };
        let mut fields: Vec<_> = ty.fields.iter().filter_map(|field| Some((field, rank(field)?))).collect();
        fields.sort_by_key(|(field, rank)| {
            (!field.required, rank.unwrap_or(usize::MAX), !self.is_value(field))
        });
        let any = fields.iter().any(|(_, rank)| rank.is_some());
        let is_wanted = |(field, rank): (&'t Field, Option<usize>)| {
            (field, if any { rank.is_some() } else { self.is_value(field) })
        };
        fields.into_iter().map(is_wanted).collect()
    }

    /// Whether a field is said in one node without fields of its own.
    fn is_value(&self, field: &Field) -> bool {
        let form = match &field.shape.form {
            Form::List(list) => &list.item.form,
            Form::Map(map) => &map.value.form,
            form => form,
        };
        form.is_scalar() || self.table.object(&field.shape).and_then(Type::wrapped).is_some()
    }

    fn sample_text(&self, shape: &Shape, way: &[&'t Field]) -> String {
        let names: Vec<&'t str> = way.iter().map(|field| &*field.name).collect();
        let at = At { table: self.table, kind: self.kind, way: &names, lists_words: false };
        let Form::Text(text) = &shape.form else { return ANY.to_owned() };
        match (text.format.as_deref(), at.role(shape)) {
            (Some("byte"), _) => "aGVsbG8=",
            (Some("date-time"), _) => "2026-11-25T12:00:00Z",
            (_, Some(Role::Duration)) => "5s",
            (_, Some(Role::Service)) => "shop.default.svc.cluster.local",
            (_, Some(Role::Host)) => "shop.example.com",
            (_, Some(Role::Gateway)) => "default/public",
            (_, Some(Role::Subset)) => "v1",
            (_, Some(Role::Secret)) => "shop-tls",
            _ => match way.last().and_then(|field| field.default.as_deref()) {
                Some(default) => return serde_json::from_str(default).unwrap_or_else(|_| ANY.to_owned()),
                None => ANY,
            },
        }
        .to_owned()
    }
}

/// A number that the limits allow and that reads as what it is.
fn within(limits: &Limits<i64>, multiple: Option<f64>, way: &[&Field]) -> i64 {
    let is_port = way.iter().rev().take(2).any(|field| field.name.to_lowercase().ends_with("port"));
    let wanted = if is_port { 8080 } else { 3 };
    let wanted = limits.max.map_or(wanted, |max| wanted.min(max));
    let wanted = limits.min.map_or(wanted, |min| wanted.max(min));
    #[expect(clippy::cast_precision_loss, reason = "examples are small")]
    let fits = |number: &i64| multiple.is_none_or(|multiple| *number as f64 % multiple == 0.0);
    let near = (0..1000).flat_map(|far| [wanted.saturating_add(far), wanted.saturating_sub(far)]);
    near.filter(|number| limits.hold(number)).find(fits).unwrap_or(wanted)
}

mod whole;

#[cfg(test)]
mod tests;
