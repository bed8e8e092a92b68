//! A plan becomes the disk's state.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::stage::{Stage, make_folder, sweep};
use super::{Doing, Layout, TreeError, survey};
use crate::plan::files::{FilePlan, Place};

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// Files written.
    pub written: usize,
    /// Files removed.
    pub pruned: usize,
}

/// Brings the disk to a plan. The caller holds the [`super::Lock`].
///
/// New files are written beside the tree first, so that a full disk leaves the tree as it was; then renamed into place in
/// the order of [`crate::plan::files::Step`]; then files are removed, with the folders that this empties. A run that is cut
/// off leaves each file old or new, and what it had staged is swept away by the next.
///
/// # Errors
/// Links, things in the way and folders that can't be written are found before anything changes.
pub fn apply(layout: &Layout, plan: &FilePlan) -> Result<Applied, TreeError> {
    sweep(layout);
    if plan.is_empty() {
        return Ok(Applied::default());
    }
    survey::check(layout, plan)?;
    let mut applied = Applied::default();
    let staged = Staged::new(layout, plan)?;
    let mut folders = BTreeSet::new();
    for (from, to) in &staged.files {
        if let Some(folder) = to.parent()
            && folders.insert(folder)
        {
            make_folder(folder)?;
        }
        fs::rename(from, to).map_err(TreeError::io(Doing::Renaming, to))?;
    }
    applied.written = plan.writes.len();
    applied.pruned = prune(layout, plan)?;
    Ok(applied)
}

/// All new files, whole and on the disk, in the order in which they go to their places.
struct Staged {
    files: Vec<(PathBuf, PathBuf)>,
    _stages: BTreeMap<Place, Stage>,
}

impl Staged {
    fn new(layout: &Layout, plan: &FilePlan) -> Result<Self, TreeError> {
        let mut stages = BTreeMap::new();
        let mut files = Vec::with_capacity(plan.writes.len() + plan.aside.len());
        for write in plan.all_writes_in_order() {
            let stage = match stages.entry(write.place) {
                std::collections::btree_map::Entry::Occupied(open) => open.into_mut(),
                std::collections::btree_map::Entry::Vacant(free) => {
                    free.insert(Stage::open(layout, write.place)?)
                }
            };
            files.push((stage.put(&write.contents)?, layout.path(write.place, &write.path)));
        }
        let mut synced = BTreeSet::new();
        for stage in stages.values() {
            // Where a sync goes file by file, one stage's says nothing about another's.
            if synced.insert(stage.mount()) || cfg!(not(target_os = "linux")) {
                stage.sync()?;
            }
        }
        Ok(Self { files, _stages: stages })
    }
}

