//! Secrets that are renamed, change places or move to another namespace: every host keeps its own key and certificate, with
//! an identity and without one, and none is ever given another's.

use std::collections::BTreeMap;

use gatewright::build::{Outcome, Request};
use gatewright::check::sealed::open_all;
use gatewright::resource::Value;
use gatewright::sops::Identities;
use gatewright::state::Existing;

use crate::support::project::{Files, Holder, NOW, Project, SOPS_CONFIG, differing, identity};

const FILE: &str = "specs/a.kdl";
const HOSTS: [&str; 3] = ["one", "two", "three"];
const SECRETS: [&str; 4] = ["a", "b", "c", "d"];

/// How Secrets are sealed, and whether they can move without being opened.
pub(super) const SEALING: [(&str, &str, bool); 4] = [
    ("", "", true),
    ("secrets filter=rule\n", "encrypted_regex: ^(data|stringData)$\n    mac_only_encrypted: true", true),
    ("secrets filter=rule\n", "encrypted_regex: ^(data|stringData)$", false),
    ("secrets filter=rule\n", "unencrypted_regex: ^(apiVersion|kind|metadata|type)$", false),
];

/// Which Secret each host has.
pub(super) type Names = [&'static str; 3];

/// All ways to give three hosts Secrets of their own.
fn all_names() -> Vec<Names> {
    let mut found = Vec::new();
    for a in SECRETS {
        for b in SECRETS {
            for c in SECRETS {
                if a != b && b != c && a != c {
                    found.push([a, b, c]);
                }
            }
        }
    }
    found
}

/// The first host says `more`.
pub(super) fn spec(head: &str, names: &Names, more: &str) -> String {
    let host = |(host, secret): (&str, &str)| {
        let words = if host == "one" { more } else { "" };
        format!("    host \"{host}\" to=\"{host}:80\" {{ tls simple secret=\"{secret}\"; {words} }}\n")
    };
    let hosts: String = HOSTS.into_iter().zip(*names).map(host).collect();
    format!(
        "{head}authority \"corp\"\ngateway \"public\"\ndomain \"example.com\" authority=\"corp\" gateway=\"public\" {{\n{hosts}}}\n"
    )
}

/// A rendered project whose hosts have the Secrets `a`, `b` and `c`.
pub(super) fn rendered(head: &str, rule: &str) -> Project {
    let config = SOPS_CONFIG.replace("sops\\.yaml$\n", &format!("sops\\.yaml$\n    {rule}\n"));
    let config = if rule.is_empty() { SOPS_CONFIG.to_owned() } else { config };
    let text = spec(head, &["a", "b", "c"], "");
    let project = Project::new([(FILE, text.as_str()), (".sops.yaml", config.as_str())]);
    project.render(Holder::Operator);
    project
}

/// Puts the tree back.
fn restore(project: &Project, before: &Files) {
    project.tree().keys().filter(|path| !before.contains_key(*path)).for_each(|path| project.remove(path));
    before.iter().for_each(|(path, bytes)| project.write(path, bytes));
}

/// The certificate of each Secret, by its name; each file is readable and each key opens.
fn certificates(project: &Project) -> BTreeMap<String, String> {
    let (existing, report) = Existing::read(&project.input().snapshot);
    assert!(report.is_empty() && existing.parked.is_empty(), "{report:?}");
    let mut identities = Identities::new();
    identities.add("operator", &identity('a'));
    let opened = open_all(&existing, &identities);
    assert!(opened.report.is_empty() && opened.locked == 0, "{:?}", opened.report);
    let leaves = existing.leaves.into_values();
    leaves.map(|leaf| (leaf.secret, leaf.certificate.sha256().to_owned())).collect()
}

/// Whom each Secret of the tree is for: no server names one whose certificate is another host's.
fn assert_each_serves_its_own(project: &Project, outcome: &Outcome) {
    let (existing, _) = Existing::read(&project.input().snapshot);
    let gateways = outcome.manifests.iter().filter_map(|manifest| manifest.tree.as_ref());
    let mut servers = 0;
    for gateway in gateways.filter(|tree| tree.get("kind").and_then(|kind| kind.as_str()) == Some("Gateway"))
    {
        let Some(Value::List(all)) = gateway.at(&["spec", "servers"]).map(|servers| &servers.value) else {
            panic!("no servers");
        };
        for server in all {
            let Some(secret) = server.at(&["tls", "credentialName"]).and_then(|name| name.as_str()) else {
                continue;
            };
            let Some(Value::List(hosts)) = server.get("hosts").map(|hosts| &hosts.value) else { panic!() };
            servers += 1;
            let host = hosts[0].as_str().unwrap();
            let leaves = existing.leaves.values().filter(|leaf| leaf.secret == secret);
            for leaf in leaves {
                let names: Vec<_> = leaf.certificate.sans().iter().map(ToString::to_string).collect();
                assert_eq!(names, [host], "{} serves {host}", leaf.shown);
            }
        }
    }
    assert_eq!(servers, 3);
}

/// What each host has, by the names that the Secrets are to have.
pub(super) fn given(project: &Project, names: &Names) -> Vec<Option<String>> {
    let there = certificates(project);
    names.iter().map(|name| there.get(*name).cloned()).collect()
}

fn sealed_secrets(project: &Project) -> Files {
    let tree = project.tree().into_iter();
    tree.filter(|(path, _)| path.starts_with("out/") && path.ends_with(".sops.yaml")).collect()
}

/// The lines of ciphertext in all sealed Secrets, in any order.
fn ciphertext(project: &Project) -> Vec<String> {
    let text: String = sealed_secrets(project).into_values().map(|b| String::from_utf8(b).unwrap()).collect();
    let mut lines: Vec<_> =
        text.lines().filter(|l| l.contains("ENC[")).map(|l| l.trim().to_owned()).collect();
    lines.sort();
    lines
}

/// Every rename, chain of renames and exchange, for each way of sealing.
#[test]
fn a_secret_moves_with_its_key() {
    for (head, rule, free) in SEALING {
        let project = rendered(head, rule);
        let before = project.tree();
        let own = given(&project, &["a", "b", "c"]);
        let sealed = ciphertext(&project);
        for names in all_names() {
            restore(&project, &before);
            project.write(FILE, spec(head, &names, ""));
            let what = format!("{rule:?}: {names:?}");
            if free {
                let (outcome, _) = project.render(Holder::Nobody);
                assert!(outcome.waiting.is_empty() && outcome.changes.is_empty(), "{what}");
                assert!(!project.exists("pki/leaves/aside"), "{what}");
                assert_eq!(ciphertext(&project), sealed, "{what}: the ciphertext moves as it is");
                assert_each_serves_its_own(&project, &outcome);
            } else {
                assert_stays(&project, &names, &before);
                let (outcome, _) = project.render(Holder::Operator);
                assert!(outcome.waiting.is_empty() && outcome.changes.is_empty(), "{what}");
                assert_each_serves_its_own(&project, &outcome);
            }
            assert_eq!(given(&project, &names), own, "{what}");
            assert_eq!(certificates(&project).len(), 3, "{what}: the old ones are gone");
            project.assert_nothing_to_do();
            project.run(&["check"]).ends_with(0);
        }
    }
}

/// Sealed with its metadata and without an identity: nothing of it changes, and each host that waits is named.
fn assert_stays(project: &Project, names: &Names, before: &Files) {
    let what = format!("{names:?}");
    let moved: Vec<_> = ["a", "b", "c"].into_iter().zip(names).map(|(old, new)| old != *new).collect();
    let (outcome, _) = project.render(Holder::Nobody);
    let waiting: Vec<_> = outcome.waiting.iter().map(|wait| wait.name.split('.').next().unwrap()).collect();
    let wanted: Vec<_> =
        HOSTS.into_iter().zip(&moved).filter(|(_, moved)| **moved).map(|(host, _)| host).collect();
    assert_eq!(waiting.len(), wanted.len(), "{what}: {waiting:?}");
    assert!(wanted.iter().all(|host| waiting.contains(host)), "{what}: {waiting:?}");
    let frozen = outcome.report.findings().iter().filter(|finding| finding.code.name() == "frozen").count();
    assert_eq!(frozen, wanted.len(), "{what}");
    assert_eq!(differing(before, &project.tree()), [""; 0], "{what}: the tree stays");
    assert_each_serves_its_own(project, &outcome);
    let exit = if wanted.is_empty() { 0 } else { 3 };
    project.run(&["render"]).ends_with(exit);
    project.run(&["check"]).ends_with(exit);
}

/// Only the new certificate waits; the one that is there moves and serves on.
#[test]
fn a_secret_moves_also_where_it_is_to_be_issued_anew() {
    for (head, rule, free) in SEALING {
        for names in [["d", "b", "c"], ["b", "d", "c"], ["b", "a", "c"], ["b", "c", "a"]] {
            for more in ["key ecdsa-p384;", "subject organization=\"Shop\";"] {
                let project = rendered(head, rule);
                let before = project.tree();
                let own = given(&project, &["a", "b", "c"]);
                project.write(FILE, spec(head, &names, more));
                let (outcome, _) = project.render(Holder::Nobody);
                let waiting: Vec<_> = outcome.waiting.iter().map(|wait| wait.name.as_str()).collect();
                assert!(waiting.contains(&"one.example.com"), "{names:?} {more}: {waiting:?}");
                assert_each_serves_its_own(&project, &outcome);
                if free {
                    assert_eq!(waiting.len(), 1, "{names:?} {more}");
                    assert_eq!(given(&project, &names), own, "{names:?} {more}");
                } else {
                    assert_eq!(differing(&before, &project.tree()), [""; 0], "{names:?} {more}");
                }
                let (outcome, _) = project.render(Holder::Operator);
                assert_eq!((outcome.waiting.len(), outcome.changes.len()), (0, 1), "{names:?} {more}");
                let new = given(&project, &names);
                assert!(new[0] != own[0] && new[1..] == own[1..], "{names:?} {more}");
                project.assert_nothing_to_do();
            }
        }
    }
}

#[test]
fn a_secret_moves_also_when_its_certificate_is_due() {
    let project = rendered("", "");
    let own = given(&project, &["a", "b", "c"]);
    let names = ["b", "a", "d"];
    project.write(FILE, spec("", &names, ""));
    let outcome = project.build_at("2027-01-25T12:00:00Z", Holder::Nobody, &Request::default());
    let outcome = outcome.unwrap_or_else(|error| panic!("{}", project.explain(&error)));
    assert!(outcome.waiting.is_empty(), "due is no reason to wait");
    gatewright::tree::apply(&project.layout(), &outcome.files).unwrap();
    assert_eq!(given(&project, &names), own);
    project.assert_nothing_to_do();
}

/// The pods of a gateway move to another namespace, and their Secrets with them.
#[test]
fn a_namespace_moves() {
    for (head, rule, free) in SEALING {
        let project = rendered(head, rule);
        let own = given(&project, &["a", "b", "c"]);
        project.edit(FILE, "gateway \"public\"\n", "gateway \"public\" workload-namespace=\"edge\"\n");
        if !free {
            project.run(&["render"]).ends_with(3);
            assert_eq!(given(&project, &["a", "b", "c"]), own);
            assert!(project.exists("out/istio-system/secret-a.sops.yaml"));
        }
        let (outcome, _) = project.render(if free { Holder::Nobody } else { Holder::Operator });
        assert!(outcome.waiting.is_empty() && outcome.changes.is_empty());
        assert_eq!(given(&project, &["a", "b", "c"]), own);
        assert!(project.exists("out/edge/secret-a.sops.yaml") && !project.exists("out/istio-system"));
        project.assert_nothing_to_do();
    }
}

/// A host takes over the name of another's Secret. Where that one is gone, it is as if it had been renamed: the Secret stays
/// until a new certificate can be issued. Where that one has moved away, nothing is left for it.
#[test]
fn a_new_host_waits_for_a_certificate_of_its_own() {
    for (head, rule, free) in SEALING {
        let project = rendered(head, rule);
        let before = project.tree();
        let own = given(&project, &["a", "b", "c"]);
        let other = spec(head, &["a", "b", "c"], "")
            .replace("host \"one\" to=\"one:80\"", "host \"four\" to=\"one:80\"");
        project.write(FILE, &other);
        let (outcome, _) = project.render(Holder::Nobody);
        assert_eq!(outcome.waiting.len(), 1);
        assert!(!outcome.waiting[0].missing && outcome.waiting[0].name == "four.example.com");
        assert_eq!(given(&project, &["a", "b", "c"]), own);

        // The one whose name it takes moves away at the same time.
        restore(&project, &before);
        let secrets = sealed_secrets(&project);
        let moved = spec(head, &["d", "b", "c"], "");
        project.write(
            FILE,
            moved.replace(
                "    host \"two\"",
                "    host \"four\" to=\"one:80\" { tls simple secret=\"a\"; }\n    host \"two\"",
            ),
        );
        if free {
            let (outcome, _) = project.render(Holder::Nobody);
            assert_eq!(outcome.waiting.len(), 1);
            assert_eq!(given(&project, &["d", "b", "c"]), own);
            assert!(!certificates(&project).contains_key("a"));
        } else {
            let run = project.run(&["render"]).ends_with(3);
            assert!(run.stderr.contains("four.example.com"), "{run:?}");
            assert_eq!(sealed_secrets(&project), secrets, "all are where they were");
            project.run(&["check", "--allow-waiting"]).ends_with(0);
        }
        let (outcome, _) = project.render(Holder::Operator);
        assert_eq!(outcome.changes.len(), 1);
        assert_eq!(given(&project, &["d", "b", "c"]), own);
        project.assert_nothing_to_do();
    }
}

/// What lies below `pki/` for a Secret's sake goes with it.
#[test]
fn a_certificate_beside_a_secret_leaves_with_it() {
    let (head, rule, _) = SEALING[2];
    let project = rendered(head, rule);
    assert!(project.exists("pki/leaves/istio-system/a.crt"));
    let text = spec(head, &["a", "b", "c"], "");
    let line = text.lines().find(|line| line.contains("\"one\"")).unwrap();
    project.write(FILE, text.replace(line, ""));
    project.render(Holder::Unasked);
    assert!(
        !project.exists("pki/leaves/istio-system/a.crt") && project.exists("pki/leaves/istio-system/b.crt")
    );
    project.assert_nothing_to_do();
    // What is hidden stays readable beside it, also where the next Secret will hide nothing.
    project.write(FILE, project.read(FILE).replace(head, ""));
    let before = project.tree();
    project.render(Holder::Unasked);
    assert_eq!(differing(&before, &project.tree()), [""; 0]);
    let asked = gatewright::plan::certs::Asked {
        hosts: ["two.example.com".to_owned()].into(),
        ..gatewright::plan::certs::Asked::default()
    };
    let outcome = project.build_at(NOW, Holder::Operator, &Request { asked, ..Request::default() });
    let outcome = outcome.unwrap_or_else(|error| panic!("{}", project.explain(&error)));
    gatewright::tree::apply(&project.layout(), &outcome.files).unwrap();
    assert!(
        !project.exists("pki/leaves/istio-system/b.crt") && project.exists("pki/leaves/istio-system/c.crt")
    );
    project.assert_nothing_to_do();
}
