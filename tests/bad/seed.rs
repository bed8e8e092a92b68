//! A seed that does not fit: nothing is made from it.

use super::case::{Refused, bad_alone, refused, refused_at};
use crate::cli::sandbox::Sandbox;

/// A seed that is sealed for the operator.
pub(crate) const SEED: &str = include_str!("../golden/seed/given/pki/seed.sops.yaml");
const FILE: &str = "specs/seed.kdl";
const PATH: &str = "pki/seed.sops.yaml";
const SPEC: &str = "secrets { seed epoch=\"2026-01-01\" }
authority \"corp\"
gateway \"public\"
host \"shop.example.com\" authority=\"corp\" gateway=\"public\" to=\"shop:80\"
client \"anna@example.com\" authority=\"corp\"
";

fn unrendered() -> Sandbox {
    Sandbox::new([(FILE, SPEC), (PATH, SEED)]).holding('a')
}

fn rendered() -> Sandbox {
    let sandbox = unrendered();
    sandbox.run(&["render"]).ends_with(0);
    sandbox
}

/// Render and check say the same.
#[track_caller]
fn both(sandbox: &Sandbox, code: &str, place: &str, says: &[&str]) -> Refused {
    refused(sandbox, "check", 2).says(code, place, says);
    let found = refused(sandbox, "render", 2);
    found.says(code, place, says);
    found
}

/// A call of `secrets seed` that is refused, says this and changes nothing.
#[track_caller]
fn no_seed(sandbox: &Sandbox, says: &str) {
    let before = sandbox.everything();
    let run = sandbox.run(&["secrets", "seed"]).ends_with(2);
    assert!(run.stderr.contains(says), "{}", run.stderr);
    assert!(sandbox.everything() == before);
}

/// Another seed, as `secrets seed` makes one.
fn another() -> String {
    let other = Sandbox::new([(FILE, SPEC)]).holding('a');
    other.run(&["secrets", "seed"]).ends_with(0);
    other.read(PATH)
}

#[test]
fn a_new_key_at_each_renewal_under_a_seed() {
    let says = &["can't make a new key", "leave `renew-key` out", "take `seed` out of `secrets`"];
    for (place, old, new) in [
        ("4:82", "to=\"shop:80\"", "to=\"shop:80\" renew-key=#true"),
        ("5:37", "client \"anna@example.com\"", "client \"anna@example.com\" renew-key=#true"),
    ] {
        let sandbox = Sandbox::new([(FILE, SPEC.replace(old, new).as_str()), (PATH, SEED)]).holding('a');
        both(&sandbox, "conflict", &format!("specs/seed.kdl:{place}"), says);
        sandbox.write(FILE, &SPEC.replace(old, &new.replace("#true", "#false")));
        sandbox.run(&["render"]).ends_with(0);
    }
}

#[test]
fn an_rsa_key_under_a_seed() {
    let says = &[
        "an RSA key can't follow from the project's seed",
        "write `key ecdsa-p256`",
        "take `seed` out of `secrets`",
    ];
    let word = "secrets { seed epoch=\"2026-01-01\" }\n";
    for text in [
        "authority \"a\" key=\"«rsa-2048»\"",
        "authority \"a\"\nclient \"c.example.com\" authority=\"a\" key=\"«rsa-4096»\"",
        "authority \"a\"\ncacerts \"east\" authority=\"a\" key=\"«rsa-3072»\"",
        "authority \"a\"\ncertificate \"db.example.com\" authority=\"a\" { key \"ecdsa-p256\" \"«rsa-2048»\"; }",
        "authority \"a\"\ngateway \"g\"\ndomain \"example.com\" authority=\"a\" gateway=\"g\" key=\"«rsa-2048»\" { host \"b\" to=\"b:80\"; host \"c\" to=\"c:80\"; }",
    ] {
        bad_alone(&format!("{word}{}", text.replace("\"«", "«").replace("»\"", "»")), "conflict", says);
    }
}

