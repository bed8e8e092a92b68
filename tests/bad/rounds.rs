//! A mend leads to what holds in one step, and one run tells all there is to mend.

use super::case::{Marked, bad_alone, refused};
use crate::cli::sandbox::Sandbox;

/// A policy with one rule.
fn rule(inner: &str) -> String {
    format!("authorization-policy \"p\" {{ rules {{ {inner}; }}; }}")
}

/// A VirtualService with one route.
fn route(inner: &str) -> String {
    format!(
        "virtual-service \"v\" {{ hosts \"a\"; http {{ {inner}; route {{ destination host=\"a\"; }}; }}; }}"
    )
}

/// What is written, with what is wrong in `«»`, and what the mend makes of the part in `‹›`.
#[track_caller]
fn mended(spec: &str, code: &str, mend: &str, written: &str) {
    bad_alone(&spec.replace(['‹', '›'], ""), code, &[mend]);
    assert!(mend.contains(written), "{mend}");
    let spec = spec.replace(['«', '»'], "");
    let (before, rest) = spec.split_once('‹').unwrap();
    let (_, after) = rest.split_once('›').unwrap();
    let mended = format!("{before}{written}{after}");
    let sandbox = Sandbox::new([("specs/a.kdl", &*mended)]);
    sandbox.run(&["render"]).ends_with(0);
}

#[test]
fn a_map_by_port() {
    for written in [
        "port-level-mtls «8080» mode=DISABLE",
        "port-level-mtls «8080» { mode DISABLE; }",
        "port-level-mtls «8080» DISABLE",
        "port-level-mtls «\"8080\"» mode=DISABLE",
        "port-level-mtls port=«8080» mode=DISABLE",
        "port-level-mtls { «port» 8080 mode=DISABLE; }",
    ] {
        mended(
            &format!("peer-authentication \"p\" {{ selector {{ match-labels app=\"x\"; }}; ‹{written}›; }}"),
            "unknown-word",
            "write `port-level-mtls \"8080\"=DISABLE`",
            "port-level-mtls \"8080\"=DISABLE",
        );
    }
    bad_alone(
        "peer-authentication \"p\" { port-level-mtls 8080«=»DISABLE; }",
        "syntax",
        &["`\"8080\"=DISABLE`"],
    );
    bad_alone(
        "peer-authentication \"p\" { port-level-mtls «8080»; }",
        "unknown-word",
        &["`port-level-mtls \"8080\"=…`"],
    );
}

#[test]
fn a_map_that_is_written_as_items() {
    let set = |inner: &str| route(&format!("headers {{ request {{ ‹set {{ {inner}; }}›; }}; }}"));
    for item in [
        "«header» name=\"x\" value=\"y\"",
        "«header» value=\"y\" name=\"x\"",
        "«header» \"x\" \"y\"",
        "«header» \"x\" value=\"y\"",
        "«header» { name \"x\"; value \"y\"; }",
        "«header» x=\"y\"",
        "«-» name=\"x\" value=\"y\"",
        "«x» value=\"y\"",
    ] {
        mended(&set(item), "unknown-word", "write `set x=\"y\"`", "set x=\"y\"");
    }
    mended(
        &set("a \"b\"; «header» name=\"x\" value=5"),
        "unknown-word",
        "write `set a=\"b\" x=\"5\"`",
        "set a=\"b\" x=\"5\"",
    );
    for (spec, mend) in [
        (
            "proxy-config \"p\" { ‹environment-variables { «env» name=\"X\" value=\"y\"; }›; }",
            "environment-variables X=\"y\"",
        ),
        (
            "workload-entry \"w\" { address \"1.2.3.4\"; ‹ports { «port» name=\"http\" number=\"80\"; }›; }",
            "ports http=80",
        ),
        (
            "peer-authentication \"p\" { metadata { ‹annotations { «annotation» \"example.com/x\"=\"y\"; }›; }; }",
            "annotations \"example.com/x\"=\"y\"",
        ),
    ] {
        mended(spec, "unknown-word", &format!("write `{mend}`"), mend);
    }
}

#[test]
fn values_of_several_fields() {
    let key = "request.headers[x]";
    for (written, mend) in [
        (format!("when «\"{key}\"» \"a\""), format!("when key=\"{key}\" {{ values \"a\" }}")),
        (format!("when «\"{key}\"» \"a\" \"b\""), format!("when key=\"{key}\" {{ values \"a\" \"b\" }}")),
    ] {
        mended(&rule(&format!("‹{written}›")), "unknown-word", &format!("`{mend}`"), &mend);
    }
    let spec = "virtual-service \"v\" { hosts \"a\"; http { route { ‹destination «\"a\"» 80›; }; }; }";
    mended(spec, "unknown-word", "`destination host=\"a\" port=80`", "destination host=\"a\" port=80");
}

