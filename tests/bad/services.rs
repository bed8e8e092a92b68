//! Services: which namespace each lives in, where a route leads, and what share of the requests it gets.

use super::case::{bad, refused};
use crate::cli::sandbox::Sandbox;

const BASE: &str =
    "authority \"corp\"\ngateway \"public\"\ndomain \"example.com\" authority=\"corp\" gateway=\"public\"\n";

/// A spec that renders, and what its run says.
fn good(text: &str) -> (Sandbox, String) {
    let sandbox = Sandbox::new([("specs/a.kdl", text), ("specs/zz-base.kdl", BASE)]);
    let said = sandbox.run(&["render"]).ends_with(0).stderr;
    (sandbox, said)
}

/// Istio looks for a service's DestinationRule in the service's own namespace.
#[test]
fn a_service_lives_where_its_name_says() {
    for name in ["reviews.books", "reviews.books.svc.cluster.local"] {
        let node =
            |namespace: &str| format!("service \"{name}\"{namespace} {{ subset \"v1\" version=\"v1\"; }}");
        for namespace in ["", " namespace=\"books\""] {
            let (sandbox, _) = good(&node(namespace));
            let rule = sandbox.read(&format!("out/books/destinationrule-{name}.yaml"));
            assert!(rule.contains("host: reviews.books.svc.cluster.local"), "{rule}");
        }
        bad(
            &node(" namespace=\"«shop»\""),
            "conflict",
            &[
                "lives in namespace `books`, not in `shop`",
                "the service's own",
                "Istio does not look for it in any other",
                "leave `namespace` out",
            ],
        );
    }
    bad(
        "service \"reviews.books.«svc»\"",
        "invalid-name",
        &[
            "a cluster's full name does not end here",
            "write `reviews.books`, or `reviews.books.svc.cluster.local`",
        ],
    );
    bad("service \"reviews«.»\"", "invalid-name", &["a dot at the end", "write `reviews`"]);
    bad("service \"reviews.«B»ooks\"", "invalid-name", &["is no name of a service"]);
}

/// However its name is written, and each time once.
#[test]
fn a_service_is_defined_once() {
    for again in ["reviews", "reviews.default", "reviews.default.svc.cluster.local"] {
        bad(
            &format!("service \"reviews\"\nservice \"«{again}»\""),
            "duplicate-name",
            &["service `reviews.default.svc.cluster.local` is defined twice", "first defined here"],
        );
    }
}

/// The mesh knows no host of a gateway as a service: requests would get 503.
#[test]
fn a_route_that_leads_to_a_host_of_the_project() {
    bad(
        "host \"a.example.com\" to=\"«b.example.com»:80\"\nhost \"b.example.com\" to=\"b:8080\" namespace=\"team\"",
        "invalid-destination",
        &["is a host of this project", "the mesh knows no service of this name", "write `b.team:8080`"],
    );
    for to in ["«a.example.com»:80", "«A.example.com»:80", "«a.example.com»"] {
        bad(
            &format!("host \"a.example.com\" to=\"{to}\""),
            "invalid-destination",
            &["is a host of this project", "as `service.namespace:port`"],
        );
    }
    bad(
        "host \"a.example.com\" to=\"«x.example.com»:80\"\nhost \"*.example.com\" to=\"web:80\"",
        "invalid-destination",
        &["is a host of this project", "write `web.default:80`"],
    );
    bad(
        "domain \"example\" authority=\"corp\" gateway=\"public\" { host \"shop\" to=\"a:80\"; host \"b\" to=\"«shop.example»:80\"; }",
        "invalid-destination",
        &["if a cluster's service is meant: `shop.example.svc.cluster.local`", "write `a.default:80`"],
    );
}

