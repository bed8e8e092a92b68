//! Secrets that hold the key pairs of clients, for workloads: which that is there belongs to which client, and whether it
//! holds the pair that the client has.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::certs::{Action, Judge, LeafPlan};
use super::claims::at_place;
use super::foreign;
use crate::diag::Report;
use crate::model::{CredentialId, Leaf, Project};
use crate::state::{Existing, ExistingLeaf};

/// Adds the Secret of each client: one that holds a certificate which the client has or had, wherever it lies; else the one
/// at its place. No server's is ever a client's.
pub(super) fn claims<'a>(
    project: &Project,
    existing: &'a Existing,
    found: &mut BTreeMap<CredentialId, &'a ExistingLeaf>,
) {
    let mut claimed = BTreeSet::new();
    let all = || {
        let all = project.credentials_with_ids();
        all.filter_map(|(id, credential)| Some((id, credential, credential.kind.client()?)))
    };
    for (id, credential, client) in all() {
        let Some(client) = project.clients.get(client) else { continue };
        let own: Vec<_> = existing.certificates_of(&client.file_name).collect();
        let elsewhere = |there: &ExistingLeaf| {
            there.parked.is_some()
                || there.namespace != credential.namespace.value.as_str()
                || there.secret != credential.secret.value.as_str()
        };
        let mine = existing
            .leaves
            .values()
            .chain(&existing.parked)
            .filter(|there| own.contains(&&there.certificate) && !claimed.contains(there.shown.as_str()));
        let nearest = mine.min_by_key(|there| {
            let stuck = elsewhere(there) && !there.sealed.mac_only_encrypted();
            let is_earlier = own.first() != Some(&&there.certificate);
            let end = Reverse(there.certificate.not_after());
            (stuck, is_earlier, end, elsewhere(there), &there.shown)
        });
        if let Some(there) = nearest {
            claimed.insert(there.shown.as_str());
            found.insert(id, there);
        }
    }
    for (id, credential, _) in all() {
        let free = |there: &&ExistingLeaf| {
            there.certificate.is_for_clients() && !claimed.contains(there.shown.as_str())
        };
        if let Some(there) = at_place(existing, credential).filter(free) {
            found.entry(id).or_insert(there);
        }
    }
}

impl<'a> Judge<'a, '_> {
    /// What must happen to the Secret of a client's key pair, whatever happens to that.
    pub(super) fn presented(
        &self,
        id: CredentialId,
        client: usize,
        leaf: &'a Leaf,
        report: &mut Report,
    ) -> LeafPlan<'a> {
        let client = &self.project.clients[client];
        let there = self.claims.get(&id).copied();
        let own = self.key_of_client(client).map(|file| &file.certificate);
        let other = there.filter(|there| Some(&there.certificate) != own);
        if let Some(there) =
            other.filter(|there| self.is_signed_by_nobody(client.authority, &there.certificate))
        {
            report.push(foreign::finding(
                &self.existing.names,
                &there.shown,
                &there.certificate,
                &client.name.value,
            ));
        }
        let action = if there.is_some() && other.is_none() { Action::Keep } else { Action::Take };
        let earlier = self.existing.beside(self.project.credential(id), there);
        LeafPlan {
            credential: id,
            leaf,
            shape: self.shape_of_client(client),
            there,
            earlier,
            action,
            keeps_key: false,
        }
    }
}
