//! `host` nodes: full names, inheritance, gateway, TLS mode.

use std::collections::{BTreeMap, BTreeSet};

use super::super::name::{HostName, Label, WrittenHost};
use super::super::project::{
    Authority, AuthorityId, ClientTrust, Credential, CredentialId, Gateway, GatewayId, Host, Service, TlsMode,
};
use super::client::find_authority;
use super::credential::{self, Credentials};
use super::domain::Domain;
use super::{name_finding, route, settled, unique, unknown_reference};
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node::{self, HttpMode, Source, Spec, Tls};
use crate::spec::{Origin, Text, Traced};

/// A host whose name is good, with the domain that it joins.
pub(super) struct Draft<'a> {
    pub(super) node: &'a node::Host,
    pub(super) domain: Option<&'a node::Domain>,
    pub(super) name: Traced<HostName>,
    settled: BTreeSet<String>,
}

/// What hosts refer to.
pub(super) struct Context<'a> {
    pub(super) spec: &'a Spec,
    pub(super) authorities: &'a [Authority],
    pub(super) gateways: &'a [Gateway],
    services: &'a [Service],
    services_by_host: BTreeMap<&'a str, &'a Service>,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        spec: &'a Spec,
        authorities: &'a [Authority],
        gateways: &'a [Gateway],
        services: &'a [Service],
    ) -> Self {
        let services_by_host =
            services.iter().map(|service| (service.host.value.as_str(), service)).collect();
        Self { spec, authorities, gateways, services, services_by_host }
    }

    /// The service that is declared under this name in this namespace.
    pub(super) fn service(&self, namespace: &Label, name: &str) -> Option<&'a Service> {
        let key = |service: &Service| {
            (service.namespace.value.as_str(), service.name.value.as_str()).cmp(&(namespace.as_str(), name))
        };
        self.services.binary_search_by(key).ok().map(|i| &self.services[i])
    }

    /// The service of this full name.
    pub(super) fn service_of(&self, host: &str) -> Option<&'a Service> {
        self.services_by_host.get(host).copied()
    }
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

    pub(super) fn source(&self) -> Option<&'a Source> {
        self.nearest(|words| words.certificate.source.as_ref())
    }
}

/// Completes and compares the names of all hosts.
pub(super) fn drafts<'a>(spec: &'a Spec, domains: &[Domain<'a>], report: &mut Report) -> Vec<Draft<'a>> {
    let mut found = Vec::new();
    for domain in domains {
        for node in &domain.node.hosts {
            let Some(name) = complete(node, Some(domain), domains, report) else { continue };
            let mut codes = settled(&node.settled, report);
            codes.extend(domain.settled.iter().cloned());
            found.push(Draft { node, domain: Some(domain.node), name, settled: codes });
        }
    }
    for node in &spec.hosts {
        let Some(name) = complete(node, None, domains, report) else { continue };
        let longest =
            domains.iter().filter(|domain| domain.holds(name.value.as_str())).max_by_key(|d| d.name.len());
        let mut codes = settled(&node.settled, report);
        codes.extend(longest.iter().flat_map(|domain| domain.settled.iter().cloned()));
        found.push(Draft { node, domain: longest.map(|domain| domain.node), name, settled: codes });
    }
    found.sort_by_key(|draft| draft.name.value.clone());
    unique(report, Code::DUPLICATE_HOST, "host", found, |d| d.name.value.clone(), |d| d.node.name.span())
}

fn complete(
    node: &node::Host,
    inside: Option<&Domain<'_>>,
    domains: &[Domain<'_>],
    report: &mut Report,
) -> Option<Traced<HostName>> {
    let text = &node.name;
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
            if rooted || other.is_some() {
                report.push(foreign(text, domain, other));
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
                None if error.help.is_none() => super::NameError {
                    help: Some("write the full name, or move the host into its `domain`".to_owned()),
                    ..error
                },
                _ => error,
            };
            bad(error, report)
        }
    }
}

