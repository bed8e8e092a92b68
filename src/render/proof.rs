//! What a user's template printed, held against what it may print.

use super::engine::{Printed, Templates};
use super::own::Document;
use super::read::{Node, Shape, read};
use super::yaml::typed;
use crate::diag::{Code, Diagnostic};
use crate::resource::{Changed, Hidden, PathStep, Tree, Value, hidden, path_text};
use crate::spec::{Origin, clear};

/// What Argo CD takes for "not mine", anywhere in a file.
const SKIP_MARKER: &str = "+argocd:skip-file-rendering";

/// The output of a user's template as a tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The object. A value that came through as the spec has it keeps its origin; one that the template changed has that of
    /// the value in its place, or of what it lies in.
    pub tree: Tree,
    /// The values that the template decided, in the order in which they stand.
    pub changed: Vec<Changed>,
}

impl Parsed {
    /// What the template decided about a value or what it lies in, the nearest first.
    #[must_use]
    pub fn decided(&self, path: &[PathStep]) -> Option<&Changed> {
        Changed::nearest(&self.changed, path)
    }
}

/// Refuses text with which Argo CD would drop the whole resource in silence.
pub(super) fn no_skip_marker(text: &str) -> Result<(), Diagnostic> {
    if !text.contains(SKIP_MARKER) {
        return Ok(());
    }
    let message = format!("`{SKIP_MARKER}` in a resource makes Argo CD leave it out without a word");
    Err(Diagnostic::error(Code::SKIP_MARKER, message))
}

/// The one object that a template printed in place of `tree`: it must be the same resource.
pub(super) fn prove(templates: &Templates, printed: &Printed, tree: &Tree) -> Result<Parsed, Diagnostic> {
    let output = Output { templates, printed, start: 0 };
    let documents = output.read(&printed.text)?;
    let [node] = documents.as_slice() else {
        let at = documents.get(1).map_or(0, |second| second.at);
        let count = documents.len();
        return Err(output.error(
            Code::TEMPLATE_OUTPUT,
            at,
            format!("the template gives {count} YAML documents; it must be one object"),
        ));
    };
    let parsed = output.grow(node, Some(tree), &tree.origin)?;
    for path in [&["apiVersion"][..], &["kind"], &["metadata", "name"], &["metadata", "namespace"]] {
        let (ours, theirs) = (tree.at(path), parsed.tree.at(path));
        if ours.map(|tree| &tree.value) == theirs.map(|tree| &tree.value) {
            continue;
        }
        let shown = |tree: Option<&Tree>| match tree.map(|tree| &tree.value) {
            None => "nothing".to_owned(),
            Some(Value::String(text)) => format!("`{text}`"),
            Some(_) => "something that is no string".to_owned(),
        };
        let finding = output.error(
            Code::TEMPLATE_IDENTITY,
            find(node, path).at,
            format!(
                "the template gives {} for {}, and it must stay {}",
                shown(theirs),
                path.join("."),
                shown(ours)
            ),
        );
        return Err(finding
            .note("what a resource is called is for the spec to say; everything else is the template's"));
    }
    output.hides_nothing(node, &parsed.tree)?;
    Ok(parsed)
}

/// The resources that a template of the user's own printed.
pub(super) fn documents(
    templates: &Templates,
    printed: &Printed,
    origin: &Origin,
) -> Result<Vec<Document>, Diagnostic> {
    let mut documents = Vec::new();
    for (start, text) in parts(&printed.text) {
        let output = Output { templates, printed, start };
        for node in output.read(text)? {
            if node.shape == (Shape::Scalar { text: String::new(), bare: true }) {
                continue;
            }
            documents.push(output.document(&node, text, origin)?);
        }
    }
    Ok(documents)
}

/// Splits at `---`, which can stand at the start of a line for nothing else. With the byte where each part begins.
fn parts(text: &str) -> Vec<(usize, &str)> {
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        if line.trim_end() == "---" || line.starts_with("--- ") {
            parts.push((start, &text[start..at]));
            start = if line.trim_end() == "---" { at + line.len() } else { at };
        }
        at += line.len();
    }
    parts.push((start, &text[start..]));
    parts
}

/// The node at a path, or the nearest that there is.
fn find<'a>(node: &'a Node, path: &[&str]) -> &'a Node {
    let child = match (&node.shape, path.first()) {
        (Shape::Map { entries, .. }, Some(name)) => entries.iter().find(|entry| entry.key == **name),
        _ => None,
    };
    child.map_or(node, |entry| find(&entry.node, &path[1..]))
}

/// The byte at which the value at the end of a path begins: its key, if it has one.
fn within(node: &Node, path: &[PathStep]) -> usize {
    let Some((step, rest)) = path.split_first() else { return node.at };
    match (&node.shape, step) {
        (Shape::Map { entries, .. }, PathStep::Field(name)) => {
            let entry = entries.iter().find(|entry| entry.key == *name);
            entry.map_or(node.at, |entry| if rest.is_empty() { entry.at } else { within(&entry.node, rest) })
        }
        (Shape::List { items, .. }, PathStep::Index(index)) => {
            items.get(*index).map_or(node.at, |item| within(item, rest))
        }
        _ => node.at,
    }
}

