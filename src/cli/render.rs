//! `gatewright render`

use super::exit::Exit;
use super::print::Printer;
use super::session::{Failure, Session};
use super::settings::Settings;
use crate::build::{Change, Outcome, Request};
use crate::pki::fulfil::Waiting;
use crate::plan::certs::Asked;
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
    let request = Request { allow_empty: args.allow_empty, asked: Asked::default() };
    let (outcome, applied) = write(settings, printer, &request)?;
    let wrote = applied.written + applied.pruned > 0;
    if args.exit_code && wrote {
        return Ok(Exit::Difference);
    }
    Ok(if outcome.waiting.is_empty() { Exit::Fine } else { Exit::Waiting })
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
    printer.report(&outcome.report, session.sources());
    for change in &outcome.changes {
        printer.note(&issued(change));
    }
    for file in outcome.files.writes_in_order() {
        printer.detail(&format!("wrote {}", settings.layout.shown(file.place, &file.path)));
    }
    for file in outcome.files.prunes_in_order() {
        printer.detail(&format!("removed {}", settings.layout.shown(file.place, &file.path)));
    }
    waiting(&outcome.waiting, printer);
    if applied.written + applied.pruned == 0 {
        printer.note("nothing to do");
    } else {
        let count = |number: usize| format!("{number} file{}", if number == 1 { "" } else { "s" });
        let pruned =
            if applied.pruned == 0 { String::new() } else { format!(", {} removed", count(applied.pruned)) };
        printer.note(&format!("{} written{pruned}", count(applied.written)));
    }
    Ok((outcome, applied))
}

/// One line about a certificate that was issued.
pub(super) fn issued(change: &Change) -> String {
    let verb = if change.old.is_some() { "reissued" } else { "issued" };
    format!("{verb} {} {}, valid until {}", change.word, change.name, change.new.not_after())
}

/// Names the certificates that wait, and what they need.
pub(super) fn waiting(waiting: &[Waiting], printer: &Printer) {
    if waiting.is_empty() {
        return;
    }
    printer.error(&format!(
        "{} certificate{} for an identity:",
        waiting.len(),
        if waiting.len() == 1 { " waits" } else { "s wait" }
    ));
    for wait in waiting {
        let state = if wait.missing { "missing; the rest of it is rendered" } else { "the old one stays" };
        printer.error(&format!("  {} {} ({}): {state}", wait.word, wait.name, wait.why));
    }
    let mut needs: Vec<_> = waiting.iter().map(|wait| wait.needs.as_str()).collect();
    needs.dedup();
    for need in needs {
        printer.error(&format!("  {need}"));
    }
    printer.error("  set SOPS_AGE_KEY_FILE or pass --identity FILE, and run it again");
}
