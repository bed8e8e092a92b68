//! What objects name and do not find as they say it: parts of VirtualServices, what policies hang on, gateways of a `match`,
//! ports; and workloads that two of a kind choose.

use super::between::{BASE, TO, right};
use super::reached::{silent, warned};

/// A part takes what is handed over to it only if it is for the namespace of that rule, and asks for a part of it.
#[test]
fn parts_that_istio_drops() {
    let root = |ask: &str| {
        format!(
            "virtual-service \"root\" namespace=\"shop\" {{ hosts \"shop\"; http {{ {ask} delegate name=\"d\" namespace=\"pay\"; }}; «» }}"
        )
    };
    let part = |more: &str, ask: &str| {
        format!("virtual-service \"d\" namespace=\"pay\" {{ {more} http {{ {ask} {TO} }}; }}")
    };
    let says =
        ["VirtualService `pay/d` is not for namespace `shop`", "get 404", "write `export-to \"shop\"`"];
    warned(&[&root(""), &part("export-to \".\";", "")], "unknown-virtual-service", &says);
    let plain = |ask: &str| root(ask).replace("«»", "");
    for fine in ["", "export-to \"*\";", "export-to \"x\" \"shop\";"] {
        silent(&[&plain(""), &part(fine, "")], "unknown-virtual-service");
    }
    let ask = |ask: &str| format!("match {{ {ask}; }};");
    for (theirs, own) in [
        ("uri prefix=\"/a\"", "uri prefix=\"/b\""),
        ("uri prefix=\"/a\"", "uri exact=\"/b\""),
        ("uri exact=\"/a\"", "uri prefix=\"/a\""),
        ("uri regex=\"/v[12]/.*\"", "uri prefix=\"/v1/\""),
        ("uri prefix=\"/\"", "uri regex=\"/v1\""),
        ("uri prefix=\"/a\"; ignore-uri-case #true", "uri prefix=\"/a/b\""),
        ("headers { x exact=\"1\"; }", "headers { x exact=\"2\"; }"),
        ("port 80", "port 81"),
        ("source-namespace \"x\"", "uri prefix=\"/a\""),
        ("source-labels a=\"b\"", "source-labels a=\"c\""),
        ("gateways \"mesh\"", "gateways \"x/y\""),
    ] {
        let says = ["Istio drops a rule of VirtualService `pay/d`", "asks for something else", "hands over"];
        let found =
            [root(&ask(theirs)), part("", &ask(own))].map(|spec| spec.replace("\"x/y\"", "\"shop/g\""));
        let gateway = "gateway \"g\" namespace=\"shop\" { servers { port number=80 name=\"h\" protocol=\"HTTP\"; hosts \"*\"; }; }";
        warned(&[&found[0], &found[1], gateway], "unreachable-route", &says);
    }
    for (theirs, own) in [
        ("uri prefix=\"/a\"", "uri prefix=\"/a/b\""),
        ("uri prefix=\"/a\"", "uri exact=\"/a\""),
        ("uri prefix=\"/a\"", "headers { x exact=\"2\"; }"),
        ("uri prefix=\"/a\"; match; uri prefix=\"/b\"", "uri prefix=\"/b/c\""),
        ("source-namespace \"x\"", "source-namespace \"x\"; uri prefix=\"/a\""),
        ("headers { x exact=\"1\"; }", "headers { y exact=\"2\"; }"),
        ("gateways \"mesh\"", "uri prefix=\"/a\""),
    ] {
        let theirs = ask(theirs).replace("; match; ", "; }; match { ");
        silent(&[&plain(&theirs), &part("", &ask(own))], "unreachable-route");
    }
    silent(&[&plain(""), &part("", &ask("uri regex=\"/x\""))], "unreachable-route");
    silent(&[&plain(&ask("uri regex=\"/x\"")), &part("", "")], "unreachable-route");
}

