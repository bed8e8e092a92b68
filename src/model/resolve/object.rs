//! Whole objects: their names and namespaces.

use super::super::name::{Label, ObjectName};
use super::super::project::Object;
use super::named;
use crate::diag::{Code, Diagnostic, Report};
use crate::schema::kinds::is_named_freely;
use crate::spec::Traced;
use crate::spec::node::{self, Spec};

/// Core kinds whose names are DNS labels (RFC 1123).
const LABELS: [&str; 2] = ["Namespace", "Service"];

pub(super) fn all(spec: &Spec, namespace: &Traced<Label>, report: &mut Report) -> Vec<Object> {
    let mut found: Vec<_> = spec.objects.iter().filter_map(|node| one(node, namespace, report)).collect();
    let key = |object: &Object| {
        let namespace = object.namespace.as_ref().map(|namespace| namespace.value.clone());
        (object.group().to_owned(), object.kind.value.clone(), namespace, object.name.value.clone())
    };
    found.sort_by_key(key);
    let mut kept: Vec<Object> = Vec::with_capacity(found.len());
    for object in found {
        match kept.last().filter(|last| key(last) == key(&object)) {
            Some(first) => report.push(twice(first, &object)),
            None => kept.push(object),
        }
    }
    kept
}

fn one(node: &node::Object, project: &Traced<Label>, report: &mut Report) -> Option<Object> {
    let kind = &node.kind.value;
    let read = |text: &str| {
        if node.api_version.value == "v1" && LABELS.contains(&&kind[..]) {
            Label::parse(text)?;
        }
        match is_named_freely(&node.api_version.value, kind) {
            true => ObjectName::parse_segment(text),
            false => ObjectName::parse(text),
        }
    };
    let name = named(report, &node.name, read, &format!("name of {}", node::with_article(kind)));
    let said = node.namespace.as_ref();
    let said = said.map(|text| named(report, text, Label::parse, "name of a namespace"));
    let namespace = match (node.namespaced, said) {
        (false, _) => None,
        (true, Some(said)) => Some(said?),
        (true, None) => Some(project.clone()),
    };
    Some(node.named(name?, namespace))
}

fn twice(first: &Object, second: &Object) -> Diagnostic {
    let name = second.name.value.as_str();
    let name = match &second.namespace {
        Some(namespace) => format!("{}/{name}", namespace.value),
        None => name.to_owned(),
    };
    let place = |object: &Object| object.name.origin.span().unwrap_or(object.word);
    Diagnostic::error(Code::DUPLICATE_NAME, format!("{} `{name}` is defined twice", second.kind.value))
        .at(place(second), "defined again here")
        .at(place(first), "first defined here")
        .help("keep one of them, or give one another name or namespace")
}
