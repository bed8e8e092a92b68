//! Objects of which Istio makes one, rules that do two things, and names in Istio's words that nothing declares.

use super::case::{bad, bad_alone};
use crate::cli::sandbox::Sandbox;

/// A VirtualService of the user's own for our host on our gateway.
fn beside(ours: &str, rules: &str) -> String {
    format!(
        "host \"a.example.com\" {ours}\nvirtual-service \"mine\" {{ hosts \"a.example.com\"; gateways \"public\"; {rules}; }}"
    )
}

#[test]
fn a_virtual_service_beside_that_of_a_host() {
    let to = "route { destination host=\"b\"; };";
    for (ours, rules) in [
        ("to=\"a:80\"", format!("«http» {{ {to} }}")),
        ("to=\"a:80\"", format!("http {{ match {{ uri «prefix»=\"/\"; }}; {to} }}")),
        ("{ route \"/x/*\" to=\"a:80\"; }", format!("http {{ match {{ uri «prefix»=\"/x/y\"; }}; {to} }}")),
        ("{ route \"/x\" to=\"a:80\"; }", format!("http {{ match {{ uri «exact»=\"/x\"; }}; {to} }}")),
    ] {
        let says = ["two VirtualServices of `a.example.com` take the same requests", "by age"];
        bad(&beside(ours, &rules), "overlapping-paths", &says);
    }
    for (ours, rules) in [
        ("{ route \"/x\" to=\"a:80\"; }", format!("http {{ {to} }}")),
        ("to=\"a:80\"", format!("http {{ match {{ uri prefix=\"/y\"; }}; {to} }}")),
    ] {
        let spec = format!(
            "authority \"corp\"\ngateway \"public\"\ndomain \"example.com\" authority=\"corp\" gateway=\"public\"\n{}\n",
            beside(ours, &rules)
        );
        Sandbox::new([("specs/a.kdl", &spec[..])]).run(&["render"]).ends_with(0);
    }
}

#[test]
fn servers_of_one_port() {
    let host =
        "host \"a.example.com\" authority=\"corp\" gateway=\"public\" to=\"a:80\"\nauthority \"corp\"\n";
    let server = |port: &str, hosts: &str| {
        format!("servers {{ port {port}; hosts {hosts}; tls mode=SIMPLE credential-name=\"x\"; }}")
    };
    let https = "number=443 name=\"mine\" protocol=\"HTTPS\"";
    for name in ["a.example.com", "ns/a.example.com"] {
        let server = server(https, &format!("\"{name}\""));
        let marked = host.replace("host \"a.example.com\"", "host \"«a.example.com»\"");
        for spec in [
            format!("{host}gateway \"public\" {{ {}; }}", server.replace("hosts", "«hosts»")),
            format!("{marked}gateway \"public\"\ngateway \"other\" {{ {server}; }}"),
        ] {
            bad_alone(&spec, "duplicate-host", &["two servers of one port are for `a.example.com`"]);
        }
    }
    bad_alone(
        &format!(
            "{host}gateway \"public\" {{ servers {{ port number=443 name=\"m\" «protocol»=\"TCP\"; hosts \"b.example.com\"; }}; }}"
        ),
        "conflict",
        &["one port can't speak both TLS and TCP", "another port"],
    );
    let fine = format!(
        "{host}gateway \"public\" {{ {}; }}",
        server(&https.replace("443", "8443"), "\"a.example.com\"")
    );
    Sandbox::new([("specs/a.kdl", &fine[..])]).run(&["render"]).ends_with(0);
}

