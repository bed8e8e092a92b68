//! What somebody asks for: `host.tls`, `virtual-service.http`, `VirtualService.spec.http`.

use super::entry::Entry;
use super::unknown::{Miss, Unknown, nothing, places};
use super::words::Found;
use super::{door, kinds, words};
use crate::schema::{Field, Form, Kind, Table, Type};
use crate::spec::node::settle::SETTLE;
use crate::spec::node::{Word, beside};

/// Explains a word of ours, a kind, or a part of either; where several are called so, all of them, ours first.
///
/// # Errors
/// [`Unknown`], with what was likely meant.
pub fn explain(table: &Table, asked: &str) -> Result<Vec<Entry>, Unknown> {
    let asked = Asked::of(asked)?;
    let mut misses = Vec::new();
    let mut entries = if asked.group.is_empty() { ours(table, &asked, &mut misses) } else { Vec::new() };
    for kind in asked.kinds(table) {
        match resolve(table, kind, table.ty(kind.root), Vec::new(), &asked.rest) {
            Ok(way) if way.is_empty() => entries.push(kinds::kind(table, kind)),
            Ok(way) => {
                if let Some(entry) = kinds::field(table, kind, &way) {
                    add(&mut entries, entry);
                }
            }
            Err(miss) => misses.push(miss),
        }
    }
    // A decision stands in the node of any kind, beside what its schema has.
    let is_kind = asked.kinds(table).next().is_some();
    if is_kind && asked.rest == [SETTLE.name] && !entries.iter().any(|entry| entry.sort == "word") {
        let name = format!("{}.{}", asked.first, SETTLE.name);
        entries.push(words::word(table, &Found { word: &SETTLE, name }));
    }
    if entries.is_empty() && misses.is_empty() && asked.group.is_empty() {
        if asked.rest.is_empty() {
            entries = words::properties(asked.first);
        }
        // A field of one place only is what was meant.
        if entries.is_empty()
            && let [only] = places(table, table.kinds(), asked.first).as_slice()
        {
            return explain(table, &[&[only.as_str()], asked.rest.as_slice()].concat().join("."));
        }
    }
    if entries.is_empty() { Err(nothing(table, asked.group, asked.first, &misses)) } else { Ok(entries) }
}

/// Adds an entry, unless one shows the same place of a manifest already: two words may stand at one, and kinds have it too.
fn add(entries: &mut Vec<Entry>, entry: Entry) {
    let place = |entry: &Entry| entry.facts.iter().find(|fact| fact.key == "manifest").cloned();
    let is_known = |known: &Entry| {
        known.sort == entry.sort && place(known).is_some_and(|fact| place(&entry) == Some(fact))
    };
    if !entries.iter().any(is_known) {
        entries.push(entry);
    }
}

/// What `explain` can be asked for of whole words and kinds, for completions, sorted. Of kinds with one word, with their groups too.
#[must_use]
pub fn names(table: &Table) -> Vec<String> {
    let ours = words::all().into_iter().map(|found| found.word.name.to_owned());
    let kinds = table.kinds().iter().flat_map(|kind| [kind.word.to_string(), kinds::kind_name(table, kind)]);
    let mut names: Vec<String> = ours.chain(kinds).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A question, taken apart.
struct Asked<'a> {
    /// An API group, as far as it was said.
    group: &'a str,
    first: &'a str,
    rest: Vec<&'a str>,
}

impl<'a> Asked<'a> {
    fn of(text: &'a str) -> Result<Self, Unknown> {
        // `networking.istio.io/v1/Gateway.spec`: the version says nothing that the kind does not.
        let (group, way) = text.rsplit_once('/').unwrap_or(("", text));
        let group = group.split('/').next().unwrap_or_default();
        let mut parts = way.split('.').map(|part| part.split('[').next().unwrap_or_default());
        let first = parts.next().unwrap_or_default();
        let rest: Vec<&str> = parts.collect();
        if first.is_empty() || rest.iter().any(|part| part.is_empty()) {
            let message =
                format!("`{text}` is no word with parts behind dots, such as `virtual-service.http.retries`");
            return Err(Unknown::new(message));
        }
        Ok(Self { group, first, rest })
    }

