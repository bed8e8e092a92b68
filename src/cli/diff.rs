//! `gatewright diff`

use similar::TextDiff;

use super::exit::Exit;
use super::print::Printer;
use super::render::waiting;
use super::session::{Failure, Session};
use super::settings::Settings;
use crate::build::{Change, Manifest, Outcome, Request};
use crate::pki::Certificate;
use crate::plan::files::{FileWrite, Place};

/// Arguments of `diff`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Prints the names of files only.
    #[arg(long)]
    name_only: bool,
}

pub(super) fn run(args: &Args, settings: &Settings, printer: &Printer) -> Result<Exit, Failure> {
    let session = Session::read(settings)?;
    let outcome = session.build(&Request::default())?;
    let mut report = outcome.report.clone();
    report.extend(waiting(&outcome.waiting));
    printer.report(&report, session.sources());
    let mut text = String::new();
    for change in outcome.changes.iter().filter(|_| !args.name_only) {
        text.push_str(&certificate(change));
    }
    for file in outcome.files.writes_in_order() {
        let shown = settings.layout.shown(file.place, &file.path);
        if args.name_only {
            text.push_str(&format!("{shown}\n"));
        } else if file.place == Place::Out {
            text.push_str(&written(&session, &outcome, file, &shown));
        }
    }
    for file in outcome.files.prunes_in_order() {
        let shown = settings.layout.shown(file.place, &file.path);
        let old = session.input.snapshot.file(file.place, &file.path).unwrap_or_default();
        if args.name_only || file.path.as_str().ends_with(".sops.yaml") {
            text.push_str(&format!("{shown} (removed)\n"));
        } else {
            text.push_str(&unified(&String::from_utf8_lossy(old), "", &shown));
        }
    }
    printer.out(&text);
    Ok(if outcome.files.is_empty() { Exit::Fine } else { Exit::Difference })
}

/// A file of the tree that changes; a sealed one as what may be read of it.
fn written(session: &Session<'_>, outcome: &Outcome, file: &FileWrite, shown: &str) -> String {
    let old = session.input.snapshot.file(file.place, &file.path);
    let old = old.map(String::from_utf8_lossy).unwrap_or_default();
    let manifest = outcome.manifests.iter().find(|manifest| manifest.path == file.path);
    let sealed = file.path.as_str().ends_with(".sops.yaml");
    match manifest.filter(|_| sealed) {
        Some(manifest) => unified(&readable(&old, manifest), &manifest.text, shown),
        None => unified(&old, &String::from_utf8_lossy(&file.contents), shown),
    }
}

/// The old sealed file without its ciphertext and without the `sops` block, in the form of the new one.
fn readable(old: &str, new: &Manifest) -> String {
    if old.is_empty() {
        return String::new();
    }
    let mut text = String::new();
    for line in old.lines().skip_while(|line| line.starts_with('#')) {
        if line.starts_with("sops:") {
            break;
        }
        if !line.contains("ENC[AES256_GCM,") {
            text.push_str(line);
            text.push('\n');
        }
    }
    // Quoting differs between the two writers; where nothing else does, nothing is shown.
    let bare = |text: &str| text.replace(['"', '\''], "");
    if bare(&text) == bare(&new.text) { new.text.clone() } else { text }
}

fn unified(old: &str, new: &str, shown: &str) -> String {
    if old == new {
        return String::new();
    }
    let from = if old.is_empty() { "/dev/null".to_owned() } else { format!("a/{shown}") };
    let to = if new.is_empty() { "/dev/null".to_owned() } else { format!("b/{shown}") };
    TextDiff::from_lines(old, new).unified_diff().context_radius(3).header(&from, &to).to_string()
}

fn certificate(change: &Change) -> String {
    let line = |sign: char, certificate: &Certificate| {
        let mut names: Vec<_> = certificate.sans().iter().map(ToString::to_string).collect();
        names.sort();
        format!(
            "{sign} subject {}; names {}; issuer {}; {} to {}; {}\n",
            certificate.subject(),
            if names.is_empty() { "none".to_owned() } else { names.join(" ") },
            certificate.issuer(),
            certificate.not_before(),
            certificate.not_after(),
            certificate.key_kind().map_or("another key".to_owned(), |kind| kind.to_string()),
        )
    };
    let mut text = format!("certificate of {} {}\n", change.word, change.name);
    if let Some(old) = &change.old {
        text.push_str(&line('-', old));
    }
    text.push_str(&line('+', &change.new));
    text
}