#[test]
fn a_rule_does_one_thing() {
    let host = |route: &str| format!("host \"a.example.com\" {{ {route}; }}");
    for (route, says) in [
        (
            "route \"/x\" { redirect uri=\"/y\"; «direct-response» status=404; }",
            "`redirect` and `direct-response`",
        ),
        ("route \"/x\" rewrite=\"«/z»\" { redirect uri=\"/y\"; }", "`redirect` and `rewrite`"),
        (
            "route \"/x\" { route { destination host=\"b\"; }; «redirect» uri=\"/y\"; }",
            "`route` and `redirect`",
        ),
    ] {
        bad(&host(route), "conflicting-fields", &[says, "keep one of them"]);
    }
    bad_alone(
        "virtual-service \"a\" { hosts \"a.example\"; http { route { destination host=\"b\"; }; «redirect» uri=\"/\"; }; }",
        "conflicting-fields",
        &["`route` and `redirect`"],
    );
    bad_alone(
        "virtual-service \"a\" { hosts \"a.example\"; «http» { timeout \"1s\"; }; }",
        "missing-field",
        &["goes nowhere"],
    );
    bad_alone("«gateway» \"a\" { (array)servers; }", "missing-field", &["has no server"]);
}

#[test]
fn subsets_in_istio_s_words() {
    let service = "service \"b\" { subset \"v1\" version=\"v1\"; }\n";
    for rule in [
        "route { destination host=\"b\" «subset»=\"v2\"; }",
        "route { destination host=\"b.default.svc.cluster.local\" «subset»=\"v2\"; }",
        "route { destination host=\"c\"; }; mirror host=\"b\" «subset»=\"v2\"",
    ] {
        let says = ["there is no subset `v2`", "did you mean `v1`?", "the service"];
        bad_alone(
            &format!("{service}virtual-service \"a\" {{ hosts \"x.example\"; http {{ {rule}; }}; }}"),
            "unknown-reference",
            &says,
        );
    }
    bad(
        &format!(
            "{service}host \"a.example.com\" {{ route to=\"b:80\" {{ mirror host=\"b\" «subset»=\"v2\"; }}; }}"
        ),
        "unknown-reference",
        &["there is no subset `v2`"],
    );
    for (services, code) in [
        ("service \"b\" { subset \"v2\" version=\"v2\"; }", None),
        ("destination-rule \"b\" { host \"b\"; subsets name=\"v2\" { labels version=\"v2\"; }; }", None),
        ("", Some("warning[unknown-subset]: nothing here declares subsets of `b`")),
    ] {
        let spec = format!(
            "{services}\nvirtual-service \"a\" {{ hosts \"x.example\"; http {{ route {{ destination host=\"b\" subset=\"v2\"; }}; }}; }}\n"
        );
        let run = Sandbox::new([("specs/a.kdl", &spec[..])]).run(&["render"]).ends_with(0);
        assert!(
            code.is_none_or(|code| run.stderr.contains(code))
                && code.is_some() == run.stderr.contains("unknown-subset"),
            "{}",
            run.stderr
        );
    }
}

/// Names in Istio's words mean what Istio means; what that does not find is told.
#[test]
fn names_in_istio_s_words() {
    let service = "service \"shop.team\"\nservice \"b\"\n";
    let rule = |inner: &str| format!("virtual-service \"v\" {{ hosts \"x.example\"; http {{ {inner}; }}; }}");
    let to = "route { destination host=\"b\"; }";
    for (inner, says) in [
        (
            "route { destination «host»=\"shop.team\"; }".to_owned(),
            ["Istio knows no service `shop.team`", "write `shop.team.svc.cluster.local`"],
        ),
        (
            format!("{to}; mirror «host»=\"shop.team\""),
            ["Istio knows no service `shop.team`", "write `shop.team.svc.cluster.local`"],
        ),
        (
            format!("{to}; mirrors {{ destination «host»=\"h.example.com\"; }}"),
            ["is a host of this project", "write `c.default.svc.cluster.local`, where that host leads"],
        ),
    ] {
        let host = "host \"h.example.com\" to=\"c:80\"";
        bad(&format!("{service}{host}\n{}", rule(&inner)), "invalid-destination", &says);
    }
    bad(
        &format!(
            "{service}host \"h.example.com\" {{ route to=\"b:80\" {{ mirror «host»=\"shop.team\"; }}; }}"
        ),
        "invalid-destination",
        &["write `shop.team.svc.cluster.local`"],
    );
    bad(
        &format!(
            "{service}host \"h.example.com\" to=\"b:80\" {{ virtual-service {{ tls {{ match {{ sni-hosts \"h.example.com\"; }}; route {{ destination «host»=\"shop.team\"; }}; }}; }}; }}"
        ),
        "invalid-destination",
        &["write `shop.team.svc.cluster.local`"],
    );
}

