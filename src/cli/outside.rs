//! Where a private key may be written: outside of every repository.
use std::path::{Path, PathBuf};

use super::session::Failure;
use super::settings::{Settings, normalise};

/// A folder that no commit can catch: not below the project, nor below the Git repository that the project lies in.
pub(super) fn outside(folder: &Path, settings: &Settings) -> Result<PathBuf, Failure> {
    let folder = real(&normalise(folder));
    let root = real(&settings.layout.root);
    let repository = root.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(&root);
    let within = folder.ancestors().find(|above| above.join(".git").exists());
    if folder.starts_with(&root) || folder.starts_with(repository) || within.is_some() {
        let which = within.unwrap_or(repository);
        return Err(Failure::Call(format!(
            "{} lies inside {}: a private key is never written into a repository; choose a folder outside",
            folder.display(),
            which.display()
        )));
    }
    Ok(folder)
}

/// The path with links resolved, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let mut rest = Vec::new();
    let mut here = path.to_owned();
    loop {
        if let Ok(found) = here.canonicalize() {
            return rest.iter().rev().fold(found, |path, part| path.join(part));
        }
        match (here.file_name().map(ToOwned::to_owned), here.pop()) {
            (Some(part), true) => rest.push(part),
            _ => return path.to_owned(),
        }
    }
}
