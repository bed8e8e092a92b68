//! What a certificate's words say, wherever they stand: source, `subject`, `key`, `valid`.

use std::fmt;

use super::cert_manager::{self, CERT_MANAGER, CertManager};
use super::context::Context;
use super::read::Fields;
use super::value;
use super::word::{Argument, Choice, Form, Item, Type, Word, choice};
use crate::diag::{Code, Diagnostic};
use crate::spec::source::{Span, Spanned, Text};
use crate::spec::syntax::Node;
use crate::time::Seconds;

const AUTHORITY: Item =
    Item::value("authority", Type::Text, "the authority of this project that issues the certificate");
const ORDERED: Item =
    Item::new(CERT_MANAGER.name, Form::ValueOrNodes(Type::Text, &CERT_MANAGER), CERT_MANAGER.doc)
        .becomes(CERT_MANAGER.becomes);
const FILES: Item = Item::flag("files", "the key pair is brought in files by `gatewright bring`, and sealed");

/// Where a certificate may come from that stands alone.
pub static ALONE: &[Item] = &[AUTHORITY, ORDERED, FILES];

/// Where a certificate may come from, on whatever serves.
pub static SOURCES: &[Item] = &[
    AUTHORITY,
    ORDERED,
    FILES,
    Item::value("external", Type::Text, "a Secret that something else makes; it is only referenced"),
];

/// What a leaf certificate may say about itself.
pub static LEAF: &[Item] = &[
    Item::node(&SUBJECT),
    Item::value("key", Type::Choice(KeyKind::WORDS), "the kind of its key pair").default("ecdsa-p256"),
    Item::value("valid", Type::Validity, "how long it lives").default("90d"),
    RENEW_BEFORE,
    RENEW_KEY,
];

/// What a server's certificate may say about itself.
pub static SERVED: &[Item] = &[
    Item::node(&SUBJECT),
    Item::new(
        "key",
        Form::Values(Type::Choice(KeyKind::WORDS)),
        "the kind of its key pair, or of two: one RSA and one ECDSA",
    )
    .several("ecdsa-p256 rsa-2048")
    .default("ecdsa-p256"),
    Item::value("valid", Type::Validity, "how long it lives").default("90d"),
    RENEW_BEFORE,
    RENEW_KEY,
];

/// Which of the keys that follow from the project's seed a certificate has.
pub const KEY_GENERATION: Item = Item::value(
    "generation",
    Type::Number,
    "of a project with a seed, which of its keys it has; `rotate` and `revoke` count it up",
)
.default("1");

/// The highest number that such a key may have.
pub const LAST_KEY: u32 = 9999;

/// When a certificate is due.
pub const RENEW_BEFORE: Item =
    Item::value("renew-before", Type::Validity, "how long before its end it is due to be renewed")
        .default("the last third of its life");

/// Whether a key goes on when its certificate does not.
const RENEW_KEY: Item = Item::value(
    "renew-key",
    Type::Truth,
    "whether a certificate that takes the place of another one has a new key",
)
.default("#true");

/// Which of a server's certificates do not count.
pub const REVOKED_BEFORE: Item = Item::value(
    "revoked",
    Type::Date,
    "the day before which no certificate of it counts; one that is there from before is replaced",
);

/// `subject`
pub static SUBJECT: Word = Word {
    name: "subject",
    called: "a `subject`",
    doc: "the subject's name in the certificate",
    becomes: "tbsCertificate.subject",
    argument: Argument::None,
    items: &[&[
        Item::value("common-name", Type::Text, "CN, at most 64 characters"),
        Item::value("organization", Type::Text, "O, at most 64 characters"),
        Item::value("organizational-unit", Type::Text, "OU, at most 64 characters"),
        Item::value("country", Type::Text, "C, two letters"),
        Item::value("state", Type::Text, "ST, at most 128 characters"),
        Item::value("locality", Type::Text, "L, at most 128 characters"),
    ]],
    labels: false,
};

/// The words that shape a certificate. Each may be missing: then an enclosing node's or the default holds.
#[derive(Debug, Clone, Default)]
pub struct CertificateWords {
    /// Where it comes from.
    pub source: Option<Source>,
    /// `subject …`
    pub subject: Option<Subject>,
    /// `key rsa-2048`
    pub key: Option<Spanned<KeyKind>>,
    /// `key ecdsa-p256 rsa-2048`: the second of two, RSA where the first is ECDSA or the other way round.
    pub second_key: Option<Spanned<KeyKind>>,
    /// `valid "365d"`
    pub valid: Option<Spanned<Seconds>>,
    /// `renew-before "30d"`
    pub renew_before: Option<Spanned<Seconds>>,
    /// `renew-key=#false`
    pub renew_key: Option<Spanned<bool>>,
    /// `generation=2`: which of the keys that follow from the project's seed.
    pub generation: Option<Spanned<u32>>,
}

