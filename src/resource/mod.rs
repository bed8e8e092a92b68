//! Project × certificates → Kubernetes resources: trees in which every value carries its origin. Here, and only here,
//! the short words become Istio.

mod by_age;
pub mod cacerts;
mod certificate;
mod contested;
pub mod destination_rule;
pub mod facts;
mod finished;
pub mod gateway;
mod hidden;
mod layer;
mod metadata;
mod object;
mod path;
mod reference;
pub mod secret;
mod shared;
mod subset;
mod unreachable;
pub mod virtual_service;
mod visible;

use std::borrow::Cow;
use std::collections::BTreeMap;

pub use crate::spec::tree::{Field, Tree, Value};
pub use by_age::check_by_age;
pub use contested::check_secrets;
pub use finished::Finished;
pub use hidden::{Hidden, hidden};
pub use path::{Changed, PathStep, lookup, path_text};
pub use reference::check_references;
pub use shared::check_shared;
pub use subset::check_subsets;
pub use unreachable::check_unreachable;
pub(crate) use visible::MESH;

use crate::diag::{Code, Diagnostic, Report};
use crate::model::Project;
use crate::plan::files::{PathError, ProjectPath};
use crate::schema::built_in;
use crate::spec::node::FluxSubstitute;
use crate::spec::{Cause, Origin, Span};

/// What identifies an object in a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceId {
    /// Its namespace; none where its kind lives in none.
    pub namespace: Option<String>,
    /// Its API group, empty for the core.
    pub group: Cow<'static, str>,
    /// Its kind, as `VirtualService`.
    pub kind: Cow<'static, str>,
    /// Its name.
    pub name: String,
}

impl ResourceId {
    /// `<namespace>/<kind>-<name>`, which its file's name starts with. What some file system can't take in a name, or takes
    /// for the same in another case, stands as `%3a`: no name of an object has a `%`. A kind of a third party that Istio or
    /// the core have too is `<kind>.<group>`; what lives in no namespace lies in `_cluster`.
    #[must_use]
    pub fn stem(&self) -> String {
        let plain = |group: &str| group.is_empty() || group.ends_with(".istio.io");
        let taken = !plain(&self.group)
            && built_in()
                .kinds()
                .iter()
                .any(|kind| plain(&kind.group) && kind.name.eq_ignore_ascii_case(&self.kind));
        let folder = self.namespace.as_deref().unwrap_or("_cluster");
        let (kind, name) = (self.kind.to_lowercase(), as_file(&self.name));
        if taken {
            format!("{folder}/{kind}.{}-{name}", self.group)
        } else {
            format!("{folder}/{kind}-{name}")
        }
    }

    /// `namespace/name`, or the name alone.
    fn called(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{namespace}/{}", self.name),
            None => self.name.clone(),
        }
    }
}

/// A name as every file system takes it, each as another.
fn as_file(name: &str) -> String {
    let mut file = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' => file.push(char::from(byte)),
            _ => file.push_str(&format!("%{byte:02x}")),
        }
    }
    file
}

/// One object and the node of the spec that made it.
#[derive(Debug, Clone)]
pub struct Resource {
    /// What identifies it.
    pub id: ResourceId,
    /// The word of the spec that made it, as `gateway`.
    pub word: Cow<'static, str>,
    /// That node's full name.
    pub name: String,
    /// The object.
    pub tree: Tree,
}

impl Resource {
    /// The path of its file below `out/`; `ending` is `.yaml` or `.sops.yaml`.
    ///
    /// # Errors
    /// A finding at the name, where no file can be called so.
    pub fn path(&self, ending: &str) -> Result<ProjectPath, Diagnostic> {
        ProjectPath::new(format!("{}{ending}", self.id.stem())).map_err(|error| {
            let path = format!("{}{ending}", self.id.stem());
            let finding = no_file_name(&path, error);
            // Of all tokens that make the name, the longest is the one to shorten.
            let causes = name_origin(&self.tree).unwrap_or(&self.tree.origin).causes();
            let spans = causes.iter().filter_map(|cause| match cause {
                Cause::Spec(span) => Some(*span),
                Cause::Default(_) => None,
            });
            let place = spans.max_by_key(|span| span.end - span.start);
            let finding = match place {
                Some(span) => finding.at(span, "too long for the name of a file"),
                None => finding,
            };
            match &*self.id.kind {
                "Secret" => finding.help("name the Secret in fewer characters: `tls simple secret=\"…\"`"),
                kind => finding.help(format!("give the {kind} a shorter name")),
            }
        })
    }
}

/// The finding about a file that can't be called so.
pub(crate) fn no_file_name(path: &str, error: PathError) -> Diagnostic {
    let name = path.rsplit('/').next().unwrap_or(path);
    Diagnostic::error(Code::INVALID_NAME, format!("no file can be called `{name}`"))
        .note(format!("its path {error}: {} bytes", name.len()))
}

