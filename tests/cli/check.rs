//! `check`: what it says and how it ends.

use super::sandbox::{A, B, BOOKINFO, Sandbox, rules};
use super::transcript::Transcript;

#[test]
fn what_a_render_would_do() {
    let sandbox = Sandbox::bookinfo();
    let mut transcript = Transcript::new(&sandbox);
    transcript.run("check").ends_with(0);
    transcript.run("check -q").ends_with(0);
    sandbox.edit("specs/bookinfo.kdl", "\"/login\" ", "");
    sandbox.remove("out/default/destinationrule-details.yaml");
    transcript.run("check").ends_with(1);
    transcript.run("check --format json").ends_with(1);
    transcript.matches("check");
}

#[test]
fn strictness() {
    let sandbox = Sandbox::bookinfo();
    let spec =
        "host \"shop.example.com\" authority=\"example-root\" gateway=\"bookinfo-gateway\" external=\"x\"\n";
    sandbox.write("specs/shop.kdl", &spec.replace("authority=\"example-root\" ", ""));
    sandbox.run(&["render"]).ends_with(0);
    let mut transcript = Transcript::new(&sandbox);
    transcript.run("check").ends_with(0);
    transcript.run("check --strict").ends_with(1);
    transcript.note("the team has decided");
    sandbox.write(
        "specs/shop.kdl",
        "host \"shop.example.com\" external=\"x\" { settle \"host-without-route\" reason=\"the mesh team routes it\" }\n",
    );
    transcript.run("check --strict").ends_with(0);
    transcript.note("one audience");
    sandbox.write(".sops.yaml", &format!("creation_rules:\n  - age: {A}\n"));
    transcript.run("check").ends_with(0);
    transcript.run("check --strict").ends_with(1);
    transcript.matches("check-strict");
}

#[test]
fn with_and_without_an_identity() {
    let sandbox = Sandbox::bookinfo();
    let mut transcript = Transcript::new(&sandbox);
    transcript.run("check -v").ends_with(0);
    sandbox.hold('b');
    transcript.note("the cluster's identity");
    transcript.run("check -v").ends_with(0);
    sandbox.hold('a');
    transcript.note("the operator's");
    transcript.run("check -v").ends_with(0);
    transcript.note("one that belongs to nobody here");
    sandbox.hold('c');
    transcript.run("check -v").ends_with(0);
    transcript.matches("check-identity");
}

/// Rules hold for new files only, so a change of them is worth a word for those that are there.
#[test]
fn recipients_that_changed() {
    let sandbox = Sandbox::shop();
    let mut transcript = Transcript::new(&sandbox);
    sandbox.write(".sops.yaml", &rules().replace(&format!("{A},{B}"), B));
    transcript.run("check").ends_with(0);
    transcript.note("another operator");
    let other = "age13k0dlfy9z30u5s6mfw29lhw03j26dgntgk9lyw45q965w3ww85lq23z3s9";
    sandbox.write(".sops.yaml", &rules().replace(A, &format!("{A},{other}")));
    transcript.run("check").ends_with(0);
    sandbox.write("gatewright.kdl", "settle \"other-recipients\" reason=\"updated on Friday\"\n");
    transcript.run("check").ends_with(0);
    sandbox.remove("gatewright.kdl");
    // New ones are as they should be, and nothing is to be said.
    sandbox.remove("pki");
    sandbox.remove("out");
    sandbox.run(&["render"]).ends_with(0);
    transcript.note("written anew");
    transcript.run("check").ends_with(0);
    transcript.matches("check-recipients");
}

#[test]
fn nothing_is_ever_written() {
    let sandbox = Sandbox::new([("specs/bookinfo.kdl", BOOKINFO)]);
    let before = sandbox.everything();
    for call in ["check", "diff", "status", "client list", "connect bookinfo.example.com"] {
        let arguments: Vec<_> = call.split(' ').collect();
        sandbox.run(&arguments);
        assert_eq!(sandbox.everything(), before, "{call}");
    }
    assert_eq!(sandbox.read(".sops.yaml"), rules());
}

/// Whoever holds an identity is told what is due and what has ended, and is not stopped by what is due.
#[test]
fn renewals_are_left_to_the_next_render() {
    let sandbox = Sandbox::shop().holding('a');
    sandbox.run(&["render"]).ends_with(0);
    let before = sandbox.everything();
    let due = sandbox.run_at("2027-02-20T12:00:00Z", &["check"]).ends_with(0).stderr;
    assert!(due.contains("warning[due-certificate]") && !due.contains("out-of-date"), "{due}");
    assert!(due.contains("ends on 2027-02-23T12:00:00Z"), "{due}");
    sandbox.run_at("2027-02-20T12:00:00Z", &["check", "--strict"]).ends_with(1);
    let ended = sandbox.run_at("2027-03-20T12:00:00Z", &["check"]).ends_with(1).stderr;
    assert!(ended.contains("error[expired-certificate]") && !ended.contains("out-of-date"), "{ended}");
    assert!(sandbox.everything() == before);
    sandbox.run_at("2027-02-20T12:00:00Z", &["render"]).ends_with(0);
}
