//! `gatewright completions`: in a project with the kinds of its own CRDs.

use std::fmt::Write as _;

use clap_complete::Shell;

use super::exit::Exit;
use super::explain;
use super::print::Printer;
use super::session::Failure;
use super::settings::Settings;

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell.
    shell: Shell,
}

/// `settings` where there is a project.
pub(super) fn run(
    args: &Args,
    command: clap::Command,
    settings: Option<&Settings>,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let mut command = explain::completed(command, settings);
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "gatewright", &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if args.shell == Shell::Fish {
        script.push_str(&fish_values(&command));
    }
    printer.out(&script);
    Ok(Exit::Fine)
}

/// What may stand behind commands: the generator for fish leaves these words out.
fn fish_values(command: &clap::Command) -> String {
    let mut lines = String::new();
    for sub in command.get_subcommands() {
        let values = sub.get_positionals().flat_map(clap::Arg::get_possible_values);
        let values: Vec<String> = values.map(|value| value.get_name().to_owned()).collect();
        if !values.is_empty() {
            let _ = writeln!(
                lines,
                "complete -c gatewright -n \"__fish_gatewright_using_subcommand {}\" -f -a \"{}\"",
                sub.get_name(),
                values.join(" ")
            );
        }
    }
    lines
}
