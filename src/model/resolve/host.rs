//! `host` nodes: inheritance, gateway, TLS mode.

use std::collections::BTreeMap;

use super::super::name::Label;
use super::super::project::{
    Authority, Client, Credential, CredentialId, Gateway, GatewayId, Host, Service, TlsMode,
};
use super::covering::{self, Cover, Server};
use super::credential::{self, Credentials, Owner};
use super::draft::{Draft, Drafts};
use super::gateway::{other_port, wrong_redirect};
use super::{missing_reference, name_finding, presented, reference, route, tls};
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node::{self, HttpMode, Spec};
use crate::spec::tree::Value;
use crate::spec::{Origin, Text, Traced};

/// What hosts refer to.
pub(super) struct Context<'a> {
    pub(super) spec: &'a Spec,
    /// The project's own.
    pub(super) namespace: &'a Traced<Label>,
    pub(super) authorities: &'a [Authority],
    pub(super) gateways: &'a [Gateway],
    pub(super) clients: &'a [Client],
    services_by_host: BTreeMap<&'a str, &'a Service>,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        spec: &'a Spec,
        namespace: &'a Traced<Label>,
        authorities: &'a [Authority],
        gateways: &'a [Gateway],
        services: &'a [Service],
        clients: &'a [Client],
    ) -> Self {
        let services_by_host =
            services.iter().map(|service| (service.host.value.as_str(), service)).collect();
        Self { spec, namespace, authorities, gateways, clients, services_by_host }
    }

    /// The service of this full name.
    pub(super) fn service_of(&self, host: &str) -> Option<&'a Service> {
        self.services_by_host.get(host).copied()
    }

    /// Whether a ServiceEntry of the spec makes a name known to the mesh.
    pub(super) fn has_entry(&self, host: &str) -> bool {
        let is_entry = |object: &&node::Object| {
            object.kind.value == "ServiceEntry"
                && object.api_version.value.starts_with("networking.istio.io/")
        };
        let entries = self.spec.objects.iter().filter(is_entry);
        let specs = entries.flat_map(|object| &object.content.fields).filter(|field| field.name == "spec");
        let hosts = specs.filter_map(|spec| spec.tree.get("hosts"));
        let mut names = hosts.flat_map(|hosts| match &hosts.value {
            Value::List(items) => items.as_slice(),
            _ => &[],
        });
        names.any(|name| name.as_str().is_some_and(|name| name == host || is_below(host, name)))
    }

    /// The full names of all services that are declared, sorted.
    pub(super) fn service_hosts(&self) -> impl Iterator<Item = &'a str> {
        self.services_by_host.keys().copied()
    }
}

/// Whether a name lies below a wildcard.
fn is_below(name: &str, wildcard: &str) -> bool {
    wildcard.strip_prefix('*').is_some_and(|domain| domain.starts_with('.') && name.ends_with(domain))
}

