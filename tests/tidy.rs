//! The house is in order: imports point one way, every file says what it is for and is short, every code is used, every lint
//! has a project that sets it off and one that doesn't.
#![expect(clippy::disallowed_methods, reason = "tests read the sources")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use gatewright::build::BuildError;
use gatewright::check::LINTS;
use gatewright::diag::Code;

use crate::support::project::{Holder, Project, files_below};

/// The rooms of the house in the order of the data's way: each imports from those above it. A room within another stands where
/// its own imports put it. `cli` is last, and nothing imports it.
const ROOMS: [&str; 37] = [
    "time",                 // points in time, without a clock
    "sops",                 // a library of its own
    "spec::source",         // texts and places in them
    "spec::conflict",       // what Git leaves of a merge
    "diag",                 // findings
    "spec::origin",         // what decided a value
    "spec::tree",           // objects with origins
    "spec::annotation",     // how a node is read
    "spec::scan",           // a look over the text
    "spec::syntax",         // text → nodes
    "spec::lost",           // what could not be read
    "spec::part",           // what could be read of an object
    "schema",               // kinds and fields
    "spec::node::context",  // complaints about nodes
    "schema::words",        // nodes → trees by the schema, and back
    "spec",                 // text → typed spec
    "model",                // typed spec → project
    "paths",                // how files are named and where they lie
    "pki",                  // keys and certificates
    "state",                // what is there now
    "plan",                 // project × state × clock → what must happen
    "issue",                // the plan carried out: keys made, opened, used to sign
    "resource",             // project × certificates → objects with reasons
    "schema::cel",          // rules about values
    "schema::look",         // a value with the way to it
    "schema::istiod",       // what istiod asks
    "schema::kubernetes",   // what the API server asks of the core's kinds
    "schema::cert_manager", // what cert-manager asks of its Certificate
    "schema::envoy",        // what Envoy alone refuses
    "schema::conform",      // objects against their kinds
    "render",               // objects → text
    "manifest",             // objects and texts → files of the tree
    "secret",               // Secrets and keys → sealed text
    "check",                // lints
    "tree",                 // plan → disk
    "explain",              // words, kinds and fields, told from their tables
    "build",                // all of the above, in one path
];

const LONGEST: usize = 400;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below a folder, by path below the repository's root.
fn sources(folder: &str) -> BTreeMap<String, String> {
    let files = files_below(root(), folder).into_iter().filter(|(path, _)| path.ends_with(".rs"));
    files.map(|(path, bytes)| (path, String::from_utf8(bytes).unwrap())).collect()
}

/// The code of each file without comments and without what only tests use.
fn code() -> BTreeMap<String, String> {
    let all = sources("src");
    let mut tests = BTreeSet::new();
    let mut found = BTreeMap::new();
    for (path, text) in &all {
        let folder = Path::new(path).with_extension("");
        let folder = if folder.ends_with("mod") || folder.ends_with("lib") {
            folder.parent().unwrap().to_owned()
        } else {
            folder
        };
        let mut kept = String::new();
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            if line.trim() != "#[cfg(test)]" {
                kept.push_str(line.split("//").next().unwrap());
                kept.push('\n');
                continue;
            }
            let item = lines.by_ref().find(|line| !line.trim_start().starts_with("#[")).unwrap_or_default();
            if let Some(name) = item.trim().strip_suffix(';').and_then(|item| item.rsplit(' ').next()) {
                tests.insert(folder.join(name));
                continue;
            }
            let indent = item.len() - item.trim_start().len();
            let end = format!("{}}}", " ".repeat(indent));
            if item.ends_with('{') {
                lines.by_ref().find(|line| **line == end);
            }
        }
        found.insert(path.clone(), kept);
    }
    found.retain(|path, _| {
        !tests
            .iter()
            .any(|test| Path::new(path).with_extension("") == *test || Path::new(path).starts_with(test))
    });
    found
}

/// `src/pki/key.rs` as `["pki", "key"]`.
fn module(path: &str) -> Vec<String> {
    let path = path.strip_prefix("src/").unwrap().strip_suffix(".rs").unwrap();
    let parts = path.split('/').filter(|part| !["mod", "lib", "main"].contains(part));
    parts.map(str::to_owned).collect()
}

