//! Tests against files that the real sops wrote, refused or opened.
#![expect(clippy::disallowed_methods, reason = "tests read their fixtures")]

use std::cell::Cell;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::emit;
use super::mac::Mac;
use super::scalar;
use super::walk::{Here, Visitor, walk};
use super::*;

const A: &str = "age1mn4egm02cla8458xmlxuzw0etk6r05lwp20wccd493grlw7q7qkq4jmdxu";
const B: &str = "age1yweuf6te7tj9asnwmmgsydjn3faaxzevy4kqy7z47csa6afjwy3q83ufus";
const C: &str = "age13k0dlfy9z30u5s6mfw29lhw03j26dgntgk9lyw45q965w3ww85lq23z3s9";

/// Bytes that never repeat; tests only.
struct Counter(Cell<u64>);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        for chunk in bytes.chunks_mut(8) {
            self.0.set(self.0.get() + 1);
            chunk.copy_from_slice(&self.0.get().to_be_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

fn entropy() -> Counter {
    Counter(Cell::new(0))
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/sops-golden").join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The names in a folder that end so, without that ending.
fn names(folder: &str, ending: &str) -> Vec<String> {
    let entries = std::fs::read_dir(path(folder)).expect("folder");
    let names = entries.map(|entry| entry.expect("entry").file_name().into_string().expect("UTF-8"));
    let mut names: Vec<String> =
        names.filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect();
    names.sort();
    assert!(!names.is_empty());
    names
}

fn identities(which: &str) -> Identities {
    let mut identities = Identities::new();
    let file = read("identity.txt");
    for (name, key) in ["a", "b", "c"].iter().zip(file.lines().filter(|line| line.starts_with("AGE-"))) {
        if which.contains(name) {
            identities.add(name, key);
        }
    }
    assert!(identities.notes().is_empty() && identities.recipients().len() == which.len());
    identities
}

fn open(name: &str) -> Sealed {
    Sealed::parse(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn expected() -> Vec<(String, serde_json::Value)> {
    let json: serde_json::Value = serde_json::from_str(&read("expected.json")).expect("JSON");
    json.as_object().expect("object").iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Lists what is in an opened file: path as in the AAD, type, plaintext.
#[derive(Default)]
struct Inventory(Vec<[String; 3]>);

impl Inventory {
    fn of(plain: &Plain, filter: &Filter) -> Vec<[String; 3]> {
        let mut inventory = Self::default();
        for document in &plain.documents {
            walk(document.clone(), filter, &mut inventory).expect("walks");
        }
        inventory.0
    }
}

impl Visitor for Inventory {
    fn value(&mut self, node: Node, here: &Here<'_>) -> Result<Node, SopsError> {
        let (kind, bytes) = scalar::bytes_of(&node).expect("opened");
        let kind = if here.covered { kind } else { "clear" };
        self.0.push([here.aad(), kind.to_owned(), String::from_utf8_lossy(&bytes).into_owned()]);
        Ok(node)
    }

    fn comment(&mut self, comment: Comment, here: &Here<'_>) -> Result<Comment, SopsError> {
        if here.in_list
            && here.covered
            && let Comment::Clear(text) = &comment
        {
            self.0.push([here.aad(), "comment".into(), text.as_str().expect("text").to_owned()]);
        }
        Ok(comment)
    }
}

#[test]
fn every_file_opens_with_its_key_mac_and_values() {
    for (name, want) in expected() {
        let sealed = open(&format!("{name}.enc.yaml"));
        let identities = identities(if name.starts_with("key-groups") { "ab" } else { "a" });
        let key = sealed.metadata().data_key(&identities).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(STANDARD.encode(key.as_bytes()), want["data_key"].as_str().expect("key"), "{name}");
        let mac = key.open(&sealed.metadata().mac, &sealed.metadata().mac_aad).expect("MAC");
        assert_eq!(String::from_utf8_lossy(&mac), want["mac"].as_str().expect("mac"), "{name}");
        let plain = sealed.decrypt(&identities).unwrap_or_else(|error| panic!("{name}: {error}"));
        let values: Vec<[String; 3]> = serde_json::from_value(want["values"].clone()).expect("values");
        // Comments are expected only where they are members of a list.
        let is_comment = |value: &&[String; 3]| value[1] == "comment";
        let ours = Inventory::of(&plain, sealed.filter());
        assert!(
            ours.iter().filter(|v| !is_comment(v)).eq(values.iter().filter(|v| !is_comment(v))),
            "{name}"
        );
        assert!(values.iter().filter(is_comment).all(|comment| ours.contains(comment)), "{name}");
        assert_eq!(sealed.notes(), [], "{name}");
    }
}

#[test]
fn plain_files_hash_as_sops_hashes_them() {
    for (name, want) in expected() {
        let sealed = open(&format!("{name}.enc.yaml"));
        let text = read(&format!("{name}.plain.yaml"));
        let plain = Plain::from_yaml(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut mac = Mac::new(sealed.mac_only_encrypted());
        for [_, kind, text] in Inventory::of(&plain, sealed.filter()) {
            if kind != "comment" {
                mac.add(text.as_bytes(), kind != "clear");
            }
        }
        assert_eq!(mac.finish(), want["mac"].as_str().expect("mac"), "{name}");
    }
}

#[test]
fn what_sops_decrypts_is_what_we_decrypt() {
    for (name, _) in expected() {
        let file = if path(&format!("{name}.dec.yaml")).exists() { "dec" } else { "plain" };
        // Sops prints U+2028 as it is, which YAML 1.1 and 1.2 read differently.
        if name == "unicode" {
            continue;
        }
        let sealed = open(&format!("{name}.enc.yaml"));
        let ours = sealed.decrypt(&identities("abc")).expect("opens");
        let theirs = Plain::from_yaml(&read(&format!("{name}.{file}.yaml"))).expect("YAML");
        // An integral float comes back as a whole number, so the types are left out.
        let values = |plain: &Plain| {
            let all = Inventory::of(plain, &Filter::default()).into_iter();
            let values = all.filter(|[_, kind, _]| kind != "comment");
            // Sops prints -0.0 as `-0`, which reads as the whole number 0.
            values
                .map(|[path, _, text]| (path, if text == "-0" { "0".into() } else { text }))
                .collect::<Vec<_>>()
        };
        assert_eq!(values(&ours), values(&theirs), "{name}");
    }
}

#[test]
fn plain_files_come_back_from_our_own_seal() {
    let recipients = [A.parse().expect("recipient"), B.parse().expect("recipient")];
    for (name, _) in expected() {
        let sealed = open(&format!("{name}.enc.yaml"));
        let plain = Plain::from_yaml(&read(&format!("{name}.plain.yaml"))).expect("YAML");
        for mac_only_encrypted in [false, true] {
            let options = Options {
                recipients: &recipients,
                filter: sealed.filter(),
                mac_only_encrypted,
                last_modified: "2026-11-25T12:00:00Z",
            };
            let text = encrypt(&plain, &options, &entropy());
            if name == "empties" {
                assert!(matches!(text, Err(SopsError::NothingEncrypted { .. })));
                continue;
            }
            let text = text.unwrap_or_else(|error| panic!("{name}: {error}"));
            let again = Sealed::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
            assert_eq!(again.recipients(), [A, B]);
            assert_eq!((again.filter(), again.mac_only_encrypted()), (sealed.filter(), mac_only_encrypted));
            for who in ["a", "b"] {
                let opened =
                    again.decrypt(&identities(who)).unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!(
                    Inventory::of(&opened, sealed.filter()),
                    Inventory::of(&plain, sealed.filter()),
                    "{name}"
                );
            }
            assert!(
                matches!(again.decrypt(&identities("c")), Err(SopsError::NoIdentity { recipients }) if recipients == [A, B])
            );
        }
    }
}

#[test]
fn a_wrong_identity_is_told_whose_file_it_is() {
    let error = open("recipients-2.enc.yaml").decrypt(&identities("c")).err().expect("refused");
    assert!(matches!(&error, SopsError::NoIdentity { recipients } if recipients == &[A, B]));
    assert!(error.to_string().contains(A));
    assert!(open("recipients-2.enc.yaml").decrypt(&Identities::new()).is_err());
}

#[test]
fn key_groups_need_their_threshold() {
    for name in ["key-groups-311.enc.yaml", "key-groups-313.enc.yaml"] {
        let sealed = open(name);
        assert_eq!(sealed.recipients(), [A, B, C, C]);
        assert!(matches!(
            sealed.decrypt(&identities("a")),
            Err(SopsError::TooFewGroups { opened: 1, needed: 2, .. })
        ));
        // c stands in two of the groups.
        for enough in ["ab", "ac", "bc", "c", "abc"] {
            assert!(sealed.decrypt(&identities(enough)).is_ok(), "{name} {enough}");
        }
    }
}

#[test]
fn odd_files_open_with_a_note_where_it_matters() {
    for name in names("accept", ".enc.yaml") {
        let sealed = open(&format!("accept/{name}.enc.yaml"));
        sealed.decrypt(&identities("a")).unwrap_or_else(|error| panic!("{name}: {error}"));
        let noted = match name.as_str() {
            "text-after-bracket" => matches!(sealed.notes(), [Note::TextAfterValue(_)]),
            "iv-12-bytes" => matches!(sealed.notes(), [Note::ShortNonce(_)]),
            "plain-comment-in-encrypted-area" => matches!(sealed.notes(), [Note::ReadableComment(_)]),
            "junk-recipient-first" => matches!(sealed.notes(), [Note::UnreadableRecipient(_)]),
            _ => sealed.notes().is_empty(),
        };
        assert!(noted, "{name}: {:?}", sealed.notes());
    }
}

/// What a file is refused with, as far as that is of interest.
fn refusal(name: &str) -> &'static str {
    let error = match Sealed::parse(&read(&format!("bad/{name}.enc.yaml"))) {
        Err(error) => error,
        Ok(sealed) => match sealed.decrypt(&identities("a")) {
            Err(error) => error,
            Ok(_) => return "opened",
        },
    };
    for secret in ["two", "hello", "secret", "plain-string"] {
        assert!(!error.to_string().contains(&format!("`{secret}`")), "{name}: {error}");
    }
    match error {
        SopsError::MacMismatch => "mac mismatch",
        SopsError::MacUnreadable => "mac unreadable",
        SopsError::Tampered { .. } => "tampered",
        SopsError::WrongType { .. } => "wrong type",
        SopsError::BadValue { .. } => "bad value",
        SopsError::MissingMetadata(_) => "missing metadata",
        SopsError::BadMetadata { .. } => "bad metadata",
        SopsError::BadArmor { .. } => "bad armor",
        SopsError::CutShort { .. } => "cut short",
        SopsError::NoMetadata => "no metadata",
        SopsError::NoIdentity { .. } => "no identity",
        SopsError::Filter(FilterError::Two { .. }) => "two filters",
        SopsError::Filter(FilterError::Pattern { .. }) => "pattern",
        SopsError::Yaml(YamlError::DuplicateKey { .. }) => "duplicate key",
        SopsError::Yaml(_) => "YAML",
        error => panic!("{name}: {error}"),
    }
}

#[test]
fn what_sops_refuses_is_refused_for_the_right_reason() {
    for name in names("bad", ".enc.yaml") {
        let want = match name.as_str() {
            "swapped-map-values"
            | "swapped-map-lines-order"
            | "swapped-list-items"
            | "changed-clear-value"
            | "null-in-encrypted-area"
            | "mac-lower-case"
            | "mac-only-added"
            | "document-dropped"
            | "document-order"
            | "negative-zero-in-clear" => "mac mismatch",
            "renamed-encrypted-key" => "tampered",
            "plain-string-in-encrypted-area"
            | "plain-int-in-encrypted-area"
            | "leading-space"
            | "no-filter" => "bad value",
            "type-int-on-text" => "wrong type",
            "mac-missing" | "lastmodified-missing" | "no-keys" => "missing metadata",
            "lastmodified-changed" => "mac unreadable",
            // Sops 3.11 reads it, and so do we.
            "lastmodified-unquoted" => "opened",
            "version-missing" | "sops-absent" | "sops-null" => "cut short",
            "version-two-parts" | "version-word" => "bad metadata",
            "two-filters" => "two filters",
            "lookahead-regex" => "pattern",
            "duplicate-key" => "duplicate key",
            "age-text-after" | "age-one-line-base64" => "bad armor",
            "wrong-recipient" => "no identity",
            "yaml-directive" => "YAML",
            "metadata-only-in-last-document" => "no metadata",
            name => panic!("{name} has no verdict here"),
        };
        assert_eq!(refusal(&name), want, "{name}");
    }
}

#[test]
fn plain_files_that_sops_refuses_are_refused() {
    let recipients = [A.parse().expect("recipient")];
    let filter = Filter::default();
    let options = Options {
        recipients: &recipients,
        filter: &filter,
        mac_only_encrypted: false,
        last_modified: "2026-11-25T12:00:00Z",
    };
    for name in names("bad", ".plain.yaml") {
        let bytes = std::fs::read(path(&format!("bad/{name}.plain.yaml"))).expect("file");
        let Ok(text) = String::from_utf8(bytes) else {
            assert_eq!(name, "invalid-utf8");
            continue;
        };
        let sealed = Plain::from_yaml(&text).and_then(|plain| encrypt(&plain, &options, &entropy()));
        let error = sealed.err().unwrap_or_else(|| panic!("{name} must be refused"));
        let right = match name.as_str() {
            "top-list" | "top-scalar" => matches!(error, SopsError::NotAMapping),
            "duplicate-key" | "duplicate-key-nested" => {
                matches!(error, SopsError::Yaml(YamlError::DuplicateKey { .. }))
            }
            "key-sops" | "key-sops-document-2" => matches!(error, SopsError::ReservedKey),
            "key-int" | "key-bool" | "key-null" | "key-date" | "key-list" => {
                matches!(error, SopsError::Yaml(YamlError::KeyNotAString { line: 1 }))
            }
            "empty" | "only-comment" => matches!(error, SopsError::Yaml(YamlError::Empty)),
            "u64" | "bad-binary" | "bad-int-tag" | "self-alias" => {
                matches!(error, SopsError::Yaml(YamlError::Value { .. }))
            }
            "control-char" | "tab-indent" | "undefined-alias" => {
                matches!(error, SopsError::Yaml(YamlError::Syntax { .. }))
            }
            name => panic!("{name} has no verdict here"),
        };
        assert!(right, "{name}: {error:?}");
    }
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    for name in ["k8s-tls-mac-only.enc.yaml", "types-311.enc.yaml", "list-comments.enc.yaml"] {
        let text = read(name);
        let body = text.trim_end();
        for end in (0..body.len()).filter(|end| body.is_char_boundary(*end)) {
            let error = Sealed::parse(&body[..end]).err().unwrap_or_else(|| panic!("{name} cut at {end}"));
            let seen_ciphertext =
                body[..end].contains("sops:\n") && body[..end].contains("ENC[AES256_GCM,data:");
            if seen_ciphertext {
                assert!(matches!(error, SopsError::CutShort { .. }), "{name} cut at {end}: {error}");
            }
        }
        assert!(Sealed::parse(body).is_ok_and(|sealed| sealed.decrypt(&identities("a")).is_ok()));
    }
}

#[test]
fn no_change_to_a_file_makes_it_panic_or_open_to_other_values() {
    let text = read("k8s-tls-311.enc.yaml");
    let whole = Sealed::parse(&text).and_then(|s| s.decrypt(&identities("a"))).expect("opens");
    let whole = Inventory::of(&whole, &Filter::default());
    let identities = identities("a");
    proptest::proptest!(proptest::prelude::ProptestConfig::with_cases(400), |(at in 0..text.len(), cut in 0..4_usize, put in "[ -~\n\té]{0,3}")| {
        let mut changed = text.clone().into_bytes();
        let end = (at + cut).min(changed.len());
        changed.splice(at..end, put.bytes());
        if let Ok(changed) = String::from_utf8(changed)
            && let Ok(plain) = Sealed::parse(&changed).and_then(|sealed| sealed.decrypt(&identities))
        {
            // Keys of readable values and comments are outside the MAC; the values are not.
            let texts = |all: &[[String; 3]]| all.iter().map(|[_, _, text]| text.clone()).collect::<String>();
            assert_eq!(texts(&Inventory::of(&plain, &Filter::default())), texts(&whole));
        }
    });
}

#[test]
fn every_rule_file_gives_what_sops_makes_of_it() {
    let keys = |name: &str, path: &str| {
        let rules = Rules::parse(&read(&format!("config/{name}.sops.yaml")))?;
        let rule = rules.for_path(path)?;
        let recipients: Vec<String> = rule.recipients()?.iter().map(ToString::to_string).collect();
        Ok::<_, ConfigError>((recipients, rule.filter.to_string(), rule.mac_only_encrypted))
    };
    let default = "unencrypted_suffix: _unencrypted";
    for (name, path, recipients, filter, mac_only) in [
        ("comma-list", "readme.yaml", &[A, B][..], default, false),
        ("yaml-list", "readme.yaml", &[A, B], default, false),
        ("folded", "readme.yaml", &[A, B], default, false),
        ("anchors", "readme.yaml", &[A, B], default, false),
        ("first-match", "out/prod/s.yaml", &[B], "encrypted_regex: ^a$", true),
        ("first-match", "out/dev/s.yaml", &[A], default, false),
        ("first-match", "pki/root/ca.key.sops.yaml", &[C], default, false),
        ("catch-all-first", "out/prod/s.yaml", &[A], default, false),
        ("absolute-path-regex", "/work/other/o.yaml", &[A], default, false),
        ("unanchored", "out/prod/s.yaml", &[A], default, false),
        ("duplicate-recipient", "readme.yaml", &[A, A], default, false),
        ("duplicate-in-group", "readme.yaml", &[A], default, false),
        ("merge", "readme.yaml", &[B, C, A], default, false),
        ("groups-and-age", "readme.yaml", &[A], default, false),
        ("unknown-keys", "readme.yaml", &[A], default, false),
    ] {
        let want = Ok((recipients.iter().map(|r| (*r).to_owned()).collect(), filter.to_owned(), mac_only));
        assert_eq!(keys(name, path), want, "{name}");
    }
    let refused = |name: &str, path: &str| keys(name, path).expect_err(name);
    assert!(matches!(refused("newlines", "readme.yaml"), ConfigError::Recipient { rule: 1, index: 1, .. }));
    assert!(matches!(
        refused("first-match", "readme.yaml"),
        ConfigError::NoRuleMatches { patterns, .. } if patterns == ["^out/prod/", "^out/", r"\.sops\.yaml$"]
    ));
    assert!(matches!(refused("first-match", "/work/other/o.yaml"), ConfigError::NoRuleMatches { .. }));
    assert!(matches!(refused("bad-path-regex", "readme.yaml"), ConfigError::PathRegex { rule: 1, .. }));
    assert!(matches!(refused("absolute-path-regex", "readme.yaml"), ConfigError::NoRuleMatches { .. }));
    assert!(matches!(refused("unanchored", "out/dev/s.yaml"), ConfigError::NoRuleMatches { .. }));
    assert!(matches!(
        refused("two-filters", "readme.yaml"),
        ConfigError::Filter { rule: 1, source: FilterError::Two { .. } }
    ));
    assert!(matches!(refused("empty-rules", "readme.yaml"), ConfigError::NoRuleMatches { .. }));
    assert!(matches!(refused("no-rules", "readme.yaml"), ConfigError::NoRules));
    assert!(matches!(refused("no-keys", "readme.yaml"), ConfigError::NoKeys { rule: 1 }));
    assert!(matches!(refused("rules-map", "readme.yaml"), ConfigError::WrongType { .. }));
    assert!(matches!(
        refused("bad-recipient", "readme.yaml"),
        ConfigError::Recipient { source: NotARecipient::Malformed, .. }
    ));
    // Sops encrypts nothing with this one and says nothing.
    assert!(matches!(
        refused("bad-encrypted-regex", "readme.yaml"),
        ConfigError::Filter { source: FilterError::Pattern { .. }, .. }
    ));
}

#[test]
fn every_tree_comes_back_from_yaml_and_from_its_seal() {
    let identities = identities("a");
    let recipients = [A.parse().expect("recipient")];
    let filters = [
        Filter::default(),
        Filter::EncryptedSuffix("_secret".into()),
        Filter::encrypted_regex("^data").expect("compiles"),
        Filter::unencrypted_regex("^[ab]$").expect("compiles"),
    ];
    proptest::proptest!(|(shapes in trees::files(), filter in proptest::sample::select(filters.to_vec()), mac_only_encrypted: bool)| {
        let plain = trees::plain(&shapes);
        let yaml = plain.to_yaml().expect("writes");
        let again = Plain::from_yaml(&yaml).unwrap_or_else(|error| panic!("{error}\n{}", &*yaml));
        let settled = Plain { documents: plain.documents.iter().cloned().map(emit::settle).collect() };
        assert!(again == settled, "{}", &*yaml);

        let options = Options {
            recipients: &recipients,
            filter: &filter,
            mac_only_encrypted,
            last_modified: "2026-11-25T12:00:00Z",
        };
        let text = encrypt(&plain, &options, &entropy()).expect("seals");
        let sealed = Sealed::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(sealed.notes(), []);
        let opened = sealed.decrypt(&identities).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert!(opened == settled, "{text}");
        assert!(!text.contains("always encrypted"));
        if let (true, [document]) = (mac_only_encrypted, sealed.documents()) {
            assert_eq!(sealed.with_clear(document.clone()).expect("keeps"), text);
        }
    });
}
