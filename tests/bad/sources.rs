//! What a spec says in Istio's words beside ours, and would be lost between the two.

use super::case::{Marked, bad, bad_alone, refused};
use crate::cli::sandbox::Sandbox;

#[test]
fn fields_below_what_is_said_to_be_nothing() {
    let nothing = "traffic-policy #null";
    for object in [
        format!("service \"a\" {{ {nothing}; «load-balancer» simple=RANDOM; }}"),
        format!(
            "service \"a\" {{ subset \"v1\" version=\"v1\" {{ {nothing}; «load-balancer» simple=RANDOM; }}; }}"
        ),
    ] {
        bad_alone(&object, "conflict", &["`trafficPolicy` has two sources", "and decided by this already"]);
    }
}

#[test]
fn a_spec_is_said_as_a_whole_or_field_by_field() {
    for whole in ["spec #null", "(top)spec { mtls { mode \"STRICT\"; }; }"] {
        bad_alone(
            &format!("peer-authentication \"a\" {{ {whole}; «mtls» mode=STRICT; }}"),
            "said-twice",
            &["`spec`"],
        );
        bad_alone(
            &format!("authorization-policy \"a\" «action»=DENY {{ {whole}; }}"),
            "said-twice",
            &["`spec`"],
        );
    }
}

#[test]
fn a_match_of_any_form_stands_in_its_rule() {
    let host = |route: &str| format!("host \"a.example.com\" {{ {route}; }}");
    for form in ["(raw)«match» { uri { exact \"/x\"; }; }", "(raw)«match» \"x\"", "(array)«match» #null"]
    {
        let found = if form.starts_with("(array)") { "null" } else { "" };
        bad(&host(&format!("route to=\"a:80\" {{ {form}; }}")), "field-value", &["match", found]);
    }
    for form in ["(raw)«match» { uri { exact \"/x\"; }; }", "(array)«match»", "«match» #null"] {
        bad(
            &host(&format!("route \"/x\" to=\"a:80\" {{ {form}; }}")),
            "conflict",
            &["`match` has two sources"],
        );
    }
    bad(
        &host("route «to»=\"a:80\" { route #null; redirect uri=\"/y\"; }"),
        "conflict",
        &["a route leads to a service, or does something else"],
    );
}

/// `#null` takes away what would be inherited or made; where it takes nothing away it is refused, unless the schema has null.
#[test]
fn null_takes_away_or_is_refused() {
    let sandbox = Sandbox::new([(
        "specs/a.kdl",
        "authority \"corp\"\ngateway \"public\"\ndomain \"example.com\" authority=\"corp\" gateway=\"public\" {\n    tls simple { cipher-suites \"ECDHE-RSA-AES128-GCM-SHA256\"; min-protocol-version TLSV1_2; }\n    host \"a\" to=\"a:80\" { tls simple { cipher-suites #null; }; }\n}\nservice \"a\" { outlier-detection consecutive5xx-errors=#null; }\n",
    )]);
    sandbox.run(&["render"]).ends_with(0);
    let text = sandbox.read("out/default/gateway-public.yaml");
    assert!(text.contains("TLSV1_2") && !text.contains("cipherSuites"), "{text}");
    let text = sandbox.read("out/default/destinationrule-a.yaml");
    assert!(text.contains("consecutive5xxErrors: null\n"), "{text}");
    let base = "authority \"corp\"\ngateway \"public\"\n";
    for (spec, word) in [
        ("virtual-service \"a\" { http { «fault» #null; }; }", "fault"),
        ("virtual-service \"a\" { «hosts» #null; }", "hosts"),
        ("service \"a\" { tls «sni»=#null; }", "sni"),
        ("service \"a\" { subset \"v1\" version=\"v1\" { tls «sni»=#null; }; }", "sni"),
        ("authorization-policy \"a\" { rules { «from» #null; }; }", "from"),
        ("destination-rule \"a\" host=\"a\" { subsets name=\"v1\" { «labels» #null; }; }", "labels"),
    ] {
        let marked = Marked::new(&format!("{spec}\n//// specs/base.kdl\n{base}"));
        let found = refused(&marked.sandbox(), "render", 2);
        let says = format!("leave `{word}` out");
        let is_there = found.findings.iter().any(|finding| finding.place == marked.place());
        assert!(is_there && found.human.contains(&says), "{}", found.human);
    }
}

