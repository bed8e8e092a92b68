//! Project × what is there × clock → what must happen to each certificate.

use std::collections::BTreeSet;

use super::authority::{self, GenerationPlan};
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{AuthorityId, CertificateFacts, ClientSan, CredentialId, CredentialKind, Leaf, Project};
use crate::paths::Place;
use crate::pki::{Certificate, Name, San};
use crate::spec::node::KeyKind;
use crate::state::{Existing, ExistingLeaf, KeyFile};
use crate::time::{Seconds, Timestamp};

/// How far back a certificate's start is dated, for clients whose clocks are slow.
pub const BACKDATE: Seconds = Seconds(300);

/// What must happen to every certificate.
pub struct CertPlan<'a> {
    /// Generations of authorities.
    pub generations: Vec<GenerationPlan<'a>>,
    /// Servers' certificates.
    pub leaves: Vec<LeafPlan<'a>>,
    /// Clients' certificates, in the order of the project's clients.
    pub clients: Vec<ClientPlan<'a>>,
}

/// What must happen to a server's certificate.
pub struct LeafPlan<'a> {
    /// Whose.
    pub credential: CredentialId,
    /// What it is to look like.
    pub leaf: &'a Leaf,
    /// The shape that follows from it.
    pub shape: Shape,
    /// What is there, at its place or where it was before a change of its name.
    pub there: Option<&'a ExistingLeaf>,
    /// What to do.
    pub action: Action,
}

/// What must happen to a client's certificate.
pub struct ClientPlan<'a> {
    /// The index in the project's clients.
    pub client: usize,
    /// The shape that follows from the spec.
    pub shape: Shape,
    /// What is there.
    pub there: Option<&'a KeyFile>,
    /// What to do.
    pub action: Action,
}

/// What to do about one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    Keep,
    /// Issue it anew.
    Issue(Reason),
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
    /// A third of its life is left, or less.
    Due,
    /// It has ended.
    Expired,
}

/// The parts of a certificate that the spec decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Its subject.
    pub subject: Name,
    /// Its names, sorted.
    pub sans: Vec<San>,
    /// Its key.
    pub key: KeyKind,
    /// How long it holds.
    pub valid: Seconds,
}

impl Shape {
    /// The shape that facts and names make.
    #[must_use]
    pub fn new(facts: &CertificateFacts, mut sans: Vec<San>) -> Self {
        let text = |part: &Option<crate::spec::Traced<String>>| part.as_ref().map(|part| part.value.clone());
        let subject = &facts.subject;
        sans.sort();
        Self {
            subject: Name {
                common_name: text(&subject.common_name),
                organization: text(&subject.organization),
                organizational_unit: text(&subject.organizational_unit),
                country: text(&subject.country),
                state: text(&subject.state),
                locality: text(&subject.locality),
            },
            sans,
            key: facts.key.value,
            valid: facts.valid.value,
        }
    }

    /// The parts in which a certificate differs.
    #[must_use]
    pub fn differences(&self, certificate: &Certificate) -> Vec<&'static str> {
        let mut found = Vec::new();
        let mut sans = certificate.sans().to_vec();
        sans.sort();
        if sans != self.sans {
            found.push("names");
        }
        if *certificate.subject() != self.subject.distinguished() {
            found.push("subject");
        }
        if certificate.key_kind() != Some(self.key) {
            found.push("key");
        }
        found
    }
}

/// Secrets and clients that are to get a new key and certificate whatever is there.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Full names of hosts.
    pub hosts: BTreeSet<String>,
}

/// Works out what must happen. The report says what can't go on and what is worth knowing.
#[must_use]
pub fn certs<'a>(
    project: &'a Project,
    existing: &'a Existing,
    asked: &Asked,
    now: Timestamp,
) -> (CertPlan<'a>, Report) {
    let mut report = Report::default();
    let generations = authority::plan(project, existing, now, &mut report);
    let claimed = project
        .credentials()
        .iter()
        .map(|credential| (credential.namespace.value.to_string(), credential.secret.value.to_string()))
        .collect();
    let judge = Judge { project, existing, generations: &generations, claimed, now };
    let leaves = project
        .credentials_with_ids()
        .filter_map(|(id, credential)| match &credential.kind {
            CredentialKind::Issued(leaf) => Some(judge.leaf(id, leaf, asked, &mut report)),
            CredentialKind::External => None,
        })
        .collect();
    let clients = (0..project.clients.len()).map(|i| judge.client(i, &mut report)).collect();
    (CertPlan { generations, leaves, clients }, report)
}

struct Judge<'a, 'g> {
    project: &'a Project,
    existing: &'a Existing,
    generations: &'g [GenerationPlan<'a>],
    /// Namespaces and names of the Secrets that the project wants.
    claimed: BTreeSet<(String, String)>,
    now: Timestamp,
}

