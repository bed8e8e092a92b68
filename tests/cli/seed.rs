//! `secrets seed`, and what `rotate` and `revoke` do where keys follow from one; judged by openssl and sops.

use std::collections::BTreeSet;
use std::process::Command;

use gatewright::pki::Certificate;

use super::sandbox::{NOW, Sandbox};
use crate::bad::seed::SEED;

const FILE: &str = "specs/seed.kdl";
const PATH: &str = "pki/seed.sops.yaml";
const SPEC: &str = "secrets { seed epoch=\"2026-01-01\" }
authority \"top\"
authority \"corp\" authority=\"top\"
gateway \"public\"
domain \"example.com\" authority=\"corp\" gateway=\"public\" {
    certificate \"*.apps.example.com\"
    host \"shop\" to=\"shop:80\" // ours
    host \"wiki\" to=\"wiki:80\" generation=4
    host \"a.apps\" to=\"a:80\"
}
client \"anna@example.com\" authority=\"corp\"
";

fn with_seed() -> Sandbox {
    Sandbox::new([(FILE, SPEC), (PATH, SEED)]).holding('a')
}

/// What a program says, if it is fine.
fn output(program: &str, arguments: &[&str], sandbox: &Sandbox) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(sandbox.root())
        .envs(sandbox.identity_variables())
        .output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What openssl says of every certificate below `pki/` and of the key of a client, as it is exported.
fn seen(sandbox: &Sandbox) -> Vec<String> {
    let files = sandbox.files("pki").into_iter().filter(|path| path.ends_with(".crt"));
    let mut all: Vec<_> = files
        .map(|path| {
            let said = output(
                "openssl",
                &["x509", "-in", &path, "-noout", "-fingerprint", "-sha256", "-serial"],
                sandbox,
            );
            format!("{path} {said}")
        })
        .collect();
    let folder = sandbox.outside("export");
    let to = folder.to_str().unwrap();
    sandbox.run(&["client", "export", "anna@example.com", "--to", to]).ends_with(0);
    let key = folder.join("anna@example.com.key");
    all.push(
        output("openssl", &["dgst", "-sha256", "-r", key.to_str().unwrap()], sandbox)
            .split(' ')
            .next()
            .unwrap()
            .to_owned(),
    );
    let chain = folder.join("anna@example.com.crt");
    let root = folder.join("ca.crt");
    let (chain, root) = (chain.to_str().unwrap(), root.to_str().unwrap());
    let at = "1795608000"; // NOW
    output("openssl", &["verify", "-attime", at, "-CAfile", root, "-untrusted", chain, chain], sandbox);
    std::fs::remove_dir_all(folder).unwrap();
    assert!(all.len() > 5, "{all:?}");
    all
}

#[test]
fn two_clones_make_the_same_certificates() {
    let one = Sandbox::new([(FILE, SPEC)]).holding('a');
    let made = one.run(&["secrets", "seed"]).ends_with(0);
    assert!(
        made.stdout.is_empty()
            && made.stderr.contains("pki/seed.sops.yaml holds the project's seed; commit it")
    );
    one.run(&["render"]).ends_with(0);
    let other = Sandbox::new([(FILE, SPEC)]).holding('a');
    other.write(PATH, &one.read(PATH));
    other.run_at("2026-12-20T23:00:00Z", &["render"]).ends_with(0);
    assert_eq!(seen(&one), seen(&other));
    assert_ne!(one.read("pki/top/1.key.sops.yaml"), other.read("pki/top/1.key.sops.yaml"));
    let before = seen(&one);
    one.remove("out");
    for path in ["pki/top", "pki/corp"] {
        one.remove(path);
    }
    one.run(&["render"]).ends_with(0);
    assert_eq!(before, seen(&one));
    one.run(&["render", "--exit-code"]).ends_with(0);
    one.run(&["check"]).ends_with(0);
    // Another project has another seed.
    let third = Sandbox::new([(FILE, SPEC)]).holding('a');
    third.run(&["secrets", "seed"]).ends_with(0);
    third.run(&["render"]).ends_with(0);
    assert_ne!(before, seen(&third));
}

#[test]
fn without_an_identity_everything_waits() {
    let sandbox = Sandbox::new([(FILE, SPEC), (PATH, SEED)]);
    let said = sandbox.run(&["render"]).ends_with(3);
    assert!(
        said.stderr.contains("pki/seed.sops.yaml must be opened, and no identity was found"),
        "{}",
        said.stderr
    );
    assert!(!said.stderr.contains("has no key"), "{}", said.stderr);
    assert_eq!(sandbox.files("pki"), [PATH]);
    sandbox.hold('a');
    sandbox.run(&["render"]).ends_with(0);
}

