//! Whatever happens to a project in whatever order (edits, renewals, rotations and their stages, clocks that jump, renders
//! without an identity): after each render every host's chain verifies by every bundle that its clients may still hold, and
//! every mutual host lets in every certificate that its clients may still have.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use gatewright::build::{BuildError, Request};
use gatewright::pki::{Certificate, SystemKeys, verify_client, verify_server};
use gatewright::plan::files::FilePlan;
use gatewright::state::Existing;
use gatewright::time::{Seconds, Timestamp};
use proptest::prelude::*;

use super::history::{ABOVE, AUTHORITIES, Event, Spec, event};
use crate::bad::seed::SEED;
use crate::support::project::{Holder, NOW, Project, differing};

const FILE: &str = "specs/a.kdl";
/// What people hold outside of the project.
#[derive(Default)]
struct Outside {
    /// Of each root, the bundles that its clients may still have.
    bundles: BTreeMap<usize, Vec<Vec<Certificate>>>,
    /// Of each authority, the certificates that its clients may still have.
    certificates: BTreeMap<usize, Vec<Certificate>>,
    /// Authorities that are to be replaced at once and may wait for that.
    replaced: BTreeSet<usize>,
}

struct World {
    project: Project,
    spec: Spec,
    now: Timestamp,
    /// The latest that it ever was.
    latest: Timestamp,
    outside: Outside,
}

impl World {
    fn new(seeded: bool) -> Self {
        let spec = Spec { seeded, ..Spec::default() };
        let mut project = Project::of(&spec.text());
        if seeded {
            project.write("pki/seed.sops.yaml", SEED);
        }
        project.keys = Box::new(SystemKeys);
        let now = Timestamp::parse(NOW).unwrap();
        Self { project, spec, now, latest: now, outside: Outside::default() }
    }

