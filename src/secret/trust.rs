//! Whose clients a host's Secret lets in: the certificates of authorities, and their revocation lists.

use super::Context;
use crate::model::{AuthorityId, Host};
use crate::pki::RevocationList;
use crate::plan::authority::GenerationPlan;
use crate::plan::revocation::{ListReason, with_below, with_lists};
use crate::resource::{Tree, secret as secrets};
use crate::spec::Origin;

impl Context<'_> {
    /// The revocation list of a generation, by its index in the plan: the new one, or the one that is there.
    pub(super) fn list(&self, generation: usize) -> Option<&RevocationList> {
        let i = self.plan.lists.of(generation)?;
        let there = || self.plan.lists.plans.get(i).and_then(|list| list.there);
        self.fulfilled.lists.get(&i).or_else(there)
    }

    /// The list of a generation that a Secret takes, by the generation's index in the plan.
    fn list_to_hold(&self, generation: usize) -> Option<&RevocationList> {
        let i = self.plan.lists.of(generation)?;
        let there = || self.plan.lists.plans.get(i).and_then(|list| list.usable(self.ambient.now));
        self.fulfilled.lists.get(&i).or_else(there)
    }

    /// Whether the list of a generation names all that it is to name.
    fn is_current(&self, generation: usize) -> bool {
        let lists = &self.plan.lists;
        lists.of(generation).is_none_or(|i| {
            let more =
                lists.plans.get(i).is_some_and(|list| matches!(list.reason, Some(ListReason::Changed(1..))));
            !more || self.fulfilled.lists.contains_key(&i)
        })
    }

    /// Whether a generation that has signed nothing yet lacks a list above it: it comes into trust with that, and holds up
    /// nothing until then.
    fn comes_later(&self, generation: usize) -> bool {
        let signs = |plan: &GenerationPlan<'_>| plan.generation.signs || plan.stands_in;
        let signs = self.plan.generations.get(generation).is_some_and(signs);
        !signs && self.plan.lists.awaited.contains_key(&generation)
    }

    /// Whether a generation has ended. By lists, others would wait for its own, which nobody signs any more.
    fn has_ended(&self, generation: usize) -> bool {
        self.plan.generations.get(generation).is_some_and(|plan| plan.has_ended(self.ambient.now))
    }

    /// Whether all generations of these authorities that are in trust have ended.
    fn have_ended(&self, all: &[AuthorityId]) -> bool {
        let trusted = all.iter().flat_map(|id| self.trusted_generations(*id));
        trusted.into_iter().all(|(i, _)| self.has_ended(i))
    }

    /// Why the lists of these authorities are what they are, beside the reasons of their certificates.
    fn revoked_origin(&self, all: &[AuthorityId], origin: &Origin) -> Origin {
        let mut origins = vec![origin.clone()];
        for authority in all.iter().map(|id| self.project.authority(*id)) {
            origins.extend(authority.revoked.values().map(|since| since.origin.clone()));
            origins.extend(authority.crl_valid.iter().map(|valid| valid.origin.clone()));
        }
        for plan in self.plan.clients.iter().filter(|plan| plan.there.is_some()) {
            let Some(client) = self.project.clients.get(plan.client) else { continue };
            if all.contains(&client.authority) {
                origins.extend(client.revoked.iter().map(|since| since.origin.clone()));
            }
        }
        for plan in self.plan.leaves.iter().filter(|plan| plan.there.is_some()) {
            if plan.leaf.authority.is_some_and(|by| all.contains(&by)) {
                origins.extend(plan.leaf.revoked.iter().map(|since| since.origin.clone()));
            }
        }
        origins.into_iter().reduce(|all, one| all.and(&one)).unwrap_or_else(|| origin.clone())
    }

    /// Whose clients a host lets in, with the reasons; `None` where it asks for no certificate, or says nothing of whose.
    pub(super) fn client_trust(&self, host: &Host) -> Option<Trust> {
        let authorities = host.tls.value.client_authorities();
        if authorities.is_empty() {
            return None;
        }
        let stands_in = |id: &AuthorityId| {
            self.trusted_generations(*id).into_iter().any(|(i, _)| self.plan.lists.revoked_by_retired(i))
        };
        let lists = self.plan.lists.concern(self.project, authorities) || authorities.iter().any(stands_in);
        let all = if lists { with_lists } else { with_below }(self.project, authorities);
        let mut origin = host.clients_origin.clone();
        let mut certificates = Vec::new();
        let mut crl = Some(String::new()).filter(|_| lists);
        let mut is_whole = true;
        let mut is_current = true;
        // Where all have ended, nobody comes in, and nobody waits for their lists.
        let has_ended = lists && self.have_ended(&all);
        for id in &all {
            origin = origin.and(&self.project.trust_origin(*id));
            for (i, certificate) in self.trusted_generations(*id) {
                if lists && (self.comes_later(i) || !has_ended && self.has_ended(i)) {
                    continue;
                }
                certificates.push(certificate);
                is_current &= !lists || self.is_current(i);
                match (&mut crl, self.list_to_hold(i)) {
                    (None, _) => {}
                    (Some(crl), Some(list)) if list.signed_by(certificate) => crl.push_str(&list.to_pem()),
                    (Some(_), _) => is_whole = false,
                }
                let Some(crl) = &mut crl else { continue };
                for above in self.plan.lists.above.get(&i).into_iter().flatten() {
                    if certificates.contains(&above.signer) {
                        continue;
                    }
                    certificates.push(above.signer);
                    match above.usable(self.ambient.now) {
                        Some(list) => crl.push_str(&list.to_pem()),
                        None => is_whole = false,
                    }
                }
            }
        }
        let is_whole = (is_whole || has_ended) && !certificates.is_empty();
        let crl = crl.filter(|pem| !has_ended || !pem.is_empty());
        Some(Trust {
            ca: secrets::bundle(&certificates, &origin),
            crl: crl.map(|pem| secrets::encoded(&pem, &self.revoked_origin(&all, &origin))),
            is_whole,
            is_current: is_whole && is_current,
        })
    }
}

/// Whose clients a Secret lets in.
#[derive(Clone)]
pub(super) struct Trust {
    /// `ca.crt`
    pub(super) ca: Tree,
    /// `ca.crl`, once something is revoked: a list for every certificate of `ca.crt`.
    pub(super) crl: Option<Tree>,
    /// Whether all lists are there that it takes. What waits for one stays as it is, or away: somebody who is revoked
    /// would be let in.
    pub(super) is_whole: bool,
    /// Whether they say all that they are to say. What is not there yet waits for those that do.
    pub(super) is_current: bool,
}
