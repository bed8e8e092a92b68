//! The rules of Gateway API. The API server puts defaults in before it looks, so what is not said counts as its default.

mod gateway;
mod policy;
mod route;
#[cfg(test)]
pub(super) mod samples;

use super::{Check, Fault, has, items, text_of};
use crate::resource::{PathStep, Tree, Value};

/// The rules by the ids of their texts.
#[rustfmt::skip]
pub(super) const PORTED: &[(u32, Check)] = &[
    // paths of matches
    (0xd1b1_dcc5, |tree| route::path(tree, |path| path.starts_with('/'), "must begin with `/`")),
    (0x2a73_0cba, |tree| route::path(tree, |path| !path.contains("//"), "can't hold `//`")),
    (0x8c3f_86ff, |tree| route::path(tree, |path| !path.contains("/./"), "can't hold `/./`")),
    (0xced0_ffea, |tree| route::path(tree, |path| !path.contains("/../"), "can't hold `/../`")),
    (0x16ad_d9e2, |tree| route::path(tree, |path| !path.contains("%2f"), "can't hold `%2f`")),
    (0x5f51_0e91, |tree| route::path(tree, |path| !path.contains("%2F"), "can't hold `%2F`")),
    (0x2098_9435, |tree| route::path(tree, |path| !path.contains('#'), "can't hold `#`")),
    (0x0c44_1c9d, |tree| route::path(tree, |path| !path.ends_with("/.."), "can't end with `/..`")),
    (0xc364_05e2, |tree| route::path(tree, |path| !path.ends_with("/."), "can't end with `/.`")),
    (0x6773_6b8f, |tree| route::path(tree, route::is_of_path_characters, "holds a character that no path has unless percent-encoded")),
    (0x1267_f055, route::path_type),
    // filters: each type has a field of its own
    (0x1b5e_24ab, |tree| route::of_another_type(tree, "cors", "CORS")),
    (0x5331_5200, |tree| route::of_its_type(tree, "cors", "CORS")),
    (0x7b8c_f868, |tree| route::of_another_type(tree, "requestHeaderModifier", "RequestHeaderModifier")),
    (0xeb30_32de, |tree| route::of_its_type(tree, "requestHeaderModifier", "RequestHeaderModifier")),
    (0xc083_8ca9, |tree| route::of_another_type(tree, "responseHeaderModifier", "ResponseHeaderModifier")),
    (0xa900_d763, |tree| route::of_its_type(tree, "responseHeaderModifier", "ResponseHeaderModifier")),
    (0xc2c4_ceb3, |tree| route::of_another_type(tree, "requestMirror", "RequestMirror")),
    (0x479c_d4bf, |tree| route::of_its_type(tree, "requestMirror", "RequestMirror")),
    (0xbec6_7f21, |tree| route::of_another_type(tree, "requestRedirect", "RequestRedirect")),
    (0x96f7_2312, |tree| route::of_its_type(tree, "requestRedirect", "RequestRedirect")),
    (0xbc36_c2fa, |tree| route::of_another_type(tree, "urlRewrite", "URLRewrite")),
    (0x769c_afeb, |tree| route::of_its_type(tree, "urlRewrite", "URLRewrite")),
    (0x28f6_8457, |tree| route::of_another_type(tree, "extensionRef", "ExtensionRef")),
    (0x32fc_ae1c, |tree| route::of_its_type(tree, "extensionRef", "ExtensionRef")),
    (0x501e_61ba, |tree| route::once(tree, "RequestHeaderModifier")),
    (0x226c_c5e3, |tree| route::once(tree, "ResponseHeaderModifier")),
    (0xc1f6_cb74, |tree| route::once(tree, "RequestRedirect")),
    (0x61ed_15b8, |tree| route::once(tree, "URLRewrite")),
    (0xee6a_308c, |tree| route::once(tree, "CORS")),
    (0x24c3_fdad, route::redirect_or_rewrite),
    // what filters hold
    (0x8571_6a2b, |tree| route::of_its_type(tree, "replaceFullPath", "ReplaceFullPath")),
    (0xc04f_03f4, |tree| route::of_another_type(tree, "replaceFullPath", "ReplaceFullPath")),
    (0x4dba_3b1d, |tree| route::of_its_type(tree, "replacePrefixMatch", "ReplacePrefixMatch")),
    (0x02cf_2852, |tree| route::of_another_type(tree, "replacePrefixMatch", "ReplacePrefixMatch")),
    (0xc7c8_b7bb, route::fraction),
    (0xe261_0261, route::wildcard_alone),
    // rules
    (0x80d5_779a, route::redirect_without_backends),
    (0x14c1_7d52, |tree| route::prefix(tree, "requestRedirect", false)),
    (0x0fa5_a331, |tree| route::prefix(tree, "urlRewrite", false)),
    (0x06e1_4dab, |tree| route::prefix(tree, "requestRedirect", true)),
    (0xbf9f_d433, |tree| route::prefix(tree, "urlRewrite", true)),
    (0x5d34_3ad9, |tree| once(tree, |rule| text_of(rule, "name").map(str::to_owned), "name", "has a `name` twice")),
    (0xdfef_9215, |tree| route::matches(tree, 1)),
    (0x837b_88f5, |tree| route::matches(tree, 0)),
    (0x3f02_004f, route::timeouts),
    (0x089e_d26a, route::service_port),
    (0xc931_cd54, |tree| route::sections_said(tree, route::PARENT, "parent")),
    (0xe906_342c, |tree| route::sections_once(tree, route::PARENT, "parent")),
    // methods of gRPC
    (0x6cb8_1017, route::method_or_service),
    (0x7797_fc31, |tree| route::grpc_name(tree, "method")),
    (0xfb86_15af, |tree| route::grpc_name(tree, "service")),
    // listeners
    (0x78a7_7239, gateway::tls_without_protocol),
    (0xaec2_bd59, gateway::https_terminates),
    (0x79a4_8446, gateway::tls_needs_mode),
    (0x08d2_3c40, gateway::hostname_without_protocol),
    (0xb3c6_6e24, |tree| once(tree, |listener| text_of(listener, "name").map(str::to_owned), "name", "has two listeners of one `name`")),
    (0xd319_59b5, |tree| once(tree, gateway::place, "port", "has two listeners of one port, protocol and hostname")),
    (0xe3e6_2c2a, |tree| once(tree, gateway::place, "port", "has two listeners of one port, protocol and hostname")),
    (0xf161_b726, gateway::certificate),
    (0x4193_0737, |tree| once(tree, |port| number_of(port, "port").map(|port| port.to_string()), "port", "has a port twice")),
    // addresses and what the infrastructure gets
    (0x1ff4_5617, |tree| once(tree, |address| gateway::address(address, "IPAddress"), "value", "has an address twice")),
    (0xf109_da0c, |tree| once(tree, |address| gateway::address(address, "Hostname"), "value", "has an address twice")),
    (0x2086_79bb, gateway::ip_address),
    (0xdac2_850f, gateway::host_address),
    (0x9d83_58ec, gateway::label_keys),
    (0x4b97_66f7, gateway::label_prefixes),
    // other kinds
    (0x0843_be6f, |tree| policy::host_names(tree, |name| name.parse::<std::net::IpAddr>().is_err(), "can't be an IP address")),
    (0x2012_3a06, |tree| policy::host_names(tree, |name| name.contains('*') || policy::is_host_name(name), "must be a host name")),
    (0xb31a_373d, |tree| policy::host_names(tree, policy::has_wildcard_in_front, "can hold `*` only as its first label")),
    (0x65c1_b111, policy::not_two_sources),
    (0xb34e_39db, policy::one_source),
    (0x04db_2332, |tree| route::sections_said(tree, policy::TARGET, "target")),
    (0xae7c_04b5, |tree| route::sections_once(tree, policy::TARGET, "target")),
    (0x9f2f_8a20, |tree| policy::name_of_its_type(tree, "hostname", "Hostname")),
    (0xb8b9_b475, |tree| policy::name_of_another_type(tree, "hostname", "Hostname")),
    (0x6f0b_b440, |tree| policy::name_of_its_type(tree, "uri", "URI")),
    (0x3aad_ac42, |tree| policy::name_of_another_type(tree, "uri", "URI")),
];