    fn kinds<'t>(&'a self, table: &'t Table) -> impl Iterator<Item = &'t Kind> + use<'a, 't> {
        let called = |kind: &&Kind| *kind.word == *self.first || kind.name.eq_ignore_ascii_case(self.first);
        let of_group = |kind: &&Kind| self.group.is_empty() || *kind.group == *self.group;
        table.kinds().iter().filter(called).filter(of_group)
    }
}

/// Entries of our own words.
fn ours<'t, 'a>(table: &'t Table, asked: &Asked<'a>, misses: &mut Vec<Miss<'t, 'a>>) -> Vec<Entry> {
    let mut entries = Vec::new();
    let all = words::all();
    let is_kind = asked.kinds(table).next().is_some();
    'words: for start in all.iter().filter(|found| found.word.name == asked.first) {
        let mut here = start.clone();
        for (i, part) in asked.rest.iter().enumerate() {
            let Some(item) = here.word.item(part) else {
                match in_schema(table, &here, &asked.rest[i..]) {
                    // `virtual-service.http` is the kind's, though a door of a host is called so too.
                    Some(_) if is_kind && start.name != asked.first => {}
                    Some(entry) => add(&mut entries, entry),
                    None => misses.push(Miss {
                        kind: beside::of(table, here.word).first().map(|beside| beside.kind),
                        depth: i,
                        outer: here.name,
                        written: part,
                        there: parts(table, here.word),
                    }),
                }
                continue 'words;
            };
            match item.word() {
                Some(word) => here = Found { word, name: format!("{}.{}", here.name, word.name) },
                None if i + 1 == asked.rest.len() => {
                    entries.push(words::property(Some(&here), item));
                    continue 'words;
                }
                None => {
                    let outer = format!("{}.{part}", here.name);
                    let written = asked.rest[i + 1];
                    misses.push(Miss { kind: None, depth: i + 1, outer, written, there: Vec::new() });
                    continue 'words;
                }
            }
        }
        entries.push(words::word(table, &here));
    }
    entries
}

/// A schema's field that may stand in a word of ours, as it is said there.
fn in_schema(table: &Table, here: &Found, rest: &[&str]) -> Option<Entry> {
    beside::of(table, here.word).into_iter().find_map(|beside| {
        let way = below(table, beside.kind, beside.ty, beside.way.clone(), rest).ok()?;
        let said = way.get(beside.way.len()..)?;
        let is_free =
            said.first().is_some_and(|first| beside.fields.iter().any(|free| free.name == first.name));
        if !is_free {
            return kinds::field(table, beside.kind, &way);
        }
        let words = said.iter().map(|field| format!(".{}", field.word));
        let name = here.name.clone() + &words.collect::<String>();
        door::field_in(table, beside.kind, &way, name, words::written_in(table, here.word, &beside, &way))
    })
}

/// What stands in a word of ours, its own parts and a schema's.
fn parts(table: &Table, word: &Word) -> Vec<String> {
    let mut parts: Vec<String> = word.items().map(|item| item.name.to_owned()).collect();
    for beside in beside::of(table, word) {
        parts.extend(beside.fields.iter().map(|field| field.word.to_string()));
    }
    parts
}

/// The fields that a way names, from a kind's top. `spec` may be left out, unless another field is called so.
fn resolve<'t, 'a>(
    table: &'t Table,
    kind: &'t Kind,
    root: &'t Type,
    mut way: Vec<&'t Field>,
    rest: &[&'a str],
) -> Result<Vec<&'t Field>, Miss<'t, 'a>> {
    let Some(first) = rest.first() else { return Ok(way) };
    let spec = root.field("spec");
    match (named(root, first), spec.and_then(|spec| table.object(spec.shape.innermost()))) {
        (None, Some(ty)) => {
            way.extend(spec);
            below(table, kind, ty, way, rest)
        }
        _ => below(table, kind, root, way, rest),
    }
}

