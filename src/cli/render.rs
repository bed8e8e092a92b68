//! `gatewright render`

use std::collections::BTreeMap;

use super::exit::Exit;
use super::print::Printer;
use super::session::{Failure, Session};
use super::settings::Settings;
use crate::build::{Change, Outcome, Request};
use crate::diag::{Code, Diagnostic, Report};
use crate::issue::{LIST, NEEDS_HELP, Waiting};
use crate::pki::Certificate;
use crate::tree::{Applied, Lock, apply};

/// Arguments of `render`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Lets a spec without resources remove everything from the tree.
    #[arg(long)]
    allow_empty: bool,
    /// Exits with 1 when something was written or removed.
    #[arg(long)]
    exit_code: bool,
}

pub(super) fn run(args: &Args, settings: &Settings, printer: &Printer) -> Result<Exit, Failure> {
    let request = Request { allow_empty: args.allow_empty, ..Request::default() };
    let (outcome, applied) = write(settings, printer, &request)?;
    let wrote = applied.written + applied.pruned > 0;
    if args.exit_code && wrote {
        return Ok(Exit::Difference);
    }
    Ok(Exit::after(&outcome))
}

/// Builds and writes, and says what happened.
pub(super) fn write(
    settings: &Settings,
    printer: &Printer,
    request: &Request,
) -> Result<(Outcome, Applied), Failure> {
    let _lock = Lock::take(&settings.layout)?;
    let session = Session::read(settings)?;
    let outcome = session.build(request)?;
    let applied = apply(&settings.layout, &outcome.files)?;
    let mut report = outcome.report.clone();
    report.extend(waiting(&outcome.waiting));
    printer.report(&report, session.sources());
    for change in &outcome.changes {
        printer.note(&issued(change));
    }
    for file in outcome.files.writes_in_order() {
        printer.detail(&format!("wrote {}", settings.layout.shown(file.place, &file.path)));
    }
    for file in outcome.files.prunes_in_order() {
        printer.detail(&format!("removed {}", settings.layout.shown(file.place, &file.path)));
    }
    if applied.written + applied.pruned == 0 {
        printer.note("nothing to do");
    } else {
        let pruned =
            if applied.pruned == 0 { String::new() } else { format!(", {} removed", count(applied.pruned)) };
        printer.note(&format!("{} written{pruned}", count(applied.written)));
    }
    Ok((outcome, applied))
}

/// One line about a certificate that was issued.
pub(super) fn issued(change: &Change) -> String {
    let verb = if change.old.is_some() { "reissued" } else { "issued" };
    let same_key = |old: &Certificate| old.spki_sha256() == change.new.spki_sha256();
    let kept = if change.old.as_ref().is_some_and(same_key) { " with the key that it had" } else { "" };
    format!("{verb} {} {}{kept}, valid until {}", change.word, change.name, change.new.not_after())
}

/// `1 file`, `2 files`
pub(super) fn count(files: usize) -> String {
    format!("{files} file{}", if files == 1 { "" } else { "s" })
}

/// How a key pair is brought.
const BRING_HELP: &str =
    "`gatewright bring NAME --cert FILE --key FILE` takes a key pair from files outside the repository";

/// How a list comes that nobody here signs.
const IMPORT_HELP: &str = "get it from whoever holds that key: `gatewright authority import NAME --crl FILE` takes it, as PEM or DER";

/// How an authority's certificate comes in files.
const ADOPT_HELP: &str = "`gatewright authority adopt NAME --cert FILE --key FILE` takes a pair that is there; `gatewright authority csr NAME` asks for a certificate, and `gatewright authority import NAME --cert FILE` takes the answer";

/// Names the certificates that wait: one finding for all that need the same.
pub(super) fn waiting(waiting: &[Waiting]) -> Report {
    let is_list = |wait: &&Waiting| wait.word == LIST;
    let mut by_need: BTreeMap<(&[String], bool), Vec<&Waiting>> = BTreeMap::new();
    for wait in waiting {
        let is_imported = wait.needs.is_empty() && is_list(&wait);
        by_need.entry((&wait.needs, is_imported)).or_default().push(wait);
    }
    let mut report = Report::default();
    for ((needs, is_imported), waiting) in by_need {
        let what = if needs.is_empty() { "its files" } else { "an identity" };
        let message = match waiting.as_slice() {
            [one] if is_imported => {
                format!("a revocation list from above authority `{}` is missing", one.name)
            }
            more if is_imported => format!("{} revocation lists are missing", more.len()),
            [one] if is_list(one) => {
                format!("the revocation list of authority `{}` waits for an identity", one.name)
            }
            [..] if waiting.iter().all(is_list) => {
                format!("{} revocation lists wait for an identity", waiting.len())
            }
            more if waiting.iter().any(is_list) => {
                format!("{} certificates and revocation lists wait for an identity", more.len())
            }
            [one] => format!("the certificate of {} `{}` waits for {what}", one.word, one.name),
            more => format!("{} certificates wait for {}", more.len(), what.replace("its", "their")),
        };
        let mut finding = Diagnostic::error(Code::WAITING, message);
        for wait in &waiting {
            let state = if is_list(wait) {
                "until then, hosts let in whom they do now"
            } else if wait.missing {
                "the rest of it is rendered"
            } else {
                "the old one stays"
            };
            let text = format!("{} `{}`: {}; {state}", wait.word, wait.name, wait.why);
            finding = match wait.place {
                Some(span) => finding.at(span, text),
                None => finding.note(text),
            };
        }
        let is_authority = waiting.iter().any(|wait| wait.word == "authority");
        let help = match (needs.is_empty(), is_authority) {
            (false, _) => NEEDS_HELP,
            (true, false) if is_imported => IMPORT_HELP,
            (true, false) => BRING_HELP,
            (true, true) => ADOPT_HELP,
        };
        report.push(needs.iter().fold(finding, Diagnostic::note).help(help));
    }
    report
}
