//! Our own words, explained from their tables.

use serde_json::json;

use super::entry::{Entry, Line};
use super::{kinds, sample};
use crate::diag::suggest::list;
use crate::schema::words::Printed;
use crate::schema::{Field, Table};
use crate::spec::node::settle::SETTLE;
use crate::spec::node::{Argument, Form, Item, PROJECT_FILE, SPEC_FILE, Type, Word, beside};

/// A word with the words around it, outermost first; the file is left out.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// The word.
    pub(super) word: &'static Word,
    /// How it is asked for: `host.tls`.
    pub(super) name: String,
}

/// Every word of ours, each once, by the shortest way to it.
pub(super) fn all() -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let files = [&SPEC_FILE, &PROJECT_FILE];
    let mut open: Vec<(&'static Word, String)> =
        files.into_iter().map(|file| (file, String::new())).collect();
    while !open.is_empty() {
        let mut next = Vec::new();
        for (outer, way) in &open {
            for word in outer.items().filter_map(Item::word) {
                if found.iter().any(|known| std::ptr::eq(known.word, word)) {
                    continue;
                }
                let name = if way.is_empty() { word.name.to_owned() } else { format!("{way}.{}", word.name) };
                found.push(Found { word, name: name.clone() });
                next.push((word, name));
            }
        }
        open = next;
    }
    found
}

