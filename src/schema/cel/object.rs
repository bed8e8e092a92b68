//! Rules about fields of one object that exclude or need each other.

use super::{Fault, has, items, text_of};
use crate::resource::Tree;

/// At most one of the fields may be there.
pub(super) fn at_most_one(tree: &Tree, fields: &[&str]) -> Option<Fault> {
    let mut there = fields.iter().filter(|field| has(tree, field).is_some());
    let (first, second) = (there.next()?, there.next()?);
    Some(Fault::both(first, second))
}

/// Exactly one of the fields must be there.
pub(super) fn exactly_one(tree: &Tree, fields: &[&str]) -> Option<Fault> {
    at_most_one(tree, fields).or_else(|| one_of(tree, fields, "exactly one"))
}

/// At least one of the fields must be there.
pub(super) fn one_or_both(tree: &Tree, fields: &[&str]) -> Option<Fault> {
    one_of(tree, fields, "one or both")
}

fn one_of(tree: &Tree, fields: &[&str], how_many: &str) -> Option<Fault> {
    if fields.iter().any(|field| has(tree, field).is_some()) {
        return None;
    }
    let names: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
    Some(Fault::new(format!("must have {how_many} of {}", names.join(" and "))))
}

/// An address that is a socket has no ports.
pub(super) fn socket_without_ports(tree: &Tree) -> Option<Fault> {
    let socket = text_of(tree, "address")?.starts_with("unix://");
    (socket && has(tree, "ports").is_some()).then(|| {
        Fault::new("has `ports`, and its address is a socket, which has none").at("ports").and("address")
    })
}

/// A variable that is taken from the host has no value of its own.
pub(super) fn value_from_host(tree: &Tree) -> Option<Fault> {
    let host = text_of(tree, "valueFrom")? == "HOST";
    (host && has(tree, "value").is_some()).then(|| {
        Fault::new("has a `value`, and `valueFrom` takes it from the host").at("value").and("valueFrom")
    })
}

/// `waypoint` belongs to the context `WAYPOINT`, and the other way round.
pub(super) fn waypoint_context(tree: &Tree) -> Option<Fault> {
    let context = text_of(tree, "context") == Some("WAYPOINT");
    match (context, has(tree, "waypoint").is_some()) {
        (true, false) => Some(Fault::new("has the context `WAYPOINT` and no `waypoint`").at("context")),
        (false, true) => Some(
            Fault::new("has `waypoint`, which needs the context `WAYPOINT`").at("waypoint").and("context"),
        ),
        _ => None,
    }
}

/// Ranges of addresses go with the resolutions `STATIC` and `NONE` only.
pub(super) fn ranges_need_addresses(tree: &Tree) -> Option<Fault> {
    let resolution = text_of(tree, "resolution").unwrap_or("NONE");
    let range =
        items(has(tree, "addresses")).iter().filter_map(Tree::as_str).find(|text| text.contains('/'))?;
    (!["STATIC", "NONE"].contains(&resolution)).then(|| {
        Fault::new(format!(
            "has the range `{range}` among its addresses, which needs the resolution `STATIC` or `NONE`"
        ))
        .at("addresses")
        .and("resolution")
    })
}

/// Without a resolution there are no endpoints.
pub(super) fn no_endpoints_without_resolution(tree: &Tree) -> Option<Fault> {
    let none = text_of(tree, "resolution").unwrap_or("NONE") == "NONE";
    (none && has(tree, "endpoints").is_some()).then(|| {
        Fault::new("has `endpoints`, and its resolution is `NONE`")
            .at("endpoints")
            .and("resolution")
            .help("say the resolution `STATIC` or `DNS`")
    })
}

/// `DNS_ROUND_ROBIN` takes one endpoint.
pub(super) fn one_endpoint_round_robin(tree: &Tree) -> Option<Fault> {
    let round_robin = text_of(tree, "resolution")? == "DNS_ROUND_ROBIN";
    (round_robin && items(has(tree, "endpoints")).len() > 1).then(|| {
        Fault::new("has several `endpoints`, and the resolution `DNS_ROUND_ROBIN` takes one")
            .at("endpoints")
            .and("resolution")
    })
}

/// Service accounts stand alone, without principals and namespaces.
pub(super) fn service_accounts_alone(tree: &Tree) -> Option<Fault> {
    let first = |fields: &[&'static str]| fields.iter().copied().find(|field| has(tree, field).is_some());
    let accounts = first(&["serviceAccounts", "notServiceAccounts"])?;
    let other = first(&["principals", "notPrincipals", "namespaces", "notNamespaces"])?;
    Some(Fault::both(accounts, other))
}

/// Modes by port need a selector.
pub(super) fn ports_need_selector(tree: &Tree) -> Option<Fault> {
    has(tree, "portLevelMtls")?;
    let labels = has(tree, "selector").and_then(|selector| has(selector, "matchLabels"));
    (labels.is_none_or(|labels| super::keys_of(labels).next().is_none())).then(|| {
        Fault::new("has `portLevelMtls`, which needs a `selector` with labels: a port is one of a workload's")
            .at("portLevelMtls")
    })
}

/// `UPSERT` needs a value.
pub(super) fn upsert_needs_value(tree: &Tree) -> Option<Fault> {
    let upsert = text_of(tree, "operation")? == "UPSERT";
    let value = text_of(tree, "value").unwrap_or_default();
    (upsert && value.is_empty())
        .then(|| Fault::new("has the operation `UPSERT` and no `value`").at("operation"))
}

/// `REMOVE` takes no value.
pub(super) fn remove_without_value(tree: &Tree) -> Option<Fault> {
    let remove = text_of(tree, "operation")? == "REMOVE";
    (remove && has(tree, "value").is_some()).then(|| {
        Fault::new("has a `value`, which the operation `REMOVE` does not take").at("value").and("operation")
    })
}
