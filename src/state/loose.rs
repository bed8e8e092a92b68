//! Private keys in files of the project that nothing else reads: beside the spec and the templates, and in the root.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::git::Ignores;
use super::plaintext::whole_plaintext_key;
use super::read::is_spec;
use crate::diag::Diagnostic;
use crate::paths::{Layout, Place};

/// How much of a file is looked at. A key is small, and stands near the start of what it lies in.
const MOST: u64 = 1 << 20;

/// The findings, by path. What Git ignores is nobody's to read, and may be somebody's identity.
pub(super) fn keys(layout: &Layout, templates: &Path, ignores: &Ignores) -> Vec<Diagnostic> {
    let rules = ignores.of(Place::Out);
    let mut found = Vec::new();
    for path in files(layout, templates) {
        let Some(text) = start_of(&path) else { continue };
        let below = path.strip_prefix(&layout.root).ok();
        let shown = below.unwrap_or(&path).display().to_string();
        if let Some(finding) = whole_plaintext_key(&shown, &text)
            && !below.is_some_and(|_| rules.ignores_of_project(&shown))
        {
            found.push(finding);
        }
    }
    found
}

/// Files of these folders that are not read for what they say. Links are not followed: what they lead to lies elsewhere.
fn files(layout: &Layout, templates: &Path) -> BTreeSet<PathBuf> {
    let walk = |folder: &Path, depth| {
        let files = WalkDir::new(folder).min_depth(1).max_depth(depth).into_iter().filter_map(Result::ok);
        files.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path)
    };
    let is_hidden = |path: &Path| path.iter().any(|part| part.to_string_lossy().starts_with('.'));
    let is_read = |folder: &Path, path: &Path| path.strip_prefix(folder).is_ok_and(|below| !is_hidden(below));
    let specs =
        walk(&layout.specs, usize::MAX).filter(|path| !is_read(&layout.specs, path) || !is_spec(path));
    let own = walk(templates, usize::MAX).filter(|path| !is_read(templates, path));
    let known = [layout.root.join("gatewright.kdl"), layout.root.join(".sops.yaml")];
    let root = walk(&layout.root, 1).filter(|path| !known.contains(path));
    specs.chain(own).chain(root).collect()
}

/// The text at a file's start; nothing of what can't be read.
fn start_of(path: &Path) -> Option<String> {
    // A link may have taken the file's place since it was found.
    if !fs::symlink_metadata(path).ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(MOST).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
