//! What a certificate is to look like, and the Secret of a server's, or of a client's for a workload.

use std::collections::BTreeSet;

use super::super::name::{HostName, Label, ObjectName};
use super::{AltName, AuthorityId, CredentialId};
use crate::spec::node::{Challenge, KeyKind};
use crate::spec::tree::Field;
use crate::spec::{Origin, Span, Traced};
use crate::time::{Seconds, Timestamp};

/// What a certificate is to look like.
#[derive(Debug, Clone)]
pub struct CertificateFacts {
    /// The subject's attributes.
    pub subject: SubjectFacts,
    /// The key.
    pub key: Traced<KeyKind>,
    /// The key of a second certificate beside it, of the other sort.
    pub second_key: Option<Traced<KeyKind>>,
    /// How long it holds.
    pub valid: Traced<Seconds>,
    /// Whether somebody wrote how long.
    pub valid_said: bool,
    /// How long before its end it is due, where that is said; else when a third of its life is left.
    pub renew_before: Option<Traced<Seconds>>,
    /// Whether the one that takes its place has a new key, where that is said; else it has.
    pub renew_key: Option<Traced<bool>>,
    /// Which of the keys that follow from the project's seed, where that is said.
    pub generation: Option<Traced<u32>>,
}

impl CertificateFacts {
    /// Whether the one that takes its place goes on with its key.
    #[must_use]
    pub fn keeps_key(&self) -> bool {
        self.renew_key.as_ref().is_some_and(|said| !said.value)
    }

    /// Which of the keys that follow from the project's seed.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation.as_ref().map_or(1, |said| said.value)
    }
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

/// The Secret of a key pair: a server's, or a client's for a workload.
#[derive(Debug, Clone)]
pub struct Credential {
    /// Its name.
    pub secret: Traced<ObjectName>,
    /// The namespace of the pods that read it.
    pub namespace: Traced<Label>,
    /// Where it comes from.
    pub kind: CredentialKind,
    /// The one that is shown beside it, with a key of the other sort.
    pub second: Option<CredentialId>,
}

/// Where a Secret's key pair comes from.
#[derive(Debug, Clone)]
pub enum CredentialKind {
    /// We issue it, and seal the Secret.
    Issued(Box<Leaf>),
    /// It is brought in files; we seal the Secret.
    Brought(Box<Leaf>),
    /// cert-manager makes the Secret; we write the Certificate that asks for it.
    Ordered(Box<Order>),
    /// It is that of a client, by its index in the project's clients; we seal the Secret.
    Presented {
        /// The client.
        client: usize,
        /// Its certificate.
        leaf: Box<Leaf>,
    },
    /// Something else makes the Secret.
    External,
}

impl CredentialKind {
    /// The certificate, unless it is unknown here.
    #[must_use]
    pub fn leaf(&self) -> Option<&Leaf> {
        match self {
            Self::Issued(leaf) | Self::Brought(leaf) | Self::Presented { leaf, .. } => Some(leaf),
            Self::Ordered(order) => Some(&order.leaf),
            Self::External => None,
        }
    }

    /// The same with the second key, where there is one, and what tells its Secret from the first.
    #[must_use]
    pub(in crate::model) fn second(&self) -> Option<(&'static str, Self)> {
        let key = self.leaf()?.certificate.second_key.clone()?;
        let sort = if key.value.is_rsa() { "rsa" } else { "ecdsa" };
        let with = |leaf: &Leaf| {
            let certificate = CertificateFacts { key, second_key: None, ..leaf.certificate.clone() };
            Leaf { certificate, ..leaf.clone() }
        };
        let kind = match self {
            Self::Issued(leaf) => Self::Issued(Box::new(with(leaf))),
            Self::Brought(leaf) => Self::Brought(Box::new(with(leaf))),
            Self::Ordered(order) => {
                Self::Ordered(Box::new(Order { leaf: with(&order.leaf), ..(**order).clone() }))
            }
            Self::Presented { .. } | Self::External => return None,
        };
        Some((sort, kind))
    }

    /// The client whose key pair it is, by its index in the project's clients.
    #[must_use]
    pub fn client(&self) -> Option<usize> {
        match self {
            Self::Presented { client, .. } => Some(*client),
            Self::Issued(_) | Self::Brought(_) | Self::Ordered(_) | Self::External => None,
        }
    }

    /// The certificate of which the Secret is sealed here.
    #[must_use]
    pub fn sealed(&self) -> Option<&Leaf> {
        match self {
            Self::Issued(leaf) | Self::Brought(leaf) | Self::Presented { leaf, .. } => Some(leaf),
            Self::Ordered(_) | Self::External => None,
        }
    }
}

/// A certificate that cert-manager gets.
#[derive(Debug, Clone)]
pub struct Order {
    /// What it is to look like.
    pub leaf: Leaf,
    /// The issuer's name.
    pub issuer: Traced<ObjectName>,
    /// The issuer's kind, as `ClusterIssuer`.
    pub kind: Traced<String>,
    /// The API group of that kind.
    pub group: Traced<String>,
    /// How the issuer asks for proof that the names are ours, where that is known.
    pub challenge: Option<Traced<Challenge>>,
    /// What else the Certificate says.
    pub layer: Vec<Field>,
}

/// The certificate of a Secret: a host's, that of a `certificate` node, or a client's.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// The word that made it.
    pub word: Span,
    /// That word: `host`, `certificate` or `client`.
    pub called: &'static str,
    /// Its first name as written: where findings about it point.
    pub place: Span,
    /// Codes that are settled there.
    pub settled: BTreeSet<String>,
    /// Who signs it; none where that is not one of ours.
    pub authority: Option<AuthorityId>,
    /// What chose where it comes from.
    pub source_origin: Origin,
    /// Subject, key and validity.
    pub certificate: CertificateFacts,
    /// What it is called, where that is none of its names: a client's name.
    pub name: Option<String>,
    /// The hosts that it is for.
    pub names: Vec<Traced<HostName>>,
    /// What else it is for, sorted.
    pub sans: Vec<Traced<AltName>>,
    /// The moment before which no certificate of it counts, where that is said.
    pub revoked: Option<Traced<Timestamp>>,
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

    /// The names that a certificate lacks which is for these. A wildcard stands for the names right below it.
    #[must_use]
    pub fn missing_from(&self, sans: impl Iterator<Item = String>) -> Vec<AltName> {
        let there: Vec<String> = sans.map(|name| name.to_ascii_lowercase()).collect();
        let has = |name: &AltName| {
            let text = name.to_string().to_ascii_lowercase();
            let above = text.split_once('.').map(|(_, above)| format!("*.{above}"));
            there.contains(&text)
                || matches!(name, AltName::Dns(_)) && above.is_some_and(|above| there.contains(&above))
        };
        self.alt_names().into_iter().filter(|name| !has(name)).collect()
    }

    /// What it is called: by its own name, or the first that it is for.
    #[must_use]
    pub fn title(&self) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
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
