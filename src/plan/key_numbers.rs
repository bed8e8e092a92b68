//! Keys that follow from a seed come again with their number. Some must not, whatever the day: one of which a certificate is
//! revoked, and one that another has taken the place of.

use std::collections::{BTreeMap, BTreeSet};

use super::certs::Judge;
use super::claims::at_place;
use super::{revocation, seed};
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{AuthorityId, Cacerts, CertificateFacts, Client, Credential, CredentialId, Leaf, Project};
use crate::pki::{Certificate, Slot};
use crate::spec::Span;
use crate::spec::node::cacerts::CACERTS;
use crate::spec::node::certificate::LAST_KEY;
use crate::spec::node::client::CLIENT;
use crate::state::{Existing, ExistingCacerts};

/// Certificates that a server's Secret has or had at its place.
fn of_server<'e>(existing: &'e Existing, credential: &Credential) -> impl Iterator<Item = &'e Certificate> {
    let there = at_place(existing, credential).map(|there| &there.certificate);
    there.into_iter().chain(existing.beside(credential, None))
}

/// Certificates that a client has or had of this authority.
fn of_client<'e>(
    existing: &'e Existing,
    (authority, client): (&str, &Client),
) -> impl Iterator<Item = &'e Certificate> + use<'e> {
    let own = (authority.to_owned(), client.file_name.clone());
    let there = existing.clients.get(&own).map(|file| &file.certificate);
    there.into_iter().chain(existing.handed_out.get(&own).into_iter().flatten())
}

/// What the next keys are numbered.
pub struct Next<'a> {
    project: &'a Project,
    existing: &'a Existing,
    revoked: BTreeMap<AuthorityId, BTreeSet<String>>,
}

impl<'a> Next<'a> {
    /// Those of a project.
    #[must_use]
    pub fn new(project: &'a Project, existing: &'a Existing) -> Self {
        Self { project, existing, revoked: revocation::serials(project, existing) }
    }

    /// That of a server's.
    #[must_use]
    pub fn of_server(&self, credential: &Credential, leaf: &Leaf) -> u32 {
        let number = leaf.certificate.generation();
        let Some(authority) = leaf.authority else { return number.saturating_add(1) };
        let slot = seed::of_server(self.project, credential, authority, number);
        self.above(authority, &slot, of_server(self.existing, credential))
    }

    /// That of a client's.
    #[must_use]
    pub fn of_client(&self, client: &Client) -> u32 {
        let slot = seed::of_client(self.project, client);
        self.above(client.authority, &slot, of_client(self.existing, (slot.authority, client)))
    }

    /// That of an istiod's.
    #[must_use]
    pub fn of_cacerts(&self, cacerts: &Cacerts) -> u32 {
        let called = cacerts.key_name();
        let slot = seed::of_cacerts(self.project, cacerts, &called);
        let there = self.existing.cacerts.get(cacerts.name.value.as_str());
        self.above(cacerts.authority, &slot, there.map(|there| &there.certificate).into_iter())
    }

    /// The first above what the spec says and what is known that is no revoked key's.
    fn above<'c>(
        &self,
        authority: AuthorityId,
        slot: &Slot<'_>,
        known: impl Iterator<Item = &'c Certificate>,
    ) -> u32 {
        let seed = seed::of(self.project, self.existing);
        let newest = seed.and_then(|seed| seed.id.newest(slot, known, LAST_KEY));
        let first = newest.map_or(0, |(newest, _)| newest).max(slot.generation).saturating_add(1);
        let spent = |generation| seed?.id.among(&Slot { generation, ..*slot }, self.revoked.get(&authority)?);
        (first..=LAST_KEY).find(|number| spent(*number).is_none()).unwrap_or(first)
    }
}

/// Who is to have a key that follows from the seed.
struct Bearer<'a> {
    word: &'a str,
    name: &'a str,
    /// Where its name stands.
    place: Option<Span>,
    facts: &'a CertificateFacts,
    authority: AuthorityId,
    /// What its key is for.
    slot: Slot<'a>,
}