/// Every path to another module of the crate that a file mentions, from the crate's root.
fn mentions(path: &str, text: &str) -> BTreeSet<Vec<String>> {
    let own = module(path);
    let parent = own[..own.len().saturating_sub(1)].to_vec();
    let here = if path.ends_with("/mod.rs") { own.clone() } else { parent };
    let mut found = BTreeSet::new();
    for (start, word) in ["crate::", "super::"].iter().flat_map(|word| text.match_indices(word)) {
        let before = text[..start].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let mut base = if word == "crate::" { Vec::new() } else { here.clone() };
        if word == "super::" && path.ends_with("/mod.rs") {
            base.pop();
        }
        let mut rest = &text[start + word.len()..];
        while let Some(more) = rest.strip_prefix("super::") {
            base.pop();
            rest = more;
        }
        expand(&base, rest, &mut found);
    }
    found
}

/// Takes a path apart, with what stands between braces.
fn expand(base: &[String], text: &str, found: &mut BTreeSet<Vec<String>>) {
    let length = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    let (name, rest) = text.split_at(length);
    if name.is_empty() && rest.starts_with('{') {
        let mut depth = 0;
        let mut start = 1;
        for (i, c) in rest.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 1 && c == ',' || depth == 0 {
                expand(base, rest[start..i].trim(), found);
                start = i + 1;
            }
            if depth == 0 {
                return;
            }
        }
        return;
    }
    let is_module = name.starts_with(|c: char| c.is_ascii_lowercase()) && name != "self";
    let path: Vec<String> = base.iter().cloned().chain(is_module.then(|| name.to_owned())).collect();
    match rest.strip_prefix("::") {
        Some(rest) if is_module => expand(&path, rest, found),
        _ => {
            found.insert(path);
        }
    }
}

/// The room of a module: the one with the longest name that it begins with.
fn room(module: &[String]) -> Option<usize> {
    let path = module.join("::");
    let within = |room: &&&str| path == **room || path.starts_with(&format!("{room}::"));
    let found = ROOMS.iter().filter(within).max_by_key(|room| room.len())?;
    ROOMS.iter().position(|room| room == found)
}

