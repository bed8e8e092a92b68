//! Whole objects, in the words of their own schema.

use crate::model::name::{Label, ObjectName};
use crate::schema::words::Content;
use crate::spec::{Span, Traced};

/// An object that the spec says field by field.
#[derive(Debug, Clone)]
pub struct Object {
    /// Its word in the spec.
    pub word: Span,
    /// That word: the kind's, or `resource`.
    pub called: String,
    /// `security.istio.io/v1`
    pub api_version: Traced<String>,
    /// `AuthorizationPolicy`
    pub kind: Traced<String>,
    /// Its namespace; none where its kind lives in none.
    pub namespace: Option<Traced<Label>>,
    /// Its name.
    pub name: Traced<ObjectName>,
    /// What it holds.
    pub content: Content,
}

impl Object {
    /// Its API group, empty for the core.
    #[must_use]
    pub fn group(&self) -> &str {
        self.api_version.value.split_once('/').map_or("", |(group, _)| group)
    }
}
