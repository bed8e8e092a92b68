//! Whatever happens to authorities whose key pairs and certificates came in files, in whatever order: who is revoked stays out,
//! whom somebody else signed under the same root never comes in, everybody else does, and nothing is taken for lost that nobody
//! was ever given.

use std::collections::{BTreeMap, BTreeSet};

use gatewright::build::{BuildError, Outcome, Request, read};
use gatewright::issue::{LIST, Waiting};
use gatewright::model::Project as Model;
use gatewright::pki::RevocationList;
use gatewright::state::Existing;
use gatewright::time::Timestamp;
use proptest::prelude::*;

use super::any_history::{carry_out, errors};
use super::files_history::{AUTHORITIES, CLIENTS, DOORS, Event, Held, NAMED, Shape, Stage, World, event};
use super::outside::Door;
use crate::support::project::{Files, Holder, Project};

fn path_of(door: &str) -> String {
    format!("out/istio-system/secret-{door}.example.com-tls-cacert.yaml")
}

/// The Secrets that let clients in.
fn doors(project: &Project) -> BTreeMap<&'static str, Door> {
    let there = DOORS.iter().filter(|(name, ..)| project.exists(&path_of(name)));
    there.map(|(name, ..)| (*name, Door::read(&project.read(&path_of(name))))).collect()
}

/// The serial numbers of which a list or the spec tells that they are revoked.
fn told(project: &Project, model: &Model, existing: &Existing) -> BTreeSet<String> {
    let own = AUTHORITIES.map(|name| format!("pki/{name}/ca.crl"));
    let own = own.iter().filter(|path| project.exists(path));
    let own = own.flat_map(|path| RevocationList::from_pem(&project.read(path)).unwrap());
    let shown = doors(project).into_values().flat_map(|door| door.lists);
    let listed = own.chain(shown).flat_map(|list| list.revoked().keys().cloned().collect::<Vec<_>>());
    let mut told: BTreeSet<_> = listed.collect();
    told.extend(model.authorities().iter().flat_map(|one| one.revoked.keys().cloned()));
    for client in model.clients.iter().filter(|client| client.revoked.is_some()) {
        let own = existing.certificates_of(&client.name.value);
        told.extend(own.map(|one| one.serial().to_owned()));
    }
    told
}

/// What was there before a step.
struct Before {
    files: Files,
    doors: BTreeMap<&'static str, Door>,
    now: Timestamp,
}

/// What a render made of it.
struct Seen<'a> {
    outcome: &'a Outcome,
    existing: Existing,
    told: BTreeSet<String>,
    before: &'a Before,
    /// Whether nothing is left to do.
    complete: bool,
    /// Whether a revocation may have to wait.
    held_up: bool,
}