/// A part of a template's output, and the way back to the template.
struct Output<'a> {
    templates: &'a Templates,
    printed: &'a Printed,
    /// The byte of the whole output where the part begins.
    start: usize,
}

impl Output<'_> {
    fn error(&self, code: Code, at: usize, message: String) -> Diagnostic {
        self.templates.error_at(code, self.templates.origin_of(self.printed, self.start + at), message)
    }

    fn read(&self, text: &str) -> Result<Vec<Node>, Diagnostic> {
        read(text).map_err(|error| {
            let line = text.get(..error.at).unwrap_or(text).matches('\n').count();
            let message = format!("what the template gives is no YAML for a manifest: {}", error.message);
            let written = text.lines().nth(line).unwrap_or_default().trim_end();
            self.error(Code::TEMPLATE_OUTPUT, error.at, message)
                .note(format!("the line came out as `{written}`"))
        })
    }

    /// A node as a tree. `source` is what the spec has in its place, `origin` the reason of what it lies in.
    fn grow(&self, node: &Node, source: Option<&Tree>, origin: &Origin) -> Result<Parsed, Diagnostic> {
        let mut changed = Vec::new();
        let tree = self.grow_at((node, node.at), source, origin, &mut Vec::new(), &mut changed)?;
        if matches!(tree.value, Value::Map(_)) {
            return Ok(Parsed { tree, changed });
        }
        let message = "what the template gives is no object".to_owned();
        Err(self.error(Code::TEMPLATE_OUTPUT, node.at, message))
    }

    /// `from` is where a reader sees the value begin: at its key, if it has one.
    fn grow_at(
        &self,
        (node, from): (&Node, usize),
        source: Option<&Tree>,
        origin: &Origin,
        path: &mut Vec<PathStep>,
        changed: &mut Vec<Changed>,
    ) -> Result<Tree, Diagnostic> {
        let origin = source.map_or(origin, |source| &source.origin);
        let note = |path: &[PathStep], changed: &mut Vec<Changed>| {
            let (file, line) = self.templates.origin_of(self.printed, self.start + from);
            changed.push(Changed { path: path.to_vec(), template: self.templates.path(&file), line });
        };
        let value = match &node.shape {
            Shape::Scalar { text, bare } => {
                let value =
                    if *bare { self.bare(text, node.at, path)? } else { Value::String(text.clone().into()) };
                if source.is_none_or(|source| source.value != value) {
                    note(path, changed);
                }
                value
            }
            Shape::List { items, .. } => {
                let sources = source.and_then(|source| match &source.value {
                    Value::List(sources) => Some(sources.as_slice()),
                    _ => None,
                });
                if sources.is_none_or(|sources| sources.len() != items.len()) {
                    note(path, changed);
                }
                let mut list = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    path.push(PathStep::Index(index));
                    let source = sources.and_then(|sources| sources.get(index));
                    list.push(self.grow_at((item, item.at), source, origin, path, changed)?);
                    path.pop();
                }
                Value::List(list)
            }
            Shape::Map { entries, .. } => {
                if source.is_none_or(|source| !matches!(source.value, Value::Map(_))) {
                    note(path, changed);
                }
                let mut map = Tree::map(origin);
                for entry in entries {
                    path.push(PathStep::Field(entry.key.clone()));
                    let source = source.and_then(|source| source.get(&entry.key));
                    let child = self.grow_at((&entry.node, entry.at), source, origin, path, changed)?;
                    map = map.with(entry.key.clone(), child);
                    path.pop();
                }
                map.value
            }
        };
        Ok(Tree { value, origin: origin.clone() })
    }

    /// A bare scalar, if every reader takes it for the same.
    fn bare(&self, text: &str, at: usize, path: &[PathStep]) -> Result<Value, Diagnostic> {
        if let Some(value) = resolve(text) {
            return Ok(value);
        }
        let message = format!("readers of YAML disagree about the bare `{text}` at {}", path_text(path));
        Err(self
            .error(Code::TEMPLATE_OUTPUT, at, message)
            .note("some take it for a string, others for a truth value, a number or a date")
            .help(format!("write \"{text}\" with quotes, or the number or truth value in its usual form")))
    }

    /// Refuses an object that holds others, or a Secret in the clear.
    fn hides_nothing(&self, node: &Node, tree: &Tree) -> Result<(), Diagnostic> {
        let Some((path, what)) = hidden(tree).into_iter().next() else { return Ok(()) };
        let finding = what.finding();
        let code = match what {
            Hidden::Secret => Code::TEMPLATE_SECRET,
            Hidden::Items => Code::TEMPLATE_OUTPUT,
        };
        let place = self.error(code, within(node, &path), String::new()).file;
        Err(Diagnostic { code, file: place, ..finding })
    }

    fn document(&self, node: &Node, text: &str, origin: &Origin) -> Result<Document, Diagnostic> {
        let parsed = self.grow(node, None, origin)?;
        let string = |path: &[&str]| parsed.tree.at(path).and_then(Tree::as_str).map(ToOwned::to_owned);
        let need = |path: &[&str]| {
            string(path).filter(|text| !text.is_empty()).ok_or_else(|| {
                let message = format!("the object that the template gives has no {}", path.join("."));
                self.error(Code::TEMPLATE_OUTPUT, find(node, path).at, message)
            })
        };
        let kind = need(&["kind"])?;
        let kind_at = find(node, &["kind"]).at;
        let api_version = need(&["apiVersion"])?;
        if clear::is_secret(&api_version, &kind) {
            let message =
                "a template gives a Secret, which would stand in the repository unsealed".to_owned();
            return Err(self
                .error(Code::TEMPLATE_SECRET, kind_at, message)
                .note("Gatewright makes and seals the Secrets itself; no template sees a key"));
        }
        if clear::is_list(&api_version, &kind) {
            let message = format!("a `{kind}` holds several objects, and each must be a file of its own");
            let finding = self.error(Code::TEMPLATE_OUTPUT, kind_at, message);
            return Err(finding.help("give the objects as documents with `---` between them"));
        }
        self.hides_nothing(node, &parsed.tree)?;
        no_skip_marker(text).map_err(|finding| Diagnostic {
            file: self.error(Code::SKIP_MARKER, text.find(SKIP_MARKER).unwrap_or(0), String::new()).file,
            ..finding
        })?;
        let namespace = string(&["metadata", "namespace"]);
        let name = need(&["metadata", "name"])?;
        for (path, text) in [
            (&["kind"][..], Some(&kind)),
            (&["metadata", "namespace"], namespace.as_ref()),
            (&["metadata", "name"], Some(&name)),
        ] {
            if let Some(text) = text.filter(|text| !is_name(text)) {
                let message = format!("`{}` can't be an object's {}", text.escape_debug(), path.join("."));
                let finding = self.error(Code::TEMPLATE_OUTPUT, find(node, path).at, message);
                return Err(finding
                    .note("it is part of a file's name, and the API server would refuse it")
                    .help("give letters, digits, `-` and `.`, at most 200 of them"));
            }
        }
        Ok(Document {
            text: format!("{}\n", text.trim_matches(['\n', ' '])),
            api_version,
            kind,
            namespace,
            name,
            parsed,
        })
    }
}

