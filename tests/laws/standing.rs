//! What serves a host goes on until its own Secret is there: no Gateway names one that waits while another one served.

use gatewright::build::Outcome;

use crate::support::project::{Files, Holder, Project, differing};

const FILE: &str = "specs/a.kdl";
const GATEWAY: &str = "out/default/gateway-public.yaml";
const HEAD: &str = "authority \"corp\"\nauthority \"other\"\ngateway \"public\"\n";

fn project(rest: &str) -> Project {
    let project = Project::of(&format!("{HEAD}{rest}\n"));
    project.render(Holder::Operator);
    project
}

fn host(words: &str) -> String {
    format!("host \"a.example.com\" gateway=\"public\" to=\"a:80\" {words}")
}

/// Every Secret that a Gateway names.
fn named(project: &Project) -> Vec<String> {
    let mut found = Vec::new();
    for (path, bytes) in project.tree() {
        if !path.starts_with("out/default/gateway-") {
            continue;
        }
        let text = String::from_utf8(bytes).unwrap();
        let mut lines = text.lines().map(str::trim).peekable();
        while let Some(line) = lines.next() {
            found.extend(line.strip_prefix("credentialName: ").map(str::to_owned));
            if line == "credentialNames:" {
                while let Some(item) = lines.next_if(|line| line.starts_with("- ") && !line.ends_with(':')) {
                    found.push(item[2..].to_owned());
                }
            }
        }
    }
    found
}

fn assert_lists_are_true(project: &Project) {
    for (path, _) in project.tree().iter().filter(|(path, _)| path.ends_with("/kustomization.yaml")) {
        let folder = path.strip_suffix("kustomization.yaml").unwrap();
        for line in project.read(path).lines().filter_map(|line| line.strip_prefix("  - ")) {
            assert!(project.exists(&format!("{folder}{line}")), "{path} names {line}");
        }
    }
}

/// Renders without an identity, twice; the second changes nothing.
fn waits(project: &Project) -> (Outcome, Files) {
    let (outcome, _) = project.render(Holder::Nobody);
    assert!(!outcome.waiting.is_empty());
    assert_lists_are_true(project);
    let tree = project.tree();
    project.render(Holder::Nobody);
    assert_eq!(differing(&tree, &project.tree()), [""; 0], "waiting again changes nothing");
    project.run(&["check", "--allow-waiting"]).ends_with(0);
    (outcome, tree)
}

fn completes(project: &Project, names: &[&str]) {
    let (outcome, _) = project.render(Holder::Operator);
    assert!(outcome.waiting.is_empty());
    assert_eq!(named(project), names);
    assert_lists_are_true(project);
    project.assert_nothing_to_do();
}

#[test]
fn a_host_that_changes_its_source_is_served_by_the_old_one() {
    let certificate = "out/istio-system/certificate-a.example.com-cert-manager.yaml";
    let web = "out/istio-system/secret-web.sops.yaml";
    let (ordered, own) = ("a.example.com-cert-manager", "a.example.com-tls");
    let pair = "key ecdsa-p256 rsa-2048";
    for (old, new, names, kept, then) in [
        ("cert-manager \"x\"", "authority \"corp\"", vec![ordered], Some(certificate), vec![own]),
        (
            &format!("cert-manager \"x\"; {pair}"),
            &format!("authority \"corp\"; {pair}"),
            vec![ordered, "a.example.com-cert-manager-rsa"],
            Some(certificate),
            vec![own, "a.example.com-tls-rsa"],
        ),
        ("cert-manager \"x\"", "files", vec![ordered], Some(certificate), vec![]),
        ("external \"legacy\"", "authority \"corp\"", vec!["legacy"], None, vec![own]),
        ("external \"legacy\"", "files", vec!["legacy"], None, vec![]),
        ("authority \"corp\"; tls secret=\"web\"", "files", vec!["web"], Some(web), vec![]),
        (
            "authority \"corp\"",
            "files",
            vec![own],
            Some("out/istio-system/secret-a.example.com-tls.sops.yaml"),
            vec![],
        ),
    ] {
        let project = project(&host(&format!("{{ {old}; }}")));
        assert_eq!(named(&project), names, "{old}");
        let before = project.tree();
        let turn =
            |old: &str, new: &str| project.edit(FILE, &format!("{{ {old}; }}"), &format!("{{ {new}; }}"));
        turn(old, new);
        let (outcome, _) = waits(&project);
        assert_eq!(named(&project), names, "{old} to {new}");
        if let Some(kept) = kept {
            assert_eq!(project.read(kept).into_bytes(), before[kept], "{old} to {new}");
        }
        if names != [own] {
            assert!(outcome.waiting[0].why.contains(names[0]), "{:?}", outcome.waiting);
        }
        turn(new, old);
        project.render(Holder::Nobody);
        assert_eq!(differing(&before, &project.tree()), [""; 0], "{old}: back again");
        if !then.is_empty() {
            turn(old, new);
            project.render(Holder::Nobody);
            completes(&project, &then);
            assert!(kept.is_none_or(|kept| !project.exists(kept)), "{old} to {new}");
        }
    }
}

