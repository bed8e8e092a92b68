//! Whose proxies know an object: the namespaces that its `exportTo` names.

use std::collections::BTreeSet;

use super::finished::items;
use super::{Finished, Tree};

/// The mesh's own namespace, as Istio is installed: what lies in it may hold for all.
pub(crate) const MESH: &str = "istio-system";

/// The namespaces whose proxies know a VirtualService, DestinationRule or ServiceEntry.
#[derive(PartialEq, Eq)]
pub(super) enum Seen<'a> {
    /// All of them.
    Everywhere,
    /// These.
    In(BTreeSet<&'a str>),
}

impl<'a> Seen<'a> {
    /// That of an object, as Istio takes it where the mesh sets no other default.
    pub(super) fn of(object: &'a Finished<'_>) -> Self {
        let own = object.namespace();
        // What is for workloads that it selects goes nowhere else.
        if object.is_a("DestinationRule") && object.tree.at(&["spec", "workloadSelector"]).is_some() {
            return Self::In(BTreeSet::from([own]));
        }
        let names = items(object.tree, &["spec", "exportTo"]).iter().filter_map(Tree::as_str);
        let names: BTreeSet<&str> = names.map(|name| if name == "." { own } else { name }).collect();
        if names.is_empty() || names.contains("*") { Self::Everywhere } else { Self::In(names) }
    }

    /// Whether the proxies of a namespace know it.
    pub(super) fn by(&self, namespace: &str) -> bool {
        match self {
            Self::Everywhere => true,
            Self::In(names) => names.contains(namespace),
        }
    }

    /// Whether proxies somewhere know both objects alike, each of its own namespace: else they take the one that fewer know.
    pub(super) fn meets(&self, own: &str, other: &Self, theirs: &str) -> bool {
        match (self, other) {
            (Self::Everywhere, Self::Everywhere) => true,
            (Self::In(mine), Self::In(others)) => {
                mine.intersection(others).any(|name| (*name == own) == (*name == theirs))
            }
            _ => false,
        }
    }
}
