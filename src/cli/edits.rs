//! Files of the spec that a command edits: how the project would read with them, and where they are written.

use std::collections::BTreeMap;

use super::session::{Failure, Session};
use super::settings::Settings;
use crate::build::written;
use crate::model;
use crate::plan::authority::CLOCK_HELP;
use crate::plan::files::{FilePlan, Place, ProjectPath};
use crate::spec::{SourceId, Sources};
use crate::state::{Existing, Input};
use crate::tree::apply;

/// What a session has read, with other texts in some of its files.
pub(super) fn input(session: &Session<'_>, texts: &BTreeMap<SourceId, String>) -> Input {
    let all = session.sources().iter().map(|(id, one)| {
        (one.path().to_owned(), texts.get(&id).map_or(one.text(), String::as_str).to_owned())
    });
    Input { sources: Sources::new(all), ..session.input.clone() }
}

/// Today as a spec writes it. A clock that stands before an authority's start would write a day on which nothing was issued.
pub(super) fn today(session: &Session<'_>, existing: &Existing) -> Result<String, Failure> {
    let now = session.settings.now;
    let (project, _) = model::resolve(&written(&session.input).0);
    // One that is introduced and signs nothing, or is given up, has issued nothing.
    let may_have_signed = |name: &str, number: u32| {
        let authority = project.as_ref().ok().and_then(|project| project.authority_named(name));
        let generation =
            authority.and_then(|(_, own)| own.generations.iter().find(|one| one.number == number));
        generation.is_none_or(|one| one.signs)
    };
    let all = existing.generations.iter().filter(|((name, number), _)| may_have_signed(name, *number));
    let starts = all.map(|((name, _), file)| (file.certificate.not_before(), name));
    match starts.max().filter(|(start, _)| *start > now) {
        Some((start, name)) => Err(Failure::Call(format!(
            "authority {name} starts on {start}, and it is {now} now, so no date was written; {CLOCK_HELP}"
        ))),
        None => Ok(now.date()),
    }
}

/// Writes them, all at once.
pub(super) fn write(session: &Session<'_>, texts: BTreeMap<SourceId, String>) -> Result<(), Failure> {
    let mut plan = FilePlan::default();
    for (source, text) in texts {
        let source = session.sources().get(source).path();
        let (place, path) = place_of(source, session.settings);
        let path = ProjectPath::new(path).map_err(|error| Failure::Call(format!("{source}: {error}")))?;
        plan.write(place, path, text);
    }
    apply(&session.settings.layout, &plan)?;
    Ok(())
}

/// The folder and path of a file of the spec.
fn place_of(path: &str, settings: &Settings) -> (Place, String) {
    if path == "gatewright.kdl" {
        return (Place::Root, path.to_owned());
    }
    let prefix = settings.layout.names().below(Place::Spec, "");
    (Place::Spec, path.strip_prefix(&prefix).unwrap_or(path).to_owned())
}