/// The fields that a way names, from a type on.
fn below<'t, 'a>(
    table: &'t Table,
    kind: &'t Kind,
    ty: &'t Type,
    mut way: Vec<&'t Field>,
    rest: &[&'a str],
) -> Result<Vec<&'t Field>, Miss<'t, 'a>> {
    let mut ty = Some(ty);
    for (depth, part) in rest.iter().enumerate() {
        // A name of one's own in a map leads to what the map holds.
        let is_map = way.last().is_some_and(|map| matches!(map.shape.form, Form::Map(_)));
        let leads_on = match (ty, rest.get(depth + 1)) {
            (Some(ty), Some(next)) => named(ty, part).is_none() && named(ty, next).is_some(),
            (ty, next) => ty.is_none() && next.is_none(),
        };
        if is_map && leads_on {
            continue;
        }
        let Some(field) = ty.and_then(|ty| named(ty, part)) else {
            let there = ty.into_iter().flat_map(|ty| &ty.fields).map(|field| field.word.to_string());
            let there = there.collect();
            let outer = outer(table, kind, &way);
            return Err(Miss { kind: Some(kind), depth, outer, written: part, there });
        };
        ty = table.object(field.shape.innermost());
        way.push(field);
    }
    Ok(way)
}

/// How the object at the end of a way is asked for; `spec` needs no word of its own.
fn outer(table: &Table, kind: &Kind, way: &[&Field]) -> String {
    match way {
        [only] if &*only.name == "spec" => kinds::kind_name(table, kind),
        way => kinds::field_name(table, kind, way),
    }
}

