//! `gatewright rotate authority NAME --stage …`: writes the next stage of a rotation into the spec, and says what comes then.

use clap::ValueEnum;

use super::edits;
use super::print::Printer;
use super::requests::{Requested, comes};
use super::session::{Failure, Session};
use super::settings::Settings;
use super::shell::quoted;
use crate::model::{Authority, AuthorityId, Generation, Project, Stage as Standing};
use crate::plan::authority::{GenerationPlan, is_unmade};
use crate::plan::certs::{Asked, BACKDATE, CertPlan, certs};
use crate::plan::files::Place;
use crate::plan::rotation::{Hold, Progress, hold, reasons};
use crate::spec::edit::EditError;
use crate::spec::{node, stages};
use crate::state::Existing;
use crate::time::Timestamp;

/// A stage of a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Stage {
    /// The next generation is made and trusted; it signs nothing.
    Introduce,
    /// It signs from now on; the one before it is still trusted.
    Switch,
    /// The one before it is trusted no more.
    Retire,
}

/// What a stage writes.
enum Edit {
    /// A new generation; the first has been trusted and signing since this date.
    Introduce { first: String, new: u32 },
    /// This one signs.
    Switch(u32),
    /// This one goes.
    Retire { old: u32, forced: bool },
}

/// A project, and what its authorities' rotations depend on.
struct Scene<'a> {
    settings: &'a Settings,
    project: &'a Project,
    existing: &'a Existing,
    plan: &'a CertPlan<'a>,
    id: AuthorityId,
}

/// Writes a stage, or says why it can't be the next one.
pub(super) fn run(
    name: &str,
    (stage, force): (Stage, bool),
    settings: &Settings,
    printer: &Printer,
) -> Result<(), Failure> {
    let session = Session::read(settings)?;
    let (project, existing, _, _) = session.project()?;
    let Some((id, authority)) = project.authority_named(name) else {
        let names = project.authorities().iter().map(|authority| authority.name.value.as_str());
        return Err(Failure::unknown("authority", name, names));
    };
    let (plan, _) = certs(&project, &existing, &Asked::default(), settings.now);
    let scene = Scene { settings, project: &project, existing: &existing, plan: &plan, id };
    let edit = scene.edit(authority, stage, force).map_err(Failure::Call)?;
    let today = edits::today(&session, &existing)?;
    let write = |text: &str, node: &node::Authority| -> Result<String, EditError> {
        match &edit {
            Edit::Introduce { first, .. } => stages::introduce(text, node, first, &today),
            Edit::Switch(new) => stages::switch(text, node, *new, &today),
            Edit::Retire { old, forced } => stages::retire(text, node, *old, &today, *forced),
        }
    };
    let path = edits::authority(&session, name, write)?;
    scene.told(authority, &edit, &path).iter().for_each(|line| printer.note(line));
    Ok(())
}

