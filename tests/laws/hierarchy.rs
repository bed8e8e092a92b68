//! Authorities under authorities: at every step each server's chain leads to the root that its clients hold, whoever renders.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatewright::pki::{Certificate, verify_client, verify_server};
use gatewright::sops::{Identities, Sealed};
use gatewright::time::{Seconds, Timestamp};

use super::moving::SEALING;
use crate::support::project::{Holder, NOW, Project, SOPS_CONFIG, differing, identity};

const FILE: &str = "specs/a.kdl";

const SPEC: &str = r#"
authority "top"
authority "issuing" authority="top"
authority "deep" authority="issuing"
gateway "public"
domain "example.com" authority="issuing" gateway="public" {
    host "shop" to="shop:80" { tls mutual { clients "deep" } }
}
host "a.deep.example" authority="deep" gateway="public" to="a:80"
client "anna.deep.example" authority="deep"
"#;

pub(super) fn pem(text: &str) -> Vec<Certificate> {
    Certificate::from_pem_chain(text).unwrap()
}

/// What a server shows.
pub(super) fn shown(project: &Project, secret: &str) -> Vec<Certificate> {
    let text = project.read(&format!("out/istio-system/secret-{secret}-tls.sops.yaml"));
    let sealed = Sealed::parse(text.split_once('\n').unwrap().1).unwrap();
    let value = STANDARD.decode(sealed.clear(&["data", "tls.crt"]).unwrap()).unwrap();
    pem(&String::from_utf8(value).unwrap())
}

fn soon() -> Timestamp {
    Timestamp::parse(NOW).unwrap() + Seconds::days(1)
}

/// Each host's chain is complete, without its root, and verifies by the root alone.
#[track_caller]
fn assert_chains_hold(project: &Project, lengths: [usize; 2]) {
    let roots = pem(&project.read("pki/top/ca.crt"));
    for (host, length) in ["shop.example.com", "a.deep.example"].into_iter().zip(lengths) {
        let chain = shown(project, host);
        assert_eq!(chain.len(), length, "{host}");
        assert!(chain.iter().all(|certificate| !certificate.is_self_signed()));
        verify_server(&chain[0], &chain[1..], &roots, host, soon()).unwrap();
        if length > 1 {
            assert!(verify_server(&chain[0], &chain[2..], &roots, host, soon()).is_err());
        }
    }
    for name in ["issuing", "deep"] {
        assert_eq!(project.read(&format!("pki/{name}/ca.crt")), project.read("pki/top/ca.crt"));
    }
    // The host lets the client in by its own authority, and the client's chain leads to the root too.
    let client = &pem(&project.read("pki/deep/clients/anna.deep.example.crt"))[0];
    let secret = project.read("out/istio-system/secret-shop.example.com-tls-cacert.yaml");
    let value = secret.lines().find_map(|line| line.trim().strip_prefix("ca.crt: ")).unwrap();
    let anchors = pem(&String::from_utf8(STANDARD.decode(value.trim_matches('"')).unwrap()).unwrap());
    assert_eq!(anchors.len(), 1);
    verify_client(client, &[], &anchors, soon()).unwrap();
}

fn rendered() -> Project {
    let project = Project::of(SPEC);
    // All is new, so that no identity is needed.
    project.render(Holder::Unasked);
    assert_chains_hold(&project, [2, 3]);
    project.assert_nothing_to_do();
    project
}

fn generations(project: &Project, authority: &str, text: &str) {
    let head = format!("authority \"{authority}\"");
    let spec = project.read(FILE);
    let line = spec.lines().find(|line| line.starts_with(&head)).unwrap().to_owned();
    let bare = line.split(" {").next().unwrap().to_owned();
    project.edit(FILE, &line, &format!("{bare} {{ {text}; }}"));
}

fn keys(project: &Project) -> BTreeMap<String, String> {
    let all = project.tree().into_keys().filter(|path| path.ends_with(".sops.yaml"));
    let key = |path: &String| {
        let text = project.read(path);
        text.lines().find_map(|line| line.trim().strip_prefix("tls.key: ")).unwrap().to_owned()
    };
    all.map(|path| (path.clone(), key(&path))).collect()
}

/// A new root signs the authorities below it again: no key but its own is new, nobody needs an identity, no leaf is issued.
#[test]
fn a_root_is_rotated_outright_without_any_identity() {
    let project = rendered();
    let before = keys(&project);
    let leaf = shown(&project, "a.deep.example").remove(0);
    generations(
        &project,
        "top",
        "generation 1 retired=\"2026-11-25\"; generation 2 introduced=\"2026-11-25\" signs=\"2026-11-25\"",
    );
    let (outcome, _) = project.render(Holder::Unasked);
    assert_eq!(
        outcome.changes.iter().map(|change| change.name.as_str()).collect::<Vec<_>>(),
        ["top (generation 2)", "issuing (generation 1)"]
    );
    assert_chains_hold(&project, [2, 3]);
    assert_eq!(shown(&project, "a.deep.example")[0], leaf);
    let mut after = keys(&project);
    assert!(after.remove("pki/top/2.key.sops.yaml").is_some());
    assert_eq!(after, before);
    project.assert_nothing_to_do();
}

