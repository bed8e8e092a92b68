//! `gatewright authority`

use std::path::PathBuf;

use clap::ValueHint;

use super::exit::Exit;
use super::pairs::{Certificates, Files, pair, unusable};
use super::print::Printer;
use super::requests::{ambient, audiences, open, path, pending, unsealed};
use super::session::{Failure, Session};
use super::settings::Settings;
use super::{arrived, lists};
use crate::diag::Report;
use crate::model::{Authority, Project, Stage};
use crate::pki::above::{above, too_short};
use crate::pki::csr::Csr;
use crate::pki::issue::why_no_issuer;
use crate::pki::pair::Parts;
use crate::pki::{Certificate, KeyMaker as _, PkiError, Profile, Purpose, SystemKeys};
use crate::plan::certs::{Asked, Shape, certs};
use crate::plan::files::{FilePlan, Place, ProjectPath};
use crate::secret::request::{self, Owner, Pending, Refused};
use crate::state::{Existing, KeyFile};
use crate::tree::{Lock, apply};

/// Arguments of `authority`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Takes the key pair of an authority that is there already, so that those who trust it go on trusting it.
    Adopt {
        /// The authority's name in the spec.
        name: String,
        #[command(flatten)]
        files: Files,
    },
    /// Prints a request for the authority's certificate, for somebody else to sign; the key is made and sealed.
    Csr {
        /// The authority's name in the spec.
        name: String,
    },
    /// Takes the certificate that somebody else signed, or the revocation lists of the authorities above it.
    Import {
        /// The authority's name in the spec.
        name: String,
        #[command(flatten)]
        files: Certificates,
        /// A file with the revocation list of an authority above: PEM or DER. Repeatable.
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "certificates")]
        crl: Vec<PathBuf>,
    },
}

pub(super) fn run(args: &Args, settings: &Settings, printer: &Printer) -> Result<Exit, Failure> {
    let _lock = Lock::take(&settings.layout)?;
    let session = Session::read(settings)?;
    let (project, existing, _, _) = session.project()?;
    let (What::Adopt { name, .. } | What::Csr { name } | What::Import { name, .. }) = &args.what;
    let Some((_, authority)) = project.authority_named(name) else {
        let names = project.authorities().iter().map(|authority| authority.name.value.as_str());
        return Err(Failure::unknown("authority", name, names));
    };
    let desk = |number| {
        let there = existing.generations.get(&(name.clone(), number));
        Desk { session: &session, project: &project, existing: &existing, authority, number, there, printer }
    };
    let signing = authority.signing().number;
    match &args.what {
        What::Adopt { files, .. } => desk(meant(authority, &existing)).adopt(files),
        What::Csr { .. } => desk(meant(authority, &existing)).csr(),
        What::Import { crl, .. } if !crl.is_empty() => lists::import(crl, &desk(signing), &existing),
        What::Import { files, .. } => {
            let parts = files.read(settings)?;
            let next = answered(authority, &parts, &session)?;
            desk(next.unwrap_or(signing)).import(parts)
        }
    }
}

/// The generation that is to come: one that is introduced and not made yet, or the one that signs.
fn meant(authority: &Authority, existing: &Existing) -> u32 {
    let is_there = |number| existing.generations.contains_key(&(authority.name.value.to_string(), number));
    match authority.stage() {
        Stage::Introduced { signing, next } if is_there(signing.number) && !is_there(next.number) => {
            next.number
        }
        _ => authority.signing().number,
    }
}

/// A generation that is introduced and whose request one of these certificates answers.
fn answered(authority: &Authority, parts: &Parts, session: &Session<'_>) -> Result<Option<u32>, Failure> {
    let Stage::Introduced { next, .. } = authority.stage() else { return Ok(None) };
    let request = pending(session, &path(request::of_authority(authority, next.number))?)?;
    let is_answered =
        request.is_some_and(|request| parts.certificates().iter().any(|own| request.csr.is_answered_by(own)));
    Ok(is_answered.then_some(next.number))
}

