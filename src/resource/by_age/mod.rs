//! Objects of which Istio takes the older one where two say something about the same pods or the same service. Which one that
//! is, the cluster decides and no spec.

mod mesh;
mod telemetry;

use std::collections::BTreeMap;

use super::finished::{full_service, items};
use super::{Finished, MESH, Tree, Value};
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::tree::same_fields;

/// Kinds of which one holds for a workload, with where they choose workloads; of RequestAuthentications and
/// AuthorizationPolicies all hold.
const ONE: [(&str, &str, &[&str]); 4] = [
    ("security.istio.io", "PeerAuthentication", &["spec", "selector", "matchLabels"]),
    ("networking.istio.io", "Sidecar", &["spec", "workloadSelector", "labels"]),
    ("networking.istio.io", "ProxyConfig", &["spec", "selector", "matchLabels"]),
    ("telemetry.istio.io", "Telemetry", &["spec", "selector", "matchLabels"]),
];

/// Those of which a workload has the oldest of all that choose it, however many labels they name.
const OLDEST_OF_ALL: [&str; 2] = ["PeerAuthentication", "Sidecar"];

/// Labels, sorted.
type Labels<'a> = Vec<(&'a str, &'a str)>;

/// Reports pairs of which Istio takes the older one.
#[must_use]
pub fn check_by_age(objects: &[Finished<'_>]) -> Report {
    let mut report = Report::default();
    for (group, kind, selector) in ONE {
        let mut first: BTreeMap<(&str, Labels<'_>), &Finished<'_>> = BTreeMap::new();
        let of_kind = objects.iter().filter(|object| object.id.group == group && object.id.kind == kind);
        // What is attached by name adds up.
        for object in of_kind.filter(|object| !has_targets(object)) {
            let chosen = labels(object.tree.at(selector));
            let whole = chosen.is_empty();
            let selects = object.tree.at(&["spec", "selector"]).is_some();
            // Those of chosen workloads add up. A ProxyConfig that chooses none of them holds for none, and so does a
            // PeerAuthentication of the mesh's namespace that chooses any.
            let is_for_none = match kind {
                "PeerAuthentication" => !whole && object.namespace() == MESH,
                "ProxyConfig" => whole && selects,
                _ => false,
            };
            if kind == "Telemetry" && !whole || is_for_none {
                continue;
            }
            match first.get(&(object.namespace(), chosen.clone())) {
                Some(earlier) if same_spec(earlier, object) => {}
                Some(earlier) if whole => {
                    let whom = format!("the whole of namespace `{}`", object.namespace());
                    report.push(of_two(earlier, object, &whom, "choose workloads in one of them"));
                }
                Some(earlier) => {
                    let other = "choose other workloads in one of them";
                    report.push(of_two(earlier, object, "the same workloads", other));
                }
                None => {
                    first.insert((object.namespace(), chosen), object);
                }
            }
        }
        if OLDEST_OF_ALL.contains(&kind) {
            narrower(&first, &mut report);
        }
    }
    rules(objects, &mut report);
    mesh::services(objects, &mut report);
    telemetry::pairs(objects, &mut report);
    report
}

/// Pairs of which one chooses some of the other's workloads.
fn narrower(chosen: &BTreeMap<(&str, Labels<'_>), &Finished<'_>>, report: &mut Report) {
    for ((namespace, many), narrow) in chosen {
        let wide = chosen.iter().find(|((theirs, few), wide)| {
            let is_part = || few.len() < many.len() && few.iter().all(|label| many.contains(label));
            theirs == namespace && !few.is_empty() && is_part() && !says_same(wide, narrow)
        });
        if let Some((_, wide)) = wide {
            let workloads = format!("workloads that `{}` chooses", narrow.id.name);
            report.push(of_two(
                wide,
                narrow,
                &workloads,
                "choose workloads in one of them that the other does not",
            ));
        }
    }
}

/// Whether both say the same of whatever workloads they choose.
fn says_same(one: &Finished<'_>, other: &Finished<'_>) -> bool {
    let said = |object: &Finished<'_>| -> Vec<_> {
        let fields = object.tree.get("spec").map(Tree::fields).unwrap_or_default();
        fields.iter().filter(|field| !field.name.ends_with("elector")).cloned().collect()
    };
    same_fields(&said(one), &said(other))
}

fn has_targets(object: &Finished<'_>) -> bool {
    let spec = object.tree.get("spec");
    spec.is_some_and(|spec| !items(spec, &["targetRefs"]).is_empty() || spec.get("targetRef").is_some())
}

fn same_spec(one: &Finished<'_>, other: &Finished<'_>) -> bool {
    match (one.tree.get("spec"), other.tree.get("spec")) {
        (Some(one), Some(other)) => one.same(other),
        (one, other) => one.is_none() && other.is_none(),
    }
}

fn labels(selector: Option<&Tree>) -> Labels<'_> {
    let Some(Value::Map(fields)) = selector.map(|tree| &tree.value) else { return Vec::new() };
    let mut found: Labels<'_> =
        fields.iter().filter_map(|field| Some((&*field.name, field.tree.as_str()?))).collect();
    found.sort_unstable();
    found
}

/// A finding about two that are both there for workloads, and how one of them can choose others.
fn of_two(earlier: &Finished<'_>, later: &Finished<'_>, whom: &str, other: &str) -> Diagnostic {
    let kind = &later.id.kind;
    let message = format!(
        "`{}` and `{}` are both the {kind} of {whom}, and Istio takes the older one",
        earlier.id.name, later.id.name
    );
    let finding = at_both(message, (later, name(later)), (earlier, name(earlier)));
    finding
        .help(format!("say both in one, or {other}"))
        .help(later.settle("or, if it is meant so", Code::OLDEST_WINS))
}

/// A DestinationRule, for what is held against others of its service.
struct Rule<'a> {
    object: &'a Finished<'a>,
    spec: &'a Tree,
}

