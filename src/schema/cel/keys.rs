//! Rules about the keys of a map, or about what the items of a list have in common.

use super::{Fault, has, items, keys_of};
use crate::resource::{PathStep, Tree, Value};

fn first_broken(tree: &Tree, holds: impl Fn(&str) -> bool) -> Option<&str> {
    keys_of(tree).find(|key| !holds(key))
}

/// `self.all(key, !key.contains("*"))`
pub(super) fn no_wildcard(tree: &Tree) -> Option<Fault> {
    let key = first_broken(tree, |key| !key.contains('*'))?;
    Some(Fault::new(format!("has the key `{key}`, and a label's name can't hold `*`")).at(key))
}

/// `self.all(key, key.size() != 0)`
pub(super) fn not_empty(tree: &Tree) -> Option<Fault> {
    let key = first_broken(tree, |key| !key.is_empty())?;
    Some(Fault::new("has a key that is empty").at(key))
}

/// Names of ports: letters, digits and hyphens, fewer than 63.
pub(super) fn port_names(tree: &Tree) -> Option<Fault> {
    let holds = |key: &str| {
        let end = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
        let bytes = key.as_bytes();
        key.len() < 63
            && end(bytes.first().copied())
            && end(bytes.last().copied())
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
    };
    let key = first_broken(tree, holds)?;
    let fault = Fault::new(format!("has the key `{key}`, which can't be the name of a port"));
    Some(fault.at(key).help("fewer than 63 letters, digits and hyphens, with a letter or digit at both ends"))
}

/// `self.all(key, 0 < int(key) && int(key) <= 65535)`
pub(super) fn ports(tree: &Tree) -> Option<Fault> {
    let holds = |key: &str| key.parse::<i64>().is_ok_and(|port| (1..=65535).contains(&port));
    let key = first_broken(tree, holds)?;
    Some(Fault::new(format!("has the key `{key}`, and its keys are ports, 1 to 65535")).at(key))
}

/// `self.all(l1, self.exists_one(l2, l1.number == l2.number))`
pub(super) fn port_numbers_once(tree: &Tree) -> Option<Fault> {
    let items = items(Some(tree));
    let number = |item: &Tree| match has(item, "number").map(|number| &number.value) {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    };
    for (i, item) in items.iter().enumerate() {
        let Some(this) = number(item) else { continue };
        if let Some(first) = items.iter().take(i).position(|other| number(other) == Some(this)) {
            let place = |i| vec![PathStep::Index(i), PathStep::Field("number".to_owned())];
            let fault = Fault::new(format!("has the port number {this} twice"));
            return Some(Fault { below: place(i), also: place(first), ..fault });
        }
    }
    None
}
