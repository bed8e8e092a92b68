//! Specs of `tests/spec`: those in `ok` read without a finding, those in `bad` give the findings in the `.diag` file
//! beside them. `UPDATE=1` writes the `.diag` files anew.

#![expect(
    clippy::disallowed_methods,
    reason = "a test reads its own files and may end where they are missing"
)]

use std::fs;
use std::path::{Path, PathBuf};

use gatewright::diag::human;
use gatewright::spec::{Sources, parse};

use crate::support::snapshot::difference;

/// The files of a folder of `tests/spec`, sorted.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spec").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

/// One file as a project. A line `//// path` starts another file of it; text before the first is `specs/<name>`.
fn project(path: &Path) -> Sources {
    let text = fs::read_to_string(path).unwrap();
    let mut parts = text.split("//// ");
    let first = parts.next().unwrap_or_default().to_owned();
    let name = path.file_name().unwrap().to_string_lossy();
    let mut files = vec![(format!("specs/{name}"), first)];
    for part in parts {
        let (path, text) = part.split_once('\n').unwrap();
        files.push((path.trim_end().to_owned(), text.to_owned()));
    }
    Sources::new(files)
}

fn findings(path: &Path) -> String {
    let sources = project(path);
    let (_, report) = parse(&sources);
    human::render(&report, &sources, false)
}

#[test]
fn good_specs_read_without_a_finding() {
    for path in files("ok", "kdl") {
        assert_eq!(findings(&path), "", "{}", path.display());
    }
}

#[test]
fn bad_specs_give_their_findings() {
    let cases = files("bad", "kdl");
    let differ: Vec<_> = cases.iter().filter_map(|path| difference(path, &findings(path))).collect();
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[test]
fn every_diag_file_has_its_spec() {
    for path in files("bad", "diag") {
        assert!(path.with_extension("kdl").exists(), "{} belongs to nothing", path.display());
    }
}
