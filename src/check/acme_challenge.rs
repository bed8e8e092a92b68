//! Certificates for which an ACME issuer asks on port 80 (HTTP-01): never a wildcard's, and not through a redirect to a
//! server that has no certificate yet.

use super::Facts;
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{CredentialKind, Object};
use crate::model::{Host, Order, Project};
use crate::resource::{Tree, Value};
use crate::spec::node::{Challenge, HttpMode};
use crate::spec::{Origin, Traced};

pub(super) fn run(facts: &Facts<'_>, report: &mut Report) {
    let project = facts.project;
    for (id, credential) in project.credentials_with_ids() {
        let CredentialKind::Ordered(order) = &credential.kind else { continue };
        let Some(challenge) = challenge(project, order, credential.namespace.value.as_str()) else {
            continue;
        };
        if challenge.value != Challenge::Http01 {
            continue;
        }
        if let Some(name) = order.leaf.names.iter().find(|name| name.value.is_wildcard()) {
            let place = name.origin.span().unwrap_or(order.leaf.place);
            let finding = Diagnostic::error(
                Code::ACME_CHALLENGE,
                format!("no ACME issuer proves the wildcard `{}` on port 80", name.value),
            );
            report.push(
                said(finding.at(place, "all names below a domain"), &challenge)
                    .help("use an issuer that asks the DNS (DNS-01), or name the hosts one by one"),
            );
            continue;
        }
        let code = Code::ACME_CHALLENGE.name();
        let shut =
            |host: &&Host| host.http.value != HttpMode::Open && !project.is_settled(code, &host.settled);
        if let Some(host) = project.hosts_of(id).find(shut) {
            report.push(redirected(host, &challenge));
        }
    }
}

fn redirected(host: &Host, challenge: &Traced<Challenge>) -> Diagnostic {
    let does = if host.http.value == HttpMode::Off { "shut" } else { "redirected" };
    let message = format!("port 80 of `{}` is {does}, and its issuer asks there (HTTP-01)", host.name.value);
    let finding = Diagnostic::warning(Code::ACME_CHALLENGE, message)
        .at(host.http.origin.span().unwrap_or(host.place), "where the issuer's question would end");
    said(finding, challenge)
        .note("the redirect leads to a TLS server that has no certificate before the first answer")
        .help("write `http=open` at the host, or use an issuer that asks the DNS (DNS-01)")
        .help("if something else answers on port 80: `settle \"acme-challenge\" reason=\"…\"` at the host")
}

fn said(finding: Diagnostic, challenge: &Traced<Challenge>) -> Diagnostic {
    match challenge.origin.span() {
        Some(span) => finding.at(span, "asks on port 80"),
        None => finding,
    }
}

/// How the issuer asks: as the spec says, or as the issuer does where it is declared here.
fn challenge(project: &Project, order: &Order, namespace: &str) -> Option<Traced<Challenge>> {
    if order.challenge.is_some() {
        return order.challenge.clone();
    }
    let is_it = |object: &&Object| {
        object.group() == "cert-manager.io"
            && order.group.value == "cert-manager.io"
            && object.kind.value == order.kind.value
            && object.name.value == order.issuer.value
            && object.namespace.as_ref().is_none_or(|its| its.value.as_str() == namespace)
    };
    let issuer = project.objects.iter().find(is_it)?;
    let spec = issuer.content.fields.iter().find(|field| field.name == "spec")?;
    let Value::List(solvers) = &spec.tree.at(&["acme", "solvers"])?.value else { return None };
    let asks = |how: &str| solvers.iter().any(|solver| solver.get(how).is_some());
    // Of several, the issuer picks one by the names; with one of each, nobody here can tell which.
    let found = match (asks("http01"), asks("dns01")) {
        (true, false) => Challenge::Http01,
        (false, true) => Challenge::Dns01,
        _ => return None,
    };
    Some(Traced::new(found, solvers.first().map_or(Origin::spec(issuer.word), place)))
}

fn place(solver: &Tree) -> Origin {
    solver.origin.clone()
}
