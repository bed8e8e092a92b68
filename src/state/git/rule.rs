//! One line of an ignore file.

use super::glob::Glob;

/// A rule that can match something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    /// Its line, from 1.
    pub(super) line: usize,
    /// As written, without blanks at its end.
    pub(super) text: String,
    /// Whether it takes back what others ignore.
    pub(super) negated: bool,
    folders_only: bool,
    /// Whether it is about a path from the file's folder on, not about a name at any depth.
    anchored: bool,
    glob: Glob,
}

/// Reads an ignore file. What Git can't use is left out.
pub(super) fn read(bytes: &[u8], any_case: bool) -> Vec<Rule> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let lines = bytes.split(|byte| *byte == b'\n').enumerate();
    lines.filter_map(|(i, line)| rule(line, i + 1, any_case)).collect()
}

fn rule(line: &[u8], number: usize, any_case: bool) -> Option<Rule> {
    if line.first() == Some(&b'#') {
        return None;
    }
    let line = trimmed(line.strip_suffix(b"\r").unwrap_or(line));
    let (pattern, negated) = match line.strip_prefix(b"!") {
        Some(rest) => (rest, true),
        None => (line, false),
    };
    let (pattern, folders_only) = match pattern.strip_suffix(b"/") {
        Some(rest) => (rest, true),
        None => (pattern, false),
    };
    let anchored = pattern.contains(&b'/');
    let pattern = pattern.strip_prefix(b"/").unwrap_or(pattern);
    if pattern.is_empty() {
        return None;
    }
    let text = String::from_utf8_lossy(line).into_owned();
    let glob = if anchored { Glob::of_rule(pattern, any_case)? } else { Glob::new(pattern, any_case)? };
    Some(Rule { line: number, text, negated, folders_only, anchored, glob })
}

/// Without blanks at the end, except one behind a backslash.
fn trimmed(line: &[u8]) -> &[u8] {
    let mut end = 0;
    let mut at = 0;
    while let Some(byte) = line.get(at) {
        at += if *byte == b'\\' { 2 } else { 1 };
        if *byte != b' ' {
            end = at.min(line.len());
        }
    }
    line.get(..end).unwrap_or(line)
}

impl Rule {
    /// Whether it is about a file or folder whose path below the ignore file's folder is `path`.
    pub(super) fn is_about(&self, path: &str, is_folder: bool) -> bool {
        if self.folders_only && !is_folder {
            return false;
        }
        let text = if self.anchored { path } else { path.rsplit('/').next().unwrap_or(path) };
        self.glob.matches(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_git_reads_them() {
        let text = "# a comment\n\n!\n/\nout/\r\n  x\n/pki\ntrailing   \nkept\\ \n!back\n[open\nlast";
        let rules = read(text.as_bytes(), false);
        let shown: Vec<_> = rules.iter().map(|rule| (rule.line, rule.text.as_str(), rule.negated)).collect();
        assert_eq!(
            shown,
            [
                (5, "out/", false),
                (6, "  x", false),
                (7, "/pki", false),
                (8, "trailing", false),
                (9, "kept\\ ", false),
                (10, "!back", true),
                (12, "last", false),
            ]
        );
        let about = |i: usize, path: &str, is_folder| rules[i].is_about(path, is_folder);
        assert!(about(0, "out", true) && about(0, "deep/out", true) && !about(0, "out", false));
        assert!(about(2, "pki", true) && !about(2, "deep/pki", true));
        assert!(about(4, "kept ", false) && about(6, "a/last", false));
        assert_eq!(read(b"\xef\xbb\xbfa", false)[0].text, "a");
    }
}
