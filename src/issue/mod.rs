//! Carries a certificate plan out: new keys, new certificates, and what has to wait for an identity. In memory only.

mod job;
mod keyring;
mod moving;

use std::borrow::Cow;
use std::collections::BTreeMap;

use rayon::prelude::*;

pub use keyring::{Keyring, NEEDS_HELP, Opened, Unlock, needs, open_key};

use crate::diag::{Diagnostic, Report};
use crate::model::{AuthorityId, CredentialId, Label, ObjectName, Project};
use crate::pki::{
    Certificate, Issuer, Key, KeyMaker, PkiError, Profile, Purpose, Request, Serial, self_sign, sign,
};
use crate::plan::authority::GenerationPlan;
use crate::plan::certs::{BACKDATE, CertPlan};
use crate::sops::Entropy;
use crate::spec::Span;
use crate::state::broken;
use crate::time::Timestamp;
use job::Job;

/// Time and chance, passed in.
pub struct Ambient<'a> {
    /// The present.
    pub now: Timestamp,
    /// Where new private keys come from.
    pub keys: &'a dyn KeyMaker,
    /// Where serial numbers, data keys and nonces come from.
    pub entropy: &'a (dyn Entropy + Sync),
}

/// A new certificate with its key.
pub struct Issued {
    /// The certificate.
    pub certificate: Certificate,
    /// Its private key.
    pub key: Key,
}

/// What came of one certificate's plan.
pub enum Outcome {
    /// What is there stays.
    Kept,
    /// A new one.
    New(Box<Issued>),
    /// The key and certificate that are there, to be sealed anew at another place.
    Moved(Box<Issued>),
    /// It waits for an identity; what is there, if anything, stays, and moves to its place if it lies elsewhere.
    Waits,
    /// What is there stays where it is: moving it needs an identity.
    Stays,
}

/// What came of a certificate plan.
pub struct Fulfilled {
    /// New generations of authorities, by the index in the plan.
    pub generations: BTreeMap<usize, Issued>,
    /// In the order of the plan's leaves.
    pub leaves: Vec<Outcome>,
    /// In the order of the plan's clients.
    pub clients: Vec<Outcome>,
    /// Where Secrets lie that can't move to their places yet.
    pub stays: BTreeMap<CredentialId, (Label, ObjectName)>,
    /// What waits for an identity: names of hosts and clients, and why.
    pub waiting: Vec<Waiting>,
}

impl Fulfilled {
    /// The project with Secrets where they are after this run.
    #[must_use]
    pub fn placed<'p>(&self, project: &'p Project) -> Cow<'p, Project> {
        let mut placed = Cow::Borrowed(project);
        for (id, (namespace, secret)) in &self.stays {
            placed.to_mut().place(*id, namespace.clone(), secret.clone());
        }
        placed
    }
}

/// A certificate that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// `host` or `client`.
    pub word: &'static str,
    /// Its name.
    pub name: String,
    /// Where that name stands in the spec.
    pub place: Option<Span>,
    /// Whether there is none at all yet.
    pub missing: bool,
    /// Why it is to be issued, as a clause.
    pub why: String,
    /// What is needed, and which sources of identities were left out.
    pub needs: Vec<String>,
}

/// Issues what the plan wants and an identity allows.
///
/// # Errors
/// Everything that can't go on: an authority's sealed key that is damaged or opens to another key, an identity that was
/// named and can't be used, a certificate that X.509 has no room for.
pub fn fulfil(
    project: &Project,
    plan: &CertPlan<'_>,
    keyring: &Keyring<'_>,
    ambient: &Ambient<'_>,
    report: &mut Report,
) -> Result<Fulfilled, PkiError> {
    let mut generations = new_generations(project, plan, ambient)?;
    let mut issuers: BTreeMap<AuthorityId, Option<Issuer>> = BTreeMap::new();
    let mut needs: BTreeMap<AuthorityId, Vec<String>> = BTreeMap::new();
    let leaf_jobs: Vec<_> = plan.leaves.iter().map(|leaf| job::leaf(project, leaf)).collect();
    let client_jobs: Vec<_> = plan.clients.iter().map(|client| job::client(project, client)).collect();
    for job in leaf_jobs.iter().chain(&client_jobs).flatten() {
        if issuers.contains_key(&job.authority) {
            continue;
        }
        let mut found = signer(project, plan, job.authority, &generations, keyring)?;
        if let (Signer::Locked(_), Some((i, unused))) = (&found, unused(plan, job.authority)) {
            generations.insert(i, generation(project, unused, ambient)?);
            found = signer(project, plan, job.authority, &generations, keyring)?;
        }
        let issuer = match found {
            Signer::Issuer(issuer) => Some(*issuer),
            Signer::Locked(why) => {
                needs.insert(job.authority, why);
                None
            }
            Signer::Broken(finding) => {
                report.push(*finding);
                None
            }
        };
        issuers.insert(job.authority, issuer);
    }
    let run = |jobs: &[Option<Job<'_>>]| -> Result<Vec<Outcome>, PkiError> {
        jobs.par_iter()
            .map(|job| match job {
                None => Ok(Outcome::Kept),
                Some(job) => match issuers.get(&job.authority).and_then(Option::as_ref) {
                    None => Ok(Outcome::Waits),
                    Some(issuer) => issue(job, issuer, ambient).map(|issued| Outcome::New(Box::new(issued))),
                },
            })
            .collect()
    };
    let (leaves, clients) = (run(&leaf_jobs)?, run(&client_jobs)?);
    let mut waiting = Vec::new();
    for (job, outcome) in leaf_jobs.iter().zip(&leaves).chain(client_jobs.iter().zip(&clients)) {
        let Some(job) = job else { continue };
        match outcome {
            Outcome::New(issued) => job.report_clamp(issued, ambient.now, report),
            Outcome::Waits => {
                waiting.extend(needs.get(&job.authority).and_then(|needs| job.waits(needs, report)))
            }
            Outcome::Kept | Outcome::Moved(_) | Outcome::Stays => {}
        }
    }
    let stays = BTreeMap::new();
    let mut fulfilled = Fulfilled { generations, leaves, clients, stays, waiting };
    moving::carry(project, plan, &mut fulfilled, keyring, report);
    Ok(fulfilled)
}

