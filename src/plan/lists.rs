//! Revocation lists as they are to be, and the hosts that hold clients against them.

use std::collections::{BTreeMap, BTreeSet};

use super::foreign_lists::Above;
use super::vouched::Vouched;
use crate::model::{AuthorityId, Project};
use crate::pki::{Certificate, RevocationList, Revoked};
use crate::time::{Seconds, Timestamp};

/// The list of one generation of an authority.
pub struct ListPlan<'a> {
    /// The index of its generation in the plan.
    pub generation: usize,
    /// What it is to revoke.
    pub revoked: Revoked,
    /// The one that is there.
    pub there: Option<&'a RevocationList>,
    /// Whether a Secret may hold a list of that generation.
    pub is_held: bool,
    /// Whether something is revoked for which it is needed. One that is there stays also without that, since it remembers, and
    /// holds nothing up.
    pub is_needed: bool,
    /// Why it is to be signed anew; `None` if the one that is there is right, or there is none and nobody needs one.
    pub reason: Option<ListReason>,
    /// How long it is good for; `None` is as long as the authority's certificate.
    pub valid: Option<Seconds>,
}

impl<'a> ListPlan<'a> {
    /// The one that is there, for whoever needs one: it is as good as none if it is not in force and no Secret holds it.
    #[must_use]
    pub fn usable(&self, now: Timestamp) -> Option<&'a RevocationList> {
        self.there.filter(|list| self.is_held || is_in_force(list, now))
    }
}

/// Why a list is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListReason {
    /// There is none.
    Missing,
    /// It must revoke as many certificates more, or is good for longer than the spec says.
    Changed(usize),
    /// It names its authority's key by another identifier than that one's certificate does by now.
    Named,
    /// A third of its life is left, and a new one would end later.
    Due,
    /// It has ended: whoever holds it lets nobody in.
    Expired,
    /// It has not begun, to the same effect.
    Ahead,
    /// It has ended or not begun, and no Secret holds it: whoever needs one now has none.
    NotInForce,
}

/// Whether a list counts at a time.
pub(super) fn is_in_force(list: &RevocationList, now: Timestamp) -> bool {
    list.this_update() <= now && now < list.next_update()
}

/// The lists that there must be, and the hosts that need them.
#[derive(Default)]
pub struct Lists<'a> {
    /// By authority and generation.
    pub plans: Vec<ListPlan<'a>>,
    /// By a generation's index in the plan: the authorities above it that are none of ours, from below, with their lists.
    pub above: BTreeMap<usize, Vec<Above<'a>>>,
    /// By a generation's index in the plan: an authority above it whose list is missing, where hosts let its clients in.
    pub awaited: BTreeMap<usize, &'a Certificate>,
    /// The authorities whose lists go beside trust in clients of some host.
    pub(super) shown: BTreeSet<AuthorityId>,
    /// The authorities of which something is revoked.
    pub(super) revoking: BTreeSet<AuthorityId>,
    /// The authorities that are revoked themselves, by a list from elsewhere of one above. Ours revoke none that is trusted.
    pub(super) cut: BTreeSet<AuthorityId>,
    /// The serials that a list or the spec names: as long as one does, their certificates stay known, also after their end.
    pub(super) named: BTreeSet<String>,
    /// Retired generations that revoke something, by their indexes in the plan.
    pub(super) retired: BTreeSet<usize>,
    /// What another authority still vouches for, and revokes.
    pub vouched: Vec<Vouched<'a>>,
}

impl Lists<'_> {
    /// Whether the clients of these authorities are held against lists: something is revoked by one of them or below, whose chains
    /// clients show, or one of them is revoked itself. What else is revoked above concerns nobody whom they let in.
    #[must_use]
    pub fn concern(&self, project: &Project, anchors: &[AuthorityId]) -> bool {
        let mut below = project.authorities_with_ids().map(|(id, _)| id);
        anchors.iter().flat_map(|id| project.way_up(*id)).any(|id| self.cut.contains(&id))
            || below.any(|id| self.revoking.contains(&id) && is_within(project, id, anchors))
    }

    /// Whether a generation is retired and revokes something: where it stands in for the next one, it does so with its list.
    #[must_use]
    pub fn revoked_by_retired(&self, generation: usize) -> bool {
        self.retired.contains(&generation)
    }

    /// Whether a certificate must stay known.
    #[must_use]
    pub fn name(&self, certificate: &Certificate) -> bool {
        self.named.contains(certificate.serial())
    }

    /// Where in the plan the list of a generation is, by the generation's index.
    #[must_use]
    pub fn of(&self, generation: usize) -> Option<usize> {
        self.plans.iter().position(|plan| plan.generation == generation)
    }
}

/// Whether an authority is one of these, or below one.
pub(super) fn is_within(project: &Project, id: AuthorityId, anchors: &[AuthorityId]) -> bool {
    project.way_up(id).iter().any(|id| anchors.contains(id))
}

/// The authorities whose certificates go into a bundle: the anchors, then those below them. Their clients come in by the chains
/// that they show; what is in the bundle counts also where a chain that somebody has shows how it was signed before.
#[must_use]
pub fn with_below(project: &Project, anchors: &[AuthorityId]) -> Vec<AuthorityId> {
    let mut found = anchors.to_vec();
    let below = project.authorities_with_ids().map(|(id, _)| id);
    found.extend(below.filter(|id| is_within(project, *id, anchors) && !anchors.contains(id)));
    found
}

/// The authorities whose certificates go into a bundle with lists: as in one without, then those above, each once.
#[must_use]
pub fn with_lists(project: &Project, anchors: &[AuthorityId]) -> Vec<AuthorityId> {
    let mut found = with_below(project, anchors);
    for id in anchors.iter().flat_map(|id| project.way_up(*id)) {
        if !found.contains(&id) {
            found.push(id);
        }
    }
    found
}
