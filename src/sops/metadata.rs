//! The `sops` block: who can open the file, what is encrypted, and the MAC.

use super::age::{self, Identities};
use super::cipher::{self, DataKey};
use super::error::SopsError;
use super::filter::Filter;
use super::moment::Moment;
use super::node::Node;
use super::shamir;

/// Lists of keys for other key services, and the field of their entries that names the key.
pub(super) const FOREIGN: [(&str, &str); 6] = [
    ("kms", "arn"),
    ("pgp", "fp"),
    ("gcp_kms", "resource_id"),
    ("azure_kv", "vault_url"),
    ("hc_vault", "vault_address"),
    ("hckms", "key_id"),
];

/// A `sops` block that has all a reader needs.
pub(super) struct Metadata {
    /// The block as it stands in the file.
    pub(super) node: Node,
    /// As written, or in canonical form if it was not quoted.
    pub(super) last_modified: String,
    /// What the MAC is bound to.
    pub(super) mac_aad: String,
    pub(super) mac: cipher::Sealed,
    pub(super) filter: Filter,
    pub(super) mac_only_encrypted: bool,
    groups: Vec<Group>,
    /// How many groups must be opened.
    needed: usize,
}

/// Recipients of whom one is enough.
struct Group {
    age: Vec<Entry>,
    /// Keys that only other tools can use, for messages.
    foreign: Vec<String>,
}

struct Entry {
    label: String,
    /// The age file; nothing if the armor can't be read.
    file: Option<Vec<u8>>,
}

impl Metadata {
    pub(super) fn parse(node: Node) -> Result<Self, SopsError> {
        if !matches!(node, Node::Map(_)) {
            return Err(bad("sops", "is not a mapping"));
        }
        let (last_modified, mac_aad) = last_modified(&node)?;
        let mac = node
            .get("mac")
            .filter(|mac| !matches!(mac, Node::Null))
            .ok_or(SopsError::MissingMetadata("mac"))?;
        let mac = mac.as_str().ok_or_else(|| bad("mac", "is not a string"))?;
        let mac = cipher::Sealed::parse(mac).map_err(|problem| bad("mac", problem))?;
        check_version(&node)?;
        let mac_only_encrypted = match node.get("mac_only_encrypted") {
            None | Some(Node::Null) => false,
            Some(Node::Bool(value)) => *value,
            Some(_) => return Err(bad("mac_only_encrypted", "is neither true nor false")),
        };
        if let Some(key) = Filter::KEYS.into_iter().find(|key| not_text(node.get(key))) {
            return Err(bad(key, "is not a string"));
        }
        let filter = Filter::from_keys(|key| node.get(key).and_then(Node::as_str))?;
        let groups = groups(&node)?;
        let needed = needed(&node, groups.len())?;
        let metadata = Self { last_modified, mac_aad, mac, filter, mac_only_encrypted, groups, needed, node };
        metadata.check_armor()?;
        Ok(metadata)
    }

    /// Whom the file is sealed for, as it labels them.
    pub(super) fn recipients(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().flat_map(|group| {
            group.age.iter().map(|entry| entry.label.as_str()).chain(group.foreign.iter().map(String::as_str))
        })
    }

    /// Those of age among them.
    pub(super) fn age_labels(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().flat_map(|group| &group.age).map(|entry| entry.label.as_str())
    }

    /// Recipients whose age file can't be read.
    pub(super) fn unreadable(&self) -> impl Iterator<Item = &str> {
        let entries = self.groups.iter().flat_map(|group| &group.age);
        entries.filter(|entry| entry.file.is_none()).map(|entry| entry.label.as_str())
    }

