//! What a certificate is to look like, and the Secret of a server's.

use std::collections::BTreeSet;

use super::super::name::{HostName, Label, ObjectName};
use super::{AltName, AuthorityId};
use crate::spec::node::KeyKind;
use crate::spec::tree::Field;
use crate::spec::{Origin, Span, Traced};
use crate::time::Seconds;

/// What a certificate is to look like.
#[derive(Debug, Clone)]
pub struct CertificateFacts {
    /// The subject's attributes.
    pub subject: SubjectFacts,
    /// The key.
    pub key: Traced<KeyKind>,
    /// How long it holds.
    pub valid: Traced<Seconds>,
    /// Whether somebody wrote how long.
    pub valid_said: bool,
    /// How long before its end it is due, where that is said; else when a third of its life is left.
    pub renew_before: Option<Traced<Seconds>>,
}

/// Attributes of a subject, each with its reason.
#[derive(Debug, Clone, Default)]
pub struct SubjectFacts {
    /// CN, at most 64 characters.
    pub common_name: Option<Traced<String>>,
    /// O
    pub organization: Option<Traced<String>>,
    /// OU
    pub organizational_unit: Option<Traced<String>>,
    /// C
    pub country: Option<Traced<String>>,
    /// ST
    pub state: Option<Traced<String>>,
    /// L
    pub locality: Option<Traced<String>>,
}

impl SubjectFacts {
    /// The attributes that there are.
    pub fn parts(&self) -> impl Iterator<Item = &Traced<String>> {
        [
            &self.common_name,
            &self.organization,
            &self.organizational_unit,
            &self.country,
            &self.state,
            &self.locality,
        ]
        .into_iter()
        .flatten()
    }
}

/// The Secret of a server's key pair.
#[derive(Debug, Clone)]
pub struct Credential {
    /// Its name.
    pub secret: Traced<ObjectName>,
    /// The namespace of the pods that read it.
    pub namespace: Traced<Label>,
    /// Where it comes from.
    pub kind: CredentialKind,
}

/// Where a server's key pair comes from.
#[derive(Debug, Clone)]
pub enum CredentialKind {
    /// We issue it.
    Issued(Box<Leaf>),
    /// Something else makes the Secret.
    External,
}

/// A server's certificate that we issue: of a host, or of a `certificate` node.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// The word that made it.
    pub word: Span,
    /// That word: `host` or `certificate`.
    pub called: &'static str,
    /// Its first name as written: where findings about it point.
    pub place: Span,
    /// Codes that are settled there.
    pub settled: BTreeSet<String>,
    /// Who signs it.
    pub authority: AuthorityId,
    /// What chose the authority.
    pub authority_origin: Origin,
    /// Subject, key and validity.
    pub certificate: CertificateFacts,
    /// The hosts that it is for.
    pub names: Vec<Traced<HostName>>,
    /// What else it is for, sorted.
    pub sans: Vec<Traced<AltName>>,
    /// What else `metadata` of its Secrets says.
    pub metadata: Vec<Field>,
}

impl Leaf {
    /// Everything that it is for: the DNS names of its hosts, then the others, each once.
    #[must_use]
    pub fn alt_names(&self) -> Vec<AltName> {
        let mut found: Vec<_> = self.names.iter().map(|name| AltName::of_host(&name.value)).collect();
        for san in &self.sans {
            if !found.contains(&san.value) {
                found.push(san.value.clone());
            }
        }
        found
    }

    /// What it is called: its first name.
    #[must_use]
    pub fn title(&self) -> String {
        self.alt_names().first().map(ToString::to_string).unwrap_or_default()
    }

    /// Whether a client would take it for this host.
    #[must_use]
    pub fn certifies(&self, host: &HostName) -> bool {
        self.names.iter().any(|name| name.value.certifies(host))
            || self.sans.iter().any(|san| match &san.value {
                AltName::Dns(name) => HostName::parse(name).is_ok_and(|name| name.certifies(host)),
                _ => false,
            })
    }
}
