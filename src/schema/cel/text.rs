//! Rules about one string or number.

use super::Fault;
use crate::resource::{Tree, Value};
use crate::schema::duration::{MILLISECOND, nanoseconds};

/// `duration(self) >= duration('1ms')`
pub(super) fn duration_from_a_millisecond(tree: &Tree) -> Option<Fault> {
    let text = tree.as_str()?;
    let help = "write numbers with the units `h`, `m`, `s` or `ms`, such as \"1m30s\" or \"500ms\"";
    match nanoseconds(text) {
        None => Some(Fault::new("must be a length of time").help(help)),
        Some(length) if length < MILLISECOND => Some(Fault::new("must be at least 1ms long").help(help)),
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
