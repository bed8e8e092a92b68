//! What every command does first: read the project, build it.

use std::path::PathBuf;

use super::identities::Finder;
use super::settings::{Settings, UsageError};
use crate::build::{self, BuildError, Outcome, Request};
use crate::diag::Report;
use crate::issue::Ambient;
use crate::model::Project;
use crate::model::name::NameError;
use crate::pki::SystemKeys;
use crate::render::Templates;
use crate::sops::{Entropy, EntropyError};
use crate::spec::Sources;
use crate::state::{self, Existing, Input, StateError};
use crate::tree::{LockError, TreeError};

/// Why a command can't go on.
pub(super) enum Failure {
    /// The project can't be built.
    Build(BuildError, Sources),
    /// Findings of a command of its own.
    Refused(Report, Sources),
    /// The call means nothing.
    Usage(UsageError),
    /// The call is wrong.
    Call(String),
    /// An identity is needed and missing.
    Locked(String),
    /// The disk can't be read.
    State(StateError),
    /// The disk can't be written.
    Tree(TreeError),
    /// Somebody else writes.
    Lock(LockError),
    /// A file outside the project failed.
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
}

impl Failure {
    /// A name that the call gives and the spec does not, with the one that was likely meant, or with some that there are.
    pub(super) fn unknown<'n>(what: &str, name: &str, names: impl Iterator<Item = &'n str>) -> Self {
        let mut names: Vec<_> = names.collect();
        let hint = match meant(name, &names) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if names.is_empty() => format!("the spec declares no {what}"),
            None => {
                let more = if names.len() > 8 { ", …" } else { "" };
                names.truncate(8);
                format!("there is {}{more}", names.join(", "))
            }
        };
        Self::Call(format!("there is no {what} `{name}`; {hint}"))
    }

    /// A host that the call gives in a way in which no host is called, with the one that was likely meant.
    pub(super) fn no_host<'n>(name: &str, error: &NameError, names: impl Iterator<Item = &'n str>) -> Self {
        let names: Vec<_> = names.collect();
        if meant(name, &names).is_some() {
            return Self::unknown("host", name, names.into_iter());
        }
        Self::Call(format!("`{name}` is no host name: {}; {}", error.reason, error.help))
    }
}

/// The name that was likely meant: one that is nearly the same, goes on behind what was given, or has a first label that is
/// nearly the same.
fn meant<'n>(name: &str, names: &[&'n str]) -> Option<&'n str> {
    let short = !name.contains('.');
    let distance = |other: &str| {
        let first = other.split('.').next().filter(|_| short).unwrap_or(other);
        strsim::damerau_levenshtein(name, other).min(strsim::damerau_levenshtein(name, first))
    };
    let close = |other: &&str| {
        distance(other) <= name.len().div_ceil(4) || (name.len() > 2 && other.starts_with(name))
    };
    names.iter().copied().filter(close).min_by_key(|other| distance(other))
}

impl From<UsageError> for Failure {
    fn from(error: UsageError) -> Self {
        Self::Usage(error)
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        Self::State(error)
    }
}

impl From<TreeError> for Failure {
    fn from(error: TreeError) -> Self {
        Self::Tree(error)
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        Self::Lock(error)
    }
}

/// Randomness from the operating system.
pub(super) struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system for randomness")]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(bytes).map_err(|error| EntropyError(error.to_string()))
    }
}

/// A project as read.
pub(super) struct Session<'a> {
    pub(super) settings: &'a Settings,
    pub(super) input: Input,
}

impl<'a> Session<'a> {
    pub(super) fn read(settings: &'a Settings) -> Result<Self, Failure> {
        let variables = |name: &str| settings.environment.get(name).cloned();
        let sops_config = settings.sops_config.as_deref();
        let input = state::read(&settings.layout, &settings.templates, sops_config, &variables)?;
        Ok(Self { settings, input })
    }

    pub(super) fn build(&self, request: &Request) -> Result<Outcome, Failure> {
        let ambient = Ambient { now: self.settings.now, keys: &SystemKeys, entropy: &SystemEntropy };
        build::build(&self.input, &self.settings.layout, &Finder::new(self.settings), &ambient, request)
            .map_err(|error| Failure::Build(error, self.input.sources.clone()))
    }

    /// Spec, disk and templates, without working anything out.
    pub(super) fn project(&self) -> Result<(Project, Existing, Templates, Report), Failure> {
        build::read(&self.input).map_err(|error| Failure::Build(error, self.input.sources.clone()))
    }

    pub(super) fn sources(&self) -> &Sources {
        &self.input.sources
    }
}
