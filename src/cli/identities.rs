//! Finds age identities where sops finds them: all sources are read and pooled; a bad one only adds a note.
#![expect(clippy::disallowed_methods, reason = "identities lie outside the project")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use zeroize::Zeroizing;

use super::settings::{Environment, Settings, normalise};
use crate::diag::{Code, Diagnostic};
use crate::issue::Unlock;
use crate::sops::{Identities, IdentityProblem};

/// Where a run's identities come from.
pub(super) struct Finder<'a> {
    settings: &'a Settings,
}

impl<'a> Finder<'a> {
    pub(super) fn new(settings: &'a Settings) -> Self {
        Self { settings }
    }
}

impl Unlock for Finder<'_> {
    fn identities(&self) -> Result<Identities, Box<Diagnostic>> {
        let mut found = Identities::new();
        if !self.settings.identities.is_empty() {
            for path in &self.settings.identities {
                named(path, &mut found)?;
            }
            return Ok(found);
        }
        let environment = &self.settings.environment;
        if let Some(text) = environment.get("SOPS_AGE_KEY").and_then(|text| text.to_str()) {
            found.add("SOPS_AGE_KEY", text);
        }
        if let Some(path) = environment.get("SOPS_AGE_KEY_FILE") {
            from_file(Path::new(path), &mut found);
        }
        if let Some(command) = environment.get("SOPS_AGE_KEY_CMD").and_then(|text| text.to_str()) {
            from_command(command, &mut found);
        }
        if let Some(path) = keys_file(environment).filter(|path| path.exists()) {
            from_file(&path, &mut found);
        }
        Ok(found)
    }
}

/// The file where sops keeps identities, and where `init` puts the operator's.
pub(super) fn keys_file(environment: &Environment) -> Option<PathBuf> {
    let config = environment
        .get("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| environment.get("HOME").map(|home| home_config(Path::new(home))))?;
    Some(config.join("sops/age/keys.txt"))
}

fn home_config(home: &Path) -> PathBuf {
    if cfg!(target_os = "macos") { home.join("Library/Application Support") } else { home.join(".config") }
}

/// A file that the call names must be there and hold identities.
fn named(path: &Path, found: &mut Identities) -> Result<(), Box<Diagnostic>> {
    let shown = normalise(path).display().to_string();
    let before = found.notes().len();
    let say = |problem: &str, help: &str| {
        let message = format!("the identity file {shown} can't be used: {problem}");
        Err(Box::new(Diagnostic::error(Code::IDENTITY, message).in_file(shown.as_str()).help(help)))
    };
    match fs::read_to_string(path).map(Zeroizing::new) {
        Ok(text) => {
            found.add(&shown, &text);
            match found.notes().get(before).map(|note| note.problem.to_string()) {
                Some(problem) => {
                    say(&problem, "an identity is a line `AGE-SECRET-KEY-1…`, as `age-keygen` writes it")
                }
                None => Ok(()),
            }
        }
        Err(error) => say(&error.to_string(), "`--identity` takes the path of a file of age identities"),
    }
}

fn from_file(path: &Path, found: &mut Identities) {
    let shown = path.display().to_string();
    match fs::read_to_string(path).map(Zeroizing::new) {
        Ok(text) => found.add(&shown, &text),
        Err(error) => found.leave_out(&shown, IdentityProblem::Unreadable(error.kind())),
    }
}

/// Words are split at blanks, quotes group them; no shell is involved.
fn from_command(line: &str, found: &mut Identities) {
    let mut words = split(line).into_iter();
    let Some(program) = words.next() else { return };
    const FROM: &str = "SOPS_AGE_KEY_CMD";
    let output = Command::new(program).args(words).output().ok().filter(|output| output.status.success());
    match output.and_then(|output| String::from_utf8(output.stdout).ok()).map(Zeroizing::new) {
        Some(text) => found.add(FROM, &text),
        None => found.leave_out(FROM, IdentityProblem::Command),
    }
}

fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_split_into_words_without_a_shell() {
        assert_eq!(split("pass show 'age key' \"x y\"z ''"), ["pass", "show", "age key", "x yz", ""]);
        assert!(split("  ").is_empty());
    }
}
