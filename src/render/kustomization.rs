//! `kustomization.yaml`: derived lists of what lies beside them.

use super::yaml;
use crate::paths::mark::PASSED_OVER;

/// The body of a `kustomization.yaml`, without our first line.
///
/// Argo CD's directory mode would apply the file as a resource; the second line keeps it from that (Argo CD 3.1).
#[must_use]
pub fn kustomization<'a>(resources: impl IntoIterator<Item = &'a str>) -> String {
    let mut text =
        format!("{PASSED_OVER}\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n");
    let mut names: Vec<_> = resources.into_iter().collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        text.push_str("resources: []\n");
        return text;
    }
    text.push_str("resources:\n");
    for name in names {
        text.push_str("  - ");
        text.push_str(&yaml::scalar(name));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_sorted_and_quoted_where_yaml_would_read_something_else() {
        let text = kustomization(["b.yaml", "a.yaml", "on"]);
        assert!(text.ends_with("resources:\n  - a.yaml\n  - b.yaml\n  - \"on\"\n"), "{text}");
        assert!(kustomization([]).ends_with("resources: []\n"));
    }
}
