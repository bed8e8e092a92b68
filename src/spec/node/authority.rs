//! `authority "name" { subject …; key …; valid …; generation …; recipient … }`: a certificate authority of ours.

use super::certificate::{self, RENEW_BEFORE, SUBJECT};
use super::context::{Context, said_twice};
use super::read::Fields;
use super::settle::{self, SETTLE};
use super::value;
use super::word::{Argument, Choice, Form, Item, Type, Word};
use super::{CertificateWords, KeyKind, Settle};
use crate::diag::{Code, Diagnostic};
use crate::spec::serial::serial_of;
use crate::spec::source::{Span, Spanned, Text};
use crate::spec::syntax::Node;
use crate::time::{Seconds, Timestamp};

/// `authority`
pub static AUTHORITY: Word = Word {
    name: "authority",
    called: "an `authority`",
    doc: "a certificate authority of this project, which issues certificates",
    becomes: "the files below `pki/`",
    argument: Argument::One(Type::Text, "a name"),
    items: &[&[
        Item::value("authority", Type::Text, "the authority that issues its certificate; a root has none"),
        Item::flag(
            "files",
            "its certificate comes in files: `authority adopt` or `authority import` takes it",
        ),
        Item::node(&SUBJECT),
        Item::value("key", Type::Choice(KeyKind::WORDS), "the kind of its key pair").default("ecdsa-p256"),
        Item::value("valid", Type::Validity, "how long its certificate lives").default("10y"),
        RENEW_BEFORE,
        Item::new(
            "permitted",
            Form::Values(Type::Text),
            "the domains and ranges of IP addresses that it may issue for",
        )
        .default("the names that are issued under it; of a root any")
        .becomes("nameConstraints"),
        Item::flag("unconstrained", "it may issue for any name, though it stands under another authority"),
        Item::nodes(&GENERATION),
        Item::nodes(&REVOKED),
        Item::value(
            "crl-valid",
            Type::Validity,
            "how long its revocation list is good for, once there is one",
        )
        .default("the whole life of its certificate"),
        Item::flag(
            "cross-signed",
            "the generation before a new one signs it too, for clients that know only that",
        ),
        WAIT,
        Item::new(
            "recipient",
            Form::Repeated(Type::Text),
            "an age recipient that may open the authority's keys, instead of a creation rule's",
        ),
        Item::nodes(&SETTLE),
    ]],
    labels: false,
};

/// `wait`, of an authority and of the whole project.
pub const WAIT: Item = Item::value(
    "wait",
    Type::Validity,
    "how long a generation is trusted on after the next one has begun to sign",
)
.default("30d");

/// `generation`
pub static GENERATION: Word = Word {
    name: "generation",
    called: "a `generation`",
    doc: "a key and certificate of the authority, as `rotate authority` writes it down",
    becomes: "",
    argument: Argument::One(Type::Number, "a number from 1"),
    items: &[&[
        Item::value("introduced", Type::Date, "since when clients trust it"),
        Item::value("signs", Type::Date, "since when it signs; the latest that does is the one"),
        Item::value("retired", Type::Date, "since when clients trust it no more"),
        Item::flag("forced", "it is retired though `wait` is not over, or something still relies on it"),
        Item::flag("random", "its key was drawn before there was a seed, and does not follow from it"),
    ]],
    labels: false,
};

/// `revoked` in an authority
pub static REVOKED: Word = Word {
    name: "revoked",
    called: "a `revoked` of an `authority`",
    doc: "a certificate of the authority that does not count any more, as `revoke` writes it down",
    becomes: "CertificateList.tbsCertList.revokedCertificates[]",
    argument: Argument::One(Type::Text, "the serial number of the certificate, in hex"),
    items: &[&[Item::value("on", Type::Date, "since when it does not count").required()]],
    labels: false,
};

/// A certificate authority as written.
#[derive(Debug, Clone)]
pub struct Authority {
    /// The word itself.
    pub word: Span,
    /// Its name, also its folder below `pki/`.
    pub name: Text,
    /// Subject, key and validity; `source` is the authority that issues its certificate.
    pub certificate: CertificateWords,
    /// `permitted "…"…`: domains and ranges of IP addresses.
    pub permitted: Vec<Text>,
    /// `unconstrained`
    pub unconstrained: Option<Span>,
    /// Generations that a rotation wrote down; none means generation 1, introduced and signing.
    pub generations: Vec<Generation>,
    /// Certificates that do not count any more.
    pub revoked: Vec<RevokedSerial>,
    /// `crl-valid "30d"`
    pub crl_valid: Option<Spanned<Seconds>>,
    /// `cross-signed`: the generation before a new one signs it too.
    pub cross_signed: Option<Span>,
    /// `wait "30d"`: how long a generation is trusted on after the next one has begun to sign.
    pub wait: Option<Spanned<Seconds>>,
    /// age recipients for this authority's files below `pki/`, instead of a creation rule's.
    pub recipients: Vec<Text>,
    /// Findings that the team decided on.
    pub settled: Vec<Settle>,
}

