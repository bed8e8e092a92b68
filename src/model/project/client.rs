//! Somebody who presents a certificate.

use std::collections::BTreeSet;

use super::{AltName, AuthorityId, CertificateFacts};
use crate::spec::{Origin, Span, Traced};

/// Somebody who presents a certificate.
#[derive(Debug, Clone)]
pub struct Client {
    /// The word itself.
    pub word: Span,
    /// Its name.
    pub name: Traced<String>,
    /// Its name as a file name.
    pub file_name: String,
    /// Who signs it.
    pub authority: AuthorityId,
    /// What chose the authority.
    pub authority_origin: Origin,
    /// Subject, key and validity.
    pub certificate: CertificateFacts,
    /// Its subject alternative names.
    pub sans: Vec<Traced<AltName>>,
    /// Codes that are settled here.
    pub settled: BTreeSet<String>,
}
