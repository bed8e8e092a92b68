//! Objects, lists and maps.

use std::borrow::Cow;

use super::Walk;
use crate::diag::{Code, Severity};
use crate::resource::{Field as Entry, PathStep, Tree, Value, lookup};
use crate::schema::table::{Field, Form, Limits, List, Map, Shape, Type, TypeId, Unique};
use crate::schema::{cel, overlay, suggest};

impl Walk<'_> {
    /// A value against its shape.
    pub(super) fn value(&mut self, shape: &Shape, tree: &Tree) {
        let before = self.found.len();
        match (&shape.form, &tree.value) {
            (Form::Any, _) => {}
            (_, Value::Null) if shape.nullable || self.kind.group.is_empty() => return,
            (Form::Object(id), Value::Map(_)) => self.object(*id, tree),
            (Form::List(list), Value::List(items)) => self.list(list, tree, items),
            (Form::Map(map), Value::Map(entries)) => self.map(map, tree, entries),
            (Form::AnyObject, Value::Map(_)) => {}
            _ => {
                self.scalar(shape, tree);
                self.multiple(shape.multiple, tree);
            }
        }
        if self.found.len() == before {
            self.only(&shape.only, tree);
        }
        // A value of the wrong type is one mistake, not many.
        if self.found.len() == before || matches!(tree.value, Value::List(_) | Value::Map(_)) {
            self.rules(shape, tree);
        }
    }

    fn rules(&mut self, shape: &Shape, tree: &Tree) {
        let fits = match &shape.form {
            Form::Object(_) | Form::Map(_) | Form::AnyObject => matches!(tree.value, Value::Map(_)),
            Form::List(_) => matches!(tree.value, Value::List(_)),
            _ => true,
        };
        if !fits {
            return;
        }
        for rule in &shape.rules {
            let asked = || cel::Asked::of(self.conform.table.asked(*rule)?).broken(tree);
            let Some(fault) = cel::broken(*rule, tree).or_else(asked) else { continue };
            let origins =
                [&fault.below, &fault.also].map(|path| lookup(tree, path).map(|tree| tree.origin.clone()));
            let violation = self.refuse_as(fault.code, tree, fault.message);
            let [main, also] = origins;
            let main = main.unwrap_or_else(|| tree.origin.clone());
            violation.origins = [main].into_iter().chain(also.filter(|_| !fault.also.is_empty())).collect();
            violation.at.extend(fault.below);
            violation.helps.extend(fault.help.map(Cow::into_owned));
        }
    }

    /// An object against its type.
    pub(super) fn object(&mut self, id: TypeId, tree: &Tree) {
        let ty = self.conform.table.ty(id);
        let Value::Map(entries) = &tree.value else { return };
        self.entries(ty, entries);
        for field in ty.fields.iter().filter(|field| field.required && field.default.is_none()) {
            if tree.get(&field.name).is_none_or(|tree| tree.value == Value::Null) {
                let message = format!("has no `{}`, which must be there", field.name);
                self.refuse_as(Code::MISSING_FIELD, tree, message).of_field(&field.name);
            }
        }
        self.one_of(tree);
        self.excluded(ty, tree);
    }

    /// The fields of an object, each for itself.
    pub(super) fn entries(&mut self, ty: &Type, entries: &[Entry]) {
        for entry in entries {
            match ty.field(&entry.name) {
                Some(field) => self.field(ty, field, entry),
                None if ty.open || self.is_status(&entry.name) => {}
                None => self.unknown(ty, entry),
            }
        }
    }

    /// Fields of which at most one may be there.
    pub(super) fn excluded(&mut self, ty: &Type, tree: &Tree) {
        for group in &ty.groups {
            let there: Vec<&str> = group
                .iter()
                .map(|name| &**name)
                .filter(|name| tree.get(name).is_some_and(|tree| tree.value != Value::Null))
                .collect();
            if let [first, second, ..] = there.as_slice() {
                let message = format!("has both `{first}` and `{second}`, which exclude each other");
                let origins = [second, first].into_iter().filter_map(|name| tree.get(name));
                let origins = origins.map(|tree| tree.origin.clone()).collect();
                let names: Vec<String> = group.iter().map(|name| format!("`{name}`")).collect();
                let violation = self.refuse_as(Code::CONFLICTING_FIELDS, tree, message);
                violation.origins = origins;
                violation.of_field(second).note(format!("at most one of {} may be there", names.join(", ")));
            }
        }
    }

    /// Exactly one of some fields, where the schema leaves that out.
    fn one_of(&mut self, tree: &Tree) {
        let Some(fields) = overlay::one_of(&self.kind.group, &self.kind.name, self.names()) else { return };
        let there = |field: &&&str| tree.get(field).is_some_and(|tree| tree.value != Value::Null);
        let there: Vec<&str> = fields.iter().filter(there).copied().collect();
        let names: Vec<String> = fields.iter().map(|name| format!("`{name}`")).collect();
        let note = format!("there must be one of {}", names.join(", "));
        match there.as_slice() {
            [] => {
                self.refuse_as(Code::MISSING_FIELD, tree, "says nothing of what issues").note(note);
            }
            [first, second, ..] => {
                let origins = [second, first].into_iter().filter_map(|name| tree.get(name));
                let origins = origins.map(|tree| tree.origin.clone()).collect();
                let message = format!("has both `{first}` and `{second}`, which exclude each other");
                let violation = self.refuse_as(Code::CONFLICTING_FIELDS, tree, message);
                violation.origins = origins;
                violation.of_field(second).note(note);
            }
            [_] => {}
        }
    }

    /// What the cluster writes, and nobody else needs to.
    fn is_status(&self, name: &str) -> bool {
        self.path.is_empty() && name == "status"
    }

    fn field(&mut self, ty: &Type, field: &Field, entry: &Entry) {
        self.path.push(PathStep::Field(field.name.to_string()));
        if !self.kind.releases.is_empty() && field.since.is_some_and(|since| since > self.conform.istio) {
            self.newer(&entry.tree, field.since, "it");
        } else if entry.tree.value != Value::Null || field.shape.nullable {
            self.deprecated(ty, &entry.tree);
            self.value(&field.shape, &entry.tree);
        } else if !field.required {
            self.null(&field.shape, &entry.tree, &field.word);
        }
        self.path.pop();
    }

    /// Refuses a null that took nothing away and may not stand: `create` drops it, a server-side apply is refused. The core's
    /// kinds take it for nothing.
    fn null(&mut self, shape: &Shape, tree: &Tree, word: &str) {
        if self.is_part || self.kind.group.is_empty() || shape.form == Form::Any {
            return;
        }
        let violation = self.refuse(tree, "can't be null");
        violation.mark("nothing stands here that it would remove");
        violation.help(format!("leave `{word}` out: what is not said is not there"));
    }

    /// Refuses what came after the project's release of Istio.
    pub(super) fn newer(&mut self, tree: &Tree, since: Option<crate::schema::Version>, what: &str) {
        let (Some(since), held) = (since, self.conform.istio) else { return };
        let message = format!("came with Istio {since}, and the project holds to {held}");
        self.refuse_as(Code::NEWER_FIELD, tree, message).help(format!(
            "leave {what} out, or say `istio \"{since}\"` in gatewright.kdl once every cluster runs it"
        ));
    }

    fn deprecated(&mut self, ty: &Type, tree: &Tree) {
        let (group, kind) = (&self.kind.group, &self.kind.name);
        let Some(found) = overlay::deprecation(group, kind, self.names()) else { return };
        let successor = ty.field(found.successor);
        let violation = self.refuse_as(Code::DEPRECATED_FIELD, tree, "is deprecated");
        violation.severity = Severity::Warning;
        if let Some(field) = successor {
            violation.help(format!("write `{}` instead{}", field.name, after(found.note)));
        } else if !found.note.is_empty() {
            violation.note(found.note);
        }
    }

    fn unknown(&mut self, ty: &Type, entry: &Entry) {
        let mut names: Vec<&str> = ty.fields.iter().map(|field| &*field.name).collect();
        names.sort_unstable();
        let known: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let below = self.conform.table.below(ty, &entry.name);
        let meant = ty.meant(&entry.name);
        let violation =
            self.refuse_as(Code::UNKNOWN_FIELD, &entry.tree, format!("has no field `{}`", entry.name));
        violation.of_field(&entry.name);
        match (meant, below.as_slice()) {
            (Some(field), _) if suggest::folded(&field.name) == suggest::folded(&entry.name) => {
                violation.label(format!("it is called `{}`", field.name));
            }
            (meant, [way, ..]) if meant.is_none() || way.len() == 2 => {
                if let (Some(name), Some(places)) = (way.last(), suggest::places(&below)) {
                    violation.label(format!("`{name}` stands in {places}"));
                }
            }
            (Some(field), _) => {
                violation.label(format!("did you mean `{}`?", field.name));
            }
            (None, _) => {
                violation.label("not known");
            }
        }
        violation.note(match known.as_slice() {
            [] => "it has no fields at all".to_owned(),
            known => format!("it has {}", known.join(", ")),
        });
    }

    fn list(&mut self, list: &List, tree: &Tree, items: &[Tree]) {
        self.length(&list.length, items.len(), tree, "items");
        for (i, item) in items.iter().enumerate() {
            self.path.push(PathStep::Index(i));
            self.value(&list.item, item);
            self.expression(item);
            let before = if list.unique == Unique::No { 0 } else { i };
            if let Some(first) = items.iter().take(before).find(|other| self.same(list, other, item)) {
                let what = match &list.unique {
                    Unique::Keys(keys) => format!("has the same {} as another item", quoted(keys, " and ")),
                    Unique::Item | Unique::No => "is there twice".to_owned(),
                };
                let origins = vec![item.origin.clone(), first.origin.clone()];
                self.refuse(item, what).origins = origins;
            }
            self.path.pop();
        }
    }

    /// Whether two items of a list have in common what they may not.
    fn same(&self, list: &List, a: &Tree, b: &Tree) -> bool {
        match &list.unique {
            Unique::No => false,
            Unique::Item => equal(a, b),
            Unique::Keys(keys) => {
                let ty = self.conform.table.object(&list.item);
                keys.iter().all(|key| {
                    let default = ty.and_then(|ty| ty.field(key)).and_then(|field| field.default.as_deref());
                    match (a.get(key), b.get(key)) {
                        (Some(a), Some(b)) => equal(a, b),
                        (None, None) => true,
                        (Some(one), None) | (None, Some(one)) => {
                            default.is_some_and(|default| one.as_str() == Some(default.trim_matches('"')))
                        }
                    }
                })
            }
        }
    }

    fn map(&mut self, map: &Map, tree: &Tree, entries: &[Entry]) {
        self.length(&map.length, entries.len(), tree, "entries");
        for entry in entries {
            self.path.push(PathStep::Field(entry.name.to_string()));
            let before = self.found.len();
            match entry.tree.value {
                Value::Null if !map.value.nullable => self.null(&map.value, &entry.tree, &entry.name),
                _ => self.value(&map.value, &entry.tree),
            }
            if self.found.len() == before {
                self.chosen(entry);
            }
            self.path.pop();
        }
    }

    /// A count against its limits.
    pub(super) fn length(&mut self, limits: &Limits<u64>, count: usize, tree: &Tree, what: &str) {
        let count = count as u64;
        if limits.hold(&count) {
            return;
        }
        let allowed = match (limits.min, limits.max) {
            (Some(min), Some(max)) if min == max => format!("must have {min}"),
            (Some(min), Some(max)) => format!("must have {min} to {max}"),
            (Some(min), None) => format!("must have at least {min}"),
            (None, Some(max)) => format!("must have at most {max}"),
            (None, None) => return,
        };
        let label = if limits.max.is_some_and(|max| count > max) { "too many" } else { "too few" };
        self.refuse(tree, format!("has {count} {what} and {allowed}")).mark(label);
    }
}

/// Whether two values are equal, whatever decided them.
fn equal(a: &Tree, b: &Tree) -> bool {
    match (&a.value, &b.value) {
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Map(a), Value::Map(many)) => {
            a.len() == many.len()
                && a.iter().all(|field| b.get(&field.name).is_some_and(|b| equal(&field.tree, b)))
        }
        (a, b) => a == b,
    }
}

/// A note behind a sentence.
pub(super) fn after(note: &str) -> String {
    if note.is_empty() { String::new() } else { format!("; {note}") }
}

fn quoted(names: &[Box<str>], separator: &str) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(separator)
}
