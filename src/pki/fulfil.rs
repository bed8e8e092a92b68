//! Carries a certificate plan out: new keys, new certificates, and what has to wait for an identity. In memory only.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use rayon::prelude::*;

pub use super::open::{NEEDS_HELP, needs, open_key};
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{AuthorityId, Project};
use crate::pki::{
    Certificate, Issuer, Key, KeyMaker, PkiError, Profile, Purpose, Request, Serial, self_sign, sign,
};
use crate::plan::certs::{Action, BACKDATE, CertPlan, Reason, Shape};
use crate::sops::{Entropy, Identities};
use crate::spec::Span;
use crate::state::broken;
use crate::time::Timestamp;

/// Time and chance, passed in.
pub struct Ambient<'a> {
    /// The present.
    pub now: Timestamp,
    /// Where new private keys come from.
    pub keys: &'a dyn KeyMaker,
    /// Where serial numbers, data keys and nonces come from.
    pub entropy: &'a (dyn Entropy + Sync),
}

/// Finds age identities, when a sealed key must be opened and not before.
pub trait Unlock {
    /// All identities that there are; none is no error.
    ///
    /// # Errors
    /// A finding, where an identity that was named can't be used.
    fn identities(&self) -> Result<Identities, Box<Diagnostic>>;
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
    /// It waits for an identity; what is there, if anything, stays.
    Waits,
}

/// What came of a certificate plan.
pub struct Fulfilled {
    /// New generations of authorities, by the index in the plan.
    pub generations: BTreeMap<usize, Issued>,
    /// In the order of the plan's leaves.
    pub leaves: Vec<Outcome>,
    /// In the order of the plan's clients.
    pub clients: Vec<Outcome>,
    /// What waits for an identity: names of hosts and clients, and why.
    pub waiting: Vec<Waiting>,
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

/// One certificate to issue.
struct Job<'a> {
    word: &'static str,
    name: String,
    place: Option<Span>,
    profile: Profile,
    purpose: Purpose<'a>,
    authority: AuthorityId,
    shape: &'a Shape,
    reason: &'a Reason,
    clamp_settled: bool,
}

/// Issues what the plan wants and an identity allows.
///
/// # Errors
/// Everything that can't go on: an authority's sealed key that is damaged or opens to another key, an identity that was
/// named and can't be used, a certificate that X.509 has no room for.
pub fn fulfil(
    project: &Project,
    plan: &CertPlan<'_>,
    unlock: &dyn Unlock,
    ambient: &Ambient<'_>,
    report: &mut Report,
) -> Result<Fulfilled, PkiError> {
    let generations = new_generations(project, plan, ambient)?;
    let signers = Signers { project, plan, unlock, identities: OnceCell::new() };
    let mut issuers: BTreeMap<AuthorityId, Option<Issuer>> = BTreeMap::new();
    let mut needs: BTreeMap<AuthorityId, Vec<String>> = BTreeMap::new();
    let leaf_jobs: Vec<_> = plan.leaves.iter().map(|leaf| leaf_job(project, leaf)).collect();
    let client_jobs: Vec<_> = plan.clients.iter().map(|client| client_job(project, client)).collect();
    for job in leaf_jobs.iter().chain(&client_jobs).flatten() {
        if issuers.contains_key(&job.authority) {
            continue;
        }
        let issuer = match signers.open(job.authority, &generations)? {
            Opened::Issuer(issuer) => Some(*issuer),
            Opened::Locked(why) => {
                needs.insert(job.authority, why);
                None
            }
            Opened::Broken(finding) => {
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
            Outcome::New(issued) => report_clamp(job, issued, ambient.now, report),
            Outcome::Waits => {
                waiting.extend(needs.get(&job.authority).and_then(|needs| waits(job, needs, report)))
            }
            Outcome::Kept => {}
        }
    }
    Ok(Fulfilled { generations, leaves, clients, waiting })
}

fn new_generations(
    project: &Project,
    plan: &CertPlan<'_>,
    ambient: &Ambient<'_>,
) -> Result<BTreeMap<usize, Issued>, PkiError> {
    let missing = plan.generations.iter().enumerate().filter(|(_, generation)| generation.there.is_none());
    missing
        .map(|(i, generation)| {
            let name = project.authority(generation.authority).name.value.as_str();
            let purpose = Purpose::Authority { name, generation: generation.generation.number };
            let key = ambient.keys.make(generation.shape.key, &purpose)?;
            let request = Request {
                profile: Profile::Root,
                subject: &generation.shape.subject,
                sans: &[],
                not_before: ambient.now - BACKDATE,
                not_after: ambient.now + generation.shape.valid,
                serial: serial(ambient)?,
            };
            Ok((i, Issued { certificate: self_sign(&request, &key)?, key }))
        })
        .collect()
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

fn report_clamp(job: &Job<'_>, issued: &Issued, now: Timestamp, report: &mut Report) {
    let wanted = now + job.shape.valid;
    if issued.certificate.not_after() < wanted && !job.clamp_settled {
        let finding = Diagnostic::notice(
            Code::CLAMPED,
            format!(
                "the certificate of {} `{}` ends on {}, with its authority, not on {wanted}",
                job.word,
                job.name,
                issued.certificate.not_after()
            ),
        );
        report.push(match job.place {
            Some(span) => finding.at(span, "ends earlier than its `valid` says"),
            None => finding,
        });
    }
}

/// What is due but valid is worth a notice, what has ended is an error, and only the rest waits.
fn waits(job: &Job<'_>, needs: &[String], report: &mut Report) -> Option<Waiting> {
    let locked = |finding: Diagnostic| {
        let finding = match job.place {
            Some(span) => finding.at(span, "can't be renewed without an identity"),
            None => finding,
        };
        needs.iter().fold(finding, Diagnostic::note).help(NEEDS_HELP)
    };
    let why = match job.reason {
        Reason::Missing => "there is none yet".to_owned(),
        Reason::Asked => "a new one was asked for".to_owned(),
        Reason::Changed(parts) => format!("another {} is wanted", parts.join(" and ")),
        Reason::Due => {
            report.push(locked(Diagnostic::notice(
                Code::DUE_CERTIFICATE,
                format!("the certificate of {} `{}` is due for renewal", job.word, job.name),
            )));
            return None;
        }
        Reason::Expired => {
            report.push(locked(Diagnostic::error(
                Code::EXPIRED_CERTIFICATE,
                format!("the certificate of {} `{}` has expired", job.word, job.name),
            )));
            return None;
        }
    };
    Some(Waiting {
        word: job.word,
        name: job.name.clone(),
        place: job.place,
        missing: *job.reason == Reason::Missing,
        why,
        needs: needs.to_owned(),
    })
}

fn leaf_job<'a>(project: &'a Project, plan: &'a crate::plan::certs::LeafPlan<'_>) -> Option<Job<'a>> {
    let Action::Issue(reason) = &plan.action else { return None };
    let credential = project.credential(plan.credential);
    Some(Job {
        word: "host",
        name: plan.leaf.names.first().map(|name| name.value.to_string()).unwrap_or_default(),
        place: project.hosts_of(plan.credential).next().map(|host| host.place),
        profile: Profile::Server,
        purpose: Purpose::Leaf {
            namespace: credential.namespace.value.as_str(),
            secret: credential.secret.value.as_str(),
        },
        authority: plan.leaf.authority,
        shape: &plan.shape,
        reason,
        clamp_settled: project
            .hosts_of(plan.credential)
            .any(|host| project.is_settled("clamped", &host.settled)),
    })
}

