//! Templates of the user's own that fail, or make what can't be.

use super::case::refused;
use crate::cli::sandbox::{SHOP, Sandbox};

const OWN: &str = "templates/host/own.yaml";
const GATEWAY: &str = "templates/gateway.yaml";
const PEER: &str = "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata:\n  name: {{ host.name }}\n  namespace: default\n";

/// The template is refused at its file, and at its line where one is given.
#[track_caller]
fn bad(path: &str, text: &str, code: &str, line: Option<usize>, says: &[&str]) {
    let sandbox = Sandbox::new([("specs/shop.kdl", SHOP), (path, text)]);
    let place = line.map_or(path.to_owned(), |line| format!("{path}:{line}"));
    for call in ["render", "check"] {
        let found = refused(&sandbox, call, 2);
        let finding = found.errors().into_iter().find(|finding| finding.code == code);
        let finding = finding.unwrap_or_else(|| panic!("no {code}:\n{}", found.human));
        for part in says {
            assert!(finding.text.contains(part), "not said: {part}\n{}", found.human);
        }
        assert!(finding.places.iter().any(|at| at.starts_with(&place)), "not at {place}:\n{}", found.human);
        assert!(found.human.contains(path), "{}", found.human);
    }
}

#[test]
fn templates_that_fail() {
    bad(GATEWAY, "apiVersion: x\nkind: {{ \n", "template-error", Some(2), &[]);
    bad(GATEWAY, "{% if x %}\n", "template-error", Some(1), &[]);
    bad(GATEWAY, "a: 1\nb: {{ nothing }}\n", "template-error", Some(2), &["nothing"]);
    bad(GATEWAY, "a: 1\nb: {{ metadata.nothing }}\n", "template-error", Some(2), &["nothing"]);
    bad(GATEWAY, "b: {{ metadata | yamll(2) }}\n", "template-error", Some(1), &["yamll"]);
    bad(GATEWAY, "b: {{ 1 + [] }}\n", "template-error", Some(1), &[]);
    bad(GATEWAY, "{% include \"nothing.yaml\" %}\n", "template-error", Some(1), &["nothing.yaml"]);
    bad(GATEWAY, "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}\n", "template-error", Some(1), &[]);
    bad(OWN, &PEER.replace("host.name", "host.nmae"), "template-error", Some(4), &["nmae"]);
    bad("templates/gatewy.yaml", "a: 1\n", "unknown-template", None, &["gateway.yaml"]);
    bad("templates/hots/own.yaml", PEER, "unknown-template", None, &["host"]);
}

#[test]
fn templates_that_make_something_else() {
    let gateway = include_str!("../../templates/gateway.yaml");
    for text in ["a: [\n", "just text\n", "", &format!("{gateway}---\n{gateway}")] {
        bad(GATEWAY, text, "template-output", None, &[]);
    }
    let renamed =
        "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata:\n  name: other\n  namespace: default\n";
    bad(GATEWAY, renamed, "template-identity", None, &["other"]);
    bad(
        GATEWAY,
        &renamed.replace("other", "public").replace("kind: Gateway", "kind: Gatewy"),
        "template-identity",
        None,
        &["Gatewy"],
    );
    let secret =
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  namespace: default\nstringData:\n  a: b\n";
    bad(OWN, secret, "template-secret", None, &["Secret"]);
    for text in [
        "apiVersion: v1\nkind: ConfigMap\n",
        &PEER.replace("namespace: default", "namespace: ../../etc"),
        &PEER.replace("{{ host.name }}", "a/../../b"),
        &PEER.replace("{{ host.name }}", "\"{{ host.name }}\\n\""),
        &PEER.replace("metadata:", "metadata: &a\n  <<: *a"),
        &format!("{PEER}spec:\n  mtls: on\n"),
    ] {
        bad(OWN, text, "template-output", None, &[]);
    }
}

