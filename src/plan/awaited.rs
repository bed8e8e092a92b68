//! Hosts that go over to a Secret which cert-manager has yet to make. Their Gateway names it from the moment that the tree is
//! applied, so nobody is served until it is there. Only a person sees in the cluster when that is: so it takes two commits,
//! and the run that would make it one says so.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Code, Diagnostic, Report};
use crate::model::{Credential, CredentialId, CredentialKind, Host, ObjectName, Order, Project};
use crate::spec::Span;
use crate::state::{Existing, Served, Snapshot};

/// How many hosts a finding names.
const NAMED: usize = 3;

/// A host that goes over.
struct Move<'a> {
    host: &'a Host,
    /// What its Gateway shows now.
    from: String,
    id: CredentialId,
    to: &'a ObjectName,
    order: &'a Order,
}

/// Reports them, those of one word together.
#[must_use]
pub fn check(project: &Project, existing: &Existing, snapshot: &Snapshot) -> Report {
    let mut served = None;
    let mut found: BTreeMap<Option<Span>, Vec<Move<'_>>> = BTreeMap::new();
    for (id, credential) in project.credentials_with_ids() {
        let CredentialKind::Ordered(order) = &credential.kind else { continue };
        let second = credential.second.map(|second| project.credential(second));
        let new: Vec<&Credential> =
            [credential].into_iter().chain(second).filter(|one| !is_ordered(existing, one)).collect();
        if new.is_empty() || project.is_settled_at(Code::AWAITED_SECRET.name(), id) {
            continue;
        }
        let served = served.get_or_insert_with(|| Served::read(snapshot));
        for host in project.hosts_of(id) {
            let gateway = project.gateway(host.gateway).name.value.as_str();
            let Some(now) = served.secrets(gateway, &host.name.value) else { continue };
            let to = new.iter().find(|one| !is_there(existing, one, now));
            if let (Some(to), Some(from)) = (to, now.first()) {
                let place = order.leaf.source_origin.span().or(Some(host.place));
                let one = Move { host, from: from.clone(), id, to: &to.secret.value, order };
                found.entry(place).or_default().push(one);
            }
        }
    }
    let mut report = Report::default();
    for (place, moves) in found {
        if let Some(finding) = finding(project, &moves) {
            report.push(match place {
                Some(place) => finding.at(place, "cert-manager begins when the tree is applied"),
                None => finding,
            });
        }
    }
    report
}

/// Whether `out/` holds the Certificate that asks for a Secret.
fn is_ordered(existing: &Existing, credential: &Credential) -> bool {
    let (namespace, secret) = (credential.namespace.value.as_str(), credential.secret.value.as_str());
    existing.ordered.contains_key(&(namespace.to_owned(), secret.to_owned()))
}

/// Whether a Secret that the Gateway names already serves on: one that somebody else's Certificate made, and no Certificate of
/// ours in another namespace.
fn is_there(existing: &Existing, credential: &Credential, now: &[String]) -> bool {
    let secret = credential.secret.value.as_str();
    let is_elsewhere = || existing.ordered.keys().any(|(_, other)| other == secret);
    now.iter().any(|name| name == secret) && !is_elsewhere()
}

fn finding(project: &Project, moves: &[Move<'_>]) -> Option<Diagnostic> {
    let Move { host, from, id, to, order } = moves.first()?;
    let names: BTreeSet<&str> = moves.iter().map(|one| one.host.name.value.as_str()).collect();
    let shown = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let (who, each) = match names.len() {
        1 => (format!("host {shown} goes"), ""),
        n if n > NAMED => (format!("{n} hosts, {shown} and more, go"), " for each"),
        _ => (format!("hosts {shown} go"), " for each"),
    };
    let gateway = &project.gateway(host.gateway).name.value;
    let leaf = &order.leaf;
    let sans = leaf.alt_names().iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(" ");
    let namespace = &project.credential(*id).namespace.value;
    let beside = format!(
        "certificate {sans} namespace=\"{namespace}\" secret=\"{to}\" cert-manager=\"{}\"",
        order.issuer.value
    );
    let message = format!("{who} over to a Secret that cert-manager has yet to make");
    let finding = Diagnostic::warning(Code::AWAITED_SECRET, message)
        .note(format!("gateway `{gateway}` shows `{from}` for `{}` by now; once this is applied nobody is served there until `{to}` is made", host.name.value))
        .help(format!("to serve on: leave the host as it is, and write `{beside}` beside it{each}; apply that, wait for the Certificate to be ready, then take the line away and write this"));
    Some(finding.help("or settle it where a gap does no harm"))
}
