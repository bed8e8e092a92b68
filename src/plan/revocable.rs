//! The certificates that a spec revokes: by serial number, all of a client, those of a server from before a day, or those of an
//! authority that is to count no more.

use std::collections::BTreeMap;

use super::certs::BACKDATE;
use super::revocation::not_yet;
use super::vouched::Vouched;
use crate::diag::{Code, Diagnostic, Report, quoted};
use crate::model::{Authority, AuthorityId, CredentialId, CredentialKind, Leaf, Project};
use crate::paths::{Names, Place};
use crate::pki::{Certificate, Revoked};
use crate::spec::{Origin, Traced};
use crate::state::{Existing, ExistingLeaf};
use crate::time::Timestamp;

/// What the spec revokes, held against the certificates that are there.
pub(super) struct Revocable<'a, 'v> {
    /// Every certificate that is there, by its serial number.
    known: BTreeMap<&'a str, Vec<&'a Certificate>>,
    said: Vec<Said<'a>>,
    /// Servers whose date revokes nothing that is known, and the certificate that is there.
    idle: Vec<(CredentialId, Traced<Timestamp>, Option<&'a Certificate>)>,
    /// What another authority still vouches for and is to count no more.
    vouched: &'v [Vouched<'a>],
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
    /// The client or server of this certificate.
    Holder(&'a Certificate),
}

impl<'a, 'v> Revocable<'a, 'v> {
    pub(super) fn new(
        project: &Project,
        existing: &'a Existing,
        (vouched, claims): (&'v [Vouched<'a>], &BTreeMap<CredentialId, &'a ExistingLeaf>),
        now: Timestamp,
    ) -> Self {
        let leaves = existing.leaves.values().chain(&existing.parked).map(|leaf| &leaf.certificate);
        let clients = existing.clients.values().map(|file| &file.certificate);
        let known =
            clients.chain(existing.handed_out.values().flatten()).chain(leaves).chain(existing.authorities());
        let known = known.chain(existing.beside.values().flatten());
        let known = known.chain(existing.cacerts.values().map(|there| &there.certificate));
        let known = known.chain(existing.crosses.values()).chain(existing.former.values().flatten());
        let mut found = Self { known: BTreeMap::new(), said: Vec::new(), idle: Vec::new(), vouched, now };
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
                    by: By::Holder(certificate),
                });
            }
        }
        found.take_servers(project, existing, claims);
        for own in vouched.iter().filter(|own| own.is_named) {
            found.said.push(Said {
                serial: own.certificate.serial().to_owned(),
                since: own.since,
                origin: own.origin.clone(),
                by: By::Holder(own.certificate),
            });
        }
        found
    }

    /// What another authority still vouches for and is to count no more.
    pub(super) fn vouched(&self) -> &'v [Vouched<'a>] {
        self.vouched
    }

    /// Whether a serial number is on a list for the sake of completeness alone: what it is of is to count no more, no host lets
    /// anybody in by it, and no line of its authority names it.
    pub(super) fn is_unasked(&self, serial: &str, authority: &Authority) -> bool {
        let mut own = self.vouched.iter().filter(|own| own.certificate.serial() == serial);
        !authority.revoked.contains_key(serial) && own.any(|own| own.is_named && !own.lets_in)
    }

    /// What servers' dates revoke, of the certificates that are known: the one that is there, and those beside it.
    fn take_servers(
        &mut self,
        project: &Project,
        existing: &'a Existing,
        claims: &BTreeMap<CredentialId, &'a ExistingLeaf>,
    ) {
        for (id, credential) in project.credentials_with_ids() {
            let CredentialKind::Issued(leaf) = &credential.kind else { continue };
            let Some(since) = &leaf.revoked else { continue };
            let there = claims.get(&id).copied();
            let before: Vec<_> = there
                .map(|there| &there.certificate)
                .into_iter()
                .chain(existing.beside(credential, there))
                .filter(|certificate| revokes(leaf, certificate))
                .collect();
            if before.is_empty() {
                self.idle.push((id, since.clone(), there.map(|there| &there.certificate)));
            }
            self.said.extend(before.into_iter().map(|certificate| Said {
                serial: certificate.serial().to_owned(),
                since: since.value,
                origin: since.origin.clone(),
                by: By::Holder(certificate),
            }));
        }
    }

    /// The certificates of that serial number, of whatever authority.
    fn known(&self, serial: &str) -> &[&'a Certificate] {
        self.known.get(serial).map_or(&[], Vec::as_slice)
    }

    /// The certificate of that serial number that a generation signed.
    pub(super) fn signed(&self, serial: &str, generation: Option<&Certificate>) -> Option<&'a Certificate> {
        let generation = generation?;
        self.known(serial).iter().find(|known| known.made_by(generation)).copied()
    }

    /// What a generation of an authority must revoke: what it signed, and what nobody knows and no list of the authority's
    /// names. Who knew it when that list was signed knew whose it was.
    pub(super) fn by(
        &self,
        id: AuthorityId,
        generation: Option<&Certificate>,
        is_listed: &dyn Fn(&str) -> bool,
    ) -> Revoked {
        let mut found = Revoked::new();
        for said in &self.said {
            let is_own = match said.by {
                By::Authority(by) if by == id => match self.signed(&said.serial, generation) {
                    Some(own) => own.not_after() >= self.now,
                    None => self.known(&said.serial).is_empty() && !is_listed(&said.serial),
                },
                By::Authority(_) => false,
                By::Holder(certificate) => {
                    let own = generation.is_some_and(|generation| certificate.made_by(generation));
                    own && certificate.not_after() >= self.now
                }
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
        for (id, since, there) in &self.idle {
            let finding = if since.value > self.now {
                not_yet(&since.origin, since.value, self.now)
            } else if project.is_settled_at(Code::REVOKES_NOTHING.name(), *id) {
                continue;
            } else {
                revokes_nothing(project, *id, since, *there)
            };
            if !report.findings().contains(&finding) {
                report.push(finding);
            }
        }
        for said in &self.said {
            if said.since > self.now {
                let finding = not_yet(&said.origin, said.since, self.now);
                if !report.findings().contains(&finding) {
                    report.push(finding);
                }
                continue;
            }
            if let By::Authority(id) = said.by {
                report.extend(self.look_at_serial(project, existing, id, said));
            }
        }
    }

    /// What is wrong with a serial number that an authority revokes.
    fn look_at_serial(
        &self,
        project: &Project,
        existing: &Existing,
        id: AuthorityId,
        said: &Said<'_>,
    ) -> Report {
        let mut report = Report::default();
        let authority = project.authority(id);
        let name = authority.name.value.as_str();
        let at = |finding: Diagnostic, text: &str| match said.origin.span() {
            Some(span) => finding.at(span, text),
            None => finding,
        };
        let known = self.known(&said.serial);
        let signer = |of: &dyn Fn(&str) -> bool| {
            let mut keys = existing.generations.iter().filter(|((key, _), _)| of(key));
            keys.find(|(_, file)| known.iter().any(|known| known.made_by(&file.certificate)))
        };
        if let Some(finding) = revokes_itself(project, existing, known, &said.serial) {
            report.push(at(finding, "revokes an authority"));
        } else if known.is_empty() {
            let is_listed = existing.listed(name).contains(said.serial.as_str());
            let settled = project.is_settled(Code::UNKNOWN_SERIAL.name(), &authority.settled);
            if !is_listed && !settled {
                let message = format!("no certificate here has the serial number {}", said.serial);
                let finding = Diagnostic::warning(Code::UNKNOWN_SERIAL, message);
                report
                    .push(at(finding, "goes onto the revocation list all the same").help(
                        "`gatewright status -o json` shows the serial numbers of those that are there",
                    ));
            }
        } else if signer(&|key| key == name).is_none()
            && let Some(((other, _), _)) = signer(&|key| key != name)
        {
            let message =
                format!("certificate {} is none of authority `{name}`: `{other}` issued it", said.serial);
            let finding = at(Diagnostic::error(Code::WRONG_VALUE, message), "issued by another authority");
            report.push(finding.help(format!("move the line to authority `{other}`")));
        }
        report
    }
}

/// An authority that would be revoked while clients and hosts are to trust it, and all that it signed with it.
fn revokes_itself(
    project: &Project,
    existing: &Existing,
    known: &[&Certificate],
    serial: &str,
) -> Option<Diagnostic> {
    let [known] = known else { return None };
    let generations =
        project.authorities().iter().flat_map(|own| own.generations.iter().map(move |one| (own, one)));
    let (own, one) = generations.filter(|(_, one)| one.is_trusted()).find(|(own, one)| {
        let file = existing.generations.get(&(own.name.value.to_string(), one.number));
        file.is_some_and(|file| file.certificate == **known)
    })?;
    let name = &own.name.value;
    let message = format!(
        "certificate {serial} is authority `{name}` itself: with it all that it signed would be revoked"
    );
    Some(Diagnostic::error(Code::WRONG_VALUE, message)
        .at(own.word, format!("generation {} is still trusted", one.number))
        .help(format!(
            "`gatewright rotate authority {name}` puts the next generation in its place at once; then both go out with one render"
        )))
}

/// Lists that no key of their authority signed.
fn check_lists(project: &Project, existing: &Existing, report: &mut Report) {
    for (name, lists) in &existing.lists {
        if project.authority_named(name).is_none() {
            continue;
        }
        // What a key file that is gone knew of those above it is gone too: that is said, and comes first.
        let mut alone = existing.certificates.keys().filter(|(of, _)| of == name);
        if alone.any(|key| !existing.generations.contains_key(key)) {
            continue;
        }
        let keys: Vec<_> = existing.keys_of(name).collect();
        if !keys.is_empty() && lists.iter().any(|list| !keys.iter().any(|key| list.made_by(key))) {
            let path = existing.names.below(Place::Pki, &format!("{name}/ca.crl"));
            report.push(of_other_keys(name, &path, &existing.names));
        }
    }
}

/// A list that is whole, and of other keys than those beside it, as where a merge took the two from different sides.
fn of_other_keys(name: &str, path: &str, names: &Names) -> Diagnostic {
    let folder = names.below(Place::Pki, name);
    let message = format!("{path} can't be used: no key of the authority signed a list in it");
    Diagnostic::error(Code::BROKEN_FILE, message)
        .in_file(path)
        .note(format!("it and the keys in {folder}/ are from two runs that knew nothing of each other"))
        .help(format!("take both from one commit: `git checkout COMMIT -- {folder}`"))
        .help(format!("or `git rm {path}`, and `gatewright render` signs another, of all that the spec revokes; what that list alone knew, only Git's history does then"))
}

/// Whether a server's certificate is from before the day that its `revoked` says.
#[must_use]
pub fn revokes(leaf: &Leaf, certificate: &Certificate) -> bool {
    leaf.revoked.as_ref().is_some_and(|since| certificate.not_before() + BACKDATE < since.value)
}

/// A server's date from before everything that is known of it.
fn revokes_nothing(
    project: &Project,
    id: CredentialId,
    since: &Traced<Timestamp>,
    there: Option<&Certificate>,
) -> Diagnostic {
    let owner = project.owner(id);
    let day = since.value.date();
    let message = format!("`revoked` of {} `{}` revokes nothing", owner.word, owner.name);
    let finding = Diagnostic::warning(Code::REVOKES_NOTHING, message);
    let finding = match since.origin.span() {
        Some(span) => finding.at(span, format!("no certificate of it from before {day} is known")),
        None => finding,
    };
    match there {
        Some(there) => finding
            .note(format!(
                "the one that is there is from {}, and counts",
                (there.not_before() + BACKDATE).date()
            ))
            .help(format!("if that is the one to revoke: `gatewright revoke host {}`", quoted(&owner.name))),
        None => finding,
    }
    .help("an earlier one, from Git's history, is revoked by its serial number at its authority")
    .help("if all that it revoked has ended, take `revoked` out")
}
