//! Whoever is revoked stays out, and everybody else in: in every bundle there is a list for every authority up to the root, a
//! list that is there is left alone, and no deleted line takes a revocation back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatewright::build::{BuildError, Outcome, Request};
use gatewright::pki::{Certificate, RevocationList};
use gatewright::tree::apply;

use crate::support::project::{CountingEntropy, Holder, NOW, Project, differing};

pub(super) const FILE: &str = "specs/a.kdl";
pub(super) const CACERT: &str = "out/istio-system/secret-api.example.com-tls-cacert.yaml";

pub(super) const SPEC: &str = r#"
authority "corp"
authority "partners"
gateway "public"
host "api.example.com" authority="corp" gateway="public" to="api:80" { tls mutual { clients "partners"; } }
client "anna.example" authority="partners"
client "bob.example" authority="partners"
"#;

pub(super) fn project(spec: &str) -> Project {
    let mut project = Project::of(spec);
    project.entropy = Box::new(CountingEntropy::default());
    project.render(Holder::Unasked);
    project
}

pub(super) fn lists(text: &str) -> Vec<RevocationList> {
    RevocationList::from_pem(text).unwrap()
}

pub(super) fn certificates(text: &str) -> Vec<Certificate> {
    Certificate::from_pem_chain(text).unwrap()
}

pub(super) fn client(project: &Project, authority: &str, name: &str) -> Certificate {
    certificates(&project.read(&format!("pki/{authority}/clients/{name}.crt"))).remove(0)
}

/// The two halves of a Secret that lets clients in.
pub(super) fn trust(project: &Project, path: &str) -> (Vec<Certificate>, Vec<RevocationList>) {
    let text = project.read(path);
    let value = |key: &str| {
        let line =
            text.lines().find_map(|line| line.trim().strip_prefix(&format!("{key}: ")).map(str::to_owned));
        line.map(|value| String::from_utf8(STANDARD.decode(value.trim_matches('"')).unwrap()).unwrap())
    };
    (certificates(&value("ca.crt").unwrap()), value("ca.crl").map(|text| lists(&text)).unwrap_or_default())
}

/// Each certificate of a bundle has its list, and the list revokes exactly these of the clients.
#[track_caller]
pub(super) fn assert_whole(project: &Project, path: &str, revoked: &[&Certificate]) {
    let (authorities, lists) = trust(project, path);
    assert_eq!(authorities.len(), lists.len());
    for authority in &authorities {
        let list = lists.iter().find(|list| list.signed_by(authority)).unwrap();
        let mut wanted: Vec<_> =
            revoked.iter().filter(|one| one.signed_by(authority)).map(|one| one.serial()).collect();
        wanted.sort_unstable();
        assert_eq!(list.revoked().keys().map(String::as_str).collect::<Vec<_>>(), wanted);
    }
}

fn waits(outcome: &Outcome) -> Vec<(&str, &str)> {
    outcome.waiting.iter().map(|wait| (wait.word, wait.name.as_str())).collect()
}

pub(super) fn render_at(project: &Project, now: &str, holder: Holder) -> Outcome {
    let outcome = project.build_at(now, holder, &Request::default());
    let outcome = outcome.unwrap_or_else(|error| panic!("{}", project.explain(&error)));
    apply(&project.layout(), &outcome.files).unwrap();
    outcome
}

pub(super) fn refusal_at(project: &Project, now: &str, holder: Holder) -> Vec<&'static str> {
    match project.build_at(now, holder, &Request::default()) {
        Err(BuildError::Refused(report)) => {
            report.findings().iter().map(|finding| finding.code.name()).collect()
        }
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("nothing is refused"),
    }
}

pub(super) fn revoke_bob(project: &Project) {
    project.edit(
        FILE,
        "\"bob.example\" authority=\"partners\"",
        "\"bob.example\" authority=\"partners\" revoked=\"2026-11-20\"",
    );
}

#[test]
fn a_client_is_revoked_by_a_word() {
    let project = project(SPEC);
    let before = project.tree();
    let bob = client(&project, "partners", "bob.example");
    revoke_bob(&project);
    let (outcome, _) = project.render(Holder::Nobody);
    assert_eq!(waits(&outcome), [("revocation list", "partners")]);
    assert!(differing(&before, &project.tree()).is_empty());
    let (outcome, _) = project.render(Holder::Operator);
    assert!(outcome.waiting.is_empty() && outcome.changes.is_empty());
    assert_eq!(differing(&before, &project.tree()), [CACERT, "pki/partners/ca.crl"]);
    assert_whole(&project, CACERT, &[&bob]);
    let list = &lists(&project.read("pki/partners/ca.crl"))[0];
    assert_eq!(list.revoked().values().next().unwrap().date(), "2026-11-20");
    let authority = &certificates(&project.read("pki/partners/1.crt"))[0];
    assert_eq!(list.next_update(), authority.not_after());
    project.assert_nothing_to_do();
    // No certificate of the client's is renewed, and none is issued.
    let outcome = render_at(&project, "2027-02-01T00:00:00Z", Holder::Operator);
    let names: Vec<_> = outcome.changes.iter().map(|change| change.name.as_str()).collect();
    assert_eq!(names, ["api.example.com", "anna.example"]);
}

