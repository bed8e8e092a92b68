//! New keys in a project with a seed: the spec counts them up, and the next render carries it out.

use std::collections::BTreeMap;

use super::edits;
use super::exit::Exit;
use super::print::Printer;
use super::rotate::issued_here;
use super::session::{Failure, Session};
use crate::build::written;
use crate::model::{self, Cacerts, Client, Credential, CredentialKind, HostName, Project};
use crate::plan::files::Place;
use crate::plan::key_numbers::Next;
use crate::spec::SourceId;
use crate::spec::key_generation::{self, Counted};
use crate::spec::node::cacerts::CACERTS;
use crate::state::SEED;

/// The next key of a server's certificate.
pub(super) fn of_server(credential: &Credential, next: &Next<'_>) -> Option<Counted> {
    let CredentialKind::Issued(leaf) = &credential.kind else { return None };
    Some(Counted {
        word: leaf.word,
        called: (leaf.called.to_owned(), leaf.title()),
        number: next.of_server(credential, leaf),
    })
}

/// The next key of a client.
pub(super) fn of_client(client: &Client, next: &Next<'_>) -> Counted {
    Counted {
        word: client.word,
        called: ("client".to_owned(), client.name.value.clone()),
        number: next.of_client(client),
    }
}

/// The next key of an istiod.
pub(super) fn of_cacerts(cacerts: &Cacerts, next: &Next<'_>) -> Counted {
    Counted {
        word: cacerts.word,
        called: (CACERTS.name.to_owned(), cacerts.name.value.to_string()),
        number: next.of_cacerts(cacerts),
    }
}

/// The files that count these keys.
pub(super) fn edited(
    session: &Session<'_>,
    counted: &[Counted],
) -> Result<BTreeMap<SourceId, String>, Failure> {
    let mut by_file: BTreeMap<SourceId, Vec<Counted>> = BTreeMap::new();
    for one in counted {
        let own = by_file.entry(one.word.source).or_default();
        if !own.contains(one) {
            own.push(one.clone());
        }
    }
    let edit = |(source, own): (SourceId, Vec<Counted>)| {
        let file = session.sources().get(source);
        let text = key_generation::write(file.text(), &own)
            .map_err(|error| Failure::Call(format!("{} can't be edited: {error}", file.path())))?;
        Ok((source, text))
    };
    by_file.into_iter().map(edit).collect()
}

/// The next key of each of these hosts.
pub(super) fn of_hosts(
    names: &[String],
    project: &Project,
    next: &Next<'_>,
) -> Result<Vec<Counted>, Failure> {
    let known = || project.hosts.iter().map(|host| host.name.value.as_str());
    let parse =
        |name: &String| HostName::parse(name).map_err(|error| Failure::no_host(name, &error, known()));
    let hosts = names.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let mut counted = Vec::new();
    for id in issued_here(hosts.iter().map(HostName::as_str), project)? {
        counted.extend(of_server(project.credential(id), next).filter(|own| !counted.contains(own)));
    }
    Ok(counted)
}

/// Declares these keys.
pub(super) fn rotate(counted: &[Counted], session: &Session<'_>, printer: &Printer) -> Result<Exit, Failure> {
    let texts = edited(session, counted)?;
    let input = edits::input(session, &texts);
    let (after, report) = model::resolve(&written(&input).0);
    if after.is_err() {
        return Err(Failure::Refused(report, input.sources));
    }
    edits::write(session, texts)?;
    for Counted { called: (word, name), number, .. } in counted {
        printer.note(&format!("{word} {name} is to have its key number {number}"));
    }
    let seed = session.settings.layout.names().below(Place::Pki, SEED);
    printer.note(&format!("run `gatewright render` with an identity that opens {seed}: it makes them"));
    Ok(Exit::Fine)
}
