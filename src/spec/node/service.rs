//! `service "reviews" { subset "v1" version="v1" }`: a DestinationRule.

use super::context::{Context, said_twice};
use super::door::{self, DESTINATION_RULE, METADATA};
use super::read::Fields;
use super::word::{Argument, Item, Type, Word};
use super::{Layer, settle};
use crate::diag::{Code, Diagnostic};
use crate::schema::words::Content;
use crate::spec::source::{Span, Text};
use crate::spec::syntax::Node;
use crate::spec::tree::Field;

/// `service`
pub static SERVICE: Word = Word {
    name: "service",
    called: "a `service`",
    doc: "a service of the mesh and the subsets of its pods",
    becomes: "networking.istio.io/v1 DestinationRule",
    argument: Argument::One(Type::Text, "a name"),
    items: &[&[
        Item::value("namespace", Type::Text, "where the service lives").default("the project's"),
        Item::nodes(&SUBSET).becomes("DestinationRule.spec.subsets[]"),
        Item::node(&METADATA).becomes("DestinationRule.metadata"),
        Item::node(&DESTINATION_RULE),
        Item::nodes(&settle::SETTLE),
    ]],
    labels: false,
};

/// `subset`
pub static SUBSET: Word = Word {
    name: "subset",
    called: "a `subset`",
    doc: "pods of the service that have these labels",
    becomes: "DestinationRule.spec.subsets[]",
    argument: Argument::One(Type::Text, "a name"),
    items: &[],
    labels: true,
};

/// A service as written.
#[derive(Debug, Clone)]
pub struct Service {
    /// The word itself.
    pub word: Span,
    /// `reviews`, `reviews.namespace`, or a full name.
    pub name: Text,
    /// `namespace="ns"`
    pub namespace: Option<Text>,
    /// Its subsets, as written.
    pub subsets: Vec<Subset>,
    /// What it says as a DestinationRule's `spec`.
    pub layer: Layer,
    /// `metadata { … }`: of its DestinationRule.
    pub metadata: Vec<Field>,
    /// `destination-rule { … }`
    pub destination_rule: Option<Content>,
}

/// `subset "v1" version="v1"`: pods of the service with these labels.
#[derive(Debug, Clone)]
pub struct Subset {
    /// The word itself.
    pub word: Span,
    /// Its name, a DNS label.
    pub name: Text,
    /// Labels, as written.
    pub labels: Vec<(Text, Text)>,
    /// What it says as one of a DestinationRule's `subsets`.
    pub layer: Layer,
}

/// Reads a `service` node.
pub(crate) fn read(cx: &mut Context<'_>, node: &Node) -> Option<Service> {
    let fields = Fields::of(cx, node, &SERVICE);
    let name = fields.name(cx, "the name of a `service`");
    let mut subsets: Vec<Subset> = Vec::new();
    for node in fields.nodes(SUBSET.name) {
        let Some(subset) = subset(cx, node) else { continue };
        match subsets.iter().find(|earlier| earlier.name.as_str() == subset.name.as_str()) {
            Some(earlier) => {
                let name = format!("subset {}", subset.name.as_str());
                said_twice(cx, &name, earlier.name.span(), subset.name.span());
            }
            None => subsets.push(subset),
        }
    }
    let namespace = fields.text(cx, "namespace");
    let layer = fields.layer(cx);
    let metadata = door::fields(cx, &fields, &METADATA);
    let kind = ("networking.istio.io", "DestinationRule");
    let destination_rule = door::whole(cx, &fields, &DESTINATION_RULE, kind);
    settle::read(cx, &fields);
    let word = node.name.span();
    Some(Service { word, name: name?, namespace, subsets, layer, metadata, destination_rule })
}

fn subset(cx: &mut Context<'_>, node: &Node) -> Option<Subset> {
    let fields = Fields::of(cx, node, &SUBSET);
    let name = fields.name(cx, "the name of a `subset`");
    let labels = fields.label_pairs(cx);
    // A label without its `=` was told with its mend.
    let is_told = node.entries.iter().filter(|entry| entry.key.is_none()).count() > 2;
    if fields.labels.is_empty() && node.children.is_empty() && !is_told {
        cx.error(
            Diagnostic::error(Code::MISSING_WORD, "`subset` has no labels, so it would hold every pod")
                .at(node.name.span(), "no label stands behind it")
                .help("write the labels that its pods have: `subset \"v1\" version=\"v1\"`"),
        );
    }
    let layer = fields.layer(cx);
    Some(Subset { word: node.name.span(), name: name?, labels, layer })
}
