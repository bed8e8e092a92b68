//! What kinds and their commonest fields are for, in our own words: `prose.table`, a line each.

use std::sync::LazyLock;

use crate::schema::Kind;

/// One line of the table.
struct Line {
    /// Kinds, with a group where two groups have the kind; `*` is any.
    kinds: Vec<&'static str>,
    /// The end of a way by exact names; empty for the kind itself.
    way: Vec<&'static str>,
    /// What it is for.
    text: &'static str,
    /// A value for examples.
    example: Option<&'static str>,
}

const TABLE: &str = include_str!("prose.table");

static LINES: LazyLock<Vec<Line>> = LazyLock::new(|| TABLE.lines().filter_map(read).collect());

fn read(line: &'static str) -> Option<Line> {
    let (key, text) = line.split_once(" = ").filter(|_| !line.starts_with('#'))?;
    let (kinds, way) = key.split_once(' ').unwrap_or((key, ""));
    let way = way.split('.').filter(|name| !name.is_empty()).collect();
    let (text, example) = match text.split_once(" => ") {
        Some((text, example)) => (text, Some(example)),
        None => (text, None),
    };
    Some(Line { kinds: kinds.split(',').collect(), way, text, example })
}

/// What a field of a kind is for; the way is by exact names from the object's top, and empty for the kind itself.
pub(super) fn of(kind: &Kind, way: &[&str]) -> Option<&'static str> {
    find(kind, way).map(|(_, line)| line.text)
}

/// Where a field stands in the table, which has the commonest first.
pub(super) fn rank(kind: &Kind, way: &[&str]) -> Option<usize> {
    find(kind, way).map(|(rank, _)| rank)
}

/// A value for examples, as the table writes it.
pub(super) fn example(kind: &Kind, way: &[&str]) -> Option<&'static str> {
    find(kind, way).and_then(|(_, line)| line.example)
}

fn find(kind: &Kind, way: &[&str]) -> Option<(usize, &'static Line)> {
    let fits = |line: &Line| {
        line.way.is_empty() == way.is_empty()
            && way.ends_with(&line.way)
            && line.kinds.iter().any(|name| is_of(name, kind))
    };
    LINES.iter().enumerate().filter(|(_, line)| fits(line)).max_by_key(|(_, line)| line.way.len())
}

pub(super) fn is_of(name: &str, kind: &Kind) -> bool {
    match name.split_once('/') {
        Some((group, name)) => *kind.group == *group && *kind.name == *name,
        None => name == "*" || *kind.name == *name,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::schema::{Table, built_in};

    /// How long a line may be, in characters.
    const LONGEST: usize = 110;

    /// Every way of exact names through a kind.
    fn ways(table: &Table, kind: &Kind) -> Vec<Vec<String>> {
        let mut found = vec![Vec::new()];
        table.each_way(kind.root, &mut |way| {
            found.push(way.iter().map(|field| field.name.to_string()).collect());
            true
        });
        found
    }

    #[test]
    fn every_line_is_of_something_and_short() {
        let table = built_in();
        let mut keys = BTreeSet::new();
        let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
        assert_eq!(lines, LINES.len(), "a line has no ` = `");
        let all: Vec<_> = table.kinds().iter().map(|kind| (kind, ways(table, kind))).collect();
        for line in LINES.iter() {
            for name in &line.kinds {
                let kinds: Vec<_> = all.iter().filter(|(kind, _)| is_of(name, kind)).collect();
                assert!(*name == "*" || kinds.len() == 1, "{name} is {} kinds", kinds.len());
                for (kind, ways) in kinds {
                    let there = ways.iter().any(|way| {
                        let way: Vec<&str> = way.iter().map(String::as_str).collect();
                        way.is_empty() == line.way.is_empty() && way.ends_with(&line.way)
                    });
                    assert!(there || *name == "*", "{} has no {:?}", kind.name, line.way);
                }
                assert!(keys.insert((*name, line.way.clone())), "{name} {:?} is said twice", line.way);
            }
            let length = line.text.chars().count();
            assert!((8..=LONGEST).contains(&length), "{length}: {}", line.text);
            assert!(line.text == line.text.trim() && !line.text.ends_with('.'), "{}", line.text);
        }
        assert!(LINES.len() > 120, "{}", LINES.len());
    }

    #[test]
    fn every_kind_is_said_and_the_longest_way_wins() {
        let table = built_in();
        for kind in table.kinds() {
            assert!(of(kind, &[]).is_some(), "{}", kind.name);
        }
        let rule = table.kind("networking.istio.io", "", "DestinationRule").unwrap();
        assert_ne!(of(rule, &["spec", "trafficPolicy", "tls"]), None);
        assert_ne!(of(rule, &["spec", "trafficPolicy"]), of(rule, &["spec", "subsets", "trafficPolicy"]));
        assert_eq!(of(rule, &["spec", "nothing"]), None);
        let other = table.kind("gateway.networking.k8s.io", "", "Gateway").unwrap();
        assert_ne!(of(other, &[]), of(table.kind("networking.istio.io", "", "Gateway").unwrap(), &[]));
    }
}
