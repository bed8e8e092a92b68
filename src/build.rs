//! The one main path: what the tree should be. Touches nothing; every command is this, then the writer or a printer.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::check;
use crate::diag::{Code, Diagnostic, Report};
use crate::manifest;
use crate::model::{self, CredentialId, Project};
use crate::paths::mark::Mark;
use crate::pki::fulfil::{Ambient, Fulfilled, Issued, Outcome as Certified, Unlock, Waiting, fulfil};
use crate::pki::{Certificate, PkiError};
use crate::plan::certs::{Asked, CertPlan, certs};
use crate::plan::decide::{Desired, decide};
use crate::plan::files::{FilePlan, Place, ProjectPath};
use crate::render::kustomization::kustomization;
use crate::render::{self, Item, Templates};
use crate::resource::{self, Resource};
use crate::schema::conform::Conform;
use crate::schema::{self, Table};
use crate::secret::{self, Audiences, Rules, SecretFile};
use crate::sops::SopsError;
use crate::spec;
use crate::state::{Existing, Input};
use crate::tree::Layout;

pub use crate::manifest::Manifest;

/// What a run is asked for beside the spec.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Certificates to issue anew whatever is there.
    pub asked: Asked,
    /// Whether a spec without resources may empty the tree.
    pub allow_empty: bool,
}

/// A certificate that a run issues.
#[derive(Debug, Clone)]
pub struct Change {
    /// `authority`, `host` or `client`.
    pub word: &'static str,
    /// Its name.
    pub name: String,
    /// What was there.
    pub old: Option<Certificate>,
    /// What comes.
    pub new: Certificate,
}

/// What a run found out.
pub struct Outcome {
    /// The project.
    pub project: Project,
    /// What to write and remove.
    pub files: FilePlan,
    /// What is worth knowing; no errors.
    pub report: Report,
    /// Certificates that wait for an identity.
    pub waiting: Vec<Waiting>,
    /// Certificates that are issued.
    pub changes: Vec<Change>,
    /// All files of the tree.
    pub manifests: Vec<Manifest>,
    /// What was there before.
    pub existing: Existing,
}

