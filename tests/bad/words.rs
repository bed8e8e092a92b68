//! Istio's own words, and the doors to the resources that a node makes.

use super::case::{Marked, bad, bad_alone, refused};
use super::meant::BASE;
use crate::cli::sandbox::Sandbox;

/// A rule of a policy, three levels deep.
fn policy(inner: &str) -> String {
    format!(
        "authorization-policy \"deny\" namespace=\"shop\" {{\n    action DENY\n    rules {{\n        to {{ operation {{ {inner} }} }}\n    }}\n}}"
    )
}

#[test]
fn a_wrong_field_three_levels_deep() {
    let place = "`rules.to.operation` of an AuthorizationPolicy";
    for (inner, code, says) in [
        ("«notPaths» \"/x\"", "unknown-word", ["has no field `notPaths`", "written `not-paths` in a spec"]),
        ("«not_paths» \"/x\"", "unknown-word", ["has no field `not_paths`", "written `not-paths` in a spec"]),
        ("«path» \"/x\"", "unknown-word", ["has no field `path`", "did you mean `paths`?"]),
        ("«verbs» \"GET\"", "unknown-word", ["it has `hosts`", "`methods`"]),
    ] {
        bad_alone(&policy(inner), code, &[place, says[0], says[1]]);
    }
    for inner in ["paths «5»", "methods { «GET»; }", "«paths»=\"/x\"", "paths «x»=\"/x\""] {
        let marked = Marked::new(&policy(inner));
        let found = refused(&marked.sandbox(), "render", 2);
        assert!(found.findings.iter().any(|finding| finding.place == marked.place()), "{}", found.human);
    }
}

#[test]
fn values_without_a_name() {
    let route = |inner: &str| format!("host \"a.example.com\" {{ route to=\"a:80\" {{ {inner}; }}; }}");
    bad(&route("retries «3»"), "unknown-word", &["3 has no name", "`retries attempts=3`"]);
    bad(
        "service \"a\" { load-balancer { consistent-hash «use-source-ip»; }; }",
        "unknown-word",
        &["one that is true is `use-source-ip=#true`"],
    );
    for (inner, help) in [
        ("mirror «\"x\"»", "`mirror host=\"x\"`"),
        ("match { uri «\"/x\"»; }", "`uri exact=\"/x\"`"),
        ("fault «5»", "write its fields by their names: it has `abort` and `delay`"),
    ] {
        bad(&route(inner), "unknown-word", &[help]);
    }
    bad("service \"a\" { tls «SIMPLE»; }", "unknown-word", &["`tls mode=SIMPLE`"]);
}

/// A mend leads to something that holds.
#[test]
fn mends_of_whole_objects() {
    let rule = |inner: &str| format!("virtual-service \"a\" {{ http {{ {inner}; }}; }}");
    for (spec, code, says) in [
        (rule("match «\"/x\"»"), "unknown-word", "`match { uri exact=\"/x\" }`; it has"),
        (rule("match «\"x\"»"), "unknown-word", "write its fields by their names: it has"),
        (
            rule("cors-policy { allow-origin «exact»=\"x\"; }"),
            "unknown-word",
            "write `allow-origins exact …`",
        ),
        (
            rule("cors-policy { allow-origin { «exact» \"x\"; }; }"),
            "unknown-word",
            "write `allow-origins exact …`",
        ),
        (
            "peer-authentication \"a\" { «labels» a=\"b\"; }".to_owned(),
            "unknown-word",
            "`metadata { labels … }`",
        ),
        (
            "resource \"VirtualService\" \"a\" { «annotations» a=\"b\"; }".to_owned(),
            "unknown-word",
            "`metadata { annotations … }`",
        ),
        ("peer-authentication \"a\" { «namespace» \"b\"; }".to_owned(), "unknown-word", "on the node's line"),
        ("peer-authentication \"a\" { «name» \"b\"; }".to_owned(), "unknown-word", "behind its node's word"),
        (
            "peer-authentication \"a\" { port-level-mtls { «8080» DISABLE; }; }".to_owned(),
            "syntax",
            "quote it: `\"8080\"`",
        ),
        (
            "resource \"VirtualService\" \"a\" api=\"«security.istio.io/v1»\"".to_owned(),
            "unknown-word",
            "write `networking.istio.io/v1`",
        ),
        (
            "resource \"Foo\" \"a\" api=\"example.com/v1\" cluster-scoped=«1»".to_owned(),
            "wrong-value",
            "write `cluster-scoped=#true`, or leave it out",
        ),
    ] {
        bad_alone(&spec, code, &[says]);
    }
}

