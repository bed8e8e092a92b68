//! Whoever was on a signed list stays out, whatever happens to the files and lines that say so: lists that are deleted or become
//! older again, words that go, clients that are removed, time that passes over the end of what is revoked. As long as one of these
//! tells it still, each bundle with its lists refuses that certificate, or the run is refused and writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use gatewright::build::Request;
use gatewright::pki::{Certificate, RevocationList};
use gatewright::state::Existing;
use gatewright::time::Timestamp;
use proptest::prelude::*;

use super::any_history::World;
use super::history::{AUTHORITIES, Event, Spec, event_of_revocation};
use super::outside::Door;
use crate::support::project::{Holder, Project};

/// What lists have said.
#[derive(Default)]
pub(super) struct Memory {
    /// The certificates that were on a signed list, for as long as anything tells so.
    listed: Vec<Certificate>,
    /// The lists that each authority had.
    lists: BTreeMap<usize, Vec<String>>,
}

fn path_of(authority: usize) -> String {
    format!("pki/{}/ca.crl", AUTHORITIES[authority])
}

/// The Secrets that let clients in, by their paths.
fn doors(project: &Project) -> Vec<(String, Door)> {
    let paths = project.tree().into_keys().filter(|path| path.ends_with("-cacert.yaml"));
    paths.map(|path| (path.clone(), Door::read(&project.read(&path)))).collect()
}

impl Memory {
    /// The serial numbers of which a list or the spec tells that they are revoked.
    pub(super) fn told(project: &Project, spec: &Spec) -> BTreeSet<String> {
        let own = (0..AUTHORITIES.len()).map(path_of).filter(|path| project.exists(path));
        let own = own.flat_map(|path| RevocationList::from_pem(&project.read(&path)).unwrap());
        let shown = doors(project).into_iter().flat_map(|(_, door)| door.lists);
        let listed = own.chain(shown).flat_map(|list| list.revoked().keys().cloned().collect::<Vec<_>>());
        let mut told: BTreeSet<_> = listed.collect();
        told.extend(spec.lines.iter().flatten().map(|(serial, _)| serial.clone()));
        let (existing, _) = Existing::read(&project.input().snapshot);
        for (i, name) in AUTHORITIES.iter().enumerate().filter(|(i, _)| spec.revoked[*i].is_some()) {
            let client = format!("c.{name}.example");
            let held = existing.certificates_of(&client);
            told.extend(
                held.filter(|_| spec.clients[i]).map(|held| held.serial().to_owned()).collect::<Vec<_>>(),
            );
        }
        told
    }

    /// A list that an authority had once.
    pub(super) fn list(&self, authority: usize, n: usize) -> Option<String> {
        let all = self.lists.get(&authority)?;
        all.get(n % all.len()).cloned()
    }

    /// What is to be remembered of a render, before which this was told.
    pub(super) fn published(&mut self, project: &Project, existing: &Existing, told: &BTreeSet<String>) {
        self.listed.retain(|one| told.contains(one.serial()));
        let held: Vec<_> = existing.clients.values().map(|file| &file.certificate).collect();
        let held: Vec<_> = held.into_iter().chain(existing.handed_out.values().flatten()).collect();
        for i in (0..AUTHORITIES.len()).filter(|i| project.exists(&path_of(*i))) {
            let text = project.read(&path_of(i));
            let lists = RevocationList::from_pem(&text).unwrap();
            for one in &held {
                let is_listed = lists.iter().any(|list| list.revoked().contains_key(one.serial()));
                if is_listed && !self.listed.contains(one) {
                    self.listed.push((*one).clone());
                }
            }
            let all = self.lists.entry(i).or_default();
            if !all.contains(&text) {
                all.push(text);
            }
        }
    }

    /// What has ended at the latest moment that ever was may have left the list, also where a clock went back.
    #[track_caller]
    pub(super) fn assert_all_are_refused(
        &self,
        project: &Project,
        (now, latest): (Timestamp, Timestamp),
        event: &Event,
    ) {
        for (path, door) in doors(project) {
            for one in self.listed.iter().filter(|one| one.not_after() > latest) {
                let spec = || project.read("specs/a.kdl");
                assert!(
                    door.refuses(one, now).is_some(),
                    "{path} lets in {} after {event:?}\n{}",
                    one.serial(),
                    spec()
                );
            }
        }
    }
}

/// An eighth of what others have: each is a project with a history.
fn cases() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig { cases: default.cases.div_ceil(8), max_shrink_iters: 60, ..default }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn whoever_was_listed_stays_out(
        events in prop::collection::vec((event_of_revocation(), prop::bool::weighted(0.8)), 1..14)
    ) {
        let mut world = World::new(false, false);
        world.spec.hosts[0].as_mut().unwrap().clients = Some(3);
        world.step(&Event::Nothing, Holder::Operator);
        for (event, operator) in &events {
            world.step(event, if *operator { Holder::Operator } else { Holder::Nobody });
        }
        world.step(&Event::Nothing, Holder::Operator);
        prop_assert_eq!(world.render(Holder::Operator), Ok(0));
        let outcome = world.project.build_at(&world.now.to_string(), Holder::Unasked, &Request::default());
        outcome.map_or_else(|_| panic!("refused"), |outcome| assert!(outcome.files.is_empty()));
    }
}
