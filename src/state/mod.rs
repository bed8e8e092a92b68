//! What the project's folders hold now. Reads only.
#![expect(clippy::disallowed_methods, reason = "this is where the disk is read")]

mod bundle;
mod cacerts;
mod chain;
mod damage;
mod derived;
mod existing;
pub mod git;
mod leaf;
mod loose;
mod ordered;
mod plaintext;
mod read;
mod request;
mod revoked;
mod seed;
mod served;
mod statement;
mod trusted;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

pub use bundle::Bundle;
pub use cacerts::{ExistingCacerts, is_cacerts};
pub use chain::chain_of;
pub(crate) use damage::{broken, restore, unmerged};
pub use existing::{CROSS, Existing, FORMER, KeyFile, SealedFile};
pub use leaf::{BROUGHT, ExistingLeaf, beside};
pub(crate) use plaintext::plaintext_key;
pub use read::{is_spec, read, sops_config};
pub use request::{RequestFile, parse_request};
pub use seed::{SEED, SeedFile};
pub use served::Served;
pub use statement::{CHAIN_DIGEST, Statement, chain_digest};

use crate::diag::{Code, Diagnostic, Report};
use crate::paths::{Names, Place, ProjectPath};
use crate::spec::Sources;

/// Everything that a run reads.
#[derive(Debug, Clone)]
pub struct Input {
    /// The spec.
    pub sources: Sources,
    /// Files of the spec's folder whose names only nearly are those of a spec, as `Shop.KDL`, as a user reads them.
    pub almost_specs: Vec<String>,
    /// Where the user's templates lie, as a user reads it.
    pub templates_folder: String,
    /// Files below `templates/`, by path below it.
    pub templates: Vec<(String, String)>,
    /// The files with CRDs that the project names.
    pub crds: Vec<CrdFile>,
    /// The `.sops.yaml` that holds for this project.
    pub sops_config: Option<SopsConfigFile>,
    /// Private keys in files that are not read for anything else.
    pub loose_keys: Vec<Diagnostic>,
    /// What is there.
    pub snapshot: Snapshot,
    /// What Git ignores.
    pub ignores: git::Ignores,
}

impl Input {
    /// What is worth knowing about how it was read.
    #[must_use]
    pub fn notices(&self) -> Report {
        let mut report = Report::default();
        for path in &self.almost_specs {
            let message = format!("{path} is not read: the name of a spec ends in `.kdl`, in lower case");
            report.push(
                Diagnostic::notice(Code::ALMOST_SPEC, message)
                    .in_file(path.as_str())
                    .help("rename it, or move it out of this folder"),
            );
        }
        report
    }
}

/// A file with CRDs of the user's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrdFile {
    /// Its path as the project names it.
    pub path: String,
    /// Its text; `None` if it is not there.
    pub text: Option<String>,
    /// The YAML files in it, as a spec names them, if it is a folder.
    pub folder: Option<Vec<String>>,
}

/// A `.sops.yaml` as found.
#[derive(Debug, Clone)]
pub struct SopsConfigFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// What lies at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A file, whole.
    File(Vec<u8>),
    /// A symbolic link.
    Link,
}

/// What `out/` and `pki/` hold.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    out: BTreeMap<ProjectPath, Entry>,
    pki: BTreeMap<ProjectPath, Entry>,
    names: Names,
}

impl Snapshot {
    /// How a user reads the paths of its files.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// What lies below one of the two folders; the others are not part of it.
    #[must_use]
    pub fn folder(&self, place: Place) -> &BTreeMap<ProjectPath, Entry> {
        match place {
            Place::Pki => &self.pki,
            _ => &self.out,
        }
    }

    /// The same with this file below `pki/`, whatever lies there.
    #[must_use]
    pub fn with_key_file(mut self, path: ProjectPath, bytes: Vec<u8>) -> Self {
        self.pki.insert(path, Entry::File(bytes));
        self
    }

    /// The same without a file below `pki/`.
    #[must_use]
    pub fn without_key_file(mut self, path: &ProjectPath) -> Self {
        self.pki.remove(path);
        self
    }

    /// Whether the list of a folder of `out/` names a file, be it there or not.
    #[must_use]
    pub fn lists(&self, path: &ProjectPath) -> bool {
        let list = path.parent().map(|folder| format!("{folder}/kustomization.yaml"));
        let list = list.and_then(|path| ProjectPath::new(path).ok());
        let text = list.and_then(|list| self.file(Place::Out, &list)).map(String::from_utf8_lossy);
        let mut items =
            text.iter().flat_map(|text| text.lines()).filter_map(|line| line.trim().strip_prefix("- "));
        items.any(|item| item.trim_matches(['"', '\'']) == path.file_name())
    }

    /// A snapshot with these files below `out/`.
    #[cfg(test)]
    pub(crate) fn with_out(files: impl IntoIterator<Item = (ProjectPath, Vec<u8>)>) -> Self {
        let out = files.into_iter().map(|(path, bytes)| (path, Entry::File(bytes))).collect();
        Self { out, ..Self::default() }
    }

    /// The bytes of a file.
    #[must_use]
    pub fn file(&self, place: Place, path: &ProjectPath) -> Option<&[u8]> {
        match self.folder(place).get(path)? {
            Entry::File(bytes) => Some(bytes),
            Entry::Link => None,
        }
    }
}

/// The disk said no.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A file or folder that can't be read.
    #[error("{} can't be read: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A folder below the project's root that is reached through a link.
    #[error("{} is a symbolic link; nothing is written or removed through one", path.display())]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// Something that can't be read to its end.
    #[error("{} is a pipe, a socket or a device, and no file", path.display())]
    NotAFile {
        /// Which.
        path: PathBuf,
    },
    /// A text file whose bytes are no UTF-8.
    #[error("{} is not UTF-8 text", path.display())]
    NotText {
        /// Which.
        path: PathBuf,
    },
    /// A file name that no Git host or cluster tool takes.
    #[error("{} has a name that can't be used: {reason}", path.display())]
    Name {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}
