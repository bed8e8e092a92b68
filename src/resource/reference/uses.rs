//! Where the pods of gateways send requests.

use std::collections::BTreeMap;

use crate::resource::finished::{full_gateway, full_service, is_rule_for, items, leads};
use crate::resource::{Finished, Tree};

/// A destination of a VirtualService on a gateway.
pub(super) struct Use<'a> {
    /// The VirtualService.
    pub(super) object: &'a Finished<'a>,
    /// The gateway, as `namespace/name`.
    pub(super) gateway: String,
    /// The namespace of the gateway's pods.
    pub(super) pods: &'a str,
    /// The destination.
    pub(super) destination: &'a Tree,
}

impl<'a> Use<'a> {
    /// All of them, by the service's full name.
    pub(super) fn all(
        objects: &'a [Finished<'a>],
        pods: &BTreeMap<String, &'a str>,
    ) -> BTreeMap<String, Vec<Self>> {
        let mut found: BTreeMap<String, Vec<Self>> = BTreeMap::new();
        for object in objects.iter().filter(|object| object.is_a("VirtualService")) {
            let Some(spec) = object.tree.get("spec") else { continue };
            for named in items(spec, &["gateways"]).iter().filter_map(Tree::as_str) {
                let gateway = full_gateway(named, object.namespace());
                let Some(pods) = pods.get(&gateway).copied() else { continue };
                for (rule, destination) in leads(spec) {
                    if !is_rule_for(rule, &gateway, object.namespace()) {
                        continue;
                    }
                    let Some(name) = destination.get("host").and_then(Tree::as_str) else { continue };
                    let gateway = gateway.clone();
                    let service = found.entry(full_service(name, object)).or_default();
                    service.push(Self { object, gateway, pods, destination });
                }
            }
        }
        found
    }

    /// The subset that it names.
    pub(super) fn subset(&self) -> Option<&'a Tree> {
        self.destination.get("subset").filter(|subset| subset.as_str().is_some())
    }
}
