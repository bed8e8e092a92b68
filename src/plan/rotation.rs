//! Rotations of authorities in stages: where each stands, what of it is refused, and which stand still.

use super::authority::trusted_at;
use super::certs::CertPlan;
pub use super::hold::{Hold, hold, reasons};
use super::hold::{certificate, free_since, is_same, key};
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{Authority, AuthorityId, Generation, Project, Stage};
use crate::paths::Place;
use crate::pki::Certificate;
use crate::state::Existing;
use crate::time::{Seconds, Timestamp};

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
    /// Since when the next stage could have followed.
    pub possible: Option<Timestamp>,
    /// When the new one starts, if that is later than the clock says.
    pub ahead: Option<Timestamp>,
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
        let start = |new: &Generation| certificate(existing, authority, new).map(Certificate::not_before);
        let starts = |new: &Generation| start(new).filter(|start| *start > now);
        found.extend(match authority.stage() {
            Stage::Introduced { signing, next } => Some(Progress {
                authority: id,
                new: next.number,
                old: signing.number,
                switched: false,
                since: next.introduced_on,
                possible: next.introduced_on,
                ahead: starts(next),
                made: made(next),
                hold: None,
            }),
            Stage::Switched { old, signing } => Some(Progress {
                authority: id,
                new: signing.number,
                old: old.number,
                switched: true,
                since: signing.signs_on,
                possible: free_since(existing, authority, old).or(signing.signs_on),
                ahead: starts(signing),
                made: made(signing),
                hold: hold(project, existing, plan, id, old, now),
            }),
            Stage::Settled(_) | Stage::ByHand => None,
        });
    }
    found
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
    let since = progress.possible;
    // A stage that could be followed by the next one for as long as that took.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_has_the_largest_unit_without_a_rest() {
        for (seconds, text) in [(30 * 86_400, "30d"), (36 * 3600, "36h"), (90 * 60, "90m"), (61, "61s")] {
            assert_eq!(length(Seconds(seconds)), text);
        }
    }
}
