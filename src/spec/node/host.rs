//! `host "shop" to="shop:8080" { tls …; route … }`: a name that is served over HTTPS.

use super::{Destination, Route, ServingWords, Settle};
use crate::spec::source::{Span, Spanned, Text};

/// A host as written.
#[derive(Debug, Clone)]
pub struct Host {
    /// The word itself.
    pub word: Span,
    /// `"shop"`, `"shop.example.com"`, `"*"` or `"@"` (the domain itself).
    pub name: Text,
    /// Certificate, TLS, gateway, namespace, port 80, timeout: its own or its domain's.
    pub serving: ServingWords,
    /// `to="shop:8080" subset="v1"`: where everything goes that no route of the host takes.
    pub to: Option<Destination>,
    /// `rewrite="/app"`, beside `to`.
    pub rewrite: Option<Text>,
    /// `in-order`: routes are tried as written.
    pub in_order: Option<Span>,
    /// The routes that stand in it.
    pub routes: Vec<Route>,
    /// Findings that the team decided on.
    pub settled: Vec<Settle>,
}

/// `tls mutual secret="bookinfo-credential" { clients "partners" }`
#[derive(Debug, Clone)]
pub struct Tls {
    /// The word itself.
    pub word: Span,
    /// `simple`, `mutual` …; missing when only a property was said.
    pub mode: Option<Spanned<TlsMode>>,
    /// `secret="…"`: the name of the Secret, for hosts only.
    pub secret: Option<Text>,
    /// `clients "…"`: authorities whose clients are let in.
    pub clients: Vec<Text>,
}

/// How a server speaks TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TlsMode {
    /// The server shows a certificate.
    Simple,
    /// The client must show one too.
    Mutual,
    /// The client may show one, which must then be valid.
    OptionalMutual,
}
