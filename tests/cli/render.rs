//! `render` and `diff`, call by call.

use super::sandbox::{BOOKINFO, NOW, Sandbox};
use super::transcript::Transcript;

const CASE: &str = "specs/bookinfo.kdl";

#[test]
fn the_walkthrough_from_nothing() {
    let sandbox = Sandbox::new([(CASE, BOOKINFO)]);
    let mut transcript = Transcript::new(&sandbox);
    transcript.run("diff --name-only").ends_with(1);
    transcript.run("render -v").ends_with(0);
    transcript.run("render").ends_with(0);
    transcript.run("render --exit-code").ends_with(0);
    transcript.run("diff").ends_with(0);
    transcript.run("check").ends_with(0);
    transcript.note("a route, a label of a Secret and a namespace change without an identity");
    sandbox.edit(CASE, "\"/login\" ", "");
    transcript.run("diff").ends_with(1);
    transcript.run("render --exit-code").ends_with(1);
    transcript.note("what is not wanted any more goes");
    sandbox.edit(
        CASE,
        "service \"details\" {\n    subset \"v1\" version=\"v1\"\n    subset \"v2\" version=\"v2\"\n}\n",
        "",
    );
    transcript.run("diff").ends_with(1);
    transcript.run("render").ends_with(0);
    transcript.run("render -q").ends_with(0);
    transcript.matches("render");
}

/// Certificates as what they say; no base64, no ciphertext.
#[test]
fn what_changes_is_legible() {
    let sandbox = Sandbox::new([(CASE, BOOKINFO)]);
    sandbox.hold('a');
    let mut transcript = Transcript::new(&sandbox);
    let mut diff = |note: &str, now: &str| {
        transcript.note(note);
        let run = transcript.run_at(now, "diff").ends_with(1);
        let blob = run.stdout.split_whitespace().find(|word| word.len() > 80 && !word.contains(['.', ':']));
        assert_eq!(blob, None, "{}", run.stdout);
        for part in ["BEGIN", "LS0t", "ENC[", "age1"] {
            assert!(!run.stdout.contains(part), "{part}:\n{}", run.stdout);
        }
        for word in run.stdout.split([' ', '\n', ':', '"', ';']) {
            let is_chance = word.len() >= 30 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
            if is_chance {
                // Whether YAML quotes it is chance too.
                transcript.mask(&format!("\"{word}\""), "[hex]");
                transcript.mask(word, "[hex]");
            }
        }
    };
    diff("from nothing", NOW);
    sandbox.run(&["render"]).ends_with(0);
    diff("a certificate is due", "2027-02-01T00:00:00Z");
    sandbox.edit(CASE, "tls simple", "tls mutual");
    sandbox.write("specs/secrets.kdl", "secrets { ca-in \"same-secret\" }\n");
    diff("mutual, in the same Secret", NOW);
    sandbox.remove("specs/secrets.kdl");
    sandbox.run(&["render"]).ends_with(0);
    sandbox.run(&["rotate", "authority", "example-root"]).ends_with(0);
    diff("another authority", NOW);
    sandbox.run(&["render"]).ends_with(0);
    sandbox.edit(CASE, "tls mutual", "tls simple");
    diff("back to simple", NOW);
    transcript.matches("diff");
}

#[test]
fn one_more_host_without_and_with_an_identity() {
    let sandbox = Sandbox::bookinfo();
    sandbox.write("specs/shop.kdl", "host \"shop.example.com\" to=\"shop:8080\"\n");
    let mut transcript = Transcript::new(&sandbox);
    transcript.run("render").ends_with(3);
    transcript.run("render").ends_with(3);
    transcript.run("diff").ends_with(0);
    transcript.run("check").ends_with(3);
    transcript.run("check --allow-waiting").ends_with(0);
    transcript.note("with an identity that opens out/ and not pki/");
    sandbox.hold('b');
    transcript.run("render").ends_with(3);
    transcript.note("with the operator's identity");
    sandbox.hold('a');
    transcript.run("render").ends_with(0);
    transcript.run("check").ends_with(0);
    transcript.matches("render-waiting");
}

