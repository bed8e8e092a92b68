//! Where keys and serial numbers come from: drawn at random, or, in a project with a seed, following from it.

use super::{Ambient, Keyring, OpenedSeed};
use crate::diag::Report;
use crate::pki::{Issuer, Key, PkiError, Request, Seed, Serial, Slot};
use crate::plan::authority::Cross;
use crate::plan::certs::{Action, CertPlan};
use crate::spec::node::KeyKind;

/// Where keys and serial numbers come from.
pub(super) struct Chance<'a> {
    ambient: &'a Ambient<'a>,
    source: Source,
}

enum Source {
    Drawn,
    Seed(Box<Seed>),
    /// The seed takes an identity: what for.
    Locked(Vec<String>),
}

impl<'a> Chance<'a> {
    /// That of a plan. The seed is opened if anything is to be made.
    pub(super) fn new(
        plan: &CertPlan<'_>,
        keyring: &Keyring<'_>,
        ambient: &'a Ambient<'a>,
        report: &mut Report,
    ) -> Self {
        let source = match plan.seed {
            Some(file) if makes_anything(plan) => match keyring.open_seed(file) {
                OpenedSeed::Seed(seed) => Source::Seed(seed),
                OpenedSeed::Locked(needs) => Source::Locked(needs),
                OpenedSeed::Broken(finding) => {
                    report.push(*finding);
                    Source::Locked(Vec::new())
                }
            },
            _ => Source::Drawn,
        };
        Self { ambient, source }
    }

    /// What it takes to make anything, where the seed can't be opened.
    pub(super) fn needs(&self) -> Option<&[String]> {
        match &self.source {
            Source::Locked(needs) => Some(needs),
            Source::Drawn | Source::Seed(_) => None,
        }
    }

    /// A key.
    pub(super) fn key(&self, kind: KeyKind, slot: &Slot<'_>) -> Result<Key, PkiError> {
        match &self.source {
            Source::Seed(seed) => seed.key(kind, slot),
            Source::Drawn | Source::Locked(_) => self.ambient.keys.make(kind, &slot.purpose),
        }
    }

    /// What is asked for with its serial number; `slot` is what its key is for, where that follows from the seed.
    pub(super) fn with_serial<'r>(
        &self,
        request: Request<'r>,
        slot: Option<&Slot<'_>>,
        (public, issuer): (&str, Option<&Issuer>),
    ) -> Result<Request<'r>, PkiError> {
        let issuer = issuer.map(|issuer| issuer.certificate().spki_sha256());
        let serial = match (&self.source, slot) {
            (Source::Seed(seed), Some(slot)) => {
                seed.serial(&request, slot, (public, issuer.unwrap_or(public)))?
            }
            _ => self.drawn()?,
        };
        Ok(Request { serial, ..request })
    }

    fn drawn(&self) -> Result<Serial, PkiError> {
        let mut bytes = [0; 20];
        let filled = self.ambient.entropy.fill(&mut bytes);
        filled.map_err(|error| PkiError::Randomness { reason: error.to_string() })?;
        Ok(Serial::from_random(bytes))
    }
}

/// A serial number that stands where none is known yet.
pub(super) fn no_serial() -> Serial {
    Serial::from_random([0; 20])
}

/// Whether a plan makes keys or signs certificates.
fn makes_anything(plan: &CertPlan<'_>) -> bool {
    let issues = |action: &Action| matches!(action, Action::Issue(_));
    let is_uncrossed = |cross: Option<Cross<'_>>| cross.is_some_and(|cross| cross.there.is_none());
    plan.generations.iter().any(|one| one.there.is_none() || one.resign.is_some() || is_uncrossed(one.cross))
        || plan.leaves.iter().any(|leaf| issues(&leaf.action))
        || plan.clients.iter().any(|client| issues(&client.action))
        || plan.cacerts.iter().any(|cacerts| issues(&cacerts.action))
}
