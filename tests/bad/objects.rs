//! Objects that their kinds do not allow, and files with kinds that can't be used: each project of `tests/bad/objects` gives
//! the findings in the `.diag` file beside it, and nothing is written unless they are warnings. `UPDATE=1` writes the `.diag`
//! files anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::case::refused;
use crate::cli::sandbox::{SHOP, Sandbox};
use crate::support::snapshot::difference;
use crate::support::widgets::WIDGETS;

const CODES: [&str; 10] = [
    "unknown-kind",
    "unknown-field",
    "field-value",
    "missing-field",
    "conflicting-fields",
    "newer-field",
    "deprecated-field",
    "crd-file",
    "invalid-pin",
    "unknown-variable",
];

fn cases(extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad/objects");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.extension().unwrap() == extension).collect();
    files.sort();
    files
}

/// A file of a case: as it stands there, or the widgets' definition behind `@widgets`, with a change a line, `old => new`.
fn file(text: &str) -> String {
    let Some(changes) = text.strip_prefix("@widgets\n") else { return text.to_owned() };
    let changes = changes.lines().map(|line| line.split_once(" => ").unwrap());
    changes.fold(WIDGETS.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replace(old, new)
    })
}

/// The files of a case, behind lines `//// path`, in a project with two hosts unless the case has a spec of its own.
fn project(path: &Path) -> Sandbox {
    let text = fs::read_to_string(path).unwrap();
    let parts = text.split("//// ").skip(1).map(|part| part.split_once('\n').unwrap());
    let files: Vec<(&str, String)> = parts.map(|(path, text)| (path, file(text))).collect();
    let sandbox = Sandbox::new(files.iter().map(|(path, text)| (*path, text.as_str())));
    if !files.iter().any(|(path, _)| path.starts_with("specs/")) {
        sandbox.write("specs/shop.kdl", SHOP);
    }
    sandbox
}

#[test]
fn objects_that_their_kinds_do_not_allow() {
    let mut differ = Vec::new();
    let mut said = BTreeSet::new();
    for path in cases("project") {
        let sandbox = project(&path);
        let first = sandbox.run(&["render"]);
        let found = first.stderr;
        if found.contains("error[") {
            refused(&project(&path), "render", 2);
            refused(&sandbox, "check", 2);
        } else {
            assert_eq!(first.code, Some(0), "{found}");
        }
        said.extend(CODES.into_iter().filter(|code| found.contains(&format!("[{code}]"))));
        differ.extend(difference(&path, &found));
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    assert_eq!(said, BTreeSet::from(CODES));
    assert_eq!(cases("diag").len(), cases("project").len());
}
