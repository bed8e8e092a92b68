//! What a revocation list remembers: it is signed anew for a reason only, also after the end of what is on it, and every copy of
//! it counts, beside trust in clients too.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatewright::build::{Outcome, Request};
use gatewright::pki::{Certificate, RevocationList};

use super::revocation::{CACERT, FILE, SPEC, assert_whole, client, lists, project, render_at, revoke_bob};
use crate::support::project::{Holder, NOW, Project, differing};

const LIST: &str = "pki/partners/ca.crl";
const BOB: &str = "pki/partners/clients/bob.example.crt";
/// All that is made now has ended by then.
const LATER: &str = "2027-03-01T00:00:00Z";

/// The spec with words in the authority of the clients.
fn with(spec: &str, properties: &str, words: &str) -> String {
    let old = "authority \"partners\"\n";
    assert_eq!(spec.matches(old).count(), 1);
    spec.replace(old, &format!("authority \"partners\"{properties} {{ {words} }}\n"))
}

fn revoked(certificate: &Certificate) -> String {
    format!("revoked \"{}\" on=\"2026-11-25\"", certificate.serial())
}

fn revoke_anna(project: &Project) {
    let old = "\"anna.example\" authority=\"partners\"";
    project.edit(FILE, old, &format!("{old} revoked=\"2026-11-25\""));
}

fn list(project: &Project) -> RevocationList {
    lists(&project.read(LIST)).remove(0)
}

fn is_listed(project: &Project, certificate: &Certificate) -> bool {
    list(project).revoked().contains_key(certificate.serial())
}

fn given(project: &Project) -> Vec<Certificate> {
    Certificate::from_pem_chain(&project.read(BOB)).unwrap()
}

fn codes(outcome: &Outcome) -> Vec<&'static str> {
    let codes = outcome.report.findings().iter().map(|finding| finding.code.name());
    codes.filter(|code| *code != "standing-rotation").collect()
}

#[track_caller]
fn assert_quiet(project: &Project, now: &str) {
    let outcome = project.build_at(now, Holder::Unasked, &Request::default());
    let outcome = outcome.unwrap_or_else(|error| panic!("{}", project.explain(&error)));
    assert!(outcome.files.is_empty(), "{:?}", outcome.files);
    assert!(outcome.waiting.is_empty() && outcome.changes.is_empty());
    assert_eq!(codes(&outcome), Vec::<&str>::new());
}

#[test]
fn a_line_keeps_its_entry_and_lets_it_go() {
    let project = project(SPEC);
    let bob = client(&project, "partners", "bob.example");
    project.write(FILE, with(SPEC, "", &revoked(&bob)));
    project.render(Holder::Operator);
    // The client's next certificate and a list that is signed for another reason come in one run.
    project.write(FILE, with(SPEC, " crl-valid=\"300d\"", &revoked(&bob)));
    render_at(&project, LATER, Holder::Operator);
    assert!(is_listed(&project, &bob) && !project.read(CACERT).contains("ca.crl"));
    assert_quiet(&project, LATER);
    // Without the line nothing is signed at once; the next list is without it, and then the client's file.
    project.write(FILE, with(SPEC, " crl-valid=\"300d\"", ""));
    let before = project.tree();
    render_at(&project, LATER, Holder::Unasked);
    assert_eq!(differing(&before, &project.tree()), [""; 0]);
    assert!(is_listed(&project, &bob) && given(&project).contains(&bob));
    project.write(FILE, with(SPEC, " crl-valid=\"200d\"", ""));
    render_at(&project, LATER, Holder::Operator);
    assert!(!is_listed(&project, &bob));
    assert_quiet(&project, LATER);
    render_at(&project, "2027-06-20T00:00:00Z", Holder::Operator);
    assert!(!given(&project).contains(&bob) && !is_listed(&project, &bob));
    assert_quiet(&project, "2027-06-20T00:00:00Z");
}

/// The line goes in the run that issues the next certificate: the entry is known to be over all the same.
#[test]
fn what_has_ended_is_known_while_a_list_names_it() {
    let project = project(SPEC);
    let bob = client(&project, "partners", "bob.example");
    project.write(FILE, with(SPEC, "", &revoked(&bob)));
    project.render(Holder::Operator);
    project.write(FILE, SPEC);
    render_at(&project, LATER, Holder::Operator);
    assert_quiet(&project, LATER);
    assert!(is_listed(&project, &bob) && given(&project).contains(&bob));
}

