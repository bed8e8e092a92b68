//! `authority "name" { subject …; key …; valid …; generation …; recipient … }`: a certificate authority of ours.

use super::{CertificateWords, Settle};
use crate::spec::source::{Span, Spanned, Text};
use crate::time::Timestamp;

/// A certificate authority as written.
#[derive(Debug, Clone)]
pub struct Authority {
    /// The word itself.
    pub word: Span,
    /// Its name, also its folder below `pki/`.
    pub name: Text,
    /// Subject, key and validity; `source` is always empty here: in this version every authority is a root.
    pub certificate: CertificateWords,
    /// Generations that a rotation wrote down; none means generation 1, introduced and signing.
    pub generations: Vec<Generation>,
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
}
