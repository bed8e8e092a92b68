//! A project that is valid because it exists: inheritance applied, references resolved.

use std::collections::BTreeSet;
use std::fmt;

use super::name::{HostName, Label, ObjectName};
use super::path::PathPattern;
use crate::schema::Version;
use crate::sops::Recipient;
use crate::spec::node::{CaIn, Filter, FluxSubstitute, HttpMode, IstioDuration, KeyKind};
use crate::spec::{Origin, Span, Traced};
use crate::time::{Seconds, Timestamp};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub(super) usize);
    };
}

id! {
    /// An authority of the project that gave it out.
    AuthorityId
}
id! {
    /// A gateway of the project that gave it out.
    GatewayId
}
id! {
    /// A credential of the project that gave it out.
    CredentialId
}

/// Everything that a valid spec says. Lists are sorted by name, so that the order of files means nothing.
#[derive(Debug, Clone)]
pub struct Project {
    pub(super) authorities: Vec<Authority>,
    pub(super) gateways: Vec<Gateway>,
    pub(super) credentials: Vec<Credential>,
    /// Hosts, sorted by name.
    pub hosts: Vec<Host>,
    pub(super) hosts_by_credential: Vec<Vec<usize>>,
    /// Clients, sorted by authority and name.
    pub clients: Vec<Client>,
    /// Services, sorted by namespace and name.
    pub services: Vec<Service>,
    /// How Secrets are sealed.
    pub secrets: SecretsPolicy,
    /// What happens to `${`.
    pub flux_substitute: Traced<FluxSubstitute>,
    /// The release of Istio that every field must be in.
    pub istio: Traced<Version>,
    /// Codes that are settled everywhere.
    pub settled: BTreeSet<String>,
}

impl Project {
    /// All authorities, sorted by name.
    #[must_use]
    pub fn authorities(&self) -> &[Authority] {
        &self.authorities
    }

    /// All gateways, sorted by name.
    #[must_use]
    pub fn gateways(&self) -> &[Gateway] {
        &self.gateways
    }

    /// All credentials, sorted by namespace and name.
    #[must_use]
    pub fn credentials(&self) -> &[Credential] {
        &self.credentials
    }

    /// All authorities with their ids.
    pub fn authorities_with_ids(&self) -> impl Iterator<Item = (AuthorityId, &Authority)> {
        self.authorities.iter().enumerate().map(|(i, authority)| (AuthorityId(i), authority))
    }

    /// All credentials with their ids.
    pub fn credentials_with_ids(&self) -> impl Iterator<Item = (CredentialId, &Credential)> {
        self.credentials.iter().enumerate().map(|(i, credential)| (CredentialId(i), credential))
    }

    /// An authority.
    #[must_use]
    pub fn authority(&self, id: AuthorityId) -> &Authority {
        &self.authorities[id.0]
    }

    /// A gateway.
    #[must_use]
    pub fn gateway(&self, id: GatewayId) -> &Gateway {
        &self.gateways[id.0]
    }

    /// A credential.
    #[must_use]
    pub fn credential(&self, id: CredentialId) -> &Credential {
        &self.credentials[id.0]
    }

    /// The authority of that name.
    #[must_use]
    pub fn authority_named(&self, name: &str) -> Option<(AuthorityId, &Authority)> {
        let i = self.authorities.iter().position(|authority| authority.name.value.as_str() == name)?;
        Some((AuthorityId(i), &self.authorities[i]))
    }

    /// The hosts that a credential is for, sorted.
    pub fn hosts_of(&self, credential: CredentialId) -> impl Iterator<Item = &Host> {
        self.hosts_by_credential.get(credential.0).into_iter().flatten().filter_map(|&i| self.hosts.get(i))
    }

    /// Whether a finding is settled for the whole project or at a node with these codes.
    #[must_use]
    pub fn is_settled(&self, code: &str, at: &BTreeSet<String>) -> bool {
        self.settled.contains(code) || at.contains(code)
    }
}

/// A certificate authority of ours: a root.
#[derive(Debug, Clone)]
pub struct Authority {
    /// The word itself.
    pub word: Span,
    /// Its name, also its folder below `pki/`.
    pub name: Traced<ObjectName>,
    /// Subject, key and validity of its own certificates.
    pub certificate: CertificateFacts,
    /// Its generations, ascending, never empty.
    pub generations: Vec<Generation>,
    /// The age recipients of its files, where the spec names them.
    pub recipients: Vec<Traced<Recipient>>,
    /// Codes that are settled here.
    pub settled: BTreeSet<String>,
}

impl Authority {
    /// The generation that signs: the highest that says so.
    #[must_use]
    pub fn signing(&self) -> &Generation {
        self.generations.iter().rev().find(|generation| generation.signs).unwrap_or(&self.generations[0])
    }

    /// The generations that belong into a trust bundle, newest first.
    pub fn trusted(&self) -> impl Iterator<Item = &Generation> {
        self.generations.iter().rev().filter(|generation| generation.introduced && !generation.retired)
    }
}

/// One key pair in an authority's life.
#[derive(Debug, Clone)]
pub struct Generation {
    /// From 1.
    pub number: u32,
    /// In trust bundles.
    pub introduced: bool,
    /// Signs, or has signed.
    pub signs: bool,
    /// Out of trust bundles again.
    pub retired: bool,
    /// When it went out, where written.
    pub retired_on: Option<Timestamp>,
    /// What in the spec says so.
    pub origin: Origin,
}

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

