//! One object for each kind of violation.

use super::*;
use crate::diag::Severity;
use crate::resource::Field;
use crate::schema::{built_in, text};
use crate::spec::{Sources, Span};

/// Reads YAML into a tree whose values stand where a text says so: each value's origin is the token itself.
fn tree(yaml: &str) -> Tree {
    let json: serde_json::Value = serde_saphyr::from_str(yaml).unwrap();
    grow(&json, &Origin::default_of("test"))
}

fn grow(json: &serde_json::Value, origin: &Origin) -> Tree {
    use serde_json::Value as Json;
    let value = match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => {
            number.as_i64().map_or_else(|| Value::Float(number.as_f64().unwrap()), Value::Int)
        }
        Json::String(text) => Value::String(text.clone().into()),
        Json::Array(items) => Value::List(items.iter().map(|item| grow(item, origin)).collect()),
        Json::Object(fields) => {
            let field = |(name, value): (&String, &Json)| Field {
                name: name.clone().into(),
                tree: grow(value, origin),
            };
            Value::Map(fields.iter().map(field).collect())
        }
    };
    Tree { value, origin: origin.clone() }
}

fn object(kind: &str, spec: &str) -> Tree {
    let (api, kind) = kind.rsplit_once('/').unwrap();
    let head = format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{name: a, namespace: b}}\n");
    tree(&format!("{head}spec:\n{}", spec.lines().map(|line| format!("  {line}\n")).collect::<String>()))
}

/// Findings as `code: message | label | notes | helps`: nothing was said in a spec, so the label is the first note.
fn found_in(tree: &Tree, istio: Version) -> Vec<String> {
    let conform = Conform::new(built_in(), istio);
    let say = |violation: Violation| {
        let finding = violation.diagnostic("it");
        let mut text = format!("{}: {}", finding.code, finding.message);
        let notes = finding.notes.iter().filter(|note| !note.starts_with("nobody said it")).cloned();
        for part in notes.chain(finding.helps) {
            text.push_str(" | ");
            text.push_str(&part);
        }
        text
    };
    conform.check(tree).into_iter().map(say).collect()
}

#[track_caller]
fn check(kind: &str, spec: &str, expected: &[&str]) {
    assert_eq!(found_in(&object(kind, spec), Version::new(1, 32)), expected);
}

const VS: &str = "networking.istio.io/v1/VirtualService";
const DR: &str = "networking.istio.io/v1/DestinationRule";
const GW: &str = "networking.istio.io/v1/Gateway";
const SE: &str = "networking.istio.io/v1/ServiceEntry";

#[test]
fn what_is_right_is_taken() {
    check(
        VS,
        "hosts: [a.example]\nhttp:\n- match: [{uri: {prefix: /a}}]\n  route: [{destination: {host: x, port: {number: 80}}, weight: 100}]\n  timeout: 5s",
        &[],
    );
    check(
        GW,
        "selector: {istio: x}\nservers:\n- port: {number: 443, name: https, protocol: HTTPS}\n  hosts: ['*']\n  tls: {mode: SIMPLE, credentialName: x}",
        &[],
    );
    check(
        "networking.istio.io/v1alpha3/EnvoyFilter",
        "configPatches:\n- patch: {operation: MERGE, value: {a: [1, {b: null}]}}",
        &[],
    );
    check("security.istio.io/v1/AuthorizationPolicy", "{}", &[]);
    check(
        "cert-manager.io/v1/Certificate",
        "secretName: x\nissuerRef: {name: a}\nisCA: true\nusages: [digital signature]",
        &[],
    );
    check(
        "gateway.networking.k8s.io/v1/HTTPRoute",
        "rules: [{matches: [{path: {value: /a}}], backendRefs: [{name: a, port: 80}]}]",
        &[],
    );
    check("example.com/v1/Unknown", "{a: 1}", &[]);
    check("v1/Pod", "{a: 1}", &[]);
}

