//! Who may open what: no recipients, wrong ones, rules that don't cover a path or can't be used.

use super::case::{Marked, bad, bad_alone, refused};
use crate::cli::sandbox::{A, B, SHOP, Sandbox, identity};

const SECRET: &str = "out/istio-system/secret-shop.example.com-tls.sops.yaml";
const CONFIG: &str = ".sops.yaml";

/// The small project with these creation rules; none at all for an empty text.
fn with_rules(rules: &str) -> Sandbox {
    let sandbox = Sandbox::new([("specs/shop.kdl", SHOP)]);
    if rules.is_empty() {
        sandbox.remove(CONFIG)
    } else {
        sandbox.write(CONFIG, rules)
    }
    sandbox
}

#[test]
fn no_recipients_at_all() {
    let found = refused(&with_rules(""), "render", 2);
    let says = [
        "nobody says who may open the keys that are to be sealed",
        "neither a .sops.yaml here or above",
        "`gatewright init`",
        "secrets { recipient",
    ];
    found.one("no-recipients", "", &says);
    for (rules, says) in [
        ("creation_rules: []\n", "tried nothing: the list is empty"),
        ("creation_rules:\n", "there are no `creation_rules`"),
        ("stores: {}\n", "there are no `creation_rules`"),
        ("# nothing\n", "there are no `creation_rules`"),
        ("creation_rules:\n  - path_regex: .*\n", "creation rule 1 names no recipient"),
        ("creation_rules:\n  - age: ''\n", "creation rule 1 names no recipient"),
        ("creation_rules:\n  - key_groups: [{}]\n", "creation rule 1 names no recipient"),
    ] {
        let found = refused(&with_rules(rules), "render", 2);
        let finding = found.says("no-recipients", CONFIG, &[says]);
        assert!(finding.text.contains("add "), "{}", found.human);
        assert!(found.errors().iter().all(|finding| finding.code == "no-recipients"), "{}", found.human);
    }
}

/// An authority's recipients are for its own keys: it is not true that nobody says anything.
#[test]
fn recipients_of_an_authority_alone() {
    let spec = SHOP.replace("authority \"corp\"", &format!("authority \"corp\" {{ recipient \"{A}\"; }}"));
    assert_ne!(spec, SHOP);
    let sandbox = Sandbox::new([("specs/shop.kdl", spec.as_str())]);
    sandbox.remove(CONFIG);
    let found = refused(&sandbox, "render", 2);
    let says = [
        "nobody says who may open some of the keys that are to be sealed",
        "opens the keys of this authority only",
        "nor a `recipient` in `secrets`",
        "secrets { recipient",
    ];
    let place = found.errors().first().map(|finding| finding.place.clone()).unwrap_or_default();
    assert!(place.starts_with("specs/shop.kdl:"), "{place}");
    found.one("no-recipients", &place, &says);
}

/// Another rule's recipients are never taken instead.
#[test]
fn a_path_that_no_rule_covers() {
    let found =
        refused(&with_rules(&format!("creation_rules:\n  - path_regex: ^out/\n    age: {A}\n")), "render", 2);
    let says = [
        "no creation rule matches pki/corp/1.key.sops.yaml",
        "tried `^out/`",
        "never taken instead",
        "add a creation rule whose `path_regex` matches it",
    ];
    found.says("no-recipients", CONFIG, &says);
    assert!(!found.human.contains(SECRET), "{}", found.human);
    let found =
        refused(&with_rules(&format!("creation_rules:\n  - path_regex: ^pki/\n    age: {A}\n")), "render", 2);
    found.says(
        "no-recipients",
        CONFIG,
        &[&format!("no creation rule matches {SECRET}")[..], "tried `^pki/`"],
    );
}

