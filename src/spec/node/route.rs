//! `route "/x" "/y/*" to="shop:8080"`: which paths of a host go where.

use super::Layer;
use super::context::Context;
use super::read::Fields;
use super::value;
use super::word::{Argument, Form, Item, Type, Word};
use crate::diag::{Code, Diagnostic};
use crate::spec::source::{Span, Spanned, Text};
use crate::spec::syntax::Node;

/// `route` in a host
pub static ROUTE: Word = Word {
    name: "route",
    called: "a `route` of a `host`",
    doc: "which paths of a host go where; none is every path",
    becomes: "VirtualService.spec.http[]",
    argument: Argument::Many(Type::Text, "paths: \"/x\" is exact, \"/x/*\" is /x and what lies below it"),
    items: &[
        &[Item::new("to", Form::ValueOrNodes(Type::Text, &TO), TO_DOC)
            .default("the host's")
            .becomes("VirtualService.spec.http[].route[].destination")],
        ITEMS,
    ],
    labels: false,
};

/// `route` outside its host
pub static ROUTE_OUTSIDE: Word = Word {
    name: "route",
    called: "a `route` outside a `host`",
    doc: "which paths of a host go where; none is every path",
    becomes: "VirtualService.spec.http[]",
    argument: Argument::Many(Type::Text, "paths: \"/x\" is exact, \"/x/*\" is /x and what lies below it"),
    items: &[
        &[
            Item::value("host", Type::Text, "the full name of the host").required(),
            Item::new("to", Form::ValueOrNodes(Type::Text, &TO), TO_DOC)
                .default("the host's")
                .becomes("VirtualService.spec.http[].route[].destination"),
        ],
        ITEMS,
    ],
    labels: false,
};

const TO_DOC: &str = "the service it goes to, as `service:port`";

static ITEMS: &[Item] = &[
    Item::value("namespace", Type::Text, "where the route and a short service name live")
        .default("the host's")
        .becomes("VirtualService.metadata.namespace"),
    Item::value("subset", Type::Text, "the subset of the service in `to=`")
        .becomes("VirtualService.spec.http[].route[].destination.subset"),
    Item::value("rewrite", Type::Text, "what the path becomes")
        .becomes("VirtualService.spec.http[].rewrite.uri"),
    Item::value("timeout", Type::Duration, "how long an answer may take")
        .default("the host's")
        .becomes("VirtualService.spec.http[].timeout"),
];

/// `to` in a route
pub static TO: Word = Word {
    name: "to",
    called: "a `to` of a `route`",
    doc: "a service and its share of the requests",
    becomes: "VirtualService.spec.http[].route[]",
    argument: Argument::One(Type::Text, "a service, as `service:port`"),
    items: &[&[
        Item::value("subset", Type::Text, "the subset of the service")
            .becomes("VirtualService.spec.http[].route[].destination.subset"),
        Item::value("weight", Type::Weight, "its share of the requests: this weight of the sum of all")
            .becomes("VirtualService.spec.http[].route[].weight"),
    ]],
    labels: false,
};

/// A route as written.
#[derive(Debug, Clone)]
pub struct Route {
    /// The word itself.
    pub word: Span,
    /// The node with its braces.
    pub whole: Span,
    /// Paths; none is everything.
    pub paths: Vec<Text>,
    /// Whether there are none because none of those that stand there could be read.
    pub paths_lost: bool,
    /// `host="…"`: only outside a host, and there it must be said.
    pub host: Option<Text>,
    /// `namespace="ns"`: where this route lives.
    pub namespace: Option<Text>,
    /// `to="shop:8080"`, or `to` nodes with weights.
    pub to: Vec<Destination>,
    /// `rewrite="/app"`
    pub rewrite: Option<Text>,
    /// `timeout="300s"`; `#null` is none, whatever the host has.
    pub timeout: Option<Spanned<Option<IstioDuration>>>,
    /// What it says as one of a VirtualService's `http` rules.
    pub layer: Layer,
}

/// `to="reviews:9080"`, or `to "reviews:9080" subset="v1" weight=90`
#[derive(Debug, Clone)]
pub struct Destination {
    /// The word or property name.
    pub word: Span,
    /// `service`, `service:port`, `service.namespace:port`, or a full name.
    pub service: Text,
    /// `subset="v1"`
    pub subset: Option<Text>,
    /// `weight=90`: its share beside the others.
    pub weight: Option<Spanned<u32>>,
    /// What it says as one destination of a VirtualService's `http` rule.
    pub layer: Layer,
}

/// A length of time as Istio writes it: hours, minutes, seconds and milliseconds such as `1h`, `1m30s`, `500ms`, at
/// least one millisecond. Kept as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IstioDuration(pub(super) String);

impl IstioDuration {
    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads a `route` node by one of its two tables.
pub(crate) fn read(cx: &mut Context<'_>, node: &Node, word: &'static Word) -> Option<Route> {
    let fields = Fields::of(cx, node, word);
    let paths = value::distinct(cx, "a path", fields.arguments.iter().copied());
    let route = Route {
        word: node.name.span(),
        whole: node.whole(),
        paths_lost: paths.is_empty() && !fields.arguments.is_empty(),
        paths,
        host: fields.text(cx, "host"),
        namespace: fields.text(cx, "namespace"),
        to: destinations(cx, &fields),
        rewrite: fields.text(cx, "rewrite"),
        timeout: fields.timeout(cx, "timeout"),
        layer: fields.layer(cx),
    };
    Some(route)
}

fn destinations(cx: &mut Context<'_>, fields: &Fields<'_>) -> Vec<Destination> {
    if let (Some(node), Some(subset)) = (fields.nodes("to").next(), fields.place("subset")) {
        cx.error(
            Diagnostic::error(
                Code::WRONG_PLACE,
                "`subset` belongs to one `to`, and this route has `to` nodes",
            )
            .at(subset, "of which service?")
            .at(node.name.span(), "the first `to`")
            .help("write it there: `to \"service:port\" subset=\"…\"`"),
        );
    }
    needs_to(cx, fields, "subset");
    let subset = fields.text(cx, "subset");
    if let (Some(service), Some(word)) = (fields.text(cx, "to"), fields.place("to")) {
        return vec![Destination { word, service, subset, weight: None, layer: Layer::default() }];
    }
    fields.nodes("to").filter_map(|node| destination(cx, node)).collect()
}

fn destination(cx: &mut Context<'_>, node: &Node) -> Option<Destination> {
    let fields = Fields::of(cx, node, &TO);
    let service = fields.name(cx, "the service of a `to`");
    let destination = Destination {
        word: node.name.span(),
        subset: fields.text(cx, "subset"),
        weight: fields.weight(cx, "weight"),
        layer: fields.layer(cx),
        service: service?,
    };
    Some(destination)
}

/// Complains about a word that says something about `to` where there is none.
pub(crate) fn needs_to(cx: &mut Context<'_>, fields: &Fields<'_>, name: &str) {
    if let Some(place) = fields.place(name)
        && !fields.is_said("to")
    {
        cx.error(
            Diagnostic::error(
                Code::MISSING_WORD,
                format!("`{name}` says something about `to`, which is not there"),
            )
            .at(place, "without `to`")
            .help("add `to=\"service:port\"`, or put it on the route that it is meant for"),
        );
    }
}