/// A policy that names what is not there holds nowhere.
#[test]
fn what_a_policy_is_attached_to() {
    let gateway = "resource \"Gateway\" \"edge\" api=\"gateway.networking.k8s.io/v1\" namespace=\"edge\" { gateway-class-name \"istio\"; listeners name=\"http\" port=80 protocol=\"HTTP\"; }";
    let entry = "service-entry \"bank\" namespace=\"edge\" { hosts \"api.bank.example\"; ports number=443 name=\"tls\" protocol=\"TLS\"; resolution DNS; }";
    let policy = |namespace: &str, target: &str| {
        format!(
            "authorization-policy \"p\" namespace=\"{namespace}\" {{ target-refs {target}; action DENY; rules {{ from {{ source {{ ip-blocks \"10.0.0.0/8\"; }}; }}; }}; «» }}"
        )
    };
    let of = |name: &str| format!("kind=\"Gateway\" group=\"gateway.networking.k8s.io\" name=\"{name}\"");
    let says =
        ["a Gateway `edge/egde` of Gateway API", "the policy holds nowhere", "did you mean `edge/edge`?"];
    warned(&[gateway, &policy("edge", &of("egde"))], "unknown-gateway", &says);
    warned(&[gateway, &policy("shop", &of("edge"))], "unknown-gateway", &["`shop/edge`"]);
    silent(&[gateway, &policy("edge", &of("edge")).replace("«»", "")], "unknown-gateway");
    let of = |name: &str| format!("kind=\"ServiceEntry\" group=\"networking.istio.io\" name=\"{name}\"");
    let says = ["a ServiceEntry `edge/bnak`", "did you mean `edge/bank`?"];
    warned(&[entry, &policy("edge", &of("bnak"))], "missing-service-entry", &says);
    silent(&[entry, &policy("edge", &of("bank")).replace("«»", "")], "missing-service-entry");
    let service = "kind=\"Service\" group=\"core\" name=\"x\"";
    right(&policy("edge", service).replace("«»", ""));
    let telemetry = "telemetry \"t\" namespace=\"edge\" { target-refs kind=\"Gateway\" group=\"gateway.networking.k8s.io\" name=\"egde\"; access-logging { disabled #true; }; «» }";
    warned(&[gateway, telemetry], "unknown-gateway", &["`edge/egde`"]);
}

/// Rules of a VirtualService are for its own gateways alone.
#[test]
fn a_match_for_a_gateway_that_the_virtual_service_does_not_name() {
    let gateways = ["g", "i"].map(|name| {
        let port = if name == "g" { 80 } else { 8081 };
        format!("gateway \"{name}\" {{ servers {{ port number={port} name=\"h\" protocol=\"HTTP\"; hosts \"*\"; }}; }}")
    });
    let rule = |own: &str, named: &str| {
        format!(
            "virtual-service \"v\" {{ hosts \"a.example\"; {own} http {{ match {{ gateways {named}; }}; {TO} }}; «» }}"
        )
    };
    for (own, named, says) in [
        ("gateways \"g\";", "\"i\"", "it is for `default/i` alone"),
        ("gateways \"g\";", "\"mesh\"", "it is for `mesh` alone"),
        ("", "\"g\"", "it is for the mesh alone"),
    ] {
        let spec = rule(own, named);
        warned(&[&gateways[0], &gateways[1], &spec], "unreachable-route", &["can never be reached", says]);
    }
    for (own, named) in [
        ("gateways \"g\" \"mesh\";", "\"mesh\""),
        ("gateways \"default/g\";", "\"g\" \"i\""),
        ("gateways \"g\";", "\"x/y\""),
        ("", "\"mesh\""),
    ] {
        let spec = rule(own, named).replace("«»", "");
        silent(&[&gateways[0], &gateways[1], &spec], "unreachable-route");
    }
}

#[test]
fn a_port_that_a_service_made_here_does_not_have() {
    let service = "resource \"Service\" \"shop\" api=\"v1\" namespace=\"edge\" { ports port=8080 name=\"http\"; selector app=\"shop\"; }";
    let host = |to: &str| {
        format!("{BASE}host \"a.example\" authority=\"corp\" gateway=\"public\" to=\"{to}\" {{ «» }}")
    };
    let says = ["Service `edge/shop` has no port 80", "fail with 503", "it has `8080`", "specs/1.kdl:1:21"];
    warned(&[&host("shop.edge:80"), service], "invalid-destination", &says);
    for fine in ["shop.edge:8080", "shop.pay:80", "cart.edge:80"] {
        silent(&[&host(fine).replace("«»", ""), service], "invalid-destination");
    }
    let entry = "service-entry \"bank\" { hosts \"api.bank.example\"; ports number=443 name=\"tls\" protocol=\"TLS\"; resolution DNS; }";
    let mesh = |port: u16| {
        format!(
            "virtual-service \"v\" {{ hosts \"api.bank.example\"; http {{ route {{ destination host=\"api.bank.example\" {{ port number={port}; }}; }}; }}; «» }}"
        )
    };
    warned(&[&mesh(444), entry], "invalid-destination", &["ServiceEntry `default/bank` has no port 444"]);
    silent(&[&mesh(443).replace("«»", ""), entry], "invalid-destination");
}

