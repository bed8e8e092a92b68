//! What Git ignores, by the rules that Git reads: every `.gitignore` from the top of the working tree down, the repository's
//! `info/exclude`, and the person's own ignore file. Keys are random: what Git ignores is never committed, and is lost.

mod config;
mod glob;
mod repository;
mod rule;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

pub use config::Variables;
pub use repository::{nearest, top};

use super::{Entry, Snapshot};
use crate::paths::{Layout, Place};
use config::Config;
use repository::Repository;
use rule::Rule;

/// The rules for `out/` and for `pki/`; the two may lie in different repositories.
#[derive(Debug, Clone, Default)]
pub struct Ignores {
    out: Rules,
    pki: Rules,
}

impl Ignores {
    /// Reads them.
    #[must_use]
    pub fn read(layout: &Layout, snapshot: &Snapshot, variables: Variables<'_>) -> Self {
        let of = |place| Rules::read(layout, place, snapshot, variables);
        Self { out: of(Place::Out), pki: of(Place::Pki) }
    }

    /// Those for one of the two folders.
    #[must_use]
    pub fn of(&self, place: Place) -> &Rules {
        match place {
            Place::Pki => &self.pki,
            _ => &self.out,
        }
    }
}

/// Where an ignore file holds. The derived order is that of precedence, the weakest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// In all repositories of a person.
    Person,
    /// In one repository, uncommitted.
    Repository,
    /// In a folder of the working tree and below it; its path below the top, empty for the top itself.
    Folder(String),
}

/// An ignore file.
#[derive(Debug, Clone)]
struct List {
    /// Its path as a user reads it.
    shown: String,
    rules: Vec<Rule>,
}

/// A rule that decides, as a user reads it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decision {
    /// Where the file holds that the rule stands in.
    pub reach: Reach,
    /// That file.
    pub from: String,
    /// Its line, from 1.
    pub line: usize,
    /// The rule as written.
    pub rule: String,
}

/// The rules that hold below one folder.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// The folder's path below the top of the working tree; empty if it is the top.
    folder: String,
    /// The project's root, likewise, if it lies in the same working tree.
    project: Option<String>,
    lists: BTreeMap<Reach, List>,
    any_case: bool,
    top: PathBuf,
    root: PathBuf,
}

impl Rules {
    fn read(layout: &Layout, place: Place, snapshot: &Snapshot, variables: Variables<'_>) -> Self {
        let (folder, root) = (real(layout.folder(place)), real(&layout.root));
        let repository = Repository::around(&folder);
        let top = match &repository {
            Some(repository) => repository.top.as_path(),
            // What will be a repository one day is likely the project.
            None if folder.starts_with(&root) => &root,
            None => &folder,
        };
        let below = |path: &Path| slashed(path.strip_prefix(top).ok()?);
        let (Some(below_top), project) = (below(&folder), below(&root)) else { return Self::default() };
        let config = Config::read(variables, repository.as_ref());
        let mut rules = Self {
            folder: below_top,
            project,
            lists: BTreeMap::new(),
            any_case: config.any_case,
            top: top.to_owned(),
            root: root.clone(),
        };
        for within in folder.ancestors().skip(1).take_while(|within| within.starts_with(top)) {
            let file = within.join(".gitignore");
            // Git does not follow a link here.
            if file.is_file() && !file.is_symlink() {
                rules.add(Reach::Folder(below(within).unwrap_or_default()), &file);
            }
        }
        rules.take(place, snapshot);
        if let Some(repository) = &repository {
            rules.add(Reach::Repository, &repository.common.join("info/exclude"));
        }
        if let Some(file) = config.excludes(variables, top) {
            rules.add(Reach::Person, &file);
        }
        rules
    }

    /// Reads one ignore file, if it is there; one that can't be read ignores nothing, for Git neither.
    fn add(&mut self, reach: Reach, file: &Path) {
        let bytes = if file.is_file() { fs::read(file).ok() } else { None };
        if let Some(bytes) = bytes {
            let shown = self.shown(file);
            self.lists.insert(reach, List { shown, rules: rule::read(&bytes, self.any_case) });
        }
    }

    /// The ignore files below the folder itself, which are read already.
    fn take(&mut self, place: Place, snapshot: &Snapshot) {
        for (path, entry) in snapshot.folder(place) {
            if path.file_name() == ".gitignore"
                && let Entry::File(bytes) = entry
            {
                let inner = path.parent().map(|parent| parent.as_str().to_owned()).unwrap_or_default();
                let reach = Reach::Folder(join(&self.folder, &inner));
                let shown = snapshot.names().path(place, path);
                self.lists.insert(reach, List { shown, rules: rule::read(bytes, self.any_case) });
            }
        }
    }

