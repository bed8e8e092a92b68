//! What people hold outside of a project: bundles that clients trust servers by, and certificates that clients show. It follows
//! what the documentation tells people to do at each stage, and never more than that.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatewright::pki::{Certificate, RevocationList, verify_client};
use gatewright::state::{Existing, KeyFile};
use gatewright::time::Timestamp;

use super::history::{AUTHORITIES, Event, Spec};

/// What people hold outside of the project.
#[derive(Default)]
pub(super) struct Outside {
    /// Of each root, the bundles that its clients may still have.
    pub(super) bundles: BTreeMap<usize, Vec<Vec<Certificate>>>,
    /// Of each authority, the certificates that its clients may still have.
    pub(super) certificates: BTreeMap<usize, Vec<Certificate>>,
    /// Of each authority, the certificates that somebody who is revoked still has.
    pub(super) revoked: BTreeMap<usize, Vec<Certificate>>,
    /// The certificates that generations of an authority signed which are retired by now.
    pub(super) retired: Vec<Certificate>,
    /// The certificates that all generations of authorities ever had.
    pub(super) authorities: Vec<Certificate>,
    /// Authorities that are to be replaced at once and may wait for that.
    replaced: BTreeSet<usize>,
}

impl Outside {
    /// What people may hold after a render: of a rotation, from its introduction on once the new generation signs; and what
    /// was given out before for as long as the old one does.
    pub(super) fn published(&mut self, event: &Event, spec: &Spec, existing: &Existing) {
        for one in existing.authorities().chain(existing.crosses.values()) {
            if !self.authorities.contains(one) {
                self.authorities.push(one.clone());
            }
        }
        if let Event::Outright(i) = event {
            self.replaced.insert(*i);
        }
        let key = |i: usize| (AUTHORITIES[i].to_owned(), u32::try_from(spec.generations[i].len()).unwrap());
        for i in self.replaced.clone().into_iter().filter(|i| existing.generations.contains_key(&key(*i))) {
            self.replaced.remove(&i);
            self.bundles.entry(i).or_default().clear();
            self.retired.append(self.certificates.entry(i).or_default());
        }
        for root in [0, 3] {
            let own = self.bundles.entry(root).or_default();
            let now = existing.trusted[AUTHORITIES[root]].clone();
            let (old, new, signs) = spec.stage(root);
            if old == new && matches!(event, Event::Stage(i) if *i == root) {
                // Retired: what was trusted before the new one was introduced is of no use any more.
                own.retain(|bundle| bundle.contains(&now[0]));
            } else if old != new && signs && !spec.cross[root] {
                // Since its introduction everybody got the new one.
                own.retain(|bundle| now.iter().all(|one| bundle.contains(one)));
            }
            own.push(now);
        }
        for (i, name) in AUTHORITIES.into_iter().enumerate() {
            let own = self.certificates.entry(i).or_default();
            let (old, new, _) = spec.stage(i);
            // Retired: all have certificates of the next one.
            if matches!(event, Event::Stage(of) if *of == i && old == new) {
                self.retired.append(own);
            } else if !spec.clients[i] {
                own.clear();
            }
            if spec.revoked[i].is_some() {
                self.revoked.entry(i).or_default().append(own);
                continue;
            }
            let key = (name.to_owned(), format!("c.{name}.example"));
            let (out, own_still) = own.drain(..).partition(|one| spec.revokes(one.serial()));
            *own = own_still;
            let out: Vec<_> = out;
            self.revoked.entry(i).or_default().extend(out);
            let counts = |file: &&KeyFile| spec.clients[i] && !spec.revokes(file.certificate.serial());
            let newest = existing.clients.get(&key).filter(counts);
            own.extend(newest.map(|file| file.certificate.clone()));
        }
        let mut trusted = Vec::new();
        for (i, name) in AUTHORITIES.into_iter().enumerate() {
            for (one, number) in spec.generations[i].iter().zip(1..) {
                let file = existing.generations.get(&(name.to_owned(), number));
                trusted.extend(file.filter(|_| one.retired.is_none()).map(|file| &file.certificate));
            }
        }
        self.retired.retain(|held| !trusted.iter().any(|own| held.signed_by(own)));
    }
}

/// Whom the Secret of a mutual host lets in, as Envoy takes it.
pub(super) struct Door {
    pub(super) anchors: Vec<Certificate>,
    pub(super) lists: Vec<RevocationList>,
}

impl Door {
    /// Reads `ca.crt` and `ca.crl` of a Secret.
    pub(super) fn read(text: &str) -> Self {
        let value = |key: &str| {
            let line = text.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix(": "));
            line.map(|value| String::from_utf8(STANDARD.decode(value.trim_matches('"')).unwrap()).unwrap())
        };
        Self {
            anchors: Certificate::from_pem_chain(&value("ca.crt").unwrap()).unwrap(),
            lists: value("ca.crl").map_or_else(Vec::new, |text| RevocationList::from_pem(&text).unwrap()),
        }
    }

    /// Why a client is turned away. As soon as there is one list, there must be one for every authority up to the root.
    pub(super) fn refuses(&self, client: &Certificate, now: Timestamp) -> Option<String> {
        if let Err(rejection) = verify_client(client, &[], &self.anchors, now) {
            return Some(rejection.to_string());
        }
        if self.lists.is_empty() {
            return None;
        }
        let has_list = |one: &Certificate| {
            let mut lists = self.lists.iter().filter(|list| list.signed_by(one));
            lists.any(|list| list.next_update() > now && list.aki().is_some())
        };
        if let Some(without) = self.anchors.iter().find(|one| !has_list(one)) {
            return Some(format!("{} has no list", without.subject()));
        }
        if !self.anchors.iter().any(Certificate::is_self_signed) {
            return Some("no list of the root".to_owned());
        }
        let mut lists = self.lists.iter();
        lists.any(|list| list.revoked().contains_key(client.serial())).then(|| "revoked".to_owned())
    }

    /// Whether somebody comes in who shows whatever authorities there ever were: as soon as there is a list, each on the way must
    /// have one.
    pub(super) fn admits(&self, leaf: &Certificate, known: &[Certificate], now: Timestamp) -> bool {
        let is_good = |list: &&RevocationList| list.this_update() <= now && list.next_update() > now;
        let lists: Vec<_> = self.lists.iter().filter(is_good).collect();
        let counts =
            |one: &&Certificate| self.lists.is_empty() || lists.iter().any(|list| list.signed_by(one));
        let anchors: Vec<_> = self.anchors.iter().filter(counts).cloned().collect();
        let between: Vec<_> = known.iter().filter(counts).cloned().collect();
        let is_listed = || {
            let signers = || known.iter().filter(|one| leaf.signed_by(one));
            let own = lists.iter().filter(|list| list.revoked().contains_key(leaf.serial()));
            own.into_iter().any(|list| signers().any(|one| list.signed_by(one)))
        };
        verify_client(leaf, &between, &anchors, now).is_ok() && !is_listed()
    }
}
