//! Mends that keep what was written: the values, the words that are known, the choice that is meant.

use super::case::refused;
use super::meant::{Case, all};
use crate::cli::sandbox::Sandbox;
use crate::support::widgets::WIDGETS;

/// Where values alone stand, the mend has them.
const VALUES: &[Case] = &[
    (
        "virtual-service \"a\" { hosts \"x.example\"; http { headers { request { remove x=\"y\"; }; }; route { destination host=\"b\"; }; }; }",
        "1:76",
        "unknown-word",
        &["`remove \"x\"`"],
        &["line"],
    ),
    (
        "authorization-policy \"a\" { rules { to { operation { methods GET=#true; }; }; }; }",
        "1:61",
        "unknown-word",
        &["`methods \"GET\"`"],
        &[],
    ),
    (
        "authorization-policy \"a\" { rules { to { operation { paths prefix=\"/x\"; }; }; }; }",
        "1:59",
        "unknown-word",
        &["`paths \"/x*\"`"],
        &[],
    ),
    (
        "virtual-service \"a\" { hosts \"x.example\"; http { timeout \"5s\" name=\"b\"; route { destination host=\"b\"; }; }; }",
        "1:62",
        "unknown-word",
        &["put it on that node's line"],
        &[],
    ),
    (
        "host \"a.example.com\" to=\"a:80\" { san dns=\"b.example\"; }",
        "1:38",
        "unknown-word",
        &["`san \"b.example\"`"],
        &[],
    ),
    (
        "host \"a.example.com\" to=\"a:80\" { san { dns \"b.example\"; }; }",
        "1:40",
        "unknown-word",
        &["`san \"b.example\"`"],
        &[],
    ),
    (
        "authorization-policy \"a\" { selector app=\"b\"; rules; }",
        "1:37",
        "unknown-word",
        &["in its braces it takes `match-labels`\n", "`selector { match-labels app=\"b\" }`"],
        &["too"],
    ),
    (
        "peer-authentication \"a\" { selector { foo \"b\"; }; mtls STRICT; }",
        "1:38",
        "unknown-word",
        &["`selector { match-labels foo=\"b\" }`"],
        &[],
    ),
    (
        "sidecar \"a\" { workload-selector \"example.com/a\"=\"b\"; egress { hosts \"./*\"; }; }",
        "1:34",
        "unknown-word",
        &["`workload-selector { labels \"example.com/a\"=\"b\" }`"],
        &[],
    ),
];

#[test]
fn a_mend_keeps_the_values() {
    all(VALUES);
}

/// What the node around a door decides is named, and `(raw)` before a known word is all that is wrong.
const KNOWN: &[Case] = &[
    (
        "host \"a.example.com\" to=\"a:80\" { virtual-service { gateways \"default/public\" \"mesh\"; }; }",
        "1:52",
        "conflict",
        &[
            "the one Gateway that `gateway=` names",
            "a `virtual-service` node of its own, with `gateways \"mesh\"`",
        ],
        &["keep one"],
    ),
    (
        "host \"a.example.com\" to=\"a:80\" { virtual-service { hosts \"b\"; }; }",
        "1:52",
        "conflict",
        &["a further name is a `host` of its own"],
        &["keep one"],
    ),
    (
        "service \"a\" { destination-rule { host \"b\"; }; }",
        "1:34",
        "conflict",
        &["the name of the `service` decides it"],
        &["keep one"],
    ),
    (
        "service \"a\" { (raw)connection-pool { tcp { maxConnections 3; }; }; }",
        "1:16",
        "wrong-place",
        &["`connection-pool` of a `service` needs no `(raw)`", "write `connection-pool …` without it"],
        &["newer"],
    ),
    (
        "service \"a\" { subset \"v1\" version=\"v1\" { (raw)outlierDetection { interval \"5s\"; }; }; }",
        "1:43",
        "wrong-place",
        &["write `outlier-detection …` without it"],
        &["newer"],
    ),
    (
        "destination-rule \"a\" { host \"b\"; (raw)export-to \".\"; }",
        "1:35",
        "wrong-place",
        &["write `export-to …` without it"],
        &[],
    ),
    (
        "gateway \"g\" { (raw)http-port 80; }",
        "1:16",
        "wrong-place",
        &["`http-port` is read in one way only"],
        &[],
    ),
];

