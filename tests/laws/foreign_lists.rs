//! Lists of an offline root are imported: without one nobody's revocation is rendered, and with it bundle and lists run up to the
//! root.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatewright::build::{BuildError, Request};
use gatewright::issue::LIST as LIST_WORD;
use gatewright::pki::{Issuer, ListRequest, RevocationList, Revoked, sign_list};
use gatewright::spec::node::KeyKind;
use gatewright::time::Seconds;

use super::revocation::{client, render_at, trust};
use crate::support::project::{CountingEntropy, Files, Holder, Project, differing};
use crate::support::workshop;

const CACERT: &str = "out/istio-system/secret-api.example.com-tls-cacert.yaml";
const LIST: &str = "pki/staff/ca.crl";
const SPEC: &str = r#"
authority "corp"
authority "staff" files
gateway "public"
host "api.example.com" authority="corp" gateway="public" to="api:80" { tls mutual { clients "staff"; } }
client "anna.example" authority="staff"
client "bob.example" authority="staff"
"#;

/// A project whose clients an authority under an offline root signs.
fn project() -> (Project, Issuer) {
    let mut project = Project::of(SPEC);
    project.entropy = Box::new(CountingEntropy::default());
    let root = workshop::root(KeyKind::EcdsaP256, 1);
    adopt(&project, &root, "staff");
    project.render(Holder::Operator);
    project.edit(
        "specs/a.kdl",
        "\"bob.example\" authority=\"staff\"",
        "\"bob.example\" authority=\"staff\" revoked=\"2026-11-20\"",
    );
    (project, root)
}

/// `staff` gets a key pair of this name, which the root signed.
fn adopt(project: &Project, root: &Issuer, name: &str) {
    let staff = workshop::under(root, name, 0, None);
    let all = format!("{}{}", staff.certificate().to_pem(), root.certificate().to_pem());
    fs::write(project.home().join("staff.crt"), all).unwrap();
    fs::write(project.home().join("staff.key"), staff.key().to_pem().as_bytes()).unwrap();
    project
        .run(&["authority", "adopt", "staff", "--cert", "../home/staff.crt", "--key", "../home/staff.key"])
        .ends_with(0);
}

/// A second generation of `staff` is trusted, and not made yet.
fn introduce(project: &Project) {
    project.edit(
        "specs/a.kdl",
        "authority \"staff\" files\n",
        "authority \"staff\" files { generation 1 introduced=\"2026-11-25\" signs=\"2026-11-25\"; generation 2 introduced=\"2026-11-25\"; }\n",
    );
}

pub(super) fn list(root: &Issuer, number: u128, days: i64) -> RevocationList {
    let request = ListRequest {
        revoked: &Revoked::new(),
        number,
        this_update: workshop::start(),
        next_update: workshop::start() + Seconds::days(days),
    };
    sign_list(&request, root).unwrap()
}

fn import(project: &Project, bytes: impl AsRef<[u8]>, code: i32) -> String {
    fs::write(project.home().join("root.crl"), bytes).unwrap();
    project.run(&["authority", "import", "staff", "--crl", "../home/root.crl"]).ends_with(code).stderr
}

fn codes(project: &Project, now: &str) -> Vec<&'static str> {
    let report = match project.build_at(now, Holder::Operator, &Request::default()) {
        Ok(outcome) => outcome.report,
        Err(BuildError::Refused(report)) => report,
        Err(error) => panic!("{error}"),
    };
    report.findings().iter().map(|finding| finding.code.name()).collect()
}

