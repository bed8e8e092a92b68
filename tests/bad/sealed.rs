//! Sealed files that were changed or cut off, certificates that were swapped, identities that don't fit.

use super::case::{Refused, refused};
use crate::cli::sandbox::Sandbox;

const AUTHORITY: &str = "pki/corp/1.key.sops.yaml";
const CLIENT: &str = "pki/corp/clients/anna@example.com.key.sops.yaml";
const SECRET: &str = "out/istio-system/secret-shop.example.com-tls.sops.yaml";
const OTHER: &str = "out/istio-system/secret-wiki.example.com-tls.sops.yaml";
const FILES: [&str; 3] = [AUTHORITY, CLIENT, SECRET];

/// Says that a file is broken, why, and how to get it back.
#[track_caller]
fn says_broken(found: &Refused, path: &str, why: &str) {
    let finding = found.one("broken-file", path, &[&format!("{path} can't be used")[..], why]);
    assert!(finding.text.contains(&format!("git checkout HEAD -- {path}")), "{}", found.human);
}

/// Another letter of base64 in place of one in the middle of what stands behind `start` on its line.
#[track_caller]
fn flip(text: &str, start: &str) -> String {
    let from = text.find(start).unwrap_or_else(|| panic!("{start:?}")) + start.len();
    let rest = &text[from..];
    let end = rest.find(['=', ',', '\n', ']']).unwrap_or(rest.len());
    let at = from + end / 2;
    let letter = if &text[at..=at] == "A" { "B" } else { "A" };
    format!("{}{letter}{}", &text[..at], &text[at + 1..])
}

/// The place of `tls.key` and of the MAC in a file's text.
const VALUES: [&str; 2] = ["tls.key: ENC[AES256_GCM,", "mac: ENC[AES256_GCM,"];

/// Only a key can tell: with an identity `check` does, without one nobody is told a word.
#[test]
fn every_part_of_a_sealed_value_counts() {
    let sandbox = Sandbox::shop();
    for path in FILES {
        let whole = sandbox.read(path);
        for value in VALUES {
            for part in ["data:", "iv:", "tag:"] {
                let start = whole.find(value).unwrap();
                let changed = format!("{}{}", &whole[..start], flip(&whole[start..], part));
                assert_ne!(changed, whole);
                sandbox.write(path, &changed);
                let why = if value.starts_with("mac") { "MAC" } else { "data[\"tls.key\"] was changed" };
                sandbox.hold('a');
                says_broken(&refused(&sandbox, "check", 4), path, why);
                sandbox.run(&["render"]).ends_with(0);
                sandbox.hold('c');
                sandbox.run(&["check"]).ends_with(0);
            }
        }
        let changed = whole.replace("lastmodified: \"2026", "lastmodified: \"2025");
        sandbox.write(path, &changed);
        sandbox.hold('a');
        says_broken(&refused(&sandbox, "check", 4), path, "MAC");
        sandbox.write(path, &whole);
        sandbox.run(&["check"]).ends_with(0);
    }
}

