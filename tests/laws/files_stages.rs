//! An authority whose key pairs come in files is rotated in the same stages as one of ours.

use std::fs;

use gatewright::build::Outcome;
use gatewright::issue::LIST;
use gatewright::model::{AltName, Permitted};
use gatewright::pki::{Certificate, Issuer, verify_server};
use gatewright::spec::node::KeyKind;

use super::foreign_lists;
use super::hierarchy::{pem, shown};
use super::revocation::trust;
use crate::support::project::{CountingEntropy, Holder, Project, differing};
use crate::support::workshop;

const HOST: &str = "shop.example.com";
const SPEC: &str = r#"
authority "corp" files
gateway "public"
host "shop.example.com" authority="corp" gateway="public" to="shop:80"
"#;

fn adopt(project: &Project, pair: &Issuer, code: i32) -> String {
    fs::write(project.home().join("root.crt"), pair.certificate().to_pem()).unwrap();
    fs::write(project.home().join("root.key"), pair.key().to_pem().as_bytes()).unwrap();
    let call = ["authority", "adopt", "corp", "--cert", "../home/root.crt", "--key", "../home/root.key"];
    project.run(&call).ends_with(code).stderr
}

/// Whoever asked for a certificate and then adopts a pair has decided: the answer would bring another key, and orphan all that
/// was issued by then.
#[test]
fn an_adopted_pair_takes_the_place_of_a_request() {
    let project = Project::of(SPEC);
    let root = workshop::root(KeyKind::EcdsaP256, 1);
    let request = "pki/corp/1.request.sops.yaml";
    project.run(&["authority", "csr", "corp"]).ends_with(0);
    let left = project.read(request);
    let said = adopt(&project, &root, 0);
    assert!(!project.exists(request) && said.contains(&format!("{request} is gone")), "{said}");
    // A merge brings it back.
    project.write(request, &left);
    let own = project.run_as_operator(&["authority", "csr", "corp"]).ends_with(0);
    assert!(own.stderr.contains("of the key that is there"), "{}", own.stderr);
}

#[test]
fn a_root_in_files_is_rotated_in_stages() {
    let mut project = Project::of(SPEC);
    project.entropy = Box::new(CountingEntropy::default());
    let [old, new] = [1, 2].map(|seed| workshop::root(KeyKind::EcdsaP256, seed));
    adopt(&project, &old, 0);
    project.render(Holder::Operator);
    let before = project.tree();
    let rotate = |stage: &str| ["rotate", "authority", "corp", "--stage", stage].map(str::to_owned);
    let run = |stage: &str| {
        let call = rotate(stage);
        project.run(&call.each_ref().map(String::as_str))
    };
    let said = run("introduce").ends_with(0).stderr;
    assert!(said.contains("`gatewright authority adopt corp --cert FILE --key FILE` brings it"), "{said}");

    // What is introduced waits for its files, and everything goes on.
    let (outcome, _) = project.render(Holder::Operator);
    assert_eq!(outcome.waiting.iter().map(|wait| wait.name.as_str()).collect::<Vec<_>>(), ["corp"]);
    assert_eq!(differing(&before, &project.tree()), [""; 0]);
    let said = run("switch").ends_with(2).stderr;
    assert!(
        said.contains("not made yet: `gatewright authority adopt corp --cert FILE --key FILE` brings it"),
        "{said}"
    );
    let said = adopt(&project, &old, 2);
    assert!(said.contains("generation 1 of authority corp has that key already"), "{said}");

    adopt(&project, &new, 0);
    project.render(Holder::Operator);
    assert_eq!(pem(&project.read("pki/corp/ca.crt")).len(), 2);
    let serves = |pair: &Issuer| {
        let chain = shown(&project, HOST);
        let root = std::slice::from_ref(pair.certificate());
        verify_server(&chain[0], &chain[1..], root, HOST, workshop::start()).is_ok()
    };
    assert!(serves(&old) && !serves(&new));
    run("switch").ends_with(0);
    project.render(Holder::Operator);
    assert!(serves(&new) && !serves(&old));
    project.assert_nothing_to_do();
}

/// `corp`, which a root signed, as files beside the project.
fn signed(project: &Project, root: &Issuer, permitted: Option<&Permitted>) {
    let corp = workshop::under(root, "corp", 0, permitted);
    let all = [corp.certificate(), root.certificate()].map(Certificate::to_pem).concat();
    fs::write(project.home().join("corp.crt"), all).unwrap();
    fs::write(project.home().join("corp.key"), corp.key().to_pem().as_bytes()).unwrap();
}

const ADOPT: [&str; 7] =
    ["authority", "adopt", "corp", "--cert", "../home/corp.crt", "--key", "../home/corp.key"];
const IMPORT: [&str; 5] = ["authority", "import", "corp", "--cert", "../home/corp.crt"];

#[test]
fn a_certificate_under_another_root_is_told() {
    let mut project = Project::of(SPEC);
    project.entropy = Box::new(CountingEntropy::default());
    let [old, new] = [1, 2].map(|seed| workshop::root(KeyKind::EcdsaP256, seed));
    signed(&project, &old, None);
    project.run(&ADOPT).ends_with(0);
    let codes = |outcome: &Outcome| {
        let all = outcome.report.findings().iter().map(|finding| finding.code.name());
        all.collect::<Vec<_>>()
    };
    assert_eq!(codes(&project.render(Holder::Operator).0), [""; 0]);
    let said = project.run(&IMPORT).ends_with(0).stderr;
    assert!(!said.contains("root"), "{said}");
    signed(&project, &new, None);
    let said = project.run(&IMPORT).ends_with(0).stderr;
    assert!(said.contains("its root is another one now: `O=example Inc.,CN=example.com`"), "{said}");
    assert_eq!(codes(&project.render(Holder::Operator).0), ["other-root"]);
    project.assert_nothing_to_do();
}

