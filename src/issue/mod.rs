//! Carries a certificate plan out: new keys, new certificates, and what has to wait for an identity. In memory only.

mod authority;
mod bring;
mod chance;
mod job;
mod kept;
mod keyring;
mod moving;
mod presented;
mod revocation;
mod standing;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

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
use kept::Held;

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
    New(Arc<Issued>),
    /// A key and certificate that are there, or come elsewhere in this run, to be sealed in this place.
    Moved(Arc<Issued>),
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

/// What a certificate needs whose authority, or one above, has no certificate yet, which comes in files.
#[must_use]
pub fn awaits_files(authority: &str) -> String {
    format!("authority `{authority}` waits for its files")
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
    let run = |jobs: &[Option<Job<'_>>]| -> Result<Vec<Done>, PkiError> {
        let done = jobs.par_iter().map(|job| match job {
            None => Ok(Done::Nothing),
            Some(job) => match signers.get(job.authority) {
                Some(Signer::Issuer(issuer)) => {
                    let late = signers.late(job.authority);
                    match late.filter(|_| job.would_be_the_same(issuer, ambient.now)) {
                        Some(needs) => Ok(Done::Held(Held::Locked(needs.to_vec()))),
                        None if plan.no_renewals && job.renews() => Ok(Done::Left),
                        None => issue(job, issuer, keyring, ambient, &chance),
                    }
                }
                Some(Signer::Locked(needs)) => Ok(Done::Held(Held::Locked(needs.clone()))),
                Some(Signer::Broken) | None => Ok(Done::Said),
            },
        });
        done.collect()
    };
    let (leaves, clients, cacerts) = (run(&leaf_jobs)?, run(&client_jobs)?, run(&mesh_jobs)?);
    let mut told = |jobs: &[Option<Job<'_>>], done: Vec<Done>| -> Vec<Outcome> {
        let all = jobs.iter().zip(done);
        let mut tell = |job: &Job<'_>, done| tell((job, done), ambient, &mut waiting, report);
        all.map(|(job, done)| job.as_ref().map_or(Outcome::Kept, |job| tell(job, done))).collect()
    };
    let (leaves, clients) = (told(&leaf_jobs, leaves), told(&client_jobs, clients));
    let cacerts = told(&mesh_jobs, cacerts);
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
    presented::hand_on(project, plan, &mut fulfilled, keyring, report);
    moving::carry(project, plan, &mut fulfilled, keyring, report);
    Ok(fulfilled)
}

/// What came of one job.
enum Done {
    /// There was none.
    Nothing,
    /// A certificate.
    New(Arc<Issued>),
    /// It is a renewal, and left to the next run.
    Left,
    /// It waits.
    Held(Held),
    /// It waits, and why is said already.
    Said,
}

/// Says what is worth knowing about what came of a job.
fn tell(
    (job, done): (&Job<'_>, Done),
    ambient: &Ambient<'_>,
    waiting: &mut Vec<Waiting>,
    report: &mut Report,
) -> Outcome {
    match done {
        Done::Nothing => return Outcome::Kept,
        Done::New(issued) => {
            job.report_clamp(&issued, ambient.now, report);
            return Outcome::New(issued);
        }
        Done::Left => report.extend(job.left()),
        Done::Held(Held::Locked(needs)) => waiting.extend(job.waits(&needs, ambient.now, report)),
        Done::Held(Held::Broken(finding)) if report.findings().contains(&finding) => {}
        Done::Held(Held::Broken(finding)) => report.push(*finding),
        Done::Said => {}
    }
    Outcome::Waits
}

fn issue(
    job: &Job<'_>,
    issuer: &Issuer,
    keyring: &Keyring<'_>,
    ambient: &Ambient<'_>,
    chance: &Chance<'_>,
) -> Result<Done, PkiError> {
    let key = match kept::key(job, keyring, chance)? {
        Ok(key) => key,
        Err(held) => return Ok(Done::Held(held)),
    };
    let (not_before, not_after) = job.shape.life(ambient.now, Some(issuer.life()));
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
    Ok(Done::New(Arc::new(Issued { certificate: sign(&request, &key, issuer)?, key })))
}
