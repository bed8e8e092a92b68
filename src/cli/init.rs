//! `gatewright init`
use super::exit::Exit;
use super::print::Printer;
use super::session::Failure;
use super::settings::Settings;

/// Arguments of `init`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_args: &Args, _settings: &Settings, _printer: &Printer) -> Result<Exit, Failure> {
    Ok(Exit::Fine)
}
