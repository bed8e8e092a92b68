//! Transcripts: calls of the program one after another with all that they print, held against files in `snapshots/`.
//! `UPDATE=1` writes them anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::sandbox::{NOW, Run, Sandbox};

/// Calls in one sandbox.
pub(crate) struct Transcript<'a> {
    sandbox: &'a Sandbox,
    text: String,
}

impl<'a> Transcript<'a> {
    pub(crate) fn new(sandbox: &'a Sandbox) -> Self {
        Self { sandbox, text: String::new() }
    }

    /// Runs the program with arguments that are separated by blanks.
    pub(crate) fn run(&mut self, call: &str) -> Run {
        self.run_at(NOW, call)
    }

    /// Runs the program at another moment.
    pub(crate) fn run_at(&mut self, now: &str, call: &str) -> Run {
        let arguments: Vec<&str> = call.split(' ').filter(|argument| !argument.is_empty()).collect();
        let run = self.sandbox.run_at(now, &arguments);
        let code = run.code.map_or("a signal".to_owned(), |code| code.to_string());
        let at = if now == NOW { String::new() } else { format!("   # at {now}") };
        self.text.push_str(&format!("$ gatewright {call}{at}\n{}", ended(&run.stdout)));
        if !run.stderr.is_empty() {
            self.text.push_str(&format!("[stderr]\n{}", ended(&run.stderr)));
        }
        self.text.push_str(&format!("[exit {code}]\n\n"));
        run
    }

    /// Says what changes between two calls.
    pub(crate) fn note(&mut self, text: &str) {
        self.text.push_str(&format!("# {text}\n\n"));
    }

    /// Replaces what chance decided.
    pub(crate) fn mask(&mut self, old: &str, new: &str) {
        self.text = self.text.replace(old, new);
    }

    /// Compares all with the file of that name.
    #[track_caller]
    pub(crate) fn matches(self, name: &str) {
        let path = folder().join(format!("{name}.txt"));
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &self.text).unwrap();
        }
        let expected = fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}; UPDATE=1 writes it", path.display()));
        if expected != self.text {
            let diff = similar::TextDiff::from_lines(&expected, &self.text);
            panic!("{} differs (UPDATE=1 writes it anew):\n{}", path.display(), diff.unified_diff());
        }
    }
}

fn ended(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n[no line end]\n") }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/snapshots")
}

/// A snapshot that no test reads would only look like a test.
#[test]
fn every_snapshot_is_read() {
    let mut sources = String::new();
    for entry in fs::read_dir(folder().parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "rs") {
            sources.push_str(&fs::read_to_string(path).unwrap());
        }
    }
    let names: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    assert!(!names.is_empty());
    for name in names {
        assert!(sources.contains(&format!("matches(\"{name}\")")), "no test reads snapshots/{name}.txt");
    }
}
