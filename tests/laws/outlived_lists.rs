//! A list that everybody on it has outlived: it leaves the Secrets, stays below `pki/`, and its end is nobody's concern. Who
//! needs one after that waits for the next, as if there were none.

use std::fs;

use gatewright::build::Request;
use gatewright::issue::LIST;
use gatewright::pki::{ListRequest, Revoked, sign_list};
use gatewright::spec::node::KeyKind;
use gatewright::time::Seconds;

use super::revocation::{assert_whole, certificates, client, lists, render_at, trust};
use crate::support::binary::finish;
use crate::support::project::{CountingEntropy, Holder, Project, differing};
use crate::support::workshop;

const CACERT: &str = "out/istio-system/secret-api.example.com-tls-cacert.yaml";

const SPEC: &str = r#"
authority "corp"
authority "staff" crl-valid="25d"
gateway "public"
host "api.example.com" authority="corp" gateway="public" to="api:80" { tls mutual { clients "staff"; } }
client "anna.example" authority="staff"
client "bob.example" authority="staff" valid="20d" revoked="2026-11-25"
"#;

/// The certificate of the one who is revoked has ended, and the list has not.
const ENDED: &str = "2026-12-16T00:00:00Z";
/// The list has ended too.
const LATER: &str = "2026-12-26T00:00:00Z";

fn project(spec: &str) -> Project {
    let mut project = Project::of(spec);
    project.entropy = Box::new(CountingEntropy::default());
    project.write("specs/a.kdl", spec.replace(" revoked=\"2026-11-25\"", ""));
    project
}

/// Nothing waits and nothing is said.
#[track_caller]
fn assert_quiet(project: &Project, now: &str) {
    let before = project.tree();
    let outcome = render_at(project, now, Holder::Nobody);
    assert!(outcome.files.is_empty() && outcome.waiting.is_empty(), "{:?}", outcome.waiting);
    assert!(outcome.report.findings().is_empty(), "{:?}", outcome.report.findings());
    assert!(differing(&before, &project.tree()).is_empty());
    let said = finish(&mut project.command_at(now, &["status", "--output", "metrics"])).ends_with(0);
    assert!(!said.stdout.contains("gatewright_crl_next_update_seconds{"), "{}", said.stdout);
}

fn revoke_anna(project: &Project) {
    project.edit(
        "specs/a.kdl",
        "\"anna.example\" authority=\"staff\"",
        "\"anna.example\" authority=\"staff\" revoked=\"2026-12-26\"",
    );
}

#[test]
fn an_own_list_is_signed_again_once_it_is_needed() {
    let project = project(SPEC);
    project.render(Holder::Operator);
    project.write("specs/a.kdl", SPEC);
    project.render(Holder::Operator);
    assert_whole(&project, CACERT, &[&client(&project, "staff", "bob.example")]);
    render_at(&project, ENDED, Holder::Nobody);
    assert!(trust(&project, CACERT).1.is_empty());
    let list = project.read("pki/staff/ca.crl");
    assert_quiet(&project, LATER);
    assert_eq!(project.read("pki/staff/ca.crl"), list);
    // A Secret that holds one would refuse everybody; none does.
    revoke_anna(&project);
    let before = project.tree();
    let outcome = render_at(&project, LATER, Holder::Nobody);
    let waits: Vec<_> = outcome.waiting.iter().map(|wait| (wait.word, wait.name.as_str())).collect();
    assert_eq!(waits, [(LIST, "staff")]);
    assert!(outcome.waiting[0].why.contains("ended on 2026-12-20"), "{}", outcome.waiting[0].why);
    assert!(outcome.report.findings().is_empty() && differing(&before, &project.tree()).is_empty());
    render_at(&project, LATER, Holder::Operator);
    let (authorities, new) = trust(&project, CACERT);
    assert!(new[0].signed_by(&authorities[0]) && new[0].number() > lists(&list)[0].number());
    assert!(new[0].revoked().contains_key(client(&project, "staff", "anna.example").serial()));
}

