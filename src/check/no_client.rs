//! A host for certain clients of whom none is left.

use super::Facts;
use crate::diag::{Code, Diagnostic, Report};
use crate::model::AltName;

pub(super) fn run(facts: &Facts<'_>, report: &mut Report) {
    let code = Code::NO_CLIENT;
    let nobody = AltName::nobody();
    for host in &facts.project.hosts {
        let Some(name) = host.client_names.iter().find(|name| name.value == nobody) else { continue };
        if facts.project.is_settled(code.name(), &host.settled) {
            continue;
        }
        let finding =
            Diagnostic::warning(code, format!("host `{}` lets in no client any more", host.name.value))
                .at(host.place, "every client is turned away")
                .at(name.origin.span().unwrap_or(host.place), "all that it names are revoked");
        report.push(
            finding
                .help("name clients that are not revoked, or take the host out")
                .help("if that is what you want: `settle \"no-client\" reason=\"…\"` in the host"),
        );
    }
}
