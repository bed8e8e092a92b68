//! A gateway whose ports keep the default redirect from leading to HTTPS: its plain HTTP port stays shut.

use super::Facts;
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{Gateway, Host};
use crate::spec::Cause;
use crate::spec::node::HttpMode;

pub(super) fn run(facts: &Facts<'_>, report: &mut Report) {
    let code = Code::NO_REDIRECT;
    for gateway in facts.project.gateways() {
        let mut hosts = facts.project.hosts.iter().filter(|host| {
            facts.project.gateway(host.gateway).name == gateway.name
                && is_unsaid(host)
                && !facts.project.is_settled(code.name(), &host.settled)
        });
        if let Some(host) = hosts.next() {
            report.push(finding(gateway, host));
        }
    }
}

/// Whether nobody said that nothing listens for this host.
fn is_unsaid(host: &Host) -> bool {
    let default = |cause: &Cause| matches!(cause, Cause::Default(_));
    host.http.value == HttpMode::Off && host.http.origin.causes().iter().any(default)
}

fn finding(gateway: &Gateway, host: &Host) -> Diagnostic {
    let mut finding = Diagnostic::notice(
        Code::NO_REDIRECT,
        format!(
            "gateway `{}` does not redirect: Istio's redirect leads to port 443 only",
            gateway.name.value
        ),
    );
    for span in [&gateway.port, &gateway.http_port].into_iter().filter_map(|port| port.origin.span()) {
        finding = finding.at(span, "another port than 443 and 80");
    }
    finding
        .note(format!("so nothing listens on port {} for `{}`", gateway.http_port.value, host.name.value))
        .help("if that is fine, say it: `http=off`; `http=open` serves in the clear")
}