/// What needs no key to be seen is seen without one, by every command that relies on it.
#[test]
fn what_is_no_sealed_value_is_seen_without_an_identity() {
    let sandbox = Sandbox::shop();
    for path in FILES {
        let whole = sandbox.read(path);
        let key = whole.lines().find(|line| line.contains("tls.key:")).unwrap();
        let change = |new: &str| whole.replace(key, new);
        for (text, why) in [
            (change(&key.replace(",type:str]", ",type:str")), ""),
            (change(&key.replace(",type:str]", ",type:blob]")), ""),
            (change(&key.replace("data:", "data:!")), ""),
            (change(&key.replace(",iv:", ",vi:")), ""),
            (change("  tls.key: Zm9v"), "not encrypted"),
            (change("  tls.key: 5"), "is not encrypted"),
            (whole.replace("AES256_GCM,data:", "AES128_GCM,data:"), ""),
            (whole.replace("  mac: ENC[", "  mac: INC["), "`mac`"),
            (whole.replace("  lastmodified: \"2026", "  lastmodified: \"2O26"), "`lastmodified`"),
            (whole.replace("  version:", "  virsion:"), "`version`"),
            (
                whole.replace("-----BEGIN AGE ENCRYPTED FILE-----", "-----BEGIN AGE FILE-----"),
                "is an armored age file",
            ),
            (
                whole.replace("encrypted_regex: \"^(tls\\\\.key)$\"", "encrypted_regex: \"^(tls\\\\.crt)$\""),
                "though the file's filter covers it",
            ),
            (
                whole.replace("encrypted_regex: \"^(tls\\\\.key)$\"", "encrypted_regex: \"^(tls\""),
                "`encrypted_regex`",
            ),
            (whole.replace("data:\n", "data:\n  data: x\n  data: y\n"), "is there already"),
            (format!("{whole}  nonsense\n"), "not YAML"),
            (whole.replace("tls.crt: ", "tls.crt: x"), "`data.tls.crt`"),
        ] {
            assert_ne!(text, whole, "{path}: {why}");
            sandbox.write(path, &text);
            for call in ["render", "check", "status"] {
                says_broken(&refused(&sandbox, call, 4), path, why);
            }
        }
        sandbox.write(path, &whole);
        sandbox.run(&["check"]).ends_with(0);
    }
}

/// Cut off at every place where that could go unseen.
#[test]
fn a_file_that_ends_too_early() {
    let sandbox = Sandbox::shop();
    for path in FILES {
        let whole = sandbox.read(path);
        let start = |text: &str| whole.find(text).unwrap();
        for length in [
            0,
            20,
            start("tls.crt:") + 100,
            start("tls.key:"),
            start("tls.key:") + 100,
            start("sops:"),
            start("sops:") + 5,
            start("-----BEGIN AGE") + 200,
            start("-----END AGE"),
            start("lastmodified:"),
            start("mac: ENC") + 50,
            start("encrypted_regex:"),
            start("version:"),
            whole.len() - 3,
        ] {
            sandbox.write(path, &whole[..length]);
            let (code, exit) = ("broken-file", 4);
            let found = sandbox.run(&["render"]);
            assert_eq!(found.code, Some(exit), "{path} at {length}:\n{}", found.stderr);
            assert!(
                found.stderr.contains(&format!("error[{code}]: {path}")),
                "{path} at {length}:\n{}",
                found.stderr
            );
            assert_eq!(sandbox.read(path), whole[..length]);
        }
        sandbox.write(path, &whole);
    }
}

/// The age block: broken armor is seen by everybody, a changed one by whom it is for.
#[test]
fn the_age_block() {
    let sandbox = Sandbox::shop().holding('a');
    for path in FILES {
        let whole = sandbox.read(path);
        let block = whole.find("-----BEGIN AGE ENCRYPTED FILE-----\n").unwrap();
        for line in [1, 2, 4] {
            let at = whole[block..].match_indices('\n').nth(line - 1).unwrap().0 + block + 11;
            let changed = format!("{}{}", &whole[..at], flip(&whole[at..], ""));
            sandbox.write(path, &changed);
            says_broken(&refused(&sandbox, "check", 4), path, "its `sops.age` block was changed");
            sandbox.hold('c');
            sandbox.run(&["check"]).ends_with(0);
            sandbox.hold('a');
        }
        // A recipient that it is not for.
        let other = whole.replace(
            crate::cli::sandbox::A,
            "age13k0dlfy9z30u5s6mfw29lhw03j26dgntgk9lyw45q965w3ww85lq23z3s9",
        );
        sandbox.write(path, &other);
        sandbox.hold('c');
        says_broken(&refused(&sandbox, "check", 4), path, "the identity of that recipient does not open it");
        sandbox.hold('a');
        sandbox.write(path, &whole);
    }
}

