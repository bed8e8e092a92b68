//! Secrets of clients for workloads: they hold the pair that the client has, come and change with it, and move without an
//! identity.

use std::process::Command;

use gatewright::build::Request;
use gatewright::issue;
use gatewright::pki::{Certificate, Key};
use gatewright::sops::{Identities, Sealed};
use gatewright::tree::apply;

use super::moving::SEALING;
use crate::support::project::{CountingEntropy, Holder, NOW, Project, SOPS_CONFIG, differing, identity};

pub(super) const FILE: &str = "specs/a.kdl";

pub(super) const SPEC: &str = r#"
authority "corp"
authority "partners"
gateway "public"
domain "example.com" authority="corp" gateway="public" {
    host "api" to="api:80" { tls mutual { clients "partners"; }; }
}
client "orders.example.com" authority="partners"
client "anna@example.com" authority="partners"
"#;

pub(super) const CLIENT: &str = "client \"orders.example.com\" authority=\"partners\"";
pub(super) const WORDS: &str = " namespace=\"shop\" secret=\"orders-client-tls\"";
pub(super) const SECRET: &str = "out/shop/secret-orders-client-tls.sops.yaml";
const KEY: &str = "pki/partners/clients/orders.example.com.key.sops.yaml";

/// A rendered project; its client has a Secret if `words` say so.
pub(super) fn with(head: &str, rule: &str, words: &str) -> Project {
    let config = SOPS_CONFIG.replace("sops\\.yaml$\n", &format!("sops\\.yaml$\n    {rule}\n"));
    let config = if rule.is_empty() { SOPS_CONFIG.to_owned() } else { config };
    let text = format!("{head}{}", SPEC.replace(CLIENT, &format!("{CLIENT}{words}")));
    let mut project = Project::new([(FILE, text.as_str()), (".sops.yaml", config.as_str())]);
    project.entropy = Box::new(CountingEntropy::default());
    project.render(Holder::Operator);
    project.assert_nothing_to_do();
    project
}

fn render_at(project: &Project, now: &str, holder: Holder) {
    let outcome = project.build_at(now, holder, &Request::default());
    let outcome = outcome.unwrap_or_else(|error| panic!("{}", project.explain(&error)));
    apply(&project.layout(), &outcome.files).unwrap();
}

/// Certificate and key of a sealed file, as the holder of that identity opens them; `None` where it can't.
pub(super) fn pair(project: &Project, path: &str, who: char) -> Option<(Certificate, Key)> {
    let mut identities = Identities::new();
    identities.add("somebody", &identity(who));
    let sealed = Sealed::parse(&project.read(path)).unwrap();
    let key = issue::open_key(&sealed, &identities).unwrap()?;
    let plain = sealed.decrypt(&identities).unwrap();
    let chain = plain.at(&["data", "tls.crt"]).and_then(|node| node.as_str().map(str::to_owned)).unwrap();
    let line = format!("tls.crt: {chain}");
    let (_, mut chain) = crate::support::mask::certificates(&line).unwrap();
    assert!(key.matches(&chain[0]), "{path} holds no pair");
    Some((chain.remove(0), key))
}

/// The cluster opens the pair that the operators have.
#[track_caller]
fn assert_same(project: &Project, secret: &str) -> Certificate {
    let (theirs, key) = pair(project, secret, 'b').unwrap();
    let (ours, own) = pair(project, KEY, 'a').unwrap();
    assert!(theirs == ours && key.pkcs8_der() == own.pkcs8_der(), "{secret} holds another pair");
    theirs
}

/// The lines that nobody can read.
fn ciphertext(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| line.starts_with("tls.key: ENC[")).collect()
}

#[test]
fn the_workload_finds_the_pair_and_the_cluster_opens_no_other_clients() {
    let project = with("", "", WORDS);
    let certificate = assert_same(&project, SECRET);
    let text = project.read(SECRET);
    for line in [
        "# gatewright: client \"orders.example.com\" -> shop/secret-orders-client-tls.sops.yaml",
        "type: kubernetes.io/tls",
        "gatewright.dev/sealed: \"true\"",
        "namespace: shop",
        &format!("gatewright.dev/sha256: \"{}\"", certificate.sha256()),
    ] {
        assert!(text.contains(line), "{line}:\n{text}");
    }
    assert!(!text.contains("ca.crt"));
    assert!(project.read("out/shop/kustomization.yaml").contains("secret-orders-client-tls.sops.yaml"));
    assert!(pair(&project, "pki/partners/clients/anna@example.com.key.sops.yaml", 'b').is_none());
    assert!(pair(&project, KEY, 'b').is_none());
}

