//! Key pairs that are brought in files: whether what is there still does, and when the next one is to be brought.

use super::certs::{Action, Shape};
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{CredentialId, Leaf, Project};
use crate::state::ExistingLeaf;
use crate::time::Timestamp;

/// What must happen to a key pair that is brought: it stays, or waits for the next one.
pub(super) fn plan(
    project: &Project,
    id: CredentialId,
    (leaf, shape): (&Leaf, &Shape),
    there: Option<&ExistingLeaf>,
    now: Timestamp,
    report: &mut Report,
) -> Action {
    let Some(there) = there else { return Action::Bring("none was brought yet".to_owned()) };
    if !there.is_brought() {
        return Action::Bring(
            "none was brought yet, and one of this project's authorities is there".to_owned(),
        );
    }
    let certificate = &there.certificate;
    let missing = leaf.missing_from(certificate.sans().iter().map(ToString::to_string));
    if let Some(name) = missing.first() {
        return Action::Bring(format!("the one that is there is not for `{name}`"));
    }
    let owner = project.owner(id);
    let (word, name) = (owner.word, &owner.name);
    let said = |finding: Diagnostic| match owner.place {
        Some(place) => finding.at(place, "brought in files"),
        None => finding,
    };
    let help = format!("`gatewright bring {name} --cert FILE --key FILE` takes the next one");
    if certificate.not_after() <= now {
        let message =
            format!("the certificate of {word} `{name}` ended on {}", certificate.not_after().date());
        report.push(said(Diagnostic::error(Code::EXPIRED_CERTIFICATE, message)).help(help));
    } else if certificate.not_before() > now {
        let message = format!(
            "the certificate of {word} `{name}` starts on {}, and it is {now} now",
            certificate.not_before()
        );
        report.push(said(Diagnostic::error(Code::CLOCK, message)).help(super::authority::CLOCK_HELP));
    } else if shape.is_due(certificate, now) && !project.is_settled_at(Code::DUE_CERTIFICATE.name(), id) {
        let message = format!(
            "the certificate of {word} `{name}` ends on {}, and nobody here can renew it",
            certificate.not_after().date()
        );
        report.push(said(Diagnostic::notice(Code::DUE_CERTIFICATE, message)).help(help));
    }
    Action::Keep
}
