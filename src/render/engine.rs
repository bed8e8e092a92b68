//! The templates: built-in ones, the user's in their place, and the user's own.

use std::collections::BTreeSet;
use std::error::Error as _;

use minijinja::{Environment, Error, ErrorKind, OutputSpan, OutputSpanKind, Value as Seen};

use super::filters::environment;
use super::own::OwnTemplate;
use crate::diag::{Code, Diagnostic, FilePlace, Report};
use crate::resource::facts::Scope;
use crate::resource::{Tree, Value};

/// A template that the binary brings along.
#[derive(Debug, Clone, Copy)]
pub struct BuiltIn {
    /// Its path below `templates/`.
    pub file: &'static str,
    /// Its text.
    pub text: &'static str,
    /// The API group and kind that it is for; all others without a template of their own if `None`.
    kind: Option<(&'static str, &'static str)>,
    /// Whether it can spell this object out; one of another shape goes through the template for any kind.
    fits: fn(&Tree) -> bool,
}

/// The one table of built-in templates; the last is for any kind.
pub const BUILT_INS: [BuiltIn; 4] = [
    BuiltIn {
        file: "gateway.yaml",
        text: include_str!("../../templates/gateway.yaml"),
        kind: Some(("networking.istio.io", "Gateway")),
        fits: |tree| {
            named(tree)
                && items(tree, "servers", |server| server.get("port").and(server.get("hosts")).is_some())
        },
    },
    BuiltIn {
        file: "virtualservice.yaml",
        text: include_str!("../../templates/virtualservice.yaml"),
        kind: Some(("networking.istio.io", "VirtualService")),
        fits: |tree| named(tree) && tree.at(&["spec", "hosts"]).is_some() && items(tree, "http", |_| true),
    },
    BuiltIn {
        file: "destinationrule.yaml",
        text: include_str!("../../templates/destinationrule.yaml"),
        kind: Some(("networking.istio.io", "DestinationRule")),
        fits: |tree| {
            named(tree)
                && string(tree, &["spec", "host"])
                && items(tree, "subsets", |subset| string(subset, &["name"]))
        },
    },
    BuiltIn {
        file: "resource.yaml",
        text: include_str!("../../templates/resource.yaml"),
        kind: None,
        fits: |_| true,
    },
];

fn string(tree: &Tree, path: &[&str]) -> bool {
    tree.at(path).is_some_and(|value| value.as_str().is_some())
}

fn named(tree: &Tree) -> bool {
    string(tree, &["metadata", "name"]) && string(tree, &["metadata", "namespace"])
}

/// Whether a list of the spec, if it is there, has only such objects; and there is more to the spec than that, or the list.
fn items(tree: &Tree, list: &str, such: fn(&Tree) -> bool) -> bool {
    let Some(Value::Map(fields)) = tree.get("spec").map(|spec| &spec.value) else { return false };
    match tree.at(&["spec", list]).map(|list| &list.value) {
        None => !fields.is_empty(),
        Some(Value::List(items)) => {
            items.iter().all(|item| matches!(item.value, Value::Map(_)) && such(item))
        }
        Some(_) => false,
    }
}

/// All templates of a project, compiled.
pub struct Templates {
    environment: Environment<'static>,
    folder: String,
    overridden: BTreeSet<&'static str>,
    own: Vec<OwnTemplate>,
}

impl Templates {
    /// The built-in templates with the user's: `files` are paths below `folder` with their texts, `folder` is how a user reads
    /// its path (`templates`). A file named as a built-in one replaces it, unless it is the same; files in the folders of
    /// [`Scope`] are templates of the user's own; files whose name begins with `_` are there to be included; hidden ones don't
    /// count.
    ///
    /// # Errors
    /// Every file that nothing would read, and every template that can't be compiled.
    pub fn new(folder: &str, files: Vec<(String, String)>) -> Result<Self, Report> {
        let mut report = Report::default();
        let mut templates = match environment() {
            Ok(environment) => Self {
                environment,
                folder: folder.trim_end_matches('/').to_owned(),
                overridden: BTreeSet::new(),
                own: Vec::new(),
            },
            Err(error) => {
                report.push(Diagnostic::error(Code::TEMPLATE_ERROR, error.to_string()));
                return Err(report);
            }
        };
        for built_in in BUILT_INS {
            templates.compile(built_in.file, built_in.text.to_owned(), &mut report);
        }
        for (path, text) in files {
            templates.take(&path, &text, &mut report);
        }
        templates.own.sort_by(|a, b| a.file.cmp(&b.file));
        if report.has_errors() { Err(report) } else { Ok(templates) }
    }

    /// The user's own templates, in path order.
    #[must_use]
    pub fn own(&self) -> &[OwnTemplate] {
        &self.own
    }

    /// A template's path as a user reads it.
    #[must_use]
    pub fn path(&self, file: &str) -> String {
        format!("{}/{file}", self.folder)
    }

    /// A line of a template, from the path as a user reads it.
    pub(crate) fn line(&self, path: &str, line: usize) -> FilePlace {
        let file = path.strip_prefix(&self.folder).and_then(|file| file.strip_prefix('/')).unwrap_or(path);
        let source = self.source(file);
        place(path.to_owned(), line, source)
    }

    /// The template that an object goes through, and whether it is the user's.
    pub(super) fn choose(&self, tree: &Tree) -> (&'static str, bool) {
        let text = |name| tree.get(name).and_then(Tree::as_str).unwrap_or_default();
        let (version, kind) = (text("apiVersion"), text("kind"));
        let group = version.split_once('/').map_or("", |(group, _)| group);
        let fits = |built_in: &&BuiltIn| match built_in.kind {
            Some(of) => {
                of == (group, kind) && (self.overridden.contains(built_in.file) || (built_in.fits)(tree))
            }
            None => true,
        };
        let file = BUILT_INS.iter().find(fits).map_or("resource.yaml", |built_in| built_in.file);
        (file, self.overridden.contains(file))
    }

