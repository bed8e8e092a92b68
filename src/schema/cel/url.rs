//! Rules about addresses. Kubernetes reads them with Go's `url.ParseRequestURI`: an absolute address, or an absolute path.

use super::Fault;
use crate::resource::Tree;

/// `url(self).getScheme() in ["http", "https"]`
pub(super) fn web(tree: &Tree) -> Option<Fault> {
    let found = scheme(tree.as_str()?);
    let broken = !found.is_some_and(|scheme| ["http", "https"].contains(&scheme.as_str()));
    broken.then(|| Fault::new("must be an address that begins with `http://` or `https://`"))
}

/// A scheme for images, or none; without one, what follows must be an address all the same.
pub(super) fn image(tree: &Tree) -> Option<Fault> {
    let text = tree.as_str()?;
    let found = scheme(text).or_else(|| scheme(&format!("http://{text}")));
    let broken = !found.is_some_and(|scheme| ["", "http", "https", "file", "oci"].contains(&scheme.as_str()));
    broken.then(|| {
        Fault::new("must be an address that begins with `oci://`, `http://`, `https://` or `file://`")
    })
}

/// The scheme of what Go takes for an address, in lower case, empty for a path; nothing for any other text.
fn scheme(text: &str) -> Option<String> {
    if text.is_empty() || text.bytes().any(|b| b < 0x20 || b == 0x7f) {
        return None;
    }
    let (scheme, rest) = split_scheme(text)?;
    let Some(path) = rest.strip_prefix('/') else {
        // `mailto:x` is an address; `x` alone is none.
        return (!scheme.is_empty()).then_some(scheme);
    };
    match path.strip_prefix('/') {
        Some(after) if !scheme.is_empty() => {
            let end = after.find(['/', '?']).unwrap_or(after.len());
            let (authority, path) = after.split_at(end);
            let path = path.split('?').next().unwrap_or_default();
            (is_authority(authority) && escapes_fit(path)).then_some(scheme)
        }
        _ => escapes_fit(rest.split('?').next().unwrap_or_default()).then_some(scheme),
    }
}

/// What stands before the first colon if it can be a scheme; nothing where the colon is the first character.
fn split_scheme(text: &str) -> Option<(String, &str)> {
    for (i, b) in text.bytes().enumerate() {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if i > 0 => {}
            b':' if i == 0 => return None,
            b':' => return Some((text[..i].to_ascii_lowercase(), &text[i + 1..])),
            _ => break,
        }
    }
    Some((String::new(), text))
}

/// `user@host:port`, each as Go takes it.
fn is_authority(text: &str) -> bool {
    let host = match text.rsplit_once('@') {
        Some((user, host)) => {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
            if !user.chars().all(plain) || !escapes_fit(user) {
                return false;
            }
            host
        }
        None => text,
    };
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some(parts) => parts,
            None => return false,
        },
        None => host.rfind(':').map_or((host, ""), |colon| host.split_at(colon)),
    };
    let port_fits = port.is_empty()
        || port.strip_prefix(':').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    let allowed =
        |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || "-_.~!$&'()*+,;=:[]<>\"".contains(c);
    port_fits && name.chars().all(allowed)
}

/// Whether every `%` is followed by two hex digits.
fn escapes_fit(text: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        let mut digits = after.bytes();
        let mut hex = || digits.next().is_some_and(|b| b.is_ascii_hexdigit());
        hex() && hex()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_go_reads_them() {
        for (text, expected) in [
            ("https://a.example/keys", Some("https")),
            ("HTTPS://a.example", Some("https")),
            ("http://user:pw@a:80/%20?q", Some("http")),
            ("http://[::1]:80/", Some("http")),
            ("http://a:80x/", None),
            ("http://a b/", None),
            ("http://a/%2", None),
            ("http://[::1", None),
            ("http://", Some("http")),
            ("mailto:x", Some("mailto")),
            ("localhost:80", Some("localhost")),
            ("/path", Some("")),
            ("//host/path", Some("")),
            ("a.example/keys", None),
            ("1http://a", None),
            ("://a", None),
            ("", None),
            ("http://a\n", None),
        ] {
            assert_eq!(scheme(text).as_deref(), expected, "{text}");
        }
    }
}
