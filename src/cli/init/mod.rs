//! `gatewright init`: what is missing is made, what is there stays.
#![expect(
    clippy::disallowed_methods,
    reason = "identities are written outside the project, and what is there is read"
)]

mod hook;
mod identity;
mod rules;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::print::Printer;
use super::session::Failure;
use super::settings::Settings;
use super::shell::{from, gatewright, quoted};
use crate::paths::Layout;
use crate::plan::files::{FilePlan, Place, ProjectPath};
use crate::state;
use crate::state::git::real;
use crate::tree::{Lock, apply};

const SPEC: &str = include_str!("example.kdl");

const IGNORE: &str = ".gatewright/";

/// Arguments of `init`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Namespace of the Secret that holds the cluster's identity, for the kubectl line.
    #[arg(long, value_name = "NAMESPACE", default_value = "flux-system")]
    cluster_namespace: String,
}

pub(super) fn run(args: &Args, settings: &Settings, printer: &Printer) -> Result<Exit, Failure> {
    let _lock = Lock::take(&settings.layout)?;
    let rules = rules::look(settings)?;
    let hook = hook::look(settings, &rules.path)?;
    let mut notes = rules.notes.clone();
    let mut around = Around::default();
    let mut cluster = None;
    if !rules.missing.is_empty() {
        let operator = identity::operator(settings, printer)?;
        let made = identity::cluster(settings, printer)?;
        let text = rules.text(&operator, &made.recipient);
        if rules.is_new {
            around.add(&rules.path, text)?;
        } else {
            notes.push(text.trim_end().to_owned());
        }
        cluster = Some(made);
    }
    let mut plan = FilePlan::default();
    spec(settings, &mut plan, &mut notes)?;
    append(settings, &mut plan, ".gitignore", &[IGNORE.to_owned()])?;
    append(settings, &mut plan, ".gitattributes", &attributes(settings))?;
    match hook {
        hook::Hook::There => {}
        hook::Hook::New(path, text) => around.add(&path, text)?,
        hook::Hook::Note(note) => notes.push(note),
    }
    apply(&settings.layout, &plan)?;
    let names = plan.writes_in_order().into_iter().map(|file| settings.layout.shown(file.place, &file.path));
    let mut written: Vec<_> = names.collect();
    written.extend(around.write(settings)?);
    written.sort();
    for path in &written {
        printer.note(&format!("wrote {path}"));
    }
    if written.is_empty() {
        printer.note("everything is there already");
    }
    notes.iter().for_each(|note| printer.note(note));
    printer.out(&next(settings, &rules, cluster.as_ref(), &args.cluster_namespace));
    Ok(Exit::Fine)
}

/// Files that may belong to the repository around the project: what goes into each folder.
#[derive(Default)]
struct Around {
    plans: BTreeMap<PathBuf, FilePlan>,
}

impl Around {
    fn add(&mut self, path: &Path, text: String) -> Result<(), Failure> {
        let folder = path.parent().unwrap_or(Path::new("/"));
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        add(self.plans.entry(real(folder)).or_default(), Place::Root, &name, text)
    }

    /// Writes them, and says which.
    fn write(self, settings: &Settings) -> Result<Vec<String>, Failure> {
        let root = real(&settings.layout.root);
        let mut written = Vec::new();
        for (folder, plan) in self.plans {
            let layout = Layout::below(&folder);
            // The project is locked already.
            let _lock = if folder == root { None } else { Some(Lock::take(&layout)?) };
            apply(&layout, &plan)?;
            written.extend(plan.writes_in_order().into_iter().map(|file| {
                let path = layout.path(file.place, &file.path);
                from(if folder == root { &root } else { settings.environment.directory() }, &path)
                    .display()
                    .to_string()
            }));
        }
        Ok(written)
    }
}

/// What Git is to know about our files: the same bytes on every machine, and no ciphertext in a review. Only about folders
/// below the project: those elsewhere have attributes of their own.
fn attributes(settings: &Settings) -> Vec<String> {
    let below = |folder: &Path| {
        let folder = folder.strip_prefix(&settings.layout.root).ok()?;
        Some(folder.display().to_string())
    };
    let folders = [&settings.layout.out, &settings.layout.pki].map(|folder| below(folder));
    let [out, pki] = &folders;
    let mut lines = vec!["# written by Gatewright: the same bytes on every machine".to_owned()];
    lines.extend(folders.iter().flatten().map(|folder| format!("{} text eol=lf", glob(folder, "/**"))));
    lines.push("# ciphertext says nothing in a review".to_owned());
    let sealed = [(out, "/**/secret-*.sops.yaml"), (pki, "/**/*.sops.yaml")];
    lines.extend(
        sealed.into_iter().filter_map(|(folder, rest)| {
            Some(format!("{} linguist-generated", glob(folder.as_ref()?, rest)))
        }),
    );
    if folders.iter().flatten().next().is_none() { Vec::new() } else { lines }
}

