//! `gatewright csr`

use super::exit::Exit;
use super::print::Printer;
use super::requests::{ambient, audiences, brought, path, pending, unsealed};
use super::session::{Failure, Session};
use super::settings::Settings;
use crate::pki::csr::Csr;
use crate::pki::{KeyMaker as _, PkiError, Profile, Purpose, San, SystemKeys};
use crate::plan::certs::Shape;
use crate::plan::files::{FilePlan, Place};
use crate::secret::request::{self, Owner, Pending};
use crate::tree::{Lock, apply};

/// Arguments of `csr`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The host or certificate, by its full name.
    name: String,
}

pub(super) fn run(args: &Args, settings: &Settings, printer: &Printer) -> Result<Exit, Failure> {
    let _lock = Lock::take(&settings.layout)?;
    let session = Session::read(settings)?;
    let (project, _, _, _) = session.project()?;
    let (id, leaf, name) = brought(&project, &args.name)?;
    let credential = project.credential(id);
    let at = path(request::of_server(credential))?;
    let there = pending(&session, &at)?;
    let missing = |there: &Pending| leaf.missing_from(there.csr.sans().iter().map(San::to_string));
    let outdated = there.as_ref().map(missing).filter(|missing| !missing.is_empty());
    if let Some(there) = there.filter(|_| outdated.is_none()) {
        printer.out(&there.csr.to_pem());
        printer.note(&format!("this request was made before, and its key waits: `gatewright bring {name} --cert FILE` takes the answer"));
        return Ok(Exit::Fine);
    }
    let shape = Shape::new(&leaf.certificate, leaf.alt_names().iter().map(San::from).collect());
    let made = || {
        let (namespace, secret) = (credential.namespace.value.as_str(), credential.secret.value.as_str());
        let key = SystemKeys.make(shape.key, &Purpose::Leaf { namespace, secret })?;
        let csr = Csr::new(Profile::Server, &shape.subject, &shape.sans, None, None, &key)?;
        Ok::<_, PkiError>((csr, key))
    };
    let (csr, key) = made().map_err(|error| Failure::Call(format!("no request can be made: {error}")))?;
    let audiences = audiences(&session, &project)?;
    let owner = Owner { word: leaf.called, name: &leaf.title(), authority: None };
    let pem = csr.to_pem();
    let sealed = request::seal_key(&audiences, &ambient(settings), &owner, &at, ("tls.csr", &pem), &key);
    let mut plan = FilePlan::default();
    plan.write(Place::Pki, at.clone(), sealed.map_err(|reason| unsealed(&session, reason))?);
    apply(&settings.layout, &plan)?;
    printer.out(&pem);
    if let Some(missing) = outdated {
        let missing: Vec<_> = missing.iter().map(|name| format!("`{name}`")).collect();
        printer.note(&format!(
            "the request that was made before did not ask for {}: this one takes its place, with another key, and `bring` takes no answer to that one",
            missing.join(", ")
        ));
    }
    printer.note(&format!(
        "its key waits in {}: `gatewright bring {name} --cert FILE` takes the answer, with an identity that opens it",
        settings.layout.shown(Place::Pki, &at)
    ));
    Ok(Exit::Fine)
}