impl<'a> Judge<'a, '_> {
    fn leaf(&self, id: CredentialId, leaf: &'a Leaf, asked: &Asked, report: &mut Report) -> LeafPlan<'a> {
        let sans = leaf.names.iter().map(|name| San::Dns(name.value.to_string())).collect();
        let shape = Shape::new(&leaf.certificate, sans);
        let there = self.find(id, leaf, &shape);
        if let Some(there) = there.filter(|there| self.is_foreign(leaf.authority, &there.certificate)) {
            let name = leaf.names.first().map(|name| name.value.as_str()).unwrap_or_default();
            report.push(self.foreign(&there.shown, &there.certificate, name));
        }
        let asked = leaf.names.iter().any(|name| asked.hosts.contains(name.value.as_str()));
        let action = if asked {
            Action::Issue(Reason::Asked)
        } else {
            self.action(leaf.authority, &shape, there.map(|leaf| &leaf.certificate))
        };
        LeafPlan { credential: id, leaf, shape, there, action }
    }

    fn client(&self, i: usize, report: &mut Report) -> ClientPlan<'a> {
        let client = &self.project.clients[i];
        let sans = client.sans.iter().map(|san| match &san.value {
            ClientSan::Dns(name) => San::Dns(name.clone()),
            ClientSan::Email(name) => San::Email(name.clone()),
            ClientSan::Uri(name) => San::Uri(name.clone()),
        });
        let shape = Shape::new(&client.certificate, sans.collect());
        let authority = self.project.authority(client.authority).name.value.to_string();
        let there = self.existing.clients.get(&(authority, client.file_name.clone()));
        if let Some(there) = there.filter(|there| self.is_foreign(client.authority, &there.certificate)) {
            report.push(self.foreign(&there.shown, &there.certificate, &client.name.value));
        }
        let action = self.action(client.authority, &shape, there.map(|file| &file.certificate));
        ClientPlan { client: i, shape, there, action }
    }

    /// The Secret of a credential: at its place, or, when its name or namespace changed, the one that no credential
    /// claims and that is exactly what is wanted.
    fn find(&self, id: CredentialId, leaf: &Leaf, shape: &Shape) -> Option<&'a ExistingLeaf> {
        let credential = self.project.credential(id);
        let (namespace, secret) = (credential.namespace.value.as_str(), credential.secret.value.as_str());
        self.existing.leaf(namespace, secret).or_else(|| {
            let fits = |there: &&ExistingLeaf| {
                there.sealed.mac_only_encrypted()
                    && self.action(leaf.authority, shape, Some(&there.certificate)) == Action::Keep
            };
            let unclaimed = self.existing.leaves.iter().filter(|(name, _)| !self.claimed.contains(*name));
            unclaimed.map(|(_, there)| there).find(fits)
        })
    }

    fn action(&self, authority: AuthorityId, shape: &Shape, there: Option<&Certificate>) -> Action {
        let Some(there) = there else { return Action::Issue(Reason::Missing) };
        let mut differences = shape.differences(there);
        let signing = self.generations.iter().find(|plan| plan.signs && authority == plan.authority);
        let signer = signing.and_then(|plan| plan.there).map(|file| &file.certificate);
        if signer.is_none_or(|signer| !there.signed_by(signer)) {
            differences.push("authority");
        }
        if !differences.is_empty() {
            return Action::Issue(Reason::Changed(differences));
        }
        if there.not_after() <= self.now {
            return Action::Issue(Reason::Expired);
        }
        let end = signer.map_or(Timestamp::MAX, Certificate::not_after).min(self.now + shape.valid);
        if is_due(there, self.now) && end > there.not_after() {
            return Action::Issue(Reason::Due);
        }
        Action::Keep
    }

    /// Signed by nobody whom this project knows: nothing of ours made it, unless what made it is lost.
    fn is_foreign(&self, authority: AuthorityId, certificate: &Certificate) -> bool {
        let lost = self.generations.iter().any(|plan| {
            plan.authority == authority
                && plan.there.is_none()
                && authority::is_lost(self.project, self.existing, authority, plan.generation.number)
        });
        !lost
            && !self.existing.generations.values().any(|file| certificate.signed_by(&file.certificate))
            && !self.existing.generations.is_empty()
    }

    fn foreign(&self, path: &str, certificate: &Certificate, name: &str) -> Diagnostic {
        let pki = self.existing.names.folder(Place::Pki);
        Diagnostic::error(Code::FOREIGN_CERTIFICATE, format!("the certificate of `{name}` was not issued by this project"))
            .in_file(path)
            .note(format!("it says that its issuer is `{}`, and no generation of an authority below {pki}/ signed it", certificate.issuer()))
            .help(format!("somebody changed {path} by hand: restore it with `git checkout HEAD -- {path}`, or remove the file to have a new one issued"))
    }
}

/// Whether a third of a certificate's life is left, or less.
#[must_use]
pub fn is_due(certificate: &Certificate, now: Timestamp) -> bool {
    now >= renewal(certificate)
}

/// When a certificate becomes due.
#[must_use]
pub fn renewal(certificate: &Certificate) -> Timestamp {
    let life = certificate.not_after() - certificate.not_before();
    certificate.not_after() - Seconds(life.0 / 3)
}
