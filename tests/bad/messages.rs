//! Messages about Istio's words and those of other schemas: a stranger mends the file from the text alone.

use super::case::refused;
use crate::cli::sandbox::Sandbox;
use crate::support::widgets::WIDGETS;

/// What is wrong: the node, where it is found, the code, and what the message says.
const CASES: &[(&str, &str, &str, &[&str])] = &[
    // kinds of one's own
    ("widget \"a\" { size 7; }", "1:14", "field-value", &["a multiple of 5, and is `7`", "no multiple of 5"]),
    ("widget \"a\" { ratio 0.5; }", "1:14", "field-value", &["must be more than 0.5"]),
    (
        "widget \"a\" { limits soft=2 hard=3; }",
        "1:14",
        "field-value",
        &["`spec.limits` of Widget `default/a`", "can't have `soft` together with `hard`"],
    ),
    ("widget \"a\" { limits; }", "1:14", "field-value", &["must have at least 1 fields"]),
    ("widget \"a\" { source; }", "1:14", "field-value", &["must have at least one of `url`, `path`"]),
    ("widget \"a\" { size 0; }", "1:14", "field-value", &["at least 1", "too small"]),
    (
        "widget \"a\" { nat-outgoing; }",
        "1:14",
        "unknown-word",
        &["may be `nat-outgoing` or `natOutgoing`", "`(raw)natOutgoing …`"],
    ),
    (
        "widget \"a\" { free { - 1; - 2; foo 3; }; }",
        "1:31",
        "wrong-value",
        &["items and the field `foo` at once", "no item"],
    ),
    ("widget \"a\" { free a=1 { - 1; }; }", "1:19", "wrong-value", &["the field `a`"]),
    ("widget \"a\" size=#inf", "1:17", "wrong-value", &["#inf is no finite number"]),
    (
        "widget \"a\" { free #nan; }",
        "1:19",
        "wrong-value",
        &["#nan is no number that a manifest can hold", "no finite number"],
    ),
    ("widget \"a\" { size 99999999999999999999; }", "1:19", "wrong-value", &["more than 64 bits"]),
    (
        "widget \"a\" { parts name=\"x\" { inner { depth 9; }; }; }",
        "1:39",
        "field-value",
        &["`spec.parts[0].inner.depth`", "at most 3", "too large"],
    ),
    (
        "widget \"a\" { parts { - { name \"x\"; }; }; }",
        "1:22",
        "unknown-word",
        &["write a `parts { … }` for each"],
    ),
    ("widget \"a\" grid=3", "1:12", "wrong-place", &["`grid { - 3; }` in the braces"]),
    ("widget \"a\" { depth 3; }", "1:14", "unknown-word", &["`depth` stands in `parts.inner`"]),
    // each kind of Istio's
    (
        "virtual-service \"a\" { http { route destination.host=\"b\"; }; }",
        "1:36",
        "unknown-word",
        &["a field of a field stands in its braces: `destination { host … }`"],
    ),
    (
        "wasm-plugin \"a\" { url \"oci://a/b\"; match mode=CLIENT ports { number 80; }; }",
        "1:54",
        "unknown-word",
        &["`ports` opens braces of its own within those of `match`: `match { ports { … } }`"],
    ),
    (
        "peer-authentication \"a\" { mtls 5; }",
        "1:32",
        "wrong-value",
        &["it is one of `UNSET`, `DISABLE`, `PERMISSIVE` and `STRICT`"],
    ),
    (
        "service \"a\" { ports port=80; }",
        "1:15",
        "unknown-word",
        &["`ports` is a field of the Service of Kubernetes", "`resource \"Service\" \"name\"`"],
    ),
    (
        "authorization-policy \"a\" { rules { to { operation { not_paths \"/x\"; }; }; }; }",
        "1:53",
        "unknown-word",
        &["written `not-paths` in a spec"],
    ),
    (
        "authorization-policy \"a\" { rules { from { source { namespaces { x; y; }; }; }; }; }",
        "1:65",
        "unknown-word",
        &["`namespaces \"x\" \"y\"`"],
    ),
    (
        "authorization-policy \"a\" { operation { methods \"GET\"; }; }",
        "1:28",
        "unknown-word",
        &["`operation` stands in `rules.to`"],
    ),
    (
        "authorization-policy \"a\" { selector { app \"x\"; }; }",
        "1:39",
        "unknown-word",
        &["`selector { match-labels app=\"x\" }`"],
    ),
    (
        "authorization-policy \"a\" { rules { when { key \"x\" { values \"y\"; }; }; }; }",
        "1:53",
        "unknown-word",
        &["stands beside it"],
    ),
    (
        "peer-authentication \"a\" { mtls ON; }",
        "1:32",
        "unknown-word",
        &["it is one of `UNSET`, `DISABLE`, `PERMISSIVE` and `STRICT`"],
    ),
    (
        "request-authentication \"a\" { jwt-rules { jwksUri \"x\"; }; }",
        "1:42",
        "unknown-word",
        &["written `jwks-uri`"],
    ),
    (
        "request-authentication \"a\" { jwt-rules { issuer \"a\"; from-headers \"A\"; }; }",
        "1:67",
        "unknown-word",
        &["`from-headers name=\"A\"`"],
    ),
    (
        "virtual-service \"a\" { hosts \"x.example\"; http { route destination=\"x\"; }; }",
        "1:55",
        "wrong-place",
        &["`destination host=\"x\"` in the braces"],
    ),
    (
        "virtual-service \"a\" { hosts \"x.example\"; http { route { destination host=\"x\"; headers { request { add \"a\" \"b\"; }; }; }; }; }",
        "1:103",
        "unknown-word",
        &["`add a=\"b\"`"],
    ),
    (
        "destination-rule \"a\" { host \"x\"; traffic-policy { connection-pool { max-connections 5; }; }; }",
        "1:69",
        "unknown-word",
        &["`max-connections` stands in `tcp`"],
    ),
    (
        "destination-rule \"a\" { host \"x\"; traffic-policy { load-balancer { simple RANDOM; consistent-hash use-source-ip=#true; }; }; }",
        "1:82",
        "conflicting-fields",
        &["excludes the other"],
    ),
    (
        "destination-rule \"a\" { host \"x\"; subsets { name \"v1\"; labels \"version=v1\"; }; }",
        "1:62",
        "unknown-word",
        &["`labels version=\"v1\"`"],
    ),
    (
        "destination-rule \"a\" { host \"x\"; traffic-policy { connection-pool { http { http2-keep-alive interval=\"5s\"; }; }; }; }",
        "1:76",
        "newer-field",
        &["came with Istio 1.31", "`istio \"1.31\"`"],
    ),
    (
        "resource \"Gateway\" \"a\" api=\"networking.istio.io/v1\" { servers port=80 { hosts \"*\"; }; }",
        "1:63",
        "wrong-place",
        &["`port number=80` in the braces"],
    ),
    (
        "service-entry \"a\" { hosts \"x.example\"; ports 443; }",
        "1:46",
        "unknown-word",
        &["`ports number=443`"],
    ),
    (
        "service-entry \"a\" { hosts \"x.example\"; location EXTERNAL; }",
        "1:49",
        "unknown-word",
        &["`MESH_EXTERNAL` and `MESH_INTERNAL`"],
    ),
    (
        "sidecar \"a\" { egress \"./*\"; }",
        "1:22",
        "unknown-word",
        &["it has `bind`, `capture-mode`, `hosts` and `port`"],
    ),
    (
        "sidecar \"a\" { workload-selector { match-labels app=\"x\"; }; }",
        "1:35",
        "unknown-word",
        &["did you mean `labels`?"],
    ),
    (
        "envoy-filter \"a\" { config-patches { patch { operation INSERT_BEFOR; }; }; }",
        "1:55",
        "unknown-word",
        &["did you mean `INSERT_BEFORE`?"],
    ),
    (
        "telemetry \"a\" { tracing random-sampling-percentage=200; }",
        "1:25",
        "field-value",
        &["must be 0 to 100", "too large"],
    ),
    (
        "workload-entry \"a\" { address \"10.0.0.1\"; weight -1; }",
        "1:42",
        "field-value",
        &["must be 0 to", "too small"],
    ),
    (
        "wasm-plugin \"a\" { url \"https://x.example\"; phase AUTH; }",
        "1:50",
        "unknown-word",
        &["did you mean `AUTHN`?"],
    ),
    (
        "proxy-config \"a\" { concurrency \"two\"; }",
        "1:32",
        "wrong-value",
        &["takes a whole number, and \"two\" is text"],
    ),
    // a number for a length of time: by a rule, by a role, by a pattern
    (
        "virtual-service \"a\" { hosts \"a\"; http { timeout 5; route { destination host=\"b\"; }; }; }",
        "1:49",
        "wrong-value",
        &["needs a unit: `\"5s\"` is seconds"],
    ),
    (
        "service \"b\" { connection-pool { tcp idle-timeout=2.5; }; }",
        "1:50",
        "wrong-value",
        &["needs a unit: `\"2.5s\"` is seconds, `\"2.5m\"` minutes"],
    ),
    (
        "http-route \"a\" { rules { timeouts request=5; }; }",
        "1:43",
        "wrong-value",
        &["needs a unit: `\"5s\"` is seconds"],
    ),
    (
        "resource \"Certificate\" \"a\" { secret-name \"a\"; duration 90; }",
        "1:56",
        "wrong-value",
        &["needs a unit: `\"90s\"` is seconds"],
    ),
    // in our words by the unit of what is usual there
    (
        "host \"a.example.com\" to=\"a:80\" timeout=5",
        "1:40",
        "wrong-value",
        &["needs a unit", "write `\"5s\"`"],
    ),
    ("client \"a\" authority=\"corp\" valid=30", "1:35", "wrong-value", &["needs a unit", "write `\"30d\"`"]),
    // other schemas
    (
        "http-route \"a\" { rules { matches { headers { name \"x\"; }; }; }; }",
        "1:36",
        "missing-field",
        &["HTTPRoute `default/a`", "`value` is missing here"],
    ),
    (
        "service-account \"a\" { automount #true; }",
        "1:23",
        "unknown-word",
        &["did you mean `automount-service-account-token`?", "it has `metadata`, `automount"],
    ),
    (
        "http-route \"a\" { rules { filters type=RequestRedirect { request-redirect status-code=304; }; }; }",
        "1:74",
        "field-value",
        &["can't be `304`", "it is one of `301`, `302`, `303`, `307` and `308`"],
    ),
    (
        "resource \"Service\" \"a\" { ports port=80 name=\"a\"; ports port=81; }",
        "1:50",
        "missing-field",
        &["has no `name`, which each of several ports must have", "name it after its protocol"],
    ),
    (
        "resource \"Certificate\" \"a\" { secret-name \"x\"; issuer-ref name=\"y\"; duration \"90d\"; }",
        "1:68",
        "field-value",
        &["must be a length of time", "write \"2160h\""],
    ),
    ("http-route \"a\" { rules { timeouts request=\"5 s\"; }; }", "1:35", "field-value", &["write \"5s\""]),
    (
        "issuer \"a\" { acme { privateKeySecretRef \"k\"; }; }",
        "1:21",
        "unknown-word",
        &["written `private-key-secret-ref`"],
    ),
    (
        "certificate \"a.example.com\" { dnsNames \"a\"; }",
        "1:31",
        "unknown-word",
        &["`resource \"Certificate\" \"name\"`"],
    ),
    (
        "virtual-service \"v\" { hosts \"a\" \"a\"; http { route { destination host=\"b\"; }; }; }",
        "1:23",
        "field-value",
        &["is `a` for the second time", "leave one of them out"],
    ),
    (
        "authorisation \"a\"",
        "1:1",
        "unknown-word",
        &["as `authorization-policy \"name\"`", "`gatewright explain` lists them"],
    ),
];

