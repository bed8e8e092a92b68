//! `host "shop" to="shop:8080" { tls …; route … }`: a name that is served over HTTPS.

use super::certificate::{KEY_GENERATION, REVOKED_BEFORE, SERVED, SOURCES};
use super::context::Context;
use super::domain::{self, SERVING};
use super::door::{self, SECRET, SERVER, VIRTUAL_SERVICE};
use super::read::Fields;
use super::route::{self, ROUTE};
use super::settle::{self, SETTLE};
use super::value;
use super::word::{Argument, Choice, Form, Item, Type, Word, choice};
use super::{Destination, Layer, Route, ServingWords, Settle};
use crate::schema::words::Content;
use crate::spec::source::{Span, Spanned, Text};
use crate::spec::syntax::Node;
use crate::spec::tree::Field;
use crate::time::Timestamp;

/// `host`
pub static HOST: Word = Word {
    name: "host",
    called: "a `host`",
    doc: "a name that is served over HTTPS",
    becomes: "networking.istio.io/v1 VirtualService, and a server of the Gateway",
    argument: Argument::One(Type::Text, "a name"),
    items: &[
        SOURCES,
        SERVED,
        SERVING,
        &[
            Item::node(&TLS),
            Item::new(
                "san",
                Form::Values(Type::Text),
                "further DNS names, IP addresses or URIs that its certificate is for",
            )
            .becomes("subjectAltName"),
            KEY_GENERATION,
            REVOKED_BEFORE,
            Item::value("to", Type::Text, "where everything goes that no route takes")
                .becomes("VirtualService.spec.http[].route[].destination"),
            Item::value("subset", Type::Text, "the subset of the service in `to`")
                .becomes("VirtualService.spec.http[].route[].destination.subset"),
            Item::value("rewrite", Type::Text, "the path put before every path")
                .becomes("VirtualService.spec.http[].rewrite.uri"),
            Item::flag("in-order", "routes are tried as written, not by how specific they are"),
            Item::nodes(&ROUTE),
            Item::node(&SERVER).becomes("Gateway.spec.servers[]"),
            Item::node(&VIRTUAL_SERVICE),
            Item::node(&SECRET),
            Item::nodes(&SETTLE),
        ],
    ],
    labels: false,
};

/// `tls` in a host
pub static TLS: Word = Word {
    name: "tls",
    called: "the `tls` of a `host`",
    doc: "whether clients must show a certificate, and where the server's is kept",
    becomes: "Gateway.spec.servers[].tls",
    argument: Argument::Optional(Type::Choice(TlsMode::WORDS), "the mode"),
    items: &[
        &[Item::value("secret", Type::Text, "the name of the certificate's Secret")
            .default("the host's full name and `-tls`; of cert-manager's, and `-cert-manager`")
            .becomes("Gateway.spec.servers[].tls.credentialName")],
        CLIENTS,
    ],
    labels: false,
};

/// `tls` in a domain: its hosts have a Secret each.
pub static DOMAIN_TLS: Word = Word {
    name: "tls",
    called: "the `tls` of a `domain`",
    doc: "whether the clients of a domain's hosts must show a certificate",
    becomes: "Gateway.spec.servers[].tls",
    argument: Argument::Optional(Type::Choice(TlsMode::WORDS), "the mode"),
    items: &[CLIENTS],
    labels: false,
};

static CLIENTS: &[Item] = &[Item::new(
    "clients",
    Form::Values(Type::Text),
    "whose clients are let in: authorities, or groups and single clients; else the authority of the host",
)];