/// What clients trust is the offline root then, and no generation of the authority.
#[test]
fn the_root_of_an_offline_hierarchy_is_no_generation() {
    let spec = SPEC.replace("to=\"shop:80\"", "to=\"shop:80\" { tls mutual; }");
    let spec = format!("{spec}client \"anna.example\" authority=\"corp\"\n");
    let [old, new] = [1, 2].map(|seed| workshop::root(KeyKind::EcdsaP256, seed));
    let staged = ["rotate", "authority", "corp", "--stage", "introduce"];
    for (call, is_moved) in
        [(&staged[..], false), (&staged[..3], false), (&staged[..], true), (&staged[..3], true)]
    {
        let mut project = Project::of(&spec);
        project.entropy = Box::new(CountingEntropy::default());
        signed(&project, &old, None);
        project.run(&ADOPT).ends_with(0);
        project.render(Holder::Operator);
        if is_moved {
            signed(&project, &new, None);
            project.run(&IMPORT).ends_with(0);
        }
        project.run(call).ends_with(0);
        for _ in 0..2 {
            let (outcome, _) = project.render(Holder::Operator);
            assert!(outcome.waiting.iter().all(|wait| wait.word != LIST), "{:?}", outcome.waiting);
        }
        assert!(!project.exists("pki/corp/2.crt"));
        let (bundle, _) = trust(&project, "out/istio-system/secret-shop.example.com-tls-cacert.yaml");
        let key = |one: &Certificate| one.spki_sha256().to_owned();
        let own = pem(&project.read("pki/corp/1.crt"));
        assert_eq!(bundle.iter().map(key).collect::<Vec<_>>(), [key(&own[0])]);
    }
}

/// What comes must do for what the spec issues with it; else what is there stays.
#[test]
fn a_certificate_for_other_names_is_refused() {
    let mut project = Project::of(SPEC);
    project.entropy = Box::new(CountingEntropy::default());
    let root = workshop::root(KeyKind::EcdsaP256, 1);
    let mut narrow = Permitted::default();
    narrow.add(&AltName::Dns("other.example".to_owned()));
    signed(&project, &root, Some(&narrow));
    let said = project.run(&ADOPT).ends_with(2).stderr;
    assert!(said.contains("error[name-constraints]: `shop.example.com` is none of the names"), "{said}");
    assert!(!project.exists("pki/corp/1.key.sops.yaml"));
    signed(&project, &root, None);
    project.run(&ADOPT).ends_with(0);
    project.render(Holder::Operator);
    let before = project.tree();
    signed(&project, &root, Some(&narrow));
    project.run(&IMPORT).ends_with(2);
    assert_eq!(differing(&before, &project.tree()), [""; 0]);
}

/// An authority that a root elsewhere signed gives way to a root of ours, in stages: each client has one of both.
#[test]
fn one_from_elsewhere_gives_way_to_one_that_is_made_here() {
    let mut project = Project::of(SPEC);
    project.entropy = Box::new(CountingEntropy::default());
    let root = workshop::root(KeyKind::EcdsaP256, 1);
    signed(&project, &root, None);
    project.run(&ADOPT).ends_with(0);
    project.render(Holder::Operator);
    let before = project.tree();
    project.edit("specs/a.kdl", "\"corp\" files", "\"corp\" wait=\"1h\"");
    project.render(Holder::Operator);
    assert_eq!(differing(&before, &project.tree()), [""; 0], "nothing changes but who makes the next one");
    let bundle = || pem(&project.read("pki/corp/ca.crt"));
    assert_eq!(bundle(), [root.certificate().clone()]);
    let verifies = |roots: &[Certificate]| {
        let chain = shown(&project, HOST);
        verify_server(&chain[0], &chain[1..], roots, HOST, workshop::start()).is_ok()
    };
    for (stage, count, old) in [("introduce", 2, true), ("switch", 2, false), ("retire", 1, false)] {
        project.run(&["rotate", "authority", "corp", "--stage", stage]).ends_with(0);
        project.render(Holder::Operator);
        assert_eq!(
            (bundle().len(), verifies(&bundle()), verifies(&[root.certificate().clone()])),
            (count, true, old),
            "{stage}"
        );
        project.assert_nothing_to_do();
    }
}

/// Whose list of revocations it was is above the authority no more: what that list said of others is nobody's concern here.
#[test]
fn lists_of_a_root_that_is_left_behind_go_with_it() {
    let mut project = Project::of(SPEC);
    project.entropy = Box::new(CountingEntropy::default());
    let [old, new] = [1, 2].map(|seed| workshop::root(KeyKind::EcdsaP256, seed));
    signed(&project, &old, None);
    project.run(&ADOPT).ends_with(0);
    project.render(Holder::Operator);
    fs::write(project.home().join("root.crl"), foreign_lists::list(&old, 5, 30).to_pem()).unwrap();
    project.run(&["authority", "import", "corp", "--crl", "../home/root.crl"]).ends_with(0);
    signed(&project, &new, None);
    let said = project.run(&IMPORT).ends_with(0).stderr;
    assert!(said.contains("a revocation list that was above it before has left pki/corp/ca.crl"), "{said}");
    assert!(!project.exists("pki/corp/ca.crl"));
    project.render(Holder::Operator);
    project.assert_nothing_to_do();
}
