//! `client "name" authority="…" { subject …; key …; valid …; san … }`: somebody who presents a certificate.

use super::{CertificateWords, Settle};
use crate::spec::source::{Span, Text};

/// A client as written.
#[derive(Debug, Clone)]
pub struct Client {
    /// The word itself.
    pub word: Span,
    /// Its name: a DNS name, an e-mail address or a URI becomes its SAN.
    pub name: Text,
    /// Source, subject, key and validity.
    pub certificate: CertificateWords,
    /// `san "…"…`: DNS names, e-mail addresses or URIs, instead of the name.
    pub sans: Vec<Text>,
    /// Findings that the team decided on.
    pub settled: Vec<Settle>,
}
