//! Certificates that stay known below `pki/leaves/`: those that a Secret hides, and earlier ones of which a revocation speaks.

use std::collections::BTreeSet;

use super::{Context, keyfile, placed};
use crate::diag::Report;
use crate::pki::Certificate;
use crate::plan::certs::LeafPlan;
use crate::plan::decide::Desired;
use crate::plan::files::{Place, ProjectPath};
use crate::state::{Existing, ExistingLeaf, Snapshot, beside};

/// What is to lie beside a Secret that shows, or hides, this certificate.
pub(super) fn beside_secret(
    context: &Context<'_>,
    snapshot: &Snapshot,
    (plan, certificate): (&LeafPlan<'_>, &Certificate),
    hides_certificate: bool,
    report: &mut Report,
) -> Option<Desired> {
    let credential = context.project.credential(plan.credential);
    let path = beside(credential.namespace.value.as_str(), credential.secret.value.as_str());
    let names = |one: &Certificate| context.plan.lists.name(one);
    let keeps = |one: &Certificate| context.stays_known(one);
    let mut earlier = plan.earlier.to_vec();
    // Where it goes, those of another one may lie that is gone.
    let others = ProjectPath::new(path.clone()).ok().map(|path| keyfile::lying(snapshot, &path));
    for other in others.into_iter().flatten().filter(names) {
        if !earlier.contains(&other) {
            earlier.push(other);
        }
    }
    let mut before = earlier.iter().chain(plan.there.map(|there| &there.certificate));
    let is_dated = plan.leaf.revoked.is_some();
    let is_named = before.any(|one| one != certificate && names(one));
    if !hides_certificate && !is_dated && !is_named {
        return None;
    }
    let path = placed(path, &credential.secret.origin, report)?;
    let contents = match (is_dated || hides_certificate, is_dated || is_named) {
        (_, false) => keyfile::history(snapshot, &path, certificate, &keeps),
        (true, true) => with_earlier(&earlier, plan.there, certificate, &keeps),
        (false, true) => with_earlier(&earlier, plan.there, certificate, &names),
    };
    Some(Desired { place: Place::Pki, path, contents: Some(contents.into_bytes()) })
}

/// What lies beside Secrets that are gone, or are not there yet: it stays while a revocation speaks of it.
#[must_use]
pub fn left_behind(context: &Context<'_>, existing: &Existing, desired: &[Desired]) -> Vec<Desired> {
    let leaves = context.plan.leaves.iter().filter_map(|plan| plan.there);
    let mut taken: BTreeSet<_> = leaves.map(|there| beside(&there.namespace, &there.secret)).collect();
    let wanted = desired.iter().filter(|file| file.place == Place::Pki);
    taken.extend(wanted.map(|file| file.path.as_str().to_owned()));
    let named = existing.beside.iter();
    let named = named.filter(|(_, all)| all.iter().any(|one| context.plan.lists.name(one)));
    let paths = named.map(|((namespace, secret), _)| beside(namespace, secret));
    paths
        .filter(|path| !taken.contains(path))
        .filter_map(|path| ProjectPath::new(path).ok())
        .map(|path| Desired { place: Place::Pki, path, contents: None })
        .collect()
}

/// The certificates of a server of which some are revoked, newest first: who made its list anew would have to know them.
/// `beside` are those that lie beside its Secret by now.
fn with_earlier(
    beside: &[Certificate],
    there: Option<&ExistingLeaf>,
    newest: &Certificate,
    keeps: &dyn Fn(&Certificate) -> bool,
) -> String {
    let mut chain = beside.to_vec();
    if chain.first() != Some(newest) {
        let before = there.map(|there| there.certificate.clone()).filter(|there| !beside.contains(there));
        chain.splice(..0, before);
        chain.retain(|certificate| certificate != newest && keeps(certificate));
        chain.insert(0, newest.clone());
    }
    chain.iter().map(Certificate::to_pem).collect()
}
