//! Findings about files of ours that can't be used as they are.

use super::plaintext::plaintext_key;
use crate::diag::{Code, Diagnostic};

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

/// The finding about a link where a file should be.
pub(super) fn link(path: &str) -> Diagnostic {
    Diagnostic::error(Code::SYMLINK, format!("{path} is a symbolic link"))
        .in_file(path)
        .note("nothing is written or removed through a link, and Git hosts, Flux and Argo CD refuse one that leads outside")
        .help("replace it by the file, or remove it")
}