#[test]
fn a_deleted_line_takes_nothing_back() {
    let project = project(SPEC);
    let bob = client(&project, "partners", "bob.example");
    revoke_bob(&project);
    project.render(Holder::Operator);
    let there = project.tree();
    for spec in [SPEC.to_owned(), SPEC.replace("client \"bob.example\" authority=\"partners\"\n", "")] {
        project.write(FILE, spec);
        assert_eq!(project.refusal(Holder::Operator), ["unrevoked"]);
        assert!(differing(&there, &project.tree()).is_empty());
    }
    // The finding's own line is the mend, and lets the client have a new certificate.
    let Err(error) = project.build(Holder::Nobody) else { panic!() };
    let said = project.explain(&error);
    let line = format!("revoked \"{}\" on=\"2026-11-20\"", bob.serial());
    assert!(said.contains(&format!("`{line}`")), "{said}");
    project.write(
        FILE,
        SPEC.replace("authority \"partners\"\ng", &format!("authority \"partners\" {{ {line}; }}\ng")),
    );
    let (outcome, _) = project.render(Holder::Nobody);
    assert_eq!(waits(&outcome), [("client", "bob.example")]);
    let (outcome, _) = project.render(Holder::Operator);
    assert_eq!(outcome.changes.len(), 1);
    let new = client(&project, "partners", "bob.example");
    assert_ne!(new, bob);
    assert_eq!(certificates(&project.read("pki/partners/clients/bob.example.crt")), [new, bob.clone()]);
    assert_whole(&project, CACERT, &[&bob]);
    project.assert_nothing_to_do();
}

#[test]
fn what_has_ended_may_be_forgotten() {
    let project = project(SPEC);
    revoke_bob(&project);
    project.render(Holder::Operator);
    let bob = client(&project, "partners", "bob.example");
    let later = "2027-03-01T00:00:00Z";
    render_at(&project, later, Holder::Operator);
    project.write(FILE, SPEC.replace("client \"bob.example\" authority=\"partners\"\n", ""));
    let outcome = render_at(&project, later, Holder::Operator);
    assert!(outcome.files.is_empty());
    // It leaves the list when that is signed for another reason.
    project.edit(
        FILE,
        "\"anna.example\" authority=\"partners\"",
        "\"anna.example\" authority=\"partners\" revoked=\"2027-02-28\"",
    );
    render_at(&project, later, Holder::Operator);
    let list = lists(&project.read("pki/partners/ca.crl")).remove(0);
    assert!(!list.revoked().contains_key(bob.serial()) && list.revoked().len() == 1);
}

/// While a list is missing, a Secret that is there stays, and one that is not there is not written: nobody comes in too much.
#[test]
fn a_host_without_its_lists_lets_nobody_in() {
    let project = project(SPEC);
    revoke_bob(&project);
    project.render(Holder::Operator);
    // The other authority has no list yet.
    project.edit(FILE, "clients \"partners\"", "clients \"partners\" \"corp\"");
    let before = project.tree();
    let (outcome, _) = project.render(Holder::Nobody);
    assert_eq!(waits(&outcome), [("revocation list", "corp")]);
    assert!(differing(&before, &project.tree()).is_empty());
    project.render(Holder::Operator);
    assert_whole(&project, CACERT, &[&client(&project, "partners", "bob.example")]);
    assert_eq!(trust(&project, CACERT).1.len(), 2);
    project.assert_nothing_to_do();
    let project = self::project(SPEC);
    revoke_bob(&project);
    project.render(Holder::Nobody);
    let more = "host \"b.example.com\" authority=\"corp\" gateway=\"public\" to=\"b:80\" { tls mutual { clients \"partners\"; }; }\n";
    project.write("specs/b.kdl", more);
    project.render(Holder::Nobody);
    assert!(!project.exists("out/istio-system/secret-b.example.com-tls-cacert.yaml"));
    project.render(Holder::Operator);
    assert_whole(
        &project,
        "out/istio-system/secret-b.example.com-tls-cacert.yaml",
        &[&client(&project, "partners", "bob.example")],
    );
}