fn new_generations(
    project: &Project,
    plan: &CertPlan<'_>,
    ambient: &Ambient<'_>,
) -> Result<BTreeMap<usize, Issued>, PkiError> {
    let missing = plan.generations.iter().enumerate().filter(|(_, generation)| generation.there.is_none());
    missing.map(|(i, missing)| Ok((i, generation(project, missing, ambient)?))).collect()
}

/// A new generation of an authority.
fn generation(
    project: &Project,
    plan: &GenerationPlan<'_>,
    ambient: &Ambient<'_>,
) -> Result<Issued, PkiError> {
    let name = project.authority(plan.authority).name.value.as_str();
    let purpose = Purpose::Authority { name, generation: plan.generation.number };
    let key = ambient.keys.make(plan.shape.key, &purpose)?;
    let request = Request {
        profile: Profile::Root,
        subject: &plan.shape.subject,
        sans: &[],
        not_before: ambient.now - BACKDATE,
        not_after: ambient.now + plan.shape.valid,
        serial: serial(ambient)?,
    };
    Ok(Issued { certificate: self_sign(&request, &key)?, key })
}

/// The generation that signs, if a run was cut off before anything else of it was written.
fn unused<'p>(plan: &'p CertPlan<'_>, id: AuthorityId) -> Option<(usize, &'p GenerationPlan<'p>)> {
    let mut generations = plan.generations.iter().enumerate();
    generations.find(|(_, plan)| plan.authority == id && plan.signs && plan.unused)
}

fn serial(ambient: &Ambient<'_>) -> Result<Serial, PkiError> {
    let mut bytes = [0; 20];
    ambient.entropy.fill(&mut bytes).map_err(|error| PkiError::Randomness { reason: error.to_string() })?;
    Ok(Serial::from_random(bytes))
}

fn issue(job: &Job<'_>, issuer: &Issuer, ambient: &Ambient<'_>) -> Result<Issued, PkiError> {
    let key = ambient.keys.make(job.shape.key, &job.purpose)?;
    let authority = issuer.certificate();
    let request = Request {
        profile: job.profile,
        subject: &job.shape.subject,
        sans: &job.shape.sans,
        not_before: (ambient.now - BACKDATE).max(authority.not_before()),
        not_after: (ambient.now + job.shape.valid).min(authority.not_after()),
        serial: serial(ambient)?,
    };
    Ok(Issued { certificate: sign(&request, &key, issuer)?, key })
}

enum Signer {
    Issuer(Box<Issuer>),
    Locked(Vec<String>),
    Broken(Box<Diagnostic>),
}

/// The signing generation of an authority: just made, or opened.
fn signer(
    project: &Project,
    plan: &CertPlan<'_>,
    id: AuthorityId,
    made: &BTreeMap<usize, Issued>,
    keyring: &Keyring<'_>,
) -> Result<Signer, PkiError> {
    let signing = plan.generations.iter().enumerate().find(|(_, plan)| plan.authority == id && plan.signs);
    let name = &project.authority(id).name.value;
    let Some((i, plan)) = signing else {
        return Ok(Signer::Locked(vec![format!("authority `{name}` has no generation that signs")]));
    };
    if let Some(new) = made.get(&i) {
        let key = Key::from_pkcs8(new.key.pkcs8_der())?;
        return Ok(Signer::Issuer(Box::new(Issuer::new(new.certificate.clone(), key)?)));
    }
    let Some(file) = plan.there else {
        return Ok(Signer::Locked(vec![format!("authority `{name}` has no key")]));
    };
    Ok(match keyring.open(&file.shown, &file.sealed) {
        Opened::Key(key) => match Issuer::new(file.certificate.clone(), *key) {
            Ok(issuer) => Signer::Issuer(Box::new(issuer)),
            Err(error) => Signer::Broken(Box::new(broken(&file.shown, &error.to_string()))),
        },
        Opened::Locked(needs) => Signer::Locked(needs),
        Opened::Broken(finding) => Signer::Broken(finding),
    })
}
