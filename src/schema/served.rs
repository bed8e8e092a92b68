//! Which kinds and versions a group has, as far as that is known: a name that no cluster serves is told before it is applied.

use super::kinds::{self, GONE, KUBERNETES};
use super::suggest;
use super::table::{Kind, Table};

/// Groups whose kinds the table has all, beside Istio's.
const WHOLE: [&str; 2] = ["acme.cert-manager.io", "cert-manager.io"];

/// Groups of which the table has some kinds: the core, and the standard channel of Gateway API.
const PART: [&str; 2] = ["", EXPERIMENTAL];

/// The group whose experimental channel serves versions and kinds that the table does not have.
pub(crate) const EXPERIMENTAL: &str = "gateway.networking.k8s.io";

/// The versions that it serves, or served, beside those of the table.
const EXPERIMENTAL_VERSIONS: [&str; 2] = ["v1alpha2", "v1alpha3"];

/// Why no cluster serves an object.
#[derive(Debug, PartialEq)]
pub enum Unserved<'t> {
    /// The kind has no such version, or none any more.
    Version {
        /// The `apiVersion` that it has.
        api: String,
    },
    /// The core has one version.
    Core {
        /// What was likely meant, as an `apiVersion`.
        meant: Option<String>,
    },
    /// There is no such group.
    Group {
        /// What was likely meant, as an `apiVersion`.
        meant: Option<String>,
    },
    /// The group has no such kind.
    Kind {
        /// The one that was likely meant.
        meant: Option<&'t str>,
        /// All that the group has, where they are known.
        all: Vec<&'t str>,
        /// The `apiVersion` of the group that has a kind of this name.
        api: Option<String>,
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
            return (!is_experimental).then(|| Unserved::Version { api: kind.api_version() });
        }
        if let Some(api) = kinds::api_of(group, name) {
            return (!kinds::is_served(api_version, name)).then(|| Unserved::Version { api: api.to_owned() });
        }
        let all: Vec<&str> =
            self.kinds().iter().filter(|kind| *kind.group == *group).map(|kind| &*kind.name).collect();
        if self.is_whole(group) {
            return Some(Unserved::Kind { meant: suggest::kind(name, &all), all, api: None });
        }
        if !group.is_empty() && kinds::has(group) {
            return self.not_of(group, name);
        }
        if is_version(group) && is_version(version) && version.starts_with(|c: char| c.is_ascii_lowercase()) {
            return Some(Unserved::Group { meant: self.api_meant(group, name) });
        }
        if !PART.contains(&group) {
            return None;
        }
        if let Some(meant) = suggest::same_kind(name, &all) {
            return Some(Unserved::Kind { meant: Some(meant), all: Vec::new(), api: None });
        }
        if group.is_empty() && version != "v1" && is_version(version) {
            return Some(Unserved::Core { meant: self.api_of(name) });
        }
        (group.is_empty()).then(|| self.not_of("", name)).flatten()
    }

    /// Why one of Kubernetes' groups does not have a kind, if it can be told.
    fn not_of(&self, group: &str, name: &str) -> Option<Unserved<'_>> {
        let all: Vec<&str> = kinds::of(group).collect();
        if GONE.contains(&(group, name)) {
            return Some(Unserved::Kind { meant: None, all, api: None });
        }
        let api = self.api_of(name);
        let meant = suggest::same_kind(name, &all).filter(|_| api.is_none());
        (meant.is_some() || api.is_some()).then_some(Unserved::Kind { meant, all: Vec::new(), api })
    }

    /// The `apiVersion` of the only kind of that name: of Kubernetes' own, or of the table.
    #[must_use]
    pub fn api_of(&self, name: &str) -> Option<String> {
        let of_kubernetes = KUBERNETES.iter().filter(|(_, kinds)| kinds.contains(&name));
        let of_kubernetes: Vec<String> = of_kubernetes.map(|(api, _)| (*api).to_owned()).collect();
        let known = self.kinds().iter().filter(|kind| *kind.name == *name).map(Kind::api_version);
        let all: Vec<String> = of_kubernetes.into_iter().chain(known).collect();
        match all.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        }
    }

    /// What was meant by a group that does not exist: the one that has the kind, or one that is called much the same.
    fn api_meant(&self, group: &str, name: &str) -> Option<String> {
        let near = || {
            let groups = KUBERNETES.iter().map(|(api, _)| *api).filter(|api| api.contains('/'));
            let known = self.kinds().iter().map(Kind::api_version).filter(|api| api.contains('/'));
            let all: Vec<String> = groups.map(str::to_owned).chain(known).collect();
            let of_group = |api: &&String| {
                api.split_once('/').is_some_and(|(whole, _)| {
                    whole
                        .split('.')
                        .next()
                        .is_some_and(|first| strsim::damerau_levenshtein(first, group) <= 1)
                })
            };
            let mut found: Vec<&String> = all.iter().filter(of_group).collect();
            found.dedup();
            match found.as_slice() {
                [only] => Some((*only).clone()),
                _ => None,
            }
        };
        self.api_of(name).or_else(near)
    }
}