#[test]
fn what_is_known_is_said_in_its_own_word() {
    all(KNOWN);
}

/// Calls within the mesh are a VirtualService of their own, as the mend says.
#[test]
fn a_host_in_the_mesh() {
    let spec = "authority \"corp\"\ngateway \"public\"\nhost \"a.example.com\" authority=\"corp\" gateway=\"public\" to=\"a:80\"\n\
        virtual-service \"mesh\" { hosts \"a.example.com\"; gateways \"mesh\"; http { route { destination host=\"a\"; }; }; }\n";
    Sandbox::new([("specs/a.kdl", spec)]).run(&["render"]).ends_with(0);
}

/// A part of a word that only one of them has, or its number, is enough.
const CHOICES: &[Case] = &[
    (
        "service \"a\" { load-balancer simple=LEAST_REQ; }",
        "1:36",
        "unknown-word",
        &["did you mean `LEAST_REQUEST`?"],
        &[],
    ),
    (
        "service-entry \"a\" { hosts \"x.example\"; ports number=80 name=\"h\" protocol=\"HTTP\"; resolution DNS_ROUND; location MESH_EXTERNAL; }",
        "1:93",
        "unknown-word",
        &["did you mean `DNS_ROUND_ROBIN`?"],
        &[],
    ),
    (
        "service-entry \"a\" { hosts \"x.example\"; ports number=80 name=\"h\" protocol=\"HTTP\"; resolution DNS; location EXTERNAL; }",
        "1:107",
        "unknown-word",
        &["did you mean `MESH_EXTERNAL`?"],
        &[],
    ),
    (
        "host \"a.example.com\" to=\"a:80\" { tls { min-protocol-version \"1.2\"; }; }",
        "1:62",
        "unknown-word",
        &["did you mean `TLSV1_2`?"],
        &[],
    ),
    (
        "destination-rule \"a\" { host \"b\"; subsets name=\"v1\" { labels version=\"y z\"; }; }",
        "1:61",
        "field-value",
        &["a label's value holds up to 63 letters, digits"],
        &[],
    ),
    (
        "virtual-service \"a\" { metadata { labels a=\"y z\"; }; hosts \"x.example\"; http { route { destination host=\"b\"; }; }; }",
        "1:41",
        "field-value",
        &["a label's value holds up to 63 letters, digits"],
        &["must match"],
    ),
    (
        "host \"a.example.com\" to=\"a:80\" { secret { metadata { labels a=\"y z\"; }; }; }",
        "1:61",
        "field-value",
        &[
            "`metadata.labels.a` of Secret",
            "has a value that it can't have",
            "a label's value holds up to 63 letters, digits",
        ],
        &["a string"],
    ),
];

#[test]
fn a_value_is_led_to_one_that_holds() {
    all(CHOICES);
}

/// What is refused is not told to be settled too.
#[test]
fn a_refused_field_is_not_deprecated_too() {
    let spec = "gateway \"g\" { servers { port number=443 target-port=99 name=\"a\" protocol=\"HTTP\"; hosts \"z.example\"; }; }";
    let found = refused(&Sandbox::new([("specs/a.kdl", spec)]), "render", 2);
    found.one("field-value", "specs/a.kdl:1:41", &["leave it out"]);
    assert!(found.findings.iter().all(|finding| finding.code != "deprecated-field"), "{}", found.human);
}

/// A folder is no file with CRDs; its files are named.
#[test]
fn a_folder_of_definitions() {
    let files = [
        ("gatewright.kdl", "crds \"crds\"\n"),
        ("crds/w.yaml", WIDGETS),
        ("crds/README.md", "x"),
        ("specs/a.kdl", ""),
    ];
    let found = refused(&Sandbox::new(files), "render", 2);
    found.one(
        "crd-file",
        "gatewright.kdl:1:7",
        &["it is a folder", "name its files: `crds \"crds/w.yaml\"`"],
    );
}
