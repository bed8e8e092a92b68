//! `gatewright secrets update-keys`: recipients come and go, and the real sops opens what comes of it.

use super::sandbox::{A, B, SHOP, Sandbox, identity, rules};
use crate::judges::sops;

const C: &str = "age13k0dlfy9z30u5s6mfw29lhw03j26dgntgk9lyw45q965w3ww85lq23z3s9";
const SECRET: &str = "out/istio-system/secret-shop.example.com-tls.sops.yaml";
const KEY: &str = "pki/corp/1.key.sops.yaml";

fn line(text: &str, field: &str) -> String {
    text.lines().find(|line| line.trim_start().starts_with(field)).unwrap_or_default().to_owned()
}

/// Whether the real sops opens a file with one identity.
fn opens(sandbox: &Sandbox, path: &str, who: char) -> Option<bool> {
    let program = sops::sops("update-keys")?;
    let mut command = std::process::Command::new(program);
    command.arg("-d").arg(path).current_dir(sandbox.root());
    command.env("SOPS_AGE_KEY", identity(who)).env("HOME", sandbox.root()).env_remove("SOPS_AGE_KEY_FILE");
    Some(command.output().unwrap().status.success())
}

#[test]
fn a_recipient_comes_and_another_one_goes() {
    let sandbox = Sandbox::shop();
    let (before, key) = (sandbox.read(SECRET), sandbox.read(KEY));
    sandbox.write(".sops.yaml", &rules().replace(&format!("{A},{B}"), &format!("{A},{C}")));
    let all = sandbox.everything();

    // Nobody, and somebody whom the files are not for: nothing is written.
    for who in [None, Some('c')] {
        if let Some(who) = who {
            sandbox.hold(who);
        }
        let run = sandbox.run(&["secrets", "update-keys"]).ends_with(3);
        assert!(
            run.stderr.contains("2 files were not sealed anew") && run.stderr.contains(SECRET),
            "{run:?}"
        );
        assert_eq!(sandbox.everything(), all);
    }

    sandbox.hold('a');
    let run = sandbox.run(&["secrets", "update-keys"]).ends_with(0);
    assert!(run.stderr.contains(&format!("{SECRET}: + {C}, - {B}")), "{run:?}");
    assert!(run.stderr.contains(&format!("{B} could read what was in these files")), "{run:?}");
    assert!(run.stderr.contains("update-keys --rotate"), "{run:?}");
    let after = sandbox.read(SECRET);
    for field in ["# gatewright", "tls.crt", "tls.key", "mac:", "lastmodified"] {
        assert_eq!(line(&after, field), line(&before, field));
    }
    assert_eq!(sandbox.read(KEY), key, "its recipients are what they were");
    for (who, wanted) in [('a', true), ('b', false), ('c', true)] {
        if let Some(opens) = opens(&sandbox, SECRET, who) {
            assert_eq!(opens, wanted, "{who}");
        }
    }
    let checked = sandbox.run(&["check"]).ends_with(0);
    assert!(!checked.stderr.contains("other-recipients"), "{checked:?}");
    let all = sandbox.everything();
    let run = sandbox.run(&["secrets", "update-keys"]).ends_with(0);
    assert!(run.stderr.contains("every sealed file is for whom it is to be"), "{run:?}");
    sandbox.run(&["render"]).ends_with(0);
    assert_eq!(sandbox.everything(), all);

    let run = sandbox.run(&["secrets", "update-keys", "--rotate"]).ends_with(0);
    assert!(run.stderr.contains(&format!("{KEY}: a new data key")), "{run:?}");
    let rotated = sandbox.read(SECRET);
    assert_ne!(line(&rotated, "tls.key"), line(&after, "tls.key"));
    assert_eq!(line(&rotated, "tls.crt"), line(&after, "tls.crt"));
    assert_ne!(opens(&sandbox, SECRET, 'c'), Some(false));
    assert_ne!(opens(&sandbox, KEY, 'c'), Some(true));
    sandbox.run(&["check", "--strict"]).ends_with(0);
}

