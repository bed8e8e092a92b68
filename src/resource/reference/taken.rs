//! Which DestinationRules a proxy takes for a service: those of its own namespace, else of the service's, else of the mesh's;
//! of one namespace those whose host says most. It never puts those of two namespaces together.

use std::collections::BTreeSet;

use crate::model::name::ServiceName;
use crate::resource::finished::{full_service, items};
use crate::resource::visible::Seen;
use crate::resource::{Finished, Tree};

/// What the mesh's own namespace exports is looked at last.
pub(super) use crate::resource::visible::MESH;

/// The full name of the service that a rule is for, or a wildcard.
pub(super) fn host_of(rule: &Finished<'_>) -> Option<String> {
    let host = rule.tree.at(&["spec", "host"]).and_then(Tree::as_str)?;
    Some(full_service(host, rule))
}

/// Whether the host of a rule takes in a service.
pub(in crate::resource) fn is_for(host: &str, service: &str) -> bool {
    host == service || host.strip_prefix('*').is_some_and(|rest| service.ends_with(rest))
}

/// Whether a rule has a subset.
pub(in crate::resource) fn has_subset(rule: &Finished<'_>, wanted: &Tree) -> bool {
    let subsets = items(rule.tree, &["spec", "subsets"]);
    subsets.iter().any(|subset| subset.get("name").is_some_and(|name| name.same(wanted)))
}

/// The namespace of a service of the cluster, by its full name.
pub(super) fn home(service: &str) -> Option<&str> {
    match ServiceName::parse(service) {
        Ok(ServiceName::Cluster { namespace, full: true }) => service.get(namespace),
        _ => None,
    }
}

/// Rules that proxies of a namespace take for a service.
pub(super) struct Lookup<'l, 'a> {
    /// All rules that are for the service, with their hosts.
    pub(super) rules: Vec<(String, &'a Finished<'a>)>,
    /// The namespaces in which the service lies; none where nothing here tells.
    pub(super) homes: BTreeSet<&'l str>,
}

impl<'a> Lookup<'_, 'a> {
    /// What proxies of a namespace take, `None` where that can't be told. What chooses workloads is there beside.
    pub(super) fn taken(&self, client: &str) -> Option<Vec<&'a Finished<'a>>> {
        let chosen = |rule: &Finished<'_>| rule.tree.at(&["spec", "workloadSelector"]).is_some();
        let beside = self.rules.iter().map(|(_, rule)| *rule);
        let beside = beside.filter(|rule| chosen(rule) && rule.namespace() == client);
        let mut found = self.most_specific(|rule| {
            !chosen(rule)
                && rule.namespace() == client
                && Seen::of(rule).by(client)
                && (client != MESH || !is_exported(rule))
        });
        if found.is_empty() && self.homes.is_empty() {
            return None;
        }
        for home in self.homes.iter().copied().chain([MESH]) {
            if !found.is_empty() {
                break;
            }
            // Istio takes the one that says most, and looks then whom it is for.
            found = self.most_specific(|rule| !chosen(rule) && rule.namespace() == home && is_exported(rule));
            found.retain(|rule| Seen::of(rule).by(client));
        }
        found.extend(beside);
        Some(found)
    }

    fn most_specific(&self, wanted: impl Fn(&Finished<'_>) -> bool) -> Vec<&'a Finished<'a>> {
        let how = |host: &str| (!host.starts_with('*'), host.len());
        let of = || self.rules.iter().filter(|(_, rule)| wanted(rule));
        let most = of().map(|(host, _)| how(host)).max();
        of().filter(|(host, _)| Some(how(host)) == most).map(|(_, rule)| *rule).collect()
    }
}

/// Whether other namespaces than its own may know a rule.
fn is_exported(rule: &Finished<'_>) -> bool {
    Seen::of(rule) != Seen::In(BTreeSet::from([rule.namespace()]))
}
