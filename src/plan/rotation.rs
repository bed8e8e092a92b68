//! Rotations of authorities in stages: what keeps a generation from being retired, and which rotations stand still.

use super::authority::trusted_at;
use super::certs::{BACKDATE, CertPlan};
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{Authority, AuthorityId, Generation, Project, Stage};
use crate::paths::Place;
use crate::pki::Certificate;
use crate::state::Existing;
use crate::time::{Seconds, Timestamp};

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

/// A rotation that is on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Whose.
    pub authority: AuthorityId,
    /// The generation that is new.
    pub new: u32,
    /// The one before it.
    pub old: u32,
    /// Whether the new one signs.
    pub switched: bool,
    /// Since when it is at this stage, where written.
    pub since: Option<Timestamp>,
    /// Whether the new one was made.
    pub made: bool,
    /// Of one that switched, what keeps the old generation.
    pub hold: Option<Hold>,
}

/// All rotations that are on their way.
#[must_use]
pub fn progress(
    project: &Project,
    existing: &Existing,
    plan: &CertPlan<'_>,
    now: Timestamp,
) -> Vec<Progress> {
    let mut found = Vec::new();
    for (id, authority) in project.authorities_with_ids() {
        let made = |new: &Generation| existing.generations.contains_key(&key(authority, new));
        found.extend(match authority.stage() {
            Stage::Introduced { signing, next } => Some(Progress {
                authority: id,
                new: next.number,
                old: signing.number,
                switched: false,
                since: next.introduced_on,
                made: made(next),
                hold: None,
            }),
            Stage::Switched { old, signing } => Some(Progress {
                authority: id,
                new: signing.number,
                old: old.number,
                switched: true,
                since: signing.signs_on,
                made: made(signing),
                hold: hold(project, existing, plan, id, old, now),
            }),
            Stage::Settled(_) | Stage::ByHand => None,
        });
    }
    found
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
    let next = overlapping(existing, authority, generation)?;
    // Whatever the date says, no certificate of it is from before it was made.
    let made = certificate(existing, authority, next).map(|own| (own.not_before() + BACKDATE).day());
    let since = next.signs_on?.max(made.unwrap_or(Timestamp::MIN));
    let relying = match certificate(existing, authority, generation) {
        Some(old) if old.not_after() <= now => return None,
        Some(old) => relying(project, existing, plan, (id, old), now),
        None => Vec::new(),
    };
    Some(Hold { since, until: since + authority.wait.value, relying })
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

/// Refuses what would leave clients with a server that they don't trust, or hosts without their clients; and tells of
/// rotations that stand still.
pub(super) fn check(
    project: &Project,
    existing: &Existing,
    plan: &CertPlan<'_>,
    now: Timestamp,
    report: &mut Report,
) {
    for (id, authority) in project.authorities_with_ids() {
        report_switch(existing, plan, id, authority, report);
        report_cross(plan, id, authority, report);
        for generation in authority.generations.iter().filter(|one| one.retired && !one.forced) {
            let is_pending = certificate(existing, authority, generation)
                .is_some_and(|old| is_trusted(project, existing, id, old));
            let Some(hold) = hold(project, existing, plan, id, generation, now).filter(|_| is_pending) else {
                continue;
            };
            // A date is a whole day, and what is written is carried out now.
            let end = generation.retired_on.map_or(now, |day| day + Seconds::days(1) - Seconds(1));
            if !hold.is_over(now.min(end)) {
                report.push(too_early(authority, generation, &hold));
            }
        }
    }
    for progress in progress(project, existing, plan, now) {
        report.extend(standing(project.authority(progress.authority), &progress, existing, now));
    }
}

/// The first that new clients hear of a generation must not be a certificate that it signed.
fn report_switch(
    existing: &Existing,
    plan: &CertPlan<'_>,
    id: AuthorityId,
    authority: &Authority,
    report: &mut Report,
) {
    let signing = authority.signing();
    // One that follows from a seed comes again as clients know it; its certificate may still be there.
    let was_made = |one: &Generation| existing.certificates.contains_key(&key(authority, one));
    let is_new = plan.generations.iter().any(|one| {
        one.authority == id && one.signs && one.there.is_none() && !one.lost && !was_made(one.generation)
    });
    let before = authority.generations.iter().rev().find(|one| {
        one.number < signing.number
            && one.is_trusted()
            && existing.generations.contains_key(&key(authority, one))
    });
    let (true, Some(before)) = (is_new, before) else { return };
    let (name, number) = (&authority.name.value, signing.number);
    let finding = Diagnostic::error(
        Code::WRONG_GENERATION,
        format!("generation {number} of authority `{name}` signs before anybody could learn of it"),
    );
    report.push(
        finding
            .at(signing.origin.span().unwrap_or(authority.word), "was never made, and signs already")
            .note(format!("generation {} is still trusted, so one follows the other in stages: clients trust the new one first, then it signs", before.number))
            .help(format!("take `signs` out, run `gatewright render`, and give clients what it makes; then `gatewright rotate authority {name} --stage switch`"))
            .help(format!("or write `retired=\"{}\"` at generation {}, which replaces it at once", signing.introduced_on.map_or_else(|| "…".to_owned(), Timestamp::date), before.number)),
    );
}

/// A certificate for a key can have no other name than the one that what the key signed says.
fn report_cross(plan: &CertPlan<'_>, id: AuthorityId, authority: &Authority, report: &mut Report) {
    for one in plan.generations.iter().filter(|one| one.authority == id) {
        let wanted = one.cross.is_some_and(|cross| cross.there.is_none());
        let own = one.there.filter(|_| wanted).map(|file| file.certificate.subject());
        if own.is_none_or(|own| *own == one.shape.subject.distinguished()) {
            continue;
        }
        let (name, number) = (&authority.name.value, one.generation.number);
        let message = format!(
            "generation {number} of authority `{name}` can't be cross-signed: its subject is another one"
        );
        report.push(
            Diagnostic::error(Code::WRONG_GENERATION, message)
                .at(authority.word, "says another `subject` than its certificate")
                .help("write the subject that it was made with, or take `cross-signed` out"),
        );
    }
}

fn too_early(authority: &Authority, generation: &Generation, hold: &Hold) -> Diagnostic {
    let (name, number) = (&authority.name.value, generation.number);
    let finding = Diagnostic::error(
        Code::RETIRED_TOO_EARLY,
        format!("generation {number} of authority `{name}` can't be retired yet"),
    )
    .at(generation.origin.span().unwrap_or(authority.word), "clients would trust it no more");
    let finding = reasons(authority, hold).into_iter().fold(finding, Diagnostic::note);
    finding
        .help(format!("take `retired` out at generation {number}, run `gatewright render` with an identity, and write it when all of this is over"))
        .help("or write `forced` behind it, and whoever still relies on it is shut out")
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

/// A length of time in the largest unit that has no rest.
#[must_use]
pub fn length(of: Seconds) -> String {
    let units = [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s")];
    let unit = units.into_iter().find(|(size, _)| of.0 % size == 0);
    unit.map_or_else(String::new, |(size, unit)| format!("{}{unit}", of.0 / size))
}

fn standing(authority: &Authority, progress: &Progress, existing: &Existing, now: Timestamp) -> Report {
    let mut report = Report::default();
    let name = &authority.name.value;
    let wait = authority.wait.value;
    // A stage that could be followed by the next one for as long as that took.
    let since = match &progress.hold {
        Some(hold) => Some(hold.until),
        None => progress.since,
    };
    let stands = since.is_some_and(|since| now >= since + wait);
    let settled = authority.settled.contains(Code::STANDING_ROTATION.name());
    let Some(since) = since.filter(|_| stands && progress.made && !settled) else { return report };
    let new = authority.generations.iter().find(|one| one.number == progress.new);
    let place = new.and_then(|one| one.origin.span()).unwrap_or(authority.word);
    let finding = Diagnostic::notice(
        Code::STANDING_ROTATION,
        format!("the rotation of authority `{name}` stands still since {}", since.date()),
    );
    let (Progress { old, new, .. }, bundle) =
        (progress, existing.names.below(Place::Pki, &format!("{name}/ca.crt")));
    let finding = if progress.switched {
        let finding = finding.at(place, format!("signs, and generation {old} is still trusted"));
        let relying = progress.hold.as_ref().filter(|hold| !hold.relying.is_empty());
        let finding = relying
            .and_then(|hold| reasons(authority, hold).pop())
            .into_iter()
            .fold(finding, Diagnostic::note);
        finding.help(format!(
            "`gatewright rotate authority {name} --stage retire` takes generation {old} out of the bundles"
        ))
    } else {
        finding.at(place, "is trusted, and signs nothing").help(format!(
            "once clients have {bundle}, `gatewright rotate authority {name} --stage switch` lets generation {new} sign"
        ))
    };
    report.push(finding);
    report
}

fn key(authority: &Authority, generation: &Generation) -> (String, u32) {
    (authority.name.value.to_string(), generation.number)
}

fn certificate<'e>(
    existing: &'e Existing,
    authority: &Authority,
    generation: &Generation,
) -> Option<&'e Certificate> {
    let key = key(authority, generation);
    let alone = || existing.certificates.get(&key).and_then(Option::as_ref);
    existing.generations.get(&key).map(|file| &file.certificate).or_else(alone)
}

/// Whether both are of one generation: its root, or one that was signed again.
fn is_same(one: &Certificate, other: &Certificate) -> bool {
    one.spki_sha256() == other.spki_sha256() && one.subject() == other.subject()
}

/// Whether a bundle that is there holds it, or may: what is sealed can't be seen.
fn is_trusted(project: &Project, existing: &Existing, id: AuthorityId, old: &Certificate) -> bool {
    let same = |certificate: &Certificate| is_same(certificate, old);
    let name = project.authority(id).name.value.as_str();
    existing.trusted.get(name).is_some_and(|all| all.iter().any(same))
        || existing.bundles.iter().any(|bundle| match &bundle.certificates {
            Some(all) => all.iter().any(same),
            None => trusted_at(project, bundle).contains(&id),
        })
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
        if own.is_some_and(|own| alive(own) && own.signed_by(old) && !own.is_self_signed()) {
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
        let shows = std::iter::once(&there.certificate).chain(behind).any(|one| one.signed_by(old));
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
        if own.is_some_and(|own| alive(own) && own.signed_by(old)) && !found.contains(&name) {
            found.push(name);
        }
    }
    for istiod in &plan.cacerts {
        let own = istiod.there.map(|there| &there.certificate);
        if own.is_some_and(|own| alive(own) && own.signed_by(old)) {
            found.push(format!("cacerts {}", istiod.cacerts.name.value));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_has_the_largest_unit_without_a_rest() {
        for (seconds, text) in [(30 * 86_400, "30d"), (36 * 3600, "36h"), (90 * 60, "90m"), (61, "61s")] {
            assert_eq!(length(Seconds(seconds)), text);
        }
    }

    #[test]
    fn a_hold_is_over_when_the_time_is_and_nothing_relies_on_it() {
        let until = Timestamp::parse_date("2026-12-31").unwrap_or(Timestamp::MAX);
        let free = Hold { since: until, until, relying: Vec::new() };
        assert!(free.is_over(until) && !free.is_over(until - Seconds(1)));
        assert!(
            !Hold { since: until, until, relying: vec!["host a.example.com".to_owned()] }
                .is_over(Timestamp::MAX)
        );
    }
}
