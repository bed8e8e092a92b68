//! Retired generations that another one still vouches for: the authority above, or an earlier generation that cross-signed. Whom
//! they signed would come in by that certificate wherever the one that vouches is trusted, so it is revoked there.

use std::collections::BTreeSet;

use super::authority::GenerationPlan;
use crate::model::{AuthorityId, Project};
use crate::pki::Certificate;
use crate::spec::Origin;
use crate::state::{CROSS, Existing};
use crate::time::Timestamp;

/// A certificate of a retired generation that still counts.
pub struct Vouched<'a> {
    /// The certificate by which it counts.
    pub certificate: &'a Certificate,
    /// Where it lies below `pki/`.
    pub path: String,
    /// The authority that revokes it.
    pub by: AuthorityId,
    /// Whose it is, and which generation.
    pub(super) of: (AuthorityId, u32),
    /// Since when it is to count no more.
    pub(super) since: Timestamp,
    /// What says so.
    pub(super) origin: Origin,
    /// Whether a host lets in clients by it.
    pub(super) lets_in: bool,
}

/// All of them. One that stands in for the next is trusted until that comes.
pub(super) fn vouched<'a>(
    project: &Project,
    existing: &'a Existing,
    generations: &[GenerationPlan<'a>],
    now: Timestamp,
) -> Vec<Vouched<'a>> {
    let hosts = project.hosts.iter().chain(&project.listeners);
    let anchors: BTreeSet<_> =
        hosts.flat_map(|host| host.tls.value.client_authorities().iter().copied()).collect();
    let mut found = Vec::new();
    for (id, authority) in project.authorities_with_ids() {
        for generation in authority.generations.iter().filter(|one| one.retired) {
            let stands_in = |plan: &GenerationPlan<'_>| {
                plan.authority == id && plan.generation.number == generation.number && plan.stands_in
            };
            if generations.iter().any(stands_in) {
                continue;
            }
            let name = authority.name.value.as_str();
            let key = (name.to_owned(), generation.number);
            let own = existing.generations.get(&key).map(|file| &file.certificate);
            let own = own.or_else(|| existing.certificates.get(&key)?.as_ref());
            let above = authority.parent.as_ref().map(|parent| parent.value);
            for (certificate, by, ending) in
                [(own, above, ".crt"), (existing.crosses.get(&key), Some(id), CROSS)]
            {
                let (Some(certificate), Some(by)) = (certificate, by) else { continue };
                if certificate.not_after() < now {
                    continue;
                }
                found.push(Vouched {
                    certificate,
                    path: format!("{name}/{}{ending}", generation.number),
                    by,
                    of: (id, generation.number),
                    since: generation.retired_on.map_or(now, |day| day.min(now)),
                    origin: generation.retired_by.clone().unwrap_or_else(|| generation.origin.clone()),
                    lets_in: trusts(project, &anchors, by),
                });
            }
        }
    }
    found
}

/// Whether one of these is the authority, or above it.
fn trusts(project: &Project, anchors: &BTreeSet<AuthorityId>, above: AuthorityId) -> bool {
    project.way_up(above).iter().any(|id| anchors.contains(id))
}
