//! Sealed files, opened with the identities at hand: what only a key can tell. No lint, since a render must not need one.

use rayon::prelude::*;

use crate::diag::{Code, Diagnostic, Report};
use crate::issue::{open_key, open_seed};
use crate::pki::Key;
use crate::sops::Identities;
use crate::state::{Existing, SealedFile, broken, restore};

/// What came of opening sealed files.
#[derive(Debug, Default)]
pub struct Opened {
    /// Files that were changed, and keys that don't belong to their certificates.
    pub report: Report,
    /// How many files an identity opened.
    pub opened: usize,
    /// How many no identity at hand opens.
    pub locked: usize,
}

/// Opens every sealed file that an identity opens, and holds each key against the certificate beside it. What is odd about
/// a file is told also without an identity, such as a recipient who can't open it any more.
#[must_use]
pub fn open_all(existing: &Existing, identities: &Identities) -> Opened {
    let files: Vec<_> = existing.sealed_files().collect();
    let results: Vec<_> = files.par_iter().map(|file| open(existing, file, identities)).collect();
    let mut all = Opened::default();
    for (file, result) in files.iter().zip(results) {
        for note in file.sealed.notes() {
            let finding =
                Diagnostic::warning(Code::BROKEN_FILE, format!("{} is damaged: {note}", file.shown));
            all.report.push(finding.in_file(file.shown).help(restore(file.shown)));
        }
        match result {
            Ok(true) => all.opened += 1,
            Ok(false) => all.locked += 1,
            Err(reason) => all.report.push(broken(file.shown, &reason)),
        }
    }
    all
}

/// Whether an identity opens it; what is wrong with it, in words without any of its content.
fn open(existing: &Existing, file: &SealedFile<'_>, identities: &Identities) -> Result<bool, String> {
    let (belongs, to): (&dyn Fn(&Key) -> bool, _) = match (file.certificate, file.request) {
        (Some(certificate), _) => (&|key| key.matches(certificate), "certificate"),
        (None, Some(request)) => (&|key| request.is_for(key), "request"),
        (None, None) => {
            let seed = existing.seed.as_ref().map(|seed| open_seed(seed, identities));
            return seed.map_or(Ok(false), |opened| opened.map(|seed| seed.is_some()));
        }
    };
    match open_key(file.sealed, identities)? {
        None => Ok(false),
        Some(key) if belongs(&key) => Ok(true),
        Some(_) => Err(format!("its private key and its {to} do not belong together")),
    }
}
