//! `gatewright completions`

use clap_complete::Shell;

use super::exit::Exit;
use super::print::Printer;
use super::session::Failure;

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell.
    shell: Shell,
}

pub(super) fn run(args: &Args, command: &mut clap::Command, printer: &Printer) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, command, "gatewright", &mut script);
    printer.out(&String::from_utf8_lossy(&script));
    Ok(Exit::Fine)
}
