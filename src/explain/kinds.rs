//! Kinds and their fields, explained from the schema's table.

use serde_json::{Value, json};

use super::apart::Apart;
use super::entry::{Entry, Line};
use super::shape::{At, choices, only, pattern, plain};
use super::{prose, sample};
use crate::diag::suggest::list;
use crate::schema::conform::Conform;
use crate::schema::overlay::{Deprecation, Role, deprecated_value, deprecation};
use crate::schema::table::{Choice, RuleId};
use crate::schema::{Field, Form, ISTIO, Kind, Shape, Table, Type, Version, built_in, cel};
use crate::spec::node::{SPEC_FILE, beside, with_article};

/// How a kind is asked for: its word, with the group where two groups have it.
pub(super) fn kind_name(table: &Table, kind: &Kind) -> String {
    match table.kinds_by_word(&kind.word).count() {
        1 => kind.word.to_string(),
        _ => format!("{}/{}", kind.group, kind.word),
    }
}

/// How a field is asked for. `spec` is left out, as in a spec, unless another field would be meant.
pub(super) fn field_name(table: &Table, kind: &Kind, way: &[&Field]) -> String {
    let root = table.ty(kind.root);
    let (top, rest) = match way {
        [top, next, ..] if &*top.name == "spec" && root.by_word(&next.word).is_none() => (None, &way[1..]),
        [top, rest @ ..] => (Some(top), rest),
        [] => (None, way),
    };
    let words = top.into_iter().chain(rest).map(|field| format!(".{}", field.word));
    kind_name(table, kind) + &words.collect::<String>()
}

/// Where a field lies in the manifest: `VirtualService spec.http[].retries`.
pub(super) fn place(kind: &Kind, way: &[&Field]) -> String {
    let mut text = inside(kind, way);
    if let Some(last) = way.last() {
        let mut own = String::new();
        steps(&last.shape, &mut own);
        text.truncate(text.len() - own.len());
    }
    text
}

/// Where the fields of a field lie: in a list in each of its items, `VirtualService spec.http[]`.
pub(super) fn inside(kind: &Kind, way: &[&Field]) -> String {
    let mut text = kind.name.to_string();
    for (i, field) in way.iter().enumerate() {
        text.push(if i == 0 { ' ' } else { '.' });
        text.push_str(&field.name);
        steps(&field.shape, &mut text);
    }
    text
}

fn steps(shape: &Shape, text: &mut String) {
    match &shape.form {
        Form::List(list) => {
            text.push_str("[]");
            steps(&list.item, text);
        }
        Form::Map(map) => {
            text.push_str(".*");
            steps(&map.value, text);
        }
        _ => {}
    }
}

/// A kind.
pub(super) fn kind(table: &Table, kind: &Kind) -> Entry {
    let mut entry = Entry {
        name: kind_name(table, kind),
        sort: "kind",
        doc: prose::of(kind, &[]).unwrap_or_default().to_owned(),
        ..Entry::default()
    };
    let group = if kind.group.is_empty() { String::new() } else { format!(" of {}", kind.group) };
    entry.fact("manifest", "in the manifest", format!("kind {}{group}", kind.name));
    versions(&mut entry, table, kind);
    let lives = if kind.namespaced { "in a namespace" } else { "in no namespace" };
    entry.fact_of("namespaced", "lives", json!(kind.namespaced), lives.to_owned());
    let written = sample::written(table, kind, &[]);
    entry.fact("written", "written", written.as_deref().unwrap_or(NO_SECRET));
    let root = table.ty(kind.root);
    let spec = root.field("spec");
    let mut tops = Vec::new();
    for field in root.fields.iter().filter(|field| !matches!(&*field.name, "apiVersion" | "kind")) {
        match table.object(&field.shape) {
            Some(inner) if &*field.name == "spec" => {
                entry.group("fields", children(table, kind, &[field], inner));
                entry.notes.extend(Apart::of(kind, &[field], inner).notes(inner));
                entry.notes.extend(kept(inner));
            }
            _ => tops.push(line(table, kind, &[field])),
        }
    }
    entry.group(if spec.is_some() { "beside spec" } else { "fields" }, tops);
    if let Some(node) = as_resource(table, kind) {
        entry.notes.push(format!(
            "`{}` alone is {}, so a spec writes `{node}`.",
            kind.word,
            if SPEC_FILE.item(&kind.word).is_some() { "a word of its own" } else { "a kind of two groups" },
        ));
    }
    entry
}