/// Whether a text can be part of a file's name, as every name that a cluster takes can.
fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '_');
    text.len() <= 200 && text.chars().all(fits) && text.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// The meaning of a bare scalar to YAML 1.1, YAML 1.2 and Go alike, if there is one.
fn resolve(text: &str) -> Option<Value> {
    match text {
        "" | "~" | "null" => return Some(Value::Null),
        "true" => return Some(Value::Bool(true)),
        "false" => return Some(Value::Bool(false)),
        _ => {}
    }
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let whole = |digits: &str| {
        !digits.is_empty()
            && digits.bytes().all(|b| b.is_ascii_digit())
            && (digits == "0" || !digits.starts_with('0'))
    };
    if whole(unsigned) && text != "-0" {
        return text.parse().ok().map(Value::Int);
    }
    if let Some((before, after)) = unsigned.split_once('.') {
        let (digits, exponent) = after.split_once('e').unwrap_or((after, "+0"));
        let power = exponent.strip_prefix(['+', '-']).unwrap_or_default();
        let digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        if whole(before) && digits && !power.is_empty() && power.bytes().all(|b| b.is_ascii_digit()) {
            return text.parse().ok().map(Value::Float);
        }
    }
    let bare = text.trim_start_matches(['-', '+']);
    let special = bare.is_empty() || matches!(text, "=" | "<<") || (typed(bare) && !is_string(text));
    if special { None } else { Some(Value::String(text.to_owned().into())) }
}

/// Whether what may look like a number to a careful writer is one to no reader in use: `192.0.2.0/24`, `192.0.2.1`, the digits
/// of a hash.
fn is_string(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if text.contains('/') {
        return true;
    }
    if text.contains('.') {
        // Two points: the number of YAML 1.1's page for floats takes them, and nobody's.
        return text.split('.').count() > 2 && text.split('.').all(digits);
    }
    let is_binary = text.strip_prefix("0b").or_else(|| text.strip_prefix("0B"));
    let is_binary = is_binary.is_some_and(|rest| rest.bytes().all(|b| b"01".contains(&b)));
    let is_float = text.split_once(['e', 'E']).is_some_and(|(before, after)| digits(before) && digits(after));
    let has_letter = text.bytes().any(|b| b.is_ascii_alphabetic());
    has_letter && text.bytes().all(|b| b.is_ascii_hexdigit()) && !is_binary && !is_float
}

#[cfg(test)]
#[path = "proof_tests.rs"]
mod tests;
