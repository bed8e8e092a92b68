//! What may stand in our words beside what they list: fields of the schema in which they stand, and of the resources that
//! doors lead to.

use super::{Word, door, route, service, stands};
use crate::schema::{Field, Kind, Table, Type};

/// A door to a whole resource: its word, the kind's group and name, and the fields that may be said where not all may.
type Door = (&'static Word, (&'static str, &'static str), &'static [&'static str]);

const NETWORKING: &str = "networking.istio.io";

/// In a whole resource, `spec` stands directly in the door, and `metadata` beside it.
static DOORS: [Door; 3] = [
    (&door::VIRTUAL_SERVICE, (NETWORKING, "VirtualService"), &["spec", "metadata"]),
    (&door::DESTINATION_RULE, (NETWORKING, "DestinationRule"), &["spec", "metadata"]),
    (&door::SECRET, ("", "Secret"), &["metadata"]),
];

/// What a word says itself, always: saying it again in the schema's words is an error.
static FILLED: [(&Word, &[&str]); 5] = [
    (&service::SERVICE, &["host", "subsets"]),
    (&service::SUBSET, &["name", "labels"]),
    (&route::TO, &["destination"]),
    (&door::VIRTUAL_SERVICE, &["hosts", "gateways"]),
    (&door::DESTINATION_RULE, &["host"]),
];

/// An object whose fields may stand in a word of ours.
pub(crate) struct Beside<'t> {
    /// The kind it is in.
    pub(crate) kind: &'t Kind,
    /// The fields that lead to it, none for the whole object.
    pub(crate) way: Vec<&'t Field>,
    /// Its type.
    pub(crate) ty: &'t Type,
    /// Its fields that may be said, without those that stand there by their own fields.
    pub(crate) fields: Vec<&'t Field>,
    /// Whether its fields may stand as children only.
    pub(crate) children_only: bool,
}

/// The objects whose fields may stand in a word of ours, the first to be looked at first.
pub(crate) fn of<'t>(table: &'t Table, word: &Word) -> Vec<Beside<'t>> {
    let mut found = Vec::new();
    if let Some((kind, ways)) = place(table, word) {
        for names in ways {
            found.extend(object(table, kind, &names, word));
        }
    }
    found
}

/// The kind in which a word stands, and the ways to the objects there.
fn place<'t>(table: &'t Table, word: &Word) -> Option<(&'t Kind, Vec<Vec<&'static str>>)> {
    if let Some((_, (group, name), fields)) = DOORS.iter().find(|(door, ..)| std::ptr::eq(*door, word)) {
        let spec = fields.contains(&"spec").then(|| vec!["spec"]);
        return Some((table.kind(group, "", name)?, spec.into_iter().chain([Vec::new()]).collect()));
    }
    let stand = stands::of(word)?;
    let through = stand.through.map(|field| stand.path.iter().copied().chain([field]).collect());
    Some((stand.kind(table)?, [stand.path.to_vec()].into_iter().chain(through).collect()))
}

fn object<'t>(table: &'t Table, kind: &'t Kind, names: &[&str], word: &Word) -> Option<Beside<'t>> {
    let root = table.ty(kind.root);
    let mut ty = root;
    let mut way = Vec::new();
    for name in names {
        let field = ty.field(name)?;
        ty = table.object(field.shape.innermost())?;
        way.push(field);
    }
    let fields =
        ty.fields.iter().filter(|field| is_free(word, &field.name, std::ptr::eq(ty, root))).collect();
    Some(Beside { kind, way, ty, fields, children_only: word.labels })
}

/// Whether a field may be said in a word, and is not said there by its own fields.
fn is_free(word: &Word, name: &str, is_root: bool) -> bool {
    let door = DOORS.iter().find(|(door, ..)| std::ptr::eq(*door, word));
    let filled = FILLED.iter().find(|(filler, _)| std::ptr::eq(*filler, word));
    let stand = stands::of(word);
    door.is_none_or(|(.., fields)| !is_root || (fields.contains(&name) && name != "spec"))
        && filled.is_none_or(|(_, names)| !names.contains(&name))
        && stand.is_none_or(|stand| {
            stand.through != Some(name) && !stand.ours.iter().any(|(ours, _)| *ours == name)
        })
}

/// What messages call the words of ours in which a field may stand directly; `way` ends at the field.
pub(crate) fn holders(table: &Table, kind: &Kind, way: &[&str]) -> Vec<String> {
    let Some((last, outer)) = way.split_last() else { return Vec::new() };
    let words = stands::STANDS.iter().map(|stand| stand.word).chain(DOORS.iter().map(|(word, ..)| *word));
    let fits = |word: &&&Word| {
        place(table, word).is_some_and(|(place, ways)| {
            std::ptr::eq(place, kind)
                && ways.iter().any(|way| way == outer)
                && is_free(word, last, outer.is_empty())
        })
    };
    let words: Vec<&Word> = words.collect();
    words.iter().filter(fits).map(|word| word.called.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::built_in;
    use crate::spec::node::{gateway, host};

    fn fields(word: &Word) -> Vec<Vec<&'static str>> {
        let of = |beside: Beside<'static>| beside.fields.iter().map(|field| &*field.name).collect();
        super::of(built_in(), word).into_iter().map(of).collect()
    }

    #[test]
    fn every_place_is_an_object_of_the_table() {
        let words = stands::STANDS.iter().map(|stand| stand.word).chain(DOORS.iter().map(|(word, ..)| *word));
        for word in words {
            let (_, ways) = place(built_in(), word).unwrap();
            let found = of(built_in(), word);
            assert_eq!(found.len(), ways.len(), "{}", word.called);
            assert!(found.iter().any(|beside| !beside.fields.is_empty()), "{}", word.called);
        }
        for (word, names) in FILLED {
            let found = of(built_in(), word);
            assert!(names.iter().all(|name| found[0].ty.field(name).is_some()), "{}", word.called);
        }
        assert!(of(built_in(), &host::HOST).is_empty());
    }

    #[test]
    fn what_a_word_fills_or_looks_through_is_left_out() {
        assert_eq!(fields(&door::SECRET), [["metadata"]]);
        assert_eq!(fields(&gateway::GATEWAY), [["selector", "servers"]]);
        assert_eq!(fields(&route::TO), [["headers", "weight"]]);
        let service = fields(&service::SERVICE);
        assert_eq!(service[0], ["exportTo", "workloadSelector"]);
        assert!(service[1].contains(&"outlierDetection"));
        let table = built_in();
        let rule = table.kind(NETWORKING, "", "DestinationRule").unwrap();
        let holders = |way: &[&str]| holders(table, rule, way).join(", ");
        assert_eq!(holders(&["spec", "trafficPolicy", "tls"]), "a `service`");
        assert_eq!(holders(&["spec", "exportTo"]), "a `service`, the `destination-rule` of a `service`");
        assert_eq!(holders(&["metadata"]), "the `destination-rule` of a `service`");
        assert_eq!(holders(&["spec", "host"]), "");
        assert_eq!(holders(&["spec", "subsets", "trafficPolicy", "tls", "sni"]), "");
    }
}