/// The versions that a spec can say, and those of them that have other fields than the page.
fn versions(entry: &mut Entry, table: &Table, kind: &Kind) {
    let quoted = |apis: &mut dyn Iterator<Item = String>| apis.map(|api| format!("`{api}`")).collect();
    let others: Vec<String> = quoted(&mut table.api_versions(kind).into_iter().skip(1));
    let also = match others.as_slice() {
        [] => String::new(),
        others => format!(", unless `api=\"…\"` says {}", list(others, "or")),
    };
    let all: Vec<&str> =
        table.schemas(kind).flat_map(|kind| kind.versions.iter().map(|name| &**name)).collect();
    let first = kind.api_version();
    entry.fact_of("apiVersions", "apiVersion", json!(all), format!("{first}{also}"));
    let apart: Vec<String> = quoted(&mut table.schemas(kind).skip(1).flat_map(Kind::api_versions));
    if !apart.is_empty() {
        let apart = list(&apart, "and");
        entry.notes.push(format!("The fields are those of `{first}`; {apart} may have others."));
    }
}

/// What is said of an object whose other fields the API server keeps.
fn kept(ty: &Type) -> Option<String> {
    ty.open.then(|| "It keeps fields of any other name, written as manifests have them.".to_owned())
}

/// What stands in place of an example.
const NO_SECRET: &str = "by Gatewright alone, which makes and seals those of hosts, authorities and clients; a spec holds none,\n\
                         and says labels and annotations of a host's by the door `secret { metadata { … } }`";

pub(super) fn is_secret(kind: &Kind) -> bool {
    kind.group.is_empty() && &*kind.name == "Secret"
}

/// How an object is written whose kind has no node of its own: a word of ours, or a kind of another group, has its name.
pub(super) fn as_resource(table: &Table, kind: &Kind) -> Option<String> {
    let is_taken = table.kinds_by_word(&kind.word).count() > 1 || SPEC_FILE.item(&kind.word).is_some();
    let node = || format!("resource \"{}\" \"…\" api=\"{}\"", kind.name, kind.api_version());
    (is_taken && !is_secret(kind)).then(node)
}

/// A field.
pub(super) fn field(table: &Table, kind: &Kind, way: &[&Field]) -> Option<Entry> {
    let last = *way.last()?;
    let names: Vec<&str> = way.iter().map(|field| &*field.name).collect();
    // What a wrapper wraps is what its value must be.
    let wrapped = table.object(last.shape.innermost()).and_then(Type::wrapped);
    let mut value_names = names.clone();
    value_names.extend(wrapped.map(|inner| &*inner.name));
    let value = wrapped.map_or(&last.shape, |inner| &inner.shape);
    let at = At { table, kind, way: &value_names, lists_words: false };
    let mut entry = Entry {
        name: field_name(table, kind, way),
        sort: "field",
        doc: prose::of(kind, &names).unwrap_or_default().to_owned(),
        ..Entry::default()
    };
    entry.fact("manifest", "in the manifest", place(kind, way));
    entry.fact("type", "type", at.long(&last.shape));
    entry.fact("is", "it is", at.role(value).and_then(said_role).unwrap_or_default());
    let holders = beside::holders(table, kind, &names);
    let text = list(&holders, "and");
    entry.fact_of("standsIn", "also in", json!(holders), text);
    let words = choices(value);
    if !words.is_empty() {
        values(&mut entry, kind, &value_names, words);
    }
    if !only(value).is_empty() {
        let text = only(value).iter().map(plain).collect::<Vec<_>>().join(", ");
        let each =
            only(value).iter().map(|value| json!({ "value": value, "since": null, "deprecated": null }));
        entry.fact_of("values", "one of", each.collect(), text);
    }
    entry.fact("pattern", "matches", pattern(value).unwrap_or_default());
    let mut asked = asked(table, &last.shape);
    if !std::ptr::eq(value, &last.shape) {
        asked.extend(self::asked(table, value));
    }
    entry.fact_of("asked", "also asked", json!(asked), asked.join("\n"));
    presence(&mut entry, way, last);
    let beside = excluded(table, kind, way);
    if !beside.is_empty() {
        let quoted: Vec<String> = beside.iter().map(|word| format!("`{word}`")).collect();
        entry.fact_of("notBeside", "not beside", json!(beside), list(&quoted, "or"));
    }
    if let Some(since) = last.since {
        entry.fact_of("since", "since", json!(since.to_string()), release(kind, since));
    }
    if let Some(old) = deprecation(&kind.group, &kind.name, names.iter().copied()) {
        let word = successor(table, kind, way, old);
        entry.fact_of(
            "deprecated",
            "deprecated",
            json!(word.as_deref().unwrap_or_default()),
            instead(word, old),
        );
    }
    example(&mut entry, table, kind, way);
    if let Some(inner) = table.object(last.shape.innermost()) {
        entry.group("fields", children(table, kind, way, inner));
        entry.notes.extend(Apart::of(kind, way, inner).notes(inner));
        entry.notes.extend(kept(inner));
    }
    Some(entry)
}

