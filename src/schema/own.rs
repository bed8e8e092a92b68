//! Kinds of the user's own, from the files with CRDs that the project names.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Component, Path};

use super::built_in;
use super::crd::{self, CrdError, Crds};
use super::table::{Kind, Table};
use crate::diag::{Code, Diagnostic, FilePlace, Report};
use crate::spec::source::Text;

/// A file with CRDs: its path as the project names it, and its text if it is there.
pub type Own<'a> = (&'a str, Option<&'a str>);

/// Why a file with CRDs, or a kind of one, is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OwnProblem {
    /// There is no such file.
    #[error("there is no such file")]
    NotThere,
    /// It is a folder.
    #[error("it is a folder, and `crds` names files")]
    Folder(Vec<String>),
    /// The path leads out of the project.
    #[error("it lies outside the project")]
    Outside,
    /// It can't be read.
    #[error(transparent)]
    Unreadable(#[from] CrdError),
    /// The kind is in the table already: built in, or from a file named before.
    #[error("the kind `{group}/{name}` is known already")]
    Known {
        /// The kind's group.
        group: String,
        /// Its name.
        name: String,
        /// Whether it is built in.
        built_in: bool,
    },
}

/// A problem with a file, at its line where one is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The place of the file among those that the project names.
    pub file: usize,
    /// The path as the project names it.
    pub place: FilePlace,
    /// What is wrong.
    pub problem: OwnProblem,
}

