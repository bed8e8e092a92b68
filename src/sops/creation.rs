//! One creation rule as it stands in a `.sops.yaml`.

use std::sync::OnceLock;

use super::age::NotARecipient;
use super::config::{ConfigError, ForeignKey, Rule, RuleKey};
use super::filter::Filter;
use super::node::{Field, Node};
use super::pattern::{Pattern, PatternError};

/// A creation rule as it stands in the file.
pub(super) struct RawRule {
    pub(super) path_regex: Option<String>,
    /// It, compiled at its first use.
    pattern: OnceLock<Result<Pattern, PatternError>>,
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

/// The other key services: their key in a rule, in a key group, in a sealed file, the field of a group's entry that names
/// the key, their name.
const SERVICES: [(&str, &str, &str, &str, &str); 6] = [
    ("kms", "kms", "kms", "arn", "AWS KMS"),
    ("pgp", "pgp", "pgp", "fp", "PGP"),
    ("gcp_kms", "gcp_kms", "gcp_kms", "resource_id", "GCP KMS"),
    ("azure_keyvault", "azure_keyvault", "azure_kv", "vaultUrl", "Azure Key Vault"),
    ("hc_vault_transit_uri", "hc_vault", "hc_vault", "vault_address", "HashiCorp Vault"),
    ("hckms", "hckms", "hckms", "key_id", "Huawei Cloud KMS"),
];

impl ForeignKey {
    /// The list of a sealed file's `sops` block that has keys of this kind, if it is not age's.
    pub(super) fn service(&self) -> Option<&'static str> {
        SERVICES.iter().find(|(.., kind)| *kind == self.kind).map(|(_, _, list, ..)| *list)
    }

    /// What it is called among a file's recipients.
    pub(super) fn label(&self) -> String {
        match self.service() {
            Some(service) => format!("{service} {}", self.name),
            None => self.name.clone(),
        }
    }
}

impl RawRule {
    /// Whether the rule holds for a path.
    pub(super) fn is_for(&self, path: &str) -> Result<bool, PatternError> {
        let Some(text) = &self.path_regex else { return Ok(true) };
        let pattern = self.pattern.get_or_init(|| Pattern::new(text));
        pattern.as_ref().map(|pattern| pattern.is_match(path)).map_err(Clone::clone)
    }

    /// The rule with its filter and recipients checked.
    pub(super) fn resolve(&self, number: usize) -> Result<Rule, ConfigError> {
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

pub(super) fn wrong(key: &str, problem: &'static str) -> ConfigError {
    ConfigError::WrongType { key: key.to_owned(), problem }
}

/// Reads one rule; only types are checked.
pub(super) fn raw_rule(number: usize, rule: &Node) -> Result<RawRule, ConfigError> {
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
    for (key, _, _, field, kind) in SERVICES {
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
        pattern: OnceLock::new(),
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
    for (_, key, _, field, kind) in SERVICES {
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
pub(super) fn merge_keys(node: Node) -> Node {
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
