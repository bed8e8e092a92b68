//! Routes of Gateway API whose Gateway has no listener for them: their hosts are others, or their namespace is not let in.

use super::attached::Reference;
use super::place;
use crate::diag::suggest::list;
use crate::diag::{Code, Diagnostic, Report};
use crate::resource::finished::items;
use crate::resource::{Finished, Tree, own_name};

/// Holds a route against the listeners of a Gateway on which it hangs.
pub(super) fn listened(
    parent: &Tree,
    found: &Reference<'_>,
    gateway: &Finished<'_>,
    route: &Finished<'_>,
    report: &mut Report,
) {
    // A Gateway may have listeners of ListenerSets besides, which a route names itself.
    let of = |field: &str, listener: &Tree, name: &str| {
        parent.get(field).is_none_or(|wanted| listener.get(name).is_some_and(|one| one.same(wanted)))
    };
    let listeners: Vec<&Tree> = items(gateway.tree, &["spec", "listeners"])
        .iter()
        .filter(|listener| of("sectionName", listener, "name") && of("port", listener, "port"))
        .collect();
    if listeners.is_empty() {
        return;
    }
    let letting: Vec<&Tree> =
        listeners.into_iter().filter(|listener| lets(listener, gateway, route)).collect();
    if letting.is_empty() {
        return report.push(outside(found, gateway, route));
    }
    let hosts: Vec<&Tree> = items(route.tree, &["spec", "hostnames"]).iter().collect();
    let names: Vec<&str> = letting.iter().filter_map(|listener| listener.get("hostname")?.as_str()).collect();
    let meets = |host: &&Tree| {
        host.as_str()
            .is_none_or(|host| names.iter().any(|name| share(&host.to_lowercase(), &name.to_lowercase())))
    };
    if let Some(first) = hosts.first()
        && names.len() == letting.len()
        && !hosts.iter().any(meets)
    {
        report.push(unlisted((first, &names), found, gateway, route));
    }
}

/// Whether a listener takes routes of the namespace of a route, as far as it says so by itself.
fn lets(listener: &Tree, gateway: &Finished<'_>, route: &Finished<'_>) -> bool {
    let from = listener.at(&["allowedRoutes", "namespaces", "from"]).and_then(Tree::as_str);
    match from.unwrap_or("Same") {
        "Same" => route.namespace() == gateway.namespace(),
        from => from != "None",
    }
}

/// Whether some request is for both names.
fn share(one: &str, other: &str) -> bool {
    let below = |wild: &str, name: &str| wild.strip_prefix('*').is_some_and(|rest| name.ends_with(rest));
    one == other || below(one, other) || below(other, one)
}

fn outside(found: &Reference<'_>, gateway: &Finished<'_>, route: &Finished<'_>) -> Diagnostic {
    let (kind, name, own) = (found.kind, found.full(), route.namespace());
    let message = format!("{kind} `{name}` lets in no routes of namespace `{own}`");
    let finding = Diagnostic::warning(Code::UNLISTED_HOST, message);
    shown(place(finding, found.named, route, "nothing comes here"), gateway)
        .help("write `allowed-routes { namespaces from=\"All\"; }` in a listener, or a `selector` for the namespace")
        .help(route.settle("or, if it is meant so", Code::UNLISTED_HOST))
}

fn unlisted(
    (first, names): (&Tree, &[&str]),
    found: &Reference<'_>,
    gateway: &Finished<'_>,
    route: &Finished<'_>,
) -> Diagnostic {
    let message = format!("no listener of {} `{}` is for a host of this route", found.kind, found.full());
    let finding = Diagnostic::warning(Code::UNLISTED_HOST, message);
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    shown(place(finding, first, route, "nothing comes here for it"), gateway)
        .help(format!("it has listeners for {}", list(&names, "and")))
        .help(route.settle("or, if it is meant so", Code::UNLISTED_HOST))
}

fn shown(finding: Diagnostic, gateway: &Finished<'_>) -> Diagnostic {
    match own_name(gateway.tree) {
        Some(span) => finding.at(span, "the gateway"),
        None => finding,
    }
}
