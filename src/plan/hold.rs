//! What keeps a generation of an authority from being retired: time that has not passed, and what still follows from it.

use super::certs::{BACKDATE, CertPlan};
use super::rotation::length;
use crate::model::{Authority, AuthorityId, Generation, Project};
use crate::pki::Certificate;
use crate::state::Existing;
use crate::time::Timestamp;

/// What keeps a generation that signed from being retired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Since when the next one signs.
    pub since: Timestamp,
    /// When the time is over in which clients get certificates of the next one.
    pub until: Timestamp,
    /// What still follows from it, as `host shop.example.com`.
    pub relying: Vec<String>,
}

impl Hold {
    /// Whether nothing keeps it at that moment.
    #[must_use]
    pub fn is_over(&self, at: Timestamp) -> bool {
        at >= self.until && self.relying.is_empty()
    }
}

/// What keeps a generation from being retired; `None` where another one replaced it at once, it never signed or has ended.
#[must_use]
pub fn hold(
    project: &Project,
    existing: &Existing,
    plan: &CertPlan<'_>,
    id: AuthorityId,
    generation: &Generation,
    now: Timestamp,
) -> Option<Hold> {
    let authority = project.authority(id);
    let since = since(existing, authority, generation)?;
    let relying = match certificate(existing, authority, generation) {
        Some(old) if old.not_after() <= now => return None,
        Some(old) => relying(project, existing, plan, (id, old), now),
        None => Vec::new(),
    };
    Some(Hold { since, until: since + authority.wait.value, relying })
}

/// Since when nothing of a generation but what relies on it keeps it: `wait` has passed, or it has ended before.
pub(super) fn free_since(
    existing: &Existing,
    authority: &Authority,
    generation: &Generation,
) -> Option<Timestamp> {
    let until = since(existing, authority, generation)? + authority.wait.value;
    let end = certificate(existing, authority, generation).map(Certificate::not_after);
    Some(end.map_or(until, |end| until.min(end)))
}

/// Since when the generation after one signs. Whatever the date says, no certificate of it is from before it was made.
fn since(existing: &Existing, authority: &Authority, generation: &Generation) -> Option<Timestamp> {
    let next = overlapping(existing, authority, generation)?;
    let made = certificate(existing, authority, next).map(|own| (own.not_before() + BACKDATE).day());
    Some(next.signs_on?.max(made.unwrap_or(Timestamp::MIN)))
}

/// The generation after one that signed, if both were trusted for a while; `None` where everything was replaced at once. Dates
/// alone do not tell these apart within a day: so bundles that hold both count.
fn overlapping<'a>(
    existing: &Existing,
    authority: &'a Authority,
    generation: &Generation,
) -> Option<&'a Generation> {
    let bundles = || {
        let hosts = existing.bundles.iter().filter_map(|bundle| bundle.certificates.as_ref());
        hosts.chain(existing.trusted.get(authority.name.value.as_str()))
    };
    let together = |new: &Generation| {
        let both = [generation, new].map(|one| certificate(existing, authority, one));
        let [Some(old), Some(new)] = both else { return false };
        let holds = |all: &[Certificate], own: &Certificate| all.iter().any(|one| is_same(one, own));
        bundles().any(|all| holds(all, old) && holds(all, new))
    };
    let at_once = authority.replaced_by(generation).any(|new| !together(new));
    authority.successor(generation).filter(|_| !at_once)
}

/// What keeps a generation, as sentences.
#[must_use]
pub fn reasons(authority: &Authority, hold: &Hold) -> Vec<String> {
    let mut found = Vec::new();
    let next = authority.signing();
    found.push(format!(
        "generation {} signs since {}, and until {} its clients may still have certificates of the one before, or trust that alone (`wait` is {})",
        next.number,
        hold.since.date(),
        hold.until.date(),
        length(authority.wait.value),
    ));
    if !hold.relying.is_empty() {
        let more = hold.relying.len().saturating_sub(8);
        let names: Vec<_> = hold.relying.iter().take(8).map(String::as_str).collect();
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        found.push(format!(
            "what it signed is still in use by {}{more}: `gatewright render` with an identity issues that anew",
            names.join(", ")
        ));
    }
    found
}

