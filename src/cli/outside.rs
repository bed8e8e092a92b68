//! Where a private key may be written: outside of every repository.

use std::path::{Path, PathBuf};

use super::session::Failure;
use super::settings::{Settings, normalise};
use crate::state::git::{nearest, real};

/// A folder that no commit can catch: not below the project, nor below the Git repository that the project lies in, nor in
/// any other, be it a bare one.
pub(super) fn outside(folder: &Path, settings: &Settings) -> Result<PathBuf, Failure> {
    let folder = real(&normalise(folder));
    let root = real(&settings.layout.root);
    let around = nearest(&root).unwrap_or(&root);
    let within = nearest(&folder).or_else(|| [around, &root].into_iter().find(|own| folder.starts_with(own)));
    match within {
        None => Ok(folder),
        Some(which) => Err(Failure::Call(format!(
            "{} lies inside {}: a private key is never written into a repository; choose a folder outside",
            folder.display(),
            which.display()
        ))),
    }
}
