//! `secrets { recipient "age1…"; one-audience }`: how Secrets are sealed.

use super::context::Context;
use super::read::Fields;
use super::word::{Argument, Choice, Form, Item, Type, Word, choice};
use crate::diag::{Code, Diagnostic};
use crate::spec::source::{Span, Spanned, Text};
use crate::spec::syntax::Node;
use crate::time::Timestamp;

/// `secrets`
pub static SECRETS: Word = Word {
    name: "secrets",
    called: "`secrets`",
    doc: "how Secrets are sealed",
    becomes: "",
    argument: Argument::None,
    items: &[&[
        Item::new(
            "recipient",
            Form::Repeated(Type::Text),
            "an age recipient that may open Secrets, instead of a creation rule's",
        ),
        Item::value(
            "filter",
            Type::Choice(Filter::WORDS),
            "what is encrypted: the private key, or what the rule says",
        )
        .default("key"),
        Item::value("ca-in", Type::Choice(CaIn::WORDS), "where the trust anchors of mutual TLS go")
            .default("own-secret"),
        Item::node(&SEED),
        Item::flag("one-audience", "whoever opens `out/` may also open `pki/`, and it is meant so"),
    ]],
    labels: false,
};

/// `seed`
pub static SEED: Word = Word {
    name: "seed",
    called: "the `seed` of `secrets`",
    doc: "keys, serial numbers and times follow from the project's seed, which `gatewright secrets seed` makes",
    becomes: "",
    argument: Argument::None,
    items: &[&[Item::value(
        "epoch",
        Type::Date,
        "the day from which the lives of certificates are counted, at whose steps they are renewed",
    )
    .required()]],
    labels: false,
};

/// How Secrets are sealed, as written.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// The word itself.
    pub word: Span,
    /// age recipients for `out/`, instead of a creation rule's; also for `pki/` where an authority names none.
    pub recipients: Vec<Text>,
    /// `filter=rule`: encrypt what the creation rule says instead of the private key alone.
    pub filter: Option<Spanned<Filter>>,
    /// `ca-in=same-secret`: where the clients' trust anchors go.
    pub ca_in: Option<Spanned<CaIn>>,
    /// `seed epoch="2026-01-01"`: what is drawn at random otherwise follows from the project's seed.
    pub seed: Option<Seed>,
    /// `one-audience`: that whoever opens `out/` also opens `pki/` is meant so.
    pub one_audience: Option<Span>,
}

/// `seed epoch="2026-01-01"`
#[derive(Debug, Clone)]
pub struct Seed {
    /// The word itself.
    pub word: Span,
    /// The day from which times are counted.
    pub epoch: Spanned<Timestamp>,
}

/// What is encrypted in a Secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Filter {
    /// The private key alone.
    Key,
    /// What the creation rule's filter covers.
    Rule,
}

/// Where the trust anchors of clients are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CaIn {
    /// A Secret of their own, `<credential>-cacert`.
    OwnSecret,
    /// `ca.crt` beside the server's certificate.
    SameSecret,
}

choice!(Filter { "key" => Key, "rule" => Rule });
choice!(CaIn { "own-secret" => OwnSecret, "same-secret" => SameSecret });

/// Reads a `secrets` node.
pub(crate) fn read(cx: &mut Context<'_>, node: &Node) -> Secrets {
    let fields = Fields::of(cx, node, &SECRETS);
    if node.entries.is_empty() && node.children.is_empty() {
        cx.error(
            Diagnostic::error(Code::MISSING_WORD, "`secrets` says nothing")
                .at(node.name.span(), "nothing stands in it")
                .help("name who opens the sealed files: `secrets { recipient \"age1…\" }`")
                .help("or leave it out: then the creation rules of `.sops.yaml` say it"),
        );
    }
    Secrets {
        word: node.name.span(),
        recipients: fields.texts(cx, "recipient"),
        filter: fields.choice(cx, "filter"),
        ca_in: fields.choice(cx, "ca-in"),
        seed: fields.nodes(SEED.name).next().and_then(|node| seed(cx, node)),
        one_audience: fields.flag("one-audience"),
    }
}

fn seed(cx: &mut Context<'_>, node: &Node) -> Option<Seed> {
    let fields = Fields::of(cx, node, &SEED);
    Some(Seed { word: node.name.span(), epoch: fields.date(cx, "epoch")? })
}
