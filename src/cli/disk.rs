//! What the disk said no to, as findings: the fact comes from below, the mend from here.

use std::path::Path;

use crate::diag::{Code, Diagnostic};
use crate::state::StateError;
use crate::tree::{Doing, LockError, TreeError};

/// The finding about a tree that can't be written.
pub(super) fn tree(error: &TreeError) -> Diagnostic {
    let say = |code, path: &Path| Diagnostic::error(code, error.to_string()).in_file(shown(path));
    match error {
        TreeError::Symlink { path } => link(path, error.to_string()),
        TreeError::NotAFolder { path } | TreeError::NotAFile { path } => say(Code::FOREIGN_FILE, path)
            .note("Gatewright did not put it there, so it is left alone; nothing was written")
            .help("move it somewhere else, or remove it"),
        TreeError::Unwritable { path, .. } => say(Code::UNWRITABLE, path)
            .note("nothing was written")
            .help("let this user write there, or name another place with `--out` or `--pki`"),
        TreeError::OtherFileSystem { path, .. } => say(Code::UNWRITABLE, path)
            .note("a file is staged beside its place and then renamed, so that it is never there by halves")
            .help("mount the whole folder, or name another place with `--out` or `--pki`"),
        TreeError::Clash { path } | TreeError::PlaintextKey { path } => say(Code::UNWRITABLE, path)
            .note("nothing was written")
            .help("this is a mistake in Gatewright: please report it"),
        TreeError::Io { doing, path, .. } => {
            let finding = say(Code::UNWRITABLE, path);
            if matches!(doing, Doing::Renaming | Doing::Removing | Doing::MakingFolder) {
                finding
                    .note("every file is the old one or the new one, whole")
                    .help("once the system allows it, run this again: it goes on from here")
            } else {
                finding.note("nothing was changed").help("once the system allows it, run this again")
            }
        }
    }
}

fn link(path: &Path, message: String) -> Diagnostic {
    Diagnostic::error(Code::SYMLINK, message)
        .in_file(shown(path))
        .note("it could lead out of the project, and Git hosts, Flux and Argo CD refuse such a link too")
        .help("put the folder or file itself there, or name another place with `--out` or `--pki`")
}

/// The finding about a project that can't be read.
pub(super) fn state(error: &StateError) -> Diagnostic {
    let (path, help) = match error {
        StateError::Link { path } => return link(path, error.to_string()),
        StateError::NotAFile { path } => (path, "remove it, or move it out of this folder"),
        StateError::Read { path, .. } => (path, "let this user read it, or remove it"),
        StateError::NotText { path } => (path, "save it as UTF-8, or move it out of this folder"),
        StateError::Name { path, .. } => (path, "rename it"),
    };
    Diagnostic::error(Code::UNREADABLE, error.to_string()).in_file(shown(path)).help(help)
}

/// The finding about a project that can't be locked.
pub(super) fn lock(error: &LockError) -> Diagnostic {
    match error {
        LockError::Taken { path } => Diagnostic::error(Code::BUSY, error.to_string()).in_file(shown(path)),
        LockError::Io { path, .. } => Diagnostic::error(Code::UNREADABLE, error.to_string())
            .in_file(shown(path))
            .help("let this user open the folder"),
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
