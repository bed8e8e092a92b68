//! A host that asks for client certificates and leaves it to an external Secret which of them are good.

use super::Facts;
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{ClientTrust, TlsMode};

pub(super) fn run(facts: &Facts<'_>, report: &mut Report) {
    let code = Code::EXTERNAL_CLIENTS;
    for host in &facts.project.hosts {
        let (TlsMode::Mutual(ClientTrust::External) | TlsMode::OptionalMutual(ClientTrust::External)) =
            &host.tls.value
        else {
            continue;
        };
        if host.tls_layer.iter().any(|field| field.name == "caCertCredentialName") {
            continue;
        }
        if facts.project.is_settled(code.name(), &host.settled) {
            continue;
        }
        let credential = facts.project.credential(host.credential);
        let (namespace, secret) = (&credential.namespace.value, &credential.secret.value);
        let mut finding = Diagnostic::notice(
            code,
            format!("nothing here says whose clients `{}` lets in", host.name.value),
        )
        .at(host.place, "asks clients for a certificate");
        if let Some(span) = credential.secret.origin.span() {
            finding = finding.at(span, "made by something else");
        }
        report.push(
            finding
                .note(format!(
                    "Istio takes the authorities from `ca.crt` in Secret `{namespace}/{secret}`, or from `{secret}-cacert` beside it; without either no client gets in"
                ))
                .help("name authorities of this project: `clients \"…\"` in the braces of `tls`")
                .help("if the Secret has them: `settle \"external-clients\" reason=\"…\"` at the host"),
        );
    }
}
