//! What is revoked, and which lists must say so. A list that is there remembers: nothing that is on it leaves it before it has
//! ended, and the spec must go on saying why it is there. So does every copy of a list in `out/`.

use std::collections::{BTreeMap, BTreeSet};

use super::authority::GenerationPlan;
use super::certs::BACKDATE;
use super::foreign_lists;
use super::lists::is_within;
pub use super::lists::{ListPlan, ListReason, Lists, with_below, with_lists};
use super::removed_clients;
use super::revocable::Revocable;
use super::unrevoked;
use super::vouched::{Vouched, vouched};
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{Authority, AuthorityId, CredentialId, Host, Project};
use crate::pki::{RevocationList, Revoked};
use crate::spec::{Origin, Span};
use crate::state::{Existing, ExistingLeaf};
use crate::time::{Seconds, Timestamp};

/// Plans all lists; what contradicts itself or was forgotten is reported.
pub(super) fn plan<'a>(
    project: &Project,
    existing: &'a Existing,
    (generations, claims): (&[GenerationPlan<'a>], &BTreeMap<CredentialId, &'a ExistingLeaf>),
    serials: &BTreeMap<AuthorityId, BTreeSet<String>>,
    now: Timestamp,
    report: &mut Report,
) -> Lists<'a> {
    let (vouched, silent) = vouched(project, existing, generations, now);
    let revocable = Revocable::new(project, existing, (&vouched, claims), now);
    let listed = generations.iter().map(|plan| Listed::of(project, existing, plan)).collect();
    let removed = removed_clients::one_each(project, existing, generations, now);
    let maker = Maker { project, existing, generations, listed, revocable, removed, silent, now };
    maker.revocable.report(project, existing, report);
    let entries: Vec<_> = (0..generations.len()).map(|i| maker.entries(i, report)).collect();
    let trusted = || generations.iter().zip(&entries).filter(|(plan, _)| is_trusted(plan));
    let revokes = trusted().filter(|(_, entries)| entries.counts);
    let revoking = revokes.map(|(plan, _)| plan.authority).chain(maker.silent.iter().copied()).collect();
    let revoked = trusted().filter(|(plan, _)| foreign_lists::revoke(project, existing, plan, report));
    let cut = revoked.map(|(plan, _)| plan.authority).collect();
    let up = |of: AuthorityId| project.way_up(of);
    let kept = trusted().filter(|(_, entries)| entries.there.is_some());
    let kept: BTreeSet<_> = kept.flat_map(|(plan, _)| up(plan.authority)).collect();
    let named = serials.values().flatten().cloned().collect();
    let retired = generations.iter().zip(&entries).enumerate();
    let retired = retired.filter(|(_, (plan, entries))| !is_trusted(plan) && entries.counts);
    let retired = retired.map(|(i, _)| i).collect();
    let mut lists = Lists { revoking, cut, named, retired, ..Lists::default() };
    let mut needed: BTreeSet<_> = lists.revoking.iter().flat_map(|id| up(*id)).collect();
    for host in project.hosts.iter().chain(&project.listeners) {
        let anchors = host.tls.value.client_authorities();
        if lists.concern(project, anchors) {
            let all = with_lists(project, anchors);
            maker.check_openness(host, anchors, report);
            lists.shown.extend(all);
        }
    }
    needed.extend(&lists.shown);
    for (i, Entries { revoked, there, .. }) in entries.into_iter().enumerate() {
        let Some(plan) = generations.get(i) else { continue };
        let is_needed = needed.contains(&plan.authority) && !plan.has_ended(now);
        if !is_trusted(plan) || !is_needed && !kept.contains(&plan.authority) {
            continue;
        }
        if let Some(file) = plan.there.filter(|file| is_needed && !file.certificate.signs_lists()) {
            report.push(signs_none(project, plan, &file.shown));
            continue;
        }
        let valid = project.authority(plan.authority).crl_valid.as_ref().map(|valid| valid.value);
        if let Some(file) = plan.there.filter(|file| !file.above.is_empty()) {
            let authority = project.authority(plan.authority);
            let above = foreign_lists::above(existing, authority, file);
            if lists.shown.contains(&plan.authority) && !plan.has_ended(now) {
                foreign_lists::check(project, authority, &above, now, report);
                let lacking = above.iter().find(|above| above.usable(now).is_none());
                lists.awaited.extend(lacking.map(|above| (i, above.signer)));
            }
            lists.above.insert(i, above);
        }
        // One that nobody needs any more is kept, since it remembers; with the key at hand, it forgets what has ended.
        let is_signed = there.is_some() && plan.there.is_none_or(|file| file.certificate.signs_lists());
        let reason = maker.reason(plan, &revoked, there, valid).filter(|_| is_needed || is_signed);
        let is_held = maker.is_held(plan);
        lists.plans.push(ListPlan { generation: i, revoked, there, is_held, is_needed, reason, valid });
    }
    lists.vouched = vouched;
    lists
}

