//! What must happen to the generations of authorities.

use std::collections::BTreeSet;

use super::hold::is_same;
use super::lists::with_below;
use crate::diag::Report;
use crate::model::{Authority, AuthorityId, CredentialKind, Generation, Permitted, Project};
use crate::pki::{Certificate, DistinguishedName, SeedId};
use crate::plan::certs::Shape;
use crate::plan::grid::Life;
use crate::plan::{clock, hierarchy, life, lost, seed, signing, stand_in};
use crate::state::{Bundle, Existing, ExistingLeaf, KeyFile};
use crate::time::Timestamp;

/// The mend for a clock that stands before a certificate starts.
pub const CLOCK_HELP: &str = "set this machine's clock, or what `--now` or SOURCE_DATE_EPOCH says";

/// What must happen to one generation: kept if it is there, made if not.
pub struct GenerationPlan<'a> {
    /// Whose.
    pub authority: AuthorityId,
    /// Which.
    pub generation: &'a Generation,
    /// Whether it is the one that signs.
    pub signs: bool,
    /// What it is to look like.
    pub shape: Shape,
    /// What is there.
    pub there: Option<&'a KeyFile>,
    /// Its certificate, where that is known though its key file is gone: who relies on it does so still.
    pub known: Option<&'a Certificate>,
    /// When what is there stops to count: at its own end, or at that of one above it.
    pub end: Timestamp,
    /// From when until when it counts after this run, if all is signed that is to be.
    pub life: Option<Life>,
    /// How many authorities may follow below it; `None` is any number.
    pub path_length: Option<u8>,
    /// The names that it may issue for; `None` is any.
    pub permitted: Option<&'a Permitted>,
    /// Why the one above it must sign its key again: what differs.
    pub resign: Option<Vec<&'static str>>,
    /// Of a cross-signed root, the generation that signs it too, and that certificate if it is there.
    pub cross: Option<Cross<'a>>,
    /// Whether it is retired, and trusted until the files of the next one come.
    pub stands_in: bool,
    /// Whether nothing relies on what is there, so that it may be made anew where nobody can open it.
    pub unused: bool,
    /// Whether it is gone, and something relies on it.
    pub lost: bool,
    /// Of one whose key follows from the project's seed, when it begins, before it is dated back.
    pub start: Option<Timestamp>,
}

impl GenerationPlan<'_> {
    /// Whether what is there has ended, and no run of ours changes that: nobody comes in by it, and nobody needs its list.
    #[must_use]
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.there.is_some() && self.life.map_or(self.end, |(_, end)| end) <= now
    }
}

/// A certificate for a generation of a root that the one before it signs.
#[derive(Clone, Copy)]
pub struct Cross<'a> {
    /// The number of the one that signs.
    pub by: u32,
    /// What is there and right.
    pub there: Option<&'a Certificate>,
}

/// What is to be cross-signed. Nothing is once the earlier one has ended.
fn cross<'a>(
    existing: &'a Existing,
    authority: &Authority,
    generation: &Generation,
    now: Timestamp,
) -> Option<Cross<'a>> {
    let key = |number: u32| (authority.name.value.as_str().to_owned(), number);
    let certificate = |number: u32| existing.generations.get(&key(number)).map(|file| &file.certificate);
    let by = authority.crossed_by(generation)?.number;
    let (old, new) = (certificate(by), certificate(generation.number));
    if old.is_some_and(|old| old.not_after() <= now) {
        return None;
    }
    let is_right = |there: &&Certificate| {
        there.not_after() > now
            && old.is_some_and(|old| there.signed_by(old))
            && new.is_some_and(|new| is_same(new, there))
    };
    Some(Cross { by, there: existing.crosses.get(&key(generation.number)).filter(is_right) })
}

/// Plans all generations. One that is lost while something relies on it is an error, never a new root.
pub(super) fn plan<'a>(
    project: &'a Project,
    existing: &'a Existing,
    now: Timestamp,
    report: &mut Report,
) -> Vec<GenerationPlan<'a>> {
    let mut found = there(project, existing, now);
    life::settle(project, existing, now, &mut found);
    for plan in &found {
        look_at(project, existing, plan, now, report);
    }
    hierarchy::check_roots(project, &found, report);
    found
}

/// All generations with what is there of them.
fn there<'a>(project: &'a Project, existing: &'a Existing, now: Timestamp) -> Vec<GenerationPlan<'a>> {
    let mut found = Vec::new();
    for (id, authority) in project.authorities_with_ids() {
        let name = authority.name.value.as_str();
        let signing = authority.signing().number;
        let standing = stand_in::standing(project, existing, id, now);
        for generation in &authority.generations {
            let own = (name.to_owned(), generation.number);
            let there = existing.generations.get(&own);
            if there.is_none() && generation.retired {
                continue;
            }
            let resign = there
                .filter(|_| !generation.retired)
                .map(|file| hierarchy::resigning(project, existing, authority, &file.certificate))
                .filter(|parts| !parts.is_empty());
            found.push(GenerationPlan {
                authority: id,
                generation,
                signs: generation.number == signing,
                shape: Shape::new(&authority.certificate, Vec::new()),
                there,
                known: known(existing, authority, generation.number),
                end: there.map_or(Timestamp::MAX, |file| existing.end_of(&file.certificate)),
                life: None,
                path_length: authority.parent.as_ref().map(|_| authority.below),
                permitted: authority.permitted.as_ref(),
                resign,
                cross: cross(existing, authority, generation, now),
                stands_in: standing.contains(&generation.number),
                unused: existing.unused.contains(&own),
                lost: there.is_none() && is_lost(project, existing, id, generation.number),
                start: start(project, existing, authority, generation),
            });
        }
    }
    found
}

