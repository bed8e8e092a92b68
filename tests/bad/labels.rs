//! Labels that no pod has, said without meaning to: words of a selector among them, YAML's colons, fields of a subset.

use super::case::refused;
use super::meant::{BASE, Case};
use crate::cli::sandbox::Sandbox;

/// Where the first of a text stands in a node of one line.
fn place(file: &str, node: &str, text: &str) -> String {
    format!("specs/{file}:1:{}", node.find(text).unwrap() + 1)
}

/// Each with the text that is marked, in the place of a line and column.
#[track_caller]
fn all(cases: &[Case]) {
    for (node, marked, code, says, never) in cases {
        let found = refused(&Sandbox::new([("specs/a.kdl", BASE), ("specs/b.kdl", node)]), "render", 2);
        let said = &found.one(code, &place("b.kdl", node, marked), says).text;
        for other in *never {
            assert!(!said.contains(other), "{node} must not say {other}:\n{said}");
        }
    }
}

const KEPT: &[&str] = &["match-labels=", "matchLabels="];

/// Where labels stand plainly, a selector's word around them is taken off, and they are kept.
const AROUND: &[Case] = &[
    (
        "gateway \"g\" { selector { match-labels app=\"x\"; }; }",
        "match-labels",
        "wrong-place",
        &["`selector app=\"x\"`"],
        KEPT,
    ),
    (
        "gateway \"g\" { selector { matchLabels { app \"x\"; tier b; }; }; }",
        "matchLabels",
        "wrong-place",
        &["`selector app=\"x\" tier=b`"],
        KEPT,
    ),
    (
        "gateway \"g\" { selector { labels app=\"x\"; }; }",
        "labels",
        "wrong-place",
        &["`selector app=\"x\"`"],
        &["labels="],
    ),
    (
        "resource \"Gateway\" \"g\" namespace=\"n\" api=\"networking.istio.io/v1\" { selector { match-labels app=\"x\"; }; }",
        "match-labels",
        "wrong-place",
        &["`selector app=\"x\"`"],
        KEPT,
    ),
    (
        "service \"a\" { subset \"v1\" { match-labels version=\"v1\"; }; }",
        "match-labels",
        "wrong-place",
        &["`subset \"v1\" version=\"v1\"`"],
        KEPT,
    ),
    (
        "resource \"Service\" \"s\" { ports port=80; selector { match-labels app=\"x\"; }; }",
        "match-labels",
        "wrong-place",
        &["labels stand right behind the word: `selector app=\"x\"`"],
        KEPT,
    ),
    (
        "destination-rule \"s\" { host \"s\"; subsets { name \"v\"; labels { match-labels { version \"v1\"; }; }; }; }",
        "match-labels",
        "wrong-place",
        &["`labels version=\"v1\"`"],
        KEPT,
    ),
    (
        "virtual-service \"s\" { hosts \"s\"; http { match { source-labels { match-labels app: \"x\"; }; }; route { destination host=\"s\"; }; }; }",
        "match-labels",
        "wrong-place",
        &["`source-labels app=\"x\"`"],
        KEPT,
    ),
];

#[test]
fn a_selectors_word_around_plain_labels_is_taken_off() {
    all(AROUND);
}

/// Selectors that know no expressions say so, and make no label of one.
const EXPRESSIONS: &[Case] = &[
    (
        "authorization-policy \"p\" { selector { match-expressions { key \"app\"; operator In; values \"a\"; }; }; }",
        "match-expressions",
        "unknown-word",
        &["knows no expressions"],
        &["match-expressions=", "match-labels match", "(raw)"],
    ),
    (
        "sidecar \"p\" { workload-selector { matchExpressions { key \"app\"; }; }; }",
        "matchExpressions",
        "unknown-word",
        &["knows no expressions"],
        &["matchExpressions=", "(raw)"],
    ),
    (
        "gateway \"g\" { selector { match-expressions { key \"app\"; }; }; }",
        "match-expressions",
        "wrong-place",
        &["knows no expressions"],
        &["match-expressions="],
    ),
    (
        "resource \"Service\" \"s\" { ports port=80; selector { match-expressions { key \"app\"; }; }; }",
        "match-expressions",
        "wrong-place",
        &["knows no expressions"],
        &["match-expressions="],
    ),
];

#[test]
fn a_selector_without_expressions_says_so() {
    all(EXPRESSIONS);
}

/// YAML's colon is no part of a label's name.
const COLONS: &[Case] = &[
    (
        "authorization-policy \"p\" { selector { match-labels app: \"x\"; }; }",
        "app:",
        "unknown-word",
        &["`match-labels app=\"x\"`"],
        &["app:="],
    ),
    (
        "authorization-policy \"p\" { selector { match-labels { app: x; }; }; }",
        "app:",
        "wrong-value",
        &["`match-labels app=x`"],
        &["quote it"],
    ),
    (
        "authorization-policy \"p\" { selector app: x; }",
        "app:",
        "unknown-word",
        &["`selector { match-labels app=\"x\" }`"],
        &["app:="],
    ),
    (
        "gateway \"g\" { selector { istio: ingress; }; }",
        "istio:",
        "wrong-place",
        &["`selector istio=ingress`"],
        &["\"istio:\""],
    ),
    (
        "proxy-config \"p\" { environment-variables { FOO: bar; }; }",
        "FOO:",
        "wrong-value",
        &["`environment-variables FOO=bar`", "quote it: `\"FOO:\"`"],
        &["FOO:="],
    ),
    (
        "resource \"Deployment\" \"d\" api=\"apps/v1\" { (raw)spec { replicas: 3; }; }",
        "replicas:",
        "wrong-value",
        &["write `replicas` without it", "quote it: `\"replicas:\"`"],
        &[],
    ),
];