/// What a gateway asks: whether its bundle believes the certificate, and whether the key is its own.
#[test]
fn openssl_believes_the_pair_with_the_bundle_of_a_host() {
    let project = with("", "", WORDS);
    let (certificate, key) = pair(&project, SECRET, 'b').unwrap();
    let bundle = project.read("out/istio-system/secret-api.example.com-tls-cacert.yaml");
    let line = bundle.lines().find(|line| line.trim().starts_with("ca.crt:")).unwrap().trim();
    let roots = crate::support::mask::certificates(&line.replace("ca.crt", "tls.crt")).unwrap().1;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (leaf, root) = (file("leaf", &certificate.to_pem()), file("root", &roots[0].to_pem()));
    let own = file("key", &key.to_pem());
    let ask = |arguments: &[&str]| {
        let output = Command::new("openssl").args(arguments).output().expect("openssl is installed");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let at = gatewright::time::Timestamp::parse(NOW).unwrap().unix().to_string();
    ask(&["verify", "-x509_strict", "-purpose", "sslclient", "-attime", &at, "-CAfile", &root, &leaf]);
    assert_eq!(ask(&["x509", "-in", &leaf, "-noout", "-pubkey"]), ask(&["pkey", "-in", &own, "-pubout"]));
}

#[test]
fn a_secret_for_a_client_that_is_there_takes_the_key() {
    for (head, rule, _) in SEALING {
        let project = with(head, rule, "");
        let before = project.tree();
        project.edit(FILE, CLIENT, &format!("{CLIENT}{WORDS}"));
        assert!(!project.exists(SECRET));
        let run = project.run(&["render"]).ends_with(3);
        assert!(run.stderr.contains("client `orders.example.com`") && run.stderr.contains(KEY), "{run:?}");
        assert!(run.stderr.contains("the Secret shop/orders-client-tls is to hold its key pair"), "{run:?}");
        assert_eq!(differing(&before, &project.tree()), [""; 0], "nothing names what is not there");
        // Everything else is rendered.
        project.edit(
            FILE,
            "    host \"api\"",
            "    host \"open\" external=\"theirs\" to=\"open:80\"\n    host \"api\"",
        );
        project.run(&["render"]).ends_with(3);
        assert!(
            project.exists("out/default/virtualservice-open.example.com.yaml") && !project.exists(SECRET)
        );
        let before = project.tree();
        project.render(Holder::Operator);
        let mut changed = differing(&before, &project.tree());
        changed.retain(|path| !path.ends_with("kustomization.yaml") && !path.starts_with("pki/leaves/"));
        assert_eq!(changed, [SECRET], "the client's own files stay");
        assert_same(&project, SECRET);
        project.assert_nothing_to_do();
    }
}

#[test]
fn a_renewal_changes_both_and_a_new_authority_waits_in_both() {
    for (head, rule, _) in SEALING {
        let project = with(head, rule, WORDS);
        let old = assert_same(&project, SECRET);
        let later = "2027-02-01T12:00:00Z";
        render_at(&project, later, Holder::Operator);
        let new = assert_same(&project, SECRET);
        assert!(new != old && new.not_after() > old.not_after());
        // Without an identity both stay as they are.
        project.edit(FILE, CLIENT, "client \"orders.example.com\" authority=\"corp\"");
        let before = project.tree();
        render_at(&project, later, Holder::Nobody);
        assert_eq!(differing(&before, &project.tree()), [""; 0]);
        render_at(&project, later, Holder::Operator);
        let (certificate, _) = pair(&project, SECRET, 'b').unwrap();
        let moved = pair(&project, &KEY.replace("partners", "corp"), 'a').unwrap();
        assert!(certificate == moved.0 && certificate != new);
        let outcome = project.build_at(later, Holder::Unasked, &Request::default());
        assert!(outcome.is_ok_and(|outcome| outcome.files.is_empty()));
    }
}

/// Also where it is renewed and moves in one run.
#[test]
fn it_moves_without_an_identity_where_its_file_allows() {
    for (head, rule, free) in SEALING {
        let project = with(head, rule, WORDS);
        let text = project.read(SECRET);
        let old = ciphertext(&text);
        assert_eq!(old.len(), 1);
        project.edit(FILE, WORDS, " namespace=\"stores\"");
        let there = "out/stores/secret-orders.example.com-tls.sops.yaml";
        if free {
            project.render(Holder::Unasked);
            assert_eq!(ciphertext(&project.read(there)), old);
        } else {
            let outcome = project.render(Holder::Nobody).0;
            assert_eq!(outcome.waiting.len(), 1, "{:?}", outcome.waiting);
            assert_eq!(project.read(SECRET), text, "it stays");
            assert!(!project.exists(there));
            project.render(Holder::Operator);
        }
        assert!(!project.exists(SECRET));
        assert_same(&project, there);
        project.assert_nothing_to_do();
        project.edit(FILE, " namespace=\"stores\"", WORDS);
        render_at(&project, "2027-02-01T12:00:00Z", Holder::Operator);
        assert!(!project.exists(there));
        assert_same(&project, SECRET);
    }
}

#[test]
fn two_clients_exchange_their_secrets() {
    for (head, rule, free) in SEALING {
        let project = with(head, rule, WORDS);
        let other = "client \"anna@example.com\" authority=\"partners\"";
        project.edit(FILE, other, &format!("{other} namespace=\"shop\" secret=\"anna-tls\""));
        project.render(Holder::Operator);
        let anna = "out/shop/secret-anna-tls.sops.yaml";
        let before = (ciphertext(&project.read(SECRET)).concat(), ciphertext(&project.read(anna)).concat());
        let text = project.read(FILE);
        let text = text.replace("anna-tls", "x").replace("orders-client-tls", "anna-tls");
        project.write(FILE, text.replace("secret=\"x\"", "secret=\"orders-client-tls\""));
        project.render(if free { Holder::Unasked } else { Holder::Operator });
        assert_same(&project, anna);
        if free {
            let after =
                (ciphertext(&project.read(anna)).concat(), ciphertext(&project.read(SECRET)).concat());
            assert_eq!(after, before);
        }
        project.assert_nothing_to_do();
    }
}

#[test]
fn whoever_is_revoked_has_no_secret() {
    let project = with("", "", WORDS);
    project.run(&["revoke", "client", "orders.example.com"]).ends_with(0);
    project.render(Holder::Nobody);
    assert!(!project.exists(SECRET) && !project.exists("out/shop/kustomization.yaml"));
    project.render(Holder::Operator);
    project.assert_nothing_to_do();
    // A name that is out does not stand in anybody's way.
    let other = "client \"anna@example.com\" authority=\"partners\"";
    project.edit(FILE, other, &format!("{other}{WORDS}"));
    project.render(Holder::Operator);
    assert!(project.read(SECRET).contains("client \"anna@example.com\""));
}

/// One certificate of a client is revoked: the workload has the next one with the same render.
#[test]
fn a_lost_key_is_replaced_in_both() {
    let project = with("", "", WORDS);
    let old = assert_same(&project, SECRET);
    project.run(&["revoke", "client", "orders.example.com", "--all"]).ends_with(0);
    project.render(Holder::Operator);
    assert_ne!(assert_same(&project, SECRET), old);
    project.assert_nothing_to_do();
}

/// A host and a client of one name under one authority: neither is ever given the other's.
#[test]
fn no_server_takes_a_clients_pair_and_no_client_a_servers() {
    let project = with("", "", WORDS);
    let client = CLIENT.replace("partners", "corp");
    project.edit(FILE, CLIENT, &client);
    project.render(Holder::Operator);
    let host = "    host \"orders\" to=\"orders:80\" { tls secret=\"orders-server\"; }\n    host \"api\"";
    project.edit(FILE, "    host \"api\"", host);
    project.render(Holder::Operator);
    let server = "out/istio-system/secret-orders-server.sops.yaml";
    let names = |path: &str| pair(&project, path, 'b').unwrap().0.is_for_clients();
    assert!(!names(server) && names(SECRET));
    // Each loses its Secret while the other's is there, or moves to where the other was.
    for (client, host) in [("\"orders-server\"", "\"third\""), ("\"fourth\"", "\"fifth\"")] {
        let text = project.read(FILE);
        let at = |word: &str| {
            let start = text.find(word).unwrap();
            let from = start + text[start..].find("secret=").unwrap() + "secret=".len();
            let end = from + 1 + text[from + 1..].find('"').unwrap() + 1;
            text[from..end].to_owned()
        };
        let (theirs, own) = (at("client \"orders"), at("host \"orders\""));
        let changed = text.replace(
            &format!("namespace=\"shop\" secret={theirs}"),
            &format!("namespace=\"istio-system\" secret={client}"),
        );
        let changed = changed.replace(
            &format!("namespace=\"istio-system\" secret={theirs}"),
            &format!("namespace=\"istio-system\" secret={client}"),
        );
        project.write(FILE, changed.replace(&format!("tls secret={own}"), &format!("tls secret={host}")));
        project.render(Holder::Unasked);
        let path = |name: &str| format!("out/istio-system/secret-{}.sops.yaml", name.trim_matches('"'));
        assert!(names(&path(client)) && !names(&path(host)));
        project.assert_nothing_to_do();
    }
    project.remove("out/istio-system/secret-fifth.sops.yaml");
    let outcome = project.render(Holder::Operator).0;
    assert_eq!(outcome.changes.len(), 1, "the host gets one of its own");
    assert!(!names("out/istio-system/secret-fifth.sops.yaml"));
}

/// Under a seed the pair follows from it, and the Secret holds the same.
#[test]
fn with_a_seed_it_comes_again() {
    const SEED: &str = include_str!("../golden/seed/given/pki/seed.sops.yaml");
    let spec = format!(
        "secrets {{ seed epoch=\"2026-01-01\"; }}\n{}",
        SPEC.replace(CLIENT, &format!("{CLIENT}{WORDS}"))
    );
    let project = Project::new([(FILE, spec.as_str()), ("pki/seed.sops.yaml", SEED)]);
    project.render(Holder::Operator);
    let made = assert_same(&project, SECRET);
    project.tree().keys().filter(|path| !path.contains("seed")).for_each(|path| project.remove(path));
    project.render(Holder::Operator);
    assert_eq!(assert_same(&project, SECRET), made);
    project.run(&["rotate", "client", "orders.example.com"]).ends_with(0);
    assert!(project.read(FILE).contains("secret=\"orders-client-tls\" generation=2\n"));
    project.render(Holder::Operator);
    assert_ne!(assert_same(&project, SECRET), made);
    project.assert_nothing_to_do();
}

/// As after a merge that took one of the two files: the pair that the operators have is the one that counts.
#[test]
fn an_earlier_pair_of_the_client_is_replaced() {
    let project = with("", "", WORDS);
    let earlier = project.read(SECRET);
    render_at(&project, "2027-02-01T12:00:00Z", Holder::Operator);
    project.write(SECRET, &earlier);
    let outcome = project
        .build_at("2027-02-01T12:00:00Z", Holder::Nobody, &Request::default())
        .unwrap_or_else(|error| panic!("{}", project.explain(&error)));
    assert_eq!(outcome.waiting.len(), 1, "{:?}", outcome.waiting);
    render_at(&project, "2027-02-01T12:00:00Z", Holder::Operator);
    assert_same(&project, SECRET);
}

/// What a DestinationRule reads beside the pair: the roots of the servers, which change without an identity.
#[test]
fn the_roots_of_its_servers_stand_beside_it() {
    for (head, rule, _) in SEALING {
        let project = with(head, rule, &format!("{WORDS} {{ servers \"corp\"; }}"));
        let beside = "out/shop/secret-orders-client-tls-cacert.yaml";
        let roots = |path: &str| {
            let text = project.read(path);
            let line = text.lines().find(|line| line.trim().starts_with("ca.crt:")).unwrap().trim();
            let (_, all) = crate::support::mask::certificates(&line.replace("ca.crt", "tls.crt")).unwrap();
            all.iter().map(Certificate::to_pem).collect::<String>()
        };
        assert_eq!(roots(beside), project.read("pki/corp/ca.crt"));
        assert!(project.read("out/shop/kustomization.yaml").contains("secret-orders-client-tls-cacert.yaml"));
        project.edit(FILE, "authority \"corp\"\n", "authority \"corp\" {\n    generation 1 introduced=\"2026-11-20\" signs=\"2026-11-20\"\n    generation 2 introduced=\"2026-11-25\"\n}\n");
        let before = project.tree();
        project.render(Holder::Unasked);
        assert!(!differing(&before, &project.tree()).contains(&SECRET.to_owned()));
        assert_eq!(roots(beside), project.read("pki/corp/ca.crt"));
        assert_eq!(roots(beside).matches("BEGIN").count(), 2);
        // In the same Secret, where the project says so.
        if head.is_empty() {
            project.write(FILE, format!("secrets ca-in=same-secret\n{}", project.read(FILE)));
            project.render(Holder::Unasked);
            assert!(!project.exists(beside));
            assert_eq!(roots(SECRET), project.read("pki/corp/ca.crt"));
            assert_same(&project, SECRET);
        }
        project.assert_nothing_to_do();
    }
}
