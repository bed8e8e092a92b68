//! Authorities under authorities: what must be signed again, and what the certificates that are there do not allow.

use crate::diag::{Code, Diagnostic, Report};
use crate::model::{AltName, Authority, CredentialKind, Generation, Permitted, Project};
use crate::pki::Certificate;
use crate::plan::authority::GenerationPlan;
use crate::plan::seed;
use crate::state::Existing;

/// A root that is there may only issue for some names: what lies outside would be refused by everybody who checks.
pub(super) fn check_roots(project: &Project, plans: &[GenerationPlan<'_>], report: &mut Report) {
    let leaves = project.credentials().iter().filter_map(|credential| match &credential.kind {
        CredentialKind::Issued(leaf) => {
            let names = leaf.names.iter().map(|name| name.map(AltName::of_host));
            Some((leaf.authority?, names.chain(leaf.sans.iter().cloned()).collect::<Vec<_>>()))
        }
        _ => None,
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
pub(super) fn resigning(
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
