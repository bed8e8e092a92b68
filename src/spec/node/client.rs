//! `clients "group" { client … }` and `client "name" authority="…" { subject …; key …; valid …; san … }`: somebody who presents a certificate.

use super::certificate::{self, KEY_GENERATION, LEAF};
use super::context::Context;
use super::door::{self, METADATA};
use super::read::Fields;
use super::settle::{self, SETTLE};
use super::word::{Argument, Form, Item, Type, Word};
use super::{CertificateWords, Settle};
use crate::spec::source::{Span, Spanned, Text};
use crate::spec::syntax::Node;
use crate::spec::tree::Field;
use crate::time::Timestamp;

/// `client`
pub static CLIENT: Word = Word {
    name: "client",
    called: "a `client`",
    doc: "somebody who shows a certificate to a mutual host",
    becomes: "the files below `pki/<authority>/clients/`; with `namespace` or `secret`, v1 Secret",
    argument: Argument::One(Type::Text, "a name"),
    items: &[
        LEAF,
        &[
            Item::value("authority", Type::Text, "the authority of this project that issues the certificate"),
            Item::new(
                "san",
                Form::Values(Type::Text),
                "DNS names, IP addresses, e-mail addresses or URIs in the certificate, instead of the client's name",
            )
            .becomes("subjectAltName"),
            Item::value(
                "namespace",
                Type::Text,
                "where its Secret lives: it or `secret` makes one, for a workload that shows the certificate",
            )
            .default("the project's, if `secret` is said")
            .becomes("Secret.metadata.namespace"),
            Item::value("secret", Type::Text, "the name of its Secret")
                .default("the client's name and `-tls`, if `namespace` is said")
                .becomes("Secret.metadata.name"),
            Item::new(
                "servers",
                Form::Values(Type::Text),
                "the authorities of the servers that the workload talks to: whom it must trust",
            )
            .becomes("Secret.data"),
            KEY_GENERATION,
            Item::value("revoked", Type::Date, "since when no certificate of the client counts; it gets none either"),
            Item::node(&METADATA).becomes("Secret.metadata"),
            Item::nodes(&SETTLE),
        ],
    ],
    labels: false,
};

/// `clients`
pub static CLIENTS: Word = Word {
    name: "clients",
    called: "a group of `clients`",
    doc: "clients that a host names together, and what they have in common",
    becomes: "its clients; of a host that names it, Gateway.spec.servers[].tls.subjectAltNames",
    argument: Argument::One(Type::Text, "a name"),
    items: &[
        LEAF,
        &[
            Item::value(
                "authority",
                Type::Text,
                "the authority of this project that issues their certificates",
            ),
            Item::nodes(&CLIENT),
            Item::nodes(&SETTLE),
        ],
    ],
    labels: false,
};

/// A group of clients as written.
#[derive(Debug, Clone)]
pub struct Clients {
    /// The word itself.
    pub word: Span,
    /// Its name.
    pub name: Text,
    /// Source, subject, key and validity of its clients, unless they say their own.
    pub certificate: CertificateWords,
    /// Its clients.
    pub clients: Vec<Client>,
    /// Findings that the team decided on.
    pub settled: Vec<Settle>,
}

/// Reads a `clients` node.
pub(crate) fn read_group(cx: &mut Context<'_>, node: &Node) -> Option<Clients> {
    let fields = Fields::of(cx, node, &CLIENTS);
    let name = fields.name(cx, "the name of a group of `clients`");
    let group = Clients {
        word: node.name.span(),
        certificate: certificate::read(cx, &fields),
        clients: fields.nodes(CLIENT.name).filter_map(|node| cx.owned(node, |cx| read(cx, node))).collect(),
        settled: settle::read(cx, &fields),
        name: name?,
    };
    Some(group)
}

/// A client as written.
#[derive(Debug, Clone)]
pub struct Client {
    /// The word itself.
    pub word: Span,
    /// Its name: a DNS name, an e-mail address or a URI becomes its SAN.
    pub name: Text,
    /// Source, subject, key and validity.
    pub certificate: CertificateWords,
    /// `san "…"…`: DNS names, IP addresses, e-mail addresses or URIs, instead of the name.
    pub sans: Vec<Text>,
    /// `namespace="…"`: where its Secret lives, if it has one.
    pub namespace: Option<Text>,
    /// `secret="…"`: the name of its Secret, if it has one.
    pub secret: Option<Text>,
    /// `servers "…"`: the authorities of the servers that the workload talks to.
    pub servers: Vec<Text>,
    /// `metadata { … }`: of its Secret.
    pub metadata: Vec<Field>,
    /// `revoked="2026-11-25"`: since when none of its certificates counts.
    pub revoked: Option<Spanned<Timestamp>>,
    /// Findings that the team decided on.
    pub settled: Vec<Settle>,
}

/// Reads a `client` node.
pub(crate) fn read(cx: &mut Context<'_>, node: &Node) -> Option<Client> {
    let fields = Fields::of(cx, node, &CLIENT);
    let name = fields.name(cx, "the name of a `client`");
    let client = Client {
        word: node.name.span(),
        certificate: certificate::read(cx, &fields),
        sans: fields.texts(cx, "san"),
        namespace: fields.text(cx, "namespace"),
        secret: fields.text(cx, "secret"),
        servers: fields.texts(cx, "servers"),
        metadata: door::secret_metadata(cx, &fields),
        revoked: fields.date(cx, "revoked"),
        settled: settle::read(cx, &fields),
        name: name?,
    };
    Some(client)
}
