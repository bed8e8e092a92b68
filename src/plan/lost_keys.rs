//! Keys that are to stay, and whose files are gone: another one takes their place, and who knows the old one must be told.

use super::action::{Action, Reason};
use super::certs::{CertPlan, ClientPlan, LeafPlan};
use super::pinned::key_pin;
use crate::diag::{Code, Diagnostic, Report, quoted};
use crate::model::Project;
use crate::paths::{Place, ProjectPath};
use crate::pki::Certificate;
use crate::spec::Span;
use crate::state::{Existing, Snapshot, restore};
use crate::time::Timestamp;

/// Reports them. A server's Secret is known to be gone by the list of its folder, which still has it, or by a certificate that
/// lies beside it; a client's key by its certificates.
#[must_use]
pub fn check(
    project: &Project,
    existing: &Existing,
    snapshot: &Snapshot,
    plan: &CertPlan<'_>,
    now: Timestamp,
) -> Report {
    let mut report = Report::default();
    // A seed says which key it is.
    if project.secrets.seed.is_some() {
        return report;
    }
    let missing = Action::Issue(Reason::Missing);
    let leaves = plan
        .leaves
        .iter()
        .filter(|plan| plan.there.is_none() && plan.action == missing && plan.leaf.certificate.keeps_key());
    for leaf in leaves {
        report.extend(of_server(project, existing, snapshot, leaf));
    }
    for plan in plan.clients.iter().filter(|plan| plan.there.is_none() && plan.action == missing) {
        report.extend(of_client(project, existing, plan, now));
    }
    report
}

fn of_server(project: &Project, existing: &Existing, snapshot: &Snapshot, plan: &LeafPlan<'_>) -> Report {
    let mut report = Report::default();
    let credential = project.credential(plan.credential);
    let path = format!("{}/secret-{}.sops.yaml", credential.namespace.value, credential.secret.value);
    let Ok(path) = ProjectPath::new(path) else { return report };
    let is_settled = project.is_settled_at(Code::LOST_KEY.name(), plan.credential);
    if is_settled || plan.earlier.is_empty() && !snapshot.lists(&path) {
        return report;
    }
    let owner = project.owner(plan.credential);
    let shown = existing.names.path(Place::Out, &path);
    report.push(finding((owner.word, &owner.name, owner.place), &shown, plan.earlier.first()));
    report
}

fn of_client(project: &Project, existing: &Existing, plan: &ClientPlan<'_>, now: Timestamp) -> Report {
    let mut report = Report::default();
    let client = &project.clients[plan.client];
    let revoked = &project.authority(client.authority).revoked;
    let authority = project.authority(client.authority).name.value.to_string();
    let earlier = existing.handed_out.get(&(authority.clone(), client.file_name.clone()));
    let is_settled = project.is_settled(Code::LOST_KEY.name(), &client.settled);
    let Some(known) = earlier.and_then(|all| all.first()).filter(|_| !is_settled) else { return report };
    let path = format!("{authority}/clients/{}.key.sops.yaml", client.file_name);
    let shown = existing.names.below(Place::Pki, &path);
    let (name, place) = (&*client.name.value, client.name.origin.span());
    if client.certificate.keeps_key() {
        report.push(finding(("client", name, place), &shown, Some(known)));
    } else if known.not_after() > now && !revoked.contains_key(known.serial()) {
        report.push(counts_on((name, place), &shown, known));
    }
    report
}

/// Another key pair is made for it, and the one that is gone goes on counting, wherever it is.
fn counts_on((name, place): (&str, Option<Span>), path: &str, known: &Certificate) -> Diagnostic {
    let message = format!(
        "{path} is gone, and with it the key of client `{name}`, whose certificate counts until {}",
        known.not_after()
    );
    let finding = Diagnostic::notice(Code::LOST_KEY, message);
    let finding = match place {
        Some(place) => finding.at(place, "gets another key pair"),
        None => finding,
    };
    finding.in_file(path).help(restore(path)).help(format!(
        "if somebody else may have that key: `gatewright revoke client {} --serial {}`",
        quoted(name),
        known.serial()
    ))
}

fn finding(
    (word, name, place): (&str, &str, Option<Span>),
    path: &str,
    known: Option<&Certificate>,
) -> Diagnostic {
    let message = format!("{path} is gone, and with it the key of {word} `{name}`, which was to stay");
    let finding = Diagnostic::warning(Code::LOST_KEY, message);
    let finding = match place {
        Some(place) => finding.at(place, "gets another key"),
        None => finding,
    };
    let finding = finding.in_file(path).note("whoever knows it by its key refuses the next one");
    let finding = match known {
        Some(known) => finding.note(format!("its key so far: `{}`", key_pin(known))),
        None => finding,
    };
    finding
        .help(restore(path))
        .help("if it is gone for good: change what pins it (`verify-certificate-spki`, TLSA records, apps) to the new key")
}
