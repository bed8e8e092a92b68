//! `.sops.yaml`: which rule gives a new file its recipients and filter.

use std::fmt;

use super::age::{NotARecipient, Recipient};
use super::filter::{Filter, FilterError};
use super::format::{self, YamlError};
use super::node::{Field, Node};
use super::pattern::{Pattern, PatternError};

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

struct RawRule {
    path_regex: Option<String>,
    filters: Vec<(&'static str, String)>,
    mac_only_encrypted: bool,
    keys: Vec<RawKey>,
    groups: Vec<Vec<RawKey>>,
}

#[derive(Clone, PartialEq, Eq)]
enum RawKey {
    Age(String),
    Foreign(ForeignKey),
}

/// The other key services: their key in a rule, in a key group, the field of an entry that names the key, their name.
const SERVICES: [(&str, &str, &str, &str); 6] = [
    ("kms", "kms", "arn", "AWS KMS"),
    ("pgp", "pgp", "fp", "PGP"),
    ("gcp_kms", "gcp_kms", "resource_id", "GCP KMS"),
    ("azure_keyvault", "azure_keyvault", "vaultUrl", "Azure Key Vault"),
    ("hc_vault_transit_uri", "hc_vault", "vault_address", "HashiCorp Vault"),
    ("hckms", "hckms", "key_id", "Huawei Cloud KMS"),
];

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
            let matches = match &rule.path_regex {
                None => true,
                Some(pattern) => Pattern::new(pattern)
                    .map_err(|source| ConfigError::PathRegex { rule: number, source })?
                    .is_match(path),
            };
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

impl RawRule {
    fn resolve(&self, number: usize) -> Result<Rule, ConfigError> {
        let get =
            |key: &str| self.filters.iter().find(|(name, _)| *name == key).map(|(_, text)| text.as_str());
        let filter = Filter::from_keys(get).map_err(|source| ConfigError::Filter { rule: number, source })?;
        let raw: Vec<&RawKey> = if self.groups.is_empty() {
            self.keys.iter().collect()
        } else {
            self.groups.iter().flatten().collect()
        };
        if raw.is_empty() || self.groups.iter().any(Vec::is_empty) {
            return Err(ConfigError::NoKeys { rule: number });
        }
        let resolve = |(index, key): (usize, &&RawKey)| {
            key.resolve().map_err(|source| ConfigError::Recipient { rule: number, index: index + 1, source })
        };
        let keys = raw.iter().enumerate().map(resolve).collect::<Result<_, _>>()?;
        let groups = self.groups.len().max(1);
        Ok(Rule { number, keys, groups, filter, mac_only_encrypted: self.mac_only_encrypted })
    }
}

impl RawKey {
    fn resolve(&self) -> Result<RuleKey, NotARecipient> {
        match self {
            Self::Foreign(key) => Ok(key.clone().into()),
            Self::Age(text) => match text.parse() {
                Ok(recipient) => Ok(RuleKey::Age(recipient)),
                Err(NotARecipient::Foreign(kind)) => Ok(ForeignKey { kind, name: text.clone() }.into()),
                Err(error) => Err(error),
            },
        }
    }
}

fn wrong(key: &str, problem: &'static str) -> ConfigError {
    ConfigError::WrongType { key: key.to_owned(), problem }
}

fn raw_rule(number: usize, rule: &Node) -> Result<RawRule, ConfigError> {
    let name = |key: &str| format!("`{key}` of creation rule {number}");
    if !matches!(rule, Node::Map(_)) {
        return Err(wrong(&format!("creation rule {number}"), "must be a mapping"));
    }
    let text = |key: &'static str| match rule.get(key) {
        None | Some(Node::Null) => Ok(None),
        Some(node) => match node.as_str() {
            Some(text) => Ok(Some(text.to_owned())),
            None => Err(wrong(&name(key), "must be a string; quote it")),
        },
    };
    let mut filters = Vec::new();
    for key in Filter::KEYS {
        filters.extend(text(key)?.map(|text| (key, text)));
    }
    let mac_only_encrypted = match rule.get("mac_only_encrypted") {
        None | Some(Node::Null) => false,
        Some(Node::Bool(value)) => *value,
        Some(_) => return Err(wrong(&name("mac_only_encrypted"), "must be true or false")),
    };
    let mut keys = age_keys(rule.get("age"), &name("age"))?;
    for (key, _, field, kind) in SERVICES {
        keys.extend(foreign_keys(rule.get(key), &name(key), field, kind)?);
    }
    let groups = match rule.get("key_groups") {
        None | Some(Node::Null) => Vec::new(),
        Some(list @ Node::List(_)) => {
            list.items().map(|node| group(node, &name("key_groups"), 0)).collect::<Result<_, _>>()?
        }
        Some(_) => return Err(wrong(&name("key_groups"), "must be a list")),
    };
    Ok(RawRule {
        path_regex: text("path_regex")?.filter(|p| !p.is_empty()),
        filters,
        mac_only_encrypted,
        keys,
        groups,
    })
}

