//! Key pairs that are brought in files: the one that came in this run, and those that are waited for.

use std::sync::Arc;

use super::{Brought, Fulfilled, Issued, Outcome, Waiting};
use crate::model::Project;
use crate::pki::{Key, PkiError};
use crate::plan::certs::{Action, CertPlan};

/// Takes the pair that is there, and says which others are missing.
pub(super) fn take(
    project: &Project,
    plan: &CertPlan<'_>,
    brought: Option<&Brought>,
    fulfilled: &mut Fulfilled,
) -> Result<(), PkiError> {
    for (leaf, outcome) in plan.leaves.iter().zip(&mut fulfilled.leaves) {
        if let Some(Brought { pair, .. }) = brought.filter(|brought| brought.credential == leaf.credential) {
            let key = Key::from_pkcs8(pair.key.pkcs8_der())?;
            *outcome = Outcome::New(Arc::new(Issued { certificate: pair.certificate.clone(), key }));
            fulfilled.chains.insert(leaf.credential, pair.chain.clone());
            continue;
        }
        let Action::Bring(why) = &leaf.action else { continue };
        *outcome = Outcome::Waits;
        let owner = project.owner(leaf.credential);
        fulfilled.waiting.push(Waiting {
            word: owner.word,
            name: owner.name,
            place: owner.place,
            missing: leaf.there.is_none(),
            why: why.clone(),
            needs: Vec::new(),
        });
    }
    Ok(())
}
