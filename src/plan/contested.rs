//! Secrets that change hands under one name: from Gatewright, which seals them, to cert-manager or something else, or back.
//! Whoever applies a tree deletes what left it, so the Secret would be deleted under its new owner.

use crate::diag::{Code, Diagnostic, Report};
use crate::model::{CredentialId, Host, ObjectName, Owner, Project};
use crate::paths::{Place, ProjectPath};
use crate::state::{Existing, Served, Snapshot};

/// Reports them, by what `out/` holds.
#[must_use]
pub fn handed_over(project: &Project, existing: &Existing, snapshot: &Snapshot) -> Report {
    let mut report = Report::default();
    let mut served = None;
    for (id, credential) in project.credentials_with_ids() {
        let (namespace, secret) = (credential.namespace.value.as_str(), credential.secret.value.as_str());
        let owner = project.owner(id);
        let place = credential.secret.origin.span().or(owner.place);
        let finding = match credential.kind.sealed() {
            None => existing.leaf(namespace, secret).map(|there| leaves(&owner, &there.shown, secret)),
            Some(_) => {
                let ordered = existing.ordered.get(&(namespace.to_owned(), secret.to_owned()));
                let mut shown = || {
                    let served = served.get_or_insert_with(|| Served::read(snapshot));
                    is_shown(project, id, served).then(|| is_made(&owner, secret))
                };
                match ordered {
                    Some(path) => Some(arrives(&owner, &existing.names.path(Place::Out, path), secret)),
                    None if is_new(project, id, existing, snapshot) => shown(),
                    None => None,
                }
            }
        };
        if let Some(finding) = finding {
            report.push(match place {
                Some(place) => finding.at(place, "one name for both"),
                None => finding,
            });
        }
    }
    report
}

/// Whether a Secret of a name that somebody chose is none of ours yet. One that is lost is in the list of its folder.
fn is_new(project: &Project, id: CredentialId, existing: &Existing, snapshot: &Snapshot) -> bool {
    let credential = project.credential(id);
    let (namespace, secret) = (credential.namespace.value.as_str(), credential.secret.value.as_str());
    let path = ProjectPath::new(format!("{namespace}/secret-{secret}.sops.yaml"));
    // Nothing else makes one of the name that ours have by default.
    let is_default =
        |host: &Host| secret.starts_with(ObjectName::default_credential(&host.name.value).as_str());
    !project.hosts_of(id).any(is_default)
        && existing.leaf(namespace, secret).is_none()
        && path.is_ok_and(|path| !snapshot.lists(&path))
        && !project.is_settled_at(Code::CONTESTED_SECRET.name(), id)
}

/// Whether a Gateway shows it already for one of its hosts.
fn is_shown(project: &Project, id: CredentialId, served: &Served) -> bool {
    let secret = project.credential(id).secret.value.as_str();
    project.hosts_of(id).any(|host| {
        let gateway = project.gateway(host.gateway).name.value.as_str();
        let shown = served.secrets(gateway, &host.name.value);
        shown.is_some_and(|shown| shown.iter().any(|name| name == secret))
    })
}

/// No error: a host whose first certificate waited for an identity looks the same.
fn is_made(owner: &Owner<'_>, secret: &str) -> Diagnostic {
    let (word, name) = (owner.word, &owner.name);
    let message = format!(
        "the Gateway shows Secret `{secret}` for {word} `{name}` already, and none of ours has been there"
    );
    Diagnostic::notice(Code::CONTESTED_SECRET, message)
        .note("if something else made it, as a Certificate of cert-manager's that is still in the cluster, the two would take turns")
        .help("then give ours another name (`secret=\"…\"`), or take away what makes the other one before this is applied")
        .help("if nothing else did: this is said until ours is there")
}

fn leaves(owner: &Owner<'_>, shown: &str, secret: &str) -> Diagnostic {
    let (word, name) = (owner.word, &owner.name);
    let message = format!("Secret `{secret}` of {word} `{name}` can't change hands under its name");
    Diagnostic::error(Code::CONTESTED_SECRET, message)
        .in_file(shown)
        .note(format!("{shown} is ours: once it leaves the tree, Flux or Argo CD deletes that Secret, whoever made it anew"))
        .help("let the other one make a Secret of another name")
        .help("or render and apply the host with another `secret=\"…\"` of ours first")
}

fn arrives(owner: &Owner<'_>, certificate: &str, secret: &str) -> Diagnostic {
    let (word, name) = (owner.word, &owner.name);
    let message = format!("Secret `{secret}` of {word} `{name}` can't change hands under its name");
    Diagnostic::error(Code::CONTESTED_SECRET, message)
        .in_file(certificate)
        .note("cert-manager writes it as long as that Certificate is in the cluster, so the two would take turns")
        .help("give ours another name: `secret=\"…\"`")
}
