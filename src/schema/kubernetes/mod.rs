//! What the API server asks of the core's kinds beyond their schema, by hand. It follows `pkg/apis/core/validation` of
//! kubernetes/kubernetes. What depends on a cluster's own settings (its ranges of addresses and node ports, its families of IP)
//! is taken.

mod service;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::Wrong;
use super::look::{Found, Look, shown};
use super::table::Kind;
use crate::model::name::{Label, check_label_key};
use crate::resource::Tree;

/// The most bytes that a ConfigMap holds.
const LARGEST: usize = 1 << 20;

/// Everything that the API server would refuse about an object of the core; nothing for kinds of others.
#[must_use]
pub fn wrongs(kind: &Kind, tree: &Tree) -> Vec<Wrong> {
    let mut found = Found::default();
    let object = Look::at(tree);
    match (&*kind.group, &*kind.name) {
        ("", "Service") => service::check(&mut found, &object),
        ("", "ConfigMap") => config_map(&mut found, &object),
        ("", "Namespace") => namespace(&mut found, &object),
        _ => {}
    }
    found.0
}

fn config_map(found: &mut Found, object: &Look<'_>) {
    let mut size = 0;
    let mut known = BTreeSet::new();
    for field in ["data", "binaryData"] {
        for (key, value) in object.entries(field) {
            size += if field == "data" { value.value().len() } else { value.value().len() / 4 * 3 };
            // What Flux puts in for a variable is not known.
            if let Some(reason) = not_a_file(key).filter(|_| !key.contains("${")) {
                let wrong = found.at(&value, format!("can't have the key {}: {reason}", shown(key)));
                wrong.help("a key is a file's name: letters, digits, `-`, `_` and `.`, at most 253");
            }
            if !known.insert(key) {
                found.at(&value, format!("has the key {} in `data` too", shown(key)));
            }
        }
    }
    if size > LARGEST {
        let message = format!("holds {size} bytes, and a ConfigMap at most {LARGEST}");
        found.at(object, message).help("part it into several, or keep large files in an image or a volume");
    }
}

/// Why a key is none that a pod could have as a file.
fn not_a_file(key: &str) -> Option<&'static str> {
    let taken = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match key {
        "" => Some("it is empty"),
        key if !key.chars().all(taken) => Some("only letters, digits, `-`, `_` and `.` are taken"),
        "." => Some("that is the folder itself"),
        key if key.starts_with("..") => Some("it begins as a folder above does"),
        key if key.len() > 253 => Some("it is longer than 253 characters"),
        _ => None,
    }
}

fn namespace(found: &mut Found, object: &Look<'_>) {
    if let Some(metadata) = object.field("metadata")
        && let Some(name) = metadata.field("name")
    {
        label(found, &name, "the name of a Namespace");
    }
    let Some(spec) = object.field("spec") else { return };
    for finalizer in spec.items("finalizers") {
        let name = finalizer.value();
        let is_own = name.contains('/') && check_label_key(name).is_ok();
        if !is_own && !["kubernetes", "orphan", "foregroundDeletion"].contains(&name) {
            let message =
                format!("can't be {}: a finalizer is `kubernetes`, or has a domain of its own", shown(name));
            found.at(&finalizer, message).help("write it as `example.com/name`");
        }
    }
}

/// A text that must be a DNS label.
fn label(found: &mut Found, text: &Look<'_>, what: &str) {
    if let Err(error) = Label::parse(text.value()) {
        let message =
            format!("can't be {}, and {what} is a DNS label: {}", shown(text.value()), error.reason);
        found.at(text, message).help(error.help);
    }
}
