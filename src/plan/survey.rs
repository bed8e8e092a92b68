//! Every certificate of a project and how it stands.

use super::authority::GenerationPlan;
use super::cacerts::CacertsPlan;
use super::certs::{Action, CertPlan, Reason, Shape};
use crate::model::{AuthorityId, Credential, CredentialKind, Project};
use crate::paths::{Names, Place};
use crate::pki::{Certificate, RevocationList};
use crate::plan::revocation::ListReason;
use crate::time::Timestamp;

/// What a revocation list is called in the list.
pub const CRL: &str = "crl";

/// One certificate or revocation list, or the lack of one.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    /// `authority`, `host`, `certificate`, `cacerts`, `client` or [`CRL`].
    pub word: &'static str,
    /// Its name; a generation is part of an authority's.
    pub name: String,
    /// Where it lies, as `istio-system/web-tls`.
    pub place: String,
    /// The certificate.
    pub certificate: Option<&'a Certificate>,
    /// When it stops to count: at its own end, or at that of one above it.
    pub end: Option<Timestamp>,
    /// When it becomes due.
    pub renewal: Option<Timestamp>,
    /// How it stands.
    pub standing: Standing,
    /// Whether it is brought in files, so that no run here makes the next one.
    pub brought: bool,
    /// The authority that issues it.
    pub by: Option<AuthorityId>,
}

/// How a certificate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// As the spec wants it.
    Valid,
    /// It has not begun.
    Early,
    /// It is to be renewed: a third of its life is left, or as long as the spec says.
    Due,
    /// The spec wants another one.
    Changed,
    /// There is none yet.
    Missing,
    /// It is gone, and others rely on it.
    Lost,
    /// It has ended.
    Expired,
    /// Of an authority: trusted, and not signing yet.
    Introduced,
    /// Of an authority: trusted, and not signing any more.
    Trusted,
    /// Out of every trust bundle.
    Retired,
    /// It is revoked.
    Revoked,
    /// Something else makes it.
    External,
    /// cert-manager makes it.
    Ordered,
}

impl Standing {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Early => "not yet valid",
            Self::Due => "due",
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Lost => "lost",
            Self::Expired => "expired",
            Self::Introduced => "introduced",
            Self::Trusted => "trusted",
            Self::Retired => "retired",
            Self::Revoked => "revoked",
            Self::External => "external",
            Self::Ordered => "cert-manager",
        }
    }
}

/// All certificates: authorities, hosts, clients.
#[must_use]
pub fn survey<'a>(project: &Project, plan: &CertPlan<'a>, names: &Names, now: Timestamp) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    let generations = plan.generations.iter().map(|plan| generation(project, plan, names, now));
    rows.extend(generations);
    let clients = &plan.clients;
    for plan in &plan.leaves {
        let credential = project.credential(plan.credential);
        let certificate = plan.there.map(|there| &there.certificate);
        let end = plan.there.map(|there| there.end().0);
        // A Secret with the pair of a client stands as that does.
        let client = credential.kind.client().filter(|_| plan.action == Action::Keep);
        let action = client.and_then(|i| clients.get(i)).map_or(&plan.action, |client| &client.action);
        rows.push(Row {
            word: plan.leaf.called,
            name: plan.leaf.title(),
            place: format!("{}/{}", credential.namespace.value, credential.secret.value),
            certificate,
            end,
            renewal: certificate.zip(end).map(|(certificate, end)| plan.shape.renewal_by(certificate, end)),
            standing: by_action(&plan.shape, action, certificate.zip(end), now),
            brought: matches!(credential.kind, CredentialKind::Brought(_)),
            by: plan.leaf.authority,
        });
    }
    rows.extend(elsewhere(project));
    rows.extend(plan.cacerts.iter().map(|plan| cacerts(plan, now)));
    for plan in &plan.clients {
        let client = &project.clients[plan.client];
        let certificate = plan.there.map(|there| &there.certificate);
        let end = certificate.map(Certificate::not_after);
        rows.push(Row {
            word: "client",
            name: client.name.value.clone(),
            place: names.below(
                Place::Pki,
                &format!(
                    "{}/clients/{}.crt",
                    project.authority(client.authority).name.value,
                    client.file_name
                ),
            ),
            certificate,
            end,
            renewal: certificate.map(|certificate| plan.shape.renewal(certificate)),
            standing: match client.revoked {
                Some(_) => Standing::Revoked,
                None => by_action(&plan.shape, &plan.action, certificate.zip(end), now),
            },
            brought: false,
            by: Some(client.authority),
        });
    }
    rows.extend(lists(project, plan, names, now));
    rows.sort_by_cached_key(place_in_list);
    rows
}

