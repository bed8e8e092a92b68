//! Kinds of the user's own, from the files with CRDs that the project names.

use std::borrow::Cow;

use super::built_in;
use super::crd::{self, CrdError};
use super::table::Table;
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::source::Text;

/// A file with CRDs: its path as the project names it, and its text if it is there.
pub type Own<'a> = (&'a str, Option<&'a str>);

/// Why a file with CRDs, or a kind of one, is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OwnProblem {
    /// There is no such file.
    #[error("there is no such file")]
    NotThere,
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

/// The built-in table with the kinds of the files; what a file gives to complain about stands with the file's path. A kind
/// that is known already stays what it is, so that a file never changes what a spec means.
#[must_use]
pub fn with_own(files: &[Own<'_>]) -> (Cow<'static, Table>, Vec<(String, OwnProblem)>) {
    let mut table = Cow::Borrowed(built_in());
    let mut problems = Vec::new();
    for (path, text) in files {
        let read = text.ok_or(OwnProblem::NotThere).and_then(|text| Ok(crd::read(text)?));
        let mut own = match read {
            Ok(crds) => crds.table,
            Err(problem) => {
                problems.push(((*path).to_owned(), problem));
                continue;
            }
        };
        own.kinds.retain(|kind| {
            let known = |table: &Table| table.kind(&kind.group, "", &kind.name).is_some();
            if known(&table) {
                let (group, name) = (kind.group.to_string(), kind.name.to_string());
                let problem = OwnProblem::Known { built_in: known(built_in()), group, name };
                problems.push(((*path).to_owned(), problem));
                return false;
            }
            true
        });
        let table = table.to_mut();
        table.append(own.shared());
        table.complete();
    }
    (table, problems)
}

/// The problems as findings, at the names in the project's file.
#[must_use]
pub fn own_findings(named: &[Text], problems: Vec<(String, OwnProblem)>) -> Report {
    let mut report = Report::default();
    for (path, problem) in problems {
        let message = format!("`{path}` can't be used: {problem}");
        let finding = match &problem {
            OwnProblem::Known { built_in, group, name } => {
                let by = if *built_in { "Gatewright's own table" } else { "a file named before" };
                let message = format!("`{path}` defines `{group}/{name}`, which is known already");
                Diagnostic::warning(Code::CRD_FILE, message)
                    .note(format!("{by} decides what a {name} is"))
                    .help("take the definition out of the file, or the file out of the project")
            }
            OwnProblem::NotThere => Diagnostic::error(Code::CRD_FILE, message)
                .help("write its path from the project's root, such as `crds \"crds/widgets.yaml\"`"),
            OwnProblem::Unreadable(_) => Diagnostic::error(Code::CRD_FILE, message)
                .help("`kubectl get crd NAME -o yaml` prints one that can be used"),
        };
        report.push(match named.iter().find(|text| text.as_str() == path) {
            Some(text) => finding.at_text(text, "named here"),
            None => finding.in_file(path),
        });
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
        let (_, problems) = with_own(&[
            ("gone.yaml", None),
            ("yaml.yaml", Some("a: [")),
            ("other.yaml", Some("kind: ConfigMap\n")),
            ("a.yaml", Some(WIDGETS)),
            ("b.yaml", Some(WIDGETS)),
            ("c.yaml", Some(&gateway)),
        ]);
        let said: Vec<_> = problems.iter().map(|(path, problem)| format!("{path}: {problem}")).collect();
        assert_eq!(said[0], "gone.yaml: there is no such file");
        assert!(said[1].starts_with("yaml.yaml: it is no YAML: "), "{said:?}");
        assert_eq!(
            said[2..],
            [
                "other.yaml: it holds no CustomResourceDefinition",
                "b.yaml: the kind `example.com/Widget` is known already",
                "c.yaml: the kind `networking.istio.io/Gateway` is known already",
            ]
        );
        assert!(matches!(problems[4].1, OwnProblem::Known { built_in: true, .. }));
    }
}
