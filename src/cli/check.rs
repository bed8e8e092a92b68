//! `gatewright check`

use super::exit::Exit;
use super::identities::Finder;
use super::print::Printer;
use super::render::waiting;
use super::session::{Failure, Session};
use super::settings::Settings;
use crate::build::{Outcome, Request};
use crate::check::sealed::open_all;
use crate::diag::{Report, Severity};
use crate::pki::fulfil::Unlock as _;
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
    let mut report = outcome.report.clone();
    report.extend(sealed(&outcome, settings, printer));
    printer.report(&report, session.sources());
    if report.has_errors() {
        return Ok(Exit::of(&report));
    }
    let differences = differences(&outcome, &settings.layout);
    for line in &differences {
        printer.error(line);
    }
    if !differences.is_empty() {
        printer.error("the tree is not what the spec says: run `gatewright render`");
        return Ok(Exit::Difference);
    }
    if args.strict && report.count(Severity::Warning) > 0 {
        return Ok(Exit::Difference);
    }
    if !outcome.waiting.is_empty() && !args.allow_waiting {
        waiting(&outcome.waiting, printer);
        return Ok(Exit::Waiting);
    }
    printer.note("the tree is what the spec says");
    Ok(Exit::Fine)
}

/// What only an identity can tell: whoever has none is told nothing.
fn sealed(outcome: &Outcome, settings: &Settings, printer: &Printer) -> Report {
    let identities = match Finder::new(settings).identities() {
        Ok(identities) => identities,
        Err(finding) => {
            let mut report = Report::default();
            report.push(*finding);
            return report;
        }
    };
    let opened = open_all(&outcome.existing, &identities);
    if identities.is_empty() {
        printer.detail("sealed files were not opened: there is no identity at hand");
    } else {
        printer.detail(&format!(
            "sealed files: {} opened, {} for other identities",
            opened.opened, opened.locked
        ));
    }
    opened.report
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