/// A key group: what it merges first, then its own keys, each once.
fn group(node: &Node, name: &str, depth: usize) -> Result<Vec<RawKey>, ConfigError> {
    if !matches!(node, Node::Map(_)) || depth > 10 {
        return Err(wrong(name, "must be a list of mappings, with few `merge` in each other"));
    }
    let mut keys = Vec::new();
    match node.get("merge") {
        None | Some(Node::Null) => {}
        Some(list @ Node::List(_)) => {
            for member in list.items() {
                keys.extend(group(member, name, depth + 1)?);
            }
        }
        Some(_) => return Err(wrong(name, "has a `merge` that is not a list")),
    }
    keys.extend(age_keys(node.get("age"), name)?);
    for (_, key, field, kind) in SERVICES {
        keys.extend(foreign_keys(node.get(key), name, field, kind)?);
    }
    let mut seen: Vec<RawKey> = Vec::with_capacity(keys.len());
    for key in keys {
        if !seen.contains(&key) {
            seen.push(key);
        }
    }
    Ok(seen)
}

fn age_keys(node: Option<&Node>, name: &str) -> Result<Vec<RawKey>, ConfigError> {
    let texts = strings(node).ok_or_else(|| wrong(name, "must be a string or a list of strings"))?;
    Ok(split(&texts).map(|key| RawKey::Age(key.to_owned())).collect())
}

fn foreign_keys(
    node: Option<&Node>,
    name: &str,
    field: &str,
    kind: &'static str,
) -> Result<Vec<RawKey>, ConfigError> {
    let entries = node.filter(|node| node.items().next().is_some_and(|item| matches!(item, Node::Map(_))));
    let names: Vec<String> = match entries {
        Some(list) => list
            .items()
            .map(|entry| entry.get(field).and_then(Node::as_str).unwrap_or("key").to_owned())
            .collect(),
        None => {
            let texts = strings(node).ok_or_else(|| wrong(name, "must be a string or a list"))?;
            split(&texts).map(str::to_owned).collect()
        }
    };
    Ok(names.into_iter().map(|name| RawKey::Foreign(ForeignKey { kind, name })).collect())
}

/// A string, or the strings of a list. Nothing for any other value.
fn strings(node: Option<&Node>) -> Option<Vec<&str>> {
    match node {
        None | Some(Node::Null) => Some(Vec::new()),
        Some(Node::Str(text)) => text.as_str().map(|text| vec![text]),
        Some(list @ Node::List(_)) => list.items().map(Node::as_str).collect(),
        Some(_) => None,
    }
}

/// Keys between commas; blanks around them and empty ones don't count.
fn split<'a>(texts: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    texts.iter().flat_map(|text| text.split(',')).map(str::trim).filter(|key| !key.is_empty())
}

/// Carries out `<<`, which YAML readers that fill in structures do.
fn merge_keys(node: Node) -> Node {
    let Node::Map(fields) = node else {
        return match node {
            Node::List(items) => Node::list(Node::List(items).items().cloned().map(merge_keys)),
            node => node,
        };
    };
    let mut own = Vec::new();
    let mut merged = Vec::new();
    for field in fields {
        match field {
            Field::Value(key, value) if key == "<<" => merged.push(merge_keys(value)),
            Field::Value(key, value) => own.push((key, merge_keys(value))),
            Field::Comment(_) => {}
        }
    }
    for source in merged {
        let maps =
            if matches!(source, Node::List(_)) { source.items().cloned().collect() } else { vec![source] };
        for (key, value) in maps.iter().flat_map(Node::fields) {
            if !own.iter().any(|(name, _)| name == key) {
                own.push((key.to_owned(), value.clone()));
            }
        }
    }
    Node::map(own)
}