#[test]
fn a_field_that_is_not_there_is_suggested() {
    let fields = "it has `exportTo`, `host`, `subsets`, `trafficPolicy`, `workloadSelector`";
    let say = |name: &str, label: &str| {
        format!("unknown-field: `spec` of it has no field `{name}` | {label} | {fields}")
    };
    for (name, label) in [
        ("traffic-policy", "it is called `trafficPolicy` (in a spec `traffic-policy`)"),
        ("traffic_policy", "it is called `trafficPolicy` (in a spec `traffic-policy`)"),
        ("subset", "did you mean `subsets`?"),
        ("tls", "`tls` stands in `trafficPolicy`"),
        ("banana", "not known"),
    ] {
        check(DR, &format!("host: a\n{name}: {{}}"), &[&say(name, label)]);
    }
    let root = tree("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, date: {}, status: {}}");
    let found = found_in(&root, Version::new(1, 32));
    assert!(
        found[0].starts_with("unknown-field: it has no field `date` | did you mean `data`?"),
        "{found:?}"
    );
    assert_eq!(found.len(), 1);
}

#[test]
fn types_are_held() {
    let http = |field: &str| format!("http: [{field}]");
    for (field, message) in [
        (
            "timeout: 5",
            "field-value: `spec.http[0].timeout` of it must be a string, and is `5` | put it in quotes",
        ),
        (
            "retries: {attempts: '3'}",
            "field-value: `spec.http[0].retries.attempts` of it must be a whole number, and is `3` | write it without quotes",
        ),
        (
            "retries: {attempts: 1.5}",
            "field-value: `spec.http[0].retries.attempts` of it must be a whole number, and is `1.5`",
        ),
        ("retries: []", "field-value: `spec.http[0].retries` of it must be an object, and is a list"),
        ("match: {uri: {}}", "field-value: `spec.http[0].match` of it must be a list, and is an object"),
        ("match: [a]", "field-value: `spec.http[0].match[0]` of it must be an object, and is `a`"),
        ("timeout: null", "field-value: `spec.http[0].timeout` of it must be a string, and is null"),
        (
            "route: [{destination: {host: a}, weight: true}]",
            "field-value: `spec.http[0].route[0].weight` of it must be a whole number, and is `true`",
        ),
        (
            "corsPolicy: {allowCredentials: 'true'}",
            "field-value: `spec.http[0].corsPolicy.allowCredentials` of it must be true or false, and is `true` | write it without quotes; in a spec `#true` or `#false`",
        ),
    ] {
        check(VS, &http(&format!("{{{field}}}")), &[message]);
    }
    check(VS, &http("{corsPolicy: {allowCredentials: null}}"), &[]);
    check(
        DR,
        "host: a\nsubsets: [{name: a, labels: {version: 1}}]",
        &[
            "field-value: `spec.subsets[0].labels.version` of it must be a string, and is `1` | put it in quotes",
        ],
    );
}

#[test]
fn limits_are_held() {
    check(
        DR,
        "host: a\ntrafficPolicy: {outlierDetection: {failurePercentageThreshold: 101}}",
        &[
            "field-value: `spec.trafficPolicy.outlierDetection.failurePercentageThreshold` of it must be 0 to 100, and is `101`",
        ],
    );
    check(
        GW,
        "servers: [{hosts: [a], port: {number: 1, name: a, protocol: HTTPS}, tls: {credentialNames: []}}]",
        &["field-value: `spec.servers[0].tls.credentialNames` of it has 0 items and must have 1 to 2"],
    );
    check(
        "extensions.istio.io/v1alpha1/WasmPlugin",
        "url: ''\nsha256: abc",
        &[
            "field-value: `spec.sha256` of it can't be `abc` | it must match `(^$|^[a-f0-9]{64}$)`",
            "field-value: `spec.url` of it must not be empty",
        ],
    );
    check(
        SE,
        &format!("hosts: [{}]", vec!["a"; 257].join(", ")),
        &["field-value: `spec.hosts` of it has 257 items and must have 1 to 256"],
    );
    check(
        "gateway.networking.k8s.io/v1/HTTPRoute",
        &format!("parentRefs: [{{name: {}}}]", "a".repeat(254)),
        &["field-value: `spec.parentRefs[0].name` of it has 254 characters and must have 1 to 253"],
    );
}

