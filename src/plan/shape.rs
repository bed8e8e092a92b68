//! What the spec wants a certificate to look like.

use crate::model::{CertificateFacts, Project};
use crate::pki::{Certificate, Name, San};
use crate::spec::node::KeyKind;
use crate::time::{Seconds, Timestamp};

/// The parts of a certificate that the spec decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Its subject.
    pub subject: Name,
    /// Its names, sorted.
    pub sans: Vec<San>,
    /// Its key.
    pub key: KeyKind,
    /// How long it holds.
    pub valid: Seconds,
    /// How long before its end it is due; `None` is a third of its life.
    pub renew_before: Option<Seconds>,
    /// Which of the keys that follow from the project's seed.
    pub generation: u32,
    /// The day from which times are counted, where they lie on a grid.
    pub epoch: Option<Timestamp>,
}

impl Shape {
    /// The shape that facts and names make.
    #[must_use]
    pub fn new(facts: &CertificateFacts, mut sans: Vec<San>) -> Self {
        let text = |part: &Option<crate::spec::Traced<String>>| part.as_ref().map(|part| part.value.clone());
        let subject = &facts.subject;
        sans.sort();
        Self {
            subject: Name {
                common_name: text(&subject.common_name),
                organization: text(&subject.organization),
                organizational_unit: text(&subject.organizational_unit),
                country: text(&subject.country),
                state: text(&subject.state),
                locality: text(&subject.locality),
            },
            sans,
            key: facts.key.value,
            valid: facts.valid.value,
            renew_before: facts.renew_before.as_ref().map(|before| before.value),
            generation: facts.generation(),
            epoch: None,
        }
    }

    /// The same, on the grid of a project with a seed.
    #[must_use]
    pub fn on_grid(self, project: &Project) -> Self {
        Self { epoch: project.secrets.seed.as_ref().map(|epoch| epoch.value), ..self }
    }

    /// The parts in which a certificate differs.
    #[must_use]
    pub fn differences(&self, certificate: &Certificate) -> Vec<&'static str> {
        let mut found = Vec::new();
        let mut sans = certificate.sans().to_vec();
        sans.sort();
        if sans != self.sans {
            found.push("names");
        }
        if *certificate.subject() != self.subject.distinguished() {
            found.push("subject");
        }
        if certificate.key_kind() != Some(self.key) {
            found.push("key");
        }
        found
    }
}