    /// The data key, by the first recipient of each group that an identity belongs to.
    pub(super) fn data_key(&self, identities: &Identities) -> Result<DataKey, SopsError> {
        let open = |group: &Group| {
            let mut files = group.age.iter().filter_map(|entry| entry.file.as_deref());
            files.find_map(|file| identities.open(file))
        };
        let parts: Vec<_> = self.groups.iter().filter_map(open).take(self.needed).collect();
        if parts.is_empty() {
            return Err(SopsError::NoIdentity { recipients: self.labels() });
        }
        if parts.len() < self.needed {
            let recipients = self.labels();
            return Err(SopsError::TooFewGroups { opened: parts.len(), needed: self.needed, recipients });
        }
        let joined = if self.groups.len() > 1 { shamir::join(&parts) } else { parts.into_iter().next() };
        joined.and_then(|bytes| DataKey::from_bytes(&bytes)).ok_or(SopsError::BadDataKey)
    }

    /// Whether the data key is split over several groups of recipients.
    pub(super) fn has_groups(&self) -> bool {
        self.groups.len() > 1
            || self.node.get("key_groups").is_some_and(|groups| groups.items().next().is_some())
    }

    fn labels(&self) -> Vec<String> {
        self.recipients().map(str::to_owned).collect()
    }

    /// A group without any age file that can be read is beyond every identity; if all are, the file is broken.
    fn check_armor(&self) -> Result<(), SopsError> {
        let all = || self.groups.iter().flat_map(|group| &group.age);
        let foreign = self.groups.iter().any(|group| !group.foreign.is_empty());
        if all().next().is_some() && !foreign && all().all(|entry| entry.file.is_none()) {
            return Err(SopsError::BadArmor { recipients: self.labels() });
        }
        Ok(())
    }
}

fn bad(key: &str, problem: &'static str) -> SopsError {
    SopsError::BadMetadata { key: key.to_owned(), problem }
}

fn not_text(node: Option<&Node>) -> bool {
    !matches!(node, None | Some(Node::Null | Node::Str(_)))
}

fn last_modified(block: &Node) -> Result<(String, String), SopsError> {
    let problem = "is not a time such as 2026-11-25T12:00:00Z";
    match block.get("lastmodified") {
        None | Some(Node::Null) => Err(SopsError::MissingMetadata("lastmodified")),
        Some(Node::Time(moment)) => Ok((moment.to_string(), moment.in_seconds())),
        Some(node) => {
            let text = node.as_str().ok_or_else(|| bad("lastmodified", problem))?;
            let moment = Moment::parse(text).map_err(|_| bad("lastmodified", problem))?;
            Ok((text.to_owned(), moment.in_seconds()))
        }
    }
}

/// `X.Y.Z`, with anything after a `-` or `+`.
fn check_version(block: &Node) -> Result<(), SopsError> {
    let node = match block.get("version") {
        None | Some(Node::Null) => return Err(SopsError::MissingMetadata("version")),
        Some(node) => node,
    };
    let core = node.as_str().and_then(|text| text.split(['-', '+']).next()).unwrap_or_default();
    let parts: Vec<&str> = core.split('.').collect();
    let number = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if parts.len() == 3 && parts.iter().all(number) {
        Ok(())
    } else {
        Err(bad("version", "is not of the form X.Y.Z"))
    }
}

fn needed(block: &Node, groups: usize) -> Result<usize, SopsError> {
    match block.get("shamir_threshold") {
        _ if groups == 1 => Ok(1),
        None | Some(Node::Null | Node::Int(0)) => Ok(groups),
        Some(Node::Int(n)) => match usize::try_from(*n) {
            Ok(n) if n <= groups => Ok(n),
            _ => Err(bad("shamir_threshold", "is not between 1 and the number of key groups")),
        },
        Some(_) => Err(bad("shamir_threshold", "is not a whole number")),
    }
}

/// Keys at the top level of the block are one group and hide `key_groups`.
fn groups(block: &Node) -> Result<Vec<Group>, SopsError> {
    let single = group(block)?;
    if !single.is_empty() {
        return Ok(vec![single]);
    }
    let groups = members(block, "key_groups")?.map(group).collect::<Result<Vec<_>, _>>()?;
    if groups.iter().any(|group| !group.is_empty()) {
        Ok(groups)
    } else {
        Err(SopsError::MissingMetadata("age"))
    }
}

