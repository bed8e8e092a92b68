//! What a project's seed asks of keys: that they can follow from it, and that nobody counts them without one.

use super::super::project::{CertificateFacts, CredentialKind, Project};
use super::host::push_once;
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::{Span, Traced};
use crate::time::Timestamp;

/// Refuses RSA keys and revocation by date where there is a seed, and counted keys where there is none.
pub(super) fn check(project: &Project, report: &mut Report) {
    for certificate in leaves(project) {
        match &project.secrets.seed {
            Some(seed) => {
                refuse_rsa(certificate, seed, report);
                refuse_new_key(certificate, seed, report);
            }
            None => refuse_count(certificate.generation.as_ref(), report),
        }
    }
    for credential in &project.credentials {
        let (leaf, is, why) = match &credential.kind {
            CredentialKind::Brought(leaf) => (&**leaf, "is brought in files", "its key comes with it"),
            CredentialKind::Ordered(order) => {
                (&order.leaf, "cert-manager gets", "its key is drawn in the cluster")
            }
            CredentialKind::Issued(_) | CredentialKind::Presented { .. } | CredentialKind::External => {
                continue;
            }
        };
        let said = leaf.certificate.generation.as_ref().and_then(|said| said.origin.span());
        let Some(span) = said else { continue };
        let message = format!("`generation` has no meaning for a certificate that {is}");
        let finding = Diagnostic::error(Code::UNKNOWN_WORD, message).at(span, why);
        push_once(report, finding.help("leave `generation` out, or name an `authority`"));
    }
    let Some(seed) = &project.secrets.seed else { return };
    let servers = project.credentials.iter().filter_map(|credential| credential.kind.sealed());
    servers.filter_map(|leaf| leaf.revoked.as_ref()).for_each(|since| refuse_date(since, seed, report));
    for authority in project.authorities.iter().filter(|authority| authority.files.is_none()) {
        if authority.generations.iter().any(|one| !one.random && !one.retired) {
            refuse_rsa(&authority.certificate, seed, report);
        }
    }
}

/// The certificates that authorities of ours issue for others.
fn leaves(project: &Project) -> impl Iterator<Item = &CertificateFacts> {
    let servers = project.credentials.iter().filter_map(|credential| match &credential.kind {
        CredentialKind::Issued(leaf) => Some(&leaf.certificate),
        _ => None,
    });
    let clients = project.clients.iter().map(|client| &client.certificate);
    servers.chain(clients).chain(project.cacerts.iter().map(|cacerts| &cacerts.certificate))
}

fn refuse_rsa(certificate: &CertificateFacts, seed: &Traced<Timestamp>, report: &mut Report) {
    let Some(place) = certificate.key.origin.span().filter(|_| certificate.key.value.is_rsa()) else {
        return;
    };
    let finding = Diagnostic::error(Code::CONFLICT, "an RSA key can't follow from the project's seed")
        .at(place, "primes are searched at random, by every library in its own way");
    let finding = by_seed(finding, seed, "keys follow from the seed");
    push_once(
        report,
        finding
            .help("write `key ecdsa-p256` or `key ecdsa-p384`")
            .help("or take `seed` out of `secrets`: then keys are drawn at random"),
    );
}

/// A key that follows from the seed is another one when its `generation` is, and at no other time.
fn refuse_new_key(certificate: &CertificateFacts, seed: &Traced<Timestamp>, report: &mut Report) {
    let said = certificate.renew_key.as_ref().filter(|said| said.value);
    let Some(place) = said.and_then(|said| said.origin.span()) else { return };
    let message = "a renewal can't make a new key where keys follow from the project's seed";
    let finding = Diagnostic::error(Code::CONFLICT, message).at(place, "the seed gives the same key again");
    let finding = by_seed(finding, seed, "keys follow from the seed");
    push_once(
        report,
        finding
            .help(
                "leave `renew-key` out: `gatewright rotate host` or `rotate client` counts up `generation`, which is a new key",
            )
            .help("or take `seed` out of `secrets`: then keys are drawn at random"),
    );
}

/// What follows from the seed starts on its grid, whenever it is made: the next one may be from before the day too.
fn refuse_date(since: &Traced<Timestamp>, seed: &Traced<Timestamp>, report: &mut Report) {
    let Some(place) = since.origin.span() else { return };
    let message = "a date can't tell certificates apart that follow from the project's seed";
    let finding = Diagnostic::error(Code::CONFLICT, message)
        .at(place, "the next certificate may start before that day too");
    let finding = by_seed(finding, seed, "times follow from the seed");
    let help = "take `revoked` out, and run `gatewright revoke host`: it writes the serial number at the authority, and counts up `generation`";
    push_once(report, finding.help(help));
}

/// Adds the place that says that there is a seed.
fn by_seed(finding: Diagnostic, seed: &Traced<Timestamp>, text: &str) -> Diagnostic {
    match seed.origin.span() {
        Some(span) => finding.at(span, text),
        None => finding,
    }
}

fn refuse_count(said: Option<&Traced<u32>>, report: &mut Report) {
    let Some(span): Option<Span> = said.and_then(|said| said.origin.span()) else { return };
    push_once(
        report,
        Diagnostic::error(
            Code::CONFLICT,
            "`generation` counts keys that follow from a seed, and the project has none",
        )
        .at(span, "counts nothing")
        .help("take it out: `gatewright rotate host` or `rotate client` has a new key drawn")
        .help("or let keys follow from a seed: `gatewright secrets seed`"),
    );
}
