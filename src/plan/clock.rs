//! Certificates that start later than the clock says: either this clock is slow, or the one by which they were made was fast.

use super::action::{Action, Asked, Reason};
use super::authority::{CLOCK_HELP, GenerationPlan};
use super::certs::Judge;
use crate::diag::{Code, Diagnostic, Report, quoted};
use crate::model::{Authority, AuthorityId, CredentialId, Project};
use crate::pki::Certificate;
use crate::spec::Span;
use crate::time::Timestamp;

/// Whose certificate it is.
pub(super) struct Bearer<'b> {
    /// The word that makes it.
    pub(super) word: &'b str,
    /// Its name.
    pub(super) name: &'b str,
    /// That name as written.
    pub(super) place: Option<Span>,
    /// What `rotate` calls it.
    pub(super) rotated: &'b str,
}

/// A generation that is introduced, signs nothing, and starts later than the clock says: nothing is broken yet, and it can't sign.
pub(super) fn introduced(
    authority: &Authority,
    plan: &GenerationPlan<'_>,
    now: Timestamp,
) -> Option<Diagnostic> {
    let generation = plan.generation;
    let is_waiting = generation.introduced
        && !generation.retired
        && !plan.signs
        && !authority.settled.contains(Code::CLOCK.name());
    let (start, _) = plan.life.filter(|(start, _)| is_waiting && *start > now)?;
    let (name, number, today) = (&authority.name.value, generation.number, now.date());
    let message = format!("generation {number} of authority `{name}` starts on {start}, and it is {now} now");
    let finding = Diagnostic::warning(Code::CLOCK, message)
        .at(generation.origin.span().unwrap_or(authority.word), "can't sign before that")
        .help(format!("if it was introduced by a clock that ran ahead: write `introduced=\"{today}\" retired=\"{today}\"` at generation {number}, which gives it up; then introduce another one"))
        .help(format!("if this clock is slow: {CLOCK_HELP}"));
    Some(finding)
}

/// Whether somebody asked for another certificate of a Secret, by any of its names.
pub(super) fn is_asked(project: &Project, id: CredentialId, asked: &Asked) -> bool {
    let names = project.credential(id).kind.leaf().map_or(&[][..], |leaf| &leaf.names);
    let hosts = project.hosts_of(id).map(|host| &host.name);
    hosts.chain(names).any(|name| asked.hosts.contains(name.value.as_str()))
}

impl Judge<'_, '_> {
    /// Complains about a certificate that stays and has not started. Where its authority starts later too, that was said.
    pub(super) fn look_at_clock(
        &self,
        bearer: &Bearer<'_>,
        (authority, certificate): (AuthorityId, &Certificate),
        (action, asked): (&Action, &Asked),
        report: &mut Report,
    ) {
        let start = certificate.not_before();
        if start <= self.now
            || is_replaced(action)
            || self.signer(authority).is_some_and(|signer| signer.not_before() > self.now)
            || self.replaces_one(asked)
        {
            return;
        }
        let Bearer { word, name, place, rotated } = bearer;
        let message =
            format!("the certificate of {word} `{name}` starts on {start}, and it is {} now", self.now);
        let finding = Diagnostic::error(Code::CLOCK, message);
        let finding = match place {
            Some(span) => finding.at(*span, "not valid yet"),
            None => finding,
        };
        let all = || self.existing.sealed_files().filter_map(|file| file.certificate);
        let (count, started) = (all().count(), all().filter(|one| one.not_before() <= self.now).count());
        let finding = finding.note(format!("{started} of the {count} certificates here have started"));
        let rotate = format!("`gatewright rotate {rotated} {}` makes another one", quoted(name));
        report.push(if started * 2 > count {
            finding
                .help(format!("most likely it was made by a clock that ran ahead: {rotate}"))
                .help(format!("or it is this clock that is slow: {CLOCK_HELP}"))
        } else {
            finding
                .help(format!("most likely this clock is slow: {CLOCK_HELP}"))
                .help(format!("or it was made by a clock that ran ahead: {rotate}"))
        });
    }

    /// Whether this run replaces one of them: whoever does so has heard of the others, and takes one after the other.
    fn replaces_one(&self, asked: &Asked) -> bool {
        let is_early = |certificate: &Certificate| certificate.not_before() > self.now;
        let mut clients =
            self.project.clients.iter().filter(|client| asked.clients.contains(&client.name.value));
        let mut clusters = asked.clusters.iter().filter_map(|name| self.existing.cacerts.get(name));
        let mut servers = self.claims.iter().filter(|(id, _)| is_asked(self.project, **id, asked));
        clients.any(|client| self.key_of_client(client).is_some_and(|file| is_early(&file.certificate)))
            || clusters.any(|there| is_early(&there.certificate))
            || servers.any(|(_, there)| is_early(&there.certificate))
    }
}

/// Whether another one takes its place for a reason that is not the time: a slow clock would bring back the one before it.
fn is_replaced(action: &Action) -> bool {
    match action {
        Action::Issue(Reason::Changed(parts)) => parts.iter().any(|part| *part != "life"),
        Action::Issue(_) => true,
        Action::Keep | Action::Take | Action::Bring(_) => false,
    }
}
