//! Secrets that a Certificate of cert-manager's would write beside us.

use std::collections::BTreeMap;

use super::Resource;
use crate::diag::{Code, Diagnostic, Report};
use crate::model::Project;

/// Reports Certificates that name a Secret which is sealed here, and two that name the same one.
#[must_use]
pub fn check_secrets(project: &Project, resources: &[Resource]) -> Report {
    let mut report = Report::default();
    let sealed: BTreeMap<_, _> = project
        .credentials_with_ids()
        .filter(|(_, credential)| credential.kind.sealed().is_some())
        .map(|(id, credential)| ((credential.namespace.value.as_str(), credential.secret.value.as_str()), id))
        .collect();
    let mut seen: BTreeMap<(&str, &str), &Resource> = BTreeMap::new();
    let is_certificate =
        |resource: &&Resource| resource.id.group == "cert-manager.io" && resource.id.kind == "Certificate";
    for resource in resources.iter().filter(is_certificate) {
        let secret = resource.tree.at(&["spec", "secretName"]);
        let Some((secret, name)) = secret.and_then(|secret| Some((secret, secret.as_str()?))) else {
            continue;
        };
        let key = (resource.id.namespace.as_deref().unwrap_or_default(), name);
        let (who, other) = match (sealed.get(&key), seen.get(&key)) {
            (Some(id), _) => {
                let owner = project.owner(*id);
                (format!("{} `{}`, whose Secret is sealed here", owner.word, owner.name), owner.place)
            }
            (None, Some(first)) => {
                let place = first.tree.at(&["spec", "secretName"]).and_then(|tree| tree.origin.span());
                (format!("{} `{}`", first.word, first.name), place)
            }
            (None, None) => {
                seen.insert(key, resource);
                continue;
            }
        };
        let message = format!("Secret `{}/{}` would be written twice: for {who}, too", key.0, key.1);
        let mut finding = Diagnostic::error(Code::CONTESTED_SECRET, message);
        if let Some(span) = secret.origin.span() {
            finding =
                finding.at(span, format!("by the Certificate of {} `{}`", resource.word, resource.name));
        }
        if let Some(span) = other {
            finding = finding.at(span, "and for this");
        }
        report.push(finding.help("let each make a Secret of its own name"));
    }
    report
}