/// Whom it lets in is what the spec says at once, in a Secret that is its own.
#[test]
fn whose_clients_come_in_is_not_taken_from_the_old_secret() {
    for ca_in in ["own-secret", "same-secret"] {
        let rest = host("{ cert-manager \"x\"; tls simple; }");
        let project = project(&format!("secrets ca-in=\"{ca_in}\"\n{rest}"));
        project.edit(
            FILE,
            "cert-manager \"x\"; tls simple",
            "authority \"corp\"; tls mutual { clients \"other\"; }",
        );
        waits(&project);
        let gateway = project.read(GATEWAY);
        for line in [
            "mode: MUTUAL\n",
            "credentialName: a.example.com-cert-manager\n",
            "caCertCredentialName: a.example.com-tls-cacert\n",
        ] {
            assert!(gateway.contains(line), "{ca_in}: {gateway}");
        }
        assert!(project.exists("out/istio-system/secret-a.example.com-tls-cacert.yaml"));
        assert!(!project.exists("out/istio-system/secret-a.example.com-cert-manager-cacert.yaml"));
        completes(&project, &["a.example.com-tls"]);
        assert!(!project.read(GATEWAY).contains("caCertCredentialName"));
    }
}

const JOINED: &str = r#"domain "example.com" authority="corp" gateway="public" {
    certificate "*"
    host "shop" to="shop:80"
    host "wiki" to="wiki:80"
}"#;

#[test]
fn a_host_that_leaves_its_domains_certificate_is_served_with_that_until_it_has_its_own() {
    let project = project(JOINED);
    let wildcard = "wildcard.example.com-tls";
    assert_eq!(named(&project), [wildcard]);
    let before = project.tree();
    project.edit(
        FILE,
        "host \"shop\" to=\"shop:80\"",
        "host \"shop\" to=\"shop:80\" { tls secret=\"shop\"; }",
    );
    let (outcome, after) = waits(&project);
    assert_eq!(differing(&before, &after), [""; 0], "nothing changes for anybody");
    assert!(outcome.waiting[0].why.contains(wildcard), "{:?}", outcome.waiting);
    project.edit(FILE, "tls secret", "tls mutual secret");
    waits(&project);
    let own = project.read("out/default/gateway-public-shop-example-com.yaml");
    assert!(own.contains(&format!("credentialName: {wildcard}\n")), "{own}");
    assert!(own.contains("caCertCredentialName: shop-cacert\n"), "{own}");
    completes(&project, &["shop", wildcard]);
}

/// It has no service to lose, and nobody is to reach it by a certificate that is not its own.
#[test]
fn a_new_host_is_not_served_with_another_ones_certificate() {
    let project = project(JOINED);
    project.edit(
        FILE,
        "host \"shop\" to=\"shop:80\"",
        "host \"shop\" to=\"shop:80\"\n    host \"new\" to=\"new:80\" { tls secret=\"new\"; }",
    );
    waits(&project);
    assert_eq!(named(&project), ["new", "wildcard.example.com-tls"]);
}

