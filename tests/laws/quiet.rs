//! What is right already is not touched, and what needs no identity asks for none.

use std::collections::BTreeSet;

use gatewright::issue;
use gatewright::pki::{Certificate, Key};
use gatewright::sops::{Identities, Sealed};

use super::moving;
use crate::golden;
use crate::judges::sops::{run, sops};
use crate::support::project::{Holder, Project, differing, identity};

const FILE: &str = "specs/a.kdl";

/// A shop with everything that may be changed without an identity.
const SHOP: &str = r#"
authority "corp"
gateway "public" namespace="edge" workload-namespace="pods" {
    selector istio="ingressgateway"
}
domain "example.com" authority="corp" gateway="public" {
    host "shop" namespace="team-shop" {
        tls simple secret="shop-credential"
        route "/cart/*" to="cart:8080" timeout="5s"
        route to="shop:80"
    }
    host "wiki" to="wiki:80"
}
client "anna@example.com" authority="corp"
service "cart" namespace="team-shop" { subset "v1" version="v1" }
"#;

/// The private key of a Secret, opened with the cluster's identity.
fn key(project: &Project, path: &str) -> Key {
    let mut identities = Identities::new();
    identities.add("cluster", &identity('b'));
    let sealed = Sealed::parse(&project.read(path)).unwrap();
    let key = issue::open_key(&sealed, &identities).unwrap().unwrap();
    let pem = certificate(&sealed);
    assert!(key.matches(&pem), "{path} holds a key of another certificate");
    key
}

fn certificate(sealed: &Sealed) -> Certificate {
    let line = format!("tls.crt: {}", sealed.clear(&["data", "tls.crt"]).unwrap());
    crate::support::mask::certificates(&line).unwrap().1.remove(0)
}

#[test]
fn a_second_render_writes_nothing_and_asks_for_no_identity() {
    for scenario in golden::scenarios() {
        let project = golden::project(&scenario);
        project.render(Holder::Operator);
        let before = project.tree();
        project.assert_nothing_to_do();
        assert_eq!(project.render(Holder::Unasked).1.written, 0, "{scenario}");
        assert!(differing(&before, &project.tree()).is_empty(), "{scenario}");
    }
}

#[test]
fn the_program_finds_nothing_to_do_where_nobody_has_an_identity() {
    let project = Project::of(SHOP);
    project.run(&["render"]).ends_with(0); // recipients are enough for the first render too
    let before = project.tree();
    let again = project.run(&["render", "--exit-code"]).ends_with(0);
    assert!(again.said().contains("nothing to do"), "{again:?}");
    project.run(&["check"]).ends_with(0);
    project.run(&["diff"]).ends_with(0);
    assert!(differing(&before, &project.tree()).is_empty());
}

