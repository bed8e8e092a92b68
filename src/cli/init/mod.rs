//! `gatewright init`: what is missing is made, what is there stays.
#![expect(
    clippy::disallowed_methods,
    reason = "identities are written outside the project, and what is there is read"
)]

mod identity;
mod rules;

use std::fs;

use super::exit::Exit;
use super::print::Printer;
use super::session::Failure;
use super::settings::Settings;
use super::shell::quoted;
use crate::plan::files::{FilePlan, Place, ProjectPath};
use crate::tree::{Lock, apply};

const SPEC: &str = include_str!("example.kdl");

const IGNORE: &str = ".gatewright/";

const ATTRIBUTES: &str = "\
# written by Gatewright: the same bytes on every machine
out/** text eol=lf
pki/** text eol=lf
# ciphertext says nothing in a review
out/**/secret-*.sops.yaml linguist-generated
pki/**/*.sops.yaml linguist-generated
";

const HOOK: &str = "\
repos:
  - repo: local
    hooks:
      - id: gatewright
        name: gatewright check
        entry: gatewright check --allow-waiting
        language: system
        pass_filenames: false
        require_serial: true
        files: ^(specs|templates|out|pki)/|^(gatewright\\.kdl|\\.sops\\.yaml)$
";

/// Arguments of `init`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Namespace of the Secret that holds the cluster's identity, for the kubectl line.
    #[arg(long, value_name = "NAMESPACE", default_value = "flux-system")]
    cluster_namespace: String,
}

pub(super) fn run(args: &Args, settings: &Settings, printer: &Printer) -> Result<Exit, Failure> {
    let _lock = Lock::take(&settings.layout)?;
    let mut plan = FilePlan::default();
    let mut notes = Vec::new();
    let rules = rules::look(settings)?;
    let mut cluster = None;
    if let rules::Found::Nothing = rules {
        let operator = identity::operator(settings, printer)?;
        let made = identity::cluster(settings, printer)?;
        add(&mut plan, Place::Root, ".sops.yaml", rules::text(settings, &operator, &made.recipient))?;
        cluster = Some(made);
    } else {
        notes.extend(rules.notes());
    }
    spec(settings, &mut plan, &mut notes)?;
    append(settings, &mut plan, ".gitignore", IGNORE, &format!("{IGNORE}\n"))?;
    append(settings, &mut plan, ".gitattributes", "out/** text eol=lf", ATTRIBUTES)?;
    hook(settings, &mut plan, &mut notes)?;
    let applied = apply(&settings.layout, &plan)?;
    for file in plan.writes_in_order() {
        printer.note(&format!("wrote {}", settings.layout.shown(file.place, &file.path)));
    }
    if applied.written == 0 {
        printer.note("everything is there already");
    }
    for note in notes {
        printer.note(&note);
    }
    printer.out(&next(settings, cluster.as_ref(), &args.cluster_namespace));
    Ok(Exit::Fine)
}

fn spec(settings: &Settings, plan: &mut FilePlan, notes: &mut Vec<String>) -> Result<(), Failure> {
    let is_kdl = |entry: walkdir::Result<walkdir::DirEntry>| {
        entry.is_ok_and(|entry| entry.path().extension().is_some_and(|ending| ending == "kdl"))
    };
    if walkdir::WalkDir::new(&settings.layout.specs).into_iter().any(is_kdl) {
        notes.push("there is a spec already: no example was written".to_owned());
        return Ok(());
    }
    add(plan, Place::Spec, "example.kdl", SPEC.to_owned())
}

fn hook(settings: &Settings, plan: &mut FilePlan, notes: &mut Vec<String>) -> Result<(), Failure> {
    let name = ".pre-commit-config.yaml";
    match read(settings, name)? {
        None => add(plan, Place::Root, name, HOOK.to_owned()),
        Some(text) if text.contains("gatewright") => Ok(()),
        Some(_) => {
            notes.push(format!("{name} is there already; add this to it:\n{}", HOOK.trim_end()));
            Ok(())
        }
    }
}

/// Adds lines to a file unless it has the first of them.
fn append(
    settings: &Settings,
    plan: &mut FilePlan,
    name: &str,
    first: &str,
    lines: &str,
) -> Result<(), Failure> {
    let old = read(settings, name)?.unwrap_or_default();
    if old.lines().any(|line| line.trim() == first) {
        return Ok(());
    }
    let gap = if old.is_empty() || old.ends_with('\n') { "" } else { "\n" };
    add(plan, Place::Root, name, format!("{old}{gap}{lines}"))
}

fn read(settings: &Settings, name: &str) -> Result<Option<String>, Failure> {
    let path = settings.layout.root.join(name);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::File { path, error }),
    }
}

fn add(plan: &mut FilePlan, place: Place, path: &str, text: String) -> Result<(), Failure> {
    let path = ProjectPath::new(path).map_err(|error| Failure::Call(format!("{path}: {error}")))?;
    plan.write(place, path, text);
    Ok(())
}

fn next(settings: &Settings, cluster: Option<&identity::Made>, namespace: &str) -> String {
    let mut text = String::new();
    if let Some(cluster) = cluster {
        text.push_str("# give the cluster its identity (Flux; its Kustomization then says decryption: {provider: sops, secretRef: {name: sops-age}})\n");
        text.push_str(&format!(
            "kubectl create secret generic sops-age -n {namespace} --from-file=cluster.agekey={}\n\n",
            quoted(&cluster.path.display().to_string())
        ));
    }
    text.push_str("# then\n");
    let here = settings.directory == settings.environment.directory();
    let flag = if here {
        String::new()
    } else {
        format!(" -C {}", quoted(&settings.directory.display().to_string()))
    };
    text.push_str(&format!("gatewright{flag} render\ngit add -A && git commit\n"));
    text
}