/// One whole file in the place of another.
#[test]
fn files_that_changed_places() {
    let sandbox = Sandbox::shop().holding('a');
    let (shop, wiki) = (sandbox.read(SECRET), sandbox.read(OTHER));
    // The key of one host beside the certificate of another: only `check` with an identity can see it.
    let key = |text: &str| text.lines().find(|line| line.contains("tls.key:")).unwrap().to_owned();
    sandbox.write(SECRET, &shop.replace(&key(&shop), &key(&wiki)));
    says_broken(&refused(&sandbox, "check", 4), SECRET, "data[\"tls.key\"] was changed or moved");
    let sops = |text: &str| text[text.find("sops:").unwrap()..].to_owned();
    sandbox.write(SECRET, &shop.replace(&key(&shop), &key(&wiki)).replace(&sops(&shop), &sops(&wiki)));
    says_broken(
        &refused(&sandbox, "check", 4),
        SECRET,
        "its private key and its certificate do not belong together",
    );
    sandbox.write(SECRET, &shop);
    // A copy below another name is nobody's file.
    sandbox.write("out/istio-system/secret-copy.sops.yaml", &shop);
    sandbox.run(&["check"]).ends_with(0);
}

#[test]
fn a_certificate_swapped_by_hand() {
    let sandbox = Sandbox::shop();
    let stranger = Sandbox::shop();
    let line = |text: &str, field: &str| text.lines().find(|line| line.contains(field)).unwrap().to_owned();
    let (shop, wiki, foreign) = (sandbox.read(SECRET), sandbox.read(OTHER), stranger.read(SECRET));
    let (certificate, digest, end) = ("tls.crt:", "gatewright.dev/sha256:", "gatewright.dev/not-after:");
    let swap = |from: &str, fields: &[&str]| {
        fields.iter().fold(shop.clone(), |text, field| text.replace(&line(&text, field), &line(from, field)))
    };
    for call in ["render", "check"] {
        for from in [&wiki, &foreign] {
            sandbox.write(SECRET, &swap(from, &[certificate]));
            says_broken(
                &refused(&sandbox, call, 4),
                SECRET,
                "its `tls.crt` is not the one that its `gatewright.dev/sha256` tells of",
            );
        }
        sandbox.write(SECRET, &swap(&foreign, &[digest]));
        says_broken(&refused(&sandbox, call, 4), SECRET, "one of them was changed by hand");
        // With all that is said of it, a stranger's certificate is still nobody's whom this project knows.
        sandbox.write(SECRET, &swap(&foreign, &[certificate, digest, end]));
        let says = [
            "the certificate of `shop.example.com` was not issued by this project",
            "no generation of an authority below pki/ signed it",
            "git checkout HEAD",
        ];
        refused(&sandbox, call, 4).one("foreign-certificate", SECRET, &says);
    }
    // Another host's, with its digest: what else the Secret says of its certificate tells.
    sandbox.write(SECRET, &swap(&wiki, &[certificate, digest]));
    for call in ["render", "check", "diff", "status"] {
        says_broken(&refused(&sandbox, call, 4), SECRET, "`gatewright.dev/dns-names` tells of");
    }
    // An older one of the same host: where all of it was changed, the key tells.
    sandbox.write(SECRET, &shop);
    sandbox.hold('a');
    sandbox.run(&["rotate", "host", "shop.example.com"]).ends_with(0);
    let new = sandbox.read(SECRET);
    let old = |fields: &[&str]| {
        fields.iter().fold(new.clone(), |text, field| text.replace(&line(&text, field), &line(&shop, field)))
    };
    sandbox.write(SECRET, &old(&[certificate]));
    says_broken(&refused(&sandbox, "check", 4), SECRET, "gatewright.dev/sha256");
    sandbox.write(SECRET, &old(&[certificate, digest, end]));
    says_broken(
        &refused(&sandbox, "check", 4),
        SECRET,
        "its private key and its certificate do not belong together",
    );
}