/// How it is written, and why that is refused where nothing takes it.
fn example(entry: &mut Entry, table: &Table, kind: &Kind, way: &[&Field]) {
    if is_nowhere(kind, way) {
        let article = with_article(&kind.name);
        entry.fact("refused", "is refused", format!("{article} lives in no namespace"));
        return;
    }
    let written = sample::written(table, kind, way);
    entry.fact("written", "written", written.as_deref().unwrap_or(NO_SECRET));
    // What a user's own schema takes can't be told from a sample.
    let is_built_in = built_in().kind(&kind.group, "", &kind.name).is_some();
    let newest = ISTIO.iter().copied().max().filter(|_| is_built_in);
    let refused = newest.and_then(|newest| sample::refused(&Conform::new(table, newest), kind, way));
    entry.fact("refused", "is refused", refused.unwrap_or_default());
}

/// Whether a field must be there, may be null, and what stands in its place where it is not said.
fn presence(entry: &mut Entry, way: &[&Field], last: &Field) {
    if is_required(way) {
        entry.fact_of("required", "required", Value::Bool(true), "yes".to_owned());
    }
    if last.shape.nullable {
        entry.fact_of("nullable", "null", Value::Bool(true), "may be `#null`".to_owned());
    }
    if let Some(default) = last.default.as_deref() {
        let value = serde_json::from_str(default).unwrap_or(Value::Null);
        entry.fact_of("serverDefault", "default", value, format!("{default}, put in by the API server"));
    }
}

/// What is asked of a value that nothing else on the page says: by schemas of the user's own, and by rules that only the API
/// server checks.
fn asked(table: &Table, shape: &Shape) -> Vec<String> {
    let known = |rule: &&RuleId| !cel::is_ported(**rule);
    let text = |rule: &RuleId| match table.asked(*rule) {
        Some(asked) => cel::Asked::of(asked).text(),
        None => "a rule in CEL that only the API server checks".to_owned(),
    };
    let multiple = |shape: &Shape| shape.multiple.map(|multiple| format!("must be a multiple of {multiple}"));
    let mut found: Vec<String> = shape.rules.iter().filter(known).map(text).chain(multiple(shape)).collect();
    if !std::ptr::eq(shape, shape.innermost()) {
        let inner = shape.innermost().rules.iter().filter(known);
        let inner = inner.map(text).chain(multiple(shape.innermost()));
        found.extend(inner.map(|asked| format!("each: {asked}")));
    }
    found.dedup();
    found
}

fn values(entry: &mut Entry, kind: &Kind, way: &[&str], words: &[Choice]) {
    let old = |choice: &Choice| deprecated_value(&kind.group, &kind.name, way.iter().copied(), &choice.value);
    let text = words.iter().map(|choice| {
        let mut notes = Vec::new();
        notes.extend(choice.since.map(|since| format!("since {}", release(kind, since))));
        notes.extend(old(choice).map(|old| format!("deprecated: {}", old.successor)));
        match notes.as_slice() {
            [] => choice.value.to_string(),
            notes => format!("{} ({})", choice.value, notes.join("; ")),
        }
    });
    let text: Vec<String> = text.collect();
    let value = words.iter().map(|choice| {
        json!({
            "value": choice.value,
            "since": choice.since.map(|since| since.to_string()),
            "deprecated": old(choice).map(|old| old.successor),
        })
    });
    entry.fact_of("values", "one of", value.collect(), text.join(", "));
}