impl Scene<'_> {
    /// What the stage writes, or why not.
    fn edit(&self, authority: &Authority, stage: Stage, force: bool) -> Result<Edit, String> {
        let name = &authority.name.value;
        let call = |stage: &str| call(authority, stage);
        match (authority.stage(), stage) {
            (Standing::Settled(signing), Stage::Introduce) => {
                self.is_made(authority, signing)?;
                let new = authority.generations.iter().map(|one| one.number).max().unwrap_or(1);
                Ok(Edit::Introduce { first: self.since(authority, signing), new: new.saturating_add(1) })
            }
            (Standing::Settled(signing), Stage::Switch) => Err(format!(
                "no other generation of authority {name} is introduced, so generation {} goes on signing: {} comes first",
                signing.number,
                call("introduce")
            )),
            (Standing::Settled(signing), Stage::Retire) => Err(format!(
                "generation {} of authority {name} is the only one that is trusted, so there is nothing to retire: {} begins a rotation",
                signing.number,
                call("introduce")
            )),
            (Standing::Introduced { next, .. }, Stage::Introduce) => Err(format!(
                "generation {} of authority {name} is introduced already{}: {} comes next, once {}",
                next.number,
                since(next.introduced_on),
                call("switch"),
                known(self.existing, authority)
            )),
            (Standing::Introduced { next, .. }, Stage::Switch) => {
                self.is_made(authority, next)?;
                self.has_started(authority, next)?;
                self.has_lists(authority, next)?;
                Ok(Edit::Switch(next.number))
            }
            (Standing::Introduced { signing, next }, Stage::Retire) => Err(format!(
                "generation {} of authority {name} signs nothing yet, so generation {} can't go: {} comes first; `retired=\"{}\"` at generation {} gives that one up",
                next.number,
                signing.number,
                call("switch"),
                self.settings.now.date(),
                next.number
            )),
            (Standing::Switched { old, signing }, Stage::Introduce | Stage::Switch) => Err(format!(
                "generation {} of authority {name} signs already{}, and generation {} is still trusted: {} comes next{}",
                signing.number,
                since(signing.signs_on),
                old.number,
                call("retire"),
                self.hold(old).map_or_else(String::new, |hold| format!(", from {}", hold.until.date()))
            )),
            (Standing::Switched { old, signing }, Stage::Retire) => {
                self.is_made(authority, signing)?;
                let held = self.hold(old).filter(|hold| !hold.is_over(self.settings.now));
                match held {
                    Some(hold) if !force => Err(self.held(authority, old, &hold)),
                    held => Ok(Edit::Retire { old: old.number, forced: held.is_some() }),
                }
            }
            (Standing::ByHand, _) => Err(by_hand(authority, &self.settings.now.date())),
        }
    }

    fn hold(&self, old: &Generation) -> Option<Hold> {
        hold(self.project, self.existing, self.plan, self.id, old, self.settings.now)
    }

    fn held(&self, authority: &Authority, old: &Generation, hold: &Hold) -> String {
        let mut reasons = reasons(authority, hold);
        if self.settings.now >= hold.until {
            reasons.remove(0);
        }
        format!(
            "generation {} of authority {} can't be retired yet: {}; `--force` retires it all the same",
            old.number,
            authority.name.value,
            reasons.join("; ")
        )
    }

    /// How an authority in files gets the key pair of a generation.
    fn comes(&self, authority: &Authority, number: u32) -> String {
        let asked = Requested::of_authority(self.existing, authority, number);
        comes(authority.name.value.as_str(), asked.as_ref())
    }

    /// A generation that was never made can't be followed by another, nor follow one.
    fn is_made(&self, authority: &Authority, generation: &Generation) -> Result<(), String> {
        let key = (authority.name.value.to_string(), generation.number);
        let lost = generation.number == authority.signing().number
            && !is_unmade(self.project, self.existing, self.id);
        if self.existing.generations.contains_key(&key) || lost {
            return Ok(());
        }
        let how = match authority.files {
            Some(_) => self.comes(authority, generation.number),
            None => "`gatewright render` makes it, with an identity where one above it must sign".to_owned(),
        };
        Err(format!(
            "generation {} of authority {} is declared and not made yet: {how}",
            generation.number, authority.name.value
        ))
    }

    /// What a generation signs before it starts is believed by nobody.
    fn has_started(&self, authority: &Authority, generation: &Generation) -> Result<(), String> {
        let key = (authority.name.value.to_string(), generation.number);
        let start = self.existing.generations.get(&key).map(|file| file.certificate.not_before());
        let (now, Some(start)) = (self.settings.now, start) else { return Ok(()) };
        if start <= now {
            return Ok(());
        }
        Err(format!(
            "generation {} of authority {} starts on {start}, and it is {now} now: `gatewright check` says what to do",
            generation.number, authority.name.value
        ))
    }

    /// Where something is revoked, nobody lets in whom a generation signed above which a list is missing.
    fn has_lists(&self, authority: &Authority, generation: &Generation) -> Result<(), String> {
        let own = |plan: &GenerationPlan<'_>| {
            plan.authority == self.id && plan.generation.number == generation.number
        };
        let i = self.plan.generations.iter().position(own);
        let Some(signer) = i.and_then(|i| self.plan.lists.awaited.get(&i)) else { return Ok(()) };
        let name = &authority.name.value;
        Err(format!(
            "something is revoked, and then no host lets in whom generation {} of authority {name} signs without the revocation list of {} above it: `gatewright authority import {} --crl FILE` takes it",
            generation.number,
            signer.called(),
            quoted(name.as_str())
        ))
    }

    /// Since when a generation that nobody wrote down has been there: its certificate says it.
    fn since(&self, authority: &Authority, generation: &Generation) -> String {
        let key = (authority.name.value.to_string(), generation.number);
        let made = self.existing.generations.get(&key).map(|file| file.certificate.not_before() + BACKDATE);
        made.map_or(self.settings.now, |made| made.min(self.settings.now)).date()
    }

    /// What was written, and what to do now.
    fn told(&self, authority: &Authority, edit: &Edit, path: &str) -> Vec<String> {
        let name = &authority.name.value;
        let bundle = bundle(self.existing, authority);
        let (give, leaves) = match authority.parent {
            None => (format!(", and give clients {bundle}"), format!("{bundle} and ")),
            Some(_) => (String::new(), String::new()),
        };
        let signing = authority.signing().number;
        match edit {
            Edit::Introduce { new, .. } => vec![
                format!(
                    "{path} now introduces generation {new} of authority {name}; generation {signing} goes on signing"
                ),
                match authority.files {
                    Some(_) => {
                        format!("{}; render, and apply the tree{give}", self.comes(authority, *new))
                    }
                    None => format!("run `gatewright render` to make it, and apply the tree{give}"),
                },
                format!("then {} lets it sign", call(authority, "switch")),
            ],
            Edit::Switch(new) => vec![
                format!(
                    "{path} now lets generation {new} of authority {name} sign; generation {signing} is still trusted"
                ),
                format!(
                    "run `gatewright render` with an identity: what generation {signing} signed is issued anew"
                ),
                format!(
                    "{} is possible from {}",
                    call(authority, "retire"),
                    (day(self.settings.now) + authority.wait.value).date()
                ),
            ],
            Edit::Retire { old, forced } => {
                let mut lines = vec![
                    format!("{path} now retires generation {old} of authority {name}"),
                    format!(
                        "run `gatewright render` and apply the tree: it leaves {leaves}the bundles of hosts that let its clients in"
                    ),
                ];
                if *forced {
                    lines.push("whoever still relies on it is shut out".to_owned());
                }
                lines
            }
        }
    }
}

