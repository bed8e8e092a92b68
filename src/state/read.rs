//! Disk → [`Input`].

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::git::{Ignores, Variables};
use super::{CrdFile, Entry, Input, Snapshot, SopsConfigFile, StateError, loose};
use crate::paths::{Layout, Place, ProjectPath};
use crate::schema;
use crate::spec::{Sources, parse};

/// Reads all that a run needs: spec, templates, `.sops.yaml`, `out/` and `pki/`, and Git's ignore rules. The variables of
/// the environment are for Git's settings.
///
/// # Errors
/// [`StateError`] with the path, where something is there and can't be read.
pub fn read(
    layout: &Layout,
    templates: &Path,
    sops_config: Option<&Path>,
    variables: Variables<'_>,
) -> Result<Input, StateError> {
    for place in [Place::Out, Place::Pki] {
        no_link(layout, place)?;
    }
    let (out, pki) = (folder(layout, Place::Out)?, folder(layout, Place::Pki)?);
    let snapshot = Snapshot { out, pki, names: layout.names() };
    let (sources, almost_specs) = sources(layout)?;
    let ignores = Ignores::read(layout, &snapshot, variables);
    Ok(Input {
        crds: crds(layout, &sources)?,
        sources,
        almost_specs,
        templates_folder: templates.strip_prefix(&layout.root).unwrap_or(templates).display().to_string(),
        templates: texts(templates, &|_| true)?,
        sops_config: self::sops_config(&layout.root, sops_config)?,
        loose_keys: loose::keys(layout, templates, &ignores),
        ignores,
        snapshot,
    })
}

/// Whether a file is read as a spec, by its name.
#[must_use]
pub fn is_spec(path: &Path) -> bool {
    !is_hidden(path) && path.extension().is_some_and(|ending| ending == "kdl")
}

/// A name that says that a file is no part of the project: hidden, or an editor's lock, copy or saved state.
fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    name.starts_with('.') || name.ends_with('~') || name.starts_with('#') && name.ends_with('#')
}

/// The spec, and files of `specs/` that only nearly have the name of one.
fn sources(layout: &Layout) -> Result<(Sources, Vec<String>), StateError> {
    let names = layout.names();
    let mut almost = Vec::new();
    let mut files = Vec::new();
    for path in files_below(&layout.specs)? {
        let shown = || Ok::<_, StateError>(names.below(Place::Spec, &below(&layout.specs, &path)?));
        if is_spec(&path) {
            files.push((shown()?, text(&path)?));
        } else if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("kdl")) {
            almost.push(shown()?);
        }
    }
    let project = layout.root.join("gatewright.kdl");
    if exists(&project)? {
        files.push(("gatewright.kdl".to_owned(), text(&project)?));
    }
    Ok((Sources::new(files), almost))
}

/// The files with CRDs that the project names, by paths from its root.
fn crds(layout: &Layout, sources: &Sources) -> Result<Vec<CrdFile>, StateError> {
    let read = |path: String| {
        let file = layout.root.join(&path);
        let is_within = schema::is_within(&path);
        let folder = (is_within && file.is_dir()).then(|| yaml_files(&file, &path)).transpose()?;
        let is_there = is_within && file.is_file();
        Ok(CrdFile { text: if is_there { Some(text(&file)?) } else { None }, path, folder })
    };
    parse::crds(sources).into_iter().map(read).collect()
}

/// The YAML files below a folder, by paths as the folder's own.
fn yaml_files(folder: &Path, path: &str) -> Result<Vec<String>, StateError> {
    let is_yaml = |file: &PathBuf| file.extension().is_some_and(|end| end == "yaml" || end == "yml");
    let files = files_below(folder)?.into_iter().filter(is_yaml);
    files.map(|file| Ok(format!("{}/{}", path.trim_end_matches('/'), below(folder, &file)?))).collect()
}

