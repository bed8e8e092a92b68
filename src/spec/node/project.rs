//! `gatewright.kdl`: settings of the whole project.

use super::Settle;
use super::authority::WAIT;
use super::context::Context;
use super::read::Fields;
use super::settle;
use super::word::{Choice, Form, Item, Type, choice};
use crate::schema::{ISTIO, Version};
use crate::spec::source::{Spanned, Text};
use crate::time::Seconds;

/// What stands in `gatewright.kdl` beside `secrets` and `settle`.
pub static ITEMS: &[Item] = &[
    Item::value("namespace", Type::Text, "where resources live if nothing nearer says so").default("default"),
    Item::value(
        "flux-substitute",
        Type::Choice(FluxSubstitute::WORDS),
        "what Flux may do with `${…}` in values",
    )
    .default("off"),
    Item::value(
        "istio",
        Type::Choice(Version::WORDS),
        "the oldest Istio that any cluster runs: newer fields are refused",
    )
    .default("\"1.30\""),
    Item::new(
        "crds",
        Form::Repeated(Type::Text),
        "a YAML file with CustomResourceDefinitions of your own, by its path from the project's root",
    ),
    WAIT,
];

/// Project settings as written.
#[derive(Debug, Clone, Default)]
pub struct ProjectSettings {
    /// `namespace "default"`: where resources live if nothing nearer says so.
    pub namespace: Option<Text>,
    /// `flux-substitute keep`
    pub flux_substitute: Option<Spanned<FluxSubstitute>>,
    /// `istio "1.31"`
    pub istio: Option<Spanned<Version>>,
    /// `crds "crds/widgets.yaml"`, each once.
    pub crds: Vec<Text>,
    /// `wait "30d"`: of every authority that says nothing else.
    pub wait: Option<Spanned<Seconds>>,
    /// Findings that the team decided on, for the whole project.
    pub settled: Vec<Settle>,
}

impl ProjectSettings {
    /// Adds what another file says.
    pub(crate) fn join(&mut self, other: Self) {
        let Self { namespace, flux_substitute, istio, crds, wait, settled } = other;
        self.namespace = self.namespace.take().or(namespace);
        self.flux_substitute = self.flux_substitute.take().or(flux_substitute);
        self.istio = self.istio.take().or(istio);
        self.crds.extend(crds);
        self.wait = self.wait.take().or(wait);
        self.settled.extend(settled);
    }
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

impl Choice for Version {
    const WORDS: &'static [&'static str] = &["1.30", "1.31", "1.32"];
    const VALUES: &'static [Self] = &ISTIO;

    fn beyond(written: &str) -> Option<(String, String)> {
        let [oldest, .., newest] = ISTIO;
        let minor: Vec<&str> = written.trim_start_matches('v').split('.').take(2).collect();
        let asked: Self = minor.join(".").parse().ok()?;
        if asked > newest {
            let label = "newer than this Gatewright knows".to_owned();
            return Some((label, format!("write `\"{newest}\"`: what it has, newer releases have too")));
        }
        (asked < oldest).then(|| {
            let label = "older than this Gatewright knows".to_owned();
            (label, format!("write `\"{oldest}\"`; an older cluster may lack some of its fields"))
        })
    }
}

/// Reads the project's settings.
pub(crate) fn read(cx: &mut Context<'_>, fields: &Fields<'_>) -> ProjectSettings {
    ProjectSettings {
        namespace: fields.text(cx, "namespace"),
        flux_substitute: fields.choice(cx, "flux-substitute"),
        istio: fields.choice(cx, "istio"),
        crds: fields.texts(cx, "crds"),
        wait: fields.validity(cx, "wait"),
        settled: settle::read(cx, fields),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::OLDEST;

    #[test]
    fn the_words_for_istio_are_the_releases_of_the_table() {
        let releases: Vec<_> = ISTIO.iter().map(ToString::to_string).collect();
        assert_eq!(Version::WORDS, releases);
        let beyond = |text: &str| Version::beyond(text).map(|(label, help)| format!("{label}: {help}"));
        for (text, newer) in [("1.33", true), ("v2.0.1", true), ("1.29", false)] {
            let says = if newer { "newer than this Gatewright knows: write `\"1.32\"`" } else { "older" };
            assert!(beyond(text).is_some_and(|said| said.starts_with(says)), "{text}");
        }
        assert_eq!(beyond("1.31.4").or(beyond("1")).or(beyond("latest")), None);
        let default = ITEMS.iter().find(|item| item.name == "istio").map(|item| item.default);
        assert_eq!(default, Some(format!("\"{OLDEST}\"").as_str()));
    }
}
