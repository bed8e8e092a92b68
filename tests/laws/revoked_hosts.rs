//! A server is revoked by a date: what was issued before that day is on the list and is replaced, what was issued since counts,
//! and neither a deleted line nor a lost list takes anything back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatewright::build::{Outcome, Request};
use gatewright::pki::{Certificate, RevocationList};
use gatewright::tree::apply;

use super::revocation::project;
use crate::support::binary::finish;
use crate::support::project::{Holder, Project, differing};

const FILE: &str = "specs/a.kdl";
const LIST: &str = "pki/corp/ca.crl";
const SECRET: &str = "out/istio-system/secret-shop.example.com-tls.sops.yaml";
const BESIDE: &str = "pki/leaves/istio-system/shop.example.com-tls.crt";
const LATER: &str = "2026-12-10T08:00:00Z";

const SPEC: &str = r#"
authority "corp"
gateway "public"
host "shop.example.com" authority="corp" gateway="public" to="shop:80"
certificate "db.example.com" authority="corp" namespace="data"
"#;

fn revoke(project: &Project, date: &str) {
    let new = format!("to=\"shop:80\" revoked=\"{date}\"");
    project.edit(FILE, "to=\"shop:80\"", &new);
}

fn at(project: &Project, now: &str, holder: Holder) -> Outcome {
    let outcome = project.build_at(now, holder, &Request::default());
    let outcome = outcome.unwrap_or_else(|error| panic!("{}", project.explain(&error)));
    apply(&project.layout(), &outcome.files).unwrap();
    outcome
}

fn assert_quiet(project: &Project, now: &str) {
    let outcome = at(project, now, Holder::Unasked);
    assert!(outcome.files.is_empty() && outcome.waiting.is_empty() && outcome.changes.is_empty());
}

fn codes(outcome: &Outcome) -> Vec<&'static str> {
    outcome.report.findings().iter().map(|finding| finding.code.name()).collect()
}

fn served(project: &Project, path: &str) -> Certificate {
    let text = project.read(path);
    let value = text.lines().find_map(|line| line.trim().strip_prefix("tls.crt: ")).unwrap();
    let pem = String::from_utf8(STANDARD.decode(value).unwrap()).unwrap();
    Certificate::from_pem_chain(&pem).unwrap().remove(0)
}

/// What the authority's list revokes, and since when.
fn listed(project: &Project) -> Vec<(String, String)> {
    let list = RevocationList::from_pem(&project.read(LIST)).unwrap().remove(0);
    list.revoked().iter().map(|(serial, since)| (serial.clone(), since.date())).collect()
}

fn refusal(project: &Project, now: &str) -> String {
    match project.build_at(now, Holder::Operator, &Request::default()) {
        Err(error) => project.explain(&error),
        Ok(_) => panic!("nothing is refused"),
    }
}

#[test]
fn what_is_from_before_the_day_is_listed_and_replaced() {
    let project = project(SPEC);
    let old = served(&project, SECRET);
    revoke(&project, "2026-12-10");
    assert!(refusal(&project, "2026-12-09T23:59:59Z").contains("can be revoked on 2026-12-10 already"));
    let before = project.tree();
    let outcome = at(&project, LATER, Holder::Nobody);
    let waits: Vec<_> = outcome.waiting.iter().map(|wait| (wait.word, wait.name.as_str())).collect();
    assert_eq!(waits, [("revocation list", "corp"), ("host", "shop.example.com")]);
    assert_eq!(differing(&before, &project.tree()), [BESIDE]);
    let before = project.tree();
    at(&project, LATER, Holder::Operator);
    assert_eq!(differing(&before, &project.tree()), [SECRET, "pki/corp/ca.crl", BESIDE]);
    let new = served(&project, SECRET);
    assert_ne!(new.spki_sha256(), "");
    assert_ne!(new, old);
    assert_eq!(listed(&project), [(old.serial().to_owned(), "2026-12-10".to_owned())]);
    assert_eq!(Certificate::from_pem_chain(&project.read(BESIDE)).unwrap(), [new.clone(), old.clone()]);
    assert_quiet(&project, LATER);
    // A list that is lost is signed again from what lies there.
    project.remove(LIST);
    at(&project, LATER, Holder::Operator);
    assert!(!project.exists(LIST) || listed(&project)[0].0 == old.serial());
    assert!(project.exists(LIST));
    // A later day revokes the new one too.
    project.edit(FILE, "2026-12-10", "2026-12-20");
    let day = "2026-12-20T00:00:00Z";
    at(&project, day, Holder::Operator);
    let mut wanted = vec![
        (old.serial().to_owned(), "2026-12-10".to_owned()),
        (new.serial().to_owned(), "2026-12-20".to_owned()),
    ];
    wanted.sort();
    assert_eq!(listed(&project), wanted);
    assert_quiet(&project, day);
    // What has ended goes, first from the list, when that is signed anew, and then from beside the Secret.
    assert_quiet(&project, "2027-01-15T00:00:00Z");
    let beside = || Certificate::from_pem_chain(&project.read(BESIDE)).unwrap().len();
    let ended = "2027-03-25T00:00:00Z";
    at(&project, ended, Holder::Operator);
    assert_eq!((beside(), listed(&project)), (3, wanted));
    assert_quiet(&project, ended);
    project.edit(FILE, "authority \"corp\"\n", "authority \"corp\" crl-valid=\"300d\"\n");
    at(&project, ended, Holder::Operator);
    assert_eq!((beside(), listed(&project).len()), (3, 0));
    at(&project, "2027-07-01T00:00:00Z", Holder::Operator);
    assert_eq!(beside(), 1);
}

