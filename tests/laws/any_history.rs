//! Whatever happens to a project in whatever order (edits, renewals, rotations and their stages, sources that change, certificates
//! that come to be shared, revocations, lost files, clocks that jump, renders without an identity): after each render every host's
//! chain verifies by every bundle that its clients may still hold, and every mutual host lets in every certificate that its clients
//! may still have, and nobody who is revoked.

use std::collections::BTreeSet;
use std::fs;

use gatewright::build::{BuildError, Request};
use gatewright::diag::{Report, Severity};
use gatewright::pki::{Certificate, SystemKeys, verify_server};
use gatewright::plan::files::FilePlan;
use gatewright::state::Existing;
use gatewright::time::{Seconds, Timestamp};
use proptest::prelude::*;

use super::any_revocation::Memory;
use super::history::{ABOVE, AUTHORITIES, Event, Spec, event};
use super::outside::{Door, Outside};
use crate::bad::seed::SEED;
use crate::support::project::{CountingEntropy, Holder, NOW, Project, differing};

const FILE: &str = "specs/a.kdl";

pub(super) struct World {
    pub(super) project: Project,
    pub(super) spec: Spec,
    pub(super) now: Timestamp,
    /// The latest that it ever was.
    latest: Timestamp,
    outside: Outside,
    memory: Memory,
    /// Whether somebody who can sign lists has rendered since the last revocation.
    listed: bool,
}

impl World {
    pub(super) fn new(seeded: bool, constrained: bool) -> Self {
        let spec = Spec { seeded, constrained, ..Spec::default() };
        let mut project = Project::of(&spec.text());
        if seeded {
            project.write("pki/seed.sops.yaml", SEED);
        }
        project.keys = Box::new(SystemKeys);
        project.entropy = Box::new(CountingEntropy::default());
        let now = Timestamp::parse(NOW).unwrap();
        let (outside, memory) = (Outside::default(), Memory::default());
        Self { project, spec, now, latest: now, outside, memory, listed: true }
    }

