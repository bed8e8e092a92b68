//! Plan → disk. The only writer: staged, synced, renamed, pruned, so that every file is the old one or the new one,
//! whole, whenever a run is cut off.
#![expect(clippy::disallowed_methods, reason = "this is where the disk is written")]

mod apply;
mod lock;
mod stage;
mod survey;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

pub use apply::{Applied, apply};
pub use lock::{Lock, LockError};

pub use crate::paths::Layout;

/// What the writer was doing when the system said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Looking whether something is there, and what.
    Looking,
    /// Making a folder.
    MakingFolder,
    /// Writing a new file beside the old one.
    Staging,
    /// Bringing staged files to the disk.
    Syncing,
    /// Putting a staged file in its place.
    Renaming,
    /// Removing a file or an emptied folder.
    Removing,
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Looking => "look at",
            Self::MakingFolder => "make the folder",
            Self::Staging => "stage",
            Self::Syncing => "sync",
            Self::Renaming => "put in place",
            Self::Removing => "remove",
        })
    }
}

/// Why the disk can't be brought to the plan. Except for [`TreeError::Io`] while [`Doing::Renaming`], [`Doing::Removing`] or
/// [`Doing::MakingFolder`], nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// A link could lead out of the project; Git hosts and Argo CD refuse it too.
    #[error("{} is a symbolic link; nothing is written or removed through one", path.display())]
    Symlink {
        /// The link.
        path: PathBuf,
    },
    /// A file where a folder must be.
    #[error("{} must be a folder, but something else stands there", path.display())]
    NotAFolder {
        /// What stands there.
        path: PathBuf,
    },
    /// A folder, or something stranger, where a file must go.
    #[error("{} must be a file, but something else stands there", path.display())]
    NotAFile {
        /// What stands there.
        path: PathBuf,
    },
    /// No permission, or a file system that is read-only.
    #[error("{} can't be written to: {source}", path.display())]
    Unwritable {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A rename can't cross file systems.
    #[error("{} is on another file system than {}, so files can't be put there whole", path.display(), folder.display())]
    OtherFileSystem {
        /// The folder within.
        path: PathBuf,
        /// The folder that it lies below.
        folder: PathBuf,
    },
    /// The plan contradicts itself; a mistake in Gatewright.
    #[error("{} is planned twice, or as a file and as a folder", path.display())]
    Clash {
        /// The path.
        path: PathBuf,
    },
    /// A private key about to be written in the clear; a mistake in Gatewright.
    #[error("{} would hold a private key that is not sealed; nothing was written", path.display())]
    PlaintextKey {
        /// The path.
        path: PathBuf,
    },
    /// The system said no.
    #[error("can't {doing} {}: {source}", path.display())]
    Io {
        /// What was being done.
        doing: Doing,
        /// With what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl TreeError {
    fn io(doing: Doing, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, path: path.to_owned(), source }
    }
}
