//! Nodes → lists and maps of the table.

use super::object::{Body, Found, Words, annotation, is_null_value, wrap};
use crate::diag::{Code, Diagnostic};
use crate::schema::table::{List, Map};
use crate::schema::{Field, Form, Shape};
use crate::spec::annotation::{Field as By, Form as As};
use crate::spec::origin::Origin;
use crate::spec::syntax::Node;
use crate::spec::tree::Tree;

impl<'t> Words<'t, '_, '_> {
    /// All nodes of a list.
    pub(super) fn list(&mut self, list: &'t List, word: &str, nodes: &[&Node]) -> Option<Tree> {
        let mut items = Vec::new();
        let mut whole = !self.empty_beside(word, nodes);
        let mut origin: Option<Origin> = None;
        for node in nodes {
            let here = Origin::spec(node.name.span());
            origin = Some(origin.map_or(here.clone(), |origin| origin.and(&here)));
            match self.items(list, word, node) {
                Some(more) => items.extend(more),
                None => whole = false,
            }
        }
        let origin = origin?;
        if !whole {
            self.broken.extend(origin.spans());
        }
        Some(Tree::list(items, &origin))
    }

    /// Complains about an empty list beside items of the same field, whether it did.
    fn empty_beside(&mut self, word: &str, nodes: &[&Node]) -> bool {
        let is_empty = |node: &&&Node| {
            annotation(node).form == As::Array && node.entries.is_empty() && node.children.is_empty()
        };
        let empty = nodes.iter().find(is_empty);
        let (Some(empty), Some(item)) = (empty, nodes.iter().find(|node| !is_empty(node))) else {
            return false;
        };
        let list = match self.path.last() {
            Some(last) if last == word => self.path.to_string(),
            _ => format!("`{word}` in {}", self.path),
        };
        let message = format!("{list} is an empty list and has items at once");
        self.cx.error(
            Diagnostic::error(Code::CONFLICT, message)
                .at(empty.head(), "an empty list")
                .at(item.name.span(), "an item")
                .help("keep one of the two"),
        );
        true
    }

    /// The items that one node adds.
    fn items(&mut self, list: &'t List, word: &str, node: &Node) -> Option<Vec<Tree>> {
        let is_array = annotation(node).form == As::Array;
        let body = Body::of(node);
        let wrapped = self.wrapped(&list.item);
        let scalar =
            Some(wrapped.map_or(&list.item, |field| &field.shape)).filter(|shape| shape.form.is_scalar());
        let has_values = node.entries.len() > body.properties.len();
        match scalar {
            Some(_) if body.is_empty() && (has_values || is_array) => {
                self.values(scalar, wrapped, word, node)
            }
            _ if is_array
                && body.is_empty()
                && node.entries.iter().all(|entry| is_null_value(&entry.value)) =>
            {
                self.values(None, None, word, node)
            }
            _ if is_array => {
                let at = node.head();
                self.cx.error(
                    Diagnostic::error(
                        Code::WRONG_VALUE,
                        format!("an `(array){word}` lists values on its line"),
                    )
                    .at(at, "fields of an item")
                    .help(format!("remove `(array)`: a bare `{word} {{ … }}` is an item already")),
                );
                None
            }
            Some(_) if wrapped.is_none() => {
                if self.takes_values_only(word, node) {
                    let finding = Diagnostic::error(
                        Code::MISSING_WORD,
                        format!("`{word}` in {} needs values", self.path),
                    );
                    self.cx.error(
                        finding
                            .at(node.name.span(), "nothing stands behind it")
                            .help(format!("write `{word} \"…\"`, or `(array){word}` for an empty list")),
                    );
                }
                None
            }
            _ => {
                let item = match &list.item.form {
                    Form::Object(id) => self.object_node(self.table.ty(*id), node),
                    Form::Map(map) => self.map(map, node),
                    _ => self.untyped(node, annotation(node).form),
                };
                item.map(|item| vec![item])
            }
        }
    }

    /// Values side by side, each an item; of any kind without a shape.
    fn values(
        &mut self,
        shape: Option<&Shape>,
        wrapped: Option<&Field>,
        word: &str,
        node: &Node,
    ) -> Option<Vec<Tree>> {
        let mut items = Vec::new();
        let mut whole = true;
        for entry in &node.entries {
            let value = match shape {
                None => self.any_scalar(&entry.value),
                Some(shape) => self.scalar(shape, word, &entry.value),
            };
            let origin = Origin::spec(node.name.span()).and(&Origin::spec(entry.value.span));
            match value {
                Some(value) => items.push(wrap(Tree { value, origin }, wrapped)),
                None => whole = false,
            }
        }
        if !whole {
            self.broken.push(node.name.span());
        }
        Some(items)
    }

    /// A node whose keys are the user's own.
    pub(super) fn map(&mut self, map: &'t Map, node: &Node) -> Option<Tree> {
        if self.pairs_meant(map, node) || !self.takes_no_values(None, node) || !self.is_plain(node) {
            return None;
        }
        let mut found = Found::default();
        let body = Body::of(node);
        for (key, written) in &body.properties {
            if self.colon(map, key, Some(written)) {
                found.put(self.cx, key.as_str(), key.span(), None);
                continue;
            }
            self.called_as_word(map, key, written);
            let origin = Origin::spec(key.span()).and(&Origin::spec(written.span));
            let wrapped = self.wrapped(&map.value);
            let shape = wrapped.map_or(&map.value, |field| &field.shape);
            let tree = if shape.form.is_scalar() {
                self.scalar(shape, key.as_str(), written).map(|value| wrap(Tree { value, origin }, wrapped))
            } else if shape.form == Form::Any {
                self.any_scalar(written).map(|value| Tree { value, origin })
            } else {
                self.not_a_value(&shape.form, key, written);
                None
            };
            found.put(self.cx, key.as_str(), key.span(), tree);
        }
        let mut keys: Vec<(&str, Vec<&Node>)> = Vec::new();
        for child in body.children {
            match keys.iter_mut().find(|(key, _)| *key == child.name.as_str()) {
                Some((_, nodes)) => nodes.push(child),
                None => keys.push((child.name.as_str(), vec![child])),
            }
        }
        for (key, nodes) in keys {
            let Some(first) = nodes.first() else { continue };
            let tree = match annotation(first).field {
                By::Word if self.is_no_name(map, first) => None,
                By::Word => self.value(&map.value, key, &nodes),
                By::Raw => self.raw(&nodes),
                By::Top => {
                    self.misplaced_top(first);
                    None
                }
            };
            found.put(self.cx, key, first.name.span(), tree);
        }
        Some(self.finish(found, &Origin::spec(node.name.span())))
    }
}
