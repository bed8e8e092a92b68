//! Where our words stand in a schema: the fields that a spec may say beside what a word lists.

use crate::schema::{Field, Kind, Table};
use crate::spec::node::{Word, gateway, host, route, service};

/// A word of ours and the objects whose fields may stand in it.
struct Stand {
    word: &'static Word,
    /// A kind of Istio's networking.
    kind: &'static str,
    /// Ways by exact names to those objects.
    ways: &'static [&'static [&'static str]],
    /// Fields, by exact names, that the word itself fills or looks through.
    filled: &'static [&'static str],
    /// Where properties are the user's own names.
    children_only: bool,
}

const GROUP: &str = "networking.istio.io";

static STANDS: [Stand; 7] = [
    stand(&gateway::GATEWAY, "Gateway", &[&["spec"]], &["selector"]),
    stand(&host::TLS, "Gateway", &[&["spec", "servers", "tls"]], &["mode", "credentialName"]),
    stand(&route::ROUTE, "VirtualService", &[&["spec", "http"]], &["route", "timeout"]),
    stand(&route::ROUTE_OUTSIDE, "VirtualService", &[&["spec", "http"]], &["route", "timeout"]),
    stand(&route::TO, "VirtualService", &[&["spec", "http", "route"]], &["destination", "weight"]),
    stand(
        &service::SERVICE,
        "DestinationRule",
        &[&["spec"], &["spec", "trafficPolicy"]],
        &["host", "subsets", "trafficPolicy"],
    ),
    Stand {
        children_only: true,
        ..stand(
            &service::SUBSET,
            "DestinationRule",
            &[&["spec", "subsets"], &["spec", "subsets", "trafficPolicy"]],
            &["name", "labels", "trafficPolicy"],
        )
    },
];

const fn stand(
    word: &'static Word,
    kind: &'static str,
    ways: &'static [&'static [&'static str]],
    filled: &'static [&'static str],
) -> Stand {
    Stand { word, kind, ways, filled, children_only: false }
}

/// An object whose fields may stand in a word of ours.
pub(super) struct Beside<'t> {
    /// The kind it is in.
    pub(super) kind: &'t Kind,
    /// The fields that lead to it.
    pub(super) way: Vec<&'t Field>,
    /// Fields, by exact names, that the word itself fills or looks through.
    pub(super) filled: &'static [&'static str],
    /// Whether its fields may stand as children only.
    pub(super) children_only: bool,
}

/// The objects whose fields may stand in a word of ours, the first to be looked at first.
pub(super) fn of<'t>(table: &'t Table, word: &Word) -> Vec<Beside<'t>> {
    let mut found = Vec::new();
    for stand in STANDS.iter().filter(|stand| std::ptr::eq(stand.word, word)) {
        let Some(kind) = table.kind(GROUP, "", stand.kind) else { continue };
        for way in stand.ways {
            if let Some(way) = fields(table, kind, way) {
                found.push(Beside { kind, way, filled: stand.filled, children_only: stand.children_only });
            }
        }
    }
    found
}

/// What messages call the words of ours in which a field may stand directly; `way` ends at the field.
pub(super) fn holders(kind: &Kind, way: &[&str]) -> Vec<String> {
    let Some((last, outer)) = way.split_last() else { return Vec::new() };
    let fits = |stand: &&Stand| {
        !stand.filled.contains(last)
            && *kind.group == *GROUP
            && *kind.name == *stand.kind
            && stand.ways.iter().any(|way| *way == outer)
    };
    STANDS.iter().filter(fits).map(|stand| stand.word.called.to_owned()).collect()
}

fn fields<'t>(table: &'t Table, kind: &'t Kind, names: &[&str]) -> Option<Vec<&'t Field>> {
    let mut ty = Some(table.ty(kind.root));
    let mut way = Vec::new();
    for name in names {
        let field = ty?.field(name)?;
        ty = table.object(field.shape.innermost());
        way.push(field);
    }
    Some(way)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::built_in;

    #[test]
    fn every_place_is_an_object_of_the_table() {
        let table = built_in();
        for stand in &STANDS {
            let found = of(table, stand.word);
            assert_eq!(found.len(), stand.ways.len(), "{}", stand.word.called);
            for beside in found {
                let last = beside.way.last().unwrap();
                assert!(table.object(last.shape.innermost()).is_some(), "{}", stand.word.called);
            }
        }
        let filled = STANDS.iter().flat_map(|stand| stand.filled.iter().map(move |name| (stand, name)));
        for (stand, name) in filled {
            let there = of(table, stand.word).iter().any(|beside| {
                let ty = table.object(beside.way.last().unwrap().shape.innermost()).unwrap();
                ty.field(name).is_some()
            });
            assert!(there, "{} {name}", stand.word.called);
        }
        assert!(of(table, &host::HOST).is_empty());
    }
}
