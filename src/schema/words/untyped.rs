//! Nodes of which the table knows nothing: keys verbatim.

use super::object::{Found, Words, annotation};
use crate::diag::{Code, Diagnostic};
use crate::spec::annotation::{Annotation, Field, Form};
use crate::spec::origin::Origin;
use crate::spec::source::Text;
use crate::spec::syntax::{Node, Value as Written};
use crate::spec::tree::{Tree, Value};

/// The name of a list's items.
const ITEM: &str = "-";

impl Words<'_, '_, '_> {
    /// The value that a node stands for.
    pub(super) fn untyped(&mut self, node: &Node, form: Form) -> Option<Tree> {
        let origin = Origin::spec(node.name.span());
        let arguments: Vec<_> = node.entries.iter().filter(|entry| entry.key.is_none()).collect();
        let has_properties = arguments.len() < node.entries.len();
        if !arguments.is_empty() && (has_properties || !node.children.is_empty() && form != Form::Array) {
            self.mixed(node);
            return None;
        }
        let all_items =
            !node.children.is_empty() && node.children.iter().all(|child| child.name.as_str() == ITEM);
        let is_item = |child: &&Node| child.name.as_str() == ITEM;
        let some_items = node.children.iter().any(|child| is_item(&child));
        if form == Form::Seen && some_items && (has_properties || !all_items) {
            self.stray(node);
            return None;
        }
        match (form, arguments.as_slice()) {
            (Form::Object, [first, ..]) => {
                self.cx.error(
                    Diagnostic::error(Code::WRONG_VALUE, "an `(object)` has fields, no values")
                        .at(first.value.span, "a value without a name")
                        .help("write `name=value`, or remove the `(object)`"),
                );
                None
            }
            (Form::Seen, [only]) => {
                let value = self.any_scalar(&only.value)?;
                Some(Tree { value, origin: origin.and(&Origin::spec(only.value.span)) })
            }
            (Form::Array, _) => {
                if has_properties || !(all_items || node.children.is_empty()) {
                    self.not_items(node);
                    return None;
                }
                self.any_items(node, &origin)
            }
            (Form::Seen, [_, ..]) => self.any_items(node, &origin),
            (Form::Seen, []) if all_items && !has_properties => self.any_items(node, &origin),
            (Form::Seen | Form::Object, []) => self.any_object(node, &origin),
        }
    }

    /// Arguments, then `-` children.
    fn any_items(&mut self, node: &Node, origin: &Origin) -> Option<Tree> {
        let mut items = Vec::new();
        let mut whole = true;
        for entry in &node.entries {
            match self.any_scalar(&entry.value) {
                Some(value) => {
                    items.push(Tree { value, origin: origin.and(&Origin::spec(entry.value.span)) })
                }
                None => whole = false,
            }
        }
        for child in &node.children {
            match self.untyped_child(child) {
                Some(item) => items.push(item),
                None => whole = false,
            }
        }
        if !whole {
            self.broken.extend(origin.spans());
        }
        Some(Tree::list(items, origin))
    }

    fn any_object(&mut self, node: &Node, origin: &Origin) -> Option<Tree> {
        let mut found = Found::default();
        for entry in &node.entries {
            let Some(key) = &entry.key else { continue };
            if self.colon_verbatim(key) {
                found.put(self.cx, key.as_str(), key.span(), None);
                continue;
            }
            let tree = self.untyped_value(key, &entry.value);
            found.put(self.cx, key.as_str(), key.span(), tree);
        }
        for child in &node.children {
            let tree = if self.colon_verbatim(&child.name) { None } else { self.untyped_child(child) };
            found.put(self.cx, child.name.as_str(), child.name.span(), tree);
        }
        Some(self.finish(found, origin))
    }

    /// `name=value`.
    pub(super) fn untyped_value(&mut self, key: &Text, value: &Written) -> Option<Tree> {
        let origin = Origin::spec(key.span()).and(&Origin::spec(value.span));
        self.any_scalar(value).map(|value| Tree { value, origin })
    }

    fn untyped_child(&mut self, child: &Node) -> Option<Tree> {
        let annotation = child.annotation.as_ref().map_or(Annotation::PLAIN, |annotation| annotation.value);
        if annotation.field != Field::Word {
            let at = child.annotation.as_ref().map_or(child.name.span(), |annotation| annotation.span);
            self.cx.error(
                Diagnostic::error(Code::WRONG_PLACE, "all names are taken as written here")
                    .at(at, "not needed")
                    .help("remove it; `(array)` and `(object)` are all that a node needs here"),
            );
            return None;
        }
        self.untyped(child, annotation.form)
    }

    fn mixed(&mut self, node: &Node) {
        let name = node.name.as_str();
        self.cx.error(
            Diagnostic::error(Code::WRONG_VALUE, format!("`{name}` has values and fields at once"))
                .at(node.head(), "a value, a list or an object, not two of them")
                .note("nothing is known about this field, so what is written decides what it is")
                .help(format!(
                    "write a list's items as children: `{name} {{ - 1; - {{ name \"value\" }} }}`"
                )),
        );
    }

    /// Complains about fields beside the items of a list.
    fn stray(&mut self, node: &Node) {
        let property = node.entries.iter().find_map(|entry| entry.key.as_ref());
        let child = || node.children.iter().map(|child| &child.name).find(|name| name.as_str() != ITEM);
        let Some(stray) = property.or_else(child) else { return };
        let (name, written) = (node.name.as_str(), stray.as_str());
        self.cx.error(
            Diagnostic::error(
                Code::WRONG_VALUE,
                format!("`{name}` has items and the field `{written}` at once"),
            )
            .at(stray.span(), "no item")
            .at(node.name.span(), "a list, since it has a `-`")
            .help(format!(
                "write it as an item, `- {{ {written} … }}`, or as a field of the item that it is meant for"
            ))
            .help(format!("or, if `-` is the name of a field: `(object){name}`")),
        );
    }

    fn not_items(&mut self, node: &Node) {
        let without = match annotation(node).field {
            Field::Raw => "write `(raw)` before the name",
            Field::Word | Field::Top => "remove the `(array)`",
        };
        self.cx.error(
            Diagnostic::error(Code::WRONG_VALUE, "an `(array)` has items, no fields")
                .at(node.head(), "fields that are no items")
                .help(format!("write each item as a `-`: `{{ - {{ name \"value\" }} }}`, or {without}")),
        );
    }
}

/// Whether an object can only be told from a list by `(object)`.
pub(super) fn looks_like_items(value: &Value) -> bool {
    matches!(value, Value::Map(fields) if fields.iter().any(|field| field.name == ITEM))
}
