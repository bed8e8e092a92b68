//! Telemetries for the same workloads, or attached to the same objects. Istio puts them together, the oldest first: what two of
//! them say, the younger one decides.

use std::collections::BTreeMap;

use super::{Labels, at_both, labels, same_spec};
use crate::diag::{Code, Diagnostic, Report};
use crate::resource::finished::items;
use crate::resource::{Finished, Tree, Value};

/// What its items are said of: a field that holds `mode`.
const MATCH: &str = "match";

/// What a Telemetry is for: labels of workloads, and what it is attached to by group, kind and name.
type Target<'a> = (&'a str, Labels<'a>, Vec<[&'a str; 3]>);

/// Reports pairs that say the same thing in two ways.
pub(super) fn pairs(objects: &[Finished<'_>], report: &mut Report) {
    let mut by_target: BTreeMap<Target<'_>, Vec<&Finished<'_>>> = BTreeMap::new();
    let is_one =
        |object: &&Finished<'_>| object.id.group == "telemetry.istio.io" && object.id.kind == "Telemetry";
    for object in objects.iter().filter(is_one) {
        let (chosen, attached) =
            (labels(object.tree.at(&["spec", "selector", "matchLabels"])), targets(object));
        if !chosen.is_empty() || !attached.is_empty() {
            by_target.entry((object.namespace(), chosen, attached)).or_default().push(object);
        }
    }
    for ((.., attached), sharing) in by_target {
        for (i, later) in sharing.iter().enumerate() {
            let differ = sharing.iter().take(i).filter(|earlier| !same_spec(earlier, later));
            let mut said = differ.filter_map(|earlier| Some((earlier, both_say(earlier, later)?)));
            if let Some((earlier, said)) = said.next() {
                report.push(of_two((earlier, later), said, !attached.is_empty()));
            }
        }
    }
}

fn targets<'a>(object: &'a Finished<'_>) -> Vec<[&'a str; 3]> {
    let Some(spec) = object.tree.get("spec") else { return Vec::new() };
    let all = items(spec, &["targetRefs"]).iter().chain(spec.get("targetRef"));
    let name = |target: &'a Tree, field: &str| target.get(field).and_then(Tree::as_str).unwrap_or_default();
    let mut found: Vec<_> =
        all.map(|target| ["group", "kind", "name"].map(|field| name(target, field))).collect();
    found.sort_unstable();
    found
}

/// What both say and say otherwise, with the two places.
type Said<'a> = (&'static str, &'a Tree, &'a Tree);

fn both_say<'a>(earlier: &'a Finished<'_>, later: &'a Finished<'_>) -> Option<Said<'a>> {
    ["accessLogging", "tracing", "metrics"].into_iter().find_map(|field| {
        let (mine, theirs) = (items(earlier.tree, &["spec", field]), items(later.tree, &["spec", field]));
        let mut pairs = mine.iter().flat_map(|mine| theirs.iter().map(move |theirs| (mine, theirs)));
        let (mine, theirs) = pairs.find(|(mine, theirs)| contradict(mine, theirs))?;
        Some((field, mine, theirs))
    })
}

/// Whether two items are about the same side of a connection and say one of its fields in two ways.
fn contradict(mine: &Tree, theirs: &Tree) -> bool {
    let modes = [mine, theirs].map(|one| one.at(&[MATCH, "mode"]).and_then(Tree::as_str));
    let apart = matches!(modes, [Some("CLIENT"), Some("SERVER")] | [Some("SERVER"), Some("CLIENT")]);
    !apart
        && fields(mine).any(|(name, said)| match theirs.get(name) {
            _ if name == MATCH => false,
            Some(other) if name == "overrides" => overridden(said, other),
            Some(other) => !said.same(other),
            None => false,
        })
}

/// Whether two lists of metrics' changes change one in two ways: its tags add up by name.
fn overridden(mine: &Tree, theirs: &Tree) -> bool {
    let same_metric = |one: &Tree, other: &Tree| match (one.get(MATCH), other.get(MATCH)) {
        (Some(one), Some(other)) => one.same(other),
        (one, other) => one.is_none() && other.is_none(),
    };
    let differ = |one: Option<&Tree>, other: Option<&Tree>| {
        one.zip(other).is_some_and(|(one, other)| !one.same(other))
    };
    let tags = |one: &Tree, other: &Tree| {
        let (Some(one), Some(other)) = (one.get("tagOverrides"), other.get("tagOverrides")) else {
            return false;
        };
        fields(one).any(|(tag, said)| differ(Some(said), other.get(tag)))
    };
    let pairs =
        items(mine, &[]).iter().flat_map(|one| items(theirs, &[]).iter().map(move |other| (one, other)));
    pairs
        .filter(|(one, other)| same_metric(one, other))
        .any(|(one, other)| differ(one.get("disabled"), other.get("disabled")) || tags(one, other))
}

fn fields(tree: &Tree) -> impl Iterator<Item = (&str, &Tree)> {
    tree.fields()
        .iter()
        .map(|field| (&*field.name, &field.tree))
        .filter(|(_, tree)| tree.value != Value::Null)
}

fn of_two((earlier, later): (&Finished<'_>, &Finished<'_>), said: Said<'_>, attached: bool) -> Diagnostic {
    let whom = if attached { "the same targets" } else { "the same workloads" };
    let (field, one, other) = said;
    let message = format!(
        "`{}` and `{}` are both the Telemetry of {whom}, and of what both say of `{field}` Istio takes the younger one",
        earlier.id.name, later.id.name
    );
    at_both(message, (later, Some(other)), (earlier, Some(one)))
        .help("say it in one of them")
        .help(later.settle("or, if it is meant so", Code::OLDEST_WINS))
}
