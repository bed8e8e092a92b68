//! A part of an object that a spec says, while the rest of the object is not known.

use super::source::Span;
use super::tree::{Field, Tree, Value};

/// Fields of a place in a kind's schema.
#[derive(Debug, Clone)]
pub struct Part {
    /// The API group and the kind.
    pub kind: (String, String),
    /// The version, empty for the one to write.
    pub version: String,
    /// The exact names of the fields down to the place, without places in lists; none for the whole object.
    pub path: Vec<String>,
    /// What is said there.
    pub fields: Vec<Field>,
    /// Objects and lists of which a part could not be read, by the places of their words.
    pub broken: Vec<Span>,
    /// What messages call the node: ``a `route` of a `host` ``.
    pub of: String,
}

impl Part {
    /// What the node of a whole object says: fields of its `metadata`, and those beside it.
    pub(crate) fn of_object(
        (group, kind): (&str, &str),
        (metadata, fields): (&[Field], &[Field]),
        of: &str,
    ) -> Self {
        let mut fields = fields.to_vec();
        if let Some(first) = metadata.first() {
            let tree = Tree { value: Value::Map(metadata.to_vec()), origin: first.tree.origin.clone() };
            fields.push(Field { name: "metadata".into(), tree });
        }
        Self {
            kind: (group.to_owned(), kind.to_owned()),
            version: String::new(),
            path: Vec::new(),
            fields,
            broken: Vec::new(),
            of: of.to_owned(),
        }
    }

    /// What a door says: its `spec` for itself, since the rest of it is made elsewhere.
    pub(crate) fn of_door(kind: (&str, &str), said: (&[Field], &[Field]), of: &str) -> Vec<Self> {
        let (metadata, fields) = said;
        let (spec, beside): (Vec<Field>, Vec<Field>) =
            fields.iter().cloned().partition(|field| field.name == "spec");
        let whole = Self::of_object(kind, (metadata, &beside), of);
        let mut found = vec![whole.clone()];
        for field in spec {
            found.push(match field.tree.value {
                Value::Map(fields) => Self { path: vec!["spec".to_owned()], fields, ..whole.clone() },
                _ => Self { fields: vec![field], ..whole.clone() },
            });
        }
        found
    }
}