/// `generation 2 introduced="2026-11-25" signs="2026-11-25" retired="2027-01-01"`
#[derive(Debug, Clone)]
pub struct Generation {
    /// From 1.
    pub number: Spanned<u32>,
    /// Since when the certificate is in trust bundles.
    pub introduced: Option<Spanned<Timestamp>>,
    /// Since when it signs; the highest such generation is the one that does.
    pub signs: Option<Spanned<Timestamp>>,
    /// Since when it is in no bundle any more.
    pub retired: Option<Spanned<Timestamp>>,
    /// `forced`: retired whatever relies on it.
    pub forced: Option<Span>,
    /// `random`: its key does not follow from the project's seed.
    pub random: Option<Span>,
}

/// `revoked "4f0a…" on="2026-11-25"`
#[derive(Debug, Clone)]
pub struct RevokedSerial {
    /// The serial number, in the form of [`crate::pki::Certificate::serial`].
    pub serial: Spanned<String>,
    /// Since when it does not count.
    pub on: Spanned<Timestamp>,
}

/// Reads an `authority` node.
pub(crate) fn read(cx: &mut Context<'_>, node: &Node) -> Option<Authority> {
    let fields = Fields::of(cx, node, &AUTHORITY);
    let name = fields.name(cx, "the name of an `authority`");
    let authority = Authority {
        word: node.name.span(),
        certificate: certificate::read(cx, &fields),
        permitted: permitted(cx, &fields),
        unconstrained: fields.flag("unconstrained"),
        generations: generations(cx, &fields),
        revoked: revoked(cx, &fields),
        crl_valid: fields.validity(cx, "crl-valid"),
        cross_signed: fields.flag("cross-signed"),
        wait: fields.validity(cx, "wait"),
        recipients: fields.texts(cx, "recipient"),
        settled: settle::read(cx, &fields),
        name: name?,
    };
    Some(authority)
}

fn permitted(cx: &mut Context<'_>, fields: &Fields<'_>) -> Vec<Text> {
    let said = fields.texts(cx, "permitted");
    if let (Some(first), Some(second)) = (fields.place("permitted"), fields.flag("unconstrained")) {
        cx.error(
            Diagnostic::error(Code::CONFLICT, "an authority with `permitted` names is not `unconstrained`")
                .at(second, "any name")
                .at(first, "these names")
                .help("keep one of the two"),
        );
    }
    said
}

fn revoked(cx: &mut Context<'_>, fields: &Fields<'_>) -> Vec<RevokedSerial> {
    let mut found: Vec<RevokedSerial> = Vec::new();
    for node in fields.nodes(REVOKED.name) {
        let fields = Fields::of(cx, node, &REVOKED);
        let on = fields.date(cx, "on");
        let Some(written) = fields.name(cx, "the serial number of a `revoked`") else { continue };
        let Some(serial) = serial_of(written.as_str()) else {
            cx.error(
                Diagnostic::error(Code::WRONG_VALUE, format!("`{}` is no serial number", written.as_str()))
                    .at_text(&written, "not 1 to 20 bytes in hex")
                    .help("`openssl x509 -noout -serial -in FILE` prints that of a certificate")
                    .help("`gatewright revoke client NAME` or `gatewright revoke host NAME` writes the line"),
            );
            continue;
        };
        match found.iter().find(|earlier| earlier.serial.value == serial) {
            Some(earlier) => {
                let name = format!("revoked {serial}");
                said_twice(cx, &name, earlier.serial.span, written.span());
            }
            None => {
                let serial = Spanned::new(serial, written.span());
                found.extend(on.map(|on| RevokedSerial { serial, on }));
            }
        }
    }
    found
}

fn generations(cx: &mut Context<'_>, fields: &Fields<'_>) -> Vec<Generation> {
    let mut generations: Vec<Generation> = Vec::new();
    for node in fields.nodes(GENERATION.name) {
        let Some(generation) = generation(cx, node) else { continue };
        match generations.iter().find(|earlier| earlier.number.value == generation.number.value) {
            Some(earlier) => {
                let name = format!("generation {}", generation.number.value);
                said_twice(cx, &name, earlier.number.span, generation.number.span);
            }
            None => generations.push(generation),
        }
    }
    generations
}

fn generation(cx: &mut Context<'_>, node: &Node) -> Option<Generation> {
    let fields = Fields::of(cx, node, &GENERATION);
    let number = value::number(cx, "the number of a `generation`", fields.arguments.first()?, 1..=9999);
    if GENERATION.items().all(|item| !fields.is_said(item.name)) {
        cx.error(
            Diagnostic::error(Code::MISSING_WORD, "`generation` says nothing about its time")
                .at(node.name.span(), "no date stands behind it")
                .help("write `introduced=`, `signs=` or `retired=` with a date, or leave the node out"),
        );
        return None;
    }
    let generation = Generation {
        introduced: fields.date(cx, "introduced"),
        signs: fields.date(cx, "signs"),
        retired: fields.date(cx, "retired"),
        forced: fields.flag("forced"),
        random: fields.flag("random"),
        number: number?,
    };
    Some(generation)
}
