//! Which kinds and versions a group has, as far as that is known: a name that no cluster serves is told before it is applied.

use super::suggest;
use super::table::{Kind, Table};

/// Groups whose kinds the table has all, beside Istio's.
const WHOLE: [&str; 2] = ["acme.cert-manager.io", "cert-manager.io"];

/// Groups of which the table has some kinds: the core, and the standard channel of Gateway API.
const PART: [&str; 2] = ["", EXPERIMENTAL];

/// The group whose experimental channel serves versions and kinds that the table does not have.
pub(super) const EXPERIMENTAL: &str = "gateway.networking.k8s.io";

/// The versions that it serves, or served, beside those of the table.
const EXPERIMENTAL_VERSIONS: [&str; 2] = ["v1alpha2", "v1alpha3"];

/// Why no cluster serves an object.
#[derive(Debug, PartialEq)]
pub enum Unserved<'t> {
    /// The kind has no such version.
    Version(&'t Kind),
    /// The core has one version.
    Core,
    /// The group has no such kind.
    Kind {
        /// The one that was likely meant.
        meant: Option<&'t Kind>,
        /// All that the group has, where they are known.
        all: Vec<&'t Kind>,
    },
}

impl Table {
    /// Whether the table has every kind of a group.
    #[must_use]
    pub fn is_whole(&self, group: &str) -> bool {
        WHOLE.contains(&group)
            || self.kinds().iter().any(|kind| *kind.group == *group && !kind.releases.is_empty())
    }

    /// Why no cluster serves a kind in a version, as far as that can be told.
    #[must_use]
    pub fn unserved(&self, api_version: &str, name: &str) -> Option<Unserved<'_>> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        if self.kind(group, version, name).is_some() {
            return None;
        }
        if let Some(kind) = self.kind(group, "", name) {
            let is_experimental = group == EXPERIMENTAL && EXPERIMENTAL_VERSIONS.contains(&version);
            return (!is_experimental).then_some(Unserved::Version(kind));
        }
        let all: Vec<&Kind> = self.kinds().iter().filter(|kind| *kind.group == *group).collect();
        if self.is_whole(group) {
            return Some(Unserved::Kind { meant: suggest::kind(name, &all), all });
        }
        if !PART.contains(&group) {
            return None;
        }
        match suggest::same_kind(name, &all) {
            Some(meant) => Some(Unserved::Kind { meant: Some(meant), all: Vec::new() }),
            None => (group.is_empty() && version != "v1" && is_version(version)).then_some(Unserved::Core),
        }
    }
}

/// Whether a text may be a version at all.
fn is_version(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// A group as messages call it.
#[must_use]
pub fn called(group: &str) -> String {
    if group.is_empty() { "the core".to_owned() } else { format!("`{group}`") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::built_in;

    fn meant(api_version: &str, name: &str) -> String {
        match built_in().unserved(api_version, name) {
            None => "served".to_owned(),
            Some(Unserved::Version(kind)) => format!("version of {}", kind.name),
            Some(Unserved::Core) => "core".to_owned(),
            Some(Unserved::Kind { meant, all }) => {
                let meant = meant.map_or("nothing", |kind| &kind.name);
                format!("{meant} of {}", all.len())
            }
        }
    }

    #[test]
    fn what_no_cluster_serves_is_told() {
        const GATEWAY: &str = "gateway.networking.k8s.io/v1";
        for (api, name, expected) in [
            ("v1", "ConfigMap", "served"),
            ("v1", "configmap", "ConfigMap of 0"),
            ("v1", "ConfigMaps", "ConfigMap of 0"),
            ("v1", "ConfgMap", "ConfigMap of 0"),
            ("v1", "service", "Service of 0"),
            ("v1", "PersistentVolumeClaim", "served"),
            ("v1", "Pod", "served"),
            ("v1", "Node", "served"),
            ("v1", "Endpoints", "served"),
            ("v2", "ConfigMap", "version of ConfigMap"),
            ("foo", "Foo", "core"),
            (GATEWAY, "HTTPRoutes", "HTTPRoute of 0"),
            (GATEWAY, "Httproute", "HTTPRoute of 0"),
            (GATEWAY, "gateway", "Gateway of 0"),
            (GATEWAY, "GatewayClasses", "GatewayClass of 0"),
            (GATEWAY, "BackendTLSPolicies", "BackendTLSPolicy of 0"),
            (GATEWAY, "BackendLBPolicy", "served"),
            (GATEWAY, "XMesh", "served"),
            ("gateway.networking.k8s.io/v1alpha9", "HTTPRoute", "version of HTTPRoute"),
            ("gateway.networking.k8s.io/v1alpha2", "TLSRoute", "served"),
            ("cert-manager.io/v1", "Certificates", "Certificate of 4"),
            ("cert-manager.io/v1", "Banana", "nothing of 4"),
            ("cert-manager.io/v1alpha2", "Certificate", "version of Certificate"),
            ("networking.istio.io/v1", "Banana", "nothing of 9"),
            ("apps/v1", "deployment", "served"),
        ] {
            assert_eq!(meant(api, name), expected, "{api} {name}");
        }
    }
}
