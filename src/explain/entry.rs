//! One thing explained, as data; and as text and JSON.

use std::fmt::Write as _;

use serde_json::{Map, Value, json as j};

/// How wide a line may be before what stands at its end goes below it, in characters.
const WIDTH: usize = 110;

/// One thing explained.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    /// How it is asked for: `host.tls`, `virtual-service.http`.
    pub name: String,
    /// What it is: `word`, `property`, `kind`, `field`, or `overview`.
    pub sort: &'static str,
    /// What it is for, in one line; empty where that is not known.
    pub doc: String,
    /// What is known of it.
    pub facts: Vec<Fact>,
    /// What may stand in it.
    pub groups: Vec<Group>,
    /// Sentences that hold for all of it.
    pub notes: Vec<String>,
}

/// One thing that is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// What it is called in JSON.
    pub key: &'static str,
    /// What it is called in text.
    pub label: &'static str,
    /// For programs.
    pub value: Value,
    /// For people; may have several lines.
    pub text: String,
}

/// Things that may stand in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Group {
    /// What they have in common; may be empty.
    pub title: String,
    /// A thing each.
    pub lines: Vec<Line>,
}

/// One thing that may stand in another.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line {
    /// Its word.
    pub word: String,
    /// How it is written, where that is not the word alone.
    pub usage: String,
    /// What it may hold; may be empty.
    pub holds: String,
    /// What it is for; may be empty.
    pub doc: String,
    /// Whether it must be said.
    pub required: bool,
    /// What else is to be known: `default 443`, `since Istio 1.31`.
    pub marks: Vec<String>,
}

impl Entry {
    /// Adds a text.
    pub(super) fn fact(&mut self, key: &'static str, label: &'static str, text: impl Into<String>) {
        let text = text.into();
        self.fact_of(key, label, Value::String(text.clone()), text);
    }

    /// Adds a value for programs with its text for people.
    pub(super) fn fact_of(&mut self, key: &'static str, label: &'static str, value: Value, text: String) {
        if !text.is_empty() {
            self.facts.push(Fact { key, label, value, text });
        }
    }

    /// Adds things that may stand in it, if there are any.
    pub(super) fn group(&mut self, title: impl Into<String>, lines: Vec<Line>) {
        if !lines.is_empty() {
            self.groups.push(Group { title: title.into(), lines });
        }
    }
}

/// Entries as a person reads them.
#[must_use]
pub fn text(entries: &[Entry]) -> String {
    let pages: Vec<String> = entries.iter().map(page).collect();
    pages.join("\n")
}

fn page(entry: &Entry) -> String {
    let mut text = match (entry.name.as_str(), entry.doc.as_str()) {
        (name, "") => format!("{name}\n"),
        (name, doc) => format!("{name}: {doc}\n"),
    };
    let width = entry.facts.iter().map(|fact| fact.label.len()).max().unwrap_or_default();
    for Fact { label, text: value, .. } in &entry.facts {
        for (i, line) in value.lines().enumerate() {
            let label = if i == 0 { *label } else { "" };
            let _ = writeln!(text, "  {label:width$}  {line}");
        }
    }
    for group in &entry.groups {
        text.push('\n');
        if !group.title.is_empty() {
            let _ = writeln!(text, "{}", group.title);
        }
        text.push_str(&lines(&group.lines));
    }
    if !entry.notes.is_empty() {
        text.push('\n');
    }
    for note in &entry.notes {
        let _ = writeln!(text, "{note}");
    }
    text
}

/// A line each: word, what it holds, what it is for. What else is known stands behind it, or below it where that is long.
fn lines(lines: &[Line]) -> String {
    let usage = |line: &Line| if line.usage.is_empty() { line.word.clone() } else { line.usage.clone() };
    let width = |cells: &mut dyn Iterator<Item = usize>| cells.max().unwrap_or_default();
    let first = width(&mut lines.iter().map(|line| usage(line).chars().count()));
    let second = width(&mut lines.iter().map(|line| line.holds.chars().count()));
    let mut text = String::new();
    for line in lines {
        let mut row = format!("  {:first$}  ", usage(line));
        if second > 0 {
            let _ = write!(row, "{:second$}  ", line.holds);
        }
        let column = row.chars().count();
        let required = line.required.then(|| "required".to_owned());
        let doc = Some(line.doc.clone()).filter(|doc| !doc.is_empty());
        let said: Vec<String> = required.into_iter().chain(doc).collect();
        let (said, marks) = (said.join("; "), line.marks.join("; "));
        row.push_str(&said);
        if !said.is_empty() && !marks.is_empty() {
            let long = column + said.chars().count() + marks.chars().count() + 2 > WIDTH;
            row.push_str(&if long { format!("\n{:column$}", "") } else { "; ".to_owned() });
        }
        row.push_str(&marks);
        let _ = writeln!(text, "{}", row.trim_end());
    }
    text
}

/// Entries as a program reads them: an array of objects.
#[must_use]
pub fn json(entries: &[Entry]) -> String {
    let entries: Vec<Value> = entries.iter().map(object).collect();
    format!("{}\n", serde_json::to_string_pretty(&entries).unwrap_or_default())
}

fn object(entry: &Entry) -> Value {
    let facts: Map<String, Value> =
        entry.facts.iter().map(|fact| (fact.key.to_owned(), fact.value.clone())).collect();
    let line = |line: &Line| j!({ "word": line.word, "usage": line.usage, "type": line.holds, "required": line.required, "meaning": line.doc, "notes": line.marks });
    let group = |group: &Group| j!({ "title": group.title, "items": group.lines.iter().map(line).collect::<Vec<_>>() });
    j!({
        "name": entry.name,
        "sort": entry.sort,
        "meaning": entry.doc,
        "facts": facts,
        "groups": entry.groups.iter().map(group).collect::<Vec<_>>(),
        "notes": entry.notes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_must_be() {
        let line = |word: &str, holds: &str, doc: &str, marks: &[&str]| Line {
            word: word.to_owned(),
            holds: holds.to_owned(),
            doc: doc.to_owned(),
            required: !doc.is_empty(),
            marks: marks.iter().map(|mark| (*mark).to_owned()).collect(),
            ..Line::default()
        };
        let mut entry = Entry { name: "a".to_owned(), sort: "word", doc: "b".to_owned(), ..Entry::default() };
        entry.fact("type", "type", "text");
        entry.fact("written", "how it is written", "x\ny");
        entry.fact("nothing", "nothing", "");
        entry.group("in it", vec![line("long-word", "text", "why", &["since 1.31"]), line("w", "", "", &[])]);
        entry.group("nothing", Vec::new());
        entry.notes.push("note".to_owned());
        let expected = "\
a: b
  type               text
  how it is written  x
                     y

in it
  long-word  text  required; why; since 1.31
  w

note
";
        assert_eq!(text(&[entry.clone()]), expected);
        let read: Value = serde_json::from_str(&json(&[entry])).unwrap();
        assert_eq!(read[0]["facts"]["type"], "text");
        assert_eq!(read[0]["groups"][0]["items"][0]["notes"][0], "since 1.31");
    }
}