/// The text of a field, or its default.
fn text_or<'t>(tree: &'t Tree, field: &str, default: &'t str) -> &'t str {
    text_of(tree, field).unwrap_or(default)
}

/// The whole number of a field.
fn number_of(tree: &Tree, field: &str) -> Option<i64> {
    match has(tree, field)?.value {
        Value::Int(number) => Some(number),
        _ => None,
    }
}

/// Whether it is an object.
fn is_object(tree: &Tree) -> bool {
    matches!(tree.value, Value::Map(_))
}

/// A fault at a field of an item.
fn at_item(message: impl Into<String>, i: usize, field: &str) -> Fault {
    Fault { below: vec![PathStep::Index(i), PathStep::Field(field.to_owned())], ..Fault::new(message) }
}

/// No two items of a list have the same of something; those that have none of it don't count.
fn once(tree: &Tree, what: impl Fn(&Tree) -> Option<String>, field: &str, message: &str) -> Option<Fault> {
    let all: Vec<Option<String>> = items(Some(tree)).iter().map(what).collect();
    let (i, first) = all.iter().enumerate().find_map(|(i, one)| {
        let first = all.iter().take(i).position(|other| one.is_some() && other == one)?;
        Some((i, first))
    })?;
    let also = vec![PathStep::Index(first), PathStep::Field(field.to_owned())];
    Some(Fault { also, ..at_item(message, i, field) })
}