/// As long as a Secret may hold the list that has ended, everybody is refused there, and that is an error.
#[test]
fn one_that_a_secret_holds_is_an_error() {
    let spec = SPEC.replace(" valid=\"20d\"", "");
    let project = project(&spec);
    project.render(Holder::Operator);
    project.write("specs/a.kdl", &spec);
    project.render(Holder::Operator);
    assert_eq!(super::revocation::refusal_at(&project, LATER, Holder::Nobody), ["revocation-list"]);
    let said = finish(&mut project.command_at(LATER, &["status"])).ends_with(1).stderr;
    assert!(said.contains("whoever holds it refuses every client"), "{said}");
}

#[test]
fn a_list_from_elsewhere_is_waited_for_once_it_is_needed() {
    let project = project(&SPEC.replace(" crl-valid=\"25d\"", " files"));
    let root = workshop::root(KeyKind::EcdsaP256, 1);
    let staff = workshop::under(&root, "staff", 0, None);
    let all = format!("{}{}", staff.certificate().to_pem(), root.certificate().to_pem());
    fs::write(project.home().join("staff.crt"), all).unwrap();
    fs::write(project.home().join("staff.key"), staff.key().to_pem().as_bytes()).unwrap();
    let pair = ["--cert", "../home/staff.crt", "--key", "../home/staff.key"];
    project.run(&[&["authority", "adopt", "staff"], &pair[..]].concat()).ends_with(0);
    project.render(Holder::Operator);
    let request = ListRequest {
        revoked: &Revoked::new(),
        number: 5,
        this_update: workshop::start(),
        next_update: workshop::start() + Seconds::days(25),
    };
    fs::write(project.home().join("root.crl"), sign_list(&request, &root).unwrap().to_pem()).unwrap();
    project.run(&["authority", "import", "staff", "--crl", "../home/root.crl"]).ends_with(0);
    project.write("specs/a.kdl", SPEC.replace(" crl-valid=\"25d\"", " files"));
    project.render(Holder::Operator);
    assert_eq!(trust(&project, CACERT).1.len(), 2);
    render_at(&project, ENDED, Holder::Nobody);
    assert!(trust(&project, CACERT).1.is_empty());
    assert_quiet(&project, LATER);
    // It holds up its host alone, and nobody's revocation.
    finish(&mut project.command_at(LATER, &["revoke", "client", "anna.example"])).ends_with(0);
    project.edit(
        "specs/a.kdl",
        "gateway \"public\"\n",
        "gateway \"public\"\nhost \"new.example.com\" authority=\"corp\" gateway=\"public\" to=\"api:80\"\n",
    );
    let said = finish(&mut project.command_at(LATER, &["render"])).ends_with(3).stderr;
    assert!(said.contains("ended on 2026-12-20") && said.contains("--crl FILE"), "{said}");
    render_at(&project, LATER, Holder::Operator);
    assert!(project.exists("out/istio-system/secret-new.example.com-tls.sops.yaml"));
    assert!(trust(&project, CACERT).1.is_empty());
    let there = lists(&project.read("pki/staff/ca.crl"));
    let [authority, ..] = &certificates(&project.read("pki/staff/1.crt"))[..] else { panic!("no chain") };
    assert!(there.iter().any(|list| list.signed_by(root.certificate())));
    assert!(there[0].signed_by(authority) && there[0].revoked().len() == 1);
    let waits = project.build_at(LATER, Holder::Nobody, &Request::default()).unwrap().waiting;
    assert_eq!(waits.len(), 1);
}

