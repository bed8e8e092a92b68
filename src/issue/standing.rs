//! What goes on serving while a host's own Secret waits. A host that had another source, or another certificate, is
//! served with what its Gateway shows now until its own is there; then both change in one render.

use std::collections::{BTreeMap, BTreeSet};

use super::{Fulfilled, Outcome};
use crate::model::{Credential, CredentialId, CredentialKind, Host, HostName, ObjectName, Project};
use crate::paths::mark::Mark;
use crate::paths::{Place, ProjectPath};
use crate::pki::{Certificate, San};
use crate::plan::certs::{CertPlan, LeafPlan};
use crate::plan::decide::Desired;
use crate::state::{Existing, ExistingLeaf, Served, Snapshot, beside};

/// What serves in the place of Secrets that wait.
#[derive(Debug, Default)]
pub struct Standing {
    /// The Secrets that stand in for a host's own.
    pub stand_ins: BTreeMap<HostName, Vec<ObjectName>>,
    /// Key pairs whose second is not there.
    pub alone: BTreeSet<CredentialId>,
    /// Files that nothing in the spec makes any more, and that are relied on until then.
    pub kept: BTreeSet<(Place, ProjectPath)>,
}

impl Standing {
    /// The files that stay as they are.
    pub fn files(&self) -> impl Iterator<Item = Desired> {
        let kept = self.kept.iter().cloned();
        kept.map(|(place, path)| Desired { place, path, contents: None })
    }
}

/// Finds what goes on, and says so where the waiting is told.
pub fn stand(
    project: &Project,
    plan: &CertPlan<'_>,
    existing: &Existing,
    snapshot: &Snapshot,
    fulfilled: &mut Fulfilled,
) {
    let after = plan.leaves.iter().zip(&fulfilled.leaves);
    let after = after.map(|(leaf, outcome)| (leaf.credential, after_this_run(leaf, outcome))).collect();
    let scene = Scene { project, plan, existing, snapshot, after, stays: &fulfilled.stays };
    let mut standing = Standing::default();
    let mut served = None;
    let mut words: BTreeMap<CredentialId, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    for (id, credential) in project.credentials_with_ids() {
        let is_there = scene.is_there(id);
        if let Some(second) = credential.second.filter(|_| is_there) {
            standing.alone.extend(Some(id).filter(|_| !scene.is_there(second)));
        }
        if !is_there && project.hosts_of(id).next().is_none() {
            scene.keep_own(id, &mut standing);
        }
        for host in project.hosts_of(id).filter(|host| !scene.shows(id, &host.name.value)) {
            let names = scene.second_alone(id).map(Ok).or_else(|| {
                let served = served.get_or_insert_with(|| Served::read(snapshot));
                scene.before(host, served, &mut standing)
            });
            let (goes_on, ends) = words.entry(id).or_default();
            match names {
                Some(Ok(names)) => {
                    goes_on.extend(names.first().map(ToString::to_string));
                    standing.stand_ins.insert(host.name.value.clone(), names);
                }
                Some(Err(())) => {
                    ends.insert(host.name.value.to_string());
                }
                None => {}
            }
        }
    }
    for (id, (goes_on, ends)) in words {
        let owner = project.owner(id);
        let waits = fulfilled.waiting.iter_mut();
        let Some(wait) = waits.into_iter().find(|wait| wait.word == owner.word && wait.name == owner.name)
        else {
            continue;
        };
        if !goes_on.is_empty() {
            wait.why.push_str(&format!("; until then its Gateway goes on naming {}", listed(&goes_on)));
        }
        if !ends.is_empty() {
            wait.why.push_str(&format!(
                "; until then nothing serves {}, since the Secret that did is another one's now",
                listed(&ends)
            ));
        }
    }
    fulfilled.standing = standing;
}

/// `` `a`, `b` ``, and how many more.
fn listed(names: &BTreeSet<String>) -> String {
    let some: Vec<_> = names.iter().take(3).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(some.len());
    let all = some.join(", ");
    if more == 0 { all } else { format!("{all} and {more} more") }
}

/// The certificate that lies in a Secret at its place after this run.
fn after_this_run<'a>(plan: &LeafPlan<'a>, outcome: &'a Outcome) -> Option<&'a Certificate> {
    match outcome {
        Outcome::New(issued) | Outcome::Moved(issued) => Some(&issued.certificate),
        Outcome::Kept | Outcome::Waits => plan.there.map(|there| &there.certificate),
        Outcome::Stays => plan.there.filter(|there| there.parked.is_none()).map(|there| &there.certificate),
    }
}

/// What is known.
struct Scene<'a> {
    project: &'a Project,
    plan: &'a CertPlan<'a>,
    existing: &'a Existing,
    snapshot: &'a Snapshot,
    /// The certificate of each Secret that is sealed here, after this run.
    after: BTreeMap<CredentialId, Option<&'a Certificate>>,
    /// Where Secrets lie that can't move yet.
    stays: &'a BTreeMap<CredentialId, (crate::model::Label, ObjectName)>,
}