/// DestinationRules of one service that proxies put together: what two of them say, the older one decides.
fn rules(objects: &[Finished<'_>], report: &mut Report) {
    let mut by_service: BTreeMap<(&str, String, Labels<'_>, Vec<&str>), Vec<Rule<'_>>> = BTreeMap::new();
    for object in objects.iter().filter(|object| object.is_a("DestinationRule")) {
        let Some(spec) = object.tree.get("spec") else { continue };
        let Some(host) = spec.get("host").and_then(Tree::as_str) else { continue };
        let chosen = labels(spec.at(&["workloadSelector", "matchLabels"]));
        let mut seen: Vec<&str> = items(spec, &["exportTo"]).iter().filter_map(Tree::as_str).collect();
        seen.sort_unstable();
        let key = (object.namespace(), full_service(host, object), chosen, seen);
        by_service.entry(key).or_default().push(Rule { object, spec });
    }
    for ((_, host, ..), rules) in by_service {
        for (i, later) in rules.iter().enumerate() {
            for earlier in rules.iter().take(i) {
                between(&host, earlier, later, report);
            }
        }
    }
}

fn between(host: &str, earlier: &Rule<'_>, later: &Rule<'_>, report: &mut Report) {
    let mut differ = |what: &str, one: &Tree, other: &Tree, at: (&Tree, &Tree)| {
        if one.same(other) {
            return;
        }
        let message =
            format!("two DestinationRules of `{host}` have {what}, and Istio takes that of the older one");
        let finding = at_both(message, (later.object, Some(at.1)), (earlier.object, Some(at.0)));
        let finding = finding
            .help("say both in one of them")
            .help(later.object.settle("or, if it is meant so", Code::OLDEST_WINS));
        report.push(finding);
    };
    if let (Some(one), Some(other)) = (earlier.spec.get("trafficPolicy"), later.spec.get("trafficPolicy")) {
        differ("a `trafficPolicy`", one, other, (one, other));
    }
    for other in items(later.spec, &["subsets"]) {
        let Some(name) = other.get("name") else { continue };
        let same = |subset: &&Tree| subset.get("name").is_some_and(|first| first.same(name));
        let Some(one) = items(earlier.spec, &["subsets"]).iter().find(same) else { continue };
        let what = format!("a subset `{}`", name.as_str().unwrap_or_default());
        differ(&what, one, other, (one.get("name").unwrap_or(one), name));
    }
}

fn name<'a>(object: &Finished<'a>) -> Option<&'a Tree> {
    object.tree.at(&["metadata", "name"])
}

/// A finding at two objects, each at a value or else at its name.
fn at_both(
    message: String,
    later: (&Finished<'_>, Option<&Tree>),
    earlier: (&Finished<'_>, Option<&Tree>),
) -> Diagnostic {
    let mut finding = Diagnostic::warning(Code::OLDEST_WINS, message);
    for ((object, value), label) in [(later, "one of them"), (earlier, "and the other")] {
        let span = |tree: &Tree| tree.origin.span();
        let span_there = value.and_then(span).or_else(|| name(object).and_then(span));
        if let Some(span) = span_there.or_else(|| span(object.tree)) {
            finding = finding.at(span, label);
        }
    }
    [later, earlier].into_iter().fold(finding, |finding, (object, value)| match value {
        Some(value) => object.traced_at(finding, value),
        None => object.traced(finding),
    })
}
