//! Flags × environment → settings: where the project is, what time it is, how to print.

use std::env;
use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum, ValueHint};

use crate::state::git::real;
use crate::time::Timestamp;
use crate::tree::Layout;

/// Flags that every command takes.
#[derive(Debug, Clone, Args)]
pub(super) struct Global {
    /// Works as if started in DIR.
    #[arg(short = 'C', long = "directory", global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) directory: Option<PathBuf>,
    /// Reads the spec from DIR instead of `specs`.
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) specs: Option<PathBuf>,
    /// Writes the tree to DIR instead of `out`.
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) out: Option<PathBuf>,
    /// Reads templates of your own from DIR instead of `templates`.
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) templates: Option<PathBuf>,
    /// Keeps authorities and clients in DIR instead of `pki`.
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) pki: Option<PathBuf>,
    /// Opens sealed keys with the age identities in FILE (repeatable); else they are looked for where sops looks.
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) identity: Vec<PathBuf>,
    /// The passphrase of encrypted identity files is the first line of FILE; else it is asked for on the terminal.
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) passphrase_file: Option<PathBuf>,
    /// Takes this for the present, as 2026-11-25T12:00:00Z; else SOURCE_DATE_EPOCH, else the clock.
    #[arg(long, global = true, value_name = "RFC3339")]
    pub(super) now: Option<String>,
    /// How findings are printed.
    #[arg(long, global = true, value_name = "FORMAT", default_value = "human")]
    pub(super) format: Format,
    /// When to use colour.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Color,
    /// Prints warnings and errors only.
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
    /// Prints more.
    #[arg(short, long, global = true)]
    pub(super) verbose: bool,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For a person.
    Human,
    /// For a program.
    Json,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The environment as the run found it.
#[derive(Debug, Clone)]
pub(super) struct Environment {
    variables: Vec<(OsString, OsString)>,
    directory: PathBuf,
}

impl Environment {
    /// Reads it.
    ///
    /// # Errors
    /// Where the working directory is gone.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub(super) fn read() -> std::io::Result<Self> {
        Ok(Self { variables: env::vars_os().collect(), directory: env::current_dir()? })
    }

    /// The directory that the program was started in.
    #[must_use]
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// A variable that is set and not empty.
    #[must_use]
    pub(super) fn get(&self, name: &str) -> Option<&OsString> {
        let found = self.variables.iter().find(|(key, _)| key.as_os_str() == name);
        found.map(|(_, value)| value).filter(|value| !value.is_empty())
    }
}

/// What a call means.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// Where everything lies.
    pub(super) layout: Layout,
    /// Templates of the user's own.
    pub(super) templates: PathBuf,
    /// The present.
    pub(super) now: Timestamp,
    /// Identity files that were named.
    pub(super) identities: Vec<PathBuf>,
    /// Where the passphrase of encrypted identity files stands.
    pub(super) passphrase_file: Option<PathBuf>,
    /// A `.sops.yaml` that `SOPS_CONFIG` names.
    pub(super) sops_config: Option<PathBuf>,
    /// The directory that the call is about.
    pub(super) directory: PathBuf,
    /// The environment.
    pub(super) environment: Environment,
}

/// A call that means nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum UsageError {
    /// No project.
    #[error("no project here: neither gatewright.kdl nor specs/ in {} or above it; `gatewright init` makes one", directory.display())]
    NoProject {
        /// Where it was looked for.
        directory: PathBuf,
    },
    /// `--now` or SOURCE_DATE_EPOCH can't be read.
    #[error("{from} is {reason}")]
    Time {
        /// Which.
        from: &'static str,
        /// Why.
        reason: String,
    },
    /// Two of the project's folders that share files.
    #[error("{first} and {second} {how}: each needs a folder of its own, with nothing of the others in it")]
    Overlap {
        /// One, with its flag.
        first: String,
        /// The other.
        second: String,
        /// How they do.
        how: &'static str,
    },
    /// A folder that belongs to somebody else.
    #[error("{folder} lies in `{owner}`, which is not for files of a project: name another folder")]
    NotOurs {
        /// Which, with its flag.
        folder: String,
        /// The name of the folder around it.
        owner: &'static str,
    },
    /// A directory that is none.
    #[error("{} is no directory", path.display())]
    NoDirectory {
        /// Which.
        path: PathBuf,
    },
}

impl Global {
    /// Settings of a call about an existing project.
    ///
    /// # Errors
    /// [`UsageError`].
    pub(super) fn settings(&self, environment: Environment) -> Result<Settings, UsageError> {
        let directory = self.working_directory(&environment)?;
        // A name that was mistyped would be a project that wants nothing.
        let specs = self.specs.as_ref().map(|said| normalise(&directory.join(said)));
        if let Some(path) = specs.filter(|path| !path.is_dir()) {
            return Err(UsageError::NoDirectory { path });
        }
        let root = match &self.specs {
            Some(_) => find_root(&directory).unwrap_or_else(|| directory.clone()),
            None => find_root(&directory).ok_or(UsageError::NoProject { directory: directory.clone() })?,
        };
        self.settings_at(root, directory, environment)
    }

