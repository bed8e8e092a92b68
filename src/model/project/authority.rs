//! An authority and its generations.

use std::collections::{BTreeMap, BTreeSet};

use super::super::name::ObjectName;
use super::{AuthorityId, CertificateFacts, Permitted};
use crate::sops::Recipient;
use crate::spec::{Origin, Span, Traced};
use crate::time::{Seconds, Timestamp};

/// A certificate authority of ours: a root, or one under another.
#[derive(Debug, Clone)]
pub struct Authority {
    /// The word itself.
    pub word: Span,
    /// Its name, also its folder below `pki/`.
    pub name: Traced<ObjectName>,
    /// Subject, key and validity of its own certificates.
    pub certificate: CertificateFacts,
    /// The authority that issues its certificate; a root has none.
    pub parent: Option<Traced<AuthorityId>>,
    /// What says that its certificate comes in files: it is never made here.
    pub files: Option<Origin>,
    /// How many authorities follow below it, at most.
    pub below: u8,
    /// What put the lowest of them there.
    pub below_origin: Option<Origin>,
    /// The names that it may issue for, where that is constrained.
    pub permitted: Option<Permitted>,
    /// What decided these names, or that there are none.
    pub permitted_origin: Option<Origin>,
    /// Where that is said.
    pub permitted_said: Option<Span>,
    /// Where it is said that nothing constrains it.
    pub unconstrained: Option<Span>,
    /// Its generations, ascending, never empty.
    pub generations: Vec<Generation>,
    /// Its certificates that do not count any more, by serial number, with what says so.
    pub revoked: BTreeMap<String, Traced<Timestamp>>,
    /// How long its revocation list is good for, where that is said; else as long as its own certificate.
    pub crl_valid: Option<Traced<Seconds>>,
    /// The age recipients of its files, where the spec names them.
    pub recipients: Vec<Traced<Recipient>>,
    /// Codes that are settled here.
    pub settled: BTreeSet<String>,
}

impl Authority {
    /// The generation that signs: the highest that says so.
    #[must_use]
    pub fn signing(&self) -> &Generation {
        self.generations.iter().rev().find(|generation| generation.signs).unwrap_or(&self.generations[0])
    }

    /// What decides its subject and its key that signs: all that a certificate says of who issued it.
    #[must_use]
    pub fn signer_origin(&self) -> Origin {
        let parts = self.certificate.subject.parts().map(|part| &part.origin);
        parts
            .chain([&self.certificate.key.origin, &self.signing().origin])
            .fold(self.name.origin.clone(), |all, one| all.and(one))
    }
}

/// One key pair in an authority's life.
#[derive(Debug, Clone)]
pub struct Generation {
    /// From 1.
    pub number: u32,
    /// In trust bundles.
    pub introduced: bool,
    /// Signs, or has signed.
    pub signs: bool,
    /// Out of trust bundles again.
    pub retired: bool,
    /// When it went out, where written.
    pub retired_on: Option<Timestamp>,
    /// What in the spec says so.
    pub origin: Origin,
}
