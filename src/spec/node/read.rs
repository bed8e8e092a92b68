//! The one reader of nodes: holds every argument, property and child against the table of its word.

use super::context::{Context, said_twice};
use super::host::HOST;
use super::stands::{self, Layer};
use super::word::{Argument, Form, Item, Word};
use super::{SPEC_FILE, misplaced, object, surplus, unknown};
use crate::diag::{Code, Diagnostic};
use crate::schema::words::Body;
use crate::spec::annotation::Field as ByName;
use crate::spec::source::{Span, Text};
use crate::spec::syntax::{Node, Scalar, Value};

/// What a node holds, each part checked against its word's table and sorted by name.
pub(crate) struct Fields<'n> {
    /// The node's word, or `None` for a whole file.
    pub(crate) at: Option<Span>,
    /// The node with its braces, or `None` for a whole file.
    pub(crate) whole: Option<Span>,
    /// The values right behind the word.
    pub(crate) arguments: Vec<&'n Value>,
    /// Properties of the user's own.
    pub(crate) labels: Vec<(&'n Text, &'n Value)>,
    /// Nodes of a file that are whole objects.
    pub(crate) objects: Vec<&'n Node>,
    name: Option<&'n Text>,
    /// What is said in the words of the schema in which the node stands.
    schema: Body<'n>,
    word: &'static Word,
    said: Vec<Said<'n>>,
}

/// One property or child.
struct Said<'n> {
    item: &'static Item,
    at: Span,
    by: By,
    how: How<'n>,
}

/// The way in which something was said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Entry,
    Child,
}