/// Whether a field must be said. The metadata of an object begins on its node's line.
fn is_required(way: &[&Field]) -> bool {
    match way {
        [top] => top.required && &*top.name != "metadata",
        way => way.last().is_some_and(|field| field.required),
    }
}

/// The words of the fields that may not stand beside one.
fn excluded(table: &Table, kind: &Kind, way: &[&Field]) -> Vec<String> {
    let Some((last, outer)) = way.split_last() else { return Vec::new() };
    let parent = match outer.last() {
        Some(field) => table.object(field.shape.innermost()),
        None => Some(table.ty(kind.root)),
    };
    let Some(parent) = parent else { return Vec::new() };
    let others = Apart::of(kind, outer, parent).beside(&last.name);
    others.into_iter().filter_map(|name| parent.field(name)).map(|field| field.word.to_string()).collect()
}

/// A line for each of some fields of an object.
pub(super) fn lines<'t>(
    table: &'t Table,
    kind: &'t Kind,
    way: &[&'t Field],
    fields: &[&'t Field],
) -> Vec<Line> {
    let mut way: Vec<&Field> = way.to_vec();
    let mut lines = Vec::new();
    for field in fields {
        way.push(field);
        lines.push(line(table, kind, &way));
        way.pop();
    }
    lines
}

fn children(table: &Table, kind: &Kind, way: &[&Field], ty: &Type) -> Vec<Line> {
    let stands = |field: &&Field| !is_nowhere(kind, &[way, &[*field]].concat());
    lines(table, kind, way, &ty.fields.iter().filter(stands).collect::<Vec<_>>())
}

/// Whether a way leads to the namespace of what lives in none.
fn is_nowhere(kind: &Kind, way: &[&Field]) -> bool {
    !kind.namespaced && way.iter().map(|field| &*field.name).eq(["metadata", "namespace"])
}

fn line(table: &Table, kind: &Kind, way: &[&Field]) -> Line {
    let Some(last) = way.last() else { return Line::default() };
    let names: Vec<&str> = way.iter().map(|field| &*field.name).collect();
    let mut marks = Vec::new();
    // The others are on the field's own page.
    if let Some(default) = last.default.as_deref().filter(|_| last.shape.form.is_scalar()) {
        marks.push(format!("the server's default {default}"));
    }
    if let Some(since) = last.since {
        marks.push(format!("since {}", release(kind, since)));
    }
    if let Some(old) = deprecation(&kind.group, &kind.name, names.iter().copied()) {
        marks.push(format!("deprecated: {}", instead(successor(table, kind, way, old), old)));
    }
    Line {
        word: last.word.to_string(),
        usage: String::new(),
        holds: At { table, kind, way: &names, lists_words: true }.short(&last.shape),
        doc: prose::of(kind, &names).unwrap_or_default().to_owned(),
        required: is_required(way),
        marks,
    }
}

/// The word of what takes a field's place.
fn successor(table: &Table, kind: &Kind, way: &[&Field], old: &Deprecation) -> Option<String> {
    let parent = match way {
        [.., parent, _] => table.object(parent.shape.innermost())?,
        _ => table.ty(kind.root),
    };
    parent.field(old.successor).map(|field| field.word.to_string())
}

fn instead(word: Option<String>, old: &Deprecation) -> String {
    let word = word.map(|word| format!("say `{word}`"));
    let note = Some(old.note.to_owned()).filter(|note| !note.is_empty());
    word.into_iter().chain(note).collect::<Vec<_>>().join("; ")
}

fn release(kind: &Kind, version: Version) -> String {
    if kind.group.ends_with("istio.io") { format!("Istio {version}") } else { version.to_string() }
}

/// What a string names, in words.
fn said_role(role: Role) -> Option<&'static str> {
    let said = match role {
        // The type says so.
        Role::Duration | Role::Port => return None,
        Role::Service => "a service: a short name, name.namespace, or a full name",
        Role::Host => "a host name that clients ask for; may begin with `*.`",
        Role::Gateway => "a Gateway, as namespace/name; or `mesh`",
        Role::Subset => "a subset that a DestinationRule declares",
        Role::Secret => "a Secret in the namespace of the pods that use it",
    };
    Some(said)
}
