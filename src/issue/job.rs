//! One certificate to issue, and what is said where it ends early or can't be issued yet.

use super::{Issued, NEEDS_HELP, Waiting};
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{AuthorityId, Project};
use crate::pki::{Certificate, Issuer, Profile, Slot};
use crate::plan::cacerts::CacertsPlan;
use crate::plan::certs::{Action, ClientPlan, LeafPlan, Reason, Shape, wanted};
use crate::plan::grid::Life;
use crate::plan::seed;
use crate::sops::Sealed;
use crate::spec::Span;
use crate::time::Timestamp;

/// One certificate to issue.
pub(super) struct Job<'a> {
    word: &'static str,
    name: String,
    place: Option<Span>,
    pub(super) profile: Profile,
    pub(super) path_length: Option<u8>,
    /// What its key is for.
    pub(super) slot: Slot<'a>,
    pub(super) authority: AuthorityId,
    pub(super) shape: &'a Shape,
    /// The file whose key it goes on with.
    pub(super) kept: Option<Kept<'a>>,
    reason: &'a Reason,
    /// When the one that is there begins and ends.
    there: Option<Life>,
    clamp_settled: bool,
    due_settled: bool,
}

impl Job<'_> {
    /// Says so where a certificate ends earlier than wanted.
    pub(super) fn report_clamp(&self, issued: &Issued, now: Timestamp, report: &mut Report) {
        let (_, wanted) = self.shape.life(now, None);
        if issued.certificate.not_after() < wanted && !self.clamp_settled {
            let finding = Diagnostic::notice(
                Code::CLAMPED,
                format!(
                    "the certificate of {} `{}` ends on {}, with its authority, not on {wanted}",
                    self.word,
                    self.name,
                    issued.certificate.not_after()
                ),
            );
            report.push(match self.place {
                Some(span) => finding.at(span, "ends earlier than its `valid` says"),
                None => finding,
            });
        }
    }

    /// Whether nothing but time asks for it.
    pub(super) fn renews(&self) -> bool {
        matches!(self.reason, Reason::Due | Reason::Expired)
    }

    /// Whether nothing but time asks for it, and one that this issuer signs would end with it, as the one that is there does.
    pub(super) fn would_be_the_same(&self, issuer: &Issuer, now: Timestamp) -> bool {
        let by_time = match self.reason {
            Reason::Due => true,
            Reason::Changed(parts) => parts == &["life"],
            _ => false,
        };
        by_time && self.there.is_some_and(|(_, end)| self.shape.life(now, Some(issuer.life())).1 == end)
    }

    /// What is said of a renewal that is left to the next run.
    pub(super) fn left(&self) -> Report {
        let mut report = Report::default();
        let finding = match self.reason {
            Reason::Due if self.due_settled => return report,
            Reason::Due => Diagnostic::warning(Code::DUE_CERTIFICATE, self.due()),
            _ => Diagnostic::error(Code::EXPIRED_CERTIFICATE, self.expired()),
        };
        let finding = match self.place {
            Some(span) => finding.at(span, "the next render renews it"),
            None => finding,
        };
        report.push(finding.help("run `gatewright render`"));
        report
    }

    fn due(&self) -> String {
        let end = self.there.map_or_else(String::new, |(_, end)| format!(" and ends on {end}"));
        format!("the certificate of {} `{}` is due for renewal{end}", self.word, self.name)
    }

    fn expired(&self) -> String {
        let end = self.there.map_or_else(|| "has expired".to_owned(), |(_, end)| format!("ended on {end}"));
        format!("the certificate of {} `{}` {end}", self.word, self.name)
    }

    /// What is due but valid is worth a warning, what has ended is an error, and only the rest waits. What is to change waits, and
    /// may have ended too.
    pub(super) fn waits(&self, needs: &[String], now: Timestamp, report: &mut Report) -> Option<Waiting> {
        let locked = |finding: Diagnostic| {
            let finding = match self.place {
                Some(span) => finding.at(span, "can't be renewed without an identity"),
                None => finding,
            };
            needs.iter().fold(finding, Diagnostic::note).help(NEEDS_HELP)
        };
        let why = match self.reason {
            Reason::Missing => "there is none yet".to_owned(),
            Reason::Revoked => "the one that is there is revoked".to_owned(),
            Reason::Asked => "a new one was asked for".to_owned(),
            Reason::Changed(parts) => wanted(parts),
            Reason::Due if self.due_settled => return None,
            Reason::Due => {
                report.push(locked(Diagnostic::warning(Code::DUE_CERTIFICATE, self.due())));
                return None;
            }
            Reason::Expired => {
                report.push(locked(Diagnostic::error(Code::EXPIRED_CERTIFICATE, self.expired())));
                return None;
            }
        };
        if self.there.is_some_and(|(_, end)| end <= now) {
            report.push(locked(Diagnostic::error(Code::EXPIRED_CERTIFICATE, self.expired())));
        }
        Some(Waiting {
            word: self.word,
            name: self.name.clone(),
            place: self.place,
            missing: *self.reason == Reason::Missing,
            why,
            needs: needs.to_owned(),
        })
    }
}

