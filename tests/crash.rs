//! Kills a command before each system call that changes the disk, one run a call, and looks at what is left.
//!
//! [`kill_everywhere`] is for any command; here it is tried on shell commands of which one is safe and one is not, and on the
//! writer itself, which this test binary calls in a process of its own.
#![expect(clippy::disallowed_methods, reason = "tests look at the disk and at what CI they run in")]
#![expect(clippy::print_stderr, reason = "a test that can't run here says so")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gatewright::plan::files::{FilePlan, Place, ProjectPath};
use gatewright::tree::{Layout, apply};

/// Calls that change what a later run would find. `?` because not every machine has all of them.
const CALLS: [&str; 25] = [
    "open",
    "openat",
    "creat",
    "write",
    "writev",
    "pwrite64",
    "pwritev",
    "copy_file_range",
    "ftruncate",
    "fsync",
    "fdatasync",
    "syncfs",
    "chmod",
    "fchmod",
    "fchmodat",
    "mkdir",
    "mkdirat",
    "rmdir",
    "unlink",
    "unlinkat",
    "link",
    "linkat",
    "rename",
    "renameat",
    "renameat2",
];

/// What happens at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The process is gone before the call.
    Kill,
    /// The call fails with this error and does nothing.
    Error(&'static str),
}

/// Runs a command in fresh folders, once whole and then once for each call that changes the disk, killed right before it.
///
/// `setup` fills a folder, `command` works on it, `check` looks at it after each run and panics if something is lost; it may
/// run the command again to see that it completes. Returns how many times the command was killed; 0 if strace can't be used
/// here, which in CI is a failure.
pub(crate) fn kill_everywhere(
    setup: impl Fn(&Path),
    command: impl Fn(&Path) -> Command,
    check: impl Fn(&Path),
) -> usize {
    disturb_everywhere(Fault::Kill, setup, command, check)
}

/// As [`kill_everywhere`], with any fault. A command that sees an error may end as it likes, but not by a panic.
pub(crate) fn disturb_everywhere(
    fault: Fault,
    setup: impl Fn(&Path),
    command: impl Fn(&Path) -> Command,
    check: impl Fn(&Path),
) -> usize {
    if let Err(why) = strace_works() {
        assert!(std::env::var_os("CI").is_none(), "strace: {why}");
        eprintln!("skipped: strace ({why})");
        return 0;
    }
    let fresh = || {
        let folder = tempfile::tempdir().unwrap();
        setup(folder.path());
        folder
    };
    let folder = fresh();
    let log = tempfile::NamedTempFile::new().unwrap();
    let all = CALLS.map(|call| format!("?{call}")).join(",");
    let whole = strace(&[format!("--trace={all}")], log.path(), &command(folder.path()));
    assert!(whole.status.success(), "undisturbed: {whole:?}");
    check(folder.path());

    let mut disturbed = 0;
    for (call, number) in calls(&fs::read_to_string(log.path()).unwrap(), fault) {
        let folder = fresh();
        let effect = match fault {
            Fault::Kill => "signal=SIGKILL".to_owned(),
            Fault::Error(name) => format!("error={name}"),
        };
        let options = [format!("--trace={call}"), format!("--inject={call}:{effect}:when={number}")];
        let run = strace(&options, log.path(), &command(folder.path()));
        match fault {
            Fault::Kill => disturbed += usize::from(run.status.signal() == Some(9)),
            Fault::Error(_) => {
                assert!(!matches!(run.status.code(), None | Some(101)), "{call} {number}: {run:?}");
                disturbed += usize::from(fs::read_to_string(log.path()).unwrap().contains("INJECTED"));
            }
        }
        eprintln!("{fault:?} at {call} number {number}");
        check(folder.path());
    }
    disturbed
}

fn strace_works() -> Result<(), String> {
    match Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).output() {
        Err(error) => Err(error.to_string()),
        Ok(run) if run.status.success() => Ok(()),
        Ok(run) => Err(String::from_utf8_lossy(&run.stderr).trim().to_owned()),
    }
}

