//! One writer at a time.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::Layout;
use crate::plan::files::Place;

/// Held while a project is read and written; dropping it lets the next one in. The lock is an advisory one (`flock`) on the
/// folders themselves, so it leaves no file behind and ends with the process, however that ends.
#[derive(Debug)]
pub struct Lock {
    _folders: Vec<File>,
}

/// Why a project can't be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another run holds it.
    #[error("another gatewright is writing to {}; try again when it is done", path.display())]
    Taken {
        /// The folder.
        path: PathBuf,
    },
    /// The system said no.
    #[error("can't lock {}: {source}", path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Lock {
    /// Locks the root and those of the project's folders that exist outside it, without waiting.
    ///
    /// # Errors
    /// [`LockError::Taken`] if another process holds one of them.
    pub fn take(layout: &Layout) -> Result<Self, LockError> {
        let mut paths = vec![layout.root.as_path()];
        for place in Place::ALL {
            let folder = layout.folder(place);
            if !folder.starts_with(&layout.root) && folder.is_dir() {
                paths.push(folder);
            }
        }
        paths.sort_unstable();
        paths.dedup();
        let folders = paths.into_iter().map(lock).collect::<Result<_, _>>()?;
        Ok(Self { _folders: folders })
    }
}

fn lock(path: &Path) -> Result<File, LockError> {
    let io = |source| LockError::Io { path: path.to_owned(), source };
    let folder = File::open(path).map_err(io)?;
    match folder.try_lock() {
        Ok(()) => Ok(folder),
        Err(TryLockError::WouldBlock) => Err(LockError::Taken { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_writer_is_told_and_the_next_gets_in() {
        let scratch = tempfile::tempdir().unwrap();
        let layout = Layout::below(scratch.path());
        let first = Lock::take(&layout).unwrap();
        let second = Lock::take(&layout).unwrap_err();
        assert!(matches!(&second, LockError::Taken { path } if path == scratch.path()), "{second}");
        drop(first);
        Lock::take(&layout).unwrap();
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0, "no lock file");
    }

    #[test]
    fn two_projects_with_one_out_folder_exclude_each_other() {
        let scratch = tempfile::tempdir().unwrap();
        let [a, b, out] = ["a", "b", "out"].map(|name| scratch.path().join(name));
        for folder in [&a, &b, &out] {
            std::fs::create_dir(folder).unwrap();
        }
        let first = Layout { out: out.clone(), ..Layout::below(&a) };
        let second = Layout { out: out.clone(), ..Layout::below(&b) };
        let _held = Lock::take(&first).unwrap();
        assert!(matches!(Lock::take(&second), Err(LockError::Taken { path }) if path == out));
    }

    #[test]
    fn a_missing_root_is_named() {
        let scratch = tempfile::tempdir().unwrap();
        let error = Lock::take(&Layout::below(&scratch.path().join("gone"))).unwrap_err();
        assert!(error.to_string().contains("gone"), "{error}");
    }
}