impl<'a> Judge<'a, '_> {
    /// What a server's key is for, which must not come again. What lies elsewhere was made for another Secret.
    pub(super) fn slot_of_server(
        &self,
        id: CredentialId,
        (leaf, authority): (&Leaf, AuthorityId),
        report: &mut Report,
    ) -> Slot<'a> {
        let credential = self.project.credential(id);
        let slot = seed::of_server(self.project, credential, authority, leaf.certificate.generation());
        let owner = self.project.owner(id);
        let bearer = Bearer {
            word: owner.word,
            name: &owner.name,
            place: owner.place,
            facts: &leaf.certificate,
            authority,
            slot,
        };
        self.look_at_number(&bearer, of_server(self.existing, credential), report);
        slot
    }

    /// What a client's key is for, which must not come again.
    pub(super) fn slot_of_client(&self, client: &'a Client, report: &mut Report) -> Slot<'a> {
        let slot = seed::of_client(self.project, client);
        let bearer = Bearer {
            word: CLIENT.name,
            name: &client.name.value,
            place: client.name.origin.span(),
            facts: &client.certificate,
            authority: client.authority,
            slot,
        };
        self.look_at_number(&bearer, of_client(self.existing, (slot.authority, client)), report);
        slot
    }

    /// Whether the key of an istiod's authority may come.
    pub(super) fn look_at_cacerts(
        &self,
        cacerts: &Cacerts,
        (slot, there): (Slot<'_>, Option<&ExistingCacerts>),
        report: &mut Report,
    ) {
        let bearer = Bearer {
            word: CACERTS.name,
            name: cacerts.name.value.as_str(),
            place: cacerts.name.origin.span(),
            facts: &cacerts.certificate,
            authority: cacerts.authority,
            slot,
        };
        self.look_at_number(&bearer, there.map(|there| &there.certificate).into_iter(), report);
    }

    /// Refuses a key that must not come again. `known` are certificates that the bearer has or had.
    fn look_at_number<'c>(
        &self,
        bearer: &Bearer<'_>,
        known: impl Iterator<Item = &'c Certificate>,
        report: &mut Report,
    ) {
        let Some(seed) = self.seed() else { return };
        let revoked = self.revoked.get(&bearer.authority);
        let spent = |generation| seed.id.among(&Slot { generation, ..bearer.slot }, revoked?);
        let unspent = |from| (from..=LAST_KEY).find(|number| spent(*number).is_none());
        let number = bearer.slot.generation;
        let newest = seed.id.newest(&bearer.slot, known, LAST_KEY).filter(|(newest, _)| *newest > number);
        let above = newest.map_or(number.saturating_add(1), |(newest, _)| newest);
        if let Some(serial) = spent(number) {
            report.push(self.comes_again(bearer, serial, unspent(above)));
        } else if let Some((newest, certificate)) = newest {
            let stays = spent(newest).is_none().then_some(newest);
            let next = unspent(newest.saturating_add(1));
            report.push(bearer.goes_back((newest, certificate), stays, next));
        }
    }

    /// A key of which this certificate is revoked.
    fn comes_again(&self, bearer: &Bearer<'_>, serial: &str, next: Option<u32>) -> Diagnostic {
        let called = bearer.called();
        let authority = self.project.authority(bearer.authority);
        let message = format!("{called} would have a key again of which a certificate is revoked");
        let follows = format!("its key number {} follows from the seed", bearer.slot.generation);
        let finding = bearer.at(Diagnostic::error(Code::SEED, message), &follows);
        let line = authority.revoked.get(serial).and_then(|since| since.origin.span());
        let finding = match line {
            Some(span) => finding.at(span, "revokes a certificate that has this key"),
            None => finding.note(format!(
                "a list of authority `{}` revokes {serial}, which has this key",
                authority.name.value
            )),
        };
        let finding = finding.note(
            "a certificate of another day has another serial number and the same key: whoever has that would come in again",
        );
        match next {
            Some(next) => finding.help(format!("write `generation={next}` at {called}: that is another key")),
            None => finding,
        }
    }
}

impl Bearer<'_> {
    fn called(&self) -> String {
        format!("{} `{}`", self.word, self.name)
    }

    /// Where the number stands, or else the name.
    fn at(&self, finding: Diagnostic, text: &str) -> Diagnostic {
        let said = self.facts.generation.as_ref().and_then(|said| said.origin.span());
        match said.or(self.place) {
            Some(span) => finding.at(span, text),
            None => finding,
        }
    }

    /// A number below that of a certificate which is there.
    fn goes_back(
        &self,
        (newest, certificate): (u32, &Certificate),
        stays: Option<u32>,
        next: Option<u32>,
    ) -> Diagnostic {
        let (called, number) = (self.called(), self.slot.generation);
        let message =
            format!("{called} has its key number {newest} already, and is to have number {number} again");
        let finding = self.at(Diagnostic::error(Code::SEED, message), "counts back");
        let finding = finding
            .note(format!("certificate {} has key number {newest}", certificate.serial()))
            .note("the earlier key was replaced, and whoever has it would be believed again");
        let finding = match stays {
            Some(stays) => {
                finding.help(format!("write `generation={stays}` at {called}: it keeps the key that it has"))
            }
            None => finding,
        };
        match next {
            Some(next) => finding.help(format!("or `generation={next}`, which is another key")),
            None => finding,
        }
    }
}
