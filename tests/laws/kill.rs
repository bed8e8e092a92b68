//! The program itself, killed before every call that changes the disk: every file is the old one or the new one, whole, no
//! key that something relies on is gone, and the next run completes it.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use gatewright::issue;
use gatewright::pki::{Certificate, Key};
use gatewright::sops::{Identities, Sealed};
use gatewright::state::Existing;

use super::moving::{self, SEALING, given};
use crate::crash::{Fault, disturb_everywhere, kill_everywhere};
use crate::support::binary::finish;
use crate::support::mask::{certificates, masked};
use crate::support::project::{Files, Holder, Project, differing, identity};

const FILE: &str = "specs/a.kdl";

const SPEC: &str = r#"
authority "corp"
gateway "public"
host "shop.example.com" authority="corp" gateway="public" to="shop:80" { tls mutual }
client "anna@example.com" authority="corp" namespace="shop" secret="anna-tls"
"#;

/// What a run starts with and how it is called.
struct Run {
    before: Files,
    arguments: &'static [&'static str],
    /// What is there when it is done, but for chance.
    after: Files,
    /// How often it left an authority's generation that nothing relied on.
    unused: Cell<usize>,
}

impl Run {
    /// A run of the program with these arguments on a project as it is.
    fn of(project: &Project, arguments: &'static [&'static str]) -> Self {
        let before = project.files();
        project.run_as_operator(arguments).ends_with(0);
        project.render(Holder::Operator);
        Self { before, arguments, after: without_chance(&project.files()), unused: Cell::new(0) }
    }

    /// Kills it everywhere, or lets every call fail; returns how often.
    fn disturb(&self, fault: Fault) -> usize {
        disturb_everywhere(
            fault,
            |folder| self.set_up(folder),
            |folder| self.command(folder),
            |folder| self.check(folder),
        )
    }

    fn set_up(&self, folder: &Path) {
        let project = Project::at(folder);
        self.before.iter().for_each(|(path, bytes)| project.write(path, bytes));
    }

    fn command(&self, folder: &Path) -> Command {
        let mut command = Project::at(folder).command(self.arguments);
        command.env("SOPS_AGE_KEY", identity('a').trim());
        command
    }

    fn check(&self, folder: &Path) {
        let project = Project::at(folder);
        for (path, bytes) in project.files() {
            let text = String::from_utf8_lossy(&bytes);
            let private = text.contains("PRIVATE KEY") || text.contains("LS0tLS1CRUdJTiBQUklWQVRF");
            assert!(!private, "{path} holds a private key");
        }
        let tree = project.tree();
        for (path, bytes) in &tree {
            let text = std::str::from_utf8(bytes).unwrap();
            let old = self.before.get(path).is_some_and(|old| old == bytes);
            let new = self.after.get(path).is_some_and(|new| *new == masked(text).into_bytes());
            let aside = path.starts_with("pki/leaves/aside/") && self.before.values().any(|old| old == bytes);
            assert!(old || new || aside, "{path} is neither the old nor the new one:\n{text}");
        }
        assert_no_key_is_missing(&project, &tree);
        self.unused.set(self.unused.get() + usize::from(complete_without_identity(&project)));
        project.render(Holder::Operator);
        assert_eq!(differing(&self.after, &without_chance(&project.files())), [""; 0], "after the next run");
        assert_no_key_is_missing(&project, &project.tree());
        project.assert_nothing_to_do();
    }
}

/// Somebody without an identity is next, in a copy of the project: nothing is refused, and a generation that nothing relies on
/// is made anew rather than waited for. Whether there was one.
fn complete_without_identity(project: &Project) -> bool {
    let files = project.files();
    let copy =
        Project::new(files.iter().map(|(path, bytes)| (path.as_str(), std::str::from_utf8(bytes).unwrap())));
    let (existing, report) = Existing::read(&copy.input().snapshot);
    assert!(report.is_empty(), "{report:?}");
    let (outcome, _) = copy.render(Holder::Nobody);
    // To make one under another authority anew takes that one's key.
    let roots = existing.unused.iter().all(|name| existing.generations[name].certificate.is_self_signed());
    // Nor can anybody cross-sign without the key of the generation before.
    let for_one: Vec<_> = outcome.waiting.iter().filter(|wait| !wait.why.contains("is to sign")).collect();
    assert!(existing.unused.is_empty() || !roots || for_one.is_empty(), "{for_one:?}");
    assert_no_key_is_missing(&copy, &copy.tree());
    copy.render(Holder::Operator);
    copy.assert_nothing_to_do();
    !existing.unused.is_empty()
}

fn without_chance(files: &Files) -> Files {
    let text = |bytes: &Vec<u8>| masked(&String::from_utf8(bytes.clone()).unwrap()).into_bytes();
    files.iter().map(|(path, bytes)| (path.clone(), text(bytes))).collect()
}

