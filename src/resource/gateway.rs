//! `gateway` and its hosts' certificates → Istio `Gateway`.

use std::collections::BTreeMap;

use super::Tree;
use super::{Resource, ResourceId, layer, metadata};
use crate::diag::Report;
use crate::model::{self, CredentialId, GatewayId, Host, HostName, Label, ObjectName, Project, TlsMode};
use crate::spec::node::HttpMode;
use crate::spec::tree::same_fields;
use crate::spec::{Origin, Traced};

/// The field that says where whom to trust stands, beside whatever Secret the server shows.
const CA_NAME: &str = "caCertCredentialName";

/// One TLS server: a certificate, and the hosts that it is shown for.
#[derive(Debug, Clone)]
struct Server<'a> {
    credential: CredentialId,
    /// The Secrets that it shows.
    shown: Vec<&'a ObjectName>,
    tls: &'a Traced<TlsMode>,
    hosts: Vec<&'a Host>,
}

impl<'a> Server<'a> {
    /// Whether a host joins it: the same certificate and mode, and nothing else said of the server.
    fn takes(&self, project: &Project, host: &Host) -> bool {
        let same = |mine: &Host| {
            same_fields(&mine.tls_layer, &host.tls_layer) && same_fields(&mine.server, &host.server)
        };
        // Whose clients come in stands in a Secret beside the credential's own.
        let trust = self.tls.value == TlsMode::Simple || self.credential == host.credential;
        trust
            && self.shown == project.shown(host)
            && self.tls.value == host.tls.value
            && self.hosts.first().is_some_and(|first| same(first))
    }

    /// The host of this server that takes requests for a host of the other too: a wildcard above it.
    fn covering(&self, other: &Server<'_>) -> Option<&'a Host> {
        let covers =
            |mine: &&&Host| other.hosts.iter().any(|theirs| mine.name.value.serves(&theirs.name.value));
        self.hosts.iter().find(covers).copied()
    }

    /// Why it is there: its hosts, their mode, and that they chose this gateway.
    fn origin(&self, gateway: &model::Gateway) -> Origin {
        let mut origins = self.hosts.iter().map(|host| host.name.origin.and(&host.gateway_origin));
        match origins.next() {
            Some(first) => origins.fold(first.and(&self.tls.origin), |all, one| all.and(&one)),
            None => Origin::spec(gateway.word),
        }
    }
}

/// A Gateway resource to be made.
#[derive(Debug, Clone)]
struct Draft<'a> {
    gateway: &'a model::Gateway,
    name: Traced<Label>,
    servers: Vec<Server<'a>>,
}

/// Which Gateway resource each host stands in.
#[derive(Debug)]
pub struct Placement<'a> {
    drafts: Vec<Draft<'a>>,
    by_host: BTreeMap<&'a HostName, usize>,
}

impl<'a> Placement<'a> {
    /// Groups hosts into TLS servers and servers into Gateway resources.
    ///
    /// A server stands in a resource of its own where its gateway says `per-certificate`, or where another server of
    /// the gateway has a wildcard above its name. Istio gives the routes of each host to all servers of a resource
    /// whose names meet it: the wildcard's routes would take requests for the exact host, its port 80 would do what the
    /// wildcard's does, and a host for known clients would be reached on the wildcard's connections.
    #[must_use]
    pub fn of(project: &'a Project) -> Self {
        let mut servers: BTreeMap<(GatewayId, Vec<&ObjectName>, &TlsMode), Vec<Server<'a>>> = BTreeMap::new();
        for host in project.listeners.iter().chain(&project.hosts) {
            let shown = project.shown(host);
            let of = servers.entry((host.gateway, shown.clone(), &host.tls.value)).or_default();
            match of.iter_mut().find(|server| server.takes(project, host)) {
                Some(server) => server.hosts.push(host),
                None => {
                    let (credential, tls) = (host.credential, &host.tls);
                    of.push(Server { credential, shown, tls, hosts: vec![host] });
                }
            }
        }
        let mut by_gateway: BTreeMap<GatewayId, Vec<Server<'a>>> = BTreeMap::new();
        for (id, gateway) in project.gateways_with_ids() {
            if gateway.layer.get("servers").is_some() {
                by_gateway.entry(id).or_default();
            }
        }
        for ((gateway, ..), servers) in servers {
            by_gateway.entry(gateway).or_default().extend(servers);
        }
        let mut placement = Self { drafts: Vec::new(), by_host: BTreeMap::new() };
        for (id, servers) in by_gateway {
            placement.place(project.gateway(id), servers);
        }
        placement
    }