    /// Fills a template in.
    pub(super) fn print(&self, file: &str, context: Seen) -> Result<String, Diagnostic> {
        let template = self.environment.get_template(file);
        template.and_then(|template| template.render(context)).map_err(|error| self.failed(file, &error))
    }

    /// Fills a template in and remembers what came from where.
    pub(super) fn print_traced(&self, file: &str, context: Seen) -> Result<Printed, Diagnostic> {
        let template = self.environment.get_template(file);
        let printed = template.and_then(|template| template.render_with_spans(context));
        let (text, spans) = printed.map_err(|error| self.failed(file, &error))?;
        Ok(Printed { file: file.to_owned(), text, spans })
    }

    /// The template and line (from 1) that a byte of its output came from.
    pub(super) fn origin_of(&self, printed: &Printed, at: usize) -> (String, usize) {
        let after = printed.spans.partition_point(|span| span.output_range().end <= at);
        let Some(span) = printed.spans.get(after).or(printed.spans.last()) else {
            return (printed.file.clone(), 1);
        };
        let within = match span.kind() {
            OutputSpanKind::Raw => at.saturating_sub(span.output_range().start),
            _ => 0,
        };
        let source = self.source(span.name());
        let upto = source.get(..span.source_range().start.saturating_add(within)).unwrap_or_default();
        (span.name().to_owned(), upto.matches('\n').count() + 1)
    }

    /// An error at a line of a template.
    pub(super) fn error_at(&self, code: Code, (file, line): (String, usize), message: String) -> Diagnostic {
        Diagnostic {
            file: Some(place(self.path(&file), line, self.source(&file))),
            ..Diagnostic::error(code, message)
        }
    }

    fn source(&self, file: &str) -> String {
        self.environment.get_template(file).map(|template| template.source().to_owned()).unwrap_or_default()
    }

    /// Sorts one file of the user's in.
    fn take(&mut self, path: &str, text: &str, report: &mut Report) {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
        let name = path.rsplit('/').next().unwrap_or(path);
        if name.starts_with('.') {
            return;
        }
        if name.starts_with('_') {
            self.compile(path, text, report);
        } else if let Some(built_in) = BUILT_INS.iter().find(|built_in| built_in.file == path) {
            if built_in.text != text {
                self.overridden.insert(built_in.file);
                self.compile(path, text, report);
            }
        } else if let Some(scope) = Scope::of_path(path) {
            self.own.push(OwnTemplate { file: path.to_owned(), scope });
            self.compile(path, text, report);
        } else {
            report.push(self.unknown(path));
        }
    }

    fn compile(&mut self, file: &str, text: String, report: &mut Report) {
        if let Err(error) = self.environment.add_template_owned(file.to_owned(), text.clone()) {
            let mut finding = self.failed(file, &error);
            finding.file = Some(place(self.path(file), error.line().unwrap_or(1), text));
            report.push(finding);
        }
    }

    fn unknown(&self, path: &str) -> Diagnostic {
        let finding = Diagnostic::error(
            Code::UNKNOWN_TEMPLATE,
            format!("nothing reads {}: there is no built-in template of that name", self.path(path)),
        );
        let finding = finding.in_file(self.path(path));
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let known = if folder.is_empty() {
            BUILT_INS.map(|built_in| built_in.file.to_owned()).to_vec()
        } else {
            Scope::ALL.iter().map(|scope| format!("{}/{name}", scope.folder())).collect()
        };
        let near = known.iter().map(|file| (strsim::damerau_levenshtein(file, path), file)).min();
        let finding = match near {
            Some((distance, file)) if distance > 0 && distance <= 3 => {
                finding.help(format!("did you mean {}?", self.path(file)))
            }
            _ => finding,
        };
        let files = BUILT_INS.map(|built_in| built_in.file).join(", ");
        let folders = Scope::ALL.map(|scope| format!("{}/", scope.folder())).join(", ");
        finding.note(format!(
            "templates that can be replaced: {files}; templates of your own are `.yaml` files in {folders}; a name that begins with `_` is for \
             including"
        ))
    }

    /// What the engine complains about, at its line.
    fn failed(&self, file: &str, error: &Error) -> Diagnostic {
        let mut inner = error;
        let mut source = error.source();
        while let Some(cause) = source {
            if let Some(deeper) = cause.downcast_ref::<Error>() {
                inner = deeper;
            }
            source = cause.source();
        }
        let what = match inner.detail() {
            Some(detail) => format!("{}: {detail}", inner.kind()),
            None => inner.kind().to_string(),
        };
        let place = (inner.name().unwrap_or(file).to_owned(), inner.line().unwrap_or(1));
        let finding = self.error_at(Code::TEMPLATE_ERROR, place, format!("the template fails: {what}"));
        match inner.kind() {
            ErrorKind::UndefinedError => {
                finding.help("what need not be there is asked for first: {% if spec.selector is defined %}")
            }
            ErrorKind::UnknownFilter => {
                finding.note("beside minijinja's own filters there are yaml, fields, item and without")
            }
            _ => finding,
        }
    }
}

/// A template's output.
pub(super) struct Printed {
    file: String,
    pub(super) text: String,
    spans: Vec<OutputSpan>,
}

fn place(path: String, line: usize, source: String) -> FilePlace {
    let excerpt = source.lines().nth(line.saturating_sub(1)).map(|text| text.trim_end().to_owned());
    FilePlace { path, line: Some(line), excerpt }
}