/// Of all that choose a workload it has the oldest, however many labels they name.
#[test]
fn one_that_chooses_some_of_the_workloads_of_another() {
    let of = |name: &str, labels: &str, mode: &str| {
        format!(
            "peer-authentication \"{name}\" {{ selector {{ match-labels {labels}; }}; mtls mode={mode}; «» }}"
        )
    };
    let wide = of("all", "app=\"a\"", "STRICT").replace("«»", "");
    let says = [
        "`all` and `some` are both the PeerAuthentication of workloads that `some` chooses",
        "the older one",
    ];
    warned(&[&wide, &of("some", "app=\"a\" version=\"v1\"", "PERMISSIVE")], "oldest-wins", &says);
    for (labels, mode) in [
        ("app=\"a\" version=\"v1\"", "STRICT"),
        ("app=\"b\" version=\"v1\"", "PERMISSIVE"),
        ("version=\"v1\"", "PERMISSIVE"),
    ] {
        silent(&[&wide, &of("some", labels, mode).replace("«»", "")], "oldest-wins");
    }
    let all = "peer-authentication \"namespace\" { mtls mode=PERMISSIVE; }";
    silent(&[&wide, all], "oldest-wins");
}

/// In the mesh's own namespace only those count that choose nothing.
#[test]
fn a_peer_authentication_of_the_mesh_that_chooses_workloads() {
    let of = |name: &str, namespace: &str, mode: &str| {
        format!(
            "peer-authentication \"{name}\" namespace=\"{namespace}\" {{ selector {{ match-labels app=\"a\"; }}; mtls mode={mode}; «» }}"
        )
    };
    let one = of("a", "istio-system", "STRICT");
    let says = ["Istio does nothing with one of `istio-system` that chooses workloads", "for the whole mesh"];
    warned(&[&one], "ignored-field", &says);
    let other = of("b", "istio-system", "PERMISSIVE").replace("«»", "");
    silent(&[&one.replace("«»", ""), &other], "oldest-wins");
    silent(&[&of("a", "shop", "STRICT").replace("«»", "")], "ignored-field");
    silent(&["peer-authentication \"a\" namespace=\"istio-system\" { mtls mode=STRICT; }"], "ignored-field");
}

/// A listener takes routes of its own namespace, unless it says otherwise, and for its host.
#[test]
fn a_route_of_gateway_api_for_which_there_is_no_listener() {
    let gateway = |more: &str| {
        format!(
            "resource \"Gateway\" \"edge\" api=\"gateway.networking.k8s.io/v1\" namespace=\"infra\" {{ gateway-class-name \"istio\"; listeners name=\"http\" port=80 protocol=\"HTTP\" {{ {more} }}; }}"
        )
    };
    let route = |namespace: &str, hosts: &str| {
        format!(
            "http-route \"r\" namespace=\"{namespace}\" {{ parent-refs name=\"edge\" namespace=\"infra\"; {hosts} rules {{ backend-refs name=\"b\" port=80; }}; «» }}"
        )
    };
    let all = "allowed-routes { namespaces from=\"All\"; };";
    let says = ["`infra/edge` lets in no routes of namespace `team`", "from=\"All\"", "the gateway"];
    warned(&[&gateway("hostname \"*.example\";"), &route("team", "")], "unlisted-host", &says);
    let says = ["no listener of Gateway `infra/edge` is for a host of this route", "for `*.example`"];
    for hosts in ["hostnames \"a.test\";", "hostnames \"example\" \"b.test\";"] {
        warned(&[&gateway("hostname \"*.example\";"), &route("infra", hosts)], "unlisted-host", &says);
    }
    let host = format!("hostname \"a.example\"; {all}");
    let chosen = "allowed-routes { namespaces from=\"Selector\" { selector { match-labels a=\"b\"; }; }; };";
    for (more, namespace, hosts) in [
        ("", "infra", "hostnames \"a.test\";"),
        (all, "team", "hostnames \"a.test\";"),
        (chosen, "team", ""),
        (&host, "team", "hostnames \"*.example\";"),
        (&host, "team", "hostnames \"b.test\" \"a.example\";"),
        (&host, "team", ""),
    ] {
        silent(&[&gateway(more), &route(namespace, hosts).replace("«»", "")], "unlisted-host");
    }
    let service = "resource \"Service\" \"b\" api=\"v1\" namespace=\"infra\" { ports port=8080 name=\"http\"; selector app=\"b\"; }";
    warned(
        &[&gateway(""), service, &route("infra", "")],
        "invalid-destination",
        &["`infra/b` has no port 80"],
    );
}
