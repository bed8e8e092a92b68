//! What templates of the user's own see: facts of the project, a domain, a host, a service or a gateway.

use std::collections::BTreeMap;

use super::Tree;
use super::gateway::Placement;
use crate::model::{Host, Project};
use crate::spec::{Origin, Traced};

/// How often a template is rendered: the folder below `templates/` that it lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Once; sees `project`.
    Once,
    /// Once a domain; sees `domain`.
    Domain,
    /// Once a host; sees `host`.
    Host,
    /// Once a service; sees `service`.
    Service,
    /// Once a gateway; sees `gateway`.
    Gateway,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Once, Self::Domain, Self::Host, Self::Service, Self::Gateway];

    /// The folder.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Domain => "domain",
            Self::Host => "host",
            Self::Service => "service",
            Self::Gateway => "gateway",
        }
    }

    /// The variable that holds the facts.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Once => "project",
            _ => self.folder(),
        }
    }

    /// The scope of a path below `templates/`: a `.yaml` file right in one of the folders.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        let (folder, name) = path.split_once('/')?;
        let yaml = name.len() > ".yaml".len() && name.ends_with(".yaml") && !name.contains('/');
        Self::ALL.into_iter().find(|scope| yaml && scope.folder() == folder)
    }
}

/// The facts of one node.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The node's word.
    pub word: &'static str,
    /// Its name.
    pub name: String,
    /// The facts.
    pub tree: Tree,
}

/// The facts of every node of a scope, in the order of their names.
#[must_use]
pub fn of(project: &Project, scope: Scope) -> Vec<Facts> {
    let placement = Placement::of(project);
    match scope {
        Scope::Once => vec![whole(project, &placement)],
        Scope::Domain => domains(project, &placement),
        Scope::Host => project.hosts.iter().map(|host| host_facts(project, &placement, host)).collect(),
        Scope::Service => project.services.iter().map(service).collect(),
        Scope::Gateway => project.gateways().iter().map(gateway).collect(),
    }
}

fn whole(project: &Project, placement: &Placement<'_>) -> Facts {
    let origin = Origin::default_of("project");
    let list = |facts: Vec<Facts>| Tree::list(facts.into_iter().map(|facts| facts.tree).collect(), &origin);
    let hosts = project.hosts.iter().map(|host| host_facts(project, placement, host)).collect();
    let tree = Tree::map(&origin)
        .with("hosts", list(hosts))
        .with("gateways", list(project.gateways().iter().map(gateway).collect()))
        .with("services", list(project.services.iter().map(service).collect()));
    Facts { word: "project", name: "out".to_owned(), tree }
}

fn domains(project: &Project, placement: &Placement<'_>) -> Vec<Facts> {
    let mut found: BTreeMap<&str, (&Traced<String>, Vec<Tree>)> = BTreeMap::new();
    for host in &project.hosts {
        if let Some(domain) = &host.domain {
            let entry = found.entry(&domain.value).or_insert_with(|| (domain, Vec::new()));
            entry.1.push(host_facts(project, placement, host).tree);
        }
    }
    let facts = |(name, (domain, hosts)): (&str, (&Traced<String>, Vec<Tree>))| Facts {
        word: "domain",
        name: name.to_owned(),
        tree: Tree::map(&domain.origin)
            .with("name", Tree::traced(domain))
            .with("hosts", Tree::list(hosts, &domain.origin)),
    };
    found.into_iter().map(facts).collect()
}

fn host_facts(project: &Project, placement: &Placement<'_>, host: &Host) -> Facts {
    let origin = Origin::spec(host.word);
    let credential = project.credential(host.credential);
    let external = credential.kind.sealed().is_none();
    let secret = project.shown(host).first().map_or_else(String::new, ToString::to_string);
    let namespaces = host.routes.iter().map(|routes| Tree::traced(&routes.namespace)).collect();
    let mut tree = Tree::map(&origin)
        .with("name", Tree::traced(&host.name))
        .with("tls", Tree::string(host.tls.value.istio(), &host.tls.origin))
        .with("secret", Tree::string(secret, &credential.secret.origin))
        .with("secretNamespace", Tree::traced(&credential.namespace))
        .with("external", Tree::bool(external, &credential.secret.origin))
        .with("namespaces", Tree::list(namespaces, &origin));
    if let Some(gateway) = placement.reference(host) {
        tree = tree.with("gateway", Tree::traced(&gateway));
    }
    Facts { word: "host", name: host.name.value.to_string(), tree }
}

fn service(service: &crate::model::Service) -> Facts {
    let origin = Origin::spec(service.word);
    let subsets = service.subsets.iter().map(|subset| Tree::traced(&subset.name)).collect();
    Facts {
        word: "service",
        name: service.name.value.to_string(),
        tree: Tree::map(&origin)
            .with("name", Tree::traced(&service.name))
            .with("namespace", Tree::traced(&service.namespace))
            .with("host", Tree::traced(&service.host))
            .with("subsets", Tree::list(subsets, &origin)),
    }
}

fn gateway(gateway: &crate::model::Gateway) -> Facts {
    let origin = Origin::spec(gateway.word);
    let mut selector = Tree::map(&gateway.selector_origin);
    for (key, value) in &gateway.selector {
        selector = selector.with(key.value.clone(), Tree::traced(value));
    }
    Facts {
        word: "gateway",
        name: gateway.name.value.to_string(),
        tree: Tree::map(&origin)
            .with("name", Tree::traced(&gateway.name))
            .with("namespace", Tree::traced(&gateway.namespace))
            .with("workloadNamespace", Tree::traced(&gateway.workload_namespace))
            .with("port", Tree::int(gateway.port.value.into(), &gateway.port.origin))
            .with("selector", selector),
    }
}
