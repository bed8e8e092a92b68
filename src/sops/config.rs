//! `.sops.yaml`: which rule gives a new file its recipients and filter.

use std::fmt;

use super::age::{NotARecipient, Recipient};
use super::creation::{RawRule, merge_keys, raw_rule, wrong};
use super::error::YamlError;
use super::filter::{Filter, FilterError};
use super::format;
use super::node::Node;
use super::pattern::PatternError;

/// The creation rules of a `.sops.yaml`, in their order.
pub struct Rules {
    /// Nothing if the file has no `creation_rules` at all.
    rules: Option<Vec<RawRule>>,
}

/// The rule that holds for a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Which one it is, from 1.
    pub number: usize,
    /// Who can open the file, in order; at least one.
    pub keys: Vec<RuleKey>,
    /// Over how many key groups the keys are spread. More than one means Shamir's secret sharing.
    pub groups: usize,
    /// What is encrypted.
    pub filter: Filter,
    /// Whether readable values are left out of the MAC.
    pub mac_only_encrypted: bool,
}

/// A key that a rule names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleKey {
    /// An age recipient to encrypt for.
    Age(Recipient),
    /// A key that this tool can't encrypt for.
    Foreign(ForeignKey),
}

/// A key of a cloud service, of PGP, of SSH, or a post-quantum or plugin recipient of age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// Its kind as people call it: `AWS KMS`, `PGP`, `SSH`.
    pub kind: &'static str,
    /// How the rule names it.
    pub name: String,
}

impl fmt::Display for ForeignKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

/// Why a `.sops.yaml` gives no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Not YAML that sops reads.
    #[error(transparent)]
    Yaml(#[from] YamlError),
    /// A key has a value of the wrong type. Sops then reads nothing of the file.
    #[error("{key} {problem}")]
    WrongType {
        /// The key in backquotes, with the rule it stands in.
        key: String,
        /// What it should be.
        problem: &'static str,
    },
    /// There is no `creation_rules`.
    #[error("there are no `creation_rules`")]
    NoRules,
    /// No rule holds for the file.
    #[error("no creation rule matches {path}; tried {}", tried(patterns))]
    NoRuleMatches {
        /// The path that was looked up.
        path: String,
        /// The `path_regex` of every rule.
        patterns: Vec<String>,
    },
    /// A `path_regex` can't be used.
    #[error("creation rule {rule}: {source}")]
    PathRegex {
        /// Which rule, from 1.
        rule: usize,
        /// What is wrong.
        source: PatternError,
    },
    /// The filter of the rule can't be used.
    #[error("creation rule {rule}: {source}")]
    Filter {
        /// Which rule, from 1.
        rule: usize,
        /// What is wrong.
        source: FilterError,
    },
    /// A recipient that is none.
    #[error("creation rule {rule}: recipient {index}: {source}")]
    Recipient {
        /// Which rule, from 1.
        rule: usize,
        /// Which recipient of the rule, from 1.
        index: usize,
        /// What is wrong.
        source: NotARecipient,
    },
    /// The rule names nobody.
    #[error("creation rule {rule} names no recipient")]
    NoKeys {
        /// Which rule, from 1.
        rule: usize,
    },
    /// The rule names keys that this tool can't encrypt for.
    #[error("creation rule {rule} names keys that this tool can't encrypt for: {}", join(keys))]
    ForeignKeys {
        /// Which rule, from 1.
        rule: usize,
        /// Those keys.
        keys: Vec<ForeignKey>,
    },
    /// The rule splits the data key over several key groups.
    #[error(
        "creation rule {rule} splits files over {groups} key groups, which this tool reads but does not write"
    )]
    SeveralGroups {
        /// Which rule, from 1.
        rule: usize,
        /// How many.
        groups: usize,
    },
}

impl From<ForeignKey> for RuleKey {
    fn from(key: ForeignKey) -> Self {
        Self::Foreign(key)
    }
}

fn tried(patterns: &[String]) -> String {
    if patterns.is_empty() {
        return "nothing: the list is empty".to_owned();
    }
    patterns.iter().map(|pattern| format!("`{pattern}`")).collect::<Vec<_>>().join(", ")
}

fn join(keys: &[ForeignKey]) -> String {
    keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Rules {
    /// Reads a `.sops.yaml`. What sops would only find out when a rule is used, [`Self::for_path`] finds out.
    ///
    /// # Errors
    /// [`ConfigError::Yaml`] or [`ConfigError::WrongType`].
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let root = match format::parse(text) {
            Ok(documents) => documents.into_iter().next().map(merge_keys),
            Err(YamlError::Empty) => None,
            Err(error) => return Err(error.into()),
        };
        let root = root.unwrap_or(Node::Null);
        if !matches!(root, Node::Map(_) | Node::Null) {
            return Err(wrong("the file", "must be a mapping"));
        }
        let rules = match root.get("creation_rules") {
            None | Some(Node::Null) => return Ok(Self { rules: None }),
            Some(rules @ Node::List(_)) => rules,
            Some(_) => return Err(wrong("`creation_rules`", "must be a list")),
        };
        let rules = rules.items().enumerate().map(|(index, rule)| raw_rule(index + 1, rule));
        Ok(Self { rules: Some(rules.collect::<Result<_, _>>()?) })
    }

    /// The first rule that matches. `path` is relative to the folder of the `.sops.yaml`, with slashes and without
    /// `./` or `../`; a file outside that folder is given by its absolute path.
    ///
    /// # Errors
    /// What is wrong with the rules up to and with the one that matches; later ones are not looked at.
    pub fn for_path(&self, path: &str) -> Result<Rule, ConfigError> {
        let rules = self.rules.as_ref().ok_or(ConfigError::NoRules)?;
        for (index, rule) in rules.iter().enumerate() {
            let number = index + 1;
            let matches =
                rule.is_for(path).map_err(|source| ConfigError::PathRegex { rule: number, source })?;
            if matches {
                return rule.resolve(number);
            }
        }
        let patterns = rules.iter().filter_map(|rule| rule.path_regex.clone()).collect();
        Err(ConfigError::NoRuleMatches { path: path.to_owned(), patterns })
    }
}

