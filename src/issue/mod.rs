//! Carries a certificate plan out: new keys, new certificates, and what has to wait for an identity. In memory only.

mod authority;
mod bring;
mod chance;
mod job;
mod keyring;
mod moving;
mod revocation;
mod standing;

use std::borrow::Cow;
use std::collections::BTreeMap;

use rayon::prelude::*;

pub use keyring::{Keyring, NEEDS_HELP, Opened, OpenedSeed, Unlock, needs, open_key, open_seed};
pub use revocation::LIST;
pub use standing::{Standing, stand};

use crate::diag::Report;
use crate::model::{CredentialId, Label, ObjectName, Project};
use crate::pki::pair::Pair;
use crate::pki::{Certificate, Issuer, Key, KeyMaker, PkiError, Request, RevocationList, sign};
use crate::plan::certs::CertPlan;
use crate::sops::Entropy;
use crate::spec::Span;
use crate::time::Timestamp;
use authority::{Signer, Signers};
use chance::Chance;
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

/// A key pair that is brought in files.
pub struct Brought {
    /// Whose.
    pub credential: CredentialId,
    /// It, with the authorities above its certificate.
    pub pair: Pair,
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
    /// New certificates for keys of authorities that are there, by the index in the plan.
    pub resigned: BTreeMap<usize, Certificate>,
    /// New revocation lists, by the index in the plan.
    pub lists: BTreeMap<usize, RevocationList>,
    /// New certificates for generations of roots that the one before signed, by the index in the plan.
    pub crosses: BTreeMap<usize, Certificate>,
    /// In the order of the plan's leaves.
    pub leaves: Vec<Outcome>,
    /// In the order of the plan's istiods.
    pub cacerts: Vec<Outcome>,
    /// In the order of the plan's clients.
    pub clients: Vec<Outcome>,
    /// Where Secrets lie that can't move to their places yet.
    pub stays: BTreeMap<CredentialId, (Label, ObjectName)>,
    /// The authorities above a certificate that is brought in this run.
    pub chains: BTreeMap<CredentialId, Vec<Certificate>>,
    /// What serves in the place of Secrets that wait ([`stand`]).
    pub standing: Standing,
    /// What waits for an identity or for files, and why.
    pub waiting: Vec<Waiting>,
}

impl Fulfilled {
    /// The project with Secrets where they are after this run, and hosts with those that are shown for them.
    #[must_use]
    pub fn placed<'p>(&self, project: &'p Project) -> Cow<'p, Project> {
        let mut placed = Cow::Borrowed(project);
        for (id, (namespace, secret)) in &self.stays {
            placed.to_mut().place(*id, namespace.clone(), secret.clone());
        }
        for id in &self.standing.alone {
            placed.to_mut().show_alone(*id);
        }
        if !self.standing.stand_ins.is_empty() {
            placed.to_mut().show_instead(&self.standing.stand_ins);
        }
        placed
    }
}

/// A certificate that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// `authority`, `host`, `certificate` or `client`; [`LIST`] for one of the authority's.
    pub word: &'static str,
    /// Its name.
    pub name: String,
    /// Where that name stands in the spec.
    pub place: Option<Span>,
    /// Whether there is none at all yet.
    pub missing: bool,
    /// Why it is to be issued, as a clause.
    pub why: String,
    /// What is needed, and which sources of identities were left out; nothing where it is files that are to be brought.
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
    brought: Option<&Brought>,
    report: &mut Report,
) -> Result<Fulfilled, PkiError> {
    let chance = Chance::new(plan, keyring, ambient, report);
    let mut signers = Signers::new(project, plan, keyring, (ambient, &chance));
    let mut waiting = signers.prepare()?;
    let leaf_jobs: Vec<_> = plan.leaves.iter().map(|leaf| job::leaf(project, leaf)).collect();
    let client_jobs: Vec<_> = plan.clients.iter().map(|client| job::client(project, client)).collect();
    let names: Vec<_> = plan.cacerts.iter().map(|plan| plan.cacerts.key_name()).collect();
    let mesh_jobs: Vec<_> =
        plan.cacerts.iter().zip(&names).map(|(plan, name)| job::cacerts(project, plan, name)).collect();
    for job in leaf_jobs.iter().chain(&client_jobs).chain(&mesh_jobs).flatten() {
        signers.find(job.authority)?;
    }
    let (lists, lists_wait) = revocation::sign(project, plan, &mut signers, ambient, report)?;
    waiting.extend(lists_wait);
    signers.report(report);
    let run = |jobs: &[Option<Job<'_>>]| -> Result<Vec<Outcome>, PkiError> {
        jobs.par_iter()
            .map(|job| match job {
                None => Ok(Outcome::Kept),
                Some(job) => match signers.get(job.authority) {
                    Some(Signer::Issuer(issuer)) => {
                        issue(job, issuer, ambient, &chance).map(|issued| Outcome::New(Box::new(issued)))
                    }
                    _ => Ok(Outcome::Waits),
                },
            })
            .collect()
    };
    let (leaves, clients, cacerts) = (run(&leaf_jobs)?, run(&client_jobs)?, run(&mesh_jobs)?);
    let all = leaf_jobs.iter().zip(&leaves).chain(client_jobs.iter().zip(&clients));
    for (job, outcome) in all.chain(mesh_jobs.iter().zip(&cacerts)) {
        let Some(job) = job else { continue };
        match outcome {
            Outcome::New(issued) => {
                job.report_clamp(issued, ambient.now, report);
                job.report_revoked(project, issued, plan.seed.is_some(), report);
            }
            Outcome::Waits => {
                if let Some(Signer::Locked(needs)) = signers.get(job.authority) {
                    waiting.extend(job.waits(needs, report));
                }
            }
            Outcome::Kept | Outcome::Moved(_) | Outcome::Stays => {}
        }
    }
    let (stays, chains, standing) = (BTreeMap::new(), BTreeMap::new(), Standing::default());
    let Signers { made: generations, resigned, crosses, .. } = signers;
    let mut fulfilled = Fulfilled {
        generations,
        resigned,
        crosses,
        lists,
        leaves,
        cacerts,
        clients,
        stays,
        chains,
        standing,
        waiting,
    };
    bring::take(project, plan, brought, &mut fulfilled)?;
    moving::carry(project, plan, &mut fulfilled, keyring, report);
    Ok(fulfilled)
}

fn issue(
    job: &Job<'_>,
    issuer: &Issuer,
    ambient: &Ambient<'_>,
    chance: &Chance<'_>,
) -> Result<Issued, PkiError> {
    let key = chance.key(job.shape.key, &job.slot)?;
    let authority = issuer.certificate();
    let within = (authority.not_before(), authority.not_after());
    let (not_before, not_after) = job.shape.life(ambient.now, Some(within));
    let request = Request {
        profile: job.profile,
        subject: &job.shape.subject,
        sans: &job.shape.sans,
        path_length: job.path_length,
        permitted: None,
        not_before,
        not_after,
        serial: chance::no_serial(),
    };
    let request = chance.with_serial(request, Some(&job.slot), (&key.spki_sha256(), Some(issuer)))?;
    Ok(Issued { certificate: sign(&request, &key, issuer)?, key })
}
