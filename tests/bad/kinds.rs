//! Kinds and versions that no cluster serves, in a spec and in what templates print.

use super::case::refused;
use super::meant::{Case, all};
use crate::cli::sandbox::Sandbox;

/// A group without a dot is Kubernetes' own, and its kinds are known: the mend names the right `api`.
const GROUPS: &[Case] = &[
    (
        "resource \"Service\" \"x\" api=\"core/v1\" { ports port=80; }",
        "1:29",
        "unknown-kind",
        &["there is no group `core`", "did you mean `api=\"v1\"`?"],
        &["(raw)"],
    ),
    (
        "resource \"Deployment\" \"x\" api=\"app/v1\" { (raw)spec { replicas 1; }; }",
        "1:32",
        "unknown-kind",
        &["there is no group `app`", "did you mean `api=\"apps/v1\"`?"],
        &[],
    ),
    (
        "resource \"Ingress\" \"x\" api=\"extensions/v1beta1\" { (raw)spec { a 1; }; }",
        "1:29",
        "unknown-kind",
        &["did you mean `api=\"networking.k8s.io/v1\"`?"],
        &[],
    ),
    (
        "resource \"Foo\" \"x\" api=\"foo/v1\" { (raw)spec { a 1; }; }",
        "1:25",
        "unknown-kind",
        &["there is no group `foo`", "a group has a dot"],
        &[],
    ),
    (
        "resource \"Deployment\" \"x\" api=\"v1\" { (raw)spec { a 1; }; }",
        "1:32",
        "unknown-kind",
        &["the core has no kind `Deployment`", "did you mean `api=\"apps/v1\"`?"],
        &[],
    ),
    (
        "resource \"Service\" \"x\" api=\"apps/v1\" { ports port=80; }",
        "1:29",
        "unknown-kind",
        &["`apps` has no kind `Service`", "did you mean `api=\"v1\"`?"],
        &["(raw)"],
    ),
    (
        "resource \"deployment\" \"x\" api=\"apps/v1\" { (raw)spec { a 1; }; }",
        "1:11",
        "unknown-kind",
        &["did you mean `Deployment`?"],
        &[],
    ),
    (
        "resource \"Namespace\" \"x\" api=\"v2\"",
        "1:31",
        "unknown-word",
        &["a Namespace has no `api` `v2`", "write `v1`"],
        &[],
    ),
    (
        "resource \"Deployment\" \"x\" api=\"apps\"",
        "1:32",
        "unknown-kind",
        &["did you mean `api=\"apps/v1\"`?"],
        &[],
    ),
    (
        "resource \"Ingress\" \"x\" api=\"networking.k8s.io/v1beta1\" { (raw)spec { a 1; }; }",
        "1:29",
        "unknown-kind",
        &["an Ingress has no `api` `networking.k8s.io/v1beta1`", "write `networking.k8s.io/v1`"],
        &[],
    ),
    (
        "resource \"PodDisruptionBudget\" \"x\" api=\"policy/v1beta1\" { (raw)spec { a 1; }; }",
        "1:41",
        "unknown-kind",
        &["write `policy/v1`"],
        &[],
    ),
    (
        "resource \"ClusterRoles\" \"x\" api=\"rbac.authorization.k8s.io/v1\" { (raw)rules { a 1; }; }",
        "1:11",
        "unknown-kind",
        &["did you mean `ClusterRole`?"],
        &[],
    ),
    (
        "resource \"ClusterRole\" \"x\" api=\"rbac.authorization.k8s.io/v1\" namespace=\"a\" { (raw)rules { a 1; }; }",
        "1:74",
        "wrong-place",
        &["a ClusterRole lives in no namespace", "remove `namespace`"],
        &[],
    ),
    (
        "resource \"Deployment\" \"x\" api=\"apps/v1\" cluster-scoped { (raw)spec { a 1; }; }",
        "1:41",
        "wrong-place",
        &["a Deployment lives in a namespace"],
        &[],
    ),
    ("resource \"CronJob\" \"x\"", "1:11", "missing-word", &["say its API: `api=\"batch/v1\"`"], &[]),
];

