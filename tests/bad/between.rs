//! What is said of two objects that meet, and not said of two that don't.

use super::case::bad_alone;
use super::reached::{said, silent, warned};

pub(super) const TO: &str = "route { destination host=\"b\"; };";

/// A render of specs that are right, about which nothing is said.
#[track_caller]
pub(super) fn right(spec: &str) {
    let found = said(&[spec]);
    assert!(!found.contains("warning[") && !found.contains("error["), "{spec}\n{found}");
}

/// Istio puts servers of plain HTTP together, and each keeps the VirtualServices of its Gateway.
#[test]
fn servers_of_plain_http_share_a_port() {
    let server = |hosts: &str, more: &str| {
        format!("servers {{ port number=80 name=\"h\" protocol=\"HTTP\"; hosts \"{hosts}\"; {more} }}")
    };
    let gateway = |name: &str, server: &str| format!("gateway \"{name}\" {{ {server}; }}\n");
    let service = |name: &str| {
        format!(
            "virtual-service \"{name}\" {{ hosts \"{name}.example\"; gateways \"{name}\"; http {{ {TO} }}; }}\n"
        )
    };
    for hosts in [["*", "*"], ["default/a.example", "*/a.example"]] {
        let [one, other] = hosts.map(|hosts| server(hosts, ""));
        let gateways = gateway("a", &one) + &gateway("b", &other);
        let found = said(&[&gateways]);
        assert!(!found.contains("duplicate-host"), "{found}");
    }
    right(
        &(gateway("a", &server("*", "")) + &gateway("b", &server("*", "")) + &service("a") + &service("b")),
    );
    right(&format!(
        "authority \"corp\"\nhost \"a.example\" authority=\"corp\" gateway=\"public\" http=\"open\" to=\"a:80\"\n{}{}",
        gateway("public", ""),
        gateway("b", &server("*.example", "")) + &service("b")
    ).replace("{ ; }", ""));
    let redirect = server("a.example", "tls https-redirect=#true;");
    bad_alone(
        &(gateway("a", &redirect) + &gateway("b", &redirect.replace("hosts", "«hosts»"))),
        "duplicate-host",
        &["two servers of one port are for `a.example`"],
    );
    let tcp = server("a.example", "").replace("\"HTTP\"", "\"TCP\"");
    bad_alone(
        &(gateway("a", &tcp) + &gateway("b", &tcp.replace("hosts", "«hosts»"))),
        "duplicate-host",
        &["two servers of one port are for `a.example`"],
    );
}

/// The redirect of a host holds for all servers of the port, whoever answers it.
#[test]
fn a_host_that_is_answered_beside_its_redirect() {
    let plain = |hosts: &str| {
        format!(
            "gateway \"plain\" {{ servers {{ port number=80 name=\"h\" protocol=\"HTTP\"; hosts {hosts}; }}; «» }}\n\
             virtual-service \"v\" {{ hosts \"a.example\"; gateways \"plain\"; http {{ {TO} }}; }}"
        )
    };
    let ours = |http: &str| {
        format!(
            "authority \"corp\"\ngateway \"public\"\nhost \"a.example\" authority=\"corp\" gateway=\"public\" {http} to=\"a:80\""
        )
    };
    let says = ["one server answers `a.example` over plain HTTP", "never answered here", "`http=\"open\"`"];
    warned(&[&ours(""), &plain("\"a.example\"")], "redirected-host", &says);
    warned(&[&ours(""), &plain("\"default/A.example\"")], "redirected-host", &says);
    let own = "gateway \"r\" { servers { port number=80 name=\"r\" protocol=\"HTTP\"; hosts \"a.example\"; tls https-redirect=#true; }; }";
    warned(&[own, &plain("\"a.example\"")], "redirected-host", &says);
    let plain = |hosts: &str| plain(hosts).replace("«»", "");
    silent(&[&ours("http=\"off\""), &plain("\"a.example\"")], "redirected-host");
    silent(&[&ours(""), &plain("\"*.example\"")], "redirected-host");
    silent(&[&ours(""), &plain("\"a.example\"").replace("number=80", "number=8080")], "redirected-host");
    silent(&[&own.replace("\"a.example\"", "\"*.example\""), &plain("\"a.example\"")], "redirected-host");
}

