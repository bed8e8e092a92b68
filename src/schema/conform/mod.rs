//! Whether an object is what the API server would take: every place where it is not, each with its origin.

mod metadata;
mod object;
pub(crate) mod part;
pub mod pruned;
mod scalar;
mod selector;
mod spoken;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::OnceLock;

use super::served::Unserved;
use super::table::{Form, Kind, Shape, Table};
use super::version::Version;
use super::{Wrong, cert_manager, envoy, istiod, kubernetes, served};
use crate::diag::suggest::{LISTED, list, some};
use crate::diag::{Code, Diagnostic, Severity};
use crate::resource::{PathStep, Tree, Value, lookup, path_text};
use crate::sops::Pattern;
use crate::spec::{Cause, Origin};

/// A place where an object is not what its kind asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// Its code.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// Where in the object: the value at fault, or the object that lacks something.
    pub path: Vec<PathStep>,
    /// The value to change first, or the one that is missing; mostly the same place.
    pub at: Vec<PathStep>,
    /// What decided the value, the one to change first.
    pub origins: Vec<Origin>,
    /// What is wrong, as the end of a sentence that begins with the place.
    pub message: String,
    /// What stands at the place in the spec, or beside the message where there is none.
    pub label: String,
    /// The same, where it says no more than the message.
    pub mark: String,
    /// Reasons.
    pub notes: Vec<String>,
    /// Mends.
    pub helps: Vec<String>,
}

/// Checks objects against one table, for one release of Istio.
pub struct Conform<'t> {
    table: &'t Table,
    istio: Version,
    /// Patterns that were needed already; `None` for one that can't be read, which holds.
    patterns: HashMap<&'t str, OnceLock<Option<Pattern>>>,
}

impl<'t> Conform<'t> {
    /// Against a table; fields that came after `istio` are refused.
    #[must_use]
    pub fn new(table: &'t Table, istio: Version) -> Self {
        let mut patterns = HashMap::new();
        for field in table.types.iter().flat_map(|ty| &ty.fields) {
            gather(&field.shape, &mut patterns);
        }
        Self { table, istio, patterns }
    }

    /// The table.
    #[must_use]
    pub fn table(&self) -> &'t Table {
        self.table
    }

    /// Everything that is wrong with an object. One of a kind that the table does not know is taken as it is, unless its group
    /// is known to have no such kind; one of a known kind must have a version of it.
    #[must_use]
    pub fn check(&self, tree: &Tree) -> Vec<Violation> {
        self.walk(tree, |walk, tree| walk.beyond(tree))
    }

    /// The same, then what Envoy would refuse though the API server and istiod take it.
    #[must_use]
    pub fn check_served(&self, tree: &Tree) -> Vec<Violation> {
        self.walk(tree, |walk, tree| {
            walk.beyond(tree);
            walk.take(tree, envoy::wrongs(walk.kind, tree));
        })
    }

    /// What is wrong with an object by its schema, and then by more.
    fn walk(&self, tree: &Tree, more: fn(&mut Walk<'_>, &Tree)) -> Vec<Violation> {
        let text = |field| tree.get(field).and_then(Tree::as_str).unwrap_or_default();
        let (api, name) = (text("apiVersion"), text("kind"));
        let Some(kind) = self.table.kind_of(api, name) else {
            let found = self.unknown_kind(tree, api, name).into_iter();
            return found.chain(metadata::no_kind(tree, api, name)).collect();
        };
        let mut walk = Walk { conform: self, kind, path: Vec::new(), is_part: false, found: Vec::new() };
        walk.object(kind.root, tree);
        walk.metadata(tree);
        more(&mut walk, tree);
        walk.without_spec();
        // What is refused goes anyway.
        let refused: Vec<_> = walk
            .found
            .iter()
            .filter(|found| found.severity == Severity::Error)
            .map(|found| found.at.clone())
            .collect();
        walk.found.retain(|found| found.code != Code::DEPRECATED_FIELD || !refused.contains(&found.at));
        walk.found
    }

    fn unknown_kind(&self, tree: &Tree, api: &str, name: &str) -> Option<Violation> {
        let (group, version) = api.split_once('/').unwrap_or(("", api));
        let at = |field: &str, message: String| {
            let origin = tree.get(field).map_or(&tree.origin, |tree| &tree.origin);
            Violation::new(Code::UNKNOWN_KIND, vec![PathStep::Field(field.to_owned())], origin, message)
        };
        match self.table.unserved(api, name)? {
            Unserved::Version { api: served } => {
                let message = format!("can't be `{api}`: `{name}` has no version `{version}`");
                let mut violation = at("apiVersion", message);
                violation.help(format!("write `{served}`"));
                Some(violation)
            }
            Unserved::Core { meant } => {
                let violation = at("apiVersion", format!("can't be `{api}`: the core has `v1` alone"));
                Some(violation.meant(meant, "write the group before the version, as `apps/v1`"))
            }
            Unserved::Group { meant } => {
                let violation = at("apiVersion", format!("can't be `{api}`: there is no group `{group}`"));
                Some(violation.meant(meant, served::GROUPS))
            }
            Unserved::Kind { api: Some(meant), .. } => {
                let message = format!("can't be `{api}`: {} has no kind `{name}`", served::called(group));
                Some(at("apiVersion", message).meant(Some(meant), ""))
            }
            Unserved::Kind { meant, all, api: None } => {
                let message = format!("can't be `{name}`: {} has no such kind", served::called(group));
                let mut violation = at("kind", message);
                violation.label(match meant {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "not known".to_owned(),
                });
                if !all.is_empty() {
                    let names: Vec<_> = all.iter().map(|kind| format!("`{kind}`")).collect();
                    violation.note(format!("its kinds are {}", names.join(", ")));
                }
                Some(violation)
            }
        }
    }

    fn matches(&self, pattern: &str, text: &str) -> bool {
        let Some(cell) = self.patterns.get(pattern) else { return true };
        cell.get_or_init(|| Pattern::new(pattern).ok()).as_ref().is_none_or(|pattern| pattern.is_match(text))
    }
}

