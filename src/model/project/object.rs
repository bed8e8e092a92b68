//! Whole objects, in the words of their own schema.

use crate::model::name::{Label, ObjectName};
use crate::spec::{Traced, node};

/// An object that the spec says field by field.
pub type Object = node::Object<Traced<ObjectName>, Traced<Label>>;
