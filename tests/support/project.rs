//! A scratch project: its files written, rendered by the library with fixed time and chance, and looked at.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gatewright::build::{BuildError, Outcome, Request, build};
use gatewright::diag::{Diagnostic, human};
use gatewright::issue::{Ambient, Unlock};
use gatewright::pki::KeyMaker;
use gatewright::sops::{Entropy, EntropyError, Identities};
use gatewright::state::{self, Input};
use gatewright::time::Timestamp;
use gatewright::tree::{Applied, Layout, apply};

use super::keys::FixtureKeys;

/// The moment of every render that names no other.
pub(crate) const NOW: &str = "2026-11-25T12:00:00Z";

/// Two audiences: the operator opens everything, the cluster what it gets.
pub(crate) const SOPS_CONFIG: &str = "\
creation_rules:
  - path_regex: ^pki/
    age: age1mn4egm02cla8458xmlxuzw0etk6r05lwp20wccd493grlw7q7qkq4jmdxu
  - path_regex: ^out/.*\\.sops\\.yaml$
    age: age1mn4egm02cla8458xmlxuzw0etk6r05lwp20wccd493grlw7q7qkq4jmdxu,age1yweuf6te7tj9asnwmmgsydjn3faaxzevy4kqy7z47csa6afjwy3q83ufus
";

/// The text of an identity file with the operator's identity (`a`), or the cluster's (`b`).
pub(crate) fn identity(name: char) -> String {
    let all = include_str!("../sops-golden/identity.txt");
    let start = all.find(&format!("identity {name}\n")).unwrap();
    let line = all[start..].lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap();
    format!("{line}\n")
}

/// The same bytes at every call, so that nothing depends on who is first.
pub(crate) struct FixtureEntropy;

impl Entropy for FixtureEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::try_from(i % 251).unwrap() + 1;
        }
        Ok(())
    }
}

/// Other bytes at every call, so that no two certificates have the same serial number.
#[derive(Default)]
pub(crate) struct CountingEntropy(std::sync::atomic::AtomicU64);

impl Entropy for CountingEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        let count = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        FixtureEntropy.fill(bytes)?;
        bytes.iter_mut().zip(count.to_be_bytes()).for_each(|(byte, count)| *byte ^= count);
        Ok(())
    }
}

/// Who renders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// Somebody with the operator's identity.
    Operator,
    /// Somebody without any.
    Nobody,
    /// Somebody for whom asking for identities is a mistake.
    Unasked,
}

impl Unlock for Holder {
    fn identities(&self) -> Result<Identities, Box<Diagnostic>> {
        assert_ne!(*self, Self::Unasked, "no identity may be asked for");
        let mut found = Identities::new();
        if *self == Self::Operator {
            found.add("test", &identity('a'));
        }
        Ok(found)
    }
}

/// A project in a folder, with a home beside it.
pub(crate) struct Project {
    folder: PathBuf,
    /// Where in its repository it lies.
    within: PathBuf,
    /// Removes the folder at the end, if it is a scratch one.
    _scratch: Option<tempfile::TempDir>,
    /// Where its keys come from.
    pub(crate) keys: Box<dyn KeyMaker>,
    /// Where serial numbers and nonces come from.
    pub(crate) entropy: Box<dyn Entropy + Sync>,
}

/// Files by path below the project's root.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