/// What has ended may be forgotten, however it is said, and also with its host: until no list names it, it is known.
#[test]
fn what_has_ended_may_be_forgotten() {
    let ended = "2027-03-25T00:00:00Z";
    let host = SPEC.lines().find(|line| line.starts_with("host")).unwrap();
    for (by_line, host_goes) in [(false, false), (false, true), (true, false), (true, true)] {
        let project = project(SPEC);
        let old = served(&project, SECRET);
        if by_line {
            let line = format!("{{ revoked \"{}\" on=\"2026-12-10\"; }}", old.serial());
            project.edit(FILE, "authority \"corp\"\n", &format!("authority \"corp\" {line}\n"));
        } else {
            revoke(&project, "2026-12-10");
        }
        at(&project, LATER, Holder::Operator);
        assert_eq!(listed(&project), [(old.serial().to_owned(), "2026-12-10".to_owned())]);
        assert_quiet(&project, LATER);
        let spec = if host_goes { SPEC.replace(host, "") } else { SPEC.to_owned() };
        project.write(FILE, &spec);
        at(&project, ended, Holder::Operator);
        assert_eq!(listed(&project).len(), 1);
        assert_quiet(&project, ended);
        let beside = Certificate::from_pem_chain(&project.read(BESIDE)).unwrap();
        assert!(beside.contains(&old), "{by_line} {host_goes}");
        project.edit(FILE, "authority \"corp\"\n", "authority \"corp\" crl-valid=\"300d\"\n");
        at(&project, ended, Holder::Operator);
        assert!(listed(&project).is_empty());
        at(&project, ended, Holder::Unasked);
        assert!(!project.exists(BESIDE), "{by_line} {host_goes}");
        assert_quiet(&project, ended);
    }
}

/// Ways to stop saying it: each is refused, with the line that says it instead.
#[test]
fn nothing_takes_it_back() {
    for (old, new) in [
        (" revoked=\"2026-12-10\"", ""),
        ("revoked=\"2026-12-10\"", "revoked=\"2026-11-26\""),
        (
            "host \"shop.example.com\" authority=\"corp\" gateway=\"public\" to=\"shop:80\" revoked=\"2026-12-10\"\n",
            "",
        ),
    ] {
        let project = project(SPEC);
        let serial = served(&project, SECRET).serial().to_owned();
        revoke(&project, "2026-12-10");
        at(&project, LATER, Holder::Operator);
        let there = project.tree();
        project.edit(FILE, old, new);
        if new.contains("11-26") {
            // What is known to be from before that day is said still.
            assert_eq!(codes(&at(&project, LATER, Holder::Operator)), Vec::<&str>::new());
            continue;
        }
        let said = refusal(&project, LATER);
        let line = format!("revoked \"{serial}\" on=\"2026-12-10\"");
        assert!(said.contains("error[unrevoked]") && said.contains(&format!("`{line}`")), "{said}");
        assert!(differing(&there, &project.tree()).is_empty());
        project.edit(FILE, "authority \"corp\"\n", &format!("authority \"corp\" {{ {line}; }}\n"));
        at(&project, LATER, Holder::Operator);
        assert_eq!(listed(&project), [(serial, "2026-12-10".to_owned())]);
        assert!(project.exists(BESIDE));
        assert_quiet(&project, LATER);
    }
}

