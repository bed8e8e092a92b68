//! Key pairs that are brought in files: whether what is there still does, when the next one is to be brought, and what
//! becomes of one that nothing is for any more.

use std::collections::BTreeSet;

use super::certs::{Action, LeafPlan, Shape};
use super::decide::Desired;
use crate::diag::{Code, Diagnostic, Report, quoted};
use crate::model::{CredentialId, Leaf, Project};
use crate::paths::Place;
use crate::state::{Existing, ExistingLeaf};
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
    let certificate = &there.certificate;
    let owner = project.owner(id);
    let (word, name) = (owner.word, &owner.name);
    let said = |finding: Diagnostic| match owner.place {
        Some(place) => finding.at(place, "brought in files"),
        None => finding,
    };
    let help = format!(
        "`gatewright bring {0} --cert FILE --key FILE` takes the next one, or without `--key` the answer to `gatewright csr {0}`",
        quoted(name)
    );
    let (end, what) = there.end();
    let of = match what {
        Some(above) => format!("{} above the certificate of {word} `{name}`", above.called()),
        None => format!("the certificate of {word} `{name}`"),
    };
    if end <= now {
        let message = format!("{of} ended on {}", end.date());
        report.push(said(Diagnostic::error(Code::EXPIRED_CERTIFICATE, message)).help(help.clone()));
    }
    if !there.is_brought() {
        return Action::Bring(
            "none was brought yet, and one of this project's authorities is there".to_owned(),
        );
    }
    let missing = leaf.missing_from(certificate.sans().iter().map(ToString::to_string));
    if let Some(name) = missing.first() {
        return Action::Bring(format!("the one that is there is not for `{name}`"));
    }
    if end <= now {
        return Action::Keep;
    }
    if certificate.not_before() > now {
        let message = format!(
            "the certificate of {word} `{name}` starts on {}, and it is {now} now",
            certificate.not_before()
        );
        let finding = said(Diagnostic::error(Code::CLOCK, message)).help(super::authority::CLOCK_HELP);
        report.push(finding.help(format!("or it was made by a clock that ran ahead: {help}")));
    } else if now >= shape.renewal_by(certificate, end)
        && !project.is_settled_at(Code::DUE_CERTIFICATE.name(), id)
    {
        let message = format!("{of} ends on {}, and nobody here can renew it", end.date());
        report.push(said(Diagnostic::warning(Code::DUE_CERTIFICATE, message)).help(help));
    }
    Action::Keep
}

/// Says that a pair that was brought gives way to a certificate of an authority.
pub(super) fn replaced(action: &Action, there: Option<&ExistingLeaf>, report: &mut Report) {
    if let (Action::Issue(_), Some(there)) = (action, there.filter(|there| there.is_brought())) {
        report.push(goes(&there.shown, "gets a certificate of an authority in the place of"));
    }
}

fn goes(path: &str, how: &str) -> Diagnostic {
    Diagnostic::notice(Code::BROUGHT_KEY, format!("{path} {how} a key pair that was brought"))
        .in_file(path)
        .note("nobody here can make it again; Git's history has it, sealed for those who were its recipients")
}

/// The files of key pairs that no certificate of the spec is for any more, and that stay all the same: another pair is
/// waited for, perhaps for the same host under a new name. Nobody here can make one again, so it is said, too, when one
/// goes.
pub fn left_over(
    project: &Project,
    existing: &Existing,
    leaves: &[LeafPlan<'_>],
    report: &mut Report,
) -> Vec<Desired> {
    let claimed: BTreeSet<_> =
        leaves.iter().filter_map(|plan| plan.there).map(|there| there.shown.as_str()).collect();
    let waits = leaves.iter().find(|plan| plan.there.is_none() && matches!(plan.action, Action::Bring(_)));
    let left = existing.leaves.values().filter(|there| there.is_brought());
    let mut kept = Vec::new();
    for there in left.filter(|there| !claimed.contains(there.shown.as_str())) {
        let path = &there.shown;
        if let Some(plan) = waits {
            let owner = project.owner(plan.credential);
            let message = format!(
                "{path} has a key pair that was brought, and nothing in the spec is for its names any more"
            );
            report.push(
                Diagnostic::notice(Code::BROUGHT_KEY, message)
                    .in_file(path)
                    .note(format!("it stays until one is brought for {} `{}`", owner.word, owner.name))
                    .help(format!("if nobody needs it: `git rm {path}`")),
            );
            kept.push(Desired { place: Place::Out, path: there.path.clone(), contents: None });
        } else {
            report.push(goes(path, "goes, and with it"));
        }
    }
    kept
}
