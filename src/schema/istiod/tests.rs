//! Each rule with objects that keep it and objects that break it.

use serde_json::Value as Json;

use super::wrongs;
use crate::diag::Severity;
use crate::resource::{Tree, path_text};
use crate::schema::conform::part::{certain, each_without};
use crate::schema::{Kind, built_in};
use crate::spec::Origin;

const NETWORKING: &str = "networking.istio.io";
const SECURITY: &str = "security.istio.io";

/// What is said of a `spec` in YAML, as `place message (at)`; `~` before it if it is a warning.
fn said(group: &str, kind: &str, spec: &str) -> Vec<String> {
    let spec: Json = serde_saphyr::from_str(spec).unwrap();
    let object = serde_json::json!({"metadata": {"name": "a", "namespace": "b"}, "spec": spec});
    let kind = built_in().kind(group, "", kind).unwrap();
    let object = Tree::of_json(&object, &Origin::default_of("test"));
    nothing_is_certain_for_want_of_more(kind, &object);
    let found = wrongs(kind, &object);
    let say = |wrong: super::Wrong| {
        let mark = if wrong.severity == Severity::Error { "" } else { "~" };
        let at =
            if wrong.below.is_empty() { String::new() } else { format!(" ({})", path_text(&wrong.below)) };
        format!("{mark}{} {}{at}", path_text(&wrong.path), wrong.message)
    };
    found.into_iter().map(say).collect()
}

/// A file of specs, each followed by what is said of it, a line each behind `>`; nothing where it is taken. UPDATE=1 writes it
/// anew.
#[expect(clippy::disallowed_methods, reason = "UPDATE=1 writes the file anew")]
fn check(group: &str, kind: &str, file: &str) {
    let path = format!("{}/src/schema/istiod/samples/{file}.txt", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    let block = |block: &str| {
        let spec: String =
            block.lines().filter(|line| !line.starts_with("> ")).map(|line| format!("{line}\n")).collect();
        let said: String = said(group, kind, &spec).iter().map(|line| format!("> {line}\n")).collect();
        spec + &said
    };
    let anew: Vec<String> = text.split("---\n").map(block).collect();
    let anew = anew.join("---\n");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, anew).unwrap();
    } else {
        assert_eq!(text, anew);
    }
}

/// Where a field is left out of a sample, nothing more is refused whatever else it says.
fn nothing_is_certain_for_want_of_more(kind: &Kind, object: &Tree) {
    let known = certain(kind, object);
    each_without(object, &mut |less| {
        for found in certain(kind, less) {
            // Of three fields that exclude each other, any two are told.
            let is_known = known.iter().any(|known| {
                known.message == found.message || (known.code, &known.path) == (found.code, &found.path)
            });
            assert!(is_known, "{} {} {}", kind.name, path_text(&found.path), found.message);
        }
    });
}

#[test]
fn virtual_services() {
    check(NETWORKING, "VirtualService", "virtual-service");
}

#[test]
fn routes() {
    check(NETWORKING, "VirtualService", "route");
}

#[test]
fn http_routes() {
    check("gateway.networking.k8s.io", "HTTPRoute", "http-route");
}

#[test]
fn gateways() {
    check(NETWORKING, "Gateway", "gateway");
}

#[test]
fn destination_rules() {
    check(NETWORKING, "DestinationRule", "destination-rule");
}

#[test]
fn service_entries() {
    check(NETWORKING, "ServiceEntry", "service-entry");
}

#[test]
fn sidecars() {
    check(NETWORKING, "Sidecar", "sidecar");
}

#[test]
fn authorization_policies() {
    check(SECURITY, "AuthorizationPolicy", "authorization-policy");
}

#[test]
fn request_authentications() {
    check(SECURITY, "RequestAuthentication", "request-authentication");
}

#[test]
fn the_rest() {
    check("telemetry.istio.io", "Telemetry", "telemetry");
    check(NETWORKING, "WorkloadEntry", "workload-entry");
    check(NETWORKING, "WorkloadGroup", "workload-group");
    check(NETWORKING, "EnvoyFilter", "envoy-filter");
    check(NETWORKING, "ProxyConfig", "proxy-config");
    check("extensions.istio.io", "WasmPlugin", "wasm-plugin");
}

#[test]
fn kinds_of_others_and_values_of_any_type_are_taken_as_they_are() {
    assert_eq!(said("gateway.networking.k8s.io", "Gateway", "{}"), [""; 0]);
    for json in ["null", "[]", "x", "{http: x}", "{http: [x, null, []], hosts: {a: b}}"] {
        said(NETWORKING, "VirtualService", json);
    }
}