    /// Renders as it stands; what is refused changes nothing. The codes of the errors.
    fn render(&self, holder: Holder) -> Result<usize, Vec<&'static str>> {
        let before = self.project.tree();
        self.project.write(FILE, self.spec.text());
        match self.project.build_at(&self.now.to_string(), holder, &Request::default()) {
            Ok(outcome) => {
                self.write(&outcome.files);
                Ok(outcome.waiting.len())
            }
            Err(BuildError::Refused(report)) => {
                assert!(differing(&before, &self.project.tree()).is_empty());
                let errors =
                    report.findings().iter().filter(|one| one.severity == gatewright::diag::Severity::Error);
                Err(errors.map(|one| one.code.name()).collect())
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// As the writer does, but without waiting for the disk: that it is safe is shown elsewhere.
    fn write(&self, files: &FilePlan) {
        let layout = self.project.layout();
        for file in files.writes_in_order() {
            let path = layout.path(file.place, &file.path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &file.contents).unwrap();
        }
        for file in files.prunes_in_order() {
            fs::remove_file(layout.path(file.place, &file.path)).unwrap();
        }
    }

    /// What an event makes of spec and clock.
    fn change(&mut self, event: &Event) {
        let day = self.now.date();
        match event {
            Event::Host(i, host) => self.spec.hosts[*i].clone_from(host),
            Event::Client(i, there) => self.spec.clients[*i] = *there,
            Event::Cross(i) => self.spec.cross[*i] ^= true,
            Event::Stage(i) => self.spec.rotate(*i, &day),
            Event::Outright(i) => self.spec.outright(*i, &day),
            Event::Clock(days) => {
                self.now = self.now + Seconds::days(*days);
                self.latest = self.latest.max(self.now);
            }
            Event::Nothing => {}
        }
    }

    fn step(&mut self, event: &Event, holder: Holder) {
        let (spec, now) = (self.spec.clone(), self.now);
        self.change(event);
        match self.render(holder) {
            Ok(_) => self.published(event),
            Err(codes) => {
                let expected: &[&str] = match event {
                    Event::Stage(_) => &["retired-too-early", "wrong-generation"],
                    Event::Clock(days) if *days < 0 => &["clock", "retired-too-early", "expired-certificate"],
                    // A clock that stands before what is written.
                    Event::Outright(_) if self.now < self.latest => &["wrong-generation"],
                    // Who has no identity can't renew what has ended.
                    _ => &["expired-certificate"],
                };
                assert!(
                    codes.iter().all(|code| expected.contains(code)),
                    "{event:?} {holder:?}: {codes:?}\n{}",
                    self.spec.text()
                );
                let ended = codes.contains(&"expired-certificate");
                assert!(!ended || holder == Holder::Nobody, "{event:?}: {codes:?}");
                if matches!(event, Event::Clock(days) if *days > 0) {
                    // Time goes on all the same, and somebody comes who can.
                    self.render(Holder::Operator).unwrap();
                    self.published(event);
                } else {
                    (self.spec, self.now) = (spec, now);
                    self.project.write(FILE, self.spec.text());
                }
            }
        }
        self.assert_all_verify(event);
    }

    fn existing(&self) -> Existing {
        let (existing, report) = Existing::read(&self.project.input().snapshot);
        assert!(report.is_empty(), "{report:?}");
        existing
    }

    /// What people may hold after a render: of a rotation, from its introduction on once the new generation signs; and what
    /// was given out before for as long as the old one does.
    fn published(&mut self, event: &Event) {
        let existing = self.existing();
        let Outside { bundles, certificates, replaced } = &mut self.outside;
        if let Event::Outright(i) = event {
            replaced.insert(*i);
        }
        let key =
            |i: usize| (AUTHORITIES[i].to_owned(), u32::try_from(self.spec.generations[i].len()).unwrap());
        for i in replaced.clone().into_iter().filter(|i| existing.generations.contains_key(&key(*i))) {
            replaced.remove(&i);
            bundles.entry(i).or_default().clear();
            certificates.entry(i).or_default().clear();
        }
        for root in [0, 3] {
            let own = bundles.entry(root).or_default();
            let now = existing.trusted[AUTHORITIES[root]].clone();
            let (old, new, signs) = self.spec.stage(root);
            if old == new && matches!(event, Event::Stage(i) if *i == root) {
                // Retired: what was trusted before the new one was introduced is of no use any more.
                own.retain(|bundle| bundle.contains(&now[0]));
            } else if old != new && signs && !self.spec.cross[root] {
                // Since its introduction everybody got the new one.
                own.retain(|bundle| now.iter().all(|one| bundle.contains(one)));
            }
            own.push(now);
        }
        for (i, name) in AUTHORITIES.into_iter().enumerate() {
            let own = certificates.entry(i).or_default();
            let (old, new, _) = self.spec.stage(i);
            // Retired: all have certificates of the next one.
            if matches!(event, Event::Stage(of) if *of == i && old == new) || !self.spec.clients[i] {
                own.clear();
            }
            let key = (name.to_owned(), format!("c.{name}.example"));
            let newest = existing.clients.get(&key).filter(|_| self.spec.clients[i]);
            own.extend(newest.map(|file| file.certificate.clone()));
        }
    }

    #[track_caller]
    fn assert_all_verify(&self, event: &Event) {
        let existing = self.existing();
        for (i, host) in self.spec.hosts.iter().enumerate() {
            let Some(host) = host else { continue };
            let name = Spec::host_name(i, host);
            let Some(leaf) = existing.leaf("istio-system", &format!("{name}-tls")) else { continue };
            // While it waits, it shows what it had: of another authority, or for another name.
            let (certificate, now) = (&leaf.certificate, self.now);
            let of = |root: usize| self.outside.bundles[&root].iter();
            let verifies = |bundle: &Vec<Certificate>| {
                let shown = certificate.sans().first().map(ToString::to_string).unwrap_or_default();
                verify_server(certificate, &leaf.chain, bundle, &shown, now)
            };
            let root = Spec::root_of(host.authority);
            let own = of(root).all(|bundle| verifies(bundle).is_ok());
            let others = of(3 - root).all(|bundle| verifies(bundle).is_ok());
            assert!(
                own || others,
                "{name} after {event:?}: {:?}\n{}",
                of(root).map(verifies).collect::<Vec<_>>(),
                self.spec.text()
            );
            let Some(clients) = host.clients else { continue };
            let secret = format!("{name}-tls");
            let bundle = existing.bundles.iter().find(|bundle| bundle.secret == secret).unwrap();
            let anchors = bundle.certificates.as_ref().unwrap();
            for held in self.outside.certificates[&clients].iter().filter(|one| one.is_valid_at(now)) {
                let verdict = verify_client(held, &[], anchors, now);
                assert!(
                    verdict.is_ok(),
                    "{name} and its client after {event:?}: {verdict:?}\n{}",
                    self.spec.text()
                );
            }
        }
    }
}

impl World {
    /// One that has the spec and the seed alone.
    #[track_caller]
    fn assert_another_machine_makes_the_same(&self) {
        let mut other = Self::new(true);
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

/// A sixteenth of what others have: each is a project with a history.
fn cases() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig { cases: default.cases.div_ceil(16), max_shrink_iters: 60, ..default }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn no_host_is_ever_refused_by_its_clients(
        events in prop::collection::vec((event(), prop::bool::weighted(0.7)), 1..16), seeded in any::<bool>(),
    ) {
        let mut world = World::new(seeded);
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

/// The way that everybody takes, for each authority.
#[test]
fn each_authority_in_stages() {
    for (cross, seeded) in [(false, false), (true, false), (true, true)] {
        for (authority, above) in ABOVE.into_iter().enumerate() {
            let mut world = World::new(seeded);
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