#[test]
fn an_authority_s_or_a_client_s_certificate_swapped_by_hand() {
    let sandbox = Sandbox::shop();
    let stranger = Sandbox::shop();
    let line = |text: &str, field: &str| text.lines().find(|line| line.contains(field)).unwrap().to_owned();
    let swapped = |own: &str, other: &str| own.replace(&line(own, "tls.crt:"), &line(other, "tls.crt:"));
    let own = sandbox.read(AUTHORITY);
    sandbox.write(AUTHORITY, &swapped(&own, &stranger.read(AUTHORITY)));
    let says = "its certificate is not that of pki/corp/1.key.sops.yaml";
    says_broken(&refused(&sandbox, "render", 4), "pki/corp/1.crt", says);
    sandbox.write(AUTHORITY, &own);
    let own = sandbox.read(CLIENT);
    sandbox.write(CLIENT, &swapped(&own, &stranger.read(CLIENT)));
    let says = "the certificate of `anna@example.com` was not issued by this project";
    refused(&sandbox, "render", 4).one("foreign-certificate", CLIENT, &[says]);
    sandbox.write(CLIENT, &own);
    // Another client's of the same authority.
    sandbox.hold('a');
    sandbox.write("specs/more.kdl", "client \"bert@example.com\" authority=\"corp\"\n");
    sandbox.run(&["render"]).ends_with(0);
    let (own, bert) = (sandbox.read(CLIENT), sandbox.read("pki/corp/clients/bert@example.com.key.sops.yaml"));
    sandbox.write(CLIENT, &swapped(&own, &bert));
    for call in ["render", "check"] {
        says_broken(
            &refused(&sandbox, call, 4),
            CLIENT,
            "that of pki/corp/clients/bert@example.com.key.sops.yaml",
        );
    }
    sandbox.write(CLIENT, &own);
    let copy = stranger.read("pki/corp/1.crt");
    let own = sandbox.read("pki/corp/1.crt");
    sandbox.write("pki/corp/1.crt", &copy);
    says_broken(&refused(&sandbox, "render", 4), "pki/corp/1.crt", "one of the two was changed by hand");
    sandbox.write("pki/corp/1.crt", &own);
    // What clients trust is derived: it is written anew.
    sandbox.write("pki/corp/ca.crt", &copy);
    sandbox.run(&["check"]).ends_with(1);
    sandbox.run(&["render"]).ends_with(0);
    assert_eq!(sandbox.read("pki/corp/ca.crt"), own);
    sandbox.write("pki/corp/ca.crt", "not a certificate\n");
    refused(&sandbox, "render", 4).one(
        "foreign-file",
        "pki/corp/ca.crt",
        &["is in the way", "something else than certificates", "move it somewhere else"],
    );
}

/// What `sops -d FILE > FILE` leaves: that a key is in the clear matters more than that the file is no sealed one any more.
#[test]
fn a_sealed_file_that_was_decrypted_in_its_place() {
    let sandbox = Sandbox::shop();
    for path in FILES {
        let whole = sandbox.read(path);
        let key = whole.lines().find(|line| line.contains("tls.key:")).unwrap();
        let plain = "  tls.key: LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JSUV2";
        let clear = whole.replace(key, plain);
        let line = clear.lines().position(|line| line == plain).unwrap() + 1;
        for text in [&clear[..clear.find("sops:").unwrap()], &clear] {
            sandbox.write(path, text);
            for call in ["render", "check", "status"] {
                let says = [
                    "holds a private key in the clear",
                    "it is to be sealed",
                    "treat it as known",
                    &format!("git checkout HEAD -- {path}")[..],
                ];
                let found = refused(&sandbox, call, 2);
                found.one("plaintext-key", &format!("{path}:{line}"), &says);
                assert!(!found.human.contains("LS0tLS1CRUdJTiBQ"), "{}", found.human);
            }
        }
        sandbox.write(path, &whole);
    }
}