#[test]
fn groups_that_no_cluster_has() {
    all(GROUPS);
    for (kind, api) in [
        ("Deployment", "apps/v1"),
        ("HorizontalPodAutoscaler", "autoscaling/v1"),
        ("Event", "events.k8s.io/v1"),
        ("Service", "serving.knative.dev/v1"),
    ] {
        let node = format!("resource \"{kind}\" \"a\" api=\"{api}\" {{ (raw)spec {{ a 1; }}; }}");
        Sandbox::new([("specs/a.kdl", node.as_str())]).run(&["render"]).ends_with(0);
    }
}

/// Where a kind of Kubernetes' own lives is known: what is proposed for one holds as it stands.
#[test]
fn a_kind_that_lives_in_no_namespace_is_known() {
    all(&[(
        "cluster-role \"x\" { rules; }",
        "1:1",
        "unknown-word",
        &["write `resource \"ClusterRole\" \"x\" api=\"rbac.authorization.k8s.io/v1\" { … }`"],
        &["cluster-scoped"],
    )]);
    for flag in ["", "cluster-scoped"] {
        let node = format!(
            "resource \"ClusterRole\" \"x\" api=\"rbac.authorization.k8s.io/v1\" {flag} {{ (raw-array)rules {{ - {{ verbs \"get\"; }}; }}; }}"
        );
        let sandbox = Sandbox::new([("specs/a.kdl", node.as_str())]);
        sandbox.run(&["render"]).ends_with(0);
        let role = sandbox.files("out").into_iter().find(|path| path.contains("role"));
        let text = sandbox.read(&role.expect("the role is written"));
        assert!(!text.contains("namespace"), "{text}");
    }
}

/// A kind that is named with its group, as `explain` names one, comes with the node that is taken, in one step.
#[test]
fn a_kind_with_its_group() {
    all(&[
        (
            "\"networking.istio.io/gateway\" \"x\" { servers { hosts \"a.com\"; }; }",
            "1:2",
            "unknown-word",
            &[
                "a kind with its group",
                "write `resource \"Gateway\" \"x\" api=\"networking.istio.io/v1\" { … }`",
            ],
            &["lists them"],
        ),
        (
            "\"gateway.networking.k8s.io/v1/Gateway\"",
            "1:2",
            "unknown-word",
            &["write `resource \"Gateway\" \"name\" api=\"gateway.networking.k8s.io/v1\" { … }`"],
            &["lists them"],
        ),
        (
            "\"networking.istio.io/VirtualService\" \"x\" { hosts \"a.com\"; }",
            "1:2",
            "unknown-word",
            &["write `virtual-service \"x\" { … }`"],
            &["api="],
        ),
        (
            "networking.istio.io/gateway \"x\"",
            "1:1",
            "syntax",
            &[
                "write `resource \"Kind\" \"name\" api=\"networking.istio.io/…\"`",
                "`gatewright explain networking.istio.io/gateway` shows",
            ],
            &["write `\"networking.istio.io/gateway\"`"],
        ),
        ("config-map \"x\" { data { a/b \"c\"; }; }", "1:25", "syntax", &["write `\"a/b\"`"], &["resource"]),
    ]);
}