#[test]
fn bundle_and_lists_run_up_to_an_offline_root() {
    let (project, root) = project();
    let before = project.tree();
    // Nobody who is revoked comes in meanwhile, and everything else goes on.
    let waits = project.run(&["render"]).ends_with(3).stderr;
    assert!(
        waits.contains("error[waiting]: a revocation list from above authority `staff` is missing"),
        "{waits}"
    );
    assert!(waits.contains("authority import staff --crl FILE") && waits.contains("example.com"), "{waits}");
    assert!(waits.contains("until then, hosts let in whom they do now\n"), "{waits}");
    let texts = |tree: &Files| tree.get(CACERT).cloned();
    assert_eq!(texts(&project.tree()), texts(&before));
    project.edit(
        "specs/a.kdl",
        "gateway \"public\"\n",
        "gateway \"public\"\nhost \"new.example.com\" authority=\"corp\" gateway=\"public\" to=\"api:80\"\n",
    );
    let (outcome, _) = project.render(Holder::Operator);
    assert_eq!(outcome.waiting.len(), 1, "{:?}", outcome.waiting);
    assert!(project.exists("out/istio-system/secret-new.example.com-tls.sops.yaml"));
    let before = project.tree();
    let said = import(&project, list(&root, 5, 30).to_pem(), 0);
    assert!(said.contains("is good until 2026-12-25") && said.contains("beside the trust"), "{said}");
    assert_eq!(differing(&before, &project.tree()), [LIST]);
    project.render(Holder::Operator);
    let there = RevocationList::from_pem(&project.read(LIST)).unwrap();
    assert_eq!(there.len(), 2);
    assert!(there[1].signed_by(root.certificate()) && there[0].revoked().len() == 1);
    let text = project.read(CACERT);
    let count = |key: &str| {
        let value = text.lines().find_map(|line| line.trim().strip_prefix(key)).unwrap();
        String::from_utf8(STANDARD.decode(value).unwrap()).unwrap().matches("BEGIN").count()
    };
    assert_eq!((count("ca.crt: "), count("ca.crl: ")), (2, 2));
    project.assert_nothing_to_do();
    // What lies beside the trust in clients is a copy.
    let there = project.tree();
    project.remove(LIST);
    project.render(Holder::Unasked);
    assert!(differing(&there, &project.tree()).is_empty());
    assert!(!codes(&project, "2026-12-10T00:00:00Z").contains(&"revocation-list"));
    assert!(codes(&project, "2026-12-16T00:00:00Z").contains(&"revocation-list"));
    assert_eq!(codes(&project, "2026-12-25T12:00:00Z"), ["revocation-list"]);
}

/// Where nothing is revoked, no host goes by lists.
#[test]
fn a_list_that_nobody_needs_is_taken_as_that() {
    let (project, root) = project();
    project.edit("specs/a.kdl", " revoked=\"2026-11-20\"", "");
    let said = import(&project, list(&root, 5, 30).to_pem(), 0);
    assert!(said.contains("no host needs it yet") && !said.contains("beside the trust"), "{said}");
}

#[test]
fn what_is_no_list_of_the_root_is_refused() {
    let (project, root) = project();
    import(&project, list(&root, 5, 30).to_pem(), 0);
    let there = project.tree();
    let other = workshop::root(KeyKind::EcdsaP256, 2);
    let old = ListRequest {
        revoked: &Revoked::new(),
        number: 9,
        this_update: workshop::start() - Seconds::days(9),
        next_update: workshop::start() - Seconds::days(1),
    };
    let good = list(&root, 6, 30).to_pem();
    for (text, says) in [
        (list(&other, 6, 30).to_pem(), "no authority above staff signed"),
        (list(&root, 4, 30).to_pem(), "the one that is there is newer: 5"),
        (sign_list(&old, &root).unwrap().to_pem(), "ended on 2026-11-24"),
        (good[..good.len() / 2].to_owned(), "nothing was written"),
        (root.certificate().to_pem(), "nothing was written"),
        (String::new(), "nothing was written"),
    ] {
        let said = import(&project, text, 2);
        assert!(said.contains(says), "{said}");
        assert!(differing(&there, &project.tree()).is_empty());
    }
    import(&project, good, 0);
    let corp = ["authority", "import", "corp", "--crl", "../home/root.crl"];
    assert!(project.run(&corp).ends_with(2).stderr.contains("no authority above corp"));
}

#[test]
fn generations_under_one_root_wait_for_one_list() {
    let (project, root) = project();
    introduce(&project);
    adopt(&project, &root, "next");
    let (outcome, _) = project.render(Holder::Operator);
    assert_eq!(outcome.waiting.len(), 1, "{:?}", outcome.waiting);
    // One of them signs, and holds up the revocation.
    assert!(outcome.waiting[0].why.ends_with("hosts let in whom they do now"), "{:?}", outcome.waiting);
}

/// Whatever a generation waits for that is not there yet.
#[test]
fn a_list_comes_while_a_request_waits() {
    let (project, root) = project();
    introduce(&project);
    project.run(&["authority", "csr", "staff"]).ends_with(0);
    assert!(project.exists("pki/staff/2.request.sops.yaml"));
    import(&project, list(&root, 5, 30).to_pem(), 0);
}