/// Whether a path from the project's root stays within it.
#[must_use]
pub fn is_within(path: &str) -> bool {
    let mut parts = Path::new(path).components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

/// The built-in table with the kinds of the files, and what is wrong with the files. A kind that is known already stays what
/// it is, so that a file never changes what a spec means.
#[must_use]
pub fn with_own(files: &[Own<'_>]) -> (Cow<'static, Table>, Vec<Broken>) {
    let mut table = Cow::Borrowed(built_in());
    let mut found = Vec::new();
    for (file, (path, text)) in files.iter().enumerate() {
        let mut broken = |problem: OwnProblem| {
            let line = match &problem {
                OwnProblem::Unreadable(error) => error.line(),
                _ => None,
            };
            let excerpt = line.and_then(|line| text.unwrap_or_default().lines().nth(line.checked_sub(1)?));
            let place = FilePlace { path: (*path).to_owned(), line, excerpt: excerpt.map(str::to_owned) };
            found.push(Broken { file, place, problem });
        };
        match read(path, *text) {
            Ok((own, wrong)) => {
                join(&mut table, own, &mut broken);
                for error in wrong {
                    if let CrdError::Definition { kind, .. } = &error {
                        table.to_mut().lost.push(kind.as_str().into());
                    }
                    broken(error.into());
                }
            }
            Err(problem) => broken(problem),
        }
    }
    (table, found)
}

/// The kinds of a file, and what is wrong with those that can't be used.
fn read(path: &str, text: Option<&str>) -> Result<(Table, Vec<CrdError>), OwnProblem> {
    if !is_within(path) {
        return Err(OwnProblem::Outside);
    }
    let (Crds { mut table, rules }, wrong) = crd::read_good(text.ok_or(OwnProblem::NotThere)?)?;
    table.asked = rules;
    Ok((table, wrong))
}

/// Takes the kinds of a file in. Of a kind that is built in only versions that Gatewright's own table lacks.
fn join(table: &mut Cow<'static, Table>, mut own: Table, broken: &mut dyn FnMut(OwnProblem)) {
    let kinds = std::mem::take(&mut own.kinds).into_iter().chain(std::mem::take(&mut own.others));
    let mut known: Vec<Kind> = Vec::new();
    for mut kind in kinds {
        if table.kind(&kind.group, "", &kind.name).is_some() {
            let is_more = is_built_in(&kind);
            let Kind { group, name, versions, .. } = &mut kind;
            versions.retain(|version| is_more && table.kind(group, version, name).is_none());
        }
        match kind.versions.is_empty() {
            true => known.push(kind),
            false => own.push(kind),
        }
    }
    known.retain(|kind| own.kind(&kind.group, "", &kind.name).is_none());
    let mut told = BTreeSet::new();
    known.retain(|kind| told.insert((kind.group.clone(), kind.name.clone())));
    for kind in known {
        let (group, name) = (kind.group.to_string(), kind.name.to_string());
        broken(OwnProblem::Known { built_in: is_built_in(&kind), group, name });
    }
    if !own.kinds.is_empty() {
        let table = table.to_mut();
        table.append(own.shared());
        table.complete();
    }
}

fn is_built_in(kind: &Kind) -> bool {
    built_in().kind(&kind.group, "", &kind.name).is_some()
}

/// The problems as findings, at the files and at their names in the project's own.
#[must_use]
pub fn own_findings(named: &[Text], broken: Vec<Broken>) -> Report {
    let mut report = Report::default();
    for Broken { file, place, problem } in broken {
        let path = &place.path;
        let message = format!("`{path}` can't be used: {problem}");
        let error = |help: &str| Diagnostic::error(Code::CRD_FILE, message).help(help);
        let (finding, in_file) = match &problem {
            OwnProblem::Known { built_in, group, name } => {
                let by = if *built_in { "Gatewright's own table" } else { "a file named before" };
                let message = format!("`{path}` defines `{group}/{name}`, which is known already");
                let finding = Diagnostic::warning(Code::KNOWN_KIND, message)
                    .note(format!("{by} decides what a {name} is"))
                    .help("take the definition out of the file, or the file out of the project");
                (finding, false)
            }
            OwnProblem::NotThere => {
                (error("write its path from the project's root, such as `crds \"crds/widgets.yaml\"`"), false)
            }
            OwnProblem::Folder(files) => {
                let named: Vec<String> = files.iter().map(|file| format!(" \"{file}\"")).collect();
                match named.is_empty() {
                    true => (error("name the files with CRDs, such as `crds \"crds/widgets.yaml\"`"), false),
                    false => (error(&format!("name its files: `crds{}`", named.concat())), false),
                }
            }
            OwnProblem::Outside => {
                let help = "copy it into the project and write its path from there; so every clone has it";
                (error(help), false)
            }
            OwnProblem::Unreadable(_) => {
                (error("`kubectl get crd NAME -o yaml` prints one that can be used"), true)
            }
        };
        let finding = match named.get(file) {
            Some(text) => finding.at_text(text, "named here"),
            None => finding,
        };
        report.push(if in_file { Diagnostic { file: Some(place), ..finding } } else { finding });
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) const WIDGETS: &str = r"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Cluster
  names: {kind: Widget, plural: widgets}
  versions:
  - name: v1alpha1
    served: false
    storage: false
    schema: {openAPIV3Schema: {type: object}}
  - name: v1beta1
    served: true
    storage: false
    schema: &schema
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          spec:
            type: object
            properties:
              sizeLimit: {type: integer, minimum: 1, description: how big}
              part: {type: object, properties: {number: {type: integer, format: int32}}}
              isDNSName: {type: boolean, default: true}
          status: {type: object, properties: {a: {type: string}}}
  - name: v1
    served: true
    storage: true
    schema: *schema
";

    #[test]
    fn kinds_of_ones_own_join_the_table() {
        let (table, problems) = with_own(&[("a.yaml", Some(WIDGETS))]);
        assert_eq!(problems, []);
        let kind = table.kind("example.com", "", "Widget").unwrap();
        assert_eq!((kind.api_version().as_str(), &*kind.word), ("example.com/v1", "widget"));
        assert_eq!(kind.versions.len(), 2);
        assert!(!kind.namespaced);
        let spec = table.spec_of(kind).unwrap();
        assert_eq!(spec.by_word("is-dns-name").unwrap().default.as_deref(), Some("true"));
        assert_eq!(table.object(&spec.field("part").unwrap().shape).unwrap().wrap.as_deref(), Some("number"));
        let root = table.ty(kind.root);
        assert!(table.at(root, &["metadata", "labels"]).is_some() && root.field("status").is_none());
        assert!(table.kind("networking.istio.io", "v1", "Gateway").is_some());
    }

    #[test]
    fn without_files_the_table_is_the_one_built_in() {
        assert!(matches!(with_own(&[]), (Cow::Borrowed(_), problems) if problems.is_empty()));
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        let gateway = WIDGETS.replace("example.com", "networking.istio.io").replace("Widget", "Gateway");
        let (_, broken) = with_own(&[
            ("gone.yaml", None),
            ("../a.yaml", None),
            ("/etc/a.yaml", None),
            ("", None),
            ("yaml.yaml", Some("a:\n  b: [\n")),
            ("other.yaml", Some("kind: ConfigMap\n")),
            ("a.yaml", Some(WIDGETS)),
            ("b.yaml", Some(WIDGETS)),
            ("c.yaml", Some(&gateway)),
        ]);
        let said: Vec<_> =
            broken.iter().map(|Broken { place, problem, .. }| format!("{}: {problem}", place.path)).collect();
        assert!(said[4].starts_with("yaml.yaml: it is no YAML: "), "{said:?}");
        let others: Vec<&str> =
            said.iter().map(String::as_str).filter(|said| !said.contains("no YAML")).collect();
        assert_eq!(
            others,
            [
                "gone.yaml: there is no such file",
                "../a.yaml: it lies outside the project",
                "/etc/a.yaml: it lies outside the project",
                ": it lies outside the project",
                "other.yaml: it holds no CustomResourceDefinition",
                "b.yaml: the kind `example.com/Widget` is known already",
                "c.yaml: the kind `networking.istio.io/Gateway` is known already",
            ]
        );
        assert!(matches!(broken[7].problem, OwnProblem::Known { built_in: true, .. }));
        assert_eq!(broken.iter().map(|broken| broken.file).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 7, 8]);
    }

    /// Each mistake stands at its line, with that line's text.
    #[test]
    fn a_broken_definition_has_its_line() {
        for (old, new, excerpt, says) in [
            ("scope: Cluster", "scope: Global", "  scope: Global", "`spec.scope` must be"),
            ("kind: Widget, ", "", "  names: {plural: widgets}", "`spec.names.kind` is missing"),
            ("  group: example.com\n", "", "spec:", "`spec.group` is missing"),
            (
                "apiextensions.k8s.io/v1",
                "apiextensions.k8s.io/v1beta1",
                "apiVersion: apiextensions.k8s.io/v1beta1",
                "its `apiVersion`",
            ),
            (
                "sizeLimit: {type: integer,",
                "sizeLimit: {type: int,",
                "              sizeLimit: {type: int, minimum: 1, description: how big}",
                "`spec.sizeLimit`: `int` is no type",
            ),
            (
                "part: {type: object, properties: {number: {type: integer, format: int32}}}",
                "part: {type: array}",
                "              part: {type: array}",
                "`spec.part`: a list without `items`",
            ),
            ("served: true", "served: false", "  versions:", "no version that is served"),
        ] {
            let text = WIDGETS.replace(old, new);
            for text in [text.clone(), format!("kind: ConfigMap\n---{text}"), listed(&text)] {
                let (_, broken) = with_own(&[("a.yaml", Some(&text))]);
                let [Broken { place, problem, .. }] = broken.as_slice() else { panic!("{text}") };
                assert_eq!(place.excerpt.as_deref().map(str::trim), Some(excerpt.trim()), "{problem}");
                assert!(problem.to_string().contains(says), "{problem}");
            }
        }
    }

    /// As `kubectl get crd -o yaml` prints several.
    fn listed(text: &str) -> String {
        let item: String = text.trim().lines().map(|line| format!("  {line}\n")).collect();
        format!("kind: List\nitems:\n-\n{item}")
    }

    /// Whatever is cut off or left out, there is a table or a reason.
    #[test]
    fn a_damaged_file_is_read_or_refused() {
        let lines: Vec<&str> = WIDGETS.lines().collect();
        for i in 0..lines.len() {
            let cut = lines.get(..i).unwrap_or_default().join("\n");
            let without =
                [lines.get(..i), lines.get(i + 1..)].map(Option::unwrap_or_default).concat().join("\n");
            let emptied = WIDGETS.replace(lines[i], lines[i].split_once(": ").map_or("", |(key, _)| key));
            for text in [cut, without, emptied] {
                let (table, broken) = with_own(&[("a.yaml", Some(&text))]);
                assert!(table.kind("example.com", "", "Widget").is_some() || broken.len() == 1, "{text}");
            }
        }
    }

    #[test]
    fn a_list_of_definitions_is_read() {
        let (table, broken) = with_own(&[("a.yaml", Some(&listed(WIDGETS)))]);
        assert_eq!(broken, []);
        assert!(table.kind("example.com", "v1beta1", "Widget").is_some());
    }
}