/// All text files below a folder, by path below it; none if there is no such folder.
fn texts(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Result<Vec<(String, String)>, StateError> {
    let files = files_below(folder)?.into_iter().filter(|path| wanted(path));
    files.map(|path| Ok((below(folder, &path)?, text(&path)?))).collect()
}

/// All that lies below a folder and is no folder, hidden ones aside. Links are followed: these are the user's own files.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>, StateError> {
    let mut found = Vec::new();
    if !exists(folder)? {
        return Ok(found);
    }
    let mut entries = WalkDir::new(folder).min_depth(1).follow_links(true).sort_by_file_name().into_iter();
    while let Some(entry) = entries.next() {
        match entry {
            // The lock of an editor is a link that leads nowhere.
            Err(error) if error.path().is_some_and(is_hidden) => {}
            Err(error) => return Err(walk_error(folder, error)),
            Ok(entry) if is_hidden(entry.path()) => {
                if entry.file_type().is_dir() {
                    entries.skip_current_dir();
                }
            }
            Ok(entry) if entry.file_type().is_dir() => {}
            Ok(entry) => found.push(entry.into_path()),
        }
    }
    Ok(found)
}

/// Nothing is written through a link, so nothing is compared through one either. The root may be reached through one, and
/// so may a folder outside of it, unless it is the link itself.
fn no_link(layout: &Layout, place: Place) -> Result<(), StateError> {
    let folder = layout.folder(place);
    let is_within = |above: &Path| above.starts_with(&layout.root) && above != layout.root;
    let within = folder.ancestors().take_while(|above| *above == folder || is_within(above));
    match within.filter(|above| above.is_symlink()).last() {
        Some(link) => Err(StateError::Link { path: link.to_owned() }),
        None => Ok(()),
    }
}

fn folder(layout: &Layout, place: Place) -> Result<BTreeMap<ProjectPath, Entry>, StateError> {
    let folder = layout.folder(place);
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
        // Nothing of ours is hidden, so an editor's lock is in nobody's way.
        if !kind.is_file() && is_hidden(entry.path()) {
            continue;
        }
        if kind.is_symlink() {
            found.insert(path, Entry::Link);
            continue;
        }
        let bytes = bytes(entry.path())?;
        if !bytes.trim_ascii().is_empty() || !is_derived(place, &path) {
            found.insert(path, Entry::File(bytes));
        }
    }
    Ok(found)
}

/// Whether a file says nothing that is not said elsewhere too. An emptied one then is as good as none, and is written again.
fn is_derived(place: Place, path: &ProjectPath) -> bool {
    match place {
        Place::Out => path.as_str().ends_with(".yaml") && !path.as_str().ends_with(".sops.yaml"),
        // A leaf's copy stands alone where its Secret hides the certificate.
        Place::Pki => path.as_str().ends_with(".crt") && path.parts().next() != Some("leaves"),
        _ => false,
    }
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
        // Whoever names it may name a pipe.
        let bytes = fs::read(path).map_err(|source| read_error(path, source))?;
        return Ok(Some(SopsConfigFile { path: path.to_owned(), text: utf8(path, bytes)? }));
    }
    for folder in root.ancestors().take(100) {
        let path = folder.join(".sops.yaml");
        if exists(&path)? {
            return Ok(Some(SopsConfigFile { text: text(&path)?, path }));
        }
    }
    Ok(None)
}

fn exists(path: &Path) -> Result<bool, StateError> {
    match fs::metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(false)
        }
        Err(source) => Err(read_error(path, source)),
    }
}

fn text(path: &Path) -> Result<String, StateError> {
    utf8(path, bytes(path)?)
}

fn utf8(path: &Path, bytes: Vec<u8>) -> Result<String, StateError> {
    String::from_utf8(bytes).map_err(|_| StateError::NotText { path: path.to_owned() })
}

/// The bytes of a file. Reading a pipe or a device could wait for ever, or never end.
fn bytes(path: &Path) -> Result<Vec<u8>, StateError> {
    let found = fs::metadata(path).map_err(|source| read_error(path, source))?;
    if !found.is_file() && !found.is_dir() {
        return Err(StateError::NotAFile { path: path.to_owned() });
    }
    fs::read(path).map_err(|source| read_error(path, source))
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