#[test]
fn an_empty_match_is_written() {
    let sandbox = Sandbox::new([(
        "specs/a.kdl",
        "authority \"corp\"\ngateway \"public\"\nhost \"a.example.com\" authority=\"corp\" gateway=\"public\" { route to=\"a:80\" { (array)match; }; }\n",
    )]);
    sandbox.run(&["render"]).ends_with(0);
    assert!(sandbox.read("out/default/virtualservice-a.example.com.yaml").contains("match: []\n"));
}

/// Fields of a gateway hold for each of its Gateways; its own servers stand in one.
#[test]
fn a_gateway_of_many_says_all_of_them() {
    let sandbox = Sandbox::new([(
        "specs/a.kdl",
        "authority \"corp\"\ngateway \"public\" per-certificate=#true { (raw)newField 1; }\nhost \"a.example.com\" authority=\"corp\" gateway=\"public\" to=\"a:80\"\nhost \"b.example.com\" authority=\"corp\" gateway=\"public\" to=\"b:80\"\n",
    )]);
    sandbox.run(&["render"]).ends_with(0);
    for host in ["a", "b"] {
        let text = sandbox.read(&format!("out/default/gateway-public-{host}-example-com.yaml"));
        assert!(text.contains("newField: 1\n"), "{text}");
    }
}

/// Whoever says Flux's annotation has decided it; and taking our labels away takes no annotation.
#[test]
fn what_is_said_to_flux_is_said_once() {
    let service = |metadata: &str| {
        format!(
            "service \"a\" {{ metadata {{ {metadata}; }}; load-balancer {{ consistent-hash http-header-name=\"${{V}}\"; }}; }}\n"
        )
    };
    for (metadata, says) in [
        ("annotations \"kustomize.toolkit.fluxcd.io/substitute\"=\"enabled\"", "substitute: enabled\n"),
        ("annotations #null", "substitute: disabled\n"),
    ] {
        let sandbox = Sandbox::new([("specs/a.kdl", &service(metadata)[..])]);
        sandbox.run(&["render"]).ends_with(0);
        let text = sandbox.read("out/default/destinationrule-a.yaml");
        assert!(text.contains(says) && text.matches("fluxcd.io/substitute").count() == 1, "{text}");
    }
}

/// A path is one path, whoever says it: a word of ours or a matcher.
#[test]
fn a_path_in_a_matcher_is_held_against_all_others() {
    let in_host = |routes: &str| format!("host \"a.example.com\" {{ {routes}; }}");
    let uri = |how: &str, path: &str| format!("{{ match {{ uri {how}=\"{path}\"; }}; }}");
    let marked = |how: &str, path: &str| format!("{{ match {{ uri «{how}»=\"{path}\"; }}; }}");
    for (one, other) in [
        ("\"/x\" to=\"a:80\"".to_owned(), format!("to=\"b:80\" {}", marked("exact", "/x"))),
        ("\"/x*\" to=\"a:80\"".to_owned(), format!("to=\"b:80\" {}", marked("prefix", "/x"))),
        (format!("to=\"a:80\" {}", uri("regex", "/x.*")), format!("to=\"b:80\" {}", marked("regex", "/x.*"))),
        (
            "\"/x\" to=\"a:80\" { match { ignore-uri-case; }; }".to_owned(),
            "to=\"b:80\" { match { ignore-uri-case; uri «exact»=\"/X\"; }; }".to_owned(),
        ),
    ] {
        bad(&in_host(&format!("route {one}; route {other}")), "duplicate-path", &["is there twice"]);
    }
    bad(
        &format!("host \"a.example.com\" to=\"c:80\" {{ route to=\"b:80\" {}; }}", marked("prefix", "/")),
        "duplicate-path",
        &["two routes of `a.example.com` take everything"],
    );
    bad(
        &format!(
            "host \"a.example.com\" in-order=#true {{ route \"/x/*\" to=\"a:80\"; route to=\"b:80\" {}; }}",
            marked("exact", "/x/y")
        ),
        "unreachable-route",
        &["takes all of it"],
    );
    bad(
        "host \"a.example.com\" in-order=#true { route \"/X\" to=\"a:80\" { match { ignore-uri-case; }; }; route \"«/x»\" to=\"b:80\"; }",
        "unreachable-route",
        &["takes all of it"],
    );
    bad(
        &format!(
            "host \"a.example.com\" {{ route \"/x/*\" to=\"a:80\"; route namespace=\"other\" to=\"b:80\" {}; }}",
            marked("prefix", "/x/y")
        ),
        "overlapping-paths",
        &["from namespaces `default` and `other` overlap"],
    );
    let outside = |path: &str| {
        format!(
            "route host=\"a.example.com\" to=\"a:80\" {{ match {{ uri {path}; headers {{ a exact=\"b\"; }}; }}; }}"
        )
    };
    for (one, other) in [("exact=\"/x\"", "«exact»=\"/x\""), ("regex=\"/x.*\"", "«regex»=\"/y.*\"")] {
        let other = outside(other).replace("{ a exact", "{ z exact");
        bad(
            &format!("host \"a.example.com\" to=\"c:80\"\n{}\n//// specs/other.kdl\n{other}", outside(one)),
            "route-order",
            &["files have no order"],
        );
    }
}

