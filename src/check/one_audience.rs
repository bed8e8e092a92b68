//! Everybody who can open the cluster's Secrets can also open the authorities' keys.

use super::Facts;
use crate::diag::{Code, Diagnostic, Report};
use crate::paths::Place;

pub(super) fn run(facts: &Facts<'_>, report: &mut Report) {
    let policy = &facts.project.secrets;
    if policy.one_audience {
        return;
    }
    let Some((out, pki)) = facts.audiences.overlap() else { return };
    let names = facts.input.snapshot.names();
    let (of_out, of_pki) = (names.folder(Place::Out), names.folder(Place::Pki));
    let mut finding = Diagnostic::warning(
        Code::ONE_AUDIENCE,
        format!("everybody who opens the Secrets of {of_out}/ also opens the authorities' keys in {of_pki}/"),
    )
    .note(format!("recipients of {of_out}/: {}; of {of_pki}/: {}", out.join(", "), pki.join(", ")))
    .note("who takes over the cluster could then issue certificates")
    .help(format!(
        "give {of_pki}/ a creation rule of its own, above the one for {of_out}/, that names operators only"
    ))
    .help("if one audience is meant: `secrets { one-audience }`");
    if let Some(span) = policy.recipients.first().and_then(|recipient| recipient.origin.span()) {
        finding = finding.at(span, "for both");
    }
    report.push(finding);
}