#[test]
fn keys_that_are_counted_without_a_seed() {
    let says =
        &["`generation` counts keys that follow from a seed", "take it out", "`gatewright secrets seed`"];
    bad_alone("authority \"a\"\nclient \"c.example.com\" authority=\"a\" generation=«2»", "conflict", says);
    bad_alone(
        "authority \"a\"\ncertificate \"c.example.com\" authority=\"a\" generation=«2»",
        "conflict",
        says,
    );
    let counts = &["`generation` can't be 0", "from 1 to 9999"];
    bad_alone(
        "authority \"a\"\nclient \"c.example.com\" authority=\"a\" generation=«0»",
        "wrong-value",
        counts,
    );
    let says = &["`generation` has no meaning for a certificate that is brought in files"];
    bad_alone("certificate \"c.example.com\" generation=«2» { files; }", "unknown-word", says);
    let says = &["`generation` has no meaning for a certificate that cert-manager gets"];
    bad_alone("certificate \"c.example.com\" cert-manager=\"le\" generation=«2»", "unknown-word", says);
}

#[test]
fn a_seed_without_an_epoch() {
    bad_alone("secrets { «seed» }", "missing-word", &["`seed` needs `epoch`", "add `epoch=\"2026-11-25\"`"]);
    bad_alone("secrets { seed epoch=\"«soon»\"; }", "wrong-value", &["`epoch`"]);
}

#[test]
fn an_epoch_that_has_not_come() {
    let sandbox = unrendered();
    let says =
        ["the project's epoch is 2026-01-01, and it is 2025-12-31T23:59:59Z now", "set this machine's clock"];
    refused_at("2025-12-31T23:59:59Z", &sandbox, "render", 2).says("clock", "specs/seed.kdl:1:23", &says);
    sandbox.run_at("2026-01-01T00:00:00Z", &["render"]).ends_with(0);
}

#[test]
fn an_authority_that_would_have_ended() {
    let sandbox = Sandbox::new([
        (FILE, SPEC.replace("authority \"corp\"\n", "authority \"corp\" valid=\"30d\"\n").as_str()),
        (PATH, SEED),
    ])
    .holding('a');
    let says = [
        "generation 1 of authority `corp` would have ended on 2026-01-31T00:00:00Z",
        "`gatewright rotate authority corp`",
    ];
    both(&sandbox, "wrong-generation", "specs/seed.kdl:2:1", &says);
}

#[test]
fn a_seed_that_is_missing() {
    for sandbox in [rendered(), Sandbox::new([(FILE, SPEC), (PATH, "")]).holding('a')] {
        sandbox.remove(PATH);
        let says = [
            "the project's seed is missing: pki/seed.sops.yaml",
            "git log --all",
            "from whoever has a clone or a copy",
            "`gatewright secrets seed` makes another one, and with it another PKI",
            "only for a project that never had one",
        ];
        both(&sandbox, "seed", "specs/seed.kdl:1:23", &says);
    }
    // What followed from a lost one can't follow from a new one.
    let sandbox = rendered();
    sandbox.remove(PATH);
    no_seed(
        &sandbox,
        "generation 1 of authority corp is there, and can't follow from a seed that is made now",
    );
    sandbox.edit(FILE, "authority \"corp\"\n", "authority \"corp\" { generation 1 random; }\n");
    sandbox.run(&["secrets", "seed"]).ends_with(0);
    let root = sandbox.read("pki/corp/1.crt");
    sandbox.run(&["render"]).ends_with(0);
    assert_eq!(sandbox.read("pki/corp/1.crt"), root);
}

/// What is in `out/` was made from the seed that is gone.
#[test]
fn another_seed_where_only_out_is_left() {
    let sandbox = rendered();
    sandbox.remove("pki");
    no_seed(
        &sandbox,
        "generation 1 of authority corp is gone, and what is left of it can't follow from a seed that is made now: restore pki/seed.sops.yaml, which `git log --all -- pki/seed.sops.yaml` finds, or whoever has a clone or a copy; to begin anew with other keys for everything, remove out/ first",
    );
    sandbox.remove("out");
    sandbox.run(&["secrets", "seed"]).ends_with(0);
    sandbox.run(&["render"]).ends_with(0);
}

#[test]
fn a_seed_of_which_the_spec_says_nothing() {
    let sandbox = rendered();
    sandbox.edit(FILE, "secrets { seed epoch=\"2026-01-01\" }\n", "");
    let says =
        ["pki/seed.sops.yaml is there, and the spec says nothing of a seed", "or remove pki/seed.sops.yaml"];
    both(&sandbox, "seed", "pki/seed.sops.yaml", &says);
    no_seed(&sandbox, "write `secrets { seed epoch=\"2026-11-25\" }` first");
    sandbox.remove(PATH);
    sandbox.run(&["render", "--exit-code"]).ends_with(0);
}

