//! Hosts of VirtualServices that no server of their gateway is for.

use std::collections::BTreeMap;

use super::{Known, place};
use crate::diag::suggest::{list, meant};
use crate::diag::{Code, Diagnostic, Report};
use crate::resource::finished::{full_gateway, full_service, items};
use crate::resource::{Finished, Tree, own_name};

/// Servers, by the namespace whose VirtualServices they are for; for those of all where none is said.
type Servers<'a> = BTreeMap<Option<&'a str>, Vec<&'a Tree>>;

/// What the servers of a Gateway list.
pub(super) struct Listed<'a> {
    /// The Gateway.
    pub(super) object: &'a Finished<'a>,
    /// Names in small letters, with the servers that list them.
    names: BTreeMap<String, Servers<'a>>,
    /// Those names that begin with `*`.
    wild: Vec<String>,
}

impl<'a> Listed<'a> {
    /// That of one Gateway.
    pub(super) fn of(object: &'a Finished<'a>) -> Self {
        let mut names: BTreeMap<String, Servers<'_>> = BTreeMap::new();
        for server in items(object.tree, &["spec", "servers"]) {
            for host in items(server, &["hosts"]).iter().filter_map(Tree::as_str) {
                let (namespace, name) = match host.split_once('/') {
                    Some(("*", name)) => (None, name),
                    Some((".", name)) => (Some(object.namespace()), name),
                    Some((namespace, name)) => (Some(namespace), name),
                    None => (None, host),
                };
                let of = names.entry(name.to_lowercase()).or_default();
                of.entry(namespace).or_default().push(server);
            }
        }
        let wild = names.keys().filter(|name| name.starts_with('*')).cloned().collect();
        Self { object, names, wild }
    }

    /// Its names that share requests with a host.
    fn sharing<'l>(&'l self, host: &'l str) -> impl Iterator<Item = (&'l str, &'l Servers<'a>)> {
        let below = |one: &str, name: &str| one.strip_prefix('*').is_some_and(|rest| name.ends_with(rest));
        let above = self.wild.iter().filter(move |name| below(name, host));
        let within = host.starts_with('*').then(|| self.names.keys().filter(move |name| below(host, name)));
        let exact = self.names.get_key_value(host).map(|(name, _)| name);
        let all = exact.into_iter().chain(above).chain(within.into_iter().flatten());
        all.filter_map(|name| Some((name.as_str(), self.names.get(name)?)))
    }

    /// Whether it has something for a host of a VirtualService of a namespace.
    fn has(&self, host: &str, namespace: &str) -> bool {
        self.servers(host, namespace).next().is_some()
    }

    /// The servers that take a host of a VirtualService of a namespace.
    pub(super) fn servers<'l>(
        &'l self,
        host: &'l str,
        namespace: &'l str,
    ) -> impl Iterator<Item = &'a Tree> + 'l {
        let of = move |servers: &'l Servers<'a>| {
            [None, Some(namespace)].into_iter().filter_map(|whose| servers.get(&whose)).flatten().copied()
        };
        self.sharing(host).flat_map(move |(_, servers)| of(servers))
    }
}

/// A Gateway that a VirtualService names.
type Named<'n, 'a> = (&'n Tree, String, &'n Listed<'a>);

impl Known<'_> {
    /// Holds the hosts of a VirtualService against what its gateways list.
    pub(super) fn listed(&self, object: &Finished<'_>, report: &mut Report) {
        let hosts: Vec<(&Tree, String)> = items(object.tree, &["spec", "hosts"])
            .iter()
            .filter_map(|host| Some((host, full(host.as_str()?, object))))
            .collect();
        let written = items(object.tree, &["spec", "gateways"]);
        if written.is_empty() {
            return;
        }
        let named: Vec<Named<'_, '_>> = written
            .iter()
            .filter_map(|gateway| {
                let full = full_gateway(gateway.as_str()?, object.namespace());
                let lists = self.lists.get(&full)?;
                Some((gateway, full, lists))
            })
            .collect();
        let has = |lists: &Listed<'_>, host: &str| lists.has(host, object.namespace());
        // What is not made here may list anything, and the mesh has no list.
        let unlisted: Vec<_> = match named.len() == written.len() {
            true => {
                hosts.iter().filter(|(_, host)| !named.iter().any(|(.., lists)| has(lists, host))).collect()
            }
            false => Vec::new(),
        };
        for (host, name) in &unlisted {
            report.push(self.unlisted(object, host, name, &named));
        }
        let idle = |(.., lists): &&Named<'_, '_>| !hosts.iter().any(|(_, host)| has(lists, host));
        for (gateway, full, lists) in
            named.iter().filter(idle).filter(|_| unlisted.is_empty() && !hosts.is_empty())
        {
            report.push(idle_gateway(object, gateway, full, lists));
        }
    }

    fn unlisted(
        &self,
        object: &Finished<'_>,
        host: &Tree,
        name: &str,
        named: &[Named<'_, '_>],
    ) -> Diagnostic {
        let gateways: Vec<String> = named.iter().map(|(_, full, _)| format!("`{full}`")).collect();
        let word = if gateways.len() == 1 { "gateway" } else { "gateways" };
        let message = format!("no server of {word} {} is for `{name}`", list(&gateways, "and"));
        let mut finding = place(
            Diagnostic::warning(Code::UNLISTED_HOST, message),
            host,
            object,
            "nothing comes here for it",
        );
        for (.., lists) in named {
            if let Some(span) = own_name(lists.object.tree) {
                finding = finding.at(span, "the gateway");
            }
        }
        let theirs = named.iter().find_map(|(.., lists)| {
            let (name, namespaces) = lists.sharing(name).next()?;
            Some((name, namespaces.keys().next().copied().flatten()?))
        });
        if let Some((name, namespace)) = theirs {
            finding = finding.note(format!(
                "its `{namespace}/{name}` is for VirtualServices of namespace `{namespace}` alone"
            ));
        }
        let names: Vec<&str> =
            named.iter().flat_map(|(.., lists)| lists.names.keys().map(String::as_str)).collect();
        let elsewhere = self.lists.iter().find(|(_, lists)| lists.has(name, object.namespace()));
        if let Some((gateway, _)) = elsewhere {
            finding = finding.help(format!("gateway `{gateway}` is for it: name that one"));
        } else {
            if let Some(near) = meant(name, &names).filter(|_| theirs.is_none()) {
                finding = finding.help(format!("did you mean `{near}`?"));
            }
            finding = finding.help(format!("list it there: `hosts \"{name}\"` in one of the `servers`"));
        }
        finding.help(object.settle("or, if it is meant so", Code::UNLISTED_HOST))
    }
}

/// The name by which gateways know a host.
pub(super) fn full(name: &str, object: &Finished<'_>) -> String {
    if name.contains([':', '*']) { name.to_lowercase() } else { full_service(name, object).to_lowercase() }
}

fn idle_gateway(object: &Finished<'_>, gateway: &Tree, full: &str, lists: &Listed<'_>) -> Diagnostic {
    let service = object.id.called();
    let message = format!("no server of gateway `{full}` is for a host of VirtualService `{service}`");
    let finding = Diagnostic::warning(Code::UNLISTED_HOST, message);
    let mut finding = place(finding, gateway, object, "nothing comes here from it");
    if let Some(span) = own_name(lists.object.tree) {
        finding = finding.at(span, "the gateway");
    }
    finding
        .help("list one of them there, or leave the gateway out")
        .help(object.settle("or, if it is meant so", Code::UNLISTED_HOST))
}
