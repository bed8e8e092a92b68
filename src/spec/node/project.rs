//! `gatewright.kdl`: settings of the whole project.

use super::Settle;
use super::context::Context;
use super::read::Fields;
use super::settle;
use super::word::{Choice, Item, Type, choice};
use crate::spec::source::{Spanned, Text};

/// What stands in `gatewright.kdl` beside `secrets` and `settle`.
pub static ITEMS: &[Item] = &[
    Item::value("namespace", Type::Text, "where resources live if nothing nearer says so").default("default"),
    Item::value(
        "flux-substitute",
        Type::Choice(FluxSubstitute::WORDS),
        "what Flux may do with `${…}` in values",
    )
    .default("off"),
];

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

choice!(FluxSubstitute { "off" => Off, "keep" => Keep });

/// Reads the project's settings.
pub(crate) fn read(cx: &mut Context<'_>, fields: &Fields<'_>) -> ProjectSettings {
    ProjectSettings {
        namespace: fields.text(cx, "namespace"),
        flux_substitute: fields.choice(cx, "flux-substitute"),
        settled: settle::read(cx, fields),
    }
}
