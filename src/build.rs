//! The one main path: what the tree should be. Touches nothing; every command is this, then the writer or a printer.

use std::borrow::Cow;

use crate::check;
use crate::diag::{Diagnostic, Report};
use crate::issue::{
    Ambient, Brought, Fulfilled, Keyring, Outcome as Certified, Unlock, Waiting, fulfil, stand,
};
use crate::manifest::{self, Manifest};
use crate::model::{self, Project, Unfinished};
use crate::pki::{Certificate, PkiError};
use crate::plan::authority::GenerationPlan;
use crate::plan::brought::left_over;
use crate::plan::certs::{Asked, CertPlan, certs};
use crate::plan::decide::{Desired, decide};
use crate::plan::files::{FilePlan, Place};
use crate::plan::{awaited, contested, lost_keys, pinned};
use crate::render::{self, Templates};
use crate::resource;
use crate::schema::conform::Conform;
use crate::schema::{self, OwnProblem, Table};
use crate::secret::{self, Audiences, Rules, SecretFile};
use crate::sops::SopsError;
use crate::spec::{self, Spec};
use crate::state::{Existing, Input, Snapshot};
use crate::time::Timestamp;
use crate::tree::Layout;

/// What a run is asked for beside the spec.
#[derive(Default)]
pub struct Request {
    /// Certificates to issue anew whatever is there.
    pub asked: Asked,
    /// A key pair that is brought in files.
    pub brought: Option<Brought>,
    /// Whether a spec without resources may empty the tree.
    pub allow_empty: bool,
}

/// A certificate that a run issues.
#[derive(Debug, Clone)]
pub struct Change {
    /// `authority`, `host`, `certificate` or `client`.
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
    /// What is worth knowing; no errors but those about certificates that have ended.
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
    #[error("the project is refused")]
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
    let usable = finding.is_none();
    let Ready { project, existing, templates, table, mut report } = match read_with(input, finding) {
        Ok(read) => read,
        Err((unfinished, mut report)) => {
            if usable {
                let Unfinished { project, recipients_in_doubt } = unfinished;
                let audiences = Audiences::new(&project, layout, rules);
                report.extend(audiences.findings(&input.snapshot, recipients_in_doubt));
                project.settle(&mut report);
            }
            report.sort();
            return Err(BuildError::Refused(report));
        }
    };
    let audiences = Audiences::new(&project, layout, rules);
    report.extend(audiences.findings(&input.snapshot, false));
    let there = (&existing, &input.snapshot);
    let plan = planned((&project, &table), there, request, ambient.now, &mut report);
    stop_after(&project, &mut report, || routing_findings(&project, &templates, &table))?;
    let keyring = Keyring::new(unlock);
    let mut fulfilled = fulfil(&project, &plan, &keyring, ambient, request.brought.as_ref(), &mut report)?;
    stop_after(&project, &mut report, || routing_findings(&project, &templates, &table))?;
    stand(&project, &plan, &existing, &input.snapshot, &mut fulfilled);
    let placed = fulfilled.placed(&project);
    let context = secret::Context {
        project: &placed,
        plan: &plan,
        fulfilled: &fulfilled,
        audiences: &audiences,
        keyring: &keyring,
        ambient,
    };
    let secrets = secret::seal(&context, &input.snapshot, &mut report)?;
    let mut desired = secret::key_files(&context, &input.snapshot, &mut report)?;
    let mut manifests = manifest::routing(&placed, &templates, &mut report);
    manifests.extend(manifest::own(&placed, &templates, &mut report));
    report.extend(manifest::printed_variables(&project, &manifests));
    report.extend(manifest::findings_between(&placed, &manifests, Some(&templates)));
    desired.extend(manifests.iter().map(Manifest::desired));
    desired.extend(fulfilled.standing.files());
    let waiting = take_secrets(secrets, &mut desired, &mut manifests);
    desired.extend(secret::left_behind(&context, &existing, &desired));
    manifest::report_clashes(&manifests, input.snapshot.names(), &mut report);
    let conform = Conform::new(&table, project.istio.value);
    report.extend(check::conformity(&conform, &manifests, &templates));
    desired.extend(left_over(&project, &existing, &plan.leaves, &mut report));
    desired.extend(manifest::lists(&desired));
    report.extend(check::filters::compare(&project, &existing, &audiences, &desired));
    let facts = check::Facts { project: &project, input, desired: &desired, audiences: &audiences };
    report.extend(check::all(&facts));
    let moving: Vec<_> = plan.leaves.iter().filter_map(|leaf| leaf.moves(&placed)).collect();
    let (files, findings) = decide(desired, &moving, &input.snapshot, request.allow_empty);
    report.extend(findings);
    stop(&project, &mut report)?;
    let changes = changes(&project, &plan, &fulfilled);
    manifests.sort_by(|a, b| a.path.cmp(&b.path));
    drop(placed);
    let waiting = [fulfilled.waiting, waiting].concat();
    Ok(Outcome { files, report, waiting, changes, manifests, project, existing })
}