#[test]
fn recipients_that_are_none() {
    let b = format!("{}x", &A[..A.len() - 1]);
    for (recipient, code, says) in [
        ("nobody@example.com", "invalid-recipient", "not an age recipient"),
        (b.as_str(), "invalid-recipient", "not an age recipient"),
        (identity('a'), "invalid-recipient", "this is an age private key"),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ", "creation-rules", "SSH ssh-ed25519"),
        ("age1yubikey1qwqrxdcmgxx", "creation-rules", "age plugin age1yubikey1qwqrxdcmgxx"),
    ] {
        let found = refused(&with_rules(&format!("creation_rules:\n  - age: '{recipient}'\n")), "render", 2);
        found.says(code, CONFIG, &["creation rule 1", says]);
    }
    for keys in [
        "kms: arn:aws:kms:eu-west-1:1:key/1",
        "pgp: 85D77543B3D624B63CEA9E6DBC17301B491B3F21",
        "gcp_kms: projects/a",
    ] {
        let found =
            refused(&with_rules(&format!("creation_rules:\n  - age: {A}\n    {keys}\n")), "render", 2);
        found.one(
            "creation-rules",
            CONFIG,
            &[
                "names keys that this tool can't encrypt for",
                "none of them is left out in silence",
                "name age recipients only",
            ],
        );
    }
    let groups = format!("creation_rules:\n  - key_groups:\n      - age: [{A}]\n      - age: [{B}]\n");
    refused(&with_rules(&groups), "render", 2).one(
        "creation-rules",
        CONFIG,
        &["splits files over 2 key groups", "one key group"],
    );
}

/// Said in the spec they are found with its other mistakes, also where no file is to be sealed.
#[test]
fn recipients_of_the_spec_that_are_none() {
    for (recipient, says) in [
        ("age1qqqq", &["this recipient can't be used", "`age-keygen` prints"][..]),
        ("AGE1MN4EGM", &["not an age recipient"]),
        ("ssh-ed25519 AAAA", &["SSH recipients can't be encrypted for"]),
        (identity('c'), &["this is an age private key", "`age-keygen -y FILE` prints it", "make a new pair"]),
    ] {
        bad_alone(&format!("secrets {{ recipient \"{A}\" \"«{recipient}»\"; }}"), "invalid-recipient", says);
        bad_alone(&format!("authority \"a\" {{ recipient \"«{recipient}»\"; }}"), "invalid-recipient", says);
    }
    // Nor is it shown where it only stands beside the mistake, or is the mistake.
    let marked = Marked::new(&format!("secrets {{ recipient \"{0}\" \"«{0}»\"; }}", identity('c')));
    refused(&marked.sandbox(), "render", 2).says("said-twice", marked.place(), &[]);
    let marked = Marked::new(&format!("secrets filter=«rul» recipient=\"{}\"", identity('c')));
    refused(&marked.sandbox(), "render", 2).says("unknown-word", marked.place(), &["did you mean `rule`?"]);
}

#[test]
fn two_places_that_name_recipients() {
    let text = format!("secrets {{ recipient \"«{A}»\"; }}\nhost \"a.example.com\" to=\"a:80\"");
    let marked = Marked::new(&text);
    let sandbox = marked.sandbox();
    sandbox.write("specs/base.kdl", "authority \"corp\"\ngateway \"public\"\ndomain \"example.com\" authority=\"corp\" gateway=\"public\"\n");
    let found = refused(&sandbox, "render", 2);
    let says = [
        "two places say who may open the keys below pki/",
        "creation rule 1 matches them too",
        "drop `recipient`",
    ];
    found.says("creation-rules", marked.place(), &says);
    let below_out = "two places say who may open the keys below out/";
    assert!(sandbox.run(&["render"]).stderr.contains(below_out), "each folder has a rule of its own");
    sandbox.remove(CONFIG);
    sandbox.run(&["render"]).ends_with(0);
    assert!(sandbox.read("pki/corp/1.key.sops.yaml").contains(A));
}