#[test]
fn every_mistake_tells_its_mend() {
    let base = "authority \"corp\"\ngateway \"public\"\ndomain \"example.com\" authority=\"corp\" gateway=\"public\"\n";
    for (node, place, code, says) in CASES {
        let sandbox = Sandbox::new([
            ("gatewright.kdl", "crds \"widgets.yaml\"\n"),
            ("widgets.yaml", WIDGETS),
            ("specs/a.kdl", base),
            ("specs/b.kdl", node),
        ]);
        let found = refused(&sandbox, "render", 2);
        found.says(code, &format!("specs/b.kdl:{place}"), says);
    }
}

/// What the line of a node can't take is not offered there.
#[test]
fn only_values_are_offered_as_properties() {
    let text = "authority \"corp\"\ngateway \"public\"\nhost \"a.example.com\" authority=\"corp\" gateway=\"public\" { route \"/x\" to=\"a:80\" nope=1; }\n";
    let found = refused(&Sandbox::new([("specs/a.kdl", text)]), "render", 2);
    let said = &found.says("unknown-word", "specs/a.kdl:3:79", &["`name`"]).text;
    assert!(!said.contains("`retries`") && !said.contains("`match`"), "{said}");
}

/// `(raw)` is the only way to one of two fields that share a word, and is not said to be needless.
#[test]
fn what_only_raw_can_say_is_not_told_to_be_said_without_it() {
    let sandbox = Sandbox::new([
        ("gatewright.kdl", "crds \"widgets.yaml\"\n"),
        ("widgets.yaml", WIDGETS),
        ("specs/a.kdl", "widget \"a\" { size 5; (raw)natOutgoing #true; }\n"),
    ]);
    let said = sandbox.run(&["render"]).ends_with(0).stderr;
    assert!(!said.contains("raw-field"), "{said}");
    sandbox.write("specs/a.kdl", "widget \"a\" { (raw)natOutgoing 5; }\n");
    refused(&sandbox, "render", 2).says("field-value", "specs/a.kdl:1:19", &["must be true or false"]);
}
