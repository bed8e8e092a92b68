//! What must happen to the generations of authorities.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic, Report};
use crate::model::{Authority, AuthorityId, CredentialKind, Generation, Permitted, Project};
use crate::pki::{Certificate, DistinguishedName, SeedId};
use crate::plan::certs::{BACKDATE, Shape};
use crate::plan::{hierarchy, lost, seed};
use crate::spec::Span;
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
    /// How many authorities may follow below it; `None` is any number.
    pub path_length: Option<u8>,
    /// The names that it may issue for; `None` is any.
    pub permitted: Option<&'a Permitted>,
    /// Why the one above it must sign its key again: what differs.
    pub resign: Option<Vec<&'static str>>,
    /// Of a cross-signed root, the generation that signs it too, and that certificate if it is there.
    pub cross: Option<Cross<'a>>,
    /// Whether nothing relies on what is there, so that it may be made anew where nobody can open it.
    pub unused: bool,
    /// Whether it is gone, and something relies on it.
    pub lost: bool,
    /// Of one whose key follows from the project's seed, when it begins, before it is dated back.
    pub start: Option<Timestamp>,
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
            && new.is_some_and(|new| {
                new.spki_sha256() == there.spki_sha256() && new.subject() == there.subject()
            })
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
    let mut found = Vec::new();
    for (id, authority) in project.authorities_with_ids() {
        let name = authority.name.value.as_str();
        let signing = authority.signing().number;
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
            let plan = GenerationPlan {
                authority: id,
                generation,
                signs: generation.number == signing,
                shape: Shape::new(&authority.certificate, Vec::new()),
                there,
                path_length: authority.parent.as_ref().map(|_| authority.below),
                permitted: authority.permitted.as_ref(),
                resign,
                cross: cross(existing, authority, generation, now),
                unused: existing.unused.contains(&own),
                lost: there.is_none() && is_lost(project, existing, id, generation.number),
                start: start(project, existing, authority, generation),
            };
            let foreign = seed::look_at(project, existing, &plan);
            let follows = !foreign.has_errors();
            report.extend(foreign);
            match there {
                Some(file)
                    if authority.parent.is_none()
                        && authority.files.is_none()
                        && !generation.retired
                        && !file.certificate.is_self_signed() =>
                {
                    report.push(hierarchy::no_root(authority, generation));
                }
                Some(file) if plan.signs && follows => look_at(authority, &plan, file, now, report),
                None if plan.lost => report.push(lost::gone(project, &plan, existing, now)),
                None if plan.start.is_some_and(|start| start + plan.shape.valid <= now) => {
                    let end = plan.start.unwrap_or(now) + plan.shape.valid;
                    report.push(lost::ended(authority, generation, end));
                }
                None if hierarchy::is_idle(project, &plan) => {
                    report.push(hierarchy::serves_nothing(authority));
                }
                _ => {}
            }
            found.push(plan);
        }
    }
    hierarchy::check_roots(project, &found, report);
    found
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
                        && !existing.authorities().any(|known| known == certificate)
                        && (named(certificate.subject()) || trusts())
                }),
                // Nobody can tell whose they are, unless nobody is left whose they could be.
                None => existing.generations.is_empty() && seed.is_none() && trusts(),
            }
        })
}

/// The authorities whose clients the host of a bundle's Secret lets in.
pub(super) fn trusted_at(project: &Project, bundle: &Bundle) -> BTreeSet<AuthorityId> {
    let credentials = project.credentials_with_ids().filter(|(_, credential)| {
        credential.namespace.value.as_str() == bundle.namespace
            && credential.secret.value.as_str() == bundle.secret
    });
    credentials
        .flat_map(|(id, _)| project.hosts_of(id))
        .flat_map(|host| host.tls.value.client_authorities())
        .copied()
        .collect()
}