    /// Renders as it stands; what is refused changes nothing. The codes of the errors.
    pub(super) fn render(&self, holder: Holder) -> Result<usize, Vec<&'static str>> {
        let before = self.project.tree();
        self.project.write(FILE, self.spec.text());
        match self.project.build_at(&self.now.to_string(), holder, &Request::default()) {
            Ok(outcome) => {
                carry_out(&self.project, &outcome.files);
                let codes = errors(&outcome.report);
                if codes.is_empty() { Ok(outcome.waiting.len()) } else { Err(codes) }
            }
            Err(BuildError::Refused(report)) => {
                assert!(differing(&before, &self.project.tree()).is_empty());
                Err(errors(&report))
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// What an event makes of spec and clock.
    pub(super) fn change(&mut self, event: &Event) {
        let day = self.now.date();
        match event {
            Event::Host(i, host) => self.spec.hosts[*i].clone_from(host),
            Event::Client(i, there) => {
                self.spec.clients[*i] = *there;
                self.spec.revoked[*i] = None;
            }
            // Of a seed's, another machine can't know who was let in before.
            Event::Revoke(i) if self.spec.clients[*i] && !self.spec.seeded => {
                self.spec.revoked[*i].get_or_insert(day);
                self.listed = false;
            }
            Event::RevokeAll(i) if self.spec.clients[*i] && !self.spec.seeded => self.revoke_all(*i, &day),
            Event::Forget { of, list, words, client } if !self.spec.seeded => {
                self.spec.clients[*of] &= !client;
                self.forget(*of, *words, list.then_some(None));
            }
            Event::OldList(i, n, words) if !self.spec.seeded => {
                let old = self.memory.list(*i, *n).map(Some);
                self.forget(*i, *words, old);
            }
            Event::Revoke(_) | Event::RevokeAll(_) | Event::Forget { .. } | Event::OldList(..) => {}
            Event::Shared(authority) => self.spec.shared = *authority,
            Event::Cross(i) => self.spec.cross[*i] ^= true,
            Event::Stage(i) => self.spec.rotate(*i, &day),
            Event::GiveUp(i) => self.spec.give_up(*i, &day),
            Event::Outright(i) => self.spec.outright(*i, &day),
            Event::Move => self.spec.moved ^= true,
            Event::Lost(i) => {
                let tree = self.project.tree();
                let path = tree.keys().nth(i % tree.len().max(1));
                path.into_iter().for_each(|path| self.project.remove(path));
            }
            Event::Clock(days) => {
                self.now = self.now + Seconds::days(*days);
                self.latest = self.latest.max(self.now);
            }
            Event::Nothing => {}
        }
    }

    fn revoke_all(&mut self, i: usize, day: &str) {
        let name = format!("c.{}.example", AUTHORITIES[i]);
        let existing = self.existing();
        for held in existing.certificates_of(&name).filter(|held| held.not_after() > self.now) {
            if !self.spec.revokes(held.serial()) {
                self.spec.lines[i].push((held.serial().to_owned(), day.to_owned()));
                self.listed = false;
            }
        }
    }

    /// Words that revoke go, if that is so, and the list below `pki/` goes or becomes another one.
    fn forget(&mut self, i: usize, words: bool, list: Option<Option<String>>) {
        if words {
            self.spec.revoked[i] = None;
            self.spec.lines[i].clear();
        }
        let path = format!("pki/{}/ca.crl", AUTHORITIES[i]);
        match list {
            Some(Some(old)) => self.project.write(&path, old),
            Some(None) if self.project.exists(&path) => self.project.remove(&path),
            _ => {}
        }
    }

    pub(super) fn step(&mut self, event: &Event, holder: Holder) {
        let (spec, now, listed, tree) = (self.spec.clone(), self.now, self.listed, self.project.tree());
        self.change(event);
        let told = Memory::told(&self.project, &self.spec);
        let mut complete = false;
        match self.render(holder) {
            Ok(waiting) => {
                complete = waiting == 0 && holder == Holder::Operator;
                self.published(event, holder, &told);
            }
            Err(codes) => {
                self.assert_refused_rightly(event, holder, &codes);
                if matches!(event, Event::Clock(days) if *days > 0) {
                    // Time goes on all the same, and somebody comes who can.
                    self.render(Holder::Operator).unwrap();
                    self.published(event, Holder::Operator, &told);
                } else {
                    (self.spec, self.now, self.listed) = (spec, now, listed);
                    self.project.write(FILE, self.spec.text());
                    let came: Vec<_> =
                        self.project.tree().into_keys().filter(|path| !tree.contains_key(path)).collect();
                    came.iter().for_each(|path| self.project.remove(path));
                    tree.iter().for_each(|(path, bytes)| self.project.write(path, bytes));
                }
            }
        }
        self.assert_all_verify(event, complete);
        self.memory.assert_all_are_refused(&self.project, (self.now, self.latest), event);
    }

    #[track_caller]
    fn assert_refused_rightly(&self, event: &Event, holder: Holder, codes: &[&str]) {
        let expected: &[&str] = match event {
            Event::Stage(_) => &["retired-too-early", "wrong-generation", "other-clients"],
            // A clock that stands before what is written: `wrong-value` is a revocation of tomorrow, `revocation-list` a list.
            Event::Clock(days) if *days < 0 => {
                &["clock", "retired-too-early", "expired-certificate", "wrong-value", "revocation-list"]
            }
            // A clock that stands before what is written.
            Event::Outright(_) | Event::GiveUp(_) if self.now < self.latest => {
                &["wrong-generation", "other-clients"]
            }
            // Clients that an authority above signs itself would come in.
            Event::Revoke(_) | Event::Host(..) | Event::Outright(_) | Event::GiveUp(_) | Event::Move => {
                &["other-clients", "expired-certificate"]
            }
            // What was revoked stays on the list.
            Event::RevokeAll(_) => &["other-clients", "expired-certificate"],
            Event::Client(..) | Event::Forget { .. } | Event::OldList(..) => {
                &["unrevoked", "other-clients", "expired-certificate"]
            }
            Event::Lost(_) => &["lost-authority", "expired-certificate", "seed", "unrevoked"],
            // Who has no identity can't renew what has ended.
            _ => &["expired-certificate"],
        };
        // An authority that issues nothing has no name to issue for.
        let serves_nothing = |code: &str| self.spec.constrained && code == "missing-word";
        assert!(
            codes.iter().all(|code| expected.contains(code) || serves_nothing(code)),
            "{event:?} {holder:?}: {codes:?}\n{}",
            self.spec.text()
        );
        let ended = codes.contains(&"expired-certificate");
        assert!(!ended || holder == Holder::Nobody, "{event:?}: {codes:?}");
    }

    pub(super) fn existing(&self) -> Existing {
        let (existing, report) = Existing::read(&self.project.input().snapshot);
        assert!(report.is_empty(), "{report:?}");
        existing
    }

    /// What everybody knows of a render that was carried out.
    fn published(&mut self, event: &Event, holder: Holder, told: &BTreeSet<String>) {
        let existing = self.existing();
        self.outside.published(event, &self.spec, &existing);
        let known = |one: &Certificate| told.contains(one.serial());
        self.outside.revoked.values_mut().for_each(|all| all.retain(known));
        self.memory.published(&self.project, &existing, told);
        self.listed |= holder == Holder::Operator;
    }

    #[track_caller]
    fn assert_all_verify(&self, event: &Event, complete: bool) {
        let existing = self.existing();
        for (name, secret, authority) in self.spec.shown() {
            let Some(leaf) = existing.leaf("istio-system", &secret) else {
                assert!(!complete, "{name} has no certificate after {event:?}");
                continue;
            };
            // While it waits, it shows what it had: of another authority, or for another name.
            let (certificate, now) = (&leaf.certificate, self.now);
            let of = |root: usize| self.outside.bundles[&root].iter();
            let verifies = |bundle: &Vec<Certificate>| {
                let shown = certificate.sans().first().map(ToString::to_string).unwrap_or_default();
                let shown = if complete { name.clone() } else { shown.replace('*', "any") };
                verify_server(certificate, &leaf.chain, bundle, &shown, now)
            };
            let root = Spec::root_of(authority);
            let own = of(root).all(|bundle| verifies(bundle).is_ok());
            let others = !complete && of(3 - root).all(|bundle| verifies(bundle).is_ok());
            assert!(
                own || others,
                "{name} after {event:?}: {:?}\n{}",
                of(root).map(verifies).collect::<Vec<_>>(),
                self.spec.text()
            );
        }
        self.assert_doors(event, complete);
    }

    /// Mutual hosts let in whom they should, and nobody else.
    #[track_caller]
    fn assert_doors(&self, event: &Event, complete: bool) {
        for (i, host) in self.spec.hosts.iter().enumerate() {
            let Some((host, clients)) = host.as_ref().and_then(|host| Some((host, host.clients?))) else {
                continue;
            };
            let path = format!("out/istio-system/secret-{}-cacert.yaml", Spec::secret(i, host));
            if !complete && !self.project.exists(&path) {
                continue; // It waits for a list: nobody is let in.
            }
            let door = Door::read(&self.project.read(&path));
            let alive = |one: &&Certificate| one.is_valid_at(self.now);
            let none = Vec::new();
            for held in self.outside.certificates.get(&clients).unwrap_or(&none).iter().filter(alive) {
                let why = door.refuses(held, self.now);
                let name = Spec::host_name(i, host);
                assert!(why.is_none(), "{name} after {event:?}: {why:?}\n{}", self.spec.text());
            }
            // Nobody whom a retired generation signed, or who is of an authority elsewhere. A seed that is all there is knows neither.
            let others =
                self.outside.certificates.iter().filter(|(of, _)| !self.spec.is_within(**of, clients));
            let others = others.flat_map(|(_, all)| all).chain(&self.outside.retired).filter(alive);
            for held in others.filter(|_| complete && !self.spec.seeded) {
                let comes_in = door.admits(held, &self.outside.authorities, self.now);
                assert!(!comes_in, "let in after {event:?}: {}\n{}", held.called(), self.spec.text());
            }
            for held in self.outside.revoked.get(&clients).unwrap_or(&none).iter().filter(alive) {
                let out = door.refuses(held, self.now).is_some() || !self.listed;
                assert!(out, "revoked, and let in after {event:?}\n{}", self.spec.text());
            }
        }
    }
}

impl World {
    /// One that has the spec and the seed alone.
    #[track_caller]
    pub(super) fn assert_another_machine_makes_the_same(&self) {
        let mut other = Self::new(true, false);
        (other.spec, other.now) = (self.spec.clone(), self.now);
        assert_eq!(other.render(Holder::Operator), Ok(0), "{}", self.spec.text());
        let (own, theirs) = (self.existing(), other.existing());
        for (name, file) in &theirs.generations {
            assert_eq!(own.generations[name].certificate, file.certificate, "{name:?}\n{}", self.spec.text());
        }
        for (name, leaf) in &theirs.leaves {
            let there = &own.leaves[name];
            assert_eq!(
                (&there.certificate, &there.chain),
                (&leaf.certificate, &leaf.chain),
                "{name:?}\n{}",
                self.spec.text()
            );
        }
        for (name, file) in &theirs.clients {
            assert_eq!(own.clients[name].certificate, file.certificate, "{name:?}\n{}", self.spec.text());
        }
        assert_eq!((own.trusted, own.leaves.len()), (theirs.trusted, theirs.leaves.len()));
    }
}

/// As the writer does, but without waiting for the disk: that it is safe is shown elsewhere.
pub(super) fn carry_out(project: &Project, files: &FilePlan) {
    let layout = project.layout();
    for file in files.writes_in_order() {
        let path = layout.path(file.place, &file.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &file.contents).unwrap();
    }
    for file in files.prunes_in_order() {
        fs::remove_file(layout.path(file.place, &file.path)).unwrap();
    }
}

pub(super) fn errors(report: &Report) -> Vec<&'static str> {
    let errors = report.findings().iter().filter(|one| one.severity == Severity::Error);
    errors.map(|one| one.code.name()).collect()
}

/// A sixteenth of what others have: each is a project with a history.
fn cases() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig { cases: default.cases.div_ceil(16), max_shrink_iters: 60, ..default }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn no_host_is_ever_refused_by_its_clients(
        (seeded, constrained) in any::<(bool, bool)>(),
        events in prop::collection::vec((event(), prop::bool::weighted(0.7)), 1..16)
    ) {
        // An authority that may issue nothing is made by nobody: what was made before stays, and another machine has none.
        let mut world = World::new(seeded, constrained && !seeded);
        world.step(&Event::Nothing, Holder::Operator);
        for (event, operator) in &events {
            world.step(event, if *operator { Holder::Operator } else { Holder::Nobody });
        }
        // Somebody who can brings all of it to rest.
        world.step(&Event::Nothing, Holder::Operator);
        prop_assert_eq!(world.render(Holder::Operator), Ok(0));
        world.project.build_at(&world.now.to_string(), Holder::Unasked, &Request::default()).map_or_else(
            |_| panic!("refused"),
            |outcome| assert!(outcome.files.is_empty()),
        );
        if seeded && world.now == world.latest {
            world.assert_another_machine_makes_the_same();
        }
    }
}

