//! Secrets that change hands under one name: from Gatewright, which seals them, to cert-manager or something else, or back.
//! Whoever applies a tree deletes what left it, so the Secret would be deleted under its new owner.

use crate::diag::{Code, Diagnostic, Report};
use crate::model::{Owner, Project};
use crate::paths::Place;
use crate::state::Existing;

/// Reports them, by what `out/` holds.
#[must_use]
pub fn handed_over(project: &Project, existing: &Existing) -> Report {
    let mut report = Report::default();
    for (id, credential) in project.credentials_with_ids() {
        let (namespace, secret) = (credential.namespace.value.as_str(), credential.secret.value.as_str());
        let owner = project.owner(id);
        let place = credential.secret.origin.span().or(owner.place);
        let finding = match credential.kind.sealed() {
            None => existing.leaf(namespace, secret).map(|there| leaves(&owner, &there.shown, secret)),
            Some(_) => existing
                .ordered
                .get(&(namespace.to_owned(), secret.to_owned()))
                .map(|path| arrives(&owner, &existing.names.path(Place::Out, path), secret)),
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
