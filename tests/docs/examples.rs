//! Every KDL, YAML and template example reads, and renders where it is whole or says which error it makes.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use gatewright::build::{BuildError, Request, build};
use gatewright::diag::{Diagnostic, Severity, human};
use gatewright::issue::{Ambient, Unlock};
use gatewright::sops::{Entropy, EntropyError, Identities, Rules};
use gatewright::spec::{Sources, parse};
use gatewright::state::git::Ignores;
use gatewright::state::{CrdFile, Input, Snapshot, SopsConfigFile};
use gatewright::time::Timestamp;
use gatewright::tree::Layout;

use super::markdown::{Block, page, pages, root};
use crate::support::keys::FixtureKeys;

/// Counts up: sealed files differ, nothing depends on how.
struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        for chunk in bytes.chunks_mut(8) {
            let number = self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes();
            chunk.copy_from_slice(&number[..chunk.len()]);
        }
        Ok(())
    }
}

struct Nobody;

impl Unlock for Nobody {
    fn identities(&self) -> Result<Identities, Box<Diagnostic>> {
        Ok(Identities::new())
    }
}

/// A project in memory with nothing rendered yet, built.
struct Tried {
    findings: Vec<Diagnostic>,
    shown: String,
    /// What `out/` would hold, as `path: first line`.
    files: Vec<String>,
}

/// One creation rule for everything; nobody needs its identity.
fn rules() -> String {
    "creation_rules:\n  - age: age1j5grgwf23lry6vwjdyt7pzkttczhq7l5g9yxu8p66np05clqm4qqf859z9\n".to_owned()
}

fn attempt(files: Vec<(String, String)>, templates: Vec<(String, String)>, rules: Option<String>) -> Tried {
    let layout = Layout::below(Path::new("/project"));
    let (crds, files): (Vec<_>, Vec<_>) = files.into_iter().partition(|(path, _)| path.starts_with("crds/"));
    let (own, files): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|(path, _)| path.starts_with("templates/"));
    let own = own.into_iter().map(|(path, text)| (path.replacen("templates/", "", 1), text));
    let templates = templates.into_iter().chain(own).collect();
    let sources = Sources::new(files);
    let crd = |path: String| {
        let text = crds.iter().find(|(there, _)| *there == path).map(|(_, text)| text.clone());
        CrdFile { path, text, folder: None }
    };
    let input = Input {
        crds: parse::crds(&sources).into_iter().map(crd).collect(),
        sources,
        almost_specs: Vec::new(),
        templates_folder: "templates".to_owned(),
        templates,
        sops_config: rules.map(|text| SopsConfigFile { path: layout.root.join(".sops.yaml"), text }),
        loose_keys: Vec::new(),
        snapshot: Snapshot::default(),
        ignores: Ignores::default(),
    };
    let ambient = Ambient {
        now: Timestamp::parse("2026-11-25T12:00:00Z").unwrap(),
        keys: &FixtureKeys,
        entropy: &Counter(AtomicU64::new(1)),
    };
    let (report, files) = match build(&input, &layout, &Nobody, &ambient, &Request::default()) {
        Ok(outcome) => {
            let files = outcome.manifests.iter().map(|manifest| manifest.path.as_str().to_owned()).collect();
            (outcome.report, files)
        }
        Err(BuildError::Refused(report)) => (report, Vec::new()),
        Err(error) => panic!("{error}"),
    };
    let shown = human::render(&report, &input.sources, false);
    Tried { findings: report.findings().to_vec(), shown, files }
}

/// A block as a project: `//// PATH` starts another file of it.
fn files(text: &str) -> Vec<(String, String)> {
    let mut parts = text.split("//// ");
    let first = parts.next().unwrap_or_default().to_owned();
    let mut files = vec![("specs/example.kdl".to_owned(), first)];
    for part in parts {
        let (path, text) = part.split_once('\n').unwrap();
        files.push((path.trim().to_owned(), text.to_owned()));
    }
    files
}

/// What stands around a block with `in=WORD`.
fn wrapped(word: &str, text: &str) -> Vec<(String, String)> {
    let outer = match word {
        "authority" => "authority \"a\"",
        "gateway" => "gateway \"g\"",
        "domain" => "domain \"example.com\"",
        "host" => "host \"shop.example.com\"",
        "route" => "host \"shop.example.com\" {\nroute \"/x\"",
        "service" => "service \"s\"",
        "client" => "client \"c.example.com\"",
        "secrets" => "secrets",
        "gatewright.kdl" => return vec![("gatewright.kdl".to_owned(), text.to_owned())],
        other => panic!("in={other}"),
    };
    let close = "}\n".repeat(outer.matches('{').count() + 1);
    vec![("specs/example.kdl".to_owned(), format!("{outer} {{\n{text}{close}"))]
}

