//! Whom a retired generation signed comes in nowhere, also where hosts let in the clients of an authority above it, which still
//! vouches for it.

use gatewright::pki::{Certificate, SystemKeys};
use gatewright::state::Existing;
use gatewright::time::Timestamp;

use super::outside::Door;
use super::revocation::{CACERT, FILE, client, lists, project, refusal_at};
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
    assert!(said.contains("generation 1 of authority `deep` is retired, so the list of `staff` revokes it"));
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

/// An authority that leaves the spec is no more revoked than a client is: whoever relies on that is told.
#[test]
fn an_authority_that_is_removed_is_told_of_until_it_is_revoked() {
    let project = project(SPEC);
    let (bob, all) = (client(&project, "deep", "bob.example"), known(&project));
    let spec = SPEC.lines().filter(|line| !line.contains("deep"));
    let spec: String = spec.map(|line| format!("{line}\n")).collect();
    project.write(FILE, &spec);
    let (outcome, _) = project.render(Holder::Operator);
    let [told] = outcome.report.findings() else { panic!("{:?}", outcome.report) };
    assert_eq!(told.code.name(), "removed-authority");
    let now = Timestamp::parse(NOW).unwrap();
    assert!(Door::read(&project.read(CACERT)).admits(&bob, &all, now));
    let line = told.helps[0].split('`').nth(1).unwrap();
    let declared = "authority \"staff\" authority=\"root\" unconstrained";
    project.edit(FILE, declared, &format!("{declared} {{ {line}; }}"));
    let (outcome, _) = project.render(Holder::Operator);
    assert!(outcome.report.is_empty(), "{:?}", outcome.report);
    assert!(!Door::read(&project.read(CACERT)).admits(&bob, &all, now));
    project.assert_nothing_to_do();
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
