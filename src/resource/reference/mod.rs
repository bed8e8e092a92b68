//! What objects name in Istio's words: services, Gateways and Secrets must be there, as with words of our own.

mod attached;
mod delegate;
mod delegated;
mod exported;
mod gateways;
mod hidden_entry;
mod hidden_rule;
mod listed;
mod listeners;
mod match_ports;
mod pod_ports;
mod ports;
mod secrets;
mod shadowed;
mod taken;
mod targets;
mod unused;
mod upstream;
mod uses;

use std::collections::{BTreeMap, BTreeSet};

use listed::Listed;
use secrets::Missing;
use taken::host_of;
pub(super) use taken::{has_subset, is_for};
use uses::Use;

use super::finished::{destinations, items};
use super::{Finished, Tree};
use crate::diag::suggest::meant;
use crate::diag::{Code, Diagnostic, Report};
use crate::model::name::ServiceName;
use crate::model::{Host, HostName, Project};
use crate::spec::Span;

/// Reports names in Istio's words that mean something of the project in another way, or that nothing here makes.
#[must_use]
pub fn check_references(project: &Project, objects: &[Finished<'_>]) -> Report {
    let known = Known::of(project, objects);
    let mut report = Report::default();
    for object in objects {
        let mut found = Report::default();
        known.targets(object, &mut found);
        known.pod_ports(object, &mut found);
        if object.is_a("VirtualService") {
            known.services(object, &mut found);
            known.gateways_of(object, &mut found);
            known.gateways_of_rules(object, &mut found);
            known.exported(object, &mut found);
            known.listed(object, &mut found);
            known.unused_rules(object, &mut found);
            known.unused_part(object, &mut found);
            known.match_ports(object, &mut found);
            known.delegates_of(object, &mut found);
            known.shadowed(object, &mut found);
            known.ports(object, &mut found);
            known.hidden_entries(object, &mut found);
        } else if object.id.group == *attached::GROUP {
            known.attached(object, &mut found);
        } else if object.is_a("DestinationRule") {
            let host = object.tree.at(&["spec", "host"]).into_iter();
            host.for_each(|host| known.service(host, object, &mut found));
            known.secrets_of_rule(object, &mut found);
            known.hidden_rule(object, &mut found);
        } else if object.is_a("Gateway") {
            known.secrets_of(object, &mut found);
        }
        if found.is_empty() {
            continue;
        }
        settle(project, object, &mut found);
        for finding in found.findings() {
            if !report.findings().contains(finding) {
                report.push(finding.clone());
            }
        }
    }
    report
}

/// Leaves out what the node decided on for which an object is made.
pub(super) fn settle(project: &Project, object: &Finished<'_>, found: &mut Report) {
    let host = |host: &&Host| object.word == "host" && host.name.value.as_str() == object.name;
    if let Some(host) = project.hosts.iter().find(host) {
        found.settle(&host.settled);
    }
    let mut gateways = project.gateways().iter();
    if let Some(gateway) =
        gateways.find(|gateway| object.word == "gateway" && gateway.name.value.as_str() == object.name)
    {
        found.settle(&gateway.settled);
    }
}

/// What can be named.
struct Known<'a> {
    project: &'a Project,
    /// Services, by their full names.
    services: BTreeMap<String, Vec<&'a Finished<'a>>>,
    /// ServiceEntries.
    entries: Vec<&'a Finished<'a>>,
    /// Gateway resources, as `namespace/name`.
    gateways: BTreeSet<String>,
    /// Of Gateways, as `namespace/name`, the namespace of their pods.
    pods: BTreeMap<String, &'a str>,
    /// What the servers of Gateways list, as `namespace/name`.
    lists: BTreeMap<String, Listed<'a>>,
    /// Where the pods of gateways send requests, by the service's full name.
    uses: BTreeMap<String, Vec<Use<'a>>>,
    /// DestinationRules, with the full names of what they are for.
    destination_rules: Vec<(String, &'a Finished<'a>)>,
    /// VirtualServices, as `namespace/name`.
    rules: BTreeMap<String, &'a Finished<'a>>,
    /// Those to which a rule here hands over, as `namespace/name`.
    delegates: BTreeSet<String>,
    /// What routes of Gateway API hang on, by kind and `namespace/name`.
    parents: BTreeMap<(&'a str, String), &'a Finished<'a>>,
    /// ReferenceGrants.
    grants: Vec<&'a Finished<'a>>,
    /// Secrets, as `namespace/name`.
    secrets: BTreeSet<String>,
    /// Places of names that words of ours said, which are looked up where they are resolved.
    ours: BTreeSet<Span>,
}

impl<'a> Known<'a> {
    fn of(project: &'a Project, objects: &'a [Finished<'a>]) -> Self {
        let gateways = objects.iter().filter(|object| object.is_a("Gateway"));
        let full = |object: &Finished<'_>| format!("{}/{}", object.namespace(), object.id.name);
        let rules = objects.iter().filter(|object| object.is_a("VirtualService"));
        let rules = rules.map(|object| (full(object), object));
        let parents = ["Gateway", "ListenerSet"].into_iter().flat_map(|kind| {
            let parents = objects.iter().filter(move |object| attached::is_a(object, kind));
            parents.map(move |parent| ((kind, full(parent)), parent))
        });
        let routes = project.hosts.iter().flat_map(|host| &host.routes).flat_map(|routes| &routes.routes);
        let ours = routes.flat_map(|route| &route.to).flat_map(|to| to.host.origin.spans());
        let mut known = Self {
            project,
            pods: BTreeMap::new(),
            uses: BTreeMap::new(),
            lists: objects
                .iter()
                .filter(|object| object.is_a("Gateway"))
                .map(|object| (full(object), Listed::of(object)))
                .collect(),
            destination_rules: objects
                .iter()
                .filter(|object| object.is_a("DestinationRule"))
                .filter_map(|rule| Some((host_of(rule)?, rule)))
                .collect(),
            services: ports::services(objects),
            entries: objects.iter().filter(|object| object.is_a("ServiceEntry")).collect(),
            gateways: gateways.map(full).collect(),
            rules: rules.collect(),
            delegates: objects.iter().flat_map(delegate::named_by).collect(),
            parents: parents.collect(),
            grants: objects.iter().filter(|object| attached::is_a(object, "ReferenceGrant")).collect(),
            secrets: secrets::made(project, objects),
            ours: ours.collect(),
        };
        let gateways = objects.iter().filter(|object| object.is_a("Gateway"));
        known.pods = gateways.filter_map(|object| Some((full(object), known.pods_of(object)?))).collect();
        known.uses = Use::all(objects, &known.pods);
        known
    }

    fn services(&self, object: &Finished<'_>, report: &mut Report) {
        let destinations = object.tree.get("spec").map(destinations).unwrap_or_default();
        for host in destinations.into_iter().filter_map(|destination| destination.get("host")) {
            if !host.origin.spans().any(|span| self.ours.contains(&span)) {
                self.service(host, object, report);
            }
        }
    }

    /// The name of one service.
    fn service(&self, named: &Tree, object: &Finished<'_>, report: &mut Report) {
        let Some(name) = named.as_str() else { return };
        if self.entries_for(name).next().is_some() {
            return;
        }
        let declared = |full: &str| self.project.services.iter().any(|service| service.host.value == full);
        let place = |finding: Diagnostic, label: &str| place(finding, named, object, label);
        match ServiceName::parse(name) {
            Ok(ServiceName::Cluster { full: false, .. }) => {
                let full = format!("{name}.svc.cluster.local");
                let message = format!("Istio knows no service `{name}`: a name with a dot is a full one");
                let finding = if declared(&full) {
                    Diagnostic::error(Code::INVALID_DESTINATION, message)
                } else {
                    Diagnostic::warning(Code::MISSING_SERVICE_ENTRY, message)
                };
                let finding = place(finding, "without a ServiceEntry requests get 503");
                report.push(finding.help(format!("write `{full}`")));
            }
            Ok(ServiceName::Foreign) if !object.is_a("DestinationRule") => {
                report.push(match self.host(name) {
                    Some(host) => host_as_service(name, host, place),
                    None => place(outside(name, object), "without a ServiceEntry requests get 503"),
                });
            }
            _ => {}
        }
    }

    /// The ServiceEntries by which a mesh knows a name.
    fn entries_for(&self, name: &str) -> impl Iterator<Item = &'a Finished<'a>> {
        let is_it = move |entry: &str| {
            let below =
                entry.strip_prefix('*').is_some_and(|rest| rest.starts_with('.') && name.ends_with(rest));
            entry == name || below
        };
        let hosts = |entry: &&'a Finished<'a>| items(entry.tree, &["spec", "hosts"]).iter();
        let entries = self.entries.iter().copied();
        entries.filter(move |entry| hosts(entry).filter_map(Tree::as_str).any(is_it))
    }

    /// The host of the project that serves a name.
    fn host(&self, name: &str) -> Option<&'a Host> {
        let name = HostName::parse(name).ok()?;
        self.project.hosts.iter().find(|host| host.name.value == name || host.name.value.serves(&name))
    }
}

/// A finding at a value of an object.
fn place(finding: Diagnostic, value: &Tree, object: &Finished<'_>, label: &str) -> Diagnostic {
    match value.origin.span() {
        Some(span) => object.traced_at(finding.at(span, label), value),
        None => object.traced_at(finding, value),
    }
}

/// What was likely meant: the same name in another namespace, or one that is nearly the same; where no namespace is said, in
/// whatever one.
fn near<'k>(full: &str, known: &'k BTreeSet<String>) -> Option<&'k str> {
    fn name(full: &str) -> &str {
        full.rsplit('/').next().unwrap_or_default()
    }
    let same = known.iter().find(|other| name(other) == name(full));
    let part = |other: &'k String| if full.contains('/') { other.as_str() } else { name(other) };
    let similar = || {
        let names: Vec<&str> = known.iter().map(part).collect();
        let meant = meant(full, &names)?;
        known.iter().find(|other| part(other) == meant)
    };
    same.or_else(similar).map(String::as_str)
}

fn host_as_service(name: &str, host: &Host, place: impl Fn(Diagnostic, &str) -> Diagnostic) -> Diagnostic {
    let message = format!("`{name}` is a host of this project, and a destination is a service");
    let finding = place(
        Diagnostic::error(Code::INVALID_DESTINATION, message),
        "the mesh knows no service of this name",
    );
    let finding = finding.at(host.place, "the host");
    let mut leads = host.routes.iter().flat_map(|routes| &routes.routes).flat_map(|route| &route.to);
    match leads.next() {
        Some(to) => finding.help(format!("write `{}`, where that host leads", to.host.value)),
        None => finding.help("write the full name of the service that answers"),
    }
}

fn outside(name: &str, object: &Finished<'_>) -> Diagnostic {
    Diagnostic::warning(
        Code::MISSING_SERVICE_ENTRY,
        format!("`{name}` lies outside the cluster, and nothing here makes a ServiceEntry for it"),
    )
    .help(format!("declare one: `service-entry \"name\" {{ hosts \"{name}\"; … }}`"))
    .help(object.settle("or, where another one is in the cluster", Code::MISSING_SERVICE_ENTRY))
}