/// Two hosts that a template gives one object, and an object that the spec makes already.
#[test]
fn templates_that_make_the_same_twice() {
    let one = PEER.replace("{{ host.name }}", "one");
    let gateway = "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata:\n  name: public\n  namespace: default\nspec:\n  \
                   servers:\n  - hosts: [\"*\"]\n    port: {number: 80, name: http, protocol: HTTP}\n";
    for (path, text, file) in [
        (OWN, one.as_str(), "out/default/peerauthentication-one.yaml"),
        ("templates/once/own.yaml", gateway, "out/default/gateway-public.yaml"),
    ] {
        let sandbox = Sandbox::new([("specs/shop.kdl", SHOP), (path, text)]);
        let found = refused(&sandbox, "render", 2);
        let errors = found.errors();
        assert!(errors.len() == 1 && errors[0].code == "duplicate-name", "{}", found.human);
        assert!(errors[0].text.contains(file) && errors[0].text.contains("another name"), "{}", found.human);
    }
}

/// A template that fails for every host is said once.
#[test]
fn one_mistake_is_one_finding() {
    let hosts: String = (0..50).map(|i| format!("host \"h{i}.example.com\" to=\"a:80\"\n")).collect();
    let own = PEER.replace("host.name", "host.nmae");
    let sandbox = Sandbox::new([("specs/shop.kdl", SHOP), ("specs/more.kdl", &hosts), (OWN, &own)]);
    let found = refused(&sandbox, "render", 2);
    assert_eq!(found.errors().len(), 1, "{}", found.human);
}

/// What the words of the spec make is annotated; what a template prints is for its author to mend.
#[test]
fn variables_that_flux_would_take() {
    let annotated = "  annotations:\n    kustomize.toolkit.fluxcd.io/substitute: disabled\n";
    let config = |metadata: &str, data: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{{{ host.name }}}}\n  namespace: default\n{metadata}data:\n{data}"
        )
    };
    let gateway = include_str!("../../templates/gateway.yaml");
    let selector = gateway.replace("    - port:", "    - name: ${EDGE}\n      port:");
    assert_ne!(selector, gateway);
    for (path, text, place, what) in [
        (
            OWN,
            config("", "  a: b\n  c: x-${CLUSTER}\n"),
            "templates/host/own.yaml:8",
            "ConfigMap `shop.example.com`",
        ),
        (OWN, config("", "  \"${KEY}\": b\n"), "templates/host/own.yaml:7", "ConfigMap `shop.example.com`"),
        (
            OWN,
            config("", "  a: {{ \"${x}\" }}\n"),
            "templates/host/own.yaml:7",
            "ConfigMap `shop.example.com`",
        ),
        (GATEWAY, selector, "templates/gateway.yaml:", "Gateway `public`"),
    ] {
        let sandbox = Sandbox::new([("specs/shop.kdl", SHOP), (path, &text[..])]);
        let run = sandbox.run(&["render"]).ends_with(0);
        let says =
            format!("warning[flux-variable]: {what} holds `${{`, which Flux would take for a variable\n");
        assert!(run.stderr.contains(&says), "{}", run.stderr);
        assert!(run.stderr.contains(&format!("--> {place}")), "{}", run.stderr);
        assert_eq!(run.stderr.matches("warning[").count(), 1, "once for all hosts\n{}", run.stderr);
        sandbox.run(&["check", "--strict"]).ends_with(1);
        for settled in ["flux-substitute keep", "settle \"flux-variable\" reason=\"we want it\""] {
            sandbox.write("gatewright.kdl", &format!("{settled}\n"));
            let run = sandbox.run(&["check", "--strict"]).ends_with(0);
            assert!(!run.stderr.contains("flux-variable"), "{}", run.stderr);
        }
    }
    for text in [
        config(annotated, "  c: ${CLUSTER}\n"),
        config(&annotated.replace("annotations", "labels"), "  c: ${CLUSTER}\n"),
        config("", "  c: $CLUSTER $$ {x}  # ${comment}\n"),
    ] {
        let sandbox = Sandbox::new([("specs/shop.kdl", SHOP), (OWN, &text[..])]);
        let run = sandbox.run(&["render"]).ends_with(0);
        assert!(!run.stderr.contains("flux-variable"), "{}", run.stderr);
    }
}