impl Group {
    fn is_empty(&self) -> bool {
        self.age.is_empty() && self.foreign.is_empty()
    }
}

fn group(node: &Node) -> Result<Group, SopsError> {
    let mut age = Vec::new();
    for entry in members(node, "age")? {
        let label = entry.get("recipient").and_then(Node::as_str).unwrap_or("a recipient without a name");
        let file = entry.get("enc").and_then(Node::as_str).and_then(age::unarmor);
        age.push(Entry { label: label.to_owned(), file });
    }
    let mut foreign = Vec::new();
    for (key, name) in FOREIGN {
        for entry in members(node, key)? {
            foreign.push(format!("{key} {}", entry.get(name).and_then(Node::as_str).unwrap_or("key")));
        }
    }
    Ok(Group { age, foreign })
}

/// The members of a list of mappings; a list that is not there or null has none.
fn members<'a>(node: &'a Node, key: &str) -> Result<impl Iterator<Item = &'a Node> + use<'a>, SopsError> {
    let list = match node.get(key) {
        None | Some(Node::Null) => None,
        Some(list @ Node::List(_)) => Some(list),
        Some(_) => return Err(bad(key, "is not a list")),
    };
    let members = move || list.into_iter().flat_map(Node::items);
    if members().any(|member| !matches!(member, Node::Map(_))) {
        return Err(bad(key, "has a member that is not a mapping"));
    }
    Ok(members())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sops::format;
    use crate::sops::golden::{A, sealed_secret};

    /// The `sops` block of a good file with one line of it changed.
    fn block(line: &str, change: &str) -> Result<Metadata, SopsError> {
        let text = sealed_secret();
        let old = text.lines().find(|text| text.trim_start().starts_with(line)).expect("line");
        let document = format::parse(&text.replace(old, change)).expect("YAML").remove(0);
        Metadata::parse(document.get("sops").expect("block").clone())
    }

    #[track_caller]
    fn bad_key(line: &str, change: &str, want: &str) {
        match block(line, change).err() {
            Some(SopsError::BadMetadata { key, .. }) => assert_eq!(key, want),
            Some(SopsError::MissingMetadata(key)) => assert_eq!(key, want),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_key_must_be_of_its_kind() {
        bad_key("mac:", "  mac: x", "mac");
        bad_key("mac:", "  mac: 5", "mac");
        bad_key("mac:", "  mac: null", "mac");
        bad_key("lastmodified", "  lastmodified: yesterday", "lastmodified");
        bad_key("lastmodified", "  lastmodified: 5", "lastmodified");
        bad_key("mac_only", "  mac_only_encrypted: \"true\"", "mac_only_encrypted");
        bad_key("encrypted_regex", "  encrypted_regex: [a]", "encrypted_regex");
        bad_key("version", "  version: 3.7", "version");
        bad_key("version", "  version: \"1.2.x\"", "version");
        bad_key("age", "  kms: x\n  age:", "kms");
        bad_key("age", "  kms: [x]\n  age:", "kms");
    }

    #[test]
    fn keys_of_other_services_are_named_and_left_alone() {
        let metadata =
            block("age:", "  pgp:\n    - fp: ABCD\n      enc: x\n  kms: null\n  age:").expect("reads");
        assert_eq!(metadata.recipients().collect::<Vec<_>>(), [A, "pgp ABCD"]);
    }

    #[test]
    fn versions_have_three_parts() {
        for version in ["4.0.0", "3.11.0+build.7", "3.11.0-rc.1"] {
            assert!(block("version", &format!("  version: {version}")).is_ok(), "{version}");
        }
    }

    #[test]
    fn the_time_that_the_mac_is_bound_to_has_no_fraction() {
        let aad =
            |text: &str| block("lastmodified", &format!("  lastmodified: {text}")).expect("reads").mac_aad;
        assert_eq!(aad("\"2026-11-25T12:00:00.75+02:00\""), "2026-11-25T12:00:00+02:00");
        assert_eq!(aad("2026-11-25T12:00:00Z"), "2026-11-25T12:00:00Z");
    }
}