#[test]
fn a_recipient_of_the_spec_counts_as_well() {
    let sandbox = Sandbox::bare();
    sandbox.write("specs/shop.kdl", SHOP);
    sandbox.write("gatewright.kdl", &format!("secrets one-audience {{ recipient \"{A}\" }}\n"));
    sandbox.run(&["render"]).ends_with(0);
    sandbox.hold('a');
    sandbox.edit("gatewright.kdl", A, &format!("{A}\"; recipient \"{B}"));
    let run = sandbox.run(&["secrets", "update-keys"]).ends_with(0);
    assert_eq!(run.stderr.matches(&format!("+ {B}")).count(), 4, "{run:?}");
    sandbox.hold('b');
    sandbox.run(&["rotate", "host", "shop.example.com"]).ends_with(0);
}

/// `filter=rule`: another filter of the rule is applied, also where it hides the certificate.
#[test]
fn a_changed_filter_is_applied() {
    let sandbox = Sandbox::new([("specs/shop.kdl", SHOP), ("gatewright.kdl", "secrets filter=rule\n")]);
    let rule = |filter: &str| {
        sandbox.write(".sops.yaml", &format!("{}    encrypted_regex: {filter}\n", rules()));
    };
    rule("^tls\\.key$");
    sandbox.run(&["render"]).ends_with(0);
    let beside = "pki/leaves/istio-system/shop.example.com-tls.crt";
    assert!(!sandbox.path(beside).exists() && line(&sandbox.read(SECRET), "tls.crt").contains("LS0t"));
    sandbox.hold('a');
    for (filter, hidden) in [("^(data|stringData)$", true), ("^tls\\.key$", false)] {
        sandbox.run(&["check", "--strict"]).ends_with(0);
        rule(filter);
        // Whoever holds no key sees it too, and a render leaves the file as it is.
        for call in ["check", "render"] {
            let run = sandbox.run(&[call]);
            let says = ["[other-filter]", SECRET, filter, "secrets update-keys"];
            assert!(says.iter().all(|part| run.stderr.contains(part)), "{run:?}");
            assert_eq!(run.stderr.matches("[other-filter]").count(), 1, "{run:?}");
        }
        let run = sandbox.run(&["secrets", "update-keys"]).ends_with(0);
        assert!(run.stderr.contains(&format!("{SECRET}: a new data key")), "{run:?}");
        assert_eq!(line(&sandbox.read(SECRET), "tls.crt").contains("ENC["), hidden);
        assert_eq!(sandbox.path(beside).exists(), hidden);
        sandbox.run(&["check", "--strict"]).ends_with(0);
        assert_ne!(opens(&sandbox, SECRET, 'b'), Some(false));
    }
}