enum How<'n> {
    Values(Vec<&'n Value>),
    Node(&'n Node),
    Flag(bool),
    /// It was there, but could not be read.
    Broken,
}

impl<'n> Fields<'n> {
    /// Reads a node.
    pub(crate) fn of(cx: &mut Context<'_>, node: &'n Node, word: &'static Word) -> Self {
        let mut fields = Self {
            at: Some(node.name.span()),
            whole: Some(node.whole()),
            arguments: Vec::new(),
            labels: Vec::new(),
            objects: Vec::new(),
            name: Some(&node.name),
            schema: Body::default(),
            word,
            said: Vec::new(),
        };
        for entry in &node.entries {
            match &entry.key {
                None => fields.argument(cx, &entry.value),
                Some(key) if word.labels => fields.label(cx, key, &entry.value),
                Some(key) => fields.property(cx, key, &entry.value),
            }
        }
        fields.surplus(cx);
        if fields.arguments.is_empty()
            && let Argument::One(ty, what) = word.argument
        {
            cx.error(
                Diagnostic::error(Code::MISSING_WORD, format!("`{}` needs {what}", word.name))
                    .at(node.name.span(), "nothing stands behind it")
                    .help(format!("write `{} {}`", word.name, ty.example())),
            );
        }
        fields.children(cx, &node.children);
        fields.missing(cx);
        fields
    }

    /// Reads the nodes of a whole file.
    pub(crate) fn of_file(cx: &mut Context<'_>, nodes: &'n [Node], word: &'static Word) -> Self {
        let mut fields = Self {
            at: None,
            whole: None,
            arguments: Vec::new(),
            labels: Vec::new(),
            objects: Vec::new(),
            name: None,
            schema: Body::default(),
            word,
            said: Vec::new(),
        };
        fields.children(cx, nodes);
        fields.missing(cx);
        fields
    }

    /// The table that the node was held against.
    pub(crate) fn word(&self) -> &'static Word {
        self.word
    }

    /// What the node says in the words of the schema in which it stands.
    pub(crate) fn layer(&self, cx: &mut Context<'_>) -> Layer {
        match self.name {
            Some(name) => stands::read(cx, self.word, name, &self.schema),
            None => Layer::default(),
        }
    }

    /// How many values may stand behind the word.
    fn capacity(&self) -> usize {
        match self.word.argument {
            Argument::None => 0,
            Argument::One(..) | Argument::Optional(..) => 1,
            Argument::Each(parts, _) => parts.len(),
            Argument::Many(..) => usize::MAX,
        }
    }

    /// A value behind the word: an argument, or a switch behind the arguments.
    fn argument(&mut self, cx: &mut Context<'_>, value: &'n Value) {
        // Of any number of names, one in quotes is a name.
        let is_bare = || !cx.written(value.span).starts_with(['"', '#']);
        let is_full = match self.word.argument {
            Argument::Many(..) => !self.arguments.is_empty() && is_bare(),
            _ => self.arguments.len() >= self.capacity(),
        };
        if is_full
            && let Scalar::Text(text) = &value.scalar
            && let Some(item) = self.word.item(text.as_str())
            && matches!(item.form, Form::Flag)
        {
            self.say(cx, item, value.span, By::Entry, How::Flag(true));
            return;
        }
        self.arguments.push(value);
    }

    /// Complains about arguments that are too many.
    fn surplus(&mut self, cx: &mut Context<'_>) {
        if let Argument::Many(..) = self.word.argument {
            surplus::without_equals(cx, self.word, &mut self.arguments);
        }
        if let Some(more) = self.arguments.get(self.capacity()..).filter(|more| !more.is_empty()) {
            surplus::too_many(cx, self.word, more);
            self.arguments.truncate(self.capacity());
        }
    }

    fn label(&mut self, cx: &mut Context<'_>, key: &'n Text, value: &'n Value) {
        if let Some((first, _)) = self.labels.iter().find(|(earlier, _)| earlier.as_str() == key.as_str()) {
            said_twice(cx, key.as_str(), first.span(), key.span());
            return;
        }
        unknown::field_as_label(cx, self.word, key, value);
        self.labels.push((key, value));
    }

    fn property(&mut self, cx: &mut Context<'_>, key: &'n Text, value: &'n Value) {
        let Some(item) = self.word.item(key.as_str()) else {
            if stands::of(self.word).is_some_and(|stand| stand.has(cx.table, key.as_str())) {
                self.schema.properties.push((key, value));
                return;
            }
            unknown::property(cx, self.word, key, value);
            return;
        };
        let how = match (item.form, &value.scalar) {
            (Form::Node(_) | Form::Nodes(_), _) => {
                misplaced::node_as_property(cx, self.word, item, key, value);
                How::Broken
            }
            (Form::Flag, Scalar::Bool(on)) => How::Flag(*on),
            (Form::Flag, _) => {
                misplaced::not_a_switch(cx, item, value.span);
                How::Broken
            }
            _ => How::Values(vec![value]),
        };
        self.say(cx, item, key.span(), By::Entry, how);
    }

    fn children(&mut self, cx: &mut Context<'_>, nodes: &'n [Node]) {
        for node in nodes {
            if self.is_schema(cx, node) {
                self.schema.children.push(node);
                continue;
            }
            if self.word.labels && !unknown::is_field(cx, self.word, node) {
                misplaced::label_as_child(cx, self.word, &self.arguments, node);
                continue;
            }
            let Some(item) = self.word.item(node.name.as_str()) else {
                if std::ptr::eq(self.word, &SPEC_FILE)
                    && cx.table.kinds_by_word(node.name.as_str()).count() > 0
                {
                    if let Some(annotation) = &node.annotation {
                        misplaced::annotated(cx, node.name.as_str(), annotation.span);
                    }
                    self.objects.push(node);
                    continue;
                }
                if std::ptr::eq(self.word, &SPEC_FILE) && cx.table.is_lost_word(node.name.as_str()) {
                    continue;
                }
                let meant = unknown::child(cx, self.word, node);
                self.misnamed(cx, node, meant.as_deref());
                continue;
            };
            self.item(cx, item, node);
        }
    }

    /// What stands in a node with a wrong name has mistakes of its own: it is read as what alone can be meant.
    fn misnamed(&mut self, cx: &mut Context<'_>, node: &'n Node, meant: Option<&str>) {
        let Some(meant) = meant.filter(|_| !node.entries.is_empty() || !node.children.is_empty()) else {
            return;
        };
        if let Some(item) = self.word.item(meant) {
            // What a whole node declares is in doubt, and what it lacks with it.
            let is_whole = std::ptr::eq(self.word, &SPEC_FILE) || item.name == HOST.name;
            let is_first = !self.is_said(item.name) && matches!(item.form, Form::Node(_));
            if !is_whole && (is_first || matches!(item.form, Form::Nodes(_))) {
                self.item(cx, item, node);
            }
            return;
        }
        let name = Text::new(meant.to_owned(), node.name.span(), false);
        let renamed = Node { name, ..node.clone() };
        if std::ptr::eq(self.word, &SPEC_FILE) {
            if cx.table.kinds_by_word(meant).count() == 1 {
                cx.owned(&renamed, |cx| object::read(cx, &renamed));
            }
        } else if let Some(around) = self.name {
            let body = Body { properties: Vec::new(), children: vec![&renamed] };
            stands::only(cx, self.word, around, &body);
        }
    }

    fn item(&mut self, cx: &mut Context<'_>, item: &'static Item, node: &'n Node) {
        if let Some(annotation) = &node.annotation {
            misplaced::annotated(cx, item.name, annotation.span);
        }
        let how = match item.form {
            Form::Node(_) | Form::Nodes(_) | Form::ValueOrNodes(..) => How::Node(node),
            Form::Flag => flag_child(cx, (self.word, item), node),
            Form::Value(_) => value_child(cx, (self.word, item), node, 1),
            Form::Values(_) | Form::Repeated(_) => value_child(cx, (self.word, item), node, usize::MAX),
        };
        self.say(cx, item, node.name.span(), By::Child, how);
    }

    /// Whether a child is said in the schema's words: none of ours, named exactly, or said with fields where ours is a value.
    fn is_schema(&self, cx: &Context<'_>, node: &Node) -> bool {
        let Some(stand) = stands::of(self.word) else { return false };
        if node.annotation.as_ref().is_some_and(|annotation| annotation.value.field != ByName::Word) {
            // A word of ours is never raw, unless the schema has a field of just that name.
            let name = node.name.as_str();
            return self.word.item(name).is_none() || stand.has_exactly(cx.table, name);
        }
        let is_field = stand.has(cx.table, node.name.as_str());
        match self.word.item(node.name.as_str()).map(|item| item.form) {
            None => is_field,
            Some(Form::Value(_)) => {
                is_field
                    && (node.entries.iter().any(|entry| entry.key.is_some()) || !node.children.is_empty())
            }
            Some(_) => false,
        }
    }

    /// Complains about what must be said and is not.
    fn missing(&self, cx: &mut Context<'_>) {
        for item in self.word.items().filter(|item| item.required) {
            if !self.is_said(item.name) {
                let word = self.word.name;
                let mut finding = Diagnostic::error(
                    Code::MISSING_WORD,
                    format!("`{word}` needs `{}`: {}", item.name, item.doc),
                );
                if let Some(at) = self.at {
                    finding = finding.at(at, format!("`{}` is not said", item.name));
                }
                cx.error(finding.help(format!("add `{}`", item.usage())));
            }
        }
    }

    /// Notes a property or child, or complains that it was said before.
    fn say(&mut self, cx: &mut Context<'_>, item: &'static Item, at: Span, by: By, how: How<'n>) {
        let earlier = self.said.iter().find(|said| said.item.name == item.name);
        if let Some(earlier) = earlier {
            let again = match item.form {
                Form::Nodes(_) => true,
                Form::ValueOrNodes(..) | Form::Repeated(_) => by == By::Child && earlier.by == By::Child,
                Form::Value(_) | Form::Values(_) | Form::Flag | Form::Node(_) => false,
            };
            if !again {
                said_twice(cx, item.name, earlier.at, at);
                return;
            }
        }
        self.said.push(Said { item, at, by, how });
    }

    /// Whether a property or child was said, even if it could not be read.
    pub(crate) fn is_said(&self, name: &str) -> bool {
        self.said.iter().any(|said| said.item.name == name)
    }

    /// Where a property or child was said.
    pub(crate) fn place(&self, name: &str) -> Option<Span> {
        self.said.iter().find(|said| said.item.name == name).map(|said| said.at)
    }

    /// The values of a property or child, with where its name stands.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &'n Value> {
        self.said
            .iter()
            .filter(move |said| said.item.name == name)
            .filter_map(|said| match &said.how {
                How::Values(values) => Some(values.iter().copied()),
                How::Node(_) | How::Flag(_) | How::Broken => None,
            })
            .flatten()
    }

    /// The child nodes of that name.
    pub(crate) fn nodes(&self, name: &str) -> impl Iterator<Item = &'n Node> {
        self.said.iter().filter(move |said| said.item.name == name).filter_map(|said| match said.how {
            How::Node(node) => Some(node),
            How::Values(_) | How::Flag(_) | How::Broken => None,
        })
    }

    /// Where a switch was turned on.
    pub(crate) fn flag(&self, name: &str) -> Option<Span> {
        self.said
            .iter()
            .find(|said| said.item.name == name && matches!(said.how, How::Flag(true)))
            .map(|said| said.at)
    }
}

