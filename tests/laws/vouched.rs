//! Whom an authority signed that is to count no more comes in nowhere, also where hosts let in the clients of one above it, which
//! still vouches for it: a retired generation, one that left the spec or stands elsewhere by now. Everybody else does.

use gatewright::pki::{Certificate, SystemKeys};
use gatewright::state::Existing;
use gatewright::time::Timestamp;

use super::outside::Door;
use super::revocation::{CACERT, FILE, client, lists, project, refusal_at};
use crate::bad::seed::SEED;
use crate::support::project::{CountingEntropy, Holder, NOW, Project, differing};

const OF_DEEP: &str = "out/istio-system/secret-deep.example.com-tls-cacert.yaml";

const SPEC: &str = r#"
authority "root"
authority "staff" authority="root" unconstrained
authority "deep" authority="staff" unconstrained
gateway "public"
host "api.example.com" authority="root" gateway="public" to="api:80" { tls mutual { clients "staff"; } }
host "deep.example.com" authority="root" gateway="public" to="deep:80" { tls mutual { clients "deep"; } }
client "anna.example" authority="staff"
client "bob.example" authority="deep"
"#;

/// Every certificate of an authority that there ever was.
fn known(project: &Project) -> Vec<Certificate> {
    let existing = Existing::read(&project.input().snapshot).0;
    existing.authorities().chain(existing.crosses.values()).cloned().collect()
}

#[track_caller]
fn assert_doors(project: &Project, held: &Certificate, known: &[Certificate], comes_in: [bool; 2]) {
    let now = Timestamp::parse(NOW).unwrap();
    let admits = |path| Door::read(&project.read(path)).admits(held, known, now);
    assert_eq!([admits(CACERT), admits(OF_DEEP)], comes_in);
}

fn rotate_deep(project: &Project) {
    project.edit(
        FILE,
        "authority=\"staff\" unconstrained",
        "authority=\"staff\" unconstrained { generation 1 retired=\"2026-11-24\"; generation 2 introduced=\"2026-11-24\" signs=\"2026-11-24\"; }",
    );
}

#[test]
fn it_is_revoked_by_the_authority_above() {
    let project = project(SPEC);
    let (anna, before) = (client(&project, "staff", "anna.example"), client(&project, "deep", "bob.example"));
    let old = known(&project);
    assert_doors(&project, &before, &old, [true, true]);
    rotate_deep(&project);
    // Who opens no key keeps all as it is.
    let tree = project.tree();
    let (outcome, _) = project.render(Holder::Nobody);
    assert!(outcome.waiting.iter().any(|wait| wait.word == "revocation list" && wait.name == "staff"));
    assert!(!differing(&tree, &project.tree()).iter().any(|path| path == CACERT));
    let (outcome, _) = project.render(Holder::Operator);
    assert!(outcome.waiting.is_empty() && outcome.report.is_empty(), "{:?}", outcome.report);
    project.assert_nothing_to_do();
    let all = known(&project);
    assert_doors(&project, &before, &all, [false, false]);
    assert_doors(&project, &client(&project, "deep", "bob.example"), &all, [true, true]);
    assert_doors(&project, &anna, &all, [true, false]);
    let list = &lists(&project.read("pki/staff/ca.crl"))[0];
    let deep = Certificate::from_pem_chain(&project.read("pki/deep/1.crt")).unwrap().remove(0);
    assert_eq!(list.revoked().keys().collect::<Vec<_>>(), [deep.serial()]);
    assert_eq!(list.revoked().values().next().unwrap().date(), "2026-11-24");
    // A key that nobody needs any more may go: its certificate stays known, and the list.
    project.remove("pki/deep/1.key.sops.yaml");
    project.assert_nothing_to_do();
    // After its end, nobody needs a line.
    let later = project.build_at("2028-12-01T00:00:00Z", Holder::Operator, &Default::default());
    assert!(later.is_ok(), "{}", project.explain(&later.err().unwrap()));
}

/// Nobody goes by a list then, and the bundles say it all.
#[test]
fn no_list_is_signed_where_no_host_lets_in_clients_of_the_one_above() {
    let project = project(&SPEC.replace("clients \"staff\"", "clients \"deep\""));
    rotate_deep(&project);
    project.render(Holder::Operator);
    assert!(!project.exists("pki/staff/ca.crl"));
    assert!(Door::read(&project.read(CACERT)).lists.is_empty());
    // It is, as soon as a host does.
    project.edit(
        FILE,
        "to=\"api:80\" { tls mutual { clients \"deep\"",
        "to=\"api:80\" { tls mutual { clients \"staff\"",
    );
    project.render(Holder::Operator);
    assert_eq!(lists(&project.read("pki/staff/ca.crl"))[0].revoked().len(), 1);
    project.assert_nothing_to_do();
}