/// What can't be sealed for is kept where it is, said where it is missing, and never dropped in silence.
#[test]
fn keys_of_other_kinds() {
    let sandbox = Sandbox::shop().holding('a');
    let ssh = "ssh-ed25519 AAAA";
    sandbox.write(".sops.yaml", &rules().replace(&format!("{A},{B}"), &format!("\"{A},{B},{C},{ssh}\"")));
    let run = sandbox.run(&["secrets", "update-keys"]).ends_with(0);
    assert!(run.stderr.contains(&format!("can't be sealed for SSH {ssh}")), "{run:?}");
    assert!(run.stderr.contains(&format!("{SECRET}: + {C}")), "{run:?}");
    let all = sandbox.everything();
    // What can't be added changes nothing, and is told again.
    let run = sandbox.run(&["secrets", "update-keys"]).ends_with(0);
    assert!(run.stderr.contains(&format!("can't be sealed for SSH {ssh}")), "{run:?}");
    assert!(!run.stderr.lines().any(|line| line.trim_end().ends_with(".sops.yaml:")), "{run:?}");
    assert!(!run.stderr.contains("is for whom it is to be"), "{run:?}");
    assert_eq!(sandbox.everything(), all);
    let run = sandbox.run(&["check"]).ends_with(0);
    assert!(
        run.stderr.contains("not for SSH") && run.stderr.contains("`sops updatekeys` adds it"),
        "{run:?}"
    );
    assert!(!run.stderr.contains("gatewright secrets update-keys"), "{run:?}");
    let run = sandbox.run(&["secrets", "update-keys", "--rotate"]).ends_with(2);
    assert!(run.stderr.contains("can't have a new data key"), "{run:?}");
    assert_eq!(sandbox.everything(), all);

    let entry = format!("    - recipient: {ssh}\n      enc: x\n  lastmodified:");
    sandbox.edit(SECRET, "  lastmodified:", &entry);
    sandbox.write(".sops.yaml", &rules().replace(&format!("{A},{B}"), &format!("\"{A},{ssh}\"")));
    sandbox.run(&["secrets", "update-keys"]).ends_with(0);
    let text = sandbox.read(SECRET);
    assert!(text.contains(ssh) && text.contains("enc: x") && !text.contains(B) && !text.contains(C));
    sandbox.write(".sops.yaml", &rules());
    sandbox.run(&["secrets", "update-keys"]).ends_with(0);
    assert!(!sandbox.read(SECRET).contains(ssh));
}

/// Entries of every kind stay byte for byte, and what is said is a line for each file that changes.
#[test]
fn entries_of_every_other_kind_stay_as_they_are() {
    let sandbox = Sandbox::shop().holding('a');
    let (ssh, quantum) = ("ssh-ed25519 AAAAC3Nz", "age1pq1qqqq");
    let (arn, fp) = ("arn:aws:kms:eu-central-1:1:key/x", "85D77543B3D624B63CEA9E6DBC17301B491B3F21");
    let secrets = [SECRET, "out/istio-system/secret-wiki.example.com-tls.sops.yaml"];
    let age = format!(
        "    - recipient: \"{ssh}\"\n      enc: c3No\n    - recipient: {quantum}\n      enc: cXVhbnR1bQ\n"
    );
    let others = format!(
        "  kms:\n    - arn: \"{arn}\"\n      created_at: \"2026-11-25T12:00:00Z\"\n      enc: a21z\n      aws_profile: \"\"\n  pgp:\n    - created_at: \"2026-11-25T12:00:00Z\"\n      enc: |-\n        -----BEGIN PGP MESSAGE-----\n        cGdw\n        -----END PGP MESSAGE-----\n      fp: \"{fp}\"\n"
    );
    for secret in secrets {
        sandbox.edit(secret, "  lastmodified:", &format!("{age}{others}  lastmodified:"));
    }
    let named = format!("\"{A},{C},{ssh},{quantum}\"\n    kms: {arn}\n    pgp: {fp}");
    sandbox.write(".sops.yaml", &rules().replace(&format!("{A},{B}"), &named));
    let run = sandbox.run(&["secrets", "update-keys"]).ends_with(0);
    let lines = secrets.map(|secret| format!("{secret}: + {C}, - {B}\n")).concat();
    let gone = format!(
        "{B} could read what was in these files, and can still read it in the history of the repository\nthe data keys are the old ones: `gatewright secrets update-keys --rotate` replaces them\nwhere that matters, replace what they hold: `gatewright rotate host NAME`, `gatewright rotate client NAME`, `gatewright rotate authority NAME`\n"
    );
    assert_eq!(run.stderr, format!("{lines}{gone}"));
    for secret in secrets {
        let text = sandbox.read(secret);
        assert!(text.contains(&age) && text.contains(&others), "{text}");
        assert!(text.contains(C) && !text.contains(B), "{text}");
    }
    let all = sandbox.everything();
    let run = sandbox.run(&["secrets", "update-keys"]).ends_with(0);
    assert_eq!(run.stderr, "every sealed file is for whom it is to be\n");
    assert_eq!(sandbox.everything(), all);
    // A new file can be for none of them.
    sandbox.write(
        "specs/more.kdl",
        "host \"more.example.com\" authority=\"corp\" gateway=\"public\" to=\"m:80\"\n",
    );
    let run = sandbox.run(&["render"]).ends_with(2);
    for kind in ["SSH ", "post-quantum ", "AWS KMS ", "PGP "] {
        assert!(run.stderr.contains(kind), "{run:?}");
    }
    assert!(run.stderr.contains("can't encrypt for"), "{run:?}");
    sandbox.remove("specs/more.kdl");
    assert_eq!(sandbox.everything(), all);
}

