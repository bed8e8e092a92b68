//! Rules about one string or number.

use super::Fault;
use crate::resource::{Tree, Value};
use crate::schema::duration::{self, MILLISECOND, nanoseconds};

/// `duration(self) >= duration('1ms')`
pub(super) fn duration_from_a_millisecond(tree: &Tree) -> Option<Fault> {
    let text = tree.as_str()?;
    match nanoseconds(text) {
        None => Some(Fault::new("must be a length of time").help(duration::help(text))),
        Some(length) if length < MILLISECOND => {
            Some(Fault::new("must be at least 1ms long").help(duration::help("")))
        }
        Some(_) => None,
    }
}

/// `!self.contains("*")`
pub(super) fn no_wildcard(tree: &Tree) -> Option<Fault> {
    let broken = tree.as_str()?.contains('*');
    broken.then(|| Fault::new("can't hold `*`: a label is matched as it stands"))
}

/// `self.size() == 0`
pub(super) fn empty_namespace(tree: &Tree) -> Option<Fault> {
    let broken = !tree.as_str()?.is_empty();
    broken.then(|| {
        Fault::new("must be empty: what is referred to lies in the object's own namespace")
            .help("leave it out")
    })
}

/// `0 < self && self <= 65535`
pub(super) fn port(tree: &Tree) -> Option<Fault> {
    let Value::Int(number) = tree.value else { return None };
    (!(1..=65535).contains(&number)).then(|| Fault::new("must be a port, 1 to 65535"))
}

/// `self != "*"`
pub(super) fn not_the_wildcard(tree: &Tree) -> Option<Fault> {
    (tree.as_str()? == "*").then(|| Fault::new("can't be `*` alone").help("name a domain: `*.example.com`"))
}

/// `self in ["", "HTTP", "HTTPS"]`
pub(super) fn http_scheme(tree: &Tree) -> Option<Fault> {
    let broken = !["", "HTTP", "HTTPS"].contains(&tree.as_str()?);
    broken.then(|| Fault::new("must be `HTTP` or `HTTPS`"))
}

/// The path of a `unix://` address must begin with `/` or `@`.
pub(super) fn socket_is_absolute(tree: &Tree) -> Option<Fault> {
    let path = tree.as_str()?.strip_prefix("unix://")?;
    let broken = !path.starts_with(['/', '@']);
    broken.then(|| Fault::new("must name a socket by an absolute path, or by `@` and a name"))
}

/// The path of a `unix://` address can't end with `/`.
pub(super) fn socket_is_no_folder(tree: &Tree) -> Option<Fault> {
    let text = tree.as_str()?;
    (text.starts_with("unix://") && text.ends_with('/')).then(|| Fault::new("must name a socket, no folder"))
}

/// A quantity of Kubernetes, as `500m` or `1.5Gi`; a whole number is one too.
pub(super) fn quantity(tree: &Tree) -> Option<Fault> {
    let text = tree.as_str()?;
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let holds = after_number(unsigned).is_some_and(|unit| match unit.strip_prefix(['e', 'E']) {
        Some(power) if !power.is_empty() => {
            after_number(power.strip_prefix(['+', '-']).unwrap_or(power)) == Some("")
                || power == "i" && unit == "Ei"
        }
        _ => ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi"].contains(&unit),
    });
    (!holds).then(|| {
        Fault::new("must be a quantity").help("write a number with a unit, such as `500m` or `1.5Gi`")
    })
}

/// What follows a number with digits before or behind its point; nothing if there is no such number.
fn after_number(text: &str) -> Option<&str> {
    let whole = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = match whole.strip_prefix('.') {
        Some(rest) => rest.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => whole,
    };
    let number = &text[..text.len() - rest.len()];
    number.contains(|c: char| c.is_ascii_digit()).then_some(rest)
}
