//! `service "reviews" { subset "v1" version="v1" }`: a DestinationRule.

use super::context::Context;
use super::read::{Fields, said_twice};
use super::word::{Argument, Item, Type, Word};
use crate::diag::{Code, Diagnostic};
use crate::spec::source::{Span, Text};
use crate::spec::syntax::Node;

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
    Some(Service { word: node.name.span(), name: name?, namespace, subsets })
}

fn subset(cx: &mut Context<'_>, node: &Node) -> Option<Subset> {
    let fields = Fields::of(cx, node, &SUBSET);
    let name = fields.name(cx, "the name of a `subset`");
    let labels = fields.label_pairs(cx);
    if fields.labels.is_empty() && node.children.is_empty() {
        cx.error(
            Diagnostic::error(Code::MISSING_WORD, "`subset` has no labels, so it would hold every pod")
                .at(node.name.span(), "no label stands behind it")
                .help("write the labels that its pods have: `subset \"v1\" version=\"v1\"`"),
        );
    }
    Some(Subset { word: node.name.span(), name: name?, labels })
}
