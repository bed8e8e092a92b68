//! `domain "example.com" authority="…" gateway="…" { host … }`: what its hosts have in common.

use super::certificate::{self, SERVED, SOURCES};
use super::context::Context;
use super::covering::{self, CERTIFICATE};
use super::host::{self, DOMAIN_TLS, HOST};
use super::read::Fields;
use super::settle::{self, SETTLE};
use super::word::{Argument, Choice, Item, Type, Word};
use super::{CertificateWords, Covering, Host, HttpMode, IstioDuration, Settle, Tls};
use crate::spec::source::{Span, Spanned, Text};
use crate::spec::syntax::Node;

/// `domain`
pub static DOMAIN: Word = Word {
    name: "domain",
    called: "a `domain`",
    doc: "a DNS name under which hosts stand, and what they have in common",
    becomes: "",
    argument: Argument::One(Type::Text, "a DNS name"),
    items: &[
        SOURCES,
        SERVED,
        SERVING,
        &[Item::node(&DOMAIN_TLS), Item::nodes(&CERTIFICATE), Item::nodes(&HOST), Item::nodes(&SETTLE)],
    ],
    labels: false,
};

/// How hosts are served; a host says it, or its domain.
pub static SERVING: &[Item] = &[
    Item::value("gateway", Type::Text, "the gateway that serves").becomes("VirtualService.spec.gateways"),
    Item::value("namespace", Type::Text, "where routes and short service names live")
        .default("the gateway's")
        .becomes("VirtualService.metadata.namespace"),
    Item::value("http", Type::Choice(HttpMode::WORDS), "what the plain HTTP port does")
        .default("redirect")
        .becomes("Gateway.spec.servers[].tls.httpsRedirect"),
    Item::value("timeout", Type::Duration, "how long an answer may take")
        .becomes("VirtualService.spec.http[].timeout"),
];

/// A domain as written.
#[derive(Debug, Clone)]
pub struct Domain {
    /// The word itself.
    pub word: Span,
    /// Its DNS name.
    pub name: Text,
    /// What its hosts inherit.
    pub serving: ServingWords,
    /// The certificates that its hosts join.
    pub certificates: Vec<Covering>,
    /// The hosts that stand in it.
    pub hosts: Vec<Host>,
    /// Findings that the team decided on.
    pub settled: Vec<Settle>,
}

/// The words that a host has and inherits from its domain; the nearest wins.
#[derive(Debug, Clone, Default)]
pub struct ServingWords {
    /// Source, subject, key and validity of the certificate.
    pub certificate: CertificateWords,
    /// `tls …`
    pub tls: Option<Tls>,
    /// `gateway="name"`
    pub gateway: Option<Text>,
    /// `namespace="ns"`: where routes and short service names live.
    pub namespace: Option<Text>,
    /// `http=redirect`: what port 80 does.
    pub http: Option<Spanned<HttpMode>>,
    /// `timeout="300s"` for all routes; `#null` is none.
    pub timeout: Option<Spanned<Option<IstioDuration>>>,
}

/// Reads a `domain` node.
pub(crate) fn read(cx: &mut Context<'_>, node: &Node) -> Option<Domain> {
    let fields = Fields::of(cx, node, &DOMAIN);
    let name = fields.name(cx, "the name of a `domain`");
    let domain = Domain {
        word: node.name.span(),
        serving: serving(cx, &fields, &DOMAIN_TLS),
        certificates: fields
            .nodes(CERTIFICATE.name)
            .filter_map(|node| cx.owned(node, |cx| covering::read(cx, node, &CERTIFICATE)))
            .collect(),
        hosts: fields.nodes(HOST.name).filter_map(|node| cx.owned(node, |cx| host::read(cx, node))).collect(),
        settled: settle::read(cx, &fields),
        name: name?,
    };
    Some(domain)
}

/// The words that a host and its domain share.
pub(crate) fn serving(cx: &mut Context<'_>, fields: &Fields<'_>, tls: &'static Word) -> ServingWords {
    ServingWords {
        certificate: certificate::read(cx, fields),
        tls: fields.nodes(tls.name).next().map(|node| host::tls(cx, node, tls)),
        gateway: fields.text(cx, "gateway"),
        namespace: fields.text(cx, "namespace"),
        http: fields.choice(cx, "http"),
        timeout: fields.timeout(cx, "timeout"),
    }
}