impl Scene<'_> {
    /// Whether a Secret is there after this run, or is nobody's here to make.
    fn is_there(&self, id: CredentialId) -> bool {
        self.after.get(&id).is_none_or(Option::is_some)
    }

    /// Whether its certificate is for a host, as far as that is known here.
    fn shows(&self, id: CredentialId, host: &HostName) -> bool {
        self.after.get(&id).is_none_or(|after| after.is_some_and(|after| certifies(after, host)))
    }

    /// The name of the second Secret, of two whose first is missing.
    fn second_alone(&self, id: CredentialId) -> Option<Vec<ObjectName>> {
        let second = self.project.credential(id).second?;
        (!self.is_there(id) && self.is_there(second)).then(|| vec![self.name_of(second)])
    }

    /// The name of a credential's Secret in the tree of this run.
    fn name_of(&self, id: CredentialId) -> ObjectName {
        let own = || self.project.credential(id).secret.value.clone();
        self.stays.get(&id).map_or_else(own, |(_, secret)| secret.clone())
    }

    /// The Secrets that serve a host now, if they can go on; nothing where it is not served, or with its own.
    fn before(
        &self,
        host: &Host,
        served: &Served,
        standing: &mut Standing,
    ) -> Option<Result<Vec<ObjectName>, ()>> {
        let own = self.project.credential(host.credential);
        let gateway = self.project.gateway(host.gateway).name.value.as_str();
        let (first, rest) = served.secrets(gateway, &host.name.value)?.split_first()?;
        if *first == self.name_of(host.credential).as_str() {
            return None;
        }
        let Some(first) = self.goes_on(own, host, first, standing) else { return Some(Err(())) };
        let rest = rest.iter().filter_map(|name| self.goes_on(own, host, name, standing));
        Some(Ok([first].into_iter().chain(rest).collect()))
    }

    /// A Secret of that name in the namespace of a host's own, if it can go on serving the host.
    fn goes_on(
        &self,
        own: &Credential,
        host: &Host,
        name: &str,
        standing: &mut Standing,
    ) -> Option<ObjectName> {
        let namespace = own.namespace.value.as_str();
        let parsed = ObjectName::parse_credential(name).ok()?;
        let mut all = self.project.credentials_with_ids();
        let now =
            all.find(|(_, one)| one.namespace.value == own.namespace.value && one.secret.value == parsed);
        if let Some(leaf) = self.existing.leaf(namespace, name) {
            if let Some(claimed) = self.claimed(leaf) {
                let moved = self.project.credential(claimed).namespace.value == own.namespace.value;
                return (moved && self.shows(claimed, &host.name.value)).then(|| self.name_of(claimed));
            }
            now.is_none().then(|| self.keep_leaf(leaf, standing))?;
            return Some(parsed);
        }
        match now {
            Some((_, Credential { kind: CredentialKind::External, .. })) => Some(parsed),
            Some((_, Credential { kind: CredentialKind::Ordered(order), .. })) => {
                let is_there = self.existing.ordered.contains_key(&(namespace.to_owned(), name.to_owned()));
                (is_there && order.leaf.certifies(&host.name.value)).then_some(parsed)
            }
            Some((id, _)) => self.shows(id, &host.name.value).then_some(parsed),
            None => {
                // Something else makes it, unless one of our Certificates asks for it.
                let ordered = self.existing.ordered.get(&(namespace.to_owned(), name.to_owned()));
                standing.kept.extend(ordered.map(|path| (Place::Out, path.clone())));
                Some(parsed)
            }
        }
    }

    /// Whose a Secret that is there is in this run.
    fn claimed(&self, leaf: &ExistingLeaf) -> Option<CredentialId> {
        let is_it = |plan: &&LeafPlan<'_>| plan.there.is_some_and(|there| std::ptr::eq(there, leaf));
        self.plan.leaves.iter().find(is_it).map(|plan| plan.credential)
    }

    /// Keeps a Secret that is nobody's any more, and the certificates beside it.
    fn keep_leaf(&self, leaf: &ExistingLeaf, standing: &mut Standing) {
        standing.kept.insert((Place::Out, leaf.path.clone()));
        let beside = ProjectPath::new(beside(&leaf.namespace, &leaf.secret)).ok();
        let beside = beside.filter(|path| self.snapshot.folder(Place::Pki).contains_key(path));
        standing.kept.extend(beside.map(|path| (Place::Pki, path)));
    }

    /// Keeps what a certificate that no Gateway shows was before, told by the node that made it.
    fn keep_own(&self, id: CredentialId, standing: &mut Standing) {
        let owner = self.project.owner(id);
        let made_it = |path: &ProjectPath| {
            let bytes = self.snapshot.file(Place::Out, path).unwrap_or_default();
            let mark = Mark::of(&String::from_utf8_lossy(bytes));
            mark.is_some_and(|mark| mark.word == owner.word && mark.name == owner.name)
        };
        let is_free = |namespace: &str, secret: &str| {
            let mut all = self.project.credentials().iter();
            !all.any(|one| one.namespace.value.as_str() == namespace && one.secret.value.as_str() == secret)
        };
        for ((namespace, secret), path) in &self.existing.ordered {
            if is_free(namespace, secret) && made_it(path) {
                standing.kept.insert((Place::Out, path.clone()));
            }
        }
        for leaf in self.existing.leaves.values() {
            if is_free(&leaf.namespace, &leaf.secret) && self.claimed(leaf).is_none() && made_it(&leaf.path) {
                self.keep_leaf(leaf, standing);
            }
        }
    }
}

fn certifies(certificate: &Certificate, host: &HostName) -> bool {
    certificate.sans().iter().any(|san| match san {
        San::Dns(name) => HostName::parse(name).is_ok_and(|name| name.certifies(host)),
        _ => false,
    })
}
