//! Creation rules: those that are there are read, and those that are missing are written, or printed for whoever owns the file.

use std::path::{Path, PathBuf};

use super::super::session::Failure;
use super::super::settings::Settings;
use super::pattern;
use crate::paths::Place;
use crate::render::yaml::scalar;
use crate::sops::{Recipient, Rules};
use crate::state;
use crate::state::git::top;

/// One of the folders whose files are sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Folder {
    Pki,
    Out,
}

/// The `.sops.yaml` that holds for the project, or will.
pub(super) struct Found {
    /// Where it lies.
    pub(super) path: PathBuf,
    /// Whether it has yet to be written.
    pub(super) is_new: bool,
    /// Folders that it has no rule for, with the expression that a rule for them needs.
    pub(super) missing: Vec<Missing>,
    /// What there is to say about it.
    pub(super) notes: Vec<String>,
}

/// A folder without a rule.
pub(super) struct Missing {
    folder: Folder,
    path_regex: String,
}

impl Folder {
    fn path(self, settings: &Settings) -> &Path {
        match self {
            Self::Pki => &settings.layout.pki,
            Self::Out => &settings.layout.out,
        }
    }

    /// A file of the kind that will be sealed there, to try rules on.
    fn sample(self) -> &'static str {
        match self {
            Self::Pki => "example-root/1.key.sops.yaml",
            Self::Out => "istio-system/secret-shop.example.com-tls.sops.yaml",
        }
    }

    fn missing(self, settings: &Settings, base: &Path) -> Missing {
        let path = self.path(settings);
        let below = path.strip_prefix(base).unwrap_or(path).display().to_string();
        Missing { folder: self, path_regex: format!("^{}/", pattern(&below)) }
    }
}

const FOLDERS: [Folder; 2] = [Folder::Pki, Folder::Out];

pub(super) fn look(settings: &Settings) -> Result<Found, Failure> {
    let root = &settings.layout.root;
    let home = home(settings);
    let new = |notes| Found {
        path: home.join(".sops.yaml"),
        is_new: true,
        missing: FOLDERS.map(|folder| folder.missing(settings, &home)).into(),
        notes,
    };
    let Some(config) = state::sops_config(root, settings.sops_config.as_deref())? else {
        return Ok(new(Vec::new()));
    };
    let shown = config.path.display();
    let rules = Rules::parse(&config.text).map_err(|error| Failure::Call(format!("{shown}: {error}")))?;
    let base = config.path.parent().unwrap_or(Path::new("/"));
    let mut notes = vec![format!("{shown} is there already and stays as it is")];
    let mut missing = Vec::new();
    let names = settings.layout.names();
    for folder in FOLDERS {
        let place = match folder {
            Folder::Pki => Place::Pki,
            Folder::Out => Place::Out,
        };
        let name = names.folder(place);
        let whole = folder.path(settings).join(folder.sample());
        let path = whole.strip_prefix(base).unwrap_or(&whole).display().to_string();
        let rule = rules.for_path(&path);
        match rule.and_then(|rule| rule.recipients().map(|recipients| (rule.number, recipients))) {
            Ok((number, recipients)) => {
                let recipients: Vec<_> = recipients.iter().map(ToString::to_string).collect();
                notes
                    .push(format!("  {name}/ is sealed by its rule {number}, for {}", recipients.join(", ")));
            }
            Err(error) => {
                notes.push(format!("  {name}/ can't be sealed by it: {error}"));
                missing.push(folder.missing(settings, base));
            }
        }
    }
    let is_above = settings.sops_config.is_none() && base != home && home.starts_with(base);
    if is_above && missing.len() == FOLDERS.len() {
        notes.push(format!(
            "  so the project has a .sops.yaml of its own, which holds instead of {shown}: start sops in {} or below",
            home.display()
        ));
        return Ok(new(notes));
    }
    if !missing.is_empty() {
        notes.push(format!("  put this at the start of the `creation_rules` in {shown}:"));
    }
    Ok(Found { path: config.path.clone(), is_new: false, missing, notes })
}

/// Where a new file goes: into the project; or, where flags lead out of it, to the top of the repository, since a rule can
/// name what lies below its own file by a path that is the same on every machine.
fn home(settings: &Settings) -> PathBuf {
    let root = &settings.layout.root;
    let all_below = |base: &Path| FOLDERS.iter().all(|folder| folder.path(settings).starts_with(base));
    match top(root) {
        Some(top) if !all_below(root) && root.starts_with(&top) && all_below(&top) => top,
        _ => root.clone(),
    }
}

impl Found {
    /// The rules that are missing: operators alone open `pki/`; operators and the cluster open `out/`. A whole file, if
    /// there is none.
    pub(super) fn text(&self, operator: &Recipient, cluster: &Recipient) -> String {
        let mut text = String::new();
        if self.is_new {
            text.push_str(
                "# Who may open what. The first rule that matches a file holds for it.\ncreation_rules:\n",
            );
        }
        for Missing { folder, path_regex } in &self.missing {
            let path_regex = scalar(path_regex);
            text.push_str(&match folder {
                Folder::Pki => format!(
                    "  # authorities and clients: operators only\n  - path_regex: {path_regex}\n    age: {operator}\n"
                ),
                Folder::Out => format!(
                    "  # what the cluster gets: operators and the cluster\n  - path_regex: {path_regex}\n    age: >-\n      {operator},\n      {cluster}\n"
                ),
            });
        }
        text
    }
}