#[test]
fn two_generations_have_a_list_each() {
    let project = project(SPEC);
    let (anna, bob) =
        (client(&project, "partners", "anna.example"), client(&project, "partners", "bob.example"));
    let first = "wait \"1h\"; generation 1 introduced=\"2026-10-01\" signs=\"2026-10-01\"";
    let stage = |more: &str| {
        let head = format!("authority \"partners\" {{ {first}; {more}; }}\ng");
        project.write(FILE, SPEC.replace("authority \"partners\"\ng", &head));
    };
    stage("generation 2 introduced=\"2026-10-01\"");
    project.render(Holder::Operator);
    revoke_bob(&project);
    project.render(Holder::Operator);
    assert_whole(&project, CACERT, &[&bob]);
    assert_eq!(trust(&project, CACERT).1.len(), 2);
    stage("generation 2 introduced=\"2026-10-01\" signs=\"2026-10-20\"");
    revoke_bob(&project);
    project.render(Holder::Operator);
    let new = client(&project, "partners", "anna.example");
    assert_ne!(new, anna);
    assert_eq!(client(&project, "partners", "bob.example"), bob);
    assert_whole(&project, CACERT, &[&bob]);
    // Every certificate of hers, of both generations.
    project.edit(
        FILE,
        "\"anna.example\" authority=\"partners\"",
        "\"anna.example\" authority=\"partners\" revoked=\"2026-11-25\"",
    );
    project.render(Holder::Operator);
    assert_whole(&project, CACERT, &[&anna, &new, &bob]);
    project.assert_nothing_to_do();
    // The retired one's list goes with it.
    let retired = format!("{first} retired=\"2026-11-25\"");
    let text = project.read(FILE).replace(first, &retired);
    project.write(FILE, text);
    project.render(Holder::Operator);
    assert_whole(&project, CACERT, &[&new]);
    assert_eq!(lists(&project.read("pki/partners/ca.crl")).len(), 1);
    project.assert_nothing_to_do();
}

pub(super) const DEEP: &str = r#"
authority "root"
authority "staff" authority="root"
authority "other" authority="root"
gateway "public"
host "api.example.com" authority="other" gateway="public" to="api:80" { tls mutual { clients "staff"; } }
client "anna.example" authority="staff"
client "bob.example" authority="staff"
client "carl.example" authority="other"
"#;

#[test]
fn under_intermediates_bundle_and_lists_run_up_to_the_root() {
    let project = project(DEEP);
    assert_eq!(trust(&project, CACERT).0.len(), 1);
    project.edit(
        FILE,
        "\"bob.example\" authority=\"staff\"",
        "\"bob.example\" authority=\"staff\" revoked=\"2026-11-20\"",
    );
    project.render(Holder::Operator);
    let (authorities, lists) = trust(&project, CACERT);
    assert_eq!((authorities.len(), lists.len()), (2, 2));
    assert!(authorities[1].is_self_signed());
    assert_whole(&project, CACERT, &[&client(&project, "staff", "bob.example")]);
    // `other` has no list there, so that Envoy refuses its clients.
    let other = &certificates(&project.read("pki/other/1.crt"))[0];
    assert!(!lists.iter().any(|list| list.signed_by(other)) && !project.exists("pki/other/ca.crl"));
    project.assert_nothing_to_do();
    // A new root signs again; its list comes with it.
    let generations =
        "generation 1 retired=\"2026-11-25\"; generation 2 introduced=\"2026-11-25\" signs=\"2026-11-25\"";
    project.edit(FILE, "authority \"root\"\na", &format!("authority \"root\" {{ {generations}; }}\na"));
    project.render(Holder::Operator);
    assert_whole(&project, CACERT, &[&client(&project, "staff", "bob.example")]);
    project.assert_nothing_to_do();
}

