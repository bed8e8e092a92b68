//! Edits of a spec in place: bytes are spliced at spans, everything else stays as it is.

use std::ops::Range;

use super::node::context::Context;
use super::node::{Authority, Generation, authority};
use super::source::{Sources, Span, Spanned};
use super::syntax::{self, Node};
use crate::time::Timestamp;

/// Why a spec could not be edited.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EditError {
    /// The date is none.
    #[error("`{0}` is no date such as 2026-11-25")]
    NotADate(String),
    /// The text does not hold the node.
    #[error("the spec has changed since it was read: `{0}` is not where it was")]
    NotThere(String),
    /// The edited text would not read as meant.
    #[error(
        "authority `{0}` is written in a way that can't be edited safely; write its `generation` nodes by hand"
    )]
    NotEditable(String),
    /// The edited text would not read as meant.
    #[error(
        "{word} `{name}` is written in a way that can't be edited safely; write `generation={number}` there by hand"
    )]
    NotCounted {
        /// The word of the node.
        word: String,
        /// Its name.
        name: String,
        /// Which of its keys it is to have.
        number: u32,
    },
    /// The edited text would not read as meant.
    #[error("{word} `{name}` is written in a way that can't be edited safely; write its `revoked` by hand")]
    NotSafe {
        /// The word of the node.
        word: String,
        /// Its name.
        name: String,
    },
}

/// A generation's number, its days (introduced, signs, retired) and whether it was forced.
pub(super) type Dates = (u32, Option<Timestamp>, Option<Timestamp>, Option<Timestamp>, bool);

/// Some bytes and what stands there instead.
pub(super) struct Splice {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

/// Replaces an authority outright: all its generations are retired on `date`, and a new one is introduced and signs from
/// then on. `text` is the file that `authority` was read from. Comments and everything else stay as they are, and the
/// result is read again to prove that it says this and nothing else.
pub fn rotate_outright(text: &str, authority: &Authority, date: &str) -> Result<String, EditError> {
    let day = day(date)?;
    edited(text, authority, |node| rotation(text, node, authority, date, day))
}

pub(super) fn day(date: &str) -> Result<Timestamp, EditError> {
    Timestamp::parse_date(date).map_err(|_| EditError::NotADate(date.to_owned()))
}

/// Edits the generations of an authority: what is spliced, and the generations that the result must have, sorted.
pub(super) fn edited(
    text: &str,
    authority: &Authority,
    change: impl FnOnce(&Node) -> (Vec<Splice>, Vec<Dates>),
) -> Result<String, EditError> {
    let name = authority.name.as_str().to_owned();
    let nodes = syntax::parse(authority.word.source, text).nodes;
    let node = nodes
        .iter()
        .find(|node| node.name.span() == authority.word && node.name.as_str() == authority::AUTHORITY.name)
        .ok_or_else(|| EditError::NotThere(name.clone()))?;
    let (splices, meant) = change(node);
    let edited = splice(text, splices);
    let reads_as_meant =
        reread(&edited, authority.word).is_some_and(|(count, dates)| count == nodes.len() && dates == meant);
    if reads_as_meant { Ok(edited) } else { Err(EditError::NotEditable(name)) }
}

/// The splices, and the generations that the result must have, sorted.
fn rotation(
    text: &str,
    node: &Node,
    authority: &Authority,
    date: &str,
    day: Timestamp,
) -> (Vec<Splice>, Vec<Dates>) {
    let mut splices = Vec::new();
    let mut meant = Vec::new();
    let mut new_nodes = Vec::new();
    let number = authority.generations.iter().map(|generation| generation.number.value).max().unwrap_or(1);
    if authority.generations.is_empty() {
        new_nodes.push(format!("generation 1 retired=\"{date}\""));
        meant.push((1, None, None, Some(day), false));
    }
    for generation in &authority.generations {
        let retired = match &generation.retired {
            Some(retired) if retired.value <= day => retired.value,
            Some(later) => {
                splices.push(Splice { range: later.span.range(), text: date.to_owned() });
                day
            }
            None => {
                splices.push(behind(node, generation, format!(" retired=\"{date}\"")));
                day
            }
        };
        let (number, introduced, signs, _, forced) = dates(generation);
        meant.push((number, introduced, signs, Some(retired), forced));
    }
    new_nodes.push(format!("generation {} introduced=\"{date}\" signs=\"{date}\"", number.saturating_add(1)));
    meant.push((number.saturating_add(1), Some(day), Some(day), None, false));
    meant.sort_unstable();
    splices.push(insertion(text, node, &new_nodes));
    (splices, meant)
}

/// A text behind what a generation says already.
pub(super) fn behind(node: &Node, generation: &Generation, text: String) -> Splice {
    let head = children_named(node, "generation").find(|child| holds(child, generation.number.span));
    let end = head.map_or(0, |child| child.head().end as usize);
    Splice { range: end..end, text }
}

fn children_named<'n>(node: &'n Node, name: &str) -> impl Iterator<Item = &'n Node> {
    node.children.iter().filter(move |child| child.name.as_str() == name)
}