/// What neither Go nor we can compile, whether the spec follows the rule's filter or not.
#[test]
fn filters_that_can_not_be_used() {
    for filter in ["secrets filter=rule\n", ""] {
        let sandbox = |rule: &str| {
            let sandbox = with_rules(&format!("creation_rules:\n  - age: {A}\n    {rule}\n"));
            sandbox.write("specs/secrets.kdl", filter);
            sandbox
        };
        for pattern in [
            "^(data",
            "(?=data)data",
            "(?<!x)data",
            "(data)\\1",
            "*data",
            "[z-a]",
            "data{1001}",
            "\\p{Nothing}",
            "\\C",
        ] {
            for key in ["encrypted_regex", "unencrypted_regex"] {
                let found = refused(&sandbox(&format!("{key}: '{pattern}'")), "render", 2);
                found.one("filter", CONFIG, &["creation rule 1", key, "RE2"]);
            }
        }
        let found = refused(&sandbox("encrypted_regex: ^data$\n    unencrypted_suffix: _x"), "render", 2);
        found.one("filter", CONFIG, &["can't both choose what is encrypted", "keep the one"]);
    }
    let found =
        refused(&with_rules(&format!("creation_rules:\n  - path_regex: '(['\n    age: {A}\n")), "render", 2);
    found.one("creation-rules", CONFIG, &["creation rule 1", "RE2"]);
}

#[test]
fn a_filter_that_leaves_the_key_in_the_clear() {
    for rule in [
        "encrypted_regex: ^password$",
        "unencrypted_regex: ^(data|apiVersion|kind|metadata|type)$",
        "encrypted_suffix: _secret",
    ] {
        let sandbox = with_rules(&format!("creation_rules:\n  - age: {A}\n    {rule}\n"));
        sandbox.write("specs/secrets.kdl", "secrets filter=rule\n");
        let found = refused(&sandbox, "render", 2);
        let says = [
            "creation rule 1 would leave private keys in the clear",
            "its filter is",
            "encrypted_regex: ^(data|stringData)$",
        ];
        found.one("filter", CONFIG, &says);
        // Without `filter=rule` the filter is ours, and the key is sealed.
        sandbox.write("specs/secrets.kdl", "");
        sandbox.run(&["render"]).ends_with(0);
    }
    bad(
        &format!(
            "secrets filter=«rule» recipient=\"{A}\"\nhost \"a.example.com\" to=\"a:80\"\n//// .sops.yaml\ncreation_rules:\n  - path_regex: ^nothing$\n    age: {A}\n"
        ),
        "creation-rules",
        &["`filter=rule` needs a creation rule for the Secrets below out/", "drop `filter=rule`"],
    );
}

#[test]
fn rules_that_are_no_rules() {
    for (rules, says) in [
        ("creation_rules: [", "not YAML"),
        ("creation_rules: {}\n", "must be a list"),
        ("- age: x\n", "must be a mapping"),
        ("creation_rules:\n  - age: 5\n", "must be a string or a list of strings"),
        ("creation_rules:\n  - path_regex: [a]\n", "must be a string"),
        ("creation_rules:\n  - mac_only_encrypted: maybe\n", "must be true or false"),
        ("creation_rules:\n  - age: a\n    age: b\n", "is there already"),
    ] {
        refused(&with_rules(rules), "render", 2).one(
            "creation-rules",
            CONFIG,
            &[says, "sops would read nothing of this file"],
        );
    }
    // Together with a mistake of the spec.
    let sandbox = with_rules("creation_rules: [");
    sandbox.write("specs/more.kdl", "host \"a_b.example.com\"\n");
    let found = refused(&sandbox, "check", 2);
    found.says("creation-rules", CONFIG, &[]);
    found.says("invalid-host-name", "specs/more.kdl:1:8", &[]);
    let sandbox = with_rules("x");
    std::fs::write(sandbox.path(CONFIG), [0xff, 0xfe]).unwrap();
    refused(&sandbox, "render", 4).one(
        "unreadable",
        "[scratch]/project/.sops.yaml",
        &["is not UTF-8 text", "save it as UTF-8"],
    );
}

