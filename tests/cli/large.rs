//! Files of the user's outside the project that are far too large for what they are said to be, or never end.

use std::fs::{self, File};

use super::sandbox::{SHOP, Sandbox};
use crate::support::workshop;
use gatewright::pki::Issuer;
use gatewright::spec::node::KeyKind;

const SPEC: &str = "authority \"bought\" files
authority \"signed\" files
authority \"third\" files
certificate \"pay.example.com\" { files; }
";

/// A project that waits for all sorts of files, and an authority from elsewhere whose root is known.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new([("specs/shop.kdl", SHOP), ("specs/files.kdl", SPEC)]).holding('a');
    sandbox.run(&["render"]).ends_with(3);
    let root = workshop::root(KeyKind::EcdsaP384, 1);
    let under = workshop::under(&root, "bought", 0, None);
    let pem = |of: &Issuer| of.certificate().to_pem();
    fs::write(sandbox.outside("bought.crt"), format!("{}{}", pem(&under), pem(&root))).unwrap();
    fs::write(sandbox.outside("bought.key"), under.key().to_pem().as_bytes()).unwrap();
    let adopt = ["authority", "adopt", "bought", "--cert", "../bought.crt", "--key", "../bought.key"];
    sandbox.run(&adopt).ends_with(0);
    sandbox.run(&["authority", "csr", "signed"]).ends_with(0);
    File::create(sandbox.outside("large")).unwrap().set_len(5 << 20).unwrap();
    fs::write(sandbox.outside("locked"), "age-encryption.org/v1\n-> scrypt x 18\n").unwrap();
    sandbox.write(
        "specs/more.kdl",
        "host \"more.example.com\" authority=\"corp\" gateway=\"public\" to=\"more:80\"\n",
    );
    sandbox
}

#[test]
fn nothing_is_read_without_a_bound() {
    let sandbox = sandbox();
    let before = sandbox.everything();
    for call in [
        "bring pay.example.com --cert ../large",
        "bring pay.example.com --cert /dev/zero",
        "bring pay.example.com --cert ../bought.crt --key ../large",
        "bring pay.example.com --cert ../bought.crt --key ../bought.key --cert ../large",
        "authority adopt third --cert ../large --key ../bought.key",
        "authority import signed --cert ../large",
        "authority import bought --crl ../large",
        "client export anna@example.com --to ../given --p12 --password-file ../large",
        "render --identity ../large",
        "render --identity ../locked --passphrase-file ../large",
    ] {
        let run = sandbox.run(&call.split(' ').collect::<Vec<_>>()).ends_with(4);
        assert!(run.stderr.contains("it is larger than 4 MiB"), "{call}: {}", run.stderr);
    }
    assert!(sandbox.everything() == before);
    sandbox.set("SOPS_AGE_KEY", "");
    sandbox.set("SOPS_AGE_KEY_FILE", "../large");
    let run = sandbox.run(&["render"]).ends_with(3);
    assert!(run.stderr.contains("../large: it can't be read: file too large"), "{}", run.stderr);
}
