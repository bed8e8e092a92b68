//! Where new files wait until all of them are whole: `.gatewright/`, on the file system of the folder that they go to.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::survey::{Mount, look, mount, nearest, writable};
use super::{Doing, Layout, TreeError};
use crate::plan::files::Place;

/// The folder that holds stages; `init` has Git ignore it.
const HOLDER: &str = ".gatewright";

/// A folder of staged files for one place. Dropping it removes what is left of it.
#[derive(Debug)]
pub(super) struct Stage {
    folder: PathBuf,
    files: usize,
    mount: Mount,
}

impl Stage {
    /// Makes an empty one, where a rename into the place's folder works.
    pub(super) fn open(layout: &Layout, place: Place) -> Result<Self, TreeError> {
        let site = choose(layout, place)?;
        let holder = site.join(HOLDER);
        match look(&holder)? {
            Some(found) if found.is_symlink() => return Err(TreeError::Symlink { path: holder }),
            Some(found) if !found.is_dir() => return Err(TreeError::NotAFolder { path: holder }),
            Some(_) => {}
            None => make_folder(&holder)?,
        }
        let folder = holder.join(name(layout, place));
        clear(&folder).map_err(TreeError::io(Doing::Removing, &folder))?;
        make_folder(&folder)?;
        let mount = mount(&folder)?;
        Ok(Self { folder, files: 0, mount })
    }

    /// Writes one file and says where it waits.
    pub(super) fn put(&mut self, contents: &[u8]) -> Result<PathBuf, TreeError> {
        let path = self.folder.join(self.files.to_string());
        self.files += 1;
        let mut options = File::options();
        let result = options.write(true).create_new(true).mode(0o644).open(&path);
        result.and_then(|mut file| file.write_all(contents)).map_err(TreeError::io(Doing::Staging, &path))?;
        Ok(path)
    }

    /// Where a sync of this one reaches.
    pub(super) fn mount(&self) -> Mount {
        self.mount
    }

    /// Brings all its files to the disk, and reports what could not be written.
    ///
    /// One `syncfs` for all of them: a sync a file takes ten times as long on a big tree, and syncing the folder alone says
    /// nothing about its files.
    #[cfg(target_os = "linux")]
    pub(super) fn sync(&self) -> Result<(), TreeError> {
        let failed = TreeError::io(Doing::Syncing, &self.folder);
        let folder = match File::open(&self.folder) {
            Ok(folder) => folder,
            Err(error) => return Err(failed(error)),
        };
        rustix::fs::syncfs(&folder).map_err(|error| failed(error.into()))
    }

    /// Brings all its files to the disk, one by one where there is no call for all of them.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn sync(&self) -> Result<(), TreeError> {
        for number in 0..self.files {
            let path = self.folder.join(number.to_string());
            File::open(&path)
                .and_then(|file| file.sync_all())
                .map_err(TreeError::io(Doing::Syncing, &path))?;
        }
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // What can't be removed now is removed by the next run, and is ignored by Git until then.
        let _ = clear(&self.folder);
        if let Some(holder) = self.folder.parent() {
            let _ = fs::remove_dir(holder);
        }
    }
}

/// Removes what a run that was cut off left behind, as far as that can be done.
pub(super) fn sweep(layout: &Layout) {
    for place in Place::ALL {
        for site in sites(layout, place) {
            let holder = site.join(HOLDER);
            if fs::symlink_metadata(&holder).is_ok_and(|found| found.is_dir()) {
                let _ = clear(&holder.join(name(layout, place)));
                let _ = fs::remove_dir(&holder);
            }
        }
    }
}

/// Makes a folder and the folders above it.
pub(super) fn make_folder(folder: &Path) -> Result<(), TreeError> {
    let result = DirBuilder::new().recursive(true).mode(0o755).create(folder);
    result.map_err(TreeError::io(Doing::MakingFolder, folder))
}

