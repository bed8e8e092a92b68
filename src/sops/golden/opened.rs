//! Files that open: those of sops, odd ones, and our own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::sops::emit;
use crate::sops::mac::Mac;
use crate::sops::trees;

#[test]
fn every_file_opens_with_its_key_mac_and_values() {
    for (name, want) in expected() {
        let sealed = open(&format!("{name}.enc.yaml"));
        let identities = identities(if name.starts_with("key-groups") { "ab" } else { "a" });
        let key = sealed.metadata.data_key(&identities).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(STANDARD.encode(key.as_bytes()), want["data_key"].as_str().expect("key"), "{name}");
        let mac = key.open(&sealed.metadata.mac, &sealed.metadata.mac_aad).expect("MAC");
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
