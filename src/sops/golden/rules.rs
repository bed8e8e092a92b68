//! `.sops.yaml` files and what sops made of them.

use super::*;

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
        ("first-match", "pki/corp/ca.key.sops.yaml", &[C], default, false),
        ("catch-all-first", "out/prod/s.yaml", &[A], default, false),
        ("absolute-path-regex", "/srv/other/o.yaml", &[A], default, false),
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
    assert!(matches!(refused("first-match", "/srv/other/o.yaml"), ConfigError::NoRuleMatches { .. }));
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
