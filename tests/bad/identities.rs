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
            match name {
                "missing" => "takes the path of a file",
                "passphrase" => "--passphrase-file FILE",
                _ => "an identity is a line `AGE-SECRET-KEY-1…`",
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

/// `check` needs no identity, and does not take one that is of no use for none.
#[test]
fn a_check_tells_of_identities_that_are_of_no_use() {
    for (variable, value, why) in [
        ("SOPS_AGE_KEY", "not an identity", "SOPS_AGE_KEY: line 1 is not an age identity"),
        ("SOPS_AGE_KEY_FILE", "/nowhere/keys.txt", "/nowhere/keys.txt: it can't be read"),
        ("SOPS_AGE_KEY_CMD", "false", "SOPS_AGE_KEY_CMD: the command failed"),
    ] {
        let sandbox = Sandbox::shop();
        sandbox.set(variable, value);
        let said = sandbox.run(&["check"]).ends_with(0).stderr;
        assert!(said.contains("warning[identity]: keys were not opened") && said.contains(why), "{said}");
        assert!(!said.contains("there is no identity here"), "{said}");
        sandbox.run(&["check", "--strict"]).ends_with(1);
    }
}

/// An identity file as `age -p` writes it, armored or not.
fn encrypted(text: &str, passphrase: &str, armored: bool) -> Vec<u8> {
    use age::armor::{ArmoredWriter, Format};
    use std::io::Write as _;

    let mut recipient = age::scrypt::Recipient::new(passphrase.to_owned().into());
    recipient.set_work_factor(4);
    let encryptor =
        age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient)).unwrap();
    let format = if armored { Format::AsciiArmor } else { Format::Binary };
    let armor = ArmoredWriter::wrap_output(Vec::new(), format).unwrap();
    let mut writer = encryptor.wrap_output(armor).unwrap();
    writer.write_all(text.as_bytes()).unwrap();
    writer.finish().and_then(|armor| armor.finish()).unwrap()
}

#[test]
fn identity_files_with_a_passphrase() {
    let sandbox = Sandbox::shop();
    sandbox.write("specs/more.kdl", "host \"more.example.com\" to=\"more:80\"\n");
    let file = |name: &str, bytes: &[u8]| std::fs::write(sandbox.outside(name), bytes).unwrap();
    let text = format!("# operator\n{}\n", identity('a'));
    file("binary", &encrypted(&text, "correct horse", false));
    file("armored", &encrypted(&text, "correct horse", true));
    file("stranger", &encrypted("nothing of use\n", "correct horse", true));
    file("right", b"correct horse\nnot this line\n");
    file("wrong", b"correct donkey\n");
    let before = sandbox.everything();
    for (identity, passphrase, why) in [
        ("binary", "wrong", "the passphrase does not open it"),
        ("armored", "wrong", "the passphrase does not open it"),
        ("stranger", "right", "line 1 is not an age identity"),
        ("binary", "missing", "the passphrase file"),
    ] {
        let call = format!("render --identity ../{identity} --passphrase-file ../{passphrase}");
        let found = refused(&sandbox, &call, 4);
        let at = if passphrase == "missing" { passphrase } else { identity };
        found.one("identity", &format!("[scratch]/{at}"), &[why]);
        assert_eq!(sandbox.everything(), before);
    }
    // Nobody named it and nobody is there to ask.
    sandbox.set("SOPS_AGE_KEY_FILE", "../binary");
    let run = sandbox.run(&["render"]).ends_with(3);
    assert!(run.stderr.contains("protected by a passphrase, and none was given"), "{}", run.stderr);
    let said = sandbox.run(&["check"]).ends_with(3).stderr;
    assert!(said.contains("keys were not opened") && said.contains("and none was given"), "{said}");
    // A passphrase that is given is for the file that is found.
    for call in ["render", "check"] {
        let run = sandbox.run(&[call, "--passphrase-file", "../wrong"]).ends_with(4);
        assert!(run.stderr.contains("the passphrase does not open it"), "{call}: {}", run.stderr);
    }
    sandbox.run(&["render", "--passphrase-file", "../right"]).ends_with(0);
    let call = "rotate host more.example.com --identity ../armored --passphrase-file ../right";
    sandbox.run(&call.split(' ').collect::<Vec<_>>()).ends_with(0);
}
