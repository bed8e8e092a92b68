//! Git's settings, as far as ignoring goes: `core.excludesFile` and `core.ignoreCase`.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::glob::Glob;
use super::repository::Repository;

/// A variable of the environment, if it is set and not empty.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// How deep one file may include another.
const DEEPEST: usize = 10;

/// What Git's settings say.
#[derive(Debug, Default)]
pub(super) struct Config {
    /// The ignore file of this person, for all their repositories; empty if there is to be none.
    excludes: Option<PathBuf>,
    /// Whether names are compared without regard to case.
    pub(super) any_case: bool,
    /// Whether a worktree has settings of its own.
    by_worktree: bool,
}

impl Config {
    /// Reads what Git would read: the system's, the person's, the repository's, the environment's. The later wins.
    pub(super) fn read(variables: Variables<'_>, repository: Option<&Repository>) -> Self {
        let mut reader = Reader { variables, repository, config: Self::default() };
        let path = |name: &str| variables(name).map(PathBuf::from);
        let off = |value: OsString| !["0", "false", "no", "off"].iter().any(|off| value == *off);
        if !variables("GIT_CONFIG_NOSYSTEM").is_some_and(off) {
            reader.file(&path("GIT_CONFIG_SYSTEM").unwrap_or_else(|| "/etc/gitconfig".into()), 0);
        }
        match path("GIT_CONFIG_GLOBAL") {
            Some(only) => reader.file(&only, 0),
            None => {
                let both = [personal(variables, "config"), path("HOME").map(|home| home.join(".gitconfig"))];
                both.into_iter().flatten().for_each(|file| reader.file(&file, 0));
            }
        }
        if let Some(repository) = repository {
            reader.file(&repository.common.join("config"), 0);
            if reader.config.by_worktree {
                reader.file(&repository.own.join("config.worktree"), 0);
            }
        }
        reader.counted();
        reader.config
    }

    /// The ignore file for all repositories of this person.
    pub(super) fn excludes(&self, variables: Variables<'_>, top: &Path) -> Option<PathBuf> {
        match &self.excludes {
            None => personal(variables, "ignore"),
            Some(none) if none.as_os_str().is_empty() => None,
            Some(file) => Some(top.join(file)),
        }
    }
}

/// A file of Git's in the folder for settings.
fn personal(variables: Variables<'_>, name: &str) -> Option<PathBuf> {
    let folder = variables("XDG_CONFIG_HOME").map(PathBuf::from);
    let folder = folder.or_else(|| variables("HOME").map(|home| Path::new(&home).join(".config")))?;
    Some(folder.join("git").join(name))
}

struct Reader<'a> {
    variables: Variables<'a>,
    repository: Option<&'a Repository>,
    config: Config,
}

impl Reader<'_> {
    /// Reads a file, if it is one.
    fn file(&mut self, path: &Path, depth: usize) {
        if depth > DEEPEST || !path.is_file() {
            return;
        }
        let Ok(bytes) = fs::read(path) else { return };
        for setting in parse(&String::from_utf8_lossy(&bytes)) {
            let value = setting.value.as_deref();
            match (setting.section.as_str(), setting.subsection.as_deref(), setting.key.as_str()) {
                ("include", None, "path") => self.include(path, value, depth),
                ("includeif", Some(condition), "path") if self.holds(path, condition) => {
                    self.include(path, value, depth);
                }
                (section, None, key) => self.take(section, key, value),
                _ => {}
            }
        }
    }

    fn include(&mut self, from: &Path, value: Option<&str>, depth: usize) {
        if let Some(path) = value.and_then(|value| self.path(value)) {
            let folder = from.parent().unwrap_or(Path::new("/"));
            self.file(&folder.join(path), depth + 1);
        }
    }

    /// Settings in variables: `GIT_CONFIG_COUNT` of them.
    fn counted(&mut self) {
        let text = |name: &str| (self.variables)(name)?.into_string().ok();
        let count = text("GIT_CONFIG_COUNT").and_then(|count| count.parse::<u16>().ok()).unwrap_or_default();
        let all: Vec<_> = (0..count)
            .filter_map(|i| {
                let value = text(&format!("GIT_CONFIG_VALUE_{i}")).unwrap_or_default();
                Some((text(&format!("GIT_CONFIG_KEY_{i}"))?.to_lowercase(), value))
            })
            .collect();
        for (key, value) in all {
            if let Some((section, key)) = key.split_once('.') {
                self.take(section, key, Some(&value));
            }
        }
    }

    fn take(&mut self, section: &str, key: &str, value: Option<&str>) {
        match (section, key) {
            ("core", "excludesfile") => {
                self.config.excludes =
                    value.and_then(|value| self.path(value)).or(self.config.excludes.take());
            }
            ("core", "ignorecase") => self.config.any_case = is_true(value),
            ("extensions", "worktreeconfig") => self.config.by_worktree = is_true(value),
            _ => {}
        }
    }

    /// A path as settings have it: `~/` is the person's home.
    fn path(&self, value: &str) -> Option<PathBuf> {
        match value.strip_prefix("~/") {
            Some(rest) => Some(Path::new(&(self.variables)("HOME")?).join(rest)),
            None => Some(PathBuf::from(value)),
        }
    }

    /// Whether a condition on where the repository lies holds; no other kind is known here.
    fn holds(&self, from: &Path, condition: &str) -> bool {
        let (pattern, any_case) = match condition.split_once(':') {
            Some(("gitdir", pattern)) => (pattern, false),
            Some(("gitdir/i", pattern)) => (pattern, true),
            _ => return false,
        };
        let Some(repository) = self.repository else { return false };
        let folder = from.parent().unwrap_or(Path::new("/"));
        let pattern = match pattern.strip_prefix("./") {
            Some(rest) => Some(folder.join(rest)),
            None => self.path(pattern),
        };
        let Some(mut pattern) = pattern.map(|path| path.to_string_lossy().into_owned()) else { return false };
        if !pattern.starts_with('/') {
            pattern = format!("**/{pattern}");
        }
        if pattern.ends_with('/') {
            pattern.push_str("**");
        }
        let own = repository.own.canonicalize().unwrap_or_else(|_| repository.own.clone());
        Glob::new(pattern.as_bytes(), any_case)
            .is_some_and(|glob| glob.matches(own.to_string_lossy().as_bytes()))
    }
}

