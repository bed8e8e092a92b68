//! Renewals that a check tells of and leaves to the next render: what is due is no difference between spec and tree, and
//! what has ended is said by name.

use super::action::{Action, Reason};
use super::certs::CertPlan;
use super::revocation::{ListReason, place_of};
use crate::diag::{Code, Diagnostic, Report};
use crate::model::Project;
use crate::spec::Span;

const HELP: &str = "`gatewright render` with an identity renews it";

/// Takes renewals out of a plan, and says which.
pub fn hold(project: &Project, plan: &mut CertPlan<'_>, report: &mut Report) {
    for leaf in &mut plan.leaves {
        let owner = project.owner(leaf.credential);
        let settled = project.is_settled_at(Code::DUE_CERTIFICATE.name(), leaf.credential);
        one(&mut leaf.action, (owner.word, &owner.name, owner.place), settled, report);
    }
    for plan in &mut plan.clients {
        let Some(client) = project.clients.get(plan.client) else { continue };
        let settled = project.is_settled(Code::DUE_CERTIFICATE.name(), &client.settled);
        let place = client.name.origin.span();
        one(&mut plan.action, ("client", &client.name.value, place), settled, report);
    }
    for plan in &mut plan.cacerts {
        let cacerts = plan.cacerts;
        let settled = project.is_settled(Code::DUE_CERTIFICATE.name(), &cacerts.settled);
        let name = cacerts.name.value.as_str();
        one(&mut plan.action, ("cacerts", name, cacerts.name.origin.span()), settled, report);
    }
    lists(project, plan, report);
}

fn one(
    action: &mut Action,
    (word, name, place): (&str, &str, Option<Span>),
    settled: bool,
    report: &mut Report,
) {
    let finding = match action {
        Action::Issue(Reason::Due) => {
            let message = format!("the certificate of {word} `{name}` is due for renewal");
            (!settled).then(|| Diagnostic::notice(Code::DUE_CERTIFICATE, message))
        }
        Action::Issue(Reason::Expired) => {
            let message = format!("the certificate of {word} `{name}` has expired");
            Some(Diagnostic::error(Code::EXPIRED_CERTIFICATE, message))
        }
        _ => return,
    };
    *action = Action::Keep;
    if let Some(finding) = finding {
        report.push(at(finding, place));
    }
}

fn lists(project: &Project, plan: &mut CertPlan<'_>, report: &mut Report) {
    for list in &mut plan.lists.plans {
        let (Some(reason), Some(there)) = (list.reason, list.there) else { continue };
        let Some(generation) = plan.generations.get(list.generation) else { continue };
        let authority = project.authority(generation.authority);
        let (name, end) = (&authority.name.value, there.next_update());
        let finding = match reason {
            ListReason::Due => {
                let message = format!("the revocation list of authority `{name}` is good until {end} only");
                let settled = project.is_settled(Code::REVOCATION_LIST.name(), &authority.settled);
                (!settled).then(|| Diagnostic::warning(Code::REVOCATION_LIST, message))
            }
            ListReason::Expired => {
                let message = format!("the revocation list of authority `{name}` ended on {end}");
                Some(Diagnostic::error(Code::REVOCATION_LIST, message))
            }
            ListReason::Missing | ListReason::Changed(_) => continue,
        };
        list.reason = None;
        if let Some(finding) = finding {
            let finding = at(finding, place_of(project, generation));
            report.push(finding.note("after its end, every host that it is for refuses every client"));
        }
    }
}

fn at(finding: Diagnostic, place: Option<Span>) -> Diagnostic {
    match place {
        Some(place) => finding.at(place, "the next render renews it"),
        None => finding,
    }
    .help(HELP)
}