/// What is to happen to certificates.
fn planned<'a>(
    (project, table): (&'a Project, &Table),
    (existing, snapshot): (&'a Existing, &Snapshot),
    request: &Request,
    now: Timestamp,
    report: &mut Report,
) -> CertPlan<'a> {
    let brought = request.brought.as_ref().map(|brought| brought.credential);
    let asked = Asked { brought, ..request.asked.clone() };
    let (plan, findings) = certs(project, existing, &asked, now);
    report.extend(findings);
    report.extend(contested::handed_over(project, existing, snapshot));
    report.extend(awaited::check(project, existing, snapshot, table));
    report.extend(pinned::check(project, existing));
    report.extend(lost_keys::check(project, existing, snapshot, &plan, now));
    plan
}

/// The spec as written, with the kinds that the project adds.
#[must_use]
pub fn written(input: &Input) -> (Spec, Report) {
    let (table, _) = schema::with_own(&own_crds(input));
    spec::parse_with(&input.sources, &table)
}

fn own_crds(input: &Input) -> Vec<(&str, Option<&str>)> {
    input.crds.iter().map(|file| (file.path.as_str(), file.text.as_deref())).collect()
}

/// Spec, disk and templates, each mistake of each in one report.
///
/// # Errors
/// [`BuildError::Refused`].
pub fn read(input: &Input) -> Result<(Project, Existing, Templates, Report), BuildError> {
    let read = read_with(input, None).map_err(|(_, mut report)| {
        report.sort();
        BuildError::Refused(report)
    });
    let Ready { project, existing, templates, report, .. } = read?;
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
fn read_with(input: &Input, finding: Option<Diagnostic>) -> Result<Ready, (Unfinished, Report)> {
    let (table, mut problems) = schema::with_own(&own_crds(input));
    for broken in &mut problems {
        if let Some(files) = input.crds.get(broken.file).and_then(|file| file.folder.clone()) {
            broken.problem = OwnProblem::Folder(files);
        }
    }
    let (spec, mut report) = spec::parse_with(&input.sources, &table);
    report.extend(schema::own_findings(&spec.project.crds, problems));
    finding.into_iter().for_each(|finding| report.push(finding));
    let (project, findings) = model::resolve(&spec);
    report.extend(findings);
    report.extend(input.notices());
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
        (Ok(project), Some(templates)) if !report.has_errors() => {
            Ok(Ready { project, existing, templates, table, report })
        }
        (project, _) => {
            let recipients_in_doubt = spec.may_say_recipients();
            let whole = |project| Box::new(Unfinished { project, recipients_in_doubt });
            let unfinished = *project.map_or_else(|unfinished| unfinished, whole);
            let more =
                check::unfinished(&spec, &unfinished.project, &table, &report, !input.templates.is_empty());
            report.extend(more);
            Err((unfinished, report))
        }
    }
}