/// A warning, with what makes it go.
#[test]
fn a_route_that_leads_out_of_the_cluster() {
    let spec = |more: &str| {
        format!(
            "service \"api.partner.example\"\nhost \"a.example.com\" to=\"api.partner.example:443\" {{ {more} }}"
        )
    };
    let (_, said) = good(&spec(""));
    for part in [
        "warning[missing-service-entry]: `api.partner.example` lies outside the cluster",
        "--> specs/a.kdl:2:26",
        "without a ServiceEntry requests get 503",
        "declare one: `service-entry \"name\" { hosts \"api.partner.example\"; … }`",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    let (_, said) = good(&spec("settle \"missing-service-entry\" reason=\"the platform team has one\""));
    assert!(!said.contains("missing-service-entry"), "{said}");
    for name in ["api.partner.example", "*.partner.example"] {
        let entry = format!(
            "service-entry \"partner\" {{ hosts \"{name}\"; ports number=443 name=\"https\" protocol=\"HTTPS\"; resolution DNS; location MESH_EXTERNAL; }}"
        );
        let entry = if name.starts_with('*') { entry.replace("DNS", "NONE") } else { entry };
        let (_, said) = good(&format!("{}\n{entry}", spec("")));
        assert!(!said.contains("missing-service-entry"), "{said}");
        // An entry declares its hosts.
        let (_, said) = good(&format!("host \"a.example.com\" to=\"api.partner.example:443\"\n{entry}"));
        assert!(!said.contains("missing-service-entry"), "{said}");
    }
}

#[test]
fn destinations_that_name_nothing() {
    for (to, says) in [
        ("x:80«:80»", &["is no destination", "a second port", "write `x:80`"][..]),
        ("x:80«:»", &["a second port", "write `x:80`"]),
        ("«10.0.0.1»:80", &["an IP address; Istio's routes lead to names"]),
        ("«[::1]»:80", &["an IP address"]),
        ("«::1»", &["an IP address"]),
        ("shop.team«.»:80", &["a dot at the end", "write `shop.team`"]),
    ] {
        bad(&format!("host \"a.example.com\" to=\"{to}\""), "invalid-destination", says);
    }
}

/// Weights are shares beside each other, as Istio takes them.
#[test]
fn weights() {
    let route = |one: &str, other: &str| {
        format!(
            "host \"a.example.com\" {{ route {{ to \"a:80\" weight={one}; to \"b:80\" weight={other}; }}; }}"
        )
    };
    let (sandbox, _) = good(&route("1", "900"));
    assert!(sandbox.read("out/default/virtualservice-a.example.com.yaml").contains("weight: 900"));
    bad(&route("«2147483648»", "1"), "wrong-value", &["`weight` can't be 2147483648"]);
    bad(&route("«-1»", "1"), "wrong-value", &["`weight` can't be -1"]);
    bad(
        &route("0", "0").replace("{ to", "{ «to»"),
        "wrong-value",
        &["all weights of this route are zero", "a weight from 1"],
    );
    let third = "to \"c:80\" weight=2147483647; to \"b:80\"";
    bad(
        &route("2147483647", "2147483647").replace("to \"b:80\"", third).replace("{ to", "{ «to»"),
        "wrong-value",
        &["the weights of this route are 6442450941 together", "9 and 1 say the same as 90 and 10"],
    );
}

/// All mistakes of a route that stands outside its host, whatever is wrong with that host.
#[test]
fn every_mistake_of_a_route_outside_its_host() {
    for (host, code) in [
        ("nope.example.com", "1:22 unknown-reference"),
        ("a b", "1:18 invalid-host-name"),
        ("ordered.example.com", "1:1 route-order"),
        ("a.example.com", ""),
    ] {
        let route = format!(
            "route \"x\" host=\"{host}\" to=\"a:99999\" namespace=\"N\" rewrite=\"y\" timeout=\"5\"\n"
        );
        let hosts = "host \"a.example.com\" to=\"a:80\"\nhost \"ordered.example.com\" in-order to=\"a:80\"\n";
        let sandbox =
            Sandbox::new([("specs/a.kdl", format!("{route}{hosts}").as_str()), ("specs/zz-base.kdl", BASE)]);
        let found = refused(&sandbox, "render", 2);
        let codes: Vec<_> = found.errors().iter().map(|finding| finding.code.clone()).collect();
        let count = |code: &str| codes.iter().filter(|found| *found == code).count();
        assert_eq!(
            (
                count("invalid-path"),
                count("invalid-destination"),
                count("invalid-name"),
                count("wrong-value")
            ),
            (2, 1, 1, 1),
            "{}",
            found.human
        );
        let place = code.split(' ').next_back().unwrap_or_default();
        assert_eq!(codes.len(), 5 + count(place), "{}", found.human);
        assert!(place.is_empty() || count(place) == 1, "{}", found.human);
    }
}