/// A key without a value is true, too.
fn is_true(value: Option<&str>) -> bool {
    value.is_none_or(|value| {
        ["true", "yes", "on"].iter().any(|yes| value.eq_ignore_ascii_case(yes))
            || value.parse::<i64>().is_ok_and(|number| number != 0)
    })
}

/// One setting; section and key in lower case.
#[derive(Debug, PartialEq, Eq)]
struct Setting {
    section: String,
    subsection: Option<String>,
    key: String,
    value: Option<String>,
}

fn parse(text: &str) -> Vec<Setting> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let mut found = Vec::new();
    let mut section: Option<(String, Option<String>)> = None;
    let mut rest = text.as_str();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return found;
        }
        if rest.starts_with(['#', ';']) {
            rest = rest.split_once('\n').map_or("", |(_, after)| after);
        } else if let Some(header) = rest.strip_prefix('[') {
            let Some((name, after)) = header_of(header) else { return found };
            section = Some(name);
            rest = after;
        } else {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '-').unwrap_or(rest.len());
            let (key, after) = rest.split_at(end);
            let after = after.trim_start_matches([' ', '\t']);
            let (value, after) = match after.strip_prefix('=') {
                Some(after) => {
                    let (value, after) = value_of(after);
                    (Some(value), after)
                }
                None => (None, after.split_once('\n').map_or("", |(_, after)| after)),
            };
            rest = after;
            // Git reads no further than to what it does not understand.
            let Some((section, subsection)) = section.clone().filter(|_| !key.is_empty()) else {
                return found;
            };
            found.push(Setting { section, subsection, key: key.to_lowercase(), value });
        }
    }
}

/// `name]` or `name "sub"]`, and what follows.
fn header_of(text: &str) -> Option<((String, Option<String>), &str)> {
    let end = text.find([']', ' ', '\t', '\n'])?;
    let (name, rest) = text.split_at(end);
    if let Some(after) = rest.strip_prefix(']') {
        return Some(match name.split_once('.') {
            Some((name, sub)) => ((name.to_lowercase(), Some(sub.to_lowercase())), after),
            None => ((name.to_lowercase(), None), after),
        });
    }
    let mut sub = String::new();
    let mut chars = rest.trim_start_matches([' ', '\t']).strip_prefix('"')?.chars();
    loop {
        match chars.next()? {
            '"' => break,
            '\n' => return None,
            '\\' => sub.push(chars.next()?),
            c => sub.push(c),
        }
    }
    Some(((name.to_lowercase(), Some(sub)), chars.as_str().strip_prefix(']')?))
}

/// A value up to the line's end, and what follows.
fn value_of(text: &str) -> (String, &str) {
    let mut value = String::new();
    // Blanks count once something follows them.
    let mut blanks = String::new();
    let mut quoted = false;
    let mut chars = text.trim_start_matches([' ', '\t']).chars();
    while let Some(c) = chars.next() {
        let plain = match c {
            '\n' => break,
            '#' | ';' if !quoted => {
                let rest = chars.as_str();
                return (value, rest.split_once('\n').map_or("", |(_, after)| after));
            }
            ' ' | '\t' if !quoted => {
                blanks.push(c);
                continue;
            }
            '"' => {
                quoted = !quoted;
                value.push_str(&std::mem::take(&mut blanks));
                continue;
            }
            '\\' => match chars.next() {
                None | Some('\n') => continue,
                Some('n') => '\n',
                Some('t') => '\t',
                Some('b') => '\u{8}',
                Some(c) => c,
            },
            c => c,
        };
        value.push_str(&std::mem::take(&mut blanks));
        value.push(plain);
    }
    (value, chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_git_writes_them() {
        let text = "\u{feff}# head\n[Core]\n\texcludesFile = \"~/a b\" ; c\n\tignorecase\n[include] path=x\\\ny\n\
                    [includeIf \"gitdir:~/w\\\"/\"]\r\npath = a\\\\b # c\r\n[a.B]\nk=\n";
        let shown: Vec<_> = parse(text)
            .into_iter()
            .map(|s| (s.section, s.subsection.unwrap_or_default(), s.key, s.value))
            .collect();
        let of = |section: &str, sub: &str, key: &str, value: Option<&str>| {
            (section.to_owned(), sub.to_owned(), key.to_owned(), value.map(str::to_owned))
        };
        assert_eq!(
            shown,
            [
                of("core", "", "excludesfile", Some("~/a b")),
                of("core", "", "ignorecase", None),
                of("include", "", "path", Some("xy")),
                of("includeif", "gitdir:~/w\"/", "path", Some("a\\b")),
                of("a", "b", "k", Some("")),
            ]
        );
        for broken in ["[", "[a", "[a \"b", "x=1", "[a]\n=", "[a \"b\n\"]", "[a]\nk=\"x"] {
            assert!(parse(broken).len() < 2, "{broken}");
        }
    }
}
