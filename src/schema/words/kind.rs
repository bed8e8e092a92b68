//! A whole object: `authorization-policy "deny" namespace="shop" { … }`. Its `spec` stands directly in the braces.

use std::sync::LazyLock;

use super::DECISION;
use super::object::{Body, Words, is_null};
use super::print::{Node as Printed, literal};
use super::write::{Writer, raw};
use crate::diag::{Code, Diagnostic};
use crate::schema::{Kind, Table, Type};
use crate::spec::annotation::Field as By;
use crate::spec::node::context::said_twice;
use crate::spec::origin::Origin;
use crate::spec::source::Span;
use crate::spec::tree::{Field, Tree, Value};

/// What an object holds beside `apiVersion`, `kind`, its name and its namespace.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Content {
    /// Fields of `metadata`.
    pub metadata: Vec<Field>,
    /// `spec`, `data` and whatever else stands beside `metadata`.
    pub fields: Vec<Field>,
}

/// What is known of a kind that no schema knows.
static NOTHING: LazyLock<Type> = LazyLock::new(Type::default);

/// The body of a kind's node in two parts.
struct Parts<'n> {
    /// What stands in `spec`.
    inner: Body<'n>,
    /// What stands beside it.
    outer: Body<'n>,
    /// Where `spec` itself is written, if it is.
    spec: Option<Span>,
}

impl<'t> Words<'t, '_, '_> {
    /// What the body of a kind's node says. Where no schema knows the kind, all fields stand beside it.
    pub(crate) fn content(&mut self, kind: Option<&'t Kind>, origin: &Origin, body: &Body<'_>) -> Content {
        let root = kind.map_or(&*NOTHING, |kind| self.table.ty(kind.root));
        let spec = kind.and_then(|kind| self.table.spec_of(kind));
        let Parts { inner, outer, spec: spec_node } = self.parts(root, spec, body);
        self.top = true;
        let outer = self.object(root, origin, &outer);
        let spec = match spec {
            Some(spec) if spec_node.is_some() || !inner.is_empty() => {
                let origin = spec_node.map_or(origin.clone(), Origin::spec);
                Some(self.object(spec, &origin, &inner))
            }
            _ => None,
        };
        let Value::Map(outer) = outer.value else { return Content::default() };
        let mut content = Content::default();
        content.fields.extend(spec.map(|tree| Field { name: "spec".into(), tree }));
        for field in outer {
            match (&*field.name, field.tree.value) {
                ("metadata", Value::Map(fields)) => content.metadata = fields,
                (_, value) => {
                    let tree = Tree { value, origin: field.tree.origin };
                    content.fields.push(Field { name: field.name, tree });
                }
            }
        }
        self.check_identity(&content);
        content
    }

    /// Parts the body of a kind's node into what stands in `spec` and what stands beside it.
    fn parts<'n>(&mut self, root: &Type, spec: Option<&Type>, body: &Body<'n>) -> Parts<'n> {
        let mut inner = Body { properties: body.properties.clone(), children: Vec::new() };
        let mut outer = Body::default();
        let mut spec_node = None;
        // `spec #null` or `(top)spec …`: all of it at once.
        let mut whole = None;
        for child in &body.children {
            let by = child.annotation.as_ref().map_or(By::Word, |annotation| annotation.value.field);
            let is_top = || root.by_word(child.name.as_str()).is_some();
            match (by, spec) {
                (By::Word, Some(_)) if child.name.as_str() == "spec" && is_null(child) => {
                    whole = Some(child.name.span());
                    outer.children.push(child);
                }
                (By::Top, Some(_)) if child.name.as_str() == "spec" => {
                    whole = whole.or(Some(child.name.span()));
                    outer.children.push(child);
                }
                (By::Word, Some(_)) if child.name.as_str() == "spec" && child.annotation.is_none() => {
                    self.takes_no_values(spec, child);
                    if let Some(first) = spec_node {
                        self.broken.push(first);
                        said_twice(self.cx, "spec", first, child.name.span());
                    }
                    let more = Body::of(child);
                    inner.properties.extend(more.properties);
                    inner.children.extend(more.children);
                    spec_node = Some(child.name.span());
                }
                (By::Top, _) | (_, None) => outer.children.push(child),
                (By::Word, Some(_)) if is_top() => outer.children.push(child),
                (By::Word | By::Raw, Some(_)) => inner.children.push(child),
            }
        }
        if spec.is_none() {
            outer.properties = std::mem::take(&mut inner.properties);
        }
        let mut names = inner.properties.iter().map(|(key, _)| key.span());
        let first = names.next().or(inner.children.first().map(|child| child.name.span()));
        if let (Some(whole), Some(part)) = (whole, spec_node.or(first)) {
            self.broken.push(whole);
            said_twice(self.cx, "spec", whole, part);
        }
        Parts { inner, outer, spec: spec_node }
    }

    /// What the node itself says may not be said again.
    fn check_identity(&mut self, content: &Content) {
        let identity = |fields: &[Field], names: &[&str]| -> Vec<Origin> {
            let said = fields.iter().filter(|field| names.contains(&&*field.name));
            said.map(|field| field.tree.origin.clone()).collect()
        };
        let mut again = identity(&content.metadata, &["name", "namespace"]);
        again.extend(identity(&content.fields, &["apiVersion", "kind", "metadata"]));
        for origin in &again {
            self.broken.extend(origin.spans());
            let finding = Diagnostic::error(
                Code::SAID_TWICE,
                format!("what {} is called stands on the line of its node", self.path),
            );
            let finding = match origin.span() {
                Some(span) => finding.at(span, "said again"),
                None => finding,
            };
            self.cx
                .error(finding.help("leave it out: a node says it as `word \"name\" namespace=\"…\"`, and a door has it from the node around it"));
        }
    }
}