/// What a run says that goes well.
fn said(spec: &str) -> String {
    let base = "authority \"corp\"\ngateway \"public\"\ndomain \"example.com\" authority=\"corp\" gateway=\"public\"\nhost \"h.example.com\" to=\"c:80\"\n";
    Sandbox::new([("specs/a.kdl", base), ("specs/b.kdl", spec)]).run(&["render"]).ends_with(0).stderr
}

#[test]
fn what_nothing_here_makes() {
    let rule = |fields: &str, to: &str| {
        format!(
            "virtual-service \"v\" namespace=\"team\" {{ hosts \"x.example\"; {fields} http {{ route {{ destination host=\"{to}\"; }}; }}; }}\n"
        )
    };
    let server = |secret: &str| {
        format!(
            "gateway \"g\" {{ servers {{ port number=8443 name=\"x\" protocol=\"HTTPS\"; hosts \"y.example\"; tls mode=SIMPLE credential-name=\"{secret}\"; }}; }}\n"
        )
    };
    let upstream = |mode: &str, secret: &str, more: &str| {
        format!(
            "destination-rule \"b\" namespace=\"team\" {{ host \"b\"; {more} traffic-policy {{ port-level-settings port=443 {{ tls mode=\"{mode}\" credential-name=\"{secret}\"; }}; }}; }}\n"
        )
    };
    for (spec, says) in [
        (
            rule("gateways \"public\";", "b"),
            &["unknown-gateway", "`team/public`", "did you mean `default/public`?"][..],
        ),
        (rule("gateways \"default/pubic\";", "b"), &["unknown-gateway", "did you mean `default/public`?"]),
        (rule("gateways \"default/public\" \"mesh\";", "b").replace("x.example", "*.example.com"), &[]),
        (rule("", "api.partner.example"), &["missing-service-entry", "`api.partner.example` lies outside"]),
        (rule("", "b.other"), &["missing-service-entry", "write `b.other.svc.cluster.local`"]),
        (rule("", "b.other.svc.cluster.local"), &[]),
        (
            rule("", "api.partner.example")
                + "service-entry \"p\" { hosts \"*.partner.example\"; ports number=443 name=\"https\" protocol=\"HTTPS\"; resolution NONE; }",
            &[],
        ),
        (server("h.example.com-tsl"), &["unknown-secret", "did you mean `h.example.com-tls`?"]),
        (server("h.example.com-tls"), &[]),
        (server("other"), &["unknown-secret", "`istio-system/other`", "settle \"unknown-secret\""]),
        (upstream("SIMPLE", "other", ""), &["unknown-secret", "`other`", "nothing reaches the service"]),
        (
            upstream("MUTUAL", "h.example.com-tsl", ""),
            &["unknown-secret", "did you mean `h.example.com-tls`?"],
        ),
        (upstream("MUTUAL", "h.example.com-tls", ""), &[]),
        (upstream("DISABLE", "other", ""), &["ignored-field", "encrypts nothing"]),
        (
            upstream("MUTUAL", "h.example.com-tls", "workload-selector { match-labels app=\"x\"; };"),
            &["unknown-secret", "`team/h.example.com-tls`", "the workloads that the rule selects"],
        ),
    ] {
        let said = said(&spec);
        assert!(says.iter().all(|part| said.contains(part)), "{says:?}\n{said}");
        assert!(!says.is_empty() || !said.contains("warning["), "{said}");
    }
    let settled = server("other").replace("servers", "settle \"unknown-secret\" reason=\"vault\"; servers");
    assert!(!said(&settled).contains("unknown-secret"));
}

