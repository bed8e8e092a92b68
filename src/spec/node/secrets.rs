//! `secrets { recipient "age1…"; one-audience }`: how Secrets are sealed.

use crate::spec::source::{Span, Spanned, Text};

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
    /// `one-audience`: that whoever opens `out/` also opens `pki/` is meant so.
    pub one_audience: Option<Span>,
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
