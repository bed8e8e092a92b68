//! A project's seed against the spec and against what is there: nothing is made from a seed that does not fit.

use crate::diag::{Code, Diagnostic, Report};
use crate::model::{Authority, AuthorityId, Cacerts, Client, Credential, Generation, Project};
use crate::paths::Place;
use crate::pki::{Certificate, Purpose, SeedId, Slot};
use crate::plan::authority::{CLOCK_HELP, GenerationPlan, has_orphans};
use crate::state::{Existing, SEED, SeedFile};
use crate::time::Timestamp;

/// The seed from which the keys of the project follow.
#[must_use]
pub fn of<'a>(project: &Project, existing: &'a Existing) -> Option<&'a SeedFile> {
    existing.seed.as_ref().filter(|_| project.secrets.seed.is_some())
}

/// Whether a generation's key follows from the seed.
#[must_use]
pub fn is_derived(project: &Project, authority: &Authority, generation: &Generation) -> bool {
    project.secrets.seed.is_some() && authority.files.is_none() && !generation.random
}

/// What a generation of an authority is for.
#[must_use]
pub fn of_generation(authority: &Authority, number: u32) -> Slot<'_> {
    let name = authority.name.value.as_str();
    Slot { authority: name, purpose: Purpose::Authority { name, generation: number }, generation: number }
}

/// What a server's key is for.
#[must_use]
pub fn of_server<'a>(
    project: &'a Project,
    credential: &'a Credential,
    authority: AuthorityId,
    generation: u32,
) -> Slot<'a> {
    let purpose = Purpose::Leaf {
        namespace: credential.namespace.value.as_str(),
        secret: credential.secret.value.as_str(),
    };
    Slot { authority: project.authority(authority).name.value.as_str(), purpose, generation }
}

/// What a client's key is for.
#[must_use]
pub fn of_client<'a>(project: &'a Project, client: &'a Client) -> Slot<'a> {
    let authority = project.authority(client.authority).name.value.as_str();
    let purpose = Purpose::Client { authority, name: &client.name.value };
    Slot { authority, purpose, generation: client.certificate.generation() }
}

/// What the key of an istiod's authority is for. No Secret has a name with a slash.
#[must_use]
pub fn of_cacerts<'a>(project: &'a Project, cacerts: &'a Cacerts, called: &'a str) -> Slot<'a> {
    Slot {
        authority: project.authority(cacerts.authority).name.value.as_str(),
        purpose: Purpose::Leaf { namespace: cacerts.namespace.value.as_str(), secret: called },
        generation: cacerts.certificate.generation(),
    }
}

/// An authority whose key is to follow from a seed and is not there, and of which something is left: its name and the
/// generation that signs. What is left was made from the seed that the project had.
#[must_use]
pub fn left_over<'a>(project: &'a Project, existing: &Existing) -> Option<(&'a str, u32)> {
    let is_left = |(id, authority): &(AuthorityId, &Authority)| {
        is_derived(project, authority, authority.signing()) && has_orphans(project, existing, *id, None)
    };
    let (_, authority) = project.authorities_with_ids().find(is_left)?;
    Some((authority.name.value.as_str(), authority.signing().number))
}

