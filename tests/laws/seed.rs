//! With a seed, a certificate follows from the spec, the seed and the step of the grid: from nothing else.

use std::collections::BTreeMap;

use gatewright::build::Request;
use gatewright::issue::{Unlock as _, open_key};
use gatewright::state::Existing;
use gatewright::tree::apply;

use super::super::support::project::{Holder, NOW, Project};

/// A seed that is sealed for the operator.
const SEED: &str = include_str!("../golden/seed/given/pki/seed.sops.yaml");
const SPEC: &str = include_str!("../golden/seed/specs/seed.kdl");
const FILE: &str = "specs/a.kdl";

fn project() -> Project {
    with(SPEC)
}

fn with(spec: &str) -> Project {
    Project::new([(FILE, spec), ("pki/seed.sops.yaml", SEED)])
}

/// Renders, as the operator.
fn render_at(project: &Project, now: &str) {
    let outcome = project.build_at(now, Holder::Operator, &Request::default());
    let outcome = outcome.unwrap_or_else(|error| panic!("{}", project.explain(&error)));
    assert!(outcome.waiting.is_empty(), "{:?}", outcome.waiting);
    apply(&project.layout(), &outcome.files).unwrap();
}

/// Every certificate with its key, by the path of the file that holds both; and what is readable below `pki/`.
fn made(project: &Project) -> BTreeMap<String, Vec<u8>> {
    let (existing, report) = Existing::read(&project.input().snapshot);
    assert!(report.is_empty(), "{report:?}");
    let identities = Holder::Operator.identities().unwrap();
    let mut found: BTreeMap<_, _> = project.tree();
    found.retain(|path, _| path.ends_with(".crt"));
    for file in existing.sealed_files() {
        let Some(certificate) = file.certificate else { continue };
        let key = open_key(file.sealed, &identities).unwrap().unwrap();
        found.insert(file.shown.to_owned(), [certificate.der(), key.pkcs8_der()].concat());
    }
    assert!(found.len() > 10, "{found:?}");
    found
}

#[test]
fn any_machine_at_any_moment_of_a_step_makes_the_same() {
    let (one, other) = (project(), project());
    render_at(&one, NOW);
    // Another step of the host that is renewed more often begins on 2026-12-07.
    render_at(&other, "2026-12-06T23:59:59Z");
    assert_eq!(made(&one), made(&other));
    // What is sealed is sealed anew, with keys that have nothing to do with the seed.
    let sealed = |project: &Project| {
        let mut files = project.tree();
        files.retain(|path, _| path.ends_with(".sops.yaml") && !path.ends_with("seed.sops.yaml"));
        files
    };
    let (first, second) = (sealed(&one), sealed(&other));
    assert!(first.iter().all(|(path, bytes)| second[path] != *bytes));
}

#[test]
fn what_is_lost_is_made_again_as_it_was() {
    for lost in [&["out", "pki"][..], &["pki"], &["out"], &["pki/root"], &["pki/web"], &["pki/web/clients"]] {
        let project = project();
        render_at(&project, NOW);
        let before = made(&project);
        for folder in lost {
            std::fs::remove_dir_all(project.root().join(folder)).unwrap();
        }
        project.write("pki/seed.sops.yaml", SEED);
        render_at(&project, "2026-12-01T00:00:00Z");
        assert_eq!(before, made(&project), "{lost:?}");
        project.assert_nothing_to_do();
    }
}

#[test]
fn who_can_not_open_the_seed_waits() {
    let project = project();
    let (outcome, _) = project.render(Holder::Nobody);
    assert_eq!(outcome.waiting.len(), 9, "{:?}", outcome.waiting);
    for wait in &outcome.waiting {
        assert!(wait.missing && wait.needs[0].starts_with("pki/seed.sops.yaml must be opened"), "{wait:?}");
    }
    assert!(outcome.changes.is_empty());
    assert!(project.exists("out/default/gateway-public.yaml"));
    // Once all is made, nobody needs it.
    project.render(Holder::Operator);
    project.assert_nothing_to_do();
}

