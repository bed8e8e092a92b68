//! `host` nodes before anything is looked up: their full names, and the domain that each joins.

use std::collections::BTreeSet;

use super::super::name::{HostName, WrittenHost};
use super::super::project::Gateway;
use super::domain::Domain;
use super::{name_finding, parted, settled};
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node::{self, Source, Spec};
use crate::spec::{Origin, Text, Traced};

/// A host with its full name and the domain that it joins.
pub(super) struct Draft<'a> {
    /// `host`, or `certificate` of one that stands in for a domain's.
    pub(super) called: &'static str,
    pub(super) node: &'a node::Host,
    pub(super) domain: Option<&'a node::Domain>,
    pub(super) name: Traced<HostName>,
    /// Codes that are settled at it or its domain.
    pub(super) settled: BTreeSet<String>,
    /// Whether another one of this name, or of its domain's, was there first: what this one does not say, that one may.
    pub(super) spare: bool,
    /// Whether it may belong to a domain that could not be read.
    pub(super) doubtful: bool,
}

/// The hosts of a spec, sorted by name.
pub(super) struct Drafts<'a> {
    /// Each once.
    pub(super) all: Vec<Draft<'a>>,
    /// Those of a name that is there already.
    pub(super) spares: Vec<Draft<'a>>,
}

/// The index of the host of this full name.
pub(super) fn find(drafts: &[Draft<'_>], name: &str) -> Option<usize> {
    drafts.binary_search_by(|draft| draft.name.value.as_str().cmp(name)).ok()
}

impl<'a> Draft<'a> {
    /// The nearest of host and domain that says a thing.
    pub(super) fn nearest<T>(&self, get: impl Fn(&'a node::ServingWords) -> Option<&'a T>) -> Option<&'a T> {
        get(&self.node.serving).or_else(|| self.domain.and_then(|domain| get(&domain.serving)))
    }

    /// Whether something that neither host nor domain seem to say may stand in what could not be read.
    pub(super) fn in_doubt(&self, spec: &Spec) -> bool {
        let of_domain = match self.domain {
            Some(domain) => spec.is_damaged(domain.word),
            None => HostName::parse(self.name.value.as_str()).is_err(),
        };
        of_domain || self.doubtful || self.spare || spec.is_damaged(self.node.word)
    }

    /// Where everything goes that no route takes, in words that mean the same in every namespace.
    pub(super) fn leads_to(&self, gateways: &[Gateway]) -> Option<String> {
        let to = self.node.to.as_ref()?.service.as_str();
        let (name, port) = to.split_at(to.find(':').unwrap_or(to.len()));
        if name.contains('.') {
            return Some(to.to_owned());
        }
        let said = self.nearest(|words| words.namespace.as_ref()).map(Text::as_str);
        let its = || {
            let name = self.nearest(|words| words.gateway.as_ref())?.as_str();
            let gateway = gateways.iter().find(|gateway| gateway.name.value.as_str() == name)?;
            Some(gateway.namespace.value.as_str())
        };
        Some(format!("{name}.{}{port}", said.or_else(its)?))
    }

    /// The name of the Secret, where it is said.
    pub(super) fn said_secret(&self) -> Option<&'a Text> {
        self.node.serving.tls.as_ref().and_then(|tls| tls.secret.as_ref())
    }

    pub(super) fn source(&self) -> Option<&'a Source> {
        self.nearest(|words| words.certificate.source.as_ref())
    }
}

