//! What must happen to the generations of authorities.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic, Report};
use crate::model::{Authority, AuthorityId, CredentialKind, Generation, Project};
use crate::paths::{Names, Place};
use crate::pki::DistinguishedName;
use crate::plan::certs::{Shape, is_due};
use crate::state::{Bundle, Existing, ExistingLeaf, KeyFile};
use crate::time::Timestamp;

/// The mend for a clock that stands before a certificate starts.
pub(super) const CLOCK_HELP: &str = "set this machine's clock, or what `--now` or SOURCE_DATE_EPOCH says";

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
    /// Whether nothing relies on what is there, so that it may be made anew where nobody can open it.
    pub unused: bool,
    /// Whether it is gone, and something relies on it.
    pub lost: bool,
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
        let left = existing.generations.keys().any(|(of, _)| of == name);
        let signing = authority.signing().number;
        for generation in &authority.generations {
            let own = (name.to_owned(), generation.number);
            let there = existing.generations.get(&own);
            if there.is_none() && generation.retired {
                continue;
            }
            let plan = GenerationPlan {
                authority: id,
                generation,
                signs: generation.number == signing,
                shape: Shape::new(&authority.certificate, Vec::new()),
                there,
                unused: existing.unused.contains(&own),
                lost: there.is_none() && is_lost(project, existing, id, generation.number),
            };
            match there {
                Some(file) if plan.signs => look_at(authority, &plan, file, now, report),
                None if plan.lost => {
                    let finding = lost(authority, generation, &existing.names);
                    report.push(finding.help(if !left {
                        format!(
                            "if all its keys are lost for good, remove {}/ and the Secrets below {}/ that it signed or that trust it: the next render makes a new root and issues all of them anew",
                            existing.names.below(Place::Pki, name),
                            existing.names.folder(Place::Out)
                        )
                    } else if plan.signs {
                        format!("if its key is lost for good, `gatewright rotate authority {name}` declares the next generation")
                    } else {
                        format!("if its key is lost for good, write `generation {} retired=\"{}\"`: then nobody has to trust it", generation.number, now.date())
                    }));
                }
                _ => {}
            }
            found.push(plan);
        }
    }
    found
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
            is_first && has_orphans(project, existing, id)
        }
        None => existing.traces.contains(name) || has_orphans(project, existing, id),
    }
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
/// certificate of one of its hosts or clients, one that names it as its issuer, or trust in it.
fn has_orphans(project: &Project, existing: &Existing, id: AuthorityId) -> bool {
    let name = project.authority(id).name.value.as_str();
    let gone = !existing.generations.keys().any(|(of, _)| of == name);
    let named = |subject: &DistinguishedName| is_named(project, existing, id, subject);
    let own: BTreeSet<(&str, &str)> = project
        .credentials()
        .iter()
        .filter(|credential| matches!(&credential.kind, CredentialKind::Issued(leaf) if leaf.authority == id))
        .map(|credential| (credential.namespace.value.as_str(), credential.secret.value.as_str()))
        .collect();
    let may_be = |there: &&ExistingLeaf| {
        gone && own.contains(&(there.namespace.as_str(), there.secret.as_str()))
            || named(there.certificate.issuer())
    };
    let mut leaves = existing.leaves.values().chain(&existing.parked).filter(may_be);
    let mut clients = existing.clients.iter().filter(|((of, _), _)| of == name);
    leaves.any(|there| !existing.knows_signer_of(&there.certificate))
        || clients.any(|(_, file)| !existing.knows_signer_of(&file.certificate))
        || existing.bundles.iter().any(|bundle| {
            let trusts = || gone && trusted_at(project, bundle).contains(&id);
            match &bundle.certificates {
                Some(all) => all.iter().any(|certificate| {
                    !existing.authorities().any(|known| known == certificate)
                        && (named(certificate.subject()) || trusts())
                }),
                // Nobody can tell whose they are, unless nobody is left whose they could be.
                None => existing.generations.is_empty() && trusts(),
            }
        })
}

/// The authorities whose clients the host of a bundle's Secret lets in.
fn trusted_at(project: &Project, bundle: &Bundle) -> BTreeSet<AuthorityId> {
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
    .note("a new root in its place would be trusted by nobody")
    .help(format!("restore it: `git log --all -- {file}` finds the commit that had it"))
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
    let rotate =
        format!("`gatewright rotate authority {name}` declares the next generation; `render` then makes it");
    if certificate.not_after() <= now {
        report.push(
            Diagnostic::error(
                Code::EXPIRED_AUTHORITY,
                format!("authority `{name}` expired on {}", certificate.not_after()),
            )
            .at(
                place,
                format!("generation {} can't sign any more, and nobody trusts it", plan.generation.number),
            )
            .help(rotate),
        );
        return;
    }
    if certificate.not_before() > now {
        report.push(
            Diagnostic::error(
                Code::CLOCK,
                format!("authority `{name}` starts on {}, and it is {now} now", certificate.not_before()),
            )
            .at(place, "not valid yet")
            .help(CLOCK_HELP),
        );
        return;
    }
    let settled = |code: Code| authority.settled.contains(code.name());
    if is_due(certificate, now) && !settled(Code::DUE_AUTHORITY) {
        report.push(
            Diagnostic::notice(
                Code::DUE_AUTHORITY,
                format!(
                    "authority `{name}` ends on {}: a third of its life is left",
                    certificate.not_after()
                ),
            )
            .at(place, "is never renewed by `render`")
            .help(rotate.clone()),
        );
    }
    let differences = plan.shape.differences(certificate);
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
