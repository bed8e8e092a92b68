//! A file of the tree as a person reads it: the object, its reasons, its text. Here what templates of the user's own make
//! joins what the spec makes.

use crate::diag::{Diagnostic, Report};
use crate::model::Project;
use crate::paths::ProjectPath;
use crate::render::{self, Parsed, Templates};
use crate::resource::{self, Tree};

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

/// What templates of the user's own make.
#[must_use]
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
    let folder = document.namespace.as_deref().unwrap_or("_cluster");
    let group = document.api_version.split_once('/').map_or("", |(group, _)| group);
    let kind = document.kind.to_lowercase();
    // Kinds that Istio or the core have too are told apart by their group.
    let kind = match (kind.as_str(), group) {
        ("gateway", group) if group != "networking.istio.io" => format!("{kind}.{group}"),
        ("service", group) if !group.is_empty() => format!("{kind}.{group}"),
        _ => kind,
    };
    let path = format!("{folder}/{kind}-{}.yaml", document.name);
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
