//! Mends that lead to the goal in one step: what the message says to write is what holds.

use super::case::refused;
use super::meant::{Case, all};
use crate::cli::sandbox::Sandbox;
use crate::support::widgets::WIDGETS;

/// A decision belongs right into the node that it is about, and no schema has a field of that name.
const DECISIONS: &[Case] = &[
    (
        "virtual-service \"a\" { hosts \"x.example\"; http { route { destination host=\"b\"; }; settle \"unknown-gateway\" reason=\"x\"; }; }",
        "1:82",
        "wrong-place",
        &[
            "`settle` does not stand in `http` of a VirtualService",
            "right in the node of the VirtualService, at its end: `settle \"unknown-gateway\" reason=\"…\"`",
        ],
        &["(raw)"],
    ),
    (
        "virtual-service \"a\" { hosts \"x.example\"; http { route { destination host=\"b\"; }; }; spec { settle \"unknown-gateway\"; }; }",
        "1:92",
        "wrong-place",
        &["does not stand in `spec` of a VirtualService", "right in the node of the VirtualService"],
        &["(raw)"],
    ),
    (
        "peer-authentication \"a\" { mtls STRICT; metadata { settle; }; }",
        "1:51",
        "wrong-place",
        &["right in the node of the PeerAuthentication, at its end: `settle \"CODE\" reason=\"…\"`"],
        &["(raw)"],
    ),
    (
        "peer-authentication \"a\" settle=\"oldest-wins\" { mtls STRICT; }",
        "1:25",
        "wrong-place",
        &["a node of its own, not a property", "`settle \"oldest-wins\" reason=\"…\"`"],
        &["(raw)"],
    ),
    (
        "resource \"Foo\" \"a\" api=\"example.com/v1\" settle=\"raw-field\" { (raw)spec { a 1; }; }",
        "1:41",
        "wrong-place",
        &["right in the node of the Foo, at its end"],
        &["(raw)"],
    ),
    (
        "service \"a\" { subset \"v1\" version=\"v1\" { settle \"unknown-subset\" reason=\"x\"; }; }",
        "1:42",
        "wrong-place",
        &["right in the `service` around it, at its end: `settle \"unknown-subset\" reason=\"…\"`"],
        &["(raw)", "`authority`"],
    ),
    (
        "service \"a\" { connection-pool { settle \"raw-field\"; tcp max-connections=1; }; }",
        "1:33",
        "wrong-place",
        &["right in the `service` around it"],
        &["(raw)"],
    ),
    (
        "service \"a\" settle=\"raw-field\"",
        "1:13",
        "wrong-place",
        &["write `settle \"raw-field\" reason=\"…\"` on a line of its own in the braces of the `service`"],
        &[],
    ),
    (
        "host \"a.example.com\" to=\"a:80\" { tls { settle \"no-client\" reason=\"x\"; }; }",
        "1:40",
        "wrong-place",
        &["right in the `host` around it"],
        &["`authority`"],
    ),
    (
        "host \"a.example.com\" to=\"a:80\" { virtual-service { settle \"no-client\" reason=\"x\"; }; }",
        "1:52",
        "wrong-place",
        &["right in the `host` around it"],
        &["(raw)"],
    ),
    (
        "settle \"one-audience\" reason=\"x\"",
        "1:1",
        "wrong-place",
        &["in `gatewright.kdl` for the whole project: `settle \"one-audience\" reason=\"…\"`"],
        &["`authority`"],
    ),
];

#[test]
fn a_decision_at_a_wrong_place_is_told_where_it_stands() {
    all(DECISIONS);
}

/// A project with widgets that have a field called `settle`.
fn widgets(spec: &str) -> Sandbox {
    let colour = "                colour:";
    let crd = WIDGETS.replace(colour, &format!("                settle: {{type: string}}\n{colour}"));
    assert_ne!(crd, WIDGETS);
    let project = "crds \"crds/widgets.yaml\"\n";
    Sandbox::new([("gatewright.kdl", project), ("crds/widgets.yaml", crd.as_str()), ("specs/a.kdl", spec)])
}

/// On the node's line, and in the braces without a reason, nobody can tell a decision from the field.
#[test]
fn a_field_that_is_called_as_our_word() {
    for (spec, code) in [
        ("widget \"a\" settle=\"yes\" { size 5; }", "wrong-place"),
        ("widget \"a\" { settle \"yes\"; size 5; }", "missing-word"),
    ] {
        let found = refused(&widgets(spec), "render", 2);
        let place = format!("specs/a.kdl:1:{}", spec.find("settle").unwrap() + 1);
        found.one(code, &place, &["the field of that name is written `spec { settle … }`"]);
    }
    let sandbox = widgets("widget \"a\" { spec { settle \"yes\"; size 5; }; }");
    sandbox.run(&["render"]).ends_with(0);
    assert!(sandbox.read("out/default/widget-a.yaml").contains("settle: \"yes\""));
    let told = sandbox.run(&["explain", "widget.settle"]).ends_with(0).stdout;
    assert!(
        told.contains("widget \"…\" { spec settle=\"…\" }") && told.contains("the node of any kind"),
        "{told}"
    );
}

