//! `gatewright authority import NAME --crl FILE`: lists that nobody here signs.

use std::path::PathBuf;

use super::authority::Desk;
use super::exit::Exit;
use super::pairs::lists;
use super::requests::path;
use super::session::Failure;
use crate::model::Generation;
use crate::pki::{Certificate, RevocationList};
use crate::plan::certs::{Asked, certs};
use crate::plan::files::{FilePlan, Place, ProjectPath};
use crate::plan::foreign_lists::above;
use crate::plan::revocation::with_lists;
use crate::plan::stand_in::standing;
use crate::state::{Existing, KeyFile};
use crate::tree::apply;

/// Takes the lists in these files, if each is good now and no older than the one that is there.
pub(super) fn import(files: &[PathBuf], desk: &Desk<'_>, existing: &Existing) -> Result<Exit, Failure> {
    let (name, settings) = (desk.name(), desk.session.settings);
    let own = trusted(desk, existing);
    let mut known: Vec<(&Certificate, Option<RevocationList>)> = Vec::new();
    for above in own.iter().flat_map(|file| above(existing, desk.authority, file)) {
        if !known.iter().any(|(there, _)| *there == above.signer) {
            known.push((above.signer, above.list.cloned()));
        }
    }
    if known.is_empty() {
        return desk.refuse(&format!(
            "no authority above {name} is kept elsewhere, so every list that it takes is signed here"
        ));
    }
    let mut said = Vec::new();
    for file_path in files {
        let found = lists(file_path, settings)?;
        if found.is_empty() {
            return desk.refuse(&format!("no revocation list is in {}", file_path.display()));
        }
        for list in found {
            let Some((signer, there)) = known.iter_mut().find(|(signer, _)| list.signed_by(signer)) else {
                return desk.refuse(&format!(
                    "no authority above {name} signed the list in {}",
                    file_path.display()
                ));
            };
            if let Err(reason) = usable(&list, there.as_ref(), desk) {
                return desk.refuse(&format!("the list of {} {reason}", signer.called()));
            }
            said.push(format!(
                "the revocation list of {} is good until {}",
                signer.called(),
                list.next_update()
            ));
            let is_own = |file: &&KeyFile| {
                file.above.contains(signer) && list.revoked().contains_key(file.certificate.serial())
            };
            if own.iter().any(is_own) {
                said.push(format!(
                    "it revokes the certificate of authority {name} itself: no host that goes by it lets in anybody whom that signed"
                ));
            }
            *there = Some(list);
        }
    }
    let text = written(existing, name, &known);
    let mut plan = FilePlan::default();
    let at = path(ProjectPath::new(format!("{name}/ca.crl")))?;
    plan.write(Place::Pki, at.clone(), text.clone());
    let is_of_use = concerns_a_host(desk, &at, text.as_bytes());
    apply(&settings.layout, &plan)?;
    said.iter().for_each(|line| desk.printer.note(line));
    desk.printer.note(match is_of_use {
        true => "`gatewright render` puts it beside the trust in clients",
        false => "no host needs it yet: it is of use once something is revoked, and a host lets clients of that authority in",
    });
    Ok(Exit::Fine)
}

/// The generations whose clients hosts let in, or stand in for the one that waits.
fn trusted<'a>(desk: &Desk<'_>, existing: &'a Existing) -> Vec<&'a KeyFile> {
    let own = desk.project.authority_named(desk.name()).map(|(id, _)| id);
    let standing = own.map(|id| standing(desk.project, existing, id, desk.session.settings.now));
    let standing = standing.unwrap_or_default();
    let counts = |one: &&Generation| one.is_trusted() || standing.contains(&one.number);
    let numbers = desk.authority.generations.iter().filter(counts).map(|one| one.number);
    numbers.filter_map(|number| existing.generations.get(&(desk.name().to_owned(), number))).collect()
}

/// The file of an authority's lists: its own, and those of the ones above that are known.
fn written(existing: &Existing, name: &str, known: &[(&Certificate, Option<RevocationList>)]) -> String {
    let own = existing.lists.get(name).into_iter().flatten();
    let own = own.filter(|list| !known.iter().any(|(signer, _)| list.made_by(signer)));
    own.chain(known.iter().filter_map(|(_, list)| list.as_ref())).map(RevocationList::to_pem).collect()
}

/// The file of an authority's lists after a change of its certificate, without those of authorities that are above it no more;
/// `None` where that changes nothing.
pub(super) fn left(before: &Existing, after: &Existing, name: &str) -> Option<String> {
    let all = before.lists.get(name)?;
    let made =
        |existing: &Existing, list: &RevocationList| existing.keys_of(name).any(|key| list.made_by(key));
    let is_gone = |list: &&RevocationList| made(before, list) && !made(after, list);
    let (gone, left): (Vec<_>, Vec<_>) = all.iter().partition(is_gone);
    (!gone.is_empty()).then(|| left.into_iter().map(RevocationList::to_pem).collect())
}

/// Whether a host that lets clients of the authority in holds them against lists, once this file is there.
fn concerns_a_host(desk: &Desk<'_>, at: &ProjectPath, text: &[u8]) -> bool {
    let (session, project) = (desk.session, desk.project);
    let snapshot = session.input.snapshot.clone().with_key_file(at.clone(), text.to_vec());
    let (existing, _) = Existing::read(&snapshot);
    let (plan, _) = certs(project, &existing, &Asked::default(), session.settings.now);
    let own = project.authority_named(desk.name()).map(|(id, _)| id);
    project.hosts.iter().chain(&project.listeners).any(|host| {
        let anchors = host.tls.value.client_authorities();
        let shows = own.is_some_and(|own| with_lists(project, anchors).contains(&own));
        shows && plan.lists.concern(project, anchors)
    })
}

/// Why a list can't take the place of the one that is there.
fn usable(list: &RevocationList, there: Option<&RevocationList>, desk: &Desk<'_>) -> Result<(), String> {
    let now = desk.session.settings.now;
    if list.aki().is_none() {
        return Err("does not name the key that signed it (no authority key identifier), and Envoy takes none without".to_owned());
    }
    if list.next_update() <= now {
        return Err(format!("ended on {}, and it is {now} now", list.next_update()));
    }
    if list.this_update() > now {
        return Err(format!("starts on {}, and it is {now} now", list.this_update()));
    }
    match there {
        Some(there) if there.number() > list.number() => Err(format!(
            "has the number {}, and the one that is there is newer: {}",
            list.number(),
            there.number()
        )),
        _ => Ok(()),
    }
}
