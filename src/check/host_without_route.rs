//! A host without a single route: its gateway answers every request with 404.

use super::Facts;
use crate::diag::{Code, Diagnostic, Report};

pub(super) fn run(facts: &Facts<'_>, report: &mut Report) {
    let code = Code::HOST_WITHOUT_ROUTE;
    for host in &facts.project.hosts {
        if host.routes.is_empty() && !facts.project.is_settled(code.name(), &host.settled) {
            report.push(
                Diagnostic::warning(code, format!("host `{}` has no route", host.name.value))
                    .at(host.place, "every request gets 404")
                    .help("add `to=\"service:port\"`, or a `route`")
                    .help("if a VirtualService outside this project serves it: `settle \"host-without-route\" reason=\"…\"`"),
            );
        }
    }
}
