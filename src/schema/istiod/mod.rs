//! What istiod's webhook asks of Istio's kinds beyond their CRDs, by hand: what goes together, what a string must be. It follows
//! `pkg/config/validation` of istio/istio. What istiod takes is never refused here; where it is not sure that istiod refuses a
//! value, the value is taken. What istiod takes and does nothing with is a warning.

mod action;
mod asked;
mod authentication;
mod balance;
mod destination_rule;
mod envoy_filter;
mod gateway;
mod names;
mod policy;
mod route;
mod service_entry;
mod sidecar;
mod source;
mod telemetry;
#[cfg(test)]
mod tests;
mod text;
mod unmet;
mod virtual_service;
mod workload;

pub(super) use text::unread_regex;

use super::look::{self, Found, Look, Wrong};
use super::table::Kind;
use crate::resource::Tree;

/// Kinds that say nothing without a `spec`, though their schemas take them so.
const NEEDS_SPEC: [&str; 5] = ["VirtualService", "Gateway", "DestinationRule", "ServiceEntry", "Sidecar"];

/// Everything that istiod would refuse about an object of a kind, or do nothing with; nothing for kinds of others.
#[must_use]
pub fn wrongs(kind: &Kind, tree: &Tree) -> Vec<Wrong> {
    let mut found = Found::default();
    let object = Look::at(tree);
    if (&*kind.group, &*kind.name) == ("gateway.networking.k8s.io", "HTTPRoute") {
        asked::http_route(&mut found, &object);
    }
    if !kind.group.ends_with(".istio.io") {
        return found.0;
    }
    let namespace = tree.at(&["metadata", "namespace"]).and_then(Tree::as_str).unwrap_or_default();
    if NEEDS_SPEC.contains(&&*kind.name) && !object.has("spec") {
        found.missing(&object, "spec", "has no `spec`");
    }
    match &*kind.name {
        "VirtualService" => virtual_service::check(&mut found, &object, namespace),
        "Gateway" => gateway::check(&mut found, &object),
        "DestinationRule" => destination_rule::check(&mut found, &object, namespace),
        "ServiceEntry" => service_entry::check(&mut found, &object, namespace),
        "WorkloadEntry" => workload::entry(&mut found, &object),
        "WorkloadGroup" => workload::group(&mut found, &object),
        "EnvoyFilter" => envoy_filter::check(&mut found, &object),
        "Sidecar" => sidecar::check(&mut found, &object),
        "AuthorizationPolicy" => policy::authorization(&mut found, &object),
        "RequestAuthentication" => authentication::request(&mut found, &object),
        "PeerAuthentication" => authentication::peer(&mut found, &object, namespace),
        "Telemetry" => telemetry::check(&mut found, &object),
        "ProxyConfig" => telemetry::proxy(&mut found, &object),
        "WasmPlugin" | "TrafficExtension" => telemetry::extension(&mut found, &object),
        _ => {}
    }
    found.0
}
