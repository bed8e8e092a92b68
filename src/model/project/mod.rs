//! A project that is valid because it exists: inheritance applied, references resolved.

mod alt_name;
mod apart;
mod authority;
mod cacerts;
mod certificate;
mod client;
mod condition;
mod gateway;
mod host;
mod object;
mod permitted;
mod route;
mod secrets;
mod service;

use std::collections::{BTreeMap, BTreeSet};

pub use alt_name::AltName;
pub use authority::{Authority, Generation, Stage};
pub use cacerts::{Cacerts, FOLDER as CACERTS_FOLDER};
pub use certificate::{CertificateFacts, Credential, CredentialKind, Leaf, Order, SubjectFacts};
pub use client::{Client, ClientSecret};
pub use condition::Condition;
pub use gateway::Gateway;
pub use host::{ClientTrust, Host, TlsMode};
pub use object::Object;
pub use permitted::{IpRange, Permitted};
pub use route::{Destination, NamespaceRoutes, Route};
pub use secrets::SecretsPolicy;
pub use service::{Service, Subset};

use super::name::{HostName, Label, ObjectName};
use crate::diag::{Code, Report};
use crate::schema::Version;
use crate::spec::Origin;
use crate::spec::node::FluxSubstitute;
use crate::spec::{Span, Traced};

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

/// The node that a credential is of.
#[derive(Debug, Clone)]
pub struct Owner<'p> {
    /// `host` or `certificate`.
    pub word: &'static str,
    /// Its full name.
    pub name: String,
    /// That name as written.
    pub place: Option<Span>,
    settled: Option<&'p BTreeSet<String>>,
}

/// Everything that a valid spec says. Lists are sorted by name, so that the order of files means nothing.
#[derive(Debug, Clone)]
pub struct Project {
    pub(super) authorities: Vec<Authority>,
    pub(super) gateways: Vec<Gateway>,
    pub(super) credentials: Vec<Credential>,
    /// Hosts, sorted by name.
    pub hosts: Vec<Host>,
    /// Names of the domains' certificates that are no host's, for which their servers stand all the same.
    pub listeners: Vec<Host>,
    pub(super) hosts_by_credential: Vec<Vec<usize>>,
    /// Authorities of istiods, sorted by name.
    pub cacerts: Vec<Cacerts>,
    /// Clients, sorted by authority and name.
    pub clients: Vec<Client>,
    /// Services, sorted by namespace and name.
    pub services: Vec<Service>,
    /// Whole objects, sorted by group, kind, namespace and name.
    pub objects: Vec<Object>,
    /// How Secrets are sealed.
    pub secrets: SecretsPolicy,
    /// The namespace of what says none.
    pub namespace: Label,
    /// What happens to `${`.
    pub flux_substitute: Traced<FluxSubstitute>,
    /// The release of Istio that every field must be in.
    pub istio: Traced<Version>,
    /// Codes that are settled everywhere.
    pub settled: BTreeSet<String>,
    /// Codes that are settled at a node, with the whole of that node.
    pub decisions: Vec<(Span, Code)>,
}

impl Project {
    /// Drops warnings and notices that the team has decided on, for the whole project or at a node that they show.
    pub fn settle(&self, report: &mut Report) {
        report.settle(&self.settled);
        report.settle_within(&self.decisions);
    }

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