/// Where a certificate comes from: exactly one.
#[derive(Debug, Clone)]
pub enum Source {
    /// `authority="name"`: we issue it.
    Authority(Text),
    /// `cert-manager="letsencrypt"`: cert-manager makes the Secret.
    CertManager(Box<CertManager>),
    /// `files`: brought in files, and sealed.
    Files(Span),
    /// `external="secret"`: something else makes that Secret; it is only referenced.
    External(Text),
}

/// `subject common-name="…" organization="…"`: RFC 5280 name attributes, each at most once.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The word itself.
    pub word: Span,
    /// CN
    pub common_name: Option<Text>,
    /// O
    pub organization: Option<Text>,
    /// OU
    pub organizational_unit: Option<Text>,
    /// C, two letters.
    pub country: Option<Text>,
    /// ST
    pub state: Option<Text>,
    /// L
    pub locality: Option<Text>,
}

/// The kind of a key pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyKind {
    /// RSA with a modulus of 2048 bits.
    Rsa2048,
    /// RSA with a modulus of 3072 bits.
    Rsa3072,
    /// RSA with a modulus of 4096 bits.
    Rsa4096,
    /// ECDSA on P-256 (secp256r1).
    EcdsaP256,
    /// ECDSA on P-384 (secp384r1).
    EcdsaP384,
}

choice!(KeyKind {
    "ecdsa-p256" => EcdsaP256,
    "ecdsa-p384" => EcdsaP384,
    "rsa-2048" => Rsa2048,
    "rsa-3072" => Rsa3072,
    "rsa-4096" => Rsa4096,
});

impl KeyKind {
    /// All kinds, in the order in which they are offered.
    pub const ALL: [Self; 5] =
        [Self::EcdsaP256, Self::EcdsaP384, Self::Rsa2048, Self::Rsa3072, Self::Rsa4096];

    /// Whether it is an RSA key.
    #[must_use]
    pub fn is_rsa(self) -> bool {
        matches!(self, Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096)
    }

