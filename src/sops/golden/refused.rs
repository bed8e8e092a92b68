//! Files that sops refuses, and files that were cut or changed.

use super::*;

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
fn no_change_to_any_kind_of_file_makes_it_panic() {
    let names = ["k8s-tls-mac-only", "key-groups-311", "multi-document", "comments-313", "anchors"];
    let texts = names.map(|name| read(&format!("{name}.enc.yaml")));
    let identities = identities("abc");
    proptest::proptest!(|(which in 0..texts.len(), at: proptest::sample::Index, cut in 0..40_usize, put in "[ -~\n\té]{0,6}")| {
        let text = &texts[which];
        let at = at.index(text.len());
        let mut changed = text.clone().into_bytes();
        changed.splice(at..(at + cut).min(text.len()), put.bytes());
        if let Ok(changed) = String::from_utf8(changed)
            && let Ok(sealed) = Sealed::parse(&changed)
        {
            let _ = sealed.decrypt(&identities);
            let _ = sealed.with_clear(sealed.documents[0].clone());
        }
    });
}
