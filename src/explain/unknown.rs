//! What nothing is called: what was likely meant instead.

use super::find::names;
use super::kinds;
use crate::diag::suggest::{list, meant};
use crate::schema::{Kind, Table};

/// How many places of a field a message names.
const PLACES: usize = 3;

/// Something that nothing is called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unknown {
    message: String,
}

impl Unknown {
    pub(super) fn new(message: String) -> Self {
        Self { message }
    }
}

/// A part that is not there.
pub(super) struct Miss<'t, 'a> {
    /// The kind that was looked through.
    pub(super) kind: Option<&'t Kind>,
    /// How many parts before it are there.
    pub(super) depth: usize,
    /// In what.
    pub(super) outer: String,
    pub(super) written: &'a str,
    /// What is there.
    pub(super) there: Vec<String>,
}

/// Nothing that was found is called so.
pub(super) fn nothing(table: &Table, group: &str, first: &str, misses: &[Miss<'_, '_>]) -> Unknown {
    // The way that came farthest is the one that was meant, and of those one that leads on.
    let hinted = misses.iter().map(|miss| (miss, miss.meant(table)));
    if let Some((miss, meant)) = hinted.max_by_key(|(miss, meant)| (miss.depth, meant.is_some())) {
        let hint = match meant {
            Some(place) => format!("did you mean `{place}`?"),
            None if miss.there.is_empty() => "it has no parts".to_owned(),
            None => format!("`gatewright explain {}` lists what it has", miss.outer),
        };
        return Unknown { message: format!("`{}` has no `{}`; {hint}", miss.outer, miss.written) };
    }
    if group.is_empty() {
        let hint = elsewhere(table, first);
        return Unknown { message: format!("no word or kind is called `{first}`; {hint}") };
    }
    let same =
        table.kinds().iter().filter(|kind| kind.name.eq_ignore_ascii_case(first) || *kind.word == *first);
    let same: Vec<String> = same.map(|kind| format!("`{}/{}`", kind.group, kind.word)).collect();
    let hint = match same.as_slice() {
        [] => LISTS.to_owned(),
        same => format!("there is {}", list(same, "or")),
    };
    Unknown { message: format!("no kind of `{group}` is called `{first}`; {hint}") }
}

const LISTS: &str = "`gatewright explain` lists all that there are";

impl Miss<'_, '_> {
    /// What was likely meant: the same name deeper down, one that is much like it here, or deeper down.
    fn meant(&self, table: &Table) -> Option<String> {
        let here: Vec<&str> = self.there.iter().map(String::as_str).collect();
        let near = || meant(self.written, &here).map(|near| format!("{}.{near}", self.outer));
        let deeper = |name: &str| places(table, self.kind, name).into_iter().next();
        let like = || {
            let mut words: Vec<&str> = Vec::new();
            if let Some(kind) = self.kind {
                table.each_way(kind.root, &mut |way| {
                    words.extend(way.last().map(|field| &*field.word));
                    true
                });
            }
            words.sort_unstable();
            words.dedup();
            meant(self.written, &words).and_then(deeper)
        };
        deeper(self.written).or_else(near).or_else(like)
    }
}

/// What was likely meant by a first word: one that is much like it, or a field of that name.
fn elsewhere(table: &Table, first: &str) -> String {
    let names = names(table);
    let words: Vec<&str> = names.iter().map(String::as_str).filter(|name| !name.contains('/')).collect();
    if let Some(near) = meant(first, &words) {
        return format!("did you mean `{near}`?");
    }
    let places = places(table, table.kinds(), first);
    if places.is_empty() {
        return LISTS.to_owned();
    }
    let shown: Vec<String> = places.iter().take(PLACES).map(|place| format!("`{place}`")).collect();
    let more = if places.len() > PLACES { ", among others" } else { "" };
    format!("it is a field: {}{more}", list(&shown, "or"))
}

/// Where some kinds have a field of that name, the shortest ways first, and Istio's before others.
pub(super) fn places<'t>(
    table: &'t Table,
    kinds: impl IntoIterator<Item = &'t Kind>,
    name: &str,
) -> Vec<String> {
    let mut found = Vec::new();
    for kind in kinds {
        let is_other = !kind.group.ends_with("istio.io");
        table.each_way(kind.root, &mut |way| {
            if way.last().is_some_and(|field| *field.word == *name || *field.name == *name) {
                found.push(((way.len(), is_other), kinds::field_name(table, kind, way)));
            }
            true
        });
    }
    found.sort_by_key(|(order, _)| *order);
    found.into_iter().map(|(_, name)| name).collect()
}
