//! Trees → nodes of a spec: the inverse of reading.

use super::print::{Node, literal};
use super::untyped::looks_like_items;
use super::value::quote_if_needed;
use crate::schema::table::{List, Map};
use crate::schema::{Form, Shape, Table, Type};
use crate::spec::annotation::{Annotation, Field as By, Form as As};
use crate::spec::tree::{Field, Tree, Value};

/// Writes trees by a table.
#[derive(Clone, Copy)]
pub(crate) struct Writer<'t> {
    /// What is known.
    pub(crate) table: &'t Table,
}

impl Writer<'_> {
    /// Adds the fields of an object. What does not fit its type is written beside it, so that nothing is lost.
    pub(crate) fn fields(self, ty: &Type, fields: &[Field], node: &mut Node) {
        for field in fields {
            let known = ty.field(&field.name).filter(|known| ty.by_word(&known.word).is_some());
            let written = known.is_some_and(|known| self.field(&known.shape, &known.word, &field.tree, node));
            if !written {
                node.children.push(raw(By::Raw, &field.name, &field.tree));
            }
        }
    }

    /// Adds one field, if its value has the shape; says whether.
    fn field(self, shape: &Shape, word: &str, tree: &Tree, node: &mut Node) -> bool {
        if tree.value == Value::Null {
            node.children.push(Node { arguments: vec!["#null".to_owned()], ..Node::new(word) });
            return true;
        }
        if let Some(value) = self.one_value(shape, &tree.value) {
            node.properties.push((word.to_owned(), value));
            return true;
        }
        let nodes = match (&shape.form, &tree.value) {
            (Form::List(list), Value::List(items)) => self.list(list, word, items),
            (Form::Map(map), Value::Map(entries)) => self.map(map, word, entries).map(|node| vec![node]),
            (Form::Object(id), Value::Map(fields)) => {
                let mut child = Node::new(word);
                self.fields(self.table.ty(*id), fields, &mut child);
                Some(vec![child])
            }
            (Form::Any, _) | (Form::AnyObject, Value::Map(_)) => Some(vec![untyped(word, &tree.value)]),
            _ => None,
        };
        match nodes {
            Some(nodes) => node.children.extend(nodes),
            None => return false,
        }
        true
    }

    /// A value that a shape takes on a node's line: a scalar, or the object that stands for one.
    fn one_value(self, shape: &Shape, value: &Value) -> Option<String> {
        let wrapped = self.table.object(shape).and_then(Type::wrapped);
        match (wrapped, value) {
            (Some(inner), Value::Map(fields)) => match fields.as_slice() {
                [only] if *only.name == *inner.name && only.tree.value != Value::Null => {
                    scalar(&inner.shape.form, &only.tree.value)
                }
                _ => None,
            },
            (Some(_), _) => None,
            (None, value) => scalar(&shape.form, value),
        }
    }

    fn list(self, list: &List, word: &str, items: &[Tree]) -> Option<Vec<Node>> {
        let array = Annotation { field: By::Word, form: As::Array };
        if items.is_empty() {
            return Some(vec![Node { annotation: Some(array), ..Node::new(word) }]);
        }
        let value = |item: &Tree| match &item.value {
            Value::Null => Some("#null".to_owned()),
            value => self.one_value(&list.item, value),
        };
        if let Some(values) = items.iter().map(value).collect::<Option<Vec<_>>>() {
            let alone = matches!(items, [Tree { value: Value::Null, .. }])
                || items.iter().all(|item| item.value == Value::Null);
            let annotation = alone.then_some(array);
            return Some(vec![Node { annotation, arguments: values, ..Node::new(word) }]);
        }
        let item = |item: &Tree| match (&list.item.form, &item.value) {
            (_, Value::Null) => None,
            (Form::Object(id), Value::Map(fields)) => {
                let mut node = Node::new(word);
                match self.one_value(&list.item, &item.value) {
                    Some(value) => node.arguments.push(value),
                    None => self.fields(self.table.ty(*id), fields, &mut node),
                }
                Some(node)
            }
            (Form::Map(map), Value::Map(entries)) => self.map(map, word, entries),
            (Form::List(_), Value::List(inner)) if inner.len() == 1 => {
                let items = inner.iter().map(|item| untyped("-", &item.value)).collect();
                Some(Node { children: items, ..Node::new(word) })
            }
            (Form::Any | Form::AnyObject | Form::List(_), value) => {
                // `(array)` would be the list's own.
                let node = untyped(word, value);
                node.annotation.is_none_or(|annotation| annotation.form != As::Array).then_some(node)
            }
            _ => None,
        };
        items.iter().map(item).collect()
    }

    fn map(self, map: &Map, word: &str, entries: &[Field]) -> Option<Node> {
        let mut node = Node::new(word);
        for entry in entries {
            if !self.field(&map.value, &entry.name, &entry.tree, &mut node) {
                node.children.push(raw(By::Raw, &entry.name, &entry.tree));
            }
        }
        Some(node)
    }
}

/// A value as a form takes it, exactly.
fn scalar(form: &Form, value: &Value) -> Option<String> {
    match (form, value) {
        (Form::Enum(choices), Value::String(text)) => {
            choices.iter().any(|choice| *choice.value == **text).then(|| quote_if_needed(text))
        }
        (Form::Bool, Value::Bool(_))
        | (Form::Int(_), Value::Int(_))
        | (Form::Number(_), Value::Int(_) | Value::Float(_))
        | (Form::Text(_), Value::String(_))
        | (Form::IntOrString, Value::Int(_) | Value::String(_)) => literal(value),
        _ => None,
    }
}

/// A field by its exact name, as if nothing were known of it.
pub(crate) fn raw(by: By, name: &str, tree: &Tree) -> Node {
    let mut node = untyped(name, &tree.value);
    let form = node.annotation.map_or(As::Seen, |annotation| annotation.form);
    node.annotation = Some(Annotation { field: by, form });
    node
}

/// A node that reads as this value where the table says nothing.
fn untyped(name: &str, value: &Value) -> Node {
    let mut node = Node::new(name);
    let annotate = |form| Some(Annotation { field: By::Word, form });
    match value {
        Value::List(items) => {
            let values: Option<Vec<_>> = items.iter().map(|item| literal(&item.value)).collect();
            match values {
                Some(values) => {
                    node.annotation = if values.len() < 2 { annotate(As::Array) } else { None };
                    node.arguments = values;
                }
                None => node.children = items.iter().map(|item| untyped("-", &item.value)).collect(),
            }
        }
        Value::Map(fields) => {
            node.annotation = if looks_like_items(value) { annotate(As::Object) } else { None };
            for field in fields {
                match literal(&field.tree.value) {
                    Some(value) => node.properties.push((field.name.to_string(), value)),
                    None => node.children.push(untyped(&field.name, &field.tree.value)),
                }
            }
        }
        value => node.arguments.extend(literal(value)),
    }
    node
}
