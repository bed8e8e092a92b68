//! VirtualServices that Istio takes and never uses: rules for another protocol than their gateway speaks, and parts to which
//! nothing hands over.

use super::reached::{silent, warned};

const TO: &str = "route { destination host=\"b\"; };";
const BASE: &str = "authority \"corp\"\n";

fn gateway(servers: &str) -> String {
    format!("gateway \"public\" {{ {servers} }}")
}

fn server(number: u16, protocol: &str, tls: &str) -> String {
    let tls = if tls.is_empty() { String::new() } else { format!("; tls {tls}") };
    format!(
        "servers {{ port number={number} name=\"p{number}\" protocol=\"{protocol}\"; hosts \"db.example.com\"{tls}; }};"
    )
}

fn rules(kinds: &[&str]) -> String {
    let rule = |kind: &&str| match *kind {
        "tls" => format!("tls {{ match {{ sni-hosts \"db.example.com\"; }}; {TO} }};"),
        kind => format!("{kind} {{ {TO} }};"),
    };
    kinds.iter().map(rule).collect()
}

fn service(kinds: &[&str]) -> String {
    format!("virtual-service \"db\" {{ hosts \"db.example.com\"; gateways \"public\"; {} «» }}", rules(kinds))
}

const PAIR: &str = "mode=SIMPLE credential-name=\"x\"";

/// At a gateway a matcher's port is that of the server.
#[test]
fn rules_for_a_port_that_no_server_has() {
    let servers = [server(443, "TLS", "mode=PASSTHROUGH"), server(9000, "TCP", ""), server(80, "HTTP", "")];
    let gateway = gateway(&servers.concat());
    let service = |matched: &str, gateways: &str| {
        let http = format!("http {{ match {{ {matched} }}; {TO} }};");
        let tls = format!("tls {{ match {{ {matched} sni-hosts \"db.example.com\"; }}; {TO} }};");
        let tcp = format!("tcp {{ match {{ {matched} }}; {TO} }};");
        [http, tls, tcp].map(|rule| {
            format!("virtual-service \"db\" {{ hosts \"db.example.com\"; gateways {gateways}; {rule} «» }}")
        })
    };
    for service in service("port 5432;", "\"public\"") {
        let says = &["asks for port 5432", "nothing meets this", "have `80`, `443` and `9000`"];
        warned(&[&gateway, &service], "unused-rules", says);
    }
    let fine = [
        service("port 443;", "\"public\""),
        service("port 5432; gateways \"mesh\";", "\"public\" \"mesh\""),
        service("port 5432;", "\"public\" \"mesh\""),
        service("port 5432;", "\"public\" \"infra/other\""),
    ];
    for service in fine.iter().flatten() {
        silent(&[&gateway, &service.replace("«»", "")], "unused-rules");
    }
}

/// As istiod builds filter chains: by protocol and mode.
#[test]
fn rules_that_no_server_of_the_gateway_uses() {
    for (protocol, tls, takes) in [
        ("HTTP", "", "http"),
        ("GRPC", "", "http"),
        ("HTTP", "https-redirect=#true", "http"),
        ("HTTPS", PAIR, "http"),
        ("HTTPS", &PAIR.replace("SIMPLE", "MUTUAL"), "http"),
        ("HTTPS", "mode=PASSTHROUGH", "tls"),
        ("TLS", "mode=PASSTHROUGH", "tls"),
        ("TLS", PAIR, "tcp"),
        ("TCP", "", "tcp"),
        ("MONGO", "", "tcp"),
    ] {
        let gateway = gateway(&server(443, protocol, tls));
        for kind in ["http", "tls", "tcp"] {
            let service = service(&[kind]);
            if kind == takes {
                silent(&[&gateway, &service.replace("«»", "")], "unused-rules");
                continue;
            }
            let message = format!(
                "no server of gateway `default/public` uses the `{kind}` rules of VirtualService `default/db`"
            );
            let help = format!("say in `{takes}` where its requests go");
            let wanted = format!("or have a server for `{kind}`: `protocol=");
            warned(&[&gateway, &service], "unused-rules", &[&message, "nothing comes here", &help, &wanted]);
        }
        silent(&[&gateway, &service(&["http", "tls", "tcp"]).replace("«»", "")], "unused-rules");
    }
    let both = service(&["tls", "tcp"]);
    let https = gateway(&server(443, "HTTPS", PAIR));
    warned(&[&https, &both], "unused-rules", &["uses the `tls` and `tcp` rules"]);
}

