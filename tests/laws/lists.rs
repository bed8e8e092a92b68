//! When revocation lists begin and end, what may stand on them, and where that is shown.

use super::revocation::{
    DEEP, FILE, SPEC, certificates, client, lists, project, refusal_at, render_at, revoke_bob,
};
use crate::support::binary::finish;
use crate::support::project::Holder;

/// A list begins as early as a certificate does, for machines whose clocks are late; and one that a clock made which ran
/// ahead gives way to another.
#[test]
fn a_list_is_dated_back_and_one_from_the_future_is_signed_anew() {
    let project = project(SPEC);
    revoke_bob(&project);
    project.render(Holder::Operator);
    let list = lists(&project.read("pki/partners/ca.crl")).remove(0);
    let leaf = client(&project, "partners", "anna.example");
    assert_eq!(list.this_update(), leaf.not_before());
    project.assert_nothing_to_do();
    project.write(
        FILE,
        project.read(FILE).replace("authority \"partners\"\n", "authority \"partners\" crl-valid=\"30d\"\n"),
    );
    render_at(&project, "2026-12-02T00:00:00Z", Holder::Operator);
    assert_eq!(refusal_at(&project, "2026-12-01T00:00:00Z", Holder::Nobody), ["revocation-list"]);
    let before = lists(&project.read("pki/partners/ca.crl")).remove(0).number();
    render_at(&project, "2026-12-01T00:00:00Z", Holder::Operator);
    let list = lists(&project.read("pki/partners/ca.crl")).remove(0);
    assert_eq!(list.this_update().date(), "2026-11-30");
    assert!(list.number() > before);
}

/// What is revoked with an authority goes when another one is in its place.
#[test]
fn an_authority_is_revoked_with_its_successor() {
    let project = project(DEEP);
    let staff = certificates(&project.read("pki/staff/1.crt")).remove(0);
    let line = format!("authority \"root\" {{ revoked \"{}\" on=\"2026-11-25\"; }}\n", staff.serial());
    project.edit(FILE, "authority \"root\"\n", &line);
    assert_eq!(project.refusal(Holder::Operator), ["wrong-value"]);
    let said = project.run(&["render"]).ends_with(2).stderr;
    assert!(said.contains("`gatewright rotate authority staff` puts the next generation"), "{said}");
    project.run(&["rotate", "authority", "staff"]).ends_with(0);
    project.render(Holder::Operator);
    assert!(lists(&project.read("pki/root/ca.crl"))[0].revoked().contains_key(staff.serial()));
    project.assert_nothing_to_do();
}

#[test]
fn status_shows_lists() {
    let project = project(SPEC);
    revoke_bob(&project);
    project.edit(FILE, "authority \"partners\"\n", "authority \"partners\" crl-valid=\"30d\"\n");
    project.render(Holder::Operator);
    let status = |now: &str, more: &[&str], code: i32| {
        let call: Vec<_> = ["status"].iter().chain(more).copied().collect();
        finish(&mut project.command_at(now, &call)).ends_with(code).stdout
    };
    let line = |text: &str| text.lines().find(|line| line.starts_with("crl")).unwrap().to_owned();
    let there = line(&status("2026-11-26T00:00:00Z", &[], 0));
    assert!(
        there.contains("partners #1") && there.contains("valid") && there.contains("2026-12-25"),
        "{there}"
    );
    assert!(line(&status("2026-12-20T00:00:00Z", &[], 0)).contains("due"));
    assert!(line(&status("2026-12-26T00:00:00Z", &[], 1)).contains("expired"));
    let metrics = status("2026-11-26T00:00:00Z", &["-o", "metrics"], 0);
    assert!(
        metrics.contains("gatewright_crl_next_update_seconds{kind=\"crl\",name=\"partners #1\""),
        "{metrics}"
    );
    assert!(!metrics.contains("not_after_seconds{kind=\"crl\""), "{metrics}");
}