fn look_at(
    authority: &Authority,
    plan: &GenerationPlan<'_>,
    file: &KeyFile,
    now: Timestamp,
    report: &mut Report,
) {
    let name = &authority.name.value;
    let certificate = &file.certificate;
    let place = plan.generation.origin.span().unwrap_or(authority.word);
    let rotate = if authority.files.is_some() {
        format!(
            "`gatewright authority csr {name}` asks for another certificate of the same key, and `authority import` takes it"
        )
    } else {
        format!("`gatewright rotate authority {name}` declares the next generation; `render` then makes it")
    };
    if authority.parent.is_none()
        && certificate.path_length().is_some_and(|length| length < u32::from(authority.below))
    {
        report.push(too_deep(authority, certificate, place));
    }
    if let Some(finding) = not_now(authority, plan, certificate, now) {
        let ended = finding.code == Code::EXPIRED_AUTHORITY;
        report.push(finding.help(if ended { rotate.as_str() } else { CLOCK_HELP }));
        return;
    }
    let settled = |code: Code| authority.settled.contains(code.name());
    if plan.shape.is_due(certificate, now) && !settled(Code::DUE_AUTHORITY) {
        report.push(
            Diagnostic::notice(
                Code::DUE_AUTHORITY,
                format!(
                    "authority `{name}` ends on {}: {} is left",
                    certificate.not_after(),
                    if plan.shape.renew_before.is_some() {
                        "less than its `renew-before`"
                    } else {
                        "a third of its life"
                    }
                ),
            )
            .at(place, "is never renewed by `render`")
            .help(rotate.clone()),
        );
    }
    // Whoever made it in files decided what it says.
    if authority.files.is_some() {
        return;
    }
    let mut differences = plan.shape.differences(certificate);
    // What is too narrow is widened; that it may do more than the spec wants is told.
    if plan.resign.is_none() && certificate.permitted() != plan.permitted {
        differences.push("set of permitted names");
    }
    differences.extend(Some("life").filter(|_| has_other_life(authority, plan, certificate)));
    if !differences.is_empty() && !settled(Code::CHANGED_AUTHORITY) {
        report.push(
            Diagnostic::notice(
                Code::CHANGED_AUTHORITY,
                format!("authority `{name}` was made with another {}", differences.join(" and ")),
            )
            .at(authority.word, format!("generation {} stays as it is", plan.generation.number))
            .help(rotate),
        );
    }
}

/// Whether a root has another life than one that would be made now: of one that follows from a seed its beginning counts too.
fn has_other_life(authority: &Authority, plan: &GenerationPlan<'_>, certificate: &Certificate) -> bool {
    let life = plan.start.map(|start| (start - BACKDATE, start + plan.shape.valid));
    let own = (certificate.not_before(), certificate.not_after());
    let is_other = match life {
        Some(life) => life != own,
        None => authority.certificate.valid_said && (own.1 - own.0).0 != BACKDATE.0 + plan.shape.valid.0,
    };
    authority.parent.is_none() && is_other
}

/// A root that came in files may allow less than the spec builds on it.
fn too_deep(authority: &Authority, certificate: &Certificate, place: Span) -> Diagnostic {
    let (name, length) = (&authority.name.value, certificate.path_length().unwrap_or_default());
    let message = format!(
        "authority `{name}` allows {length} authorities below it, and the spec has {}",
        authority.below
    );
    Diagnostic::error(Code::WRONG_GENERATION, message)
        .at(place, "its certificate has a path length")
        .note("whoever checks a longer chain refuses it")
        .help("issue directly with this authority, or import a certificate that allows more")
}

/// Why an authority can't sign at this moment.
fn not_now(
    authority: &Authority,
    plan: &GenerationPlan<'_>,
    certificate: &Certificate,
    now: Timestamp,
) -> Option<Diagnostic> {
    let (name, number) = (&authority.name.value, plan.generation.number);
    let place = plan.generation.origin.span().unwrap_or(authority.word);
    if certificate.not_after() <= now {
        let message = format!("authority `{name}` expired on {}", certificate.not_after());
        let finding = Diagnostic::error(Code::EXPIRED_AUTHORITY, message);
        return Some(
            finding.at(place, format!("generation {number} can't sign any more, and nobody trusts it")),
        );
    }
    let message = format!("authority `{name}` starts on {}, and it is {now} now", certificate.not_before());
    (certificate.not_before() > now)
        .then(|| Diagnostic::error(Code::CLOCK, message).at(place, "not valid yet"))
}
