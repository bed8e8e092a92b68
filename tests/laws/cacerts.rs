//! Authorities of istiods: two clusters under one root, renewed and rotated without a moment in which one distrusts the other.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatewright::pki::Certificate;

use crate::cli::sandbox::Sandbox;

const SPEC: &str =
    "authority \"root\"\ncacerts \"one\" authority=\"root\"\ncacerts \"two\" authority=\"root\"\n";

fn path(cluster: &str) -> String {
    format!("out/_cacerts/{cluster}/secret-cacerts.sops.yaml")
}

fn part(sandbox: &Sandbox, cluster: &str, name: &str) -> Vec<Certificate> {
    let text = sandbox.read(&path(cluster));
    let value = text.lines().find_map(|line| line.trim().strip_prefix(&format!("{name}: "))).unwrap();
    let pem = STANDARD.decode(value.trim_matches('"')).unwrap();
    Certificate::from_pem_chain(&String::from_utf8(pem).unwrap()).unwrap()
}

fn own(sandbox: &Sandbox, cluster: &str) -> Certificate {
    part(sandbox, cluster, "ca-cert.pem").remove(0)
}

/// Whether each cluster's authority follows from a root that every cluster has.
fn trust_each_other(sandbox: &Sandbox) {
    for one in ["one", "two"] {
        for other in ["one", "two"] {
            let roots = part(sandbox, other, "root-cert.pem");
            assert!(roots.iter().any(|root| own(sandbox, one).signed_by(root)), "{one} at {other}");
        }
    }
}