#[test]
fn time_goes_by() {
    let sandbox = Sandbox::bookinfo();
    let mut transcript = Transcript::new(&sandbox);
    transcript.note("the client's certificate is due, its authority not");
    transcript.run_at("2027-02-01T00:00:00Z", "render").ends_with(0);
    transcript.note("the authority is due");
    transcript.run_at("2027-08-01T00:00:00Z", "status").ends_with(1);
    transcript.note("the client's certificate has ended, and nobody can renew it");
    transcript.run_at("2027-08-01T00:00:00Z", "render").ends_with(1);
    sandbox.hold('a');
    transcript.note("the operator can");
    transcript.run_at("2027-08-01T00:00:00Z", "render").ends_with(0);
    transcript.note("the authority has ended");
    transcript.run_at("2028-01-01T00:00:00Z", "render").ends_with(1);
    transcript.matches("render-time");
}

#[test]
fn nothing_is_emptied_unasked() {
    let sandbox = Sandbox::bookinfo();
    sandbox.write(CASE, "");
    let mut transcript = Transcript::new(&sandbox);
    transcript.run("render").ends_with(2);
    transcript.run("render --allow-empty").ends_with(0);
    assert_eq!(sandbox.files("out"), ["out/kustomization.yaml"]);
    transcript.matches("render-empty");
}

#[test]
fn findings_for_programs() {
    let sandbox = Sandbox::bookinfo();
    sandbox.write(
        "specs/shop.kdl",
        "host \"shop.example.com\" to=\"shop:8080\" tls=mutual\nhost \"a_b.example.com\"\n",
    );
    let mut transcript = Transcript::new(&sandbox);
    transcript.run("render --format json").ends_with(2);
    transcript.run("check --format json --color always").ends_with(2);
    sandbox.write("specs/shop.kdl", "host \"shop.example.com\"\n");
    transcript.run("render --format json").ends_with(3);
    transcript.run("diff --format json --name-only").ends_with(0);
    transcript.matches("render-json");
}

#[test]
fn colour_only_when_asked_for() {
    let sandbox = Sandbox::new([(CASE, "host \"a_b.example.com\"\n")]);
    let plain = sandbox.run(&["render"]).ends_with(2).stderr;
    assert!(!plain.contains('\u{1b}'), "{plain}");
    let colour = sandbox.run(&["render", "--color", "always"]).ends_with(2).stderr;
    assert!(colour.contains("\u{1b}[") && colour.contains("a_b.example.com"), "{colour}");
    assert_eq!(sandbox.run(&["render", "--color", "never"]).ends_with(2).stderr, plain);
}

/// `--specs`, `--out` and `--pki` elsewhere, and a call from a folder below the root.
#[test]
fn other_folders() {
    let sandbox = Sandbox::new([("kdl/bookinfo.kdl", BOOKINFO), ("deep/er/file", "")]);
    let folders = ["--specs", "kdl", "--out", "deploy/prod", "--pki", "ca"];
    let mut render = vec!["render"];
    render.extend(folders);
    // The usual rules name out/ and pki/ only.
    let refused = sandbox.run(&render).ends_with(2).stderr;
    assert!(
        refused.contains(
            "no creation rule matches deploy/prod/istio-system/secret-bookinfo-credential.sops.yaml"
        ),
        "{refused}"
    );
    let rules = super::sandbox::rules().replace("^pki/", "^ca/").replace("^out/", "^deploy/prod/");
    sandbox.write(".sops.yaml", &rules);
    sandbox.run(&render).ends_with(0);
    assert!(sandbox.path("ca/example-root/ca.crt").exists() && !sandbox.path("out").exists());
    sandbox.remove(".sops.yaml");
    sandbox.write(".sops.yaml", &super::sandbox::rules());
    sandbox.write("specs/bookinfo.kdl", BOOKINFO);
    sandbox.run(&["-C", "deep/er", "render"]).ends_with(0);
    assert!(sandbox.path("out/kustomization.yaml").exists());
}
