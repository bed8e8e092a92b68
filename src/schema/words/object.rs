//! Nodes → objects, lists and maps of the table.

use super::path::WordPath;
use crate::diag::{Code, Diagnostic};
use crate::schema::{Field, Form, Shape, Table, Type};
use crate::spec::annotation::{Annotation, Field as By};
use crate::spec::node::context::Context;
use crate::spec::origin::Origin;
use crate::spec::source::{Span, Text};
use crate::spec::syntax::{Entry, Node, Value as Written};
use crate::spec::tree::{Field as TreeField, Tree, Value};

/// Reads words by a table.
pub(crate) struct Words<'t, 'c, 's> {
    /// What is known.
    pub(crate) table: &'t Table,
    /// Where complaints go.
    pub(crate) cx: &'c mut Context<'s>,
    /// Where the reader stands.
    pub(crate) path: WordPath,
    /// What is known of the node where the reader stands, if it is one of ours.
    pub(super) ours: Option<&'static Ours>,
    /// Whether the next object is a whole one, in which `(top)` may stand.
    pub(super) top: bool,
    /// Objects and lists of which a part could not be read, by the places of their words. Each was complained about.
    pub(crate) broken: Vec<Span>,
}

/// What is said of our own words around a place, each by what messages call the word.
pub(crate) struct Ours {
    /// Where a decision is written, of which the code may be known.
    pub(crate) decision: fn(&str, Option<&str>) -> String,
    /// How its name or namespace is said, by which of the two it is and its value.
    pub(crate) identity: fn(&str, &str, &str) -> Option<String>,
}

/// What a node holds: its properties, and the nodes in its braces.
#[derive(Debug, Clone, Default)]
pub(crate) struct Body<'n> {
    /// `name=value`, as written.
    pub(crate) properties: Vec<(&'n Text, &'n Written)>,
    /// The nodes, as written.
    pub(crate) children: Vec<&'n Node>,
}

impl<'n> Body<'n> {
    pub(crate) fn of(node: &'n Node) -> Self {
        let property = |entry: &'n Entry| entry.key.as_ref().map(|key| (key, &entry.value));
        Self {
            properties: node.entries.iter().filter_map(property).collect(),
            children: node.children.iter().collect(),
        }
    }

    /// The first value of a node.
    fn first(node: &'n Node) -> Option<&'n Written> {
        node.entries.first().map(|entry| &entry.value)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.properties.is_empty() && self.children.is_empty()
    }
}

/// The fields of an object so far, each with the place of its name.
#[derive(Debug, Default)]
pub(crate) struct Found {
    names: Vec<(String, Span)>,
    fields: Vec<TreeField>,
    broken: bool,
}

impl Found {
    /// Where the name of a field stands that was said.
    pub(super) fn place(&self, name: &str) -> Option<Span> {
        self.names.iter().find(|(said, _)| said == name).map(|(_, at)| *at)
    }

    /// Takes a field in, or complains that it was said before. `None` could not be read.
    pub(super) fn put(&mut self, cx: &mut Context<'_>, name: &str, at: Span, tree: Option<Tree>) {
        if let Some(first) = self.place(name) {
            crate::spec::node::context::said_twice(cx, name, first, at);
            self.broken = true;
            return;
        }
        self.names.push((name.to_owned(), at));
        match tree {
            Some(tree) => self.fields.push(TreeField { name: name.to_owned().into(), tree }),
            None => self.broken = true,
        }
    }
}

impl<'t, 'c, 's> Words<'t, 'c, 's> {
    /// A reader that stands at a node; `called` is what messages call it, as `an AuthorizationPolicy`.
    pub(crate) fn new(table: &'t Table, cx: &'c mut Context<'s>, called: impl Into<String>) -> Self {
        Self { table, cx, path: WordPath::new(called), ours: None, top: false, broken: Vec::new() }
    }
}

impl<'t> Words<'t, '_, '_> {
    /// The same at a node of ours.
    pub(crate) fn of(self, ours: &'static Ours) -> Self {
        Self { ours: Some(ours), ..self }
    }

    /// What could be read of an object.
    pub(super) fn finish(&mut self, found: Found, origin: &Origin) -> Tree {
        if found.broken {
            self.broken.extend(origin.spans());
        }
        Tree { value: Value::Map(found.fields), origin: origin.clone() }
    }