/// A list that nobody would accept.
fn signs_none(project: &Project, plan: &GenerationPlan<'_>, path: &str) -> Diagnostic {
    let authority = project.authority(plan.authority);
    let name = &authority.name.value;
    let message = format!("authority `{name}` may sign no revocation list, and one is needed");
    Diagnostic::error(Code::REVOCATION_LIST, message)
        .at(authority.word, format!("the key usage of the certificate in {path} lacks `cRLSign`"))
        .note("whoever checks a list refuses one that it signed, and with it every client")
        .help(match authority.files {
            Some(_) => format!("`gatewright authority csr {name}` asks for a certificate that may, of the same key, and `gatewright authority import {name} --cert FILE` takes it"),
            None => format!("`gatewright rotate authority {name}` declares the next generation, which may"),
        })
        .help("until then clients are told apart by `clients` or `subject-alt-names` in a host's `tls`")
}

/// Whether a generation is in trust bundles.
pub(super) fn is_trusted(plan: &GenerationPlan<'_>) -> bool {
    plan.generation.is_trusted() || plan.stands_in
}

/// What the lists say that a generation signed.
struct Listed<'a> {
    /// The newest of them.
    newest: Option<&'a RevocationList>,
    /// What any of them names: where two were signed apart from each other, the newer one does not know what the older does.
    revoked: Revoked,
}

impl<'a> Listed<'a> {
    fn of(project: &Project, existing: &'a Existing, plan: &GenerationPlan<'a>) -> Self {
        let name = project.authority(plan.authority).name.value.as_str();
        let lists = plan.there.into_iter().flat_map(|file| existing.lists_by(name, &file.certificate));
        let mut found = Self { newest: None, revoked: Revoked::new() };
        for list in lists {
            if found.newest.is_none_or(|newest| newest.number() < list.number()) {
                found.newest = Some(list);
            }
            for (serial, since) in list.revoked() {
                let first = found.revoked.entry(serial.clone()).or_insert(*since);
                *first = (*first).min(*since);
            }
        }
        found
    }
}

/// What the list of a generation is to revoke.
#[derive(Default)]
struct Entries<'a> {
    /// What the next list names.
    revoked: Revoked,
    /// Whether any of that still counts. What has ended lets nobody in, whatever a line or a list says of it.
    counts: bool,
    /// The list that is there.
    there: Option<&'a RevocationList>,
}

struct Maker<'a, 'g> {
    project: &'g Project,
    existing: &'a Existing,
    generations: &'g [GenerationPlan<'a>],
    /// Of each generation.
    listed: Vec<Listed<'a>>,
    revocable: Revocable<'a, 'g>,
    /// A client of each authority that the spec does not name there any more and whose certificate counts, and what ends that.
    removed: BTreeMap<AuthorityId, (String, String)>,
    /// Authorities whose hosts go by lists though these may name nobody.
    silent: BTreeSet<AuthorityId>,
    now: Timestamp,
}

