//! `gatewright diff`

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use similar::TextDiff;

use super::exit::Exit;
use super::print::Printer;
use super::session::{Failure, Session};
use super::settings::Settings;
use super::waiting;
use crate::build::{Change, Outcome, Request};
use crate::manifest::Manifest;
use crate::pki::Certificate;
use crate::plan::files::{FileWrite, Place, ProjectPath};

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
    report.extend(waiting::findings(&outcome));
    printer.report(&report, session.sources());
    let mut text = String::new();
    for change in outcome.changes.iter().filter(|_| !args.name_only) {
        text.push_str(&certificate(change));
    }
    for file in outcome.files.writes_in_order() {
        let shown = settings.layout.shown(file.place, &file.path);
        let is_key = file.place == Place::Pki && is_sealed(&file.path);
        if args.name_only {
            text.push_str(&format!("{shown}\n"));
        } else if is_key {
            let there = session.input.snapshot.file(file.place, &file.path).is_some();
            text.push_str(&format!("{shown} (sealed key, {})\n", if there { "written anew" } else { "new" }));
        } else {
            text.push_str(&written(&session, &outcome, file, &shown));
        }
    }
    for file in outcome.files.prunes_in_order() {
        let shown = settings.layout.shown(file.place, &file.path);
        let old = session.input.snapshot.file(file.place, &file.path).unwrap_or_default();
        if args.name_only || is_sealed(&file.path) {
            text.push_str(&format!("{shown} (removed)\n"));
        } else {
            text.push_str(&unified(&String::from_utf8_lossy(old), "", &shown));
        }
    }
    printer.out(&text);
    Ok(if outcome.files.is_empty() { Exit::Fine } else { Exit::Difference })
}

fn is_sealed(path: &ProjectPath) -> bool {
    path.as_str().ends_with(".sops.yaml")
}

/// A file of the tree that changes; a sealed one as what may be read of it.
fn written(session: &Session<'_>, outcome: &Outcome, file: &FileWrite, shown: &str) -> String {
    let old = session.input.snapshot.file(file.place, &file.path);
    let old = old.map(String::from_utf8_lossy).unwrap_or_default();
    let manifest = outcome.manifests.iter().find(|manifest| manifest.path == file.path);
    match manifest.filter(|_| file.place == Place::Out && is_sealed(&file.path)) {
        Some(manifest) => unified(&readable(&old, manifest), &manifest.text, shown),
        None => unified(&old, &String::from_utf8_lossy(&file.contents), shown),
    }
}

/// The old sealed file without its ciphertext and without the `sops` block, in the form of the new one: the two writers
/// quote differently, and a line in which nothing else differs is the new one's.
fn readable(old: &str, new: &Manifest) -> String {
    let bare = |line: &str| line.replace(['"', '\''], "");
    let of_new: HashMap<String, &str> = new.text.lines().map(|line| (bare(line), line)).collect();
    let mut text = String::new();
    for line in old.lines().skip_while(|line| line.starts_with('#')) {
        if line.starts_with("sops:") {
            break;
        }
        if !line.contains("ENC[AES256_GCM,") {
            text.push_str(of_new.get(&bare(line)).unwrap_or(&line));
            text.push('\n');
        }
    }
    text
}

fn unified(old: &str, new: &str, shown: &str) -> String {
    if old == new {
        return String::new();
    }
    let from = if old.is_empty() { "/dev/null".to_owned() } else { format!("a/{shown}") };
    let to = if new.is_empty() { "/dev/null".to_owned() } else { format!("b/{shown}") };
    let (old, new) = (legible(old), legible(new));
    TextDiff::from_lines(&old, &new).unified_diff().context_radius(3).header(&from, &to).to_string()
}

/// A text with what its certificates say in place of their base64, which says nothing to a reader.
fn legible(text: &str) -> String {
    let mut legible = String::new();
    let mut pem: Option<String> = None;
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        if bare == "-----BEGIN CERTIFICATE-----" {
            pem = Some(String::new());
        }
        if let Some(begun) = &mut pem {
            begun.push_str(&format!("{bare}\n"));
            if bare == "-----END CERTIFICATE-----" {
                let indent = &line[..line.len() - line.trim_start().len()];
                let begun = pem.take().unwrap_or_default();
                let lines = certificates(&begun)
                    .unwrap_or_else(|| vec!["a certificate that can't be read".to_owned()]);
                lines.iter().for_each(|line| legible.push_str(&format!("{indent}{line}\n")));
            }
            continue;
        }
        match encoded(line) {
            Some((key, certificates)) => {
                certificates.iter().for_each(|text| legible.push_str(&format!("{key}: {text}\n")));
            }
            None => legible.push_str(line),
        }
    }
    // What has no end is shown as it is.
    legible.push_str(&pem.unwrap_or_default());
    legible
}

/// The certificates of a field of a Secret, with the line up to its colon.
fn encoded(line: &str) -> Option<(&str, Vec<String>)> {
    let (key, value) = line.split_once(": ")?;
    let bytes = STANDARD.decode(value.trim().trim_matches(['"', '\''])).ok()?;
    Some((key, certificates(std::str::from_utf8(&bytes).ok()?)?))
}

/// What each certificate of a PEM text says, if there is any and nothing else.
fn certificates(pem: &str) -> Option<Vec<String>> {
    let chain = Certificate::from_pem_chain(pem).ok().filter(|chain| !chain.is_empty())?;
    Some(chain.iter().map(|certificate| format!("(certificate) {}", described(certificate))).collect())
}

fn described(certificate: &Certificate) -> String {
    let mut names: Vec<_> = certificate.sans().iter().map(ToString::to_string).collect();
    names.sort();
    let or_none = |text: String| if text.is_empty() { "none".to_owned() } else { text };
    format!(
        "subject {}; names {}; issuer {}; {} to {}; {}; serial {}",
        or_none(certificate.subject().to_string()),
        or_none(names.join(" ")),
        or_none(certificate.issuer().to_string()),
        certificate.not_before(),
        certificate.not_after(),
        certificate.key_kind().map_or("another key".to_owned(), |kind| kind.to_string()),
        certificate.serial(),
    )
}

fn certificate(change: &Change) -> String {
    let mut text = format!("certificate of {} {}\n", change.word, change.name);
    if let Some(old) = &change.old {
        text.push_str(&format!("- {}\n", described(old)));
    }
    text.push_str(&format!("+ {}\n", described(&change.new)));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_stays_as_it_is() {
        for text in
            ["a: b\n", "  tls.crt: aGVsbG8=\n", "  name: abcd", "-----BEGIN CERTIFICATE-----\nAAAA\n", ""]
        {
            assert_eq!(legible(text), text);
        }
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\nmore\n";
        assert_eq!(legible(broken), "a certificate that can't be read\nmore\n");
    }
}