/// A certificate counts to the last second.
#[test]
fn what_ends_now_is_revoked_still() {
    let project = project(SPEC);
    let bob = client(&project, "partners", "bob.example");
    revoke_bob(&project);
    project.render(Holder::Operator);
    render_at(&project, &bob.not_after().to_string(), Holder::Operator);
    assert_whole(&project, CACERT, &[&bob]);
}

/// Nobody could sign until it was over.
#[test]
fn no_list_is_made_for_what_has_ended() {
    let project = project(SPEC);
    let bob = client(&project, "partners", "bob.example");
    project.write(FILE, with(SPEC, "", &revoked(&bob)));
    project.render(Holder::Nobody);
    render_at(&project, LATER, Holder::Operator);
    assert_quiet(&project, LATER);
    assert!(!project.exists(LIST));
}

/// Once it is replaced, a host's certificate is known for as long as it lies beside; without that, the list tells whose it was.
#[test]
fn an_unknown_one_is_revoked_by_one_generation() {
    let project = project(SPEC);
    let stage = |signs: &str, retired: &str, lines: &str| {
        let first =
            format!("wait \"1h\"; generation 1 introduced=\"2026-10-01\" signs=\"2026-10-01\"{retired}");
        let both = format!("{first}; generation 2 introduced=\"2026-10-01\"{signs}; {lines}");
        SPEC.replace("authority \"corp\"\n", &format!("authority \"corp\" {{ {both} }}\n"))
    };
    project.write(FILE, stage("", "", ""));
    project.render(Holder::Operator);
    project.run(&["revoke", "host", "api.example.com"]).ends_with(0);
    let text = project.read(FILE);
    let line = text.lines().find_map(|line| line.find("revoked \"").and_then(|at| line.get(at..)));
    let line = line.unwrap().split_inclusive("on=\"2026-11-25\"").next().unwrap().to_owned();
    project.render(Holder::Operator);
    assert_quiet(&project, NOW);
    let counts = || {
        let all = lists(&project.read("pki/corp/ca.crl"));
        all.iter().map(|list| list.revoked().len()).collect::<Vec<_>>()
    };
    assert_eq!(counts(), [0, 1]);
    let there = project.files();
    for is_known in [true, false] {
        there.iter().for_each(|(path, bytes)| project.write(path, bytes));
        if !is_known {
            project.remove("pki/leaves/istio-system/api.example.com-tls.crt");
        }
        assert_quiet(&project, NOW);
        let signs = " signs=\"2026-10-20\"";
        project.write(FILE, stage(signs, "", &line));
        project.render(Holder::Operator);
        assert_quiet(&project, NOW);
        project.write(FILE, stage(signs, " retired=\"2026-11-25\"", &line));
        project.render(Holder::Operator);
        // It may be of any generation that is left.
        assert_eq!(counts(), [usize::from(!is_known)]);
        assert_quiet(&project, NOW);
    }
}

/// It was on the list of each generation that may have signed it.
#[test]
fn one_that_is_found_again_is_said_still() {
    let generations =
        "generation 1 introduced=\"2026-10-01\" signs=\"2026-10-01\"; generation 2 introduced=\"2026-10-01\"";
    let project = project(&with(SPEC, "", generations));
    let bob = client(&project, "partners", "bob.example");
    project.write(FILE, with(SPEC, "", &format!("{generations}; {}", revoked(&bob))));
    project.remove(BOB);
    project.remove("pki/partners/clients/bob.example.key.sops.yaml");
    let (outcome, _) = project.render(Holder::Operator);
    assert_eq!(codes(&outcome), ["unknown-serial"]);
    assert!(lists(&project.read(LIST)).iter().all(|list| list.revoked().len() == 1));
    assert_quiet(&project, NOW);
    project.write(BOB, format!("{}{}", project.read(BOB), bob.to_pem()));
    assert_quiet(&project, NOW);
}

