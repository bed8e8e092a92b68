//! `gatewright secrets`

use std::collections::BTreeSet;

use super::exit::Exit;
use super::identities::Finder;
use super::print::Printer;
use super::render::count;
use super::session::{Failure, Session, SystemEntropy};
use super::settings::Settings;
use crate::build::BuildError;
use crate::issue::{Ambient, NEEDS_HELP, Unlock as _};
use crate::pki::SystemKeys;
use crate::secret::{Audiences, DataKeys, Rules, Update, Updater};
use crate::tree::{Lock, apply};

/// Arguments of `secrets`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Seals every file for the recipients that it is to have by now.
    ///
    /// To be run after a change of .sops.yaml or of `recipient` in the spec, with an identity that opens the files. Values
    /// stay sealed under the data keys that they have, which are wrapped for the new recipients.
    UpdateKeys {
        /// Gives every file a new data key too. Somebody who left may have kept the old one.
        #[arg(long)]
        rotate: bool,
    },
}

pub(super) fn run(args: &Args, settings: &Settings, printer: &Printer) -> Result<Exit, Failure> {
    let What::UpdateKeys { rotate } = args.what;
    let _lock = Lock::take(&settings.layout)?;
    let session = Session::read(settings)?;
    let (project, existing, _, mut report) = session.project()?;
    let (rules, finding) = Rules::read(&settings.layout, session.input.sops_config.as_ref());
    finding.into_iter().for_each(|finding| report.push(finding));
    let identities = match Finder::new(settings).identities() {
        Ok(identities) => identities,
        Err(finding) => {
            report.push(*finding);
            return Err(Failure::Refused(report, session.sources().clone()));
        }
    };
    let audiences = Audiences::new(&project, &settings.layout, rules);
    let ambient = Ambient { now: settings.now, keys: &SystemKeys, entropy: &SystemEntropy };
    let data_keys = if rotate { DataKeys::Replace } else { DataKeys::Keep };
    let snapshot = &session.input.snapshot;
    let updater = Updater {
        project: &project,
        audiences: &audiences,
        snapshot,
        identities: &identities,
        ambient: &ambient,
        data_keys,
    };
    let update = updater
        .update(&existing)
        .map_err(|error| Failure::Build(BuildError::Seal(error), session.sources().clone()))?;
    report.extend(update.report.clone());
    if report.has_errors() {
        return Err(Failure::Refused(report, session.sources().clone()));
    }
    let applied = apply(&settings.layout, &update.files)?;
    printer.report(&report, session.sources());
    say(&update, rotate, printer);
    match update.locked.first() {
        Some((_, needs)) => Err(Failure::Locked(format!(
            "{} not sealed anew: {}; {NEEDS_HELP}",
            match update.locked.as_slice() {
                [(path, _)] => format!("{path} was"),
                more => format!("{} were", count(more.len())),
            },
            needs.join("; ")
        ))),
        None => {
            if applied.written == 0 {
                printer.note("every sealed file is for whom it is to be");
            }
            Ok(Exit::Fine)
        }
    }
}

fn say(update: &Update, rotate: bool, printer: &Printer) {
    let mut gone = BTreeSet::new();
    for file in &update.changed {
        let mut parts: Vec<_> = file.difference.missing.iter().map(|name| format!("+ {name}")).collect();
        parts.extend(file.difference.left.iter().map(|name| format!("- {name}")));
        if file.resealed {
            parts.push("a new data key".to_owned());
        }
        printer.note(&format!("{}: {}", file.shown, parts.join(", ")));
        gone.extend(file.difference.left.iter().cloned());
    }
    if gone.is_empty() {
        return;
    }
    let gone = gone.into_iter().collect::<Vec<_>>().join(", ");
    printer.note(&format!(
        "{gone} could read what was in these files, and can still read it in the history of the repository"
    ));
    if !rotate {
        printer
            .note("the data keys are the old ones: `gatewright secrets update-keys --rotate` replaces them");
    }
    printer.note("where that matters, replace what they hold: `gatewright rotate host NAME`, `gatewright rotate authority NAME`");
}