/// The root's own clients would come in with the lists: whoever rotates hears of it first.
#[test]
fn a_rotation_that_would_let_in_others_is_refused() {
    let project = project(&format!("{SPEC}client \"dora.example\" authority=\"root\"\n"));
    let before = project.tree();
    let said = project.run(&["rotate", "authority", "deep"]).ends_with(2).stderr;
    assert!(said.contains("error[other-clients]"), "{said}");
    assert!(said.contains("generation 1 of authority `deep` is retired, and `staff` still vouches for it"));
    assert!(said.contains("nothing was written"), "{said}");
    assert!(differing(&before, &project.tree()).is_empty());
    rotate_deep(&project);
    assert_eq!(refusal_at(&project, NOW, Holder::Operator), ["other-clients"]);
}

/// By its cross-signed certificate, it would count wherever the earlier one is trusted.
#[test]
fn a_generation_that_was_given_up_is_revoked_by_the_one_that_cross_signed_it() {
    let spec = SPEC.replace(
        "authority \"root\"\nauthority",
        "authority \"root\" cross-signed { generation 1 introduced=\"2026-01-01\" signs=\"2026-01-01\"; generation 2 introduced=\"2026-11-20\"; }\nauthority",
    );
    let project = project(&spec);
    let cross = Certificate::from_pem_chain(&project.read("pki/root/2.cross.crt")).unwrap().remove(0);
    project.edit(
        FILE,
        "generation 2 introduced=\"2026-11-20\"",
        "generation 2 introduced=\"2026-11-20\" retired=\"2026-11-25\"",
    );
    project.edit(FILE, "clients \"staff\"", "clients \"root\"");
    project.render(Holder::Operator);
    let list = &lists(&project.read("pki/root/ca.crl"))[0];
    assert_eq!(list.revoked().keys().collect::<Vec<_>>(), [cross.serial()]);
    project.assert_nothing_to_do();
}

/// Each earlier certificate of a client's can be revoked, and whoever does hears where that counts.
#[test]
fn a_certificate_of_a_retired_generation_needs_no_list_of_its_own() {
    let mut project = Project::of(SPEC);
    (project.keys, project.entropy) = (Box::new(SystemKeys), Box::new(CountingEntropy::default()));
    project.render(Holder::Unasked);
    let before = client(&project, "deep", "bob.example");
    rotate_deep(&project);
    project.render(Holder::Operator);
    let said = project.run(&["revoke", "client", "bob.example", "--serial", before.serial()]).ends_with(0);
    let wanted = "generation 1 of authority deep signed it, and is retired: no host lets it in";
    assert!(said.stderr.contains(wanted), "{}", said.stderr);
    project.assert_nothing_to_do();
}

/// An authority that leaves the spec, or goes below another one, is let in nowhere by what it was: nor are those whom it revoked.
#[test]
fn an_authority_that_is_removed_or_moved_is_revoked_where_it_was() {
    let staff = "authority \"deep\" authority=\"staff\" unconstrained";
    let moved =
        SPEC.replace(staff, "authority \"other\"\nauthority \"deep\" authority=\"other\" unconstrained");
    let alone = SPEC.replace(
        staff,
        "authority \"deep\" { generation 1 retired=\"2026-11-24\"; generation 2 introduced=\"2026-11-24\" signs=\"2026-11-24\"; }",
    );
    let kept = SPEC.lines().filter(|line| !line.contains("deep"));
    let removed: String = kept.map(|line| format!("{line}\n")).collect();
    for (spec, is_revoked) in
        [&moved, &alone, &removed].into_iter().flat_map(|spec| [(spec, false), (spec, true)])
    {
        let mut project = Project::of(SPEC);
        (project.keys, project.entropy) = (Box::new(SystemKeys), Box::new(CountingEntropy::default()));
        project.edit(FILE, "clients \"deep\"", "clients \"deep\"; subject-alt-names \"bob.example\"");
        project.render(Holder::Unasked);
        let (bob, all) = (client(&project, "deep", "bob.example"), known(&project));
        let now = Timestamp::parse(NOW).unwrap();
        let admits = |path| Door::read(&project.read(path)).admits(&bob, &all, now);
        assert!(admits(CACERT));
        if is_revoked {
            project.edit(FILE, "authority=\"deep\"\n", "authority=\"deep\" revoked=\"2026-11-24\"\n");
            project.render(Holder::Operator);
            assert!(!admits(CACERT));
        }
        let spec = spec.replace(
            "authority=\"deep\"\n",
            if is_revoked { "authority=\"deep\" revoked=\"2026-11-24\"\n" } else { "authority=\"deep\"\n" },
        );
        project.write(
            FILE,
            spec.replace("clients \"deep\"", "clients \"deep\"; subject-alt-names \"bob.example\""),
        );
        project.render(Holder::Operator);
        assert!(!admits(CACERT), "{spec}");
        project.assert_nothing_to_do();
        // And back again: its new certificate counts, the earlier one does not.
        if spec.contains("other") && !is_revoked {
            project.write(
                FILE,
                SPEC.replace("clients \"deep\"", "clients \"deep\"; subject-alt-names \"bob.example\""),
            );
            project.render(Holder::Operator);
            assert!(admits(CACERT));
            project.assert_nothing_to_do();
        }
    }
}

