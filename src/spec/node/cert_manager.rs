//! `cert-manager "letsencrypt" …`: the issuer of cert-manager's that gets the certificate.

use super::Layer;
use super::context::{Context, said_twice};
use super::read::Fields;
use super::word::{Argument, Choice, Item, Type, Word, choice};
use crate::spec::source::{Span, Spanned, Text};

/// `cert-manager` where certificates come from
pub static CERT_MANAGER: Word = Word {
    name: "cert-manager",
    called: "a `cert-manager`",
    doc: "the issuer of cert-manager's that gets the certificate; cert-manager makes its Secret",
    becomes: "cert-manager.io/v1 Certificate",
    argument: Argument::One(Type::Text, "the name of an issuer"),
    items: &[&[
        Item::value("kind", Type::Text, "the issuer's kind")
            .default("ClusterIssuer")
            .becomes("Certificate.spec.issuerRef.kind"),
        Item::value("group", Type::Text, "the API group of that kind")
            .default("cert-manager.io")
            .becomes("Certificate.spec.issuerRef.group"),
        Item::value(
            "challenge",
            Type::Choice(Challenge::WORDS),
            "how an ACME issuer proves that the names are ours",
        )
        .default("the one that the issuer says, if this project declares it"),
    ]],
    labels: false,
};

/// An issuer of cert-manager's as written.
#[derive(Debug, Clone)]
pub struct CertManager {
    /// The word itself.
    pub word: Span,
    /// The issuer's name.
    pub name: Text,
    /// `kind="Issuer"`
    pub kind: Option<Text>,
    /// `group="awspca.cert-manager.io"`
    pub group: Option<Text>,
    /// `challenge=http-01`
    pub challenge: Option<Spanned<Challenge>>,
    /// What it says as the `spec` of the Certificate.
    pub layer: Layer,
}

/// How an ACME issuer proves that a name is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Challenge {
    /// By a record in the DNS.
    Dns01,
    /// By an answer on port 80.
    Http01,
}

impl Challenge {
    /// The word of the language.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Dns01 => "dns-01",
            Self::Http01 => "http-01",
        }
    }
}

choice!(Challenge { "dns-01" => Dns01, "http-01" => Http01 });

/// Reads it as a property, or as a child with more to say.
pub(super) fn read(cx: &mut Context<'_>, fields: &Fields<'_>) -> Option<CertManager> {
    let word = fields.place(CERT_MANAGER.name)?;
    let mut nodes = fields.nodes(CERT_MANAGER.name);
    let Some(node) = nodes.next() else {
        let name = fields.text(cx, CERT_MANAGER.name)?;
        let layer = Layer::default();
        return Some(CertManager { word, name, kind: None, group: None, challenge: None, layer });
    };
    if let Some(second) = nodes.next() {
        said_twice(cx, CERT_MANAGER.name, node.name.span(), second.name.span());
    }
    let inner = Fields::of(cx, node, &CERT_MANAGER);
    let name = inner.name(cx, "the name of an issuer");
    let issuer = CertManager {
        word,
        kind: inner.text(cx, "kind"),
        group: inner.text(cx, "group"),
        challenge: inner.choice(cx, "challenge"),
        layer: inner.layer(cx),
        name: name?,
    };
    Some(issuer)
}