impl Rule {
    /// The recipients, if this tool can encrypt for every key of the rule.
    ///
    /// # Errors
    /// [`ConfigError::ForeignKeys`] or [`ConfigError::SeveralGroups`]: nobody is dropped in silence.
    pub fn recipients(&self) -> Result<Vec<Recipient>, ConfigError> {
        let mut recipients = Vec::new();
        let mut foreign = Vec::new();
        for key in &self.keys {
            match key {
                RuleKey::Age(recipient) => recipients.push(recipient.clone()),
                RuleKey::Foreign(key) => foreign.push(key.clone()),
            }
        }
        if !foreign.is_empty() {
            return Err(ConfigError::ForeignKeys { rule: self.number, keys: foreign });
        }
        if self.groups > 1 {
            return Err(ConfigError::SeveralGroups { rule: self.number, groups: self.groups });
        }
        Ok(recipients)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "age1mn4egm02cla8458xmlxuzw0etk6r05lwp20wccd493grlw7q7qkq4jmdxu";

    fn rule(text: &str) -> Result<Rule, ConfigError> {
        Rules::parse(&format!("creation_rules:\n  - {}\n", text.replace('\n', "\n    ")))?
            .for_path("out/x.yaml")
    }

    #[test]
    fn keys_of_every_kind_are_seen_and_refused_together() {
        let rule = rule(&format!(
            "age: [{A}, ssh-ed25519 AAAA, age1pq1xyz, age1yubikey1xyz]\npgp: 'F1, F2'\nkms:\n  - arn: aws"
        ));
        let rule = rule.expect("a rule");
        assert_eq!(rule.keys.len(), 7);
        let error = rule.recipients().expect_err("foreign keys");
        assert_eq!(
            error.to_string(),
            "creation rule 1 names keys that this tool can't encrypt for: SSH ssh-ed25519 AAAA, post-quantum age1pq1xyz, \
             age plugin age1yubikey1xyz, AWS KMS aws, PGP F1, PGP F2"
        );
    }

    #[test]
    fn several_key_groups_are_seen_and_refused() {
        let rule = rule(&format!("key_groups:\n  - age: [{A}]\n  - age: [{A}]\nshamir_threshold: 2"))
            .expect("a rule");
        assert_eq!((rule.groups, rule.keys.len()), (2, 2));
        assert!(matches!(rule.recipients(), Err(ConfigError::SeveralGroups { groups: 2, .. })));
    }

    #[test]
    fn a_private_key_in_a_rule_is_never_repeated() {
        let key = "AGE-SECRET-KEY-1WWFJ3NPAJ6STFKN06FNN4CR6G5N27CQM0M8TJEQ442DHFY0PQ5USAKWXQR";
        let error = rule(&format!("age: {key}")).expect_err("refused");
        assert!(matches!(error, ConfigError::Recipient { source: NotARecipient::PrivateKey, .. }));
        assert!(!format!("{error} {error:?}").contains("WWFJ3"));
    }

    #[test]
    fn wrong_types_say_where() {
        for text in [
            "age: 5",
            "age: {a: b}",
            "age: [5]",
            "path_regex: [x]",
            "mac_only_encrypted: 'true'",
            "key_groups: x",
            "key_groups: [x]",
            "key_groups: [{merge: x}]",
            "encrypted_regex: 5",
            "kms: 5",
        ] {
            assert!(matches!(rule(text), Err(ConfigError::WrongType { .. })), "{text}");
        }
        assert!(matches!(Rules::parse("- x\n"), Err(ConfigError::WrongType { .. })));
        assert!(matches!(Rules::parse("creation_rules: [x]\n"), Err(ConfigError::WrongType { .. })));
        assert!(matches!(Rules::parse("a: [\n"), Err(ConfigError::Yaml(_))));
    }

    #[test]
    fn rules_may_be_merged_and_empty_files_have_none() {
        let text = format!(
            "base: &b\n  age: {A}\n  encrypted_suffix: _x\ncreation_rules:\n  - <<: *b\n    encrypted_suffix: _y\n"
        );
        let rule = Rules::parse(&text).and_then(|rules| rules.for_path("x")).expect("a rule");
        assert_eq!(rule.filter, Filter::EncryptedSuffix("_y".into()));
        for text in ["", "# nothing\n", "creation_rules: null\n"] {
            assert!(matches!(
                Rules::parse(text).and_then(|rules| rules.for_path("x")),
                Err(ConfigError::NoRules)
            ));
        }
    }

    #[test]
    fn a_path_without_a_rule_is_told_the_rules_tried() {
        let text = format!(
            "creation_rules:\n  - path_regex: ^pki/\n    age: {A}\n  - path_regex: prod\n    age: {A}\n"
        );
        let error = Rules::parse(&text).and_then(|rules| rules.for_path("out/x.yaml")).expect_err("no rule");
        assert_eq!(error.to_string(), "no creation rule matches out/x.yaml; tried `^pki/`, `prod`");
    }
}
