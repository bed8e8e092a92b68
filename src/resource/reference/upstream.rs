//! The Secrets that DestinationRules name: the pair that a proxy shows to a service, and whom it trusts there.

use super::{Known, Missing};
use crate::diag::Report;
use crate::resource::finished::items;
use crate::resource::{Finished, Tree};

impl Known<'_> {
    /// Looks up every `credentialName` of a rule. With a `workloadSelector` the Secret lies beside the workloads, which are
    /// those of the rule's namespace; without one only gateways read it, whose namespace the rule does not tell.
    pub(super) fn secrets_of_rule(&self, object: &Finished<'_>, report: &mut Report) {
        let Some(spec) = object.tree.get("spec") else { return };
        let namespace = spec.get("workloadSelector").map(|_| object.namespace());
        for tls in settings(spec) {
            let mode = tls.get("mode").and_then(Tree::as_str).unwrap_or_default();
            let Some(named) = tls.get("credentialName") else { continue };
            let Some(name) = named.as_str().filter(|name| super::secrets::is_plain(name)) else { continue };
            // Without a pair of its own a proxy reads only whom it trusts, which may lie in a Secret beside.
            let is_there = match mode {
                "MUTUAL" => self.has_secret(namespace, name),
                "SIMPLE" => {
                    self.has_secret(namespace, name) || self.has_secret(namespace, &format!("{name}-cacert"))
                }
                _ => continue,
            };
            if !is_there {
                let missing = Missing { name, namespace, is_upstream: true };
                report.push(object.traced_at(self.unknown_secret(named, &missing, object), named));
            }
        }
    }
}

/// The TLS settings of a rule: of all its ports, of one, and those of its subsets.
fn settings(spec: &Tree) -> impl Iterator<Item = &Tree> {
    let subsets = items(spec, &["subsets"]).iter();
    let policies = [spec].into_iter().chain(subsets).filter_map(|one| one.get("trafficPolicy"));
    let all = policies.flat_map(|policy| [policy].into_iter().chain(items(policy, &["portLevelSettings"])));
    all.filter_map(|policy| policy.get("tls"))
}