fn holds(node: &Node, span: Span) -> bool {
    node.entries.iter().any(|entry| entry.value.span == span)
}

/// Where new children of a node go, and in which form.
pub(super) fn insertion(text: &str, node: &Node, new: &[String]) -> Splice {
    let at = |at: usize, text: String| Splice { range: at..at, text };
    let end_of_line = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let Some(block) = node.block else {
        let outer = indentation(text, node.name.span().start as usize);
        let unit = if outer.contains('\t') { "\t" } else { "    " };
        let lines: String = new.iter().map(|line| format!("{outer}{unit}{line}{end_of_line}")).collect();
        return at(node.head().end as usize, format!(" {{{end_of_line}{lines}{outer}}}"));
    };
    let close = (block.end as usize).saturating_sub(1);
    let last_generation = children_named(node, "generation").last();
    let closing_line = line_start(text, close);
    let own_line =
        closing_line > block.start as usize && indentation(text, close).len() == close - closing_line;
    if let (None, true) = (last_generation, own_line) {
        let indent = node.children.last().map(|child| indentation(text, child.name.span().start as usize));
        let indent = indent.unwrap_or_else(|| format!("{}    ", indentation(text, close)));
        return at(closing_line, new.iter().map(|line| format!("{indent}{line}{end_of_line}")).collect());
    }
    let Some(child) = last_generation.or(node.children.last()) else {
        let blank = if text.get(close..).is_some() && close == block.start as usize + 1 { " " } else { "" };
        return at(block.start as usize + 1, format!(" {}{blank}", new.join("; ")));
    };
    let end = child.block.map_or(child.head().end, |block| block.end) as usize;
    let rest = text.get(end..).unwrap_or_default();
    let rest = rest.get(..rest.find(['\n', '\r']).unwrap_or(rest.len())).unwrap_or_default();
    let behind = rest.trim_start();
    if own_line && (behind.is_empty() || behind.starts_with("//")) {
        let indent = indentation(text, child.name.span().start as usize);
        return at(end + rest.len(), new.iter().map(|line| format!("{end_of_line}{indent}{line}")).collect());
    }
    at(end, new.iter().map(|line| format!("; {line}")).collect())
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |i| i + 1)
}

/// The blanks at the start of the line of a byte.
fn indentation(text: &str, at: usize) -> String {
    let line = text.get(line_start(text, at)..).unwrap_or_default();
    line.chars().take_while(|c| matches!(c, ' ' | '\t')).collect()
}

/// Applies splices that don't overlap, the last in the text first.
pub(super) fn splice(text: &str, mut splices: Vec<Splice>) -> String {
    splices.sort_by_key(|splice| splice.range.start);
    let mut edited = text.to_owned();
    for Splice { range, text } in splices.into_iter().rev() {
        if edited.get(range.clone()).is_some() {
            edited.replace_range(range, &text);
        }
    }
    edited
}

/// Reads the edited text: how many nodes it has, and the generations of the authority whose word did not move.
fn reread(text: &str, word: Span) -> Option<(usize, Vec<Dates>)> {
    let sources = Sources::new([(String::new(), text.to_owned())]);
    let (id, _) = sources.iter().next()?;
    let parsed = syntax::parse(id, text);
    let node = parsed.nodes.iter().find(|node| node.name.span().range() == word.range())?;
    let mut cx = Context::new(&sources, crate::schema::built_in());
    let authority = authority::read(&mut cx, node)?;
    if parsed.report.has_errors() || cx.report.has_errors() {
        return None;
    }
    let mut dates: Vec<Dates> = authority.generations.iter().map(dates).collect();
    dates.sort_unstable();
    Some((parsed.nodes.len(), dates))
}

