//! What somebody asks for: `host.tls`, `virtual-service.http`, `VirtualService.spec.http`.

use super::entry::Entry;
use super::words::Found;
use super::{beside, kinds, words};
use crate::diag::suggest::{list, meant};
use crate::schema::{Field, Form, Kind, Table, Type, TypeId};
use crate::spec::node::{Item, PROJECT_FILE, SPEC_FILE, Word};

/// How many places of a field a message names.
const PLACES: usize = 3;
/// How deep a field is looked for.
const DEEPEST: usize = 8;

/// Something that nothing is called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unknown {
    message: String,
}

/// Explains a word of ours, a kind, or a part of either; where several are called so, all of them, ours first.
///
/// # Errors
/// [`Unknown`], with what was likely meant.
pub fn explain(table: &Table, asked: &str) -> Result<Vec<Entry>, Unknown> {
    let asked = Asked::of(asked)?;
    let mut misses = Vec::new();
    let mut entries = if asked.group.is_empty() { ours(table, &asked, &mut misses) } else { Vec::new() };
    for kind in asked.kinds(table) {
        match resolve(table, kind, table.ty(kind.root), Vec::new(), &asked.rest) {
            Ok(way) if way.is_empty() => entries.push(kinds::kind(table, kind)),
            Ok(way) => entries.extend(kinds::field(table, kind, &way)),
            Err(miss) => misses.push(miss),
        }
    }
    if entries.is_empty() && misses.is_empty() && asked.group.is_empty() && asked.rest.is_empty() {
        entries = properties(asked.first);
    }
    if entries.is_empty() { Err(asked.unknown(table, misses)) } else { Ok(entries) }
}

/// What `explain` can be asked for without a dot, for completions: our words and the kinds, sorted.
#[must_use]
pub fn names(table: &Table) -> Vec<&str> {
    let ours = words::all().into_iter().map(|found| found.word.name);
    let mut names: Vec<&str> = ours.chain(table.kinds().iter().map(|kind| &*kind.word)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A question, taken apart.
struct Asked<'a> {
    /// An API group, as far as it was said.
    group: &'a str,
    first: &'a str,
    rest: Vec<&'a str>,
}

/// A part that is not there.
struct Miss<'a> {
    /// In what.
    outer: String,
    written: &'a str,
    /// What is there.
    there: Vec<String>,
}

impl<'a> Asked<'a> {
    fn of(text: &'a str) -> Result<Self, Unknown> {
        // `networking.istio.io/v1/Gateway.spec`: the version says nothing that the kind does not.
        let (group, way) = text.rsplit_once('/').unwrap_or(("", text));
        let group = group.split('/').next().unwrap_or_default();
        let mut parts = way.split('.').map(|part| part.split('[').next().unwrap_or_default());
        let first = parts.next().unwrap_or_default();
        let rest: Vec<&str> = parts.collect();
        if first.is_empty() || rest.iter().any(|part| part.is_empty()) {
            let message =
                format!("`{text}` is no word with parts behind dots, such as `virtual-service.http.retries`");
            return Err(Unknown { message });
        }
        Ok(Self { group, first, rest })
    }

    fn kinds<'t>(&'a self, table: &'t Table) -> impl Iterator<Item = &'t Kind> + use<'a, 't> {
        let called = |kind: &&Kind| *kind.word == *self.first || kind.name.eq_ignore_ascii_case(self.first);
        let of_group = |kind: &&Kind| self.group.is_empty() || *kind.group == *self.group;
        table.kinds().iter().filter(called).filter(of_group)
    }

    fn unknown(&self, table: &Table, misses: Vec<Miss<'_>>) -> Unknown {
        // The way that came farthest is the one that was meant.
        if let Some(Miss { outer, written, there }) =
            misses.into_iter().max_by_key(|miss| miss.outer.matches('.').count())
        {
            let names: Vec<&str> = there.iter().map(String::as_str).collect();
            let hint = match meant(written, &names) {
                Some(near) => format!("did you mean `{outer}.{near}`?"),
                None if there.is_empty() => "it has no parts".to_owned(),
                None => format!("`gatewright explain {outer}` lists what it has"),
            };
            return Unknown { message: format!("`{outer}` has no `{written}`; {hint}") };
        }
        let hint = match (places(table, self.first).as_slice(), meant(self.first, &names(table))) {
            (_, Some(near)) => format!("did you mean `{near}`?"),
            ([], None) => "`gatewright explain` lists all that there are".to_owned(),
            (places, None) => {
                let shown: Vec<String> =
                    places.iter().take(PLACES).map(|place| format!("`{place}`")).collect();
                let more = if places.len() > PLACES { ", among others" } else { "" };
                format!("it is a field: {}{more}", list(&shown, "or"))
            }
        };
        Unknown { message: format!("no word or kind is called `{}`; {hint}", self.first) }
    }
}