#[test]
fn it_moves_with_its_secret() {
    let project = project(SPEC);
    let old = served(&project, SECRET);
    revoke(&project, "2026-12-10");
    at(&project, LATER, Holder::Operator);
    project.edit(
        FILE,
        "to=\"shop:80\" revoked=\"2026-12-10\"",
        "to=\"shop:80\" revoked=\"2026-12-10\" { tls secret=\"shop-2\"; }",
    );
    at(&project, LATER, Holder::Unasked);
    let moved = "pki/leaves/istio-system/shop-2.crt";
    assert!(
        !project.exists(BESIDE) && Certificate::from_pem_chain(&project.read(moved)).unwrap().contains(&old)
    );
    assert_eq!(listed(&project).len(), 1);
    assert_quiet(&project, LATER);
}

#[test]
fn both_ways_agree() {
    let project = project(SPEC);
    let first = served(&project, SECRET);
    revoke(&project, "2026-12-10");
    let revoke_host =
        || finish(&mut project.command_at(LATER, &["revoke", "host", "shop.example.com"])).ends_with(0);
    revoke_host();
    assert!(!project.read(FILE).contains("revoked \""), "it is said already");
    at(&project, LATER, Holder::Operator);
    let second = served(&project, SECRET);
    // The new one is from that day, so the date does not speak of it; the command does.
    revoke_host();
    assert!(project.read(FILE).contains(&format!("revoked \"{}\" on=\"2026-12-10\"", second.serial())));
    at(&project, LATER, Holder::Operator);
    let mut wanted = vec![first.serial().to_owned(), second.serial().to_owned()];
    wanted.sort();
    assert_eq!(listed(&project).into_iter().map(|(serial, _)| serial).collect::<Vec<_>>(), wanted);
    assert!(![first, second].contains(&served(&project, SECRET)));
    assert_quiet(&project, LATER);
}

#[test]
fn a_date_before_all_that_is_known_is_said() {
    let project = project(SPEC);
    for date in ["2026-11-20", "2026-11-25"] {
        let text = project.read(FILE);
        revoke(&project, date);
        let outcome = at(&project, "2026-11-25T13:00:00Z", Holder::Unasked);
        assert_eq!(codes(&outcome), ["revokes-nothing"], "{date}");
        project.edit(
            FILE,
            &format!("revoked=\"{date}\""),
            &format!("revoked=\"{date}\" {{ settle \"revokes-nothing\" reason=\"x\"; }}"),
        );
        assert!(codes(&at(&project, "2026-11-25T13:00:00Z", Holder::Unasked)).is_empty());
        project.write(FILE, text);
    }
}

#[test]
fn certificates_of_every_kind_can_be_revoked() {
    let project = project(SPEC);
    let db = "out/data/secret-db.example.com-tls.sops.yaml";
    let old = served(&project, db);
    project.edit(FILE, "namespace=\"data\"", "namespace=\"data\" revoked=\"2026-12-10\"");
    at(&project, LATER, Holder::Operator);
    assert_eq!(listed(&project), [(old.serial().to_owned(), "2026-12-10".to_owned())]);
    assert_ne!(served(&project, db), old);
    assert_quiet(&project, LATER);
    // A domain's, and the two of a host with two keys.
    let project = self::project(
        "authority \"corp\"\ngateway \"public\"\ndomain \"a.example\" authority=\"corp\" gateway=\"public\" {\n    certificate \"*\"\n    host \"two\" to=\"x:80\" { tls; key ecdsa-p256 rsa-2048; }\n    host \"joins\" to=\"x:80\"\n}\n",
    );
    project.edit(FILE, "certificate \"*\"", "certificate \"*\" revoked=\"2026-12-10\"");
    project.edit(FILE, "host \"two\"", "host \"two\" revoked=\"2026-12-10\"");
    at(&project, LATER, Holder::Operator);
    assert_eq!(listed(&project).len(), 3);
    assert_quiet(&project, LATER);
    project.edit(FILE, "host \"joins\"", "host \"joins\" revoked=\"2026-12-10\"");
    assert!(
        refusal(&project, LATER)
            .contains("`revoked` of `joins.a.example` is that of the certificate that it joins")
    );
}

#[test]
fn only_ours_can_be_revoked() {
    for source in ["cert-manager=\"letsencrypt\"", "files", "external=\"x\""] {
        let project = Project::of(&SPEC.replace("authority=\"corp\" gateway", &format!("{source} gateway")));
        revoke(&project, "2026-11-20");
        assert_eq!(project.refusal(Holder::Unasked), ["unknown-word"], "{source}");
    }
}