pub(super) fn dates(generation: &Generation) -> Dates {
    let value = |date: &Option<Spanned<Timestamp>>| date.as_ref().map(|date| date.value);
    let Generation { number, introduced, signs, retired, forced, random: _ } = generation;
    (number.value, value(introduced), value(signs), value(retired), forced.is_some())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::spec::parse;

    const DATE: &str = "2026-11-25";

    fn rotated(text: &str) -> Result<String, EditError> {
        let sources = Sources::new([("specs/a.kdl".to_owned(), text.to_owned())]);
        let (spec, report) = parse(&sources);
        assert!(!report.has_errors(), "{}", crate::diag::human::render(&report, &sources, false));
        rotate_outright(text, &spec.authorities[0], DATE)
    }

    /// Takes the inserted texts out of `edited` again, each at the first place after the one before.
    fn inserted(original: &str, edited: &str) -> Vec<String> {
        let diff = similar::TextDiff::from_chars(original, edited);
        let mut runs: Vec<String> = Vec::new();
        let mut running = false;
        for change in diff.iter_all_changes() {
            match change.tag() {
                similar::ChangeTag::Insert if running => runs.last_mut().unwrap().push_str(change.value()),
                similar::ChangeTag::Insert => runs.push(change.value().to_owned()),
                similar::ChangeTag::Delete => panic!("{:?} is gone", change.value()),
                similar::ChangeTag::Equal => {}
            }
            running = change.tag() == similar::ChangeTag::Insert;
        }
        runs
    }

    #[test]
    fn a_block_gets_two_lines_before_its_end() {
        let text = "// root\nauthority \"root\" { // ours\n\tsubject organization=\"ü\" // who\n\n\t// the end\n}\nclient \"c\"\n";
        let expected = "// root\nauthority \"root\" { // ours\n\tsubject organization=\"ü\" // who\n\n\t// the end\n\
            \tgeneration 1 retired=\"2026-11-25\"\n\tgeneration 2 introduced=\"2026-11-25\" signs=\"2026-11-25\"\n}\nclient \"c\"\n";
        assert_eq!(rotated(text).unwrap(), expected);
    }

    #[test]
    fn without_a_block_one_is_added() {
        let expected = "authority \"root\" valid=\"1y\" {\n    generation 1 retired=\"2026-11-25\"\n    \
            generation 2 introduced=\"2026-11-25\" signs=\"2026-11-25\"\n} // ours\n";
        assert_eq!(rotated("authority \"root\" valid=\"1y\" // ours\n").unwrap(), expected);
        assert!(rotated("authority root").unwrap().ends_with("\n}"));
        assert!(rotated("authority \"a\"; client \"c\"").unwrap().ends_with("\n}; client \"c\""));
    }

    #[test]
    fn a_block_of_one_line_stays_one() {
        let two = "generation 1 retired=\"2026-11-25\"; generation 2 introduced=\"2026-11-25\" signs=\"2026-11-25\"";
        for (text, expected) in [
            ("authority \"r\" { valid \"1y\" }", format!("authority \"r\" {{ valid \"1y\"; {two} }}")),
            (
                "authority \"r\" { valid \"1y\"; /* a; */ }",
                format!("authority \"r\" {{ valid \"1y\"; {two}; /* a; */ }}"),
            ),
            ("authority \"r\" {}", format!("authority \"r\" {{ {two} }}")),
            ("authority \"r\" { }", format!("authority \"r\" {{ {two} }}")),
            ("authority \"r\" /-{ x } { }", format!("authority \"r\" /-{{ x }} {{ {two} }}")),
        ] {
            assert_eq!(rotated(text).unwrap(), expected);
        }
    }

    #[test]
    fn the_present_generation_is_retired_where_it_stands() {
        let text = "authority \"r\" {\n  generation 1 retired=\"2025-01-01\"\n  generation 2 introduced=\"2025-01-01\" \
            signs=\"2025-01-01\" // now\n  valid \"1y\"\n}\n";
        let expected = "authority \"r\" {\n  generation 1 retired=\"2025-01-01\"\n  generation 2 introduced=\"2025-01-01\" \
            signs=\"2025-01-01\" retired=\"2026-11-25\" // now\n  generation 3 introduced=\"2026-11-25\" \
            signs=\"2026-11-25\"\n  valid \"1y\"\n}\n";
        assert_eq!(rotated(text).unwrap(), expected);
    }

    #[test]
    fn a_retirement_in_the_future_is_brought_forward() {
        let text = "authority \"r\" { generation 4 signs=\"2026-01-01\" retired=\"2027-01-01\" }";
        let expected = "authority \"r\" { generation 4 signs=\"2026-01-01\" retired=\"2026-11-25\"; \
            generation 5 introduced=\"2026-11-25\" signs=\"2026-11-25\" }";
        assert_eq!(rotated(text).unwrap(), expected);
    }

    #[test]
    fn windows_line_ends_stay() {
        let edited = rotated("authority \"r\" {\r\n    valid \"1y\"\r\n}\r\n").unwrap();
        assert!(edited.contains("signs=\"2026-11-25\"\r\n}\r\n"));
        assert_eq!(edited.matches('\n').count(), edited.matches("\r\n").count());
    }

    #[test]
    fn what_can_not_be_edited_is_refused() {
        let sources = Sources::new([("specs/a.kdl".to_owned(), "authority \"r\"\n".to_owned())]);
        let (spec, _) = parse(&sources);
        let authority = &spec.authorities[0];
        assert_eq!(
            rotate_outright("authority \"r\"", authority, "soon"),
            Err(EditError::NotADate("soon".to_owned()))
        );
        assert_eq!(
            rotate_outright("// moved\nauthority \"r\"", authority, DATE),
            Err(EditError::NotThere("r".to_owned()))
        );
        let dropped = "authority \"r\" /-valid=\"1y\"";
        assert_eq!(rotate_outright(dropped, authority, DATE), Err(EditError::NotEditable("r".to_owned())));
    }

    /// Pieces of a spec around and within an authority.
    fn spec_text() -> impl Strategy<Value = String> {
        let before = prop::sample::select(vec![
            "",
            "// ü\n",
            "client \"c\"\n",
            "/- authority \"r\" {\n}\n",
            "/* { */ ",
            "\u{feff}",
        ]);
        let head = prop::sample::select(vec![
            "authority \"ro ot\"",
            "authority r",
            "authority r valid=\"1y\"",
            "authority \"r\" \\\n  key=rsa-2048",
        ]);
        let child = prop::sample::select(vec![
            "valid \"2y\"",
            "subject organization=\"{\" // }",
            "recipient \"age1a\" \"age1b\"",
            "// only this",
            "/- key rsa-2048",
            "generation 3 introduced=\"2026-01-01\"",
            "generation 7 { signs \"2026-01-01\" }",
            "generation 2 retired=\"2026-01-01\"",
            "",
            "settle \"syntax\" reason=\"/* */\"",
            "generation 9 signs=\"2025-01-01\" \\\n  introduced=\"2025-01-01\"",
        ]);
        let children = prop::collection::vec(child, 0..5);
        let after = prop::sample::select(vec![
            "",
            "\n",
            " // c",
            "; client \"d\"\n",
            "\nclient \"d\" // {\n",
            "\n/- client \"e\" {}",
        ]);
        (before, head, prop::option::of(children), after, any::<bool>()).prop_map(
            |(before, head, children, after, windows)| {
                let block = children
                    .map_or(String::new(), |children| format!(" {{\n    {}\n}}", children.join("\n    ")));
                let text = format!("{before}{head}{block}{after}");
                if windows { text.replace('\n', "\r\n") } else { text }
            },
        )
    }

    proptest! {
        #[test]
        fn nothing_but_generations_is_written(text in spec_text()) {
            let sources = Sources::new([("specs/a.kdl".to_owned(), text.clone())]);
            let (spec, report) = parse(&sources);
            prop_assume!(!report.has_errors());
            let edited = rotate_outright(&text, &spec.authorities[0], DATE);
            prop_assert!(edited.is_ok(), "{text}\n{edited:?}");
            for run in inserted(&text, &edited.unwrap()) {
                let rest = run
                    .replace("generation 1 retired=", "")
                    .replace("introduced=", "").replace("retired=", "").replace("signs=", "").replace("generation", "")
                    .replace(DATE, "");
                prop_assert!(rest.chars().all(|c| " \r\n\"{};0123456789".contains(c)), "{run}");
            }
        }
    }
}