impl World {
    fn build(&self, holder: Holder) -> Result<Outcome, Vec<&'static str>> {
        match self.project.build_at(&self.now.to_string(), holder, &Request::default()) {
            Ok(outcome) => Ok(outcome),
            Err(BuildError::Refused(report)) => Err(errors(&report)),
            Err(error) => panic!("{error}\n{}", self.told()),
        }
    }

    fn restore(&self, files: &Files) {
        let there = self.project.files();
        there.keys().filter(|path| !files.contains_key(*path)).for_each(|path| self.project.remove(path));
        let changed = files.iter().filter(|(path, bytes)| there.get(*path) != Some(bytes));
        changed.for_each(|(path, bytes)| self.project.write(path, bytes));
    }

    fn step(&mut self, event: &Event, holder: Holder) {
        let before = Before { files: self.project.files(), doors: doors(&self.project), now: self.now };
        if !self.change(event) {
            return;
        }
        self.log.push(format!("render as {holder:?}"));
        if let Err(codes) = self.render(holder, &before) {
            self.log.push(format!("refused: {codes:?}"));
            self.assert_refused_rightly(event, &codes);
            if matches!(event, Event::Clock(_)) {
                self.mend(&before);
            } else {
                self.restore(&before.files);
                self.now = before.now;
            }
        }
    }

    /// Time went on, and what nobody here could do is done by those elsewhere.
    fn mend(&mut self, before: &Before) {
        for of in [1, 2] {
            self.renew(of, 0, 1500);
        }
        for by in 0..2 {
            self.change(&Event::Lists(by, 400));
        }
        if let Err(codes) = self.render(Holder::Operator, before) {
            panic!("{codes:?} though all came\n{}", self.told());
        }
    }

    fn render(&mut self, holder: Holder, before: &Before) -> Result<(), Vec<&'static str>> {
        let input = self.project.input();
        let (model, existing, ..) = read(&input).map_err(|error| match error {
            BuildError::Refused(report) => errors(&report),
            error => panic!("{error}"),
        })?;
        let told = told(&self.project, &model, &existing);
        let outcome = self.build(holder)?;
        carry_out(&self.project, &outcome.files);
        self.log(&outcome);
        match self.build(holder) {
            Ok(again) => {
                assert!(again.files.is_empty(), "twice is not once: {:?}\n{}", again.files, self.told())
            }
            Err(codes) => panic!("the second render is refused: {codes:?}\n{}", self.told()),
        }
        let existing = self.existing();
        self.remember(&existing);
        self.assert_nothing_came_of_itself();
        let lets_in =
            |wait: &Waiting| wait.word == LIST && wait.why.contains("hosts let in whom they do now");
        let can = holder == Holder::Operator;
        let complete = can && outcome.waiting.is_empty() && errors(&outcome.report).is_empty();
        let held_up = !can || outcome.waiting.iter().any(lets_in);
        self.assert_doors(&Seen { outcome: &outcome, existing, told, before, complete, held_up });
        Ok(())
    }

    fn log(&mut self, outcome: &Outcome) {
        let written = outcome.files.writes_in_order();
        let written: Vec<_> = written.iter().map(|file| file.path.as_str()).collect();
        let waits: Vec<_> = outcome.waiting.iter().map(|wait| (wait.word, &wait.name, &wait.why)).collect();
        let findings = outcome.report.findings().iter();
        let findings: Vec<_> = findings.map(|one| (one.code.name(), &one.message)).collect();
        self.log.push(format!("wrote {written:?}, waits {waits:?}, says {findings:?}"));
    }

    fn remember(&mut self, existing: &Existing) {
        for (name, of) in CLIENTS {
            let Some(file) = existing.clients.get(&(AUTHORITIES[of].to_owned(), name.to_owned())) else {
                continue;
            };
            if self.held.iter().all(|held| held.certificate != file.certificate) {
                let mut own = existing.generations.iter().filter(|((one, _), _)| one == AUTHORITIES[of]);
                let by = own.find(|(_, by)| file.certificate.signed_by(&by.certificate));
                let generation =
                    by.map(|((_, number), _)| *number).unwrap_or_else(|| panic!("{}", self.told()));
                let certificate = file.certificate.clone();
                self.held.push(Held { authority: of, generation, name, certificate });
            }
        }
        let all = existing.generations.values();
        for one in all.flat_map(|file| std::iter::once(&file.certificate).chain(&file.above)) {
            if !self.known.contains(one) {
                self.known.push(one.clone());
            }
        }
    }

    /// Nobody makes a generation that was to be brought.
    #[track_caller]
    fn assert_nothing_came_of_itself(&self) {
        for path in self.project.tree().keys() {
            let Some(rest) = path.strip_prefix("pki/") else { continue };
            let Some((name, file)) = rest.split_once('/') else { continue };
            let Some(of) = AUTHORITIES.iter().position(|one| *one == name) else { continue };
            let number = file.split('.').next().unwrap_or_default();
            let is_pair = [".crt", ".key.sops.yaml"].iter().any(|end| file == format!("{number}{end}"));
            if is_pair && number != "ca" && !self.made_here.contains(&of) {
                let key = format!("{name}/{number}");
                assert!(self.given.contains(&key), "{path} was never brought\n{}", self.told());
            }
        }
    }

    #[track_caller]
    fn assert_doors(&mut self, seen: &Seen<'_>) {
        for (name, own, below) in DOORS {
            if !self.project.exists(&path_of(name)) {
                let is_declared = self.shape.deep || name != "deep";
                assert!(!seen.complete || !is_declared, "{name} has no Secret\n{}", self.told());
                continue;
            }
            let door = Door::read(&self.project.read(&path_of(name)));
            for one in &self.elsewhere {
                let comes_in = door.admits(&one.stranger[0], &self.known, self.now);
                assert!(!comes_in, "{name} lets a stranger in\n{}", self.told());
            }
            let alive = self.held.iter().filter(|held| held.certificate.is_valid_at(self.now));
            for held in alive.cloned().collect::<Vec<_>>() {
                if seen.told.contains(held.certificate.serial()) || !below.contains(&held.authority) {
                    self.assert_stays_out((name, &door), &held, below.contains(&held.authority), seen);
                } else if own.contains(&held.authority) {
                    self.assert_comes_in((name, &door), &held, seen);
                }
            }
        }
        self.assert_names(&seen.outcome.project);
    }

    /// Clients of other authorities, and those who are revoked once that can be rendered.
    #[track_caller]
    fn assert_stays_out(&mut self, (name, door): (&str, &Door), held: &Held, is_own: bool, seen: &Seen<'_>) {
        let key = (name.to_owned(), held.certificate.sha256().to_owned());
        let may = is_own && seen.held_up && !self.out.contains(&key);
        let comes_in = door.admits(&held.certificate, &self.known, self.now);
        assert!(!comes_in || may, "{name} lets {held} in\n{}", self.told());
        if is_own && !comes_in {
            self.out.insert(key);
        }
    }

    /// Whoever came in before, and has the newest certificate where nothing waits.
    #[track_caller]
    fn assert_comes_in(&self, (name, door): (&str, &Door), held: &Held, seen: &Seen<'_>) {
        let model = &seen.outcome.project;
        let (_, authority) = model.authority_named(AUTHORITIES[held.authority]).unwrap();
        if authority.generations.iter().any(|one| one.number == held.generation && one.retired) {
            return;
        }
        // Whatever lived longer before: one that has ended lets in nobody.
        let own = (AUTHORITIES[held.authority].to_owned(), held.generation);
        if seen.existing.generations.get(&own).is_some_and(|file| file.certificate.not_after() <= self.now) {
            return;
        }
        let came_in = seen.before.doors.get(name);
        let came_in = came_in.is_some_and(|door| door.refuses(&held.certificate, self.now).is_none());
        let key = (AUTHORITIES[held.authority].to_owned(), held.name.to_owned());
        let newest = seen.existing.clients.get(&key).map(|file| &file.certificate);
        let counts = model.clients.iter().any(|client| client.name.value == held.name);
        if came_in || seen.complete && counts && newest == Some(&held.certificate) {
            let why = door.refuses(&held.certificate, self.now);
            assert!(why.is_none(), "{name} turns {held} away: {why:?}\n{}", self.told());
        }
    }

    /// A host that names its client lets it in no more as soon as it is revoked.
    #[track_caller]
    fn assert_names(&self, model: &Model) {
        let revoked = model.clients.iter().any(|one| one.name.value == NAMED && one.revoked.is_some());
        let tree = self.project.tree();
        let texts = tree.iter().filter(|(path, _)| path.contains("/gateway-"));
        let names =
            texts.filter(|(_, text)| String::from_utf8_lossy(text).contains(&format!("- {NAMED}"))).count();
        assert_eq!(names, usize::from(!revoked), "{}", self.told());
    }

    #[track_caller]
    fn assert_refused_rightly(&self, event: &Event, codes: &[&str]) {
        let expected: &[&str] = match event {
            Event::Stage(_, Stage::Retire) => &["retired-too-early"],
            Event::Lost(_) => &["lost-authority", "unrevoked"],
            _ => &["expired-certificate", "revocation-list", "other-clients", "unrevoked"],
        };
        assert!(codes.iter().all(|code| expected.contains(code)), "{event:?}: {codes:?}\n{}", self.told());
    }
}

