//! What must happen to the generations of authorities.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic, Report};
use crate::model::{AltName, Authority, AuthorityId, CredentialKind, Generation, Permitted, Project};
use crate::paths::{Names, Place};
use crate::pki::{Certificate, DistinguishedName};
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
    /// How many authorities may follow below it; `None` is any number.
    pub path_length: Option<u8>,
    /// The names that it may issue for; `None` is any.
    pub permitted: Option<&'a Permitted>,
    /// Why the one above it must sign its key again: what differs.
    pub resign: Option<Vec<&'static str>>,
    /// Whether nothing relies on what is there, so that it may be made anew where nobody can open it.
    pub unused: bool,
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
            let resign = there
                .filter(|_| !generation.retired)
                .map(|file| resigning(project, existing, authority, &file.certificate))
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
                unused: existing.unused.contains(&own),
            };
            match there {
                Some(file) if authority.parent.is_none() && !file.certificate.is_self_signed() => {
                    if !generation.retired {
                        report.push(no_root(authority, generation));
                    }
                }
                Some(file) if plan.signs => look_at(authority, &plan, file, now, report),
                None if is_lost(project, existing, id, generation.number) => {
                    let finding = lost(authority, generation, &existing.names);
                    report.push(finding.help(if !left {
                        format!(
                            "if all its keys are lost for good, remove {}/ and the Secrets below {}/ that it signed or that trust it: the next render makes a new {} and issues all of them anew",
                            existing.names.below(Place::Pki, name),
                            existing.names.folder(Place::Out),
                            if authority.parent.is_none() { "root" } else { "one" },
                        )
                    } else if plan.signs {
                        format!("if its key is lost for good, `gatewright rotate authority {name}` declares the next generation")
                    } else {
                        format!("if its key is lost for good, write `generation {} retired=\"{}\"`: then nobody has to trust it", generation.number, now.date())
                    }));
                }
                _ => {}
            }
            if there.is_none()
                && authority.parent.is_some()
                && plan.permitted.is_some_and(Permitted::is_empty)
            {
                report.push(serves_nothing(authority));
            }
            found.push(plan);
        }
    }
    check_roots(project, &found, report);
    found
}

/// A root that is there may only issue for some names: what lies outside would be refused by everybody who checks.
fn check_roots(project: &Project, plans: &[GenerationPlan<'_>], report: &mut Report) {
    let leaves = project.credentials().iter().filter_map(|credential| match &credential.kind {
        CredentialKind::Issued(leaf) => {
            let names = leaf.names.iter().map(|name| name.map(AltName::of_host));
            Some((leaf.authority, names.chain(leaf.sans.iter().cloned()).collect::<Vec<_>>()))
        }
        CredentialKind::External => None,
    });
    let clients = project.clients.iter().map(|client| (client.authority, client.sans.clone()));
    for (id, names) in leaves.chain(clients) {
        let root = project.root_of(id);
        let signing = plans.iter().find(|plan| plan.authority == root && plan.signs);
        let permitted = signing.and_then(|plan| plan.there).and_then(|file| file.certificate.permitted());
        let Some(permitted) = permitted else { continue };
        let name = &project.authority(root).name.value;
        for outside in names.iter().filter(|name| !permitted.allows(&name.value)) {
            let message =
                format!("`{}` is none of the names that authority `{name}` may issue for", outside.value);
            let finding = Diagnostic::error(Code::NAME_CONSTRAINTS, message);
            let finding = match outside.origin.span() {
                Some(span) => finding.at(span, "not permitted"),
                None => finding,
            };
            report.push(finding.note(format!("its certificate says that it may issue for {permitted}")).help(
                format!("`gatewright rotate authority {name}` declares the next generation, which says what the spec does"),
            ));
        }
    }
}

/// What about an authority's certificate its parent must sign anew: the key stays, and with it all that it signed.
fn resigning(
    project: &Project,
    existing: &Existing,
    authority: &Authority,
    there: &Certificate,
) -> Vec<&'static str> {
    let Some(parent) = &authority.parent else { return Vec::new() };
    let parent = project.authority(parent.value);
    let signer = existing.generations.get(&(parent.name.value.to_string(), parent.signing().number));
    let mut found = Vec::new();
    if signer.is_none_or(|signer| !there.signed_by(&signer.certificate)) {
        found.push("authority");
    }
    if there.path_length().is_some_and(|length| length < u32::from(authority.below)) {
        found.push("path length");
    }
    let too_narrow =
        |have: &Permitted| authority.permitted.as_ref().is_none_or(|wanted| !have.covers(wanted));
    if there.permitted().is_some_and(too_narrow) {
        found.push("set of permitted names");
    }
    found
}

/// A certificate that another authority signed is nothing that clients can trust as a root.
fn no_root(authority: &Authority, generation: &Generation) -> Diagnostic {
    let name = &authority.name.value;
    Diagnostic::error(
        Code::WRONG_GENERATION,
        format!("generation {} of authority `{name}` was issued by another authority", generation.number),
    )
    .at(
        generation.origin.span().unwrap_or(authority.word),
        "is to be a root now, and its certificate is none",
    )
    .help("name the authority that issued it again: `authority=\"…\"`")
    .help(format!("or `gatewright rotate authority {name}` declares the next generation, which is a root"))
}

fn serves_nothing(authority: &Authority) -> Diagnostic {
    let name = &authority.name.value;
    Diagnostic::error(
        Code::MISSING_WORD,
        format!("authority `{name}` issues nothing yet, so nobody knows for which names it may"),
    )
    .at(authority.word, "may issue for the names that are issued under it, and there are none")
    .help(format!("name it at a domain, a host or a client: `authority=\"{name}\"`"))
    .help("or write `permitted \"example.com\"`, or `unconstrained`")
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
    // Chains that are served, and authorities on which something relies.
    let chains = || existing.leaves.values().flat_map(|there| &there.chain);
    let below = || {
        let used = existing.generations.iter().filter(|(key, _)| gone && !existing.unused.contains(*key));
        used.map(|(_, file)| &file.certificate)
    };
    let mut issued = chains().chain(below()).filter(|certificate| named(certificate.issuer()));
    issued.any(|certificate| !certificate.is_self_signed() && !existing.knows_signer_of(certificate))
        || leaves.any(|there| !existing.knows_signer_of(&there.certificate))
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
    .note(if authority.parent.is_none() {
        "a new root in its place would be trusted by nobody"
    } else {
        "a new key in its place could not stand for what this one signed, and no host would let its clients in"
    })
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
    let mut differences = plan.shape.differences(certificate);
    // What is too narrow is widened; that it may do more than the spec wants is told.
    if plan.resign.is_none() && certificate.permitted() != plan.permitted {
        differences.push("set of permitted names");
    }
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
