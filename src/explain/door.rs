//! A schema's field where a word of ours holds it.

use serde_json::json;

use super::entry::{Entry, Fact};
use super::kinds;
use crate::schema::{Field, Kind, Table};

/// A field that is said in a word of ours, by that word: what is asked for as `name`, and an example of it.
pub(super) fn field_in(
    table: &Table,
    kind: &Kind,
    way: &[&Field],
    name: String,
    written: Option<String>,
) -> Option<Entry> {
    let mut entry = kinds::field(table, kind, way)?;
    let by_kind = std::mem::replace(&mut entry.name, name);
    let places = entry.facts.iter().position(|fact| fact.key == "manifest").map_or(0, |at| at + 1);
    let text = format!("`{by_kind}`");
    entry.facts.insert(places, Fact { key: "byKind", label: "by its kind", value: json!(by_kind), text });
    for fact in &mut entry.facts {
        match (fact.key, &written) {
            ("standsIn", _) => fact.label = "stands in",
            ("written", Some(text)) => {
                fact.value = json!(text);
                fact.text.clone_from(text);
            }
            _ => {}
        }
    }
    match way {
        [metadata, name] if &*metadata.name == "metadata" && is_identity(&name.name) => {
            entry.facts.retain(|fact| fact.key != "written");
            entry.fact("refused", "is refused", "a door has it from the node around it");
        }
        [metadata] if &*metadata.name == "metadata" => {
            entry.groups.iter_mut().for_each(|group| group.lines.retain(|line| !is_identity(&line.word)));
        }
        _ => {}
    }
    Some(entry)
}

/// What says which object it is: in a word of ours its own line, or the node around it, says that.
fn is_identity(name: &str) -> bool {
    matches!(name, "name" | "namespace")
}