/// The revocation lists that there must be: of generations, and of authorities above one that came in files.
fn lists<'a>(project: &Project, plan: &CertPlan<'a>, names: &Names, now: Timestamp) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'a>> = Vec::new();
    for list in plan.lists.plans.iter().filter(|list| list.is_needed) {
        let Some(of) = plan.generations.get(list.generation) else { continue };
        let authority = &project.authority(of.authority).name.value;
        let row = |name, list: Option<&RevocationList>, standing| Row {
            word: CRL,
            name,
            place: names.below(Place::Pki, &format!("{authority}/ca.crl")),
            certificate: None,
            end: list.map(RevocationList::next_update),
            renewal: list.map(RevocationList::renewal),
            standing,
            brought: false,
            by: None,
        };
        let standing = match list.reason {
            Some(ListReason::Missing) => Standing::Missing,
            Some(ListReason::Changed(_) | ListReason::Named) => Standing::Changed,
            Some(ListReason::Due) => Standing::Due,
            Some(ListReason::Expired) => Standing::Expired,
            Some(ListReason::Ahead) => Standing::Early,
            Some(ListReason::NotInForce) if list.there.is_some_and(|list| list.next_update() > now) => {
                Standing::Early
            }
            Some(ListReason::NotInForce) => Standing::Expired,
            None => Standing::Valid,
        };
        rows.push(row(format!("{authority} #{}", of.generation.number), list.there, standing));
        let above =
            plan.lists.above.get(&list.generation).filter(|_| plan.lists.shown.contains(&of.authority));
        for above in above.into_iter().flatten() {
            let standing = match above.list {
                None => Standing::Missing,
                Some(list) if list.next_update() <= now => Standing::Expired,
                Some(list) if list.this_update() > now => Standing::Early,
                Some(list) if list.renewal() <= now => Standing::Due,
                Some(_) => Standing::Valid,
            };
            let row = row(
                format!("{} above {authority}", above.signer.called().trim_matches('`')),
                above.list,
                standing,
            );
            if !rows.iter().any(|there| there.name == row.name) {
                rows.push(row);
            }
        }
    }
    rows
}

/// Where a row stands: authorities with their generations as they come, then what serves, istiods and clients by name.
fn place_in_list(row: &Row<'_>) -> (usize, String, String) {
    let order = ["authority", "certificate", "host", "cacerts", "client", CRL];
    let kind = order.iter().position(|kind| *kind == row.word).unwrap_or(order.len());
    if kind == 0 { (kind, String::new(), String::new()) } else { (kind, row.name.clone(), row.place.clone()) }
}

/// A generation of an authority.
fn generation<'a>(project: &Project, plan: &GenerationPlan<'a>, names: &Names, now: Timestamp) -> Row<'a> {
    let authority = &project.authority(plan.authority).name.value;
    let certificate = plan.there.map(|file| &file.certificate);
    let standing = match certificate {
        None if plan.lost => Standing::Lost,
        None => Standing::Missing,
        Some(_) if plan.generation.retired => Standing::Retired,
        Some(_) if plan.resign.is_some() && plan.end > now => Standing::Changed,
        Some(certificate) => match by_time(&plan.shape, (certificate, plan.end), now) {
            Standing::Valid if plan.signs => Standing::Valid,
            Standing::Valid if plan.generation.signs => Standing::Trusted,
            Standing::Valid => Standing::Introduced,
            other => other,
        },
    };
    Row {
        word: "authority",
        name: format!("{authority} #{}", plan.generation.number),
        place: names.below(Place::Pki, &format!("{authority}/{}.crt", plan.generation.number)),
        certificate,
        end: certificate.map(|_| plan.end),
        renewal: certificate.map(|certificate| plan.shape.renewal_by(certificate, plan.end)),
        standing,
        brought: project.authority(plan.authority).files.is_some(),
        by: None,
    }
}

/// The authority of a cluster's istiod.
fn cacerts<'a>(plan: &CacertsPlan<'a>, now: Timestamp) -> Row<'a> {
    let certificate = plan.there.map(|there| &there.certificate);
    let end = certificate.map(Certificate::not_after);
    Row {
        word: "cacerts",
        name: plan.cacerts.name.value.to_string(),
        place: format!("{}/cacerts", plan.cacerts.namespace.value),
        certificate,
        end,
        renewal: certificate.map(|certificate| plan.shape.renewal(certificate)),
        standing: by_action(&plan.shape, &plan.action, certificate.zip(end), now),
        brought: false,
        by: Some(plan.cacerts.authority),
    }
}

/// Those of which something else makes the Secret.
fn elsewhere<'a>(project: &Project) -> Vec<Row<'a>> {
    let row = |word, name, credential: &Credential, standing| Row {
        word,
        name,
        place: format!("{}/{}", credential.namespace.value, credential.secret.value),
        certificate: None,
        end: None,
        renewal: None,
        standing,
        brought: false,
        by: None,
    };
    let mut rows = Vec::new();
    for host in &project.hosts {
        let credential = project.credential(host.credential);
        if matches!(credential.kind, CredentialKind::External) {
            rows.push(row("host", host.name.value.to_string(), credential, Standing::External));
        }
    }
    for credential in project.credentials() {
        if let CredentialKind::Ordered(order) = &credential.kind {
            rows.push(row(order.leaf.called, order.leaf.title(), credential, Standing::Ordered));
        }
    }
    rows
}

/// A certificate, and when it stops to count.
type Lasting<'a> = (&'a Certificate, Timestamp);

fn by_action(shape: &Shape, action: &Action, lasting: Option<Lasting<'_>>, now: Timestamp) -> Standing {
    match (lasting, action) {
        (None, _) => Standing::Missing,
        (Some((_, end)), _) if end <= now => Standing::Expired,
        (Some((certificate, _)), _) if certificate.not_before() > now => Standing::Early,
        (Some(_), Action::Issue(Reason::Revoked)) => Standing::Revoked,
        (Some(_), Action::Issue(Reason::Changed(_)) | Action::Bring(_) | Action::Take) => Standing::Changed,
        (Some(lasting), _) => by_time(shape, lasting, now),
    }
}

fn by_time(shape: &Shape, (certificate, end): Lasting<'_>, now: Timestamp) -> Standing {
    if end <= now {
        Standing::Expired
    } else if certificate.not_before() > now {
        Standing::Early
    } else if now >= shape.renewal_by(certificate, end) {
        Standing::Due
    } else {
        Standing::Valid
    }
}
