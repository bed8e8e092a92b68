//! Clients that an authority has none of any more by the spec, and whose certificates still open hosts: removed ones, and those
//! that went to another authority.

use std::collections::BTreeMap;

use super::authority::GenerationPlan;
use super::lists::is_within;
use super::revocation::is_trusted;
use crate::diag::{Code, Diagnostic, Report, quoted};
use crate::model::{AltName, AuthorityId, Client, Host, Project};
use crate::pki::{Certificate, San};
use crate::spec::Traced;
use crate::state::Existing;
use crate::time::Timestamp;

/// How many hosts a finding shows.
const NAMED: usize = 4;

/// A client that is gone from an authority.
#[derive(Default)]
struct Gone<'a> {
    /// Its certificates that still count, newest first, each once.
    certificates: Vec<&'a Certificate>,
    /// What the spec calls so by now, under another authority.
    moved: Option<&'a Client>,
}

/// Names them, at the authority that signed them.
pub(super) fn check(
    project: &Project,
    existing: &Existing,
    generations: &[GenerationPlan<'_>],
    now: Timestamp,
    report: &mut Report,
) {
    for (id, authority) in project.authorities_with_ids() {
        let mut gone = gone(project, existing, id, generations, now);
        let all = project.hosts.iter().chain(&project.listeners);
        let mut hosts: Vec<&Host> = all.filter(|host| asks_for(project, host, id)).collect();
        for gone in gone.values_mut() {
            gone.certificates.retain(|certificate| hosts.iter().any(|host| lets_in(host, certificate)));
        }
        gone.retain(|_, gone| !gone.certificates.is_empty());
        hosts.retain(|host| {
            gone.values().flat_map(|gone| &gone.certificates).any(|certificate| lets_in(host, certificate))
        });
        if hosts.is_empty() || project.is_settled(Code::REMOVED_CLIENT.name(), &authority.settled) {
            continue;
        }
        let mut finding = Diagnostic::warning(Code::REMOVED_CLIENT, message(project, &gone, hosts.len()))
            .at(authority.word, "signed their certificates");
        // Hosts of one domain may have one place.
        let shown: BTreeMap<_, _> = hosts
            .iter()
            .map(|host| (host.tls.origin.span().unwrap_or(host.place), lets_in_whom(host)))
            .collect();
        for (place, whom) in shown.into_iter().take(NAMED) {
            finding = finding.at(place, whom);
        }
        if hosts.len() > NAMED {
            finding = finding.note(format!("{} hosts in all", hosts.len()));
        }
        for (client, gone) in &gone {
            if let Some(moved) = gone.moved {
                let other = &project.authority(moved.authority).name.value;
                finding = finding.at(moved.word, format!("authority `{other}` signs for `{client}` now"));
            }
            for certificate in &gone.certificates {
                finding = finding.note(format!(
                    "`{client}` has a certificate {} that is valid until {}",
                    certificate.serial(),
                    certificate.not_after()
                ));
            }
            finding = finding.help(turned_away(client, gone));
        }
        let all = gone.values().flat_map(|gone| &gone.certificates);
        let day = now.date();
        let lines: Vec<_> = all.map(|one| format!("`revoked \"{}\" on=\"{day}\"`", one.serial())).collect();
        finding = finding.help(format!("or say it at the authority: {}", lines.join(", ")));
        report.push(finding);
    }
}

fn message(project: &Project, gone: &BTreeMap<&str, Gone<'_>>, hosts: usize) -> String {
    let let_in = if hosts == 1 { "a host still lets" } else { "hosts still let" };
    match gone.first_key_value() {
        Some((client, Gone { moved: Some(moved), .. })) if gone.len() == 1 => {
            let other = &project.authority(moved.authority).name.value;
            format!(
                "client `{client}` is one of authority `{other}` now, and {let_in} it in by its earlier certificate"
            )
        }
        Some((client, _)) if gone.len() == 1 => {
            format!("client `{client}` is not in the spec any more, and {let_in} it in")
        }
        _ => format!("{} clients are not in the spec any more, and {let_in} them in", gone.len()),
    }
}

/// The call that turns it away. One that has moved keeps its other certificates.
fn turned_away(client: &str, gone: &Gone<'_>) -> String {
    let Some(moved) = gone.moved else {
        return format!("`gatewright revoke client {}` turns it away", quoted(client));
    };
    let serials = gone.certificates.iter().map(|certificate| format!(" --serial {}", certificate.serial()));
    let name = quoted(&moved.name.value);
    format!(
        "`gatewright revoke client {name}{}` turns those away who still hold it",
        serials.collect::<String>()
    )
}

/// One of them of each authority that has any, and the call that turns it away.
pub(super) fn one_each(
    project: &Project,
    existing: &Existing,
    generations: &[GenerationPlan<'_>],
    now: Timestamp,
) -> BTreeMap<AuthorityId, (String, String)> {
    let all = project.authorities_with_ids().filter_map(|(id, _)| {
        let own = gone(project, existing, id, generations, now);
        let (client, gone) = own.first_key_value()?;
        Some((id, ((*client).to_owned(), turned_away(client, gone))))
    });
    all.collect()
}

/// Whether a host asks for clients of an authority or one above it, and not by words of the schema that say which.
fn asks_for(project: &Project, host: &Host, id: AuthorityId) -> bool {
    let pins = ["subjectAltNames", "verifyCertificateSpki", "verifyCertificateHash"];
    is_within(project, id, host.tls.value.client_authorities())
        && !host.tls_layer.iter().any(|field| pins.contains(&&*field.name))
}

/// Whether a host that asks for clients of its authority takes a certificate: one of the names that it asks for is enough.
fn lets_in(host: &Host, certificate: &Certificate) -> bool {
    let is_asked = |name: &Traced<AltName>| certificate.sans().contains(&San::from(&name.value));
    host.client_names.is_empty() || host.client_names.iter().any(is_asked)
}

fn lets_in_whom(host: &Host) -> &'static str {
    if host.client_names.is_empty() { "lets in all of its clients" } else { "lets in a name that they have" }
}

/// The clients that are gone from an authority, by their file names.
fn gone<'a>(
    project: &'a Project,
    existing: &'a Existing,
    id: AuthorityId,
    generations: &[GenerationPlan<'_>],
    now: Timestamp,
) -> BTreeMap<&'a str, Gone<'a>> {
    let authority = project.authority(id);
    let name = authority.name.value.as_str();
    let listed = existing.listed(name);
    let trusted = |certificate: &Certificate| {
        let own = generations.iter().filter(|plan| plan.authority == id && is_trusted(plan));
        own.filter_map(|plan| plan.there).any(|file| certificate.made_by(&file.certificate))
    };
    let counts = |certificate: &Certificate| {
        let serial = certificate.serial();
        certificate.not_after() >= now
            && !authority.revoked.contains_key(serial)
            && !listed.contains(serial)
            && trusted(certificate)
    };
    let present = existing.clients.iter().map(|(key, file)| (key, vec![&file.certificate]));
    let earlier = existing.handed_out.iter().map(|(key, all)| (key, all.iter().collect()));
    let mut found: BTreeMap<&str, Gone<'_>> = BTreeMap::new();
    for ((of, client), certificates) in present.chain(earlier) {
        let own = project.clients.iter().find(|own| own.file_name == *client);
        if of != name || own.is_some_and(|own| own.authority == id || own.revoked.is_some()) {
            continue;
        }
        for certificate in certificates.into_iter().filter(|certificate| counts(certificate)) {
            let gone = found.entry(client).or_insert(Gone { moved: own, ..Gone::default() });
            if !gone.certificates.contains(&certificate) {
                gone.certificates.push(certificate);
            }
        }
    }
    for gone in found.values_mut() {
        gone.certificates.sort_by_key(|certificate| std::cmp::Reverse(certificate.not_after()));
    }
    found
}
