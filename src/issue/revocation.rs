//! Revocation lists, signed where an identity opens the key of their generation.

use std::collections::BTreeMap;

use super::authority::{Signer, Signers};
use super::{Ambient, NEEDS_HELP, Waiting};
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{AuthorityId, Host, Project};
use crate::pki::{Certificate, Issuer, ListRequest, PkiError, RevocationList, sign_list};
use crate::plan::authority::CLOCK_HELP;
use crate::plan::certs::{BACKDATE, CertPlan};
use crate::plan::revocation::{ListPlan, ListReason, place_of, with_lists};
use crate::time::Timestamp;

/// What a list that waits is called.
pub const LIST: &str = "revocation list";

/// Signs what is wanted and can be signed, by the index in the plan; says what waits.
pub(super) fn sign(
    project: &Project,
    plan: &CertPlan<'_>,
    signers: &mut Signers<'_, '_>,
    ambient: &Ambient<'_>,
    report: &mut Report,
) -> Result<(BTreeMap<usize, RevocationList>, Vec<Waiting>), PkiError> {
    let mut signed = BTreeMap::new();
    let mut waiting = Vec::new();
    for (i, list) in plan.lists.plans.iter().enumerate() {
        let Some(reason) = list.reason else { continue };
        match signers.of_generation(list.generation)? {
            Signer::Issuer(_)
                if plan.no_renewals
                    && matches!(reason, ListReason::Due | ListReason::Expired | ListReason::Ahead) =>
            {
                waits(project, plan, (list, reason), Vec::new(), ambient.now, report);
            }
            Signer::Issuer(issuer) => {
                let new = signed_by(list, &issuer, ambient)?;
                let authority = plan.generations.get(list.generation).map(|plan| plan.authority);
                let late = authority.and_then(|id| signers.late(id));
                let gains = list.there.is_none_or(|there| new.next_update() > there.next_update());
                match late.filter(|_| reason == ListReason::Due && !gains) {
                    Some(needs) => {
                        let needs = needs.to_vec();
                        waiting.extend(waits(project, plan, (list, reason), needs, ambient.now, report));
                    }
                    None => {
                        signed.insert(i, new);
                    }
                }
            }
            Signer::Locked(needs) => {
                waiting.extend(waits(project, plan, (list, reason), needs, ambient.now, report));
            }
            Signer::Broken => {}
        }
    }
    // Generations under one root wait for one list; what one that signs says goes first.
    let signs = |(i, _): &(&usize, &&Certificate)| {
        plan.generations.get(**i).is_some_and(|own| own.generation.signs || own.stands_in)
    };
    let (signing, later): (Vec<_>, Vec<_>) = plan.lists.awaited.iter().partition(signs);
    let told = |(i, signer): (&usize, &&Certificate)| {
        let by_one_that_signs = signing.iter().any(|(other, above)| {
            let of = |i: &usize| plan.generations.get(*i).map(|generation| generation.authority);
            **above == *signer && of(other) == of(i)
        });
        awaits(project, plan, (*i, by_one_that_signs), signer, ambient.now)
    };
    for wait in signing.iter().chain(&later).copied().filter_map(told) {
        if !waiting.contains(&wait) {
            waiting.push(wait);
        }
    }
    Ok((signed, waiting))
}

/// A list that nobody here signs.
fn awaits(
    project: &Project,
    plan: &CertPlan<'_>,
    (index, holds_up): (usize, bool),
    signer: &Certificate,
    now: Timestamp,
) -> Option<Waiting> {
    let generation = plan.generations.get(index)?;
    let authority = project.authority(generation.authority);
    let mut lists = plan.lists.above.get(&index).into_iter().flatten();
    let list = lists.find(|above| above.signer == signer).and_then(|above| above.list);
    let lacks = list.map_or_else(|| "is not there".to_owned(), |list| out_of_force(list, now));
    let meanwhile = if holds_up {
        until_then(project, generation.authority)
    } else {
        format!(
            "until then, no host trusts generation {}, which signs nothing yet; it holds up no revocation",
            generation.generation.number
        )
    };
    Some(Waiting {
        word: LIST,
        name: authority.name.value.to_string(),
        place: authority.name.origin.span(),
        missing: true,
        why: format!(
            "something is revoked, and then Envoy takes no client without the lists of all authorities up to the root; that of {} {lacks}; {meanwhile}",
            signer.called()
        ),
        needs: Vec::new(),
    })
}

/// The number grows also where the list before is lost: it is the second, or one more than the last.
fn signed_by(
    list: &ListPlan<'_>,
    issuer: &Issuer,
    ambient: &Ambient<'_>,
) -> Result<RevocationList, PkiError> {
    let second = u128::try_from(ambient.now.unix()).unwrap_or_default();
    let last = list.there.map_or(0, RevocationList::number);
    let (start, end) = issuer.life();
    sign_list(
        &ListRequest {
            revoked: &list.revoked,
            number: second.max(last.saturating_add(1)),
            this_update: (ambient.now - BACKDATE).max(start),
            next_update: list.valid.map_or(end, |valid| (ambient.now + valid).min(end)),
        },
        issuer,
    )
}