/// `name value…` as a child.
fn value_child<'n>(
    cx: &mut Context<'_>,
    (word, item): (&'static Word, &'static Item),
    node: &'n Node,
    most: usize,
) -> How<'n> {
    let Some(values) = surplus::plain_values(cx, word, item, node) else { return How::Broken };
    if values.is_empty() {
        cx.error(
            Diagnostic::error(Code::MISSING_WORD, format!("`{}` needs a value: {}", item.name, item.doc))
                .at(node.name.span(), "nothing stands behind it")
                .help(format!("write `{}`", item.usage().replace('=', " "))),
        );
        return How::Broken;
    }
    if let Some(extra) = values.get(most) {
        cx.error(
            Diagnostic::error(Code::UNKNOWN_WORD, format!("`{}` takes one value", item.name))
                .at(extra.span, "one too many"),
        );
        return How::Broken;
    }
    How::Values(values)
}

/// `name` as a child, alone or with `#true`.
fn flag_child<'n>(
    cx: &mut Context<'_>,
    (word, item): (&'static Word, &'static Item),
    node: &'n Node,
) -> How<'n> {
    let Some(values) = surplus::plain_values(cx, word, item, node) else { return How::Broken };
    match values.as_slice() {
        [] => How::Flag(true),
        [Value { scalar: Scalar::Bool(on), .. }] => How::Flag(*on),
        [first, ..] => {
            misplaced::not_a_switch(cx, item, first.span);
            How::Broken
        }
    }
}
