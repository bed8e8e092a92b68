//! Names as istiod reads them: hosts, namespaces, labels, addresses; and who may see an object.

use std::net::{IpAddr, Ipv6Addr};

use crate::schema::LABEL_VALUE;

use super::look::{Found, Look, shown};

/// A label of DNS, in letters of either case.
pub(super) fn is_label(text: &str) -> bool {
    text.len() <= 63 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && has_ends(text)
}

/// A letter or digit at both ends.
fn has_ends(text: &str) -> bool {
    let end = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    end(text.as_bytes().first()) && end(text.as_bytes().last())
}

/// The first label of a name, which may be or begin with `*`.
fn is_first_label(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('*') else { return is_label(text) };
    text.len() <= 63 && (rest.is_empty() || is_label(rest.strip_prefix('-').unwrap_or(rest)))
}

/// Labels between dots, the last of them no number; a dot may end them.
fn are_labels(text: &str) -> bool {
    let labels: Vec<&str> = text.split('.').collect();
    let Some((last, before)) = labels.split_last() else { return false };
    last.parse::<i64>().is_err()
        && before.iter().all(|label| is_label(label))
        && (last.is_empty() || is_label(last))
}

/// A host name without `*`.
pub(super) fn is_full_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 255 && are_labels(text)
}

/// A host name that may begin with `*`.
pub(super) fn is_host(text: &str) -> bool {
    if text.is_empty() || text.len() > 255 {
        return false;
    }
    match text.split_once('.') {
        Some((first, rest)) => is_first_label(first) && are_labels(rest),
        None => is_first_label(text),
    }
}

/// An address of a machine; one of IPv6 may have a zone.
pub(super) fn is_address(text: &str) -> bool {
    match text.split_once('%') {
        Some((address, zone)) => !zone.is_empty() && address.parse::<Ipv6Addr>().is_ok(),
        None => text.parse::<IpAddr>().is_ok(),
    }
}

/// An address, or a range of them as `10.0.0.0/8`.
pub(super) fn is_range(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return is_address(text) };
    let most = match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    let plain = bits.bytes().all(|b| b.is_ascii_digit()) && (bits.len() == 1 || !bits.starts_with('0'));
    plain && bits.parse::<u32>().is_ok_and(|bits| bits <= most)
}

/// Whether two hosts have a name in common.
pub(super) fn overlap(a: &str, b: &str) -> bool {
    match (a.strip_prefix('*'), b.strip_prefix('*')) {
        (Some(a), Some(b)) => a.ends_with(b) || b.ends_with(a),
        (Some(end), None) => b.ends_with(end),
        (None, Some(end)) => a.ends_with(end),
        (None, None) => a == b,
    }
}

/// Whether a host has all its names in common with another.
pub(super) fn is_within(inner: &str, outer: &str) -> bool {
    match (inner.strip_prefix('*'), outer.strip_prefix('*')) {
        (Some(inner), Some(outer)) => inner.len() >= outer.len() && inner.ends_with(outer),
        (Some(_), None) => false,
        (None, Some(outer)) => inner.ends_with(outer),
        (None, None) => inner == outer,
    }
}

/// Says that a value is no host name.
pub(super) fn no_host(found: &mut Found, look: &Look<'_>) {
    found
        .at(look, format!("can't be {}, which is no host name", shown(look.value())))
        .help("write a name such as `shop.example.com`; `*` may stand alone or begin it, as `*.example.com`");
}

/// Labels of workloads.
pub(super) fn labels(found: &mut Found, look: &Look<'_>, field: &'static str) {
    for (key, value) in look.entries(field) {
        if !is_label_key(key) {
            found.at(&value, "has a name that no label can have");
        } else if !value.value().is_empty() && !is_word(value.value()) {
            found
                .at(&value, format!("can't be {}, which no label can hold", shown(value.value())))
                .help(LABEL_VALUE);
        }
    }
}

fn is_label_key(key: &str) -> bool {
    let (before, name) = key.split_once('/').unwrap_or(("a", key));
    before.len() <= 253 && before.split('.').all(is_label) && is_word(name) && name.len() <= 63
}

/// Letters, digits, `-`, `_` and `.`, with a letter or digit at both ends.
fn is_word(text: &str) -> bool {
    has_ends(text) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// The namespaces that see an object. Those of a ServiceEntry may be nobody's.
pub(super) fn export_to(found: &mut Found, spec: &Look<'_>, namespace: &str, is_entry: bool) {
    let mut seen: Vec<&str> = Vec::new();
    for item in spec.items("exportTo") {
        // Of a part of an object, its namespace is not known.
        let name = if item.value() == "." && !namespace.is_empty() { namespace } else { item.value() };
        if seen.contains(&name) {
            found.at(&item, format!("is {} again, which is the same namespace", shown(item.value())));
            continue;
        }
        if !(name == "*" || (is_entry && name == "~") || name == "." || is_label(name)) {
            found
                .at(&item, format!("can't be {}, which is no namespace", shown(item.value())))
                .help("write `.` for its own namespace, `*` for all, or the names of namespaces");
            continue;
        }
        seen.push(name);
    }
    let all = seen.iter().find(|name| ["*", "~"].contains(name));
    if let (Some(all), true) = (all, spec.count("exportTo") > 1) {
        found
            .of(spec, "exportTo", format!("has `{all}` in `exportTo` beside others"))
            .help("`*` is everybody and `~` nobody; either stands alone");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_istiod_takes() {
        for host in ["a", "*", "*.a.b", "*a.b", "*-a.b", "A.b", "a.b.", "1", "a.1b"] {
            assert!(is_host(host), "{host}");
        }
        for host in ["", "a_b", "a..b", ".a", "a.*", "a.1", "-a.b", "**", "a b", &"a".repeat(64), "a/b"] {
            assert!(!is_host(host), "{host}");
        }
        assert!(is_full_name("a.b") && !is_full_name("*.b") && !is_full_name("1"));
        for address in ["1.2.3.4", "::1", "fe80::1%eth0"] {
            assert!(is_address(address) && is_range(address), "{address}");
        }
        for range in ["10.0.0.0/8", "::/0", "1.2.3.4/32"] {
            assert!(is_range(range), "{range}");
        }
        for range in ["10.0.0.0/33", "10.0.0.0/08", "10/8", "a", "1.2.3.4/", "01.2.3.4", "::/129"] {
            assert!(!is_range(range), "{range}");
        }
    }

    #[test]
    fn hosts_overlap_by_their_ends() {
        for (a, b) in [("a.b", "a.b"), ("*.b", "a.b"), ("*", "*.b"), ("*.a.b", "*.b")] {
            assert!(overlap(a, b) && overlap(b, a), "{a} {b}");
        }
        assert!(!overlap("*.a.b", "a.b"));
        assert!(is_within("a.b", "*.b") && is_within("*.a.b", "*.b") && is_within("a", "*"));
        assert!(!is_within("*.b", "a.b") && !is_within("*.b", "*.a.b"));
    }
}
