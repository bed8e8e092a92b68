//! Where a repository is, as Git finds it.

use std::fs;
use std::path::{Path, PathBuf};

/// A repository with a working tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Repository {
    /// The top of its working tree.
    pub(super) top: PathBuf,
    /// Its own folder: `.git`, or in a linked worktree one below the common folder.
    pub(super) own: PathBuf,
    /// What all worktrees share, `info/exclude` among it.
    pub(super) common: PathBuf,
}

impl Repository {
    /// The one that a folder, whose path is a real one, lies in.
    pub(super) fn around(folder: &Path) -> Option<Self> {
        folder.ancestors().find_map(|top| {
            let own = own_folder(&top.join(".git"))?;
            let common = common_folder(&own);
            is_git_folder(&own, &common).then(|| Self { top: top.to_owned(), own, common })
        })
    }
}

/// The top of the working tree that a folder lies in.
#[must_use]
pub fn top(folder: &Path) -> Option<PathBuf> {
    Repository::around(&super::real(folder)).map(|found| found.top)
}

/// The nearest repository that a file in this folder would lie in, whose path is a real one: a working tree, or the folder
/// of a repository itself, also of a bare one. Anything called `.git` counts, since a key is better kept from too many.
#[must_use]
pub fn nearest(folder: &Path) -> Option<&Path> {
    folder
        .ancestors()
        .find(|above| above.join(".git").exists() || is_git_folder(above, &common_folder(above)))
}

/// What `.git` is or names.
fn own_folder(dot_git: &Path) -> Option<PathBuf> {
    let found = fs::metadata(dot_git).ok()?;
    if found.is_dir() {
        return Some(dot_git.to_owned());
    }
    let text = if found.is_file() { fs::read_to_string(dot_git).ok()? } else { return None };
    let named = text.strip_prefix("gitdir:")?.trim_matches([' ', '\n', '\r']);
    Some(dot_git.parent()?.join(named))
}

/// What the file `commondir` of a linked worktree names.
fn common_folder(own: &Path) -> PathBuf {
    let file = own.join("commondir");
    let named = if file.is_file() { fs::read_to_string(file).ok() } else { None };
    let Some(named) = named else { return own.to_owned() };
    let common = own.join(named.trim_end_matches(['\n', '\r']));
    common.canonicalize().unwrap_or(common)
}

fn is_git_folder(own: &Path, common: &Path) -> bool {
    let head = own.join("HEAD");
    (head.is_file() || head.is_symlink()) && common.join("objects").is_dir() && common.join("refs").is_dir()
}
