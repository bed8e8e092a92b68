//! Secrets that a spec or a template would put into the tree in the clear, by whatever name, and what looks like one and is none.

use super::case::{bad_alone, refused};
use crate::cli::sandbox::{SHOP, Sandbox};

#[test]
fn a_kind_that_is_a_secret_however_it_is_spelled() {
    for line in [
        "«secret» \"a\" { data { x \"eQ==\"; }; }",
        "resource \"«Secret»\" \"a\" { data { x \"eQ==\"; }; }",
        "resource \"«secret»\" \"a\" { (raw)data { x \"eQ==\"; }; }",
        "resource \"«SECRET»\" \"a\" api=\"v1\" { (raw)data { x \"eQ==\"; }; }",
        "resource \"«Secret»\" \"a\" api=\"v2\" { (raw)stringData { x \"y\"; }; }",
    ] {
        bad_alone(line, "plaintext-key", &["would lie in Git in the clear", "sops --encrypt"]);
    }
}

#[test]
fn a_list_of_objects_is_no_object() {
    let items = "{ (raw)items { - { apiVersion \"v1\"; kind \"ConfigMap\"; metadata name=\"a\"; }; }; }";
    for kind in [
        "resource \"«List»\" \"a\" api=\"v1\"",
        "resource \"«List»\" \"a\"",
        "resource \"«SecretList»\" \"a\" api=\"v1\"",
        "resource \"«list»\" \"a\" api=\"foo.example/v1\"",
    ] {
        bad_alone(
            &format!("{kind} {items}"),
            "wrong-place",
            &["one node is one object", "a node for each object"],
        );
    }
    bad_alone(
        "resource \"Bag\" \"a\" api=\"foo.example/v1\" { (raw)«items» { - { kind \"ConfigMap\"; }; }; }",
        "wrong-place",
        &["taken for a list of objects", "a node for each object"],
    );
    bad_alone(
        "service \"a\" { destination-rule { (top)«items» { - { kind \"ConfigMap\"; }; }; }; }",
        "wrong-place",
        &["taken for a list of objects"],
    );
}

#[test]
fn a_secret_within_another_object() {
    for (object, kind) in [
        ("resource \"Object\" \"a\" api=\"kubernetes.crossplane.io/v1\"", "Secret"),
        ("resource \"Object\" \"a\" api=\"kubernetes.crossplane.io/v1\"", "secret"),
    ] {
        let spec = format!(
            "{object} {{ (raw)spec {{ manifest {{ apiVersion \"v1\"; «kind \"{kind}\"»; stringData password=\"x\"; }}; }}; }}"
        );
        let spec = spec.replace(&format!("«kind \"{kind}\"»"), &format!("«kind» \"{kind}\""));
        bad_alone(
            &spec,
            "plaintext-key",
            &["a Secret in another object", "leave its `data` and `stringData` out"],
        );
    }
}

#[test]
fn what_only_looks_like_one() {
    let sandbox = Sandbox::new([(
        "specs/a.kdl",
        r#"resource "Secret" "a" api="foo.example/v1" { (raw)spec { data x="y"; }; }
resource "AllowList" "a" api="foo.example/v1" { (raw)spec { items 1 2; }; }
resource "ClusterPolicy" "a" api="kyverno.io/v1" cluster-scoped {
    (raw)spec { rules { - { generate { apiVersion "v1"; kind "Secret"; clone name="pull"; }; }; }; }
}
resource "ExternalSecret" "a" api="external-secrets.io/v1" {
    (raw)spec { target { template { type "Opaque"; data a="{{ .a }}"; }; }; }
}
"#,
    )]);
    sandbox.run(&["render"]).ends_with(0);
    assert!(sandbox.path("out/default/secret.foo.example-a.yaml").exists());
    sandbox.run(&["check"]).ends_with(0);
}

#[test]
fn texts_that_are_no_kind_and_no_api() {
    for kind in ["Sec ret", "a/../b", "3Scale", "Größe"] {
        bad_alone(
            &format!("resource \"«{kind}»\" \"a\" api=\"foo.example/v1\""),
            "wrong-value",
            &["is no kind"],
        );
    }
    for api in ["/v1", "foo/", "a/b/v1", "Foo/v1", "foo..bar/v1", "-a/v1"] {
        bad_alone(
            &format!("resource \"Thing\" \"a\" api=\"«{api}»\""),
            "wrong-value",
            &["is no `api`", "apps/v1"],
        );
    }
}

#[test]
fn templates_give_none_either() {
    let head = |api: &str, kind: &str| {
        format!("apiVersion: {api}\nkind: {kind}\nmetadata:\n  name: a\n  namespace: default\n")
    };
    let nested = "spec:\n  manifest:\n    apiVersion: v1\n    kind: Secret\n    data: {a: b}\n";
    let gateway = include_str!("../../templates/gateway.yaml");
    let own = "templates/once/own.yaml";
    for (path, text, code, line) in [
        (own, head("v1", "secret"), "template-secret", 2),
        (own, head("v1", "SecretList"), "template-output", 2),
        (own, format!("{}items: []\n", head("foo.example/v1", "Bag")), "template-output", 6),
        (own, format!("{}{nested}", head("foo.example/v1", "Object")), "template-secret", 9),
        ("templates/gateway.yaml", format!("items: []\n{gateway}"), "template-output", 1),
    ] {
        let sandbox = Sandbox::new([("specs/shop.kdl", SHOP), (path, &text)]);
        let found = refused(&sandbox, "render", 2);
        let place = format!("{path}:{line}");
        assert!(
            found.errors().iter().any(|finding| finding.code == code && finding.places.contains(&place)),
            "no {code} at {place}\n{}",
            found.human
        );
    }
    let sandbox = Sandbox::new([("specs/shop.kdl", SHOP), (own, &head("foo.example/v1", "Secret"))]);
    sandbox.run(&["render"]).ends_with(0);
}
