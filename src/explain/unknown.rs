//! What nothing is called: what was likely meant instead.

use super::find::names;
use super::kinds;
use crate::diag::suggest::{list, meant};
use crate::schema::{Field, Form, Kind, Table, TypeId};

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

impl Unknown {
    pub(super) fn new(message: String) -> Self {
        Self { message }
    }
}

/// A part that is not there.
pub(super) struct Miss<'t, 'a> {
    /// The kind that was looked through.
    pub(super) kind: Option<&'t Kind>,
    /// In what.
    pub(super) outer: String,
    pub(super) written: &'a str,
    /// What is there.
    pub(super) there: Vec<String>,
}

/// Nothing that was found is called so.
pub(super) fn nothing(table: &Table, group: &str, first: &str, misses: Vec<Miss<'_, '_>>) -> Unknown {
    // The way that came farthest is the one that was meant.
    let farthest = misses.into_iter().max_by_key(|miss| miss.outer.matches('.').count());
    if let Some(Miss { kind, outer, written, there }) = farthest {
        let names: Vec<&str> = there.iter().map(String::as_str).collect();
        let deeper = places(table, kind, written);
        let hint = match (deeper.first(), meant(written, &names)) {
            (Some(place), _) => format!("did you mean `{place}`?"),
            (None, Some(near)) => format!("did you mean `{outer}.{near}`?"),
            (None, None) if there.is_empty() => "it has no parts".to_owned(),
            (None, None) => format!("`gatewright explain {outer}` lists what it has"),
        };
        return Unknown { message: format!("`{outer}` has no `{written}`; {hint}") };
    }
    let places = places(table, table.kinds(), first);
    let hint = match (meant(first, &names(table)), places.as_slice()) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, []) => "`gatewright explain` lists all that there are".to_owned(),
        (None, places) => {
            let shown: Vec<String> = places.iter().take(PLACES).map(|place| format!("`{place}`")).collect();
            let more = if places.len() > PLACES { ", among others" } else { "" };
            format!("it is a field: {}{more}", list(&shown, "or"))
        }
    };
    let what = match group {
        "" => "no word or kind".to_owned(),
        group => format!("no kind of `{group}`"),
    };
    Unknown { message: format!("{what} is called `{}`; {hint}", first) }
}

/// Where some kinds have a field of that name, the shortest ways first, and Istio's before others.
fn places<'t>(table: &'t Table, kinds: impl IntoIterator<Item = &'t Kind>, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for kind in kinds {
        let mut here = Vec::new();
        search(table, kind, kind.root, name, &mut Vec::new(), &mut vec![kind.root], &mut here);
        let is_other = !kind.group.ends_with("istio.io");
        found.extend(here.into_iter().map(|(depth, name)| ((depth, is_other), name)));
    }
    found.sort_by_key(|(order, _)| *order);
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