/// What may change without an identity: a text, what replaces it, the files that change beside their lists.
const EDITS: [(&str, &str, &str, &[&str]); 11] = [
    (
        "a label of the gateway's pods",
        r#"istio="ingressgateway""#,
        r#"app="gateway""#,
        &["out/edge/gateway-public.yaml"],
    ),
    (
        "a label of a subset",
        r#"version="v1""#,
        r#"release="1""#,
        &["out/team-shop/destinationrule-cart.yaml"],
    ),
    (
        "the namespace of the Gateway resource",
        r#"gateway "public" namespace="edge""#,
        r#"gateway "public" namespace="rim""#,
        &[
            "out/edge/gateway-public.yaml",
            "out/edge/virtualservice-wiki.example.com.yaml",
            "out/rim/gateway-public.yaml",
            "out/rim/virtualservice-wiki.example.com.yaml",
            "out/team-shop/virtualservice-shop.example.com.yaml",
        ],
    ),
    (
        "the namespace of the gateway's pods",
        r#"workload-namespace="pods""#,
        r#"workload-namespace="bods""#,
        &[
            "out/bods/secret-shop-credential.sops.yaml",
            "out/bods/secret-wiki.example.com-tls.sops.yaml",
            "out/pods/secret-shop-credential.sops.yaml",
            "out/pods/secret-wiki.example.com-tls.sops.yaml",
        ],
    ),
    (
        "a port of the gateway",
        "workload-namespace=\"pods\" {",
        "workload-namespace=\"pods\" port=8443 {",
        &["out/edge/gateway-public.yaml"],
    ),
    (
        "a route",
        r#"route "/cart/*" to="cart:8080""#,
        r#"route "/basket" to="cart.other:8080""#,
        &["out/team-shop/virtualservice-shop.example.com.yaml"],
    ),
    (
        "a timeout",
        r#"timeout="5s""#,
        r#"timeout="6s""#,
        &["out/team-shop/virtualservice-shop.example.com.yaml"],
    ),
    (
        "the namespace of a host",
        r#"host "shop" namespace="team-shop""#,
        r#"host "shop" namespace="team-mall""#,
        &[
            "out/team-mall/virtualservice-shop.example.com.yaml",
            "out/team-shop/virtualservice-shop.example.com.yaml",
        ],
    ),
    (
        "the name of a Secret",
        r#"secret="shop-credential""#,
        r#"secret="other-credential""#,
        &[
            "out/edge/gateway-public.yaml",
            "out/pods/secret-other-credential.sops.yaml",
            "out/pods/secret-shop-credential.sops.yaml",
        ],
    ),
    (
        "mutual TLS",
        "tls simple",
        "tls mutual",
        &["out/edge/gateway-public.yaml", "out/pods/secret-shop-credential-cacert.yaml"],
    ),
    (
        "a Gateway resource for each certificate",
        r#"gateway "public" namespace="edge""#,
        r#"gateway "public" per-certificate namespace="edge""#,
        &[
            "out/edge/gateway-public-shop-example-com.yaml",
            "out/edge/gateway-public-wiki-example-com.yaml",
            "out/edge/gateway-public.yaml",
            "out/edge/virtualservice-wiki.example.com.yaml",
            "out/team-shop/virtualservice-shop.example.com.yaml",
        ],
    ),
];

#[test]
fn what_is_no_certificate_changes_without_an_identity() {
    let original = Project::of(SHOP);
    original.render(Holder::Operator);
    let secret = "out/pods/secret-shop-credential.sops.yaml";
    let old_key = key(&original, secret).spki_der();
    let original_tree = original.tree();
    for (what, old, new, files) in EDITS {
        let project = Project::of(SHOP);
        for (path, bytes) in &original_tree {
            project.write(path, bytes);
        }
        project.edit(FILE, old, new);
        let (outcome, _) = project.render(Holder::Unasked);
        assert!(outcome.changes.is_empty() && outcome.waiting.is_empty(), "{what}");
        let changed: BTreeSet<_> = differing(&original_tree, &project.tree()).into_iter().collect();
        let is_list = |path: &&String| path.ends_with("/kustomization.yaml");
        let own: Vec<_> = changed.iter().filter(|path| !is_list(path)).map(String::as_str).collect();
        assert_eq!(own, files, "{what}");
        let secrets = project.tree().into_keys().filter(|path| path.ends_with("credential.sops.yaml"));
        let secrets: Vec<_> = secrets.collect();
        assert_eq!(secrets.len(), 1, "{what}");
        assert_eq!(key(&project, &secrets[0]).spki_der(), old_key, "{what}");
        project.assert_nothing_to_do();
    }
}