/// The certificate of a generation whose key file is gone: what lies beside it, or the one of a root's that clients trust and
/// that is of none of the others.
fn known<'a>(existing: &'a Existing, authority: &Authority, number: u32) -> Option<&'a Certificate> {
    let name = authority.name.value.as_str();
    let is_there = |number: u32| existing.generations.contains_key(&(name.to_owned(), number));
    if is_there(number) {
        return None;
    }
    let beside = existing.certificates.get(&(name.to_owned(), number)).and_then(Option::as_ref);
    let mut gone = authority.generations.iter().filter(|one| one.is_trusted() && !is_there(one.number));
    let is_only = gone.next().is_some_and(|one| one.number == number) && gone.next().is_none();
    let of_others = |certificate: &Certificate| {
        existing.generations.values().any(|file| {
            file.certificate.spki_sha256() == certificate.spki_sha256() || file.above.contains(certificate)
        })
    };
    let trusted = existing.trusted.get(name).filter(|_| is_only && authority.parent.is_none());
    let mut strangers = trusted.into_iter().flatten().filter(|certificate| !of_others(certificate));
    // Under a root from elsewhere, clients trust that one, or the one before it, and no generation.
    let is_under = existing.generations.iter().any(|((of, _), file)| of == name && !file.above.is_empty());
    beside.or_else(|| strangers.next().filter(|_| strangers.next().is_none() && !is_under))
}

/// Says what there is to say of a generation.
fn look_at(
    project: &Project,
    existing: &Existing,
    plan: &GenerationPlan<'_>,
    now: Timestamp,
    report: &mut Report,
) {
    let (authority, generation) = (project.authority(plan.authority), plan.generation);
    let foreign = seed::look_at(project, existing, plan);
    let follows = !foreign.has_errors();
    report.extend(foreign);
    clock::introduced(authority, plan, now).into_iter().for_each(|finding| report.push(finding));
    match plan.there {
        Some(file)
            if authority.parent.is_none()
                && authority.files.is_none()
                && !generation.retired
                && !file.root().is_self_signed() =>
        {
            report.push(hierarchy::no_root(authority, generation));
        }
        Some(file) if plan.signs && follows => signing::look_at((project, existing), plan, file, now, report),
        None if plan.lost => report.push(lost::gone(project, plan, existing, now)),
        None if plan.start.is_some_and(|start| start + plan.shape.valid <= now) => {
            let end = plan.start.unwrap_or(now) + plan.shape.valid;
            report.push(lost::ended(authority, generation, end));
        }
        None if hierarchy::is_idle(project, plan) => {
            report.push(hierarchy::serves_nothing(authority));
        }
        None if plan.signs => signing::look_ahead((project, existing), plan, now, report),
        None | Some(_) => {}
    }
}

/// When a generation begins whose key follows from a seed: on the day on which it was introduced, or with the epoch.
fn start(
    project: &Project,
    existing: &Existing,
    authority: &Authority,
    generation: &Generation,
) -> Option<Timestamp> {
    seed::of(project, existing)?;
    let epoch = project.secrets.seed.as_ref().filter(|_| seed::is_derived(project, authority, generation))?;
    Some(generation.introduced_on.unwrap_or(epoch.value))
}

/// Whether the generation that is to sign has not been made yet, and nothing says that it ever was.
#[must_use]
pub fn is_unmade(project: &Project, existing: &Existing, id: AuthorityId) -> bool {
    let authority = project.authority(id);
    let number = authority.signing().number;
    let own = (authority.name.value.as_str().to_owned(), number);
    !existing.generations.contains_key(&own) && !is_lost(project, existing, id, number)
}

/// A generation may be made if it is newer than all that are there, and the first only where nothing is left of any; and
/// never where something is left that it must have made.
pub(super) fn is_lost(project: &Project, existing: &Existing, id: AuthorityId, number: u32) -> bool {
    let authority = project.authority(id);
    let name = authority.name.value.as_str();
    if let Some(generation) = authority.generations.iter().find(|one| one.number == number)
        && project.secrets.seed.is_some()
        && authority.files.is_none()
    {
        return match seed::of(project, existing) {
            _ if generation.random => true,
            // It can be made again, as it was.
            Some(seed) => is_foreign(project, existing, id, number, &seed.id),
            None => false,
        };
    }
    if existing.certificates.contains_key(&(name.to_owned(), number)) {
        return true;
    }
    let newest = existing.generations.keys().filter(|(of, _)| of == name).map(|(_, number)| *number).max();
    match newest {
        Some(newest) if number <= newest => true,
        // What no known generation made is of the first that is missing. Those after it were declared since.
        Some(newest) => {
            let is_first =
                !authority.generations.iter().any(|other| (newest + 1..number).contains(&other.number));
            is_first && has_orphans(project, existing, id, None)
        }
        None => existing.traces.contains(name) || has_orphans(project, existing, id, None),
    }
}

