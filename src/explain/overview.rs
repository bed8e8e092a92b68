//! `explain` alone: every word that a project may begin with.

use super::entry::{Entry, Line};
use super::kinds::{as_resource, is_secret, kind_name};
use super::{prose, words};
use crate::schema::Table;
use crate::spec::node::{PROJECT_FILE, SPEC_FILE, Word};

/// Our words at the top of a file, then the kinds by group.
#[must_use]
pub fn overview(table: &Table) -> Entry {
    let mut entry = Entry {
        name: "gatewright".to_owned(),
        sort: "overview",
        doc: "the words of its language, then the kinds, which have a node of their own unless they say another".to_owned(),
        ..Entry::default()
    };
    for file in [&SPEC_FILE, &PROJECT_FILE] {
        entry.group(format!("in {}", file.called), top(file));
    }
    let mut groups: Vec<&str> = Vec::new();
    for kind in table.kinds() {
        if !groups.contains(&&*kind.group) {
            groups.push(&kind.group);
        }
    }
    for group in groups {
        // A spec may hold no Secret.
        let kinds = table.kinds().iter().filter(|kind| *kind.group == *group && !is_secret(kind));
        let line = |kind| Line {
            word: kind_name(table, kind),
            doc: prose::of(kind, &[]).unwrap_or_default().to_owned(),
            marks: as_resource(table, kind).map(|node| format!("written `{node}`")).into_iter().collect(),
            ..Line::default()
        };
        let title = if group.is_empty() { "kinds of the core" } else { group };
        entry.group(title, kinds.map(line).collect());
    }
    entry.notes.push(
        "`gatewright explain WORD` says more of each; further parts stand behind dots: `host.tls`, `virtual-service.http.retries`."
            .to_owned(),
    );
    entry
}

fn top(file: &'static Word) -> Vec<Line> {
    let short = |item| Line { usage: String::new(), required: false, marks: Vec::new(), ..words::line(item) };
    file.items().map(short).collect()
}
