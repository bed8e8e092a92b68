//! The authority of a cluster's istiod.

use std::collections::BTreeSet;

use super::super::name::Label;
use super::{AuthorityId, CertificateFacts};
use crate::spec::{Origin, Span, Traced};

/// The authority with which a cluster's istiod issues for its workloads.
#[derive(Debug, Clone)]
pub struct Cacerts {
    /// The word itself.
    pub word: Span,
    /// The cluster's name, also that of its folder.
    pub name: Traced<Label>,
    /// Where istiod runs.
    pub namespace: Traced<Label>,
    /// Who issues its certificate.
    pub authority: AuthorityId,
    /// What chose the authority.
    pub authority_origin: Origin,
    /// Subject, key and validity.
    pub certificate: CertificateFacts,
    /// Codes that are settled here.
    pub settled: BTreeSet<String>,
}

impl Cacerts {
    /// What its key is called among those of Secrets: no Secret has a name with a slash.
    #[must_use]
    pub fn key_name(&self) -> String {
        format!("cacerts/{}", self.name.value)
    }

    /// The folder below `out/` that holds its Secret. No list above names it: each cluster gets its own.
    #[must_use]
    pub fn folder(&self) -> String {
        format!("{FOLDER}/{}", self.name.value)
    }
}

/// Where the folders of all clusters lie below `out/`.
pub const FOLDER: &str = "_cacerts";
