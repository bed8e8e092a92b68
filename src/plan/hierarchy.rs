//! Authorities under authorities: what must be signed again, and what the certificates that are there do not allow.

use crate::diag::{Code, Diagnostic, Report};
use crate::model::{AltName, Authority, AuthorityId, CredentialKind, Generation, Permitted, Project};
use crate::pki::Certificate;
use crate::plan::authority::GenerationPlan;
use crate::plan::{foreign, seed};
use crate::state::Existing;

/// A root that is there may only issue for some names: what lies outside would be refused by everybody who checks.
pub(super) fn check_roots(project: &Project, plans: &[GenerationPlan<'_>], report: &mut Report) {
    let bounds = |id: AuthorityId| {
        let root = project.root_of(id);
        let signing = plans.iter().find(|plan| plan.authority == root && plan.signs);
        let file = signing.and_then(|plan| plan.there).into_iter();
        // Those above one that came with its certificate bind it too.
        let chain = file.flat_map(|file| std::iter::once(&file.certificate).chain(&file.above));
        chain.filter_map(move |own| Some((project.authority(root), own, own.permitted()?)))
    };
    let leaves = project.credentials().iter().filter_map(|credential| match &credential.kind {
        CredentialKind::Issued(leaf) => {
            let names = leaf.names.iter().map(|name| name.map(AltName::of_host));
            Some((leaf.authority?, names.chain(leaf.sans.iter().cloned()).collect::<Vec<_>>()))
        }
        _ => None,
    });
    let clients = project.clients.iter().map(|client| (client.authority, client.sans.clone()));
    for (id, names) in leaves.chain(clients) {
        for outside in &names {
            let binds = |(_, _, permitted): &(_, _, &Permitted)| !permitted.allows(&outside.value);
            let Some((root, own, permitted)) = bounds(id).find(binds) else { continue };
            let name = &root.name.value;
            let message =
                format!("`{}` is none of the names that authority `{name}` may issue for", outside.value);
            let finding = Diagnostic::error(Code::NAME_CONSTRAINTS, message);
            let finding = match outside.origin.span() {
                Some(span) => finding.at(span, "not permitted"),
                None => finding,
            };
            report.push(bounded(finding, root, (own, permitted)));
        }
    }
    for cacerts in &project.cacerts {
        let Some((root, own, permitted)) = bounds(cacerts.authority).next() else { continue };
        let message = format!("istiod of `{}` must issue for any name of its cluster", cacerts.name.value);
        let finding = Diagnostic::error(Code::NAME_CONSTRAINTS, message).at(
            cacerts.authority_origin.span().unwrap_or(cacerts.word),
            "stands under an authority that may not",
        );
        report.push(bounded(finding, root, (own, permitted)));
    }
}

/// What a root's certificate says, and how it comes to say something else.
fn bounded(
    finding: Diagnostic,
    root: &Authority,
    (own, permitted): (&Certificate, &Permitted),
) -> Diagnostic {
    let name = &root.name.value;
    let all = match permitted.is_empty() {
        true => "no DNS name and no address".to_owned(),
        false => permitted.to_string(),
    };
    let whose = own.called();
    let finding = finding.note(format!("the certificate of {whose} says that it may issue for {all}"));
    match root.files {
        Some(_) => finding.help("name another authority: this one came with its certificate"),
        None => finding.help(format!(
            "`gatewright rotate authority {name}` declares the next generation, which says what the spec does"
        )),
    }
}

/// What about an authority's certificate its parent must sign anew: the key stays, and with it all that it signed.
pub(super) fn resigning(
    project: &Project,
    existing: &Existing,
    authority: &Authority,
    there: &Certificate,
) -> Vec<&'static str> {
    let Some(parent) = &authority.parent else { return Vec::new() };
    let parent = project.authority(parent.value);
    let signer = existing.generations.get(&(parent.name.value.to_string(), parent.signing().number));
    let mut found = Vec::from_iter(foreign::by_another(there, signer.map(|file| &file.certificate)));
    // What follows from a seed says exactly what would be made now, and no more.
    let exact = seed::of(project, existing).is_some_and(|seed| seed.id.made(there));
    let below = u32::from(authority.below);
    let other_length = |length: u32| length < below || exact && length != below;
    if there.path_length().is_some_and(other_length) {
        found.push("path length");
    }
    let too_narrow =
        |have: &Permitted| authority.permitted.as_ref().is_none_or(|wanted| !have.covers(wanted));
    let differs = exact && there.permitted() != authority.permitted.as_ref();
    if there.permitted().is_some_and(too_narrow) || differs {
        found.push("set of permitted names");
    }
    found
}

/// A certificate that another authority signed is nothing that clients can trust as a root.
pub(super) fn no_root(authority: &Authority, generation: &Generation) -> Diagnostic {
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

/// Whether nobody knows yet for which names an authority that is to be made may issue. One that follows from a seed is made
/// all the same, since it would be there if it had issued before, and is signed again with the first name.
pub(super) fn is_idle(project: &Project, plan: &GenerationPlan<'_>) -> bool {
    let authority = project.authority(plan.authority);
    authority.parent.is_some()
        && !authority.is_named
        && plan.permitted.is_some_and(Permitted::is_empty)
        && !seed::is_derived(project, authority, plan.generation)
}

/// An authority that may issue for nothing.
pub(super) fn serves_nothing(authority: &Authority) -> Diagnostic {
    let name = &authority.name.value;
    Diagnostic::error(
        Code::MISSING_WORD,
        format!("authority `{name}` issues nothing yet, so nobody knows for which names it may"),
    )
    .at(authority.word, "may issue for the names that are issued under it, and there are none")
    .help(format!("name it at a domain, a host or a client: `authority=\"{name}\"`"))
    .help("or write `permitted \"example.com\"`, or `unconstrained`")
}
