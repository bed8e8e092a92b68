//! Hosts without what they need, routes that can't stand beside each other, certificates that can't be.

use super::case::{bad, bad_alone};

#[test]
fn a_host_without_an_authority_or_a_gateway() {
    let authority = "authority \"corp\"\n";
    let gateway = "gateway \"public\"\n";
    bad_alone(
        &format!("{authority}{gateway}host \"«a.example.com»\" gateway=\"public\" to=\"a:80\""),
        "missing-source",
        &[
            "host `a.example.com` has no certificate",
            "neither it nor its domain",
            "write `authority=\"corp\"`",
        ],
    );
    bad_alone(
        &format!("{authority}{gateway}host \"«a.example.com»\" authority=\"corp\" to=\"a:80\""),
        "missing-gateway",
        &["host `a.example.com` has no gateway", "nothing listens for it", "write `gateway=\"public\"`"],
    );
    bad_alone(
        &format!("{gateway}host \"«a.example.com»\" gateway=\"public\" to=\"a:80\""),
        "missing-source",
        &["declare an `authority \"name\"`"],
    );
    bad_alone(
        &format!("{authority}host \"«a.example.com»\" authority=\"corp\" to=\"a:80\""),
        "missing-gateway",
        &["declare a `gateway \"name\"`"],
    );
    bad_alone(
        &format!(
            "{authority}{gateway}domain \"example.com\" gateway=\"public\" {{ host \"«a»\" to=\"a:80\"; }}"
        ),
        "missing-source",
        &["host `a.example.com` has no certificate"],
    );
    bad_alone(
        &format!("{authority}client \"«»\" authority=\"corp\"").replace("\"«»\"", "«\"\"»"),
        "wrong-value",
        &["is empty"],
    );
    bad_alone(
        &format!("{authority}«client» \"a.example.com\""),
        "missing-source",
        &["client `a.example.com` has no authority", "authority=\"corp\""],
    );
}

#[test]
fn references_to_nothing() {
    for (text, says) in [
        (
            "host \"a.example.com\" authority=\"«crop»\" to=\"a:80\"",
            ["there is no authority `crop`", "did you mean `corp`?"],
        ),
        (
            "host \"a.example.com\" gateway=\"«internal»\" to=\"a:80\"",
            ["there is no gateway `internal`", "declared: public"],
        ),
        (
            "client \"a.example.com\" authority=\"«partners»\"",
            ["there is no authority `partners`", "declared: corp"],
        ),
        (
            "host \"a.example.com\" to=\"a:80\" { tls mutual { clients \"«partners»\"; }; }",
            ["there is no authority `partners`", "declared: corp"],
        ),
        (
            "route \"/x\" host=\"«b.example.com»\" to=\"a:80\"\nhost \"a.example.com\" to=\"a:80\"",
            ["there is no host `b.example.com`", "did you mean `a.example.com`?"],
        ),
        // Used or not: of a domain without hosts, and of one whose hosts say something else.
        (
            "domain \"example.org\" authority=\"«crop»\"",
            ["there is no authority `crop`", "did you mean `corp`?"],
        ),
        (
            "domain \"example.org\" gateway=\"«pubic»\"",
            ["there is no gateway `pubic`", "did you mean `public`?"],
        ),
        (
            "domain \"example.org\" { tls mutual { clients \"«partners»\"; }; }",
            ["there is no authority `partners`", "declared: corp"],
        ),
        (
            "domain \"example.org\" authority=\"corp\" gateway=\"«pubic»\" { host \"a\" gateway=\"public\" to=\"a:80\"; }",
            ["there is no gateway `pubic`", "did you mean `public`?"],
        ),
        (
            "domain \"example.org\" authority=\"«crop»\" gateway=\"public\" { host \"a\" external=\"x-tls\" to=\"a:80\"; }",
            ["there is no authority `crop`", "did you mean `corp`?"],
        ),
        (
            "domain \"example.org\" { tls { clients \"«partners»\"; }; }",
            ["there is no authority `partners`", "declared: corp"],
        ),
        (
            "service \"a\" { subset \"v1\" version=\"v1\"; }\nhost \"a.example.com\" to=\"a:80\" subset=\"«v2»\"",
            ["there is no subset `v2`", "did you mean `v1`?"],
        ),
    ] {
        bad(text, "unknown-reference", &says);
    }
}

