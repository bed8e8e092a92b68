//! `explain`: our words, kinds and fields, as a person and as a program reads them; outside of any project.

use super::sandbox::Sandbox;
use super::transcript::Transcript;
use crate::support::widgets::WIDGETS;

#[test]
fn words_kinds_and_fields() {
    let sandbox = Sandbox::bare();
    let mut transcript = Transcript::new(&sandbox);
    for name in [
        "",
        "host.tls",
        "host.virtual-service",
        "service.metadata",
        "service",
        "secrets.filter",
        "virtual-service",
        "virtual-service.http.retries",
        "VirtualService.spec.http.match.headers",
        "virtual-service.http",
        "virtual-service.http.redirect",
        "virtual-service.http.route.destination.port",
        "route.mirror_percent",
        "route.retries",
        "host.route.to.weight",
        "service.connection-pool",
        "mirror",
        "resource",
        "destination-rule.traffic-policy.load-balancer",
        "DestinationRule.spec.trafficPolicy.loadBalancer.simple",
        "request-authentication.jwt-rules.presence",
        "http-route.rules.matches.path.type",
        "peer-authentication.mtls",
        "gateway",
        "secret",
    ] {
        let run = transcript.run(&format!("explain {name}")).ends_with(0);
        assert!(run.stderr.is_empty(), "{name}");
    }
    transcript.matches("explain");
}

#[test]
fn as_json() {
    let sandbox = Sandbox::bare();
    for name in ["", "host", "gateway", "virtual-service.http.retries"] {
        let call: Vec<&str> =
            ["explain", name, "-o", "json"].into_iter().filter(|word| !word.is_empty()).collect();
        let run = sandbox.run(&call).ends_with(0);
        let entries: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        assert!(entries[0]["name"].is_string() && entries[0]["groups"].is_array(), "{name}");
    }
    let mut transcript = Transcript::new(&sandbox);
    transcript.run("explain authorization-policy.action -o json").ends_with(0);
    transcript.run("explain authority.key -o json").ends_with(0);
    transcript.matches("explain-json");
}

#[test]
fn what_nothing_is_called() {
    let sandbox = Sandbox::bare();
    let mut transcript = Transcript::new(&sandbox);
    for name in
        ["hots", "host.tsl", "percentage", "virtual-service.retry", "istio.io/Gateway", "a..b", "host tls"]
    {
        let run = transcript.run(&format!("explain {name}")).ends_with(2);
        assert!(run.stdout.is_empty(), "{name}");
    }
    transcript.matches("explain-unknown");
}

/// A kind of the user's own is explained as any other; a project that is broken keeps nobody from asking.
#[test]
fn a_projects_own_kinds() {
    let sandbox = Sandbox::new([
        ("gatewright.kdl", "crds \"crds/widget.yaml\"\n"),
        ("crds/widget.yaml", WIDGETS),
        ("specs/broken.kdl", "host {"),
    ]);
    let mut transcript = Transcript::new(&sandbox);
    for name in
        ["widget", "Widget.spec.size", "widget.grid", "widget.limits", "widget.source", "widget.ratio"]
    {
        transcript.run(&format!("explain {name}")).ends_with(0);
    }
    assert!(sandbox.run(&["explain"]).ends_with(0).stdout.contains("\nexample.com\n  widget\n"));
    transcript.matches("explain-own");
}

/// Two values that may not be alike are shown as two that may stand together.
#[test]
fn an_example_of_two_keys_is_one_that_is_taken() {
    let sandbox = Sandbox::bare();
    for word in ["host.key", "domain.key", "certificate.key"] {
        let said = sandbox.run(&["explain", word]).ends_with(0).stdout;
        assert!(said.contains("or a child key ecdsa-p256 rsa-2048"), "{said}");
    }
    let said = sandbox.run(&["explain", "host.renew-key"]).ends_with(0).stdout;
    assert!(said.contains("renew-key=#false") && said.contains("#true or #false"), "{said}");
}

