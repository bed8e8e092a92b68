//! What is said of generations of authorities that are gone.

use crate::diag::{Code, Diagnostic, Report};
use crate::model::{Authority, Client, Generation, Project};
use crate::paths::{Names, Place};
use crate::plan::authority::GenerationPlan;
use crate::plan::seed;
use crate::state::{Existing, SEED};
use crate::time::Timestamp;

/// Tells of clients whose earlier certificates nobody knows any more: the file that had them is gone, beside its key.
pub(super) fn check_records(project: &Project, existing: &Existing, report: &mut Report) {
    for client in project.clients.iter().filter(|client| !client.settled.contains(Code::LOST_RECORD.name())) {
        let authority = project.authority(client.authority).name.value.as_str();
        let key = (authority.to_owned(), client.file_name.clone());
        if !existing.clients.contains_key(&key) || existing.handed_out.contains_key(&key) {
            continue;
        }
        let path = existing.names.below(Place::Pki, &format!("{authority}/clients/{}.crt", client.file_name));
        let name = &client.name.value;
        let message =
            format!("{path} is gone, and with it what is known of earlier certificates of client `{name}`");
        report.push(
            Diagnostic::warning(Code::LOST_RECORD, message)
                .at(client.word, "only the newest is known, from its key file")
                .note("what is not known here, `revoke client` can't turn away")
                .help(format!("take the file from Git's history: `git checkout HEAD -- {path}`; if it was never there, nothing is lost")),
        );
    }
}

/// A client that is revoked, and nothing tells of which certificates: neither its files nor a list of its authority.
pub(super) fn no_certificate(client: &Client, authority: &Authority, names: &Names) -> Diagnostic {
    let name = &client.name.value;
    let below = |path: &str| names.below(Place::Pki, &format!("{}/{path}", authority.name.value));
    let message = format!("`revoked` of client `{name}` revokes nothing: no certificate of it is known");
    Diagnostic::warning(Code::REVOKES_NOTHING, message)
        .at(client.word, "comes in with any that it has")
        .help(format!(
            "if it ever had one: take {} and {} from Git's history",
            below(&format!("clients/{}.crt", client.file_name)),
            below("ca.crl")
        ))
        .help("if it never had: take the client out")
}

/// What is said of a generation that is lost.
pub(super) fn gone(
    project: &Project,
    plan: &GenerationPlan<'_>,
    existing: &Existing,
    now: Timestamp,
) -> Diagnostic {
    let (authority, generation) = (project.authority(plan.authority), plan.generation);
    let below = |path: &str| existing.names.below(Place::Pki, path);
    if plan.start.is_some() {
        return seed::foreign_remains(authority, generation, &below(SEED));
    }
    if generation.random && project.secrets.seed.is_some() {
        let file = format!("{}/{}.key.sops.yaml", authority.name.value, generation.number);
        return seed::drawn_and_gone(authority, generation, &below(&file));
    }
    lost(authority, generation, &existing.names).help(way_out(authority, plan, existing, now))
}

/// One that would have ended before it is made.
pub(super) fn ended(authority: &Authority, generation: &Generation, end: Timestamp) -> Diagnostic {
    let name = &authority.name.value;
    let message = format!("generation {} of authority `{name}` would have ended on {end}", generation.number);
    Diagnostic::error(Code::WRONG_GENERATION, message)
        .at(
            generation.origin.span().unwrap_or(authority.word),
            "begins with the epoch, or on the day on which it was introduced",
        )
        .help(format!(
            "`gatewright rotate authority {name}` declares the next generation, which begins today"
        ))
        .help("or let it be `valid` for longer")
}

/// What helps where a generation is lost for good.
fn way_out(authority: &Authority, plan: &GenerationPlan<'_>, existing: &Existing, now: Timestamp) -> String {
    let (name, number) = (authority.name.value.as_str(), plan.generation.number);
    if !existing.generations.keys().any(|(of, _)| of == name) {
        let (own, out) = (existing.names.below(Place::Pki, name), existing.names.folder(Place::Out));
        let new = if authority.parent.is_none() { "root" } else { "one" };
        format!(
            "if all its keys are lost for good, remove {own}/ and the Secrets below {out}/ that it signed or that trust it: the next render makes a new {new} and issues all of them anew"
        )
    } else if plan.signs {
        format!(
            "if its key is lost for good, `gatewright rotate authority {name}` declares the next generation"
        )
    } else {
        format!(
            "if its key is lost for good, write `generation {number} retired=\"{}\" forced`: then nobody has to trust it",
            now.date()
        )
    }
}

fn lost(authority: &Authority, generation: &Generation, names: &Names) -> Diagnostic {
    let name = &authority.name.value;
    let file = names.below(Place::Pki, &format!("{name}/{}.key.sops.yaml", generation.number));
    Diagnostic::error(
        Code::LOST_AUTHORITY,
        format!(
            "generation {} of authority `{name}` is gone, and certificates or trust in it are still there",
            generation.number
        ),
    )
    .at(generation.origin.span().unwrap_or(authority.word), format!("{file} is missing"))
    .note(if authority.parent.is_none() {
        "a new root in its place would be trusted by nobody"
    } else {
        "a new key in its place could not stand for what this one signed, and no host would let its clients in"
    })
    .help(format!("restore it: `git log --all -- {file}` finds the commit that had it"))
}
