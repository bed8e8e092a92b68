//! A service and its subsets.

use super::super::name::{Label, ObjectName};
use crate::schema::words::Content;
use crate::spec::node::Layer;
use crate::spec::tree::{Field, Value};
use crate::spec::{Span, Traced};

/// A service with subsets.
#[derive(Debug, Clone)]
pub struct Service {
    /// The word itself.
    pub word: Span,
    /// The name as written: also that of the DestinationRule.
    pub name: Traced<ObjectName>,
    /// The namespace of the DestinationRule.
    pub namespace: Traced<Label>,
    /// The full name of the service.
    pub host: Traced<String>,
    /// Its subsets, as written.
    pub subsets: Vec<Subset>,
    /// What else the DestinationRule says.
    pub layer: Layer,
    /// What else its `metadata` says.
    pub metadata: Vec<Field>,
    /// What its door says.
    pub door: Option<Content>,
}

impl Service {
    /// The names of all its subsets, also of those that are said in Istio's words.
    pub fn subset_names(&self) -> impl Iterator<Item = &str> {
        let door = self.door.iter().flat_map(|door| &door.fields).filter(|field| field.name == "spec");
        let said = door.filter_map(|spec| spec.tree.get("subsets"));
        let said = said.chain(self.layer.get("subsets").map(|field| &field.tree));
        let items = said.flat_map(|tree| match &tree.value {
            Value::List(items) => items.as_slice(),
            _ => &[],
        });
        let own = self.subsets.iter().map(|subset| subset.name.value.as_str());
        own.chain(items.filter_map(|item| item.get("name")?.as_str()))
    }
}

/// Pods of a service with these labels.
#[derive(Debug, Clone)]
pub struct Subset {
    /// Its name.
    pub name: Traced<Label>,
    /// Labels, as written.
    pub labels: Vec<(Traced<String>, Traced<String>)>,
    /// What else the subset says.
    pub layer: Layer,
}