#[test]
fn a_list_that_is_good_for_less_is_renewed_in_time() {
    let project = project(SPEC);
    project.edit(FILE, "authority \"partners\"\ng", "authority \"partners\" crl-valid=\"30d\"\ng");
    project.assert_nothing_to_do();
    revoke_bob(&project);
    project.render(Holder::Operator);
    let list = || lists(&project.read("pki/partners/ca.crl")).remove(0);
    let first = list();
    assert_eq!(first.next_update().to_string(), "2026-12-25T12:00:00Z");
    assert!(render_at(&project, "2026-12-15T11:00:00Z", Holder::Unasked).files.is_empty());
    let due = "2026-12-16T00:00:00Z";
    let outcome = render_at(&project, due, Holder::Nobody);
    assert!(outcome.files.is_empty() && outcome.waiting.is_empty());
    let codes: Vec<_> = outcome.report.findings().iter().map(|finding| finding.code.name()).collect();
    assert!(codes.contains(&"revocation-list"), "{codes:?}");
    assert_eq!(refusal_at(&project, "2026-12-25T12:00:00Z", Holder::Nobody), ["revocation-list"]);
    render_at(&project, due, Holder::Operator);
    assert!(list().number() > first.number() && list().revoked() == first.revoked());
    assert_eq!(list().next_update().to_string(), "2027-01-15T00:00:00Z");
    // Less is taken at once, more from the next one on.
    project.edit(FILE, "crl-valid=\"30d\"", "crl-valid=\"7d\"");
    render_at(&project, due, Holder::Operator);
    assert_eq!(list().next_update().to_string(), "2026-12-23T00:00:00Z");
    // A clock that went back lets the number grow all the same.
    project.edit(FILE, "crl-valid=\"7d\"", "crl-valid=\"6d\"");
    let before = list().number();
    render_at(&project, NOW, Holder::Operator);
    assert!(list().number() > before);
}

#[test]
fn the_certificate_of_a_host_is_replaced() {
    let project = project(SPEC);
    let secret = "out/istio-system/secret-api.example.com-tls.sops.yaml";
    let serial = || {
        let text = project.read(secret);
        let value = text.lines().find_map(|line| line.trim().strip_prefix("tls.crt: ")).unwrap();
        certificates(&String::from_utf8(STANDARD.decode(value).unwrap()).unwrap())[0].serial().to_owned()
    };
    let old = serial();
    project.run(&["revoke", "host", "api.example.com"]).ends_with(0);
    assert!(
        project.read(FILE).contains(&format!("revoked \"{old}\" on=\"2026-11-25\"")),
        "{}",
        project.read(FILE)
    );
    let (outcome, _) = project.render(Holder::Nobody);
    assert_eq!(waits(&outcome), [("revocation list", "corp"), ("host", "api.example.com")]);
    project.render(Holder::Operator);
    assert_ne!(serial(), old);
    assert_eq!(lists(&project.read("pki/corp/ca.crl"))[0].revoked().keys().collect::<Vec<_>>(), [&old]);
    project.assert_nothing_to_do();
}

#[test]
fn bad_lists_and_lines_are_refused() {
    let project = project(SPEC);
    revoke_bob(&project);
    project.render(Holder::Operator);
    let good = project.read("pki/partners/ca.crl");
    for bad in ["", &good[..good.len() / 2], "x"] {
        project.write("pki/partners/ca.crl", bad);
        assert_eq!(project.refusal(Holder::Operator), ["broken-file"], "{bad:?}");
    }
    project.write("pki/corp/ca.crl", &good);
    project.write("pki/partners/ca.crl", &good);
    assert_eq!(project.refusal(Holder::Operator), ["broken-file"]);
    project.remove("pki/corp/ca.crl");
    // A list that is gone is signed again from what the spec says.
    project.remove("pki/partners/ca.crl");
    project.render(Holder::Operator);
    let bob = client(&project, "partners", "bob.example");
    assert_whole(&project, CACERT, &[&bob]);
    let anna = client(&project, "partners", "anna.example");
    let corp = &certificates(&project.read("pki/corp/1.crt"))[0];
    for (line, codes) in [
        // With itself, an authority would revoke all that it signed.
        (format!("revoked \"{}\" on=\"2026-11-25\"", corp.serial()), vec!["wrong-value"]),
        (format!("revoked \"{}\" on=\"2026-11-25\"", anna.serial()), vec!["wrong-value"]),
        ("revoked \"0a\" on=\"2026-12-25\"".to_owned(), vec!["wrong-value"]),
    ] {
        let spec = SPEC.replace("authority \"corp\"\n", &format!("authority \"corp\" {{ {line}; }}\n"));
        project.write(FILE, spec);
        revoke_bob(&project);
        assert_eq!(project.refusal(Holder::Operator), codes, "{line}");
    }
    project.write(
        FILE,
        SPEC.replace("authority \"corp\"\n", "authority \"corp\" { revoked \"0a\" on=\"2026-11-25\"; }\n"),
    );
    revoke_bob(&project);
    let (outcome, _) = project.render(Holder::Operator);
    assert!(outcome.report.findings().iter().any(|finding| finding.code.name() == "unknown-serial"));
    let (outcome, _) = project.render(Holder::Operator);
    assert!(outcome.report.is_empty());
}