#[test]
fn hosts_that_join_a_certificate_that_waits_are_served_with_their_own() {
    let wildcard = "wildcard.example.com-tls";
    let project = project(&JOINED.replace("    certificate \"*\"\n", ""));
    let own = ["shop.example.com-tls", "wiki.example.com-tls"];
    assert_eq!(named(&project), own);
    let before = project.tree();
    project.edit(FILE, "    host \"shop\"", "    certificate \"*\"\n    host \"shop\"");
    let (_, after) = waits(&project);
    let mut names = named(&project);
    names.sort();
    assert_eq!(names, ["shop.example.com-tls", "wiki.example.com-tls", wildcard]);
    for secret in own.map(|name| format!("out/istio-system/secret-{name}.sops.yaml")) {
        assert_eq!(before[&secret], after[&secret]);
    }
    completes(&project, &[wildcard]);
}

/// The certificate is there, and not for the host yet; or not for it any more, once it is issued anew.
#[test]
fn a_certificate_that_is_there_serves_what_it_is_for() {
    let spec = JOINED.replace("certificate \"*\"", "certificate \"shop\"");
    let (shop, wiki) = ("shop.example.com-tls", "wiki.example.com-tls");
    let project = project(&spec);
    assert_eq!(named(&project), [shop, wiki]);
    let before = project.tree();
    project.edit(FILE, "certificate \"shop\"", "certificate \"shop\" \"wiki\"");
    let (outcome, after) = waits(&project);
    assert_eq!(named(&project), [shop, wiki]);
    assert_eq!(differing(&before, &after), [""; 0]);
    assert!(outcome.waiting[0].why.contains(wiki), "{:?}", outcome.waiting);
    completes(&project, &[shop]);
    project.edit(FILE, "certificate \"shop\" \"wiki\"", "certificate \"shop\"");
    waits(&project);
    assert_eq!(named(&project), [shop]);
    completes(&project, &[shop, wiki]);
}

/// No Gateway names it, but whoever reads the Secret goes on.
#[test]
fn what_a_certificate_alone_was_stays_until_it_is_made() {
    let project = project("certificate \"db.example.com\" namespace=\"data\" { cert-manager \"x\"; }");
    let old = "out/data/certificate-db.example.com-cert-manager.yaml";
    assert!(project.exists(old));
    project.edit(FILE, "cert-manager \"x\"", "authority \"corp\"");
    waits(&project);
    assert!(project.exists(old));
    project.render(Holder::Operator);
    assert!(!project.exists(old) && project.exists("out/data/secret-db.example.com-tls.sops.yaml"));
    project.assert_nothing_to_do();
}

#[test]
fn a_second_key_is_named_once_it_is_there() {
    let project = project(&host("{ authority \"corp\"; key ecdsa-p256; }"));
    let (first, second) = ("a.example.com-tls", "a.example.com-tls-rsa");
    let before = project.tree();
    project.edit(FILE, "key ecdsa-p256", "key ecdsa-p256 rsa-2048");
    let (_, after) = waits(&project);
    assert_eq!(differing(&before, &after), [""; 0]);
    completes(&project, &[first, second]);
    // Back to one, whichever it is.
    let both = project.tree();
    project.edit(FILE, "key ecdsa-p256 rsa-2048", "key rsa-2048");
    project.render(Holder::Nobody);
    assert_eq!(named(&project), [first]);
    project.assert_nothing_to_do();
    project.edit(FILE, "key rsa-2048", "key rsa-2048 ecdsa-p256");
    waits(&project);
    assert_eq!(named(&project), [first]);
    // One of two is lost.
    project.edit(FILE, "key rsa-2048 ecdsa-p256", "key ecdsa-p256 rsa-2048");
    for name in [first, second] {
        for (path, bytes) in &both {
            project.write(path, bytes);
        }
        project.remove(&format!("out/istio-system/secret-{name}.sops.yaml"));
        waits(&project);
        assert_eq!(named(&project), [if name == first { second } else { first }]);
    }
    completes(&project, &[first, second]);
}