fn foreign(text: &Text, domain: &Domain<'_>, other: Option<&Domain<'_>>) -> Diagnostic {
    let finding = Diagnostic::error(
        Code::INVALID_HOST_NAME,
        format!("`{}` does not lie below domain `{}`", text.as_str(), domain.name),
    )
    .at_text(text, "a name of another domain")
    .at_text(domain.text(), "the domain it stands in");
    match other {
        Some(other) => finding.help(format!("move it into `domain \"{}\"`", other.name)),
        None => finding.help("move it out of this domain"),
    }
}

/// Makes hosts of drafts, with their credentials.
pub(super) fn all(
    context: &Context<'_>,
    drafts: &[Draft<'_>],
    report: &mut Report,
) -> (Vec<Host>, Vec<Credential>) {
    let mut credentials = Credentials::default();
    let mut routes = route::by_host(context, drafts, report);
    let mut hosts = Vec::new();
    for (i, draft) in drafts.iter().enumerate() {
        let gateway = gateway(draft, context, report);
        let source = credential::source(draft, context.authorities, report);
        let tls = tls(draft, source.as_ref().map(|(source, _)| source), context.authorities, report);
        let Some(gateway) = gateway else { continue };
        let workload = &context.gateways[gateway.value.0].workload_namespace;
        let credential =
            source.and_then(|source| credentials.add(draft, source, workload, context.authorities, report));
        let http = http(draft, &tls, &context.gateways[gateway.value.0], report);
        let host_namespace = namespace(draft, &context.gateways[gateway.value.0], report);
        let routes = routes.resolve(i, draft, host_namespace, context, report);
        let mut settled = draft.settled.clone();
        settled.extend(context.gateways[gateway.value.0].settled.iter().cloned());
        let Some(credential) = credential else { continue };
        hosts.push(Host {
            word: draft.node.word,
            name: draft.name.clone(),
            domain: draft.domain.map(|domain| Traced::said(domain.name.as_str().to_owned(), &domain.name)),
            gateway: gateway.value,
            gateway_origin: gateway.origin,
            credential,
            tls,
            http,
            routes,
            settled,
        });
    }
    let (credentials, order) = credentials.sorted();
    for host in &mut hosts {
        host.credential = order.get(&host.credential).copied().unwrap_or(host.credential);
    }
    check_trust(&hosts, &credentials, report);
    (hosts, credentials)
}

fn gateway(draft: &Draft<'_>, context: &Context<'_>, report: &mut Report) -> Option<Traced<GatewayId>> {
    let names = || context.gateways.iter().map(|gateway| gateway.name.value.as_str());
    let Some(text) = draft.nearest(|words| words.gateway.as_ref()) else {
        let finding =
            Diagnostic::error(Code::MISSING_GATEWAY, format!("host `{}` has no gateway", draft.name.value))
                .at(draft.node.name.span(), "nothing listens for it");
        report.push(match names().next() {
            Some(name) => finding.help(format!("write `gateway=\"{name}\"` at the host or its domain")),
            None => finding.help("declare a `gateway \"name\"` and name it at the host or its domain"),
        });
        return None;
    };
    match context.gateways.iter().position(|gateway| gateway.name.value.as_str() == text.as_str()) {
        Some(i) => Some(Traced::said(GatewayId(i), text)),
        None => {
            push_once(report, unknown_reference(text, "gateway", names()));
            None
        }
    }
}

/// A reference at a domain is read by each of its hosts, and reported once.
pub(super) fn push_once(report: &mut Report, finding: Diagnostic) {
    if !report.findings().contains(&finding) {
        report.push(finding);
    }
}

fn namespace(draft: &Draft<'_>, gateway: &Gateway, report: &mut Report) -> Traced<Label> {
    let said = draft.nearest(|words| words.namespace.as_ref());
    let Some(text) = said else { return gateway.namespace.clone() };
    match Label::parse(text.as_str()) {
        Ok(label) => Traced::said(label, text),
        Err(error) => {
            push_once(report, name_finding(Code::INVALID_NAME, text, error, "name of a namespace"));
            gateway.namespace.clone()
        }
    }
}

fn tls(
    draft: &Draft<'_>,
    source: Option<&credential::Source>,
    authorities: &[Authority],
    report: &mut Report,
) -> Traced<TlsMode> {
    let mode = draft.nearest(|words| words.tls.as_ref().and_then(|tls| tls.mode.as_ref()));
    let clients = draft.nearest(|words| words.tls.as_ref().filter(|tls| !tls.clients.is_empty()));
    let Some(mode) = mode else {
        refuse_clients(draft.node.serving.tls.as_ref(), report);
        return Traced::default_of(TlsMode::Simple, "tls.mode");
    };
    let origin = Origin::spec(mode.span);
    if mode.value == node::TlsMode::Simple {
        refuse_clients(draft.node.serving.tls.as_ref(), report);
        return Traced::new(TlsMode::Simple, origin);
    }
    let trust = match clients {
        Some(tls) => {
            let mut ids: Vec<AuthorityId> =
                tls.clients.iter().filter_map(|text| find_authority(text, authorities, report)).collect();
            ids.sort_unstable();
            ids.dedup();
            ClientTrust::Authorities(ids)
        }
        None => match source {
            Some(credential::Source::Authority(id)) => ClientTrust::Authorities(vec![*id]),
            _ => ClientTrust::External,
        },
    };
    let mode = if mode.value == node::TlsMode::Mutual {
        TlsMode::Mutual(trust)
    } else {
        TlsMode::OptionalMutual(trust)
    };
    Traced::new(mode, origin)
}

fn refuse_clients(tls: Option<&Tls>, report: &mut Report) {
    if let Some(text) = tls.and_then(|tls| tls.clients.first()) {
        report.push(
            Diagnostic::error(
                Code::WRONG_VALUE,
                "`clients` has no meaning where no client shows a certificate",
            )
            .at_text(text, "this host's TLS mode is simple")
            .help("write `tls mutual` or `tls optional-mutual`, or leave `clients` out"),
        );
    }
}

fn http(
    draft: &Draft<'_>,
    tls: &Traced<TlsMode>,
    gateway: &Gateway,
    report: &mut Report,
) -> Traced<HttpMode> {
    let http = match draft.nearest(|words| words.http.as_ref()) {
        Some(said) => Traced::new(said.value, Origin::spec(said.span)),
        None => gateway.http.clone(),
    };
    if http.value == HttpMode::Open && tls.value != TlsMode::Simple {
        let mut finding = Diagnostic::error(
            Code::OPEN_MUTUAL,
            format!(
                "host `{}` asks clients for a certificate, and port 80 would serve it to everybody",
                draft.name.value
            ),
        )
        .at(draft.node.name.span(), "wants a client certificate");
        if let Some(span) = http.origin.span() {
            finding = finding.at(span, "opens it in the clear");
        }
        report.push(finding.help("write `http=redirect` or `http=off` at the host"));
    }
    http
}

/// Istio looks for one `-cacert` Secret a credential: hosts that share one must trust the same clients.
fn check_trust(hosts: &[Host], credentials: &[Credential], report: &mut Report) {
    let mut seen: BTreeMap<CredentialId, &Host> = BTreeMap::new();
    for host in hosts.iter().filter(|host| host.tls.value != TlsMode::Simple) {
        let Some(first) = seen.get(&host.credential) else {
            seen.insert(host.credential, host);
            continue;
        };
        if first.tls.value.client_authorities() != host.tls.value.client_authorities() {
            let secret = &credentials[host.credential.0].secret.value;
            report.push(
                Diagnostic::error(
                    Code::SHARED_SECRET,
                    format!(
                        "hosts `{}` and `{}` share Secret `{secret}` and trust different clients",
                        first.name.value, host.name.value
                    ),
                )
                .at(host.word, "trusts other clients than the first")
                .at(first.word, "the first")
                .note(format!(
                    "Istio reads the clients' authorities of both from the one Secret `{secret}-cacert`"
                ))
                .help("give one of them a Secret of its own"),
            );
        }
    }
}
