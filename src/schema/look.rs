//! A value with the way to it, and what is found wrong with values. The way costs nothing until something is wrong.

use crate::diag::{Code, Severity};
use crate::resource::{PathStep, Tree, Value, lookup};

/// A value within an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look<'c> {
    tree: &'c Tree,
    way: Option<(&'c Look<'c>, Step<'c>)>,
}

/// How a value is reached from the one above it.
#[derive(Debug, Clone, Copy)]
enum Step<'c> {
    Field(&'static str),
    Item(&'static str, usize),
    Entry(&'static str, &'c str),
}

/// Something that the API server or istiod would refuse, or do nothing with.
#[derive(Debug, Clone, PartialEq)]
pub struct Wrong {
    /// What kind of finding it is.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The way to the value that the message is about.
    pub path: Vec<PathStep>,
    /// The way from there to the value to change, if that lies below.
    pub below: Vec<PathStep>,
    /// The way to another value that is concerned, from the object on.
    pub also: Option<Vec<PathStep>>,
    /// What is wrong, as the end of a sentence that begins with the place.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// Whether it follows from what else the object says, or does not say: it may be gone once that is mended.
    pub depends: bool,
}

/// All that is wrong with an object.
#[derive(Debug, Default)]
pub(super) struct Found(pub(super) Vec<Wrong>);

impl<'c> Look<'c> {
    /// A whole object.
    pub(super) fn at(tree: &'c Tree) -> Self {
        Self { tree, way: None }
    }

    /// A field that is there and not null.
    pub(super) fn field<'a>(&'a self, name: &'static str) -> Option<Look<'a>> {
        let tree = self.tree.get(name).filter(|tree| tree.value != Value::Null)?;
        Some(Look { tree, way: Some((self, Step::Field(name))) })
    }

    /// The items of a list, none of anything else.
    pub(super) fn items<'a>(&'a self, name: &'static str) -> impl Iterator<Item = Look<'a>> {
        let items: &'a [Tree] = match self.tree.get(name).map(|tree| &tree.value) {
            Some(Value::List(items)) => items,
            _ => &[],
        };
        let look = move |(i, tree): (usize, &'a Tree)| Look { tree, way: Some((self, Step::Item(name, i))) };
        items.iter().enumerate().map(look)
    }

    /// The entries of a map, none of anything else.
    pub(super) fn entries<'a>(&'a self, name: &'static str) -> impl Iterator<Item = (&'a str, Look<'a>)> {
        let entries = match self.tree.get(name).map(|tree| &tree.value) {
            Some(Value::Map(entries)) => entries.as_slice(),
            _ => &[],
        };
        entries.iter().map(move |entry| {
            let look = Look { tree: &entry.tree, way: Some((self, Step::Entry(name, &entry.name))) };
            (&*entry.name, look)
        })
    }

    /// How many items or entries a field has.
    pub(super) fn count(&self, name: &str) -> usize {
        match self.tree.get(name).map(|tree| &tree.value) {
            Some(Value::List(items)) => items.len(),
            Some(Value::Map(entries)) => entries.len(),
            _ => 0,
        }
    }

    /// Whether the value is a list without items.
    pub(super) fn is_empty_list(&self) -> bool {
        matches!(&self.tree.value, Value::List(items) if items.is_empty())
    }

    /// Whether a field is there, as an object without fields is.
    pub(super) fn has(&self, name: &str) -> bool {
        self.tree.get(name).is_some_and(|tree| tree.value != Value::Null)
    }

    /// Whether a field is written, be it as null: one that may not stand is refused by itself.
    pub(super) fn says(&self, name: &str) -> bool {
        self.tree.get(name).is_some()
    }

    /// The string of a field. One that is empty is one that is not there.
    pub(super) fn text(&self, name: &str) -> &'c str {
        self.tree.get(name).and_then(Tree::as_str).unwrap_or_default()
    }

    /// The string that the value is.
    pub(super) fn value(&self) -> &'c str {
        self.tree.as_str().unwrap_or_default()
    }

    /// The whole number of a field.
    pub(super) fn int(&self, name: &str) -> Option<i64> {
        self.tree.get(name).and_then(whole)
    }

    /// The whole number that the value is.
    pub(super) fn number(&self) -> Option<i64> {
        whole(self.tree)
    }

    /// The number of a field.
    #[expect(clippy::cast_precision_loss, reason = "it is compared with small numbers")]
    pub(super) fn fraction(&self, name: &str) -> Option<f64> {
        match self.tree.get(name)?.value {
            Value::Int(number) => Some(number as f64),
            Value::Float(number) => Some(number),
            _ => None,
        }
    }

    /// Whether a field is true.
    pub(super) fn is(&self, name: &str) -> bool {
        self.tree.get(name).is_some_and(|tree| tree.value == Value::Bool(true))
    }

    /// The way to the value.
    pub(super) fn path(&self) -> Vec<PathStep> {
        let Some((above, step)) = self.way else { return Vec::new() };
        let mut path = above.path();
        match step {
            Step::Field(name) => path.push(PathStep::Field(name.to_owned())),
            Step::Item(name, i) => path.extend([PathStep::Field(name.to_owned()), PathStep::Index(i)]),
            Step::Entry(name, key) => {
                path.extend([name, key].map(|name| PathStep::Field(name.to_owned())));
            }
        }
        path
    }
}