#[test]
fn words_of_an_enum_are_exact_and_suggested() {
    let say = |value: &str, label: &str| {
        format!(
            "field-value: `spec.trafficPolicy.tls.mode` of it can't be `{value}` | {label} | it is one of `DISABLE`, `SIMPLE`, `MUTUAL`, `ISTIO_MUTUAL`"
        )
    };
    for (value, label) in [
        ("simple", "did you mean `SIMPLE`?"),
        ("istio-mutual", "did you mean `ISTIO_MUTUAL`?"),
        ("MUTAUL", "did you mean `MUTUAL`?"),
        ("PASSTHROUGH", "not known"),
    ] {
        check(DR, &format!("host: a\ntrafficPolicy: {{tls: {{mode: {value}}}}}"), &[&say(value, label)]);
    }
}

#[test]
fn what_must_be_there_is() {
    check(
        DR,
        "subsets: [{labels: {}}]",
        &[
            "missing-field: `spec.subsets[0]` of it has no `name`, which must be there",
            "missing-field: `spec` of it has no `host`, which must be there",
        ],
    );
    let bare = tree("{apiVersion: extensions.istio.io/v1alpha1, kind: WasmPlugin, metadata: {name: a}}");
    assert_eq!(
        found_in(&bare, Version::new(1, 32)),
        ["missing-field: it has no `spec`, which must be there"]
    );
    // The API server fills in what has a default.
    let route = "rules: [{matches: [{path: {value: /a}}]}]";
    check("gateway.networking.k8s.io/v1/HTTPRoute", route, &[]);
}

#[test]
fn fields_that_exclude_each_other_do_not_meet() {
    check(
        VS,
        "http: [{match: [{uri: {exact: /a, prefix: /b}}]}]",
        &[
            "conflicting-fields: `spec.http[0].match[0].uri` of it has both `exact` and `prefix`, which exclude each other | at most one of `exact`, `prefix`, `regex` may be there",
        ],
    );
    check(
        DR,
        "host: a\ntrafficPolicy: {loadBalancer: {consistentHash: {useSourceIp: true, httpHeaderName: a, maglev: {}, ringHash: {}}}}",
        &[
            "conflicting-fields: `spec.trafficPolicy.loadBalancer.consistentHash` of it has both `httpHeaderName` and `useSourceIp`, which exclude each other | at most one of `httpHeaderName`, `httpCookie`, `useSourceIp`, `httpQueryParameterName` may be there",
            "conflicting-fields: `spec.trafficPolicy.loadBalancer.consistentHash` of it has both `ringHash` and `maglev`, which exclude each other | at most one of `ringHash`, `maglev` may be there",
        ],
    );
}

#[test]
fn rules_are_held_at_the_value_that_breaks_them() {
    let help = "write numbers with the units `h`, `m`, `s` or `ms`, such as \"1m30s\" or \"500ms\"";
    check(
        VS,
        "http: [{timeout: 0s}]",
        &[&format!("field-value: `spec.http[0].timeout` of it must be at least 1ms long | {help}")],
    );
    check(DR, "host: a\ntrafficPolicy: {connectionPool: {tcp: {idleTimeout: 0s}}}", &[]);
    check(
        DR,
        "host: a\ntrafficPolicy: {connectionPool: {tcp: {idleTimeout: 5}}}",
        &[
            "field-value: `spec.trafficPolicy.connectionPool.tcp.idleTimeout` of it must be a string, and is `5` | put it in quotes",
        ],
    );
    check(
        DR,
        "host: a\ntrafficPolicy: {connectionPool: {tcp: {idleTimeout: 5d}}}",
        &[&format!(
            "field-value: `spec.trafficPolicy.connectionPool.tcp.idleTimeout` of it must be a length of time | {help}"
        )],
    );
    check(
        SE,
        "hosts: [a]\nports: [{number: 80, name: a}, {number: 80, name: b}]",
        &["field-value: `spec.ports` of it has the port number 80 twice"],
    );
    check(
        SE,
        "hosts: ['*']",
        &["field-value: `spec.hosts[0]` of it can't be `*` alone | name a domain: `*.example.com`"],
    );
}

