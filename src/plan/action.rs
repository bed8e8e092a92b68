//! What is to be done about a certificate, and why.

use std::collections::BTreeSet;

use crate::model::CredentialId;

/// What to do about one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    Keep,
    /// Issue it anew.
    Issue(Reason),
    /// Seal the key pair of its client, which it does not hold.
    Take,
    /// Wait for a key pair to be brought in files, for this reason.
    Bring(String),
}

/// Why a certificate is issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// There is none.
    Missing,
    /// Somebody asked for it.
    Asked,
    /// The spec wants another one: these parts differ.
    Changed(Vec<&'static str>),
    /// It is due: a third of its life is left, or as long as the spec says.
    Due,
    /// It has ended.
    Expired,
    /// It is revoked.
    Revoked,
}

/// What the spec wants of a certificate that differs in these parts, as a clause.
#[must_use]
pub fn wanted(parts: &[&str]) -> String {
    let wanted = parts.iter().map(|part| match *part {
        "names" => "other names".to_owned(),
        "seed" => "a key that follows from the seed".to_owned(),
        "generation" => "another generation of its key".to_owned(),
        part => format!("another {part}"),
    });
    format!("the spec wants {}", wanted.collect::<Vec<_>>().join(" and "))
}

/// Secrets and clients that are to get a new key and certificate whatever is there.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Full names of hosts.
    pub hosts: BTreeSet<String>,
    /// Names of clients.
    pub clients: BTreeSet<String>,
    /// Clusters whose istiod gets another authority.
    pub clusters: BTreeSet<String>,
    /// The one whose next key pair is brought in this run.
    pub brought: Option<CredentialId>,
    /// Whether renewals are told of and left to the next run.
    pub no_renewals: bool,
}