/// A field by its word or its exact name.
fn named<'t>(ty: &'t Type, name: &str) -> Option<&'t Field> {
    ty.by_word(name).or_else(|| ty.field(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::built_in;

    fn called(asked: &str) -> Vec<(String, &'static str)> {
        let entries = explain(built_in(), asked).unwrap_or_else(|unknown| panic!("{unknown}"));
        entries.into_iter().map(|entry| (entry.name, entry.sort)).collect()
    }

    fn refused(asked: &str) -> String {
        explain(built_in(), asked).unwrap_err().to_string()
    }

    #[test]
    fn a_field_is_found_by_word_and_by_exact_name() {
        let retries = [("virtual-service.http.retries".to_owned(), "field")];
        for asked in [
            "virtual-service.http.retries",
            "VirtualService.spec.http.retries",
            "virtualservice.spec.http[].retries",
            "networking.istio.io/v1/VirtualService.spec.http[0].retries",
        ] {
            assert_eq!(called(asked), retries, "{asked}");
        }
        assert_eq!(called("per-try-timeout"), called("virtual-service.http.retries.per-try-timeout"));
        assert_eq!(called("config-map.data.greeting"), called("config-map.data"));
        assert_eq!(
            called("telemetry.tracing.custom-tags.mine.literal"),
            called("telemetry.tracing.custom-tags.literal")
        );
        assert_eq!(called("mirror.host"), called("virtual-service.http.mirror.host"));
        assert_eq!(called("certificate.is-ca"), called("Certificate.spec.isCA"));
        assert_eq!(
            called("workload-group.metadata.labels"),
            [("workload-group.metadata.labels".to_owned(), "field")]
        );
        assert_eq!(
            called("WorkloadGroup.spec.metadata.labels"),
            [("workload-group.spec.metadata.labels".to_owned(), "field")]
        );
    }

    #[test]
    fn ours_come_before_kinds_of_the_same_name() {
        let sorts = |asked: &str| called(asked).into_iter().map(|(_, sort)| sort).collect::<Vec<_>>();
        assert_eq!(sorts("service"), ["word", "kind"]);
        assert_eq!(sorts("gateway"), ["word", "kind", "kind"]);
        assert_eq!(sorts("networking.istio.io/gateway"), ["kind"]);
        assert_eq!(sorts("tls"), ["word", "word"]);
        assert_eq!(sorts("workload-namespace"), ["property"]);
        assert_eq!(called("service.ports"), [("service.ports".to_owned(), "field")]);
    }

    /// What is asked for by our words is told as they say it, with the place in the manifest and the way by the kind.
    #[test]
    fn a_field_in_a_word_of_ours_stands_where_it_is_said() {
        for (asked, place, by_kind, written) in [
            (
                "route.retries",
                "VirtualService spec.http[].retries",
                "virtual-service.http.retries",
                "route \"…\" host=\"…\" { retries attempts=3",
            ),
            (
                "domain.host.route.to.headers",
                "VirtualService spec.http[].route[].headers",
                "virtual-service.http.route.headers",
                "to \"…\" {",
            ),
            (
                "service.connection-pool",
                "DestinationRule spec.trafficPolicy.connectionPool",
                "destination-rule.traffic-policy.connection-pool",
                "service \"…\" { connection-pool {",
            ),
            (
                "service.subset.connectionPool.tcp",
                "DestinationRule spec.subsets[].trafficPolicy.connectionPool.tcp",
                "destination-rule.subsets.traffic-policy.connection-pool.tcp",
                "subset \"…\" label=\"…\" {",
            ),
        ] {
            let entries = explain(built_in(), asked).unwrap();
            let [entry] = entries.as_slice() else { panic!("{asked}: {entries:?}") };
            let fact = |key: &str| entry.facts.iter().find(|fact| fact.key == key).map(|fact| &*fact.text);
            assert_eq!(entry.name, asked.replace("connectionPool", "connection-pool"));
            assert_eq!(fact("manifest"), Some(place));
            assert_eq!(fact("byKind"), Some(&*format!("`{by_kind}`")));
            assert!(fact("written").is_some_and(|text| text.starts_with(written)), "{asked}: {entry:?}");
        }
    }

    #[test]
    fn a_decision_is_told_of_every_kind() {
        let told = [("authorization-policy.settle".to_owned(), "word")];
        assert_eq!(called("authorization-policy.settle"), told);
        assert_eq!(called("gateway.settle"), [("gateway.settle".to_owned(), "word")]);
        let entry = &explain(built_in(), "settle").unwrap()[0];
        let stands = entry.facts.iter().find(|fact| fact.key == "standsIn").unwrap();
        assert!(stands.text.contains("a `service`") && stands.text.contains("the node of any kind"));
        refused("authorization-policy.rules.settle");
    }

    #[test]
    fn every_word_and_every_kind_is_found_by_its_name() {
        let table = built_in();
        let names = names(table);
        assert!(names.len() > 40 && names.windows(2).all(|pair| pair[0] < pair[1]));
        for name in names {
            assert!(!called(&name).is_empty(), "{name}");
        }
        for found in words::all() {
            assert!(called(&found.name).iter().any(|(name, _)| *name == found.name), "{}", found.name);
            for item in found.word.items() {
                let asked = format!("{}.{}", found.name, item.name);
                assert!(explain(table, &asked).is_ok(), "{asked}");
            }
        }
    }

    #[test]
    fn what_is_unknown_comes_with_what_was_meant() {
        for (asked, message) in [
            ("hots", "no word or kind is called `hots`; did you mean `host`?"),
            (
                "percentage",
                "no word or kind is called `percentage`; it is a field: `virtual-service.http.mirrors.percentage`, \
                 `virtual-service.http.fault.abort.percentage` or `virtual-service.http.fault.delay.percentage`",
            ),
            ("host.tsl", "`host` has no `tsl`; did you mean `host.tls`?"),
            (
                "virtual-service.http.retires",
                "`virtual-service.http` has no `retires`; did you mean `virtual-service.http.retries`?",
            ),
            (
                "DestinationRule.loadBalancer",
                "`destination-rule` has no `loadBalancer`; did you mean `destination-rule.traffic-policy.load-balancer`?",
            ),
            ("secrets.filter.x", "`secrets.filter` has no `x`; it has no parts"),
            (
                "virtual-service.retry",
                "`virtual-service` has no `retry`; did you mean `virtual-service.http.retries`?",
            ),
            (
                "service.max-connections",
                "`service` has no `max-connections`; did you mean \
                 `destination-rule.traffic-policy.connection-pool.tcp.max-connections`?",
            ),
            (
                "istio.io/Gateway",
                "no kind of `istio.io` is called `Gateway`; there is `networking.istio.io/gateway` or \
                 `gateway.networking.k8s.io/gateway`",
            ),
            (
                "istio.io/x",
                "no kind of `istio.io` is called `x`; `gatewright explain` lists all that there are",
            ),
            ("a..b", "`a..b` is no word with parts behind dots, such as `virtual-service.http.retries`"),
        ] {
            assert_eq!(refused(asked), message, "{asked}");
        }
        for asked in ["", ".", "/", "[]", "host.", "a/", "\u{0}", "host.tls.secret.x.y"] {
            refused(asked);
        }
    }
}
