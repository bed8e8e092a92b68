//! Several values without names where fields may stand: the fields that are meant, in the order of the values.

use super::nameless::field_for;
use super::object::Words;
use super::value::fold_value;
use crate::schema::{Field, Form, Type};
use crate::spec::syntax::{Node, Scalar, Value as Written};

impl<'t> Words<'t, '_, '_> {
    /// How a node is written whose first value is one field's, and each further one another's, or all of them those of one list.
    pub(super) fn in_turn(&self, ty: &Type, node: &Node) -> Option<String> {
        let values = node.entries.iter().filter(|entry| entry.key.is_none()).map(|entry| &entry.value);
        let values: Vec<&Written> = values.collect();
        let [first, rest @ ..] = values.as_slice() else { return None };
        let mut named = vec![(field_for(ty, &first.scalar)?, *first)];
        let said = |field: &Field| {
            let properties = node.entries.iter().filter_map(|entry| entry.key.as_ref());
            let mut names = properties.chain(node.children.iter().map(|child| &child.name));
            names.any(|name| name.as_str() == &*field.word)
        };
        let mut listed = Vec::new();
        for value in rest {
            let is_free =
                |field: &&Field| !said(field) && named.iter().all(|(other, _)| other.name != field.name);
            let next = ty.fields.iter().filter(is_free).find(|field| self.is_for(field, &value.scalar));
            match next.filter(|_| listed.is_empty()) {
                Some(field) => named.push((field, *value)),
                None => listed.push(self.cx.written(value.span)),
            }
        }
        let line = named.iter().map(|(field, value)| {
            let token = self.cx.written(value.span);
            format!(" {}={token}", field.word)
        });
        let line = format!("{}{}", node.name.as_str(), line.collect::<String>());
        if listed.is_empty() {
            return Some(format!("name the fields: `{line}`"));
        }
        let list = list_of(ty).filter(|field| !said(field))?;
        Some(format!("name the fields: `{line} {{ {} {} }}`", list.word, listed.join(" ")))
    }

    /// Whether a field beside the first is likely for a value: one of its words, or a number where no text is.
    fn is_for(&self, field: &Field, value: &Scalar) -> bool {
        let inner = self.table.object(&field.shape).and_then(Type::wrapped);
        match (&inner.map_or(&field.shape, |inner| &inner.shape).form, value) {
            (Form::Enum(choices), Scalar::Text(text)) => {
                choices.iter().any(|choice| fold_value(&choice.value) == fold_value(text.as_str()))
            }
            (Form::Int(_), Scalar::Int(_)) => &*field.name == "port",
            _ => false,
        }
    }
}

/// The list of plain values that is mostly meant: the one called so, or the only one.
fn list_of(ty: &Type) -> Option<&Field> {
    let is_list =
        |field: &&Field| matches!(&field.shape.form, Form::List(list) if list.item.form.is_scalar());
    let mut lists = ty.fields.iter().filter(is_list);
    let only = lists.next().filter(|_| lists.next().is_none());
    ty.field("values").filter(is_list).or(only)
}