#[test]
fn a_bare_text_with_brackets() {
    for written in [
        "when key=‹request.auth.claims«[iss]»› { values \"a\"; }",
        "when { key ‹request.auth.claims«[iss]»›; values \"a\"; }",
    ] {
        let quoted = "\"request.auth.claims[iss]\"";
        mended(&rule(written), "syntax", &format!("quote it: `{quoted}`"), quoted);
    }
    bad_alone("host \"a\"«\"b\"»", "syntax", &["put a blank between the two; a quote within"]);
}

#[test]
fn what_is_said_again_and_is_meant() {
    let origins = "allow-origins exact=\"https://x\"; allow-origins exact=\"https://y\"";
    for written in [
        "allow-origins exact=\"https://x\" «exact»=\"https://y\"",
        "allow-origins exact=\"https://x\" { «exact» \"https://y\"; }",
        "allow-origins { exact \"https://x\"; «exact» \"https://y\"; }",
    ] {
        let spec = route(&format!("cors-policy {{ ‹{written}›; }}"));
        mended(&spec, "said-twice", &format!("write a node for each: `{origins}`"), origins);
    }
    for (code, written) in [
        ("said-twice", "retry-on ‹\"5xx\"; «retry-on» \"reset\"›"),
        ("unknown-word", "retry-on ‹\"5xx\" «\"reset\"»›"),
    ] {
        let spec = route(&format!("retries {{ attempts 3; {written}; }}"));
        mended(&spec, code, "in one text, with commas: `\"5xx,reset\"`", "\"5xx,reset\"");
    }
    for (written, mend) in [
        ("match { uri prefix=\"/a\" «prefix»=\"/b\"; }", "write a `match` for each"),
        (
            "match { uri prefix=\"/a\"; «uri» prefix=\"/b\"; }",
            "keep one of the two, or write a `match` for each",
        ),
        ("retries attempts=3 «attempts»=4", "keep one of the two"),
    ] {
        bad_alone(&route(written), "said-twice", &[mend]);
    }
}

#[test]
fn what_stands_in_a_node_with_a_wrong_name() {
    let spec = "resource \"DestinationRule\" \"d\" api=\"networking.istio.io/v1\" {\n host \"a\"\n trafficPolicy {\n  connectionPol {\n   http {\n    http1MaxPendingRequests \"x\"\n   }\n  }\n }\n}\n";
    let found = refused(&Sandbox::new([("specs/a.kdl", spec)]), "render", 2);
    for (place, says) in [
        ("specs/a.kdl:3:2", "written `traffic-policy`"),
        ("specs/a.kdl:4:3", "did you mean `connection-pool`?"),
        ("specs/a.kdl:6:5", "written `http1-max-pending-requests`"),
    ] {
        found.says("unknown-word", place, &[says]);
    }
    found.says("wrong-value", "specs/a.kdl:6:29", &["a whole number"]);
    assert_eq!(found.errors().len(), 4, "{}", found.human);
}

#[test]
fn a_field_named_exactly_that_has_a_word() {
    bad_alone(
        "config-map \"c\" { («top»)binary-data { x \"YQ==\"; }; }",
        "wrong-place",
        &["needs no `(top)`", "write `binary-data …` without it"],
    );
    let marked = Marked::new("peer-authentication \"p\" { («raw»)port-level-mtls { x \"y\"; }; }");
    refused(&marked.sandbox(), "render", 2).one("wrong-place", marked.place(), &["needs no `(raw)`"]);
}

