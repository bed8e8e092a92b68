//! Secrets that move to another name or namespace and whose metadata is sealed with their key (`filter=rule`). With an
//! identity the same key and certificate are sealed anew at the new place. Without one the file stays where it is and the
//! tree goes on naming it there, so that no host loses its certificate or is given another one's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Fulfilled, Issued, Keyring, Opened, Outcome, Waiting};
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{CredentialId, Label, ObjectName, Project};
use crate::plan::certs::{CertPlan, LeafPlan};
use crate::state::{ExistingLeaf, broken};

/// Opens what must be opened to move, and says what stays.
pub(super) fn carry(
    project: &Project,
    plan: &CertPlan<'_>,
    fulfilled: &mut Fulfilled,
    keyring: &Keyring<'_>,
    report: &mut Report,
) {
    for (i, leaf) in plan.leaves.iter().enumerate() {
        let moves = leaf.moves(project).filter(|there| !there.sealed.mac_only_encrypted());
        let (Some(there), Some(Outcome::Kept | Outcome::Waits)) = (moves, fulfilled.leaves.get(i)) else {
            continue;
        };
        match keyring.open(&there.shown, &there.sealed) {
            Opened::Key(key) if key.matches(&there.certificate) => {
                let issued = Issued { certificate: there.certificate.clone(), key: *key };
                fulfilled.leaves[i] = Outcome::Moved(Arc::new(issued));
            }
            Opened::Key(_) => {
                let reason = "its private key and its certificate do not belong together";
                report.push(broken(&there.shown, reason));
            }
            Opened::Broken(finding) => report.push(*finding),
            Opened::Locked(needs) => {
                let why =
                    format!("it moves to {}, and its metadata is sealed with its key", target(project, leaf));
                let stay = Stay { project, leaf, there, why, needs };
                stay.push(i, fulfilled, report);
            }
        }
    }
    give_way(project, plan, fulfilled, report);
}

/// What would move to a place that another one can't leave stays too, and what is new there waits. A Secret that something
/// else makes can't wait: it would be overwritten.
fn give_way(project: &Project, plan: &CertPlan<'_>, fulfilled: &mut Fulfilled, report: &mut Report) {
    let mut refused = BTreeSet::new();
    loop {
        let taken: BTreeMap<String, CredentialId> = fulfilled
            .stays
            .iter()
            .map(|(id, (namespace, secret))| (format!("{namespace}/{secret}"), *id))
            .collect();
        let before = (taken.len(), refused.len());
        for (id, credential) in project.credentials_with_ids() {
            let place = format!("{}/{}", credential.namespace.value, credential.secret.value);
            let Some(&other) = taken.get(&place) else { continue };
            if fulfilled.stays.contains_key(&id) || refused.contains(&id) {
                continue;
            }
            let needs = fulfilled.waiting.iter().find(|wait| wait.name == host_of(project, other));
            let needs = needs.map(|wait| wait.needs.clone()).unwrap_or_default();
            let leaf = plan.leaves.iter().enumerate().find(|(_, leaf)| leaf.credential == id);
            match leaf.and_then(|(i, leaf)| {
                Some((i, leaf, leaf.moves(project).filter(|there| there.parked.is_none())?))
            }) {
                Some((i, leaf, there)) => {
                    let why = format!(
                        "it moves to {place}, where the Secret of `{}` still lies",
                        host_of(project, other)
                    );
                    let stay = Stay { project, leaf, there, why, needs };
                    stay.push(i, fulfilled, report);
                }
                None => match leaf.filter(|(_, leaf)| leaf.there.is_none()) {
                    Some((i, leaf)) => {
                        refused.insert(id);
                        let why =
                            format!("the Secret {place} is still that of `{}`", host_of(project, other));
                        fulfilled.leaves[i] = Outcome::Waits;
                        wait(project, leaf, why, needs, fulfilled);
                    }
                    None => {
                        refused.insert(id);
                        report.push(contested(project, id, other, &place, &needs));
                    }
                },
            }
        }
        if before == (fulfilled.stays.len(), refused.len()) {
            return;
        }
    }
}

/// A Secret that stays.
struct Stay<'a> {
    project: &'a Project,
    leaf: &'a LeafPlan<'a>,
    there: &'a ExistingLeaf,
    why: String,
    needs: Vec<String>,
}

impl Stay<'_> {
    fn push(self, i: usize, fulfilled: &mut Fulfilled, report: &mut Report) {
        let (project, id) = (self.project, self.leaf.credential);
        fulfilled.leaves[i] = Outcome::Stays;
        // A copy of a run that was cut off lies below `pki/`, and nothing of the tree names it.
        if self.there.parked.is_none() {
            let parsed = Label::parse(&self.there.namespace).ok();
            match parsed.zip(ObjectName::parse_credential(&self.there.secret).ok()) {
                Some(place) => {
                    fulfilled.stays.insert(id, place);
                }
                None => report.push(broken(&self.there.shown, "no Secret can be called as it says")),
            }
        }
        let owner = project.owner(id);
        if !project.is_settled_at(Code::FROZEN.name(), id) {
            let message = format!("{} stays where it is: {}", self.there.shown, self.why);
            let finding = Diagnostic::notice(Code::FROZEN, message);
            report.push(match owner.place {
                Some(place) => finding.at(place, "its tree goes on naming the Secret that is there"),
                None => finding,
            });
        }
        let why = format!("its Secret moves to {}", target(project, self.leaf));
        wait(project, self.leaf, why, self.needs, fulfilled);
    }
}

/// Says that a certificate waits, unless that was said.
pub(super) fn wait(
    project: &Project,
    leaf: &LeafPlan<'_>,
    why: String,
    needs: Vec<String>,
    fulfilled: &mut Fulfilled,
) {
    let owner = project.owner(leaf.credential);
    if fulfilled.waiting.iter().any(|wait| wait.word == owner.word && wait.name == owner.name) {
        return;
    }
    fulfilled.waiting.push(Waiting {
        word: owner.word,
        name: owner.name,
        place: owner.place,
        missing: leaf.there.is_none(),
        why,
        needs,
    });
}

fn contested(
    project: &Project,
    id: CredentialId,
    other: CredentialId,
    place: &str,
    needs: &[String],
) -> Diagnostic {
    let (name, other) = (host_of(project, id), host_of(project, other));
    let message = format!("`{name}` can't have the Secret {place} yet: that of `{other}` still lies there");
    let mut finding = Diagnostic::error(Code::FROZEN, message);
    if let Some(span) = project.credential(id).secret.origin.span() {
        finding = finding.at(span, "its place is taken");
    }
    if project.credential(id).kind.sealed().is_none() {
        finding = finding.note("it would be applied over the one that something else makes");
    }
    let finding = needs.iter().fold(finding, |finding, need| finding.note(need.as_str()));
    finding.help(super::NEEDS_HELP).help("or give it another name")
}

fn target(project: &Project, leaf: &LeafPlan<'_>) -> String {
    let credential = project.credential(leaf.credential);
    format!("{}/{}", credential.namespace.value, credential.secret.value)
}

fn host_of(project: &Project, id: CredentialId) -> String {
    project.owner(id).name
}
