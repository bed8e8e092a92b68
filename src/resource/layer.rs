//! What a spec says in a schema's words, laid over what its short words made. One field has one source: what a short word
//! decided can't be said again. A default gives way to what is said, and goes where `#null` is said.

use super::{Field, Tree, Value};
use crate::diag::{Code, Diagnostic, Report};
use crate::schema::words::Content;
use crate::spec::{Origin, Span};

/// Lists to which more items are added.
const GROWING: [&str; 2] = ["servers", "subsets"];

/// Lays fields over an object, which stays as it is where it is none.
pub(super) fn fields(tree: &mut Tree, said: &[Field], report: &mut Report) {
    if let Value::Map(into) = &mut tree.value {
        lay(into, said, &mut Vec::new(), report);
    }
}

/// Lays fields over one of an object's fields, which is made if it is missing.
pub(super) fn at(tree: &mut Tree, name: &'static str, said: &[Field], report: &mut Report) {
    let Value::Map(fields) = &mut tree.value else { return };
    let Some(first) = said.first() else { return };
    let origin = first.tree.origin.clone();
    let at = fields.iter().position(|field| field.name == name).unwrap_or_else(|| {
        fields.push(Field { name: name.into(), tree: Tree::map(&origin) });
        fields.len() - 1
    });
    match fields.get_mut(at).map(|field| &mut field.tree) {
        Some(Tree { value: Value::Map(into), .. }) => lay(into, said, &mut vec![name.to_owned()], report),
        // Said to be nothing, or something that holds no fields.
        Some(there) => {
            for field in said {
                report.push(conflict(&[name.to_owned()], there, &field.tree));
            }
            // One mistake, not two: a null that stays is refused again.
            if there.value == Value::Null {
                there.value = Value::Map(said.to_vec());
            }
        }
        None => {}
    }
}

/// Lays fields over `metadata`.
pub(super) fn metadata(tree: &mut Tree, said: &[Field], report: &mut Report) {
    at(tree, "metadata", said, report);
}

/// Lays what the door of a whole resource says over it.
pub(super) fn door(tree: &mut Tree, said: Option<&Content>, report: &mut Report) {
    let Some(content) = said else { return };
    metadata(tree, &content.metadata, report);
    fields(tree, &content.fields, report);
}

fn lay(into: &mut Vec<Field>, said: &[Field], path: &mut Vec<String>, report: &mut Report) {
    for field in said {
        let Some(i) = into.iter().position(|there| there.name == field.name) else {
            into.push(field.clone());
            continue;
        };
        let Some(there) = into.get_mut(i) else { continue };
        path.push(field.name.to_string());
        let default = is_default(&there.tree);
        match (&mut there.tree.value, &field.tree.value) {
            (Value::Map(inner), Value::Map(more)) => {
                lay(inner, more, path, report);
                if inner.is_empty() && !more.is_empty() {
                    into.remove(i);
                }
            }
            (Value::List(items), Value::List(more)) if GROWING.contains(&&*field.name) => {
                items.extend(more.iter().cloned());
            }
            (_, Value::Null) if default => {
                into.remove(i);
            }
            _ if default => there.tree = field.tree.clone(),
            _ => report.push(conflict(path, &there.tree, &field.tree)),
        }
        path.pop();
    }
}

/// Whether the spec decided nothing of it.
fn is_default(tree: &Tree) -> bool {
    tree.origin.span().is_none()
        && match &tree.value {
            Value::List(items) => items.iter().all(is_default),
            Value::Map(fields) => fields.iter().all(|field| is_default(&field.tree)),
            _ => true,
        }
}

fn conflict(path: &[String], made: &Tree, said: &Tree) -> Diagnostic {
    let path = path.join(".");
    let mut finding = Diagnostic::error(Code::CONFLICT, format!("`{path}` has two sources"));
    if let Some(span) = said.origin.span() {
        finding = finding.at(span, "said in the schema's words");
    }
    if let Some(span) = place(made, said.origin.span()) {
        finding = finding.at(span, "and decided by this already");
    }
    finding.help(instead(&path).unwrap_or("keep one of the two"))
}

/// What to write in place of a field of a door that the node around it decides.
fn instead(path: &str) -> Option<&'static str> {
    let say = match path {
        "spec.gateways" => {
            "a host is on the one Gateway that `gateway=` names; for calls within the mesh write a `virtual-service` node of its own, with `gateways \"mesh\"`"
        }
        "spec.hosts" => "leave it out: the host's name decides it, and a further name is a `host` of its own",
        "spec.http" => {
            "leave it out: `to` and `route` of the host decide it; what else a rule says stands in its `route`"
        }
        "spec.host" | "host" => "leave it out: the name of the `service` decides it",
        _ => return None,
    };
    Some(say)
}

