//! The real Envoy judges what we refuse and what we take. Without an `envoy` on the `PATH` these tests say so and skip; with
//! `CI` set they fail.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "they run another program, and say if not"
)]

use std::process::Command;

use serde_json::{Value as Json, json};

use super::operator::{operators, unread};
use crate::resource::Tree;
use crate::schema::built_in;
use crate::spec::Origin;

/// Whether Envoy takes a configuration with a route, and parts of the filter before it.
fn takes(route: &Json, filters: &[Json], tracing: &Json) -> bool {
    let types = "type.googleapis.com/envoy.extensions.filters";
    let endpoint =
        json!({"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 1}}}});
    let router =
        json!({"name": "router", "typed_config": {"@type": format!("{types}.http.router.v3.Router")}});
    let filters = [filters, &[router]].concat();
    let manager = json!({
        "@type": format!("{types}.network.http_connection_manager.v3.HttpConnectionManager"),
        "stat_prefix": "x",
        "http_filters": filters,
        "tracing": tracing,
        "route_config": {"virtual_hosts": [{"name": "v", "domains": ["*"], "routes": [route]}]},
    });
    let config = json!({"static_resources": {
        "clusters": [{
            "name": "c", "type": "STATIC", "connect_timeout": "1s",
            "load_assignment": {"cluster_name": "c", "endpoints": [{"lb_endpoints": [endpoint]}]},
        }],
        "listeners": [{
            "name": "l", "address": {"socket_address": {"address": "127.0.0.1", "port_value": 19999}},
            "filter_chains": [{"filters": [{"name": "manager", "typed_config": manager}]}],
        }],
    }});
    let arguments = ["--mode", "validate", "-l", "critical", "--config-yaml", &config.to_string()];
    let output = Command::new("envoy").args(arguments).output().unwrap();
    eprintln!("{}", String::from_utf8_lossy(&output.stderr));
    output.status.success()
}

fn there_is_envoy() -> bool {
    let is_there =
        Command::new("envoy").arg("--version").output().is_ok_and(|output| output.status.success());
    if !is_there {
        assert!(std::env::var_os("CI").is_none(), "envoy is not installed, and CI is set");
        eprintln!("skipped: envoy is not installed; tests/tools installs it");
    }
    is_there
}

fn takes_route(change: &Json) -> bool {
    let mut route = json!({"match": {"prefix": "/"}, "route": {"cluster": "c"}});
    for (field, value) in change.as_object().unwrap() {
        route[field] = value.clone();
    }
    if change.get("redirect").is_some() {
        route.as_object_mut().unwrap().remove("route");
    }
    takes(&route, &[], &Json::Null)
}

fn takes_values(values: &[String]) -> bool {
    let header = |value: &String| json!({"header": {"key": "a", "value": value}});
    takes_route(&json!({"request_headers_to_add": values.iter().map(header).collect::<Vec<_>>()}))
}

/// The ways to write each operator, right and wrong.
fn uses() -> impl Iterator<Item = String> {
    const INSIDES: [&str; 9] =
        ["", "()", "(x)", "(WQ)", "(ORIG)", "(NUMBER)", "(SNI_FIRST)", "(ROUTE:a)", "(a:b)"];
    operators().iter().flat_map(move |operator| {
        INSIDES
            .iter()
            .flat_map(move |inside| ["", ":3"].map(|length| format!("%{}{inside}{length}%", operator.name())))
    })
}

#[test]
fn envoy_takes_every_operator_that_we_take() {
    if !there_is_envoy() {
        return;
    }
    let ours = ["CEL(", "COALESCE", "COMMON_DURATION", "FILTER_STATE", "PER_REQUEST_STATE"];
    let (own, plain): (Vec<String>, Vec<String>) = uses()
        .filter(|value| unread(value).is_none())
        .partition(|value| ours.iter().any(|name| value.contains(name)));
    assert!(plain.len() > 300 && !own.is_empty());
    assert!(takes_values(&plain));
    let more = [
        "100%%",
        "%%HOSTNAME%%",
        "%HOSTNAME%%%",
        "%REQ(a?:path):10% %RESP(b)%",
        "%START_TIME(%Y/%m/%dT%H:%M:%S%z)%",
        "%REQ(a%b)%",
        "%COALESCE({\"operators\": [{\"command\": \"REQ\", \"param\": \":authority\"}]}):3%",
        "%COMMON_DURATION(DS_RX_BEG:DS_TX_END:ms)%",
        "%FILTER_STATE(a:PLAIN):3%",
        "%UPSTREAM_FILTER_STATE(a:FIELD:b)%",
        "%PER_REQUEST_STATE(a)%",
        "%UPSTREAM_METADATA([\"a\", \"b\"])%",
        "%CEL(request.headers['a'] == 'b' || (1 == 1))%",
    ]
    .map(str::to_owned);
    assert_eq!(more.iter().find(|value| unread(value).is_some()), None);
    assert!(takes_values(&more));
}

/// Each shape of an operator in a few, since each costs a start of Envoy.
#[test]
fn envoy_refuses_every_operator_that_we_refuse() {
    if !there_is_envoy() {
        return;
    }
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    let mut some: Vec<String> = uses()
        .filter(|value| {
            let Some(unread) = unread(value) else { return false };
            let kind = unread.why.split('`').filter(|part| !part.contains(char::is_uppercase)).collect();
            let count = seen.entry(kind).or_default();
            *count += 1;
            *count % 80 == 1
        })
        .collect();
    let more =
        ["%NOPE%", "%DOWNSTREAM_REMOTE_ADRESS%", "%REQ_WITHOUT_QUERY(a)%", "%REQ(a?b?c)%", "%REQ(a b)%"];
    some.extend(more.map(str::to_owned));
    some.extend(["%REQ(x)y%", "%REQ(x):y%", "%req(x)%", "100%", "%HOSTNAME%%", "%REQ(x"].map(str::to_owned));
    assert!(some.len() > 20, "{some:?}");
    for value in some {
        assert!(unread(&value).is_some(), "{value}");
        assert!(!takes_values(std::slice::from_ref(&value)), "{value}");
    }
}

/// How many findings a spec of a kind has.
fn wrongs(group: &str, kind: &str, spec: &Json) -> usize {
    let kind = built_in().kind(group, "", kind).unwrap();
    super::wrongs(kind, &Tree::of_json(&json!({"spec": spec}), &Origin::default_of("test"))).len()
}

#[test]
fn envoy_refuses_the_forms_that_we_refuse() {
    let broken = "a\nb";
    let http = |change: Json| ("networking.istio.io", "VirtualService", json!({"http": [change]}));
    let hash = |hash: Json| {
        let policy = json!({"loadBalancer": {"consistentHash": hash}});
        ("networking.istio.io", "DestinationRule", json!({"subsets": [{"trafficPolicy": policy}]}))
    };
    let route = |mut route: Json| {
        route["cluster"] = "c".into();
        json!({"route": route})
    };
    let policy = |policy: Json| route(json!({"hash_policy": [policy]}));
    let pairs = [
        (
            http(json!({"match": [{"queryParams": {"": {"exact": "b"}}}]})),
            json!({"match": {"prefix": "/", "query_parameters": [{"name": "", "string_match": {"exact": "b"}}]}}),
        ),
        (
            http(json!({"headers": {"request": {"set": {broken: "c"}}}})),
            json!({"request_headers_to_add": [{"header": {"key": broken, "value": "c"}}]}),
        ),
        (
            http(json!({"route": [{"headers": {"response": {"remove": [broken]}}}]})),
            json!({"response_headers_to_remove": [broken]}),
        ),
        (http(json!({"redirect": {"uri": broken}})), json!({"redirect": {"path_redirect": broken}})),
        (http(json!({"redirect": {"authority": "a\0"}})), json!({"redirect": {"host_redirect": "a\0"}})),
        (
            http(json!({"redirect": {"prefixRewrite": broken}})),
            json!({"redirect": {"prefix_rewrite": broken}}),
        ),
        (http(json!({"rewrite": {"uri": broken}})), route(json!({"prefix_rewrite": broken}))),
        (http(json!({"rewrite": {"authority": "a\rb"}})), route(json!({"host_rewrite_literal": "a\rb"}))),
        (
            http(json!({"rewrite": {"uriRegexRewrite": {"match": "a", "rewrite": broken}}})),
            route(json!({"regex_rewrite": {"pattern": {"regex": "a"}, "substitution": broken}})),
        ),
        (hash(json!({"httpHeaderName": ""})), policy(json!({"header": {"header_name": ""}}))),
        (hash(json!({"httpHeaderName": broken})), policy(json!({"header": {"header_name": broken}}))),
        (hash(json!({"httpQueryParameterName": ""})), policy(json!({"query_parameter": {"name": ""}}))),
        (
            hash(json!({"httpCookie": {"name": "a", "attributes": [{"name": "b", "value": broken}]}})),
            policy(json!({"cookie": {"name": "a", "attributes": [{"name": "b", "value": broken}]}})),
        ),
    ];
    for ((group, kind, spec), _) in &pairs {
        assert_eq!(wrongs(group, kind, spec), 1, "{spec}");
    }
    if there_is_envoy() {
        assert!(takes_route(&json!({})));
        assert_eq!(pairs.iter().find(|(_, envoys)| takes_route(envoys)), None);
    }
}

#[test]
fn envoy_refuses_the_expressions_that_we_tell_of() {
    let kind = |kind: &'static str, matched: Json| {
        wrongs("gateway.networking.k8s.io", kind, &json!({"rules": [{"matches": [matched]}]}))
    };
    let typed = |value: &str| json!({"type": "RegularExpression", "name": "a", "value": value});
    let call = |service: Option<&str>, method: Option<&str>| json!({"method": {"type": "RegularExpression", "service": service, "method": method}});
    let path = |regex: &str| json!({"match": {"safe_regex": {"regex": regex}}});
    let header = |regex: &str| {
        let header = json!({"name": "a", "string_match": {"safe_regex": {"regex": regex}}});
        json!({"match": {"prefix": "/", "headers": [header]}})
    };
    let wrong = "/(?!admin).*";
    let cases = [
        (kind("HTTPRoute", json!({"path": typed(wrong)})), path(wrong), 1),
        (kind("HTTPRoute", json!({"headers": [typed("[a")]})), header("[a"), 1),
        (kind("HTTPRoute", json!({"queryParams": [typed(r"(a)\1")]})), header(r"(a)\1"), 1),
        (kind("GRPCRoute", json!({"headers": [typed("a**")]})), header("a**"), 1),
        (kind("GRPCRoute", call(Some("a.(B"), None)), path("/a.(B/.+"), 1),
        (kind("GRPCRoute", call(None, Some("[Get"))), path("/[^/]+/[Get"), 1),
        (kind("GRPCRoute", call(Some("a.B"), Some("Get(?=All)"))), path("/a.B/Get(?=All)"), 1),
        (kind("GRPCRoute", call(Some("(a"), Some("b)"))), path("/(a/b)"), 0),
    ];
    assert_eq!(cases.iter().find(|(found, _, wanted)| found != wanted), None);
    // Istio's proxies have a limit of their own, far above that of an Envoy alone.
    assert_eq!(kind("HTTPRoute", json!({"path": typed(&"a".repeat(1100))})), 0);
    assert_eq!(kind("HTTPRoute", json!({"path": typed("/(${PATHS}")})), 0);
    assert_eq!(kind("HTTPRoute", json!({"path": {"type": "Exact", "value": "/(a"}})), 0);
    if there_is_envoy() {
        assert_eq!(cases.iter().find(|(_, envoys, wrongs)| takes_route(envoys) != (*wrongs == 0)), None);
    }
}

#[test]
fn envoy_refuses_the_filters_that_we_refuse() {
    let tokens = |rule: Json| ("security.istio.io", "RequestAuthentication", json!({"jwtRules": [rule]}));
    let types = "type.googleapis.com/envoy.extensions.filters.http";
    let provider = |provider: Json| {
        let config =
            json!({"@type": format!("{types}.jwt_authn.v3.JwtAuthentication"), "providers": {"p": provider}});
        (vec![json!({"name": "jwt", "typed_config": config})], Json::Null)
    };
    let remote = |field: &str, value: Json| {
        let uri = json!({"uri": "http://a/b", "cluster": "c", "timeout": "1s"});
        provider(json!({"issuer": "a", "remote_jwks": {"http_uri": uri}, field: value}))
    };
    let header = json!({"name": "a\nb", "string_match": {"exact": "a"}});
    let policies = json!({"p": {"permissions": [{"any": true}], "principals": [{"header": header}]}});
    let rbac = json!({"@type": format!("{types}.rbac.v3.RBAC"), "rules": {"policies": policies}});
    let rbac = (vec![json!({"name": "rbac", "typed_config": rbac})], Json::Null);
    let asked = json!({"rules": [{"when": [{"key": "request.headers[a\nb]", "values": ["a"]}]}]});
    let tag = |value: &str| (Vec::new(), json!({"custom_tags": [{"tag": "t", "value": value}]}));
    let tags = json!({"tracing": [{"customTags": {"t": {"formatter": {"value": "%NOPE%"}}}}]});
    let pairs = [
        (tokens(json!({"outputPayloadToHeader": "a\nb"})), remote("forward_payload_header", json!("a\nb"))),
        (
            tokens(json!({"fromHeaders": [{"name": "a\nb"}]})),
            remote("from_headers", json!([{"name": "a\nb"}])),
        ),
        (
            tokens(json!({"fromHeaders": [{"name": "a", "prefix": "\0"}]})),
            remote("from_headers", json!([{"name": "a", "value_prefix": "\0"}])),
        ),
        (("security.istio.io", "AuthorizationPolicy", asked), rbac),
        (("telemetry.istio.io", "Telemetry", tags), tag("%NOPE%")),
    ];
    for ((group, kind, spec), _) in &pairs {
        assert_eq!(wrongs(group, kind, spec), 1, "{spec}");
    }
    if !there_is_envoy() {
        return;
    }
    let route = json!({"match": {"prefix": "/"}, "route": {"cluster": "c"}});
    let good = [remote("forward_payload_header", json!("a")), tag("%HOSTNAME%")];
    assert!(good.iter().all(|(filters, tracing)| takes(&route, filters, tracing)));
    assert_eq!(pairs.iter().find(|(_, (filters, tracing))| takes(&route, filters, tracing)), None);
}
