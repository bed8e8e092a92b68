//! One certificate for many hosts: they come and go without touching it, and two certificates of the same names stay apart.

use std::collections::BTreeSet;

use gatewright::build::Request;
use gatewright::plan::certs::Asked;

use crate::support::project::{Holder, NOW, Project, differing};

const PLATFORM: &str = r#"
authority "corp"
gateway "public"
domain "apps.example.com" authority="corp" gateway="public" {
    certificate "*" "@"
}
host "shop.apps.example.com" to="shop:80" namespace="team-shop"
"#;

const SECRET: &str = "out/istio-system/secret-wildcard.apps.example.com-tls.sops.yaml";

fn rendered() -> Project {
    let project = Project::of(PLATFORM);
    project.render(Holder::Unasked);
    project.assert_nothing_to_do();
    project
}

/// A team's line needs no identity, and touches no file that another team's does but for lists.
#[test]
fn a_host_joins_and_leaves_by_a_line() {
    let project = rendered();
    let before = project.tree();
    project
        .write("specs/wiki.kdl", "host \"wiki.apps.example.com\" to=\"wiki:80\" namespace=\"team-wiki\"\n");
    let (outcome, _) = project.render(Holder::Unasked);
    assert!(outcome.changes.is_empty() && outcome.report.is_empty(), "{:?}", outcome.report);
    let changed = differing(&before, &project.tree());
    assert_eq!(
        changed,
        [
            "out/kustomization.yaml",
            "out/team-wiki/kustomization.yaml",
            "out/team-wiki/virtualservice-wiki.apps.example.com.yaml"
        ]
    );
    project.remove("specs/wiki.kdl");
    project.render(Holder::Unasked);
    assert!(differing(&before, &project.tree()).is_empty());
}

/// The apex is the certificate's whether a host of that name is there or not.
#[test]
fn a_name_of_the_certificate_is_served_once() {
    let project = rendered();
    let gateway = project.read("out/default/gateway-public.yaml");
    project.write("specs/portal.kdl", "host \"apps.example.com\" to=\"portal:80\"\n");
    project.render(Holder::Unasked);
    assert_eq!(project.read("out/default/gateway-public.yaml"), gateway);
}

/// What says something of its own has its own certificate, and comes back without it.
#[test]
fn a_host_with_words_of_its_own_does_not_join() {
    let project = rendered();
    let secret = project.read(SECRET);
    project.edit("specs/a.kdl", "namespace=\"team-shop\"", "namespace=\"team-shop\" key=\"rsa-2048\"");
    let (outcome, _) = project.render(Holder::Operator);
    assert_eq!(outcome.changes[0].name, "shop.apps.example.com");
    assert_eq!(outcome.report.findings()[0].code.name(), "shared-certificate");
    project.edit("specs/a.kdl", " key=\"rsa-2048\"", "");
    project.render(Holder::Unasked);
    assert!(!project.exists("out/istio-system/secret-shop.apps.example.com-tls.sops.yaml"));
    assert_eq!(project.read(SECRET), secret);
}

/// Whoever rotates a host that joined rotates what all of them share.
#[test]
fn a_rotation_by_any_of_its_names_is_of_the_one_certificate() {
    for name in ["shop.apps.example.com", "*.apps.example.com", "apps.example.com"] {
        let project = rendered();
        let asked = Asked { hosts: BTreeSet::from([name.to_owned()]), ..Asked::default() };
        let request = Request { asked, ..Request::default() };
        let outcome = project.build_at(NOW, Holder::Operator, &request).unwrap();
        let changes: Vec<_> =
            outcome.changes.iter().map(|change| (change.word, change.name.as_str())).collect();
        assert_eq!(changes, [("certificate", "*.apps.example.com")], "{name}");
    }
}

/// A Secret with the right names at another one's place is not taken away.
#[test]
fn two_certificates_of_the_same_names_stay_apart() {
    let first = "authority \"corp\"\ncertificate \"db.example.com\" authority=\"corp\" namespace=\"a\"\n";
    let project = Project::of(first);
    project.render(Holder::Operator);
    let path = |namespace: &str| format!("out/{namespace}/secret-db.example.com-tls.sops.yaml");
    let own = project.read(&path("a"));
    let more = "certificate \"db.example.com\" authority=\"corp\" namespace=\"b\"\ngateway \"public\"\nhost \"db.example.com\" authority=\"corp\" gateway=\"public\"\n";
    project.write("specs/b.kdl", more);
    let (outcome, _) = project.render(Holder::Nobody);
    assert_eq!(outcome.waiting.len(), 2);
    assert_eq!(project.read(&path("a")), own);
    project.render(Holder::Operator);
    assert_eq!(project.read(&path("a")), own);
    assert!(project.exists(&path("b")) && project.exists(&path("istio-system")));
    project.assert_nothing_to_do();
    // It goes where its namespace goes, as any other.
    project.edit("specs/a.kdl", "namespace=\"a\"", "namespace=\"c\"");
    let (outcome, _) = project.render(Holder::Unasked);
    assert!(outcome.changes.is_empty());
    assert!(project.exists(&path("c")) && !project.exists(&path("a")));
}

/// Thirty teams with a line each: one certificate, one TLS server, and no file of one team names another.
#[test]
fn thirty_teams_share_one_server() {
    let project = crate::golden::project("thirty-teams");
    project.render(Holder::Operator);
    let tree = project.tree();
    let of = |kind: &str| tree.keys().filter(|path| path.contains(&format!("/{kind}-"))).count();
    assert_eq!((of("gateway"), of("virtualservice"), of("secret")), (1, 30, 1));
    let gateway = project.read("out/edge/gateway-public.yaml");
    assert_eq!(gateway.matches("credentialName").count(), 1);
    assert!(!gateway.contains("shop"));
    let spec = crate::golden::written("thirty-teams");
    let lines = spec.iter().filter(|(path, _)| path.contains("/teams/")).flat_map(|(_, text)| text.lines());
    assert_eq!(lines.count(), 30);
}