#[test]
fn a_private_key_in_the_clear() {
    let key = "-----BEGIN EC PRIVATE KEY-----";
    let body = "MHcCAQEEIAabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ012";
    for (path, text) in [
        ("specs/notes.kdl", format!("// {}\n", identity('c'))),
        ("templates/host/a.yaml", format!("# {key}\n")),
        (
            "out/istio-system/mine.yaml",
            "# x\ntls.key: LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JSUV2\n".to_owned(),
        ),
        ("pki/corp/backup.pem", format!("{key}\nMHcCAQEE\n")),
        (".sops.yaml", format!("# {}\n{}", identity('c'), crate::cli::sandbox::rules())),
        ("specs/tls.pem", format!("{key}\n{body}\n")),
        ("specs/team/.hidden/tls.kdl", format!("{key}\n{body}\n")),
        ("templates/.key.pem", format!("{key}\n{body}\n")),
        ("tls.key", format!("text\n{key}\n{body}\n")),
        (".env", format!("KEY={}\n", identity('c'))),
        ("key.yaml", "tls.key: LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JSUV2\n".to_owned()),
    ] {
        let sandbox = Sandbox::shop();
        sandbox.write(path, &text);
        let found = refused(&sandbox, "render", 2);
        found.one(
            "plaintext-key",
            &format!(
                "{path}:{}",
                text.lines().position(|line| line.contains("KEY") || line.contains("tls.key")).unwrap() + 1
            ),
            &["holds a private key in the clear", "take it out"],
        );
    }
}

/// What Git ignores, what a link leads to and what lies in other folders is not the project's.
#[test]
fn a_private_key_that_is_no_part_of_the_project() {
    let key =
        "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIAabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ012\n";
    let sandbox = Sandbox::shop();
    sandbox.write(".gitignore", "/keys.txt\n*.pem\n.gatewright/\n");
    sandbox.write("README.md", "Never commit `-----BEGIN PRIVATE KEY-----` or `AGE-SECRET-KEY-1…`.\n");
    sandbox.write("keys.txt", identity('c'));
    sandbox.write("specs/own.pem", key);
    sandbox.write("src/tests/fixture.key", key);
    std::fs::write(sandbox.outside("home/outside.key"), key).unwrap();
    std::os::unix::fs::symlink(sandbox.outside("home/outside.key"), sandbox.path("link.key")).unwrap();
    std::os::unix::fs::symlink(sandbox.outside("home"), sandbox.path("specs/home")).unwrap();
    sandbox.write("binary", &format!("{}{key}", "\0".repeat(2 << 20)));
    sandbox.run(&["check"]).ends_with(0);
}

/// A tree that is there does not hide that its next certificate could not be sealed.
#[test]
fn rules_that_break_later() {
    let sandbox = Sandbox::new([("specs/shop.kdl", SHOP)]);
    sandbox.run(&["render"]).ends_with(0);
    let good = sandbox.read(CONFIG);
    let before = sandbox.files("out");
    for (old, new, code) in [
        (B, "age1typo", "invalid-recipient"),
        (&format!("age: {A},{B}")[..], "age: ''", "no-recipients"),
        ("^out/.*", "^nowhere/.*", "no-recipients"),
        ("^pki/", "^pki/(", "creation-rules"),
        (&format!("age: {A},{B}")[..], &format!("age: {A}\n    encrypted_regex: data++")[..], "filter"),
        ("creation_rules:", "creation_rules: [", "creation-rules"),
    ] {
        assert!(good.contains(old));
        sandbox.write(CONFIG, &good.replace(old, new));
        for call in ["render", "check"] {
            refused(&sandbox, call, 2).says(code, CONFIG, &[]);
        }
    }
    sandbox.remove(CONFIG);
    for call in ["render", "check"] {
        refused(&sandbox, call, 2).one("no-recipients", "", &["nobody says who may open"]);
    }
    assert_eq!(sandbox.files("out"), before);
    // Recipients of other kinds are kept by whoever can make them.
    for other in
        [format!("age: {A},{B}\n    pgp: F1"), format!("key_groups: [{{age: [{A}]}}, {{age: [{B}]}}]")]
    {
        sandbox.write(CONFIG, &good.replace(&format!("age: {A},{B}"), &other));
        sandbox.run(&["render"]).ends_with(0);
    }
}
