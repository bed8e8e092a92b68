//! The Secrets that servers of Gateways name.

use std::collections::BTreeSet;

use super::{Known, near};
use crate::diag::{Code, Diagnostic, Report};
use crate::model::Project;
use crate::resource::finished::items;
use crate::resource::{Finished, Tree};

/// Kinds of third parties whose objects become Secrets, with where they name it; else it has their own name.
const SECRET_MAKERS: [(&str, &str, &[&str]); 3] = [
    ("cert-manager.io", "Certificate", &["spec", "secretName"]),
    ("external-secrets.io", "ExternalSecret", &["spec", "target", "name"]),
    ("bitnami.com", "SealedSecret", &["metadata", "name"]),
];

/// The end of the name of a Secret that holds authorities alone.
const AUTHORITIES: &str = "-cacert";

/// The Secrets that the project makes, as `namespace/name`.
pub(super) fn made(project: &Project, objects: &[Finished<'_>]) -> BTreeSet<String> {
    let mut secrets = BTreeSet::new();
    for credential in project.credentials() {
        let name = format!("{}/{}", credential.namespace.value, credential.secret.value);
        let client = credential.kind.client().and_then(|i| project.clients.get(i));
        let secret = client.and_then(|client| client.secret.as_ref());
        if secret.is_none_or(|secret| !secret.servers.is_empty()) {
            secrets.insert(format!("{name}-cacert"));
        }
        secrets.insert(name);
    }
    for host in project.listeners.iter().chain(&project.hosts) {
        let namespace = &project.credential(host.credential).namespace.value;
        secrets.extend(host.stand_ins.iter().map(|name| format!("{namespace}/{name}")));
    }
    for object in objects {
        let maker = SECRET_MAKERS
            .iter()
            .find(|(group, kind, _)| object.id.group == *group && object.id.kind == *kind);
        if let Some((.., path)) = maker {
            let name = object.tree.at(path).and_then(Tree::as_str).unwrap_or(&object.id.name);
            secrets.insert(format!("{}/{name}", object.namespace()));
        }
    }
    secrets
}

impl Known<'_> {
    /// Looks up every Secret that the servers of a Gateway name.
    pub(super) fn secrets_of(&self, object: &Finished<'_>, report: &mut Report) {
        let namespace = self.pods_of(object);
        for tls in items(object.tree, &["spec", "servers"]).iter().filter_map(|server| server.get("tls")) {
            let own = tls.get("credentialName").into_iter().chain(items(tls, &["credentialNames"]));
            for named in own.chain(authorities(tls)) {
                let Some(name) = named.as_str().filter(|name| is_plain(name)) else { continue };
                // Where there is none of that name, Istio takes the authorities from the one without the ending.
                let beside = name.strip_suffix(AUTHORITIES);
                if ![Some(name), beside].into_iter().flatten().any(|name| self.has_secret(namespace, name)) {
                    let missing = Missing { name, namespace, is_upstream: false };
                    report.push(object.traced_at(self.unknown_secret(named, &missing, object), named));
                }
            }
        }
    }

    /// Whether something here makes a Secret, in whatever namespace where none is said.
    pub(super) fn has_secret(&self, namespace: Option<&str>, name: &str) -> bool {
        match namespace {
            Some(namespace) => self.secrets.contains(&format!("{namespace}/{name}")),
            None => self.secrets.iter().any(|full| full.rsplit('/').next() == Some(name)),
        }
    }

    /// The finding about a Secret that nothing makes.
    pub(super) fn unknown_secret(
        &self,
        named: &Tree,
        missing: &Missing<'_>,
        object: &Finished<'_>,
    ) -> Diagnostic {
        let Missing { name, namespace, is_upstream } = *missing;
        let full = namespace.map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"));
        let mut finding =
            Diagnostic::warning(Code::UNKNOWN_SECRET, format!("nothing here makes a Secret `{full}`"));
        if let Some(span) = named.origin.span() {
            finding = finding.at(span, missing.lost());
        }
        finding = match near(&full, &self.secrets) {
            Some(near) => match (near.split_once('/'), namespace) {
                (Some((there, name)), Some(here)) if there != here => finding
                    .note(format!("`{near}` lies in another namespace than {}", missing.readers()))
                    .help(format!("a Secret `{name}` must lie in `{here}` too")),
                (Some((_, name)), _) => finding.help(format!("did you mean `{name}`?")),
                (None, _) => finding,
            },
            None if is_upstream => {
                let namespace = namespace.unwrap_or("…");
                finding.help(format!(
                    "`client \"…\" namespace=\"{namespace}\" secret=\"{name}\" servers=\"…\"` makes it"
                ))
            }
            None if missing.has_authorities() => {
                let namespace = namespace.unwrap_or("…");
                finding
                    .help("a `host` names authorities of this project: `tls mutual { clients \"…\"; }`")
                    .help(format!(
                        "for others, `kubectl create secret generic {name} -n {namespace} --from-file=ca.crt` makes it"
                    ))
            }
            None => {
                let usual = self.project.namespace.as_str();
                let said = namespace.filter(|namespace| *namespace != usual);
                let said = said.map(|namespace| format!("namespace=\"{namespace}\" ")).unwrap_or_default();
                finding.help(format!("`certificate \"…\" {said}{{ secret \"{name}\"; }}` makes it"))
            }
        };
        finding.help(object.settle("or, where something else makes it", Code::UNKNOWN_SECRET))
    }
}

/// The Secret that a server's clients are held against, where it asks them for a certificate. Of a name by which Istio takes no
/// authorities that is said at its value.
fn authorities(tls: &Tree) -> Option<&Tree> {
    let mode = tls.get("mode").and_then(Tree::as_str).unwrap_or_default();
    let named = tls.get("caCertCredentialName").filter(|_| ["MUTUAL", "OPTIONAL_MUTUAL"].contains(&mode))?;
    named.as_str().is_some_and(|name| name.ends_with(AUTHORITIES)).then_some(named)
}

/// A Secret that is named and not there.
pub(super) struct Missing<'m> {
    pub(super) name: &'m str,
    pub(super) namespace: Option<&'m str>,
    /// Whether a proxy shows it to a service, and no server to its clients.
    pub(super) is_upstream: bool,
}

impl Missing<'_> {
    /// Whether it says whose clients a server lets in.
    fn has_authorities(&self) -> bool {
        !self.is_upstream && self.name.ends_with(AUTHORITIES)
    }

    /// What can't be without it.
    fn lost(&self) -> &'static str {
        if self.is_upstream {
            "without it nothing reaches the service"
        } else if self.has_authorities() {
            "without it the server lets in nobody"
        } else {
            "without it the server answers nobody"
        }
    }

    /// Whose namespace it must lie in.
    fn readers(&self) -> &'static str {
        if self.is_upstream { "the workloads that the rule selects" } else { "the gateway's pods" }
    }
}

/// Whether the name is that of a Secret, and no address of one.
pub(super) fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.contains(['/', ':'])
}
