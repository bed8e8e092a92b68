//! Which keys go on when their certificates do not, and which must not.

use std::collections::{BTreeMap, BTreeSet};

use super::action::{Action, Reason};
use super::revocable::revokes;
use crate::model::{AuthorityId, CertificateFacts, Leaf, Project};
use crate::pki::Certificate;
use crate::state::Existing;

/// Keys of certificates that are revoked: one may be revoked because somebody has its key. With a
/// seed many certificates have one key, and another key is a line in the spec.
#[derive(Default)]
pub(super) struct Spent(BTreeSet<String>);

impl Spent {
    /// Of all certificates that are known.
    pub(super) fn of(
        project: &Project,
        existing: &Existing,
        revoked: &BTreeMap<AuthorityId, BTreeSet<String>>,
    ) -> Self {
        let revoked: BTreeSet<&str> = revoked.values().flatten().map(String::as_str).collect();
        if revoked.is_empty() || project.secrets.seed.is_some() {
            return Self::default();
        }
        let leaves = existing.leaves.values().chain(&existing.parked).map(|leaf| &leaf.certificate);
        let clients = existing.clients.values().map(|file| &file.certificate);
        let earlier = existing.handed_out.values().chain(existing.beside.values()).flatten();
        let known = leaves.chain(clients).chain(earlier);
        let of_revoked = known.filter(|certificate| revoked.contains(certificate.serial()));
        Self(of_revoked.map(|certificate| certificate.spki_sha256().to_owned()).collect())
    }

    /// Whether a certificate has one of them.
    pub(super) fn has(&self, certificate: &Certificate) -> bool {
        self.0.contains(certificate.spki_sha256())
    }

    /// The same of a server's, which its date may revoke, or one before it that had its key.
    pub(super) fn has_of_server(&self, leaf: &Leaf, there: &Certificate, earlier: &[Certificate]) -> bool {
        let same = |other: &&Certificate| other.spki_sha256() == there.spki_sha256();
        let mut all = earlier.iter().filter(same).chain([there]);
        self.has(there) || all.any(|certificate| revokes(leaf, certificate))
    }
}

/// What to do about a certificate whose key is to go on, and is that of one which is revoked.
pub(super) fn revoked_by_key(action: Action, facts: &CertificateFacts, is_spent: bool) -> Action {
    match action {
        Action::Keep | Action::Issue(Reason::Due) if is_spent && facts.keeps_key() => {
            Action::Issue(Reason::Revoked)
        }
        action => action,
    }
}

/// Whether a key goes on: the spec says so, and its certificate is issued anew for a reason that leaves the key as it is.
/// Where keys follow from a seed, that says which key.
pub(super) fn goes_on(action: &Action, facts: &CertificateFacts, is_spent: bool, project: &Project) -> bool {
    let may = match action {
        Action::Issue(Reason::Due | Reason::Expired) => true,
        Action::Issue(Reason::Changed(parts)) => !parts.contains(&"key"),
        Action::Issue(Reason::Missing | Reason::Asked | Reason::Revoked)
        | Action::Keep
        | Action::Take
        | Action::Bring(_) => false,
    };
    may && facts.keeps_key() && !is_spent && project.secrets.seed.is_none()
}
