//! `gatewright render`

use super::exit::Exit;
use super::print::Printer;
use super::session::{Failure, Session};
use super::settings::Settings;
use super::waiting;
use crate::build::{Change, Outcome, Request};
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
    report.extend(waiting::findings(&outcome));
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
