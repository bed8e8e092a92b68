//! The certificates that a spec revokes: by serial number, or all of a client.

use std::collections::BTreeMap;

use super::revocation::{check_lists, not_yet};
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{AuthorityId, Project};
use crate::pki::{Certificate, Revoked};
use crate::spec::Origin;
use crate::state::Existing;
use crate::time::Timestamp;

/// What the spec revokes, held against the certificates that are there.
pub(super) struct Revocable<'a> {
    /// Every certificate that is there, by its serial number.
    known: BTreeMap<&'a str, Vec<&'a Certificate>>,
    said: Vec<Said<'a>>,
    now: Timestamp,
}

/// One revocation.
struct Said<'a> {
    serial: String,
    since: Timestamp,
    origin: Origin,
    by: By<'a>,
}

/// What says so.
enum By<'a> {
    /// An authority, by the serial number alone.
    Authority(AuthorityId),
    /// The client of this certificate.
    Client(&'a Certificate),
}

impl<'a> Revocable<'a> {
    pub(super) fn new(project: &Project, existing: &'a Existing, now: Timestamp) -> Self {
        let leaves = existing.leaves.values().chain(&existing.parked).map(|leaf| &leaf.certificate);
        let clients = existing.clients.values().map(|file| &file.certificate);
        let known =
            clients.chain(existing.handed_out.values().flatten()).chain(leaves).chain(existing.authorities());
        let mut found = Self { known: BTreeMap::new(), said: Vec::new(), now };
        for certificate in known {
            let of = found.known.entry(certificate.serial()).or_default();
            if !of.contains(&certificate) {
                of.push(certificate);
            }
        }
        for (id, authority) in project.authorities_with_ids() {
            for (serial, since) in &authority.revoked {
                found.said.push(Said {
                    serial: serial.clone(),
                    since: since.value,
                    origin: since.origin.clone(),
                    by: By::Authority(id),
                });
            }
        }
        for client in &project.clients {
            let Some(since) = &client.revoked else { continue };
            for certificate in existing.certificates_of(&client.file_name) {
                found.said.push(Said {
                    serial: certificate.serial().to_owned(),
                    since: since.value,
                    origin: since.origin.clone(),
                    by: By::Client(certificate),
                });
            }
        }
        found
    }

    /// The certificates of that serial number, of whatever authority.
    fn known(&self, serial: &str) -> &[&'a Certificate] {
        self.known.get(serial).map_or(&[], Vec::as_slice)
    }

    /// The certificate of that serial number that a generation signed.
    pub(super) fn signed(&self, serial: &str, generation: Option<&Certificate>) -> Option<&'a Certificate> {
        let generation = generation?;
        self.known(serial).iter().find(|known| known.signed_by(generation)).copied()
    }

    /// What a generation of an authority must revoke: what it signed, and what nobody knows.
    pub(super) fn by(&self, id: AuthorityId, generation: Option<&Certificate>) -> Revoked {
        let mut found = Revoked::new();
        for said in &self.said {
            let own = match said.by {
                By::Authority(by) if by == id => self.signed(&said.serial, generation),
                By::Authority(_) => continue,
                By::Client(certificate) => {
                    let own = generation.is_some_and(|generation| certificate.signed_by(generation));
                    Some(certificate).filter(|_| own)
                }
            };
            let is_own = match own {
                Some(own) => own.not_after() > self.now,
                None => matches!(said.by, By::Authority(_)) && self.known(&said.serial).is_empty(),
            };
            if is_own {
                let since = found.entry(said.serial.clone()).or_insert(said.since);
                *since = said.since.min(*since);
            }
        }
        found
    }

    /// Says what is wrong with what is said.
    pub(super) fn report(&self, project: &Project, existing: &Existing, report: &mut Report) {
        check_lists(project, existing, report);
        for said in &self.said {
            if said.since > self.now {
                let finding = not_yet(&said.origin, said.since, self.now);
                if !report.findings().contains(&finding) {
                    report.push(finding);
                }
                continue;
            }
            let By::Authority(id) = said.by else { continue };
            let authority = project.authority(id);
            let name = authority.name.value.as_str();
            let at = |finding: Diagnostic, text: &str| match said.origin.span() {
                Some(span) => finding.at(span, text),
                None => finding,
            };
            let known = self.known(&said.serial);
            let signer = |of: &dyn Fn(&str) -> bool| {
                let mut keys = existing.generations.iter().filter(|((key, _), _)| of(key));
                keys.find(|(_, file)| known.iter().any(|known| known.signed_by(&file.certificate)))
            };
            if known.is_empty() {
                let lists = existing.lists.get(name).into_iter().flatten();
                let is_listed = lists.into_iter().any(|list| list.revoked().contains_key(&said.serial));
                let settled = project.is_settled(Code::UNKNOWN_SERIAL.name(), &authority.settled);
                if !is_listed && !settled {
                    let message = format!("no certificate here has the serial number {}", said.serial);
                    let finding = Diagnostic::warning(Code::UNKNOWN_SERIAL, message);
                    report.push(at(finding, "goes onto the revocation list all the same").help(
                        "`gatewright status -o json` shows the serial numbers of those that are there",
                    ));
                }
            } else if signer(&|key| key == name).is_none()
                && let Some(((other, _), _)) = signer(&|key| key != name)
            {
                let message =
                    format!("certificate {} is none of authority `{name}`: `{other}` issued it", said.serial);
                let finding =
                    at(Diagnostic::error(Code::WRONG_VALUE, message), "issued by another authority");
                report.push(finding.help(format!("move the line to authority `{other}`")));
            }
        }
    }
}
