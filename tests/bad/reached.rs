//! What Istio takes and where nothing comes: rules behind others, hosts that no gateway lists, objects that no gateway sees,
//! and VirtualServices of one host in the mesh. Each is a warning that shows both places and can be settled.

use crate::cli::sandbox::Sandbox;

/// What a render says of specs that are right, each in a file of its own.
pub(super) fn said(specs: &[&str]) -> String {
    let names: Vec<String> = (0..specs.len()).map(|i| format!("specs/{i}.kdl")).collect();
    let files = names.iter().map(String::as_str).zip(specs.iter().copied());
    Sandbox::new(files).run(&["render"]).ends_with(0).stderr
}

/// One warning of a code, with all of this; settled at the node where `«»` stands.
#[track_caller]
pub(super) fn warned(specs: &[&str], code: &str, says: &[&str]) {
    let plain: Vec<String> = specs.iter().map(|spec| spec.replace("«»", "")).collect();
    let found = said(&plain.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(found.matches(&format!("warning[{code}]")).count(), 1, "{specs:?} {found}");
    let settle = format!("settle \"{code}\" reason=\"x\"");
    let missing = says.iter().find(|part| !found.contains(**part));
    assert_eq!(missing, None, "{found}");
    assert!(found.contains(&settle.replace("\"x\"", "\"…\"")), "{found}");
    if specs.iter().any(|spec| spec.contains("«»")) {
        let settled: Vec<String> = specs.iter().map(|spec| spec.replace("«»", &settle)).collect();
        let found = said(&settled.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(!found.contains(&format!("[{code}]")), "{settled:?} {found}");
    }
}

#[track_caller]
pub(super) fn silent(specs: &[&str], code: &str) {
    let found = said(specs);
    assert!(!found.contains(&format!("[{code}]")), "{specs:?} {found}");
}

const TO: &str = "route { destination host=\"b\"; };";

fn service(name: &str, said: &str) -> String {
    format!("virtual-service \"{name}\" {said}")
}

#[test]
fn of_two_virtual_services_of_a_host_sidecars_take_the_older_one() {
    let http = format!("http {{ {TO} }}");
    let reviews = "`reviews.default.svc.cluster.local` in the mesh, and Istio takes the older one";
    let a = service("a", &format!("{{ hosts \"reviews\"; {http}; «» }}"));
    let at = |path: &str| format!("http {{ match {{ uri prefix=\"{path}\"; }}; {TO} }}");
    for other in [
        format!("{{ hosts \"reviews\"; {}; }}", at("/x")),
        format!("{{ hosts \"Reviews.default.svc.cluster.local\"; {}; }}", at("/x")).replace("Rev", "rev"),
        format!("namespace=\"other\" {{ hosts \"reviews.default.svc.cluster.local\"; {}; }}", at("/x")),
        format!("{{ hosts \"x.example\" \"reviews\"; gateways \"mesh\" \"x/y\"; {}; }}", at("/x")),
    ] {
        let other = service("b", &other);
        warned(&[&a, &other], "oldest-wins", &[reviews, "default/a", "/b`", "specs/0.kdl", "specs/1.kdl"]);
        silent(&[&a.replace("«»", ""), &other], "overlapping-paths");
    }
    let a = a.replace("«»", "");
    for other in [
        format!("{{ hosts \"ratings\"; {http}; }}"),
        format!("namespace=\"other\" {{ hosts \"reviews\"; {}; }}", at("/x")),
        format!("{{ hosts \"reviews\"; gateways \"x/y\"; {}; }}", at("/x")),
        // The one that fewer know wins.
        format!("{{ hosts \"reviews\"; export-to \".\"; {}; }}", at("/x")),
        // Its rules are for a gateway.
        format!(
            "{{ hosts \"reviews\"; gateways \"mesh\" \"x/y\"; http {{ match {{ uri prefix=\"/\"; gateways \"x/y\"; }}; {TO} }}; }}"
        ),
        format!("{{ hosts \"*.default.svc.cluster.local\"; {}; }}", at("/x")),
        format!("{{ hosts \"reviews\"; tcp {{ {TO} }}; }}"),
        format!("{{ hosts \"reviews\"; {http}; }}"),
    ] {
        silent(&[&a, &service("b", &other)], "oldest-wins");
    }
    let apart = |name: &str, ask: &str| {
        service(name, &format!("{{ hosts \"reviews\"; http {{ match {{ {ask}; }}; {TO} }}; }}"))
    };
    for (one, other) in [
        ("port 80", "port 81"),
        ("source-namespace \"x\"", "source-namespace \"y\""),
        ("source-labels app=\"x\"", "source-labels app=\"y\""),
    ] {
        silent(&[&apart("a", one), &apart("b", other)], "oldest-wins");
    }
    let one = ("source-labels app=\"x\"", "source-labels tier=\"y\"");
    warned(&[&apart("a", one.0), &apart("b", one.1)], "oldest-wins", &[reviews]);
    let only = |name: &str, namespace: &str, seen: &str| {
        service(
            name,
            &format!(
                "namespace=\"{namespace}\" {{ hosts \"reviews.x.svc.cluster.local\"; export-to \"{seen}\"; {}; }}",
                at(&format!("/{name}"))
            ),
        )
    };
    warned(&[&only("a", "n", "z"), &only("b", "m", "z")], "oldest-wins", &["reviews.x.svc"]);
    silent(&[&only("a", "n", "."), &only("b", "m", ".")], "oldest-wins");
    silent(&[&only("a", "n", "."), &only("b", "m", "n")], "oldest-wins");
}

#[test]
fn of_two_virtual_services_of_a_host_for_tls_or_tcp() {
    let of = |name: &str, rule: &str| service(name, &format!("{{ hosts \"db.example\"; {rule} {TO} }}; }}"));
    let tls =
        |name: &str, ask: &str| of(name, &format!("tls {{ match {{ sni-hosts \"db.example\"; {ask} }};"));
    warned(
        &[&tls("a", ""), &tls("b", "source-labels a=\"b\"")],
        "oldest-wins",
        &["`db.example` in the mesh"],
    );
    silent(&[&tls("a", "port 443"), &tls("b", "port 444")], "oldest-wins");
    let tcp = |name: &str, ask: &str| of(name, &format!("tcp {{ match {{ {ask} }};"));
    let nets = |net: &str| format!("destination-subnets \"10.{net}.0.0/16\"");
    warned(&[&of("a", "tcp {"), &tcp("b", &nets("1"))], "oldest-wins", &["`db.example` in the mesh"]);
    silent(&[&tcp("a", &nets("1")), &tcp("b", &nets("2"))], "oldest-wins");
}

#[test]
fn a_host_that_no_server_of_its_gateway_is_for() {
    let server = |hosts: &str| {
        format!("servers {{ port number=8080 name=\"own\" protocol=\"HTTP\"; hosts {hosts}; }}")
    };
    let gateway = |name: &str, hosts: &str| format!("gateway \"{name}\" {{ {}; }}", server(hosts));
    let rule = |hosts: &str, gateways: &str| {
        service("v", &format!("{{ hosts {hosts}; gateways {gateways}; http {{ {TO} }}; «» }}"))
    };
    let none = "no server of gateway `default/g` is for `b.example.com`";
    for (hosts, says) in [
        ("\"a.example.com\"", "list it there"),
        ("\"a.org\" \"c.example.net\" \"b.exampel.com\"", "did you mean `b.exampel.com`?"),
        (
            "\"other/b.example.com\"",
            "`other/b.example.com` is for VirtualServices of namespace `other` alone",
        ),
        ("\"other/*.example.com\"", "`other/*.example.com` is for"),
        ("\"*.b.example.com\"", "list it there"),
    ] {
        let specs = [gateway("g", hosts), rule("\"b.example.com\"", "\"g\"")];
        warned(
            &[&specs[0], &specs[1]],
            "unlisted-host",
            &[none, says, "specs/0.kdl:1:10", "specs/1.kdl:1:23"],
        );
    }
    for hosts in [
        "\"b.example.com\"",
        "\"B.example.com\"",
        "\"*/b.example.com\"",
        "\"./b.example.com\"",
        "\"default/b.example.com\"",
        "\"*.example.com\"",
        "\"*\"",
        "\"*/*\"",
        "\"default/*\"",
    ] {
        silent(
            &[&gateway("g", hosts), &rule("\"b.example.com\"", "\"g\"").replace("«»", "")],
            "unlisted-host",
        );
    }
    let open = |hosts: &str, gateways: &str| rule(hosts, gateways).replace("«»", "");
    for (hosts, gateways) in [
        ("\"*.example.com\"", "\"g\""),
        ("\"*.com\"", "\"g\""),
        ("\"a.example.com\"", "\"default/g\" \"x/y\""),
        ("\"a.example.com\" \"reviews\"", "\"mesh\" \"g\""),
        ("\"b.example.com\"", "\"x/y\""),
    ] {
        silent(&[&gateway("g", "\"a.example.com\""), &open(hosts, gateways)], "unlisted-host");
    }
    let both = [gateway("g", "\"a.example.com\""), gateway("h", "\"b.example.com\"")];
    let both: Vec<&str> = both.iter().map(String::as_str).collect();
    let with = |rule: &str| [both[0].to_owned(), both[1].replace("8080", "8081"), rule.to_owned()];
    let of = |rule: &str, says: &[&str]| {
        let specs = with(rule);
        warned(&[&specs[0], &specs[1], &specs[2]], "unlisted-host", says);
    };
    of(&rule("\"b.example.com\"", "\"g\""), &["gateway `default/h` is for it: name that one"]);
    of(
        &rule("\"a.example.com\" \"c.other.example\"", "\"g\" \"h\""),
        &["no server of gateways `default/g` and `default/h` is for `c.other.example`"],
    );
    of(
        &rule("\"a.example.com\"", "\"g\" \"h\""),
        &[
            "no server of gateway `default/h` is for a host of VirtualService `default/v`",
            "leave the gateway out",
        ],
    );
    let specs = with(&open("\"a.example.com\" \"b.example.com\"", "\"g\" \"h\""));
    silent(&[&specs[0], &specs[1], &specs[2]], "unlisted-host");
}

#[test]
fn a_rule_of_a_virtual_service_that_one_before_it_hides() {
    let of = |rules: &str| {
        format!("virtual-service \"a\" {{ hosts \"a.example\"; gateways \"x/y\"\n{rules}\n«»\n}}")
    };
    let http = |ask: &str| match ask {
        "" => format!("http {{ {TO} }}"),
        ask => format!("http {{ match {{ {ask}; }}; {TO} }}"),
    };
    let rules = |asks: &[&str]| of(&asks.iter().map(|ask| http(ask)).collect::<Vec<_>>().join("\n"));
    for asks in [
        &["", "uri exact=\"/x\""][..],
        &["uri prefix=\"/\"", "uri exact=\"/x\""],
        &["", ""],
        &["uri prefix=\"/x\"", "uri exact=\"/x/y\""],
        &["uri exact=\"/x\"", "uri exact=\"/x\"; headers { a exact=\"b\"; }"],
        &["uri exact=\"/x\"; port 80", "uri exact=\"/x\"; port 80"],
    ] {
        let says = [
            "a rule of VirtualService `default/a` can never be reached",
            "specs/0.kdl:3:1",
            "takes all of it",
        ];
        warned(&[&rules(asks)], "unreachable-route", &says);
    }
    for asks in [
        &["uri exact=\"/x\"", ""][..],
        &["uri prefix=\"/x\"", "uri prefix=\"/y\""],
        &["port 80", ""],
        &["gateways \"x/y\"", "uri exact=\"/x\""],
        &["uri exact=\"/x\"; headers { a exact=\"b\"; }", "uri exact=\"/x\""],
        &["uri exact=\"/x\"; port 80", "uri exact=\"/x\"; port 81"],
    ] {
        silent(&[&rules(asks).replace("«»", "")], "unreachable-route");
    }
    let part = of(&format!(
        "http {{ match {{ uri prefix=\"/x\"; }}; {TO} }}\nhttp {{\nmatch {{ uri exact=\"/x/y\"; }}\nmatch {{ uri exact=\"/z\"; }}\n{TO} }}"
    ));
    warned(&[&part], "unreachable-route", &["a match of VirtualService", "specs/0.kdl:4:1"]);
    let own =
        of(&format!("http {{ match {{ uri prefix=\"/x\"; }}; match {{ uri exact=\"/x/y\"; }}; {TO} }}"));
    silent(&[&own.replace("«»", "")], "unreachable-route");
    let handed = "virtual-service \"part\" { http { match { uri prefix=\"/x\"; }; route { destination host=\"b\"; }; } }";
    let over = of(&format!("http {{ delegate name=\"part\"; }}\n{}", http("uri exact=\"/y\"")));
    silent(&[handed, &over.replace("«»", "")], "unreachable-route");
    let tcp = of(&format!("tcp {{ {TO} }}\ntcp {{ match {{ port 80; }}; {TO} }}"));
    warned(&[&tcp], "unreachable-route", &["a rule of VirtualService", "specs/0.kdl:3:1"]);
    let tls = |hosts: &str| format!("tls {{ match {{ sni-hosts {hosts}; }}; {TO} }}");
    warned(
        &[&of(&[tls("\"a.example\""), tls("\"a.example\"")].join("\n"))],
        "unreachable-route",
        &["a rule of"],
    );
    let wide = format!(
        "virtual-service \"a\" {{ hosts \"*.example\"; gateways \"x/y\"\n{}\n{}\n}}",
        tls("\"*.example\""),
        tls("\"a.example\"")
    );
    silent(&[&wide], "unreachable-route");
    let resource = rules(&["", "uri exact=\"/x\""])
        .replace("virtual-service \"a\"", "resource \"VirtualService\" \"a\" api=\"networking.istio.io/v1\"");
    warned(&[&resource], "unreachable-route", &["specs/0.kdl:3:1"]);
}

/// The gateway's pods look in their own namespace, in the service's and in that of the mesh.
#[test]
fn a_destination_rule_that_the_pods_of_a_gateway_do_not_see() {
    let base = "authority \"corp\"\ngateway \"public\"";
    let host = |to: &str| {
        format!(
            "host \"a.example\" authority=\"corp\" gateway=\"public\" {{ route to=\"shop:80\" {to}; «» }}"
        )
    };
    let subset = host("subset=\"v1\"");
    let hidden = "the pods of gateway `default/public` do not see DestinationRule `default/shop`";
    let service = "service \"shop\" { export-to \".\"; subset \"v1\" version=\"v1\"; }";
    let says = [
        hidden,
        "specs/2.kdl:1:18",
        "specs/1.kdl:1:",
        "leaves out namespace `istio-system`, in which they run",
        "subset `v1` with 503",
        "write `export-to \"istio-system\"` too",
    ];
    warned(&[base, &subset, service], "hidden-from-gateway", &says);
    let at_rule = service.replace("; }", "; «» }");
    warned(&[base, &subset.replace("«»", ""), &at_rule], "hidden-from-gateway", &[hidden]);
    let policy = "service \"shop\" { export-to \".\"; tls mode=SIMPLE; }";
    warned(&[base, &host(""), policy], "hidden-from-gateway", &[hidden, "is not applied to their requests"]);
    let chosen = "destination-rule \"shop\" { host \"shop\"; subsets name=\"v1\" { labels version=\"v1\"; }; workload-selector { match-labels a=\"b\"; }; }";
    warned(&[base, &subset, chosen], "hidden-from-gateway", &[hidden, "without `workload-selector`"]);
    let elsewhere = "destination-rule \"shop\" namespace=\"other\" { host \"shop.default.svc.cluster.local\"; subsets name=\"v1\" { labels version=\"v1\"; }; }";
    let says =
        ["do not see DestinationRule `other/shop`", "specs/2.kdl:1:19", "declare it in namespace `default`"];
    warned(&[base, &subset, elsewhere], "hidden-from-gateway", &says);

    let open = |spec: &str| spec.replace("«»", "");
    let at = |namespace: &str| elsewhere.replace("\"other\"", &format!("\"{namespace}\""));
    let private = |namespace: &str| at(namespace).replace("{ host", "{ export-to \".\"; host");
    for (host, rules) in [
        (&subset, vec![service.replace("\".\"", "\"istio-system\"")]),
        (&subset, vec![service.replace("\".\"", "\"*\"")]),
        (&subset, vec![service.replace("export-to \".\"; ", "")]),
        (&subset, vec![at("istio-system")]),
        (&subset, vec![private("istio-system")]),
        // Another one has the subset.
        (&subset, vec![service.to_owned(), at("istio-system")]),
        // Nothing of it is for the gateway.
        (&host(""), vec![service.to_owned()]),
        (&host(""), vec![policy.to_owned(), at("istio-system")]),
        (&host(""), vec![policy.replace("\"shop\"", "\"cart\"")]),
        (&host(""), vec![at("other").replace("shop.default.svc.cluster.local", "*.local")]),
    ] {
        let mut specs = vec![base.to_owned(), open(host)];
        specs.extend(rules);
        silent(&specs.iter().map(String::as_str).collect::<Vec<_>>(), "hidden-from-gateway");
    }
    // Sidecars of the same namespace see it.
    let mesh = "virtual-service \"v\" { hosts \"shop\"; http { route { destination host=\"shop\" subset=\"v1\"; }; }; }";
    silent(&[base, mesh, service], "hidden-from-gateway");
}

/// What makes a Secret must make it where it is read.
#[test]
fn a_secret_is_made_where_it_is_read() {
    let server = "servers { port number=8443 name=\"own\" protocol=\"HTTPS\"; hosts \"a.example\"; tls mode=SIMPLE credential-name=\"x\"; }";
    for (gateway, project, mend) in [
        ("gateway \"g\"", "", "`certificate \"…\" namespace=\"istio-system\" { secret \"x\"; }` makes it"),
        (
            "gateway \"g\" workload-namespace=\"web\"",
            "",
            "`certificate \"…\" namespace=\"web\" { secret \"x\"; }` makes it",
        ),
        (
            "gateway \"g\" workload-namespace=\"web\"",
            "namespace \"web\"",
            "`certificate \"…\" { secret \"x\"; }` makes it",
        ),
    ] {
        let spec = format!("{gateway} {{ {server}; }}");
        let sandbox = Sandbox::new([("gatewright.kdl", project), ("specs/a.kdl", &spec[..])]);
        let found = sandbox.run(&["render"]).ends_with(0).stderr;
        assert!(found.contains("[unknown-secret]") && found.contains(mend), "{mend} {found}");
        let made = mend.trim_start_matches('`').replace("` makes it", "");
        let made = made.replace("…", "a.example").replace("{ secret", "authority=\"corp\" { secret");
        let spec = format!("{spec}\nauthority \"corp\"\n{made}");
        let sandbox = Sandbox::new([("gatewright.kdl", project), ("specs/a.kdl", &spec[..])]);
        let found = sandbox.run(&["render"]).ends_with(0).stderr;
        assert!(!found.contains("[unknown-secret]"), "{spec} {found}");
    }
    let listener = "resource \"Gateway\" \"g\" api=\"gateway.networking.k8s.io/v1\" namespace=\"books\" { gateway-class-name \"istio\"; listeners name=\"a\" port=443 protocol=\"HTTPS\" { tls { certificate-refs name=\"x\"; }; }; }";
    let found = said(&[listener]);
    assert!(found.contains("`certificate \"…\" namespace=\"books\" { secret \"x\"; }` makes it"), "{found}");
    let rule = "destination-rule \"d\" namespace=\"books\" { host \"a\"; workload-selector { match-labels a=\"b\"; }; traffic-policy { tls mode=MUTUAL credential-name=\"x\"; }; }";
    assert!(said(&[rule]).contains("`client \"…\" namespace=\"books\" secret=\"x\""));
}
