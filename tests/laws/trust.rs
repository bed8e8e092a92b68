//! Whose clients a host lets in is what the spec says, also where that is sealed with the host's key: with an identity the
//! Secret is sealed anew with the key it has, without one the host waits and says so.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use gatewright::check::sealed::open_all;
use gatewright::sops::{Identities, Sealed};
use gatewright::state::Existing;

use super::moving::SEALING;
use crate::support::project::{Holder, Project, SOPS_CONFIG, differing, identity};

const FILE: &str = "specs/a.kdl";
const SECRET: &str = "out/istio-system/secret-api.example.com-tls.sops.yaml";

/// Ways to let clients in, and the files that say whose.
const MODES: [(&str, &[&str]); 4] = [
    ("tls simple", &[]),
    ("tls mutual", &["pki/corp/ca.crt"]),
    ("tls mutual { clients \"partners\"; }", &["pki/partners/ca.crt"]),
    ("tls optional-mutual { clients \"corp\" \"partners\"; }", &["pki/corp/ca.crt", "pki/partners/ca.crt"]),
];

fn spec(head: &str, mode: &str) -> String {
    format!(
        "{head}authority \"corp\"\nauthority \"partners\"\ngateway \"public\"\nhost \"api.example.com\" authority=\"corp\" gateway=\"public\" to=\"api:80\" {{\n    {mode}\n}}\n"
    )
}

/// The `ca.crt` of the Secret, opened where it is sealed.
fn trusted(project: &Project) -> String {
    trusted_in(project, SECRET)
}

fn trusted_in(project: &Project, path: &str) -> String {
    let mut identities = Identities::new();
    identities.add("cluster", &identity('b'));
    let text = project.read(path);
    let plain = Sealed::parse(text.split_once('\n').unwrap().1).unwrap().decrypt(&identities).unwrap();
    let value = plain.at(&["data", "ca.crt"]).and_then(|node| node.as_str());
    String::from_utf8(value.map(|value| STANDARD.decode(value).unwrap()).unwrap_or_default()).unwrap()
}

/// The `ca.crt` of the Secret of the trust anchors alone, if there is one.
fn own_secret(project: &Project) -> Option<String> {
    let path = "out/istio-system/secret-api.example.com-tls-cacert.yaml";
    let text = project.exists(path).then(|| project.read(path))?;
    let value = text.lines().find_map(|line| line.trim().strip_prefix("ca.crt: ")).unwrap().to_owned();
    Some(String::from_utf8(STANDARD.decode(value).unwrap()).unwrap())
}

/// Trust anchors that are to move beside a sealed key stay where they are until the key can be opened.
#[test]
fn trust_stays_until_it_is_where_it_goes() {
    for (head, rule, _) in SEALING {
        let config = SOPS_CONFIG.replace("sops\\.yaml$\n", &format!("sops\\.yaml$\n    {rule}\n"));
        let config = if rule.is_empty() { SOPS_CONFIG.to_owned() } else { config };
        let text = spec(head, "tls mutual");
        let project = Project::new([(FILE, text.as_str()), (".sops.yaml", config.as_str())]);
        project.render(Holder::Operator);
        let before = own_secret(&project);
        assert!(before.is_some());
        let same = head.strip_suffix('\n').unwrap_or("secrets");
        project.write(FILE, spec(&format!("{same} ca-in=same-secret\n"), "tls mutual"));
        let (outcome, _) = project.render(Holder::Nobody);
        let waits = !outcome.waiting.is_empty();
        assert_eq!(own_secret(&project), if waits { before.clone() } else { None }, "{rule:?}");
        project.run(&["check", "--allow-waiting"]).ends_with(0);
        project.render(Holder::Operator);
        assert_eq!((own_secret(&project), Some(trusted(&project))), (None, before), "{rule:?}");
        project.assert_nothing_to_do();
    }
}