/// Keys that wait for somebody else's signature are sealed as the others are.
#[test]
fn requests_have_recipients_too() {
    let spec = "authority \"issuing\" files\ngateway \"public\"\nhost \"pay.example.com\" files gateway=\"public\" to=\"pay:80\"\n";
    let sandbox = Sandbox::new([("specs/a.kdl", spec)]);
    sandbox.run(&["render"]).ends_with(3);
    let csr = sandbox.run(&["csr", "pay.example.com"]).ends_with(0).stdout;
    sandbox.run(&["authority", "csr", "issuing"]).ends_with(0);
    let requests =
        ["pki/issuing/1.request.sops.yaml", "pki/leaves/istio-system/pay.example.com-tls.request.sops.yaml"];
    sandbox.write(".sops.yaml", &rules().replacen(A, C, 1));
    let run = sandbox.run(&["check", "--allow-waiting"]).ends_with(0);
    assert!(
        run.stderr.contains("2 sealed files are for other recipients") && run.stderr.contains(requests[0]),
        "{run:?}"
    );
    let run = sandbox.run(&["secrets", "update-keys"]).ends_with(3);
    assert!(run.stderr.contains("2 files were not sealed anew"), "{run:?}");
    sandbox.hold('a');
    let run = sandbox.run(&["secrets", "update-keys"]).ends_with(0);
    for request in requests {
        assert!(run.stderr.contains(&format!("{request}: + {C}, - {A}")), "{run:?}");
        assert_ne!(opens(&sandbox, request, 'a'), Some(true));
        assert_ne!(opens(&sandbox, request, 'c'), Some(false));
    }
    sandbox.hold('c');
    let run = sandbox.run(&["check", "--allow-waiting"]).ends_with(0);
    assert!(!run.stderr.contains("other-recipients"), "{run:?}");
    assert_eq!(sandbox.run(&["csr", "pay.example.com"]).ends_with(0).stdout, csr);
    sandbox.run(&["secrets", "update-keys", "--rotate"]).ends_with(0);
    // A key that is another request's is told.
    let (own, other) = (sandbox.read(requests[0]), sandbox.read(requests[1]));
    sandbox.write(requests[0], &own.replace(&line(&own, "tls.csr:"), &line(&other, "tls.csr:")));
    let run = sandbox.run(&["check", "--allow-waiting"]).ends_with(4);
    assert!(run.stderr.contains("its private key and its request do not belong together"), "{run:?}");
    sandbox.write(requests[0], "tls.key: x\n");
    sandbox.run(&["secrets", "update-keys"]).ends_with(4);
}

#[test]
fn a_file_that_was_changed_stops_it() {
    let sandbox = Sandbox::shop().holding('a');
    let text = sandbox.read(SECRET);
    sandbox.write(".sops.yaml", &rules().replace(&format!("{A},{B}"), &format!("{A},{C}")));
    let key = line(&text, "tls.key");
    let (head, tail) = key.split_at(key.len() / 3);
    let swapped = format!("{head}{}{}", if tail.starts_with('A') { "B" } else { "A" }, &tail[1..]);
    sandbox.write(SECRET, &text.replace(&key, &swapped));
    let all = sandbox.everything();
    let run = sandbox.run(&["secrets", "update-keys"]).ends_with(4);
    assert!(run.stderr.contains("broken-file") && run.stderr.contains(SECRET), "{run:?}");
    assert_eq!(sandbox.everything(), all);
}
