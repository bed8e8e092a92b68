//! Looks at everything that a plan will touch before anything is touched.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, accessat};

use super::{Doing, Layout, TreeError};
use crate::plan::files::{FilePlan, Place, ProjectPath};

/// Checks a plan against itself and the disk.
pub(super) fn check(layout: &Layout, plan: &FilePlan) -> Result<(), TreeError> {
    no_clash(layout, plan)?;
    no_plaintext_key(layout, plan)?;
    let mut survey = Survey { layout, seen: BTreeMap::new(), writable: BTreeSet::new() };
    for write in plan.writes.iter().chain(&plan.aside) {
        survey.target(write.place, &write.path, true)?;
    }
    for prune in &plan.prunes {
        survey.target(prune.place, &prune.path, false)?;
    }
    Ok(())
}

/// What stands at a path, not following a link; `None` if nothing.
pub(super) fn look(path: &Path) -> Result<Option<Metadata>, TreeError> {
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(TreeError::io(Doing::Looking, path)(error)),
    }
}

/// Whether files may be made and removed in a folder, by this process as it is now.
pub(super) fn writable(folder: &Path) -> Result<(), TreeError> {
    accessat(CWD, folder, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS)
        .map_err(|error| TreeError::Unwritable { path: folder.to_owned(), source: error.into() })
}

/// The nearest folder upward that exists, `path` included.
pub(super) fn nearest(path: &Path) -> Result<&Path, TreeError> {
    for folder in path.ancestors() {
        if look(folder)?.is_some() {
            return Ok(folder);
        }
    }
    Ok(path)
}

/// What a rename can't leave: the mount where the system tells, else the file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mount {
    device: (u32, u32),
    id: u64,
}

/// The mount that a folder lies on.
#[cfg(target_os = "linux")]
pub(super) fn mount(folder: &Path) -> Result<Mount, TreeError> {
    use rustix::fs::{StatxFlags, statx};
    let flags = StatxFlags::BASIC_STATS | StatxFlags::MNT_ID;
    let found = statx(CWD, folder, AtFlags::empty(), flags)
        .map_err(|error| TreeError::io(Doing::Looking, folder)(error.into()))?;
    let told = found.stx_mask & StatxFlags::MNT_ID.bits() != 0;
    Ok(Mount {
        device: (found.stx_dev_major, found.stx_dev_minor),
        id: if told { found.stx_mnt_id } else { 0 },
    })
}

/// The file system that a folder lies on.
#[cfg(not(target_os = "linux"))]
pub(super) fn mount(folder: &Path) -> Result<Mount, TreeError> {
    use std::os::unix::fs::MetadataExt;
    let found = fs::metadata(folder).map_err(TreeError::io(Doing::Looking, folder))?;
    Ok(Mount { device: (0, 0), id: found.dev() })
}

fn no_clash(layout: &Layout, plan: &FilePlan) -> Result<(), TreeError> {
    let mut files = BTreeSet::new();
    let all = plan.writes.iter().chain(&plan.aside).map(|write| (write.place, &write.path));
    for (place, path) in all.chain(plan.prunes.iter().map(|prune| (prune.place, &prune.path))) {
        let whole = layout.path(place, path);
        if !files.insert(whole.clone()) {
            return Err(TreeError::Clash { path: whole });
        }
    }
    for write in &plan.writes {
        let whole = layout.path(write.place, &write.path);
        if let Some(path) = whole.ancestors().skip(1).find(|folder| files.contains(*folder)) {
            return Err(TreeError::Clash { path: path.to_owned() });
        }
    }
    Ok(())
}

/// The last guard of "nothing secret in the clear": PEM and PEM in base64.
fn no_plaintext_key(layout: &Layout, plan: &FilePlan) -> Result<(), TreeError> {
    const MARKS: [&str; 5] = [
        "PRIVATE KEY-----",
        "AGE-SECRET-KEY-",
        "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0t",
        "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVkt",
        "LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS0t",
    ];
    let plain = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        MARKS.iter().any(|mark| text.contains(mark))
    };
    match plan.writes.iter().chain(&plan.aside).find(|write| plain(&write.contents)) {
        Some(write) => Err(TreeError::PlaintextKey { path: layout.path(write.place, &write.path) }),
        None => Ok(()),
    }
}

/// What is known about folders so far.
struct Survey<'a> {
    layout: &'a Layout,
    /// The mount of those that exist.
    seen: BTreeMap<PathBuf, Option<Mount>>,
    /// Those that can be written to.
    writable: BTreeSet<PathBuf>,
}

impl Survey<'_> {
    /// One file to write (`making`) or to remove.
    fn target(&mut self, place: Place, path: &ProjectPath, making: bool) -> Result<(), TreeError> {
        let whole = self.layout.path(place, path);
        let base = self.layout.folder(place);
        let folder = whole.parent().unwrap_or(base);
        let mount = self.folder(base, folder)?;
        if mount.is_some() {
            if !self.writable.contains(folder) {
                writable(folder)?;
                self.writable.insert(folder.to_owned());
            }
            match look(&whole)? {
                Some(found) if found.is_symlink() => return Err(TreeError::Symlink { path: whole }),
                Some(found) if !found.is_file() => return Err(TreeError::NotAFile { path: whole }),
                _ => {}
            }
        } else if making {
            room_for(folder)?;
        }
        if let (Some(within), Some(of_base)) = (mount, self.seen.get(base).copied().flatten())
            && within != of_base
        {
            return Err(TreeError::OtherFileSystem { path: folder.to_owned(), folder: base.to_owned() });
        }
        Ok(())
    }

    /// A folder at or below `base`, and all of them in between: its mount if it exists.
    fn folder(&mut self, base: &Path, folder: &Path) -> Result<Option<Mount>, TreeError> {
        if let Some(known) = self.seen.get(folder) {
            return Ok(*known);
        }
        // A root may be reached through a link, and so may a folder outside the root; what is below may not.
        let root = &self.layout.root;
        let top = folder == root || (folder == base && !base.starts_with(root));
        let above = match folder.parent() {
            Some(parent) if !top => self.folder(base, parent)?.is_some(),
            _ => true,
        };
        let found = if above { look(folder)? } else { None };
        let mount = match found {
            None => None,
            Some(found) if found.is_symlink() && folder != root => {
                return Err(TreeError::Symlink { path: folder.to_owned() });
            }
            Some(found) if found.is_dir() || found.is_symlink() => Some(mount(folder)?),
            Some(_) => return Err(TreeError::NotAFolder { path: folder.to_owned() }),
        };
        self.seen.insert(folder.to_owned(), mount);
        Ok(mount)
    }
}

/// Whether a missing folder can be made.
fn room_for(folder: &Path) -> Result<(), TreeError> {
    let nearest = nearest(folder)?;
    if !nearest.is_dir() {
        return Err(TreeError::NotAFolder { path: nearest.to_owned() });
    }
    writable(nearest)
}