/// The certificate and the key of a sealed file, which belong together.
fn open(path: &str, bytes: &[u8]) -> (Certificate, Key) {
    let mut identities = Identities::new();
    identities.add("operator", &identity('a'));
    let sealed = Sealed::parse(std::str::from_utf8(bytes).unwrap()).unwrap();
    let key = issue::open_key(&sealed, &identities).unwrap().unwrap();
    let line = format!("tls.crt: {}", sealed.clear(&["data", "tls.crt"]).unwrap());
    let (_, mut chain) = certificates(&line).unwrap();
    assert!(key.matches(&chain[0]), "{path}: key and certificate are not a pair");
    (chain.remove(0), key)
}

/// Every certificate that is trusted or used has its key.
fn assert_no_key_is_missing(project: &Project, tree: &Files) {
    let sealed: Vec<_> = tree
        .iter()
        .filter(|(path, _)| path.ends_with(".sops.yaml"))
        .map(|(path, bytes)| (path.as_str(), open(path, bytes).0))
        .collect();
    let roots: Vec<_> = sealed.iter().filter(|(_, certificate)| certificate.is_ca()).collect();
    for (path, leaf) in sealed.iter().filter(|(_, certificate)| !certificate.is_ca()) {
        assert!(roots.iter().any(|(_, root)| leaf.signed_by(root)), "{path}: its signer's key is gone");
    }
    // An authority that is signed again has another certificate for the same key.
    let has_key = |certificate: &Certificate| {
        sealed.iter().any(|(_, known)| known.spki_sha256() == certificate.spki_sha256())
    };
    for (path, bytes) in tree {
        let text = std::str::from_utf8(bytes).unwrap();
        let trusted = if path.ends_with(".crt") {
            Certificate::from_pem_chain(text).unwrap()
        } else {
            text.lines()
                .filter(|line| line.starts_with("  ca.crt: "))
                .flat_map(|l| certificates(l).unwrap().1)
                .collect()
        };
        // A client's certificate lies in one file with its key; what is beside it is a list for whoever revokes one.
        for certificate in trusted.iter().filter(|_| !path.contains("/clients/")) {
            assert!(has_key(certificate), "{path}: the key of {} is gone", certificate.sha256());
        }
    }
    for list in tree.keys().filter(|path| path.ends_with("kustomization.yaml")) {
        let folder = list.strip_suffix("kustomization.yaml").unwrap();
        for name in project.read(list).lines().filter_map(|line| line.strip_prefix("  - ")) {
            let path = format!("{folder}{name}");
            let there = tree.contains_key(&path) || tree.contains_key(&format!("{path}/kustomization.yaml"));
            assert!(there || folder == "out/", "{list} names {name}, which is not there");
        }
    }
}

fn rendered() -> Project {
    let project = Project::of(SPEC);
    project.render(Holder::Operator);
    project
}

fn assert_killed(run: &Run, least: usize) -> usize {
    let killed = run.disturb(Fault::Kill);
    assert!(killed == 0 || killed >= least, "only {killed} kills");
    killed
}

/// As [`assert_killed`], of a run that makes a generation: it was killed right after its key, too.
fn assert_killed_at_new_key(run: &Run, least: usize) {
    let killed = assert_killed(run, least);
    let unused = run.unused.get();
    assert!(killed == 0 || unused > 0, "no generation was left without anything that relies on it");
}

#[test]
fn a_first_render() {
    assert_killed_at_new_key(&Run::of(&Project::of(SPEC), &["render"]), 25);
}

#[test]
fn a_first_render_on_a_disk_that_fills_up() {
    let failed = Run::of(&Project::of(SPEC), &["render"]).disturb(Fault::Error("ENOSPC"));
    assert!(failed == 0 || failed >= 20, "only {failed} failures");
}

#[test]
fn a_render_of_a_changed_spec_that_prunes() {
    let project = Project::of(&format!(
        "{SPEC}host \"old.example.com\" authority=\"corp\" gateway=\"public\" to=\"old:80\" namespace=\"old\"\n"
    ));
    project.render(Holder::Operator);
    project.write(
        FILE,
        SPEC.replace("tls mutual", "tls simple secret=\"moved\"; valid \"30d\"; key \"ecdsa-p384\""),
    );
    assert_killed(&Run::of(&project, &["render"]), 20);
}

#[test]
fn a_rotation_and_its_render() {
    let project = rendered();
    assert_killed(&Run::of(&project, &["rotate", "host", "shop.example.com"]), 4);
    let project = rendered();
    project.run(&["rotate", "authority", "corp"]).ends_with(0);
    assert_killed_at_new_key(&Run::of(&project, &["render"]), 20);
}

const CHAIN: &str = r#"
authority "zoot"
authority "issuing" authority="zoot" unconstrained
gateway "public"
host "shop.example.com" authority="issuing" gateway="public" to="shop:80" { tls mutual }
client "anna@example.com" authority="issuing"
"#;

/// An authority's folder comes before that of the one above it: neither may be taken for lost.
#[test]
fn a_first_render_of_a_chain() {
    assert_killed_at_new_key(&Run::of(&Project::of(CHAIN), &["render"]), 25);
}