/// Two VirtualServices of one host on one gateway, with what one rule of each asks.
fn two(one: &str, other: &str) -> String {
    let gateway = "gateway \"g\" { servers { port number=80 name=\"h\" protocol=\"HTTP\"; hosts \"*\"; }; }\ngateway \"i\" { servers { port number=8081 name=\"h\" protocol=\"HTTP\"; hosts \"*\"; }; }\n";
    let service = |name: &str, gateways: &str, ask: &str| {
        format!(
            "virtual-service \"{name}\" namespace=\"{name}\" {{ hosts \"a.example\"; gateways {gateways}; http {{ match {{ {ask}; }}; {TO} }}; }}\n"
        )
    };
    let [a, b] =
        [service("a", "\"default/g\" \"default/i\" \"mesh\"", one), service("b", "\"default/i\"", other)];
    format!("{gateway}{a}{b}")
}

#[test]
fn rules_that_no_request_meets_both_of() {
    let at = |ask: &str| match ask {
        "" => "uri prefix=\"/x\"".to_owned(),
        ask => format!("uri prefix=\"/x\"; {ask}"),
    };
    for (one, other) in [
        ("gateways \"default/g\"", ""),
        ("gateways \"mesh\"", ""),
        ("method exact=\"GET\"", "method exact=\"POST\""),
        ("scheme exact=\"http\"", "scheme exact=\"https\""),
        ("authority exact=\"a.example\"", "authority prefix=\"b.\""),
        ("port 80", "port 8080"),
        ("source-namespace \"x\"", "source-namespace \"y\""),
        ("source-labels app=\"x\"", "source-labels app=\"y\""),
        ("headers { x exact=\"1\"; }", "headers { X exact=\"2\"; }"),
        ("headers { x prefix=\"1\"; }", "headers { x prefix=\"2\"; }"),
        ("query-params { x exact=\"1\"; }", "query-params { x exact=\"2\"; }"),
        ("without-headers { x exact=\"1\"; }", "headers { x exact=\"1\"; }"),
        ("headers { x exact=\"1\"; }", "without-headers { x prefix=\"1\"; }"),
        ("headers { x regex=\"a|b\"; }", "without-headers { x; }"),
    ] {
        silent(&[&two(&at(one), &at(other))], "overlapping-paths");
    }
    for (one, other) in [
        ("", "gateways \"default/i\""),
        ("method exact=\"GET\"", ""),
        ("method exact=\"GET\"", "method exact=\"GET\""),
        ("method exact=\"GET\"", "method regex=\"POST\""),
        ("method exact=\"GET\"", "method prefix=\"G\""),
        ("method exact=\"GET\"", "port 80"),
        ("port 80", "port 80"),
        ("source-labels app=\"x\"", "source-labels tier=\"y\""),
        ("headers { x exact=\"1\"; }", "headers { y exact=\"2\"; }"),
        ("without-headers { x exact=\"1\"; }", "headers { x prefix=\"1\"; }"),
        ("without-headers { x exact=\"1\"; }", "without-headers { x exact=\"2\"; }"),
    ] {
        let spec = two(&at(one), &at(other).replacen("prefix", "«prefix»", 1));
        bad_alone(&spec, "overlapping-paths", &["two VirtualServices of `a.example` take the same requests"]);
    }
}

/// The same of our own words: routes of a host in two namespaces, and in two files.
#[test]
fn routes_of_a_host_that_no_request_meets_both_of() {
    let base = "authority \"corp\"\ngateway \"g\"\nhost \"a.example\" authority=\"corp\" gateway=\"g\"";
    let route = |more: &str, method: &str| {
        format!(
            "route \"/x/*\" host=\"a.example\" to=\"a:80\" {more} {{ match {{ method exact=\"{method}\"; }}; }}"
        )
    };
    silent(&[base, &route("", "GET"), &route("", "POST")], "route-order");
    silent(&[base, &route("namespace=\"x\"", "GET"), &route("namespace=\"y\"", "POST")], "overlapping-paths");
}

