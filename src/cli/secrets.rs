//! `gatewright secrets`

use std::collections::BTreeSet;

use super::exit::Exit;
use super::identities::Finder;
use super::print::Printer;
use super::render::count;
use super::requests::{ambient, audiences, path, unsealed};
use super::session::{Failure, Session, SystemEntropy};
use super::settings::Settings;
use crate::build::BuildError;
use crate::issue::{Ambient, NEEDS_HELP, Unlock as _};
use crate::model::Generation;
use crate::paths::{Place, ProjectPath};
use crate::pki::SystemKeys;
use crate::plan::files::FilePlan;
use crate::plan::seed::{is_derived, left_over};
use crate::secret::seed::draw;
use crate::secret::{Audiences, DataKeys, Rules, Update, Updater};
use crate::state::SEED;
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
    /// Makes the project's seed, from which keys and serial numbers follow then instead of chance.
    ///
    /// Goes with `secrets { seed epoch="…" }` in the spec. It is sealed for those who open the authorities' keys, and made once:
    /// what follows from it is lost with it.
    Seed,
}

pub(super) fn run(args: &Args, settings: &Settings, printer: &Printer) -> Result<Exit, Failure> {
    match args.what {
        What::UpdateKeys { rotate } => update_keys(rotate, settings, printer),
        What::Seed => seed(settings, printer),
    }
}

/// Makes the seed, unless something is there that can't follow from it.
fn seed(settings: &Settings, printer: &Printer) -> Result<Exit, Failure> {
    let _lock = Lock::take(&settings.layout)?;
    let session = Session::read(settings)?;
    let (project, existing, _, _) = session.project()?;
    let at = path(ProjectPath::new(SEED))?;
    let shown = settings.layout.shown(Place::Pki, &at);
    if project.secrets.seed.is_none() {
        return Err(Failure::Call(format!(
            "the spec says nothing of a seed: write `secrets {{ seed epoch=\"{}\" }}` first",
            settings.now.date()
        )));
    }
    if session.input.snapshot.folder(Place::Pki).contains_key(&at) {
        return Err(Failure::Call(format!(
            "{shown} is there already, and everything that follows from it would be lost with it"
        )));
    }
    for (name, number) in existing.generations.keys() {
        let Some((_, authority)) = project.authority_named(name) else { continue };
        let mut generations = authority.generations.iter().filter(|one| one.number == *number);
        let follows = |one: &Generation| !one.retired && is_derived(&project, authority, one);
        if generations.any(follows) {
            return Err(Failure::Call(format!(
                "generation {number} of authority {name} is there, and can't follow from a seed that is made now: restore the seed that it was made from, or write `generation {number} random` at authority {name}"
            )));
        }
    }
    if let Some((name, number)) = left_over(&project, &existing) {
        let names = settings.layout.names();
        let out = names.folder(Place::Out);
        return Err(Failure::Call(format!(
            "generation {number} of authority {name} is gone, and what is left of it can't follow from a seed that is made now: restore {shown}, which `git log --all -- {shown}` finds, or whoever has a clone or a copy; to begin anew with other keys for everything, remove {out}/ first"
        )));
    }
    let audiences = audiences(&session, &project)?;
    let sealed = draw(&audiences, &ambient(settings), &at).map_err(|reason| unsealed(&session, reason))?;
    let mut plan = FilePlan::default();
    plan.write(Place::Pki, at, sealed);
    apply(&settings.layout, &plan)?;
    printer.note(&format!("{shown} holds the project's seed; commit it"));
    printer.note("whoever opens it has every key that follows from it; without anybody who does, nothing is issued any more");
    Ok(Exit::Fine)
}

fn update_keys(rotate: bool, settings: &Settings, printer: &Printer) -> Result<Exit, Failure> {
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
    let seed = settings.layout.shown(Place::Pki, &path(ProjectPath::new(SEED))?);
    say(&update, (rotate, &seed), printer);
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
            if applied.written == 0 && !update.lacking {
                printer.note("every sealed file is for whom it is to be");
            }
            Ok(Exit::Fine)
        }
    }
}

fn say(update: &Update, (rotate, seed): (bool, &str), printer: &Printer) {
    let mut gone = BTreeSet::new();
    let mut seed_is_known = false;
    for file in &update.changed {
        let mut parts: Vec<_> = file.difference.missing.iter().map(|name| format!("+ {name}")).collect();
        parts.extend(file.difference.left.iter().map(|name| format!("- {name}")));
        if file.resealed {
            parts.push("a new data key".to_owned());
        }
        printer.note(&format!("{}: {}", file.shown, parts.join(", ")));
        gone.extend(file.difference.left.iter().cloned());
        seed_is_known |= file.shown == seed && !file.difference.left.is_empty();
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
    if seed_is_known {
        printer.note(&format!("whoever has read {seed} can derive every key that follows from it, also of all later generations: new ones would be known too"));
        printer.note(&format!("where that matters, take another seed: write `random` at the generations that are there, remove {seed}, `gatewright secrets seed` and `gatewright render`, then `gatewright rotate authority NAME` for each and render again"));
        return;
    }
    printer.note("where that matters, replace what they hold: `gatewright rotate host NAME`, `gatewright rotate client NAME`, `gatewright rotate authority NAME`");
}