#[test]
fn a_flag_that_is_off_is_not_said() {
    let spec = "resource \"Foo\" \"a\" namespace=\"b\" api=\"example.com/v1\" cluster-scoped=#false { (raw)spec { a 1; }; }\n";
    let sandbox = Sandbox::new([("specs/a.kdl", spec)]);
    sandbox.run(&["render"]).ends_with(0);
    assert!(sandbox.read("out/b/foo-a.yaml").contains("namespace: b\n"));
}

#[test]
fn kinds_that_no_schema_knows() {
    bad_alone(
        "resource \"Foo\" \"a\" api=\"example.com/v1\" { «spec» b=1; }",
        "unknown-word",
        &["no schema knows a Foo", "write `(raw)spec …`"],
    );
    for (kind, api, says) in
        [("\"«Foo Bar»\"", "\"example.com/v1\"", "`Foo Bar` is no kind"), ("\"Foo\"", "\"«a/b/c»\"", "a/b/c")]
    {
        bad_alone(&format!("resource {kind} \"a\" api={api}"), "wrong-value", &[says]);
    }
    bad_alone(
        "cluster-issuer \"a\" { ca secret-name=\"b\"; «self-signed»; }",
        "conflicting-fields",
        &["`ca` and `self-signed`", "there must be one of"],
    );
}

#[test]
fn values_that_no_schema_takes() {
    bad_alone(
        "authorization-policy \"a\" { action «DENYY»; }",
        "unknown-word",
        &["DENYY", "did you mean `DENY`?"],
    );
    bad_alone(
        "service \"a\" { outlier-detection consecutive5xx-errors=5 «interval»=\"soon\"; }",
        "field-value",
        &["`spec.trafficPolicy.outlierDetection.interval` of DestinationRule `default/a`"],
    );
    bad_alone(
        "service-entry \"a\" { hosts \"a.example\"; ports «number»=99999 name=\"x\" protocol=\"TCP\"; resolution DNS; }",
        "field-value",
        &["65535"],
    );
    bad_alone(
        "service \"a\" { load-balancer simple=ROUND_ROBIN { «consistent-hash» use-source-ip=#true; }; }",
        "conflicting-fields",
        &["simple", "consistent-hash"],
    );
    bad_alone(
        "service \"a\" { load-balancer { «zone-aware-lb-setting» enabled=#true; }; }",
        "newer-field",
        &["1.31", "istio"],
    );
}

#[test]
fn one_field_has_one_source() {
    bad(
        "host \"a.example.com\" { route \"/x\" to=\"a:80\" { match { uri «exact»=\"/y\"; }; }; }",
        "conflict",
        &["`uri.exact` has two sources", "said in the schema's words", "decided by this already"],
    );
    bad(
        "service \"a\" { «host» \"b\"; }",
        "conflict",
        &["`host` has two sources", "the name of the `service` decides it"],
    );
    bad(
        "host \"a.example.com\" { route \"/x\" «to»=\"a:80\" { redirect uri=\"/y\"; }; }",
        "conflict",
        &["a route leads to a service, or does something else", "keep one of the two"],
    );
    bad(
        "host \"a.example.com\" to=\"a:80\" { virtual-service { «http» { redirect uri=\"/y\"; }; }; }",
        "conflict",
        &["`spec.http` has two sources", "`to` and `route` of the host decide it"],
    );
}