#[test]
fn a_host_lets_in_whom_the_spec_says() {
    for (head, rule, _) in SEALING {
        let hidden = !rule.is_empty();
        let head = match head.strip_suffix('\n') {
            Some(head) => format!("{head} ca-in=same-secret\n"),
            None => "secrets ca-in=same-secret\n".to_owned(),
        };
        let config = SOPS_CONFIG.replace("sops\\.yaml$\n", &format!("sops\\.yaml$\n    {rule}\n"));
        let config = if hidden { config } else { SOPS_CONFIG.to_owned() };
        for (old, _) in MODES {
            for (new, files) in MODES {
                let text = spec(&head, old);
                let project = Project::new([(FILE, text.as_str()), (".sops.yaml", config.as_str())]);
                project.render(Holder::Operator);
                let before = project.tree();
                project.write(FILE, spec(&head, new));
                let what = format!("{rule:?}: {old} to {new}");
                let (outcome, _) = project.render(Holder::Nobody);
                if hidden && old != new {
                    let waiting: Vec<_> = outcome.waiting.iter().map(|wait| wait.name.as_str()).collect();
                    assert_eq!(waiting, ["api.example.com"], "{what}");
                    let changed = differing(&before, &project.tree());
                    assert!(!changed.iter().any(|path| path == SECRET), "{what}: {changed:?}");
                    project.run(&["check"]).ends_with(3);
                    // Until then a Secret of their own says whom, which Istio takes first.
                    let wanted: String = files.iter().map(|path| project.read(path)).collect();
                    assert_eq!(own_secret(&project), (!wanted.is_empty()).then_some(wanted), "{what}");
                    let (outcome, _) = project.render(Holder::Operator);
                    assert_eq!(own_secret(&project), None, "{what}");
                    assert!(outcome.waiting.is_empty() && outcome.changes.is_empty(), "{what}");
                } else {
                    assert!(outcome.waiting.is_empty() && outcome.changes.is_empty(), "{what}");
                }
                let wanted: String = files.iter().map(|path| project.read(path)).collect();
                assert_eq!(trusted(&project), wanted, "{what}");
                project.assert_nothing_to_do();
            }
        }
    }
}

/// Whatever else changes together with the trust in clients, no key is lost and no list names what is not there; with an
/// identity all of it is as it should be, without a new certificate.
#[test]
fn trust_changes_together_with_other_things() {
    let both = |head: &str, first: &str, second: &str| {
        let host = |name: &str, words: &str| {
            format!(
                "host \"{name}.example.com\" authority=\"corp\" gateway=\"public\" to=\"{name}:80\" {{ {words} }}\n"
            )
        };
        let (first, second) = (host("api", first), host("web", second));
        format!("{head}authority \"corp\"\nauthority \"partners\"\n{first}{second}")
    };
    let label = "secret { metadata { labels { team \"x\"; }; }; }";
    for (head, rule, _) in SEALING {
        let head = match head.strip_suffix('\n') {
            Some(head) => format!("{head} ca-in=same-secret\n"),
            None => "secrets ca-in=same-secret\n".to_owned(),
        };
        let config = SOPS_CONFIG.replace("sops\\.yaml$\n", &format!("sops\\.yaml$\n    {rule}\n"));
        let config = if rule.is_empty() { SOPS_CONFIG.to_owned() } else { config };
        let (plain, edge) = ("gateway \"public\"\n", "gateway \"public\" workload-namespace=\"edge\"\n");
        let (mutual, simple) = ("tls mutual secret=\"a\";", "tls simple secret=\"b\";");
        for (gateway, api, web) in [
            (plain, "tls simple secret=\"c\";", simple),
            (plain, "tls mutual secret=\"c\";", simple),
            (edge, mutual, simple),
            (edge, "tls simple secret=\"a\";", "tls mutual secret=\"b\";"),
            (plain, "tls mutual secret=\"a\" { clients \"partners\"; };", "tls mutual secret=\"c\";"),
            (plain, "tls mutual secret=\"c\" { clients \"partners\"; };", simple),
            (plain, "tls simple secret=\"b\";", "tls mutual secret=\"a\";"),
            (plain, "tls mutual secret=\"b\";", "tls simple secret=\"a\";"),
            (plain, &format!("{mutual} {label}"), &format!("{simple} {label}")),
        ] {
            let text = both(&format!("{head}{plain}"), mutual, simple);
            let project = Project::new([(FILE, text.as_str()), (".sops.yaml", config.as_str())]);
            project.render(Holder::Operator);
            project.write(FILE, both(&format!("{head}{gateway}"), api, web));
            let what = format!("{rule:?}: {gateway}{api} {web}");
            project.render(Holder::Nobody);
            project.run(&["check", "--allow-waiting"]).ends_with(0);
            let waiting = project.tree();
            project.render(Holder::Nobody);
            assert_eq!(differing(&waiting, &project.tree()), [""; 0], "{what}");
            assert_each_key_fits(&project, 2);
            let (outcome, _) = project.render(Holder::Operator);
            assert!(outcome.waiting.is_empty() && outcome.changes.is_empty(), "{what}");
            assert_each_key_fits(&project, 2);
            let folder = if gateway == edge { "edge" } else { "istio-system" };
            for words in [api, web] {
                let name = words.split('"').nth(1).unwrap();
                let wanted = match words {
                    words if words.contains("simple") => String::new(),
                    words if words.contains("partners") => project.read("pki/partners/ca.crt"),
                    _ => project.read("pki/corp/ca.crt"),
                };
                let path = format!("out/{folder}/secret-{name}.sops.yaml");
                assert_eq!(trusted_in(&project, &path), wanted, "{what}");
            }
            project.assert_nothing_to_do();
        }
    }
}

