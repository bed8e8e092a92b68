//! What workloads trust that show the certificate of a client: the roots of the servers that they talk to.

use std::collections::BTreeSet;

use super::{Context, SecretFile, own_secret, plain};
use crate::diag::Report;
use crate::model::{Credential, CredentialId};
use crate::pki::Certificate;
use crate::resource::{Tree, guard_flux, secret as secrets};
use crate::spec::Origin;

impl Context<'_> {
    /// The roots of the servers that a client's workload talks to, and why; `None` where nobody says whose they are.
    pub(super) fn server_trust(&self, credential: &Credential) -> Option<(Tree, Origin)> {
        let client = self.project.clients.get(credential.kind.client()?)?;
        let servers = &client.secret.as_ref()?.servers;
        let mut roots: Vec<&Certificate> = Vec::new();
        let mut origins = Vec::new();
        for authority in servers {
            let root = self.project.root_of(authority.value);
            origins.push(authority.origin.and(&self.project.trust_origin(root)));
            let way = self.project.way_up(authority.value).into_iter();
            let parents = way.filter_map(|id| self.project.authority(id).parent.as_ref());
            origins.extend(parents.map(|parent| parent.origin.clone()));
            let new = self.roots(authority.value).into_iter().filter(|root| !roots.contains(root));
            roots.extend(new.collect::<Vec<_>>());
        }
        let said =
            servers.iter().map(|authority| authority.origin.clone()).reduce(|all, one| all.and(&one))?;
        let origin = origins.into_iter().reduce(|all, one| all.and(&one))?;
        (!roots.is_empty()).then(|| (secrets::bundle(&roots, &origin), said))
    }
}

/// The Secrets of their own in which that stands. `old` are those of which the sealed one can't change yet.
pub(super) fn trust(
    context: &Context<'_>,
    old: &BTreeSet<CredentialId>,
    report: &mut Report,
) -> Vec<SecretFile> {
    let mut found = Vec::new();
    for plan in &context.plan.leaves {
        let credential = context.project.credential(plan.credential);
        let own = own_secret(context.project, credential) || old.contains(&plan.credential);
        let Some((ca, said)) = context.server_trust(credential).filter(|_| own) else { continue };
        let origin = said.and(&context.project.secrets.ca_in.origin);
        let owner = (plan.leaf.called, plan.leaf.title());
        let mut resource = secrets::trust(credential, owner, &origin, (ca, None));
        guard_flux(&mut resource, context.project, report);
        found.extend(plain(resource, report));
    }
    found
}
