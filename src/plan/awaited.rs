//! Hosts that go over to a Secret which cert-manager has yet to make. Their Gateway names it from the moment that the tree is
//! applied, so nobody is served until it is there. Only a person sees in the cluster when that is: so it takes two commits,
//! and the run that would make it one says so.

use std::collections::{BTreeMap, BTreeSet};

use super::alone;
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{Credential, CredentialId, CredentialKind, Host, Project};
use crate::schema::Table;
use crate::spec::Span;
use crate::state::{Existing, Served, Snapshot};

/// How many hosts a finding names.
const NAMED: usize = 3;
/// How many certificates a finding writes out.
const WRITTEN: usize = 10;

/// A host that goes over.
struct Move<'a> {
    host: &'a Host,
    /// What its Gateway shows now.
    from: String,
    id: CredentialId,
    to: &'a Credential,
    /// What is to be ordered, each of the host's one or two Secrets that is not.
    new: Vec<CredentialId>,
}

/// Reports them, those of one word together.
#[must_use]
pub fn check(project: &Project, existing: &Existing, snapshot: &Snapshot, table: &Table) -> Report {
    let mut served = None;
    let mut found: BTreeMap<Option<Span>, Vec<Move<'_>>> = BTreeMap::new();
    for (id, credential) in project.credentials_with_ids() {
        let CredentialKind::Ordered(order) = &credential.kind else { continue };
        let both = [id].into_iter().chain(credential.second);
        let new: Vec<CredentialId> =
            both.filter(|one| !is_ordered(existing, project.credential(*one))).collect();
        if new.is_empty() || project.is_settled_at(Code::AWAITED_SECRET.name(), id) {
            continue;
        }
        let served = served.get_or_insert_with(|| Served::read(snapshot));
        for host in project.hosts_of(id) {
            let gateway = project.gateway(host.gateway).name.value.as_str();
            let Some(now) = served.secrets(gateway, &host.name.value) else { continue };
            let mut all = new.iter().map(|one| project.credential(*one));
            let to = all.find(|one| !is_there(existing, one, now));
            if let (Some(to), Some(from)) = (to, now.first()) {
                let place = order.leaf.source_origin.span().or(Some(host.place));
                let one = Move { host, from: from.clone(), id, to, new: new.clone() };
                found.entry(place).or_default().push(one);
            }
        }
    }
    let mut report = Report::default();
    for (place, moves) in found {
        if let Some(finding) = finding(project, &moves, table) {
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

fn finding(project: &Project, moves: &[Move<'_>], table: &Table) -> Option<Diagnostic> {
    let Move { host, from, to, .. } = moves.first()?;
    let names: BTreeSet<&str> = moves.iter().map(|one| one.host.name.value.as_str()).collect();
    let shown = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let (who, hosts) = match names.len() {
        1 => (format!("host {shown} goes"), "the host as it is"),
        n if n > NAMED => (format!("{n} hosts, {shown} and more, go"), "the hosts as they are"),
        _ => (format!("hosts {shown} go"), "the hosts as they are"),
    };
    let gateway = &project.gateway(host.gateway).name.value;
    let (secret, namespace) = (to.secret.value.as_str(), &to.namespace.value);
    let awaited = if from == secret {
        format!("one of that name is made in namespace `{namespace}`, which its pods read")
    } else {
        format!("`{secret}` is made")
    };
    let (lines, more) = lines(project, moves, table);
    let message = format!("{who} over to a Secret that cert-manager has yet to make");
    let finding = Diagnostic::warning(Code::AWAITED_SECRET, message)
        .note(format!("gateway `{gateway}` shows `{from}` for `{}` by now; once this is applied nobody is served there until {awaited}", host.name.value))
        .help(format!("to serve on: leave {hosts}, and write `{lines}` beside{more}; apply that, wait until cert-manager is ready with it, then take it away and write this"));
    Some(finding.help("or settle it where a gap does no harm"))
}

/// What orders the certificates in the meantime, as text of a spec, and what is to be said where there are too many.
fn lines(project: &Project, moves: &[Move<'_>], table: &Table) -> (String, String) {
    let all: BTreeMap<CredentialId, &[CredentialId]> =
        moves.iter().map(|one| (one.id, one.new.as_slice())).collect();
    let written = all.iter().take(WRITTEN).filter_map(|(id, new)| {
        let first = project.credential(*new.first()?);
        let CredentialKind::Ordered(order) = &first.kind else { return None };
        Some(alone::written(table, first, order, new.contains(id) && new.len() > 1))
    });
    let more = match all.len().saturating_sub(WRITTEN) {
        0 => String::new(),
        n => format!(", and the like for {n} more"),
    };
    (written.collect::<Vec<_>>().join("\n"), more)
}
