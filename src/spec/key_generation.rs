//! `generation=2`, written into a spec in place: which of the keys that follow from the project's seed a certificate has.

use super::edit::{EditError, Splice, splice};
use super::node::certificate::KEY_GENERATION;
use super::source::{Sources, Span};
use super::syntax::{self, Node, Scalar, Value};

/// A node whose key is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Its word.
    pub word: Span,
    /// What messages call it, as `host` and its name.
    pub called: (String, String),
    /// Which of its keys it is to have.
    pub number: u32,
}

/// Says of these nodes of a text which of their keys they have. Comments and everything else stay as they are, and the result
/// is read again to prove that it says this and nothing else.
///
/// # Errors
/// A text that does not hold a node, or in which it can't be said safely.
pub fn write(text: &str, nodes: &[Counted]) -> Result<String, EditError> {
    let Some(before) = read(text) else { return Err(nodes.first().map_or_else(nowhere, not_safe)) };
    let all = in_order(&before);
    let mut splices = Vec::new();
    let mut meant = Vec::new();
    for counted in nodes {
        let at = all.iter().position(|node| node.name.span().range() == counted.word.range());
        let found = at.and_then(|at| Some((at, *all.get(at)?)));
        let (at, node) = found.ok_or_else(|| EditError::NotThere(counted.called.1.clone()))?;
        let number = counted.number;
        splices.push(match said(node) {
            Some(value) => Splice { range: value.span.range(), text: number.to_string() },
            None => {
                let end = node.head().end as usize;
                Splice { range: end..end, text: format!(" {}={number}", KEY_GENERATION.name) }
            }
        });
        meant.push((at, counted));
    }
    let edited = splice(text, splices);
    let after = read(&edited).unwrap_or_default();
    let now = in_order(&after);
    for (at, counted) in meant {
        let number = now.get(at).and_then(|node| said(node)).map(|value| &value.scalar);
        let says = matches!(number, Some(Scalar::Int(number)) if *number == i128::from(counted.number));
        if !says || now.len() != all.len() {
            return Err(not_safe(counted));
        }
    }
    Ok(edited)
}

fn nowhere() -> EditError {
    EditError::NotThere(KEY_GENERATION.name.to_owned())
}

fn not_safe(counted: &Counted) -> EditError {
    let (word, name) = counted.called.clone();
    EditError::NotCounted { word, name, number: counted.number }
}

fn read(text: &str) -> Option<Vec<Node>> {
    let sources = Sources::new([(String::new(), text.to_owned())]);
    let (id, _) = sources.iter().next()?;
    let parsed = syntax::parse(id, text);
    (!parsed.report.has_errors()).then_some(parsed.nodes)
}

/// All nodes, each before what stands in it.
fn in_order(nodes: &[Node]) -> Vec<&Node> {
    nodes.iter().flat_map(|node| std::iter::once(node).chain(in_order(&node.children))).collect()
}

/// Where a node says which key it has.
fn said(node: &Node) -> Option<&Value> {
    let is_it = |name: &str| name == KEY_GENERATION.name;
    let property =
        node.entries.iter().find(|entry| entry.key.as_ref().is_some_and(|key| is_it(key.as_str())));
    let child = || node.children.iter().find(|child| is_it(child.name.as_str()));
    property.or_else(|| child().and_then(|child| child.entries.first())).map(|entry| &entry.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::parse;

    fn counted(text: &str, number: u32) -> Result<String, EditError> {
        let sources = Sources::new([("specs/a.kdl".to_owned(), text.to_owned())]);
        let (spec, report) = parse(&sources);
        assert!(!report.has_errors(), "{}", crate::diag::human::render(&report, &sources, false));
        let hosts = spec.hosts.iter().chain(spec.domains.iter().flat_map(|domain| &domain.hosts));
        let nodes: Vec<_> = hosts
            .map(|host| Counted {
                word: host.word,
                called: ("host".to_owned(), host.name.as_str().to_owned()),
                number,
            })
            .collect();
        write(text, &nodes)
    }

    #[test]
    fn a_node_gets_a_number_and_nothing_else_moves() {
        for (text, expected) in [
            ("host \"ä.b\" to=\"c:80\" // ours\n", "host \"ä.b\" to=\"c:80\" generation=2 // ours\n"),
            ("host a.b generation=1;client c", "host a.b generation=2;client c"),
            ("host a.b {\n\tgeneration 17 // often\n}\n", "host a.b {\n\tgeneration 2 // often\n}\n"),
            (
                "domain b {\r\n  host c { to d:80; }\r\n  host e\r\n}\r\n",
                "domain b {\r\n  host c generation=2 { to d:80; }\r\n  host e generation=2\r\n}\r\n",
            ),
        ] {
            assert_eq!(counted(text, 2).unwrap(), expected);
        }
    }

    #[test]
    fn what_can_not_be_edited_is_refused() {
        let node = |start: u32| Counted {
            word: Span { start, end: start + 4, ..spans() },
            called: ("host".to_owned(), "a.b".to_owned()),
            number: 2,
        };
        assert_eq!(write("/**/ host a.b", &[node(0)]), Err(EditError::NotThere("a.b".to_owned())));
        let broken = write("host a.b {", &[node(0)]);
        assert!(matches!(broken, Err(EditError::NotCounted { number: 2, .. })), "{broken:?}");
        // A property that is dropped would be dropped with what is written behind it.
        assert!(matches!(counted("host a.b /-to=\"c:80\"", 2), Err(EditError::NotCounted { .. }) | Ok(_)));
    }

    fn spans() -> Span {
        let sources = Sources::new([("specs/a.kdl".to_owned(), "host a.b".to_owned())]);
        parse(&sources).0.hosts[0].word
    }
}