#[test]
fn yamls_colon_is_no_part_of_a_name() {
    all(COLONS);
    let subset = "service \"a\" { subset \"v1\" version: \"v1\"; }\n";
    let found = refused(&Sandbox::new([("specs/b.kdl", subset)]), "render", 2);
    found.says("unknown-word", &place("b.kdl", subset, "version:"), &["behind a `=`: `version=\"v1\"`"]);
    let quoted = "proxy-config \"p\" namespace=\"n\" { environment-variables \"FOO:\"=bar; }\n";
    Sandbox::new([("specs/a.kdl", quoted)]).run(&["render"]).ends_with(0);
}

/// Warnings that settle: the node, where, and what is said.
const FIELDS: &[(&str, &str, &[&str])] = &[
    (
        "service \"a\" { subset \"v1\" version=\"v1\" loadBalancer=RANDOM; }",
        "loadBalancer",
        &["`load-balancer …` stands in the braces"],
    ),
    ("service \"a\" { subset \"v1\" version=\"v1\" tls=on; }", "tls=", &["`tls …` stands in the braces"]),
    ("service \"a\" { subset \"v2\" labels=\"v2\"; }", "labels", &["`version=\"v2\"`"]),
    ("service \"a\" { subset \"v2\" match-labels=\"v2\"; }", "match-labels", &["`version=\"v2\"`"]),
    ("gateway \"a\" { selector match-labels=\"x\"; }", "match-labels", &["a part of a selector"]),
    (
        "sidecar \"p\" namespace=\"n\" { workload-selector { labels match-expressions=\"x\"; }; egress { hosts \"*/*\"; }; }",
        "match-expressions",
        &["knows no expressions"],
    ),
    (
        "resource \"Service\" \"s\" namespace=\"n\" { ports port=80; selector { matchLabels \"x\"; }; }",
        "matchLabels",
        &["`selector app=\"x\"`"],
    ),
];

#[test]
fn a_label_that_is_called_as_a_field_is_a_warning() {
    for (node, marked, says) in FIELDS {
        let sandbox = Sandbox::new([("specs/a.kdl", &**node)]);
        let said = sandbox.run(&["render"]).ends_with(0).stderr;
        assert_eq!(said.matches("warning[field-as-label]").count(), 1, "{said}");
        let place = place("a.kdl", node, marked);
        for part in says.iter().copied().chain([&*place, "settle \"field-as-label\""]) {
            assert!(said.contains(part), "not said: {part}\n{said}");
        }
        sandbox.write("gatewright.kdl", "settle \"field-as-label\" reason=\"the pods have it\"\n");
        let said = sandbox.run(&["render"]).ends_with(0).stderr;
        assert!(!said.contains("field-as-label"), "{said}");
    }
}

#[test]
fn a_label_as_pods_have_them_is_no_field() {
    let spec = "service \"a\" { subset \"v1\" version=\"v1\" name=x tier=y selector=z; }\n";
    let said = Sandbox::new([("specs/a.kdl", spec)]).run(&["render"]).ends_with(0).stderr;
    assert!(!said.contains("field-as-label"), "{said}");
}

/// Labels that no pod can have.
const IMPOSSIBLE: &[Case] = &[
    (
        "authorization-policy \"p\" namespace=\"n\" { selector { match-labels \"app:\"=x; }; action DENY; rules; }",
        "app:",
        "field-value",
        &["`spec.selector.matchLabels.app:`", "which no label has", "write `app`"],
        &[],
    ),
    (
        "peer-authentication \"p\" namespace=\"n\" { selector { match-labels app=\"x y\"; }; mtls mode=STRICT; }",
        "app=",
        "field-value",
        &["can't be `x y`, which no label holds"],
        &[],
    ),
    (
        "resource \"Gateway\" \"g\" namespace=\"n\" api=\"networking.istio.io/v1\" { selector \"my app\"=x; servers { hosts \"a.b\"; port number=80 name=http protocol=HTTP; }; }",
        "my app",
        "field-value",
        &["can't have the key `my app`, which no label has"],
        &[],
    ),
];

#[test]
fn labels_that_no_pod_can_have_are_refused() {
    all(IMPOSSIBLE);
}

#[test]
fn a_templates_labels_are_held_against_the_same() {
    let template = "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: p, namespace: shop}\nspec:\n  selector:\n    matchLabels:\n      app: x y/z\n  rules: [{}]\n";
    let sandbox = Sandbox::new([("specs/a.kdl", BASE), ("templates/once/own.yaml", template)]);
    refused(&sandbox, "render", 2).one("field-value", "templates/once/own.yaml:7", &["which no label holds"]);
}
