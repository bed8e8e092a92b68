//! Authorities that are to be trusted no more, and that another one still vouches for with a certificate: retired generations,
//! those that the spec does not name any more, and what an authority signed that another one signs by now. Whom they signed would
//! come in by that certificate wherever the one that vouches is trusted, so it is revoked there. What only stands elsewhere by now,
//! and may come back, is named by no list: that there are lists is enough, since none in those bundles is its own.

use std::collections::BTreeSet;

use super::authority::GenerationPlan;
use crate::model::{Authority, AuthorityId, Generation, Project};
use crate::pki::Certificate;
use crate::spec::Origin;
use crate::state::{CROSS, Existing, FORMER};
use crate::time::Timestamp;

/// A certificate that counts and is to count no more.
pub struct Vouched<'a> {
    /// The certificate.
    pub certificate: &'a Certificate,
    /// Where it is kept below `pki/`; nowhere, if its authority is not in the spec.
    pub path: Option<String>,
    /// The authority that revokes it.
    pub by: AuthorityId,
    /// Whose it is, and why it is to count no more.
    pub(super) why: String,
    /// Since when.
    pub(super) since: Timestamp,
    /// What says so.
    pub(super) origin: Origin,
    /// Whether the list names it.
    pub(super) is_named: bool,
    /// Whether a host lets in clients by it.
    pub(super) lets_in: bool,
}

/// All of them, and the authorities whose hosts go by lists though these name none of it.
pub(super) fn vouched<'a>(
    project: &Project,
    existing: &'a Existing,
    generations: &[GenerationPlan<'a>],
    now: Timestamp,
) -> (Vec<Vouched<'a>>, BTreeSet<AuthorityId>) {
    let hosts = project.hosts.iter().chain(&project.listeners);
    let anchors = hosts.flat_map(|host| host.tls.value.client_authorities().iter().copied()).collect();
    let scene = Scene { project, existing, generations, anchors, now };
    let named = existing.generations.keys().chain(existing.certificates.keys());
    let named = named.chain(existing.crosses.keys()).chain(existing.former.keys());
    let named: BTreeSet<_> = named.collect();
    let found: Vec<_> = named.into_iter().flat_map(|key| scene.of(key)).collect();
    let mut silent = scene.unknown();
    silent.extend(found.iter().filter(|own| !own.is_named && own.lets_in).map(|own| own.by));
    (found, silent)
}

struct Scene<'a, 'g> {
    project: &'g Project,
    existing: &'a Existing,
    generations: &'g [GenerationPlan<'a>],
    /// The authorities whose clients hosts let in.
    anchors: BTreeSet<AuthorityId>,
    now: Timestamp,
}