/// A kind that no cluster has is refused where it is named.
#[test]
fn kinds_that_their_group_does_not_have() {
    all(&[
        (
            "resource \"HTTPRoutes\" \"v\" api=\"gateway.networking.k8s.io/v1\" { hostnames \"a\"; }",
            "1:11",
            "unknown-kind",
            &["`gateway.networking.k8s.io` has no kind `HTTPRoutes`", "did you mean `HTTPRoute`?"],
            &[],
        ),
        (
            "resource \"configmap\" \"v\" api=\"v1\" { (raw)data { a \"b\"; }; }",
            "1:11",
            "unknown-kind",
            &["the core has no kind `configmap`", "did you mean `ConfigMap`?"],
            &[],
        ),
        (
            "resource \"gateway\" \"e\" api=\"gateway.networking.k8s.io/v1\" { gateway-class-name \"istio\"; }",
            "1:11",
            "unknown-kind",
            &["did you mean `Gateway`?"],
            &[],
        ),
        (
            "resource \"Certs\" \"e\" api=\"cert-manager.io/v1\" { (raw)spec; }",
            "1:11",
            "unknown-kind",
            &["it has `Certificate`, `CertificateRequest`, `ClusterIssuer` and `Issuer`"],
            &[],
        ),
        (
            "resource \"PeerAuthentification\" \"e\" api=\"security.istio.io/v1\" { mtls STRICT; }",
            "1:11",
            "unknown-kind",
            &["did you mean `PeerAuthentication`?"],
            &[],
        ),
        (
            "resource \"Foo\" \"e\" api=\"foo\"",
            "1:25",
            "unknown-kind",
            &["the core has no version `foo`", "`apps/v1`"],
            &[],
        ),
        (
            "resource \"VirtualService\" \"e\" api=\"cert-manager.io/v1\"",
            "1:36",
            "unknown-word",
            &["write `networking.istio.io/v1`"],
            &[],
        ),
    ]);
    let written = [
        "resource \"Pod\" \"a\" api=\"v1\" { (raw)spec { a 1; }; }",
        "resource \"BackendLBPolicy\" \"a\" api=\"gateway.networking.k8s.io/v1alpha2\" { (raw)spec { a 1; }; }",
    ];
    for node in written {
        Sandbox::new([("specs/a.kdl", node)]).run(&["render"]).ends_with(0);
    }
}

#[test]
fn kinds_of_templates_that_their_group_does_not_have() {
    for (api, kind, says) in [
        ("gateway.networking.k8s.io/v1", "HTTPRoutes", "did you mean `HTTPRoute`?"),
        ("gateway.networking.k8s.io/v1", "gateway", "did you mean `Gateway`?"),
        ("gateway.networking.k8s.io/v1alpha9", "HTTPRoute", "`HTTPRoute` has no version `v1alpha9`"),
        ("v1", "Configmap", "did you mean `ConfigMap`?"),
        ("cert-manager.io/v1", "Certificates", "did you mean `Certificate`?"),
        ("cert-manager.io/v1", "Banana", "its kinds are `Certificate`"),
        ("core/v1", "Service", "did you mean `v1`?"),
        ("app/v1", "Deployment", "did you mean `apps/v1`?"),
        ("foo/v1", "Foo", "there is no group `foo`"),
        ("v1", "Deployment", "did you mean `apps/v1`?"),
        ("batch/v1beta1", "CronJob", "`CronJob` has no version `v1beta1`"),
        ("autoscaling/v2beta2", "HorizontalPodAutoscaler", "write `autoscaling/v2`"),
    ] {
        let text = format!(
            "apiVersion: {api}\nkind: {kind}\nmetadata: {{name: a, namespace: default}}\nspec: {{foo: 1}}\n"
        );
        let sandbox =
            Sandbox::new([("specs/a.kdl", "gateway \"g\"\n"), ("templates/once/a.yaml", text.as_str())]);
        let found = refused(&sandbox, "render", 2);
        let is_api = ["version", "group", "mean `apps/v1`", "mean `v1`", "write"]
            .iter()
            .any(|part| says.contains(part));
        let line = if is_api { 1 } else { 2 };
        found.one("unknown-kind", &format!("templates/once/a.yaml:{line}"), &[says]);
    }
    let text = "apiVersion: gateway.networking.k8s.io/v1alpha2\nkind: TLSRoute\nmetadata: {name: a, namespace: default}\nspec: {foo: 1}\n";
    Sandbox::new([("specs/a.kdl", "gateway \"g\"\n"), ("templates/once/a.yaml", text)])
        .run(&["render"])
        .ends_with(0);
}
