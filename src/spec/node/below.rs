//! Words that stand too high: the nodes of ours below, or the fields of the schema, in which they are said.

use super::beside;
use super::word::{Item, Word};
use super::{PROJECT_FILE, SPEC_FILE};
use crate::schema::{Field, Kind, Table, suggest};

/// How many nodes of ours are looked down.
const DEEPEST: usize = 3;

/// How many places a message names.
const SHOWN: usize = 3;

/// Where a word is said below a node.
pub(super) struct Below {
    /// How it is called there.
    pub(super) word: String,
    /// The words down to the places, with dots between them, the likeliest first.
    pub(super) places: Vec<String>,
    /// Whether the first of them is one step away.
    pub(super) is_near: bool,
    /// What the node has that says it already.
    pub(super) said_by: Option<&'static Item>,
}

/// One place: how unlikely it is, the words down to it, and the field itself by exact names.
struct Place {
    cost: usize,
    words: Vec<String>,
    word: String,
    exact: String,
}

/// Where a word that a node of ours does not have is said below it, if anywhere. A file is no node.
pub(super) fn find(table: &Table, word: &'static Word, written: &str) -> Option<Below> {
    if std::ptr::eq(word, &SPEC_FILE) || std::ptr::eq(word, &PROJECT_FILE) {
        return None;
    }
    let mut found = Vec::new();
    gather(table, word, &suggest::folded(written), &mut Vec::new(), &mut found);
    found.sort_by_key(|place| place.cost);
    let first = found.first()?;
    let (word_there, is_near) = (first.word.clone(), first.words.len() == 1);
    let says = |item: &Item| shown(item.becomes) == first.exact;
    let said_by = word.items().find(|item| says(item));
    let (least, steps) = (first.cost, first.words.len());
    let is_likely =
        |place: &&Place| place.cost == least || (place.cost == least + 1 && place.words.len() == steps);
    let mut places: Vec<String> = Vec::new();
    for place in found.iter().filter(is_likely) {
        let words = place.words.join(".");
        if !places.contains(&words) && places.len() < SHOWN {
            places.push(words);
        }
    }
    Some(Below { word: word_there, places, is_near, said_by })
}

fn gather(table: &Table, word: &'static Word, wanted: &str, above: &mut Vec<String>, found: &mut Vec<Place>) {
    let before = 2 * above.len();
    for beside in beside::of(table, word) {
        let outer: Vec<&str> = beside.way.iter().map(|field| &*field.name).collect();
        let same = |field: &&&Field| suggest::folded(&field.name) == wanted;
        if let Some(field) = beside.fields.iter().find(same).filter(|_| !above.is_empty()) {
            found.push(Place {
                cost: before,
                words: above.clone(),
                word: field.word.to_string(),
                exact: exact(beside.kind, &outer, std::slice::from_ref(&field.name.to_string())),
            });
        }
        for (cost, way) in table.likely_below(beside.ty, wanted) {
            let is_free = |first: &String| beside.fields.iter().any(|field| *field.name == **first);
            let exact = exact(beside.kind, &outer, &way);
            let ours = word.items().find(|item| shown(item.becomes) == exact);
            // A place of a word of ours is told by that word.
            let outer = exact.rsplit_once('.').map_or("", |(outer, _)| outer);
            let is_ours = || word.items().filter_map(Item::word).any(|inner| shown(inner.becomes) == outer);
            if ours.is_none() && (!way.first().is_some_and(is_free) || is_ours()) {
                continue;
            }
            let words = table.words_of(beside.ty, &way);
            let Some((last, inner)) = words.split_last() else { continue };
            let (cost, inner) = match ours {
                Some(item) => (1, vec![item.name.to_owned()]),
                None => (cost, inner.to_vec()),
            };
            let words = above.iter().cloned().chain(inner).collect();
            found.push(Place { cost: before + cost, words, word: last.clone(), exact });
        }
    }
    if above.len() < DEEPEST {
        for item in word.items() {
            let Some(inner) = item.word() else { continue };
            above.push(item.name.to_owned());
            gather(table, inner, wanted, above, found);
            above.pop();
        }
    }
}

/// `VirtualService.spec.http.route`, of a kind and names below it.
fn exact(kind: &Kind, outer: &[&str], inner: &[String]) -> String {
    let names = outer.iter().copied().chain(inner.iter().map(String::as_str));
    names.fold(kind.name.to_string(), |all, name| format!("{all}.{name}"))
}

/// The field that an item becomes, without the marks of lists.
fn shown(becomes: &str) -> String {
    becomes.replace("[]", "")
}

impl Below {
    /// What to write, in words.
    pub(super) fn help(&self) -> String {
        match self.said_by {
            Some(item) => format!("`{}` says it: `{}`", item.name, item.usage()),
            None => {
                let places: Vec<String> = self.places.iter().map(|place| format!("`{place}`")).collect();
                format!("`{}` stands in {}", self.word, crate::diag::suggest::list(&places, "or"))
            }
        }
    }
}