/// Why a run can't go on. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Mistakes of the spec, or damage to files that it relies on.
    #[error("{} finding(s)", .0.findings().len())]
    Refused(Report),
    /// A certificate that can't be made.
    #[error("a certificate can't be made: {0}")]
    Pki(#[from] PkiError),
    /// A file that can't be sealed.
    #[error("a file can't be sealed: {0}")]
    Seal(#[from] SopsError),
}

/// Works out what the tree should be.
///
/// # Errors
/// [`BuildError`]; all mistakes of a project in one report.
pub fn build(
    input: &Input,
    layout: &Layout,
    unlock: &dyn Unlock,
    ambient: &Ambient<'_>,
    request: &Request,
) -> Result<Outcome, BuildError> {
    let (rules, finding) = Rules::read(layout, input.sops_config.as_ref());
    let Ready { project, existing, templates, table, mut report } = read_with(input, finding)?;
    let audiences = Audiences::new(&project, layout, rules);
    let (plan, findings) = certs(&project, &existing, &request.asked, ambient.now);
    report.extend(findings);
    stop(&mut report)?;
    let fulfilled = fulfil(&project, &plan, unlock, ambient, &mut report)?;
    stop(&mut report)?;
    let context = secret::Context {
        project: &project,
        plan: &plan,
        fulfilled: &fulfilled,
        audiences: &audiences,
        ambient,
    };
    let secrets = secret::seal(&context, &input.snapshot, &mut report)?;
    let mut desired = secret::key_files(&context, &input.snapshot, &mut report)?;
    let mut manifests = routing(&project, &templates, &mut report)?;
    manifests.extend(manifest::own(&project, &templates, &mut report));
    for manifest in &manifests {
        desired.push(Desired {
            place: Place::Out,
            path: manifest.path.clone(),
            contents: Some(marked(&manifest.word, &manifest.name, &manifest.path, &manifest.text)),
        });
    }
    take_secrets(secrets, &mut desired, &mut manifests);
    report_clashes(&manifests, &mut report);
    let conform = Conform::new(&table, project.istio.value);
    report.extend(check::conformity(&conform, &manifests, &templates));
    desired.extend(lists(&desired));
    report.extend(check::all(&check::Facts { project: &project, input, audiences: &audiences }));
    let (files, findings) = decide(desired, &input.snapshot, request.allow_empty);
    report.extend(findings);
    stop(&mut report)?;
    report.settle(&project.settled);
    let changes = changes(&project, &plan, &fulfilled);
    manifests.sort_by(|a, b| a.path.cmp(&b.path));
    let waiting = fulfilled.waiting;
    Ok(Outcome { files, report, waiting, changes, manifests, project, existing })
}

/// Spec, disk and templates, each mistake of each in one report.
///
/// # Errors
/// [`BuildError::Refused`].
pub fn read(input: &Input) -> Result<(Project, Existing, Templates, Report), BuildError> {
    let Ready { project, existing, templates, report, .. } = read_with(input, None)?;
    Ok((project, existing, templates, report))
}

/// All that a run knows before it makes anything.
struct Ready {
    project: Project,
    existing: Existing,
    templates: Templates,
    table: Cow<'static, Table>,
    report: Report,
}

/// As [`read`], with a finding of the caller's.
fn read_with(input: &Input, finding: Option<Diagnostic>) -> Result<Ready, BuildError> {
    let own: Vec<_> = input.crds.iter().map(|file| (file.path.as_str(), file.text.as_deref())).collect();
    let (table, problems) = schema::with_own(&own);
    let (spec, mut report) = spec::parse(&input.sources);
    report.extend(schema::own_findings(&spec.project.crds, problems));
    finding.into_iter().for_each(|finding| report.push(finding));
    let (project, findings) = model::resolve(&spec);
    report.extend(findings);
    let (existing, findings) = Existing::read(&input.snapshot);
    report.extend(findings);
    let templates = match Templates::new(&input.templates_folder, input.templates.clone()) {
        Ok(templates) => Some(templates),
        Err(findings) => {
            report.extend(findings);
            None
        }
    };
    match (project, templates) {
        (Some(project), Some(templates)) if !report.has_errors() => {
            Ok(Ready { project, existing, templates, table, report })
        }
        _ => {
            report.sort();
            Err(BuildError::Refused(report))
        }
    }
}

fn stop(report: &mut Report) -> Result<(), BuildError> {
    if report.has_errors() {
        report.sort();
        return Err(BuildError::Refused(std::mem::take(report)));
    }
    Ok(())
}

fn marked(word: &str, name: &str, path: &ProjectPath, text: &str) -> Vec<u8> {
    let mark = Mark { word: word.to_owned(), name: name.to_owned(), path: path.as_str().to_owned() };
    format!("{mark}\n{text}").into_bytes()
}

/// Gateways, VirtualServices and DestinationRules through their templates.
fn routing(
    project: &Project,
    templates: &Templates,
    report: &mut Report,
) -> Result<Vec<Manifest>, BuildError> {
    let mut resources = resource::routing(project);
    report.extend(resource::check_unique(&resources));
    for resource in &mut resources {
        resource::guard_flux(resource, project, report);
    }
    let items: Vec<_> = resources
        .iter()
        .map(|resource| Item { tree: &resource.tree, word: resource.word, name: &resource.name })
        .collect();
    let rendered = match render::all(&items, templates) {
        Ok(rendered) => rendered,
        Err(findings) => {
            report.extend(findings);
            stop(report)?;
            return Ok(Vec::new());
        }
    };
    let manifest = |(resource, rendered): (Resource, render::Rendered)| {
        let path = resource.path(".yaml").map_err(|finding| report.push(finding)).ok()?;
        Some(Manifest {
            path,
            word: resource.word.to_owned(),
            name: resource.name,
            tree: Some(resource.tree),
            parsed: rendered.template.zip(rendered.parsed),
            text: rendered.text,
        })
    };
    Ok(resources.into_iter().zip(rendered).filter_map(manifest).collect())
}

fn take_secrets(secrets: Vec<SecretFile>, desired: &mut Vec<Desired>, manifests: &mut Vec<Manifest>) {
    for secret in secrets {
        if secret.file.place == Place::Out {
            manifests.push(Manifest {
                path: secret.file.path.clone(),
                word: secret.resource.word.to_owned(),
                name: secret.resource.name.clone(),
                text: render::yaml::block(&secret.resource.tree, 0),
                tree: Some(secret.resource.tree),
                parsed: None,
            });
        }
        desired.push(secret.file);
    }
}

fn report_clashes(manifests: &[Manifest], report: &mut Report) {
    let mut seen: BTreeMap<String, &Manifest> = BTreeMap::new();
    for manifest in manifests {
        let path = manifest.path.as_str().to_lowercase();
        let Some(first) = seen.insert(path, manifest) else { continue };
        let both = [manifest, first];
        let by = |manifest: &Manifest| format!("{} `{}`", manifest.word, manifest.name);
        let mut finding = Diagnostic::error(
            Code::DUPLICATE_NAME,
            format!(
                "out/{} is made twice: for {} and for {}",
                manifest.path.as_str(),
                by(first),
                by(manifest)
            ),
        );
        let origin = |manifest: &Manifest| manifest.tree.as_ref().and_then(|tree| tree.origin.span());
        for span in both.into_iter().filter_map(origin) {
            finding = finding.at(span, "makes it");
        }
        let template =
            both.into_iter().filter(|manifest| manifest.tree.is_none()).find_map(|m| m.parsed.as_ref());
        let finding = match template {
            Some((template, _)) => finding
                .in_file(template.as_str())
                .help("give the object that the template makes another name, such as one with the node's own name in it"),
            None => finding.help("give one of them another name or namespace"),
        };
        if !report.findings().iter().any(|other| other.labels == finding.labels && !other.labels.is_empty()) {
            report.push(finding);
        }
    }
}

/// The `kustomization.yaml` of every folder below `out/`.
fn lists(desired: &[Desired]) -> Vec<Desired> {
    let mut folders: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in desired.iter().filter(|file| file.place == Place::Out) {
        if let Some((folder, name)) = file.path.as_str().split_once('/') {
            folders.entry(folder).or_default().insert(name);
        }
    }
    let mut found = Vec::new();
    let mut list = |path: String, word: &str, name: &str, resources: Vec<&str>| {
        if let Ok(path) = ProjectPath::new(path) {
            let contents = Some(marked(word, name, &path, &kustomization(resources)));
            found.push(Desired { place: Place::Out, path, contents });
        }
    };
    for (folder, names) in &folders {
        list(format!("{folder}/kustomization.yaml"), "namespace", folder, names.iter().copied().collect());
    }
    list("kustomization.yaml".to_owned(), "project", "out", folders.keys().copied().collect());
    found
}

fn changes(project: &Project, plan: &CertPlan<'_>, fulfilled: &Fulfilled) -> Vec<Change> {
    let mut found = Vec::new();
    for (i, issued) in &fulfilled.generations {
        let Some(plan) = plan.generations.get(*i) else { continue };
        let name = format!(
            "{} (generation {})",
            project.authority(plan.authority).name.value,
            plan.generation.number
        );
        found.push(Change { word: "authority", name, old: None, new: issued.certificate.clone() });
    }
    let new = |outcome: &Certified| match outcome {
        Certified::New(issued) => Some(certificate_of(issued)),
        _ => None,
    };
    for (plan, outcome) in plan.leaves.iter().zip(&fulfilled.leaves) {
        let Some(new) = new(outcome) else { continue };
        let old = plan.there.map(|there| there.certificate.clone());
        found.push(Change { word: "host", name: host_of(project, plan.credential), old, new });
    }
    for (plan, outcome) in plan.clients.iter().zip(&fulfilled.clients) {
        let Some(new) = new(outcome) else { continue };
        let old = plan.there.map(|there| there.certificate.clone());
        found.push(Change {
            word: "client",
            name: project.clients[plan.client].name.value.clone(),
            old,
            new,
        });
    }
    found
}

fn certificate_of(issued: &Issued) -> Certificate {
    issued.certificate.clone()
}

fn host_of(project: &Project, credential: CredentialId) -> String {
    project.hosts_of(credential).next().map(|host| host.name.value.to_string()).unwrap_or_default()
}