#[test]
fn items_are_told_apart_by_their_keys() {
    let plugin = |ports: &str| format!("url: a\nmatch: [{{ports: [{ports}]}}]");
    let kind = "extensions.istio.io/v1alpha1/WasmPlugin";
    check(kind, &plugin("{number: 1}, {number: 2}"), &[]);
    check(
        kind,
        &plugin("{number: 1}, {number: 1}"),
        &["field-value: `spec.match[0].ports[1]` of it has the same `number` as another item"],
    );
    let service = |ports: &str| format!("ports: [{ports}]");
    check("v1/Service", &service("{name: a, port: 1}, {name: b, port: 1, protocol: UDP}"), &[]);
    check(
        "v1/Service",
        &service("{name: a, port: 1}, {name: b, port: 1, protocol: TCP}"),
        &["field-value: `spec.ports[1]` of it has the same `port` and `protocol` as another item"],
    );
}

#[test]
fn what_is_newer_than_the_project_is_refused() {
    let rule = object(
        DR,
        "host: a\ntrafficPolicy: {loadBalancer: {backendUtilization: {}}, outlierDetection: {outlierDetectionHttpErrorCodes: [500]}}",
    );
    let newer = |path: &str, since: &str, held: &str| {
        format!(
            "newer-field: `spec.trafficPolicy.{path}` of it came with Istio {since}, and the project holds to {held} | leave it out, or say `istio \"{since}\"` in gatewright.kdl once every cluster runs it"
        )
    };
    let utilization = "loadBalancer.backendUtilization";
    let codes = "outlierDetection.outlierDetectionHttpErrorCodes";
    assert_eq!(found_in(&rule, Version::new(1, 32)), [""; 0]);
    assert_eq!(found_in(&rule, Version::new(1, 31)), [newer(utilization, "1.32", "1.31")]);
    assert_eq!(
        found_in(&rule, Version::new(1, 30)),
        [newer(utilization, "1.32", "1.30"), newer(codes, "1.31", "1.30")]
    );
    let filter = object(
        "networking.istio.io/v1alpha3/EnvoyFilter",
        "configPatches: [{patch: {operation: MERGE_AND_REPLACE_LIST}}]",
    );
    assert_eq!(found_in(&filter, Version::new(1, 31)), [""; 0]);
    assert!(found_in(&filter, Version::new(1, 30))[0].contains("leave `MERGE_AND_REPLACE_LIST` out"));
}

#[test]
fn what_is_deprecated_names_its_successor() {
    let old = object(VS, "http: [{mirror_percent: 5, corsPolicy: {allowOrigin: [a]}}]");
    let found = Conform::new(built_in(), Version::new(1, 32)).check(&old);
    assert!(found.iter().all(|violation| violation.severity == Severity::Warning));
    assert_eq!(
        found_in(&old, Version::new(1, 32)),
        [
            "deprecated-field: `spec.http[0].corsPolicy.allowOrigin` of it is deprecated | write `allowOrigins` (in a spec `allow-origins`) instead; each item says `exact`, `prefix` or `regex`",
            "deprecated-field: `spec.http[0].mirror_percent` of it is deprecated | write `mirrorPercentage` (in a spec `mirror-percentage`) instead",
        ]
    );
    check(
        DR,
        "host: a\ntrafficPolicy: {loadBalancer: {simple: LEAST_CONN}}",
        &[
            "deprecated-field: `spec.trafficPolicy.loadBalancer.simple` of it is `LEAST_CONN`, which is deprecated | write `LEAST_REQUEST` instead",
        ],
    );
    check(
        GW,
        "servers: [{hosts: [a], port: {number: 1, name: a, protocol: HTTP, targetPort: 1}}]",
        &[
            "deprecated-field: `spec.servers[0].port.targetPort` of it is deprecated | Istio refuses it or does nothing with it",
        ],
    );
}

#[test]
fn kinds_and_versions_that_istio_has_not_are_refused() {
    check(
        "networking.istio.io/v2/Gateway",
        "{}",
        &[
            "unknown-kind: `apiVersion` of it can't be `networking.istio.io/v2`: `Gateway` has no version `v2` | write `networking.istio.io/v1`",
        ],
    );
    check(
        "security.istio.io/v1/Policy",
        "{}",
        &[
            "unknown-kind: `kind` of it can't be `Policy`: `security.istio.io` has no such kind | its kinds are `AuthorizationPolicy`, `PeerAuthentication`, `RequestAuthentication`",
        ],
    );
}