/// What a rule hands over to is looked up as where it leads.
#[test]
fn parts_of_a_virtual_service() {
    let root = |delegate: &str| {
        format!(
            "virtual-service \"root\" namespace=\"team\" {{ hosts \"x.example\"; http {{ delegate {delegate}; }}; }}\n"
        )
    };
    let part = |more: &str| {
        format!(
            "virtual-service \"part\" namespace=\"api\" {{ {more} http {{ route {{ destination host=\"b\"; }}; }}; }}\n"
        )
    };
    for (spec, says) in [
        (
            root("name=\"part\"") + &part(""),
            &["unknown-virtual-service", "`team/part`", "did you mean `api/part`?"][..],
        ),
        (root("name=\"part\" namespace=\"api\"") + &part(""), &[]),
        (root("name=\"other\" namespace=\"api\""), &["unknown-virtual-service", "`api/other`", "settle"]),
    ] {
        let said = said(&spec);
        assert!(says.iter().all(|part| said.contains(part)), "{says:?}\n{said}");
        assert!(!says.is_empty() || !said.contains("warning["), "{said}");
    }
    bad(
        &(root("«name»=\"part\" namespace=\"api\"") + &part("hosts \"y.example\";")),
        "invalid-destination",
        &["`api/part` has hosts of its own", "leave its `hosts` and `gateways` out"],
    );
}

/// A Gateway of Gateway API, and how a route hangs on it.
const EDGE_GATEWAY: &str = "resource \"Gateway\" \"edge\" api=\"gateway.networking.k8s.io/v1\" namespace=\"infra\" { gateway-class-name \"istio\"; listeners name=\"http\" port=80 protocol=\"HTTP\" { allowed-routes { namespaces from=\"All\"; }; }; }\n";
const EDGE: &str = "name=\"edge\" namespace=\"infra\"";

/// A route beside that Gateway.
fn route(parent: &str, backend: &str) -> String {
    format!(
        "{EDGE_GATEWAY}http-route \"r\" namespace=\"team\" {{ parent-refs {parent}; rules {{ backend-refs {backend}; }}; }}\n"
    )
}

/// Routes of Gateway API: what they hang on, where they lead, and who lets them.
#[test]
fn what_routes_of_gateway_api_name() {
    let edge = EDGE;
    let grant = |kind: &str| {
        format!(
            "reference-grant \"g\" namespace=\"other\" {{ from group=\"gateway.networking.k8s.io\" kind=\"{kind}\" namespace=\"team\"; to group=\"\" kind=\"Service\"; }}\n"
        )
    };
    let away = "name=\"b\" namespace=\"other\" port=80";
    let outside = "name=\"api.partner.example\" kind=\"Hostname\" group=\"networking.istio.io\" port=443";
    let entry = "service-entry \"p\" { hosts \"api.partner.example\"; ports number=443 name=\"https\" protocol=\"HTTPS\"; resolution DNS; }\n";
    for (spec, says) in [
        (route(edge, "name=\"b\" port=80"), &[][..]),
        (
            route("name=\"edge\"", "name=\"b\" port=80"),
            &["unknown-gateway", "`team/edge`", "did you mean `infra/edge`?"],
        ),
        (
            route("name=\"public\" namespace=\"default\"", "name=\"b\" port=80"),
            &["unknown-gateway", "`default/public` here is Istio's"],
        ),
        (route(&format!("{edge} section-name=\"http\""), "name=\"b\" port=80"), &[]),
        (
            route(edge, away),
            &[
                "missing-reference-grant",
                "lets HTTPRoutes of namespace `team` use Service `other/b`",
                "write `reference-grant",
            ],
        ),
        (route(edge, away) + &grant("HTTPRoute"), &[]),
        (route(edge, away) + &grant("GRPCRoute"), &["missing-reference-grant"]),
        (route(edge, outside), &["missing-service-entry", "`api.partner.example` lies outside"]),
        (route(edge, outside) + entry, &[]),
        (
            EDGE_GATEWAY.replace(
                "protocol=\"HTTP\" {",
                "protocol=\"HTTPS\" { tls { certificate-refs name=\"shop\"; };",
            ),
            &["unknown-secret", "`infra/shop`"],
        ),
    ] {
        let said = said(&spec);
        assert!(says.iter().all(|part| said.contains(part)), "{says:?}\n{said}");
        assert!(!says.is_empty() || !said.contains("warning["), "{said}");
    }
}

