//! `gateway "name" { selector istio="ingressgateway" }`: a Gateway resource, or one a certificate.

use super::context::Context;
use super::door::{self, METADATA};
use super::read::Fields;
use super::settle::{self, SETTLE};
use super::word::{Argument, Choice, Item, Type, Word, choice};
use super::{Layer, Settle};
use crate::diag::{Code, Diagnostic};
use crate::spec::source::{Span, Spanned, Text};
use crate::spec::syntax::{Entry, Node, Scalar, Value};
use crate::spec::tree::Field;

/// `gateway`
pub static GATEWAY: Word = Word {
    name: "gateway",
    called: "a `gateway`",
    doc: "the gateway's pods, and the Gateway resource that configures them",
    becomes: "networking.istio.io/v1 Gateway",
    argument: Argument::One(Type::Text, "a name"),
    items: &[&[
        Item::value("namespace", Type::Text, "of the Gateway resource, and of its hosts' routes and short destinations unless these say another")
            .default("the project's")
            .becomes("Gateway.metadata.namespace"),
        Item::value("workload-namespace", Type::Text, "of the gateway's pods, where its Secrets go")
            .default("istio-system"),
        Item::node(&SELECTOR).default("istio=\"ingressgateway\"").becomes("Gateway.spec.selector"),
        Item::value("port", Type::Port, "the HTTPS port")
            .default("443")
            .becomes("Gateway.spec.servers[].port.number"),
        Item::value("http-port", Type::Port, "the plain HTTP port")
            .default("80")
            .becomes("Gateway.spec.servers[].port.number"),
        Item::value("http", Type::Choice(HttpMode::WORDS), "what the plain HTTP port does")
            .default("redirect")
            .becomes("Gateway.spec.servers[].tls.httpsRedirect"),
        Item::flag(
            "per-certificate",
            "one Gateway resource a certificate, so that a new host touches no shared file",
        ),
        Item::node(&METADATA).becomes("Gateway.metadata"),
        Item::nodes(&SETTLE),
    ]],
    labels: false,
};

/// `selector`
pub static SELECTOR: Word = Word {
    name: "selector",
    called: "a `selector`",
    doc: "labels of the gateway's pods",
    becomes: "Gateway.spec.selector",
    argument: Argument::None,
    items: &[],
    labels: true,
};

/// A gateway as written.
#[derive(Debug, Clone)]
pub struct Gateway {
    /// The word itself.
    pub word: Span,
    /// Its name, that of the Gateway resource: a DNS label.
    pub name: Text,
    /// `namespace="default"`: of the Gateway resource.
    pub namespace: Option<Text>,
    /// `workload-namespace="istio-system"`: of the gateway's pods, where its Secrets go.
    pub workload_namespace: Option<Text>,
    /// `selector istio="ingressgateway"`: labels of the gateway's pods.
    pub selector: Option<Vec<(Text, Text)>>,
    /// `port 443`
    pub port: Option<Spanned<u16>>,
    /// `http-port 80`
    pub http_port: Option<Spanned<u16>>,
    /// `http=redirect`: what the HTTP port does.
    pub http: Option<Spanned<HttpMode>>,
    /// `per-certificate`: one Gateway resource a certificate, so that a new host touches no shared file.
    pub per_certificate: Option<Span>,
    /// `metadata { … }`: of its Gateway resources.
    pub metadata: Vec<Field>,
    /// What it says as a Gateway's `spec`.
    pub layer: Layer,
    /// Findings that the team decided on.
    pub settled: Vec<Settle>,
}

/// What the plain HTTP port does for a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HttpMode {
    /// Answers with a redirect to HTTPS.
    Redirect,
    /// Serves the host's routes in the clear.
    Open,
    /// Nothing listens.
    Off,
}

choice!(HttpMode { "redirect" => Redirect, "open" => Open, "off" => Off });

/// Reads a `gateway` node.
pub(crate) fn read(cx: &mut Context<'_>, node: &Node) -> Option<Gateway> {
    let fields = Fields::of(cx, node, &GATEWAY);
    let name = fields.name(cx, "the name of a `gateway`");
    let gateway = Gateway {
        word: node.name.span(),
        namespace: fields.text(cx, "namespace"),
        workload_namespace: fields.text(cx, "workload-namespace"),
        selector: fields.nodes(SELECTOR.name).next().and_then(|node| selector(cx, node)),
        port: fields.port(cx, "port"),
        http_port: fields.port(cx, "http-port"),
        http: fields.choice(cx, "http"),
        per_certificate: fields.flag("per-certificate"),
        metadata: door::fields(cx, &fields, &METADATA),
        layer: fields.layer(cx),
        settled: settle::read(cx, &fields),
        name: name?,
    };
    Some(gateway)
}

fn selector(cx: &mut Context<'_>, node: &Node) -> Option<Vec<(Text, Text)>> {
    if let [Entry { key: None, value: Value { scalar: Scalar::Null, span } }] = node.entries.as_slice() {
        cx.error(
            Diagnostic::error(Code::WRONG_VALUE, "a gateway has a `selector`, its own or the default")
                .at(*span, "can't be taken away")
                .note("a Gateway without a selector would hold for every gateway of the mesh")
                .help("write the labels of the gateway's pods: `selector istio=\"ingressgateway\"`"),
        );
        return None;
    }
    let fields = Fields::of(cx, node, &SELECTOR);
    if fields.labels.is_empty() {
        if node.children.is_empty() && node.entries.is_empty() {
            cx.error(
                Diagnostic::error(Code::MISSING_WORD, "`selector` has no labels")
                    .at(node.name.span(), "nothing stands behind it")
                    .note("a Gateway without a selector would hold for every gateway of the mesh")
                    .help("write the labels of the gateway's pods: `selector istio=\"ingressgateway\"`"),
            );
        }
        return None;
    }
    Some(fields.label_pairs(cx))
}