/// The words that hold what `is_it` accepts, by how messages call them.
fn holders(is_it: impl Fn(&'static Item) -> bool) -> Vec<String> {
    let files = [&SPEC_FILE, &PROJECT_FILE].into_iter().map(|file: &'static Word| file);
    let words = files.chain(all().into_iter().map(|found| found.word));
    words.filter(|word| word.items().any(&is_it)).map(|word| word.called.to_owned()).collect()
}

/// A word.
pub(super) fn word(table: &Table, found: &Found) -> Entry {
    let word = found.word;
    let mut entry =
        Entry { name: found.name.clone(), sort: "word", doc: word.doc.to_owned(), ..Entry::default() };
    entry.fact("becomes", "becomes", word.becomes);
    let mut outer = holders(|item| item.word().is_some_and(|inner| std::ptr::eq(inner, word)));
    if std::ptr::eq(word, &SETTLE) {
        outer.push("the node of any kind".to_owned());
    }
    stands_in(&mut entry, outer);
    if let (Some(what), Some(ty)) = (word.argument.what(), word.argument.ty()) {
        let count = count(word.argument);
        entry.fact_of(
            "argument",
            "behind it",
            json!({ "what": what, "count": count, "choices": words_of(ty) }),
            argument_text(&what, count, ty),
        );
    }
    if word.labels {
        let text = "labels of your own, as many as you need: `label=\"…\"`";
        entry.fact_of("labels", "properties", json!(true), text.to_owned());
    }
    let besides = beside::of(table, word);
    // A word that holds nothing of its own is shown with what it is for.
    let first = besides.iter().find(|_| word.items().next().is_none() && !word.labels);
    let example = first.and_then(|beside| {
        let field = sample::commonest(table, beside)?;
        let way: Vec<_> = beside.way.iter().copied().chain([field]).collect();
        written_in(table, word, beside, &way)
    });
    entry.fact("written", "written", example.unwrap_or_else(|| written(word)));
    entry.group("in it", word.items().map(line).collect());
    let lead =
        if word.items().next().is_some() || word.labels { "beside these, the fields" } else { "the fields" };
    for beside in besides {
        let mut lines = kinds::lines(table, beside.kind, &beside.way, &beside.fields);
        lines.retain(|line| word.item(&line.word).is_none());
        let children = if beside.children_only { ", as children" } else { "" };
        let place = match beside.way.as_slice() {
            // One door for the metadata of whatever a node makes.
            [only] if &*only.name == "metadata" => "metadata".to_owned(),
            [] if table.spec_of(beside.kind).is_some() => format!("{} beside spec", beside.kind.name),
            way => kinds::inside(beside.kind, way),
        };
        entry.group(format!("{lead} of {place}{children}"), lines);
    }
    entry
}

/// A property of a word, or a child that is no node.
pub(super) fn property(outer: Option<&Found>, item: &'static Item) -> Entry {
    let name = outer.map_or(item.name.to_owned(), |outer| format!("{}.{}", outer.name, item.name));
    let mut entry = Entry { name, sort: "property", doc: item.doc.to_owned(), ..Entry::default() };
    entry.fact("becomes", "becomes", item.becomes);
    stands_in(&mut entry, holders(|other| std::ptr::eq(other, item)));
    if let Some(ty) = value_type(item) {
        entry.fact_of("type", "type", json!({ "is": said(ty), "choices": words_of(ty) }), type_text(ty));
    }
    if item.required {
        entry.fact_of("required", "required", json!(true), "yes".to_owned());
    }
    entry.fact("default", "default", item.default);
    entry.fact("written", "written", usage(item));
    entry
}

/// Properties of that name in any of our words.
pub(super) fn properties(name: &str) -> Vec<Entry> {
    let mut seen: Vec<&'static Item> = Vec::new();
    let mut entries = Vec::new();
    let all = all();
    let files = [&SPEC_FILE, &PROJECT_FILE].into_iter().map(|file: &'static Word| (file, None));
    for (word, found) in files.chain(all.iter().map(|found| (found.word, Some(found)))) {
        let Some(item) = word.item(name).filter(|item| !seen.iter().any(|other| std::ptr::eq(*other, *item)))
        else {
            continue;
        };
        seen.push(item);
        entries.push(property(found, item));
    }
    entries
}

fn stands_in(entry: &mut Entry, holders: Vec<String>) {
    let text = list(&holders, "and");
    entry.fact_of("standsIn", "stands in", json!(holders), text);
}

/// What an item of a word holds, as a line.
pub(super) fn line(item: &'static Item) -> Line {
    let mut marks = Vec::new();
    if let Some(Type::Choice(words)) = value_type(item) {
        marks.push(choice_text(words));
    }
    if !item.default.is_empty() {
        marks.push(format!("default {}", item.default));
    }
    if !item.becomes.is_empty() {
        marks.push(format!("becomes {}", item.becomes));
    }
    let usage = match item.form {
        Form::ValueOrNodes(..) => format!("{}, or nodes", item.usage()),
        _ => item.usage(),
    };
    Line {
        word: item.name.to_owned(),
        usage,
        holds: String::new(),
        doc: item.doc.to_owned(),
        required: item.required,
        marks,
    }
}

/// How many values stand behind a word.
fn count(argument: Argument) -> &'static str {
    match argument {
        Argument::None | Argument::One(..) => "one",
        Argument::Optional(..) => "optional",
        Argument::Many(..) => "many",
        Argument::Each(..) => "each",
    }
}

fn argument_text(what: &str, count: &str, ty: Type) -> String {
    let mut text = what.to_owned();
    if let Type::Choice(words) = ty {
        text.push_str(": ");
        text.push_str(&choice_text(words));
    }
    match count {
        "optional" => text.push_str("; may be left out"),
        "many" => text.push_str("; as many as you need"),
        _ => {}
    }
    text
}

fn value_type(item: &Item) -> Option<Type> {
    match item.form {
        Form::Value(ty) | Form::Values(ty) | Form::Repeated(ty) | Form::ValueOrNodes(ty, _) => Some(ty),
        Form::Flag | Form::Node(_) | Form::Nodes(_) => None,
    }
}

fn words_of(ty: Type) -> &'static [&'static str] {
    match ty {
        Type::Choice(words) => words,
        _ => &[],
    }
}

fn choice_text(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    list(&words, "or")
}

fn type_text(ty: Type) -> String {
    match ty {
        Type::Choice(words) => choice_text(words),
        ty => said(ty).to_owned(),
    }
}

fn said(ty: Type) -> &'static str {
    match ty {
        Type::Text => "text",
        Type::Choice(_) => "one of a few words",
        Type::Port => "a port, 1 to 65535",
        Type::Weight => "a share, from 0",
        Type::Number => "a whole number from 1",
        Type::Validity => "a length of time in one unit, such as \"90d\" or \"2y\"",
        Type::Duration => "a length of time, such as \"30s\" or \"1m30s\"",
        Type::Date => "a date, such as \"2026-11-25\"",
        Type::Truth => "#true or #false",
    }
}