#[test]
fn a_seed_that_is_there_already() {
    let sandbox = unrendered();
    no_seed(&sandbox, "pki/seed.sops.yaml is there already");
}

#[test]
fn another_seed() {
    let other = another();
    let sandbox = rendered();
    sandbox.write(PATH, &other);
    let says = [
        "generation 1 of authority `corp` was not made from the project's seed",
        "write `generation 1 random` there",
    ];
    both(&sandbox, "seed", "specs/seed.kdl:2:1", &says);
    // Also where only what it signed is left of it.
    for lost in ["pki/corp/1.key.sops.yaml", "pki/corp"] {
        sandbox.remove(lost);
        let says = [
            "generation 1 of authority `corp` is gone, and what is left of it was not made from the project's seed",
            "restore the seed",
        ];
        both(&sandbox, "seed", "specs/seed.kdl:2:1", &says);
    }
    sandbox.write(PATH, SEED);
    sandbox.run(&["render"]).ends_with(0);
}

#[test]
fn a_generation_that_was_drawn_and_is_gone() {
    let sandbox = unrendered();
    sandbox.edit(FILE, "authority \"corp\"\n", "authority \"corp\" { generation 1 random; }\n");
    let says =
        ["generation 1 of authority `corp` is `random`, and its key is not there", "or take `random` out"];
    for call in ["check", "render"] {
        refused(&sandbox, call, 4).says("lost-authority", "specs/seed.kdl:2:31", &says);
    }
}

#[test]
fn a_seed_that_was_changed_by_hand() {
    let other = another();
    let id = |text: &str| text.lines().find_map(|line| line.trim().strip_prefix("id: ")).unwrap().to_owned();
    for (old, new, says) in [
        (id(SEED), id(&other), "its `data.id` is that of another seed"),
        (id(SEED), "\"none\"".to_owned(), "it has no readable `data.id` of 32 hex digits"),
        ("data:".to_owned(), "date:".to_owned(), "it has no readable `data.id`"),
    ] {
        let sandbox = unrendered();
        sandbox.write(
            PATH,
            &SEED.replacen(&format!("  id: {old}"), &format!("  id: {new}"), 1).replacen(
                &format!("\n{old}\n"),
                &format!("\n{new}\n"),
                1,
            ),
        );
        refused(&sandbox, "render", 4).says("broken-file", PATH, &[says]);
    }
    let sandbox = rendered();
    sandbox.write(PATH, &SEED.replacen(&format!("  id: {}", id(SEED)), &format!("  id: {}", id(&other)), 1));
    refused(&sandbox, "check", 2).says("seed", "specs/seed.kdl:2:1", &[]);
    // Cut off, or in the clear.
    for text in ["", &SEED[..200], "data:\n  id: \"00\"\n  seed: c2VlZA==\n"] {
        let sandbox = unrendered();
        sandbox.write(PATH, text);
        refused(&sandbox, "render", 4).says("broken-file", PATH, &["pki/seed.sops.yaml can't be used"]);
    }
}

fn sandbox_of(spec: &str) -> Sandbox {
    Sandbox::new([(FILE, spec), (PATH, SEED)]).holding('a')
}

/// Who would let it in again must know what to turn away.
#[test]
fn a_revoked_client_of_which_nothing_is_left() {
    let sandbox = sandbox_of(
        &SPEC.replace("client \"anna@example.com\"", "client \"anna@example.com\" revoked=\"2026-11-20\""),
    );
    let says =
        ["client `anna@example.com` is revoked, and nobody knows the serial numbers", "at authority `corp`"];
    both(&sandbox, "seed", "specs/seed.kdl:5:36", &says);
}

/// What a fast clock made is of a later step; another key takes its place.
#[test]
fn certificates_of_a_seed_that_a_fast_clock_made() {
    let sandbox = rendered();
    sandbox.run_at("2027-06-01T12:00:00Z", &["render"]).ends_with(0);
    let found = refused(&sandbox, "render", 2);
    found.says("clock", "specs/seed.kdl:4:7", &["`gatewright rotate host shop.example.com`"]);
    found.says("clock", "specs/seed.kdl:5:9", &["`gatewright rotate client anna@example.com`"]);
    sandbox.run(&["rotate", "host", "shop.example.com"]).ends_with(0);
    sandbox.run(&["rotate", "client", "anna@example.com"]).ends_with(0);
    sandbox.run(&["render"]).ends_with(0);
    sandbox.run(&["check"]).ends_with(0);
}