/// Both roots are trusted, then the new one signs, then the old one goes.
#[test]
fn a_root_is_rotated_in_stages() {
    let project = rendered();
    let first = "generation 1 introduced=\"2026-10-01\" signs=\"2026-10-01\"";
    generations(&project, "top", &format!("{first}; generation 2 introduced=\"2026-10-01\""));
    project.render(Holder::Unasked);
    assert_eq!(pem(&project.read("pki/top/ca.crt")).len(), 2);
    assert_chains_hold(&project, [2, 3]);
    generations(
        &project,
        "top",
        &format!("{first}; generation 2 introduced=\"2026-10-01\" signs=\"2026-10-10\""),
    );
    // Now the new root's key must open.
    let before = project.tree();
    let (outcome, _) = project.render(Holder::Nobody);
    assert_eq!(
        outcome.waiting.iter().map(|wait| (wait.word, wait.name.as_str())).collect::<Vec<_>>(),
        [("authority", "issuing")]
    );
    assert!(differing(&before, &project.tree()).is_empty());
    project.render(Holder::Operator);
    assert_chains_hold(&project, [2, 3]);
    generations(
        &project,
        "top",
        "wait \"1h\"; generation 1 retired=\"2026-11-25\"; generation 2 introduced=\"2026-10-01\" signs=\"2026-10-10\"",
    );
    project.render(Holder::Unasked);
    assert_chains_hold(&project, [2, 3]);
    project.assert_nothing_to_do();
}

/// An authority in between is rotated outright: what it issued is issued anew, the one below it is signed again, and the
/// root stays.
#[test]
fn an_authority_in_between_is_rotated_outright() {
    let project = rendered();
    let root = project.read("pki/top/ca.crt");
    let [old_shop, old_deep] =
        ["shop.example.com", "a.deep.example"].map(|host| shown(&project, host).remove(0));
    let rotated =
        "generation 1 retired=\"2026-11-25\"; generation 2 introduced=\"2026-11-25\" signs=\"2026-11-25\"";
    generations(&project, "issuing", rotated);
    // Its parent's key must open.
    let (outcome, _) = project.render(Holder::Nobody);
    assert!(outcome.waiting.iter().any(|wait| wait.word == "authority" && wait.name == "issuing"));
    assert_chains_hold(&project, [2, 3]);
    project.render(Holder::Operator);
    assert_chains_hold(&project, [2, 3]);
    assert_eq!(project.read("pki/top/ca.crt"), root);
    assert_ne!(shown(&project, "shop.example.com")[0], old_shop);
    assert_eq!(shown(&project, "a.deep.example")[0], old_deep);
    project.assert_nothing_to_do();
}

/// What is issued decides for which names an authority may: a new domain has it signed again.
#[test]
fn a_new_domain_widens_what_an_authority_may_issue_for() {
    let project = rendered();
    let more =
        "domain \"other.example\" authority=\"issuing\" gateway=\"public\" { host \"x\" to=\"x:80\"; }\n";
    project.write("specs/b.kdl", more);
    let (outcome, _) = project.render(Holder::Nobody);
    let waiting: Vec<_> = outcome.waiting.iter().map(|wait| wait.name.as_str()).collect();
    assert_eq!(waiting, ["issuing", "x.other.example"]);
    assert!(!project.exists("out/istio-system/secret-x.other.example-tls.sops.yaml"));
    project.render(Holder::Operator);
    assert_chains_hold(&project, [2, 3]);
    let roots = pem(&project.read("pki/top/ca.crt"));
    let chain = shown(&project, "x.other.example");
    verify_server(&chain[0], &chain[1..], &roots, "x.other.example", soon()).unwrap();
    assert_eq!(
        chain[1].permitted().unwrap().to_string(),
        "a.deep.example, anna.deep.example, example.com, other.example"
    );
    project.assert_nothing_to_do();
    // What it need not do any more is told, and changes nothing.
    project.remove("specs/b.kdl");
    let (outcome, _) = project.render(Holder::Unasked);
    let codes: Vec<_> = outcome.report.findings().iter().map(|finding| finding.code.name()).collect();
    assert!(codes.contains(&"changed-authority"), "{codes:?}");
    assert!(outcome.changes.is_empty());
}

