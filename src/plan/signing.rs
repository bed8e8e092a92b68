//! How the generation of an authority stands that signs: whether it still can, how long, and whether the spec wants another.

use super::authority::{CLOCK_HELP, GenerationPlan};
use super::certs::BACKDATE;
use super::{hierarchy, rotation};
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{Authority, AuthorityId, CredentialKind, Project, Stage};
use crate::pki::Certificate;
use crate::spec::Span;
use crate::state::{Existing, KeyFile};
use crate::time::{Seconds, Timestamp};

/// Says what there is to say of it.
pub(super) fn look_at(
    (project, existing): (&Project, &Existing),
    plan: &GenerationPlan<'_>,
    file: &KeyFile,
    now: Timestamp,
    report: &mut Report,
) {
    let authority = project.authority(plan.authority);
    let certificate = &file.certificate;
    let place = plan.generation.origin.span().unwrap_or(authority.word);
    if authority.parent.is_none()
        && certificate.path_length().is_some_and(|length| length < u32::from(authority.below))
    {
        report.push(too_deep(authority, certificate, place));
    }
    if let Some(finding) = not_now((project, existing), plan, certificate, now) {
        report.push(finding);
        return;
    }
    report.extend(due((project, existing), plan, now));
    // Whoever made it in files decided what it says.
    if authority.files.is_some() {
        return;
    }
    let mut differences = plan.shape.differences(certificate);
    // What is too narrow is widened; that it may do more than the spec wants is told.
    if plan.resign.is_none() && certificate.permitted() != plan.permitted {
        differences.push("set of permitted names");
    }
    differences.extend(Some("life").filter(|_| has_other_life(authority, plan, certificate)));
    if !differences.is_empty() && !authority.settled.contains(Code::CHANGED_AUTHORITY.name()) {
        report.push(
            Diagnostic::notice(
                Code::CHANGED_AUTHORITY,
                format!(
                    "authority `{}` was made with another {}",
                    authority.name.value,
                    differences.join(" and ")
                ),
            )
            .at(authority.word, format!("generation {} stays as it is", plan.generation.number))
            .help(another(existing, authority)),
        );
    }
}

/// Says of one that is made in this run what the next would say of it.
pub(super) fn look_ahead(
    looked: (&Project, &Existing),
    plan: &GenerationPlan<'_>,
    now: Timestamp,
    report: &mut Report,
) {
    report.extend(due(looked, plan, now));
}

/// That it ends: first that it is time to think of the next one, and once what it signs ends with it, that it is late.
fn due((project, existing): (&Project, &Existing), plan: &GenerationPlan<'_>, now: Timestamp) -> Report {
    let mut report = Report::default();
    let authority = project.authority(plan.authority);
    let name = &authority.name.value;
    let settled = authority.settled.contains(Code::DUE_AUTHORITY.name());
    let Some(life) = plan.life.filter(|life| !settled && now >= plan.shape.renewal_of(*life)) else {
        return report;
    };
    let left = life.1 - now;
    let is_late = left < longest(project, plan.authority);
    let kept = plan.there.filter(|_| plan.resign.is_none());
    let end = match kept.is_some_and(|file| file.certificate.not_after() > life.1) {
        true => format!("one above authority `{name}` ends on {}", life.1),
        false => format!("authority `{name}` ends on {}", life.1),
    };
    let finding = if is_late {
        let left = rotation::length(Seconds(left.0 - left.0 % if left.0 < 86_400 { 3600 } else { 86_400 }));
        Diagnostic::warning(Code::DUE_AUTHORITY, format!("{end}, in {left}"))
            .note("what it signs ends with it, and from then on nobody believes any of it")
    } else {
        let left = match plan.shape.renew_before {
            Some(_) => "less than its `renew-before`",
            None => "a third of its life",
        };
        Diagnostic::notice(Code::DUE_AUTHORITY, format!("{end}: {left} is left"))
    };
    let finding = match (plan.there, plan.start) {
        (None, Some(start)) => finding
            .note(format!(
                "its life begins on {} whenever it is made, since its key follows from the seed",
                start.date()
            ))
            .help("a longer `valid` at the authority, as long as nobody has this one"),
        _ => finding,
    };
    let finding = match (&authority.files, authority.stage()) {
        (Some(_), _) => finding.help(another(existing, authority)),
        (None, Stage::Introduced { .. }) => finding.help(format!(
            "`gatewright rotate authority {name} --stage switch` lets the next generation sign, once clients know it"
        )),
        (None, _) => finding
            .help(format!("`gatewright rotate authority {name} --stage introduce` begins a rotation in which old and new clients work"))
            .help(format!("or at once: {}", another(existing, authority))),
    };
    let place = plan.generation.origin.span().unwrap_or(authority.word);
    report.push(finding.at(place, "is never renewed by `render`"));
    report
}

