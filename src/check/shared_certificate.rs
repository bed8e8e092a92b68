//! A server whose certificate is good for another server's host: browsers reuse the connection and get 404.

use super::Facts;
use crate::diag::{Code, Diagnostic, Report};
use crate::model::Host;

pub(super) fn run(facts: &Facts<'_>, report: &mut Report) {
    let project = facts.project;
    let code = Code::SHARED_CERTIFICATE;
    for (id, credential) in project.credentials_with_ids() {
        let Some(leaf) = credential.kind.leaf() else { continue };
        let Some(server) = project.hosts_of(id).next() else { continue };
        for host in project.hosts.iter().filter(|host| host.credential != id) {
            let covered = leaf.certifies(&host.name.value);
            if covered && same_port(facts, server, host) && !project.is_settled(code.name(), &host.settled) {
                report.push(finding(server, host));
            }
        }
    }
}

/// Only connections to one address and port are reused.
fn same_port(facts: &Facts<'_>, a: &Host, b: &Host) -> bool {
    let (a, b) = (facts.project.gateway(a.gateway), facts.project.gateway(b.gateway));
    let selector = |gateway: &crate::model::Gateway| {
        gateway
            .selector
            .iter()
            .map(|(key, value)| (key.value.clone(), value.value.clone()))
            .collect::<Vec<_>>()
    };
    a.port.value == b.port.value && selector(a) == selector(b)
}

fn finding(server: &Host, host: &Host) -> Diagnostic {
    let mut finding = Diagnostic::warning(
        Code::SHARED_CERTIFICATE,
        format!(
            "the certificate of `{}` is good for `{}` too, which another server serves",
            server.name.value, host.name.value
        ),
    )
    .at(host.place, "a server and a certificate of its own");
    if server.place != host.place {
        finding = finding.at(server.place, "its certificate covers both");
    }
    finding
        .note("a browser that is connected to the first asks for the second on the same connection (HTTP/2) and gets 404, or what the wildcard serves")
        .help("if that is fine: `settle \"shared-certificate\" reason=\"…\"` at the host")
}
