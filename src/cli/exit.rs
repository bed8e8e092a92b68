//! How a run ended, as an exit code.

use std::process::ExitCode;

use crate::build::Outcome;
use crate::diag::{Code, Report, Severity};

/// Exit codes. Where several hold, the one that comes first here is returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 4: the disk or a file failed.
    Disk,
    /// 2: the spec or the call is wrong.
    Wrong,
    /// 1: a difference, or an error that a check found.
    Difference,
    /// 3: an identity is needed and missing.
    Waiting,
    /// 0.
    Fine,
}

impl Exit {
    /// The code for the shell.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Difference => 1,
            Self::Wrong => 2,
            Self::Waiting => 3,
            Self::Disk => 4,
        }
    }

    /// What is left to do after a run has written all that it could.
    #[must_use]
    pub fn after(outcome: &Outcome) -> Self {
        match Self::of(&outcome.report) {
            Self::Fine if !outcome.waiting.is_empty() => Self::Waiting,
            exit => exit,
        }
    }

    /// What findings that stop a run mean: damage on the disk, or a spec to mend.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let mut errors =
            report.findings().iter().filter(|finding| finding.severity == Severity::Error).peekable();
        if errors.peek().is_none() {
            return Self::Fine;
        }
        let disk = [
            Code::BROKEN_FILE,
            Code::SYMLINK,
            Code::FOREIGN_FILE,
            Code::FOREIGN_CERTIFICATE,
            Code::LOST_AUTHORITY,
            Code::IDENTITY,
            Code::UNREADABLE,
            Code::UNWRITABLE,
        ];
        let codes: Vec<Code> = errors.map(|finding| finding.code).collect();
        if codes.iter().any(|code| disk.contains(code)) {
            Self::Disk
        } else if codes.iter().all(|code| Code::ENDED.contains(code)) {
            Self::Difference
        } else if codes.iter().all(|code| *code == Code::FROZEN) {
            Self::Waiting
        } else {
            Self::Wrong
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