/// A bare word with its value behind it, as a node has one, is a property without its `=`.
const WITHOUT_EQUALS: &[Case] = &[
    (
        "virtual-service \"a\" { hosts \"x.example\"; http { retries attempts=3 retry-on \"5xx\"; route { destination host=\"b\"; }; }; }",
        "1:68",
        "unknown-word",
        &["`retries retry-on=\"5xx\"`"],
        &["#true"],
    ),
    (
        "service \"a\" { connection-pool { tcp max-connections 5; }; }",
        "1:37",
        "unknown-word",
        &["`tcp max-connections=5`"],
        &["#true"],
    ),
    (
        "authorization-policy \"a\" { rules { from { source principals \"x\" \"y\"; }; }; }",
        "1:50",
        "unknown-word",
        &["write it in the braces: `source { principals \"x\" \"y\" }`"],
        &["#true"],
    ),
    (
        "authorization-policy \"a\" { selector match-labels app \"x\"; rules; }",
        "1:37",
        "unknown-word",
        &["`selector { match-labels app=\"x\" }`"],
        &["#true"],
    ),
    (
        "peer-authentication \"a\" { selector match-labels; mtls STRICT; }",
        "1:36",
        "unknown-word",
        &["`match-labels` is a field: write it in the braces"],
        &["#true"],
    ),
    (
        "virtual-service \"a\" { hosts \"x.example\"; http { timeout \"1s\"; retries attempts; route { destination host=\"b\"; }; }; }",
        "1:71",
        "unknown-word",
        &["give it a value, as `attempts=5`"],
        &["#true"],
    ),
    (
        "authorization-policy \"a\" namespace \"foo\" { rules; }",
        "1:26",
        "unknown-word",
        &["`namespace=\"foo\"`"],
        &[],
    ),
    (
        "virtual-service \"a\" hosts \"x.example\" { http { route { destination host=\"b\"; }; }; }",
        "1:21",
        "unknown-word",
        &["write it in the braces: `hosts \"x.example\"`"],
        &[],
    ),
    (
        "resource \"Deployment\" \"a\" api \"apps/v1\"",
        "1:1",
        "missing-word",
        &["`api=\"apps/v1\"`"],
        &["shop"],
    ),
    ("authority \"b\" valid \"90d\"", "1:15", "unknown-word", &["`valid=\"90d\"`"], &["10y"]),
    (
        "host \"a.example.com\" { route \"/a\" to \"b:80\"; }",
        "1:35",
        "unknown-word",
        &["`to` stands without a `=`", "`to=\"b:80\"`"],
        &["\"/to\""],
    ),
    (
        "host \"a.example.com\" to=\"a:80\" { server \"x\"; }",
        "1:41",
        "unknown-word",
        &["`server` takes no value", "leave it out"],
        &[],
    ),
];

#[test]
fn a_value_stands_behind_an_equals_sign() {
    all(WITHOUT_EQUALS);
}

/// Kinds of several groups are told with their group, and a door with what names its resource.
const NAMES: &[Case] = &[
    (
        "gateway \"g\" { gateway-class-name \"istio\"; }",
        "1:15",
        "unknown-word",
        &["`resource \"Gateway\" \"name\" api=\"gateway.networking.k8s.io/v1\"`"],
        &[],
    ),
    (
        "host \"a.example.com\" to=\"a:80\" { secret \"x\" { metadata { labels a=\"b\"; }; }; }",
        "1:41",
        "unknown-word",
        &["the name of the host's Secret is said by `tls secret=\"x\"`"],
        &["name="],
    ),
    (
        "host \"a.example.com\" to=\"a:80\" { secret name=\"x\"; }",
        "1:41",
        "unknown-word",
        &["`tls secret=\"x\"`"],
        &["behind its node's word"],
    ),
    (
        "host \"a.example.com\" to=\"a:80\" secret=\"x\"",
        "1:32",
        "wrong-place",
        &["write `tls secret=\"x\"` in the braces of the `host`"],
        &["`secret …`"],
    ),
    (
        "host \"a.example.com\" to=\"a:80\" { virtual-service \"x\"; }",
        "1:50",
        "unknown-word",
        &["its name follows from the node around it", "stands outside: `virtual-service \"x\" { … }`"],
        &[],
    ),
    (
        "host \"a.example.com\" to=\"a:80\" { virtual-service namespace=\"x\"; }",
        "1:50",
        "unknown-word",
        &["on the line of the node around it: `namespace=\"x\"`"],
        &[],
    ),
    (
        "service \"a\" { destination-rule \"x\"; }",
        "1:32",
        "unknown-word",
        &["leave it out: its name follows from the node around it"],
        &["host="],
    ),
];

#[test]
fn a_name_is_led_to_where_it_is_said() {
    all(NAMES);
}