/// A pattern of `.gitattributes`: a folder to the letter, and what is meant below it.
fn glob(folder: &str, rest: &str) -> String {
    let folder: String =
        folder.chars().flat_map(|c| "\\*?[".contains(c).then_some('\\').into_iter().chain([c])).collect();
    let whole = format!("{folder}{rest}");
    if whole.contains([' ', '"', '\t']) {
        return format!("\"{}\"", whole.replace('\\', r"\\").replace('"', "\\\""));
    }
    whole
}

/// A regular expression that matches a path to the letter, for Go and for Python.
fn pattern(path: &str) -> String {
    path.chars().flat_map(|c| r"\.+*?()|[]{}^$".contains(c).then_some('\\').into_iter().chain([c])).collect()
}

fn spec(settings: &Settings, plan: &mut FilePlan, notes: &mut Vec<String>) -> Result<(), Failure> {
    let is_spec =
        |entry: walkdir::Result<walkdir::DirEntry>| entry.is_ok_and(|entry| state::is_spec(entry.path()));
    if walkdir::WalkDir::new(&settings.layout.specs).follow_links(true).into_iter().any(is_spec) {
        notes.push("there is a spec already: no example was written".to_owned());
        return Ok(());
    }
    add(plan, Place::Spec, "example.kdl", SPEC.to_owned())
}

/// Adds lines to a file unless it has all of them that are no comments.
fn append(settings: &Settings, plan: &mut FilePlan, name: &str, lines: &[String]) -> Result<(), Failure> {
    let old = read(&settings.layout.root.join(name))?.unwrap_or_default();
    let has = |line: &String| line.starts_with('#') || old.lines().any(|there| there.trim() == line);
    if lines.iter().all(has) {
        return Ok(());
    }
    let missing = lines.iter().filter(|line| line.starts_with('#') || !has(line));
    let missing: String = missing.map(|line| format!("{line}\n")).collect();
    let gap = if old.is_empty() || old.ends_with('\n') { "" } else { "\n" };
    add(plan, Place::Root, name, format!("{old}{gap}{missing}"))
}

/// A file that may be there. A pipe or a device is none: reading it could wait for ever.
fn read(path: &Path) -> Result<Option<String>, Failure> {
    let failed = |error| Failure::File { path: path.to_owned(), error };
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => Err(failed(std::io::Error::other("it is no file"))),
        Ok(_) => fs::read_to_string(path).map(Some).map_err(failed),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

fn add(plan: &mut FilePlan, place: Place, path: &str, text: String) -> Result<(), Failure> {
    let path = ProjectPath::new(path).map_err(|error| Failure::Call(format!("{path}: {error}")))?;
    plan.write(place, path, text);
    Ok(())
}

fn next(
    settings: &Settings,
    rules: &rules::Found,
    cluster: Option<&identity::Made>,
    namespace: &str,
) -> String {
    let mut text = String::new();
    if let Some(cluster) = cluster {
        text.push_str("# give the cluster its identity (Flux; its Kustomization then says decryption: {provider: sops, secretRef: {name: sops-age}})\n");
        text.push_str(&format!(
            "kubectl create secret generic sops-age -n {namespace} --from-file=cluster.agekey={}\n\n",
            quoted(&cluster.path.display().to_string())
        ));
    }
    if rules.is_new || rules.missing.is_empty() {
        text.push_str("# then\n");
    } else {
        text.push_str(&format!("# add the rules above to {}, then\n", rules.path.display()));
    }
    let here = settings.environment.directory();
    let git = if real(&settings.directory) == real(here) {
        "git".to_owned()
    } else {
        format!("git -C {}", quoted(&from(here, &settings.directory).display().to_string()))
    };
    text.push_str(&format!("{} render\n{git} add -A && {git} commit\n", gatewright(settings, here)));
    text
}