/// A key that is there, and goes on.
#[derive(Clone, Copy)]
pub(super) struct Kept<'a> {
    /// The path of its file, as a user reads it.
    pub(super) shown: &'a str,
    /// The file.
    pub(super) sealed: &'a Sealed,
    /// The certificate that it has.
    pub(super) certificate: &'a Certificate,
}

fn life(certificate: &Certificate) -> Life {
    (certificate.not_before(), certificate.not_after())
}

/// A server's, if one is to be issued.
pub(super) fn leaf<'a>(project: &'a Project, plan: &'a LeafPlan<'_>) -> Option<Job<'a>> {
    let Action::Issue(reason) = &plan.action else { return None };
    let authority = plan.leaf.authority?;
    let credential = project.credential(plan.credential);
    let owner = project.owner(plan.credential);
    let settled = |code: &str| project.is_settled_at(code, plan.credential);
    Some(Job {
        word: owner.word,
        name: owner.name,
        place: owner.place,
        profile: Profile::Server,
        path_length: None,
        slot: seed::of_server(project, credential, authority, plan.shape.generation),
        authority,
        shape: &plan.shape,
        kept: plan.there.filter(|_| plan.keeps_key).map(|there| Kept {
            shown: &there.shown,
            sealed: &there.sealed,
            certificate: &there.certificate,
        }),
        reason,
        there: plan.there.map(|there| life(&there.certificate)),
        clamp_settled: settled(Code::CLAMPED.name()),
        due_settled: settled(Code::DUE_CERTIFICATE.name()),
    })
}

/// A client's, if one is to be issued.
pub(super) fn client<'a>(project: &'a Project, plan: &'a ClientPlan<'_>) -> Option<Job<'a>> {
    let Action::Issue(reason) = &plan.action else { return None };
    let client = &project.clients[plan.client];
    Some(Job {
        word: "client",
        name: client.name.value.clone(),
        place: client.name.origin.span(),
        profile: Profile::Client,
        path_length: None,
        slot: seed::of_client(project, client),
        authority: client.authority,
        shape: &plan.shape,
        kept: plan.there.filter(|_| plan.keeps_key).map(|there| Kept {
            shown: &there.shown,
            sealed: &there.sealed,
            certificate: &there.certificate,
        }),
        reason,
        there: plan.there.map(|there| life(&there.certificate)),
        clamp_settled: project.is_settled(Code::CLAMPED.name(), &client.settled),
        due_settled: project.is_settled(Code::DUE_CERTIFICATE.name(), &client.settled),
    })
}

/// An istiod's, if one is to be issued. It issues for workloads, and nobody below it for others. `called` is the name that
/// tells its key from all others.
pub(super) fn cacerts<'a>(
    project: &'a Project,
    plan: &'a CacertsPlan<'_>,
    called: &'a str,
) -> Option<Job<'a>> {
    let Action::Issue(reason) = &plan.action else { return None };
    let cacerts = plan.cacerts;
    Some(Job {
        word: "cacerts",
        name: cacerts.name.value.to_string(),
        place: cacerts.name.origin.span(),
        profile: Profile::Intermediate,
        path_length: Some(0),
        slot: seed::of_cacerts(project, cacerts, called),
        authority: cacerts.authority,
        shape: &plan.shape,
        kept: None,
        reason,
        there: plan.there.map(|there| life(&there.certificate)),
        clamp_settled: project.is_settled(Code::CLAMPED.name(), &cacerts.settled),
        due_settled: project.is_settled(Code::DUE_CERTIFICATE.name(), &cacerts.settled),
    })
}