fn prune(layout: &Layout, plan: &FilePlan) -> Result<usize, TreeError> {
    let mut pruned = 0;
    let mut emptied = BTreeSet::new();
    for prune in plan.all_prunes_in_order() {
        let path = layout.path(prune.place, &prune.path);
        match fs::remove_file(&path) {
            Ok(()) => pruned += usize::from(!plan.aside.iter().any(|copy| copy.path == prune.path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(TreeError::io(Doing::Removing, &path)(error)),
        }
        let base = layout.folder(prune.place);
        emptied.extend(path.ancestors().skip(1).take_while(|folder| *folder != base).map(Path::to_owned));
    }
    for folder in emptied.iter().rev() {
        match fs::remove_dir(folder) {
            Ok(()) => {}
            Err(error)
                if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty) => {}
            Err(error) => return Err(TreeError::io(Doing::Removing, folder)(error)),
        }
    }
    Ok(pruned)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use crate::plan::files::ProjectPath;

    /// What a tree holds, as `path: contents` lines; folders that hold nothing end in `/`.
    fn tree(root: &Path) -> Vec<String> {
        let entries = walkdir::WalkDir::new(root).min_depth(1).sort_by_file_name();
        let mut lines = Vec::new();
        for entry in entries {
            let entry = entry.unwrap();
            let name = entry.path().strip_prefix(root).unwrap().display().to_string();
            if entry.file_type().is_file() {
                lines.push(format!("{name}: {}", fs::read_to_string(entry.path()).unwrap()));
            } else if entry.file_type().is_dir() && fs::read_dir(entry.path()).unwrap().count() == 0 {
                lines.push(format!("{name}/"));
            }
        }
        lines
    }

    fn plan(writes: &[(&str, &str)], prunes: &[&str]) -> FilePlan {
        let mut plan = FilePlan::default();
        for (path, contents) in writes {
            plan.write(Place::Out, ProjectPath::new(*path).unwrap(), *contents);
        }
        for path in prunes {
            plan.prune(Place::Out, ProjectPath::new(*path).unwrap());
        }
        plan
    }

    fn project() -> (tempfile::TempDir, Layout) {
        let scratch = tempfile::tempdir().unwrap();
        let layout = Layout::below(scratch.path());
        (scratch, layout)
    }

    #[test]
    fn writes_replaces_and_prunes_and_leaves_nothing_else() {
        let (scratch, layout) = project();
        let first = plan(&[("a/one.yaml", "1"), ("b/c/two.yaml", "2"), ("kustomization.yaml", "k")], &[]);
        assert_eq!(apply(&layout, &first).unwrap(), Applied { written: 3, pruned: 0 });
        assert_eq!(
            tree(scratch.path()),
            ["out/a/one.yaml: 1", "out/b/c/two.yaml: 2", "out/kustomization.yaml: k"]
        );
        let mode = |path: &str| fs::metadata(layout.out.join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            (mode("a/one.yaml") | 0o022, mode("a") | 0o022),
            (0o666, 0o777),
            "readable, whatever the umask"
        );

        let second = plan(&[("a/one.yaml", "new")], &["b/c/two.yaml", "gone/long/ago.yaml"]);
        assert_eq!(apply(&layout, &second).unwrap(), Applied { written: 1, pruned: 1 });
        assert_eq!(tree(scratch.path()), ["out/a/one.yaml: new", "out/kustomization.yaml: k"]);
    }

    #[test]
    fn a_folder_is_not_emptied_of_what_others_put_there() {
        let (scratch, layout) = project();
        apply(&layout, &plan(&[("a/ours.yaml", "1")], &[])).unwrap();
        fs::write(layout.out.join("a/theirs.yaml"), "t").unwrap();
        apply(&layout, &plan(&[], &["a/ours.yaml"])).unwrap();
        assert_eq!(tree(scratch.path()), ["out/a/theirs.yaml: t"]);
    }

    #[test]
    fn every_place_is_written_also_outside_the_root() {
        let scratch = tempfile::tempdir().unwrap();
        let [root, away] = ["root", "away"].map(|name| scratch.path().join(name));
        fs::create_dir(&root).unwrap();
        fs::create_dir(&away).unwrap();
        let layout = Layout { out: away.join("deep/out"), pki: away.join("pki"), ..Layout::below(&root) };
        let mut plan = FilePlan::default();
        for place in Place::ALL {
            plan.write(place, ProjectPath::new("x/y").unwrap(), "z");
        }
        apply(&layout, &plan).unwrap();
        assert_eq!(
            tree(scratch.path()),
            ["away/deep/out/x/y: z", "away/pki/x/y: z", "root/specs/x/y: z", "root/x/y: z"]
        );
    }

    #[test]
    fn links_are_refused_before_anything_is_written() {
        for (link, target) in [
            ("out", "elsewhere"),
            ("out", "nowhere"),
            ("out/a", "../elsewhere"),
            ("out/a/x.yaml", "../../elsewhere/f"),
        ] {
            let (scratch, layout) = project();
            fs::create_dir(scratch.path().join("elsewhere")).unwrap();
            fs::write(scratch.path().join("elsewhere/f"), "safe").unwrap();
            let link = scratch.path().join(link);
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            symlink(target, &link).unwrap();
            let before = tree(scratch.path());
            for plan in [plan(&[("0/first.yaml", "1"), ("a/x.yaml", "2")], &[]), plan(&[], &["a/x.yaml"])] {
                let error = apply(&layout, &plan).unwrap_err();
                assert!(matches!(&error, TreeError::Symlink { path } if *path == link), "{error}");
            }
            assert_eq!(tree(scratch.path()), before);
        }
    }

    #[test]
    fn a_root_behind_a_link_is_fine_and_a_linked_folder_on_the_way_to_out_is_not() {
        let scratch = tempfile::tempdir().unwrap();
        fs::create_dir_all(scratch.path().join("real/there")).unwrap();
        symlink("real", scratch.path().join("link")).unwrap();
        symlink("there", scratch.path().join("real/deploy")).unwrap();
        let root = scratch.path().join("link");
        apply(&Layout::below(&root), &plan(&[("a.yaml", "1")], &[])).unwrap();
        let layout = Layout { out: root.join("deploy/out"), ..Layout::below(&root) };
        let error = apply(&layout, &plan(&[("a.yaml", "1")], &[])).unwrap_err();
        assert!(matches!(&error, TreeError::Symlink { path } if path.ends_with("link/deploy")), "{error}");
    }

    #[test]
    fn things_in_the_way_are_named_and_nothing_is_half_done() {
        let (scratch, layout) = project();
        fs::create_dir_all(layout.out.join("z/x.yaml")).unwrap();
        fs::write(layout.out.join("file"), "f").unwrap();
        let before = tree(scratch.path());
        let error = apply(&layout, &plan(&[("a.yaml", "1"), ("z/x.yaml", "2")], &[])).unwrap_err();
        assert!(matches!(&error, TreeError::NotAFile { path } if path.ends_with("out/z/x.yaml")), "{error}");
        for inside in ["file/x.yaml", "file/deep/x.yaml"] {
            let error = apply(&layout, &plan(&[("a.yaml", "1"), (inside, "2")], &[])).unwrap_err();
            assert!(
                matches!(&error, TreeError::NotAFolder { path } if path.ends_with("out/file")),
                "{error}"
            );
        }
        let error = apply(&layout, &plan(&[], &["z/x.yaml"])).unwrap_err();
        assert!(matches!(&error, TreeError::NotAFile { .. }), "{error}");
        assert_eq!(tree(scratch.path()), before);

        fs::write(scratch.path().join(".gatewright"), "?").unwrap();
        let error = apply(&layout, &plan(&[("a.yaml", "1")], &[])).unwrap_err();
        assert!(matches!(&error, TreeError::NotAFolder { path } if path.ends_with(".gatewright")), "{error}");
    }

    #[test]
    fn out_that_is_a_file_is_named() {
        let (_scratch, layout) = project();
        fs::write(&layout.out, "").unwrap();
        let error = apply(&layout, &plan(&[("a.yaml", "1")], &[])).unwrap_err();
        assert!(matches!(&error, TreeError::NotAFolder { path } if *path == layout.out), "{error}");
    }

    #[test]
    fn a_folder_without_permission_is_found_before_the_first_rename() {
        let (scratch, layout) = project();
        let locked = layout.out.join("locked");
        fs::create_dir_all(&locked).unwrap();
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).unwrap();
        if fs::write(locked.join("probe"), "").is_ok() {
            return; // root may write anywhere; nothing to see
        }
        let error = apply(&layout, &plan(&[("a.yaml", "1"), ("locked/deep/x.yaml", "2")], &[])).unwrap_err();
        assert!(matches!(&error, TreeError::Unwritable { path, .. } if *path == locked), "{error}");
        assert_eq!(tree(scratch.path()), ["out/locked/"]);
    }

    #[test]
    fn a_plan_at_odds_with_itself_is_refused() {
        let (_scratch, layout) = project();
        for plan in [
            plan(&[("a", "1"), ("a", "2")], &[]),
            plan(&[("a", "1")], &["a"]),
            plan(&[("a", "1"), ("a/b", "2")], &[]),
        ] {
            assert!(matches!(apply(&layout, &plan), Err(TreeError::Clash { .. })));
        }
        assert!(!layout.out.exists());
    }

    #[test]
    fn a_private_key_in_the_clear_never_reaches_the_disk() {
        let (scratch, layout) = project();
        let base64 = |pem: &str| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, pem);
        for kind in ["", "RSA ", "EC "] {
            let pem = format!("-----BEGIN {kind}PRIVATE KEY-----\nMC4=\n-----END {kind}PRIVATE KEY-----\n");
            for contents in [format!("data:\n  tls.key: {}\n", base64(&pem)), pem] {
                let error = apply(&layout, &plan(&[("a.yaml", &contents)], &[])).unwrap_err();
                assert!(matches!(error, TreeError::PlaintextKey { .. }), "{contents}");
                assert!(!error.to_string().contains("MC4"));
            }
        }
        assert!(tree(scratch.path()).is_empty());
    }

    #[test]
    fn what_a_killed_run_left_is_swept_away() {
        let (scratch, layout) = project();
        let left = scratch.path().join(".gatewright/out-out");
        fs::create_dir_all(left.join("deep")).unwrap();
        fs::write(left.join("0"), "half").unwrap();
        apply(&layout, &FilePlan::default()).unwrap();
        assert!(tree(scratch.path()).is_empty());
        fs::create_dir_all(&left).unwrap();
        fs::write(left.join("0"), "half").unwrap();
        apply(&layout, &plan(&[("a.yaml", "1")], &[])).unwrap();
        assert_eq!(tree(scratch.path()), ["out/a.yaml: 1"]);
    }
}