#[test]
fn what_words_of_ours_decide() {
    bad(
        "host \"a.example.com\" to=\"a:80\" { tls { «mode» MUTUAL; }; }",
        "wrong-place",
        &["`mode` of the `tls` of a `host` is decided by a word of its own", "`tls mutual`"],
    );
    bad(
        "host \"a.example.com\" to=\"a:80\" { tls { «credential-name» \"x\"; }; }",
        "wrong-place",
        &["`credential-name`", "tls secret="],
    );
    bad(
        "host \"a.example.com\" to=\"a:80\" { server { «hosts» \"b.example.com\"; }; }",
        "wrong-place",
        &["a server's hosts are those of its certificate"],
    );
    bad(
        "host \"a.example.com\" to=\"a:80\" { secret { «data» { x \"y\"; }; }; }",
        "wrong-place",
        &["made and sealed, not said", "`secret { metadata { … } }`"],
    );
    bad(
        "host \"a.example.com\" to=\"a:80\" { secret { metadata { labels { \"«gatewright.dev/sealed»\" \"no\"; }; }; }; }",
        "conflict",
        &["`gatewright.dev/sealed` of a Secret is Gatewright's"],
    );
    bad(
        "host \"a.example.com\" to=\"a:80\" { secret { metadata { «labels» #null; }; }; }",
        "conflict",
        &["`labels` of a Secret is Gatewright's"],
    );
    bad(
        "host \"a.example.com\" external=\"b\" to=\"a:80\" { secret { metadata { «annotations» a=\"b\"; }; }; }",
        "unknown-word",
        &["`secret` has no meaning for an external certificate"],
    );
    bad(
        "gateway \"other\" { metadata { «namespace» \"b\"; }; }",
        "wrong-place",
        &["`namespace` of the `metadata` of a node", "on the line of the node"],
    );
}

#[test]
fn objects_of_their_own() {
    bad_alone(
        "«secret» \"a\" { data { x \"eQ==\"; }; }",
        "plaintext-key",
        &["would lie in Git in the clear"],
    );
    bad_alone(
        "authorization-policy \"a\"\nauthorization-policy \"«a»\"",
        "duplicate-name",
        &["AuthorizationPolicy `default/a` is defined twice", "first defined here"],
    );
    bad_alone("namespace \"«A»\"", "invalid-name", &["is no name of a Namespace"]);
    bad_alone("namespace \"a\" namespace=\"«b»\"", "wrong-place", &["lives in no namespace"]);
    bad_alone("«authorization-policy»", "missing-word", &["`authorization-policy` needs a name"]);
    bad_alone(
        "resource \"«Gateway»\" \"a\"",
        "unknown-word",
        &["gateway.networking.k8s.io/v1", "networking.istio.io/v1"],
    );
    bad_alone(
        "resource \"«Deploiment»\" \"a\"",
        "missing-word",
        &["no schema knows a kind `Deploiment`", "api="],
    );
    bad_alone("«autorization-policy» \"a\"", "unknown-word", &["did you mean `authorization-policy`?"]);
    bad_alone(
        "authorization-policy \"a\" { rules { («top»)x 1; }; }",
        "wrong-place",
        &["`(top)` names a field beside `spec`"],
    );
}

/// What a matcher says that leaves no request out makes no other route of a path.
#[test]
fn matchers_that_ask_nothing() {
    for asks in ["name \"m\"", "stat-prefix \"m\"", "method #null", "headers"] {
        bad(
            &format!(
                "host \"a.example.com\" {{ route \"/x\" to=\"a:80\" {{ match {{ {asks}; }}; }}; route \"«/x»\" to=\"b:80\"; }}"
            ),
            "duplicate-path",
            &["a path of `a.example.com` is there twice"],
        );
    }
    bad(
        "host \"a.example.com\" in-order=#true { route to=\"a:80\" { match { name \"m\"; }; }; route \"«/x»\" to=\"b:80\"; }",
        "unreachable-route",
        &["takes all of it"],
    );
}