/// What a revocation list says of an authority below is gone with an authority that has another name.
#[test]
fn an_authority_below_is_not_renamed_by_another_name_alone() {
    let project = project(&SPEC.replace("clients \"deep\"", "clients \"staff\""));
    project.write(FILE, project.read(FILE).replace("\"deep\"", "\"people\""));
    assert_eq!(project.refusal(Holder::Operator), ["renamed-authority"]);
}

/// The spec still says that there was one.
#[test]
fn a_retired_generation_that_is_lost_stays_out() {
    for seed in [true, false] {
        let mut project = Project::of(&format!(
            "{}{SPEC}",
            if seed { "secrets { seed epoch=\"2026-11-01\"; }\n" } else { "" }
        ));
        if seed {
            project.write("pki/seed.sops.yaml", SEED);
        }
        (project.keys, project.entropy) = (Box::new(SystemKeys), Box::new(CountingEntropy::default()));
        project.render(Holder::Operator);
        let (bob, all) = (client(&project, "deep", "bob.example"), known(&project));
        rotate_deep(&project);
        project.render(Holder::Operator);
        let there = project.tree();
        for with_out in [true, false] {
            let is_lost = |path: &&String| match seed {
                true => {
                    path.starts_with("pki/") && !path.contains("seed")
                        || !with_out && path.starts_with("out/")
                }
                false => {
                    path.starts_with("pki/deep/1.")
                        || path.ends_with("ca.crl")
                        || !with_out && path.starts_with("out/")
                }
            };
            there.iter().for_each(|(path, bytes)| project.write(path, bytes));
            there.keys().filter(is_lost).for_each(|path| project.remove(path));
            project.render(Holder::Operator);
            let now = Timestamp::parse(NOW).unwrap();
            assert!(!Door::read(&project.read(CACERT)).admits(&bob, &all, now), "{seed} {with_out}");
            project.assert_nothing_to_do();
        }
    }
}

/// What people were given goes on working: they show how the authorities between were signed before.
#[test]
fn a_chain_that_was_handed_out_outlives_a_rotation_in_stages_above() {
    for (rotated, line) in [("root", "authority \"root\"\n"), ("staff", "authority=\"root\" unconstrained\n")]
    {
        let project = project(&SPEC.replace("clients \"staff\"", &format!("clients \"{rotated}\"")));
        let (bob, all) = (client(&project, "deep", "bob.example"), known(&project));
        let stages = [
            "generation 1 introduced=\"2026-10-01\" signs=\"2026-10-01\"; generation 2 introduced=\"2026-11-24\"",
            "generation 1 introduced=\"2026-10-01\" signs=\"2026-10-01\"; generation 2 introduced=\"2026-11-24\" signs=\"2026-11-25\"",
            "generation 1 introduced=\"2026-10-01\" signs=\"2026-10-01\" retired=\"2026-11-25\" forced; generation 2 introduced=\"2026-11-24\" signs=\"2026-11-25\"",
        ];
        let spec = project.read(FILE);
        for stage in stages {
            project.write(FILE, spec.replacen(line, &format!("{} {{ {stage}; }}\n", line.trim_end()), 1));
            project.render(Holder::Operator);
            let now = Timestamp::parse(NOW).unwrap();
            assert!(Door::read(&project.read(CACERT)).admits(&bob, &all, now), "{rotated}: {stage}");
        }
    }
}

/// Nor is a client that is removed there.
#[test]
fn a_client_that_is_removed_is_told_of_where_hosts_let_in_those_of_the_one_above() {
    let project = project(&SPEC.replace("clients \"deep\"", "clients \"staff\""));
    project.edit(FILE, "client \"bob.example\" authority=\"deep\"\n", "");
    let (outcome, _) = project.render(Holder::Operator);
    let [told] = outcome.report.findings() else { panic!("{:?}", outcome.report) };
    assert_eq!(told.code.name(), "removed-client");
}