/// A root's life is decided when it is made; another one in the spec is told of.
#[test]
fn a_root_keeps_its_life() {
    let project = Project::of("authority \"old\"\n");
    project.render(Holder::Operator);
    let codes = || {
        let (outcome, _) = project.render(Holder::Operator);
        outcome.report.findings().iter().map(|finding| finding.code.name()).collect::<Vec<_>>()
    };
    project.edit(FILE, "\"old\"", "\"old\" valid=\"3650d\"");
    assert_eq!(codes(), [""; 0], "what was the default is said now");
    project.edit(FILE, "3650d", "3649d");
    assert_eq!(codes(), ["changed-authority"]);
}

/// A root that is put under another one keeps its key: what it signed goes on, for who trusts the one and who trusts the other.
#[test]
fn a_root_goes_under_another_one() {
    let project = Project::of(
        "authority \"old\"\ngateway \"public\"\nhost \"shop.example.com\" authority=\"old\" gateway=\"public\" to=\"s:80\"\n",
    );
    project.render(Holder::Operator);
    let old = pem(&project.read("pki/old/ca.crt"));
    project.edit(FILE, "authority \"old\"\n", "authority \"new\"\nauthority \"old\" authority=\"new\"\n");
    project.render(Holder::Unasked);
    let new = pem(&project.read("pki/old/ca.crt"));
    let chain = shown(&project, "shop.example.com");
    assert_eq!(chain.len(), 2);
    for roots in [&old, &new] {
        verify_server(&chain[0], &chain[1..], roots, "shop.example.com", soon()).unwrap();
    }
    project.assert_nothing_to_do();
}

const MIDDLE: &str = r#"
authority "top"
authority "mid" authority="top"
gateway "public"
domain "example.com" authority="mid" gateway="public" { host "shop" to="shop:80" }
"#;

/// A certificate that waits for its successor is served as it was: with those above it, also where the spec names them no more.
#[test]
fn a_chain_stays_as_long_as_its_certificate() {
    let other = "authority \"mid9\" authority=\"top\"";
    let mid = "authority \"mid\" authority=\"top\"";
    let away: [&[(&str, &str)]; 4] = [
        &[(mid, other), ("authority=\"mid\" gateway", "authority=\"mid9\" gateway")],
        &[(mid, ""), ("authority=\"mid\" gateway", "authority=\"top\" gateway")],
        &[(mid, ""), ("authority=\"mid\" gateway", "files gateway")],
        &[(
            mid,
            "authority \"mid\" authority=\"top\" { generation 1 retired=\"2026-11-25\" forced; generation 2 introduced=\"2026-11-25\" signs=\"2026-11-25\"; }",
        )],
    ];
    for edits in away {
        let project = Project::of(MIDDLE);
        project.render(Holder::Unasked);
        for (from, to) in edits {
            project.edit(FILE, from, to);
        }
        for _ in 0..2 {
            let (outcome, _) = project.render(Holder::Nobody);
            assert!(!outcome.waiting.is_empty(), "{edits:?}");
            let chain = shown(&project, "shop.example.com");
            let roots = pem(&project.read("pki/top/ca.crt"));
            verify_server(&chain[0], &chain[1..], &roots, "shop.example.com", soon()).unwrap();
        }
    }
}

/// What waits to be made leaves nothing that the next run could take for the rest of one that is lost.
#[test]
fn an_authority_that_waits_is_made_by_who_can() {
    let project = Project::of(MIDDLE);
    project.render(Holder::Unasked);
    let new = "authority \"new\" authority=\"top\"\nhost \"n.example.org\" authority=\"new\" gateway=\"public\" to=\"n:80\"\n";
    project.write("specs/b.kdl", new);
    for _ in 0..2 {
        let (outcome, _) = project.render(Holder::Nobody);
        let waiting: Vec<_> = outcome.waiting.iter().map(|wait| wait.name.as_str()).collect();
        assert_eq!(waiting, ["new", "n.example.org"]);
        assert!(!project.tree().keys().any(|path| path.starts_with("pki/new/")));
    }
    // An earlier release left the bundle.
    project.write("pki/new/ca.crt", project.read("pki/top/ca.crt"));
    project.render(Holder::Operator);
    let chain = shown(&project, "n.example.org");
    let roots = pem(&project.read("pki/new/ca.crt"));
    verify_server(&chain[0], &chain[1..], &roots, "n.example.org", soon()).unwrap();
    project.assert_nothing_to_do();
}

