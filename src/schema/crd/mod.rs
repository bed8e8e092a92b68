//! CustomResourceDefinitions → table: those that the published modules carry, and the user's own. Only what a check or a
//! spec needs is kept; descriptions and `status` are not.

mod locate;
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

/// Why a file with CRDs can't be read. Lines are from 1, where one is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CrdError {
    /// The text is not YAML.
    #[error("it is no YAML: {message}")]
    Yaml {
        /// What the parser says.
        message: String,
        /// Where.
        line: Option<usize>,
    },
    /// No document of it defines a kind.
    #[error("it holds no CustomResourceDefinition")]
    Nothing,
    /// A definition without what every definition has.
    #[error("{kind}: {message}")]
    Definition {
        /// The kind, as far as it is known.
        kind: String,
        /// What is wrong.
        message: String,
        /// Where.
        line: Option<usize>,
    },
}

impl CrdError {
    /// The line at fault.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::Yaml { line, .. } | Self::Definition { line, .. } => *line,
            Self::Nothing => None,
        }
    }
}

/// What is wrong with a definition, and the way there from what holds it.
struct Wrong {
    message: String,
    way: Vec<String>,
}

impl Wrong {
    fn new(message: impl Into<String>, way: &[&str]) -> Self {
        Self { message: message.into(), way: way.iter().map(|step| (*step).to_owned()).collect() }
    }

    fn below(mut self, way: impl IntoIterator<Item = String>) -> Self {
        self.way.splice(0..0, way);
        self
    }
}

/// Reads all CRDs of a YAML text, also those in a `List`; objects of other kinds are passed over.
///
/// # Errors
/// A text that is no YAML, holds no CRD, or one that is none that an API server would take.
pub fn read(text: &str) -> Result<Crds, CrdError> {
    let (crds, broken) = read_good(text)?;
    broken.into_iter().next().map_or(Ok(crds), Err)
}

/// Reads all CRDs that an API server would take, and says of each other one why it would not.
///
/// # Errors
/// A text that is no YAML or holds no CRD.
pub fn read_good(text: &str) -> Result<(Crds, Vec<CrdError>), CrdError> {
    let mut crds = Crds::default();
    let mut broken = Vec::new();
    for (number, document) in documents(text)?.iter().enumerate() {
        let items = document["items"].as_array().filter(|_| document["kind"] == "List");
        let objects = match items {
            None => vec![(vec![number.to_string()], document)],
            Some(items) => {
                let way = |i: usize| vec![number.to_string(), "items".to_owned(), i.to_string()];
                items.iter().enumerate().map(|(i, item)| (way(i), item)).collect()
            }
        };
        for (way, object) in objects {
            if object["kind"] != "CustomResourceDefinition" {
                continue;
            }
            let before = (crds.table.kinds.len(), crds.table.others.len());
            if let Err(wrong) = definition(&mut crds, object) {
                crds.table.kinds.truncate(before.0);
                crds.table.others.truncate(before.1);
                let name = object["spec"]["names"]["kind"].as_str().unwrap_or("a definition");
                let Wrong { message, way } = wrong.below(way);
                let line = locate::line(text, options(), &way);
                broken.push(CrdError::Definition { kind: name.to_owned(), message, line });
            }
        }
    }
    if crds.table.kinds.is_empty() && broken.is_empty() {
        return Err(CrdError::Nothing);
    }
    Ok((crds, broken))
}

/// Written by tools for the API server, so the limits that guard against hostile YAML stay on and only the counts are raised:
/// Istio's own file has some 60,000 lines.
fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_nodes: 4_000_000,
            max_events: 8_000_000,
            max_total_scalar_bytes: 256 << 20,
        },
    }
}

fn documents(text: &str) -> Result<Vec<Value>, CrdError> {
    serde_saphyr::from_multiple_with_options(text, options()).map_err(|error| CrdError::Yaml {
        message: error.to_string().lines().next().unwrap_or_default().to_owned(),
        line: error.location().and_then(|at| usize::try_from(at.line()).ok()).filter(|line| *line > 0),
    })
}

fn definition(crds: &mut Crds, object: &Value) -> Result<(), Wrong> {
    if object["apiVersion"] != "apiextensions.k8s.io/v1" {
        let message = "its `apiVersion` must be `apiextensions.k8s.io/v1`, which every API server takes";
        return Err(Wrong::new(message, &["apiVersion"]));
    }
    let spec = &object["spec"];
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let name = text(&spec["names"]["kind"])
        .ok_or_else(|| Wrong::new("`spec.names.kind` is missing", &["spec", "names", "kind"]))?;
    let group =
        text(&spec["group"]).ok_or_else(|| Wrong::new("`spec.group` is missing", &["spec", "group"]))?;
    if crds.table.kind(&group, "", &name).is_some() {
        return Err(Wrong::new("the file defines it twice", &["spec", "names", "kind"]));
    }
    let namespaced = match spec["scope"].as_str() {
        Some("Namespaced") => true,
        Some("Cluster") => false,
        _ => {
            let message = "`spec.scope` must be `Namespaced` or `Cluster`";
            return Err(Wrong::new(message, &["spec", "scope"]));
        }
    };
    let schemas = schemas(spec);
    if schemas.is_empty() {
        return Err(Wrong::new("`spec.versions` has no version that is served", &["spec", "versions"]));
    }
    for Schema { versions, place, schema } in schemas {
        let mut reader = Reader::new(crds, &name);
        let way = ["spec", "versions", &place.to_string(), "schema", "openAPIV3Schema"].map(str::to_owned);
        let root = reader.root(schema).map_err(|wrong| wrong.below(way))?;
        crds.table.push(Kind {
            group: group.as_str().into(),
            name: name.as_str().into(),
            word: kebab(&name).into(),
            versions: versions.into_iter().map(Into::into).collect(),
            namespaced,
            root,
            releases: Vec::new(),
        });
    }
    Ok(())
}

/// Versions that share a schema, the one to write first.
struct Schema<'a> {
    versions: Vec<&'a str>,
    /// The place of the first of them among all versions.
    place: usize,
    schema: &'a Value,
}

/// The served versions, those with one schema together; first that of the version which Kubernetes prefers.
fn schemas(spec: &Value) -> Vec<Schema<'_>> {
    let versions = spec["versions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let served = versions.iter().enumerate().filter(|(_, version)| version["served"] == true);
    let mut served: Vec<Schema<'_>> = served
        .map(|(place, version)| Schema {
            versions: vec![version["name"].as_str().unwrap_or_default()],
            place,
            schema: &version["schema"]["openAPIV3Schema"],
        })
        .collect();
    served.sort_by_key(|one| Reverse(one.versions.first().map(|name| priority(name))));
    let mut found: Vec<Schema<'_>> = Vec::new();
    for one in served {
        match found.iter_mut().find(|other| same(one.schema, other.schema)) {
            Some(other) => other.versions.extend(one.versions),
            None => found.push(one),
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