#[test]
fn sops_opens_and_rewraps_a_seed() {
    let sandbox = with_seed();
    let plain = output("sops", &["decrypt", PATH], &sandbox);
    let seed = plain.lines().find_map(|line| line.trim().strip_prefix("seed: ")).unwrap();
    assert_eq!(seed.trim_matches('"').len(), 44);
    // No identity may be named that leaves the seed for others.
    sandbox.write(".sops.yaml", &super::sandbox::rules().replacen(super::sandbox::A, super::sandbox::B, 1));
    sandbox.run(&["render"]).ends_with(0);
    let checked = sandbox.run(&["check"]).ends_with(0);
    assert!(checked.stderr.contains("pki/seed.sops.yaml is for other recipients"), "{}", checked.stderr);
    sandbox.run(&["secrets", "update-keys"]).ends_with(0);
    assert!(
        sandbox.read(PATH).contains(super::sandbox::B) && !sandbox.read(PATH).contains(super::sandbox::A)
    );
    sandbox.hold('b');
    sandbox.run(&["secrets", "update-keys", "--rotate"]).ends_with(0);
    sandbox.run(&["check"]).ends_with(0);
    assert!(output("sops", &["decrypt", PATH], &sandbox).contains(seed));
    let before = seen(&sandbox);
    sandbox.remove("pki/top");
    sandbox.run(&["render"]).ends_with(0);
    assert_eq!(before, seen(&sandbox));
}

#[test]
fn a_new_key_is_counted_in_the_spec() {
    let sandbox = with_seed();
    sandbox.run(&["render"]).ends_with(0);
    let names = ["rotate", "host", "shop.example.com", "Wiki.example.com", "shop.example.com"];
    let said = sandbox.run(&names).ends_with(0).stderr;
    assert!(said.contains("host shop.example.com is to have its key number 2\nhost wiki.example.com is to have its key number 5\n"), "{said}");
    sandbox.run(&["rotate", "host", "a.apps.example.com"]).ends_with(0);
    let wanted = SPEC
        .replace("to=\"shop:80\" //", "to=\"shop:80\" generation=2 //")
        .replace("generation=4", "generation=5")
        .replace("\"*.apps.example.com\"", "\"*.apps.example.com\" generation=2");
    assert_eq!(sandbox.read(FILE), wanted);
    let said = sandbox.run(&["render"]).ends_with(0).stderr;
    assert_eq!(said.matches("reissued").count(), 3, "{said}");
    sandbox.run(&["render", "--exit-code"]).ends_with(0);
    // Without an identity the old one stays, and that is said.
    sandbox.run(&["rotate", "host", "shop.example.com"]).ends_with(0);
    sandbox.set("SOPS_AGE_KEY", "");
    let said = sandbox.run(&["render"]).ends_with(3).stderr;
    assert!(said.contains("the spec wants another generation of its key"), "{said}");
    let before = sandbox.everything();
    for (name, says) in [("nobody.example.com", "there is no host"), ("a b", "is no host name")] {
        let run = sandbox.run(&["rotate", "host", name]).ends_with(2);
        assert!(run.stderr.contains(says), "{}", run.stderr);
    }
    assert!(sandbox.everything() == before);
}

#[test]
fn what_is_revoked_has_another_key_then() {
    let sandbox = with_seed();
    sandbox.run(&["render"]).ends_with(0);
    let old = sandbox.read("pki/corp/clients/anna@example.com.crt");
    sandbox.run(&["revoke", "host", "shop.example.com"]).ends_with(0);
    sandbox.run(&["revoke", "client", "anna@example.com", "--all"]).ends_with(0);
    let spec = sandbox.read(FILE);
    assert!(
        spec.contains("to=\"shop:80\" generation=2 // ours")
            && spec.contains("authority=\"corp\" generation=2\n"),
        "{spec}"
    );
    assert_eq!(spec.matches("    revoked \"").count(), 2, "{spec}");
    sandbox.run(&["render"]).ends_with(0);
    assert_ne!(
        sandbox.read("pki/corp/clients/anna@example.com.crt").split("-----END").next(),
        old.split("-----END").next()
    );
    sandbox.run(&["render", "--exit-code"]).ends_with(0);
}