pub(super) const BASE: &str =
    "authority \"corp\"\ngateway \"public\" namespace=\"edge\" workload-namespace=\"ingress\"\n";

/// A DestinationRule of a service, with a subset or without one.
fn rule(namespace: &str, host: &str, subset: Option<&str>) -> String {
    let subset = subset.map(|name| format!("subsets name=\"{name}\" {{ labels version=\"{name}\"; }};"));
    let policy = "traffic-policy { connection-pool { tcp max-connections=9; }; };".to_owned();
    format!(
        "destination-rule \"r-{namespace}\" namespace=\"{namespace}\" {{ host \"{host}\"; {} }}\n",
        subset.unwrap_or(policy)
    )
}

/// Istio falls back to a rule for many services, where it looks for one.
#[test]
fn a_subset_that_a_rule_for_many_services_has() {
    let mesh = "virtual-service \"a\" namespace=\"shop\" { hosts \"a\"; http { route { destination host=\"a\" subset=\"v1\"; }; }; «» }";
    let open = mesh.replace("«»", "");
    let host = format!(
        "{BASE}host \"a.example\" authority=\"corp\" gateway=\"public\" to=\"a.shop:80\" subset=\"v1\""
    );
    let wide = |namespace: &str, subset: &str| rule(namespace, "*.shop.svc.cluster.local", Some(subset));
    silent(&[&open, &wide("shop", "v1")], "unknown-subset");
    silent(&[&host, &wide("shop", "v1")], "unknown-subset");
    silent(&[&host, &wide("ingress", "v1")], "unknown-subset");
    silent(&[&open, &wide("istio-system", "v1")], "unknown-subset");
    warned(&[mesh, &wide("shop", "v2")], "unknown-subset", &["nothing here declares subsets of `a`"]);
    warned(&[mesh, &wide("shop", "v1").replace(".shop.", ".pay.")], "unknown-subset", &["nothing here"]);
    let says = ["sidecars of namespace `shop` take DestinationRule `shop/one`, which has no subset `v1`"];
    let one = rule("shop", "a", None).replace("r-shop", "one");
    warned(&[mesh, &wide("shop", "v1"), &one], "unknown-subset", &says);
}

/// A proxy takes the rule of its own namespace, and nothing of the others.
#[test]
fn a_subset_of_a_rule_in_whose_place_another_is_taken() {
    let full = "pay.pay.svc.cluster.local";
    let host = format!(
        "{BASE}host \"a.example\" authority=\"corp\" gateway=\"public\" to=\"pay.pay:80\" subset=\"v1\" {{ «» }}"
    );
    let theirs = "service \"pay\" namespace=\"pay\" { subset \"v1\" version=\"v1\"; }";
    let says = [
        "the pods of gateway `edge/public` take DestinationRule `ingress/r-ingress`, which has no subset `v1`",
        "has the subset, and is not taken",
        "declare the subset in `ingress/r-ingress` too",
        "specs/2.kdl:1:",
    ];
    warned(&[&host, theirs, &rule("ingress", full, None)], "unknown-subset", &says);
    let plain = host.replace("«»", "");
    for (fine, of) in [("edge", full), ("istio-system", full), ("shop", full), ("ingress", "*.local")] {
        let more = match of {
            "*.local" => rule(fine, of, Some("v1")),
            _ => rule(fine, of, None),
        };
        silent(&[&plain, theirs, &more], "unknown-subset");
    }
    silent(&[&plain, theirs, &rule("ingress", full, Some("v1"))], "unknown-subset");

    let mesh = |namespace: &str, more: &str| {
        format!(
            "virtual-service \"v\" namespace=\"{namespace}\" {{ hosts \"{full}\"; {more} http {{ route {{ destination host=\"{full}\" subset=\"v1\"; }}; }}; «» }}"
        )
    };
    let says = ["sidecars of namespace `shop` take DestinationRule `shop/r-shop`, which has no subset `v1`"];
    for service in [mesh("shop", "export-to \".\";"), mesh("pay", ""), mesh("pay", "export-to \"shop\";")] {
        warned(&[&service, theirs, &rule("shop", full, None)], "unknown-subset", &says);
    }
    for service in [mesh("pay", "export-to \".\";"), mesh("pay", "gateways \"x/y\";")] {
        silent(&[&service.replace("«»", ""), theirs, &rule("shop", full, None)], "unknown-subset");
    }
    // What is seen of that service's own namespace, or may never send a request there, is no matter of this rule.
    let own = rule("shop", full, Some("v1"));
    silent(&[&mesh("shop", "").replace("«»", ""), &own, &rule("pay", full, None)], "unknown-subset");
    let all = rule("shop", "*.local", None);
    silent(&[&mesh("pay", "").replace("«»", ""), theirs, &all], "unknown-subset");
    let third = rule("platform", full, Some("v1"));
    let says = ["sidecars of namespace `pay` do not look where DestinationRule `platform/r-platform`"];
    warned(&[&mesh("pay", ""), &third], "unknown-subset", &says);
    silent(&[&mesh("platform", "").replace("«»", ""), &third], "unknown-subset");
    silent(&[&mesh("pay", "").replace("«»", ""), &rule("istio-system", full, Some("v1"))], "unknown-subset");
}

