//! Objects of the core with what is said of each.

use crate::resource::Tree;
use crate::schema::conform::Conform;
use crate::schema::{OLDEST, built_in};
use crate::spec::Origin;

/// What is said of an object in YAML without its metadata.
fn said(kind: &str, name: &str, rest: &str) -> Vec<String> {
    let namespace = if kind == "Namespace" { "" } else { ", namespace: b" };
    let yaml = format!("apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}{namespace}}}\n{rest}");
    let json: serde_json::Value = serde_saphyr::from_str(&yaml).unwrap();
    let tree = Tree::of_json(&json, &Origin::default_of("test"));
    let found = Conform::new(built_in(), OLDEST).check(&tree);
    found.into_iter().map(|violation| violation.diagnostic("it").message).collect()
}

#[track_caller]
fn service(spec: &str, expected: &[&str]) {
    assert_eq!(said("Service", "a", &format!("spec: {{{spec}}}")), expected, "{spec}");
}

#[test]
fn services_that_the_api_server_takes_are_taken() {
    for spec in [
        "ports: [{port: 80}]",
        "ports: [{port: 80, name: http}, {port: 80, name: dns, protocol: UDP}, {port: 443, name: https, targetPort: web-tls}]",
        "ports: [{port: 80, targetPort: 0}], clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1]",
        "clusterIP: None",
        "type: ExternalName, externalName: db.example.com.",
        "type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/8], externalTrafficPolicy: Local, healthCheckNodePort: 30000, ports: [{port: 80, nodePort: 30080}]",
        "externalIPs: [1.2.3.4, '2001:db8::1'], externalTrafficPolicy: Cluster, ports: [{port: 80, appProtocol: kubernetes.io/h2c}]",
        "sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 5}}, ports: [{port: 80}], trafficDistribution: PreferClose",
    ] {
        service(spec, &[]);
    }
}

#[test]
fn ports_are_named_apart() {
    service("", &["`spec` of it has no `ports`, which must be there"]);
    service(
        "ports: [{port: 80, name: http}, {port: 81}]",
        &["`spec.ports[1]` of it has no `name`, which each of several ports must have"],
    );
    service(
        "ports: [{port: 80, name: http}, {port: 81, name: http}]",
        &["`spec.ports[1].name` of it is `http` once more, and the names of ports differ"],
    );
    service(
        "ports: [{port: 80, name: HTTP_1}]",
        &[
            "`spec.ports[0].name` of it can't be `HTTP_1`, and the name of a port is a DNS label: a DNS label holds only `a-z`, `0-9` and `-`",
        ],
    );
    service(
        "ports: [{port: 80, name: a, targetPort: '8080'}, {port: 81, name: b, targetPort: a-very-long-name}, {port: 82, name: c, targetPort: 70000}]",
        &[
            "`spec.ports[0].targetPort` of it can't be `8080`: the name of a pod's port holds a letter",
            "`spec.ports[1].targetPort` of it can't be `a-very-long-name`: the name of a pod's port has at most 15 characters",
            "`spec.ports[2].targetPort` of it must be a port, 1 to 65535, or a port's name, and is `70000`",
        ],
    );
    service(
        "ports: [{port: 80, nodePort: 30080}]",
        &["`spec.ports[0]` of it has a `nodePort`, and a Service of type `ClusterIP` has none"],
    );
    service(
        "type: NodePort, ports: [{port: 80, name: a, nodePort: 30080}, {port: 81, name: b, nodePort: 30080}, {port: 82, name: c, protocol: UDP, nodePort: 30080}]",
        &["`spec.ports[1]` of it has the `nodePort` 30080 of another port"],
    );
}

