//! `gatewright.kdl`: settings of the whole project.

use super::Settle;
use crate::spec::source::{Spanned, Text};

/// Project settings as written.
#[derive(Debug, Clone, Default)]
pub struct ProjectSettings {
    /// `namespace "default"`: where resources live if nothing nearer says so.
    pub namespace: Option<Text>,
    /// `flux-substitute keep`
    pub flux_substitute: Option<Spanned<FluxSubstitute>>,
    /// Findings that the team decided on, for the whole project.
    pub settled: Vec<Settle>,
}

/// What happens to a resource that holds `${`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FluxSubstitute {
    /// It gets the annotation that keeps Flux from substituting in it.
    Off,
    /// It is left to Flux.
    Keep,
}
