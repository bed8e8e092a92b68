//! What a certificate's words say, wherever they stand: source, `subject`, `key`, `valid`.

use std::fmt;

use crate::spec::source::{Span, Spanned, Text};
use crate::time::Seconds;

/// The words that shape a certificate. Each may be missing: then an enclosing node's or the default holds.
#[derive(Debug, Clone, Default)]
pub struct CertificateWords {
    /// Where it comes from.
    pub source: Option<Source>,
    /// `subject …`
    pub subject: Option<Subject>,
    /// `key rsa-2048`
    pub key: Option<Spanned<KeyKind>>,
    /// `valid "365d"`
    pub valid: Option<Spanned<Seconds>>,
}

/// Where a certificate comes from: exactly one.
#[derive(Debug, Clone)]
pub enum Source {
    /// `authority="name"`: we issue it.
    Authority(Text),
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

impl KeyKind {
    /// All kinds, in the order in which they are offered.
    pub const ALL: [Self; 5] =
        [Self::EcdsaP256, Self::EcdsaP384, Self::Rsa2048, Self::Rsa3072, Self::Rsa4096];

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