/// One authority and the generation of it that is meant.
pub(super) struct Desk<'a> {
    pub(super) session: &'a Session<'a>,
    pub(super) project: &'a Project,
    pub(super) existing: &'a Existing,
    pub(super) authority: &'a Authority,
    number: u32,
    pub(super) there: Option<&'a KeyFile>,
    pub(super) printer: &'a Printer,
}

impl Desk<'_> {
    pub(super) fn name(&self) -> &str {
        self.authority.name.value.as_str()
    }

    fn owner(&self) -> Owner<'_> {
        Owner { word: "authority", name: self.name(), authority: Some(self.authority) }
    }

    fn file(&self, ending: &str) -> Result<ProjectPath, Failure> {
        path(ProjectPath::new(format!("{}/{}.{ending}", self.name(), self.number)))
    }

    pub(super) fn refuse<T>(&self, reason: &str) -> Result<T, Failure> {
        Err(Failure::Call(format!("nothing was written: {reason}")))
    }

    /// The file of a request for this generation, and the request that lies there. One that has its key asks with that.
    fn asked(&self) -> Result<(ProjectPath, Option<Pending>), Failure> {
        let at = path(request::of_authority(self.authority, self.number))?;
        let there = if self.there.is_none() { pending(self.session, &at)? } else { None };
        Ok((at, there))
    }

    fn adopt(&self, files: &Files) -> Result<Exit, Failure> {
        let settings = self.session.settings;
        let name = self.name();
        if self.there.is_some() {
            return self.refuse(&format!(
                "generation {} of authority {name} is there already; `gatewright rotate authority {name}` declares the next one",
                self.number
            ));
        }
        if self.authority.parent.is_some() {
            return self.refuse(&format!(
                "authority {name} is issued by another one: write `files` in the place of `authority`"
            ));
        }
        let pair = pair(files.read(settings)?, settings)?;
        let same = self.existing.generations.iter().find(|((of, _), file)| {
            of == name && file.certificate.spki_sha256() == pair.certificate.spki_sha256()
        });
        if let Some(((_, number), _)) = same {
            return self.refuse(&format!(
                "generation {number} of authority {name} has that key already, and another one must have its own"
            ));
        }
        let chain = self.fits(&pair.certificate, pair.chain, pair.root)?;
        let at = self.file("key.sops.yaml")?;
        let audiences = audiences(self.session, self.project)?;
        let pem: String = chain.iter().map(Certificate::to_pem).collect();
        let sealed = request::seal_key(
            &audiences,
            &ambient(settings),
            &self.owner(),
            &at,
            ("tls.crt", &pem),
            &pair.key,
        );
        let sealed = sealed.map_err(|reason| unsealed(self.session, reason))?;
        let (asked, there) = self.asked()?;
        let dropped = there.map(|_| asked);
        self.write(at, sealed, &chain, dropped.clone())?;
        if let Some(dropped) = dropped {
            let dropped = settings.layout.shown(Place::Pki, &dropped);
            self.printer.note(&format!("{dropped} is gone: no answer to that request is taken any more"));
        }
        self.printer
            .note(&format!("adopted the key pair of authority {name}: delete the files that it came in"));
        self.printer.note("`gatewright render` issues with it");
        Ok(Exit::Fine)
    }

    fn csr(&self) -> Result<Exit, Failure> {
        let name = self.name();
        if self.authority.files.is_none() {
            return self.refuse(&format!(
                "authority {name} has its certificate from this project: write `files` at it"
            ));
        }
        let import = format!("`gatewright authority import {name} --cert FILE` takes the answer");
        let (at, there) = self.asked()?;
        let below = u32::from(self.authority.below);
        let is_short = |there: &Pending| there.csr.path_length().is_some_and(|length| length < below);
        let outdated = there.as_ref().is_some_and(is_short);
        if let Some(there) = there.filter(|_| !outdated) {
            self.printer.out(&there.csr.to_pem());
            self.printer.note(&format!("this request was made before: {import}"));
            return Ok(Exit::Fine);
        }
        let shape = Shape::new(&self.authority.certificate, Vec::new());
        // What the key signed already names it so, and is found by that alone.
        let identifier = self.there.map(|file| file.certificate.key_identifier());
        let length = Some(self.authority.below);
        let ask = |key| Csr::new(Profile::Intermediate, &shape.subject, &[], length, identifier, key);
        let failed = |error: PkiError| Failure::Call(format!("no request can be made: {error}"));
        if let Some(file) = self.there {
            let key = open(self.session, &file.shown, &file.sealed)?;
            self.printer.out(&ask(&key).map_err(failed)?.to_pem());
            self.printer
                .note(&format!("this asks for another certificate of the key that is there: {import}"));
            return Ok(Exit::Fine);
        }
        let purpose = Purpose::Authority { name, generation: self.number };
        let key = SystemKeys.make(shape.key, &purpose).map_err(failed)?;
        let pem = ask(&key).map_err(failed)?.to_pem();
        let audiences = audiences(self.session, self.project)?;
        let settings = self.session.settings;
        let sealed =
            request::seal_key(&audiences, &ambient(settings), &self.owner(), &at, ("tls.csr", &pem), &key);
        let mut plan = FilePlan::default();
        plan.write(Place::Pki, at.clone(), sealed.map_err(|reason| unsealed(self.session, reason))?);
        apply(&settings.layout, &plan)?;
        self.printer.out(&pem);
        if outdated {
            self.printer.note("the request that was made before asked for fewer authorities below it than the spec has by now: this one takes its place, with another key");
        }
        self.printer.note(&format!("its key waits in {}: {import}", settings.layout.shown(Place::Pki, &at)));
        Ok(Exit::Fine)
    }

    fn import(&self, parts: Parts) -> Result<Exit, Failure> {
        let name = self.name();
        let (asked, pending) = self.asked()?;
        let is_answer = |certificate: &&Certificate| match (&pending, self.there) {
            (Some(pending), _) => pending.csr.is_answered_by(certificate),
            (None, Some(file)) => certificate.spki_sha256() == file.certificate.spki_sha256(),
            (None, None) => false,
        };
        if pending.is_none() && self.there.is_none() {
            return self.refuse(&format!(
                "authority {name} asked for nothing: `gatewright authority csr {name}` does"
            ));
        }
        let Some(own) = parts.certificates().iter().find(is_answer).cloned() else {
            return self.refuse(&format!("none of these certificates is for the key of authority {name}"));
        };
        let others = parts.certificates().iter().filter(|other| **other != own).cloned().collect();
        let (chain, root, _) = above(&own, others).map_err(|error| unusable(&error))?;
        let chain = self.fits(&own, chain, root)?;
        let (at, text) = match (&pending, self.there) {
            (Some(pending), _) => {
                let at = self.file("key.sops.yaml")?;
                let text = request::answered(&self.owner(), pending, &at, &chain);
                (at, text)
            }
            (None, Some(file)) => (file.path.clone(), request::renewed(&self.owner(), file, &chain)),
            (None, None) => return Ok(Exit::Fine),
        };
        let text = text.map_err(|error| unsealed(self.session, Refused::Sops(error)))?;
        self.write(at, text, &chain, pending.map(|_| asked))?;
        self.printer.note(&format!("authority {name} has its certificate, valid until {}", own.not_after()));
        self.printer.note("`gatewright render` issues with it");
        Ok(Exit::Fine)
    }

    /// The certificate and all above it, if it does for what the spec wants of it.
    fn fits(
        &self,
        own: &Certificate,
        chain: Vec<Certificate>,
        root: Option<Certificate>,
    ) -> Result<Vec<Certificate>, Failure> {
        let (name, now) = (self.name(), self.session.settings.now);
        let below = self.authority.below;
        if let Some(why) = own.no_authority() {
            return self.refuse(&format!("the certificate of {} may not sign others: {why}", own.called()));
        }
        if let Some(why) = why_no_issuer(own) {
            return self.refuse(&format!("nothing can be issued under {}: {why}", own.called()));
        }
        if own.path_length().is_some_and(|length| length < u32::from(below)) {
            return self.refuse(&format!(
                "the certificate allows {} authorities below it, and the spec has {below} below {name}",
                own.path_length().unwrap_or_default()
            ));
        }
        if !own.is_self_signed() && self.authority.files.is_none() {
            return self.refuse(&format!(
                "the certificate was signed by {}, so {name} is no root: write `files` at the authority",
                own.issuer_called()
            ));
        }
        let mut whole = vec![own.clone()];
        whole.extend(chain);
        whole.extend(root);
        let top = whole.last().unwrap_or(own);
        if let Some(why) = top.no_root() {
            return self.refuse(&format!(
                "the certificate of {} says that it signed itself, and is no root: {why}",
                top.called()
            ));
        }
        if !top.is_self_signed() {
            return self.refuse(&format!(
                "the root is missing, which clients must trust: the certificate of {}; add it with another `--cert`",
                top.issuer_called()
            ));
        }
        if let Some((authority, count)) = too_short(&whole, below.into()) {
            return self.refuse(&format!(
                "{} lets {} authorities follow below it, and {count} would",
                authority.called(),
                authority.path_length().unwrap_or_default()
            ));
        }
        for certificate in &whole {
            if certificate.not_after() <= now || certificate.not_before() > now {
                return self.refuse(&format!(
                    "the certificate of {} is valid from {} to {}, and it is {now} now",
                    certificate.called(),
                    certificate.not_before(),
                    certificate.not_after()
                ));
            }
        }
        Ok(whole)
    }

    /// Key and certificate together: one without the other could be taken for what a run left that was cut off. Nothing is
    /// written with which the spec could not be carried out any more.
    fn write(
        &self,
        at: ProjectPath,
        sealed: Vec<u8>,
        chain: &[Certificate],
        request: Option<ProjectPath>,
    ) -> Result<(), Failure> {
        let (session, now) = (self.session, self.session.settings.now);
        let mut snapshot = session.input.snapshot.clone().with_key_file(at.clone(), sealed.clone());
        let (mut existing, _) = Existing::read(&snapshot);
        let lists = path(ProjectPath::new(format!("{}/ca.crl", self.name())))?;
        let left = lists::left(self.existing, &existing, self.name());
        if let Some(left) = &left {
            snapshot = match left.is_empty() {
                true => snapshot.without_key_file(&lists),
                false => snapshot.with_key_file(lists.clone(), left.clone().into_bytes()),
            };
            existing = Existing::read(&snapshot).0;
        }
        let before = certs(self.project, self.existing, &Asked::default(), now).1;
        let after = certs(self.project, &existing, &Asked::default(), now).1;
        let mut refused = Report::default();
        after.errors_beyond(&before).for_each(|finding| refused.push(finding.clone()));
        if refused.has_errors() {
            return Err(Failure::Refused(refused, session.sources().clone()));
        }
        let mut plan = FilePlan::default();
        plan.write(Place::Pki, at, sealed);
        if let Some(own) = chain.first() {
            plan.write(Place::Pki, self.file("crt")?, own.to_pem());
        }
        if let Some(request) = request {
            plan.prune(Place::Pki, request);
        }
        match &left {
            Some(left) if left.is_empty() => plan.prune(Place::Pki, lists),
            Some(left) => plan.write(Place::Pki, lists, left.clone()),
            None => {}
        }
        apply(&session.settings.layout, &plan)?;
        arrived::tell(self, chain, left.is_some());
        Ok(())
    }
}
