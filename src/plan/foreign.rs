//! Certificates that nobody of this project issued.

use super::authority;
use super::certs::Judge;
use crate::diag::{Code, Diagnostic};
use crate::model::AuthorityId;
use crate::paths::{Names, Place};
use crate::pki::Certificate;

/// The finding about one that lies at this path, for that name.
pub(super) fn finding(names: &Names, path: &str, certificate: &Certificate, name: &str) -> Diagnostic {
    let pki = names.folder(Place::Pki);
    Diagnostic::error(Code::FOREIGN_CERTIFICATE, format!("the certificate of `{name}` was not issued by this project"))
        .in_file(path)
        .note(format!("it says that its issuer is {}, and no generation of an authority below {pki}/ signed it", certificate.issuer_called()))
        .help(format!("somebody changed {path} by hand: restore it with `git checkout HEAD -- {path}`, or remove the file to have a new one issued"))
}

/// What about its signer keeps a certificate from following from the one that is to have signed it. The same key may have come with
/// a certificate that names it in another way.
pub(super) fn by_another(there: &Certificate, signer: Option<&Certificate>) -> Option<&'static str> {
    match signer {
        Some(signer) if there.signed_by(signer) => None,
        Some(signer) if there.made_by(signer) => Some("key identifier of its authority"),
        _ => Some("authority"),
    }
}

impl Judge<'_, '_> {
    /// Signed by nobody whom this project knows: nothing of ours made it, unless what made it is lost, or retired and gone.
    pub(super) fn is_signed_by_nobody(&self, authority: AuthorityId, certificate: &Certificate) -> bool {
        if self.existing.generations.is_empty() || self.existing.knows_signer_of(certificate) {
            return false;
        }
        // What made it can be made again.
        if self.seed().is_some_and(|seed| seed.id.made(certificate)) {
            return false;
        }
        let lost = self.generations.iter().any(|plan| {
            plan.authority == authority
                && plan.there.is_none()
                && authority::is_lost(self.project, self.existing, authority, plan.generation.number)
        });
        let retired = self.project.authorities_with_ids().any(|(id, authority)| {
            let is_there = |number: u32| {
                self.existing.generations.contains_key(&(authority.name.value.to_string(), number))
            };
            authority.generations.iter().any(|generation| generation.retired && !is_there(generation.number))
                && authority::is_named(self.project, self.existing, id, certificate.issuer())
        });
        !lost && !retired
    }
}
