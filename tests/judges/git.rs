//! Git judges what is ignored: random rules, random paths, one answer. Without Git these tests skip by name; with `CI` set
//! they fail.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use gatewright::paths::{Layout, Place};
use gatewright::state::{self, git::Ignores};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::cli::sandbox::Sandbox;
use crate::support::project::no_variables;

/// Paths below `out/` that rules are tried on.
const PATHS: [&str; 9] =
    ["x.a", "b/a", "a/b/a.x", "a/b/c/a.x", "ab/x.a", "b/ab/a-b", "c/[a]", "a b/a ", "x/b/a/b"];

fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(folder).env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
    command.env("HOME", folder).env("GIT_CONFIG_NOSYSTEM", "1");
    command
}

fn has_git() -> bool {
    if Command::new("git").arg("--version").output().is_ok() {
        return true;
    }
    #[expect(clippy::disallowed_methods, reason = "CI must not pass without its judges")]
    let in_ci = std::env::var_os("CI").is_some();
    assert!(!in_ci, "git is not installed, and CI is set");
    let _ = writeln!(std::io::stderr(), "skipped: rules of git: git is not installed");
    false
}

/// A line of an ignore file, made of what means something to Git.
fn rule() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        6 => prop::sample::select(vec!["a", "b", "c", "x", "ab", "out", ".x", "a-b"]),
        6 => prop::sample::select(vec!["*", "**", "?", "/", "/", "/**/", "**/"]),
        2 => prop::sample::select(vec!["[a-b]", "[!a]", "[^x]", "[[:alpha:]]", "[]a]", "[a", "[a-]", "\\a", "\\*", "\\", " ", "\\ ", "{a,b}", "[\\]a]"]),
    ];
    let body = prop::collection::vec(part, 1..5).prop_map(|parts| parts.concat());
    (
        prop::sample::select(vec!["", "", "", "!", "/", "!/", "#"]),
        body,
        prop::sample::select(vec!["", "", "/", " ", "\r"]),
    )
        .prop_map(|(start, body, end)| format!("{start}{body}{end}"))
}

fn rules() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(rule(), 0..5)
}

/// Which of the paths each of the two ignores.
fn both(root: &Path, files: &[(&str, &[String])]) -> (BTreeSet<String>, BTreeSet<String>) {
    for (path, lines) in files {
        std::fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        std::fs::write(root.join(path), lines.join("\n")).unwrap();
    }
    let layout = Layout::below(root);
    let input = state::read(&layout, &root.join("templates"), None, &no_variables).unwrap();
    let ignores: &Ignores = &input.ignores;
    let ours = ignores.of(Place::Out).ignored(PATHS).into_iter().map(|(path, _)| path.to_owned()).collect();
    let mut child = git(root)
        .args(["check-ignore", "--no-index", "-z", "--stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let asked: String = PATHS.iter().map(|path| format!("out/{path}\0")).collect();
    child.stdin.take().unwrap().write_all(asked.as_bytes()).unwrap();
    let answer = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let theirs = answer.split_terminator('\0').map(|path| path.strip_prefix("out/").unwrap().to_owned());
    (ours, theirs.collect())
}

#[test]
fn git_ignores_what_we_say_it_ignores() {
    if !has_git() {
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path();
    assert!(git(root).args(["init", "-q"]).status().unwrap().success());
    for path in PATHS {
        let path = root.join("out").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    }
    let mut runner = TestRunner::new_with_rng(
        Config { cases: 800, failure_persistence: None, ..Config::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let cell = std::cell::Cell::new(0_usize);
    runner
        .run(&(rules(), rules(), rules(), rules()), |(top, exclude, out, deep)| {
            let files: [(&str, &[String]); 4] = [
                (".gitignore", &top),
                (".git/info/exclude", &exclude),
                ("out/.gitignore", &out),
                ("out/a/b/.gitignore", &deep),
            ];
            let (ours, theirs) = both(root, &files);
            cell.set(cell.get() + theirs.len());
            prop_assert_eq!(ours, theirs);
            Ok(())
        })
        .unwrap();
    let hits = cell.get();
    assert!(hits > 300, "{hits} paths were ignored: the rules are too tame to prove anything");
}

/// The attributes that `init` writes, for folders whose names mean something to Git.
#[test]
fn git_takes_the_attributes_that_init_writes() {
    if !has_git() {
        return;
    }
    for folder in ["out", "a b", "x[1]", "it's", "größe", "st*r", "back\\slash"] {
        let sandbox = Sandbox::bare();
        assert!(git(&sandbox.root()).args(["init", "-q"]).status().unwrap().success());
        sandbox.run(&["--out", folder, "init"]).ends_with(0);
        let of = |path: &str| {
            let output = git(&sandbox.root())
                .args(["check-attr", "-z", "eol", "linguist-generated", "--", path])
                .output()
                .unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let words: Vec<_> = text.split('\0').map(str::to_owned).collect();
            (words[2].clone(), words[5].clone())
        };
        let said = |eol: &str, generated: &str| (eol.to_owned(), generated.to_owned());
        let sealed = format!("{folder}/istio-system/secret-a.sops.yaml");
        assert_eq!(of(&sealed), said("lf", "set"), "{}", sandbox.read(".gitattributes"));
        assert_eq!(of(&format!("{folder}/default/gateway-a.yaml")), said("lf", "unspecified"));
        assert_eq!(of("pki/corp/1.key.sops.yaml"), said("lf", "set"));
        assert_eq!(of("specs/a.kdl"), said("unspecified", "unspecified"));
    }
}