/// Deleted by hand, or by a merge: what `out/` holds tells it still.
#[test]
fn a_list_beside_trust_remembers_too() {
    for (head, path) in [
        ("", CACERT),
        ("secrets ca-in=same-secret\n", "out/istio-system/secret-api.example.com-tls.sops.yaml"),
    ] {
        let spec = format!("{head}{SPEC}");
        let project = project(&spec);
        let bob = client(&project, "partners", "bob.example");
        revoke_bob(&project);
        project.render(Holder::Operator);
        assert_whole(&project, path, &[&bob]);
        let there = project.tree();
        // It comes back as it was, from whoever renders.
        project.remove(LIST);
        project.render(Holder::Unasked);
        assert!(differing(&there, &project.tree()).is_empty(), "{head}");
        project.remove(LIST);
        let gone = project.tree();
        for spec in [spec.clone(), spec.replace("client \"bob.example\" authority=\"partners\"\n", "")] {
            project.write(FILE, spec);
            assert_eq!(project.refusal(Holder::Operator), ["unrevoked"], "{head}");
            assert!(differing(&gone, &project.tree()).is_empty());
        }
        project.write(FILE, with(&spec, "", &revoked(&bob)));
        let (outcome, _) = project.render(Holder::Operator);
        assert_eq!(codes(&outcome), Vec::<&str>::new(), "{head}");
        assert_whole(&project, path, &[&bob]);
        assert_quiet(&project, NOW);
    }
}

/// A merge took the old side of one of the two files.
#[test]
fn the_newer_of_two_lists_counts() {
    let project = project(SPEC);
    revoke_bob(&project);
    project.render(Holder::Operator);
    let (old, old_trust) = (project.read(LIST), project.read(CACERT));
    let one = project.read(FILE);
    revoke_anna(&project);
    project.render(Holder::Operator);
    let (newer, there) = (list(&project), project.tree());
    for (path, text) in [(LIST, &old), (CACERT, &old_trust)] {
        project.write(path, text);
        project.render(Holder::Unasked);
        assert!(differing(&there, &project.tree()).is_empty(), "{path}");
    }
    project.write(LIST, &old);
    let both = project.read(FILE);
    project.write(FILE, &one);
    assert_eq!(project.refusal(Holder::Operator), ["unrevoked"]);
    // The number grows from that of the newer one.
    project
        .write(FILE, both.replace("authority \"partners\"\n", "authority \"partners\" crl-valid=\"30d\"\n"));
    project.render(Holder::Operator);
    assert!(list(&project).number() > newer.number());
    assert_eq!(list(&project).revoked(), newer.revoked());
    assert_quiet(&project, NOW);
}

/// Two branches signed lists, and a merge took one file of each: what either names is revoked.
#[test]
fn two_lists_apart_are_joined() {
    let project = project(SPEC);
    let (bob, anna) =
        (client(&project, "partners", "bob.example"), client(&project, "partners", "anna.example"));
    let before = project.read(CACERT);
    revoke_bob(&project);
    let bobs = project.read(FILE);
    project.render(Holder::Operator);
    let bobs_trust = project.read(CACERT);
    project.write(FILE, SPEC);
    project.remove(LIST);
    project.write(CACERT, before);
    revoke_anna(&project);
    project.render(Holder::Operator);
    let annas = project.read(FILE);
    project.edit(FILE, "authority \"partners\"\n", "authority \"partners\" crl-valid=\"30d\"\n");
    project.render(Holder::Operator);
    let newer = list(&project);
    project.write(CACERT, bobs_trust);
    for spec in [&bobs, &annas] {
        project.write(FILE, spec);
        assert_eq!(project.refusal(Holder::Operator), ["unrevoked"]);
    }
    revoke_bob(&project);
    let before = project.tree();
    let (outcome, _) = project.render(Holder::Nobody);
    assert_eq!(outcome.waiting.len(), 1);
    assert_eq!(differing(&before, &project.tree()), [CACERT]);
    project.write(CACERT, before.get(CACERT).unwrap());
    project.render(Holder::Operator);
    assert_whole(&project, CACERT, &[&bob, &anna]);
    assert!(list(&project).number() > newer.number());
    assert_quiet(&project, NOW);
}

/// Nobody's list, or one that was changed: it tells nothing.
#[test]
fn a_list_beside_trust_must_be_signed() {
    let project = project(SPEC);
    revoke_bob(&project);
    project.render(Holder::Operator);
    let pem = project.read(LIST);
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let mut der = STANDARD.decode(body).unwrap();
    *der.last_mut().unwrap() ^= 1;
    let forged = RevocationList::from_der(&der).unwrap().to_pem();
    project.edit(CACERT, &STANDARD.encode(&pem), &STANDARD.encode(forged));
    project.remove(LIST);
    project.write(FILE, SPEC);
    project.render(Holder::Unasked);
    assert!(!project.exists(LIST) && !project.read(CACERT).contains("ca.crl"));
    // Text that is no list is written anew, as everything below `out/`.
    revoke_bob(&project);
    project.render(Holder::Operator);
    let there = project.tree();
    let pem = project.read(LIST);
    project.edit(CACERT, &STANDARD.encode(&pem), "eA==");
    project.render(Holder::Unasked);
    assert!(differing(&there, &project.tree()).is_empty());
}