fn clear(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Two projects may have their `out` side by side, so the folder's own name is part of it.
fn name(layout: &Layout, place: Place) -> String {
    let word = match place {
        Place::Root => "root",
        Place::Spec => "specs",
        Place::Pki => "pki",
        Place::Out => "out",
    };
    match layout.folder(place).file_name() {
        Some(own) => format!("{word}-{}", own.display()),
        None => word.to_owned(),
    }
}

/// Folders that may hold a place's stage, the better one first: the root, or what a folder outside the root lies in; and
/// the place's own folder, which may be a mount of its own (`docker run -v …:/out`).
fn sites(layout: &Layout, place: Place) -> Vec<PathBuf> {
    let base = layout.folder(place);
    let beside = if base.starts_with(&layout.root) { Some(layout.root.as_path()) } else { base.parent() };
    let beside = beside.and_then(|folder| nearest(folder).ok());
    let mut sites: Vec<PathBuf> = beside.into_iter().map(Path::to_owned).collect();
    if base.is_dir() && sites.first().is_none_or(|site| site != base) {
        sites.push(base.to_owned());
    }
    sites
}

fn choose(layout: &Layout, place: Place) -> Result<PathBuf, TreeError> {
    let base = layout.folder(place);
    let anchor = mount(nearest(base)?)?;
    let mut refusal = None;
    for site in sites(layout, place) {
        if mount(&site)? != anchor {
            refusal.get_or_insert(TreeError::OtherFileSystem { path: base.to_owned(), folder: site });
        } else if let Err(error) = writable(&site) {
            refusal.get_or_insert(error);
        } else {
            return Ok(site);
        }
    }
    Err(refusal.unwrap_or_else(|| TreeError::NotAFolder { path: base.to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beside(layout: &Layout, place: Place) -> PathBuf {
        let stage = Stage::open(layout, place).unwrap();
        stage.folder.parent().unwrap().parent().unwrap().to_owned()
    }

    #[test]
    fn a_stage_lies_where_git_ignores_it_or_beside_what_it_is_for() {
        let scratch = tempfile::tempdir().unwrap();
        let root = scratch.path().join("project");
        let away = scratch.path().join("deploy");
        make_folder(&root).unwrap();
        make_folder(&away).unwrap();
        let layout = Layout { out: away.join("out"), pki: root.join("deep/pki"), ..Layout::below(&root) };
        assert_eq!(beside(&layout, Place::Pki), root);
        assert_eq!(beside(&layout, Place::Root), root);
        assert_eq!(beside(&layout, Place::Out), away);
        assert!(!root.join(HOLDER).exists() && !away.join(HOLDER).exists(), "nothing stays");
        let other = Layout { out: away.join("other"), ..Layout::below(&root) };
        assert_ne!(name(&layout, Place::Out), name(&other, Place::Out));
    }

    #[test]
    fn files_go_to_another_file_system_whole() {
        let scratch = tempfile::tempdir().unwrap();
        let memory = Path::new("/dev/shm");
        if !memory.is_dir() || mount(memory).unwrap() == mount(scratch.path()).unwrap() {
            return; // no second file system here
        }
        let away = tempfile::tempdir_in(memory).unwrap();
        // A folder that is not there yet, in one that is; and one that is there.
        for out in [away.path().join("deep/out"), away.path().to_owned()] {
            let layout = Layout { out: out.clone(), ..Layout::below(scratch.path()) };
            let mut plan = crate::plan::files::FilePlan::default();
            let path = crate::plan::files::ProjectPath::new("default/a.yaml").unwrap();
            plan.write(Place::Out, path.clone(), "1");
            plan.write(Place::Pki, path, "2");
            super::super::apply(&layout, &plan).unwrap();
            assert_eq!(fs::read_to_string(out.join("default/a.yaml")).unwrap(), "1");
        }
        // The mount itself: nothing beside it is on the same file system, so the stage lies within.
        let layout = Layout { out: memory.to_owned(), ..Layout::below(scratch.path()) };
        assert_eq!(choose(&layout, Place::Out).unwrap(), memory);
    }
}