impl Project {
    /// A project with these files; `.sops.yaml` is the usual one unless it is among them.
    pub(crate) fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self::within("", files)
    }

    /// A project in a folder of a repository, whose top has the `.sops.yaml`.
    pub(crate) fn within<'a>(folder: &str, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let mut project = Self::made(scratch.path(), folder);
        project._scratch = Some(scratch);
        let top = project.repository().join(".sops.yaml");
        fs::write(&top, SOPS_CONFIG).unwrap();
        for (path, text) in files {
            match path {
                ".sops.yaml" => fs::write(&top, text).unwrap(),
                _ => project.write(path, text),
            }
        }
        project
    }

    /// A project in a folder of somebody else's; its files are not touched.
    pub(crate) fn at(folder: &Path) -> Self {
        Self::made(folder, "")
    }

    fn made(folder: &Path, within: &str) -> Self {
        let project = Self {
            folder: folder.to_owned(),
            within: PathBuf::from(within),
            _scratch: None,
            keys: Box::new(FixtureKeys),
            entropy: Box::new(FixtureEntropy),
        };
        fs::create_dir_all(project.root().join("specs")).unwrap();
        fs::create_dir_all(project.home()).unwrap();
        project
    }

    /// A project with one spec.
    pub(crate) fn of(spec: &str) -> Self {
        Self::new([("specs/a.kdl", spec)])
    }

    /// Its root.
    pub(crate) fn root(&self) -> PathBuf {
        self.repository().join(&self.within)
    }

    /// The top of the repository around it: the root itself, but for a project within a folder.
    fn repository(&self) -> PathBuf {
        self.folder.join("project")
    }

    /// A home for those who run the binary; outside the project.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    pub(crate) fn layout(&self) -> Layout {
        Layout::below(&self.root())
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub(crate) fn exists(&self, path: &str) -> bool {
        self.root().join(path).exists()
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.root().join(path)).unwrap();
    }

    /// Changes a spec by replacing a text that stands there exactly once.
    pub(crate) fn edit(&self, path: &str, old: &str, new: &str) {
        let text = self.read(path);
        assert_eq!(text.matches(old).count(), 1, "{old:?} in {path}");
        self.write(path, text.replacen(old, new, 1));
    }

    /// All files of the project.
    pub(crate) fn files(&self) -> Files {
        files_below(&self.root(), "")
    }

    /// Everything below `out/` and `pki/`.
    pub(crate) fn tree(&self) -> Files {
        let mut files = files_below(&self.root(), "out");
        files.extend(files_below(&self.root(), "pki"));
        files
    }

    pub(crate) fn input(&self) -> Input {
        state::read(&self.layout(), &self.root().join("templates"), None, &no_variables).unwrap()
    }

    /// What a render would do, at a moment of one's choice.
    pub(crate) fn build_at(
        &self,
        now: &str,
        holder: Holder,
        request: &Request,
    ) -> Result<Outcome, BuildError> {
        let ambient =
            Ambient { now: Timestamp::parse(now).unwrap(), keys: &*self.keys, entropy: &*self.entropy };
        build(&self.input(), &self.layout(), &holder, &ambient, request)
    }

    /// What a render would do.
    pub(crate) fn build(&self, holder: Holder) -> Result<Outcome, BuildError> {
        self.build_at(NOW, holder, &Request::default())
    }

    /// Renders; findings that stop it fail the test.
    pub(crate) fn render(&self, holder: Holder) -> (Outcome, Applied) {
        let outcome = self.build(holder).unwrap_or_else(|error| panic!("{}", self.explain(&error)));
        let applied = apply(&self.layout(), &outcome.files).unwrap();
        (outcome, applied)
    }

    /// Renders, and sees to it that this writes and removes nothing and asks for no identity.
    pub(crate) fn assert_nothing_to_do(&self) {
        let outcome = self.build(Holder::Unasked).unwrap_or_else(|error| panic!("{}", self.explain(&error)));
        assert!(outcome.files.is_empty(), "{:?}", outcome.files);
        assert!(outcome.waiting.is_empty() && outcome.changes.is_empty());
    }

    /// What a failed build says, as a person reads it.
    pub(crate) fn explain(&self, error: &BuildError) -> String {
        match error {
            BuildError::Refused(report) => human::render(report, &self.input().sources, false),
            other => other.to_string(),
        }
    }

    /// The codes of the errors that stop a render.
    pub(crate) fn refusal(&self, holder: Holder) -> Vec<&'static str> {
        match self.build(holder) {
            Ok(_) => panic!("nothing is refused"),
            Err(BuildError::Refused(report)) => {
                report.findings().iter().map(|finding| finding.code.name()).collect()
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// The environment of somebody who has set nothing, on a machine where nobody has.
pub(crate) fn no_variables(name: &str) -> Option<std::ffi::OsString> {
    (name == "GIT_CONFIG_NOSYSTEM").then(|| "1".into())
}

/// All files below a folder of `root`, by path below `root`.
pub(crate) fn files_below(root: &Path, folder: &str) -> Files {
    let mut found = Files::new();
    let folder = root.join(folder);
    if !folder.exists() {
        return found;
    }
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.unwrap();
        if !entry.file_type().is_dir() {
            let path = entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            found.insert(path, fs::read(entry.path()).unwrap());
        }
    }
    found
}

/// Paths that differ between two sets of files: not there, or with other bytes.
pub(crate) fn differing(old: &Files, new: &Files) -> Vec<String> {
    let paths: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
    paths.into_iter().filter(|path| old.get(*path) != new.get(*path)).cloned().collect()
}
