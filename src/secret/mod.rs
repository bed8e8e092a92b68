//! Issued certificates → Kubernetes Secrets and key files → sealed text: the last place where a private key is in the
//! clear. What is sealed already and still right is kept byte for byte.

mod audience;
mod cacerts;
mod keyfile;
mod known;
mod node;
mod presented;
pub mod request;
pub mod seed;
mod server;
mod trust;
mod update;

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rayon::prelude::*;

pub use audience::{Audiences, Rules, Sealing};
pub use keyfile::key_files;
pub use known::left_behind;
pub use update::{Changed, DataKeys, Update, Updater};

use crate::diag::{Diagnostic, Report};
use crate::issue::{Ambient, Fulfilled, Keyring, Outcome, Waiting};
use crate::model::{Credential, Generation, Project};
use crate::paths::mark::Mark;
use crate::pki::{Certificate, Key};
use crate::plan::authority::GenerationPlan;
use crate::plan::certs::CertPlan;
use crate::plan::decide::{Desired, in_the_way};
use crate::plan::files::{Place, ProjectPath};
use crate::plan::stand_in;
use crate::resource::{Resource, Tree, Value, guard_flux, no_file_name, secret as secrets};
use crate::sops::{self, Node, Plain, SopsError};
use crate::spec::Origin;
use crate::spec::node::CaIn;
use crate::state::{Snapshot, chain_of};

/// A Secret of the tree: what a person may see of it, and its file.
pub struct SecretFile {
    /// The object, without anything private.
    pub resource: Resource,
    /// Its file, or one below `pki/` that belongs to it.
    pub file: Desired,
    /// Why it is not as it should be yet, where its host needs that.
    pub waits: Option<Waiting>,
    /// Whether the trust in clients that is sealed in it is not what it should be.
    pub trust_is_old: bool,
}

/// What sealing needs to know.
pub struct Context<'a> {
    /// The project.
    pub project: &'a Project,
    /// What was planned.
    pub plan: &'a CertPlan<'a>,
    /// What came of it.
    pub fulfilled: &'a Fulfilled,
    /// Who may open which file.
    pub audiences: &'a Audiences<'a>,
    /// Opens what must be sealed anew with its key.
    pub keyring: &'a Keyring<'a>,
    /// Time and chance.
    pub ambient: &'a Ambient<'a>,
}