/// An object as KDL: a node of its kind, or a `resource` where no schema knows the kind or a spec's own words take its name
/// (`is_ours`). None for what has no kind or name.
#[must_use]
pub fn written(table: &Table, object: &Tree, is_ours: &dyn Fn(&str) -> bool) -> Option<String> {
    let text = |path: &[&str]| object.at(path).and_then(Tree::as_str);
    let (api, kind_name, name) = (text(&["apiVersion"])?, text(&["kind"])?, text(&["metadata", "name"])?);
    let kind = table.kind_of(api, kind_name);
    let own = kind.filter(|kind| table.kinds_by_word(&kind.word).count() == 1 && !is_ours(&kind.word));
    let mut node = match own {
        Some(kind) => Printed::new(&kind.word),
        None => {
            let kind = literal(&Value::String(kind_name.to_owned().into()));
            Printed { arguments: kind.into_iter().collect(), ..Printed::new("resource") }
        }
    };
    node.arguments.extend(literal(&Value::String(name.to_owned().into())));
    let preferred = own.and_then(|kind| table.kind(&kind.group, "", &kind.name));
    if preferred.is_none_or(|kind| kind.api_version() != api) {
        node.fixed.push(("api".to_owned(), literal(&Value::String(api.to_owned().into()))?));
    }
    if let Some(namespace) = object.at(&["metadata", "namespace"]) {
        node.fixed.push(("namespace".to_owned(), literal(&namespace.value)?));
    }
    fill(table, kind, object, &mut node);
    Some(node.print())
}

fn fill(table: &Table, kind: Option<&Kind>, object: &Tree, node: &mut Printed) {
    let Value::Map(fields) = &object.value else { return };
    let writer = Writer { table };
    for field in fields.iter().filter(|field| !matches!(&*field.name, "apiVersion" | "kind")) {
        let is_metadata = field.name == "metadata";
        let mut rest = field.clone();
        if let (true, Value::Map(inner)) = (is_metadata, &mut rest.tree.value) {
            inner.retain(|field| !matches!(&*field.name, "name" | "namespace"));
            if inner.is_empty() {
                continue;
            }
        }
        match kind {
            None => node.children.push(raw(By::Raw, &rest.name, &rest.tree)),
            Some(kind) if rest.name == DECISION => {
                let by = if table.spec_of(kind).is_some() { By::Top } else { By::Raw };
                node.children.push(raw(by, &rest.name, &rest.tree));
            }
            Some(kind) => {
                let root = table.ty(kind.root);
                match (table.spec_of(kind), &rest.tree.value) {
                    (Some(spec), Value::Map(inner)) if rest.name == "spec" => {
                        let mut body = Printed::new("spec");
                        writer.fields(spec, inner, &mut body);
                        let clash =
                            |child: &Printed| child.name == DECISION || root.by_word(&child.name).is_some();
                        let named: Vec<_> =
                            body.properties.iter().map(|(name, _)| Printed::new(name)).collect();
                        if inner.is_empty() || body.children.iter().chain(&named).any(clash) {
                            node.children.push(body);
                        } else {
                            node.children.extend(body.into_children());
                        }
                    }
                    (spec, _) => {
                        let mut body = Printed::default();
                        writer.fields(root, std::slice::from_ref(&rest), &mut body);
                        let mut children = body.into_children();
                        if spec.is_some() {
                            children.iter_mut().for_each(Printed::lift);
                        }
                        node.children.extend(children);
                    }
                }
            }
        }
    }
}
