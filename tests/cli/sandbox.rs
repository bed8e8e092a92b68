//! The program in a scratch project: no environment but a home of its own, a fixed clock, paths taken out of what it says.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The moment of every run that names no other.
pub(crate) const NOW: &str = "2026-11-25T12:00:00Z";
/// Recipients of `tests/sops-golden/identity.txt`.
pub(crate) const A: &str = "age1mn4egm02cla8458xmlxuzw0etk6r05lwp20wccd493grlw7q7qkq4jmdxu";
/// Another one.
pub(crate) const B: &str = "age1yweuf6te7tj9asnwmmgsydjn3faaxzevy4kqy7z47csa6afjwy3q83ufus";

/// The walkthrough's spec.
pub(crate) const BOOKINFO: &str = include_str!("../spec/ok/bookinfo.kdl");

/// A small project whose keys are made fast.
pub(crate) const SHOP: &str = r#"authority "corp"
gateway "public"
domain "example.com" authority="corp" gateway="public" {
    host "shop" to="shop:8080"
    host "wiki" to="wiki:80"
}
client "anna@example.com" authority="corp"
"#;

/// The usual creation rules: the operator opens everything, the cluster what it gets.
pub(crate) fn rules() -> String {
    format!(
        "creation_rules:\n  - path_regex: ^pki/\n    age: {A}\n  - path_regex: ^out/.*\\.sops\\.yaml$\n    age: {A},{B}\n"
    )
}

/// The line of an identity of `tests/sops-golden/identity.txt`: `a`, `b` or `c`.
pub(crate) fn identity(name: char) -> &'static str {
    let all = include_str!("../sops-golden/identity.txt");
    let start = all.find(&format!("identity {name}\n")).unwrap();
    all[start..].lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap()
}

/// How a run ended.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    /// The exit code; `None` after a signal.
    pub(crate) code: Option<i32>,
    /// What it was asked for.
    pub(crate) stdout: String,
    /// What it said beside.
    pub(crate) stderr: String,
}

impl Run {
    /// The run, if it ended with this code.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum There {
    Folder,
    File(Vec<u8>),
    Link(PathBuf),
}

/// A scratch folder with `project/`, where the program is run, and `home/`.
pub(crate) struct Sandbox {
    folder: tempfile::TempDir,
    environment: RefCell<BTreeMap<String, String>>,
}

impl Sandbox {
    /// A project of these files with the usual creation rules, unless they are among the files.
    pub(crate) fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let sandbox = Self::bare();
        sandbox.write(".sops.yaml", &rules());
        for (path, text) in files {
            sandbox.write(path, text);
        }
        sandbox
    }

    /// An empty folder.
    pub(crate) fn bare() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["project", "home"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder, environment: RefCell::default() }
    }

    /// The walkthrough, rendered.
    pub(crate) fn bookinfo() -> Self {
        let sandbox = Self::new([("specs/bookinfo.kdl", BOOKINFO)]);
        sandbox.run(&["render"]).ends_with(0);
        sandbox
    }

    /// The small project, rendered.
    pub(crate) fn shop() -> Self {
        let sandbox = Self::new([("specs/shop.kdl", SHOP)]);
        sandbox.run(&["render"]).ends_with(0);
        sandbox
    }

    /// Whoever runs the program has this identity.
    pub(crate) fn holding(self, name: char) -> Self {
        self.hold(name);
        self
    }

    /// From now on whoever runs the program has this identity.
    pub(crate) fn hold(&self, name: char) {
        self.set("SOPS_AGE_KEY", identity(name));
    }

    /// A variable of the program's environment from now on.
    pub(crate) fn set(&self, name: &str, value: &str) {
        self.environment.borrow_mut().insert(name.to_owned(), value.to_owned());
    }

    /// The variables that are set for the program, for others too.
    pub(crate) fn identity_variables(&self) -> BTreeMap<String, String> {
        self.environment.borrow().clone()
    }

    /// Where the program is run.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    /// A path beside the project.
    pub(crate) fn outside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The path of a file of the project.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    /// Writes a file of the project.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Makes a named pipe that nobody ever writes to.
    pub(crate) fn pipe(&self, path: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    /// Reads a file of the project.
    #[track_caller]
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Replaces a text that stands in a file exactly once.
    #[track_caller]
    pub(crate) fn edit(&self, path: &str, old: &str, new: &str) {
        let text = self.read(path);
        assert_eq!(text.matches(old).count(), 1, "{old:?} in {path}");
        self.write(path, &text.replacen(old, new, 1));
    }

    /// Removes a file or a folder with all that is in it.
    pub(crate) fn remove(&self, path: &str) {
        let path = self.path(path);
        if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
    }

    /// Runs the program at [`NOW`].
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_at(NOW, arguments)
    }

    /// Runs the program.
    pub(crate) fn run_at(&self, now: &str, arguments: &[&str]) -> Run {
        let home = self.folder.path().join("home");
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
        command
            .env_clear()
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", home.join(".config"))
            .envs(&*self.environment.borrow())
            .current_dir(self.root())
            .stdin(Stdio::null())
            .args(arguments)
            .args(["--now", now]);
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| self.scrub(&String::from_utf8(bytes).unwrap());
        Run { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Text without the scratch folder's name.
    fn scrub(&self, text: &str) -> String {
        let real = self.folder.path().canonicalize().unwrap();
        let text = text.replace(&*real.to_string_lossy(), "[scratch]");
        text.replace(&*self.folder.path().to_string_lossy(), "[scratch]")
    }

    /// Everything in the scratch folder, by path.
    pub(crate) fn everything(&self) -> BTreeMap<String, There> {
        let mut found = BTreeMap::new();
        gather(self.folder.path(), self.folder.path(), &mut found);
        found
    }

    /// The paths of the project's files below a folder, sorted.
    pub(crate) fn files(&self, below: &str) -> Vec<String> {
        let prefix = format!("project/{below}/");
        let all = self.everything().into_iter();
        all.filter(|(path, there)| path.starts_with(&prefix) && *there != There::Folder)
            .filter_map(|(path, _)| path.strip_prefix("project/").map(str::to_owned))
            .collect()
    }
}

fn gather(base: &Path, folder: &Path, found: &mut BTreeMap<String, There>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.symlink_metadata().unwrap().file_type();
        let there = if kind.is_symlink() {
            There::Link(fs::read_link(&path).unwrap())
        } else if kind.is_dir() {
            gather(base, &path, found);
            There::Folder
        } else {
            There::File(fs::read(&path).unwrap())
        };
        found.insert(path.strip_prefix(base).unwrap().to_string_lossy().into_owned(), there);
    }
}
