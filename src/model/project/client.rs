//! Somebody who presents a certificate.

use std::collections::BTreeSet;
use std::fmt;

use super::{AuthorityId, CertificateFacts};
use crate::spec::{Span, Traced};

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
    /// Subject, key and validity.
    pub certificate: CertificateFacts,
    /// Its subject alternative names.
    pub sans: Vec<Traced<ClientSan>>,
    /// Codes that are settled here.
    pub settled: BTreeSet<String>,
}

/// A name of a client.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClientSan {
    /// A DNS name.
    Dns(String),
    /// An e-mail address.
    Email(String),
    /// A URI, such as a SPIFFE id.
    Uri(String),
}

impl fmt::Display for ClientSan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) | Self::Email(name) | Self::Uri(name) => f.write_str(name),
        }
    }
}
