//! What must happen to the generations of authorities.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic, Report};
use crate::model::{Authority, AuthorityId, CredentialKind, Generation, Project};
use crate::paths::{Names, Place};
use crate::plan::certs::{Shape, is_due};
use crate::state::{Existing, ExistingLeaf, KeyFile};
use crate::time::Timestamp;

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
            let there = existing.generations.get(&(name.to_owned(), generation.number));
            if there.is_none() && generation.retired {
                continue;
            }
            let plan = GenerationPlan {
                authority: id,
                generation,
                signs: generation.number == signing,
                shape: Shape::new(&authority.certificate, Vec::new()),
                there,
            };
            match there {
                Some(file) if plan.signs => look_at(authority, &plan, file, now, report),
                None if is_lost(project, existing, id, generation.number) => {
                    let finding = lost(authority, generation, &existing.names);
                    report.push(finding.help(if !left {
                        format!(
                            "if all its keys are lost for good, remove {}/ and the Secrets below {}/ that it signed: the next render makes a new root and issues all of them anew",
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

/// A generation may be made if it is newer than all that are there, and the first only where nothing is left of any.
pub(super) fn is_lost(project: &Project, existing: &Existing, id: AuthorityId, number: u32) -> bool {
    let name = project.authority(id).name.value.as_str();
    if existing.certificates.contains(&(name.to_owned(), number)) {
        return true;
    }
    let newest = existing.generations.keys().filter(|(of, _)| of == name).map(|(_, number)| *number).max();
    match newest {
        Some(newest) => number <= newest,
        None => existing.traces.contains(name) || has_orphans(project, existing, id),
    }
}

/// Whether `out/` holds a certificate that this authority must have signed: one of its hosts, or one that names it as
/// its issuer, that no generation which is there signed.
fn has_orphans(project: &Project, existing: &Existing, id: AuthorityId) -> bool {
    let subject = Shape::new(&project.authority(id).certificate, Vec::new()).subject.distinguished();
    let own: BTreeSet<(&str, &str)> = project
        .credentials()
        .iter()
        .filter(|credential| matches!(&credential.kind, CredentialKind::Issued(leaf) if leaf.authority == id))
        .map(|credential| (credential.namespace.value.as_str(), credential.secret.value.as_str()))
        .collect();
    let may_be = |there: &ExistingLeaf| {
        own.contains(&(there.namespace.as_str(), there.secret.as_str()))
            || *there.certificate.issuer() == subject
    };
    let known = |there: &ExistingLeaf| {
        existing.generations.values().any(|file| there.certificate.signed_by(&file.certificate))
    };
    existing.leaves.values().any(|there| may_be(there) && !known(there))
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
            .help("set this machine's clock, or what `--now` or SOURCE_DATE_EPOCH says"),
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
