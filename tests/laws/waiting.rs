//! Without an identity everything is rendered but what must be signed; the run says what waits, and the next one that has
//! an identity completes it.

use gatewright::build::Request;
use gatewright::diag::Severity;
use gatewright::plan::certs::Asked;

use crate::support::binary::finish;
use crate::support::project::{Holder, NOW, Project, differing};

const FILE: &str = "specs/a.kdl";

const SPEC: &str = r#"
authority "corp" { valid "365d" }
authority "other" { valid "365d" }
gateway "public"
domain "example.com" authority="corp" gateway="public" {
    host "shop" to="shop:80"
    host "wiki" to="wiki:80"
}
client "anna@example.com" authority="corp"
"#;

fn rendered() -> Project {
    let project = Project::of(SPEC);
    project.render(Holder::Operator);
    project
}

/// Every file that a list names is there, and no list names itself.
fn assert_lists_are_true(project: &Project) {
    let tree = project.tree();
    let lists: Vec<_> = tree.keys().filter(|path| path.ends_with("/kustomization.yaml")).collect();
    assert!(!lists.is_empty());
    for list in lists {
        let folder = list.strip_suffix("kustomization.yaml").unwrap();
        for line in project.read(list).lines() {
            let Some(name) = line.strip_prefix("  - ") else { continue };
            assert!(project.exists(&format!("{folder}{name}")), "{list} names {name}, which is not there");
        }
    }
}

