//! The sealed seed of a project, read without any identity.

use super::Snapshot;
use super::damage::damaged;
use crate::diag::Report;
use crate::paths::mark::unmarked;
use crate::paths::{Place, ProjectPath};
use crate::pki::SeedId;
use crate::sops::Sealed;

/// Where a project's seed lies below `pki/`.
pub const SEED: &str = "seed.sops.yaml";

/// A project's seed that is there.
pub struct SeedFile {
    /// Its path below `pki/`.
    pub path: ProjectPath,
    /// The whole path, as a user reads it.
    pub shown: String,
    /// The file.
    pub sealed: Sealed,
    /// What it says of the seed. Only who opens it knows whether that is true.
    pub id: SeedId,
}

/// Reads it, if this file below `pki/` is it.
pub(super) fn read(
    snapshot: &Snapshot,
    path: &ProjectPath,
    bytes: &[u8],
    report: &mut Report,
) -> Option<SeedFile> {
    if path.as_str() != SEED {
        return None;
    }
    let shown = snapshot.names().path(Place::Pki, path);
    let read = || {
        let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
        let sealed = Sealed::parse(&unmarked(text)).map_err(|error| error.to_string())?;
        let id = sealed.clear(&["data", "id"]).and_then(SeedId::parse);
        let id = id.ok_or("it has no readable `data.id` of 32 hex digits")?;
        Ok::<_, String>((sealed, id))
    };
    match read() {
        Ok((sealed, id)) => Some(SeedFile { path: path.clone(), shown, sealed, id }),
        Err(reason) => {
            report.push(damaged(&shown, &String::from_utf8_lossy(bytes), &reason));
            None
        }
    }
}