fn whole(tree: &Tree) -> Option<i64> {
    match tree.value {
        Value::Int(number) => Some(number),
        _ => None,
    }
}

impl Found {
    /// Something is wrong with a value.
    pub(super) fn at(&mut self, look: &Look<'_>, message: impl Into<String>) -> &mut Wrong {
        let at = self.0.len();
        self.0.push(Wrong {
            code: Code::FIELD_VALUE,
            severity: Severity::Error,
            path: look.path(),
            below: Vec::new(),
            also: None,
            message: message.into(),
            help: None,
            depends: false,
        });
        &mut self.0[at]
    }

    /// Something is wrong with an object because of a field of it.
    pub(super) fn of(&mut self, look: &Look<'_>, field: &str, message: impl Into<String>) -> &mut Wrong {
        let wrong = self.at(look, message);
        wrong.below.push(PathStep::Field(field.to_owned()));
        wrong
    }

    /// A field is missing.
    pub(super) fn missing(&mut self, look: &Look<'_>, field: &str, message: impl Into<String>) -> &mut Wrong {
        let wrong = self.of(look, field, message);
        wrong.code = Code::MISSING_FIELD;
        wrong
    }

    /// Two fields of an object exclude each other.
    pub(super) fn both(&mut self, look: &Look<'_>, first: &str, second: &str) -> &mut Wrong {
        let message = format!("has both `{first}` and `{second}`, which exclude each other");
        let wrong = self.of(look, second, message);
        wrong.code = Code::CONFLICTING_FIELDS;
        wrong.help("keep one of them");
        let mut other = wrong.path.clone();
        other.push(PathStep::Field(first.to_owned()));
        wrong.also = Some(other);
        wrong
    }

    /// Two fields of an object exclude each other, if both are there.
    pub(super) fn not_both(&mut self, look: &Look<'_>, first: &str, second: &str) {
        if look.has(first) && look.has(second) {
            self.both(look, first, second);
        }
    }
}

impl Wrong {
    /// Something else in the object could make it right.
    pub(super) fn depends(&mut self) -> &mut Self {
        self.depends = true;
        self
    }

    /// Whether it is wrong whatever else the object may say: a value by itself, or two fields that are there.
    pub(super) fn is_certain(&self, tree: &Tree) -> bool {
        let is_value = || {
            let value = lookup(tree, &self.path).map(|tree| &tree.value);
            value.is_some_and(|value| !matches!(value, Value::Map(_) | Value::List(_)))
        };
        let holds = match self.code {
            Code::FIELD_VALUE => self.below.is_empty() && is_value(),
            code => code == Code::CONFLICTING_FIELDS,
        };
        holds && !self.depends && self.severity == Severity::Error
    }

    /// What to write instead.
    pub(super) fn help(&mut self, text: impl Into<String>) -> &mut Self {
        self.help = Some(text.into());
        self
    }

    /// Another value is concerned.
    pub(super) fn also(&mut self, look: &Look<'_>) -> &mut Self {
        self.also = Some(look.path());
        self
    }

    /// It is taken, and nothing is done with it.
    pub(super) fn ignored(&mut self) -> &mut Self {
        self.code = Code::IGNORED_FIELD;
        self.severity = Severity::Warning;
        self
    }
}

/// A text for a message.
pub(super) fn shown(text: &str) -> String {
    if text.is_empty() {
        return "an empty text".to_owned();
    }
    let plain = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    if text.chars().count() > 60 {
        return format!("`{}…`", text.chars().take(59).map(plain).collect::<String>());
    }
    format!("`{}`", text.chars().map(plain).collect::<String>())
}