/// Whether a text may be a version at all.
fn is_version(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// What to write in place of a group that nobody has.
pub const GROUPS: &str = "a group has a dot, as a CRD has it, or is one of Kubernetes' own: `apps`, `autoscaling`, `batch` or `policy`; the core has none: `v1`";

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
            Some(Unserved::Version { api }) => format!("version {api}"),
            Some(Unserved::Core { meant }) => format!("core, {}", meant.unwrap_or("nothing".to_owned())),
            Some(Unserved::Kind { meant, all, api }) => {
                let api = api.map(|api| format!(", {api}")).unwrap_or_default();
                format!("{} of {}{api}", meant.unwrap_or("nothing"), all.len())
            }
            Some(Unserved::Group { meant }) => {
                format!("no group, {}", meant.unwrap_or("nothing".to_owned()))
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
            ("v2", "ConfigMap", "version v1"),
            ("foo", "Foo", "core, nothing"),
            ("apps", "Deployment", "core, apps/v1"),
            (GATEWAY, "HTTPRoutes", "HTTPRoute of 0"),
            (GATEWAY, "Httproute", "HTTPRoute of 0"),
            (GATEWAY, "gateway", "Gateway of 0"),
            (GATEWAY, "GatewayClasses", "GatewayClass of 0"),
            (GATEWAY, "BackendTLSPolicies", "BackendTLSPolicy of 0"),
            (GATEWAY, "BackendLBPolicy", "served"),
            (GATEWAY, "XMesh", "served"),
            ("gateway.networking.k8s.io/v1alpha9", "HTTPRoute", "version gateway.networking.k8s.io/v1"),
            ("gateway.networking.k8s.io/v1alpha2", "TLSRoute", "served"),
            ("cert-manager.io/v1", "Certificates", "Certificate of 4"),
            ("cert-manager.io/v1", "Banana", "nothing of 4"),
            ("cert-manager.io/v1alpha2", "Certificate", "version cert-manager.io/v1"),
            ("networking.istio.io/v1", "Banana", "nothing of 9"),
            ("apps/v1", "Deployment", "served"),
            ("apps/v1", "deployment", "Deployment of 0"),
            ("apps/v1", "Foo", "served"),
            ("apps/v1", "Service", "nothing of 0, v1"),
            ("autoscaling/v1", "HorizontalPodAutoscaler", "served"),
            ("v1", "Deployment", "nothing of 0, apps/v1"),
            ("v1", "Event", "served"),
            ("core/v1", "Service", "no group, v1"),
            ("app/v1", "Deployment", "no group, apps/v1"),
            ("jobs/v1", "Job", "no group, batch/v1"),
            ("networking/v1", "Ingress", "no group, networking.k8s.io/v1"),
            ("rbac/v1", "Foo", "no group, rbac.authorization.k8s.io/v1"),
            ("extensions/v1beta1", "Ingress", "no group, networking.k8s.io/v1"),
            ("gateway/v1", "Gateway", "no group, gateway.networking.k8s.io/v1"),
            ("foo/v1", "Foo", "no group, nothing"),
            ("serving.knative.dev/v1", "Service", "served"),
        ] {
            assert_eq!(meant(api, name), expected, "{api} {name}");
        }
    }

    #[test]
    fn versions_of_kubernetes_that_are_gone_are_told() {
        for (api, name, expected) in [
            ("apps/v1beta1", "Deployment", "version apps/v1"),
            ("apps/v1beta2", "StatefulSet", "version apps/v1"),
            ("batch/v1beta1", "CronJob", "version batch/v1"),
            ("batch/v1beta1", "Cronjobs", "CronJob of 0"),
            ("policy/v1beta1", "PodDisruptionBudget", "version policy/v1"),
            ("policy/v1beta1", "PodSecurityPolicy", "nothing of 1"),
            ("autoscaling/v2", "HorizontalPodAutoscaler", "served"),
            ("autoscaling/v2beta2", "HorizontalPodAutoscaler", "version autoscaling/v2"),
            ("networking.k8s.io/v1", "Ingress", "served"),
            ("networking.k8s.io/v1beta1", "Ingress", "version networking.k8s.io/v1"),
            ("networking.k8s.io/v1", "Ingresses", "Ingress of 0"),
            ("networking.k8s.io/v1", "Deployment", "nothing of 0, apps/v1"),
            ("networking.k8s.io/v1", "ServiceCIDR", "served"),
            ("rbac.authorization.k8s.io/v1beta1", "ClusterRole", "version rbac.authorization.k8s.io/v1"),
            ("rbac.authorization.k8s.io/v1", "RoleBindings", "RoleBinding of 0"),
            ("admissionregistration.k8s.io/v1beta1", "ValidatingAdmissionPolicy", "served"),
            ("admissionregistration.k8s.io/v1", "MutatingAdmissionPolicy", "served"),
            (
                "admissionregistration.k8s.io/v1beta1",
                "ValidatingWebhookConfiguration",
                "version admissionregistration.k8s.io/v1",
            ),
            ("v2", "Pod", "version v1"),
            ("events.k8s.io/v1", "Event", "served"),
        ] {
            assert_eq!(meant(api, name), expected, "{api} {name}");
        }
    }
}
