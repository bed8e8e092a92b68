//! The files of the tree as a person reads them, and what lists them: objects and what templates make of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Code, Diagnostic, Report};
use crate::model::Project;
use crate::paths::mark::Mark;
use crate::paths::{Names, Place, ProjectPath};
use crate::plan::decide::Desired;
use crate::render::kustomization::kustomization;
use crate::render::{self, Item, Parsed, Templates};
use crate::resource::{self, Finished, Resource, ResourceId, Tree};
use crate::spec::node::FluxSubstitute;

/// One file of the tree as a person reads it.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Its path below `out/`.
    pub path: ProjectPath,
    /// The word of the spec that made it.
    pub word: String,
    /// That node's name.
    pub name: String,
    /// The object with its reasons; `None` for what a template of the user's own made.
    pub tree: Option<Tree>,
    /// What a user's template made of it, with the template's path.
    pub parsed: Option<(String, Parsed)>,
    /// Its text, without ciphertext.
    pub text: String,
}

impl Manifest {
    /// The object as the cluster gets it.
    fn finished(&self) -> Option<Finished<'_>> {
        let template = self.parsed.as_ref().map(|(template, parsed)| (&template[..], &parsed.changed[..]));
        let tree = self.parsed.as_ref().map(|(_, parsed)| &parsed.tree).or(self.tree.as_ref())?;
        Some(Finished::new(tree, &self.word, &self.name, template))
    }

    /// What is to be on the disk for it.
    #[must_use]
    pub fn desired(&self) -> Desired {
        Desired {
            place: Place::Out,
            path: self.path.clone(),
            contents: Some(marked(&self.word, &self.name, &self.path, &self.text)),
        }
    }
}

fn marked(word: &str, name: &str, path: &ProjectPath, text: &str) -> Vec<u8> {
    let mark = Mark { word: word.to_owned(), name: name.to_owned(), path: path.as_str().to_owned() };
    format!("{mark}\n{text}").into_bytes()
}

/// Everything but Secrets through its template.
pub fn routing(project: &Project, templates: &Templates, report: &mut Report) -> Vec<Manifest> {
    let (mut resources, findings) = resource::all(project);
    report.extend(findings);
    report.extend(resource::check_unique(&resources));
    report.extend(resource::check_secrets(project, &resources));
    for resource in &mut resources {
        resource::guard_flux(resource, project, report);
    }
    let items: Vec<_> = resources
        .iter()
        .map(|resource| Item { tree: &resource.tree, word: &resource.word, name: &resource.name })
        .collect();
    let rendered = match render::all(&items, templates) {
        Ok(rendered) => rendered,
        Err(findings) => {
            report.extend(findings);
            return Vec::new();
        }
    };
    let manifest = |(resource, rendered): (Resource, render::Rendered)| {
        let path = resource.path(".yaml").map_err(|finding| report.push(finding)).ok()?;
        Some(Manifest {
            path,
            word: resource.word.into_owned(),
            name: resource.name,
            tree: Some(resource.tree),
            parsed: rendered.template.zip(rendered.parsed),
            text: rendered.text,
        })
    };
    resources.into_iter().zip(rendered).filter_map(manifest).collect()
}

/// What is wrong between objects: requests that two of them take, what only the older one decides, rules that nothing reaches,
/// and names that nothing here makes.
#[must_use]
pub fn findings_between(project: &Project, manifests: &[Manifest], templates: Option<&Templates>) -> Report {
    let finished: Vec<_> = manifests.iter().filter_map(Manifest::finished).collect();
    let mut report = resource::check_shared(&finished);
    report.extend(resource::check_by_age(&finished));
    report.extend(resource::check_unreachable(&finished));
    report.extend(resource::check_subsets(project, &finished));
    report.extend(resource::check_references(project, &finished));
    match templates {
        Some(templates) => shown(&report, templates),
        None => report,
    }
}

/// Findings with the lines of templates that they name.
fn shown(report: &Report, templates: &Templates) -> Report {
    let mut found = Report::default();
    for finding in report.findings() {
        let line = finding.file.as_ref().and_then(|file| Some(templates.line(&file.path, file.line?)));
        let file = line.or_else(|| finding.file.clone());
        found.push(Diagnostic { file, ..finding.clone() });
    }
    found
}