impl Context<'_> {
    /// The certificates that a bundle of an authority's clients holds, newest generation first.
    fn trusted(&self, authority: crate::model::AuthorityId) -> Vec<&Certificate> {
        self.trusted_generations(authority).into_iter().map(|(_, certificate)| certificate).collect()
    }

    /// The same with the generations' indexes in the plan. While the generation that is to follow waits, the one before it
    /// stays.
    fn trusted_generations(&self, authority: crate::model::AuthorityId) -> Vec<(usize, &Certificate)> {
        let own = self.plan.generations.iter().enumerate().filter(|(_, plan)| plan.authority == authority);
        let mut there: Vec<_> =
            own.filter_map(|(i, plan)| Some((i, plan.generation, self.generation(i, plan)?))).collect();
        there.sort_by_key(|(_, generation, _)| std::cmp::Reverse(generation.number));
        let those = |is_one: &dyn Fn(&Generation) -> bool| -> Vec<(usize, &Certificate)> {
            let wanted = there.iter().filter(|(_, one, _)| is_one(one));
            wanted.map(|(i, _, certificate)| (*i, *certificate)).collect()
        };
        let wanted = those(&Generation::is_trusted);
        if !wanted.is_empty() {
            return wanted;
        }
        let last = stand_in::last(there.iter().map(|(_, one, _)| *one));
        those(&|one| last.contains(&one.number))
    }

    /// What those must trust who rely on an authority: its root, in every generation that counts; and that of another one
    /// until its certificate comes from the new root.
    fn roots(&self, authority: crate::model::AuthorityId) -> Vec<&Certificate> {
        let mut roots: Vec<&Certificate> = Vec::new();
        for certificate in self.trusted(self.project.root_of(authority)) {
            let mut files = self.plan.generations.iter().filter_map(|plan| plan.there);
            let file = files.find(|file| file.certificate == *certificate);
            let root = file.map_or(certificate, |file| file.root());
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
        roots.extend(self.root_before(authority).filter(|root| !roots.contains(root)));
        roots
    }

    /// The root under which an authority still stands, where the spec has moved it to another one.
    fn root_before(&self, authority: crate::model::AuthorityId) -> Option<&Certificate> {
        let own = *self.trusted(authority).first()?;
        let chain = self.chain(own, &[]);
        let top = chain.last().copied().unwrap_or(own);
        let root = self.project.root_of(authority);
        let mut plans = self.plan.generations.iter().enumerate();
        plans.find_map(|(i, plan)| {
            let other = plan.authority != root && !plan.generation.retired;
            self.generation(i, plan).filter(|one| other && one.is_self_signed() && top.signed_by(one))
        })
    }

    /// The certificate that signs for an authority.
    fn signer(&self, authority: crate::model::AuthorityId) -> Option<&Certificate> {
        let mut plans = self.plan.generations.iter().enumerate();
        let (i, plan) = plans.find(|(_, plan)| plan.authority == authority && plan.signs)?;
        self.generation(i, plan)
    }

    /// The certificate of a generation, by its index in the plan.
    fn generation<'c>(&'c self, i: usize, plan: &'c GenerationPlan<'_>) -> Option<&'c Certificate> {
        let made = || self.fulfilled.generations.get(&i).map(|issued| &issued.certificate);
        let there = || plan.there.map(|file| &file.certificate).or(plan.known);
        self.fulfilled.resigned.get(&i).or_else(made).or_else(there)
    }

    /// The authorities between a certificate and its root, from below; and from a cross-signed root to those before it.
    /// Where the spec names them no more, those that are served with a certificate that stays.
    fn chain<'c>(&'c self, certificate: &Certificate, served: &'c [Certificate]) -> Vec<&'c Certificate> {
        let is_root = |authority: &crate::model::Authority| {
            authority.parent.is_none() && authority.files.is_none() && authority.cross_signed.is_none()
        };
        let came_with_others =
            || self.plan.generations.iter().filter_map(|plan| plan.there).any(|file| !file.above.is_empty());
        if served.is_empty() && self.project.authorities().iter().all(is_root) && !came_with_others() {
            return Vec::new();
        }
        let plans = || self.plan.generations.iter().enumerate();
        let above = self.plan.generations.iter().filter_map(|plan| plan.there).flat_map(|file| &file.above);
        let known: Vec<_> = plans().filter_map(|(i, plan)| self.generation(i, plan)).chain(above).collect();
        let mut chain = chain_of(certificate, known.clone());
        let ends = |chain: &[&Certificate]| {
            let top = chain.last().copied().unwrap_or(certificate);
            known.iter().any(|root| root.is_self_signed() && top.signed_by(root))
        };
        if !ends(&chain) {
            chain = chain_of(certificate, known.iter().copied().chain(served).collect());
        }
        let top = chain.last().copied().unwrap_or(certificate);
        let mut at = plans().find(|(i, plan)| {
            plan.cross.is_some() && self.generation(*i, plan).is_some_and(|root| top.signed_by(root))
        });
        while let Some((i, plan)) = at {
            let Some((cross, by)) = self.cross(i, plan) else { break };
            chain.push(cross);
            at = plans().find(|(_, one)| one.authority == plan.authority && one.generation.number == by);
        }
        chain
    }

    /// The certificate of a root's generation that an earlier one signed, and the number of that.
    fn cross<'c>(&'c self, i: usize, plan: &'c GenerationPlan<'_>) -> Option<(&'c Certificate, u32)> {
        let cross = plan.cross?;
        self.fulfilled.crosses.get(&i).or(cross.there).map(|certificate| (certificate, cross.by))
    }

    /// Whether a certificate that another one follows is of use yet: it counts still, or a revocation speaks of it.
    fn stays_known(&self, certificate: &Certificate) -> bool {
        certificate.not_after() > self.ambient.now || self.plan.lists.name(certificate)
    }
}