impl<'a> Maker<'a, '_> {
    /// What the list of a generation is to revoke.
    fn entries(&self, i: usize, report: &mut Report) -> Entries<'a> {
        let (Some(plan), Some(listed)) = (self.generations.get(i), self.listed.get(i)) else {
            return Entries::default();
        };
        let authority = self.project.authority(plan.authority);
        let certificate = plan.there.map(|file| &file.certificate);
        let is_listed = |serial: &str| {
            let mut all = self.generations.iter().zip(&self.listed);
            all.any(|(other, listed)| {
                other.authority == plan.authority && is_trusted(other) && listed.revoked.contains_key(serial)
            })
        };
        let mut revoked = self.revocable.by(plan.authority, certificate, &is_listed);
        let there = listed.newest;
        if !is_trusted(plan) {
            return Entries {
                counts: revoked.keys().any(|serial| self.is_asked(authority, serial)),
                revoked,
                there,
            };
        }
        let mut forgotten = Vec::new();
        for (serial, since) in &listed.revoked {
            let known = self.revocable.signed(serial, certificate);
            let is_said = revoked.contains_key(serial) || authority.revoked.contains_key(serial);
            // A line keeps there what has ended: who then forgets the certificate must not have it listed anew.
            if is_said || known.is_none_or(|known| known.not_after() >= self.now) {
                // It was revoked then, whatever is said of it now.
                revoked.insert(serial.clone(), *since);
                if !is_said && (known.is_some() || !self.silent.contains(&plan.authority)) {
                    forgotten.push((serial, *since, known));
                }
            }
        }
        if !forgotten.is_empty() {
            unrevoked::report(self.project, self.existing, plan.authority, forgotten, report);
        }
        let has_ended = |serial: &String| {
            let known = self.revocable.signed(serial, certificate);
            known.is_some_and(|known| known.not_after() < self.now)
        };
        let counts = revoked.keys().any(|serial| !has_ended(serial) && self.is_asked(authority, serial));
        Entries { counts, revoked, there }
    }

    /// Whether somebody is to be turned away by a serial number.
    fn is_asked(&self, authority: &Authority, serial: &str) -> bool {
        !self.revocable.is_unasked(serial, authority)
    }

    /// Whether a Secret may hold a list that a generation signed.
    fn is_held(&self, plan: &GenerationPlan<'_>) -> bool {
        plan.there.is_some_and(|file| self.existing.shows_list_of(&file.certificate))
    }

    fn reason(
        &self,
        plan: &GenerationPlan<'_>,
        revoked: &Revoked,
        there: Option<&RevocationList>,
        valid: Option<Seconds>,
    ) -> Option<ListReason> {
        let Some(there) = there else { return Some(ListReason::Missing) };
        let life = there.next_update() - (there.this_update() + BACKDATE);
        let more = revoked.keys().filter(|serial| !there.revoked().contains_key(*serial)).count();
        let has_ended = there.next_update() <= self.now;
        // None begins before its authority.
        let start = plan.there.map_or(Timestamp::MIN, |file| file.certificate.not_before());
        let is_ahead = there.this_update() > self.now.max(start);
        if has_ended || is_ahead {
            return Some(match has_ended {
                _ if !self.is_held(plan) => ListReason::NotInForce,
                true => ListReason::Expired,
                false => ListReason::Ahead,
            });
        }
        if more > 0 || valid.is_some_and(|valid| life > valid) {
            return Some(ListReason::Changed(more));
        }
        if plan.there.is_some_and(|file| !there.signed_by(&file.certificate)) {
            return Some(ListReason::Named);
        }
        let end = plan.life.map_or(plan.end, |(_, end)| end);
        let end = valid.map_or(Timestamp::MAX, |valid| self.now + valid).min(end);
        let is_due = self.now >= there.renewal();
        (is_due && end > there.next_update()).then_some(ListReason::Due)
    }

    /// What is revoked of these authorities or below.
    fn why_lists(&self, anchors: &[AuthorityId]) -> String {
        let mut vouched = self.revocable.vouched().iter();
        match vouched.find(|own| own.lets_in && is_within(self.project, own.by, anchors)) {
            Some(Vouched { why, by, .. }) => {
                format!("{why}, and `{}` still vouches for it", self.project.authority(*by).name.value)
            }
            None => "something is revoked there".to_owned(),
        }
    }

    /// With lists, Envoy wants every certificate up to the root, and whoever is signed by one of them directly comes in.
    fn check_openness(&self, host: &Host, anchors: &[AuthorityId], report: &mut Report) {
        let pins = ["subjectAltNames", "verifyCertificateSpki", "verifyCertificateHash"];
        if !host.client_names.is_empty() || host.tls_layer.iter().any(|field| pins.contains(&&*field.name)) {
            return;
        }
        let ways: BTreeSet<_> = anchors.iter().flat_map(|id| self.project.way_up(*id)).collect();
        for above in ways.iter().filter(|id| !anchors.contains(id)) {
            let mut own = self.project.clients.iter();
            let own = own.find(|client| client.authority == *above && client.revoked.is_none());
            let own = own.map(|own| own.name.value.as_str());
            let removed = self.removed.get(above).filter(|_| own.is_none());
            let Some(client) = own.or(removed.map(|(name, _)| name.as_str())) else { continue };
            let word = self.project.clients.iter().find(|one| own == Some(one.name.value.as_str()));
            let authority = self.project.authority(*above);
            let name = &authority.name.value;
            let message = format!(
                "host `{}` would let in client `{client}`, which authority `{name}` signs",
                host.name.value
            );
            let (word, signed) = match word {
                Some(client) => (client.word, "is signed by the one above it"),
                None => (authority.word, "signed it, and it still counts, whatever the spec says by now"),
            };
            let mend = match removed {
                Some((_, call)) => call.clone(),
                None => format!(
                    "let an authority of its own sign the client, under `{name}`, and revoke what `{name}` signed for it"
                ),
            };
            let finding = Diagnostic::error(Code::OTHER_CLIENTS, message)
                .at(host.tls.origin.span().unwrap_or(host.place), "asks for clients of another authority")
                .at(word, signed)
                .note(format!("{}, and then Envoy takes no certificate without the revocation lists of all authorities up to the root: so the root must be trusted too", self.why_lists(anchors)))
                .help(mend)
                .help("or name those who are let in: `subject-alt-names` in the host's `tls`");
            if !report.findings().contains(&finding) {
                report.push(finding);
            }
        }
    }
}

