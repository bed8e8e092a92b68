//! `domain "example.com" authority="…" gateway="…" { host … }`: what its hosts have in common.

use super::{CertificateWords, Host, HttpMode, IstioDuration, Settle, Tls};
use crate::spec::source::{Span, Spanned, Text};

/// A domain as written.
#[derive(Debug, Clone)]
pub struct Domain {
    /// The word itself.
    pub word: Span,
    /// Its DNS name.
    pub name: Text,
    /// What its hosts inherit.
    pub serving: ServingWords,
    /// The hosts that stand in it.
    pub hosts: Vec<Host>,
    /// Findings that the team decided on.
    pub settled: Vec<Settle>,
}

/// The words that a host has and inherits from its domain; the nearest wins.
#[derive(Debug, Clone, Default)]
pub struct ServingWords {
    /// Source, subject, key and validity of the certificate.
    pub certificate: CertificateWords,
    /// `tls …`
    pub tls: Option<Tls>,
    /// `gateway="name"`
    pub gateway: Option<Text>,
    /// `namespace="ns"`: where routes and short service names live.
    pub namespace: Option<Text>,
    /// `http=redirect`: what port 80 does.
    pub http: Option<Spanned<HttpMode>>,
    /// `timeout="300s"` for all routes.
    pub timeout: Option<Spanned<IstioDuration>>,
}
