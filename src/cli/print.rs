//! Where words go: what was asked for to stdout, the rest to stderr. A reader that went away is no error.

use std::io::{self, Write as _};

use super::exit::Exit;
use super::session::Failure;
use super::settings::{Environment, Format, Global};
use crate::build::BuildError;
use crate::diag::{Report, Severity, human, json, mask};
use crate::spec::Sources;

/// Prints.
#[derive(Debug, Clone)]
pub(super) struct Printer {
    format: Format,
    color: bool,
    quiet: bool,
    verbose: bool,
}

impl Printer {
    pub(super) fn plain() -> Self {
        Self { format: Format::Human, color: false, quiet: false, verbose: false }
    }

    pub(super) fn new(global: &Global, environment: &Environment) -> Self {
        Self {
            format: global.format,
            color: global.wants_color(environment),
            quiet: global.quiet,
            verbose: global.verbose,
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

    /// Findings. With `--format json` they go to stdout, since then they are what was asked for.
    pub(super) fn report(&self, report: &Report, sources: &Sources) {
        if self.format == Format::Json {
            self.out(&format!("{}\n", json::render(report, sources)));
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
            Failure::State(error) => {
                self.error(&error.to_string());
                Exit::Disk
            }
            Failure::Tree(error) => {
                self.error(&error.to_string());
                Exit::Disk
            }
            Failure::Lock(error) => {
                self.error(&error.to_string());
                Exit::Disk
            }
            Failure::File { path, error } => {
                self.error(&format!("{}: {error}", path.display()));
                Exit::Disk
            }
        }
    }
}