    /// All gateways with their ids.
    pub fn gateways_with_ids(&self) -> impl Iterator<Item = (GatewayId, &Gateway)> {
        self.gateways.iter().enumerate().map(|(i, gateway)| (GatewayId(i), gateway))
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

    /// An authority and all above it, from itself to its root.
    #[must_use]
    pub fn way_up(&self, id: AuthorityId) -> Vec<AuthorityId> {
        let mut way = vec![id];
        while let Some(parent) = way.last().and_then(|id| self.authority(*id).parent.as_ref()) {
            way.push(parent.value);
        }
        way
    }

    /// The root above an authority: what its clients must trust.
    #[must_use]
    pub fn root_of(&self, id: AuthorityId) -> AuthorityId {
        self.way_up(id).pop().unwrap_or(id)
    }

    /// What decides the certificate with which an authority signs: its key, and all that decides every one of its certificates.
    #[must_use]
    pub fn authority_origin(&self, id: AuthorityId) -> Origin {
        self.authority(id).signer_origin().and(&self.certificates_origin(id))
    }

    /// What decides the certificates of an authority that are trusted: which these are, and what they say.
    #[must_use]
    pub fn trust_origin(&self, id: AuthorityId) -> Origin {
        self.authority(id).trust_origins().fold(self.certificates_origin(id), |all, one| all.and(&one))
    }

    /// What decides what every certificate of an authority says: itself, who signs it, what lies below it, and the names that
    /// these are for.
    fn certificates_origin(&self, id: AuthorityId) -> Origin {
        let authority = self.authority(id);
        let mut all = authority.own_origin().and(&authority.certificate.valid.origin);
        let Some(parent) = &authority.parent else { return all };
        all = all.and(&parent.origin).and(&self.authority(parent.value).signer_origin());
        let derived = authority.permitted_origin.iter().chain(&authority.below_origin);
        all = derived.fold(all, |all, one| all.and(one));
        // It ends with those above it.
        let above = self.way_up(id).into_iter().skip(1).map(|id| &self.authority(id).certificate.valid);
        let clamps = above.filter(|valid| valid.value <= authority.certificate.valid.value);
        clamps.fold(all, |all, valid| all.and(&valid.origin))
    }

    /// What a certificate follows from beside what it says, in a project with a seed: its epoch, and which key it is.
    pub fn seed_origins<'p>(&'p self, certificate: &'p CertificateFacts) -> impl Iterator<Item = &'p Origin> {
        let epoch = self.secrets.seed.iter().map(|epoch| &epoch.origin);
        epoch.chain(certificate.generation.iter().map(|said| &said.origin))
    }

    /// The same with a credential's Secret at another place, whatever the spec says.
    pub(crate) fn place(&mut self, id: CredentialId, namespace: Label, secret: ObjectName) {
        if let Some(credential) = self.credentials.get_mut(id.0) {
            credential.namespace.value = namespace;
            credential.secret.value = secret;
        }
    }

    /// The same with a credential whose second is not there.
    pub(crate) fn show_alone(&mut self, id: CredentialId) {
        if let Some(credential) = self.credentials.get_mut(id.0) {
            credential.second = None;
        }
    }

    /// The same with hosts for which other Secrets are shown.
    pub(crate) fn show_instead(&mut self, stand_ins: &BTreeMap<HostName, Vec<ObjectName>>) {
        for host in self.hosts.iter_mut().chain(&mut self.listeners) {
            if let Some(names) = stand_ins.get(&host.name.value) {
                host.stand_ins.clone_from(names);
            }
        }
    }

    /// The Secrets that a host's server shows: that of its key pair and, of two, the one beside it.
    #[must_use]
    pub fn shown<'p>(&'p self, host: &'p Host) -> Vec<&'p ObjectName> {
        if !host.stand_ins.is_empty() {
            return host.stand_ins.iter().collect();
        }
        let own = self.credential(host.credential);
        let second = own.second.map(|id| self.credential(id));
        [own].into_iter().chain(second).map(|credential| &credential.secret.value).collect()
    }

    /// What a credential is called, and where it was said: the node that its certificate is of.
    #[must_use]
    pub fn owner(&self, id: CredentialId) -> Owner<'_> {
        match self.credential(id).kind.leaf() {
            Some(leaf) => Owner {
                word: leaf.called,
                name: leaf.title(),
                place: Some(leaf.place),
                settled: Some(&leaf.settled),
            },
            None => {
                let host = self.hosts_of(id).next();
                Owner {
                    word: "host",
                    name: host.map(|host| host.name.value.to_string()).unwrap_or_default(),
                    place: host.map(|host| host.place),
                    settled: host.map(|host| &host.settled),
                }
            }
        }
    }

    /// The servers that show a credential: the names of its certificate that are no host's, then its hosts, sorted.
    pub fn hosts_of(&self, credential: CredentialId) -> impl Iterator<Item = &Host> {
        let listeners = self.listeners.iter().filter(move |listener| listener.credential == credential);
        listeners.chain(self.joined(credential))
    }

    /// The hosts that a credential is for, sorted.
    pub fn joined(&self, credential: CredentialId) -> impl Iterator<Item = &Host> {
        self.hosts_by_credential.get(credential.0).into_iter().flatten().filter_map(|&i| self.hosts.get(i))
    }

    /// Whether a finding about a credential is settled.
    #[must_use]
    pub fn is_settled_at(&self, code: &str, id: CredentialId) -> bool {
        let own = self.owner(id).settled.is_some_and(|settled| settled.contains(code));
        self.settled.contains(code) || own
    }

    /// Whether a finding is settled for the whole project or at a node with these codes.
    #[must_use]
    pub fn is_settled(&self, code: &str, at: &BTreeSet<String>) -> bool {
        self.settled.contains(code) || at.contains(code)
    }
}