/// What a matcher asks in another order or under another name is the same.
#[test]
fn matchers_are_compared_by_what_they_ask() {
    let matched = |inner: &str| format!("{{ match {{ {inner}; }}; }}");
    bad(
        &format!(
            "host \"a.example.com\" {{ route \"/x\" to=\"a:80\" {}; route \"«/x»\" to=\"b:80\" {}; }}",
            matched("name \"one\"; headers { a exact=\"1\"; b exact=\"2\"; }"),
            matched("name \"two\"; headers { b exact=\"2\"; a exact=\"1\"; }")
        ),
        "duplicate-path",
        &["is there twice"],
    );
}

/// An expression comes after every path that is told by its text, and before what takes everything; the case that is minded
/// comes before any case.
#[test]
fn the_order_of_paths_in_matchers() {
    let sandbox = Sandbox::new([(
        "specs/a.kdl",
        r#"authority "corp"
gateway "public"
host "a.example.com" authority="corp" gateway="public" to="z:80" {
    route to="regex:80" { match { uri regex="/r.*"; }; }
    route to="headers:80" { match { headers { a exact="1"; b exact="2"; }; }; }
    route to="any-case:80" { match { ignore-uri-case; uri exact="/L"; }; }
    route to="exact:80" { match { uri exact="/l"; }; }
    route "/l/*" to="below:80"
}
"#,
    )]);
    sandbox.run(&["render"]).ends_with(0);
    let text = sandbox.read("out/default/virtualservice-a.example.com.yaml");
    let at =
        |service: &str| text.find(&format!("host: {service}.default")).unwrap_or_else(|| panic!("{text}"));
    let order = ["exact", "any-case", "below", "regex", "headers", "z"].map(at);
    assert!(order.is_sorted(), "{text}");
    assert_eq!(text.matches("exact: /l\n").count(), 1, "the exact half of `/l/*` gave way\n{text}");
}

#[test]
fn what_would_be_inherited_is_lifted() {
    let spec = |route: &str, host: &str| {
        format!(
            "authority \"corp\"\ngateway \"public\"\ndomain \"example.com\" authority=\"corp\" gateway=\"public\" timeout=\"30s\" {{ host \"a\" to=\"a:80\"{host} {{ route \"/x\" to=\"x:80\"{route}; }}; }}\n"
        )
    };
    for (route, host, times) in [("", "", 2), (" timeout=#null", "", 1), ("", " timeout=#null", 0)] {
        let sandbox = Sandbox::new([("specs/a.kdl", &spec(route, host)[..])]);
        sandbox.run(&["render"]).ends_with(0);
        let text = sandbox.read("out/default/virtualservice-a.example.com.yaml");
        assert_eq!(text.matches("timeout: 30s\n").count(), times, "{text}");
    }
    bad_alone(
        "gateway \"a\" { selector «#null»; }",
        "wrong-value",
        &["can't be taken away", "every gateway of the mesh"],
    );
}