/// Everything but Secrets, sorted by what identifies it, and what was said in two ways or would hide a Secret.
#[must_use]
pub fn all(project: &Project) -> (Vec<Resource>, Report) {
    let mut report = Report::default();
    let placement = gateway::Placement::of(project);
    let mut found = gateway::all(project, &placement, &mut report);
    found.extend(virtual_service::all(project, &placement, &mut report));
    found.extend(destination_rule::all(project, &mut report));
    found.extend(certificate::all(project, &mut report));
    found.extend(object::all(project, &mut report));
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found
        .iter()
        .flat_map(|resource| hidden::findings(&resource.tree))
        .for_each(|finding| report.push(finding));
    (found, report)
}

/// All objects of a project that is refused, Secrets with what is said of them alone; and what [`all`] reports.
#[must_use]
pub fn unfinished(project: &Project) -> (Vec<Resource>, Report) {
    let (mut found, report) = all(project);
    found.extend(secret::outlines(project));
    (found, report)
}

/// Reports objects that would be one in the cluster.
#[must_use]
pub fn check_unique(resources: &[Resource]) -> Report {
    let mut report = Report::default();
    let mut seen: BTreeMap<&ResourceId, &Resource> = BTreeMap::new();
    for resource in resources {
        let Some(first) = seen.insert(&resource.id, resource) else { continue };
        let mut finding = Diagnostic::error(
            Code::DUPLICATE_NAME,
            format!("{} `{}` is made twice", resource.id.kind, resource.id.called()),
        );
        for other in [resource, first] {
            if let Some(span) = own_name(&other.tree) {
                finding = finding.at(span, format!("by {} `{}`", other.word, other.name));
            }
        }
        report.push(finding.help("give one of them another name or namespace"));
    }
    report
}

/// What messages call an object: ``VirtualService `default/shop` ``.
#[must_use]
pub fn called(tree: &Tree) -> String {
    let text = |path: &[&str]| tree.at(path).and_then(Tree::as_str).unwrap_or_default();
    let (kind, namespace, name) =
        (text(&["kind"]), text(&["metadata", "namespace"]), text(&["metadata", "name"]));
    let slash = if namespace.is_empty() { "" } else { "/" };
    format!("{kind} `{namespace}{slash}{name}`")
}

/// The place of an object's name: of several that make it, as a host's and its domain's, the one behind the object's node.
#[must_use]
pub fn own_name(tree: &Tree) -> Option<Span> {
    let (origin, node) = (name_origin(tree)?, tree.origin.span());
    let is_own =
        |span: &Span| node.is_some_and(|node| node.source == span.source && node.start <= span.start);
    origin.spans().filter(is_own).min_by_key(|span| span.start).or_else(|| origin.span())
}

fn name_origin(tree: &Tree) -> Option<&Origin> {
    tree.at(&["metadata", "name"]).map(|name| &name.origin)
}

/// The annotation that keeps Flux's kustomize-controller from substituting variables in an object.
pub const FLUX_SUBSTITUTE: &str = "kustomize.toolkit.fluxcd.io/substitute";

/// Adds Flux's annotation to objects that hold `${`, and says so, unless the project leaves them to Flux or the object says it.
pub fn guard_flux(resource: &mut Resource, project: &Project, report: &mut Report) {
    if project.flux_substitute.value == FluxSubstitute::Keep {
        return;
    }
    let decided = ["annotations", "labels"].iter().any(|words| {
        resource.tree.at(&["metadata", words, FLUX_SUBSTITUTE]).is_some_and(|said| said.value != Value::Null)
    });
    let Some(origin) = find_variable(&resource.tree).filter(|_| !decided).cloned() else { return };
    let annotation = Tree::string("disabled", &project.flux_substitute.origin.and(&origin));
    metadata::annotate(&mut resource.tree, FLUX_SUBSTITUTE, annotation);
    let id = &resource.id;
    let mut finding = Diagnostic::notice(
        Code::FLUX_VARIABLE,
        format!("{} `{}` holds `${{`, so Flux is told not to substitute in it", id.kind, id.called()),
    );
    for span in origin.spans() {
        finding = finding.at(span, "this text, or a part of it");
    }
    report.push(finding.help("`flux-substitute keep` in gatewright.kdl leaves it to Flux"));
}

fn find_variable(tree: &Tree) -> Option<&Origin> {
    match &tree.value {
        Value::String(text) => text.contains("${").then_some(&tree.origin),
        Value::List(items) => items.iter().find_map(find_variable),
        Value::Map(fields) => fields.iter().find_map(|field| find_variable(&field.tree)),
        _ => None,
    }
}