#[test]
fn destinations_that_are_no_service() {
    for (to, says) in [
        ("«http://»shop:80", &["a URL; a route leads to a service", "write `\"service:port\"`"][..]),
        ("shop:«99999»", &["a number from 1 to 65535", "write `shop:80` or another port"]),
        ("shop:«0»", &["a number from 1 to 65535"]),
        ("shop:«080»", &["a port has no zeros in front", "write `shop:80`"]),
        ("shop«:»", &["no port stands behind it", "write `shop:80`, or `shop` alone"]),
        ("«:80»", &["a port without a service", "such as `shop:80`"]),
        ("sh«_»op:80", &["is no service", "holds only `a-z`, `0-9` and `-`"]),
        (
            "shop.team.«svc»:80",
            &["a cluster's full name does not end here", "`shop.team`, or `shop.team.svc.cluster.local`"],
        ),
        ("«api.example.net»:443", &["is not declared", "declare `service \"api.example.net\"`"]),
    ] {
        bad(&format!("host \"a.example.com\" to=\"{to}\""), "invalid-destination", says);
    }
}

#[test]
fn paths_that_overlap() {
    let host = |routes: &str| format!("host \"a.example.com\" {{\n{routes}\n}}");
    bad(
        &host("route \"/x\" to=\"a:80\"\nroute \"«/x»\" to=\"b:80\""),
        "duplicate-path",
        &["a path of `a.example.com` is there twice", "first here", "keep one of them"],
    );
    bad(
        &host("route to=\"a:80\"\n«route» to=\"b:80\""),
        "duplicate-path",
        &["two routes of `a.example.com` take everything"],
    );
    // The host's own `to` is tried last and stands first.
    bad(
        "host \"a.example.com\" to=\"a:80\" {\nroute \"«/*»\" to=\"b:80\"\n}",
        "duplicate-path",
        &["two routes of `a.example.com` take everything", "again here", "first here"],
    );
    for (one, other) in [("/x/*", "/x/y"), ("/x*", "/xyz/*"), ("/x", "/x/*"), ("/x/*", "/x/*")] {
        let code = if one == other { "duplicate-path" } else { "overlapping-paths" };
        let says: &[&str] = if one == other {
            &["is there twice"]
        } else {
            &[
                "from namespaces `default` and `shop` overlap",
                "lives in `shop`",
                "lives in `default`",
                "by age",
                "drop one `namespace=`",
            ]
        };
        bad(
            &host(&format!(
                "route \"{one}\" to=\"a:80\"\nroute \"«{other}»\" to=\"b:80\" namespace=\"shop\""
            )),
            code,
            says,
        );
    }
    // Two files that meet at one host.
    bad(
        "host \"a.example.com\" { route \"/x/*\" to=\"a:80\"; }\n//// specs/other.kdl\nroute \"«/x/y»\" host=\"a.example.com\" to=\"b:80\" namespace=\"shop\"",
        "overlapping-paths",
        &["paths of `a.example.com`"],
    );
    bad(
        "host \"a.example.com\" in-order { route \"/x/*\" to=\"a:80\"; route \"«/x/y»\" to=\"b:80\"; }",
        "unreachable-route",
        &["can never be reached", "hidden by the one above", "move it up"],
    );
    bad(
        "host \"a.example.com\" in-order { route \"/x/*\" to=\"a:80\"; }\n«route» \"/y\" host=\"a.example.com\" to=\"b:80\"",
        "route-order",
        &["keeps the written order, and files have none", "move the route into the host"],
    );
}

