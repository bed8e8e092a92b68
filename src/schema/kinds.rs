//! Kinds of Kubernetes' own that the table does not have: where they are served, and which of them live in no namespace.

use super::suggest;

/// Kinds that people write, by their `apiVersion`. A group without a dot can be no other's: the group of a CRD must hold one.
pub(super) const KUBERNETES: [(&str, &[&str]); 18] = [
    (
        "v1",
        &[
            "Endpoints",
            "Event",
            "LimitRange",
            "Node",
            "PersistentVolume",
            "PersistentVolumeClaim",
            "Pod",
            "PodTemplate",
            "ReplicationController",
            "ResourceQuota",
        ],
    ),
    ("apps/v1", &["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"]),
    ("autoscaling/v2", &["HorizontalPodAutoscaler"]),
    ("batch/v1", &["CronJob", "Job"]),
    ("policy/v1", &["PodDisruptionBudget"]),
    (
        "admissionregistration.k8s.io/v1",
        &[
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
        ],
    ),
    ("apiextensions.k8s.io/v1", &["CustomResourceDefinition"]),
    ("apiregistration.k8s.io/v1", &["APIService"]),
    ("certificates.k8s.io/v1", &["CertificateSigningRequest"]),
    ("coordination.k8s.io/v1", &["Lease"]),
    ("discovery.k8s.io/v1", &["EndpointSlice"]),
    ("events.k8s.io/v1", &["Event"]),
    ("flowcontrol.apiserver.k8s.io/v1", &["FlowSchema", "PriorityLevelConfiguration"]),
    ("networking.k8s.io/v1", &["Ingress", "IngressClass", "NetworkPolicy"]),
    ("node.k8s.io/v1", &["RuntimeClass"]),
    ("rbac.authorization.k8s.io/v1", &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"]),
    ("scheduling.k8s.io/v1", &["PriorityClass"]),
    (
        "storage.k8s.io/v1",
        &["CSIDriver", "CSINode", "CSIStorageCapacity", "StorageClass", "VolumeAttachment"],
    ),
];

/// What is served beside that, by some cluster of a release that Istio supports.
const SERVED_TOO: [(&str, &str); 3] = [
    ("autoscaling/v1", "HorizontalPodAutoscaler"),
    ("admissionregistration.k8s.io/v1beta1", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io/v1beta1", "ValidatingAdmissionPolicyBinding"),
];

/// Kinds that were removed, and that no other version has.
pub(super) const GONE: [(&str, &str); 1] = [("policy", "PodSecurityPolicy")];

/// Those that live in no namespace.
const CLUSTER_SCOPED: [&str; 20] = [
    "APIService",
    "CSIDriver",
    "CSINode",
    "CertificateSigningRequest",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "FlowSchema",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "RuntimeClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "VolumeAttachment",
];

/// Kinds, by their groups, whose names are any text that may stand in a path: `system:node`, `2001:db8::1`.
const NAMED_FREELY: [(&str, &str); 7] = [
    ("certificates.k8s.io", "CertificateSigningRequest"),
    ("certificates.k8s.io", "ClusterTrustBundle"),
    ("networking.k8s.io", "IPAddress"),
    (RBAC, "ClusterRole"),
    (RBAC, "ClusterRoleBinding"),
    (RBAC, "Role"),
    (RBAC, "RoleBinding"),
];

const RBAC: &str = "rbac.authorization.k8s.io";

/// Whether names of a kind are any text that may stand in a path.
pub(crate) fn is_named_freely(api_version: &str, name: &str) -> bool {
    NAMED_FREELY.contains(&(group_of(api_version), name))
}

/// The `apiVersion` and the name of a kind, by any spelling of it, one or many.
pub(crate) fn spelt(written: &str) -> Option<(&'static str, &'static str)> {
    let wanted = suggest::one(&suggest::folded(written));
    let is_same = |kind: &&&str| suggest::one(&suggest::folded(kind)) == wanted;
    KUBERNETES.iter().find_map(|(api, kinds)| Some((*api, *kinds.iter().find(is_same)?)))
}

/// Whether a kind lives in a namespace, if it is one of these.
pub(crate) fn is_namespaced(api_version: &str, name: &str) -> Option<bool> {
    api_of(group_of(api_version), name).map(|_| !CLUSTER_SCOPED.contains(&name))
}

/// The newest `apiVersion` of a kind of a group.
pub(super) fn api_of(group: &str, name: &str) -> Option<&'static str> {
    let known = KUBERNETES.iter().find(|(api, kinds)| group_of(api) == group && kinds.contains(&name));
    known.map(|(api, _)| *api)
}

/// Whether some cluster serves one of these kinds in a version.
pub(super) fn is_served(api_version: &str, name: &str) -> bool {
    KUBERNETES.iter().any(|(api, kinds)| *api == api_version && kinds.contains(&name))
        || SERVED_TOO.contains(&(api_version, name))
}

/// The kinds of a group.
pub(super) fn of(group: &str) -> impl Iterator<Item = &'static str> {
    let apis = KUBERNETES.iter().filter(move |(api, _)| group_of(api) == group);
    apis.flat_map(|(_, kinds)| kinds.iter().copied())
}

/// Whether some kinds of a group are known here.
pub(super) fn has(group: &str) -> bool {
    of(group).next().is_some()
}

fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_kind_lives_is_known() {
        for (api, kind, expected) in [
            ("rbac.authorization.k8s.io/v1", "ClusterRole", Some(false)),
            ("rbac.authorization.k8s.io/v1", "Role", Some(true)),
            ("v1", "Node", Some(false)),
            ("v1", "Pod", Some(true)),
            ("example.com/v1", "ClusterRole", None),
            ("apps/v1", "Foo", None),
        ] {
            assert_eq!(is_namespaced(api, kind), expected, "{api} {kind}");
        }
        let known = |name: &str| KUBERNETES.iter().any(|(_, kinds)| kinds.contains(&name));
        assert!(CLUSTER_SCOPED.iter().all(|name| known(name)));
        assert!(SERVED_TOO.iter().all(|(api, name)| api_of(group_of(api), name).is_some()));
    }
}