/// A date that has not come yet.
pub(super) fn not_yet(origin: &Origin, since: Timestamp, now: Timestamp) -> Diagnostic {
    let finding = Diagnostic::error(
        Code::WRONG_VALUE,
        format!("nothing can be revoked on {} already: it is {} now", since.date(), now.date()),
    );
    let finding = match origin.span() {
        Some(span) => finding.at(span, "has not come yet"),
        None => finding,
    };
    finding.help("a revocation holds from the next render on: write today's date")
}

/// The serials that are revoked, by the authority that issued them.
pub(super) fn serials(project: &Project, existing: &Existing) -> BTreeMap<AuthorityId, BTreeSet<String>> {
    let mut found: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for (id, authority) in project.authorities_with_ids() {
        let listed = existing.listed(authority.name.value.as_str());
        let all = authority.revoked.keys().cloned().chain(listed.into_iter().map(str::to_owned));
        found.entry(id).or_default().extend(all);
    }
    found
}

/// Where a finding about the list of a generation points.
#[must_use]
pub fn place_of(project: &Project, plan: &GenerationPlan<'_>) -> Option<Span> {
    Some(
        project
            .authority(plan.authority)
            .name
            .origin
            .span()
            .unwrap_or(project.authority(plan.authority).word),
    )
}