/// The one that signed the client is replaced at once, and who renders can't make the next one: its trust stays, with its list.
#[test]
fn a_generation_that_stands_in_keeps_its_list() {
    let under = " authority=\"corp\" unconstrained";
    let spec = |words: &str| with(SPEC, under, words);
    let project = project(&spec(""));
    let bob = client(&project, "partners", "bob.example");
    revoke_bob(&project);
    project.render(Holder::Operator);
    let before = project.read(CACERT);
    let day = "\"2026-11-25\"";
    project
        .write(FILE, spec(&format!("generation 1 retired={day}; generation 2 introduced={day} signs={day}")));
    revoke_bob(&project);
    let (outcome, _) = project.render(Holder::Nobody);
    assert!(!outcome.waiting.is_empty());
    assert_eq!(project.read(CACERT), before);
    assert_whole(&project, CACERT, &[&bob]);
    project.render(Holder::Operator);
    assert_ne!(project.read(CACERT), before);
    assert_quiet(&project, NOW);
}

/// A host that comes while a list must say more would let in whoever is to be on it.
#[test]
fn a_new_host_waits_for_a_list_that_is_to_say_more() {
    let project = project(SPEC);
    let (bob, anna) =
        (client(&project, "partners", "bob.example"), client(&project, "partners", "anna.example"));
    revoke_bob(&project);
    project.render(Holder::Operator);
    revoke_anna(&project);
    let more = "host \"b.example.com\" authority=\"corp\" gateway=\"public\" to=\"b:80\" { tls mutual { clients \"partners\"; }; }\n";
    project.write("specs/b.kdl", more);
    let new = "out/istio-system/secret-b.example.com-tls-cacert.yaml";
    project.render(Holder::Nobody);
    assert!(!project.exists(new));
    assert_whole(&project, CACERT, &[&bob]);
    project.render(Holder::Operator);
    for path in [CACERT, new] {
        assert_whole(&project, path, &[&bob, &anna]);
    }
    assert_quiet(&project, NOW);
}

/// The line stands, and the file is gone that tells which certificates it means.
#[test]
fn what_a_lost_file_told_is_not_taken_for_a_line_that_was_taken_back() {
    let day = "2026-11-26T12:00:00Z";
    let explained = |project: &Project, now: &str| {
        let Err(error) = project.build_at(now, Holder::Operator, &Request::default()) else { panic!() };
        project.explain(&error)
    };
    let host = "host \"api.example.com\"";
    for (of, lost, serial_of) in [
        ("client `bob.example`", &[BOB, "pki/partners/clients/bob.example.key.sops.yaml"][..], "partners"),
        ("host `api.example.com`", &["pki/leaves/istio-system/api.example.com-tls.crt"][..], "corp"),
    ] {
        let project = project(SPEC);
        match serial_of {
            "partners" => revoke_bob(&project),
            _ => project.edit(FILE, host, &format!("{host} revoked=\"2026-11-26\"")),
        }
        render_at(&project, day, Holder::Operator);
        let there = project.files();
        lost.iter().for_each(|path| project.remove(path));
        let said = explained(&project, day);
        assert!(said.contains("error[unrevoked]: a certificate of authority"), "{said}");
        assert!(said.contains("nothing here tells any more whose it is"), "{said}");
        assert!(!said.contains("does not say so any more"), "{said}");
        assert!(said.contains(&format!("`revoked` of {of} stands here, and {} is gone", lost[0])), "{said}");
        assert!(said.contains(&format!("`git checkout HEAD -- {}`", lost[0])), "{said}");
        // Either mend does.
        project.write(lost[0], there.get(lost[0]).unwrap());
        assert!(codes(&render_at(&project, day, Holder::Operator)).is_empty());
        project.remove(lost[0]);
        let line = said.split("say it at the authority: `").nth(1).unwrap().split('`').next().unwrap();
        let old = format!("authority \"{serial_of}\"\n");
        project.edit(FILE, &old, &format!("authority \"{serial_of}\" {{ {line} }}\n"));
        let left = codes(&render_at(&project, day, Holder::Operator));
        assert!(left.iter().all(|code| *code == "revokes-nothing"), "{left:?}");
    }
}