#[test]
fn common_names_that_are_too_long() {
    let name = "n".repeat(65);
    bad(
        &format!("host \"a.example.com\" to=\"a:80\" {{ subject common-name=\"«{name}»\"; }}"),
        "common-name-too-long",
        &["65 characters", "X.509 allows 64", "a host or a client does without"],
    );
    bad(
        &format!("client \"a.example.com\" authority=\"corp\" {{ subject common-name=\"«{name}»\"; }}"),
        "common-name-too-long",
        &["65 characters"],
    );
    bad(
        &format!("host \"a.example.com\" to=\"a:80\" {{ subject organization=\"«{name}»\"; }}"),
        "wrong-value",
        &["`organization` has 65 characters"],
    );
    for words in ["", " { subject organization=\"x\"; }"] {
        bad(
            &format!("authority \"«{name}»\"{words}"),
            "common-name-too-long",
            &["65 characters", "X.509 allows 64", "say a shorter one: `subject common-name="],
        );
    }
}

#[test]
fn certificates_that_can_not_be() {
    bad(
        "domain \"example.org\" authority=\"corp\" gateway=\"public\" { subject common-name=\"«all»\"; host \"a\" to=\"a:80\"; }",
        "unknown-word",
        &["a domain can't say `common-name`", "say it at the host"],
    );
    bad(
        "authority \"short\" valid=\"30d\"\nhost \"a.example.com\" authority=\"short\" to=\"a:80\" valid=\"«31d»\"",
        "valid-too-long",
        &["can't be valid longer than its authority `short`", "the authority's", "shorten this"],
    );
    bad(
        "authority \"short\" valid=\"30d\"\nclient \"a.example.com\" authority=\"short\" valid=\"«31d»\"",
        "valid-too-long",
        &["can't be valid longer than its authority `short`", "the authority's", "shorten this"],
    );
    bad(
        "host \"a.example.com\" authority=\"corp\" «external»=\"b\" to=\"a:80\"",
        "conflict",
        &["a certificate comes from one place", "keep `authority` or `external`"],
    );
    bad(
        "host \"a.example.com\" external=\"b\" to=\"a:80\" { «subject» organization=\"x\"; }",
        "unknown-word",
        &["no meaning for an external certificate", "leave `subject` out"],
    );
    bad(
        "client \"a.example.com\" «external»=\"b\"",
        "wrong-place",
        &[
            "does not stand in a `client`",
            "stands in a `domain`, in the `certificate` of a `domain` or in a `host`",
        ],
    );
    bad(
        "authority \"a\" { generation 1 introduced=\"2026-01-01\"; generation «2» signs=\"2026-01-01\"; }",
        "wrong-generation",
        &["signs before anybody trusts it", "add `introduced="],
    );
    bad(
        "authority \"a\" { generation «1» retired=\"2026-01-01\"; }",
        "wrong-generation",
        &["signs with a retired generation", "rotate authority a"],
    );
}

#[test]
fn words_that_exclude_each_other() {
    bad(
        "host \"«a.example.com»\" to=\"a:80\" http=open { tls mutual; }",
        "open-mutual",
        &["asks clients for a certificate", "opens it in the clear", "`http=redirect` or `http=off`"],
    );
    bad(
        "host \"a.example.com\" to=\"a:80\" { tls simple { clients \"«corp»\"; }; }",
        "wrong-value",
        &["no meaning where no client shows a certificate", "write `tls mutual`"],
    );
    bad("gateway \"g\" port=«80»", "wrong-value", &["can't speak both HTTP and HTTPS", "different numbers"]);
    bad(
        "host \"a.example.com\" { route \"/x\" { «to» \"a:80\"; to \"b:80\" weight=10; }; }",
        "missing-word",
        &["has no weight", "add `weight="],
    );
    bad(
        "host \"a.example.com\" { route \"/x\" { «to» \"a:80\" weight=0; to \"b:80\" weight=0; }; }",
        "wrong-value",
        &["all weights of this route are zero"],
    );
    bad(
        "host \"a.example.com\" { route \"/x\" to=\"a:80\" rewrite=\"«/y/*»\"; }",
        "invalid-path",
        &["can't replace a path"],
    );
    bad(
        "host \"a.example.com\" external=\"x\" to=\"a:80\" { tls mutual { clients \"corp\"; }; }\nauthority \"b\"\n«host» \"b.example.com\" external=\"x\" to=\"a:80\" { tls mutual { clients \"b\"; }; }",
        "shared-secret",
        &["trust different clients", "a Secret of its own"],
    );
}

