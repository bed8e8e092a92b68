//! Rules of Gateway and ListenerSet.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::policy::is_host_name;
use super::{at_item, has, items, number_of, text_of, text_or};
use crate::resource::Tree;
use crate::schema::cel::{Fault, keys_of};

/// The first listener that something is wrong with, at a field of it.
fn listener(tree: &Tree, field: &str, message: &str, wrong: impl Fn(&str, &Tree) -> bool) -> Option<Fault> {
    let all = items(Some(tree)).iter().enumerate();
    let mut found =
        all.filter(|(_, one)| text_of(one, "protocol").is_some_and(|protocol| wrong(protocol, one)));
    found.next().map(|(i, _)| at_item(message, i, field))
}

/// Only some protocols have TLS.
pub(super) fn tls_without_protocol(tree: &Tree) -> Option<Fault> {
    let message = "has a listener with `tls`, which the protocols `HTTP`, `TCP` and `UDP` do not have";
    listener(tree, "tls", message, |protocol, one| {
        ["HTTP", "TCP", "UDP"].contains(&protocol) && has(one, "tls").is_some()
    })
}

/// HTTPS ends at the Gateway.
pub(super) fn https_terminates(tree: &Tree) -> Option<Fault> {
    let message = "has a listener for `HTTPS` whose `tls` has another mode than `Terminate`";
    listener(tree, "tls", message, |protocol, one| {
        let mode = has(one, "tls").map_or("", |tls| text_or(tls, "mode", "Terminate"));
        protocol == "HTTPS" && !["", "Terminate"].contains(&mode)
    })
}

/// TLS says what becomes of it.
pub(super) fn tls_needs_mode(tree: &Tree) -> Option<Fault> {
    let message = "has a listener for `TLS` without `tls`";
    listener(tree, "protocol", message, |protocol, one| {
        protocol == "TLS" && has(one, "tls").is_none_or(|tls| text_or(tls, "mode", "Terminate").is_empty())
    })
}

/// Plain TCP and UDP know no names.
pub(super) fn hostname_without_protocol(tree: &Tree) -> Option<Fault> {
    let message = "has a listener with a `hostname`, which the protocols `TCP` and `UDP` do not know";
    listener(tree, "hostname", message, |protocol, one| {
        ["TCP", "UDP"].contains(&protocol) && !text_or(one, "hostname", "").is_empty()
    })
}

/// What no two listeners have in common.
pub(super) fn place(listener: &Tree) -> Option<String> {
    let port = number_of(listener, "port")?;
    Some(format!("{port} {} {:?}", text_of(listener, "protocol")?, text_of(listener, "hostname")))
}

/// TLS that ends here needs a certificate.
pub(super) fn certificate(tree: &Tree) -> Option<Fault> {
    let ends = super::is_object(tree) && text_or(tree, "mode", "Terminate") == "Terminate";
    let has_options = has(tree, "options").is_some_and(|options| keys_of(options).next().is_some());
    (ends && items(has(tree, "certificateRefs")).is_empty() && !has_options).then(|| {
        Fault::new("ends TLS here and names no certificate").help("say `certificateRefs`, or `options`")
    })
}

/// The value of an address of a type.
pub(super) fn address(tree: &Tree, ty: &str) -> Option<String> {
    text_of(tree, "value").filter(|_| text_or(tree, "type", "IPAddress") == ty).map(str::to_owned)
}

/// An IP address is one.
pub(super) fn ip_address(tree: &Tree) -> Option<Fault> {
    let text = address(tree, "IPAddress")?;
    let holds = text.parse::<Ipv4Addr>().is_ok() || text.parse::<Ipv6Addr>().is_ok();
    (!holds).then(|| Fault::new("has a `value` that is no IP address").at("value"))
}

/// A host name is one.
pub(super) fn host_address(tree: &Tree) -> Option<Fault> {
    let text = address(tree, "Hostname")?;
    let holds = is_host_name(text.strip_prefix("*.").unwrap_or(&text));
    (!holds).then(|| Fault::new("has a `value` that is no host name").at("value"))
}

/// Keys in the form of labels.
pub(super) fn label_keys(tree: &Tree) -> Option<Fault> {
    let end = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
    let is_name = |name: &str| {
        let bytes = name.as_bytes();
        bytes.len() <= 63
            && end(bytes.first().copied())
            && end(bytes.last().copied())
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
    };
    let holds = |key: &&str| match key.split_once('/') {
        Some((prefix, name)) => is_host_name(prefix) && is_name(name),
        None => is_name(key),
    };
    let key = keys_of(tree).find(|key| !holds(key))?;
    Some(Fault::new(format!("has the key `{key}`, which is no key of a label or annotation")).at(key))
}

/// Prefixes of keys that are not too long.
pub(super) fn label_prefixes(tree: &Tree) -> Option<Fault> {
    let key = keys_of(tree).find(|key| key.split('/').next().unwrap_or_default().chars().count() >= 253)?;
    Some(Fault::new("has a key whose prefix is longer than 252 characters").at(key))
}