/// Objects of a project that is refused, as they would be written without any template.
pub fn unrendered(resources: impl Iterator<Item = Resource>, report: &mut Report) -> Vec<Manifest> {
    let manifest = |resource: Resource| {
        let path = resource.path(".yaml").map_err(|finding| report.push(finding)).ok()?;
        Some(Manifest {
            path,
            word: resource.word.into_owned(),
            name: resource.name,
            tree: Some(resource.tree),
            parsed: None,
            text: String::new(),
        })
    };
    resources.filter_map(manifest).collect()
}

/// What templates of the user's own make.
pub fn own(project: &Project, templates: &Templates, report: &mut Report) -> Vec<Manifest> {
    let mut found = Vec::new();
    for template in templates.own() {
        for facts in resource::facts::of(project, template.scope) {
            match render::render_own(template, &facts.tree, templates) {
                Ok(documents) => {
                    for document in documents {
                        match own_manifest(&facts, document, templates.path(&template.file)) {
                            Ok(manifest) => found.push(manifest),
                            Err(finding) => report.push(finding),
                        }
                    }
                }
                Err(finding) if render::known(report, &finding) => {}
                Err(finding) => report.push(finding),
            }
        }
    }
    found
}

fn own_manifest(
    facts: &resource::facts::Facts,
    document: render::Document,
    template: String,
) -> Result<Manifest, Diagnostic> {
    let group = document.api_version.split_once('/').map_or("", |(group, _)| group).to_owned();
    let id = ResourceId {
        namespace: document.namespace,
        group: group.into(),
        kind: document.kind.into(),
        name: document.name,
    };
    let path = format!("{}.yaml", id.stem());
    let path = ProjectPath::new(path.as_str())
        .map_err(|error| resource::no_file_name(&path, error).in_file(template.as_str()))?;
    Ok(Manifest {
        path,
        word: facts.word.to_owned(),
        name: facts.name.clone(),
        tree: None,
        parsed: Some((template, document.parsed)),
        text: document.text,
    })
}

/// Variables of Flux's that a template printed.
pub fn printed_variables(project: &Project, manifests: &[Manifest]) -> Report {
    if project.flux_substitute.value == FluxSubstitute::Keep {
        return Report::default();
    }
    let printed = manifests.iter().filter_map(|manifest| manifest.parsed.as_ref());
    render::flux::variables(printed.map(|(template, parsed)| (&template[..], parsed)))
}

/// Reports files that would be one.
pub fn report_clashes(manifests: &[Manifest], names: &Names, report: &mut Report) {
    let mut seen: BTreeMap<String, &Manifest> = BTreeMap::new();
    for manifest in manifests {
        let path = manifest.path.as_str().to_lowercase();
        let Some(first) = seen.insert(path, manifest) else { continue };
        let both = [manifest, first];
        let by = |manifest: &Manifest| format!("{} `{}`", manifest.word, manifest.name);
        let mut finding = Diagnostic::error(
            Code::DUPLICATE_NAME,
            format!(
                "{} is made twice: for {} and for {}",
                names.path(Place::Out, &manifest.path),
                by(first),
                by(manifest)
            ),
        );
        let name = |manifest: &Manifest| resource::own_name(manifest.tree.as_ref()?);
        for span in both.into_iter().filter_map(name) {
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
        let spans = |finding: &Diagnostic| finding.labels.iter().map(|label| label.span).collect::<Vec<_>>();
        let is_said = |other: &Diagnostic| {
            other.code == finding.code && !other.labels.is_empty() && spans(other) == spans(&finding)
        };
        if !report.findings().iter().any(is_said) {
            report.push(finding);
        }
    }
}

/// The `kustomization.yaml` of every folder below `out/`.
#[must_use]
pub fn lists(desired: &[Desired]) -> Vec<Desired> {
    let mut folders: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in desired.iter().filter(|file| file.place == Place::Out) {
        // A cluster's own folder is in no list above it.
        if let Some((folder, name)) = file.path.as_str().rsplit_once('/') {
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
        let (word, of) = match folder.split_once('/') {
            Some((_, cluster)) => ("cacerts", cluster),
            None => ("namespace", *folder),
        };
        list(format!("{folder}/kustomization.yaml"), word, of, names.iter().copied().collect());
    }
    list(
        "kustomization.yaml".to_owned(),
        "project",
        "out",
        folders.keys().copied().filter(|folder| !folder.contains('/')).collect(),
    );
    found
}
