//! Somebody who presents a certificate.

use std::collections::BTreeSet;

use super::super::name::{Label, ObjectName};
use super::{AltName, AuthorityId, CertificateFacts};
use crate::spec::tree::Field;
use crate::spec::{Origin, Span, Traced};
use crate::time::Timestamp;

/// Somebody who presents a certificate.
#[derive(Debug, Clone)]
pub struct Client {
    /// The word itself.
    pub word: Span,
    /// Its name.
    pub name: Traced<String>,
    /// Its name as a file name.
    pub file_name: String,
    /// The group that it stands in.
    pub group: Option<Traced<String>>,
    /// Who signs it.
    pub authority: AuthorityId,
    /// What chose the authority.
    pub authority_origin: Origin,
    /// Subject, key and validity.
    pub certificate: CertificateFacts,
    /// Its subject alternative names.
    pub sans: Vec<Traced<AltName>>,
    /// Since when none of its certificates counts, where that is said. It gets no new one then.
    pub revoked: Option<Traced<Timestamp>>,
    /// The Secret in which a workload finds its key pair, where one is said.
    pub secret: Option<ClientSecret>,
    /// Codes that are settled here.
    pub settled: BTreeSet<String>,
}

/// Where a workload finds a client's key pair.
#[derive(Debug, Clone)]
pub struct ClientSecret {
    /// Its name.
    pub name: Traced<ObjectName>,
    /// Its namespace.
    pub namespace: Traced<Label>,
    /// The authorities of the servers that it talks to, in the order of their names.
    pub servers: Vec<Traced<AuthorityId>>,
    /// What else its `metadata` says.
    pub metadata: Vec<Field>,
}