/// A rule that is for the mesh alone leads no gateway anywhere.
#[test]
fn what_a_rule_for_the_mesh_needs_is_not_asked_of_a_gateway() {
    let service = "service \"pay\" namespace=\"pay\" { export-to \".\"; subset \"v1\" version=\"v1\"; }";
    let gateway = "gateway \"g\" { servers { port number=80 name=\"h\" protocol=\"HTTP\"; hosts \"*\"; }; }";
    let rule = |here: &str| {
        format!(
            "virtual-service \"v\" namespace=\"pay\" {{ hosts \"a.example\"; gateways \"default/g\" \"mesh\"; http {{ match {{ gateways \"{here}\"; }}; route {{ destination host=\"pay\" subset=\"v1\"; }}; }}; «» }}"
        )
    };
    silent(&[service, gateway, &rule("mesh").replace("«»", "")], "hidden-from-gateway");
    warned(&[service, gateway, &rule("default/g").replace("«»", "")], "hidden-from-gateway", &["do not see"]);
}

/// A ServiceEntry is of use to those alone that see it.
#[test]
fn a_service_entry_that_those_who_need_it_do_not_see() {
    let entry = |export: &str| {
        format!(
            "service-entry \"bank\" namespace=\"pay\" {{ hosts \"api.bank.example\"; ports number=443 name=\"tls\" protocol=\"TLS\"; resolution DNS; {export} }}"
        )
    };
    let host = format!(
        "{BASE}host \"a.example\" authority=\"corp\" gateway=\"public\" to=\"api.bank.example:443\" {{ «» }}\nservice \"api.bank.example\" namespace=\"ingress\" {{ tls mode=SIMPLE; }}"
    );
    let says = [
        "the pods of gateway `edge/public` do not see ServiceEntry `pay/bank`",
        "leaves out namespace `ingress`",
        "write `export-to \"ingress\"` too",
        "503",
    ];
    warned(&[&host, &entry("export-to \".\";")], "hidden-from-gateway", &says);
    let plain = host.replace("«»", "");
    for fine in ["", "export-to \"*\";", "export-to \"ingress\";"] {
        silent(&[&plain, &entry(fine)], "hidden-from-gateway");
    }
    let other = entry("").replace("\"bank\" namespace=\"pay\"", "\"bank\" namespace=\"edge\"");
    silent(&[&plain, &entry("export-to \".\";"), &other], "hidden-from-gateway");
    let mesh = |namespace: &str| {
        format!(
            "virtual-service \"v\" namespace=\"{namespace}\" {{ hosts \"api.bank.example\"; http {{ route {{ destination host=\"api.bank.example\"; }}; }}; «» }}"
        )
    };
    let says = ["sidecars of namespace `shop` do not see ServiceEntry `pay/bank`"];
    warned(&[&mesh("shop"), &entry("export-to \".\";")], "missing-service-entry", &says);
    silent(&[&mesh("pay").replace("«»", ""), &entry("export-to \".\";")], "missing-service-entry");
    silent(&[&mesh("shop").replace("«»", ""), &entry("export-to \".\" \"shop\";")], "missing-service-entry");
}