/// Whether anything is left of a generation that does not follow from this seed.
fn is_foreign(project: &Project, existing: &Existing, id: AuthorityId, number: u32, seed: &SeedId) -> bool {
    let name = project.authority(id).name.value.to_string();
    let own = existing.certificates.get(&(name, number)).and_then(Option::as_ref);
    own.is_some_and(|certificate| !seed.made(certificate)) || has_orphans(project, existing, id, Some(seed))
}

/// Whether a certificate says that this authority issued it, by the name that one of its generations has or the next would.
pub(super) fn is_named(
    project: &Project,
    existing: &Existing,
    id: AuthorityId,
    issuer: &DistinguishedName,
) -> bool {
    let authority = project.authority(id);
    let name = authority.name.value.as_str();
    let generations = existing.generations.iter().filter(|((of, _), _)| of == name);
    generations.map(|(_, file)| file.certificate.subject()).any(|subject| subject == issuer)
        || *issuer == Shape::new(&authority.certificate, Vec::new()).subject.distinguished()
}

/// Whether anything is there that this authority must have made, and that no generation which is there made: a
/// certificate of one of its hosts or clients, one that names it as its issuer, or trust in it. What follows from `seed` does
/// not count: what made it can be made again.
pub(super) fn has_orphans(
    project: &Project,
    existing: &Existing,
    id: AuthorityId,
    seed: Option<&SeedId>,
) -> bool {
    let name = project.authority(id).name.value.as_str();
    let counts = |certificate: &Certificate| seed.is_none_or(|seed| !seed.made(certificate));
    let orphaned = |certificate: &Certificate| counts(certificate) && !existing.knows_signer_of(certificate);
    let gone = !existing.generations.keys().any(|(of, _)| of == name);
    let named = |subject: &DistinguishedName| is_named(project, existing, id, subject);
    let own: BTreeSet<(&str, &str)> = project
        .credentials()
        .iter()
        .filter(|credential| matches!(&credential.kind, CredentialKind::Issued(leaf) | CredentialKind::Presented { leaf, .. } if leaf.authority == Some(id)))
        .map(|credential| (credential.namespace.value.as_str(), credential.secret.value.as_str()))
        .collect();
    let may_be = |there: &&ExistingLeaf| {
        gone && own.contains(&(there.namespace.as_str(), there.secret.as_str()))
            || named(there.certificate.issuer())
    };
    let mut leaves = existing.leaves.values().chain(&existing.parked).filter(may_be);
    let mut clients = existing.clients.iter().filter(|((of, _), _)| of == name);
    // Chains that are served, and authorities on which something relies.
    let chains = || existing.leaves.values().flat_map(|there| &there.chain);
    let below = || {
        let used = existing.generations.iter().filter(|(key, _)| gone && !existing.unused.contains(*key));
        used.map(|(_, file)| &file.certificate)
    };
    let mut issued = chains().chain(below()).filter(|certificate| named(certificate.issuer()));
    let mut meshes = existing.cacerts.values().map(|there| &there.certificate);
    meshes.any(|certificate| named(certificate.issuer()) && orphaned(certificate))
        || issued.any(|certificate| !certificate.is_self_signed() && orphaned(certificate))
        || leaves.any(|there| !there.is_brought() && orphaned(&there.certificate))
        || clients.any(|(_, file)| orphaned(&file.certificate))
        || existing.bundles.iter().any(|bundle| {
            let trusts = || gone && trusted_at(project, bundle).contains(&id);
            match &bundle.certificates {
                Some(all) => all.iter().any(|certificate| {
                    counts(certificate)
                        && !existing
                            .authorities()
                            .any(|known| known.spki_sha256() == certificate.spki_sha256())
                        && (named(certificate.subject()) || trusts())
                }),
                // Nobody can tell whose they are, unless nobody is left whose they could be.
                None => existing.generations.is_empty() && seed.is_none() && trusts(),
            }
        })
}

/// The authorities whose certificates the Secret of a bundle is to hold: those whose clients its host lets in, and below.
pub(super) fn trusted_at(project: &Project, bundle: &Bundle) -> BTreeSet<AuthorityId> {
    let credentials = project.credentials_with_ids().filter(|(_, credential)| {
        credential.namespace.value.as_str() == bundle.namespace
            && credential.secret.value.as_str() == bundle.secret
    });
    credentials
        .flat_map(|(id, _)| project.hosts_of(id))
        .flat_map(|host| with_below(project, host.tls.value.client_authorities()))
        .collect()
}
