//! CustomResourceDefinitions → table: those that the published modules carry, and the user's own. Only what a check or a
//! spec needs is kept; descriptions and `status` are not.

mod shape;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::Value;

use self::shape::Reader;
use super::table::{Kind, RuleId, Table};
use super::word::kebab;

/// What a file with CRDs holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Crds {
    /// Kinds and types; each type stands once for every place that has it.
    pub table: Table,
    /// The texts of the rules that the table names.
    pub rules: BTreeMap<RuleId, String>,
}

/// Why a file with CRDs can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CrdError {
    /// The text is not YAML.
    #[error("it is no YAML: {0}")]
    Yaml(String),
    /// No document of it defines a kind.
    #[error("it holds no CustomResourceDefinition")]
    Nothing,
    /// A definition without what every definition has.
    #[error("{kind}: {message}")]
    Definition {
        /// The kind, as far as it is known.
        kind: String,
        /// What is wrong, with the path in the schema.
        message: String,
    },
}

/// Reads all CRDs of a YAML text; documents of other kinds are passed over.
///
/// # Errors
/// A text that is no YAML, holds no CRD, or one that is none that an API server would take.
pub fn read(text: &str) -> Result<Crds, CrdError> {
    let mut crds = Crds::default();
    for document in documents(text)? {
        if document["kind"] == "CustomResourceDefinition" {
            definition(&mut crds, &document["spec"])?;
        }
    }
    if crds.table.kinds.is_empty() {
        return Err(CrdError::Nothing);
    }
    Ok(crds)
}

/// Written by tools for the API server, so the limits that guard against hostile YAML stay on and only the counts are raised:
/// Istio's own file has some 60,000 lines.
fn documents(text: &str) -> Result<Vec<Value>, CrdError> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: 4_000_000,
            max_events: 8_000_000,
            max_total_scalar_bytes: 256 << 20,
        },
    };
    serde_saphyr::from_multiple_with_options(text, options)
        .map_err(|error| CrdError::Yaml(error.to_string().lines().next().unwrap_or_default().to_owned()))
}

fn definition(crds: &mut Crds, spec: &Value) -> Result<(), CrdError> {
    let name = spec["names"]["kind"].as_str().unwrap_or_default();
    let fail = |message: &str| CrdError::Definition {
        kind: if name.is_empty() { "a definition" } else { name }.to_owned(),
        message: message.to_owned(),
    };
    let group = spec["group"].as_str().unwrap_or_default();
    if name.is_empty() || group.is_empty() {
        return Err(fail("a group or a kind's name is missing"));
    }
    let namespaced = match spec["scope"].as_str() {
        Some("Namespaced") => true,
        Some("Cluster") => false,
        _ => return Err(fail("the scope is neither Namespaced nor Cluster")),
    };
    for (versions, schema) in schemas(spec) {
        let mut reader = Reader::new(crds, name);
        let root = reader.root(schema).map_err(|message| fail(&message))?;
        crds.table.kinds.push(Kind {
            group: group.into(),
            name: name.into(),
            word: kebab(name).into(),
            versions: versions.into_iter().map(Into::into).collect(),
            namespaced,
            root,
            releases: Vec::new(),
        });
    }
    Ok(())
}

/// The served versions, the one to write first, those with one schema together.
fn schemas(spec: &Value) -> Vec<(Vec<&str>, &Value)> {
    let versions = spec["versions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let served = versions.iter().filter(|version| version["served"] == true);
    let mut served: Vec<(&str, &Value)> = served
        .map(|version| (version["name"].as_str().unwrap_or_default(), &version["schema"]["openAPIV3Schema"]))
        .collect();
    served.sort_by_key(|(name, _)| Reverse(priority(name)));
    let mut found: Vec<(Vec<&str>, &Value)> = Vec::new();
    for (name, schema) in served {
        match found.iter_mut().find(|(_, other)| same(schema, other)) {
            Some((names, _)) => names.push(name),
            None => found.push((vec![name], schema)),
        }
    }
    found
}

/// Whether two schemas say the same, whatever their descriptions and their `status`.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let counts = |(key, value): &(&String, &Value)| {
                !(*key == "description" && value.is_string()) && *key != "status"
            };
            a.iter().filter(counts).count() == b.iter().filter(counts).count()
                && a.iter().filter(counts).all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        _ => a == b,
    }
}

/// Kubernetes' order of versions: `v2`, `v1`, `v1beta1`, `v1alpha3`, then the rest.
fn priority(name: &str) -> (u8, u32, u32) {
    let numbers = |text: &str, stage: &str| {
        let (major, minor) = text.split_once(stage)?;
        Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))
    };
    let Some(rest) = name.strip_prefix('v') else { return (0, 0, 0) };
    if let Ok(major) = rest.parse() {
        return (3, major, 0);
    }
    match (numbers(rest, "beta"), numbers(rest, "alpha")) {
        (Some((major, minor)), _) => (2, major, minor),
        (_, Some((major, minor))) => (1, major, minor),
        _ => (0, 0, 0),
    }
}