/// So many Secrets are there, and the key of each belongs to its certificate.
fn assert_each_key_fits(project: &Project, count: usize) {
    let (existing, report) = Existing::read(&project.input().snapshot);
    assert!(report.is_empty(), "{report:?}");
    let mut identities = Identities::new();
    identities.add("operator", &identity('a'));
    let opened = open_all(&existing, &identities);
    assert!(opened.report.is_empty() && opened.locked == 0, "{:?}", opened.report);
    assert_eq!(existing.leaves.len(), count);
}

/// Both generations are trusted from the introduction to the end, wherever that stands; where it is sealed and nobody opens it,
/// a Secret of its own says it until then.
#[test]
fn stages_reach_trust_beside_the_key() {
    let (first, next) =
        ("wait \"1h\"; generation 1 signs=\"2026-10-01\"", "generation 2 introduced=\"2026-10-01\"");
    let stages = [
        (format!("{first}; {next}"), 2),
        (format!("{first}; {next} signs=\"2026-10-10\""), 2),
        (format!("{first} retired=\"2026-11-25\"; {next} signs=\"2026-10-10\""), 1),
    ];
    for (head, rule, _) in SEALING {
        let head = match head.strip_suffix('\n') {
            Some(head) => format!("{head} ca-in=same-secret\n"),
            None => "secrets ca-in=same-secret\n".to_owned(),
        };
        let config = SOPS_CONFIG.replace("sops\\.yaml$\n", &format!("sops\\.yaml$\n    {rule}\n"));
        let config = if rule.is_empty() { SOPS_CONFIG.to_owned() } else { config };
        let text = spec(&head, "tls mutual");
        let project = Project::new([(FILE, text.as_str()), (".sops.yaml", config.as_str())]);
        project.render(Holder::Operator);
        let write = |generations: &str| {
            project.write(
                FILE,
                text.replace("authority \"corp\"\n", &format!("authority \"corp\" {{ {generations}; }}\n")),
            );
        };
        for (generations, trusts) in &stages {
            write(generations);
            project.render(Holder::Nobody);
            let said = own_secret(&project).unwrap_or_else(|| trusted(&project));
            assert_eq!(said.matches("BEGIN").count(), *trusts, "{rule:?}: {generations}");
            project.render(Holder::Operator);
            assert_eq!((own_secret(&project), trusted(&project)), (None, said), "{rule:?}: {generations}");
            project.assert_nothing_to_do();
        }
        write(&stages[1].0);
        project.render(Holder::Operator);
        write(&stages[2].0.replace("wait \"1h\"; ", ""));
        assert_eq!(project.refusal(Holder::Operator), ["retired-too-early"], "{rule:?}");
    }
}
