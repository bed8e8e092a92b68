//! A kind of the user's own, as a project commits it.

/// The definition of `example.com/v1` Widget.
pub(crate) const WIDGETS: &str = include_str!("../fixtures/crds/widgets.yaml");
