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
    let sandbox = Sandbox::new([("specs/a.kdl", format!("{before}{written}{after}"))]);
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