    fn place(&mut self, gateway: &'a model::Gateway, mut servers: Vec<Server<'a>>) {
        servers.sort_by_key(|server| server.hosts.first().map(|host| &host.name.value));
        let alone: Vec<_> = servers.iter().map(|server| apart(gateway, server, &servers)).collect();
        let mut shared = Vec::new();
        for (server, alone) in servers.into_iter().zip(alone) {
            match (alone, server.hosts.first()) {
                (Some(why), Some(first)) => {
                    let name = Label::derived(&gateway.name.value, &first.name.value);
                    let origin = gateway.name.origin.and(&first.name.origin).and(&why);
                    self.add(gateway, Traced::new(name, origin), vec![server]);
                }
                _ => shared.push(server),
            }
        }
        if !shared.is_empty() || gateway.layer.get("servers").is_some() {
            self.add(gateway, gateway.name.clone(), shared);
        }
    }

    fn add(&mut self, gateway: &'a model::Gateway, name: Traced<Label>, servers: Vec<Server<'a>>) {
        for host in servers.iter().flat_map(|server| &server.hosts) {
            self.by_host.insert(&host.name.value, self.drafts.len());
        }
        self.drafts.push(Draft { gateway, name, servers });
    }

    /// `namespace/name` of the Gateway resource that a host stands in.
    #[must_use]
    pub fn reference(&self, host: &Host) -> Option<Traced<String>> {
        let draft = &self.drafts[*self.by_host.get(&host.name.value)?];
        let namespace = &draft.gateway.namespace;
        let origin = namespace.origin.and(&draft.name.origin).and(&host.gateway_origin);
        Some(Traced::new(format!("{}/{}", namespace.value, draft.name.value), origin))
    }
}

/// Why a server stands in a resource of its own, if it does.
fn apart(gateway: &model::Gateway, server: &Server<'_>, all: &[Server<'_>]) -> Option<Origin> {
    gateway.per_certificate.clone().or_else(|| {
        let others = all.iter().filter(|other| !std::ptr::eq(*other, server));
        let (other, above) = others.filter_map(|other| Some((other, other.covering(server)?))).next()?;
        let origin = above.name.origin.clone();
        // Of one certificate, they are two servers because their modes differ.
        Some(if other.shown == server.shown { origin.and(&server.tls.origin) } else { origin })
    })
}

/// All Gateway resources; a gateway without hosts makes none, since Istio refuses one without servers.
pub(super) fn all(project: &Project, placement: &Placement<'_>, report: &mut Report) -> Vec<Resource> {
    placement.drafts.iter().map(|draft| one(project, draft, report)).collect()
}

fn one(project: &Project, draft: &Draft<'_>, report: &mut Report) -> Resource {
    let gateway = draft.gateway;
    let hosts = draft.servers.iter().flat_map(|server| &server.hosts);
    let said = gateway.layer.get("servers").filter(|_| draft.servers.is_empty());
    let origin = hosts
        .fold(Origin::spec(gateway.word).and(&draft.name.origin), |all, host| all.and(&host.gateway_origin));
    // Without hosts it is there for these alone.
    let origin = said.iter().fold(origin, |all, servers| all.and(&servers.tree.origin));
    let mut selector = Tree::map(&gateway.selector_origin);
    for (key, value) in &gateway.selector {
        selector = selector
            .with(key.value.clone(), Tree::string(value.value.clone(), &key.origin.and(&value.origin)));
    }
    let mut servers: Vec<_> =
        draft.servers.iter().map(|server| tls_server(project, gateway, server, report)).collect();
    servers.extend(http_server(draft, HttpMode::Redirect));
    servers.extend(http_server(draft, HttpMode::Open));
    let mut spec =
        Tree::map(&origin).with("selector", selector).with("servers", Tree::list(servers, &origin));
    let is_shared = draft.name.value == gateway.name.value;
    let said = gateway.layer.fields.iter().filter(|field| is_shared || field.name != "servers");
    layer::fields(&mut spec, &said.cloned().collect::<Vec<_>>(), report);
    let mut tree = metadata::known(
        "networking.istio.io/v1",
        "Gateway",
        Tree::traced(&draft.name),
        Tree::traced(&gateway.namespace),
        &origin,
    )
    .with("spec", spec);
    layer::metadata(&mut tree, &gateway.metadata, report);
    Resource {
        id: ResourceId {
            namespace: Some(gateway.namespace.value.to_string()),
            group: "networking.istio.io".into(),
            kind: "Gateway".into(),
            name: draft.name.value.to_string(),
        },
        word: "gateway".into(),
        name: gateway.name.value.to_string(),
        tree,
    }
}