#[test]
fn certificates_are_renewed_at_the_steps_of_the_grid() {
    let project = with(
        "secrets { seed epoch=\"2026-01-01\" }\nauthority \"corp\"\nclient \"anna\" authority=\"corp\" valid=\"30d\" renew-before=\"10d\" { san \"anna.example.com\" }\n",
    );
    let mut seen = Vec::new();
    let path = "pki/corp/clients/anna.crt";
    for now in [
        "2026-01-01T00:00:00Z",
        "2026-01-20T23:59:59Z",
        "2026-01-21T00:00:00Z",
        "2026-02-09T23:59:59Z",
        "2026-02-10T00:00:00Z",
    ] {
        render_at(&project, now);
        let alone = with(&project.read(FILE));
        render_at(&alone, now);
        let newest =
            |text: String| text.split_inclusive("-----END CERTIFICATE-----\n").next().unwrap().to_owned();
        let (own, fresh) = (newest(project.read(path)), newest(alone.read(path)));
        assert_eq!(own, fresh, "{now}");
        if seen.last() != Some(&own) {
            seen.push(own);
        }
    }
    assert_eq!(seen.len(), 3);
}

#[test]
fn what_the_spec_says_otherwise_is_made_otherwise_and_comes_back_with_it() {
    let project = project();
    render_at(&project, NOW);
    let before = made(&project);
    for (old, new) in [
        ("valid=\"30d\" renew-before=\"10d\"", "valid=\"30d\" renew-before=\"5d\""),
        ("to=\"short:80\"", "to=\"short:80\" san=\"brief.example.com\""),
        (
            "client \"anna@example.com\" authority=\"web\"",
            "client \"anna@example.com\" authority=\"web\" key=ecdsa-p384",
        ),
        ("namespace=\"db\"", "namespace=\"db\" { subject organization=\"us\"; }"),
    ] {
        project.edit(FILE, old, new);
        render_at(&project, NOW);
        let after = made(&project);
        assert_ne!(before, after, "{new}");
        let alone = with(&project.read(FILE));
        render_at(&alone, NOW);
        let newest = |mut all: BTreeMap<String, Vec<u8>>| {
            all.retain(|path, _| !path.contains("/clients/") || path.ends_with(".sops.yaml"));
            all
        };
        assert_eq!(newest(after), newest(made(&alone)), "{new}");
        project.edit(FILE, new, old);
        render_at(&project, NOW);
        assert_eq!(newest(before.clone()), newest(made(&project)), "{new}");
    }
}

/// Without a seed, an authority that may issue for more than it must stays as it is.
#[test]
fn an_authority_may_issue_for_exactly_what_the_spec_says() {
    let project = project();
    render_at(&project, NOW);
    let before = made(&project);
    let (old, new) = (
        "client \"anna@example.com\"",
        "certificate \"db.example.net\" authority=\"web\"\nclient \"anna@example.com\"",
    );
    project.edit(FILE, old, new);
    render_at(&project, NOW);
    assert_ne!(before["pki/web/1.crt"], made(&project)["pki/web/1.crt"]);
    project.edit(FILE, new, old);
    render_at(&project, NOW);
    assert_eq!(before, made(&project));
    project.assert_nothing_to_do();
}

#[test]
fn no_key_serves_twice() {
    let project = project();
    render_at(&project, NOW);
    let (existing, _) = Existing::read(&project.input().snapshot);
    let all: Vec<_> = existing.sealed_files().filter_map(|file| file.certificate).collect();
    let count = |of: fn(&gatewright::pki::Certificate) -> &str| {
        all.iter().map(|one| of(one)).collect::<std::collections::BTreeSet<_>>().len()
    };
    assert_eq!((count(|one| one.spki_sha256()), count(|one| one.serial())), (all.len(), all.len()));
}

