//! Revocations, written into a spec in place: onto a client, or as serial numbers into an authority.

use super::edit::{EditError, Splice, insertion, splice};
use super::node::context::Context;
use super::node::{authority, client};
use super::source::{SourceId, Sources};
use super::syntax::{self, Node, Scalar};
use crate::time::Timestamp;

/// Says of a client that none of its certificates counts since `date`. Comments and everything else stay as they are, and the
/// result is read again to prove that it says this and nothing else.
///
/// # Errors
/// A text that does not hold the client, or in which it can't be said safely.
pub fn client(text: &str, name: &str, date: &str) -> Result<String, EditError> {
    let day = day(date)?;
    let nodes = read(text).ok_or_else(|| EditError::NotThere(name.to_owned()))?;
    let node = find(&nodes, client::CLIENT.name, name).ok_or_else(|| EditError::NotThere(name.to_owned()))?;
    let end = node.head().end as usize;
    let edited = splice(text, vec![Splice { range: end..end, text: format!(" revoked=\"{date}\"") }]);
    let says = |node: &Node, cx: &mut Context<'_>| {
        client::read(cx, node).and_then(|client| client.revoked).is_some_and(|said| said.value == day)
    };
    proven(&edited, (client::CLIENT.name, name), count(&nodes), says)
}

/// Says of an authority that the certificates of these serial numbers do not count since `date`; as [`client()`].
///
/// # Errors
/// As of [`client()`].
pub fn serials(text: &str, name: &str, serials: &[String], date: &str) -> Result<String, EditError> {
    let day = day(date)?;
    let nodes = read(text).ok_or_else(|| EditError::NotThere(name.to_owned()))?;
    let node =
        find(&nodes, authority::AUTHORITY.name, name).ok_or_else(|| EditError::NotThere(name.to_owned()))?;
    let lines: Vec<_> = serials.iter().map(|serial| format!("revoked \"{serial}\" on=\"{date}\"")).collect();
    let edited = splice(text, vec![insertion(text, node, &lines)]);
    let says = |node: &Node, cx: &mut Context<'_>| {
        let said = authority::read(cx, node).map(|authority| authority.revoked).unwrap_or_default();
        serials
            .iter()
            .all(|serial| said.iter().any(|said| said.serial.value == *serial && said.on.value == day))
    };
    proven(&edited, (authority::AUTHORITY.name, name), count(&nodes) + serials.len(), says)
}

fn day(date: &str) -> Result<Timestamp, EditError> {
    Timestamp::parse_date(date).map_err(|_| EditError::NotADate(date.to_owned()))
}

fn sources(text: &str) -> Sources {
    Sources::new([(String::new(), text.to_owned())])
}

fn first(sources: &Sources) -> Option<SourceId> {
    sources.iter().next().map(|(id, _)| id)
}

fn read(text: &str) -> Option<Vec<Node>> {
    let sources = sources(text);
    let parsed = syntax::parse(first(&sources)?, text);
    (!parsed.report.has_errors()).then_some(parsed.nodes)
}

/// The only node of a word with this name, wherever it stands.
fn find<'n>(nodes: &'n [Node], word: &str, name: &str) -> Option<&'n Node> {
    let is_it = |node: &Node| {
        let first = node.entries.iter().find(|entry| entry.key.is_none());
        let says = first
            .is_some_and(|entry| matches!(&entry.value.scalar, Scalar::Text(text) if text.as_str() == name));
        node.name.as_str() == word && says
    };
    let own = nodes.iter().find(|node| is_it(node));
    own.or_else(|| nodes.iter().find_map(|node| find(&node.children, word, name)))
}

/// How many nodes there are, at any depth.
fn count(nodes: &[Node]) -> usize {
    nodes.iter().map(|node| 1 + count(&node.children)).sum()
}

/// The edited text, if it reads as meant.
fn proven(
    edited: &str,
    (word, name): (&str, &str),
    wanted: usize,
    says: impl Fn(&Node, &mut Context<'_>) -> bool,
) -> Result<String, EditError> {
    let refused = || EditError::NotSafe { word: word.to_owned(), name: name.to_owned() };
    let nodes = read(edited).ok_or_else(refused)?;
    let node = find(&nodes, word, name).ok_or_else(refused)?;
    let sources = sources(edited);
    let mut cx = Context::new(&sources, crate::schema::built_in());
    let is_said = says(node, &mut cx);
    if is_said && !cx.report.has_errors() && count(&nodes) == wanted {
        Ok(edited.to_owned())
    } else {
        Err(refused())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "2026-11-25";

    #[test]
    fn a_client_gets_a_property_and_nothing_else_moves() {
        for (text, expected) in [
            (
                "client \"a\" authority=\"x\" // who\n",
                "client \"a\" authority=\"x\" revoked=\"2026-11-25\" // who\n",
            ),
            (
                "client \"b\"\nclient \"a\" {\n\tsan \"ü\"\n}\n",
                "client \"b\"\nclient \"a\" revoked=\"2026-11-25\" {\n\tsan \"ü\"\n}\n",
            ),
            ("/* c */ client a;client b", "/* c */ client a revoked=\"2026-11-25\";client b"),
        ] {
            assert_eq!(client(text, "a", DATE).unwrap(), expected);
        }
        assert_eq!(client("client \"b\"", "a", DATE), Err(EditError::NotThere("a".into())));
        let twice = client("client \"a\" revoked=\"2026-01-01\"", "a", DATE);
        assert!(matches!(twice, Err(EditError::NotSafe { .. })));
        assert_eq!(client("client \"a\"", "a", "soon"), Err(EditError::NotADate("soon".into())));
    }

    #[test]
    fn an_authority_gets_a_line_a_serial() {
        let both = ["0a".to_owned(), "0b".to_owned()];
        let edited = serials("authority \"x\" valid=\"1y\"\nhost \"h\"\n", "x", &both, DATE).unwrap();
        assert_eq!(
            edited,
            "authority \"x\" valid=\"1y\" {\n    revoked \"0a\" on=\"2026-11-25\"\n    revoked \"0b\" on=\"2026-11-25\"\n}\nhost \"h\"\n"
        );
        let again = serials(&edited, "x", &["0c".to_owned()], DATE).unwrap();
        assert!(again.contains("0b\" on=\"2026-11-25\"\n    revoked \"0c\""), "{again}");
        let twice = serials(&edited, "x", &both, DATE);
        assert!(matches!(twice, Err(EditError::NotSafe { .. })));
    }
}
