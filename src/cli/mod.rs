//! The command line: one file a command; prints, decides nothing.

mod arrived;
mod authority;
mod bounded;
mod bring;
mod check;
mod client;
mod completions;
mod connect;
mod csr;
mod diff;
mod disk;
mod edits;
mod exit;
mod explain;
mod identities;
mod init;
mod key_generations;
mod lists;
mod outside;
mod pairs;
mod print;
mod render;
mod requests;
mod revoke;
mod rotate;
mod rotation;
mod secrets;
mod session;
mod settings;
mod shell;
mod status;
mod waiting;
mod why;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

pub use exit::Exit;
use print::Printer;
use session::Failure;
use settings::{Environment, Global};

/// HTTPS through Istio gateways, declared in KDL and kept in Git.
///
/// Reads specs/*.kdl, issues certificates, seals Secrets with SOPS and age, and renders Istio manifests into out/.
#[derive(Debug, Parser)]
#[command(name = "gatewright", version, about, long_about)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes a project that renders: example spec, identities, .sops.yaml, hook.
    Init(init::Args),
    /// Brings out/ and pki/ up to the spec.
    Render(render::Args),
    /// Says what is wrong or would change; writes nothing.
    Check(check::Args),
    /// Shows what render would change, as manifests and certificates.
    Diff(diff::Args),
    /// Lists every certificate with its end and renewal.
    Status(status::Args),
    /// Replaces keys and certificates: of hosts, or of an authority.
    Rotate(rotate::Args),
    /// Revokes certificates: of a client, or of a host.
    Revoke(revoke::Args),
    /// Adopts an authority's key pair, or has its certificate signed elsewhere.
    Authority(authority::Args),
    /// Prints a request for a host's certificate; the key is made and sealed.
    Csr(csr::Args),
    /// Takes a key pair from files and seals it for a host.
    Bring(bring::Args),
    /// Seals files anew for the recipients that they are to have.
    Secrets(secrets::Args),
    /// Lists clients, or hands one its key pair.
    Client(client::Args),
    /// Prints what a person needs to reach a host.
    Connect(connect::Args),
    /// Says which place of the spec, or which default, made a file or a line of it.
    Why(why::Args),
    /// Says what a word, a kind or a field takes, and what it becomes.
    Explain(explain::Args),
    /// Prints a completion script for a shell.
    Completions(completions::Args),
}

impl Command {
    /// Whether findings are all that it has to say.
    fn reports(&self) -> bool {
        matches!(
            self,
            Self::Render(_)
                | Self::Check(_)
                | Self::Rotate(_)
                | Self::Revoke(_)
                | Self::Bring(_)
                | Self::Secrets(_)
        )
    }
}

/// Runs a call and returns its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Wrong } else { Exit::Fine };
            // Where nobody reads, there is nobody to tell.
            let _ = error.print();
            return exit.into();
        }
    };
    let environment = match Environment::read() {
        Ok(environment) => environment,
        Err(error) => {
            Printer::plain().error(&format!("the working directory can't be read: {error}"));
            return Exit::Disk.into();
        }
    };
    let printer = Printer::new(&cli.global, &environment, cli.command.reports());
    match cli.run(environment, &printer) {
        Ok(exit) => exit.into(),
        Err(failure) => printer.failure(&failure).into(),
    }
}

impl Cli {
    fn run(self, environment: Environment, printer: &Printer) -> Result<Exit, Failure> {
        if let Command::Completions(args) = &self.command {
            let settings = self.global.settings(environment).ok();
            return completions::run(args, Self::command(), settings.as_ref(), printer);
        }
        if let Command::Explain(args) = &self.command {
            return explain::run(args, self.global.settings(environment).ok().as_ref(), printer);
        }
        if let Command::Init(args) = &self.command {
            return init::run(args, &self.global.settings_for_new(environment)?, printer);
        }
        let settings = self.global.settings(environment)?;
        match &self.command {
            Command::Render(args) => render::run(args, &settings, printer),
            Command::Check(args) => check::run(args, &settings, printer),
            Command::Diff(args) => diff::run(args, &settings, printer),
            Command::Status(args) => status::run(args, &settings, printer),
            Command::Rotate(args) => rotate::run(args, &settings, printer),
            Command::Revoke(args) => revoke::run(args, &settings, printer),
            Command::Authority(args) => authority::run(args, &settings, printer),
            Command::Csr(args) => csr::run(args, &settings, printer),
            Command::Bring(args) => bring::run(args, &settings, printer),
            Command::Secrets(args) => secrets::run(args, &settings, printer),
            Command::Client(args) => client::run(args, &settings, printer),
            Command::Connect(args) => connect::run(args, &settings, printer),
            Command::Why(args) => why::run(args, &settings, printer),
            Command::Init(_) | Command::Explain(_) | Command::Completions(_) => Ok(Exit::Fine),
        }
    }
}