/// How a certificate differs that is to follow from a seed.
#[must_use]
pub fn difference(seed: &SeedId, slot: &Slot<'_>, certificate: &Certificate) -> Option<&'static str> {
    match () {
        () if seed.made_for(slot, certificate) => None,
        () if seed.made(certificate) => Some("generation"),
        () => Some("seed"),
    }
}

/// The word without the file, the file without the word, and a clock before the epoch.
pub(super) fn check(project: &Project, existing: &Existing, now: Timestamp, report: &mut Report) {
    let path = existing.names.below(Place::Pki, SEED);
    match (&project.secrets.seed, &existing.seed) {
        (None, None) => {}
        (Some(epoch), there) => {
            if there.is_none() {
                let finding = Diagnostic::error(Code::SEED, format!("the project's seed is missing: {path}"));
                let finding = match epoch.origin.span() {
                    Some(span) => finding.at(span, "keys follow from a seed, and there is none"),
                    None => finding,
                };
                report.push(
                    finding
                        .help(format!("restore it: `git log --all -- {path}` finds the commit that had it; or get it from whoever has a clone or a copy"))
                        .help("`gatewright secrets seed` makes another one, and with it another PKI, whose roots nobody trusts: only for a project that never had one")
                        .help(
                            "if it is lost for good: write `generation 1 random` at the authorities that are there, and make another",
                        ),
                );
            }
            if epoch.value > now {
                let message = format!("the project's epoch is {}, and it is {now} now", epoch.value.date());
                let finding = Diagnostic::error(Code::CLOCK, message);
                let finding = match epoch.origin.span() {
                    Some(span) => finding.at(span, "has not come yet"),
                    None => finding,
                };
                report.push(finding.help(CLOCK_HELP).help("or write a day that has come"));
            }
        }
        (None, Some(_)) => report.push(
            Diagnostic::error(Code::SEED, format!("{path} is there, and the spec says nothing of a seed"))
                .in_file(path.as_str())
                .note("keys would be drawn at random beside those that follow from it")
                .help("write `secrets { seed epoch=\"…\" }`, with the epoch that it had before")
                .help(format!(
                    "or remove {path}: keys that are there stay as they are, and new ones are drawn"
                )),
        ),
    }
}

/// A generation that is there and trusted, and that was not made from the seed from which it is to follow.
pub(super) fn look_at(project: &Project, existing: &Existing, plan: &GenerationPlan<'_>) -> Report {
    let mut report = Report::default();
    let seed = of(project, existing).filter(|_| plan.start.is_some() && !plan.generation.retired);
    let authority = project.authority(plan.authority);
    if let Some((seed, file)) = seed.zip(plan.there)
        && !seed.id.made_for(&of_generation(authority, plan.generation.number), &file.certificate)
    {
        report.push(foreign(authority, plan.generation, &seed.shown));
    }
    report
}

fn foreign(authority: &Authority, generation: &Generation, path: &str) -> Diagnostic {
    let (name, number) = (&authority.name.value, generation.number);
    Diagnostic::error(
        Code::SEED,
        format!("generation {number} of authority `{name}` was not made from the project's seed"),
    )
    .at(generation.origin.span().unwrap_or(authority.word), "its certificate does not follow from it")
    .help(format!("if {path} is not the seed it was: `git log --all -- {path}` finds the commit that had it"))
    .help(format!(
        "if its key was drawn before there was this seed: write `generation {number} random` there, until a generation that follows from it has taken its place"
    ))
}

/// A generation that is gone, where what it made does not follow from the seed.
pub(super) fn foreign_remains(authority: &Authority, generation: &Generation, path: &str) -> Diagnostic {
    let (name, number) = (&authority.name.value, generation.number);
    Diagnostic::error(
        Code::SEED,
        format!(
            "generation {number} of authority `{name}` is gone, and what is left of it was not made from the project's seed"
        ),
    )
    .at(generation.origin.span().unwrap_or(authority.word), "would be another one than it was")
    .note("what it signed, and whoever trusts it, would know nothing of the one that follows from this seed")
    .help(format!("restore the seed: `git log --all -- {path}` finds the commit that had it"))
    .help("or restore the files of the authority, and write `random` at this generation")
}

/// A generation that can't follow from the seed, and is not there.
pub(super) fn drawn_and_gone(authority: &Authority, generation: &Generation, file: &str) -> Diagnostic {
    let (name, number) = (&authority.name.value, generation.number);
    Diagnostic::error(
        Code::LOST_AUTHORITY,
        format!("generation {number} of authority `{name}` is `random`, and its key is not there"),
    )
    .at(generation.origin.span().unwrap_or(authority.word), format!("{file} is missing"))
    .help(format!("restore it: `git log --all -- {file}` finds the commit that had it"))
    .help("or take `random` out, if its key is to follow from the seed")
}

/// A client that is revoked, and of whose certificates nothing is left.
pub(super) fn forgotten(client: &Client, authority: &Authority) -> Diagnostic {
    let name = &client.name.value;
    let finding = Diagnostic::error(
        Code::SEED,
        format!(
            "client `{name}` is revoked, and nobody knows the serial numbers of its certificates any more"
        ),
    );
    let finding = match client.revoked.as_ref().and_then(|since| since.origin.span()) {
        Some(span) => finding.at(span, "its files are gone"),
        None => finding,
    };
    finding
        .note("a revocation list without them would let it in again")
        .help(format!("restore its files: `git log --all -- '*{}*'` finds the commit that had them", client.file_name))
        .help(format!(
            "or take the client out, and write `revoked \"…\" on=\"…\"` with each serial number at authority `{}`",
            authority.name.value
        ))
}
