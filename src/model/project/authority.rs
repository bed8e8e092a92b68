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
    /// Whether a domain, a certificate or a client names it, or an authority below it.
    pub is_named: bool,
    /// Where it is said that nothing constrains it.
    pub unconstrained: Option<Span>,
    /// Its generations, ascending, never empty.
    pub generations: Vec<Generation>,
    /// Its certificates that do not count any more, by serial number, with what says so.
    pub revoked: BTreeMap<String, Traced<Timestamp>>,
    /// How long its revocation list is good for, where that is said; else as long as its own certificate.
    pub crl_valid: Option<Traced<Seconds>>,
    /// Where it is said that the generation before a new one signs it too.
    pub cross_signed: Option<Span>,
    /// How long a generation is trusted on after the next one has begun to sign.
    pub wait: Traced<Seconds>,
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

    /// What decides the subject and the kind of key of all its generations.
    #[must_use]
    pub fn own_origin(&self) -> Origin {
        let parts = self.certificate.subject.parts().map(|part| &part.origin);
        parts.chain([&self.certificate.key.origin]).fold(self.name.origin.clone(), |all, one| all.and(one))
    }

    /// What decides its subject and its key that signs: all that a certificate says of who issued it.
    #[must_use]
    pub fn signer_origin(&self) -> Origin {
        self.own_origin().and(&self.signing().signs_origin())
    }

    /// What decides which of its generations are trusted.
    pub fn trust_origins(&self) -> impl Iterator<Item = Origin> {
        self.generations.iter().filter_map(Generation::trust_origin)
    }

    /// Of a cross-signed root, what decides which generations before the one that signs sign it too; nothing where none does.
    #[must_use]
    pub fn cross_origin(&self) -> Option<Origin> {
        let mut at = self.signing();
        self.crossed_by(at)?;
        let mut all = Origin::spec(self.cross_signed?);
        while let Some(by) = self.crossed_by(at) {
            let passed =
                self.generations.iter().filter(|one| by.number <= one.number && one.number < at.number);
            all = passed.filter_map(Generation::trust_origin).fold(all, |all, one| all.and(&one));
            at = by;
        }
        Some(all)
    }

    /// The stage of its rotation.
    #[must_use]
    pub fn stage(&self) -> Stage<'_> {
        let signing = self.signing();
        let trusted: Vec<_> = self.generations.iter().filter(|generation| generation.is_trusted()).collect();
        match trusted.as_slice() {
            [only] if only.number == signing.number => Stage::Settled(signing),
            [first, next] if first.number == signing.number => Stage::Introduced { signing, next },
            [old, last] if last.number == signing.number => Stage::Switched { old, signing },
            _ => Stage::ByHand,
        }
    }

    /// Of a cross-signed root, the generation that signs this one too: the one before it, while both are trusted.
    #[must_use]
    pub fn crossed_by(&self, generation: &Generation) -> Option<&Generation> {
        let before = |one: &&Generation| one.number < generation.number && one.is_trusted();
        let before = self.generations.iter().rev().find(before);
        before.filter(|_| self.cross_signed.is_some() && self.parent.is_none() && generation.is_trusted())
    }

    /// The next generation that signs, of one that signed.
    #[must_use]
    pub fn successor(&self, generation: &Generation) -> Option<&Generation> {
        self.later(generation).next().filter(|_| generation.signs)
    }

    /// Later generations that sign, and on whose introduction all before them were retired: they replaced these at once.
    pub fn replaced_by(&self, generation: &Generation) -> impl Iterator<Item = &Generation> {
        self.later(generation).filter(|new| {
            let gone = |other: &Generation| match (other.retired_on, new.introduced_on) {
                (Some(retired), Some(introduced)) => retired <= introduced,
                _ => false,
            };
            self.generations.iter().filter(|other| other.number < new.number).all(gone)
        })
    }

    fn later(&self, generation: &Generation) -> impl Iterator<Item = &Generation> {
        let number = generation.number;
        self.generations.iter().filter(move |other| other.number > number && other.signs)
    }
}

/// Where an authority stands between two generations.
#[derive(Debug, Clone, Copy)]
pub enum Stage<'a> {
    /// One is trusted, and signs.
    Settled(&'a Generation),
    /// Another one is trusted too, and signs nothing yet.
    Introduced {
        /// Signs.
        signing: &'a Generation,
        /// Is to follow.
        next: &'a Generation,
    },
    /// Another one signs by now, and the one before it is still trusted.
    Switched {
        /// Signed before.
        old: &'a Generation,
        /// Signs.
        signing: &'a Generation,
    },
    /// Generations as no rotation by stages leaves them.
    ByHand,
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
    /// When it came in, where written.
    pub introduced_on: Option<Timestamp>,
    /// When it began to sign, where written.
    pub signs_on: Option<Timestamp>,
    /// When it went out, where written.
    pub retired_on: Option<Timestamp>,
    /// Went out whatever relied on it.
    pub forced: bool,
    /// Its key was drawn, though the project has a seed.
    pub random: bool,
    /// What in the spec says so.
    pub origin: Origin,
    /// What says when it came in; nothing where it is the lowest, which is there from the start.
    pub introduced_by: Option<Origin>,
    /// What says that it signs; nothing where it is the lowest, which always did.
    pub signs_by: Option<Origin>,
    /// What says that it went out.
    pub retired_by: Option<Origin>,
}

impl Generation {
    /// Whether clients are to trust it.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.introduced && !self.retired
    }

    /// What decides that it is the one that signs.
    fn signs_origin(&self) -> Origin {
        self.signs_by.iter().fold(self.origin.clone(), |all, one| all.and(one))
    }

    /// What decides that clients are to trust it, or that they are not to any more; nothing where nobody ever was.
    fn trust_origin(&self) -> Option<Origin> {
        if !self.is_trusted() {
            return self.retired_by.clone();
        }
        Some(self.introduced_by.iter().fold(self.origin.clone(), |all, one| all.and(one)))
    }
}