    /// The fields of an object of type `ty` that a body says. Complaints name `self.path`.
    pub(crate) fn object(&mut self, ty: &'t Type, origin: &Origin, body: &Body<'_>) -> Tree {
        let mut found = Found::default();
        let top = std::mem::take(&mut self.top);
        for (key, value) in &body.properties {
            if self.decision(ty, key, Some(value)) {
                found.broken = true;
                continue;
            }
            if self.is_kept(ty, key) {
                let tree = self.untyped_value(key, value);
                found.put(self.cx, key.as_str(), key.span(), tree);
                continue;
            }
            let field = match self.field(ty, (key, Some(value)), true) {
                Ok(field) => field,
                Err(meant) => {
                    found.broken = true;
                    meant.and_then(|meant| self.property(meant, key, value));
                    continue;
                }
            };
            if let Some(first) = found.place(&field.name) {
                self.said_again(field, body, (first, key.span()));
                found.broken = true;
                continue;
            }
            let tree = self.property(field, key, value);
            found.put(self.cx, &field.name, key.span(), tree);
        }
        let plain = |shape: &Shape| shape.innermost().form.is_scalar() && !matches!(shape.form, Form::Map(_));
        let (slots, misnamed) = self.slots(ty, top, &body.children, &mut found);
        for (slot, nodes) in slots {
            let Some(first) = nodes.first() else { continue };
            let tree = match slot {
                Slot::Known(field) if plain(&field.shape) && self.plural_meant(ty, field, &nodes) => None,
                Slot::Known(field) => self.of_nodes(field, body, &nodes),
                Slot::Raw(_) => self.raw(&nodes),
            };
            match (slot, found.place(slot.name())) {
                (Slot::Known(field), Some(earlier)) => {
                    self.said_again(field, body, (earlier, first.name.span()));
                    found.broken = true;
                }
                _ => found.put(self.cx, slot.name(), first.name.span(), tree),
            }
        }
        // What stands in a node with a wrong name has mistakes of its own.
        for (field, node) in misnamed {
            let tree = self.value(&field.shape, &field.word, &[node]);
            if found.place(&field.name).is_none() {
                found.put(self.cx, &field.name, node.name.span(), tree);
            }
        }
        self.finish(found, origin)
    }