#[test]
fn imports_point_one_way() {
    let mut wrong = BTreeSet::new();
    for (path, text) in code() {
        let own = module(&path);
        if own.is_empty() {
            continue; // lib.rs and main.rs name everything
        }
        let is_cli = own[0] == "cli";
        let from = room(&own);
        assert!(is_cli || from.is_some(), "{path} is in no room");
        for target in mentions(&path, &text).into_iter().filter(|target| !target.is_empty()) {
            let to = room(&target);
            let up = match (from, to) {
                (Some(from), Some(to)) => to > from,
                _ => !is_cli && target[0] == "cli",
            };
            if up {
                wrong.insert(format!("{path} imports {}", target.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn sops_is_a_library_of_its_own() {
    for (path, text) in code().into_iter().filter(|(path, _)| path.starts_with("src/sops")) {
        for target in mentions(&path, &text) {
            assert!(
                target.first().is_none_or(|first| first == "sops"),
                "{path} imports {}",
                target.join("::")
            );
        }
    }
}

#[test]
fn imports_are_read_as_rust_reads_them() {
    let text =
        "use crate::a::{self, b::{C, d}, E};\nuse super::x::Y;\nlet z = crate::q::r(super::super::s::T);\n";
    let found: Vec<_> = mentions("src/m/n.rs", text).into_iter().map(|path| path.join("::")).collect();
    assert_eq!(found, ["a", "a::b", "a::b::d", "m::x", "q::r", "s"]);
    assert_eq!(
        room(&["spec".to_owned(), "source".to_owned()]),
        ROOMS.iter().position(|room| *room == "spec::source")
    );
    assert!(code().len() > 80 && !code().contains_key("src/sops/golden.rs"));
    assert!(code()["src/paths/mod.rs"].contains("pub struct Layout"));
    assert!(!code()["src/paths/mod.rs"].contains("fn a_path_is_relative_and_whole"));
}

#[test]
fn every_file_says_what_it_is_for_and_is_short() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src").into_iter().chain(sources("tests")) {
        let lines = text.lines().count();
        if !text.starts_with("//! ") {
            wrong.push(format!("{path} has no head"));
        }
        if lines > LONGEST {
            wrong.push(format!("{path} has {lines} lines; split it at a noun"));
        }
        // In two parts, so that this line is not one.
        if text.contains(concat!("TO", "DO")) || text.contains(concat!("FIX", "ME")) {
            wrong.push(format!("{path} leaves something for later"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_code_is_used_and_no_other() {
    let names: BTreeSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(names.len(), Code::ALL.len(), "two codes of one name");
    let declared = fs::read_to_string(root().join("src/diag/code.rs")).unwrap();
    let constants: Vec<_> = declared
        .lines()
        .filter_map(|line| line.trim().split_once(" = \""))
        .map(|(constant, _)| constant.to_owned())
        .filter(|constant| constant.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        .collect();
    assert_eq!(constants.len(), Code::ALL.len());
    let code = code();
    for constant in constants {
        let wanted = format!("Code::{constant}");
        let used = code.iter().any(|(path, text)| path != "src/diag/code.rs" && text.contains(&wanted));
        assert!(used, "nothing finds {constant}");
    }
}

/// `settle` takes exactly the codes that a warning or notice has. Damage that `check` alone sees is mended, never settled;
/// nor is what a command says about a certificate that it hands out.
#[test]
fn what_can_be_settled_is_what_warnings_and_notices_are_called() {
    let declared = fs::read_to_string(root().join("src/diag/code.rs")).unwrap();
    let name = |constant: &str| {
        let line = declared.lines().find(|line| line.trim().starts_with(&format!("{constant} = ")));
        line.unwrap().split('"').nth(1).unwrap().to_owned()
    };
    let mut said = BTreeSet::new();
    for (path, text) in
        code().into_iter().filter(|(path, _)| !path.starts_with("src/diag") && !path.starts_with("src/cli"))
    {
        let calls = ["Diagnostic::warning(", "Diagnostic::notice("];
        for (at, call) in calls.iter().flat_map(|call| text.match_indices(call)) {
            let argument = text[at + call.len()..].trim_start();
            match argument.strip_prefix("Code::") {
                Some(rest) => {
                    let end = rest.find(|c: char| !c.is_ascii_uppercase() && c != '_').unwrap();
                    said.insert(name(&rest[..end]));
                }
                None if argument.starts_with("self.code") => {
                    // Findings about objects are errors but for these.
                    assert_eq!(path, "src/schema/conform/mod.rs");
                    let codes = [
                        Code::DEPRECATED_FIELD,
                        Code::RAW_FIELD,
                        Code::IGNORED_FIELD,
                        Code::UNKNOWN_VARIABLE,
                    ];
                    said.extend(codes.map(|code| code.name().to_owned()));
                }
                None => {
                    let stem = Path::new(&path).file_stem().unwrap().to_string_lossy().replace('_', "-");
                    assert!(argument.starts_with("code") && path.starts_with("src/check/"), "{path}");
                    said.insert(stem);
                }
            }
        }
    }
    said.remove(Code::BROKEN_FILE.name());
    let settles = Code::ALL.iter().filter(|code| code.settles()).map(|code| code.name().to_owned());
    assert_eq!(said, settles.collect());
}

/// The codes that a project of `tests/lints/<lint>/<part>` gives.
fn found(lint: &str, part: &str) -> Vec<&'static str> {
    let folder: PathBuf = root().join("tests/lints").join(lint).join(part);
    assert!(folder.is_dir(), "{} is missing", folder.display());
    let files: Vec<(String, String)> = files_below(&folder, "")
        .into_iter()
        .map(|(path, bytes)| (path, String::from_utf8(bytes).unwrap()))
        // A file of this name would hold for the repository itself.
        .map(|(path, text)| (path.replace("gitignore", ".gitignore"), text))
        .collect();
    let project = Project::new(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let report = match project.build(Holder::Operator) {
        Ok(outcome) => outcome.report,
        Err(BuildError::Refused(report)) => report,
        Err(error) => panic!("{}", project.explain(&error)),
    };
    report.findings().iter().map(|finding| finding.code.name()).collect()
}

#[test]
fn every_lint_has_a_project_that_sets_it_off_and_one_that_does_not() {
    let lints: BTreeSet<_> = LINTS.iter().map(|lint| lint.code.name()).collect();
    for lint in &lints {
        assert_eq!(found(lint, "fires"), [*lint], "{lint}/fires");
        assert_eq!(found(lint, "silent"), [""; 0], "{lint}/silent");
    }
    let folders: BTreeSet<_> = fs::read_dir(root().join("tests/lints"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let folders: BTreeSet<_> = folders.iter().map(String::as_str).collect();
    assert_eq!(folders, lints, "a folder for each lint, and no other");
}