#[test]
fn rotations_in_a_chain() {
    for name in ["zoot", "issuing"] {
        let project = Project::of(CHAIN);
        project.render(Holder::Operator);
        project.run(&["rotate", "authority", name]).ends_with(0);
        assert_killed(&Run::of(&project, &["render"]), 15);
    }
}

/// Each stage of a rotation, of a root that is cross-signed and of an authority below it.
#[test]
fn stages_of_a_rotation() {
    let first = "wait \"1h\"; generation 1 signs=\"2026-10-01\"";
    let stages = [
        format!("{first}; generation 2 introduced=\"2026-10-01\""),
        format!("{first}; generation 2 introduced=\"2026-10-01\" signs=\"2026-10-10\""),
        format!(
            "{first} retired=\"2026-11-25\"; generation 2 introduced=\"2026-10-01\" signs=\"2026-10-10\""
        ),
    ];
    for (head, cross) in [
        ("authority \"zoot\"", " cross-signed"),
        ("authority \"issuing\" authority=\"zoot\" unconstrained", ""),
    ] {
        let project = Project::of(CHAIN);
        project.render(Holder::Operator);
        for generations in &stages {
            let spec = CHAIN.replace(&format!("{head}\n"), &format!("{head}{cross} {{ {generations}; }}\n"));
            assert_ne!(spec, CHAIN);
            project.write(FILE, spec);
            assert_killed(&Run::of(&project, &["render"]), 5);
        }
    }
}

/// At no moment is one of their keys gone, and whoever comes next has all that it takes.
#[test]
fn secrets_that_change_places() {
    for (head, rule, free) in [SEALING[0], SEALING[2]] {
        let project = moving::rendered(head, rule);
        let own = given(&project, &["a", "b", "c"]);
        let names = ["b", "a", "d"];
        project.write(FILE, moving::spec(head, &names, ""));
        let before = project.files();
        let holder = if free { Holder::Nobody } else { Holder::Operator };
        let assert_all_there = |project: &Project| {
            let (existing, report) = Existing::read(&project.input().snapshot);
            assert!(report.is_empty(), "{report:?}");
            let leaves = existing.leaves.values().chain(&existing.parked);
            let there: BTreeSet<_> = leaves.map(|leaf| Some(leaf.certificate.sha256().to_owned())).collect();
            assert!(own.iter().all(|one| there.contains(one)), "a key is gone: {there:?}");
        };
        let killed = kill_everywhere(
            |folder| {
                let project = Project::at(folder);
                before.iter().for_each(|(path, bytes)| project.write(path, bytes));
            },
            |folder| {
                let mut command = Project::at(folder).command(&["render"]);
                if !free {
                    command.env("SOPS_AGE_KEY", identity('a').trim());
                }
                command
            },
            |folder| {
                let project = Project::at(folder);
                assert_all_there(&project);
                let (outcome, _) = project.render(Holder::Nobody);
                assert!(outcome.changes.is_empty() && (outcome.waiting.is_empty() || !free));
                assert_all_there(&project);
                let (outcome, _) = project.render(holder);
                assert!(outcome.changes.is_empty() && outcome.waiting.is_empty());
                assert_eq!(given(&project, &names), own);
                project.assert_nothing_to_do();
            },
        );
        assert!(killed == 0 || killed > 10, "only {killed} kills");
    }
}

#[test]
fn the_edit_that_declares_a_rotation() {
    let project = rendered();
    let run = Run::of(&project, &["rotate", "authority", "corp"]);
    let declared = String::from_utf8(run.after[FILE].clone()).unwrap();
    let killed = kill_everywhere(
        |folder| run.set_up(folder),
        |folder| run.command(folder),
        |folder| {
            let project = Project::at(folder);
            let text = project.read(FILE);
            assert!(text == SPEC || text == declared, "{text}");
            assert_no_key_is_missing(&project, &project.tree());
            project.render(Holder::Operator);
            project.assert_nothing_to_do();
        },
    );
    assert!(killed == 0 || killed > 3, "only {killed} kills");
}

#[test]
fn writers_at_once_wait_or_are_told() {
    let project = Project::of(SPEC);
    let all: Vec<_> = (0..6)
        .map(|_| {
            let mut command = project.command(&["render"]);
            command.env("SOPS_AGE_KEY", identity('a').trim());
            std::thread::spawn(move || finish(&mut command))
        })
        .collect();
    let runs: Vec<_> = all.into_iter().map(|run| run.join().unwrap()).collect();
    assert!(runs.iter().any(|run| run.code == Some(0)), "{runs:#?}");
    for run in runs.iter().filter(|run| run.code != Some(0)) {
        assert_eq!(run.code, Some(4), "{run:#?}");
        assert!(run.stderr.contains("another gatewright is writing to"), "{run:#?}");
    }
    let whole = Project::of(SPEC);
    whole.render(Holder::Operator);
    assert_eq!(differing(&without_chance(&whole.tree()), &without_chance(&project.tree())), [""; 0]);
    assert_no_key_is_missing(&project, &project.tree());
    project.assert_nothing_to_do();
}