pub(super) fn key(authority: &Authority, generation: &Generation) -> (String, u32) {
    (authority.name.value.to_string(), generation.number)
}

pub(super) fn certificate<'e>(
    existing: &'e Existing,
    authority: &Authority,
    generation: &Generation,
) -> Option<&'e Certificate> {
    let key = key(authority, generation);
    let alone = || existing.certificates.get(&key).and_then(Option::as_ref);
    existing.generations.get(&key).map(|file| &file.certificate).or_else(alone)
}

/// Whether both are of one generation: its root, or one that was signed again.
pub(super) fn is_same(one: &Certificate, other: &Certificate) -> bool {
    one.spki_sha256() == other.spki_sha256() && one.subject() == other.subject()
}

/// What follows from a generation and has not ended: certificates that it signed, and those behind an authority that it
/// signed.
fn relying(
    project: &Project,
    existing: &Existing,
    plan: &CertPlan<'_>,
    (id, old): (AuthorityId, &Certificate),
    now: Timestamp,
) -> Vec<String> {
    let mut found = Vec::new();
    let alive = |certificate: &Certificate| certificate.not_after() > now;
    for one in plan.generations.iter().filter(|one| !one.generation.retired) {
        let own = one.there.map(|file| &file.certificate);
        if own.is_some_and(|own| alive(own) && own.made_by(old) && !own.is_self_signed()) {
            found.push(format!("authority {}", project.authority(one.authority).name.value));
        }
    }
    let roots: Vec<_> = existing.authorities().filter(|one| one.is_self_signed()).collect();
    // A root that another one signed too leads to both.
    let is_cross =
        |certificate: &Certificate| roots.iter().any(|root| root.spki_sha256() == certificate.spki_sha256());
    for leaf in &plan.leaves {
        let Some(there) = leaf.there.filter(|there| alive(&there.certificate)) else { continue };
        let behind = there.chain.iter().filter(|one| !is_cross(one));
        let shows = std::iter::once(&there.certificate).chain(behind).any(|one| one.made_by(old));
        let hides = leaf.leaf.authority.is_some_and(|own| project.way_up(own).contains(&id))
            && there.hides_other_chain(&existing.chain_of(&there.certificate))
            && there.hides_other_chain(&existing.crossed_chain_of(&there.certificate));
        if shows || hides {
            let owner = project.owner(leaf.credential);
            found.push(format!("{} {}", owner.word, owner.name));
        }
    }
    // Nobody waits for one that is revoked.
    for client in plan.clients.iter().filter(|plan| project.clients[plan.client].revoked.is_none()) {
        let own = client.there.map(|file| &file.certificate);
        let name = format!("client {}", project.clients[client.client].name.value);
        // Its Secret may show the same.
        if own.is_some_and(|own| alive(own) && own.made_by(old)) && !found.contains(&name) {
            found.push(name);
        }
    }
    for istiod in &plan.cacerts {
        let own = istiod.there.map(|there| &there.certificate);
        if own.is_some_and(|own| alive(own) && own.made_by(old)) {
            found.push(format!("cacerts {}", istiod.cacerts.name.value));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_is_over_when_the_time_is_and_nothing_relies_on_it() {
        let until = Timestamp::parse_date("2026-12-31").unwrap_or(Timestamp::MAX);
        let free = Hold { since: until, until, relying: Vec::new() };
        assert!(free.is_over(until) && !free.is_over(until - crate::time::Seconds(1)));
        assert!(
            !Hold { since: until, until, relying: vec!["host a.example.com".to_owned()] }
                .is_over(Timestamp::MAX)
        );
    }
}
