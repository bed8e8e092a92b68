//! Identities that are none, are somebody else's, or are found where sops finds them.

use super::case::refused;
use crate::cli::sandbox::{Sandbox, identity};

#[test]
fn identities_that_can_not_be_used() {
    let sandbox = Sandbox::shop();
    sandbox.write("specs/more.kdl", "host \"more.example.com\" to=\"more:80\"\n");
    let file = |name: &str, text: &str| std::fs::write(sandbox.outside(name), text).unwrap();
    file("empty", "# nothing\n");
    file("garbage", "not an identity\n");
    file("two", &format!("{}\n{} \n", identity('a'), identity('b')));
    file("public", crate::cli::sandbox::A);
    file("passphrase", "age-encryption.org/v1\n-> scrypt x 18\n");
    file("plugin", "AGE-PLUGIN-YUBIKEY-1QQQQ\n");
    for (name, why) in [
        ("missing", "No such file"),
        ("empty", "it holds no identity"),
        ("garbage", "line 1 is not an age identity"),
        ("two", "line 2 is not an age identity"),
        ("public", "line 1 is not an age identity"),
        ("passphrase", "protected by a passphrase"),
        ("plugin", "a plugin's identity"),
    ] {
        let found = refused(&sandbox, &format!("render --identity ../{name}"), 4);
        let says = [
            "the identity file [scratch]/",
            "can't be used",
            why,
            if name == "missing" {
                "takes the path of a file"
            } else {
                "an identity is a line `AGE-SECRET-KEY-1…`"
            },
        ];
        found.one("identity", &format!("[scratch]/{name}"), &says);
        refused(&sandbox, &format!("check --identity ../{name}"), 4).one(
            "identity",
            &format!("[scratch]/{name}"),
            &[why],
        );
    }
    // Where nobody named it, it is left out and the need says so.
    for (variable, value, why) in [
        ("SOPS_AGE_KEY", "not an identity", "SOPS_AGE_KEY: line 1 is not an age identity"),
        ("SOPS_AGE_KEY_FILE", "/nowhere/keys.txt", "/nowhere/keys.txt: it can't be read: entity not found"),
        ("SOPS_AGE_KEY_CMD", "false", "SOPS_AGE_KEY_CMD: the command failed"),
    ] {
        let sandbox = Sandbox::shop();
        sandbox.write("specs/more.kdl", "host \"more.example.com\" to=\"more:80\"\n");
        sandbox.set(variable, value);
        let run = sandbox.run(&["render"]).ends_with(3);
        assert!(run.stderr.contains("no identity was found") && run.stderr.contains(why), "{}", run.stderr);
    }
    // The right one, in each of its places.
    for (variable, value) in [
        ("SOPS_AGE_KEY", identity('a').to_owned()),
        ("SOPS_AGE_KEY_FILE", "../keys".to_owned()),
        ("SOPS_AGE_KEY_CMD", format!("echo '{}'", identity('a'))),
    ] {
        let sandbox = Sandbox::shop();
        sandbox.write("specs/more.kdl", "host \"more.example.com\" to=\"more:80\"\n");
        std::fs::write(sandbox.outside("keys"), identity('a')).unwrap();
        sandbox.set("PATH", "/usr/bin:/bin");
        sandbox.set(variable, &value);
        sandbox.run(&["render"]).ends_with(0);
    }
}