/// Istio's redirect changes the scheme and names no port.
#[test]
fn redirects_to_another_port() {
    for (gateway, host, says) in [
        (
            "port=8443 http=«redirect»",
            "",
            "answers `http://HOST/` with `https://HOST/`, and HTTPS is at port 8443",
        ),
        ("http-port=8080 http=«redirect»", "", "answers `http://HOST:8080/` with `https://HOST:8080/`"),
        ("port=8443", "http=«redirect»", "another port"),
        ("port=8443 http=open", "http=«redirect»", "or leave the ports at 443 and 80"),
    ] {
        bad(
            &format!("gateway \"g\" {gateway}\nhost \"a.example.com\" gateway=\"g\" to=\"a:80\" {host}"),
            "conflict",
            &["gateway `g` can't redirect", "asks for a redirect", "write `http=off` or `http=open`", says],
        );
    }
    bad(
        "gateway \"g\" port=8443\ndomain \"example.org\" authority=\"corp\" gateway=\"g\" http=«redirect» { host \"a\" to=\"a:80\"; host \"b\" to=\"b:80\"; }",
        "conflict",
        &["gateway `g` can't redirect"],
    );
    bad(
        "gateway \"g\" port=8443 http=open\nhost \"«a.example.com»\" gateway=\"g\" to=\"a:80\" { tls mutual; }",
        "open-mutual",
        &["write `http=off` at the host"],
    );
}

#[test]
fn an_error_can_not_be_settled() {
    for node in
        ["host \"a.example.com\" to=\"a:80\"", "client \"a.example.com\" authority=\"corp\"", "gateway \"g\""]
    {
        bad(
            &format!("{node} {{ settle \"«invalid-path»\" reason=\"x\"; }}"),
            "wrong-value",
            &["is the code of an error, and no error can be settled", "warnings and notices can be"],
        );
    }
}

/// A route says its own `to` or goes where its host goes.
#[test]
fn a_route_without_a_destination_has_its_host_s() {
    let spec = "authority \"corp\"\ngateway \"public\"\nhost \"a.example.com\" authority=\"corp\" gateway=\"public\" to=\"a:80\" {\n    route \"/slow\" timeout=\"300s\"\n}\n";
    let sandbox = crate::cli::sandbox::Sandbox::new([("specs/a.kdl", spec)]);
    sandbox.run(&["render"]).ends_with(0);
    let routes = sandbox.read("out/default/virtualservice-a.example.com.yaml");
    assert_eq!(routes.matches("host: a.default.svc.cluster.local").count(), 2, "{routes}");
    assert_eq!(routes.matches("timeout: 300s").count(), 1, "{routes}");
}

/// To Istio both are the wildcard's name, so one would do what the other says.
#[test]
fn hosts_of_one_wildcard_certificate_that_differ_on_port_80() {
    bad_alone(
        "gateway \"public\"\ndomain \"example.com\" external=\"wildcard\" gateway=\"public\" {\n    \
         host \"*\" to=\"a:80\"\n    host \"shop\" to=\"b:80\" http=«open»\n    host \"@\" to=\"c:80\" http=off\n}",
        "conflict",
        &[
            "`*.example.com` and `shop.example.com` share a certificate",
            "a wildcard above it",
            "say the same `http=`",
        ],
    );
}
