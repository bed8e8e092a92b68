//! `gatewright check`

use super::exit::Exit;
use super::identities::Finder;
use super::print::Printer;
use super::render::count;
use super::session::{Failure, Session};
use super::settings::Settings;
use super::waiting;
use crate::build::{Outcome, Request};
use crate::check::recipients;
use crate::check::sealed::open_all;
use crate::diag::{Code, Diagnostic, Report, Severity};
use crate::issue::Unlock as _;
use crate::plan::certs::Asked;
use crate::secret::{Audiences, Rules};
use crate::sops::{IdentityNote, IdentityProblem};
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
    let outcome = session
        .build(&Request { asked: Asked { no_renewals: true, ..Asked::default() }, ..Request::default() })?;
    let mut report = outcome.report.clone();
    report.extend(sealed(&outcome, settings, printer));
    let (rules, _) = Rules::read(&settings.layout, session.input.sops_config.as_ref());
    let audiences = Audiences::new(&outcome.project, &settings.layout, rules);
    report.extend(recipients::compare(&outcome.project, &outcome.existing, &audiences));
    let exit = if report.has_errors() {
        Exit::of(&report)
    } else if !outcome.files.is_empty() || (args.strict && report.count(Severity::Warning) > 0) {
        Exit::Difference
    } else if !outcome.waiting.is_empty() && !args.allow_waiting {
        Exit::Waiting
    } else {
        Exit::Fine
    };
    report.extend(differences(&outcome, &settings.layout));
    if !args.allow_waiting {
        report.extend(waiting::findings(&outcome));
    }
    printer.report(&report, session.sources());
    if exit == Exit::Fine {
        printer.note("the tree is what the spec says");
    }
    Ok(exit)
}

/// What only an identity can tell; whoever has none is told that.
fn sealed(outcome: &Outcome, settings: &Settings, printer: &Printer) -> Report {
    let identities = match Finder::without_asking(settings).identities() {
        Ok(identities) => identities,
        Err(finding) => {
            let mut report = Report::default();
            report.push(*finding);
            return report;
        }
    };
    let mut opened = open_all(&outcome.existing, &identities);
    let unused = identities.notes();
    if opened.opened == 0 && opened.locked > 0 && !unused.is_empty() {
        opened.report.extend(unopened(unused, printer));
    } else if identities.is_empty() && opened.locked > 0 {
        printer.note("keys were not opened, since there is no identity here: only one tells a changed key");
    } else if opened.opened == 0 && opened.locked > 0 {
        printer.note("keys were not opened, since they are for other identities: only one of theirs tells a changed key");
    } else {
        printer.detail(&format!(
            "sealed files: {} opened, {} for other identities",
            opened.opened, opened.locked
        ));
    }
    opened.report
}

/// That no key was opened, and why what is there is of no use. Nobody is there to type a passphrase, so one that is missing is no
/// mistake.
fn unopened(unused: &[IdentityNote], printer: &Printer) -> Report {
    let mut report = Report::default();
    if unused.iter().all(|note| note.problem == IdentityProblem::Passphrase) {
        let reasons: Vec<_> = unused.iter().map(ToString::to_string).collect();
        printer.note(&format!(
            "keys were not opened, and only an identity tells a changed key: {}",
            reasons.join("; ")
        ));
        return report;
    }
    let finding = Diagnostic::warning(
        Code::IDENTITY,
        "keys were not opened, since an identity that is given here can't be used",
    );
    let finding = unused.iter().fold(finding, |finding, note| finding.note(note.to_string()));
    report.push(
        finding.note("only an identity tells a changed key").help("an identity is a line `AGE-SECRET-KEY-1…`, as `age-keygen` writes it; where there is to be none, take the variable away"),
    );
    report
}

/// The files that a render would write or remove.
fn differences(outcome: &Outcome, layout: &Layout) -> Report {
    let mut report = Report::default();
    let (writes, prunes) = (outcome.files.writes_in_order(), outcome.files.prunes_in_order());
    let number = writes.len() + prunes.len();
    if number == 0 {
        return report;
    }
    let verb = if number == 1 { "is" } else { "are" };
    let message = format!("{} {verb} not what the spec says", count(number));
    let mut finding = Diagnostic::error(Code::OUT_OF_DATE, message);
    for file in writes {
        finding = finding.note(format!("{} would be written", layout.shown(file.place, &file.path)));
    }
    for file in prunes {
        finding = finding.note(format!("{} would be removed", layout.shown(file.place, &file.path)));
    }
    report.push(finding.help("run `gatewright render`"));
    report
}
