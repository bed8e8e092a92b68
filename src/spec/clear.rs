//! What would lie in Git in the clear: which objects are Secrets, and which hold other objects.

/// Whether an object is a Secret of the core, however its kind is spelled. A kind `Secret` of another group is none.
#[must_use]
pub fn is_secret(api_version: &str, kind: &str) -> bool {
    is_core(api_version) && kind.eq_ignore_ascii_case("Secret")
}

/// Whether an object is a list of others, as `List` or the core's `SecretList`. `kubectl` and what builds on it apply each of
/// its items on its own, and give one that has no kind that of the list.
#[must_use]
pub fn is_list(api_version: &str, kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    kind == "list" || is_core(api_version) && kind.ends_with("list")
}

/// Whether an `apiVersion` has no group, or an empty one.
#[must_use]
pub fn is_core(api_version: &str) -> bool {
    api_version.split_once('/').is_none_or(|(group, _)| group.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spelling_hides_a_secret() {
        for (api, kind, secret, list) in [
            ("v1", "Secret", true, false),
            ("v1", "secret", true, false),
            ("/v1", "SECRET", true, false),
            ("v2", "Secret", true, false),
            ("", "Secret", true, false),
            ("foo/v1", "Secret", false, false),
            ("v1", "SecretList", false, true),
            ("v1", "List", false, true),
            ("foo/v1", "list", false, true),
            ("foo/v1", "AllowList", false, false),
            ("v1", "ConfigMap", false, false),
        ] {
            assert_eq!((is_secret(api, kind), is_list(api, kind)), (secret, list), "{api} {kind}");
        }
    }
}
