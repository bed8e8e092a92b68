//! The cluster's identity has leaked: what docs/teams.md says to do leaves no key of `out/` that it opened.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatewright::pki::{Certificate, Profile, San, sign};
use gatewright::spec::node::KeyKind;

use super::bring::{full, pair, put};
use super::sandbox::{B, Sandbox, rules};
use super::transcript::Transcript;
use crate::support::workshop;

/// The cluster's new recipient: `c` of `tests/sops-golden/identity.txt`.
const C: &str = "age13k0dlfy9z30u5s6mfw29lhw03j26dgntgk9lyw45q965w3ww85lq23z3s9";
const SPEC: &str = r#"authority "corp"
authority "mesh"
gateway "public"
domain "example.com" authority="corp" gateway="public" {
    certificate "*.example.com"
    host "shop" to="shop:8080"
}
host "bank.example.org" files gateway="public" to="bank:8080"
host "theirs.example.org" external="theirs-tls" gateway="public" to="theirs:80"
certificate "db.example.net" authority="corp" namespace="data"
client "robot.example.com" authority="corp" namespace="jobs"
client "anna@example.com" authority="corp"
cacerts "east" authority="mesh"
"#;
const BRING: &str = "bring bank.example.org --cert ../bank.crt --key ../bank.key";

/// The public key of each pair that the cluster opens, by the path of its file.
fn public_keys(sandbox: &Sandbox) -> BTreeMap<String, String> {
    let sealed = sandbox.files("out").into_iter().filter(|path| path.ends_with(".sops.yaml"));
    let key = |path: String| {
        let text = sandbox.read(&path);
        let certificate = |line: &str| {
            let line = line.trim();
            line.strip_prefix("tls.crt: ").or(line.strip_prefix("ca-cert.pem: ")).map(str::to_owned)
        };
        let encoded = text.lines().find_map(certificate).unwrap_or_else(|| panic!("{path}:\n{text}"));
        let pem = String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap();
        let chain = Certificate::from_pem_chain(&pem).unwrap();
        (path, chain[0].spki_sha256().to_owned())
    };
    sealed.map(key).collect()
}

/// The files of `out/` that the identity which has leaked opens.
fn known(sandbox: &Sandbox) -> Vec<String> {
    let mut files = sandbox.files("out");
    files.retain(|path| sandbox.read(path).contains(B));
    files
}

#[test]
fn no_key_that_the_cluster_had_is_left() {
    let sandbox = Sandbox::new([("specs/shop.kdl", SPEC)]).holding('a');
    let names = ["bank.example.org"];
    let (key, leaf, under, _) = pair(&names);
    put(&sandbox, "bank.key", key.to_pem().as_bytes());
    put(&sandbox, "bank.crt", full(&leaf, &under));
    let run = |call: &str, code| sandbox.run(&call.split(' ').collect::<Vec<_>>()).ends_with(code);
    run("render", 3);
    run(BRING, 0);
    run("render", 0);
    let before = public_keys(&sandbox);
    assert_eq!((before.len(), known(&sandbox).len()), (5, 5), "{before:?}");
    sandbox.write(".sops.yaml", &rules().replace(B, C));
    let mut transcript = Transcript::new(&sandbox);
    let tree = sandbox.everything();
    transcript.note("what is not issued here is named, all of it at once");
    let all = "rotate host *.example.com bank.example.org db.example.net theirs.example.org shop.example.com";
    transcript.run(all).ends_with(2);
    assert!(sandbox.everything() == tree);
    transcript.note("and left out");
    transcript.run("rotate host *.example.com db.example.net").ends_with(0);
    transcript.matches("rotate-leaked");
    assert_eq!(known(&sandbox).len(), 3, "{:?}", known(&sandbox));
    run("rotate client robot.example.com", 0);
    let key = workshop::leaf_key(KeyKind::EcdsaP256);
    let subject = gatewright::pki::Name { common_name: None, ..workshop::name("somebody", "") };
    let sans = [San::Dns(names[0].to_owned())];
    let request = workshop::request(Profile::Server, &subject, &sans);
    put(&sandbox, "bank.key", key.to_pem().as_bytes());
    put(&sandbox, "bank.crt", full(&sign(&request, &key, &under).unwrap(), &under));
    run(BRING, 0);
    run("rotate authority mesh", 0);
    run("render", 0);
    assert_eq!(known(&sandbox), [""; 0]);
    let after = public_keys(&sandbox);
    assert!(after.keys().eq(before.keys()), "{after:?}");
    assert!(after.iter().all(|(path, key)| before[path] != *key), "{before:?} {after:?}");
    run("check", 0);
}