fn client_job<'a>(project: &'a Project, plan: &'a crate::plan::certs::ClientPlan<'_>) -> Option<Job<'a>> {
    let Action::Issue(reason) = &plan.action else { return None };
    let client = &project.clients[plan.client];
    Some(Job {
        word: "client",
        name: client.name.value.clone(),
        place: client.name.origin.span(),
        profile: Profile::Client,
        purpose: Purpose::Client {
            authority: project.authority(client.authority).name.value.as_str(),
            name: &client.name.value,
        },
        authority: client.authority,
        shape: &plan.shape,
        reason,
        clamp_settled: project.is_settled("clamped", &client.settled),
    })
}

enum Opened {
    Issuer(Box<Issuer>),
    Locked(Vec<String>),
    Broken(Box<Diagnostic>),
}

struct Signers<'a, 'p> {
    project: &'a Project,
    plan: &'a CertPlan<'p>,
    unlock: &'a dyn Unlock,
    identities: OnceCell<Result<Identities, Box<Diagnostic>>>,
}

impl Signers<'_, '_> {
    /// The signing generation of an authority: just made, or opened.
    fn open(&self, id: AuthorityId, made: &BTreeMap<usize, Issued>) -> Result<Opened, PkiError> {
        let signing =
            self.plan.generations.iter().enumerate().find(|(_, plan)| plan.authority == id && plan.signs);
        let name = &self.project.authority(id).name.value;
        let Some((i, plan)) = signing else {
            return Ok(Opened::Locked(vec![format!("authority `{name}` has no generation that signs")]));
        };
        if let Some(new) = made.get(&i) {
            let key = Key::from_pkcs8(new.key.pkcs8_der())?;
            return Ok(Opened::Issuer(Box::new(Issuer::new(new.certificate.clone(), key)?)));
        }
        let Some(file) = plan.there else {
            return Ok(Opened::Locked(vec![format!("authority `{name}` has no key")]));
        };
        let identities = match self.identities.get_or_init(|| self.unlock.identities()) {
            Ok(identities) => identities,
            Err(finding) => return Ok(Opened::Broken(finding.clone())),
        };
        let path = &file.shown;
        match open_key(&file.sealed, identities) {
            Ok(Some(key)) => match Issuer::new(file.certificate.clone(), key) {
                Ok(issuer) => Ok(Opened::Issuer(Box::new(issuer))),
                Err(error) => Ok(Opened::Broken(Box::new(broken(path, &error.to_string())))),
            },
            Ok(None) => Ok(Opened::Locked(needs(path, &file.sealed, identities))),
            Err(reason) => Ok(Opened::Broken(Box::new(broken(path, &reason)))),
        }
    }
}