#[test]
fn a_rotation_in_stages_follows_from_the_seed() {
    let sandbox = with_seed();
    sandbox.run(&["render"]).ends_with(0);
    let stage = |at: &str, stage: &str| {
        sandbox.run_at(at, &["rotate", "authority", "top", "--stage", stage]).ends_with(0);
        sandbox.run_at(at, &["render"]).ends_with(0);
        sandbox.run_at(at, &["render", "--exit-code"]).ends_with(0);
    };
    stage(NOW, "introduce");
    stage("2026-11-27T08:00:00Z", "switch");
    let alone = Sandbox::new([(FILE, sandbox.read(FILE).as_str()), (PATH, SEED)]).holding('a');
    alone.run_at("2026-12-01T00:00:00Z", &["render"]).ends_with(0);
    let same = |path: &str| assert_eq!(sandbox.read(path), alone.read(path), "{path}");
    for path in ["pki/top/1.crt", "pki/top/2.crt", "pki/top/ca.crt", "pki/corp/1.crt"] {
        same(path);
    }
    stage("2026-12-27T08:00:00Z", "retire");
    assert_eq!(sandbox.read("pki/top/ca.crt"), alone.read("pki/top/2.crt"));
}

/// The keys that somebody can use: of clients and authorities, as their newest certificates say.
fn public_keys(sandbox: &Sandbox) -> BTreeSet<String> {
    let files =
        sandbox.files("pki").into_iter().filter(|path| path.ends_with(".crt") && !path.ends_with("/ca.crt"));
    let first = |path: String| {
        let chain = Certificate::from_pem_chain(&sandbox.read(&path)).unwrap();
        chain[0].spki_sha256().to_owned()
    };
    files.map(first).collect()
}

/// New keys of a seed that somebody has read are theirs too: only another seed helps.
#[test]
fn whoever_could_open_the_seed_has_the_keys_to_come() {
    let rules = super::sandbox::rules();
    let (a, b) = (super::sandbox::A, super::sandbox::B);
    let sandbox = with_seed();
    sandbox.write(".sops.yaml", &rules.replacen(a, &format!("{a},{b}"), 1));
    sandbox.run(&["secrets", "update-keys"]).ends_with(0);
    sandbox.run(&["render"]).ends_with(0);
    let before = public_keys(&sandbox);
    sandbox.write(".sops.yaml", &rules);
    let said = sandbox.run(&["check"]).ends_with(0).stderr;
    assert!(said.contains("only another seed helps") && !said.contains("rotate it too"), "{said}");
    let said = sandbox.run(&["secrets", "update-keys"]).ends_with(0).stderr;
    assert!(said.contains(&format!("{PATH}: - {b}\n")), "{said}");
    let tail = said.split_once("replaces them\n").unwrap().1;
    assert_eq!(
        tail,
        "whoever has read pki/seed.sops.yaml can derive every key that follows from it, also of all later generations: new ones would be known too\n\
         where that matters, take another seed: write `random` at the generations that are there, remove pki/seed.sops.yaml, `gatewright secrets seed` and `gatewright render`, then `gatewright rotate authority NAME` for each and render again\n"
    );
    // And that is what helps.
    for (old, new) in [
        ("authority \"top\"\n", "authority \"top\" { generation 1 random; }\n"),
        (
            "authority \"corp\" authority=\"top\"\n",
            "authority \"corp\" authority=\"top\" { generation 1 random; }\n",
        ),
    ] {
        sandbox.edit(FILE, old, new);
    }
    sandbox.remove(PATH);
    for call in ["secrets seed", "render", "rotate authority top", "rotate authority corp", "render", "check"]
    {
        sandbox.run(&call.split(' ').collect::<Vec<_>>()).ends_with(0);
    }
    for path in ["pki/top/1.crt", "pki/corp/1.crt"] {
        sandbox.remove(path);
    }
    let after = public_keys(&sandbox);
    assert!(before.len() == 3 && after.len() == 3 && before.is_disjoint(&after), "{before:?} {after:?}");
    // Where the seed keeps its readers, others' keys are replaced one by one.
    sandbox.write(".sops.yaml", &rules.replace(&format!("{a},{b}"), a));
    let said = sandbox.run(&["secrets", "update-keys"]).ends_with(0).stderr;
    assert!(said.contains("`gatewright rotate host NAME`") && !said.contains("another seed"), "{said}");
}