/// Parses, and builds where it is whole; says what is wrong.
fn complaint(block: &Block) -> Option<String> {
    if let Some(code) = block.mark("error") {
        let rules = (!block.is("no-rules")).then(rules);
        let tried = attempt(files(&block.text), Vec::new(), rules);
        let made = tried.findings.iter().any(|finding| finding.code.name() == code);
        return (!made).then(|| format!("makes no `{code}`:\n{}", tried.shown));
    }
    if block.is("whole") || block.mark("file").is_some() {
        let tried = attempt(files(&block.text), Vec::new(), Some(rules()));
        // The page's own commands make its seed.
        if block.text.contains("seed epoch=") {
            let others = tried.findings.iter().any(|finding| finding.code.name() != "seed");
            return others.then_some(tried.shown);
        }
        let wrong = tried.files.is_empty()
            || tried
                .findings
                .iter()
                .any(|finding| finding.severity != Severity::Notice && finding.code.name() != "one-audience");
        return wrong.then_some(tried.shown);
    }
    let files = match block.mark("in") {
        Some(word) => wrapped(word, &block.text),
        None => files(&block.text),
    };
    let sources = Sources::new(files);
    let (_, report) = parse(&sources);
    (!report.is_empty()).then(|| human::render(&report, &sources, false))
}

#[test]
fn every_kdl_example_reads_and_whole_ones_render() {
    let (mut seen, mut whole) = (0, 0);
    for page in pages() {
        for block in page.blocks.iter().filter(|block| block.language == "kdl") {
            assert_eq!(complaint(block), None, "{}:{}", page.path, block.line);
            seen += 1;
            whole += usize::from(block.is("whole") || block.mark("file").is_some());
        }
    }
    assert!(seen > 40 && whole > 3, "{seen}, {whole}");
}

/// The walkthrough's spec is the repository's own, comments aside.
#[test]
fn the_readme_walks_through_the_repository_s_own_spec() {
    let bare = |text: &str| {
        let lines =
            text.lines().map(|line| line.split("//").next().unwrap_or_default().trim_end().to_owned());
        lines.filter(|line| !line.is_empty()).collect::<Vec<_>>()
    };
    let readme = page("README.md");
    let block = readme.blocks.iter().find(|block| block.mark("file") == Some("specs/bookinfo.kdl"));
    let own = fs::read_to_string(root().join("specs/bookinfo.kdl")).unwrap();
    assert_eq!(bare(&block.unwrap().text), bare(&own));
}

/// Blocks with `file=templates/…` are the user's templates; each is put into a project of its own.
#[test]
fn every_template_example_renders() {
    let bookinfo = fs::read_to_string(root().join("specs/bookinfo.kdl")).unwrap();
    let mut seen = 0;
    for page in pages() {
        for block in &page.blocks {
            let Some(path) = block.mark("file").and_then(|path| path.strip_prefix("templates/")) else {
                continue;
            };
            let spec = vec![("specs/bookinfo.kdl".to_owned(), bookinfo.clone())];
            let templates = vec![(path.to_owned(), block.text.clone())];
            let tried = attempt(spec, templates, Some(rules()));
            let wrong = tried.findings.iter().any(|finding| finding.severity == Severity::Error);
            assert!(!wrong, "{}:{}\n{}", page.path, block.line, tried.shown);
            if let Some(made) = block.mark("makes") {
                assert!(
                    tried.files.contains(&made.to_owned()),
                    "{}:{} makes {:?}",
                    page.path,
                    block.line,
                    tried.files
                );
            }
            seen += 1;
        }
    }
    assert!(seen > 2, "{seen}");
}

/// Blocks with `init=PATH` are what `gatewright init` writes there.
#[test]
fn what_init_writes_is_shown_as_it_is() {
    let scratch = tempfile::tempdir().unwrap();
    let project = scratch.path().join("project");
    fs::create_dir(&project).unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_gatewright"));
    let init = Command::new(binary)
        .arg("init")
        .env_clear()
        .env("HOME", scratch.path())
        .current_dir(&project)
        .output();
    assert!(init.unwrap().status.success());
    let mut seen = 0;
    for page in pages() {
        for block in &page.blocks {
            let Some(path) = block.mark("init") else { continue };
            assert_eq!(
                block.text,
                fs::read_to_string(project.join(path)).unwrap(),
                "{}:{}",
                page.path,
                block.line
            );
            seen += 1;
        }
    }
    assert!(seen > 0);
}

#[test]
fn every_yaml_example_reads() {
    let (mut seen, mut rules) = (0, 0);
    for page in pages() {
        let blocks =
            page.blocks.iter().filter(|block| block.language == "yaml" && block.mark("file").is_none());
        for block in blocks {
            let read = serde_saphyr::from_multiple::<serde_json::Value>(&block.text);
            assert!(read.is_ok(), "{}:{}: {}", page.path, block.line, read.unwrap_err());
            seen += 1;
            if block.text.starts_with("creation_rules:") {
                let read = Rules::parse(&block.text).unwrap();
                for path in ["pki/corp/1.key.sops.yaml", "out/istio-system/secret-shop.sops.yaml"] {
                    assert!(!read.for_path(path).unwrap().recipients().unwrap().is_empty());
                }
                rules += 1;
            }
        }
    }
    assert!(seen > 3 && rules > 0, "{seen}");
}
