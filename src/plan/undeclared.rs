//! Generations of authorities that are there and relied on, and that the spec does not name: taking a line away is no way
//! to retire one.

use super::hold::is_same;
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{Authority, Project};
use crate::pki::Certificate;
use crate::state::Existing;
use crate::time::Timestamp;

/// Refuses a spec that leaves such generations out.
pub(super) fn check(project: &Project, existing: &Existing, now: Timestamp, report: &mut Report) {
    for authority in project.authorities() {
        let name = authority.name.value.as_str();
        let left_out = existing.generations.iter().filter(|((of, number), _)| {
            of == name && !authority.generations.iter().any(|one| one.number == *number)
        });
        for ((_, number), file) in left_out {
            if is_relied_on(existing, &file.certificate, now) {
                report.push(finding(authority, *number, &file.shown, now));
            }
        }
    }
}

/// Whether it is in what clients or hosts trust, or signed a certificate that is shown.
fn is_relied_on(existing: &Existing, certificate: &Certificate, now: Timestamp) -> bool {
    let bundles = existing.bundles.iter().filter_map(|bundle| bundle.certificates.as_ref());
    let trusted = existing.trusted.values().chain(bundles).flatten();
    let mut shown = existing.leaves.values().map(|leaf| &leaf.certificate);
    certificate.not_after() > now
        && (trusted.into_iter().any(|one| is_same(one, certificate))
            || shown.any(|one| one.not_after() > now && one.made_by(certificate)))
}

fn finding(authority: &Authority, number: u32, path: &str, now: Timestamp) -> Diagnostic {
    let name = &authority.name.value;
    let message =
        format!("generation {number} of authority `{name}` is relied on, and the spec does not name it");
    Diagnostic::error(Code::WRONG_GENERATION, message)
        .at(authority.word, format!("{path} is there, and clients or hosts trust it or show what it signed"))
        .note("without its line it would leave what they trust at once, and an older one could sign again")
        .help("restore the `generation` lines as they were: `git log -p` on the file has them")
        .help(format!(
            "to retire it, write `generation {number} … retired=\"{}\"` behind what it said",
            now.date()
        ))
}
