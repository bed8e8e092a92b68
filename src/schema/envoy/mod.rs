//! What Envoy refuses, or never sees, of what istiod's webhook takes. istiod hands it on as it is, and Envoy then refuses a
//! whole listener or all routes of a port, with every host on it.

mod clients;
mod forms;
mod headers;
#[cfg(test)]
mod judged;
mod operator;
mod pins;
mod regexes;

use super::Wrong;
use super::look::{Found, Look};
use super::table::Kind;
use crate::resource::Tree;

/// Everything of an object that Envoy would refuse.
pub(super) fn wrongs(kind: &Kind, tree: &Tree) -> Vec<Wrong> {
    let mut found = Found::default();
    let object = Look::at(tree);
    let Some(spec) = object.field("spec") else { return found.0 };
    match (&*kind.group, &*kind.name) {
        ("networking.istio.io", "Gateway") => {
            pins::check(&mut found, &spec, "servers");
            clients::check(&mut found, &spec);
        }
        ("networking.istio.io", "Sidecar") => pins::check(&mut found, &spec, "ingress"),
        ("networking.istio.io", "VirtualService") => {
            headers::virtual_service(&mut found, &spec);
            forms::virtual_service(&mut found, &spec);
        }
        ("networking.istio.io", "DestinationRule") => forms::destination_rule(&mut found, &spec),
        ("security.istio.io", "RequestAuthentication") => forms::authentication(&mut found, &spec),
        ("security.istio.io", "AuthorizationPolicy") => forms::authorization(&mut found, &spec),
        ("telemetry.istio.io", "Telemetry") => headers::telemetry(&mut found, &spec),
        ("gateway.networking.k8s.io", "HTTPRoute" | "GRPCRoute") => {
            headers::gateway_api(&mut found, &spec);
            regexes::gateway_api(&mut found, &spec);
        }
        _ => {}
    }
    found.0
}
