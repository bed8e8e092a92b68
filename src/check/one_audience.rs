//! Everybody who can open the cluster's Secrets can also open the authorities' keys.

use super::Facts;
use crate::diag::{Code, Diagnostic, Report};

pub(super) fn run(facts: &Facts<'_>, report: &mut Report) {
    let policy = &facts.project.secrets;
    if policy.one_audience {
        return;
    }
    let Some((out, pki)) = facts.audiences.overlap() else { return };
    let mut finding = Diagnostic::warning(
        Code::ONE_AUDIENCE,
        "everybody who opens the Secrets of out/ also opens the authorities' keys in pki/",
    )
    .note(format!("recipients of out/: {}; of pki/: {}", out.join(", "), pki.join(", ")))
    .note("who takes over the cluster could then issue certificates")
    .help("give pki/ a creation rule of its own, above the one for out/, that names operators only")
    .help("if one audience is meant: `secrets { one-audience }`");
    if let Some(span) = policy.recipients.first().and_then(|recipient| recipient.origin.span()) {
        finding = finding.at(span, "for both");
    }
    report.push(finding);
}