#[test]
fn what_replaces_a_path_and_what_lies_below_it() {
    bad(
        "host \"a.example.com\" { route \"/b/*\" to=\"b:80\" { rewrite «uri»=\"/z\"; }; }",
        "conflict",
        &["one text can't replace both", "write `rewrite=\"/z\"` on the route's line"],
    );
}

#[test]
fn matchers_and_paths() {
    let matched = |value: &str| format!("{{ match {{ headers {{ user exact=\"{value}\"; }}; }}; }}");
    let same = matched("a");
    bad(
        &format!(
            "host \"a.example.com\" {{ route \"/x\" to=\"a:80\" {same}; route \"«/x»\" to=\"b:80\" {same}; }}"
        ),
        "duplicate-path",
        &["a path of `a.example.com` is there twice"],
    );
    bad(
        &format!(
            "host \"a.example.com\" to=\"c:80\"\nroute \"/x\" host=\"a.example.com\" to=\"a:80\" {}\n//// specs/other.kdl\nroute \"«/x»\" host=\"a.example.com\" to=\"b:80\" {}",
            matched("a"),
            matched("a").replace("user", "team")
        ),
        "route-order",
        &["files have no order", "in one file"],
    );
    bad(
        &format!(
            "host \"a.example.com\" in-order=#true {{ route \"/x\" to=\"a:80\"; route \"«/x»\" to=\"b:80\" {same}; }}"
        ),
        "unreachable-route",
        &["takes all of it"],
    );
    bad(
        &format!(
            "host \"a.example.com\" {{ route \"/x\" to=\"a:80\"; «route» namespace=\"other\" to=\"b:80\" {same}; }}"
        ),
        "overlapping-paths",
        &["from namespaces `default` and `other` overlap"],
    );
}

/// A mend names a field as the file has it: by its word in a spec, by its name in a template.
#[test]
fn mends_name_fields_as_the_file_does() {
    for (node, says) in [
        (
            "envoy-filter \"a\" { config-patches { match { context GATEWAY; }; patch { operation MERGE; value { a 1; }; }; }; }",
            &["`apply-to` is missing here", "write `apply-to`"][..],
        ),
        (
            "host \"a.example.com\" to=\"a:80\" { tls simple min-protocol-version=TLSV1_3 max-protocol-version=TLSV1_2; }",
            &["leave `max-protocol-version` out"],
        ),
        (
            "service \"a\" { load-balancer { consistent-hash http-header-name=\"a\" use-source-ip=#true; }; }",
            &[
                "both `http-header-name` and `use-source-ip`",
                "at most one of `http-header-name`, `http-cookie`",
            ],
        ),
        (
            "gateway \"g\" { servers { port number=8443 name=\"x\" protocol=HTTPS; hosts \"*\"; tls mode=SIMPLE server-certificate=\"/a\"; }; }",
            &["`private-key` is missing here", "name a Secret in `credential-name`"],
        ),
        (
            "resource \"Service\" \"a\" { type \"ClusterIP\"; ports port=80 node-port=30000; }",
            &["has a `node-port`", "`type NodePort`"],
        ),
    ] {
        let files = [("specs/a.kdl", BASE), ("specs/b.kdl", node)];
        let found = refused(&Sandbox::new(files), "render", 2);
        let [only] = found.errors()[..] else { panic!("{node}\n{}", found.human) };
        assert!(says.iter().all(|part| only.text.contains(part)), "{says:?}\n{}", found.human);
    }
    let text = "apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {name: a, namespace: default}\nspec:\n  configPatches:\n    - match: {context: GATEWAY}\n      patch: {operation: MERGE, value: {a: 1}}\n";
    let files = [("specs/a.kdl", "gateway \"g\"\n"), ("templates/once/a.yaml", text)];
    let found = refused(&Sandbox::new(files), "render", 2);
    found.one("missing-field", "templates/once/a.yaml:6", &["write `applyTo`"]);
}
