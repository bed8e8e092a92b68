//! The first line of every file below `out/`: which node of the spec made it, and the file's own path. A file is ours
//! only if that line names the path at which the file stands, so a copy that a user keeps elsewhere is never touched.

use std::borrow::Cow;
use std::fmt;

/// Keeps Argo CD (3.1) from taking a file up when it goes through folders: a list is nothing to apply, and the Secret of one
/// cluster's istiod is nothing for the others.
pub const PASSED_OVER: &str = "# +argocd:skip-file-rendering";

/// The line that says whose a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The word of the node, as `gateway`.
    pub word: String,
    /// The node's name.
    pub name: String,
    /// The path of the file below `out/`.
    pub path: String,
}

impl Mark {
    /// Reads it from a file's first line.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let line = text.lines().next()?.strip_prefix("# gatewright: ")?;
        let (word, rest) = line.split_once(" \"")?;
        let (name, path) = rest.rsplit_once("\" -> ")?;
        Some(Self { word: word.to_owned(), name: name.to_owned(), path: path.trim_end().to_owned() })
    }
}

/// Whether a text is the file of ours that stands at this path below `out/`.
///
/// Where a creation rule covers comments, sops seals the mark too as soon as it writes the file. Then what the Secret says of
/// itself must do, which is readable in every sealed file of ours: by whom it is managed, and the name that its path has.
#[must_use]
pub fn is_ours(text: &str, path: &str) -> bool {
    if text.starts_with("#ENC[") {
        return sealed_says(text, path);
    }
    Mark::of(text).is_some_and(|mark| mark.path == path)
}

/// What happened to a file of ours at this path that [`is_ours`] does not know any more, if its text tells.
#[must_use]
pub fn damage(text: &str, path: &str) -> Option<&'static str> {
    const START: &str = "# gatewright: ";
    let rest = text.trim_end();
    if rest.is_empty() {
        return Some("it is empty");
    }
    let is_one_line = rest.starts_with(START) && !rest.contains('\n');
    if START.trim_end().starts_with(rest)
        || is_one_line && Mark::of(rest).is_none_or(|mark| path.starts_with(&mark.path))
    {
        return Some("it is cut off within its first line");
    }
    sealed_says(text, path).then_some("its first line is gone, which says whose it is")
}

fn sealed_says(text: &str, path: &str) -> bool {
    let Some((namespace, file)) = path.split_once('/') else { return false };
    let Some(name) = file.strip_prefix("secret-").and_then(|rest| rest.strip_suffix(".sops.yaml")) else {
        return false;
    };
    let wanted = [
        ("app.kubernetes.io/managed-by", "gatewright"),
        ("gatewright.dev/sealed", "true"),
        ("namespace", namespace),
        ("name", name),
    ];
    let says = |(key, value): &(&str, &str)| {
        let mut fields = text.lines().filter_map(|line| line.trim().split_once(": "));
        fields.any(|(k, v)| k == *key && v.trim_matches(['"', '\'']) == *value)
    };
    wanted.iter().all(says)
}

/// A text without the marks and [`PASSED_OVER`] in front of its content. Its lines keep their numbers.
///
/// A mark is a comment to other readers: one in a sealed file would be taken for part of what is sealed.
#[must_use]
pub fn unmarked(text: &str) -> Cow<'_, str> {
    let mut found = Cow::Borrowed(text);
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let own = line.trim_end_matches(['\n', '\r']);
        if !own.is_empty() && !own.starts_with('#') {
            break;
        }
        if Mark::of(line).is_some() || own == PASSED_OVER {
            found.to_mut().replace_range(at..at + own.len(), "");
            at += line.len() - own.len();
        } else {
            at += line.len();
        }
    }
    found
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "# gatewright: {} \"{}\" -> {}", self.word, self.name, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_is_written() {
        let mark = Mark { word: "host".into(), name: "a.example".into(), path: "default/x.yaml".into() };
        let text = format!("{mark}\nkind: X\n");
        assert_eq!(text.lines().next(), Some("# gatewright: host \"a.example\" -> default/x.yaml"));
        assert_eq!(Mark::of(&text), Some(mark.clone()));
        assert_eq!(Mark::of(&text.replace('\n', "\r\n")), Some(mark));
        assert_eq!(Mark::of("kind: X\n"), None);
        assert_eq!(Mark::of(""), None);
    }

    #[test]
    fn a_sealed_mark_is_replaced_by_what_the_secret_says() {
        let path = "pods/secret-web.sops.yaml";
        let text = "#ENC[AES256_GCM,data:x]\nkind: Secret\nmetadata:\n    labels:\n        app.kubernetes.io/managed-by: gatewright\n        gatewright.dev/sealed: \"true\"\n    name: web\n    namespace: pods\n";
        assert!(is_ours(text, path));
        for other in ["mine/secret-web.sops.yaml", "pods/secret-copy.sops.yaml", "pods/web.yaml", "web"] {
            assert!(!is_ours(text, other), "{other}");
        }
        for part in ["#ENC", "gatewright\n", "sealed: \"true\"", "name: web"] {
            assert!(!is_ours(&text.replace(part, "x: y\n"), path), "{part}");
        }
        assert!(is_ours("# gatewright: host \"a\" -> a/x.yaml\n", "a/x.yaml"));
        assert!(!is_ours("# gatewright: host \"a\" -> a/x.yaml\n", "b/x.yaml"));
    }

    #[test]
    fn marks_before_the_content_are_taken_off_and_nothing_else() {
        let mark = "# gatewright: host \"a\" -> a/x.yaml";
        for (text, without) in [
            (format!("{mark}\nkind: X\n"), "\nkind: X\n"),
            (format!("{mark}\r\nkind: X\r\n"), "\r\nkind: X\r\n"),
            (format!("# mine\n\n{mark}\n{mark}\nkind: X\n"), "# mine\n\n\n\nkind: X\n"),
            (mark.to_owned(), ""),
            (format!("{mark}\n{PASSED_OVER}\nkind: X\n"), "\n\nkind: X\n"),
        ] {
            assert_eq!(unmarked(&text), without);
        }
        for text in ["", "# mine\nkind: X\n", &format!("kind: X\n{mark}\n")] {
            assert_eq!(unmarked(text), text);
        }
    }
}
