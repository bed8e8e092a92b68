//! `cacerts "cluster-1" authority="root"`: the authority with which a cluster's istiod issues for its workloads.

use super::certificate::{self, KEY_GENERATION, RENEW_BEFORE, SUBJECT};
use super::context::Context;
use super::read::Fields;
use super::settle::{self, SETTLE};
use super::word::{Argument, Choice, Item, Type, Word};
use super::{CertificateWords, KeyKind, Settle};
use crate::spec::source::{Span, Text};
use crate::spec::syntax::Node;

/// `cacerts`
pub static CACERTS: Word = Word {
    name: "cacerts",
    called: "a `cacerts`",
    doc: "the authority with which a cluster's istiod issues for its workloads: clusters under one root trust each other",
    becomes: "v1 Secret `cacerts`",
    argument: Argument::One(Type::Text, "the name of a cluster"),
    items: &[&[
        Item::value(
            "authority",
            Type::Text,
            "the authority that issues its certificate, the same for all clusters",
        )
        .required(),
        Item::value("namespace", Type::Text, "where istiod runs")
            .default("istio-system")
            .becomes("Secret.metadata.namespace"),
        Item::node(&SUBJECT),
        Item::value("key", Type::Choice(KeyKind::WORDS), "the kind of its key pair").default("ecdsa-p256"),
        Item::value("valid", Type::Validity, "how long it lives").default("1y"),
        RENEW_BEFORE,
        KEY_GENERATION,
        Item::nodes(&SETTLE),
    ]],
    labels: false,
};

/// A `cacerts` as written.
#[derive(Debug, Clone)]
pub struct Cacerts {
    /// The word itself.
    pub word: Span,
    /// The cluster's name.
    pub name: Text,
    /// Source, subject, key and validity.
    pub certificate: CertificateWords,
    /// `namespace="istio-system"`
    pub namespace: Option<Text>,
    /// Findings that the team decided on.
    pub settled: Vec<Settle>,
}

/// Reads a `cacerts` node.
pub(crate) fn read(cx: &mut Context<'_>, node: &Node) -> Option<Cacerts> {
    let fields = Fields::of(cx, node, &CACERTS);
    let name = fields.name(cx, "the name of a cluster");
    let cacerts = Cacerts {
        word: node.name.span(),
        certificate: certificate::read(cx, &fields),
        namespace: fields.text(cx, "namespace"),
        settled: settle::read(cx, &fields),
        name: name?,
    };
    Some(cacerts)
}