/// What a door's page shows is taken by the door, and no page offers what a spec may not hold.
#[test]
fn doors_show_what_they_take() {
    let sandbox = Sandbox::new([(
        "specs/a.kdl",
        "authority \"corp\"\ngateway \"public\"\nhost \"a.example.com\" authority=\"corp\" gateway=\"public\" to=\"a:80\" { virtual-service { export-to \".\" \"istio-system\"; }; }\nservice \"a\" { destination-rule { export-to \".\"; }; }\n",
    )]);
    sandbox.run(&["render"]).ends_with(0);
    for (page, example, refused) in [
        (
            "host.virtual-service",
            "written    virtual-service { export-to \".\" \"istio-system\" }",
            ["  hosts ", "  gateways "],
        ),
        (
            "service.destination-rule",
            "written    destination-rule { export-to \".\" }",
            ["  host ", "  hosts "],
        ),
    ] {
        let said = sandbox.run(&["explain", page]).ends_with(0).stdout;
        assert!(said.contains(example), "{said}");
        assert!(refused.iter().all(|field| !said.contains(field)), "{said}");
    }
    for page in ["host.virtual-service.metadata", "host.secret.metadata", "service.destination-rule.metadata"]
    {
        let said = sandbox.run(&["explain", page]).ends_with(0).stdout;
        assert!(said.contains("\n  labels ") && !said.contains("\n  namespace "), "{said}");
        let said = sandbox.run(&["explain", &format!("{page}.name")]).ends_with(0).stdout;
        assert!(
            said.contains("a door has it from the node around it") && !said.contains("written"),
            "{said}"
        );
    }
    let said = sandbox.run(&["explain"]).ends_with(0).stdout;
    assert!(said.contains("\n  config-map ") && !said.contains("\n  secret  keys"), "{said}");
}

/// What a page shows of a door stands in a host without a word against it.
#[test]
fn examples_of_doors_hold_in_a_host() {
    let sandbox = Sandbox::bare();
    let mut spec = "authority \"corp\"\ngateway \"public\"\n".to_owned();
    for (i, page) in [
        "cert-manager.private-key",
        "cert-manager.signature-algorithm",
        "cert-manager.usages",
        "tls.verify-certificate-hash",
        "tls.verify-certificate-spki",
        "virtual-service.export-to",
    ]
    .into_iter()
    .enumerate()
    {
        let run = sandbox.run(&["explain", &format!("host.{page}"), "-o", "json"]).ends_with(0);
        let entries: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        let written = entries[0]["facts"]["written"].as_str().unwrap();
        let source = if page.starts_with("cert-manager") { "" } else { "authority=\"corp\"" };
        let pin = |of: &str| if page.ends_with("spki") { of.repeat(43) + "=" } else { of.repeat(64) };
        let written = written.replacen('…', &pin("4"), 1).replacen('…', &pin("8"), 1);
        spec +=
            &format!("host \"h{i}.example.com\" {source} gateway=\"public\" to=\"a:80\" {{\n{written}\n}}\n");
    }
    let sandbox = Sandbox::new([("specs/a.kdl", spec.as_str())]);
    let found = sandbox.run(&["render"]).ends_with(0).stderr;
    assert!(!found.contains("warning["), "{spec}\n{found}");
}

/// What lives in no namespace has none on its pages.
#[test]
fn a_namespace_that_no_object_of_a_kind_has() {
    let sandbox = Sandbox::bare();
    let said = sandbox.run(&["explain", "gateway-class.metadata"]).ends_with(0).stdout;
    assert!(!said.contains("\n  namespace "), "{said}");
    let said = sandbox.run(&["explain", "gateway-class.metadata.namespace"]).ends_with(0).stdout;
    assert!(said.contains("a GatewayClass lives in no namespace") && !said.contains("written"), "{said}");
    let said = sandbox.run(&["explain", "virtual-service.metadata"]).ends_with(0).stdout;
    assert!(said.contains("\n  namespace "), "{said}");
}
