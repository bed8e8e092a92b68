//! Retired generations that are trusted until the next one is there: whoever that comes from takes its time.

use std::collections::BTreeSet;

use super::signing::stopped_by;
use crate::model::{AuthorityId, Generation, Project};
use crate::state::Existing;
use crate::time::Timestamp;

/// Of the generations that are there, none of them trusted, the numbers of those that stand in: all that were replaced together.
#[must_use]
pub fn last<'a>(there: impl Iterator<Item = &'a Generation>) -> BTreeSet<u32> {
    let (there, kept): (Vec<_>, Vec<_>) = there.partition(|one| one.forced);
    let day = kept.iter().map(|one| one.retired_on).max();
    let together = kept.iter().filter(|one| Some(one.retired_on) == day).map(|one| one.number);
    let newest = there.iter().filter(|_| kept.is_empty()).map(|one| one.number).max();
    together.chain(newest).collect()
}

/// The generations of an authority that stand in for one that no identity makes, since files are waited for. What they revoke
/// is revoked meanwhile.
#[must_use]
pub fn standing(project: &Project, existing: &Existing, id: AuthorityId, now: Timestamp) -> BTreeSet<u32> {
    let authority = project.authority(id);
    let is_there = |one: &&Generation| {
        existing.generations.contains_key(&(authority.name.value.to_string(), one.number))
    };
    let mut trusted = authority.generations.iter().filter(|one| one.is_trusted());
    if trusted.any(|one| is_there(&one)) || stopped_by(project, existing, id, now).is_none() {
        return BTreeSet::new();
    }
    last(authority.generations.iter().filter(is_there))
}