    /// Children by the field that they are, in the order of the first of each; then those with a wrong name.
    fn slots<'n>(
        &mut self,
        ty: &'t Type,
        top: bool,
        children: &[&'n Node],
        found: &mut Found,
    ) -> Slots<'t, 'n> {
        let mut slots: Vec<(Slot<'t, 'n>, Vec<&'n Node>)> = Vec::new();
        let mut misnamed = Vec::new();
        for child in children {
            let slot = match annotation(child).field {
                By::Word if self.decision(ty, &child.name, Body::first(child)) => None,
                By::Word if self.is_kept(ty, &child.name) => Some(Slot::Raw(child.name.as_str())),
                By::Word => match self.field(ty, (&child.name, Body::first(child)), false) {
                    Ok(field) => Some(Slot::Known(field)),
                    Err(meant) => {
                        let is_bare = child.entries.is_empty() && child.children.is_empty();
                        misnamed.extend(meant.filter(|_| !is_bare).map(|meant| (meant, *child)));
                        None
                    }
                },
                By::Top if !top => {
                    self.misplaced_top(child);
                    None
                }
                By::Raw | By::Top if self.known_as_word(ty, child) => None,
                By::Top => Some(Slot::Raw(child.name.as_str())),
                By::Raw => {
                    self.known_by_now(ty, child);
                    Some(Slot::Raw(child.name.as_str()))
                }
            };
            let Some(slot) = slot else {
                found.broken = true;
                continue;
            };
            match slots.iter_mut().find(|(known, _)| *known == slot) {
                Some((_, nodes)) => nodes.push(child),
                None => slots.push((slot, vec![child])),
            }
        }
        (slots, misnamed)
    }

    /// `name=value`.
    fn property(&mut self, field: &'t Field, key: &Text, written: &Written) -> Option<Tree> {
        let origin = Origin::spec(key.span()).and(&Origin::spec(written.span));
        let wrapped = self.wrapped(&field.shape);
        let shape = wrapped.map_or(&field.shape, |inner| &inner.shape);
        if shape.form.is_scalar() {
            let value = self.scalar(shape, &field.word, written)?;
            return Some(wrap(Tree { value, origin }, wrapped));
        }
        if shape.form == Form::Any {
            return self.untyped_value(key, written);
        }
        self.not_a_value(&shape.form, key, written);
        None
    }

    /// A field's value, from all nodes of its word.
    pub(super) fn value(&mut self, shape: &'t Shape, word: &str, nodes: &[&Node]) -> Option<Tree> {
        let [first, rest @ ..] = nodes else { return None };
        if rest.is_empty() && is_null(first) {
            let value = Value::Null;
            return Some(Tree { value, origin: whole(first) });
        }
        let is_value = |form: &Form| match form {
            Form::List(list) => list.item.form.is_scalar(),
            form => form.is_scalar(),
        };
        let deeper = !is_value(&shape.form);
        if deeper {
            self.path.push(word, matches!(shape.form, Form::List(_)));
        }
        let tree = match &shape.form {
            Form::List(list) => self.list(list, word, nodes),
            form => {
                for again in rest {
                    crate::spec::node::context::said_twice(
                        self.cx,
                        word,
                        first.name.span(),
                        again.name.span(),
                    );
                }
                self.broken.extend(rest.iter().map(|_| first.name.span()));
                match form {
                    Form::Map(map) => self.map(map, first),
                    Form::Object(id) => self.object_node(self.table.ty(*id), first),
                    Form::Any | Form::AnyObject => self.untyped(first, annotation(first).form),
                    _ => self.single(shape, word, first),
                }
            }
        };
        if deeper {
            self.path.pop();
        }
        tree
    }

    /// `name value`, or a bare `name` that is true.
    pub(super) fn single(&mut self, shape: &Shape, word: &str, node: &Node) -> Option<Tree> {
        let form = &shape.form;
        if !self.takes_values_only(word, node) || !self.is_plain(node) {
            return None;
        }
        match node.entries.as_slice() {
            [] if *form == Form::Bool => {
                Some(Tree { value: Value::Bool(true), origin: Origin::spec(node.name.span()) })
            }
            [only] => {
                let value = self.scalar(shape, word, &only.value)?;
                Some(Tree { value, origin: whole(node) })
            }
            [] => {
                let finding = Diagnostic::error(
                    Code::MISSING_WORD,
                    format!("`{word}` in {} needs a value: {}", self.path, self.expects(form)),
                );
                self.cx.error(finding.at(node.name.span(), "nothing stands behind it"));
                None
            }
            [_, second, ..] => {
                let finding = Diagnostic::error(Code::UNKNOWN_WORD, format!("`{word}` takes one value"))
                    .at(second.value.span, "one too many");
                let values: Vec<&Written> = node.entries.iter().map(|entry| &entry.value).collect();
                self.cx.error(match self.for_each(word, &values) {
                    Some(help) => finding.help(help),
                    None => finding,
                });
                None
            }
        }
    }

    /// An object as a node: its one value behind the name, or its fields.
    pub(super) fn object_node(&mut self, ty: &'t Type, node: &Node) -> Option<Tree> {
        if !self.is_plain(node) {
            return None;
        }
        let mut body = Body::of(node);
        if let (Some(inner), [only], true) = (ty.wrapped(), node.entries.as_slice(), body.is_empty()) {
            let value = self.scalar(&inner.shape, node.name.as_str(), &only.value)?;
            return Some(wrap(Tree { value, origin: whole(node) }, Some(inner)));
        }
        if !self.takes_no_values(Some(ty), node) {
            self.broken.push(node.name.span());
            if self.opened_on_line(ty, node).is_some() {
                body.children.clear();
            }
        }
        Some(self.object(ty, &Origin::spec(node.name.span()), &body))
    }

    /// A field beside the table.
    pub(super) fn raw(&mut self, nodes: &[&Node]) -> Option<Tree> {
        let [first, rest @ ..] = nodes else { return None };
        for again in rest {
            let name = first.name.as_str();
            crate::spec::node::context::said_twice(self.cx, name, first.name.span(), again.name.span());
        }
        self.broken.extend(rest.iter().map(|_| first.name.span()));
        self.untyped(first, annotation(first).form)
    }

    /// The only field of the object that a shape is, if a value may stand for it.
    pub(super) fn wrapped(&self, shape: &'t Shape) -> Option<&'t Field> {
        self.table.object(shape).and_then(Type::wrapped)
    }
}

/// Children by their fields, and those whose wrong name can only mean one.
type Slots<'t, 'n> = (Vec<(Slot<'t, 'n>, Vec<&'n Node>)>, Vec<(&'t Field, &'n Node)>);

/// Which field a child is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Slot<'t, 'n> {
    Known(&'t Field),
    Raw(&'n str),
}

impl Slot<'_, '_> {
    fn name(&self) -> &str {
        match self {
            Self::Known(field) => &field.name,
            Self::Raw(name) => name,
        }
    }
}

pub(super) fn annotation(node: &Node) -> Annotation {
    node.annotation.as_ref().map_or(Annotation::PLAIN, |annotation| annotation.value)
}

/// The name and all values of a node.
fn whole(node: &Node) -> Origin {
    let values = node.entries.iter().map(|entry| Origin::spec(entry.value.span));
    values.fold(Origin::spec(node.name.span()), |all, value| all.and(&value))
}

pub(super) fn wrap(tree: Tree, field: Option<&Field>) -> Tree {
    match field {
        Some(field) if tree.value != Value::Null => {
            let origin = tree.origin.clone();
            Tree::map(&origin).with(field.name.to_string(), tree)
        }
        _ => tree,
    }
}

pub(super) fn is_null_value(value: &Written) -> bool {
    matches!(value.scalar, crate::spec::syntax::Scalar::Null)
}

/// `name #null`, and nothing more.
pub(super) fn is_null(node: &Node) -> bool {
    let null = |entry: &Entry| entry.key.is_none() && is_null_value(&entry.value);
    node.annotation.is_none()
        && node.children.is_empty()
        && node.block.is_none()
        && matches!(node.entries.as_slice(), [only] if null(only))
}