/// Entries of our own words.
fn ours<'a>(table: &Table, asked: &Asked<'a>, misses: &mut Vec<Miss<'a>>) -> Vec<Entry> {
    let mut entries = Vec::new();
    let all = words::all();
    'words: for start in all.iter().filter(|found| found.word.name == asked.first) {
        let mut here = start.clone();
        for (i, part) in asked.rest.iter().enumerate() {
            let Some(item) = here.word.item(part) else {
                match in_schema(table, here.word, &asked.rest[i..]) {
                    Some(entry) => entries.push(entry),
                    None => {
                        misses.push(Miss { outer: here.name, written: part, there: parts(table, here.word) })
                    }
                }
                continue 'words;
            };
            match item.word() {
                Some(word) => here = Found { word, name: format!("{}.{}", here.name, word.name) },
                None if i + 1 == asked.rest.len() => {
                    entries.push(words::property(Some(&here), item));
                    continue 'words;
                }
                None => {
                    let outer = format!("{}.{part}", here.name);
                    misses.push(Miss { outer, written: asked.rest[i + 1], there: Vec::new() });
                    continue 'words;
                }
            }
        }
        entries.push(words::word(table, &here));
    }
    entries
}

/// A schema's field that may stand in a word of ours.
fn in_schema(table: &Table, word: &Word, rest: &[&str]) -> Option<Entry> {
    beside::of(table, word).into_iter().find_map(|beside| {
        let ty = table.object(beside.way.last()?.shape.innermost())?;
        let way = below(table, beside.kind, ty, beside.way, rest).ok()?;
        kinds::field(table, beside.kind, &way)
    })
}

/// What stands in a word of ours, its own parts and a schema's.
fn parts(table: &Table, word: &Word) -> Vec<String> {
    let mut parts: Vec<String> = word.items().map(|item| item.name.to_owned()).collect();
    for beside in beside::of(table, word) {
        let ty = beside.way.last().and_then(|last| table.object(last.shape.innermost()));
        parts.extend(ty.into_iter().flat_map(|ty| &ty.fields).map(|field| field.word.to_string()));
    }
    parts
}

/// The fields that a way names, from a kind's top. `spec` may be left out, unless another field is called so.
fn resolve<'t, 'a>(
    table: &'t Table,
    kind: &'t Kind,
    root: &'t Type,
    mut way: Vec<&'t Field>,
    rest: &[&'a str],
) -> Result<Vec<&'t Field>, Miss<'a>> {
    let Some(first) = rest.first() else { return Ok(way) };
    let spec = root.field("spec");
    match (named(root, first), spec.and_then(|spec| table.object(spec.shape.innermost()))) {
        (None, Some(ty)) => {
            way.extend(spec);
            below(table, kind, ty, way, rest)
        }
        _ => below(table, kind, root, way, rest),
    }
}

/// The fields that a way names, from a type on.
fn below<'t, 'a>(
    table: &'t Table,
    kind: &'t Kind,
    ty: &'t Type,
    mut way: Vec<&'t Field>,
    rest: &[&'a str],
) -> Result<Vec<&'t Field>, Miss<'a>> {
    let mut ty = Some(ty);
    for part in rest {
        let Some(field) = ty.and_then(|ty| named(ty, part)) else {
            let there = ty.into_iter().flat_map(|ty| &ty.fields).map(|field| field.word.to_string());
            let there = there.collect();
            return Err(Miss { outer: kinds::field_name(table, kind, &way), written: part, there });
        };
        ty = table.object(field.shape.innermost());
        way.push(field);
    }
    Ok(way)
}

/// A field by its word or its exact name.
fn named<'t>(ty: &'t Type, name: &str) -> Option<&'t Field> {
    ty.by_word(name).or_else(|| ty.field(name))
}

/// Properties of that name in any of our words.
fn properties(name: &str) -> Vec<Entry> {
    let mut seen: Vec<&'static Item> = Vec::new();
    let mut entries = Vec::new();
    let all = words::all();
    let files = [&SPEC_FILE, &PROJECT_FILE].into_iter().map(|file: &'static Word| (file, None));
    for (word, found) in files.chain(all.iter().map(|found| (found.word, Some(found)))) {
        let Some(item) = word.item(name).filter(|item| !seen.iter().any(|other| std::ptr::eq(*other, *item)))
        else {
            continue;
        };
        seen.push(item);
        entries.push(words::property(found, item));
    }
    entries
}

/// Where a field of that name is, the shortest ways first.
fn places(table: &Table, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for kind in table.kinds() {
        search(table, kind, kind.root, name, &mut Vec::new(), &mut vec![kind.root], &mut found);
    }
    found.sort_by_key(|(depth, _): &(usize, String)| *depth);
    found.into_iter().map(|(_, name)| name).collect()
}

fn search<'t>(
    table: &'t Table,
    kind: &Kind,
    id: TypeId,
    name: &str,
    way: &mut Vec<&'t Field>,
    open: &mut Vec<TypeId>,
    found: &mut Vec<(usize, String)>,
) {
    for field in &table.ty(id).fields {
        way.push(field);
        if *field.word == *name || *field.name == *name {
            found.push((way.len(), kinds::field_name(table, kind, way)));
        }
        if let Form::Object(inner) = field.shape.innermost().form
            && !open.contains(&inner)
            && way.len() < DEEPEST
        {
            open.push(inner);
            search(table, kind, inner, name, way, open, found);
            open.pop();
        }
        way.pop();
    }
}