#[test]
fn two_clusters_share_a_root_through_its_rotation() {
    let sandbox = Sandbox::new([("specs/mesh.kdl", SPEC)]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    sandbox.run(&["check"]).ends_with(0);
    let (one, two) = (own(&sandbox, "one"), own(&sandbox, "two"));
    assert!(one != two && one.is_ca() && one.path_length() == Some(0) && one.permitted().is_none());
    assert_ne!(one.serial(), two.serial());
    trust_each_other(&sandbox);
    assert!(!sandbox.read(&path("one")).contains("PRIVATE KEY"));
    // No list above names a cluster's folder.
    assert!(!sandbox.read("out/kustomization.yaml").contains("cacerts"));
    assert!(sandbox.read("out/_cacerts/one/kustomization.yaml").contains("secret-cacerts.sops.yaml"));
    sandbox.run(&["render"]).ends_with(0);
    assert!(own(&sandbox, "one") == one);
    // A second root is trusted as soon as it is introduced; the authorities stay.
    let spec = |more: &str| SPEC.replacen("\"root\"\n", &format!("\"root\" {{\n{more}\n}}\n"), 1);
    sandbox.write(
        "specs/mesh.kdl",
        &spec("generation 1 introduced=\"2026-11-25\"\ngeneration 2 introduced=\"2026-12-01\""),
    );
    sandbox.run(&["render"]).ends_with(0);
    assert!(own(&sandbox, "one") == one && part(&sandbox, "one", "root-cert.pem").len() == 2);
    trust_each_other(&sandbox);
    sandbox.write(
        "specs/mesh.kdl",
        &spec("generation 1 introduced=\"2026-11-25\"\ngeneration 2 introduced=\"2026-12-01\" signs=\"2026-12-08\""),
    );
    sandbox.run(&["render"]).ends_with(0);
    assert!(own(&sandbox, "one") != one && own(&sandbox, "two") != two);
    trust_each_other(&sandbox);
    sandbox.run(&["check"]).ends_with(0);
}

#[test]
fn it_is_renewed_and_waits_without_an_identity() {
    let sandbox = Sandbox::new([("specs/mesh.kdl", SPEC)]);
    sandbox.run(&["render"]).ends_with(0);
    let one = own(&sandbox, "one");
    let later = "2027-09-01T00:00:00Z";
    let due = sandbox.run_at(later, &["render"]).ends_with(0).stderr;
    assert!(due.contains("warning[due-certificate]: the certificate of cacerts `one`"), "{due}");
    assert!(own(&sandbox, "one") == one);
    sandbox.edit("specs/mesh.kdl", "\"two\" authority", "\"three\" authority");
    let waits = sandbox.run(&["render"]).ends_with(3).stderr;
    assert!(waits.contains("the certificate of cacerts `three` waits"), "{waits}");
    assert!(!sandbox.files("out").iter().any(|path| path.contains("three") || path.contains("two")));
    sandbox.hold('a');
    let renewed = sandbox.run_at(later, &["render"]).ends_with(0).stderr;
    assert!(renewed.contains("reissued cacerts one"), "{renewed}");
    let status = sandbox.run_at(later, &["status"]).ends_with(0).stdout;
    assert!(status.contains("istio-system/cacerts"), "{status}");
    // Keys are wrapped anew, and read by the name that istiod gives them.
    sandbox.run_at(later, &["check"]).ends_with(0);
}

/// Another name is another cluster: its istiod gets an authority of its own, and what was the old one's goes.
#[test]
fn a_cluster_of_another_name_is_another_cluster() {
    let sandbox = Sandbox::new([("specs/mesh.kdl", SPEC)]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    let (one, two) = (own(&sandbox, "one"), own(&sandbox, "two"));
    sandbox.edit("specs/mesh.kdl", "cacerts \"two\"", "cacerts \"west\"");
    let said = sandbox.run(&["render"]).ends_with(0).stderr;
    assert!(said.contains("issued cacerts west") && said.contains("2 files removed"), "{said}");
    let west = own(&sandbox, "west");
    assert!(west.spki_sha256() != two.spki_sha256() && own(&sandbox, "one") == one);
    assert!(!sandbox.files("out").iter().any(|path| path.contains("/two/")));
    // Workloads of before and after believe each other.
    let roots = part(&sandbox, "west", "root-cert.pem");
    assert!([&one, &two, &west].iter().all(|own| roots.iter().any(|root| own.signed_by(root))));
    sandbox.run(&["check"]).ends_with(0);
}

/// Whoever goes through all folders below `out/` finds nothing there that is for one cluster alone.
#[test]
fn argo_passes_over_what_is_one_clusters() {
    let sandbox = Sandbox::new([("specs/mesh.kdl", SPEC)]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    let line = "# +argocd:skip-file-rendering\n";
    let head =
        format!("# gatewright: cacerts \"one\" -> _cacerts/one/secret-cacerts.sops.yaml\n{line}apiVersion");
    assert!(sandbox.read(&path("one")).starts_with(&head));
    // Also where somebody took the line out, and when other people may open it.
    sandbox.edit(&path("one"), line, "");
    sandbox.run(&["render"]).ends_with(0);
    assert!(sandbox.read(&path("one")).starts_with(&head));
    let rules = sandbox.read(".sops.yaml").replace(&format!(",{}", crate::cli::sandbox::B), "");
    sandbox.write(".sops.yaml", &rules);
    sandbox.run(&["secrets", "update-keys"]).ends_with(0);
    sandbox.run(&["secrets", "update-keys", "--rotate"]).ends_with(0);
    assert!(sandbox.read(&path("one")).starts_with(&head));
    assert!(!sandbox.read(&path("one")).contains(crate::cli::sandbox::B));
    sandbox.run(&["check"]).ends_with(0);
}

/// Another key under the same root, for one cluster alone.
#[test]
fn one_is_rotated_by_name() {
    let sandbox = Sandbox::new([("specs/mesh.kdl", SPEC)]);
    sandbox.run(&["render"]).ends_with(0);
    let (one, two) = (own(&sandbox, "one"), own(&sandbox, "two"));
    let before = sandbox.everything();
    for (call, code, says) in [
        (&["rotate", "cacerts", "one"][..], 3, "one can't be reissued"),
        (&["rotate", "cacerts", "too"], 2, "there is no cacerts `too`; did you mean `two`?"),
    ] {
        let said = sandbox.run(call).ends_with(code).stderr;
        assert!(said.contains(says) && sandbox.everything() == before, "{said}");
    }
    sandbox.hold('a');
    let said = sandbox.run(&["rotate", "cacerts", "one"]).ends_with(0).stderr;
    assert!(said.contains("reissued cacerts one"), "{said}");
    assert!(own(&sandbox, "one").spki_sha256() != one.spki_sha256() && own(&sandbox, "two") == two);
    trust_each_other(&sandbox);
    sandbox.run(&["check"]).ends_with(0);
}

/// With a seed the next key is a word in the spec.
#[test]
fn one_is_counted_up_where_keys_follow_from_a_seed() {
    let spec = format!("secrets {{ seed epoch=\"2026-01-01\"; }}\n{SPEC}");
    let sandbox = Sandbox::new([("specs/mesh.kdl", spec.as_str())]).holding('a');
    sandbox.run(&["secrets", "seed"]).ends_with(0);
    sandbox.run(&["render"]).ends_with(0);
    let one = own(&sandbox, "one");
    sandbox.run(&["rotate", "cacerts", "one"]).ends_with(0);
    assert!(sandbox.read("specs/mesh.kdl").contains("cacerts \"one\" authority=\"root\" generation=2"));
    sandbox.run(&["render"]).ends_with(0);
    assert!(own(&sandbox, "one").spki_sha256() != one.spki_sha256());
    trust_each_other(&sandbox);
}
