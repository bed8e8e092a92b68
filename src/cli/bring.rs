//! `gatewright bring`

use super::exit::Exit;
use super::pairs::{Files, pair};
use super::print::Printer;
use super::render;
use super::requests::{brought, open, path, pending};
use super::session::{Failure, Session};
use super::settings::Settings;
use super::waiting;
use crate::build::Request;
use crate::issue::Brought;
use crate::model::Leaf;
use crate::pki::above::too_short;
use crate::pki::pair::Pair;
use crate::pki::{Certificate, San, verify_server};
use crate::plan::files::Place;
use crate::secret::request;
use crate::tree::{Lock, apply};

/// Arguments of `bring`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The host or certificate, by its full name.
    name: String,
    #[command(flatten)]
    files: Files,
}

pub(super) fn run(args: &Args, settings: &Settings, printer: &Printer) -> Result<Exit, Failure> {
    let _lock = Lock::take(&settings.layout)?;
    let session = Session::read(settings)?;
    let (project, _, _, _) = session.project()?;
    let (id, leaf, _) = brought(&project, &args.name)?;
    let mut parts = args.files.read(settings)?;
    let asked = path(request::of_server(project.credential(id)))?;
    let pending = pending(&session, &asked)?.filter(|_| !parts.has_key());
    if let Some(pending) = &pending {
        let shown = settings.layout.shown(Place::Pki, &asked);
        parts.add_key(open(&session, &shown, &pending.sealed)?);
    }
    // Another host's pair needs no better chain.
    if let Some(own) = parts.own() {
        names(leaf, own)?;
    }
    let pair = pair(parts, settings)?;
    fits(leaf, &pair, settings)?;
    for unused in &pair.unused {
        printer.note(&format!("left out, since nothing of the chain needs it: {}", unused.called()));
    }
    if let Some(last) = pair.open_end() {
        printer.note(&format!(
            "the chain ends with {}, which {} signed: clients must trust that one itself; give the root as another `--cert` to be sure that none is missing",
            last.called(),
            last.issuer_called()
        ));
    }
    let brought = Some(Brought { credential: id, pair });
    let mut outcome = session.build(&Request { brought, ..Request::default() })?;
    if pending.is_some() {
        outcome.files.prune(Place::Pki, asked);
    }
    let applied = apply(&settings.layout, &outcome.files)?;
    let mut report = outcome.report.clone();
    report.extend(waiting::findings(&outcome));
    printer.report(&report, session.sources());
    for change in &outcome.changes {
        let end = change.new.not_after();
        printer.note(&format!("sealed the key pair of {} {}, valid until {end}", change.word, change.name));
    }
    printer.note(&format!("{} written", render::count(applied.written)));
    Ok(Exit::after(&outcome))
}

/// Refuses a certificate that is for something else.
fn names(leaf: &Leaf, certificate: &Certificate) -> Result<(), Failure> {
    if certificate.is_ca() {
        return Err(refused("is an authority's own"));
    }
    if let Some(lacks) = certificate.lacks_for_server() {
        return Err(refused(&format!(
            "of {} is for no server: its key usage lacks `{lacks}`, without which no handshake can use its key; ask for another one of the same key that has it",
            certificate.called()
        )));
    }
    let missing = leaf.missing_from(certificate.sans().iter().map(San::to_string));
    if missing.is_empty() {
        return Ok(());
    }
    if certificate.sans().is_empty() {
        return Err(refused(&format!(
            "of {} has no subject alternative name, so it is for no host: clients read no common name",
            certificate.called()
        )));
    }
    let missing: Vec<_> = missing.iter().map(|name| format!("`{name}`")).collect();
    let there: Vec<_> = certificate.sans().iter().map(|name| format!("`{name}`")).collect();
    Err(refused(&format!("is not for {}, but for {}", missing.join(", "), there.join(", "))))
}

fn refused(reason: &str) -> Failure {
    Failure::Call(format!("nothing was written: the certificate {reason}"))
}

/// Whether clients would take it for all that the spec says it is for.
fn fits(leaf: &Leaf, pair: &Pair, settings: &Settings) -> Result<(), Failure> {
    let Some(host) = leaf.names.first().map(|name| name.value.to_string()) else { return Ok(()) };
    let Some(anchor) = pair.root.as_ref().or_else(|| pair.chain.last()) else { return Ok(()) };
    if let Some((authority, below)) = too_short(pair.chain.iter().chain(&pair.root), 0) {
        let allowed = authority.path_length().unwrap_or_default();
        return Err(refused(&format!(
            "would be refused by clients: {} lets {allowed} authorities follow below it, and there is {below}",
            authority.called()
        )));
    }
    let host = host.replacen('*', "any", 1);
    match verify_server(&pair.certificate, &pair.chain, std::slice::from_ref(anchor), &host, settings.now) {
        Ok(()) => Ok(()),
        Err(reason) => Err(refused(&format!("would be refused by clients: {reason}"))),
    }
}
