//! Where words go: what was asked for to stdout, the rest to stderr. A reader that went away is no error.

use std::io::{self, Write as _};

use super::disk;
use super::exit::Exit;
use super::session::Failure;
use super::settings::{Environment, Format, Global};
use crate::build::BuildError;
use crate::diag::{Diagnostic, Report, Severity, human, json, mask};
use crate::spec::Sources;

/// Prints.
#[derive(Debug, Clone)]
pub(super) struct Printer {
    format: Format,
    color: bool,
    quiet: bool,
    verbose: bool,
    findings_are_asked_for: bool,
}

impl Printer {
    pub(super) fn plain() -> Self {
        Self {
            format: Format::Human,
            color: false,
            quiet: false,
            verbose: false,
            findings_are_asked_for: true,
        }
    }

    /// `findings_are_asked_for` unless the command prints something else to stdout.
    pub(super) fn new(global: &Global, environment: &Environment, findings_are_asked_for: bool) -> Self {
        Self {
            format: global.format,
            color: global.wants_color(environment),
            quiet: global.quiet,
            verbose: global.verbose,
            findings_are_asked_for,
        }
    }

    /// What the call asked for.
    pub(super) fn out(&self, text: &str) {
        let mut stdout = io::stdout().lock();
        let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    }

    /// Progress, unless quiet.
    pub(super) fn note(&self, line: &str) {
        if !self.quiet {
            self.err(&format!("{line}\n"));
        }
    }

    /// Progress that only `-v` shows.
    pub(super) fn detail(&self, line: &str) {
        if self.verbose && !self.quiet {
            self.err(&format!("{line}\n"));
        }
    }

    pub(super) fn error(&self, message: &str) {
        self.err(&format!("error: {message}\n"));
    }

    fn err(&self, text: &str) {
        let _ = io::stderr().lock().write_all(mask(text.to_owned()).as_bytes());
    }

    /// Findings. With `--format json` they go to stdout, since then they are what was asked for; but not where a command
    /// prints something else there.
    pub(super) fn report(&self, report: &Report, sources: &Sources) {
        if self.format == Format::Json {
            let text = json::render(report, sources);
            if self.findings_are_asked_for {
                self.out(&text)
            } else {
                self.err(&text)
            }
            return;
        }
        let mut shown = Report::default();
        for finding in report.findings() {
            if !self.quiet || finding.severity != Severity::Notice {
                shown.push(finding.clone());
            }
        }
        if !shown.is_empty() {
            self.err(&human::render(&shown, sources, self.color));
        }
    }

    fn refused_by_disk(&self, finding: Diagnostic) -> Exit {
        let mut report = Report::default();
        report.push(finding);
        self.report(&report, &Sources::default());
        Exit::Disk
    }

    /// Says why a run can't go on, and how that ends it.
    pub(super) fn failure(&self, failure: &Failure) -> Exit {
        match failure {
            Failure::Build(BuildError::Refused(report), sources) => {
                self.report(report, sources);
                Exit::of(report)
            }
            Failure::Refused(report, sources) => {
                self.report(report, sources);
                Exit::of(report)
            }
            Failure::Usage(error) => {
                self.error(&error.to_string());
                Exit::Wrong
            }
            Failure::Call(message) => {
                self.error(message);
                Exit::Wrong
            }
            Failure::Locked(message) => {
                self.error(message);
                Exit::Waiting
            }
            Failure::Build(error, _) => {
                self.error(&error.to_string());
                Exit::Disk
            }
            Failure::State(error) => self.refused_by_disk(disk::state(error)),
            Failure::Tree(error) => self.refused_by_disk(disk::tree(error)),
            Failure::Lock(error) => self.refused_by_disk(disk::lock(error)),
            Failure::File { path, error } => {
                self.error(&format!("{}: {error}", path.display()));
                Exit::Disk
            }
        }
    }
}
