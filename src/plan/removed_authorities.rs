//! Authorities that the spec does not name any more, and that one of those which it does name still vouches for: whom they signed
//! comes in wherever that one is trusted.

use super::lists::{Lists, is_within};
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{AuthorityId, Host, Project};
use crate::pki::Certificate;
use crate::state::Existing;
use crate::time::Timestamp;

/// Names them, at the authority that vouches. Where lists are in force, whom they signed stays out: none is theirs.
pub(super) fn check(
    project: &Project,
    existing: &Existing,
    lists: &Lists<'_>,
    now: Timestamp,
    report: &mut Report,
) {
    let keys = existing.generations.iter().map(|(key, file)| (key, &file.certificate));
    let alone = existing.certificates.iter().filter_map(|(key, own)| Some((key, own.as_ref()?)));
    let alone = alone.filter(|(key, _)| !existing.generations.contains_key(*key));
    for ((name, number), certificate) in keys.chain(alone) {
        if project.authority_named(name).is_some() || certificate.not_after() < now {
            continue;
        }
        let Some(by) = voucher(project, existing, certificate) else { continue };
        let hosts = project.hosts.iter().chain(&project.listeners);
        let lets_in = |host: &&Host| {
            let anchors = host.tls.value.client_authorities();
            is_within(project, by, anchors) && !lists.concern(project, anchors)
        };
        let mut hosts = hosts.filter(lets_in);
        let settled = &project.authority(by).settled;
        if let Some(host) =
            hosts.next().filter(|_| !project.is_settled(Code::REMOVED_AUTHORITY.name(), settled))
        {
            report.push(finding(project, (name, *number, certificate), by, (host, hosts.count()), now));
        }
    }
}

/// The authority that signed it, by a generation that is trusted.
fn voucher(project: &Project, existing: &Existing, certificate: &Certificate) -> Option<AuthorityId> {
    let (name, number) = existing.signer_of(certificate)?;
    let (id, authority) = project.authority_named(name)?;
    let is_trusted = authority.generations.iter().any(|one| one.number == number && one.is_trusted());
    Some(id).filter(|_| is_trusted && !authority.revoked.contains_key(certificate.serial()))
}

fn finding(
    project: &Project,
    (name, number, certificate): (&str, u32, &Certificate),
    by: AuthorityId,
    (host, more): (&Host, usize),
    now: Timestamp,
) -> Diagnostic {
    let authority = project.authority(by);
    let voucher = &authority.name.value;
    let serial = certificate.serial();
    let message = format!(
        "authority `{name}` is not in the spec any more, and host `{}`{} still lets in whom it signed",
        host.name.value,
        match more {
            0 => String::new(),
            1 => " and another one".to_owned(),
            more => format!(" and {more} others"),
        }
    );
    Diagnostic::warning(Code::REMOVED_AUTHORITY, message)
        .at(authority.word, format!("signed generation {number} of it, until {}", certificate.not_after()))
        .at(host.tls.origin.span().unwrap_or(host.place), "lets in clients of that one and of all below it")
        .help(format!("`revoked \"{serial}\" on=\"{}\"` at authority `{voucher}` turns them away", now.date()))
        .help(format!("or restore authority `{name}` in the spec; `settle` it at `{voucher}` if its certificate may end by itself"))
}