/// All Secrets of the tree.
///
/// # Errors
/// A file that can't be sealed for a reason that is nobody's spelling: randomness, or a value that sops can't hold.
pub fn seal(
    context: &Context<'_>,
    snapshot: &Snapshot,
    report: &mut Report,
) -> Result<Vec<SecretFile>, SopsError> {
    let project = context.project;
    for (plan, outcome) in context.plan.leaves.iter().zip(&context.fulfilled.leaves) {
        if let (Outcome::Waits, None) = (outcome, plan.there) {
            let credential = project.credential(plan.credential);
            let path = secrets::path(credential).ok();
            path.and_then(|path| in_the_way(Place::Out, &path, snapshot))
                .into_iter()
                .for_each(|finding| report.push(finding));
        }
    }
    let sealed: Vec<_> = context
        .plan
        .leaves
        .par_iter()
        .zip(&context.fulfilled.leaves)
        .map(|(plan, outcome)| {
            let mut findings = Report::default();
            let file = server::server(context, snapshot, plan, outcome, &mut findings)?;
            Ok::<_, SopsError>((file, findings))
        })
        .collect::<Result<_, _>>()?;
    let mut found = Vec::new();
    let mut old_trust = BTreeSet::new();
    for (plan, (files, findings)) in context.plan.leaves.iter().zip(sealed) {
        for finding in findings.findings() {
            if !report.findings().contains(finding) {
                report.push(finding.clone());
            }
        }
        if files.iter().any(|file| file.trust_is_old) {
            old_trust.insert(plan.credential);
        }
        found.extend(files);
    }
    for (id, credential) in project.credentials_with_ids() {
        let host = project.hosts_of(id).find(|host| !host.tls.value.client_authorities().is_empty());
        // Istio takes a Secret of their own before what stands beside the key, which can't be written yet.
        let own = own_secret(project, credential) || old_trust.contains(&id);
        // One that stands in holds other trust, or none.
        let Some(host) = host.filter(|host| own || !host.stand_ins.is_empty()) else { continue };
        let Some(trust) = context.client_trust(host) else { continue };
        let owner = match credential.kind.leaf() {
            Some(leaf) => (leaf.called, leaf.title()),
            None => ("host", host.name.value.to_string()),
        };
        let origin = secrets::trust_origin(project, host);
        let mut resource = secrets::trust(credential, owner, &origin, (trust.ca, trust.crl));
        guard_flux(&mut resource, project, report);
        let file = plain(resource, report);
        let is_there = |file: &SecretFile| snapshot.folder(Place::Out).contains_key(&file.file.path);
        match file {
            Some(file) if !trust.is_whole => {
                found.extend(is_there(&file).then(|| SecretFile { file: file.file.as_it_is(), ..file }));
            }
            Some(file) if !trust.is_current && !is_there(&file) => {}
            file => found.extend(file),
        }
    }
    found.extend(presented::trust(context, &old_trust, report));
    found.extend(cacerts::all(context, report)?);
    Ok(found)
}

/// Whether trust anchors go into a Secret of their own: always beside one that is not ours to fill.
fn own_secret(project: &Project, credential: &Credential) -> bool {
    project.secrets.ca_in.value == CaIn::OwnSecret || credential.kind.sealed().is_none()
}

/// A Secret without anything private, in the clear.
fn plain(resource: Resource, report: &mut Report) -> Option<SecretFile> {
    let path = taken(resource.path(".yaml"), report)?;
    let mark =
        Mark { word: resource.word.to_string(), name: resource.name.clone(), path: path.as_str().to_owned() };
    let text = format!("{mark}\n{}", crate::render::yaml::block(&resource.tree, 0));
    let file = Desired { place: Place::Out, path, contents: Some(text.into_bytes()) };
    Some(SecretFile { resource, file, waits: None, trust_is_old: false })
}

/// The path of a file below `pki/`, or a finding at the name that makes it.
fn placed(path: String, origin: &Origin, report: &mut Report) -> Option<ProjectPath> {
    let made = ProjectPath::new(path.as_str()).map_err(|error| {
        let finding = no_file_name(&path, error).help("give it a shorter name");
        match origin.span() {
            Some(span) => finding.at(span, "too long for the name of a file"),
            None => finding,
        }
    });
    taken(made, report)
}

fn taken(path: Result<ProjectPath, Diagnostic>, report: &mut Report) -> Option<ProjectPath> {
    path.map_err(|finding| report.push(finding)).ok()
}

fn encrypt(document: Node, sealing: &Sealing, ambient: &Ambient<'_>) -> Result<String, SopsError> {
    let options = sops::Options {
        recipients: &sealing.recipients,
        filter: &sealing.filter,
        mac_only_encrypted: sealing.mac_only_encrypted,
        last_modified: &ambient.now.to_string(),
    };
    sops::encrypt(&Plain::single(document), &options, ambient.entropy)
}

fn encoded_key(key: &Key) -> String {
    STANDARD.encode(key.to_pem().as_bytes())
}

/// Whether a tree holds nothing that belongs to a private key; a guard for what goes into templates and diffs.
#[must_use]
pub fn is_public(tree: &Tree) -> bool {
    match &tree.value {
        Value::Map(fields) => fields
            .iter()
            .all(|field| field.name != "tls.key" && field.name != "ca-key.pem" && is_public(&field.tree)),
        Value::List(items) => items.iter().all(is_public),
        _ => true,
    }
}
