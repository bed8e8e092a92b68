//! Words of the command lines that we print.

use std::path::{Component, Path, PathBuf};

use super::settings::Settings;
pub(super) use crate::diag::quoted;
use crate::state::git::real;

/// A path as one names it from a folder: below it, or up and down again; from the top where they share nothing.
pub(super) fn from(folder: &Path, path: &Path) -> PathBuf {
    let (folder, path) = match path.strip_prefix(folder) {
        Ok(_) => (folder.to_owned(), path.to_owned()),
        // Up leads where the folder really lies.
        Err(_) => (real(folder), real(path)),
    };
    let shared = folder.components().zip(path.components()).take_while(|(a, b)| a == b).count();
    if shared < 2 {
        return path;
    }
    let up = folder.components().skip(shared).map(|_| Component::ParentDir);
    let found: PathBuf = up.chain(path.components().skip(shared)).collect();
    if found.as_os_str().is_empty() { PathBuf::from(".") } else { found }
}

/// The start of a call about this project from a folder: the program's name, and the flags for where the project and its
/// folders lie, as far as they are not where they would be found anyway.
pub(super) fn gatewright(settings: &Settings, folder: &Path) -> String {
    let mut call = "gatewright".to_owned();
    let mut flag = |flag: &str, path: &Path| {
        call.push_str(&format!(" {flag} {}", quoted(&path.display().to_string())));
    };
    if real(&settings.directory) != real(folder) {
        flag("-C", &from(folder, &settings.directory));
    }
    for (name, path) in settings.folders() {
        if path != settings.layout.root.join(name.trim_start_matches('-')) {
            flag(name, &from(&settings.directory, path));
        }
    }
    call
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_named_from_where_one_stands() {
        let here = Path::new("/a/b");
        let named = |path| from(here, Path::new(path)).display().to_string();
        assert_eq!(
            ["/a/b/c/d", "/a/b", "/a/bc", "/a", "/x/y"].map(named),
            ["c/d", ".", "../bc", "..", "/x/y"]
        );
    }
}
