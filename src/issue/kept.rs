//! The key of a certificate that is issued: the one that is there, where it goes on, or another.

use super::job::{Job, Kept};
use super::{Keyring, Opened};
use crate::diag::Diagnostic;
use crate::pki::{Key, PkiError};
use crate::state::broken;

use super::chance::Chance;

/// Why a key that is to go on can't be had.
pub(super) enum Held {
    /// Nothing at hand opens its file: what it takes.
    Locked(Vec<String>),
    /// The file is damaged, or an identity that was named can't be used.
    Broken(Box<Diagnostic>),
}

/// The key that a certificate is to have.
pub(super) fn key(
    job: &Job<'_>,
    keyring: &Keyring<'_>,
    chance: &Chance<'_>,
) -> Result<Result<Key, Held>, PkiError> {
    let Some(Kept { shown, sealed, certificate }) = job.kept else {
        return chance.key(job.shape.key, &job.slot).map(Ok);
    };
    Ok(match keyring.open(shown, sealed) {
        Opened::Key(key) if key.matches(certificate) => Ok(*key),
        Opened::Key(_) => {
            let reason = "its private key and its certificate do not belong together";
            Err(Held::Broken(Box::new(broken(shown, reason))))
        }
        Opened::Locked(mut needs) => {
            needs.push("its key goes on, since the spec says `renew-key=#false`".to_owned());
            Err(Held::Locked(needs))
        }
        Opened::Broken(finding) => Err(Held::Broken(finding)),
    })
}
