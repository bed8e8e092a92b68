//! Project × what is there × clock → what must happen to each certificate.

use std::collections::{BTreeMap, BTreeSet};

pub use super::action::{Action, Asked, Reason, wanted};
use super::authority::{self, GenerationPlan};
use super::brought;
use super::cacerts::CacertsPlan;
use super::claims::{Judging, claims};
use super::clock::{self, Bearer};
use super::foreign;
use super::grid::Timing;
use super::kept::{self, Spent};
use super::life;
use super::lost;
use super::purpose;
use super::removed_clients;
use super::revocable::revokes;
use super::revocation::{self, Lists};
use super::roots;
use super::rotation;
use super::seed;
pub use super::shape::Shape;
use super::uncrossed;
use super::undeclared;
use crate::diag::{Code, Report};
use crate::model::{AuthorityId, Cacerts, Client, CredentialId, Leaf, Project};
use crate::pki::{Certificate, San, Slot};
use crate::state::{Existing, ExistingLeaf, KeyFile, SeedFile};
use crate::time::{Seconds, Timestamp};

/// How far back a certificate's start is dated, for clients whose clocks are slow.
pub const BACKDATE: Seconds = Seconds(300);

/// What must happen to every certificate.
pub struct CertPlan<'a> {
    /// Generations of authorities.
    pub generations: Vec<GenerationPlan<'a>>,
    /// Servers' certificates.
    pub leaves: Vec<LeafPlan<'a>>,
    /// Authorities of istiods, in the order of the project's.
    pub cacerts: Vec<CacertsPlan<'a>>,
    /// Clients' certificates, in the order of the project's clients.
    pub clients: Vec<ClientPlan<'a>>,
    /// Revocation lists.
    pub lists: Lists<'a>,
    /// The seed from which keys follow, of a project that has one.
    pub seed: Option<&'a SeedFile>,
    /// Whether renewals are told of and left to the next run.
    pub no_renewals: bool,
}

/// What must happen to a server's certificate.
pub struct LeafPlan<'a> {
    /// Whose.
    pub credential: CredentialId,
    /// What it is to look like.
    pub leaf: &'a Leaf,
    /// The shape that follows from it.
    pub shape: Shape,
    /// What is there, at its place or elsewhere.
    pub there: Option<&'a ExistingLeaf>,
    /// The certificates that lie beside it below `pki/`, newest first.
    pub earlier: &'a [Certificate],
    /// What to do.
    pub action: Action,
    /// Whether the one that takes its place goes on with its key.
    pub keeps_key: bool,
}

impl<'a> LeafPlan<'a> {
    /// What is there, if it is not at its place.
    #[must_use]
    pub fn moves(&self, project: &Project) -> Option<&'a ExistingLeaf> {
        let credential = project.credential(self.credential);
        let at_place = |there: &&ExistingLeaf| {
            there.parked.is_none()
                && there.namespace == credential.namespace.value.as_str()
                && there.secret == credential.secret.value.as_str()
        };
        self.there.filter(|there| !at_place(there))
    }
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
    /// Whether the one that takes its place goes on with its key.
    pub keeps_key: bool,
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
    seed::check(project, existing, now, &mut report);
    let generations = authority::plan(project, existing, now, &mut report);
    undeclared::check(project, existing, now, &mut report);
    let revoked = revocation::serials(project, existing);
    let spent = Spent::of(project, existing, &revoked);
    let mut judge =
        Judge { project, existing, generations: &generations, claims: BTreeMap::new(), spent, revoked, now };
    let seed = judge.seed();
    judge.claims = claims(project, existing, &judge);
    let both = (&*generations, &judge.claims);
    let lists = revocation::plan(project, existing, both, &judge.revoked, now, &mut report);
    let leaves = project
        .credentials_with_ids()
        .filter_map(|(id, credential)| Some((id, credential.kind.sealed()?)))
        .map(|(id, leaf)| judge.leaf(id, leaf, asked, &mut report))
        .collect::<Vec<_>>();
    roots::check(project, existing, &generations, &leaves, &mut report);
    purpose::check(project, existing, &generations, &mut report);
    uncrossed::check(project, existing, &leaves, now, &mut report);
    let clients = (0..project.clients.len()).map(|i| judge.client(i, asked, &mut report)).collect();
    let cacerts = project.cacerts.iter().map(|cacerts| judge.cacerts(cacerts, asked, &mut report)).collect();
    let no_renewals = asked.no_renewals;
    let plan = CertPlan { generations, leaves, cacerts, clients, lists, seed, no_renewals };
    rotation::check(project, existing, &plan, now, &mut report);
    removed_clients::check(project, existing, &plan.generations, now, &mut report);
    lost::check_records(project, existing, &mut report);
    (plan, report)
}