/// A generation that signs and whose key file is gone is the one that clients learned of.
#[test]
fn a_generation_of_a_seed_comes_again() {
    let mut world = World::new(true, false);
    world.step(&Event::Nothing, Holder::Operator);
    world.step(&Event::Stage(2), Holder::Operator);
    world.step(&Event::Stage(2), Holder::Operator);
    world.project.remove("pki/deep/2.key.sops.yaml");
    assert!(world.render(Holder::Nobody).is_ok());
    assert_eq!(world.render(Holder::Operator), Ok(0));
    world.assert_another_machine_makes_the_same();
}

/// The way that everybody takes, for each authority.
#[test]
fn each_authority_in_stages() {
    for (cross, seeded) in [(false, false), (true, false), (true, true)] {
        for (authority, above) in ABOVE.into_iter().enumerate() {
            let mut world = World::new(seeded, false);
            world.spec.cross[authority] = cross && above.is_none();
            world.step(&Event::Nothing, Holder::Operator);
            for _ in 0..2 {
                for holder in [Holder::Operator, Holder::Nobody, Holder::Operator] {
                    world.step(&Event::Stage(authority), holder);
                    world.step(&Event::Nothing, Holder::Operator);
                    world.step(&Event::Clock(31), Holder::Operator);
                }
            }
            let (old, new, _) = world.spec.stage(authority);
            assert_eq!((old, new), (2, 2), "{}", world.spec.text());
            if seeded {
                world.assert_another_machine_makes_the_same();
            }
        }
    }
}