/// A node of a word with what it needs.
fn written(word: &Word) -> String {
    let mut text = word.name.to_owned();
    if let Some(example) = example(word) {
        text.push(' ');
        text.push_str(&example);
    }
    for item in word.items().filter(|item| item.required) {
        text.push(' ');
        text.push_str(&item.usage());
    }
    match word.argument {
        _ if word.labels => text.push_str(" label=\"…\""),
        Argument::None => text.push_str(" { … }"),
        Argument::One(..) | Argument::Optional(..) | Argument::Many(..) | Argument::Each(..) => {}
    }
    text
}

/// What stands behind a word, for examples.
fn example(word: &Word) -> Option<String> {
    match word.argument {
        Argument::Each(_, example) => Some(example.to_owned()),
        argument => argument.ty().map(Type::example),
    }
}

/// A node of a word with what it needs, in which a schema's field stands.
pub(super) fn written_in(
    table: &Table,
    word: &Word,
    beside: &beside::Beside<'_>,
    way: &[&Field],
) -> Option<String> {
    sample::written_in(table, word.name, beside, way, node(word))
}

/// A node of a word with what it needs.
fn node(word: &Word) -> Printed {
    let mut node = Printed { arguments: example(word).into_iter().collect(), ..Printed::new(word.name) };
    let needed = word.items().filter(|item| item.required && item.is_property());
    node.fixed.extend(needed.map(|item| (item.name.to_owned(), item.example())));
    if word.labels {
        node.fixed.push(("label".to_owned(), "\"…\"".to_owned()));
    }
    node
}

fn usage(item: &Item) -> String {
    let (name, example) = (item.name, item.example());
    match item.form {
        Form::Value(_) => format!("{name}={example}, or a child {name} {example}"),
        Form::Values(_) if !item.several.is_empty() => {
            format!("{name}={example}, or a child {name} {}", item.several)
        }
        Form::Values(_) => format!("{name}={example}, or a child {name} {example} {example}"),
        Form::Repeated(_) => format!("{name}={example}, or children {name} {example}, as many as you need"),
        Form::Flag => format!("a child {name}, or {name}=#true"),
        Form::ValueOrNodes(..) => format!("{name}={example}, or nodes {name} {example}"),
        Form::Node(_) | Form::Nodes(_) => item.usage(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::built_in;
    use crate::spec::{Sources, parse};

    fn walk(way: &mut Vec<&'static Word>, see: &mut impl FnMut(&[&'static Word])) {
        see(way);
        let items: Vec<_> = way.last().into_iter().flat_map(|word| word.items()).collect();
        for word in items.into_iter().filter_map(Item::word) {
            way.push(word);
            walk(way, see);
            way.pop();
        }
    }

    /// In every word of ours, wherever it stands, each field that may be said there is read as its example writes it.
    #[test]
    fn every_example_in_a_word_of_ours_is_read() {
        let table = built_in();
        let mut count = 0;
        walk(&mut vec![&SPEC_FILE], &mut |way| {
            let [_, outer @ .., word] = way else { return };
            for beside in beside::of(table, word) {
                for field in &beside.fields {
                    let place: Vec<_> = beside.way.iter().chain([field]).copied().collect();
                    let Some(text) = written_in(table, word, &beside, &place) else { continue };
                    let text = outer.iter().rev().fold(text, |inner, word| {
                        format!("{} {{\n{inner}\n}}", node(word).print().trim_end())
                    });
                    let sources = Sources::new([("specs/a.kdl".to_owned(), text.clone())]);
                    let (_, report) = parse(&sources);
                    let found = crate::diag::human::render(&report, &sources, false);
                    assert!(!report.has_errors(), "{text}\n{found}");
                    count += 1;
                }
            }
        });
        assert!(count > 100, "{count}");
    }
}
