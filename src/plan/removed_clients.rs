//! Clients that the spec does not name any more, and whose certificates still open hosts.

use std::collections::{BTreeMap, BTreeSet};

use super::authority::GenerationPlan;
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{AuthorityId, Host, Project};
use crate::pki::Certificate;
use crate::state::Existing;
use crate::time::Timestamp;

/// Names them, at the authority that signed them.
pub(super) fn check(
    project: &Project,
    existing: &Existing,
    generations: &[GenerationPlan<'_>],
    now: Timestamp,
    report: &mut Report,
) {
    for (id, authority) in project.authorities_with_ids() {
        let name = authority.name.value.as_str();
        let removed = removed(project, existing, (id, name), generations, now);
        let Some((first, _)) = removed.first_key_value() else { continue };
        let Some(host) = project.hosts.iter().find(|host| lets_in_all(host, id)) else { continue };
        if project.is_settled(Code::REMOVED_CLIENT.name(), &authority.settled) {
            continue;
        }
        let message = match removed.len() {
            1 => format!("client `{first}` is not in the spec any more, and hosts still let it in"),
            count => format!("{count} clients are not in the spec any more, and hosts still let them in"),
        };
        let mut finding = Diagnostic::warning(Code::REMOVED_CLIENT, message)
            .at(authority.word, "signed their certificates")
            .at(host.tls.origin.span().unwrap_or(host.place), "lets in all of its clients");
        for (client, end) in &removed {
            finding = finding
                .note(format!("`{client}` has a certificate that is valid until {end}"))
                .help(format!("`gatewright revoke client {client}` turns it away"));
        }
        report.push(finding);
    }
}

/// One of them of each authority that has any.
pub(super) fn one_each(
    project: &Project,
    existing: &Existing,
    generations: &[GenerationPlan<'_>],
    now: Timestamp,
) -> BTreeMap<AuthorityId, String> {
    let all = project.authorities_with_ids().filter_map(|(id, authority)| {
        let own = removed(project, existing, (id, authority.name.value.as_str()), generations, now);
        Some((id, (*own.first_key_value()?.0).to_owned()))
    });
    all.collect()
}

/// Whether a host asks for any client of an authority, and not only for those with certain names or keys.
fn lets_in_all(host: &Host, id: AuthorityId) -> bool {
    let pins = ["subjectAltNames", "verifyCertificateSpki", "verifyCertificateHash"];
    host.tls.value.client_authorities().contains(&id)
        && host.client_names.is_empty()
        && !host.tls_layer.iter().any(|field| pins.contains(&&*field.name))
}

/// The clients of an authority that are gone, by their file names, and when the last certificate that counts ends.
fn removed<'a>(
    project: &Project,
    existing: &'a Existing,
    (id, name): (AuthorityId, &str),
    generations: &[GenerationPlan<'_>],
    now: Timestamp,
) -> BTreeMap<&'a str, Timestamp> {
    let known: BTreeSet<_> = project.clients.iter().map(|client| client.file_name.as_str()).collect();
    let said = &project.authority(id).revoked;
    let listed = existing.listed(name);
    let trusted = |certificate: &Certificate| {
        let own = generations.iter().filter(|plan| plan.authority == id && !plan.generation.retired);
        own.filter_map(|plan| plan.there).any(|file| certificate.signed_by(&file.certificate))
    };
    let counts = |certificate: &&Certificate| {
        let serial = certificate.serial();
        certificate.not_after() > now
            && !said.contains_key(serial)
            && !listed.contains(serial)
            && trusted(certificate)
    };
    let present = existing.clients.iter().map(|(key, file)| (key, vec![&file.certificate]));
    let earlier = existing.handed_out.iter().map(|(key, all)| (key, all.iter().collect()));
    let mut found = BTreeMap::new();
    for ((of, client), certificates) in present.chain(earlier) {
        if of != name || known.contains(client.as_str()) {
            continue;
        }
        let ends = certificates.into_iter().filter(counts).map(Certificate::not_after);
        if let Some(end) = ends.max() {
            let last = found.entry(client.as_str()).or_insert(end);
            *last = end.max(*last);
        }
    }
    found
}