/// Takes the patterns of a shape in.
fn gather<'t>(shape: &'t Shape, patterns: &mut HashMap<&'t str, OnceLock<Option<Pattern>>>) {
    match &shape.form {
        Form::Text(text) => {
            if let Some(pattern) = &text.pattern {
                patterns.entry(pattern).or_default();
            }
        }
        Form::List(list) => gather(&list.item, patterns),
        Form::Map(map) => gather(&map.value, patterns),
        _ => {}
    }
}

/// The way through one object.
struct Walk<'a> {
    conform: &'a Conform<'a>,
    kind: &'a Kind,
    path: Vec<PathStep>,
    /// Whether the rest of the object is not known, from which a null may take something away.
    is_part: bool,
    found: Vec<Violation>,
}

impl Walk<'_> {
    /// What the API server and istiod ask beyond the schema. What is wrong by the schema already is not said again.
    fn beyond(&mut self, tree: &Tree) {
        let judges = [istiod::wrongs, kubernetes::wrongs, cert_manager::wrongs];
        self.take(tree, judges.iter().flat_map(|wrongs| wrongs(self.kind, tree)).collect());
    }

    /// Says of a `spec` that is missing what may stand there.
    fn without_spec(&mut self) {
        let Some(spec) = self.conform.table.spec_of(self.kind) else { return };
        let names: Vec<String> = spec.fields.iter().map(|field| format!("`{}`", field.name)).collect();
        if let Some(found) =
            self.found.iter_mut().find(|found| found.lacks_spec()).filter(|_| !names.is_empty())
        {
            found.note(format!("it has {}", list(&some(&names, LISTED), "and")));
        }
    }

    /// Adds what is wrong by rules of others, unless the value is refused already.
    fn take(&mut self, tree: &Tree, wrongs: Vec<Wrong>) {
        let before = self.found.len();
        for wrong in wrongs {
            let mut at = wrong.path.clone();
            at.extend(wrong.below);
            let known = self.found.iter().take(before).filter(|known| known.severity == Severity::Error);
            if known.into_iter().any(|known| at.starts_with(&known.at)) {
                continue;
            }
            let origin = |path: &[PathStep]| lookup(tree, path).map(|tree| tree.origin.clone());
            let place = || origin(&wrong.path).unwrap_or_else(|| tree.origin.clone());
            let main = origin(&at).unwrap_or_else(place);
            let also = wrong.also.as_deref().and_then(origin);
            self.found.push(Violation {
                severity: wrong.severity,
                at,
                origins: [main].into_iter().chain(also).collect(),
                helps: wrong.help.into_iter().collect(),
                ..Violation::new(wrong.code, wrong.path, &tree.origin, wrong.message)
            });
        }
    }

    /// Adds an error at the value at hand.
    fn refuse(&mut self, tree: &Tree, message: impl Into<String>) -> &mut Violation {
        self.refuse_as(Code::FIELD_VALUE, tree, message)
    }

    fn refuse_as(&mut self, code: Code, tree: &Tree, message: impl Into<String>) -> &mut Violation {
        let at = self.found.len();
        self.found.push(Violation::new(code, self.path.clone(), &tree.origin, message));
        &mut self.found[at]
    }

    /// The names that lead to the value at hand, without places in lists.
    fn names(&self) -> impl DoubleEndedIterator<Item = &str> + Clone {
        self.path.iter().filter_map(|step| match step {
            PathStep::Field(name) => Some(name.as_str()),
            PathStep::Index(_) | PathStep::Item => None,
        })
    }

    /// Whether values must not be shown.
    fn is_secret(&self) -> bool {
        &*self.kind.name == "Secret"
    }

    /// Whether the value at hand belongs to an object's labels.
    fn is_of_labels(&self) -> bool {
        self.names().take(2).eq(["metadata", "labels"])
    }

    /// A value for a message.
    fn shown(&self, tree: &Tree) -> String {
        match &tree.value {
            Value::String(_) if self.is_secret() => "a string".to_owned(),
            Value::String(text) if text.chars().count() > 60 => {
                format!("`{}…`", text.chars().take(59).collect::<String>())
            }
            Value::String(text) => format!("`{text}`"),
            Value::Null => "null".to_owned(),
            Value::Bool(value) => format!("`{value}`"),
            Value::Int(number) => format!("`{number}`"),
            Value::Float(number) => format!("`{number}`"),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "an object".to_owned(),
        }
    }
}