    /// Those of the given paths below the folder that Git ignores, each with the rule that decides.
    #[must_use]
    pub fn ignored<'p>(&self, paths: impl IntoIterator<Item = &'p str>) -> Vec<(&'p str, Decision)> {
        let mut folders = HashMap::new();
        let mut found = Vec::new();
        for path in paths {
            let whole = join(&self.folder, path);
            let hit = whole
                .match_indices('/')
                .find_map(|(end, _)| {
                    let folder = whole.get(..end).unwrap_or_default();
                    if let Some(known) = folders.get(folder) {
                        return *known;
                    }
                    let hit = self.last_about(folder, true).filter(|(_, rule)| !rule.negated);
                    folders.insert(folder.to_owned(), hit);
                    hit
                })
                .or_else(|| self.last_about(&whole, false).filter(|(_, rule)| !rule.negated));
            if let Some((reach, rule)) = hit {
                found.push((path, self.decision(reach, rule)));
            }
        }
        found
    }

    /// Whether Git ignores a file, by its path below the project's root and by the rules there and above.
    #[must_use]
    pub fn ignores_of_project(&self, path: &str) -> bool {
        let Some(project) = &self.project else { return false };
        let whole = join(project, path);
        let ignores =
            |path: &str, is_folder| self.last_about(path, is_folder).is_some_and(|(_, rule)| !rule.negated);
        let mut folders = whole.match_indices('/').filter_map(|(end, _)| whole.get(..end));
        folders.any(|folder| ignores(folder, true)) || ignores(&whole, false)
    }

    /// The rule that decides about a path whose folders are not ignored: of the strongest file that has one, the last.
    fn last_about(&self, whole: &str, is_folder: bool) -> Option<(&Reach, &Rule)> {
        let last = |reach: &Reach, path: &str| {
            let (reach, list) = self.lists.get_key_value(reach)?;
            let rule = list.rules.iter().rev().find(|rule| rule.is_about(path, is_folder))?;
            Some((reach, rule))
        };
        let slashes = whole.rmatch_indices('/').map(|(at, _)| at);
        let mut nearest =
            slashes.map(|at| (whole.get(..at), whole.get(at + 1..))).chain([(Some(""), Some(whole))]);
        nearest
            .find_map(|(folder, rest)| last(&Reach::Folder(folder?.to_owned()), rest?))
            .or_else(|| last(&Reach::Repository, whole))
            .or_else(|| last(&Reach::Person, whole))
    }

    fn decision(&self, reach: &Reach, rule: &Rule) -> Decision {
        let from = self.lists.get(reach).map(|list| list.shown.clone()).unwrap_or_default();
        Decision { reach: reach.clone(), from, line: rule.line, rule: rule.text.clone() }
    }

    /// The path of the folder below the top of the working tree.
    #[must_use]
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// The project's root below the top of the working tree, if it lies in it.
    #[must_use]
    pub fn project(&self) -> Option<&str> {
        self.project.as_deref()
    }

    /// Whether Git ignores a folder of the working tree, given its path below the top.
    #[must_use]
    pub fn ignores_folder(&self, whole: &str) -> bool {
        self.last_about(whole, true).is_some_and(|(_, rule)| !rule.negated)
    }

    /// The rules with more lines at the end of the `.gitignore` of a folder.
    #[must_use]
    pub fn with(&self, folder: &str, lines: &[String]) -> Self {
        let mut with = self.clone();
        let shown = self.gitignore(folder);
        let list = with.lists.entry(Reach::Folder(folder.to_owned()));
        let list = list.or_insert_with(|| List { shown, rules: Vec::new() });
        list.rules.extend(rule::read(lines.join("\n").as_bytes(), self.any_case));
        with
    }

    /// The `.gitignore` of a folder below the top, as a user reads its path.
    #[must_use]
    pub fn gitignore(&self, folder: &str) -> String {
        self.shown(&self.top.join(join(folder, ".gitignore")))
    }

    fn shown(&self, file: &Path) -> String {
        file.strip_prefix(&self.root).unwrap_or(file).display().to_string()
    }
}

/// The path with links resolved, as far as it exists.
#[must_use]
pub fn real(path: &Path) -> PathBuf {
    let mut rest = Vec::new();
    let mut here = path.to_owned();
    loop {
        if let Ok(found) = here.canonicalize() {
            return rest.iter().rev().fold(found, |path, part| path.join(part));
        }
        match (here.file_name().map(ToOwned::to_owned), here.pop()) {
            (Some(part), true) => rest.push(part),
            _ => return path.to_owned(),
        }
    }
}

fn join(folder: &str, path: &str) -> String {
    match (folder, path) {
        ("", path) => path.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, path) => format!("{folder}/{path}"),
    }
}

fn slashed(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.iter().map(|part| part.to_str()).collect();
    Some(parts?.join("/"))
}
