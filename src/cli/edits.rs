//! Files of the spec that a command edits: how the project would read with them, and where they are written.

use std::collections::BTreeMap;

use super::session::{Failure, Session};
use super::settings::Settings;
use crate::build::{read, written};
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{self, Project};
use crate::plan::authority::CLOCK_HELP;
use crate::plan::certs::{Asked, certs};
use crate::plan::files::{FilePlan, Place, ProjectPath};
use crate::spec::edit::EditError;
use crate::spec::{SourceId, Sources, node};
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

/// Edits the file that an authority stands in, if the spec is as good as before; the path of that file.
pub(super) fn authority(
    session: &Session<'_>,
    name: &str,
    edit: impl FnOnce(&str, &node::Authority) -> Result<String, EditError>,
) -> Result<String, Failure> {
    let (spec, _) = written(&session.input);
    let Some(node) = spec.authorities.iter().find(|authority| authority.name.as_str() == name) else {
        return Err(Failure::unknown("authority", name, std::iter::empty()));
    };
    let source = session.sources().get(node.word.source);
    let path = source.path().to_owned();
    let edited = edit(source.text(), node)
        .map_err(|error| Failure::Call(format!("{path} can't be edited: {error}")))?;
    let texts = BTreeMap::from([(node.word.source, edited)]);
    let input = input(session, &texts);
    let (before, after) = (model::resolve(&spec).1, model::resolve(&written(&input).0).1);
    if after.has_errors() && !before.has_errors() {
        return Err(Failure::Refused(after, input.sources));
    }
    // Where the project is broken already, the render that comes next says how.
    if let Ok((project, existing, ..)) = session.project() {
        let mut anew = new_errors(session, (&project, &existing), &texts)?;
        anew.retain(|finding| finding.code == Code::OTHER_CLIENTS);
        refuse(anew, "`render` would refuse it, so nothing was written", input.sources)?;
    }
    write(session, texts)?;
    Ok(path)
}

/// The errors that `render` would have with other texts, and has not without them.
pub(super) fn new_errors(
    session: &Session<'_>,
    (project, existing): (&Project, &Existing),
    texts: &BTreeMap<SourceId, String>,
) -> Result<Vec<Diagnostic>, Failure> {
    let now = session.settings.now;
    let input = input(session, texts);
    let after = match read(&input) {
        Ok((project, existing, _, _)) => certs(&project, &existing, &Asked::default(), now).1,
        Err(error) => return Err(Failure::Build(error, input.sources)),
    };
    let before = certs(project, existing, &Asked::default(), now).1;
    Ok(after.errors_beyond(&before).cloned().collect())
}

/// Refuses what would lead to errors.
pub(super) fn refuse(errors: Vec<Diagnostic>, note: &str, sources: Sources) -> Result<(), Failure> {
    if errors.is_empty() {
        return Ok(());
    }
    let mut report = Report::default();
    errors.into_iter().for_each(|finding| report.push(finding.note(note)));
    Err(Failure::Refused(report, sources))
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
