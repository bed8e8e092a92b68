//! Findings about files of ours that can't be used as they are.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::plaintext::plaintext_key;
use super::{Entry, Snapshot};
use crate::diag::{Code, Diagnostic, Report};
use crate::paths::{Names, Place, ProjectPath};
use crate::spec::conflict;

/// The finding about a sealed file of ours that can't be used; if that is because its key is in the clear, that is what
/// matters about it.
pub(super) fn damaged(path: &str, text: &str, reason: &str) -> Diagnostic {
    match plaintext_key(path, text) {
        Some(finding) => finding.note(format!("it is to be sealed: {reason}")).help(restore(path)),
        None => broken(path, reason),
    }
}

/// The finding about a file of ours that can't be used.
pub(crate) fn broken(path: &str, reason: &str) -> Diagnostic {
    Diagnostic::error(Code::BROKEN_FILE, format!("{path} can't be used: {reason}"))
        .in_file(path)
        .help(restore(path))
}

/// The mend for a file that was changed.
pub(crate) fn restore(path: &str) -> String {
    format!("restore it from Git: `git checkout HEAD -- {path}`, or an older commit of it")
}

/// The finding about a file in which Git left both sides of a merge. No mixture of two trees is one, so both are taken whole.
pub(crate) fn unmerged(path: &str, names: &Names) -> Diagnostic {
    let folders = format!("{} {}", names.folder(Place::Out), names.folder(Place::Pki));
    Diagnostic::error(
        Code::BROKEN_FILE,
        format!("{path} can't be used: it holds a conflict of a merge that is not resolved"),
    )
    .in_file(path)
    .note("two runs made different files, and sealed ones can't be joined")
    .help(format!("take one side whole, that of the branch others build on, and render again: `git restore --source=MERGE_HEAD --staged --worktree {folders}` where you merge it into yours, `--source=HEAD` in a rebase; then `gatewright render`"))
}

/// Puts one finding about each such file in the place of all that is said of its contents. Other manifests than sealed ones are
/// derived, and written anew whatever is in them.
pub(super) fn name_unmerged(snapshot: &Snapshot, report: &mut Report) {
    let is_kept = |place, path: &ProjectPath| {
        let endings: &[&str] =
            if place == Place::Pki { &[".sops.yaml", ".crt", ".crl"] } else { &[".sops.yaml"] };
        endings.iter().any(|ending| path.file_name().ends_with(ending))
    };
    let shown = |place| {
        snapshot.folder(place).par_iter().filter_map(move |(path, entry)| {
            let Entry::File(bytes) = entry else { return None };
            let unmerged =
                is_kept(place, path) && conflict::unresolved(&String::from_utf8_lossy(bytes)).is_some();
            unmerged.then(|| snapshot.names().path(place, path))
        })
    };
    let paths: BTreeSet<String> = shown(Place::Out).chain(shown(Place::Pki)).collect();
    report.retain(|finding| {
        finding.code != Code::BROKEN_FILE
            || finding.file.as_ref().is_none_or(|file| !paths.contains(&file.path))
    });
    paths.iter().for_each(|path| report.push(unmerged(path, snapshot.names())));
}

/// The finding about a link where a file should be.
pub(super) fn link(path: &str) -> Diagnostic {
    Diagnostic::error(Code::SYMLINK, format!("{path} is a symbolic link"))
        .in_file(path)
        .note("nothing is written or removed through a link, and Git hosts, Flux and Argo CD refuse one that leads outside")
        .help("replace it by the file, or remove it")
}