/// A gateway: one Gateway resource, or one a certificate.
#[derive(Debug, Clone)]
pub struct Gateway {
    /// The word itself.
    pub word: Span,
    /// Its name.
    pub name: Traced<Label>,
    /// Namespace of the Gateway resource.
    pub namespace: Traced<Label>,
    /// Namespace of the gateway's pods: their Secrets must lie there.
    pub workload_namespace: Traced<Label>,
    /// Labels of the gateway's pods, sorted by key.
    pub selector: Vec<(Traced<String>, Traced<String>)>,
    /// Reason of the selector as a whole.
    pub selector_origin: Origin,
    /// The HTTPS port.
    pub port: Traced<u16>,
    /// The plain HTTP port.
    pub http_port: Traced<u16>,
    /// What the HTTP port does for hosts that say nothing else.
    pub http: Traced<HttpMode>,
    /// One Gateway resource a certificate: the reason, if so.
    pub per_certificate: Option<Origin>,
    /// Codes that are settled here.
    pub settled: BTreeSet<String>,
}

/// A host that is served over HTTPS.
#[derive(Debug, Clone)]
pub struct Host {
    /// The word itself.
    pub word: Span,
    /// Its name as written: where findings about it point. The full name may also come from its domain.
    pub place: Span,
    /// Its full name.
    pub name: Traced<HostName>,
    /// The domain that it joins.
    pub domain: Option<Traced<String>>,
    /// Its gateway.
    pub gateway: GatewayId,
    /// That gateway, with what chose it.
    pub gateway_origin: Origin,
    /// Its key pair.
    pub credential: CredentialId,
    /// How TLS is spoken.
    pub tls: Traced<TlsMode>,
    /// What says whose clients are let in, where it asks for a certificate.
    pub clients_origin: Origin,
    /// What port 80 does.
    pub http: Traced<HttpMode>,
    /// Its routes, one list a namespace, sorted by namespace; each list in the order in which routes are tried.
    pub routes: Vec<NamespaceRoutes>,
    /// Codes that are settled here, at its domain or at its gateway.
    pub settled: BTreeSet<String>,
}

/// How a server speaks TLS; each mode holds what it needs and no more.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TlsMode {
    /// The server shows a certificate.
    Simple,
    /// The client must show one that these sign.
    Mutual(ClientTrust),
    /// The client may show one, which these must then have signed.
    OptionalMutual(ClientTrust),
}

/// Whose clients are let in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClientTrust {
    /// The clients of these authorities: sorted, each once, never empty.
    Authorities(Vec<AuthorityId>),
    /// Whatever the external Secret, or the `-cacert` one beside it, says.
    External,
}

impl TlsMode {
    /// Istio's name of the mode.
    #[must_use]
    pub fn istio(&self) -> &'static str {
        match self {
            Self::Simple => "SIMPLE",
            Self::Mutual(_) => "MUTUAL",
            Self::OptionalMutual(_) => "OPTIONAL_MUTUAL",
        }
    }

    /// The authorities whose clients are let in, if they are ours to say.
    #[must_use]
    pub fn client_authorities(&self) -> &[AuthorityId] {
        match self {
            Self::Mutual(ClientTrust::Authorities(ids))
            | Self::OptionalMutual(ClientTrust::Authorities(ids)) => ids,
            _ => &[],
        }
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

/// A server certificate that we issue.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// The `host` word.
    pub word: Span,
    /// Who signs it.
    pub authority: AuthorityId,
    /// What chose the authority.
    pub authority_origin: Origin,
    /// Subject, key and validity.
    pub certificate: CertificateFacts,
    /// Its names.
    pub names: Vec<Traced<HostName>>,
}

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

/// The routes of a host that live in one namespace.
#[derive(Debug, Clone)]
pub struct NamespaceRoutes {
    /// The namespace.
    pub namespace: Traced<Label>,
    /// The routes in the order in which they are tried: `in-order`, or to be sorted path by path.
    pub routes: Vec<Route>,
    /// Whether the written order holds.
    pub in_order: bool,
}

/// Paths and where they go.
#[derive(Debug, Clone)]
pub struct Route {
    /// The word that made it: `route`, or `to` of a host.
    pub word: Span,
    /// The paths, never empty.
    pub paths: Vec<Traced<PathPattern>>,
    /// Where requests go, never empty.
    pub to: Vec<Destination>,
    /// What replaces the matched part of the path.
    pub rewrite: Option<Traced<String>>,
    /// How long an answer may take.
    pub timeout: Option<Traced<IstioDuration>>,
}

/// A service, a port, a share.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The full name of the service.
    pub host: Traced<String>,
    /// Its port.
    pub port: Option<Traced<u16>>,
    /// The subset.
    pub subset: Option<Traced<Label>>,
    /// The share of requests, in percent.
    pub weight: Option<Traced<u32>>,
    /// The word that made it.
    pub origin: Origin,
}

/// A service with subsets.
#[derive(Debug, Clone)]
pub struct Service {
    /// The word itself.
    pub word: Span,
    /// The name as written: also that of the DestinationRule.
    pub name: Traced<ObjectName>,
    /// The namespace of the DestinationRule.
    pub namespace: Traced<Label>,
    /// The full name of the service.
    pub host: Traced<String>,
    /// Its subsets, as written.
    pub subsets: Vec<Subset>,
}

/// Pods of a service with these labels.
#[derive(Debug, Clone)]
pub struct Subset {
    /// Its name.
    pub name: Traced<Label>,
    /// Labels, as written.
    pub labels: Vec<(Traced<String>, Traced<String>)>,
}

/// How Secrets are sealed.
#[derive(Debug, Clone)]
pub struct SecretsPolicy {
    /// age recipients, where the spec names them.
    pub recipients: Vec<Traced<Recipient>>,
    /// What is encrypted.
    pub filter: Traced<Filter>,
    /// Where clients' trust anchors go.
    pub ca_in: Traced<CaIn>,
    /// That one audience opens everything is meant so.
    pub one_audience: bool,
}