/// The longest life of what follows from an authority and is renewed here; as long as such a life is if nothing says it.
fn longest(project: &Project, id: AuthorityId) -> Seconds {
    let below = |by: AuthorityId| project.way_up(by).contains(&id);
    let credentials = project.credentials().iter().filter_map(|credential| match &credential.kind {
        CredentialKind::Issued(leaf) | CredentialKind::Presented { leaf, .. } => Some(leaf),
        _ => None,
    });
    let leaves =
        credentials.filter(|leaf| leaf.authority.is_some_and(below)).map(|leaf| leaf.certificate.valid.value);
    let clients = project.clients.iter().filter(|client| below(client.authority));
    let all = leaves.chain(clients.map(|client| client.certificate.valid.value));
    all.max().unwrap_or(Seconds::days(90))
}

/// How another one is made, or takes its place if it is there already.
#[must_use]
pub fn another(existing: &Existing, authority: &Authority) -> String {
    let name = &authority.name.value;
    let switch = format!("`gatewright rotate authority {name} --stage switch`");
    let is_made = |number| existing.generations.contains_key(&(name.to_string(), number));
    match (&authority.files, authority.stage()) {
        (_, Stage::Introduced { next, .. }) if is_made(next.number) => {
            format!("{switch} lets generation {} sign", next.number)
        }
        (Some(_), Stage::Introduced { next, .. }) => format!(
            "`gatewright authority csr {name}` asks for the certificate of generation {}, `gatewright authority import {name} --cert FILE` takes it, and then {switch} lets it sign",
            next.number
        ),
        (Some(_), _) => format!(
            "`gatewright authority csr {name}` asks for another certificate of the same key, and `gatewright authority import {name} --cert FILE` takes it"
        ),
        (None, _) => format!(
            "`gatewright rotate authority {name}` declares the next generation; `gatewright render` then makes it"
        ),
    }
}

/// The authority that keeps one from signing: that one itself or one above it, which has ended, or waits for its files. The
/// topmost of them, since with another one those below are signed again.
#[must_use]
pub fn stopped_by(
    project: &Project,
    existing: &Existing,
    id: AuthorityId,
    now: Timestamp,
) -> Option<AuthorityId> {
    let stops = |id: &AuthorityId| {
        let authority = project.authority(*id);
        let own = (authority.name.value.to_string(), authority.signing().number);
        match existing.generations.get(&own).map(|file| &file.certificate) {
            None => authority.files.is_some(),
            Some(there) => {
                existing.end_of(there) <= now
                    && hierarchy::resigning(project, existing, authority, there).is_empty()
            }
        }
    };
    project.way_up(id).into_iter().rfind(stops)
}

/// Whether it has another life than one that would be made now: of a root that follows from a seed its beginning counts too.
/// One under another that could end later is signed again.
fn has_other_life(authority: &Authority, plan: &GenerationPlan<'_>, certificate: &Certificate) -> bool {
    let life = plan.start.map(|start| (start - BACKDATE, start + plan.shape.valid));
    let own = (certificate.not_before(), certificate.not_after());
    let is_other = match life {
        Some(life) => life != own,
        None => authority.certificate.valid_said && (own.1 - own.0).0 != BACKDATE.0 + plan.shape.valid.0,
    };
    let is_longer = || plan.resign.is_none() && own.1 > own.0 + BACKDATE + plan.shape.valid;
    is_other && (authority.parent.is_none() || is_longer())
}

/// A root that came in files may allow less than the spec builds on it.
fn too_deep(authority: &Authority, certificate: &Certificate, place: Span) -> Diagnostic {
    let (name, length) = (&authority.name.value, certificate.path_length().unwrap_or_default());
    let message = format!(
        "authority `{name}` allows {length} authorities below it, and the spec has {}",
        authority.below
    );
    Diagnostic::error(Code::WRONG_GENERATION, message)
        .at(place, "its certificate has a path length")
        .note("whoever checks a longer chain refuses it")
        .help("issue directly with this authority, or import a certificate that allows more")
}

/// Why an authority can't sign at this moment. One that is signed again in this run may.
fn not_now(
    (project, existing): (&Project, &Existing),
    plan: &GenerationPlan<'_>,
    certificate: &Certificate,
    now: Timestamp,
) -> Option<Diagnostic> {
    let authority = project.authority(plan.authority);
    let (name, number) = (&authority.name.value, plan.generation.number);
    let place = plan.generation.origin.span().unwrap_or(authority.word);
    if plan.end <= now {
        if plan.resign.is_some() {
            return None;
        }
        let message = match certificate.not_after() > plan.end {
            true => format!("one above authority `{name}` expired on {}", plan.end),
            false => format!("authority `{name}` expired on {}", plan.end),
        };
        let finding = Diagnostic::error(Code::EXPIRED_AUTHORITY, message)
            .at(place, format!("generation {number} can't sign any more, and nobody trusts it"));
        let stop = stopped_by(project, existing, plan.authority, now).unwrap_or(plan.authority);
        return Some(finding.help(another(existing, project.authority(stop))));
    }
    let message = format!("authority `{name}` starts on {}, and it is {now} now", certificate.not_before());
    (certificate.not_before() > now)
        .then(|| Diagnostic::error(Code::CLOCK, message).at(place, "not valid yet").help(CLOCK_HELP))
}
