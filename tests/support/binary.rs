//! The program itself, run in a scratch project: no environment but a home of its own, and a fixed clock.

use std::process::{Command, Stdio};

use super::project::{NOW, Project, identity};

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Its exit code; `None` after a signal.
    pub(crate) code: Option<i32>,
    /// What it was asked for.
    pub(crate) stdout: String,
    /// What it said beside.
    pub(crate) stderr: String,
}

impl Ran {
    /// The run, if it ended with this code.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Everything it printed.
    pub(crate) fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

impl Project {
    /// A call of the program at [`NOW`], without any identity.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.command_at(NOW, arguments)
    }

    /// A call of the program, without any identity.
    pub(crate) fn command_at(&self, now: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
        command
            .env_clear()
            .env("HOME", self.home())
            .env("XDG_CONFIG_HOME", self.home().join("config"))
            .current_dir(self.root())
            .stdin(Stdio::null())
            .args(arguments)
            .args(["--now", now]);
        command
    }

    /// Runs the program without any identity.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        finish(&mut self.command(arguments))
    }

    /// Runs the program with the operator's identity.
    pub(crate) fn run_as_operator(&self, arguments: &[&str]) -> Ran {
        finish(self.command(arguments).env("SOPS_AGE_KEY", identity('a').trim()))
    }
}

/// Runs a command to its end.
pub(crate) fn finish(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