/// A host as written.
#[derive(Debug, Clone)]
pub struct Host {
    /// The word itself.
    pub word: Span,
    /// `"shop"`, `"shop.example.com"`, `"*"` or `"@"` (the domain itself).
    pub name: Text,
    /// Certificate, TLS, gateway, namespace, port 80, timeout: its own or its domain's.
    pub serving: ServingWords,
    /// `san "…"…`: what else its certificate is for.
    pub sans: Vec<Text>,
    /// `revoked="2026-11-25"`: the day before which no certificate of it counts.
    pub revoked: Option<Spanned<Timestamp>>,
    /// `to="shop:8080" subset="v1"`: where everything goes that no route of the host takes.
    pub to: Option<Destination>,
    /// `rewrite="/app"`, beside `to`.
    pub rewrite: Option<Text>,
    /// `in-order`: routes are tried as written.
    pub in_order: Option<Span>,
    /// The routes that stand in it.
    pub routes: Vec<Route>,
    /// `server { … }`: of the TLS server of its certificate.
    pub server: Vec<Field>,
    /// `virtual-service { … }`: of its VirtualServices.
    pub virtual_service: Option<Content>,
    /// `secret { metadata { … } }`: of its Secrets.
    pub secret: Vec<Field>,
    /// Findings that the team decided on.
    pub settled: Vec<Settle>,
}

/// `tls mutual secret="bookinfo-credential" { clients "partners" }`
#[derive(Debug, Clone)]
pub struct Tls {
    /// The word itself.
    pub word: Span,
    /// `simple`, `mutual` …; missing when only a property was said.
    pub mode: Option<Spanned<TlsMode>>,
    /// `secret="…"`: the name of the Secret, for hosts only.
    pub secret: Option<Text>,
    /// `clients "…"`: authorities whose clients are let in.
    pub clients: Vec<Text>,
    /// What it says as the `tls` of a Gateway's server.
    pub layer: Layer,
}

/// How a server speaks TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TlsMode {
    /// The server shows a certificate.
    Simple,
    /// The client must show one too.
    Mutual,
    /// The client may show one, which must then be valid.
    OptionalMutual,
}

choice!(TlsMode { "simple" => Simple, "mutual" => Mutual, "optional-mutual" => OptionalMutual });

/// Reads a `host` node, in a domain or outside.
pub(crate) fn read(cx: &mut Context<'_>, node: &Node) -> Option<Host> {
    let fields = Fields::of(cx, node, &HOST);
    let name = fields.name(cx, "the name of a `host`");
    let to = fields.text(cx, "to");
    let subset = fields.text(cx, "subset");
    route::needs_to(cx, &fields, "subset");
    route::needs_to(cx, &fields, "rewrite");
    let host = Host {
        word: node.name.span(),
        serving: domain::serving(cx, &fields, &TLS),
        sans: fields.texts(cx, "san"),
        revoked: fields.date(cx, "revoked"),
        to: to.zip(fields.place("to")).map(|(service, word)| Destination {
            word,
            service,
            subset,
            weight: None,
            layer: Layer::default(),
        }),
        rewrite: fields.text(cx, "rewrite"),
        in_order: fields.flag("in-order"),
        routes: fields
            .nodes(ROUTE.name)
            .filter_map(|node| cx.owned(node, |cx| route::read(cx, node, &ROUTE)))
            .collect(),
        server: door::fields(cx, &fields, &SERVER),
        virtual_service: door::whole(
            cx,
            &fields,
            &VIRTUAL_SERVICE,
            ("networking.istio.io", "VirtualService"),
        ),
        secret: door::secret(cx, &fields),
        settled: settle::read(cx, &fields),
        name: name?,
    };
    Some(host)
}

/// Reads a `tls` node by one of its two tables.
pub(crate) fn tls(cx: &mut Context<'_>, node: &Node, word: &'static Word) -> Tls {
    let fields = Fields::of(cx, node, word);
    Tls {
        word: node.name.span(),
        mode: fields.arguments.first().and_then(|mode| value::choice(cx, "the mode of `tls`", mode)),
        secret: fields.text(cx, "secret"),
        clients: fields.texts(cx, "clients"),
        layer: fields.layer(cx),
    }
}
