//! Whole trees: `tests/golden/<scenario>` is a project, and its `out/`, `pki/` and `report` are what a render of it at a fixed
//! moment gives (with `given/`, what was there before), byte for byte but for what nobody can read (see `mask`). A project may
//! lie in a folder of its repository. `UPDATE=1` writes them anew.
#![expect(clippy::disallowed_methods, reason = "tests read their own files")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use gatewright::diag::human;

use crate::support::mask::masked;
use crate::support::project::{Files, Holder, Project, files_below};

/// Where the scenarios lie.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// The names of all scenarios, sorted.
pub(crate) fn scenarios() -> Vec<String> {
    let entries = fs::read_dir(folder()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert!(!names.is_empty());
    names
}

/// Where in its repository the project of a scenario lies: in the folder that has `specs/`, often the top one.
fn within(scenario: &str) -> String {
    let top = folder().join(scenario);
    let entries = walkdir::WalkDir::new(&top).into_iter().map(|entry| entry.unwrap());
    let specs = entries.filter(|entry| entry.file_name() == "specs").map(walkdir::DirEntry::into_path);
    let specs = specs.min_by_key(|path| path.components().count()).unwrap();
    specs.parent().unwrap().strip_prefix(&top).unwrap().to_str().unwrap().to_owned()
}

/// The root of a scenario's project.
fn root(scenario: &str) -> PathBuf {
    folder().join(scenario).join(within(scenario))
}

/// What a user wrote of a scenario, by path below its root; `.sops.yaml` stands at the top of the repository.
pub(crate) fn written(scenario: &str) -> Vec<(String, String)> {
    let root = root(scenario);
    let mut files = files_below(&folder().join(scenario), ".sops.yaml");
    for part in ["specs", "templates", "gatewright.kdl"] {
        files.extend(files_below(&root, part));
    }
    // What was there before the render lies in `given/`.
    for (path, bytes) in files_below(&root, "given") {
        files.insert(path.strip_prefix("given/").unwrap().to_owned(), bytes);
    }
    files.into_iter().map(|(path, bytes)| (path, String::from_utf8(bytes).unwrap())).collect()
}

/// A scenario as a scratch project.
pub(crate) fn project(scenario: &str) -> Project {
    with_files(scenario, &written(scenario))
}

/// A scratch project with these files in the place of a scenario's.
pub(crate) fn with_files(scenario: &str, files: &[(String, String)]) -> Project {
    Project::within(&within(scenario), files.iter().map(|(path, text)| (path.as_str(), text.as_str())))
}

/// What a render gives: its files, masked, and what it says.
fn rendered(scenario: &str) -> Files {
    let project = project(scenario);
    let (outcome, _) = project.render(Holder::Operator);
    let mut files = Files::new();
    for (path, bytes) in project.tree() {
        let text = String::from_utf8(bytes).unwrap();
        files.insert(path, masked(&text).into_bytes());
    }
    let root = project.root().display().to_string();
    let report = human::render(&outcome.report, &project.input().sources, false).replace(&root, "");
    if !report.is_empty() {
        files.insert("report".to_owned(), report.into_bytes());
    }
    project.assert_nothing_to_do();
    files
}

fn expected(scenario: &str) -> Files {
    let root = root(scenario);
    let mut files = files_below(&root, "out");
    files.extend(files_below(&root, "pki"));
    files.extend(files_below(&root, "report"));
    files
}

fn update(scenario: &str, files: &Files) {
    let root = root(scenario);
    for path in expected(scenario).keys() {
        fs::remove_file(root.join(path)).unwrap();
    }
    for (path, bytes) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

#[test]
fn every_scenario_gives_its_tree() {
    let mut wrong = Vec::new();
    for scenario in scenarios() {
        let found = rendered(&scenario);
        if std::env::var_os("UPDATE").is_some() {
            update(&scenario, &found);
        }
        let expected = expected(&scenario);
        let paths: BTreeSet<_> = expected.keys().chain(found.keys()).collect();
        for path in paths {
            let text = |files: &Files| {
                files.get(path).map_or("(not there)".to_owned(), |b| String::from_utf8_lossy(b).into_owned())
            };
            let (old, new) = (text(&expected), text(&found));
            if old != new {
                wrong.push(format!("{scenario}/{path}\n{}", difference(&old, &new)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn difference(old: &str, new: &str) -> String {
    similar::TextDiff::from_lines(old, new).unified_diff().header("expected", "found").to_string()
}

#[test]
fn the_first_scenario_is_the_walkthrough() {
    let spec = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/bookinfo.kdl")).unwrap();
    assert_eq!(written("bookinfo"), [("specs/bookinfo.kdl".to_owned(), spec)]);
}
