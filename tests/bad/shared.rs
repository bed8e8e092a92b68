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
            "`redirect` and `directResponse`",
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