/// A key that must be opened and was changed: nothing is issued with anything else.
#[test]
fn a_tampered_authority_signs_nothing() {
    let sandbox = Sandbox::shop().holding('a');
    sandbox.write("specs/more.kdl", "host \"more.example.com\" to=\"more:80\"\n");
    let whole = sandbox.read(AUTHORITY);
    let start = whole.find(VALUES[0]).unwrap();
    sandbox.write(AUTHORITY, &format!("{}{}", &whole[..start], flip(&whole[start..], "data:")));
    says_broken(&refused(&sandbox, "render", 4), AUTHORITY, "data[\"tls.key\"] was changed");
    says_broken(&refused(&sandbox, "rotate host shop.example.com", 4), AUTHORITY, "was changed");
    sandbox.hold('c');
    sandbox.write(AUTHORITY, &whole);
    let found = sandbox.run(&["render"]).ends_with(3).stderr;
    assert!(found.contains("no identity that was found opens it: it is sealed for age1mn4"), "{found}");
}

#[test]
fn a_client_that_is_tampered_is_not_exported() {
    let sandbox = Sandbox::shop().holding('a');
    let whole = sandbox.read(CLIENT);
    let start = whole.find(VALUES[0]).unwrap();
    sandbox.write(CLIENT, &format!("{}{}", &whole[..start], flip(&whole[start..], "tag:")));
    let run = sandbox.run(&["client", "export", "anna@example.com", "--to", "../handover"]).ends_with(4);
    assert!(run.stderr.contains(CLIENT) && run.stderr.contains("was changed"), "{}", run.stderr);
    assert!(!sandbox.outside("handover").exists());
}

/// One recipient of two who can't open a file any more: a warning, since the other can.
#[test]
fn a_recipient_s_block_that_is_no_age_file() {
    let sandbox = Sandbox::shop();
    let whole = sandbox.read(SECRET);
    let end = whole.rfind("-----END AGE ENCRYPTED FILE-----").unwrap();
    sandbox.write(SECRET, &format!("{}-----END AGE FILE-----{}", &whole[..end], &whole[end + 32..]));
    let run = sandbox.run(&["check"]).ends_with(0);
    for part in [
        "warning[broken-file]",
        "is damaged: the `enc` of age1yweuf6te",
        "is not an armored age file",
        "git checkout",
    ] {
        assert!(run.stderr.contains(part), "{}", run.stderr);
    }
    sandbox.run(&["check", "--strict"]).ends_with(1);
    sandbox.hold('a');
    sandbox.run(&["check"]).ends_with(0);
}

/// Where a Secret hides its certificate, the readable one beside it is as much a part of it.
#[test]
fn a_certificate_beside_a_secret_that_is_gone_or_another_one() {
    let sandbox = Sandbox::new([
        ("specs/shop.kdl", crate::cli::sandbox::SHOP),
        ("gatewright.kdl", "secrets filter=rule\n"),
        (
            ".sops.yaml",
            &format!("{}    encrypted_regex: ^(data|stringData)$\n", crate::cli::sandbox::rules()),
        ),
    ]);
    sandbox.run(&["render"]).ends_with(0);
    let path = "pki/leaves/istio-system/shop.example.com-tls.crt";
    let own = sandbox.read(path);
    for call in ["render", "check"] {
        sandbox.remove(path);
        says_broken(&refused(&sandbox, call, 4), path, "it is missing");
        let other = sandbox.read(&path.replace("shop", "wiki"));
        for (text, says) in [(other.as_str(), "none of its certificates is the one"), ("nonsense\n", "PEM")] {
            sandbox.write(path, text);
            says_broken(&refused(&sandbox, call, 4), path, says);
        }
        sandbox.write(path, &own);
        sandbox.run(&[call]).ends_with(0);
    }
}