/// Makes hosts of drafts, with their credentials.
pub(super) fn all(
    context: &Context<'_>,
    drafts: &Drafts<'_>,
    covers: &[Cover<'_>],
    report: &mut Report,
) -> Made {
    let mut credentials = Credentials::default();
    let servers = covering::servers(covers, context, &mut credentials, report);
    let mut routes = route::by_host(context, &drafts.all, report);
    let mut hosts = Vec::new();
    for (i, draft) in drafts.all.iter().enumerate() {
        let Some((host, secret, workload)) = one(draft, Some(i), &mut routes, context, &servers, report)
        else {
            continue;
        };
        let credential = match secret {
            Wanted::Own(secret) => credentials.add(&Owner::of(draft), secret, &workload, report),
            Wanted::Joined(id) => Some(id),
            Wanted::Nothing => None,
        };
        hosts.extend(credential.map(|credential| Host { credential, ..host }));
    }
    for draft in &drafts.spares {
        one(draft, None, &mut routes, context, &servers, report);
    }
    routes.check_strays(context, report);
    covering::alone(context, &mut credentials, report);
    presented::all(context, &mut credentials, report);
    reference::check(context, report);
    let (credentials, order) = credentials.sorted();
    let mut listeners = covering::listeners(servers, &mut hosts);
    for host in hosts.iter_mut().chain(&mut listeners) {
        host.credential = order.get(&host.credential).copied().unwrap_or(host.credential);
    }
    check_trust(&hosts, &credentials, report);
    check_http(&hosts, &listeners, report);
    Made { hosts, listeners, credentials }
}

/// Hosts, the names of certificates that are no host's, and the Secrets of all.
pub(super) struct Made {
    pub(super) hosts: Vec<Host>,
    pub(super) listeners: Vec<Host>,
    pub(super) credentials: Vec<Credential>,
}

/// The Secret that a host wants.
pub(super) enum Wanted {
    /// One of its own.
    Own(credential::Secret),
    /// That of a certificate of its domain.
    Joined(CredentialId),
    /// It can't be told.
    Nothing,
}

/// A host whose credential is still to be found, the Secret that it wants, and where that must lie.
pub(super) fn one(
    draft: &Draft<'_>,
    index: Option<usize>,
    routes: &mut route::Outside<'_>,
    context: &Context<'_>,
    servers: &[Server<'_>],
    report: &mut Report,
) -> Option<(Host, Wanted, Traced<Label>)> {
    let gateway = gateway(draft, context, report);
    let its = gateway.as_ref().and_then(|gateway| context.gateways.get(gateway.value.0).zip(Some(gateway)));
    let joined = gateway.as_ref().and_then(|gateway| covering::joins(draft, gateway.value, servers, report));
    let (secret, tls, clients_origin) = match joined {
        Some(server) => (
            Wanted::Joined(server.host.credential),
            server.host.tls.clone(),
            server.host.clients_origin.clone(),
        ),
        None => own_certificate(draft, context, report),
    };
    let client_names = match joined {
        Some(server) => server.host.client_names.clone(),
        None => tls::client_names(draft, &tls.value, context, report),
    };
    let http = http(draft, &tls, its.map(|(its, _)| its), report);
    let theirs = its.map(|(its, gateway)| inherited(&its.namespace, gateway));
    let namespace = namespace(draft, theirs, draft.in_doubt(context.spec), report);
    let mut settled = draft.settled.clone();
    settled.extend(its.iter().flat_map(|(its, _)| its.settled.iter().cloned()));
    let routes = routes.resolve(index, draft, namespace, &settled, context, report);
    let (its, gateway) = its?;
    let host = Host {
        word: draft.node.word,
        place: draft.node.name.span(),
        name: draft.name.clone(),
        domain: draft.domain.map(|domain| Traced::said(domain.name.as_str().to_owned(), &domain.name)),
        gateway: gateway.value,
        gateway_origin: gateway.origin.clone(),
        also_listed: None,
        credential: CredentialId(0),
        stand_ins: Vec::new(),
        tls,
        clients_origin,
        client_names,
        http: http?,
        routes,
        tls_layer: tls::layer(draft),
        server: draft.node.server.clone(),
        virtual_service: draft.node.virtual_service.clone(),
        settled,
    };
    let host = match joined {
        Some(server) => {
            Host { tls_layer: server.host.tls_layer.clone(), server: server.host.server.clone(), ..host }
        }
        None => host,
    };
    Some((host, secret, inherited(&its.workload_namespace, gateway)))
}

/// What a host wants that joins no certificate.
fn own_certificate(
    draft: &Draft<'_>,
    context: &Context<'_>,
    report: &mut Report,
) -> (Wanted, Traced<TlsMode>, Origin) {
    let source = credential::source(draft, context, report);
    let tls = tls::mode(draft, source.as_ref().map(|(source, _)| source), context, report);
    let clients_origin = tls::clients_origin(draft, source.as_ref().map(|(_, origin)| origin), &tls, context);
    let secret = credential::secret(draft, source, context, report);
    (secret.map_or(Wanted::Nothing, Wanted::Own), tls, clients_origin)
}

fn gateway(draft: &Draft<'_>, context: &Context<'_>, report: &mut Report) -> Option<Traced<GatewayId>> {
    let Some(text) = draft.nearest(|words| words.gateway.as_ref()) else {
        if draft.in_doubt(context.spec) {
            return None;
        }
        let finding = Diagnostic::error(
            Code::MISSING_GATEWAY,
            format!("{} `{}` has no gateway", draft.called, draft.name.value),
        )
        .at(draft.node.name.span(), "nothing listens for it");
        report.push(match context.gateways.first() {
            Some(gateway) => {
                finding.help(format!("write `gateway=\"{}\"` at the host or its domain", gateway.name.value))
            }
            None => finding.help("declare a `gateway \"name\"` and name it at the host or its domain"),
        });
        return None;
    };
    find_gateway(text, context, report).map(|id| Traced::said(id, text))
}

/// Finds a gateway by name or reports that there is none: once, whoever names it in that place.
pub(super) fn find_gateway(text: &Text, context: &Context<'_>, report: &mut Report) -> Option<GatewayId> {
    let found = context.gateways.iter().position(|gateway| gateway.name.value.as_str() == text.as_str());
    if found.is_none() {
        let written = context.spec.gateways.iter().map(|gateway| gateway.name.as_str());
        push_once(report, missing_reference(context.spec, text, "gateway", written));
    }
    found.map(GatewayId)
}

/// A reference at a domain is read by each of its hosts, and reported once.
pub(super) fn push_once(report: &mut Report, finding: impl Into<Option<Diagnostic>>) {
    if let Some(finding) = finding.into()
        && !report.findings().contains(&finding)
    {
        report.push(finding);
    }
}

/// What a gateway says for its hosts: the choice of that gateway is a reason of it too.
fn inherited(value: &Traced<Label>, gateway: &Traced<GatewayId>) -> Traced<Label> {
    Traced::new(value.value.clone(), value.origin.and(&gateway.origin))
}

/// Where its routes live that say nothing else; `None` where that can't be told.
fn namespace(
    draft: &Draft<'_>,
    inherited: Option<Traced<Label>>,
    in_doubt: bool,
    report: &mut Report,
) -> Option<Traced<Label>> {
    let said = draft.nearest(|words| words.namespace.as_ref());
    let Some(text) = said else { return inherited.filter(|_| !in_doubt) };
    match Label::parse(text.as_str()) {
        Ok(label) => Some(Traced::said(label, text)),
        Err(error) => {
            push_once(report, name_finding(Code::INVALID_NAME, text, error, "name of a namespace"));
            None
        }
    }
}

fn http(
    draft: &Draft<'_>,
    tls: &Traced<TlsMode>,
    gateway: Option<&Gateway>,
    report: &mut Report,
) -> Option<Traced<HttpMode>> {
    let http = match draft.nearest(|words| words.http.as_ref()) {
        Some(said) => {
            if let Some(gateway) = gateway.filter(|_| said.value == HttpMode::Redirect) {
                push_once(report, wrong_redirect(gateway, said.span));
            }
            Traced::new(said.value, Origin::spec(said.span))
        }
        None => gateway?.http.clone(),
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
        let can_redirect = gateway.is_some_and(|gateway| other_port(gateway).is_none());
        report.push(finding.help(if can_redirect {
            "write `http=redirect` or `http=off` at the host"
        } else {
            "write `http=off` at the host"
        }));
    }
    Some(http)
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

/// Hosts of one server, one of them a wildcard above the other, can't differ in what port 80 does: both are the wildcard's
/// name to Istio.
fn check_http(hosts: &[Host], listeners: &[Host], report: &mut Report) {
    let server = |host: &Host| (host.gateway, host.credential, host.tls.value.clone());
    for above in hosts.iter().chain(listeners).filter(|host| host.name.value.is_wildcard()) {
        let below = hosts.iter().filter(|host| {
            host.name != above.name
                && above.name.value.serves(&host.name.value)
                && server(host) == server(above)
        });
        for host in below.filter(|host| host.http.value != above.http.value) {
            report.push(
                Diagnostic::error(
                    Code::CONFLICT,
                    format!(
                        "hosts `{}` and `{}` share a certificate, and port 80 can't do different things for them",
                        above.name.value, host.name.value
                    ),
                )
                .at(host.http.origin.span().unwrap_or(host.place), "something else than for the wildcard")
                .at(above.place, "a wildcard above it, in the same TLS server")
                .help("say the same `http=` at both, or give one of them a certificate of its own"),
            );
        }
    }
}