#[test]
fn subsets_in_istio_s_words_are_subsets() {
    let host = "host \"a.example.com\" authority=\"corp\" gateway=\"public\" to=\"a:80\" subset=\"v2\"\nauthority \"corp\"\ngateway \"public\"\n";
    for service in [
        "service \"a\" { destination-rule { subsets name=\"v2\" { labels version=\"v2\"; }; }; }",
        "service \"a\" { subsets name=\"v2\" { labels version=\"v2\"; }; }",
        "service \"a\" { subset \"v2\" { labels version=\"v2\"; }; }",
    ] {
        let sandbox = Sandbox::new([("specs/a.kdl", &format!("{host}{service}\n")[..])]);
        sandbox.run(&["render"]).ends_with(0);
        assert!(sandbox.read("out/default/destinationrule-a.yaml").contains("version: v2\n"));
    }
    bad_alone(
        "service \"a\" { subset \"v1\" version=\"v1\"; destination-rule { subsets «name»=\"v1\"; }; }",
        "field-value",
        &["has the name `v1` again"],
    );
}

/// What is wrong with an object is told beside the mistakes of other nodes.
#[test]
fn all_mistakes_in_one_run() {
    let sandbox = Sandbox::new([(
        "specs/a.kdl",
        "host \"a.example.com\" nowhere=1\nservice-entry \"a\" { hosts \"a.example\"; ports number=99999 name=\"x\" protocol=\"TCP\"; resolution DNS; }\nservice-entry \"b\" { hots \"x\"; ports number=99999 name=\"x\" protocol=\"TCP\"; }\n",
    )]);
    let found = refused(&sandbox, "render", 2);
    found.says("unknown-word", "specs/a.kdl:1:22", &["nowhere"]);
    found.says("field-value", "specs/a.kdl:2:46", &["65535"]);
    found.says("unknown-word", "specs/a.kdl:3:21", &["hots"]);
    found.says("field-value", "specs/a.kdl:3:37", &["65535"]);
}

#[test]
fn nearly_ours_on_the_line_of_an_object() {
    bad_alone("authorization-policy \"a\" «ns»=\"x\"", "unknown-word", &["did you mean `namespace`?"]);
    bad_alone("authorization-policy \"a\" «namespce»=\"x\"", "unknown-word", &["did you mean `namespace`?"]);
    bad_alone(
        "resource \"Thing\" \"a\" «apy»=\"foo.example/v1\" api=\"foo.example/v1\"",
        "unknown-word",
        &["did you mean `api`?"],
    );
    bad(
        "domain \"other.example\" authority=\"corp\" gateway=\"public\" { «virtual-service» { export-to \".\"; }; }",
        "wrong-place",
        &["`virtual-service` stands in a `host`"],
    );
}

/// A conflict shows what decides the field, not the node around it.
#[test]
fn a_conflict_stands_at_what_decides() {
    let text = "host \"a.example.com\" authority=\"corp\" gateway=\"public\" {\n    route \"/x\" to=\"a:80\"\n    virtual-service { http { redirect uri=\"/y\"; }; }\n}\nauthority \"corp\"\ngateway \"public\"\n";
    let found = refused(&Sandbox::new([("specs/a.kdl", text)]), "render", 2);
    let finding = found.says("conflict", "specs/a.kdl:3:23", &["`spec.http` has two sources"]);
    assert_eq!(finding.places.get(1).map(String::as_str), Some("specs/a.kdl:2:5"), "{}", found.human);
}

/// What an object is called stands in one place; the mend fits doors too.
#[test]
fn a_name_is_said_once() {
    for object in [
        "virtual-service \"a\" { metadata { «name» \"b\"; }; http { route { destination host=\"a\"; }; }; }",
        "service \"a\" { destination-rule { metadata { «name» \"b\"; }; }; }",
    ] {
        bad_alone(
            object,
            "said-twice",
            &["stands on the line of its node", "a door has it from the node around it"],
        );
    }
}