/// Where a value is decided: that of a whole list or object is the node that makes it, which says less than its first part. Of
/// several places, what stands nearest before the other source is what was said beside it; the rest, as the project's
/// namespace, only has a part in it.
fn place(tree: &Tree, beside: Option<Span>) -> Option<Span> {
    let first = match &tree.value {
        Value::List(items) => items.first(),
        Value::Map(fields) => fields.first().map(|field| &field.tree),
        _ => None,
    };
    let nearest = |origin: &Origin| {
        let near = |span: &Span| {
            beside.is_some_and(|beside| span.source == beside.source && span.start < beside.start)
        };
        let before = origin.spans().filter(near).max_by_key(|span| span.start);
        before.or_else(|| origin.span())
    };
    first.and_then(|first| nearest(&first.origin)).or_else(|| nearest(&tree.origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Sources;

    fn spec(start: u32) -> Origin {
        let sources = Sources::new([("specs/a.kdl".to_owned(), "authority a".to_owned())]);
        let (spec, _) = crate::spec::parse(&sources);
        let word = spec.authorities[0].word;
        Origin::spec(Span { start, end: start + 1, ..word })
    }

    fn said(name: &'static str, tree: Tree) -> Vec<Field> {
        vec![Field { name: name.into(), tree }]
    }

    #[test]
    fn a_default_gives_way_and_goes() {
        let fixed = Origin::default_of("metadata");
        let made =
            || Tree::map(&fixed).with("labels", Tree::map(&fixed).with("a", Tree::string("1", &fixed)));
        let mut report = Report::default();
        let mut tree = made();
        fields(
            &mut tree,
            &said("labels", Tree::map(&spec(1)).with("a", Tree::string("2", &spec(2)))),
            &mut report,
        );
        assert_eq!(tree.at(&["labels", "a"]).and_then(Tree::as_str), Some("2"));
        let null = Tree { value: Value::Null, origin: spec(3) };
        let mut tree = made();
        fields(&mut tree, &said("labels", Tree::map(&spec(1)).with("a", null.clone())), &mut report);
        assert!(tree.get("labels").is_none());
        let mut tree = made();
        fields(&mut tree, &said("labels", null.clone()), &mut report);
        assert!(tree.get("labels").is_none());
        // Where there is nothing to remove, it is a value as any other.
        fields(&mut tree, &said("other", null), &mut report);
        assert_eq!(tree.get("other").map(|tree| &tree.value), Some(&Value::Null));
        assert!(report.is_empty());
    }

    #[test]
    fn what_a_short_word_decided_is_not_said_again() {
        for (made, again) in [
            (Tree::string("1", &spec(1)), Tree::string("1", &spec(9))),
            (Tree::string("1", &spec(1)), Tree { value: Value::Null, origin: spec(9) }),
            (Tree::list(Vec::new(), &spec(1)), Tree::list(Vec::new(), &spec(9))),
            (Tree::map(&Origin::default_of("x")).with("a", Tree::int(1, &spec(1))), Tree::int(2, &spec(9))),
        ] {
            let mut report = Report::default();
            let mut tree = Tree::map(&spec(0)).with("x", made);
            fields(&mut tree, &said("x", again), &mut report);
            let [finding] = report.findings() else { panic!("{report:?}") };
            assert_eq!(finding.message, "`x` has two sources");
            assert_eq!(finding.labels.first().map(|label| label.span.start), Some(9));
        }
    }

    /// Of all that decided a value, what stands beside the other source is shown.
    #[test]
    fn the_other_source_is_the_nearest() {
        let mut report = Report::default();
        let host = Tree::string("a.web", &spec(0).and(&spec(4)).and(&spec(12)));
        let mut tree = Tree::map(&spec(0)).with("host", host);
        fields(&mut tree, &said("host", Tree::string("b", &spec(9))), &mut report);
        let [finding] = report.findings() else { panic!("{report:?}") };
        assert_eq!(finding.labels.iter().map(|label| label.span.start).collect::<Vec<_>>(), [9, 4]);
    }

    #[test]
    fn what_is_said_to_hold_nothing_holds_no_fields() {
        for there in [Value::Null, Value::Int(1), Value::List(Vec::new()), Value::String("x".into())] {
            let mut report = Report::default();
            let mut tree = Tree::map(&spec(0)).with("policy", Tree { value: there.clone(), origin: spec(3) });
            at(&mut tree, "policy", &said("a", Tree::int(1, &spec(9))), &mut report);
            let [finding] = report.findings() else { panic!("{report:?}") };
            assert_eq!(finding.message, "`policy` has two sources");
            assert_eq!(finding.labels.iter().map(|label| label.span.start).collect::<Vec<_>>(), [9, 3]);
        }
    }

    #[test]
    fn servers_and_subsets_grow() {
        let mut report = Report::default();
        let list = |at| Tree::list(vec![Tree::int(1, &spec(at))], &spec(at));
        let mut tree = Tree::map(&spec(0)).with("servers", list(1)).with("hosts", list(2));
        fields(&mut tree, &said("servers", list(3)), &mut report);
        assert!(matches!(&tree.get("servers").unwrap().value, Value::List(items) if items.len() == 2));
        assert!(report.is_empty());
        fields(&mut tree, &said("hosts", list(4)), &mut report);
        assert!(report.has_errors());
    }
}