/// A line with a serial number lets go of what has ended as a word at a client does, though the line itself stays.
#[test]
fn a_line_holds_nobody_against_what_has_ended() {
    let project = project(SPEC);
    project.render(Holder::Operator);
    let bob = client(&project, "staff", "bob.example");
    let line = format!(
        "authority \"staff\" crl-valid=\"25d\" {{ revoked \"{}\" on=\"2026-11-25\"; }}",
        bob.serial()
    );
    let spec = SPEC.replace(" revoked=\"2026-11-25\"", "");
    project.write("specs/a.kdl", spec.replace("authority \"staff\" crl-valid=\"25d\"", &line));
    project.render(Holder::Operator);
    assert_whole(&project, CACERT, &[&bob]);
    // A new certificate for bob comes meanwhile, and the old one stays known.
    render_at(&project, "2026-12-10T00:00:00Z", Holder::Operator);
    render_at(&project, ENDED, Holder::Nobody);
    assert!(trust(&project, CACERT).1.is_empty());
    assert_quiet(&project, "2026-12-21T00:00:00Z");
}

/// The list of a generation that is to be made comes with it: what is revoked takes effect before.
#[test]
fn no_list_waits_for_a_generation_that_waits() {
    let spec = SPEC.replace(" crl-valid=\"25d\"", " files");
    let project = project(&spec);
    let root = workshop::root(KeyKind::EcdsaP256, 1);
    fs::write(project.home().join("staff.crt"), root.certificate().to_pem()).unwrap();
    fs::write(project.home().join("staff.key"), root.key().to_pem().as_bytes()).unwrap();
    let pair = ["--cert", "../home/staff.crt", "--key", "../home/staff.key"];
    project.run(&[&["authority", "adopt", "staff"], &pair[..]].concat()).ends_with(0);
    project.render(Holder::Operator);
    project.run(&["rotate", "authority", "staff", "--stage", "introduce"]).ends_with(0);
    project.run(&["revoke", "client", "bob.example"]).ends_with(0);
    let (outcome, _) = project.render(Holder::Operator);
    let waits: Vec<_> = outcome.waiting.iter().map(|wait| wait.word).collect();
    assert_eq!(waits, ["authority"]);
    assert_whole(&project, CACERT, &[&client(&project, "staff", "bob.example")]);
}

/// Where everything before it is retired, the last generation is trusted until then: what it revokes is revoked meanwhile.
#[test]
fn who_stands_in_for_a_generation_that_waits_revokes() {
    let spec = SPEC.replace(" crl-valid=\"25d\"", " files");
    for is_root in [true, false] {
        let project = project(&spec);
        let root = workshop::root(KeyKind::EcdsaP256, 1);
        let below = workshop::under(&root, "staff", 0, None);
        let (pair, above) =
            if is_root { (&root, String::new()) } else { (&below, root.certificate().to_pem()) };
        let text = format!("{}{above}", pair.certificate().to_pem());
        fs::write(project.home().join("staff.crt"), text).unwrap();
        fs::write(project.home().join("staff.key"), pair.key().to_pem().as_bytes()).unwrap();
        let pair = ["--cert", "../home/staff.crt", "--key", "../home/staff.key"];
        project.run(&[&["authority", "adopt", "staff"], &pair[..]].concat()).ends_with(0);
        project.render(Holder::Operator);
        project.run(&["rotate", "authority", "staff"]).ends_with(0);
        project.run(&["revoke", "client", "bob.example"]).ends_with(0);
        if !is_root {
            let (outcome, _) = project.render(Holder::Operator);
            let wait = outcome.waiting.iter().find(|wait| wait.word == LIST).unwrap();
            assert!(wait.why.ends_with("hosts let in whom they do now"), "{}", wait.why);
            let list = super::foreign_lists::list(&root, 5, 30).to_pem();
            fs::write(project.home().join("root.crl"), list).unwrap();
            project.run(&["authority", "import", "staff", "--crl", "../home/root.crl"]).ends_with(0);
        }
        let (outcome, _) = project.render(Holder::Operator);
        assert!(outcome.waiting.iter().all(|wait| wait.word != LIST), "{:?}", outcome.waiting);
        assert_whole(&project, CACERT, &[&client(&project, "staff", "bob.example")]);
    }
}