#[test]
fn rules_that_one_server_of_the_gateway_uses() {
    let of = |servers: &[String]| gateway(&servers.concat());
    let mixed = of(&[server(443, "HTTPS", PAIR), server(9000, "TCP", "")]);
    for kind in ["http", "tcp"] {
        silent(&[&mixed, &service(&[kind]).replace("«»", "")], "unused-rules");
    }
    warned(&[&mixed, &service(&["tls"])], "unused-rules", &["`tls` rules"]);
    // What redirects to a port that passes TLS on uses nothing.
    let passed = of(&[server(80, "HTTP", "https-redirect=#true"), server(443, "TLS", "mode=PASSTHROUGH")]);
    silent(&[&passed, &service(&["tls"]).replace("«»", "")], "unused-rules");
    warned(&[&passed, &service(&["http"])], "unused-rules", &["passes TLS on: it uses `tls` alone"]);
    // Of another host, or of VirtualServices of another namespace.
    for other in ["www.example.com", "other/db.example.com"] {
        let other = server(9000, "TCP", "").replace("db.example.com", other);
        let gateway = of(&[server(443, "HTTPS", PAIR), other]);
        warned(&[&gateway, &service(&["tcp"])], "unused-rules", &["`tcp` rules"]);
    }
    // What is not made here may be anything, as may what Istio makes.
    let tcp = service(&["tcp"]).replace("«»", "");
    silent(&[&tcp.replace("\"public\"", "\"x/y\"")], "unused-rules");
    silent(&[&gateway(&server(443, "TLS", "mode=AUTO_PASSTHROUGH")), &tcp], "unused-rules");
    silent(&[&https(), &tcp.replace("gateways \"public\"", "gateways \"mesh\"")], "unused-rules");
    // Rules of a kind that are for the mesh alone say nothing of the gateway.
    let mesh = "virtual-service \"db\" { hosts \"db.example.com\"; gateways \"public\" \"mesh\"; http { ROUTE }; tcp { match { gateways \"mesh\"; }; ROUTE }; }";
    silent(&[&https(), &mesh.replace("ROUTE", TO)], "unused-rules");
    let turned = mesh.replace("http {", "TURN {").replace("tcp {", "http {").replace("TURN {", "tcp {");
    warned(&[&https(), &turned.replace("ROUTE", TO)], "unused-rules", &["uses the `tcp` rules"]);
}

fn https() -> String {
    gateway(&server(443, "HTTPS", PAIR))
}

/// The server of a host ends TLS and speaks HTTP.
#[test]
fn a_host_with_rules_that_its_server_does_not_use() {
    let host = |kinds: &[&str], more: &str| {
        format!(
            "{BASE}gateway \"public\" {{ {more} }}\nhost \"db.example.com\" authority=\"corp\" gateway=\"public\" {{ virtual-service {{ {} }}; «» }}",
            rules(kinds)
        )
    };
    for kind in ["tls", "tcp"] {
        warned(
            &[&host(&[kind], "")],
            "unused-rules",
            &[
                &format!("uses the `{kind}` rules of VirtualService `default/db.example.com`"),
                "the server of a `host` ends TLS and speaks HTTP",
                "`to=\"service:port\"`, a `route`, or `http` in `virtual-service`",
            ],
        );
    }
    silent(&[&host(&["tcp", "http"], "").replace("«»", "")], "unused-rules");
    silent(&[&host(&["tcp"], &server(9000, "TCP", "")).replace("«»", "")], "unused-rules");
    silent(&[&host(&["tcp"], "").replace("«»", "")], "host-without-route");
}

#[test]
fn a_virtual_service_without_hosts_to_which_nothing_hands_over() {
    let part = format!("virtual-service \"part\" {{ http {{ {TO} }}; «» }}");
    warned(
        &[&part],
        "unused-virtual-service",
        &[
            "VirtualService `default/part` has no hosts, and no rule here hands over to it",
            "--> specs/0.kdl:1:18",
            "say whose requests it takes: `hosts \"…\"`",
            "hand over to it from a rule of one with hosts: `delegate name=\"part\" namespace=\"default\"`",
        ],
    );
    let root = |name: &str, namespace: &str| {
        format!(
            "virtual-service \"root\" {{ hosts \"a\"; http {{ delegate name=\"{name}\" namespace=\"{namespace}\"; }}; }}"
        )
    };
    let plain = part.replace("«»", "");
    silent(&[&plain, &root("part", "default")], "unused-virtual-service");
    silent(&[&plain, &root("part", "")], "unused-virtual-service");
    warned(&[&part, &root("part", "other")], "unused-virtual-service", &[]);
    silent(&[&plain.replace("http", "hosts \"a\"; http")], "unused-virtual-service");
}
