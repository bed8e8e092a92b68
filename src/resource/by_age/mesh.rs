//! VirtualServices of one host in the mesh. Gateways put them together; sidecars take the older one and nothing of the others.

use std::collections::BTreeMap;

use super::{at_both, same_spec};
use crate::diag::{Code, Diagnostic, Report};
use crate::resource::finished::{full_service, is_in_mesh, items};
use crate::resource::visible::Seen;
use crate::resource::{Finished, Tree};

/// Reports pairs that sidecars know under one host and that take the same connections.
pub(super) fn services(objects: &[Finished<'_>], report: &mut Report) {
    let mut by_host: BTreeMap<String, Vec<(&Finished<'_>, &Tree)>> = BTreeMap::new();
    for object in objects.iter().filter(|object| object.is_a("VirtualService") && is_in_mesh(object)) {
        for host in items(object.tree, &["spec", "hosts"]) {
            let Some(name) = host.as_str() else { continue };
            by_host.entry(full_service(name, object).to_lowercase()).or_default().push((object, host));
        }
    }
    let mut said: Vec<(&Finished<'_>, &Finished<'_>)> = Vec::new();
    for (host, sharing) in by_host {
        for (i, (later, place)) in sharing.iter().enumerate() {
            let first = sharing.iter().take(i).find(|(earlier, _)| conflict(earlier, later));
            let Some((earlier, first)) = first else { continue };
            let again =
                |(one, other): &(&Finished<'_>, &Finished<'_>)| one.id == earlier.id && other.id == later.id;
            if !said.iter().any(again) {
                said.push((earlier, later));
                report.push(of_two(&host, (earlier, first), (later, place)));
            }
        }
    }
}

fn names_mesh(gateways: &[Tree]) -> bool {
    gateways.iter().any(|gateway| gateway.as_str() == Some("mesh"))
}

fn conflict(one: &Finished<'_>, other: &Finished<'_>) -> bool {
    let is_seen = || Seen::of(one).meets(one.namespace(), &Seen::of(other), other.namespace());
    let meet = |kind: &&str| {
        let (mine, theirs) = (ways(one, kind), ways(other, kind));
        mine.iter().any(|mine| theirs.iter().any(|theirs| meet(kind, *mine, *theirs)))
    };
    one.id != other.id && is_seen() && !same_spec(one, other) && ["http", "tls", "tcp"].iter().any(meet)
}

/// What rules of a kind ask of requests in the mesh: an item of `match`, or nothing.
fn ways<'a>(object: &'a Finished<'_>, kind: &str) -> Vec<Option<&'a Tree>> {
    let of_rule = |rule: &'a Tree| match items(rule, &["match"]) {
        [] => vec![None],
        several => several.iter().map(Some).collect(),
    };
    let is_here = |way: &Option<&Tree>| {
        let gateways = way.map(|way| items(way, &["gateways"])).unwrap_or_default();
        gateways.is_empty() || names_mesh(gateways)
    };
    items(object.tree, &["spec", kind]).iter().flat_map(of_rule).filter(is_here).collect()
}

/// Whether some sidecar has both on one of its ports. HTTP rules are those of the whole host there, whatever paths they take.
fn meet(kind: &str, mine: Option<&Tree>, theirs: Option<&Tree>) -> bool {
    let (Some(mine), Some(theirs)) = (mine, theirs) else { return true };
    let both = |field: &str| Some((mine.get(field)?, theirs.get(field)?));
    let is_one = |field: &str| both(field).is_none_or(|(mine, theirs)| mine.same(theirs));
    let same_labels = || {
        let labels = both("sourceLabels")
            .map(|(mine, theirs)| (super::labels(Some(mine)), super::labels(Some(theirs))));
        labels.is_none_or(|(mine, theirs)| {
            mine.iter().all(|(key, value)| theirs.iter().all(|(other, said)| key != other || value == said))
        })
    };
    let list = |tree: &'_ Tree, field: &str| items(tree, &[field]).len();
    let is_same = |field: &str| list(mine, field) == list(theirs, field) && is_one(field);
    let at_one_end = match kind {
        "tls" => is_same("sniHosts") && is_same("destinationSubnets"),
        "tcp" => is_one("destinationSubnets"),
        _ => true,
    };
    is_one("port") && is_one("sourceNamespace") && same_labels() && at_one_end
}

fn of_two(host: &str, earlier: (&Finished<'_>, &Tree), later: (&Finished<'_>, &Tree)) -> Diagnostic {
    let (one, other) = (earlier.0.id.called(), later.0.id.called());
    let message = format!(
        "VirtualServices `{one}` and `{other}` are both for `{host}` in the mesh, and Istio takes the older one"
    );
    at_both(message, (later.0, Some(later.1)), (earlier.0, Some(earlier.1)))
        .note("gateways put the rules of one host together; sidecars take nothing of the younger one")
        .help("say both in one of them; one that is for a gateway names it in `gateways`")
        .help(later.0.settle("or, if it is meant so", Code::OLDEST_WINS))
}