fn strace(options: &[String], log: &Path, command: &Command) -> Output {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o"]).arg(log).args(options).arg("--");
    strace.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => strace.env(name, value),
            None => strace.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        strace.current_dir(folder);
    }
    strace.output().unwrap()
}

/// The calls of a log that change something, with their number among the calls of that name in their thread: strace counts so.
/// Output that can't be written is no fault of the disk.
fn calls(log: &str, fault: Fault) -> BTreeSet<(String, usize)> {
    let mut counts = BTreeMap::new();
    let mut calls = BTreeSet::new();
    let mut prints = BTreeSet::new();
    for line in log.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let Some((name, arguments)) = rest.trim_start().split_once('(') else { continue };
        if !CALLS.contains(&name) {
            continue;
        }
        let count = counts.entry((thread, name)).or_insert(0);
        *count += 1;
        let reads =
            name.starts_with("open") && !arguments.contains("O_CREAT") && !arguments.contains("O_TRUNC");
        let call = (name.to_owned(), *count);
        if fault != Fault::Kill && (arguments.starts_with("1, ") || arguments.starts_with("2, ")) {
            prints.insert(call);
        } else if !reads {
            calls.insert(call);
        }
    }
    &calls - &prints
}

fn shell(folder: &Path, script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]).current_dir(folder);
    command
}

fn old_or_new(folder: &Path) {
    let text = fs::read_to_string(folder.join("file")).unwrap();
    assert!(text == "old" || text == "new", "torn: {text:?}");
}

#[test]
fn a_safe_command_passes_and_a_careless_one_is_caught() {
    let setup = |folder: &Path| fs::write(folder.join("file"), "old").unwrap();
    let safe = |folder: &Path| shell(folder, "printf new > file.tmp && mv file.tmp file");
    if kill_everywhere(setup, safe, old_or_new) == 0 {
        return;
    }
    let careless = |folder: &Path| shell(folder, "printf new > file");
    let caught = std::panic::catch_unwind(|| kill_everywhere(setup, careless, old_or_new));
    assert!(caught.is_err(), "a file that is cut before it is written must be seen");
}

/// Files with their contents before and after, by place. `None` is "not there".
const FILES: [(Place, &str, Option<&str>, Option<&str>); 10] = [
    (Place::Spec, "a.kdl", Some("spec 1"), Some("spec 2")),
    (Place::Pki, "corp/1.key.sops.yaml", Some("key 1"), None),
    (Place::Pki, "corp/1.crt", Some("crt 1"), None),
    (Place::Pki, "corp/2.key.sops.yaml", None, Some("key 2")),
    (Place::Pki, "corp/2.crt", None, Some("crt 2")),
    (Place::Pki, "corp/ca.crt", Some("ca 1"), Some("ca 2")),
    (Place::Out, "kustomization.yaml", Some("old"), Some("new")),
    (Place::Out, "new/gateway-a.yaml", None, Some("gateway")),
    (Place::Out, "new/kustomization.yaml", None, Some("gateway-a.yaml")),
    (Place::Out, "old/gateway-a.yaml", Some("gateway"), None),
];

fn plan(to_new: bool) -> FilePlan {
    let mut plan = FilePlan::default();
    for (place, path, old, new) in FILES {
        let path = ProjectPath::new(path).unwrap();
        match if to_new { new } else { old } {
            Some(contents) => plan.write(place, path, contents),
            None => plan.prune(place, path),
        }
    }
    plan
}

/// Where the tree stands: a project whose `out` lies elsewhere, so that two stages are used.
fn layout(folder: &Path) -> Layout {
    let root = folder.join("project");
    Layout { out: folder.join("deploy/out"), ..Layout::below(&root) }
}

const VICTIM: &str = "GATEWRIGHT_TEST_CRASH_FOLDER";

/// Not a test: what the tests below kill, in a process of its own.
#[test]
#[ignore = "run by the tests of this file"]
fn victim() {
    let Some(folder) = std::env::var_os(VICTIM).map(PathBuf::from) else { return };
    // Calls are counted by thread, and the harness prints a few lines in its own: so these are behind when files are written.
    for _ in 0..20 {
        eprintln!("writing");
    }
    if let Err(error) = apply(&layout(&folder), &plan(true)) {
        eprintln!("{error}");
        // The test harness would turn a failure into exit code 101, which is kept for panics that nobody meant.
        #[expect(clippy::exit, reason = "this process is a command under test")]
        std::process::exit(4);
    }
}

