//! What the commands that ask somebody else for a certificate share: who seals, who opens, what is written.

use std::path::PathBuf;

use super::identities::Finder;
use super::rotate::credential_of;
use super::session::{Failure, Session, SystemEntropy};
use super::settings::Settings;
use super::shell::quoted;
use crate::build::BuildError;
use crate::diag::{Diagnostic, Report};
use crate::issue::{Ambient, NEEDS_HELP, Unlock as _, needs, open_key};
use crate::model::{
    Authority, AuthorityId, Credential, CredentialId, CredentialKind, HostName, Leaf, Project,
};
use crate::pki::{Key, SystemKeys};
use crate::plan::files::{Place, ProjectPath};
use crate::plan::signing::{another, stopped_by};
use crate::secret::request::{self, Pending, Refused};
use crate::secret::{Audiences, Rules};
use crate::sops::Sealed;
use crate::state::Existing;
use crate::time::Timestamp;

/// A path below `pki/`, or why no file can be called so.
pub(super) fn path<E: std::fmt::Display>(made: Result<ProjectPath, E>) -> Result<ProjectPath, Failure> {
    made.map_err(|error| Failure::Call(format!("nothing was written: the file's path {error}")))
}

/// The certificate of that name that is brought in files, and the name as it is compared.
pub(super) fn brought<'p>(
    project: &'p Project,
    written: &str,
) -> Result<(CredentialId, &'p Leaf, String), Failure> {
    let name = HostName::parse(written).map_or_else(|_| written.to_owned(), |name| name.to_string());
    let Some(id) = credential_of(project, &name) else {
        let names = project.hosts.iter().map(|host| host.name.value.as_str());
        return Err(Failure::unknown("host or certificate", &name, names));
    };
    match &project.credential(id).kind {
        CredentialKind::Brought(leaf) => Ok((id, leaf, name)),
        _ => Err(Failure::Call(format!(
            "the certificate of `{name}` is not brought in files: write `files` where it says its source"
        ))),
    }
}

/// The request that lies at a path, if one does.
pub(super) fn pending(session: &Session<'_>, path: &ProjectPath) -> Result<Option<Pending>, Failure> {
    let snapshot = &session.input.snapshot;
    let Some(bytes) = snapshot.file(Place::Pki, path) else { return Ok(None) };
    let shown = snapshot.names().path(Place::Pki, path);
    Pending::read(bytes, &shown).map(Some).map_err(|finding| refused(session, *finding))
}

/// A request that waits for its answer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Requested {
    /// Its file, as a user reads it.
    pub(super) shown: String,
    /// The day on which it was sealed.
    pub(super) day: String,
}

impl Requested {
    fn at<E>(existing: &Existing, path: Result<ProjectPath, E>) -> Option<Self> {
        let path = path.ok()?;
        let file = existing.requests.iter().find(|file| file.path == path)?;
        let day = file.sealed.last_modified().split('T').next().unwrap_or_default().to_owned();
        Some(Self { shown: file.shown.clone(), day })
    }

    /// That for a generation of an authority.
    pub(super) fn of_authority(existing: &Existing, authority: &Authority, number: u32) -> Option<Self> {
        Self::at(existing, request::of_authority(authority, number))
    }

    /// That for a server's certificate.
    pub(super) fn of_server(existing: &Existing, credential: &Credential) -> Option<Self> {
        Self::at(existing, request::of_server(credential))
    }
}

/// How an authority in files gets a key pair, or its certificate where it has asked for one.
pub(super) fn comes(name: &str, asked: Option<&Requested>) -> String {
    let name = quoted(name);
    match asked {
        Some(asked) => format!(
            "`gatewright authority import {name} --cert FILE` takes the answer to the request of {} in {}",
            asked.day, asked.shown
        ),
        None => format!(
            "`gatewright authority adopt {name} --cert FILE --key FILE` brings it, or `gatewright authority csr {name}` and then `gatewright authority import {name} --cert FILE`"
        ),
    }
}

/// How the key pair of a host in files comes, or its certificate where somebody was asked for one.
pub(super) fn pair_comes(name: &str, asked: Option<&Requested>) -> String {
    let name = quoted(name);
    match asked {
        Some(asked) => format!(
            "`gatewright bring {name} --cert FILE` takes the answer to the request of {} in {}",
            asked.day, asked.shown
        ),
        None => format!(
            "`gatewright bring {name} --cert FILE --key FILE` takes the next one, `gatewright csr {name}` asks for one"
        ),
    }
}

/// What must come before a render can issue anything under an authority; nothing, if it can.
pub(super) fn before_issuing(
    project: &Project,
    existing: &Existing,
    id: AuthorityId,
    now: Timestamp,
) -> Option<String> {
    let stop = project.authority(stopped_by(project, existing, id, now)?);
    let (name, number) = (stop.name.value.as_str(), stop.signing().number);
    if existing.generations.contains_key(&(name.to_owned(), number)) {
        return Some(format!("authority {name} has ended: {}", another(existing, stop)));
    }
    let asked = Requested::of_authority(existing, stop, number);
    Some(format!("authority {name} has no certificate yet: {}", comes(name, asked.as_ref())))
}

/// Who may open which file.
pub(super) fn audiences<'p>(
    session: &'p Session<'_>,
    project: &'p Project,
) -> Result<Audiences<'p>, Failure> {
    let layout = &session.settings.layout;
    let (rules, finding) = Rules::read(layout, session.input.sops_config.as_ref());
    match finding {
        Some(finding) => Err(refused(session, finding)),
        None => Ok(Audiences::new(project, layout, rules)),
    }
}

/// Time and chance of this run.
pub(super) fn ambient(settings: &Settings) -> Ambient<'static> {
    Ambient { now: settings.now, keys: &SystemKeys, entropy: &SystemEntropy }
}

/// Opens a sealed key, or says what that takes.
pub(super) fn open(session: &Session<'_>, shown: &str, sealed: &Sealed) -> Result<Key, Failure> {
    let identities =
        Finder::new(session.settings).identities().map_err(|finding| refused(session, *finding))?;
    let key = open_key(sealed, &identities).map_err(|reason| Failure::File {
        path: PathBuf::from(shown),
        error: std::io::Error::other(reason),
    })?;
    key.ok_or_else(|| {
        let needs = needs(shown, sealed, &identities).join("; ");
        Failure::Locked(format!("{needs}; {NEEDS_HELP}"))
    })
}

/// One finding that ends the run.
pub(super) fn refused(session: &Session<'_>, finding: Diagnostic) -> Failure {
    let mut report = Report::default();
    report.push(finding);
    Failure::Refused(report, session.sources().clone())
}

/// A file that can't be sealed.
pub(super) fn unsealed(session: &Session<'_>, reason: Refused) -> Failure {
    match reason {
        Refused::Finding(finding) => refused(session, *finding),
        Refused::Sops(error) => Failure::Build(BuildError::Seal(error), session.sources().clone()),
    }
}