/// Completes and compares the names of all hosts.
pub(super) fn drafts<'a>(spec: &'a Spec, domains: &[Domain<'a>], report: &mut Report) -> Drafts<'a> {
    let mut found = Vec::new();
    for domain in domains {
        for node in &domain.node.hosts {
            let name = complete(node, Some(domain), domains, report);
            let mut codes = settled(&node.settled);
            codes.extend(domain.settled.iter().cloned());
            found.push(Draft {
                called: "host",
                node,
                domain: Some(domain.node),
                name,
                settled: codes,
                spare: domain.spare,
                doubtful: false,
            });
        }
    }
    for node in &spec.hosts {
        let name = complete(node, None, domains, report);
        let above = domains.iter().filter(|domain| !domain.spare && domain.holds(name.value.as_str()));
        let longest = above.max_by_key(|domain| domain.name.len());
        let mut codes = settled(&node.settled);
        codes.extend(longest.iter().flat_map(|domain| domain.settled.iter().cloned()));
        found.push(Draft {
            called: "host",
            node,
            domain: longest.map(|domain| domain.node),
            doubtful: may_be_elsewhere(spec, domains, longest, name.value.as_str()),
            name,
            settled: codes,
            spare: false,
        });
    }
    found.sort_by_key(|draft| draft.name.value.clone());
    let name = |draft: &Draft<'_>| draft.name.value.clone();
    let (all, again) =
        parted(report, Code::DUPLICATE_HOST, "host", found, name, |draft| draft.node.name.span());
    Drafts { all, spares: again.into_iter().map(|draft| Draft { spare: true, ..draft }).collect() }
}

/// Whether a host that stands outside may belong to a domain that is longer than the one that holds it, and was refused.
fn may_be_elsewhere(spec: &Spec, domains: &[Domain<'_>], found: Option<&Domain<'_>>, name: &str) -> bool {
    let refused = found.is_none() && domains.iter().any(|domain| !domain.named);
    let length = found.map_or(0, |domain| domain.name.len());
    refused || spec.lost.iter().any(|lost| lost.may_be_domain_of(name, length))
}

/// The full name; a refused one stays as it is written, so that the rest of the host is looked at too.
fn complete(
    node: &node::Host,
    inside: Option<&Domain<'_>>,
    domains: &[Domain<'_>],
    report: &mut Report,
) -> Traced<HostName> {
    full_name(&node.name, inside, domains, report).unwrap_or_else(|| {
        let refused = match inside {
            Some(domain) => format!("{}.{}", node.name.as_str(), domain.name),
            None => node.name.as_str().to_owned(),
        };
        Traced::new(HostName::refused(&refused), Origin::spec(node.name.span()))
    })
}

pub(super) fn full_name(
    text: &Text,
    inside: Option<&Domain<'_>>,
    domains: &[Domain<'_>],
    report: &mut Report,
) -> Option<Traced<HostName>> {
    let length = text.as_str().len();
    let own = Origin::spec(text.span());
    let bad = |error, report: &mut Report| {
        report.push(name_finding(Code::INVALID_HOST_NAME, text, error, "host name"));
        None
    };
    let written = match WrittenHost::parse(text.as_str()) {
        Ok(written) => written,
        Err(error) => return bad(error, report),
    };
    if inside.is_some_and(|domain| !domain.named) {
        return None;
    }
    let (name, origin) = match (written, inside) {
        (WrittenHost::Apex, Some(domain)) => {
            (domain.name.clone(), own.and(&Origin::spec(domain.text().span())))
        }
        (WrittenHost::Apex, None) => {
            report.push(
                Diagnostic::error(Code::INVALID_HOST_NAME, "`@` means the domain that a host stands in")
                    .at_text(text, "stands in no domain")
                    .help("write the full name, or move the host into its `domain`"),
            );
            return None;
        }
        (WrittenHost::Name { name, .. }, Some(domain)) if domain.holds(&name) => (name, own),
        (WrittenHost::Name { name, rooted }, Some(domain)) => {
            let other = domains.iter().find(|other| other.name.contains('.') && other.holds(&name));
            if rooted || other.is_some() || seems_full(&name, &domain.name) {
                report.push(foreign(text, &name, domain, other));
                return None;
            }
            (format!("{name}.{}", domain.name), own.and(&Origin::spec(domain.text().span())))
        }
        (WrittenHost::Name { name, .. }, None) => (name, own),
    };
    match HostName::complete(name, length) {
        Ok(name) => Some(Traced::new(name, origin)),
        Err(error) => {
            let error = match inside {
                None if !text.as_str().contains('.') => super::NameError {
                    help: "write the full name, or move the host into its `domain`".to_owned(),
                    ..error
                },
                _ => error,
            };
            bad(error, report)
        }
    }
}

/// The top-level domains that hold most names, but none that people also call a part of their own domain.
const TOP: [&str; 8] = ["com", "net", "org", "edu", "gov", "mil", "int", "info"];

/// Whether a name that is meant to be short ends as a full one does: as its domain, or as most names.
fn seems_full(name: &str, domain: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, last)| {
        TOP.contains(&last) || domain.rsplit_once('.').is_some_and(|(_, top)| top == last)
    })
}

fn foreign(text: &Text, name: &str, domain: &Domain<'_>, other: Option<&Domain<'_>>) -> Diagnostic {
    let finding = Diagnostic::error(
        Code::INVALID_HOST_NAME,
        format!("`{}` does not lie below domain `{}`", text.as_str(), domain.name),
    )
    .at_text(text, "a name of another domain")
    .at_text(domain.text(), "the domain it stands in");
    match other {
        Some(other) => finding.help(format!("move it into `domain \"{}\"`", other.name)),
        None if text.as_str().ends_with('.') => finding.help("move it out of this domain"),
        None => finding
            .help("move it out of this domain")
            .help(format!("or, if it is meant below the domain: `{name}.{}`", domain.name)),
    }
}
