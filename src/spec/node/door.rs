//! Doors: nodes of the resources that a node of ours makes, in each of which the whole schema can be said.

use super::context::Context;
use super::read::Fields;
use super::settle;
use super::word::{Argument, Word};
use crate::diag::{Code, Diagnostic};
use crate::schema::words::{Body, Content, Ours, Words};
use crate::spec::Origin;
use crate::spec::part::Part;
use crate::spec::tree::{Field, Value};

/// `server` in a host
pub static SERVER: Word = Word {
    name: "server",
    called: "the `server` of a `host`",
    doc: "what else the TLS server of the host's certificate says",
    becomes: "Gateway.spec.servers[]",
    argument: Argument::None,
    items: &[],
    labels: false,
};

/// `virtual-service` in a host
pub static VIRTUAL_SERVICE: Word = Word {
    name: "virtual-service",
    called: "the `virtual-service` of a `host`",
    doc: "what else the VirtualServices of the host say",
    becomes: "networking.istio.io/v1 VirtualService",
    argument: Argument::None,
    items: &[],
    labels: false,
};

/// `destination-rule` in a service
pub static DESTINATION_RULE: Word = Word {
    name: "destination-rule",
    called: "the `destination-rule` of a `service`",
    doc: "what else the DestinationRule of the service says",
    becomes: "networking.istio.io/v1 DestinationRule",
    argument: Argument::None,
    items: &[],
    labels: false,
};

/// `secret` in a host
pub static SECRET: Word = Word {
    name: "secret",
    called: "the `secret` of a `host`",
    doc: "labels and annotations of the host's Secrets",
    becomes: "v1 Secret",
    argument: Argument::None,
    items: &[],
    labels: false,
};

/// `metadata` of the resource that a node makes
pub static METADATA: Word = Word {
    name: "metadata",
    called: "the `metadata` of a node",
    doc: "labels, annotations and the like of the resource that the node makes",
    becomes: "metadata",
    argument: Argument::None,
    items: &[],
    labels: false,
};

/// Reads a door whose word stands at a place of a schema.
pub(super) fn fields(cx: &mut Context<'_>, fields: &Fields<'_>, word: &'static Word) -> Vec<Field> {
    let Some(node) = fields.nodes(word.name).next() else { return Vec::new() };
    Fields::of(cx, node, word).layer(cx).fields
}

/// Reads the door of a whole resource; `kind` is one of Istio's networking group, or of the core.
pub(super) fn whole(
    cx: &mut Context<'_>,
    fields: &Fields<'_>,
    word: &'static Word,
    (group, kind): (&str, &str),
) -> Option<Content> {
    let node = fields.nodes(word.name).next()?;
    let table = cx.table;
    let mut words = Words::new(table, cx, word.called).of(&OURS);
    match node.entries.iter().find(|entry| entry.key.is_none()).map(|entry| entry.value.span) {
        Some(span) if words.cx.written(span).starts_with('"') => {
            let name = words.cx.written(span).to_owned();
            words.cx.error(
                Diagnostic::error(
                    Code::UNKNOWN_WORD,
                    format!("{} takes fields, and {name} has no name", word.called),
                )
                .at(span, "a value without a name")
                .help(named(word, &name)),
            );
        }
        _ => {
            let spec = table.kind(group, "", kind).and_then(|kind| table.spec_of(kind));
            words.takes_no_values(spec, node);
        }
    }
    let content =
        words.content(table.kind(group, "", kind), &Origin::spec(node.name.span()), &Body::of(node));
    let broken = words.broken;
    if broken.is_empty() {
        return Some(content);
    }
    let parts = Part::of_door((group, kind), (&content.metadata, &content.fields), word.called).into_iter();
    cx.partial.extend(parts.map(|part| Part { broken: broken.clone(), ..part }));
    None
}

/// Where the name of a door's resource is said.
fn named(word: &Word, name: &str) -> String {
    match word.name {
        "secret" => format!("the name of the host's Secret is said by `tls secret={name}`"),
        own => format!(
            "leave it out: its name follows from the node around it; one of your own stands outside: `{own} {name} {{ … }}`"
        ),
    }
}

/// What schema words are told of nodes of ours.
pub(super) static OURS: Ours = Ours { decision: settle::place, identity };

/// What is said of a name, or a namespace, where messages call a door so.
fn identity(called: &str, what: &str, value: &str) -> Option<String> {
    let word =
        [&SECRET, &VIRTUAL_SERVICE, &DESTINATION_RULE].into_iter().find(|door| door.called == called)?;
    Some(match (what, word.name) {
        ("name", _) => named(word, value),
        (_, "secret") => {
            "it lies where the gateway's pods do: `workload-namespace` of the `gateway`".to_owned()
        }
        _ => format!("it stands on the line of the node around it: `namespace={value}`"),
    })
}

/// Labels and annotations with which we find our Secrets again.
fn is_reserved(key: &str) -> bool {
    key == "app.kubernetes.io/managed-by" || key.starts_with("gatewright.dev/")
}

/// Reads the door of a host's Secrets: what they hold is made and sealed, so there is only their metadata to say.
pub(super) fn secret(cx: &mut Context<'_>, fields: &Fields<'_>) -> Vec<Field> {
    let Some(content) = whole(cx, fields, &SECRET, ("", "Secret")) else { return Vec::new() };
    if let Some(span) = content.fields.first().and_then(|field| field.tree.origin.span()) {
        cx.error(
            Diagnostic::error(Code::WRONG_PLACE, "what a host's Secret holds is made and sealed, not said")
                .at(span, "can't be said here")
                .help("`secret { metadata { … } }` says labels and annotations"),
        );
    }
    keep_reserved(cx, &content.metadata);
    content.metadata
}

/// Reads `metadata { … }` of a node whose Secrets it is for.
pub(super) fn secret_metadata(cx: &mut Context<'_>, fields: &Fields<'_>) -> Vec<Field> {
    let metadata = self::fields(cx, fields, &METADATA);
    keep_reserved(cx, &metadata);
    metadata
}

/// Complains about what tells our Secrets from others.
fn keep_reserved(cx: &mut Context<'_>, metadata: &[Field]) {
    let all = metadata.iter().filter(|field| field.tree.value == Value::Null);
    let keys = metadata.iter().flat_map(children).filter(|field| is_reserved(&field.name));
    for field in all.chain(keys) {
        let Some(span) = field.tree.origin.span() else { continue };
        cx.error(
            Diagnostic::error(Code::CONFLICT, format!("`{}` of a Secret is Gatewright's", field.name))
                .at(span, "tells our Secrets from others")
                .help("leave it out, or use a key of your own"),
        );
    }
}

fn children(field: &Field) -> &[Field] {
    match &field.tree.value {
        Value::Map(fields) => fields,
        _ => &[],
    }
}