#[test]
fn a_new_host_is_rendered_but_for_its_certificate() {
    let project = rendered();
    let before = project.tree();
    project.edit(FILE, r#"host "wiki""#, "host \"new\" to=\"new:80\" { tls mutual }\n    host \"wiki\"");
    let run = project.run(&["render"]).ends_with(3);
    assert!(run.stderr.contains("new.example.com"), "{run:?}");
    assert!(!run.stderr.contains("wiki.example.com") && !run.stderr.contains("shop.example.com"), "{run:?}");
    assert!(run.stderr.contains("pki/corp/1.key.sops.yaml"), "it says what must be opened: {run:?}");
    let after = project.tree();
    assert_eq!(
        differing(&before, &after),
        [
            "out/default/gateway-public.yaml",
            "out/default/kustomization.yaml",
            "out/default/virtualservice-new.example.com.yaml",
            "out/istio-system/kustomization.yaml",
            "out/istio-system/secret-new.example.com-tls-cacert.yaml",
        ]
    );
    assert_lists_are_true(&project);

    project.run(&["check"]).ends_with(3);
    project.run(&["check", "--allow-waiting"]).ends_with(0);
    project.run(&["render"]).ends_with(3);
    assert!(differing(&after, &project.tree()).is_empty(), "waiting again changes nothing");

    project.run_as_operator(&["render"]).ends_with(0);
    assert_eq!(
        differing(&after, &project.tree()),
        ["out/istio-system/kustomization.yaml", "out/istio-system/secret-new.example.com-tls.sops.yaml"]
    );
    assert_lists_are_true(&project);
    project.run(&["check"]).ends_with(0);
}

#[test]
fn a_new_client_waits_alone() {
    let project = rendered();
    let before = project.tree();
    project.write("specs/b.kdl", "client \"bob@example.com\" authority=\"corp\"\n");
    let run = project.run(&["render"]).ends_with(3);
    assert!(run.stderr.contains("bob@example.com"), "{run:?}");
    assert!(differing(&before, &project.tree()).is_empty());
    project.run_as_operator(&["render"]).ends_with(0);
    assert!(project.exists("pki/corp/clients/bob@example.com.key.sops.yaml"));
}

#[test]
fn what_is_to_be_signed_anew_stays_until_it_can_be() {
    for (what, old, new) in [
        (
            "a subject",
            r#"host "shop" to="shop:80""#,
            r#"host "shop" to="shop:80" { subject organization="Shop" }"#,
        ),
        ("a key", r#"host "shop" to="shop:80""#, r#"host "shop" key="ecdsa-p384" to="shop:80""#),
        ("an authority", r#"host "shop" to="shop:80""#, r#"host "shop" authority="other" to="shop:80""#),
    ] {
        let project = rendered();
        let secret = "out/istio-system/secret-shop.example.com-tls.sops.yaml";
        let before = project.read(secret);
        project.edit(FILE, old, new);
        let (outcome, _) = project.render(Holder::Nobody);
        assert_eq!(outcome.waiting.len(), 1, "{what}");
        assert!(!outcome.waiting[0].missing, "{what}");
        assert_eq!(outcome.waiting[0].name, "shop.example.com");
        assert_eq!(project.read(secret), before, "{what}: the old certificate serves on");
        assert_lists_are_true(&project);
        let (outcome, _) = project.render(Holder::Operator);
        assert!(outcome.waiting.is_empty() && outcome.changes.len() == 1, "{what}");
        project.assert_nothing_to_do();
    }
}

/// A host, or its domain, is renamed, and its Secret keeps its name: the Secret stays, with the certificate that it has,
/// as long as nobody can issue the new one.
#[test]
fn a_renamed_host_keeps_the_secret_that_its_gateway_names() {
    let secret = "out/istio-system/secret-web.sops.yaml";
    for (old, new, name) in [
        (r#"host "shop""#, r#"host "mall""#, "mall.example.com"),
        (r#"domain "example.com""#, r#"domain "example.org""#, "shop.example.org"),
    ] {
        let project = Project::of(SPEC);
        project.edit(
            FILE,
            r#"host "shop" to="shop:80""#,
            r#"host "shop" to="shop:80" { tls secret="web"; }"#,
        );
        project.render(Holder::Operator);
        let line = |field: &str| {
            let text = project.read(secret);
            text.lines().find(|line| line.contains(field)).unwrap().to_owned()
        };
        let (key, certificate) = (line("tls.key:"), line("tls.crt:"));
        let before = project.read(secret);
        project.edit(FILE, old, new);
        let run = project.run(&["render"]).ends_with(3);
        assert!(run.stderr.contains(&format!("host `{name}`: the spec wants other names")), "{run:?}");
        assert_eq!((line("tls.key:"), line("tls.crt:")), (key, certificate.clone()));
        assert!(project.read("out/istio-system/kustomization.yaml").contains("secret-web.sops.yaml"));
        assert_lists_are_true(&project);
        project.run(&["check", "--allow-waiting"]).ends_with(0);
        let waiting = project.tree();
        project.run(&["render"]).ends_with(3);
        assert_eq!(differing(&waiting, &project.tree()), [""; 0], "waiting again changes nothing");

        project.edit(FILE, new, old);
        project.render(Holder::Nobody);
        assert_eq!(project.read(secret), before, "back again, as if nothing had been");
        project.edit(FILE, old, new);
        let (outcome, _) = project.render(Holder::Operator);
        assert!(outcome.waiting.is_empty());
        assert_ne!(line("tls.crt:"), certificate);
        project.assert_nothing_to_do();
    }
}

#[test]
fn due_is_a_warning_and_expired_an_error() {
    let project = rendered();
    let at = |now: &str| project.build_at(now, Holder::Nobody, &Request::default());
    let due = at("2027-01-25T12:00:00Z").unwrap_or_else(|error| panic!("{}", project.explain(&error)));
    assert!(due.waiting.is_empty() && due.files.is_empty());
    let codes: Vec<_> = due.report.findings().iter().map(|finding| finding.code.name()).collect();
    assert_eq!(codes, ["due-certificate"; 3]);
    let warned = due.report.findings().iter().all(|finding| finding.severity == Severity::Warning);
    assert!(warned, "check warns");
    let settle = "{ settle \"due-certificate\" reason=\"CI renews it\"; }";
    project.edit(FILE, "host \"shop\" to=\"shop:80\"", &format!("host \"shop\" to=\"shop:80\" {settle}"));
    project.edit(
        FILE,
        "client \"anna@example.com\" authority=\"corp\"",
        &format!("client \"anna@example.com\" authority=\"corp\" {settle}"),
    );
    let due = at("2027-01-25T12:00:00Z").unwrap_or_else(|error| panic!("{}", project.explain(&error)));
    let said: Vec<_> = due.report.findings().iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        said,
        ["the certificate of host `wiki.example.com` is due for renewal and ends on 2027-02-23T12:00:00Z"]
    );
    let over = at("2027-02-23T12:00:00Z").unwrap_or_else(|error| panic!("{}", project.explain(&error)));
    let ended = over.report.findings().iter().filter(|one| one.code.name() == "expired-certificate");
    assert!(over.report.has_errors() && ended.count() == 3 && over.files.is_empty());
}

/// What is to change waits; that it has ended is told all the same.
#[test]
fn what_waits_and_has_ended_is_an_error() {
    for (old, new) in [
        ("host \"shop\"", "host \"shop\" key=rsa-2048"),
        ("client \"anna@example.com\"", "client \"anna@example.com\" key=rsa-2048"),
        ("host \"shop\"", "host \"shop\" files"),
    ] {
        let project = rendered();
        project.edit(FILE, old, new);
        let run = |now: &str| finish(&mut project.command_at(now, &["render"]));
        let said = run(NOW).ends_with(3).stderr;
        assert!(!said.contains("expired-certificate"), "{said}");
        let said = run("2027-03-01T00:00:00Z").ends_with(1).stderr;
        let who = new.split('"').nth(1).unwrap();
        assert!(
            said.contains("error[expired-certificate]: the certificate of") && said.contains(who),
            "{said}"
        );
        assert!(said.contains("error[waiting]"), "{said}");
    }
}

#[test]
fn a_rotation_without_an_identity_makes_the_new_root_and_all_that_it_signs() {
    let project = rendered();
    project.run(&["rotate", "authority", "corp"]).ends_with(0);
    project.run(&["render"]).ends_with(0); // the new root's key is in memory
    assert!(project.exists("pki/corp/2.key.sops.yaml") && project.exists("pki/corp/1.key.sops.yaml"));
    project.run(&["check"]).ends_with(0);
    let asked = Asked { hosts: ["shop.example.com".to_owned()].into(), ..Asked::default() };
    let outcome = project.build_at(NOW, Holder::Nobody, &Request { asked, ..Request::default() });
    let outcome = outcome.unwrap_or_else(|error| panic!("{}", project.explain(&error)));
    assert_eq!(outcome.waiting.len(), 1, "a host's own rotation needs one");
}