/// What can't work whatever else is in the cluster.
#[test]
fn what_routes_of_gateway_api_name_wrongly() {
    let edge = EDGE;
    bad(
        &route(&format!("{edge} «section-name»=\"https\""), "name=\"b\" port=80"),
        "unknown-reference",
        &["`infra/edge` has no listener `https`", "did you mean `http`?"],
    );
    bad(
        &route(edge, "«name»=\"b.other.svc.cluster.local\" port=80"),
        "invalid-destination",
        &["is no name of a Service", "write `name=\"b\" namespace=\"other\"`"],
    );
    bad(
        &route(edge, "«name»=\"api.partner.example\" port=443"),
        "invalid-destination",
        &["`kind=\"Hostname\" group=\"networking.istio.io\"`"],
    );
}

/// Our own words find what Istio's declare, and what templates do.
#[test]
fn subsets_of_our_words_in_istio_s() {
    let host = "host \"a.example.com\" to=\"b:80\" subset=\"v1\"\n";
    let rule = "destination-rule \"b\" { host \"b\"; subsets name=\"v1\" { labels version=\"v1\"; }; }";
    assert!(said(host).contains("unknown-subset"));
    assert!(!said(&format!("{host}{rule}")).contains("unknown-subset"));
    let base = "authority \"corp\"\ngateway \"public\"\ndomain \"example.com\" authority=\"corp\" gateway=\"public\"\n";
    let template = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata:\n  name: b\n  namespace: default\nspec:\n  host: b\n  subsets:\n    - name: v1\n      labels: {version: v1}\n";
    let sandbox =
        Sandbox::new([("specs/a.kdl", &format!("{base}{host}")[..]), ("templates/once/rule.yaml", template)]);
    let said = sandbox.run(&["render"]).ends_with(0).stderr;
    assert!(!said.contains("unknown-subset"), "{said}");
    bad(
        &format!("{host}{}", rule.replace("\"v1\"", "\"v2\"")).replace("subset=\"v1\"", "subset=\"«v1»\""),
        "unknown-reference",
        &["there is no subset `v1`", "did you mean `v2`?"],
    );
}

/// A template's output takes the requests of a host as any other object does.
#[test]
fn paths_of_a_template() {
    let base = "authority \"corp\"\ngateway \"public\"\ndomain \"example.com\" authority=\"corp\" gateway=\"public\"\nhost \"a.example.com\" to=\"b:80\"\n";
    let template = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata:\n  name: mine\n  namespace: default\nspec:\n  hosts: [a.example.com]\n  gateways: [default/public]\n  http:\n    - route:\n        - destination: {host: c}\n";
    let sandbox = Sandbox::new([("specs/a.kdl", base), ("templates/once/mine.yaml", template)]);
    let found = super::case::refused(&sandbox, "render", 2);
    let finding = found.findings.iter().find(|finding| finding.code == "overlapping-paths");
    assert!(finding.is_some() && found.human.contains("templates/once/mine.yaml"), "{}", found.human);
}