impl<'a> Scene<'a, '_> {
    /// What of one generation is to count no more.
    fn of(&self, key: &(String, u32)) -> Vec<Vouched<'a>> {
        let (name, number) = key;
        let declared = self.project.authority_named(name);
        let generation = declared
            .and_then(|(_, authority)| authority.generations.iter().find(|one| one.number == *number));
        let declared = declared.zip(generation);
        let own = self.own(key);
        let mut all = Vec::new();
        let mut is_named = true;
        let called = format!("generation {number} of authority `{name}`");
        match declared {
            Some(((id, _), generation)) if self.is_out(id, generation) => {
                let why = (format!("{called} is retired"), retired_by(generation), generation.retired_on);
                all.extend(own.map(|own| (own, ".crt", why.clone())));
                all.extend(self.existing.crosses.get(key).map(|cross| (cross, CROSS, why.clone())));
                all.extend(self.former(key).map(|own| (own, FORMER, why.clone())));
            }
            Some(((id, authority), _)) => {
                let above = authority.parent.as_ref();
                let origin = above.map_or(authority.name.origin.clone(), |parent| parent.origin.clone());
                let why = (format!("another authority signs {called} by now"), origin, None);
                is_named = false;
                let moved = own.filter(|_| self.plan(id, *number).is_some_and(|plan| plan.resign.is_some()));
                let moved = moved.into_iter().chain(self.former(key));
                let moved = moved.filter(|own| self.signer(own) != above.map(|parent| parent.value));
                all.extend(moved.map(|own| (own, FORMER, why.clone())));
            }
            None => {
                let origin = own.and_then(|own| self.signer(own));
                let origin = origin.map(|by| self.project.authority(by).name.origin.clone());
                let why = format!("the spec does not name {called} any more");
                let why = (why, origin.unwrap_or_else(|| Origin::default_of("removed")), None);
                let crosses = self.existing.crosses.get(key);
                let every = own.into_iter().chain(crosses).chain(self.former(key));
                all.extend(every.map(|own| (own, "", why.clone())));
            }
        }
        let mut found: Vec<Vouched<'a>> = Vec::new();
        for (certificate, ending, (why, origin, day)) in all {
            let counts = certificate.not_after() >= self.now && !certificate.is_self_signed();
            let Some(by) = Some(certificate).filter(|_| counts).and_then(|own| self.signer(own)) else {
                continue;
            };
            if found.iter().all(|other| other.certificate != certificate) {
                found.push(Vouched {
                    certificate,
                    path: Some(format!("{name}/{number}{ending}")).filter(|_| !ending.is_empty()),
                    by,
                    why,
                    since: day.map_or(self.now, |day: Timestamp| day.min(self.now)),
                    origin,
                    is_named,
                    lets_in: self.lets_in(by),
                });
            }
        }
        found
    }

    /// The certificate of a generation, also where its key is gone.
    fn own(&self, key: &(String, u32)) -> Option<&'a Certificate> {
        let file = self.existing.generations.get(key).map(|file| &file.certificate);
        file.or_else(|| self.existing.certificates.get(key)?.as_ref())
    }

    fn former(&self, key: &(String, u32)) -> impl Iterator<Item = &'a Certificate> + use<'a> {
        self.existing.former.get(key).into_iter().flatten()
    }

    /// Whether a generation is retired. One that stands in for the next is trusted until that comes.
    fn is_out(&self, id: AuthorityId, generation: &Generation) -> bool {
        generation.retired && !self.plan(id, generation.number).is_some_and(|plan| plan.stands_in)
    }

    fn plan(&self, id: AuthorityId, number: u32) -> Option<&GenerationPlan<'a>> {
        self.generations.iter().find(|plan| plan.authority == id && plan.generation.number == number)
    }

    /// The authority that signed a certificate, by a generation that is trusted.
    fn signer(&self, certificate: &Certificate) -> Option<AuthorityId> {
        let (name, number) = self.existing.signer_of(certificate)?;
        let (id, authority) = self.project.authority_named(name)?;
        let generation = authority.generations.iter().find(|one| one.number == number)?;
        Some(id).filter(|_| generation.introduced && !self.is_out(id, generation))
    }

    /// Whether a host lets in the clients of an authority, or of one above it.
    fn lets_in(&self, id: AuthorityId) -> bool {
        self.project.way_up(id).iter().any(|id| self.anchors.contains(id))
    }

    /// The authorities above retired generations that may still count, and of which no certificate is left: by lists, whom they
    /// signed stays out all the same.
    fn unknown(&self) -> BTreeSet<AuthorityId> {
        let mut found = BTreeSet::new();
        for (id, authority) in self.project.authorities_with_ids() {
            let Some(parent) = &authority.parent else { continue };
            let signers = &self.project.authority(parent.value).generations;
            let may_count = |one: &&Generation| {
                let key = (authority.name.value.to_string(), one.number);
                let was_there = |signer: &Generation| {
                    signer.is_trusted() && signer.introduced_on.is_none_or(|day| Some(day) < one.retired_on)
                };
                self.is_out(id, one)
                    && self.own(&key).is_none()
                    && !has_ended(authority, one, self.now)
                    && signers.iter().any(was_there)
            };
            if self.lets_in(parent.value) && authority.generations.iter().any(|one| may_count(&one)) {
                found.insert(parent.value);
            }
        }
        found
    }
}

/// Whether a generation has ended, whenever before its retirement it was made.
fn has_ended(authority: &Authority, generation: &Generation, now: Timestamp) -> bool {
    generation.retired_on.is_some_and(|day| day + authority.certificate.valid.value < now)
}

fn retired_by(generation: &Generation) -> Origin {
    generation.retired_by.clone().unwrap_or_else(|| generation.origin.clone())
}
