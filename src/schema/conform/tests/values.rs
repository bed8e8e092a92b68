//! Types, limits, words and rules of values.

use super::*;

#[test]
fn types_are_held() {
    let http = |field: &str| format!("http: [{field}]");
    for (field, message) in [
        (
            "timeout: 5",
            "field-value: `spec.http[0].timeout` of it must be a string, and is `5` | a length of time needs a unit: `\"5s\"` is seconds, `\"5m\"` minutes",
        ),
        (
            "retries: {attempts: '3'}",
            "field-value: `spec.http[0].retries.attempts` of it must be a whole number, and is the text `3` | write it without quotes",
        ),
        (
            "retries: {attempts: 1.5}",
            "field-value: `spec.http[0].retries.attempts` of it must be a whole number, and is `1.5`",
        ),
        ("retries: []", "field-value: `spec.http[0].retries` of it must be an object, and is a list"),
        ("match: {uri: {}}", "field-value: `spec.http[0].match` of it must be a list, and is an object"),
        ("match: [a]", "field-value: `spec.http[0].match[0]` of it must be an object, and is the text `a`"),
        ("match: [null]", "field-value: `spec.http[0].match[0]` of it must be an object, and is null"),
        (
            "route: [{destination: {host: a}, weight: true}]",
            "field-value: `spec.http[0].route[0].weight` of it must be a whole number, and is `true`",
        ),
        (
            "corsPolicy: {allowCredentials: 'true'}",
            "field-value: `spec.http[0].corsPolicy.allowCredentials` of it must be true or false, and is the text `true` | write it without quotes; in a spec `#true` or `#false`",
        ),
    ] {
        check(VS, &http(&format!("{{{field}}}")), &[message]);
    }
    let null = |path: &str, word: &str| {
        format!(
            "field-value: `spec.{path}` of it can't be null | leave `{word}` out: what is not said is not there"
        )
    };
    check(
        VS,
        &http("{corsPolicy: {allowCredentials: null}, timeout: null, match: null}"),
        &[&null("http[0].match", "match"), &null("http[0].timeout", "timeout")],
    );
    check(
        DR,
        "host: null\nsubsets: [{name: a, labels: {version: null}}]",
        &[
            &null("subsets[0].labels.version", "version"),
            "missing-field: `spec` of it has no `host`, which must be there",
        ],
    );
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
fn bytes_are_base64() {
    let issuer =
        |bundle: &str| format!("acme: {{server: a, privateKeySecretRef: {{name: a}}, caBundle: '{bundle}'}}");
    let said = "field-value: `spec.acme.caBundle` of it must be base64";
    check("cert-manager.io/v1/Issuer", &issuer("AAAA"), &[]);
    check("cert-manager.io/v1/Issuer", &issuer("AAA"), &[said]);
    check("cert-manager.io/v1/Issuer", &issuer(""), &[said]);
    let secret = tree("{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: b}, data: {a: ''}}");
    assert_eq!(found_in(&secret, Version::new(1, 32)), [""; 0]);
}

#[test]
fn words_of_an_enum_are_exact_and_suggested() {
    let say = |value: &str, label: &str| {
        format!(
            "field-value: `spec.trafficPolicy.tls.mode` of it can't be `{value}` | {label} | it is one of `DISABLE`, `SIMPLE`, `MUTUAL` and `ISTIO_MUTUAL`"
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
            "field-value: `spec.trafficPolicy.connectionPool.tcp.idleTimeout` of it must be a string, and is `5` | a length of time needs a unit: `\"5s\"` is seconds, `\"5m\"` minutes",
        ],
    );
    check(
        DR,
        "host: a\ntrafficPolicy: {connectionPool: {tcp: {idleTimeout: 5d}}}",
        &[
            "field-value: `spec.trafficPolicy.connectionPool.tcp.idleTimeout` of it must be a length of time | write \"120h\": the units are `h`, `m` and `s`, and whole numbers stand before them",
        ],
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
fn every_pattern_of_the_tables_can_be_read() {
    let conform = Conform::new(built_in(), Version::new(1, 32));
    assert!(conform.patterns.len() > 15);
    for pattern in conform.patterns.keys() {
        Pattern::new(pattern).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn numbers_of_a_closed_set_are_held() {
    let route = |code: &str| {
        format!("rules: [{{filters: [{{type: RequestRedirect, requestRedirect: {{statusCode: {code}}}}}]}}]")
    };
    let kind = "gateway.networking.k8s.io/v1/HTTPRoute";
    check(kind, &route("308"), &[]);
    let said = "field-value: `spec.rules[0].filters[0].requestRedirect.statusCode` of it can't be `200` | it is one of `301`, `302`, `303`, `307` and `308`";
    check(kind, &route("200"), &[said]);
}

#[test]
fn lengths_of_time_are_told_in_hours() {
    let help = |mended: &str| {
        format!("write \"{mended}\": the units are `h`, `m` and `s`, and whole numbers stand before them")
    };
    let certificate = |field: &str| format!("secretName: x\nissuerRef: {{name: a}}\n{field}");
    let kind = "cert-manager.io/v1/Certificate";
    for field in ["duration", "renewBefore"] {
        let said = format!("field-value: `spec.{field}` of it must be a length of time | {}", help("2160h"));
        check(kind, &certificate(&format!("{field}: 90d")), &[&said]);
        check(kind, &certificate(&format!("{field}: 2160h")), &[]);
    }
    let window = "renewal: {windows: [{cron: '0 0 * * *', windowDuration: 1d}]}";
    let said = format!(
        "field-value: `spec.renewal.windows[0].windowDuration` of it can't be `1d` | it must match `^([0-9]+(\\.[0-9]+)?(s|m|h))+$` | {}",
        help("24h")
    );
    check(kind, &certificate(window), &[&said]);
    let order = "request: AAAA\nissuerRef: {name: a}\nduration: 1w";
    let said = format!("field-value: `spec.duration` of it must be a length of time | {}", help("168h"));
    check("acme.cert-manager.io/v1/Order", order, &[&said]);
    let said = format!(
        "field-value: `spec.rules[0].timeouts.request` of it can't be `1.5s` | it must match `^([0-9]{{1,5}}(h|m|s|ms)){{1,4}}$` | {}",
        help("1s500ms")
    );
    check("gateway.networking.k8s.io/v1/HTTPRoute", "rules: [{timeouts: {request: 1.5s}}]", &[&said]);
    let said =
        format!("field-value: `spec.http[0].timeout` of it must be a length of time | {}", help("24h"));
    check(VS, "http: [{timeout: 1d}]", &[&said]);
}