/// The first second of a day: what a written date is read as.
fn day(now: Timestamp) -> Timestamp {
    Timestamp::parse_date(&now.date()).unwrap_or(now)
}

fn bundle(existing: &Existing, authority: &Authority) -> String {
    existing.names.below(Place::Pki, &format!("{}/ca.crt", authority.name.value))
}

/// What must have happened before a new generation signs: clients of a root know it, hosts know that of another authority.
fn known(existing: &Existing, authority: &Authority) -> String {
    match authority.parent {
        None => format!("clients have {}", bundle(existing, authority)),
        Some(_) => "the tree is applied".to_owned(),
    }
}

fn since(date: Option<Timestamp>) -> String {
    date.map_or_else(String::new, |date| format!(", since {}", date.date()))
}

/// The day that the spec says. One that is to come changes nothing: the word is what counts.
fn stands_since(date: Option<Timestamp>, now: Timestamp) -> String {
    match date {
        Some(date) if date > now => {
            format!(" already, though its day in the spec, {}, is to come", date.date())
        }
        Some(date) => format!(" since {}", date.date()),
        None => String::new(),
    }
}

fn call(authority: &Authority, stage: &str) -> String {
    format!("`gatewright rotate authority {} --stage {stage}`", quoted(authority.name.value.as_str()))
}

fn by_hand(authority: &Authority, today: &str) -> String {
    let trusted = authority.generations.iter().filter(|one| one.is_trusted());
    let trusted: Vec<_> = trusted.map(|one| one.number.to_string()).collect();
    format!(
        "the generations of authority {} were written by hand: {} are trusted at once, and stages know an old and a new one; write `retired=\"{today}\"` at those that are to go, until two are left, or go on by hand",
        authority.name.value,
        trusted.join(", ")
    )
}

/// Where a rotation stands and what comes next, in a line.
pub(super) fn line(project: &Project, existing: &Existing, progress: &Progress, now: Timestamp) -> String {
    let authority = project.authority(progress.authority);
    let (name, Progress { old, new, .. }) = (&authority.name.value, progress);
    let at = stands_since(progress.since, now);
    let (stands, next) = match &progress.hold {
        None if !progress.switched => (
            format!("generation {new} is introduced{at}, and generation {old} signs"),
            format!("{}, once {}", call(authority, "switch"), known(existing, authority)),
        ),
        None => (
            format!("generation {new} signs{at}, and generation {old} is still trusted"),
            call(authority, "retire"),
        ),
        Some(hold) => {
            let from = if now < hold.until { format!(" from {}", hold.until.date()) } else { String::new() };
            let relying = match hold.relying.as_slice() {
                [] => String::new(),
                [only] => format!(", once {only} has another certificate"),
                [first, more @ ..] => {
                    format!(", once {first} and {} more have other certificates", more.len())
                }
            };
            (
                format!("generation {new} signs{at}, and generation {old} is still trusted"),
                format!("{}{from}{relying}", call(authority, "retire")),
            )
        }
    };
    let next = match progress.ahead {
        Some(start) => {
            format!(
                "generation {new} starts on {start}, and it is {now} now: `gatewright check` says what to do"
            )
        }
        None => next,
    };
    let asked = || Requested::of_authority(existing, authority, *new);
    let next = match authority.files {
        _ if progress.made => next,
        Some(_) => comes(name.as_str(), asked().as_ref()),
        None => format!("`gatewright render` makes generation {new}"),
    };
    format!("rotation of authority {name}: {stands}; next: {next}")
}
