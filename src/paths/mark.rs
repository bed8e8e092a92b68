//! The first line of every file below `out/`: which node of the spec made it, and the file's own path. A file is ours
//! only if that line names the path at which the file stands, so a copy that a user keeps elsewhere is never touched.

use std::fmt;

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
}