fn waits(
    project: &Project,
    plan: &CertPlan<'_>,
    (list, reason): (&ListPlan<'_>, ListReason),
    needs: Vec<String>,
    now: Timestamp,
    report: &mut Report,
) -> Option<Waiting> {
    let generation = plan.generations.get(list.generation).filter(|_| list.is_needed)?;
    // One that is to be made waits itself: its list comes with it, and nothing goes by that before.
    if generation.there.is_none() && generation.known.is_none() {
        return None;
    }
    let authority = project.authority(generation.authority);
    let name = authority.name.value.to_string();
    let place = place_of(project, generation);
    let end = list.there.map_or(Timestamp::MAX, RevocationList::next_update);
    let locked = |finding: Diagnostic| {
        let finding = match place {
            Some(span) if needs.is_empty() => finding.at(span, "the next render signs another"),
            Some(span) => finding.at(span, "can't be signed anew without an identity"),
            None => finding,
        };
        let help = if needs.is_empty() { "run `gatewright render`" } else { NEEDS_HELP };
        needs.iter().fold(finding, Diagnostic::note).help(help)
    };
    let why = match reason {
        ListReason::Due => {
            if !project.is_settled(Code::REVOCATION_LIST.name(), &authority.settled) {
                let message = format!("the revocation list of authority `{name}` is good until {end} only");
                report.push(
                    locked(Diagnostic::warning(Code::REVOCATION_LIST, message))
                        .note("from then on, every host that it is for refuses every client"),
                );
            }
            return None;
        }
        ListReason::Expired | ListReason::Ahead => {
            let (is, mend) = match reason {
                ListReason::Ahead => {
                    let start = list.there.map_or(now, RevocationList::this_update);
                    (format!("starts on {start}, and it is {now} now"), Some(CLOCK_HELP))
                }
                _ => (format!("ended on {end}"), None),
            };
            let message = format!("the revocation list of authority `{name}` {is}");
            let finding = locked(Diagnostic::error(Code::REVOCATION_LIST, message))
                .note("every host that it is for refuses every client");
            report.push(
                mend.into_iter().fold(finding, |finding, mend| {
                    finding.help(format!("or, if this clock is wrong: {mend}"))
                }),
            );
            return None;
        }
        _ => lacks(list, reason, now),
    };
    let why = format!("{why}; {}", until_then(project, generation.authority));
    Some(Waiting {
        word: LIST,
        name,
        place,
        missing: matches!(reason, ListReason::Missing | ListReason::NotInForce),
        why,
        needs,
    })
}

/// Whom hosts let in while a list of an authority waits. A host that names its clients takes a name out at once.
fn until_then(project: &Project, id: AuthorityId) -> String {
    let hosts = project.hosts.iter().chain(&project.listeners);
    let ask = |host: &&Host| with_lists(project, host.tls.value.client_authorities()).contains(&id);
    let asking: Vec<_> = hosts.filter(ask).collect();
    if asking.is_empty() {
        return "no host here goes by it".to_owned();
    }
    let is_out = |host: &&Host| {
        let of = host.tls.value.client_authorities();
        let mut clients = project.clients.iter().filter(|client| of.contains(&client.authority));
        !host.client_names.is_empty() && clients.any(|client| client.revoked.is_some())
    };
    let but =
        if asking.iter().any(is_out) { ", but for those whom one names and who are `revoked`" } else { "" };
    format!("until then, hosts let in whom they do now{but}")
}

/// What of a list holds up who needs it.
fn lacks(list: &ListPlan<'_>, reason: ListReason, now: Timestamp) -> String {
    match (reason, list.there) {
        (ListReason::NotInForce, Some(there)) => {
            format!("the one that is there {}", out_of_force(there, now))
        }
        (ListReason::Named, _) => {
            "it names the authority's key by another identifier than the certificate that is there by now"
                .to_owned()
        }
        (ListReason::Changed(0), _) => "it is good for longer than `crl-valid` says".to_owned(),
        (ListReason::Changed(more), _) => format!("it must name {} more", certificates(more)),
        _ if list.revoked.is_empty() => "there must be one beside the others, and there is none".to_owned(),
        _ => format!("there is none yet, and it must name {}", certificates(list.revoked.len())),
    }
}

/// Why a list that no Secret holds is as good as none.
fn out_of_force(list: &RevocationList, now: Timestamp) -> String {
    match list.next_update() <= now {
        true => format!("ended on {}, and no Secret holds it", list.next_update()),
        false => format!("starts on {}, and no Secret holds it", list.this_update()),
    }
}

fn certificates(count: usize) -> String {
    format!("{count} certificate{}", if count == 1 { "" } else { "s" })
}