pub(super) struct Judge<'a, 'g> {
    pub(super) project: &'a Project,
    pub(super) existing: &'a Existing,
    pub(super) generations: &'g [GenerationPlan<'a>],
    /// The Secret that is there of each credential.
    pub(super) claims: BTreeMap<CredentialId, &'a ExistingLeaf>,
    /// Serial numbers that do not count any more.
    pub(super) revoked: BTreeMap<AuthorityId, BTreeSet<String>>,
    /// Keys of certificates that are revoked.
    spent: Spent,
    pub(super) now: Timestamp,
}

impl<'a> Judge<'a, '_> {
    fn leaf(&self, id: CredentialId, leaf: &'a Leaf, asked: &Asked, report: &mut Report) -> LeafPlan<'a> {
        if let Some(client) = self.project.credential(id).kind.client() {
            return self.presented(id, client, leaf, report);
        }
        let there = self.claims.get(&id).copied();
        let shape = self.shape_of(leaf);
        let earlier = self.existing.beside(self.project.credential(id), there);
        let Some(authority) = leaf.authority else {
            if asked.brought == Some(id) {
                return LeafPlan {
                    credential: id,
                    leaf,
                    shape,
                    there,
                    earlier,
                    action: Action::Keep,
                    keeps_key: false,
                };
            }
            let action = brought::plan(self.project, id, (leaf, &shape), there, self.now, report);
            return LeafPlan { credential: id, leaf, shape, there, earlier, action, keeps_key: false };
        };
        if let Some(there) = there {
            let owner = self.project.owner(id);
            let name = &owner.name;
            if self.is_signed_by_nobody(authority, &there.certificate) && !there.is_brought() {
                report.push(foreign::finding(&self.existing.names, &there.shown, &there.certificate, name));
            }
        }
        let is_spent = there.is_some_and(|there| self.spent.has_of_server(leaf, &there.certificate, earlier));
        let slot = self.slot_of_server(id, (leaf, authority), report);
        let action = if clock::is_asked(self.project, id, asked) {
            Action::Issue(Reason::Asked)
        } else {
            let certificate = there.map(|leaf| &leaf.certificate);
            let action = self.served(leaf, authority, &shape, (Some(&slot), certificate));
            kept::revoked_by_key(action, &leaf.certificate, is_spent)
        };
        if let Some(there) = there {
            let owner = self.project.owner(id);
            let (word, name, place) = (owner.word, &*owner.name, owner.place);
            let bearer = Bearer { word, name, place, rotated: "host" };
            self.look_at_clock(&bearer, (authority, &there.certificate), (&action, asked), report);
        }
        brought::replaced(&action, there, report);
        let keeps_key = kept::goes_on(&action, &leaf.certificate, is_spent, self.project);
        LeafPlan { credential: id, leaf, shape, there, earlier, action, keeps_key }
    }

    fn cacerts(&self, cacerts: &'a Cacerts, asked: &Asked, report: &mut Report) -> CacertsPlan<'a> {
        let shape = Shape::new(&cacerts.certificate, Vec::new()).on_grid(self.project);
        let there = self.existing.cacerts.get(cacerts.name.value.as_str());
        if let Some(there) = there {
            let name = cacerts.name.value.as_str();
            if self.is_signed_by_nobody(cacerts.authority, &there.certificate) {
                report.push(foreign::finding(&self.existing.names, &there.shown, &there.certificate, name));
            }
        }
        let called = cacerts.key_name();
        let slot = seed::of_cacerts(self.project, cacerts, &called);
        self.look_at_cacerts(cacerts, (slot, there), report);
        let action = if asked.clusters.contains(cacerts.name.value.as_str()) {
            Action::Issue(Reason::Asked)
        } else {
            self.action(cacerts.authority, &shape, Some(&slot), there.map(|there| &there.certificate))
        };
        let (name, place) = (cacerts.name.value.as_str(), cacerts.name.origin.span());
        if let Some(there) = there {
            let bearer = Bearer { word: "cacerts", name, place, rotated: "cacerts" };
            self.look_at_clock(&bearer, (cacerts.authority, &there.certificate), (&action, asked), report);
        }
        CacertsPlan { cacerts, shape, there, action }
    }

    fn client(&self, i: usize, asked: &Asked, report: &mut Report) -> ClientPlan<'a> {
        let client = &self.project.clients[i];
        let shape = self.shape_of_client(client);
        let there = self.key_of_client(client);
        if let Some(there) = there {
            let name = &client.name.value;
            if self.is_signed_by_nobody(client.authority, &there.certificate) {
                report.push(foreign::finding(&self.existing.names, &there.shown, &there.certificate, name));
            }
        }
        let is_spent = there.is_some_and(|there| self.spent.has(&there.certificate));
        let action = match &client.revoked {
            Some(_) => Action::Keep,
            None if asked.clients.contains(&client.name.value) => Action::Issue(Reason::Asked),
            None => {
                let slot = self.slot_of_client(client, report);
                let there = there.map(|file| &file.certificate);
                let action = self.action(client.authority, &shape, Some(&slot), there);
                kept::revoked_by_key(action, &client.certificate, is_spent)
            }
        };
        if let Some(there) = there.filter(|_| client.revoked.is_none()) {
            let (name, place) = (&*client.name.value, client.name.origin.span());
            let bearer = Bearer { word: "client", name, place, rotated: "client" };
            self.look_at_clock(&bearer, (client.authority, &there.certificate), (&action, asked), report);
        }
        if client.revoked.is_some() && self.existing.certificates_of(&client.file_name).next().is_none() {
            let authority = self.project.authority(client.authority);
            if self.seed().is_some() {
                report.push(seed::forgotten(client, authority));
            } else if self.signer(client.authority).is_some()
                && !self.existing.lists.contains_key(authority.name.value.as_str())
                && !self.project.is_settled(Code::REVOKES_NOTHING.name(), &client.settled)
            {
                report.push(lost::no_certificate(client, authority, &self.existing.names));
            }
        }
        let keeps_key = kept::goes_on(&action, &client.certificate, is_spent, self.project);
        ClientPlan { client: i, shape, there, action, keeps_key }
    }

    /// The seed from which keys follow.
    pub(super) fn seed(&self) -> Option<&'a SeedFile> {
        seed::of(self.project, self.existing)
    }

    /// What a server's certificate is to look like.
    fn shape_of(&self, leaf: &Leaf) -> Shape {
        let shape = Shape::new(&leaf.certificate, leaf.alt_names().iter().map(San::from).collect());
        if leaf.authority.is_some() { shape.on_grid(self.project) } else { shape }
    }

    /// What a client's certificate is to look like.
    pub(super) fn shape_of_client(&self, client: &Client) -> Shape {
        let sans = client.sans.iter().map(|san| San::from(&san.value));
        Shape::new(&client.certificate, sans.collect()).on_grid(self.project)
    }

    /// The key pair of a client that is there.
    pub(super) fn key_of_client(&self, client: &Client) -> Option<&'a KeyFile> {
        let authority = self.project.authority(client.authority).name.value.to_string();
        self.existing.clients.get(&(authority, client.file_name.clone()))
    }

    /// `slot` is what its key is for, where that is known.
    fn action(
        &self,
        authority: AuthorityId,
        shape: &Shape,
        slot: Option<&Slot<'_>>,
        there: Option<&Certificate>,
    ) -> Action {
        let Some(there) = there else { return Action::Issue(Reason::Missing) };
        let mut differences = shape.differences(there);
        differences.extend(foreign::by_another(there, self.signer(authority)));
        if let Some((seed, slot)) = self.seed().zip(slot) {
            differences.extend(seed::difference(&seed.id, slot, there));
        }
        let within = life::of(self.generations, authority);
        let timing = shape.timing(there, self.now, within);
        if timing == Timing::Other && differences.is_empty() {
            differences.push("life");
        }
        if !differences.is_empty() {
            return Action::Issue(Reason::Changed(differences));
        }
        if there.not_after() <= self.now {
            return Action::Issue(Reason::Expired);
        }
        if self.revoked.get(&authority).is_some_and(|revoked| revoked.contains(there.serial())) {
            return Action::Issue(Reason::Revoked);
        }
        if timing == Timing::Due { Action::Issue(Reason::Due) } else { Action::Keep }
    }

    /// The same as [`Self::action`] of a server's, which may be revoked by its date.
    fn served(
        &self,
        leaf: &Leaf,
        by: AuthorityId,
        shape: &Shape,
        (slot, there): (Option<&Slot>, Option<&Certificate>),
    ) -> Action {
        let revoked = there.is_some_and(|there| revokes(leaf, there));
        match self.action(by, shape, slot, there) {
            Action::Keep | Action::Issue(Reason::Due) if revoked => Action::Issue(Reason::Revoked),
            action => action,
        }
    }

    /// The certificate of the generation that signs, if it is there.
    pub(super) fn signer(&self, authority: AuthorityId) -> Option<&'a Certificate> {
        let signing = self.generations.iter().find(|plan| plan.signs && authority == plan.authority);
        signing.and_then(|plan| plan.there).map(|file| &file.certificate)
    }
}

impl Judging for Judge<'_, '_> {
    fn wrong(&self, leaf: &Leaf, there: &ExistingLeaf) -> usize {
        let Some(authority) = leaf.authority else { return usize::from(!there.is_brought()) };
        match self.served(leaf, authority, &self.shape_of(leaf), (None, Some(&there.certificate))) {
            Action::Keep => 0,
            Action::Issue(Reason::Changed(parts)) if there.certificate.not_after() > self.now => {
                1 + parts.len()
            }
            Action::Issue(Reason::Due | Reason::Asked) => 1,
            Action::Issue(_) | Action::Bring(_) | Action::Take => usize::MAX,
        }
    }

    fn is_foreign(&self, leaf: &Leaf, there: &ExistingLeaf) -> bool {
        let signed = |authority| !self.is_signed_by_nobody(authority, &there.certificate);
        !leaf.authority.map_or_else(|| there.is_brought(), signed)
    }
}
