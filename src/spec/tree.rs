//! A Kubernetes object as JSON in which every value and every field knows its origin.

use std::borrow::Cow;

use super::origin::{Origin, Traced};

/// A JSON value with its reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// The value.
    pub value: Value,
    /// What decided it.
    pub origin: Origin,
}

/// What a [`Tree`] holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    String(Cow<'static, str>),
    /// A list, in order.
    List(Vec<Tree>),
    /// An object; fields keep their order, names are unique.
    Map(Vec<Field>),
}

/// A field of an object. That it is there at all has the reason of its tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The name as Kubernetes spells it.
    pub name: Cow<'static, str>,
    /// Its value.
    pub tree: Tree,
}

/// Whether two objects have equal fields in the same order, whatever decided them.
#[must_use]
pub fn same_fields(mine: &[Field], theirs: &[Field]) -> bool {
    mine.len() == theirs.len()
        && mine.iter().zip(theirs).all(|(a, b)| a.name == b.name && a.tree.same(&b.tree))
}

impl Tree {
    /// A string.
    pub fn string(value: impl Into<Cow<'static, str>>, origin: &Origin) -> Self {
        Self { value: Value::String(value.into()), origin: origin.clone() }
    }

    /// A whole number.
    #[must_use]
    pub fn int(value: i64, origin: &Origin) -> Self {
        Self { value: Value::Int(value), origin: origin.clone() }
    }

    /// A truth value.
    #[must_use]
    pub fn bool(value: bool, origin: &Origin) -> Self {
        Self { value: Value::Bool(value), origin: origin.clone() }
    }

    /// A list.
    #[must_use]
    pub fn list(items: Vec<Self>, origin: &Origin) -> Self {
        Self { value: Value::List(items), origin: origin.clone() }
    }

    /// An object without fields.
    #[must_use]
    pub fn map(origin: &Origin) -> Self {
        Self { value: Value::Map(Vec::new()), origin: origin.clone() }
    }

    /// A string whose value and reason belong together.
    pub fn traced<T: ToString>(value: &Traced<T>) -> Self {
        Self::string(value.value.to_string(), &value.origin)
    }

    /// The object with one more field; a field of that name is replaced. Anything but an object stays as it is.
    #[must_use]
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, tree: Self) -> Self {
        if let Value::Map(fields) = &mut self.value {
            let name = name.into();
            match fields.iter_mut().find(|field| field.name == name) {
                Some(field) => field.tree = tree,
                None => fields.push(Field { name, tree }),
            }
        }
        self
    }

    /// The field of that name, if this is an object that has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.fields().iter().find(|field| field.name == name).map(|field| &field.tree)
    }

    /// The fields of an object, none of anything else.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        match &self.value {
            Value::Map(fields) => fields,
            _ => &[],
        }
    }

    /// The value below a chain of fields.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |tree, name| tree.get(name))
    }

    /// As [`at`](Self::at), to be changed.
    pub fn at_mut(&mut self, path: &[&str]) -> Option<&mut Self> {
        path.iter().try_fold(self, |tree, name| match &mut tree.value {
            Value::Map(fields) => {
                fields.iter_mut().find(|field| field.name == *name).map(|field| &mut field.tree)
            }
            _ => None,
        })
    }

    /// Whether the values are equal, whatever decided them.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Value::List(mine), Value::List(theirs)) => {
                mine.len() == theirs.len() && mine.iter().zip(theirs).all(|(a, b)| a.same(b))
            }
            (Value::Map(mine), Value::Map(theirs)) => same_fields(mine, theirs),
            (mine, theirs) => mine == theirs,
        }
    }

    /// The string, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

impl Tree {
    /// JSON as a tree; every value has this origin.
    pub(crate) fn of_json(json: &serde_json::Value, origin: &Origin) -> Self {
        use serde_json::Value as Json;
        let value = match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => {
                let float = || number.as_f64().map_or(Value::Null, Value::Float);
                number.as_i64().map_or_else(float, Value::Int)
            }
            Json::String(text) => Value::String(text.clone().into()),
            Json::Array(items) => Value::List(items.iter().map(|item| Self::of_json(item, origin)).collect()),
            Json::Object(fields) => {
                let field = |(name, value): (&String, &Json)| Field {
                    name: name.clone().into(),
                    tree: Self::of_json(value, origin),
                };
                Value::Map(fields.iter().map(field).collect())
            }
        };
        Self { value, origin: origin.clone() }
    }
}