#[test]
fn metadata_is_checked_too() {
    let secret = tree(
        "{apiVersion: v1, kind: Secret, metadata: {name: a, labels: {a: 'not a label'}, annotation: {}}, data: {a: 'no base64'}}",
    );
    let found = found_in(&secret, Version::new(1, 32));
    let all = found.join("\n");
    assert!(found[0].starts_with("field-value: `data.a` of it must be base64"), "{all}");
    assert!(
        all.contains("`metadata` of it has no field `annotation` | did you mean `annotations`?"),
        "{all}"
    );
    assert!(all.contains("`metadata.labels.a` of it can't be a string"), "{all}");
    assert!(
        !all.contains("no base64") && !all.contains("not a label"),
        "no value of a Secret is shown: {all}"
    );
}

#[test]
fn every_pattern_of_the_tables_can_be_read() {
    let conform = Conform::new(built_in(), Version::new(1, 32));
    assert!(conform.patterns.len() > 15);
    for pattern in conform.patterns.keys() {
        Pattern::new(pattern).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn findings_stand_where_the_values_were_written() {
    let sources = Sources::new([("specs/a.kdl".to_owned(), "exact prefix".to_owned())]);
    let (id, _) = sources.iter().next().unwrap();
    let at = |start, end| Origin::spec(Span { source: id, start, end });
    let rest = Origin::default_of("gateway.selector");
    let uri = Tree::map(&rest)
        .with("exact", Tree::string("/a", &at(0, 5)))
        .with("prefix", Tree::string("/b", &at(6, 12)));
    let http = Tree::map(&rest).with("match", Tree::list(vec![Tree::map(&rest).with("uri", uri)], &rest));
    let spec =
        Tree::map(&rest).with("http", Tree::list(vec![http], &rest)).with("hosts", Tree::int(1, &rest));
    let object = Tree::map(&rest)
        .with("apiVersion", Tree::string("networking.istio.io/v1", &rest))
        .with("kind", Tree::string("VirtualService", &rest))
        .with("metadata", Tree::map(&rest))
        .with("spec", spec);
    let conform = Conform::new(built_in(), Version::new(1, 32));
    let findings: Vec<_> =
        conform.check(&object).into_iter().map(|v| v.diagnostic("VirtualService `b/a`")).collect();
    let spans: Vec<_> = findings[0].labels.iter().map(|label| sources.slice(label.span)).collect();
    assert_eq!(spans, ["prefix", "exact"]);
    assert!(findings[1].labels.is_empty());
    assert_eq!(findings[1].notes, ["nobody said it: it is the default of `gateway.selector`"]);
    assert_eq!(findings[1].message, "`spec.hosts` of VirtualService `b/a` must be a list, and is `1`");
}

#[test]
fn a_table_of_ones_own_is_held_too() {
    let mut table = Table::default();
    let own = "kind example.com/Thing v1 namespaced Thing\ntype Thing\n  apiVersion  string\n  kind  string\n  spec  ThingSpec\n  any  any\ntype ThingSpec open\n  ratio  number 0..1\n  size  int-or-string\n  addresses  list<string format=ipv4> unique\n";
    text::read(&mut table, own).unwrap();
    let conform = Conform::new(&table, Version::new(1, 30));
    let check = |spec: &str| {
        let found = conform.check(&tree(&format!("{{apiVersion: example.com/v1, kind: Thing, {spec}}}")));
        found.into_iter().map(|violation| violation.diagnostic("it").message).collect::<Vec<_>>()
    };
    assert_eq!(check("any: [1], spec: {ratio: 1, size: 5, more: 1, addresses: [1.2.3.4]}"), [""; 0]);
    assert_eq!(
        check("any: null, spec: {ratio: 1.5, size: 1.5, addresses: [1.2.3.4, 1.2.3.4, 1.2.3]}"),
        [
            "`spec.addresses[1]` of it is there twice",
            "`spec.addresses[2]` of it must be an IPv4 address",
            "`spec.ratio` of it must be 0 to 1, and is `1.5`",
            "`spec.size` of it must be a whole number or a string, and is `1.5`",
        ]
    );
}
