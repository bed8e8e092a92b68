//! A schema's words at a wrong place or in a wrong spelling: the mend leads to the field that is meant, and to nothing else.

use super::case::refused;
use crate::cli::sandbox::Sandbox;

/// The node, where it is found, the code, what the message says, and what it must not.
pub(super) type Case =
    (&'static str, &'static str, &'static str, &'static [&'static str], &'static [&'static str]);

pub(super) const BASE: &str =
    "authority \"corp\"\ngateway \"public\"\ndomain \"example.com\" authority=\"corp\" gateway=\"public\"\n";

/// What a mend for a field of a subset must not say.
const NEVER: &[&str] = &["a label stands", "holds no nodes"];

#[track_caller]
pub(super) fn all(cases: &[Case]) {
    for (node, place, code, says, never) in cases {
        let found = refused(&Sandbox::new([("specs/a.kdl", BASE), ("specs/b.kdl", node)]), "render", 2);
        let said = &found.one(code, &format!("specs/b.kdl:{place}"), says).text;
        for other in *never {
            assert!(!said.contains(other), "{node} must not say {other}:\n{said}");
        }
    }
}

/// A label that no pod has makes an empty subset, so it is no mend for a field.
const SUBSETS: &[Case] = &[
    (
        "service \"a\" { subset \"v1\" version=\"v1\" { loadBalancer simple=RANDOM; }; }",
        "1:42",
        "unknown-word",
        &["written `load-balancer` in a spec"],
        NEVER,
    ),
    (
        "service \"a\" { subset \"v1\" version=\"v1\" { load_balancer simple=RANDOM; }; }",
        "1:42",
        "unknown-word",
        &["written `load-balancer` in a spec"],
        NEVER,
    ),
    (
        "service \"a\" { subset \"v1\" version=\"v1\" { load-balancr simple=RANDOM; }; }",
        "1:42",
        "unknown-word",
        &["did you mean `load-balancer`?", "`outlier-detection`"],
        NEVER,
    ),
    (
        "service \"a\" { subset \"v1\" version=\"v1\" { trafficPolicy { tls mode=SIMPLE; }; }; }",
        "1:42",
        "unknown-word",
        &["written `traffic-policy`"],
        NEVER,
    ),
    (
        "service \"a\" { subset \"v1\" version=\"v1\" { simple RANDOM; }; }",
        "1:42",
        "wrong-place",
        &["`simple` stands in `load-balancer`"],
        NEVER,
    ),
    (
        "service \"a\" { subset \"v1\" version=\"v1\" { consecutive5xxErrors 5; }; }",
        "1:42",
        "wrong-place",
        &["stands in `outlier-detection`"],
        NEVER,
    ),
    (
        "service \"a\" { subset \"v1\" version=\"v1\" { nothing { like it; }; }; }",
        "1:42",
        "unknown-word",
        &["it takes", "`load-balancer`"],
        NEVER,
    ),
    (
        "service \"a\" loadBalancer=RANDOM",
        "1:13",
        "unknown-word",
        &["written `load-balancer` in a spec"],
        &["stands in"],
    ),
    (
        "service \"a\" { subset \"v1\" { \"app.kubernetes.io/name\" \"x\"; }; }",
        "1:30",
        "wrong-place",
        &["`subset \"v1\" \"app.kubernetes.io/name\"=\"x\"`"],
        &[],
    ),
    // What is one stays one, though a schema may have a field of this name.
    (
        "service \"a\" { subset \"v1\" { version \"v1\"; }; }",
        "1:29",
        "wrong-place",
        &["a label stands on its line: `subset \"v1\" version=\"v1\"`"],
        &["holds no nodes"],
    ),
    (
        "service \"a\" { subset \"v1\" { colour \"red\"; }; }",
        "1:29",
        "wrong-place",
        &["`subset \"v1\" colour=\"red\"`"],
        &["holds no nodes"],
    ),
    (
        "gateway \"g\" { selector { app \"x\"; }; }",
        "1:26",
        "wrong-place",
        &["`selector` holds no nodes", "`selector app=\"x\"`"],
        &[],
    ),
];

#[test]
fn a_field_of_a_subset_is_never_a_label() {
    all(SUBSETS);
}

/// What stands one level too high in a node of ours is told where it stands.
const TOO_HIGH: &[Case] = &[
    (
        "host \"a.example.com\" to=\"a:80\" { retries attempts=3; }",
        "1:34",
        "wrong-place",
        &["`retries` stands in `route`"],
        &[],
    ),
    (
        "host \"a.example.com\" to=\"a:80\" { headers { request { set a=\"b\"; }; }; }",
        "1:34",
        "wrong-place",
        &["`headers` stands in `route`"],
        &[],
    ),
    (
        "host \"a.example.com\" to=\"a:80\" { corsPolicy { allow-methods \"GET\"; }; }",
        "1:34",
        "wrong-place",
        &["`cors-policy` stands in `route`"],
        &[],
    ),
    (
        "host \"a.example.com\" { redirect uri=\"/a\"; }",
        "1:24",
        "wrong-place",
        &["`redirect` stands in `route`"],
        &[],
    ),
    (
        "host \"a.example.com\" to=\"a:80\" { bind \"0.0.0.0\"; }",
        "1:34",
        "wrong-place",
        &["`bind` stands in `server`"],
        &[],
    ),
    (
        "host \"a.example.com\" to=\"a:80\" { export-to \".\"; }",
        "1:34",
        "wrong-place",
        &["`export-to` stands in `virtual-service`"],
        &[],
    ),
    (
        "host \"a.example.com\" to=\"a:80\" { min-protocol-version TLSV1_2; }",
        "1:34",
        "wrong-place",
        &["`min-protocol-version` stands in `tls`"],
        &[],
    ),
    (
        "host \"a.example.com\" to=\"a:80\" { metadata { labels a=\"b\"; }; }",
        "1:34",
        "wrong-place",
        &["stands in `virtual-service` or `secret`"],
        &["in a `client`"],
    ),
    (
        "host \"a.example.com\" to=\"a:80\" attempts=3",
        "1:32",
        "wrong-place",
        &["`attempts` stands in `route.retries`"],
        &[],
    ),
    (
        "host \"a.example.com\" { route \"/x\" to=\"a:80\" { attempts 3; }; }",
        "1:47",
        "wrong-place",
        &["`attempts` stands in `retries`"],
        &[],
    ),
    (
        "host \"a.example.com\" { route \"/x\" to=\"a:80\" per-try-timeout=\"5s\"; }",
        "1:45",
        "wrong-place",
        &["stands in `retries`"],
        &[],
    ),
    (
        "host \"a.example.com\" { route \"/x\" { destination host=\"a\"; }; }",
        "1:37",
        "wrong-place",
        &["`to` says it: `to=\"…\"`"],
        &["stands in"],
    ),
    (
        "host \"a.example.com\" { route \"/x\" to=\"a:80\" { weight 5; }; }",
        "1:47",
        "wrong-place",
        &["`weight` stands in `to`"],
        &[],
    ),
    (
        "domain \"b.example\" { min-protocol-version TLSV1_2; }",
        "1:22",
        "wrong-place",
        &["stands in `tls`"],
        &[],
    ),
    ("domain \"b.example\" { retries attempts=3; }", "1:22", "wrong-place", &["stands in `host.route`"], &[]),
    ("service \"a\" { simple RANDOM; }", "1:15", "wrong-place", &["`simple` stands in `load-balancer`"], &[]),
    ("gateway \"g\" { bind \"0.0.0.0\"; }", "1:15", "wrong-place", &["`bind` stands in `servers`"], &[]),
];

#[test]
fn what_stands_too_high_in_a_node_of_ours() {
    all(TOO_HIGH);
}

/// The likeliest field of a name is told, not the first that has it; several that are as likely are all told.
const MENDS: &[Case] = &[
    (
        "virtual-service \"a\" { hosts \"x.example\"; http { match { prefix \"/a\"; }; route { destination host=\"b\"; }; }; }",
        "1:57",
        "unknown-word",
        &["`prefix` stands in `uri`, `authority` or `method`"],
        &["stat-prefix`?"],
    ),
    (
        "virtual-service \"a\" { hosts \"x.example\"; http { destination host=\"b\"; }; }",
        "1:49",
        "unknown-word",
        &["`destination` stands in `route` or `mirrors`"],
        &[],
    ),
    (
        "virtual-service \"a\" { hosts \"x.example\"; http { host \"b\"; }; }",
        "1:49",
        "unknown-word",
        &["`host` stands in `route.destination`, `mirror` or"],
        &[],
    ),
    (
        "virtual-service \"a\" { hosts \"x.example\"; http { exact \"/a\"; route { destination host=\"b\"; }; }; }",
        "1:49",
        "unknown-word",
        &["`exact` stands in `match.uri`"],
        &["cors-policy.allow-origins"],
    ),
    (
        "virtual-service \"a\" { hosts \"x.example\"; match { uri prefix=\"/a\"; }; }",
        "1:42",
        "unknown-word",
        &["`match` stands in `http`, `tcp` or `tls`"],
        &[],
    ),
    (
        "destination-rule \"a\" { host \"x\"; subsets name=\"v1\" version=\"v1\"; }",
        "1:52",
        "unknown-word",
        &["a label stands in `labels`: `subsets { labels version=\"v1\" }`"],
        &["proxy-protocol"],
    ),
    (
        "gateway \"g\" { SERVERS; }",
        "1:15",
        "unknown-word",
        &["written `servers` in a spec"],
        &["as `resource"],
    ),
    (
        "resource \"Deployment\" \"s\" api=\"apps/v1\" { replicas 3; }",
        "1:43",
        "unknown-word",
        &["no schema knows a Deployment", "`(raw)spec { replicas … }`"],
        &["has no field"],
    ),
    (
        "resource \"Deployment\" \"s\" api=\"apps/v1\" { labels a=\"b\"; }",
        "1:43",
        "unknown-word",
        &["`(raw)metadata { labels … }`"],
        &[],
    ),
    (
        "deployment \"x\"",
        "1:1",
        "unknown-word",
        &["write `resource \"Deployment\" \"x\" api=\"apps/v1\" { … }`"],
        &[],
    ),
];

#[test]
fn mends_lead_to_what_is_meant() {
    all(MENDS);
}