/// What stands at a place of which nothing more is to be said.
fn usual(code: Code, at: &[PathStep]) -> String {
    match (code, at.last()) {
        (Code::MISSING_FIELD, Some(PathStep::Field(name))) => format!("`{name}` is missing here"),
        (Code::CONFLICTING_FIELDS, _) => "excludes the other".to_owned(),
        (Code::NEWER_FIELD, _) => "not known to the project's Istio".to_owned(),
        _ => "refused".to_owned(),
    }
}

impl Violation {
    fn new(code: Code, path: Vec<PathStep>, origin: &Origin, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            at: path.clone(),
            path,
            origins: vec![origin.clone()],
            message: message.into(),
            label: String::new(),
            mark: String::new(),
            notes: Vec::new(),
            helps: Vec::new(),
        }
    }

    /// What is to be changed is a field of the place.
    fn of_field(&mut self, name: &str) -> &mut Self {
        self.at.push(PathStep::Field(name.to_owned()));
        self
    }

    fn help(&mut self, text: impl Into<String>) -> &mut Self {
        self.helps.push(text.into());
        self
    }

    fn note(&mut self, text: impl Into<String>) -> &mut Self {
        self.notes.push(text.into());
        self
    }

    fn mark(&mut self, text: impl Into<String>) -> &mut Self {
        self.mark = text.into();
        self
    }

    /// With what was likely meant, or a mend where nothing was.
    fn meant(mut self, meant: Option<String>, help: &str) -> Self {
        match meant {
            Some(meant) => self.label(format!("did you mean `{meant}`?")),
            None => self.help(help),
        };
        self
    }

    fn label(&mut self, text: impl Into<String>) -> &mut Self {
        self.label = text.into();
        self
    }

    /// As a finding about `object`, as ``VirtualService `default/shop` ``, at the places in the spec that decided the value.
    #[must_use]
    pub fn diagnostic(self, object: &str) -> Diagnostic {
        let place = match self.path.as_slice() {
            [] => object.to_owned(),
            path => format!("`{}` of {object}", path_text(path)),
        };
        let message = format!("{place} {}", self.message);
        let mut finding = match self.severity {
            Severity::Error => Diagnostic::error(self.code, message),
            Severity::Warning => Diagnostic::warning(self.code, message),
            Severity::Notice => Diagnostic::notice(self.code, message),
        };
        let label = self.label;
        let mut mark = match (label.as_str(), self.mark.as_str()) {
            ("", "") if self.severity == Severity::Error => usual(self.code, &self.at),
            ("", mark) => mark.to_owned(),
            (label, _) => label.to_owned(),
        };
        let mut defaults = Vec::new();
        for cause in self.origins.iter().flat_map(Origin::causes) {
            match cause {
                Cause::Spec(span) if finding.labels.iter().all(|label| label.span != *span) => {
                    finding = finding.at(*span, std::mem::take(&mut mark));
                }
                Cause::Spec(_) => {}
                Cause::Default(word) if !defaults.contains(word) => defaults.push(*word),
                Cause::Default(_) => {}
            }
        }
        if finding.labels.is_empty() {
            finding.notes.extend(Some(label).filter(|label| !label.is_empty()));
            for word in defaults {
                finding = finding.note(format!("nobody said it: it is the default of `{word}`"));
            }
        }
        finding.notes.extend(self.notes);
        finding.helps.extend(self.helps);
        finding
    }
}
