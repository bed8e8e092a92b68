//! Disk → [`Input`].

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::{CrdFile, Entry, Input, Snapshot, SopsConfigFile, StateError, gitignore};
use crate::paths::Layout;
use crate::paths::ProjectPath;
use crate::schema;
use crate::spec::{Sources, parse};

/// Reads all that a run needs: spec, templates, `.sops.yaml`, `out/` and `pki/`, and Git's ignore rules.
///
/// # Errors
/// [`StateError`] with the path, where something is there and can't be read.
pub fn read(layout: &Layout, templates: &Path, sops_config: Option<&Path>) -> Result<Input, StateError> {
    let sources = sources(layout)?;
    Ok(Input {
        crds: crds(layout, &sources)?,
        sources,
        templates_folder: templates.strip_prefix(&layout.root).unwrap_or(templates).display().to_string(),
        templates: texts(templates, &|_| true)?,
        sops_config: self::sops_config(&layout.root, sops_config)?,
        snapshot: Snapshot { out: folder(&layout.out)?, pki: folder(&layout.pki)? },
        ignored: gitignore::ignored(layout)?,
    })
}

fn sources(layout: &Layout) -> Result<Sources, StateError> {
    let is_kdl = |path: &Path| path.extension().is_some_and(|ending| ending == "kdl");
    let prefix = layout.specs.strip_prefix(&layout.root).unwrap_or(&layout.specs).display().to_string();
    let mut files: Vec<_> = texts(&layout.specs, &is_kdl)?
        .into_iter()
        .map(|(path, text)| (format!("{prefix}/{path}"), text))
        .collect();
    let project = layout.root.join("gatewright.kdl");
    if exists(&project)? {
        files.push(("gatewright.kdl".to_owned(), text(&project)?));
    }
    Ok(Sources::new(files))
}

/// The files with CRDs that the project names, by paths from its root.
fn crds(layout: &Layout, sources: &Sources) -> Result<Vec<CrdFile>, StateError> {
    let read = |path: String| {
        let file = layout.root.join(&path);
        let is_there = schema::is_within(&path) && file.is_file();
        Ok(CrdFile { text: if is_there { Some(text(&file)?) } else { None }, path })
    };
    parse::crds(sources).into_iter().map(read).collect()
}

/// All text files below a folder, by path below it; none if there is no such folder. Links are followed: these are the
/// user's own files.
fn texts(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Result<Vec<(String, String)>, StateError> {
    let mut found = Vec::new();
    if !exists(folder)? {
        return Ok(found);
    }
    for entry in WalkDir::new(folder).follow_links(true).sort_by_file_name() {
        let entry = entry.map_err(|error| walk_error(folder, error))?;
        if entry.file_type().is_file() && wanted(entry.path()) {
            found.push((below(folder, entry.path())?, text(entry.path())?));
        }
    }
    Ok(found)
}

fn folder(folder: &Path) -> Result<BTreeMap<ProjectPath, Entry>, StateError> {
    let mut found = BTreeMap::new();
    if !exists(folder)? {
        return Ok(found);
    }
    for entry in WalkDir::new(folder).min_depth(1).sort_by_file_name() {
        let entry = entry.map_err(|error| walk_error(folder, error))?;
        let kind = entry.file_type();
        if kind.is_dir() {
            continue;
        }
        let path = below(folder, entry.path())?;
        let Ok(path) = ProjectPath::new(path) else { continue };
        let entry = if kind.is_symlink() {
            Entry::Link
        } else {
            Entry::File(fs::read(entry.path()).map_err(|source| read_error(entry.path(), source))?)
        };
        found.insert(path, entry);
    }
    Ok(found)
}

/// The path below a folder, with `/`.
fn below(folder: &Path, path: &Path) -> Result<String, StateError> {
    let rest = path.strip_prefix(folder).unwrap_or(path);
    let parts: Option<Vec<&str>> = rest.iter().map(|part| part.to_str()).collect();
    parts
        .map(|parts| parts.join("/"))
        .ok_or_else(|| StateError::Name { path: path.to_owned(), reason: "it is not UTF-8".to_owned() })
}

/// The `.sops.yaml` that was named, or the nearest one upward from the project's root, as `sops` started there finds it.
///
/// # Errors
/// [`StateError`], where one is there and can't be read.
pub fn sops_config(root: &Path, named: Option<&Path>) -> Result<Option<SopsConfigFile>, StateError> {
    if let Some(path) = named {
        return Ok(Some(SopsConfigFile { path: path.to_owned(), text: text(path)? }));
    }
    for folder in root.ancestors().take(100) {
        let path = folder.join(".sops.yaml");
        if exists(&path)? {
            return Ok(Some(SopsConfigFile { text: text(&path)?, path }));
        }
    }
    Ok(None)
}

pub(super) fn exists(path: &Path) -> Result<bool, StateError> {
    match fs::metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(false)
        }
        Err(source) => Err(read_error(path, source)),
    }
}

pub(super) fn text(path: &Path) -> Result<String, StateError> {
    let bytes = fs::read(path).map_err(|source| read_error(path, source))?;
    String::from_utf8(bytes).map_err(|_| StateError::NotText { path: path.to_owned() })
}

fn read_error(path: &Path, source: io::Error) -> StateError {
    StateError::Read { path: path.to_owned(), source }
}

fn walk_error(folder: &Path, error: walkdir::Error) -> StateError {
    let path: PathBuf = error.path().unwrap_or(folder).to_owned();
    let source =
        error.into_io_error().unwrap_or_else(|| io::Error::other("a link that leads back to its own folder"));
    StateError::Read { path, source }
}