/// From drawn keys to a seed, generation by generation, and back.
#[test]
fn a_project_goes_to_a_seed_and_back() {
    let plain = "authority \"corp\"\nclient \"anna@example.com\" authority=\"corp\"\n";
    let project = Project::of(plain);
    render_at(&project, NOW);
    let drawn = project.read("pki/corp/1.crt");
    project.write("pki/seed.sops.yaml", SEED);
    assert_eq!(project.refusal(Holder::Operator), ["seed"]);
    let word = "secrets { seed epoch=\"2026-01-01\" }\n";
    project.write(FILE, format!("{word}{plain}"));
    assert_eq!(project.refusal(Holder::Operator), ["seed"]);
    let said =
        |generations: &str| format!("{word}{}", plain.replacen('\n', &format!(" {{ {generations} }}\n"), 1));
    project.write(FILE, said("generation 1 random"));
    render_at(&project, NOW);
    assert_eq!(project.read("pki/corp/1.crt"), drawn);
    project.assert_nothing_to_do();
    let both = "generation 1 random signs=\"2026-11-25\"; generation 2 introduced=\"2026-11-25\"";
    project.write(FILE, said(both));
    render_at(&project, NOW);
    let switched = "generation 1 random signs=\"2026-11-25\" retired=\"2026-11-26\" forced; generation 2 introduced=\"2026-11-25\" signs=\"2026-11-26\"";
    project.write(FILE, said(switched));
    render_at(&project, "2026-11-26T12:00:00Z");
    let alone = with(&said("generation 2 introduced=\"2026-11-25\" signs=\"2026-11-26\""));
    render_at(&alone, "2026-11-26T12:00:00Z");
    assert_eq!(project.read("pki/corp/2.crt"), alone.read("pki/corp/2.crt"));
    let after = made_of(&project, "pki/corp/clients/anna@example.com.key.sops.yaml");
    assert_eq!(after, made_of(&alone, "pki/corp/clients/anna@example.com.key.sops.yaml"));
    // And back: nothing changes.
    project.write(FILE, said(switched).replace(word, ""));
    assert_eq!(project.refusal(Holder::Operator), ["seed"]);
    project.remove("pki/seed.sops.yaml");
    let outcome = project.build_at("2026-11-26T12:00:00Z", Holder::Unasked, &Request::default());
    assert!(outcome.unwrap_or_else(|error| panic!("{}", project.explain(&error))).files.is_empty());
}

fn made_of(project: &Project, shown: &str) -> Vec<u8> {
    let (existing, _) = Existing::read(&project.input().snapshot);
    let identities = Holder::Operator.identities().unwrap();
    let file = existing.sealed_files().find(|file| file.shown == shown).unwrap();
    let key = open_key(file.sealed, &identities).unwrap().unwrap();
    [file.certificate.unwrap().der(), key.pkcs8_der()].concat()
}

/// An authority under which nothing stands any more comes again as it is where it stood.
#[test]
fn an_authority_that_may_issue_for_nothing_is_made_again() {
    let spec = "secrets { seed epoch=\"2026-01-01\" }\nauthority \"root\"\nauthority \"issuing\" authority=\"root\"\n";
    let host = "client \"db.example.com\" authority=\"issuing\"\n";
    let project = with(&format!("{spec}{host}"));
    render_at(&project, NOW);
    let wide = project.read("pki/issuing/1.crt");
    project.write(FILE, spec);
    render_at(&project, NOW);
    project.assert_nothing_to_do();
    let narrow = project.read("pki/issuing/1.crt");
    assert_ne!(wide, narrow);
    let clone = with(spec);
    render_at(&clone, "2026-12-01T00:00:00Z");
    assert_eq!(clone.read("pki/issuing/1.crt"), narrow);
    clone.assert_nothing_to_do();
    clone.write(FILE, format!("{spec}{host}"));
    render_at(&clone, NOW);
    assert_eq!(clone.read("pki/issuing/1.crt"), wide);
}