/// An authority that moves to another root is believed by those who hold its bundle, before and after that root signs it.
#[test]
fn an_authority_that_moves_to_another_root_is_believed_until_then() {
    let project = Project::of(&format!("authority \"solo\"\n{MIDDLE}"));
    project.render(Holder::Unasked);
    project.edit(FILE, "\"mid\" authority=\"top\"", "\"mid\" authority=\"solo\"");
    for (holder, roots) in [(Holder::Nobody, 2), (Holder::Nobody, 2), (Holder::Operator, 1)] {
        project.render(holder);
        let bundle = pem(&project.read("pki/mid/ca.crt"));
        assert_eq!(bundle.len(), roots);
        let chain = shown(&project, "shop.example.com");
        verify_server(&chain[0], &chain[1..], &bundle, "shop.example.com", soon()).unwrap();
    }
    project.assert_nothing_to_do();
}

/// Where the chain is sealed with the key, a note beside it tells that another one is wanted; whoever opens it writes it.
#[test]
fn a_chain_that_is_sealed_is_changed_by_who_opens_it() {
    for (head, rule, _) in SEALING.into_iter().skip(1) {
        let config = SOPS_CONFIG.replace("sops\\.yaml$\n", &format!("sops\\.yaml$\n    {rule}\n"));
        let spec = format!("{head}{SPEC}");
        let project = Project::new([(FILE, spec.as_str()), (".sops.yaml", config.as_str())]);
        project.render(Holder::Unasked);
        project.assert_nothing_to_do();
        let rotated = "generation 1 retired=\"2026-11-25\"; generation 2 introduced=\"2026-11-25\" signs=\"2026-11-25\"";
        generations(&project, "top", rotated);
        let (outcome, _) = project.render(Holder::Nobody);
        let waiting: Vec<_> = outcome.waiting.iter().map(|wait| wait.name.as_str()).collect();
        assert_eq!(waiting, ["a.deep.example", "shop.example.com"], "{rule}");
        let (outcome, _) = project.render(Holder::Operator);
        assert!(outcome.changes.is_empty() && outcome.waiting.is_empty());
        let roots = pem(&project.read("pki/top/ca.crt"));
        for host in ["shop.example.com", "a.deep.example"] {
            let chain = opened(&project, host);
            verify_server(&chain[0], &chain[1..], &roots, host, soon()).unwrap();
        }
        project.assert_nothing_to_do();
    }
}

/// What a server shows, opened as the cluster does.
fn opened(project: &Project, secret: &str) -> Vec<Certificate> {
    let mut identities = Identities::new();
    identities.add("cluster", &identity('b'));
    let text = project.read(&format!("out/istio-system/secret-{secret}-tls.sops.yaml"));
    let plain = Sealed::parse(text.split_once('\n').unwrap().1).unwrap().decrypt(&identities).unwrap();
    let value = plain.at(&["data", "tls.crt"]).and_then(|node| node.as_str()).unwrap();
    pem(&String::from_utf8(STANDARD.decode(value).unwrap()).unwrap())
}

/// Clients without any DNS name: an authority for them may issue for no DNS name and no address, and is signed again with
/// the first one that has.
#[test]
fn an_authority_of_people_may_issue_for_no_host() {
    let people = "authority \"root\"\nauthority \"staff\" authority=\"root\"\ngateway \"public\"\nhost \"shop.example.com\" authority=\"root\" gateway=\"public\" to=\"shop:80\" { tls mutual { clients \"staff\"; }; }\nclient \"anna@example.com\" authority=\"staff\"\nclient \"robot\" authority=\"staff\" { san \"spiffe://example.com/robot\"; }\n";
    let project = Project::of(people);
    project.render(Holder::Unasked);
    let roots = pem(&project.read("pki/root/ca.crt"));
    let staff = pem(&project.read("pki/staff/1.crt"));
    assert!(staff[0].permitted().unwrap().is_empty());
    for name in ["anna@example.com", "robot"] {
        let client = &pem(&project.read(&format!("pki/staff/clients/{name}.crt")))[0];
        verify_client(client, &staff, &roots, soon()).unwrap();
        // The gateway trusts the authority itself.
        verify_client(client, &[], &staff, soon()).unwrap();
    }
    project.assert_nothing_to_do();
    // Another person changes nothing of the authority.
    project.write("specs/b.kdl", "client \"ben@example.com\" authority=\"staff\"\n");
    project.render(Holder::Operator);
    assert_eq!(pem(&project.read("pki/staff/1.crt")), staff);
    project.write("specs/b.kdl", "client \"db.example.com\" authority=\"staff\"\n");
    project.render(Holder::Operator);
    let staff = pem(&project.read("pki/staff/1.crt"));
    assert_eq!(staff[0].permitted().unwrap().to_string(), "db.example.com");
    let client = &pem(&project.read("pki/staff/clients/db.example.com.crt"))[0];
    verify_client(client, &staff, &roots, soon()).unwrap();
}