/// The real sops opens what was sealed and what only moved.
#[test]
fn a_ciphertext_that_moved_still_opens() {
    let Some(sops) = sops("a_ciphertext_that_moved_still_opens") else { return };
    let project = Project::of(SHOP);
    project.render(Holder::Operator);
    project.edit(FILE, r#"secret="shop-credential""#, r#"secret="moved-credential""#);
    project.edit(FILE, r#"workload-namespace="pods""#, r#"workload-namespace="bods""#);
    project.render(Holder::Unasked);
    let sealed: Vec<_> = project.tree().into_keys().filter(|path| path.ends_with(".sops.yaml")).collect();
    assert_eq!(sealed.len(), 4);
    assert!(sealed.contains(&"out/bods/secret-moved-credential.sops.yaml".to_owned()));
    for path in sealed {
        let text = run(&sops, &project.root(), &["decrypt", &path]).unwrap();
        assert!(text.contains("tls.key: LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t"), "{path}");
    }
}

#[test]
fn one_more_host_changes_only_its_own_files_and_lists() {
    let (one, more) = (
        r#"    host "wiki" to="wiki:80""#,
        "    host \"wiki\" to=\"wiki:80\"\n    host \"new\" to=\"new:80\"",
    );
    for (per_certificate, shared) in [("", vec!["out/edge/gateway-public.yaml"]), ("per-certificate", vec![])]
    {
        let spec = SHOP.replace(r#"gateway "public""#, &format!("gateway \"public\" {per_certificate}"));
        let project = Project::of(&spec);
        project.render(Holder::Operator);
        let before = project.tree();
        project.edit(FILE, one, more);
        project.render(Holder::Operator);
        let mut expected = vec![
            "out/edge/kustomization.yaml",
            "out/edge/virtualservice-new.example.com.yaml",
            "out/pods/kustomization.yaml",
            "out/pods/secret-new.example.com-tls.sops.yaml",
        ];
        expected.extend(shared);
        if !per_certificate.is_empty() {
            expected.push("out/edge/gateway-public-new-example-com.yaml");
        }
        expected.sort_unstable();
        assert_eq!(differing(&before, &project.tree()), expected, "{per_certificate}");

        project.edit(FILE, more, one);
        project.render(Holder::Unasked);
        assert!(differing(&before, &project.tree()).is_empty(), "without it, all is as before");
    }
}

#[test]
fn a_host_in_a_namespace_of_its_own_touches_no_other_teams_folder() {
    let project = Project::of(&SHOP.replace(r#"gateway "public""#, r#"gateway "public" per-certificate"#));
    project.render(Holder::Operator);
    let before = project.tree();
    project.write("specs/team-new.kdl", "host \"new.example.com\" to=\"new:80\" namespace=\"team-new\"\n");
    project.render(Holder::Operator);
    let changed = differing(&before, &project.tree());
    assert!(changed.iter().all(|path| !path.starts_with("out/team-shop")), "{changed:?}");
    assert!(changed.contains(&"out/team-new/virtualservice-new.example.com.yaml".to_owned()));
}

/// What sops writes anew, with a mark that it may have sealed, is still ours and as it should be.
#[test]
fn sops_may_write_a_secret_anew() {
    let Some(program) = sops("sops_may_write_a_secret_anew") else { return };
    for (head, rule, free) in moving::SEALING {
        let project = moving::rendered(head, rule);
        let secrets: Vec<_> =
            project.tree().into_keys().filter(|path| path.ends_with(".sops.yaml")).collect();
        assert_eq!(secrets.len(), 4);
        for path in &secrets {
            let before = project.read(path);
            run(&program, &project.root(), &["rotate", "-i", path]).unwrap();
            assert_ne!(before, project.read(path));
            let sealed = project.read(path).starts_with("#ENC[");
            assert_eq!(sealed, rule.starts_with("unencrypted") && path.starts_with("out/"), "{path}");
        }
        project.assert_nothing_to_do();
        project.run(&["check"]).ends_with(0);
        project.run_as_operator(&["check"]).ends_with(0);
        let own = moving::given(&project, &["a", "b", "c"]);
        project.write(FILE, moving::spec(head, &["b", "c", "d"], ""));
        project.render(if free { Holder::Nobody } else { Holder::Operator });
        assert_eq!(moving::given(&project, &["b", "c", "d"]), own);
        project.assert_nothing_to_do();
    }
}