/// A generation that signs nothing yet holds up no revocation, and comes into trust with the list of its own root.
#[test]
fn the_next_root_waits_for_its_list_alone() {
    let (project, root) = project();
    import(&project, list(&root, 5, 30).to_pem(), 0);
    project.render(Holder::Operator);
    introduce(&project);
    let next = workshop::root(KeyKind::EcdsaP256, 2);
    adopt(&project, &next, "next");
    let anna = "\"anna.example\" authority=\"staff\"";
    project.edit("specs/a.kdl", anna, &format!("{anna} revoked=\"2026-11-25\""));
    let (outcome, _) = project.render(Holder::Operator);
    assert_eq!(outcome.waiting.len(), 1, "{:?}", outcome.waiting);
    let (bundle, lists) = trust(&project, CACERT);
    assert_eq!((bundle.len(), lists.len()), (2, 2));
    assert_eq!(lists.iter().map(|list| list.revoked().len()).max(), Some(2));
    let said = project.run_as_operator(&["render"]).ends_with(3).stderr;
    let truth =
        "until then, no host trusts generation 2, which signs nothing yet; it holds up no revocation\n";
    assert!(said.contains(truth) && !said.contains("whom they do now"), "{said}");
    let switch = ["rotate", "authority", "staff", "--stage", "switch"];
    let said = project.run(&switch).ends_with(2).stderr;
    assert!(said.contains("`gatewright authority import staff --crl FILE` takes it"), "{said}");
    import(&project, list(&next, 1, 30).to_pem(), 0);
    let (outcome, _) = project.render(Holder::Operator);
    assert!(outcome.waiting.is_empty(), "{:?}", outcome.waiting);
    let (bundle, lists) = trust(&project, CACERT);
    assert_eq!((bundle.len(), lists.len()), (4, 4));
    project.assert_nothing_to_do();
    project.run(&switch).ends_with(0);
}

/// Nobody signs the list of an authority that has ended, and nobody comes in by it: a host that lets in others too goes on.
#[test]
fn an_authority_that_has_ended_holds_up_no_revocation() {
    let (project, _) = project();
    let spec = project.read("specs/a.kdl").replace(" revoked=\"2026-11-20\"", "");
    let spec = spec.replace("clients \"staff\";", "clients \"staff\" \"corp\";");
    let carla =
        |word: &str| format!("{spec}client \"carla.example\" authority=\"corp\" valid=\"2y\"{word}\n");
    project.write("specs/a.kdl", carla(""));
    project.render(Holder::Operator);
    let out = client(&project, "corp", "carla.example");
    let later = "2027-11-01T00:00:00Z";
    project.write("specs/a.kdl", carla(" revoked=\"2026-11-25\""));
    let outcome = render_at(&project, later, Holder::Operator);
    assert!(outcome.waiting.iter().all(|wait| wait.word != LIST_WORD), "{:?}", outcome.waiting);
    let (bundle, lists) = trust(&project, CACERT);
    assert_eq!((bundle.len(), lists.len()), (1, 1));
    assert!(lists[0].signed_by(&bundle[0]) && lists[0].revoked().contains_key(out.serial()));
}

/// Who signed a list from above is known by the key file alone: where that is gone, nobody is told to throw the list away.
#[test]
fn a_list_whose_key_file_is_gone_is_not_broken() {
    let (project, root) = project();
    import(&project, list(&root, 5, 30).to_pem(), 0);
    project.remove("pki/staff/1.key.sops.yaml");
    assert_eq!(project.refusal(Holder::Operator), ["lost-authority"]);
}

/// Whoever is above an authority may revoke it, also where nobody is revoked here.
#[test]
fn a_list_that_revokes_the_authority_shuts_its_clients_out() {
    let (project, root) = project();
    let bob = "\"bob.example\" authority=\"staff\"";
    project.edit("specs/a.kdl", &format!("{bob} revoked=\"2026-11-20\""), bob);
    let (outcome, _) = project.render(Holder::Operator);
    assert!(outcome.waiting.is_empty() && trust(&project, CACERT).1.is_empty());
    let (bundle, _) = trust(&project, CACERT);
    let revoked = Revoked::from([(bundle[0].serial().to_owned(), workshop::start())]);
    let request = ListRequest {
        revoked: &revoked,
        number: 5,
        this_update: workshop::start(),
        next_update: workshop::start() + Seconds::days(30),
    };
    let said = import(&project, sign_list(&request, &root).unwrap().to_pem(), 0);
    assert!(said.contains("it revokes the certificate of authority staff itself"), "{said}");
    project.render(Holder::Operator);
    let (bundle, lists) = trust(&project, CACERT);
    assert_eq!((bundle.len(), lists.len()), (2, 2));
    assert!(lists.iter().any(|list| list.revoked() == &revoked));
    assert_eq!(codes(&project, "2026-11-25T12:00:00Z"), ["revocation-list"]);
    project.assert_nothing_to_do();
}