    /// Settings of a call that makes the project in its directory.
    ///
    /// # Errors
    /// [`UsageError`].
    pub(super) fn settings_for_new(&self, environment: Environment) -> Result<Settings, UsageError> {
        let directory = self.working_directory(&environment)?;
        self.settings_at(directory.clone(), directory, environment)
    }

    fn settings_at(
        &self,
        root: PathBuf,
        directory: PathBuf,
        environment: Environment,
    ) -> Result<Settings, UsageError> {
        let below = |said: &Option<PathBuf>, name: &str| match said {
            Some(path) => normalise(&directory.join(path)),
            None => root.join(name),
        };
        let sops_config = environment.get("SOPS_CONFIG").map(|path| environment.directory.join(path));
        let settings = Settings {
            layout: Layout {
                specs: below(&self.specs, "specs"),
                out: below(&self.out, "out"),
                pki: below(&self.pki, "pki"),
                root: root.clone(),
            },
            templates: below(&self.templates, "templates"),
            now: now(self.now.as_deref(), &environment)?,
            identities: self.identity.iter().map(|path| directory.join(path)).collect(),
            passphrase_file: self.passphrase_file.as_ref().map(|path| directory.join(path)),
            sops_config,
            directory,
            environment,
        };
        settings.apart()?;
        Ok(settings)
    }

    /// Whether findings are printed in colour.
    #[must_use]
    pub(super) fn wants_color(&self, environment: &Environment) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => std::io::stderr().is_terminal() && environment.get("NO_COLOR").is_none(),
        }
    }

    fn working_directory(&self, environment: &Environment) -> Result<PathBuf, UsageError> {
        let directory = match &self.directory {
            Some(path) => environment.directory.join(path),
            None => environment.directory.clone(),
        };
        if !directory.is_dir() {
            return Err(UsageError::NoDirectory { path: directory });
        }
        Ok(normalise(&directory))
    }
}

impl Settings {
    /// The folders of the project that flags may move, each with its flag.
    pub(super) fn folders(&self) -> [(&'static str, &Path); 4] {
        let Layout { specs, out, pki, .. } = &self.layout;
        [("--specs", specs), ("--out", out), ("--pki", pki), ("--templates", &self.templates)]
    }

    /// Whether each of its folders has its files to itself. One within another would be read as the other's, and pruned
    /// with it.
    fn apart(&self) -> Result<(), UsageError> {
        let folders = self.folders().map(|(flag, folder)| (flag, folder, real(folder)));
        let said = |flag: &str, folder: &Path| format!("{} ({flag})", folder.display());
        for (i, (flag, folder, place)) in folders.iter().enumerate() {
            if let Some(owner) = [".git", ".gatewright"]
                .into_iter()
                .find(|owner| place.components().any(|part| part.as_os_str() == *owner))
            {
                return Err(UsageError::NotOurs { folder: said(flag, folder), owner });
            }
            for (other_flag, other, other_place) in folders.iter().skip(i + 1) {
                let how = if place == other_place {
                    "are one folder"
                } else if place.starts_with(other_place) || other_place.starts_with(place) {
                    "lie one in the other"
                } else {
                    continue;
                };
                return Err(UsageError::Overlap {
                    first: said(flag, folder),
                    second: said(other_flag, other),
                    how,
                });
            }
        }
        Ok(())
    }
}

fn find_root(directory: &Path) -> Option<PathBuf> {
    let is_root = |folder: &&Path| folder.join("gatewright.kdl").is_file() || folder.join("specs").is_dir();
    directory.ancestors().find(is_root).map(Path::to_owned)
}

/// The path without `.` and `..`, as far as the text tells.
pub(super) fn normalise(path: &Path) -> PathBuf {
    let mut found = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                if !found.pop() {
                    found.push("..");
                }
            }
            part => found.push(part),
        }
    }
    found
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
fn now(said: Option<&str>, environment: &Environment) -> Result<Timestamp, UsageError> {
    if let Some(text) = said {
        return Timestamp::parse(text)
            .map_err(|error| UsageError::Time { from: "--now", reason: error.to_string() });
    }
    if let Some(epoch) = environment.get("SOURCE_DATE_EPOCH") {
        let seconds = epoch.to_str().and_then(|text| text.parse::<i64>().ok());
        return seconds.map(Timestamp::from_unix).ok_or(UsageError::Time {
            from: "SOURCE_DATE_EPOCH",
            reason: "not a number of seconds since 1970".to_owned(),
        });
    }
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.ok().and_then(|length| i64::try_from(length.as_secs()).ok());
    seconds
        .map(Timestamp::from_unix)
        .ok_or(UsageError::Time { from: "the clock", reason: "set to a time before 1970".to_owned() })
}
