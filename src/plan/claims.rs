//! Which Secret that is there belongs to which credential. What its certificate is for tells, not where it lies: so a
//! Secret that is renamed, or that changes places with another one, goes on with its key.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::presented;
use crate::model::{Credential, CredentialId, CredentialKind, Leaf, Project};
use crate::pki::San;
use crate::state::{Existing, ExistingLeaf};
use crate::time::Timestamp;

/// How far a Secret is from what a credential wants; the least is taken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Distance {
    /// Whether it lies elsewhere and can't be moved without being opened.
    stuck: bool,
    /// How much of its certificate is not what the spec wants.
    wrong: usize,
    /// Whether it lies elsewhere.
    elsewhere: bool,
    /// The later end wins.
    end: Reverse<Timestamp>,
    path: String,
}

/// What is known about a Secret that may belong to a credential.
pub(super) trait Judging {
    /// How much of its certificate is not what the spec wants.
    fn wrong(&self, leaf: &Leaf, there: &ExistingLeaf) -> usize;
    /// Whether nobody of this project issued its certificate.
    fn is_foreign(&self, leaf: &Leaf, there: &ExistingLeaf) -> bool;
}

/// The Secret of each credential, if there is one: of those whose certificate has its names, the one that is nearest to
/// what is wanted; else the one at its place, if that is no other credential's. Its names are then others than those that
/// are wanted, as after a host was renamed.
pub(super) fn claims<'a>(
    project: &Project,
    existing: &'a Existing,
    judging: &dyn Judging,
) -> BTreeMap<CredentialId, &'a ExistingLeaf> {
    let mut by_names: BTreeMap<Vec<String>, Vec<&'a ExistingLeaf>> = BTreeMap::new();
    for there in existing.leaves.values().chain(&existing.parked) {
        if !there.certificate.is_for_clients() {
            by_names.entry(names(there)).or_default().push(there);
        }
    }
    let issued = || servers(project);
    // Where two are for the same names, the Secret at the place of one is never the other's.
    let homes: BTreeMap<_, _> = issued()
        .map(|(id, credential, leaf)| {
            let place = (credential.namespace.value.to_string(), credential.secret.value.to_string());
            (place, (id, wanted(leaf)))
        })
        .collect();
    let mut found = BTreeMap::new();
    let mut claimed = BTreeSet::new();
    for (id, credential, leaf) in issued() {
        let wanted = wanted(leaf);
        let is_others = |there: &ExistingLeaf| {
            let home = homes.get(&(there.namespace.clone(), there.secret.clone()));
            claimed.contains(there.shown.as_str())
                || there.parked.is_none()
                    && home.is_some_and(|(other, names)| *other != id && *names == wanted)
        };
        let elsewhere = |there: &ExistingLeaf| {
            there.parked.is_some()
                || there.namespace != credential.namespace.value.as_str()
                || there.secret != credential.secret.value.as_str()
        };
        let candidates = by_names.get(&wanted).into_iter().flatten().copied();
        let candidates: Vec<_> = candidates
            .filter(|there| !is_others(there) && (!elsewhere(there) || !judging.is_foreign(leaf, there)))
            .collect();
        let distance = |there: &&ExistingLeaf| Distance {
            stuck: elsewhere(there) && !there.sealed.mac_only_encrypted(),
            wrong: judging.wrong(leaf, there),
            elsewhere: elsewhere(there),
            end: Reverse(there.certificate.not_after()),
            path: there.shown.clone(),
        };
        let nearest = match candidates.as_slice() {
            [only] => Some(*only),
            several => several.iter().copied().min_by_key(distance),
        };
        if let Some(there) = nearest {
            claimed.insert(there.shown.as_str());
            found.insert(id, there);
        }
    }
    for (id, credential, _) in issued() {
        let free = |there: &&ExistingLeaf| {
            !there.certificate.is_for_clients() && !claimed.contains(there.shown.as_str())
        };
        if let Some(there) = at_place(existing, credential).filter(free) {
            found.entry(id).or_insert(there);
        }
    }
    let places: BTreeSet<_> = homes.into_keys().collect();
    take_brought(project, existing, &places, &mut found);
    presented::claims(project, existing, &mut found);
    found
}

/// The credentials of servers that are sealed here.
fn servers(project: &Project) -> impl Iterator<Item = (CredentialId, &Credential, &Leaf)> {
    let all = project.credentials_with_ids();
    let servers = all.filter(|(_, credential)| credential.kind.client().is_none());
    servers.filter_map(|(id, credential)| Some((id, credential, credential.kind.sealed()?)))
}

/// The Secret that lies where a credential's goes.
pub(super) fn at_place<'a>(existing: &'a Existing, credential: &Credential) -> Option<&'a ExistingLeaf> {
    existing.leaf(credential.namespace.value.as_str(), credential.secret.value.as_str())
}

/// Adds Secrets that were brought in files and now go to another place.
fn take_brought<'a>(
    project: &Project,
    existing: &'a Existing,
    places: &BTreeSet<(String, String)>,
    found: &mut BTreeMap<CredentialId, &'a ExistingLeaf>,
) {
    for (id, credential) in project.credentials_with_ids() {
        let CredentialKind::Brought(leaf) = &credential.kind else { continue };
        if !found.contains_key(&id)
            && let Some(there) = brought(existing, leaf, found, places)
        {
            found.insert(id, there);
        }
    }
}

/// A Secret elsewhere that was brought in files and does for all that is wanted, perhaps for more. One at a place where
/// another credential's goes is that one's.
fn brought<'a>(
    existing: &'a Existing,
    leaf: &Leaf,
    claimed: &BTreeMap<CredentialId, &'a ExistingLeaf>,
    places: &BTreeSet<(String, String)>,
) -> Option<&'a ExistingLeaf> {
    let is_taken = |there: &ExistingLeaf| {
        claimed.values().any(|other| other.shown == there.shown)
            || there.parked.is_none() && places.contains(&(there.namespace.clone(), there.secret.clone()))
    };
    let mut all = existing.leaves.values().chain(&existing.parked);
    all.find(|there| {
        there.is_brought() && leaf.missing_from(names(there).into_iter()).is_empty() && !is_taken(there)
    })
}

/// The names that a credential's certificate is to have, sorted.
fn wanted(leaf: &Leaf) -> Vec<String> {
    let mut names: Vec<_> = leaf.alt_names().iter().map(ToString::to_string).collect();
    names.sort();
    names
}

/// The names of a Secret's certificate, sorted.
fn names(there: &ExistingLeaf) -> Vec<String> {
    let mut names: Vec<_> = there.certificate.sans().iter().map(San::to_string).collect();
    names.sort();
    names
}