    /// The word of the language.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Rsa2048 => "rsa-2048",
            Self::Rsa3072 => "rsa-3072",
            Self::Rsa4096 => "rsa-4096",
            Self::EcdsaP256 => "ecdsa-p256",
            Self::EcdsaP384 => "ecdsa-p384",
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Source, subject, key and validity of a node.
pub(crate) fn read(cx: &mut Context<'_>, fields: &Fields<'_>) -> CertificateWords {
    let (key, second_key) = keys(cx, fields);
    CertificateWords {
        source: source(cx, fields),
        subject: fields.nodes(SUBJECT.name).next().and_then(|node| subject(cx, node)),
        key,
        second_key,
        valid: fields.validity(cx, "valid"),
        renew_before: fields.validity(cx, "renew-before"),
        renew_key: fields.truth(cx, "renew-key"),
        generation: generation(cx, fields),
    }
}

fn generation(cx: &mut Context<'_>, fields: &Fields<'_>) -> Option<Spanned<u32>> {
    let value = fields.values(KEY_GENERATION.name).next()?;
    value::number(cx, "`generation`", value, 1..=LAST_KEY)
}

/// The kind of a key pair, or of the two that a server may have: Envoy shows each client the one that it can check.
fn keys(cx: &mut Context<'_>, fields: &Fields<'_>) -> (Option<Spanned<KeyKind>>, Option<Spanned<KeyKind>>) {
    let mut said = Vec::new();
    for value in fields.values("key") {
        said.extend(value::choice::<KeyKind>(cx, "`key`", value));
    }
    let mut said = said.into_iter();
    let (first, second, third) = (said.next(), said.next(), said.next());
    let alike = first.as_ref().zip(second.as_ref());
    if let Some((first, second)) =
        alike.filter(|(first, second)| first.value.is_rsa() == second.value.is_rsa())
    {
        cx.error(
            Diagnostic::error(Code::CONFLICT, "two key pairs are one RSA and one ECDSA")
                .at(second.span, "of the same sort")
                .at(first.span, "as the first")
                .help("keep one of the two, or write such as `key ecdsa-p256 rsa-2048`"),
        );
    } else if let Some(third) = third {
        cx.error(
            Diagnostic::error(Code::CONFLICT, "a server has two key pairs at most: one RSA and one ECDSA")
                .at(third.span, "one too many")
                .help("leave it out"),
        );
    }
    (first, second)
}

/// Each source with what it means, in the order in which they are compared.
const MEANING: [(&str, &str); 4] = [
    ("authority", "issued by an authority of this project"),
    ("cert-manager", "made by cert-manager"),
    ("files", "brought in files"),
    ("external", "made by something else"),
];

fn source(cx: &mut Context<'_>, fields: &Fields<'_>) -> Option<Source> {
    let authority = fields.text(cx, "authority");
    let ordered = cert_manager::read(cx, fields);
    let files = fields.flag("files");
    let external = fields.text(cx, "external");
    let said = MEANING.iter().filter_map(|(word, meaning)| {
        let place = if *word == "files" { files } else { fields.place(word) };
        Some((*word, *meaning, place?))
    });
    if let [(first, means, at), (second, other, again), ..] = said.collect::<Vec<_>>().as_slice() {
        cx.error(
            Diagnostic::error(Code::CONFLICT, "a certificate comes from one place, and two are said here")
                .at(*again, *other)
                .at(*at, *means)
                .help(format!("keep `{first}` or `{second}`")),
        );
        return None;
    }
    let ordered = ordered.map(|issuer| Source::CertManager(Box::new(issuer)));
    let found = authority.map(Source::Authority).or(ordered).or(files.map(Source::Files));
    found.or(external.map(Source::External))
}

fn subject(cx: &mut Context<'_>, node: &Node) -> Option<Subject> {
    let fields = Fields::of(cx, node, &SUBJECT);
    let nothing_said = SUBJECT.items().all(|item| !fields.is_said(item.name));
    if nothing_said && node.entries.is_empty() && node.children.is_empty() {
        cx.error(
            Diagnostic::error(Code::MISSING_WORD, "`subject` says nothing")
                .at(node.name.span(), "no attribute stands behind it")
                .help("write at least one, such as `organization=\"…\"`, or leave `subject` out"),
        );
        return None;
    }
    Some(Subject {
        word: node.name.span(),
        common_name: attribute(cx, &fields, "common-name", 64),
        organization: attribute(cx, &fields, "organization", 64),
        organizational_unit: attribute(cx, &fields, "organizational-unit", 64),
        country: country(cx, &fields),
        state: attribute(cx, &fields, "state", 128),
        locality: attribute(cx, &fields, "locality", 128),
    })
}

/// An attribute within the upper bound of RFC 5280, appendix A.
fn attribute(cx: &mut Context<'_>, fields: &Fields<'_>, name: &str, most: usize) -> Option<Text> {
    let text = fields.text(cx, name)?;
    let length = text.as_str().chars().count();
    if let Some((at, c)) = text.as_str().char_indices().find(|(_, c)| c.is_control()) {
        cx.error(
            Diagnostic::error(Code::WRONG_VALUE, format!("`{name}` holds a control character"))
                .at(text.span_of(at..at + c.len_utf8()), "no name in a certificate has one")
                .help("leave it out"),
        );
        return None;
    }
    if length <= most {
        return Some(text);
    }
    let is_common = name == "common-name";
    let code = if is_common { Code::COMMON_NAME_TOO_LONG } else { Code::WRONG_VALUE };
    let message = format!("`{name}` has {length} characters, and X.509 allows {most}");
    let mut finding = Diagnostic::error(code, message).at_text(&text, format!("more than {most} characters"));
    if is_common {
        finding = finding
            .help("shorten it; a host or a client does without: others know it by the certificate's names");
    } else {
        finding = finding.help("shorten it");
    }
    cx.error(finding);
    None
}

fn country(cx: &mut Context<'_>, fields: &Fields<'_>) -> Option<Text> {
    let text = fields.text(cx, "country")?;
    if text.as_str().len() == 2 && text.as_str().bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Some(text);
    }
    cx.error(
        Diagnostic::error(Code::WRONG_VALUE, format!("`country` can't be `{}`", text.as_str()))
            .at_text(&text, "not two capital letters")
            .help("write the country's code from ISO 3166, such as `\"DE\"`"),
    );
    None
}