fn run_victim(folder: &Path) -> Command {
    let module = module_path!().split_once("::").map_or("", |(_, module)| module);
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "--ignored", "--test-threads=1", "--nocapture"])
        .arg(format!("{module}::victim"));
    command.env(VICTIM, folder);
    command
}

fn old_tree(folder: &Path) {
    fs::create_dir_all(folder.join("project")).unwrap();
    fs::create_dir_all(folder.join("deploy")).unwrap();
    let mut plan = plan(false);
    plan.prunes.clear();
    apply(&layout(folder), &plan).unwrap();
}

fn nothing_is_lost(folder: &Path) {
    let layout = layout(folder);
    let read =
        |place, path: &str| fs::read_to_string(layout.path(place, &ProjectPath::new(path).unwrap())).ok();
    for (place, path, old, new) in FILES {
        let now = read(place, path);
        assert!(now.as_deref() == old || now.as_deref() == new, "{path}: {now:?}");
    }
    let (key, certificate) = (read(Place::Pki, "corp/2.key.sops.yaml"), read(Place::Pki, "corp/2.crt"));
    assert!(certificate.is_none() || key.is_some(), "a certificate without its key");
    assert!(read(Place::Pki, "corp/1.crt").is_none() || read(Place::Pki, "corp/1.key.sops.yaml").is_some());
    if read(Place::Pki, "corp/ca.crt").as_deref() == Some("ca 2") {
        assert!(certificate.is_some(), "trust in what is not there");
    }
    if read(Place::Out, "kustomization.yaml").as_deref() == Some("new") {
        assert!(read(Place::Out, "new/kustomization.yaml").is_some(), "a list that names what is not there");
    }
    if read(Place::Out, "new/kustomization.yaml").is_some() {
        assert!(read(Place::Out, "new/gateway-a.yaml").is_some(), "a list that names what is not there");
    }

    apply(&layout, &plan(true)).unwrap();
    for (place, path, _, new) in FILES {
        assert_eq!(read(place, path).as_deref(), new, "{path} after the next run");
    }
    let mut left: Vec<_> = ["project", "deploy", "project/pki/corp", "deploy/out"]
        .iter()
        .flat_map(|part| fs::read_dir(folder.join(part)).unwrap())
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort_unstable();
    assert_eq!(
        left,
        ["2.crt", "2.key.sops.yaml", "ca.crt", "kustomization.yaml", "new", "out", "pki", "specs"]
    );
}

#[test]
fn a_writer_killed_anywhere_loses_nothing() {
    let killed = kill_everywhere(old_tree, run_victim, nothing_is_lost);
    assert!(killed == 0 || killed > 30, "only {killed} kills");
}

#[test]
fn a_disk_that_fails_anywhere_loses_nothing() {
    for error in ["ENOSPC", "EIO", "EACCES"] {
        let failed = disturb_everywhere(Fault::Error(error), old_tree, run_victim, nothing_is_lost);
        assert!(failed == 0 || failed > 30, "only {failed} failures");
    }
}

#[test]
fn a_disk_that_fills_up_while_staging_leaves_the_old_tree() {
    let folder = tempfile::tempdir().unwrap();
    old_tree(folder.path());
    if strace_works().is_err() {
        return; // said by the tests above
    }
    let options = ["--trace=syncfs".to_owned(), "--inject=syncfs:error=ENOSPC".to_owned()];
    let run = strace(&options, Path::new("/dev/null"), &run_victim(folder.path()));
    assert_eq!(run.status.code(), Some(4), "{run:?}");
    assert!(String::from_utf8_lossy(&run.stderr).contains("can't sync"), "{run:?}");
    for (place, path, old, _) in FILES {
        let path = layout(folder.path()).path(place, &ProjectPath::new(path).unwrap());
        assert_eq!(fs::read_to_string(path).ok().as_deref(), old);
    }
    assert!(!folder.path().join("project/.gatewright").exists());
}
