//! `gatewright explain`

use clap::ValueEnum;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};

use super::exit::Exit;
use super::print::Printer;
use super::session::{Failure, Session};
use super::settings::Settings;
use crate::explain::{explain, json, names, overview, text};
use crate::schema::{built_in, with_own};

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A word of the language or a kind, with its parts behind dots: `host.tls`, `virtual-service.http.retries`; else all
    /// that there are are listed.
    #[arg(value_name = "NODE", value_parser = Names, hide_possible_values = true)]
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
struct Names;

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
        Some(Box::new(names(built_in()).into_iter().map(PossibleValue::new)))
    }
}

/// `settings` where there is a project: its own kinds are known too. Nothing that is wrong with it keeps anybody from asking.
pub(super) fn run(args: &Args, settings: Option<&Settings>, printer: &Printer) -> Result<Exit, Failure> {
    let crds = settings.and_then(|settings| Session::read(settings).ok()).map(|session| session.input.crds);
    let crds = crds.unwrap_or_default();
    let own: Vec<_> = crds.iter().map(|file| (file.path.as_str(), file.text.as_deref())).collect();
    let (table, _) = with_own(&own);
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
