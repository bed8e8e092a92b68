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
    match args.shell {
        Shell::Fish => script.push_str(&fish_values(&command)),
        Shell::Elvish => script = within(&script, &command, &ELVISH),
        Shell::PowerShell => script = within(&script, &command, &POWERSHELL),
        _ => {}
    }
    printer.out(&script);
    Ok(Exit::Fine)
}

/// A command and what may stand behind it: only the generators for bash and zsh write these words.
fn values(command: &clap::Command) -> impl Iterator<Item = (&str, Vec<String>)> {
    command.get_subcommands().filter_map(|sub| {
        let values = sub.get_positionals().flat_map(clap::Arg::get_possible_values);
        let values: Vec<String> = values.map(|value| value.get_name().to_owned()).collect();
        (!values.is_empty()).then(|| (sub.get_name(), values))
    })
}

fn fish_values(command: &clap::Command) -> String {
    let mut lines = String::new();
    for (sub, values) in values(command) {
        let _ = writeln!(
            lines,
            "complete -c gatewright -n \"__fish_gatewright_using_subcommand {sub}\" -f -a \"{}\"",
            values.join(" ")
        );
    }
    lines
}

/// How a script says what is offered behind a command: a line that begins a list, `@` for the command, and a line for each
/// word, `@` for the word.
struct Listing {
    begin: &'static str,
    line: &'static str,
}

const ELVISH: Listing = Listing { begin: "&'gatewright;@'= {", line: "            cand @ ''" };
const POWERSHELL: Listing = Listing {
    begin: "'gatewright;@' {",
    line: "            [CompletionResult]::new('@', '@', [CompletionResultType]::ParameterValue, '@')",
};

/// A script with what may stand behind commands, at the head of their lists.
fn within(script: &str, command: &clap::Command, listing: &Listing) -> String {
    let values: Vec<(String, Vec<String>)> =
        values(command).map(|(sub, values)| (listing.begin.replace('@', sub), values)).collect();
    let mut whole = String::with_capacity(script.len());
    for line in script.lines() {
        let _ = writeln!(whole, "{line}");
        for value in values.iter().filter(|(begin, _)| line.trim() == begin).flat_map(|(_, values)| values) {
            let _ = writeln!(whole, "{}", listing.line.replace('@', value));
        }
    }
    whole
}