#[test]
fn what_belongs_to_another_type_is_refused() {
    service(
        "type: ExternalName, clusterIP: 10.0.0.1",
        &[
            "`spec` of it has `clusterIP`, and a Service of type `ExternalName` has no address",
            "`spec` of it is of type `ExternalName` and has no `externalName`",
        ],
    );
    service(
        "ports: [{port: 80}], loadBalancerClass: a/b, externalTrafficPolicy: Local",
        &[
            "`spec` of it has `loadBalancerClass`, which is for the type `LoadBalancer`, and is of type `ClusterIP`",
            "`spec` of it has `externalTrafficPolicy`, and a Service of type `ClusterIP` is not reached from outside",
        ],
    );
    service(
        "type: LoadBalancer, clusterIP: None, ports: [{port: 10250}]",
        &[
            "`spec.ports[0]` of it is 10250, the kubelet's, which no load balancer may lead to",
            "`spec.clusterIP` of it can't be `None` in a Service of type `LoadBalancer`",
        ],
    );
    service(
        "ports: [{port: 80}], sessionAffinityConfig: {clientIP: {timeoutSeconds: 5}}, trafficDistribution: Near",
        &[
            "`spec` of it has `sessionAffinityConfig`, which is for `sessionAffinity: ClientIP` alone",
            "`spec.trafficDistribution` of it can't be `Near`",
        ],
    );
}

#[test]
fn addresses_and_selectors_are_held() {
    service(
        "ports: [{port: 80}], clusterIP: 10.0.0.256, externalIPs: [127.0.0.1, x], selector: {'a b': c, d: 'e f'}",
        &[
            "`spec.clusterIP` of it can't be `10.0.0.256`",
            "`spec.externalIPs[0]` of it can't be `127.0.0.1`, which no client from outside can ask",
            "`spec.externalIPs[1]` of it can't be `x`",
            "`spec.selector.a b` of it has the key `a b`: a Kubernetes label holds only letters, digits, `-`, `_` and `.`",
            "`spec.selector.d` of it can't be `e f`: a Kubernetes label holds only letters, digits, `-`, `_` and `.`",
        ],
    );
    service(
        "ports: [{port: 80}], clusterIPs: [10.0.0.1]",
        &["`spec` of it has `clusterIPs` that begin with `10.0.0.1`, and not with its `clusterIP`"],
    );
    service("ports: [{port: 80}], ipFamilies: [IPv4, IPv4]", &["`spec.ipFamilies[1]` of it is there twice"]);
}

#[test]
fn keys_of_a_config_map_are_names_of_files() {
    assert_eq!(said("ConfigMap", "a", "data: {app.conf: x, _A-1: z}\nbinaryData: {b: AAAA}"), [""; 0]);
    assert_eq!(
        said("ConfigMap", "a", "data: {a/b: x, '..': z, '${KEY}': z}"),
        [
            "`data[\"..\"]` of it can't have the key `..`: it begins as a folder above does",
            "`data.a/b` of it can't have the key `a/b`: only letters, digits, `-`, `_` and `.` are taken",
        ]
    );
    assert_eq!(
        said("ConfigMap", "a", "data: {a: x}\nbinaryData: {a: AAAA}"),
        ["`binaryData.a` of it has the key `a` in `data` too"]
    );
    let large = format!("data: {{a: {}}}", "x".repeat(super::LARGEST + 1));
    assert_eq!(said("ConfigMap", "a", &large), ["it holds 1048577 bytes, and a ConfigMap at most 1048576"]);
}

#[test]
fn names_that_must_be_labels_are() {
    assert_eq!(said("Namespace", "a-1", "spec: {finalizers: [kubernetes, example.com/a]}"), [""; 0]);
    assert_eq!(said("ServiceAccount", "a.b", ""), [""; 0]);
    let what = |kind: &str| {
        format!(
            "`metadata.name` of it can't be `a.b`, and the name of a {kind} is a DNS label: a DNS label holds only `a-z`, `0-9` and `-`"
        )
    };
    assert_eq!(said("Namespace", "a.b", ""), [what("Namespace")]);
    assert_eq!(said("Service", "a.b", "spec: {ports: [{port: 80}]}"), [what("Service")]);
    assert_eq!(
        said("Namespace", "a", "spec: {finalizers: [a]}"),
        ["`spec.finalizers[0]` of it can't be `a`: a finalizer is `kubernetes`, or has a domain of its own"]
    );
}
