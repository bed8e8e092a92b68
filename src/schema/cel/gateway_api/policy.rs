//! Rules of BackendTLSPolicy and of the host names of TLSRoute.

use super::{has, is_object, items, text_of, text_or};
use crate::resource::{PathStep, Tree};
use crate::schema::cel::Fault;

/// A target always says its group and kind.
pub(super) const TARGET: (&str, &str) = ("", "");

/// Whether it is a host name in small letters (RFC 1123).
pub(super) fn is_host_name(name: &str) -> bool {
    let end = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    name.split('.').all(|label| {
        let bytes = label.as_bytes();
        end(bytes.first().copied())
            && end(bytes.last().copied())
            && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
    })
}

/// Whether a wildcard, if there is one, is the first label.
pub(super) fn has_wildcard_in_front(name: &str) -> bool {
    !name.contains('*') || name.strip_prefix("*.").is_some_and(is_host_name)
}

/// The first name of a list that does not hold.
pub(super) fn host_names(tree: &Tree, holds: impl Fn(&str) -> bool, message: &str) -> Option<Fault> {
    let mut all = items(Some(tree)).iter().enumerate();
    let (i, name) = all.find_map(|(i, name)| Some((i, name.as_str().filter(|name| !holds(name))?)))?;
    let fault = Fault::new(format!("has the name `{name}`, which {message}"));
    Some(Fault { below: vec![PathStep::Index(i)], ..fault })
}

fn sources(tree: &Tree) -> [bool; 2] {
    let files = !items(has(tree, "caCertificateRefs")).is_empty();
    [files, !text_or(tree, "wellKnownCACertificates", "").is_empty()]
}

/// Trust comes from one place.
pub(super) fn not_two_sources(tree: &Tree) -> Option<Fault> {
    (sources(tree) == [true, true]).then(|| Fault::both("caCertificateRefs", "wellKnownCACertificates"))
}

/// Trust comes from somewhere.
pub(super) fn one_source(tree: &Tree) -> Option<Fault> {
    (is_object(tree) && sources(tree) == [false, false])
        .then(|| Fault::new("must have one of `caCertificateRefs` and `wellKnownCACertificates`"))
}

/// A name of a type without it.
pub(super) fn name_of_its_type(tree: &Tree, field: &str, ty: &str) -> Option<Fault> {
    (text_of(tree, "type")? == ty && text_or(tree, field, "").is_empty())
        .then(|| Fault::new(format!("is of type `{ty}` and has no `{field}`")).at("type"))
}

/// A name of another type.
pub(super) fn name_of_another_type(tree: &Tree, field: &str, ty: &str) -> Option<Fault> {
    (text_of(tree, "type")? != ty && !text_or(tree, field, "").is_empty())
        .then(|| Fault::new(format!("has `{field}`, which belongs to the type `{ty}`")).at(field).and("type"))
}
