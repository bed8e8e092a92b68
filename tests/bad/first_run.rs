//! What is said in schema words is checked in the first run, whatever else of the spec is refused.

use super::case::refused;
use crate::cli::sandbox::Sandbox;

/// What needs no mistake of its own; line 1 to 4.
const BASE: &str = "authority \"corp\"\ngateway \"public\"\ndomain \"example.com\" authority=\"corp\" gateway=\"public\"\nclient \"c.example.com\" authority=\"corp\"\n";

/// The errors of a spec beside the base, as `place code`, sorted.
fn errors(text: &str) -> (Vec<String>, String) {
    let sandbox = Sandbox::new([("specs/a.kdl", BASE), ("specs/b.kdl", text)]);
    let found = refused(&sandbox, "render", 2);
    let errors = found.errors();
    let mut places: Vec<_> =
        errors.iter().map(|finding| format!("{} {}", finding.place, finding.code)).collect();
    places.sort();
    (places, found.human)
}

/// Each of these is found alone, beside a mistake of another node, and beside one in its own braces.
#[test]
fn a_wrong_value_is_told_beside_any_other_mistake() {
    for (node, code) in [
        (
            "host \"shop.example.com\" to=\"a:80\" { virtual-service { metadata { labels \"a b\"=\"x\"; }; export-to \".\"; }; }",
            "field-value",
        ),
        (
            "host \"shop.example.com\" to=\"a:80\" { secret { metadata { annotations \"a b\"=\"x\"; }; }; }",
            "field-value",
        ),
        (
            "host \"shop.example.com\" to=\"a:80\" { server { bind \"unix:///a\"; }; tls simple { ca-certificates \"/x\"; }; }",
            "",
        ),
        (
            "host \"shop.example.com\" { route to=\"a:80\" { retries attempts=2 per-try-timeout=\"soon\"; }; }",
            "field-value",
        ),
        (
            "host \"shop.example.com\" to=\"c:80\"\nroute \"/x\" host=\"shop.example.com\" to=\"a:80\" { fault { delay percentage=1 fixed-delay=\"soon\"; }; }",
            "field-value",
        ),
        ("service \"a\" { connection-pool { tcp connect-timeout=\"soon\"; }; }", "field-value"),
        (
            "service \"a\" { subset \"v1\" version=\"v1\" { outlier-detection interval=\"soon\"; }; }",
            "field-value",
        ),
        (
            "service \"a\" { destination-rule { traffic-policy { outlier-detection interval=\"soon\"; }; }; }",
            "field-value",
        ),
        ("service \"a\" { metadata { labels \"a b\"=\"x\"; }; }", "field-value"),
        (
            "gateway \"other\" { metadata { labels \"a b\"=\"x\"; }; servers { port number=99999 name=\"x\" protocol=\"HTTP\"; hosts \"*\"; }; }",
            "field-value",
        ),
        ("certificate \"x.example.com\" { metadata { labels \"a b\"=\"x\"; }; }", "field-value"),
        ("authorization-policy \"a\" { rules { to { operation { paths \"\"; }; }; }; }", "field-value"),
    ] {
        let (alone, human) = errors(node);
        assert!(code.is_empty() || alone.iter().any(|said| said.ends_with(code)), "{node}\n{human}");
        let beside = |more: &str, other: &str| {
            let (found, human) = errors(&format!("{node}\n{more}"));
            let mut wanted = alone.clone();
            wanted.push(other.to_owned());
            wanted.sort();
            assert_eq!(found, wanted, "{human}");
        };
        let line = node.lines().count() + 1;
        beside("gateway \"g\" prot=5", &format!("specs/b.kdl:{line}:13 unknown-word"));
        beside("host \"z.example.com\" to=\"z:\"", &format!("specs/b.kdl:{line}:27 invalid-destination"));
    }
}

/// What could not be read hides nothing of what stands beside it, in the same braces.
#[test]
fn a_wrong_value_is_told_beside_an_unknown_word() {
    let host = |inner: &str| format!("host \"shop.example.com\" to=\"a:80\" {{ {inner}; }}");
    for (node, wanted) in [
        (
            host("route \"/x\" { retries attempts=2 per-try-timeout=\"soon\" foo=3; }"),
            ["1:69 field-value", "1:92 unknown-word"],
        ),
        (
            host("virtual-service { metadata { labels \"a b\"=\"x\"; }; hots \"a\"; }"),
            ["1:74 field-value", "1:87 unknown-word"],
        ),
        (
            "service \"a\" { destination-rule { traffic-policy { outlier-detection interval=\"soon\" foo=1; }; }; }".to_owned(),
            ["1:69 field-value", "1:85 unknown-word"],
        ),
        (
            "authorization-policy \"a\" { rules { from foo=1; to { operation { ports \"x\" 5; }; }; }; metadata { labels \"a b\"=\"x\"; }; }".to_owned(),
            ["1:41 unknown-word", "1:106 field-value"],
        ),
    ] {
        let (found, human) = errors(&node);
        for place in wanted {
            assert!(found.contains(&format!("specs/b.kdl:{place}")), "{place}\n{human}");
        }
    }
}

/// A matcher that can't be read may ask anything.
#[test]
fn a_route_whose_matcher_is_lost_is_no_second_one() {
    let (found, human) = errors(
        "host \"shop.example.com\" to=\"a:80\" { route to=\"b:80\" { match { uri exact=\"/x\"; foo 1; }; }; }",
    );
    assert_eq!(found, ["specs/b.kdl:1:79 unknown-word"], "{human}");
}
