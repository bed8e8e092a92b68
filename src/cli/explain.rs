//! `gatewright explain`

use std::borrow::Cow;

use clap::ValueEnum;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};

use super::exit::Exit;
use super::print::Printer;
use super::session::{Failure, Session};
use super::settings::Settings;
use crate::explain::{explain, json, names, overview, text};
use crate::schema::{Table, built_in, with_own};

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A word of the language or a kind, with its parts behind dots: `host.tls`, `virtual-service.http.retries`; else all
    /// that there are are listed.
    #[arg(value_name = "NODE", value_parser = Names::built_in(), hide_possible_values = true)]
    name: Option<String>,
    /// How the answer is printed.
    #[arg(short, long, value_name = "FORM", default_value = "text")]
    output: Form,
}

/// How the answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For a person.
    Text,
    /// A JSON array.
    Json,
}

/// Takes any text, and tells completions which words there are.
#[derive(Debug, Clone)]
struct Names(Vec<String>);

impl Names {
    fn built_in() -> Self {
        Self::of(built_in())
    }

    fn of(table: &Table) -> Self {
        Self(names(table))
    }
}

impl TypedValueParser for Names {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().cloned().map(PossibleValue::new)))
    }
}

/// The commands, for completions: where there is a project, its own kinds are among what `explain` can be asked for.
pub(super) fn completed(command: clap::Command, settings: Option<&Settings>) -> clap::Command {
    let names = Names::of(&table(settings));
    command.mut_subcommand("explain", |explain| explain.mut_arg("name", |name| name.value_parser(names)))
}

/// What is known: where there is a project, its own kinds too. Nothing that is wrong with it keeps anybody from asking.
fn table(settings: Option<&Settings>) -> Cow<'static, Table> {
    let crds = settings.and_then(|settings| Session::read(settings).ok()).map(|session| session.input.crds);
    let crds = crds.unwrap_or_default();
    let own: Vec<_> = crds.iter().map(|file| (file.path.as_str(), file.text.as_deref())).collect();
    with_own(&own).0
}

/// `settings` where there is a project.
pub(super) fn run(args: &Args, settings: Option<&Settings>, printer: &Printer) -> Result<Exit, Failure> {
    let table = table(settings);
    let entries = match &args.name {
        Some(name) => explain(&table, name).map_err(|unknown| Failure::Call(unknown.to_string()))?,
        None => vec![overview(&table)],
    };
    printer.out(&match args.output {
        Form::Text => text(&entries),
        Form::Json => json(&entries),
    });
    Ok(Exit::Fine)
}
