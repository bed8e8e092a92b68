//! Finds age identities where sops finds them: all sources are read and pooled; a bad one only adds a note.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use zeroize::Zeroizing;

use super::bounded;
use super::settings::{Environment, Settings, normalise};
use crate::diag::{Code, Diagnostic};
use crate::issue::Unlock;
use crate::sops::{Identities, IdentityProblem, is_encrypted};

/// Where a run's identities come from.
pub(super) struct Finder<'a> {
    settings: &'a Settings,
    asks: bool,
}

impl<'a> Finder<'a> {
    pub(super) fn new(settings: &'a Settings) -> Self {
        Self { settings, asks: true }
    }

    /// One that never asks anybody for a passphrase: for what is good to know and not needed.
    pub(super) fn without_asking(settings: &'a Settings) -> Self {
        Self { settings, asks: false }
    }

    /// Adds a source; one that is encrypted, with its passphrase.
    fn add(&self, from: &str, source: &[u8], found: &mut Identities) -> Result<(), Box<Diagnostic>> {
        if !is_encrypted(source) {
            match std::str::from_utf8(source) {
                Ok(text) => found.add(from, text),
                Err(error) => {
                    let before = source.get(..error.valid_up_to()).unwrap_or_default();
                    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
                    found.leave_out(from, IdentityProblem::Line(line));
                }
            }
            return Ok(());
        }
        match self.passphrase(from)? {
            Some(passphrase) => found.add_encrypted(from, source, &passphrase),
            None => found.leave_out(from, IdentityProblem::Passphrase),
        }
        Ok(())
    }

    fn passphrase(&self, from: &str) -> Result<Option<Zeroizing<String>>, Box<Diagnostic>> {
        if let Some(path) = &self.settings.passphrase_file {
            let line = bounded::first_line(path).map_err(|error| {
                let shown = normalise(path).display().to_string();
                let message = format!("the passphrase file {shown} can't be read: {error}");
                Box::new(
                    Diagnostic::error(Code::IDENTITY, message)
                        .in_file(shown)
                        .help("`--passphrase-file` takes a file whose first line is the passphrase"),
                )
            })?;
            return Ok(Some(line));
        }
        if !self.asks || !std::io::stdin().is_terminal() {
            return Ok(None);
        }
        Ok(rpassword::prompt_password(format!("Passphrase for {from}: ")).ok().map(Zeroizing::new))
    }

    fn add_file(&self, path: &Path, found: &mut Identities) -> Result<(), Box<Diagnostic>> {
        let shown = path.display().to_string();
        match bounded::read(path) {
            Ok(source) => self.add(&shown, &source, found)?,
            Err(error) => found.leave_out(&shown, IdentityProblem::Unreadable(error.kind())),
        }
        Ok(())
    }

    /// Words are split at blanks, quotes group them; no shell is involved.
    fn add_command(&self, line: &str, found: &mut Identities) -> Result<(), Box<Diagnostic>> {
        let mut words = split(line).into_iter();
        let Some(program) = words.next() else { return Ok(()) };
        const FROM: &str = "SOPS_AGE_KEY_CMD";
        let output = Command::new(program).args(words).output().ok().filter(|output| output.status.success());
        match output.map(|output| Zeroizing::new(output.stdout)) {
            Some(source) => self.add(FROM, &source, found)?,
            None => found.leave_out(FROM, IdentityProblem::Command),
        }
        Ok(())
    }

    /// A file that the call names must be there and hold identities.
    fn named(&self, path: &Path, found: &mut Identities) -> Result<(), Box<Diagnostic>> {
        let shown = normalise(path).display().to_string();
        let before = found.notes().len();
        let say = |problem: &str, help: &str| Err(unusable(&shown, problem, help));
        let source = match bounded::read(path) {
            Ok(source) => source,
            Err(error) => {
                return say(&error.to_string(), "`--identity` takes the path of a file of age identities");
            }
        };
        self.add(&shown, &source, found)?;
        let Some(note) = found.notes().get(before) else { return Ok(()) };
        let help = match note.problem {
            IdentityProblem::Passphrase => "give it with `--passphrase-file FILE`, or run this in a terminal",
            IdentityProblem::WrongPassphrase => WRONG_PASSPHRASE,
            _ => "an identity is a line `AGE-SECRET-KEY-1…`, as `age-keygen` writes it",
        };
        say(&note.problem.to_string(), help)
    }
}

impl Unlock for Finder<'_> {
    fn identities(&self) -> Result<Identities, Box<Diagnostic>> {
        let mut found = Identities::new();
        if !self.settings.identities.is_empty() {
            for path in &self.settings.identities {
                self.named(path, &mut found)?;
            }
            return Ok(found);
        }
        self.pool(&mut found)?;
        // Somebody gave it for this file.
        let wrong = found.notes().iter().find(|note| note.problem == IdentityProblem::WrongPassphrase);
        match wrong.filter(|_| found.is_empty()) {
            Some(note) => Err(unusable(&note.from, &note.problem.to_string(), WRONG_PASSPHRASE)),
            None => Ok(found),
        }
    }
}

impl Finder<'_> {
    /// What the environment names, and what lies where sops keeps identities.
    fn pool(&self, found: &mut Identities) -> Result<(), Box<Diagnostic>> {
        let environment = &self.settings.environment;
        if let Some(text) = environment.get("SOPS_AGE_KEY").and_then(|text| text.to_str()) {
            self.add("SOPS_AGE_KEY", text.as_bytes(), found)?;
        }
        if let Some(path) = environment.get("SOPS_AGE_KEY_FILE") {
            self.add_file(Path::new(path), found)?;
        }
        if let Some(command) = environment.get("SOPS_AGE_KEY_CMD").and_then(|text| text.to_str()) {
            self.add_command(command, found)?;
        }
        if let Some(path) = keys_file(environment).filter(|path| path.exists()) {
            self.add_file(&path, found)?;
        }
        Ok(())
    }
}

const WRONG_PASSPHRASE: &str = "it is the one that `age -d` asks for";

/// The finding about a source of identities, whose file is shown as a user reads it.
fn unusable(from: &str, problem: &str, help: &str) -> Box<Diagnostic> {
    let message = format!("the identity file {from} can't be used: {problem}");
    Box::new(Diagnostic::error(Code::IDENTITY, message).in_file(from).help(help))
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