fn shape() -> impl Strategy<Value = Shape> {
    (1..3usize, any::<bool>(), any::<bool>()).prop_map(|(levels, deep, asks)| Shape { levels, deep, asks })
}

/// A sixty-fourth of what others have: each is a project with a history, and calls of the program.
fn cases() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig { cases: default.cases.div_ceil(64), max_shrink_iters: 40, ..default }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn who_is_revoked_or_a_stranger_stays_out(
        shape in shape(),
        events in prop::collection::vec((event(), prop::bool::weighted(0.8)), 1..16)
    ) {
        let mut world = World::new(shape);
        world.step(&Event::Nothing, Holder::Operator);
        for (event, operator) in &events {
            world.step(event, if *operator { Holder::Operator } else { Holder::Nobody });
        }
        world.step(&Event::Nothing, Holder::Operator);
    }
}

/// A certificate that comes anew may end before the one that hosts trust: it ends for them too.
#[test]
fn a_life_that_became_shorter_ends_while_a_list_is_waited_for() {
    let mut world = World::new(Shape { levels: 1, deep: false, asks: false });
    world.step(&Event::Nothing, Holder::Operator);
    for event in [Event::Revoke(0), Event::Renew(2, 0, 5), Event::Clock(11)] {
        world.step(&event, Holder::Nobody);
    }
    world.step(&Event::Nothing, Holder::Operator);
}
