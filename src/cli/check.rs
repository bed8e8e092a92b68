//! `gatewright check`

use super::exit::Exit;
use super::print::Printer;
use super::render::waiting;
use super::session::{Failure, Session};
use super::settings::Settings;
use crate::build::{Outcome, Request};
use crate::diag::Severity;
use crate::tree::Layout;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Is content with certificates that wait for an identity; for hooks of people who have none.
    #[arg(long)]
    allow_waiting: bool,
    /// Fails on warnings too.
    #[arg(long)]
    strict: bool,
}

pub(super) fn run(args: &Args, settings: &Settings, printer: &Printer) -> Result<Exit, Failure> {
    let session = Session::read(settings)?;
    let outcome = session.build(&Request::default())?;
    printer.report(&outcome.report, session.sources());
    let differences = differences(&outcome, &settings.layout);
    for line in &differences {
        printer.error(line);
    }
    if !differences.is_empty() {
        printer.error("the tree is not what the spec says: run `gatewright render`");
        return Ok(Exit::Difference);
    }
    if args.strict && outcome.report.count(Severity::Warning) > 0 {
        return Ok(Exit::Difference);
    }
    if !outcome.waiting.is_empty() && !args.allow_waiting {
        waiting(&outcome.waiting, printer);
        return Ok(Exit::Waiting);
    }
    printer.note("the tree is what the spec says");
    Ok(Exit::Fine)
}

/// One line for each file that a render would write or remove.
fn differences(outcome: &Outcome, layout: &Layout) -> Vec<String> {
    let writes = outcome.files.writes_in_order();
    let writes =
        writes.iter().map(|file| format!("{} would be written", layout.shown(file.place, &file.path)));
    let prunes = outcome.files.prunes_in_order();
    let prunes =
        prunes.iter().map(|file| format!("{} would be removed", layout.shown(file.place, &file.path)));
    writes.chain(prunes).collect()
}