/// What is wrong with the objects that need no certificate, while one can't be had.
fn routing_findings(project: &Project, templates: &Templates, table: &Table) -> Report {
    let mut report = Report::default();
    let mut manifests = manifest::routing(project, templates, &mut report);
    manifests.extend(manifest::own(project, templates, &mut report));
    report.extend(manifest::findings_between(project, &manifests, Some(templates)));
    manifests.extend(manifest::unrendered(resource::secret::outlines(project).into_iter(), &mut report));
    report.extend(check::conformity(&Conform::new(table, project.istio.value), &manifests, templates));
    report
}

/// Stops where something is wrong, with what else is then worth saying.
fn stop_after(
    project: &Project,
    report: &mut Report,
    more: impl FnOnce() -> Report,
) -> Result<(), BuildError> {
    if report.stops() {
        report.extend(more());
    }
    stop(project, report)
}

/// Drops what is settled, and stops where something is wrong.
fn stop(project: &Project, report: &mut Report) -> Result<(), BuildError> {
    project.settle(report);
    if report.stops() {
        report.sort();
        return Err(BuildError::Refused(std::mem::take(report)));
    }
    Ok(())
}

/// What of them waits.
fn take_secrets(
    secrets: Vec<SecretFile>,
    desired: &mut Vec<Desired>,
    manifests: &mut Vec<Manifest>,
) -> Vec<Waiting> {
    let mut waiting = Vec::new();
    for secret in secrets {
        waiting.extend(secret.waits);
        if secret.file.place == Place::Out {
            manifests.push(Manifest {
                path: secret.file.path.clone(),
                word: secret.resource.word.to_string(),
                name: secret.resource.name.clone(),
                text: render::yaml::block(&secret.resource.tree, 0),
                tree: Some(secret.resource.tree),
                parsed: None,
            });
        }
        desired.push(secret.file);
    }
    waiting
}

fn changes(project: &Project, plan: &CertPlan<'_>, fulfilled: &Fulfilled) -> Vec<Change> {
    let mut found = Vec::new();
    for (i, issued) in &fulfilled.generations {
        let Some(plan) = plan.generations.get(*i) else { continue };
        let name = generation_name(project, plan);
        found.push(Change { word: "authority", name, old: None, new: issued.certificate.clone() });
    }
    for (i, new) in &fulfilled.resigned {
        let Some(plan) = plan.generations.get(*i) else { continue };
        let old = plan.there.map(|file| file.certificate.clone());
        let name = generation_name(project, plan);
        found.push(Change { word: "authority", name, old, new: new.clone() });
    }
    let new = |outcome: &Certified| match outcome {
        Certified::New(issued) => Some(issued.certificate.clone()),
        _ => None,
    };
    for (plan, outcome) in plan.leaves.iter().zip(&fulfilled.leaves) {
        let Some(new) = new(outcome) else { continue };
        let old = plan.there.map(|there| there.certificate.clone());
        let owner = project.owner(plan.credential);
        found.push(Change { word: owner.word, name: owner.name, old, new });
    }
    for (plan, outcome) in plan.cacerts.iter().zip(&fulfilled.cacerts) {
        let Some(new) = new(outcome) else { continue };
        let old = plan.there.map(|there| there.certificate.clone());
        found.push(Change { word: "cacerts", name: plan.cacerts.name.value.to_string(), old, new });
    }
    for (plan, outcome) in plan.clients.iter().zip(&fulfilled.clients) {
        let Some(new) = new(outcome) else { continue };
        let old = plan.there.map(|there| there.certificate.clone());
        let name = project.clients[plan.client].name.value.clone();
        found.push(Change { word: "client", name, old, new });
    }
    found
}

fn generation_name(project: &Project, plan: &GenerationPlan<'_>) -> String {
    format!("{} (generation {})", project.authority(plan.authority).name.value, plan.generation.number)
}
