//! `renew-key=#false`: certificates come and go, and their keys stay, unless they must not.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatewright::pki::Certificate;

use crate::cli::sandbox::{A, B, Sandbox};

const FILE: &str = "specs/a.kdl";
const SPEC: &str = r#"
authority "corp"
authority "other"
gateway "public"
domain "example.com" authority="corp" gateway="public" renew-key=#false {
    certificate "apps"
    host "shop" to="a:80"
    host "two" to="b:80" { key ecdsa-p256 rsa-2048; }
    host "fresh" to="c:80" renew-key=#true
}
host "plain.example.org" authority="corp" gateway="public" to="d:80"
certificate "db.example.org" authority="corp" namespace="data" renew-key=#false
clients "acme" authority="corp" renew-key=#false {
    client "anna.example.org"
    client "bob.example.org" renew-key=#true
}
"#;
const SHOP: &str = "out/istio-system/secret-shop.example.com-tls.sops.yaml";
const ANNA: &str = "pki/corp/clients/anna.example.org.crt";
/// A third of 90 days is left.
const DUE: &str = "2027-01-24T12:00:00Z";

fn rendered() -> Sandbox {
    let sandbox = Sandbox::new([(FILE, SPEC)]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    sandbox
}

/// The certificate at a path, in a Secret or alone.
fn certificate(sandbox: &Sandbox, path: &str) -> Certificate {
    let text = sandbox.read(path);
    let sealed = text.lines().find_map(|line| line.trim().strip_prefix("tls.crt: "));
    let pem = sealed.map_or(text.clone(), |base64| {
        String::from_utf8(STANDARD.decode(base64.trim_matches('"')).unwrap()).unwrap()
    });
    Certificate::from_pem_chain(&pem).unwrap().remove(0)
}

/// Every leaf that is there, by its path.
fn leaves(sandbox: &Sandbox) -> BTreeMap<String, Certificate> {
    let paths = [sandbox.files("out"), sandbox.files("pki")].concat().into_iter();
    let is_leaf = |path: &String| {
        path.ends_with("-tls.sops.yaml")
            || path.contains("/clients/") && path.ends_with(".crt")
            || path.contains("-rsa.sops.yaml")
    };
    paths.filter(is_leaf).map(|path| (path.clone(), certificate(sandbox, &path))).collect()
}

/// The leaves whose key is another one, of which every certificate is.
fn new_keys(old: &BTreeMap<String, Certificate>, new: &BTreeMap<String, Certificate>) -> Vec<String> {
    assert!(old.keys().eq(new.keys()), "{:?}", new.keys());
    let both = old.iter().zip(new.values());
    both.filter(|((path, old), new)| {
        assert_ne!(old.serial(), new.serial(), "{path}");
        old.spki_sha256() != new.spki_sha256()
    })
    .map(|((path, _), _)| path.rsplit('/').next().unwrap().to_owned())
    .collect()
}

#[test]
fn what_is_due_keeps_its_key_where_the_spec_says_so() {
    let sandbox = rendered();
    let old = leaves(&sandbox);
    assert_eq!(old.len(), 9, "{:?}", old.keys());
    let run = sandbox.run_at(DUE, &["render"]).ends_with(0);
    let new = leaves(&sandbox);
    let renewed = [
        "secret-fresh.example.com-tls.sops.yaml",
        "secret-plain.example.org-tls.sops.yaml",
        "bob.example.org.crt",
    ];
    let mut wanted = renewed.map(str::to_owned).to_vec();
    let mut found = new_keys(&old, &new);
    wanted.sort();
    found.sort();
    assert_eq!(found, wanted);
    assert!(run.stderr.contains("reissued host shop.example.com with the key that it had, valid"), "{run:?}");
    assert!(run.stderr.contains("reissued host fresh.example.com, valid"), "{run:?}");
    // Each key that is sealed is its certificate's, and twice is once.
    sandbox.run_at(DUE, &["check", "--strict"]).ends_with(0);
    let all = sandbox.everything();
    sandbox.run_at(DUE, &["render"]).ends_with(0);
    assert_eq!(sandbox.everything(), all);
    // Also once they have ended.
    sandbox.run_at("2027-06-01T12:00:00Z", &["render"]).ends_with(0);
    assert_eq!(new_keys(&new, &leaves(&sandbox)).len(), 3);
}

#[test]
fn what_the_spec_changes_keeps_its_key_too() {
    for (old, new, kept) in [
        ("host \"shop\" to=\"a:80\"", "host \"shop\" to=\"a:80\" { san \"10.0.0.5\"; }", true),
        ("host \"shop\" to=\"a:80\"", "host \"shop\" to=\"a:80\" { subject organization=\"O\"; }", true),
        ("host \"shop\" to=\"a:80\"", "host \"shop\" to=\"a:80\" authority=\"other\"", true),
        ("host \"shop\" to=\"a:80\"", "host \"shop\" to=\"a:80\" key=\"ecdsa-p384\"", false),
        ("host \"shop\" to=\"a:80\"", "host \"shop\" to=\"a:80\" revoked=\"2026-11-26\"", false),
    ] {
        let sandbox = rendered();
        let before = certificate(&sandbox, SHOP);
        sandbox.edit(FILE, old, new);
        sandbox.run_at("2026-11-27T12:00:00Z", &["render"]).ends_with(0);
        let after = certificate(&sandbox, SHOP);
        assert_ne!(before.serial(), after.serial(), "{new}");
        assert_eq!(before.spki_sha256() == after.spki_sha256(), kept, "{new}");
        sandbox.run_at("2026-11-27T12:00:00Z", &["check"]).ends_with(0);
    }
}

#[test]
fn a_rotated_authority_leaves_keys_and_a_rotated_host_does_not() {
    let sandbox = rendered();
    let old = leaves(&sandbox);
    sandbox.run(&["rotate", "authority", "corp"]).ends_with(0);
    sandbox.run(&["render"]).ends_with(0);
    let new = leaves(&sandbox);
    assert_eq!(new_keys(&old, &new).len(), 3);
    sandbox.run(&["rotate", "host", "shop.example.com"]).ends_with(0);
    assert_ne!(certificate(&sandbox, SHOP).spki_sha256(), new[SHOP].spki_sha256());
}

/// Whoever opens the authority's key alone renews nothing whose key is to stay.
#[test]
fn a_key_that_nobody_opens_keeps_its_certificate_waiting() {
    let rules = format!(
        "creation_rules:\n  - path_regex: ^pki/\n    age: {A}\n  - path_regex: ^out/\n    age: {B}\n"
    );
    let sandbox = Sandbox::new([(FILE, SPEC), (".sops.yaml", &rules)]).holding('a');
    sandbox.run(&["render"]).ends_with(0);
    let old = sandbox.read(SHOP);
    let run = sandbox.run_at(DUE, &["render"]).ends_with(0);
    assert_eq!(sandbox.read(SHOP), old);
    let said =
        format!("{SHOP} must be opened, and no identity that was found opens it: it is sealed for {B}");
    assert!(
        run.stderr.contains("warning[due-certificate]: the certificate of host `shop.example.com`"),
        "{run:?}"
    );
    assert!(run.stderr.contains(&said) && run.stderr.contains("`renew-key=#false`"), "{run:?}");
    assert!(run.stderr.contains("reissued host plain.example.org,"), "{run:?}");
    assert!(run.stderr.contains("reissued client anna.example.org with the key that it had"), "{run:?}");
    sandbox.edit(FILE, "host \"shop\" to=\"a:80\"", "host \"shop\" to=\"a:80\" { san \"10.0.0.5\"; }");
    let run = sandbox.run_at(DUE, &["render"]).ends_with(3);
    assert!(run.stderr.contains("the spec wants other names") && run.stderr.contains(&said), "{run:?}");
    // Another key takes no old one.
    sandbox.run_at(DUE, &["rotate", "host", "shop.example.com"]).ends_with(0);
    assert_ne!(sandbox.read(SHOP), old);
}

/// A certificate that is revoked takes the others of its key with it.
#[test]
fn a_revoked_key_does_not_come_again() {
    let sandbox = rendered();
    let first = certificate(&sandbox, ANNA);
    sandbox.run_at(DUE, &["render"]).ends_with(0);
    let second = certificate(&sandbox, ANNA);
    assert_eq!(first.spki_sha256(), second.spki_sha256());
    let run = sandbox.run_at(DUE, &["revoke", "client", "anna.example.org", "--serial", first.serial()]);
    let run = run.ends_with(0);
    assert!(
        run.stderr.contains(&format!("{} has the same key, and goes with it", second.serial())),
        "{run:?}"
    );
    sandbox.run_at(DUE, &["render"]).ends_with(0);
    let third = certificate(&sandbox, ANNA);
    assert_ne!(third.spki_sha256(), first.spki_sha256());
    let all = sandbox.everything();
    sandbox.run_at(DUE, &["render"]).ends_with(0);
    assert_eq!(sandbox.everything(), all);
}

/// By hand, the first alone: the second has its key, and gives way as well.
#[test]
fn a_key_is_revoked_with_one_of_its_certificates() {
    let sandbox = rendered();
    let first = certificate(&sandbox, ANNA);
    sandbox.run_at(DUE, &["render"]).ends_with(0);
    let line = format!("authority \"corp\" {{ revoked \"{}\" on=\"2027-01-24\"; }}", first.serial());
    sandbox.edit(FILE, "authority \"corp\"\n", &format!("{line}\n"));
    let run = sandbox.run_at(DUE, &["render"]).ends_with(0);
    assert!(run.stderr.contains("reissued client anna.example.org, valid"), "{run:?}");
    assert_ne!(certificate(&sandbox, ANNA).spki_sha256(), first.spki_sha256());
}

/// Whoever knows a host or a client by its key is told before another one takes its place.
#[test]
fn a_lost_key_that_was_to_stay_is_told() {
    let sandbox = rendered();
    let told = |now: &str| {
        let run = sandbox.run_at(now, &["check"]);
        let found = run.stderr.split("\n\n").filter(|text| text.contains("[lost-key]"));
        found.map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(told(DUE).is_empty());
    let key = ANNA.replace(".crt", ".key.sops.yaml");
    let anna = certificate(&sandbox, ANNA);
    for path in [SHOP, key.as_str()] {
        let whole = sandbox.read(path);
        sandbox.remove(path);
        let found = told(DUE);
        assert_eq!(found.len(), 1, "{found:?}");
        let mend = format!("`git checkout HEAD -- {path}`");
        for text in [&format!("warning[lost-key]: {path} is gone")[..], "which was to stay", &mend] {
            assert!(found[0].contains(text), "{text}: {found:?}");
        }
        // A client's is known by its certificate.
        assert_eq!(found[0].contains("its key so far: `"), path == key, "{found:?}");
        sandbox.write(path, &whole);
    }
    // Others get new keys anyway, of which a client's earlier certificate is told; and a host that is new never had one.
    sandbox.remove("out/istio-system/secret-fresh.example.com-tls.sops.yaml");
    sandbox.remove("pki/corp/clients/bob.example.org.key.sops.yaml");
    sandbox.edit(FILE, "    host \"shop\"", "    host \"new\" to=\"a:80\"\n    host \"shop\"");
    let found = told(DUE);
    assert!(found.len() == 1 && found[0].contains("notice[lost-key]"), "{found:?}");
    assert!(found[0].contains("client `bob.example.org`, whose certificate counts until"), "{found:?}");
    sandbox.remove(&key);
    let run = sandbox.run(&["render"]).ends_with(0);
    assert!(run.stderr.contains("warning[lost-key]"), "{run:?}");
    assert_ne!(certificate(&sandbox, ANNA).spki_sha256(), anna.spki_sha256());
    assert!(told(DUE).is_empty());
}
