//! `certificate "*.apps.example.com" …`: in a domain, one certificate and one TLS server for many hosts, which join it by their
//! names; outside, a certificate for any workload.

use super::certificate::{self, ALONE, KEY_GENERATION, REVOKED_BEFORE, SERVED, SOURCES};
use super::context::Context;
use super::door::{self, METADATA, SERVER};
use super::read::Fields;
use super::settle::{self, SETTLE};
use super::value;
use super::word::{Argument, Form, Item, Type, Word};
use super::{CertificateWords, Settle};
use crate::diag::{Code, Diagnostic};
use crate::spec::source::{Span, Spanned, Text};
use crate::spec::syntax::Node;
use crate::spec::tree::Field;
use crate::time::Timestamp;

/// `certificate` in a domain
pub static CERTIFICATE: Word = Word {
    name: "certificate",
    called: "the `certificate` of a `domain`",
    doc: "one certificate and one TLS server for many hosts, which join it by their names",
    becomes: "v1 Secret, and a server of the Gateway",
    argument: Argument::Many(
        Type::Text,
        "names: as those of hosts, `*` for all below the domain, `@` for itself",
    ),
    items: &[
        SOURCES,
        SERVED,
        SECRET_NAME,
        &[SAN, Item::node(&SERVER).becomes("Gateway.spec.servers[]")],
        COMMON,
    ],
    labels: false,
};

/// `certificate` outside a domain
pub static CERTIFICATE_OUTSIDE: Word = Word {
    name: "certificate",
    called: "a `certificate` outside a `domain`",
    doc: "a certificate and its Secret, for any workload",
    becomes: "v1 Secret",
    argument: Argument::Many(Type::Text, "names: DNS names, IP addresses or URIs"),
    items: &[
        ALONE,
        SERVED,
        &[Item::value("namespace", Type::Text, "where its Secret lives")
            .default("the project's")
            .becomes("Secret.metadata.namespace")],
        SECRET_NAME,
        COMMON,
    ],
    labels: false,
};

static SECRET_NAME: &[Item] = &[Item::value("secret", Type::Text, "the name of its Secret")
    .default("the first name and `-tls`; of cert-manager's, and `-cert-manager`")
    .becomes("Secret.metadata.name")];

const SAN: Item = Item::new(
    "san",
    Form::Values(Type::Text),
    "further DNS names, IP addresses or URIs that it is for, and no server of the gateway",
)
.becomes("subjectAltName");

static COMMON: &[Item] =
    &[KEY_GENERATION, REVOKED_BEFORE, Item::node(&METADATA).becomes("Secret.metadata"), Item::nodes(&SETTLE)];

/// A `certificate` node as written.
#[derive(Debug, Clone)]
pub struct Covering {
    /// The word itself.
    pub word: Span,
    /// Its names, at least one.
    pub names: Vec<Text>,
    /// Source, subject, key and validity.
    pub certificate: CertificateWords,
    /// `secret="…"`: the name of its Secret.
    pub secret: Option<Text>,
    /// `namespace="…"`: outside a domain only.
    pub namespace: Option<Text>,
    /// `san "…"…`: what else it is for.
    pub sans: Vec<Text>,
    /// `revoked="2026-11-25"`: the day before which no certificate of it counts.
    pub revoked: Option<Spanned<Timestamp>>,
    /// `server { … }`: of its TLS server.
    pub server: Vec<Field>,
    /// `metadata { … }`: of its Secrets.
    pub metadata: Vec<Field>,
    /// Findings that the team decided on.
    pub settled: Vec<Settle>,
}

/// Reads a `certificate` node by one of its two tables.
pub(crate) fn read(cx: &mut Context<'_>, node: &Node, word: &'static Word) -> Option<Covering> {
    let fields = Fields::of(cx, node, word);
    let names = value::distinct(cx, "a name of a `certificate`", fields.arguments.iter().copied());
    if names.is_empty() && fields.arguments.is_empty() {
        cx.error(
            Diagnostic::error(Code::MISSING_WORD, "`certificate` needs a name")
                .at(node.name.span(), "nothing stands behind it")
                .help("write such as `certificate \"*.apps.example.com\"`"),
        );
    }
    let covering = Covering {
        word: node.name.span(),
        certificate: certificate::read(cx, &fields),
        secret: fields.text(cx, "secret"),
        namespace: fields.text(cx, "namespace"),
        sans: fields.texts(cx, "san"),
        revoked: fields.date(cx, "revoked"),
        server: if std::ptr::eq(word, &CERTIFICATE) {
            door::fields(cx, &fields, &SERVER)
        } else {
            Vec::new()
        },
        metadata: door::secret_metadata(cx, &fields),
        settled: settle::read(cx, &fields),
        names,
    };
    (!covering.names.is_empty()).then_some(covering)
}
