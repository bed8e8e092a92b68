//! Authorities from elsewhere whose extended key usage keeps what they issue from being taken.

use std::collections::BTreeMap;

use super::authority::GenerationPlan;
use super::signing::another;
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{AuthorityId, CredentialKind, Project};
use crate::pki::{Certificate, Use};
use crate::spec::Span;
use crate::state::Existing;

/// Something that an authority issues.
#[derive(Clone)]
struct Issued {
    called: String,
    place: Option<Span>,
    by: AuthorityId,
    for_: Use,
}

/// Says of each authority that can't issue what the spec wants of it, once a use, at the first that wants it. Whoever checks a
/// chain asks the purpose of every authority in it, the root too.
pub(super) fn check(
    project: &Project,
    existing: &Existing,
    plans: &[GenerationPlan<'_>],
    report: &mut Report,
) {
    let mut found: BTreeMap<(AuthorityId, u32, Use), (&Certificate, Issued, usize)> = BTreeMap::new();
    for issued in all(project) {
        for id in project.way_up(issued.by) {
            for plan in plans.iter().filter(|plan| plan.authority == id && is_to_sign(project, plan)) {
                let Some(file) = plan.there else { continue };
                let mut chain = std::iter::once(&file.certificate).chain(&file.above);
                let Some(stop) = chain.find(|one| !one.allows(issued.for_)) else { continue };
                let key = (id, plan.generation.number, issued.for_);
                found.entry(key).or_insert_with(|| (stop, issued.clone(), 0)).2 += 1;
            }
        }
    }
    for ((id, _, _), (stop, issued, count)) in found {
        report.push(finding(project, existing, id, (stop, &issued, count)));
    }
}

/// Whether a generation signs, or is to once the one that does is replaced.
fn is_to_sign(project: &Project, plan: &GenerationPlan<'_>) -> bool {
    let signing = project.authority(plan.authority).signing().number;
    plan.signs || plan.generation.number > signing && !plan.generation.retired
}

/// All that is issued here.
fn all(project: &Project) -> Vec<Issued> {
    let mut found = Vec::new();
    for (id, credential) in project.credentials_with_ids() {
        let CredentialKind::Issued(leaf) = &credential.kind else { continue };
        let Some(by) = leaf.authority else { continue };
        let owner = project.owner(id);
        let called = format!("{} `{}`", owner.word, owner.name);
        found.push(Issued { called, place: owner.place, by, for_: Use::Servers });
    }
    for client in project.clients.iter().filter(|client| client.revoked.is_none()) {
        let called = format!("client `{}`", client.name.value);
        found.push(Issued { called, place: Some(client.word), by: client.authority, for_: Use::Clients });
    }
    for cacerts in &project.cacerts {
        for for_ in [Use::Servers, Use::Clients] {
            let called = format!("istiod of `{}`", cacerts.name.value);
            found.push(Issued { called, place: Some(cacerts.word), by: cacerts.authority, for_ });
        }
    }
    found
}

fn finding(
    project: &Project,
    existing: &Existing,
    id: AuthorityId,
    (stop, issued, count): (&Certificate, &Issued, usize),
) -> Diagnostic {
    let authority = project.authority(id);
    let usage = issued.for_.usage();
    let (whose, who) = match issued.for_ {
        Use::Servers => ("servers", "clients refuse the server"),
        Use::Clients => ("clients", "servers refuse the client"),
    };
    let name = &authority.name.value;
    let message =
        format!("authority `{name}` may issue no certificate for {whose}, and {} needs one", issued.called);
    let more = match count {
        1 => String::new(),
        count => format!(", as are {} more", count - 1),
    };
    let finding = Diagnostic::error(Code::WRONG_PURPOSE, message);
    let finding = match issued.place {
        Some(place) => finding.at(place, format!("is issued by it or below it{more}")),
        None => finding,
    };
    finding
        .note(format!(
            "the extended key usage of {} lacks `{usage}`; it is asked of every authority in a chain, so {who}",
            stop.called()
        ))
        .help("let another authority issue it")
        .help(format!("or replace this one: {}, without an extended key usage or with `{usage}`", another(existing, authority)))
}