#[test]
fn a_node_of_ours_with_a_wrong_name_is_read() {
    for (spec, places) in [
        (
            "service \"s\" { trafficPolicy { connectionPool { http { idleTimeout \"5\"; }; }; }; }",
            &[
                ("unknown-word", "1:15"),
                ("unknown-word", "1:31"),
                ("unknown-word", "1:55"),
                ("field-value", "1:55"),
            ][..],
        ),
        (
            "service \"s\" { subSet \"v1\" version=5 { trafficPolicy { tls { mod SIMPLE; }; }; }; }",
            &[
                ("unknown-word", "1:15"),
                ("wrong-value", "1:35"),
                ("unknown-word", "1:39"),
                ("unknown-word", "1:61"),
            ],
        ),
        (
            "destinationRule \"d\" { Host \"a\"; trafficPolicy { tls { mode SIMPL; }; }; }",
            &[
                ("unknown-word", "1:1"),
                ("unknown-word", "1:23"),
                ("unknown-word", "1:33"),
                ("unknown-word", "1:60"),
            ],
        ),
    ] {
        let found = refused(&Sandbox::new([("specs/a.kdl", spec)]), "render", 2);
        let errors = found.errors();
        let said: Vec<_> = errors
            .iter()
            .map(|error| (&*error.code, error.place.trim_start_matches("specs/a.kdl:")))
            .collect();
        assert_eq!(said, places, "{}", found.human);
    }
}

#[test]
fn what_a_host_takes_for_http() {
    for child in ["«route» { destination host=\"a\"; }", "«match» { uri prefix=\"/a\"; }"] {
        let spec = format!("domain \"example.com\" {{ host \"a\" {{ http {{ {child}; }}; }}; }}");
        bad_alone(
            &spec,
            "unknown-word",
            &["is a `route` here: `route \"…\" …`", "`virtual-service { http { "],
        );
    }
    bad_alone(
        "domain \"example.com\" { host \"a\" { http { «open»; }; }; }",
        "unknown-word",
        &["its values stand on its line: `http \"open\"`"],
    );
}

#[test]
fn a_spec_that_is_missing() {
    let help = "its fields stand right in the braces of its node";
    bad_alone(
        "«issuer» \"le\"",
        "missing-field",
        &["it has `acme`, `ca`, `self-signed`, `vault` and `venafi`", help],
    );
    bad_alone(
        "«virtual-service» \"v\"",
        "missing-field",
        &["`export-to`, `gateways`, `hosts`, `http`", help],
    );
}

#[test]
fn metadata_is_that_of_the_node_around_it() {
    for (node, kind) in [("service", "DestinationRule"), ("gateway", "Gateway")] {
        let spec = format!("{node} \"a\" {{ metadata {{ «label» x=\"y\"; }}; }}");
        bad_alone(&spec, "unknown-word", &[&format!("of {kind}.metadata it takes")]);
    }
}

#[test]
fn whose_release_may_have_a_field() {
    for (spec, release) in [
        ("config-map \"c\" { (top)a 1; }", "a newer release of Kubernetes may have it"),
        (
            "peer-authentication \"p\" { (top)metadata { a 1; }; }",
            "a newer release of Kubernetes may have it",
        ),
        ("peer-authentication \"p\" { (raw)a 1; }", "a newer release of Istio may have it"),
        ("issuer \"i\" { self-signed; (raw)a 1; }", "a newer release of cert-manager may have it"),
        (
            "reference-grant \"g\" { from group=a kind=b namespace=c; to group=d kind=e; (raw)a 1; }",
            "a newer release of Gateway API may have it",
        ),
    ] {
        let sandbox = Sandbox::new([("specs/a.kdl", spec)]);
        let said = sandbox.run(&["render"]).ends_with(0).stderr;
        assert!(said.contains(release), "{said}");
    }
}

#[test]
fn what_is_said_once() {
    bad_alone(
        "service \"s\" { subset \"v1\" «version» \"v1\"; }",
        "unknown-word",
        &["a label has its value behind a `=`: `version=\"v1\"`"],
    );
}

#[test]
fn a_word_for_what_is_done() {
    for (written, word) in [("denied", "DENY"), ("allowed", "ALLOW"), ("audited", "AUDIT")] {
        bad_alone(
            &format!("authorization-policy \"p\" {{ action «{written}»; rules; }}"),
            "unknown-word",
            &[&format!("did you mean `{word}`?")],
        );
    }
}

#[test]
fn a_kind_of_kubernetes_at_the_top() {
    for (written, mend) in [
        ("«ingress» \"x\"", "resource \"Ingress\" \"x\" api=\"networking.k8s.io/v1\""),
        (
            "«Deployment» \"x\" { (raw)spec { replicas 1; }; }",
            "resource \"Deployment\" \"x\" api=\"apps/v1\"",
        ),
        ("«stateful-sets» \"x\"", "resource \"StatefulSet\" \"x\" api=\"apps/v1\""),
        ("«cron-job»", "resource \"CronJob\" \"name\" api=\"batch/v1\""),
    ] {
        bad_alone(written, "unknown-word", &[&format!("write `{mend} {{ … }}`")]);
    }
}