fn tls_server(project: &Project, gateway: &model::Gateway, server: &Server<'_>, report: &mut Report) -> Tree {
    let names = || server.hosts.iter().map(|host| &host.name);
    let origin = server.origin(gateway);
    let port_name = match names().next() {
        Some(first) => Tree::string(format!("https-{}", first.value), &first.origin),
        None => Tree::string("https", &origin),
    };
    let credential = project.credential(server.credential);
    let mut tls = Tree::map(&server.tls.origin)
        .with("mode", Tree::string(server.tls.value.istio(), &server.tls.origin));
    let named = |name: String| Tree::string(name, &credential.secret.origin);
    tls = match server.shown.as_slice() {
        [only] => tls.with("credentialName", named(only.to_string())),
        // Of two, Istio reads whom to trust beside the first.
        several => {
            let names = several.iter().map(|name| named(name.to_string())).collect();
            tls.with("credentialNames", Tree::list(names, &credential.secret.origin))
        }
    };
    let first = server.hosts.first();
    let trusts = !server.tls.value.client_authorities().is_empty();
    let said = first.and_then(|host| host.tls_layer.iter().find(|field| field.name == CA_NAME));
    if first.is_some_and(|host| !host.stand_ins.is_empty()) && trusts && said.is_none() {
        tls = tls.with(CA_NAME, named(format!("{}-cacert", credential.secret.value)));
    }
    if let Some(names) = first.map(|host| &host.client_names).filter(|names| !names.is_empty()) {
        let origin = names.iter().fold(server.tls.origin.clone(), |all, name| all.and(&name.origin));
        let names = names.iter().map(|name| Tree::string(name.value.to_string(), &name.origin));
        tls = tls.with("subjectAltNames", Tree::list(names.collect(), &origin));
    }
    layer::fields(&mut tls, first.map_or(&[], |host| &host.tls_layer), report);
    let mut tree = Tree::map(&origin)
        .with("port", port(&gateway.port, port_name, "HTTPS"))
        .with("hosts", Tree::list(topmost(&server.hosts).map(host_name).collect(), &origin))
        .with("tls", tls);
    layer::fields(&mut tree, first.map_or(&[], |host| &host.server), report);
    tree
}

/// The server of the HTTP port for all hosts that want this of it, if any does.
fn http_server(draft: &Draft<'_>, mode: HttpMode) -> Option<Tree> {
    let mut hosts: Vec<_> = draft
        .servers
        .iter()
        .flat_map(|server| server.hosts.iter().copied())
        .filter(|host| host.http.value == mode)
        .collect();
    hosts.sort_by_key(|host| &host.name.value);
    let first = hosts.first()?;
    let origin = hosts.iter().fold(first.http.origin.clone(), |origin, host| origin.and(&host.http.origin));
    let listed = |host: &Host| {
        let mut name = host_name(host);
        name.origin = name.origin.and(&host.http.origin);
        name
    };
    let name = if mode == HttpMode::Redirect { "http" } else { "http-open" };
    let server = Tree::map(&origin)
        .with("port", port(&draft.gateway.http_port, Tree::string(name, &origin), "HTTP"))
        .with("hosts", Tree::list(topmost(&hosts).map(listed).collect(), &origin));
    Some(if mode == HttpMode::Redirect {
        server.with("tls", Tree::map(&origin).with("httpsRedirect", Tree::bool(true, &origin)))
    } else {
        server
    })
}

/// Hosts without those that a wildcard among them has below it. A server that named both would give the routes of the
/// wildcard to the exact host as well.
fn topmost<'a>(hosts: &'a [&'a Host]) -> impl Iterator<Item = &'a Host> {
    let below =
        |host: &Host, other: &Host| host.name != other.name && other.name.value.serves(&host.name.value);
    let wildcards: Vec<_> = hosts.iter().filter(|host| host.name.value.is_wildcard()).collect();
    hosts.iter().copied().filter(move |host| !wildcards.iter().any(|other| below(host, other)))
}

/// A host in a server's list: there because it chose this gateway, or because its certificate is for it.
fn host_name(host: &Host) -> Tree {
    let origin = host.name.origin.and(&host.gateway_origin);
    let origin = host.also_listed.iter().fold(origin, |all, one| all.and(one));
    Tree::string(host.name.value.to_string(), &origin)
}

fn port(number: &Traced<u16>, name: Tree, protocol: &'static str) -> Tree {
    Tree::map(&number.origin)
        .with("number", Tree::int(number.value.into(), &number.origin))
        .with("name", name)
        .with("protocol", Tree::string(protocol, &Origin::default_of("gateway.protocol")))
}
