//! Subsets that a DestinationRule here has, and that the proxies which need them do not find: they take another one, of their
//! own namespace or with a host that says more, or look nowhere where it lies.

use std::collections::BTreeSet;

use super::hidden_rule::is_looked_up;
use super::taken::{Lookup, MESH, has_subset, home, is_for};
use super::{Known, place};
use crate::diag::{Code, Diagnostic, Report};
use crate::resource::finished::{full_gateway, full_service, is_in_mesh, is_rule_for, items, leads};
use crate::resource::visible::Seen;
use crate::resource::{Finished, Tree, own_name};

/// Whose proxies need a subset.
enum Client<'c> {
    /// The pods of a gateway, and their namespace.
    Gateway(String, &'c str),
    /// The sidecars of a namespace.
    Sidecars(&'c str),
}

impl Client<'_> {
    fn namespace(&self) -> &str {
        match self {
            Self::Gateway(_, pods) | Self::Sidecars(pods) => pods,
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Gateway(name, _) => format!("the pods of gateway `{name}`"),
            Self::Sidecars(namespace) => format!("sidecars of namespace `{namespace}`"),
        }
    }
}

impl<'a> Known<'a> {
    /// Holds every subset that a VirtualService names against what its proxies take.
    pub(super) fn shadowed(&self, object: &Finished<'_>, report: &mut Report) {
        let Some(spec) = object.tree.get("spec") else { return };
        for (rule, destination) in leads(spec) {
            let (Some(host), Some(subset)) = (destination.get("host"), destination.get("subset")) else {
                continue;
            };
            let (Some(host), Some(_)) = (host.as_str(), subset.as_str()) else { continue };
            let service = full_service(host, object);
            let lookup = self.lookup(&service);
            let holders: Vec<&Finished<'_>> =
                lookup.rules.iter().map(|(_, rule)| *rule).filter(|rule| has_subset(rule, subset)).collect();
            if holders.is_empty() {
                continue;
            }
            let missed = |client: &Client<'_>| {
                let taken = lookup.taken(client.namespace())?;
                let is_missed = !taken.iter().any(|rule| has_subset(rule, subset));
                // What such pods do not see of it is told at the rule.
                let is_told = || match client {
                    Client::Gateway(_, pods) => {
                        !holders.iter().any(|rule| is_looked_up(rule, pods, &service))
                    }
                    Client::Sidecars(_) => false,
                };
                // One for many services may well lie in a namespace for all of the mesh, whatever that is called.
                let may_be = || taken.is_empty() && lookup.rules.iter().any(|(host, _)| host.contains('*'));
                (is_missed && !is_told() && !may_be()).then(|| taken.first().copied())
            };
            let clients = self.clients(object, rule, &lookup);
            let found = clients.iter().find_map(|client| Some((client, missed(client)?)));
            if let (Some((client, taken)), Some(holder)) = (found, holders.first()) {
                report.push(finding(object, subset, client, taken, holder));
            }
        }
    }

    /// What proxies look through for a service.
    fn lookup<'l>(&self, service: &'l str) -> Lookup<'l, 'a>
    where
        'a: 'l,
    {
        let rules = self.destination_rules.iter().filter(|(host, _)| is_for(host, service));
        let homes = match home(service) {
            Some(home) => BTreeSet::from([home]),
            None => self.entries_for(service).map(|entry| entry.namespace()).collect(),
        };
        Lookup { rules: rules.cloned().collect(), homes }
    }

    /// Those that take a rule of a VirtualService, as far as something here tells of them.
    fn clients<'c>(&self, object: &'c Finished<'_>, rule: &Tree, lookup: &Lookup<'_, 'a>) -> Vec<Client<'c>>
    where
        'a: 'c,
    {
        let own = object.namespace();
        let seen = Seen::of(object);
        let mut found = Vec::new();
        for named in items(object.tree, &["spec", "gateways"]).iter().filter_map(Tree::as_str) {
            let full = full_gateway(named, own);
            if let Some(pods) = self.pods.get(&full).filter(|_| is_rule_for(rule, &full, own)) {
                found.push(Client::Gateway(full, pods));
            }
        }
        let has_hosts = !items(object.tree, &["spec", "hosts"]).is_empty();
        if has_hosts && is_in_mesh(object) && is_rule_for(rule, "mesh", own) {
            let mut namespaces = vec![own];
            if let Seen::In(names) = &seen {
                namespaces.extend(names);
            }
            // Who has a rule of its own for a service of others sends requests there.
            let named = lookup.rules.iter().filter(|(host, _)| !host.starts_with('*'));
            let others = named.map(|(_, rule)| rule.namespace());
            namespaces.extend(others.filter(|namespace| !lookup.homes.contains(namespace)));
            let mut said = BTreeSet::from([MESH]);
            for namespace in namespaces {
                if seen.by(namespace) && is_source(rule, namespace) && said.insert(namespace) {
                    found.push(Client::Sidecars(namespace));
                }
            }
        }
        found
    }
}

/// Whether a rule takes requests of the sidecars of a namespace.
fn is_source(rule: &Tree, namespace: &str) -> bool {
    let matchers = items(rule, &["match"]);
    let takes = |one: &Tree| {
        one.get("sourceNamespace")
            .and_then(Tree::as_str)
            .is_none_or(|named| named.is_empty() || named == namespace)
    };
    matchers.is_empty() || matchers.iter().any(takes)
}

fn finding(
    object: &Finished<'_>,
    subset: &Tree,
    client: &Client<'_>,
    taken: Option<&Finished<'_>>,
    holder: &Finished<'_>,
) -> Diagnostic {
    let name = subset.as_str().unwrap_or_default();
    let (who, theirs) = (client.shown(), holder.id.called());
    let message = match taken {
        Some(taken) => {
            format!("{who} take DestinationRule `{}`, which has no subset `{name}`", taken.id.called())
        }
        None => format!("{who} do not look where DestinationRule `{theirs}` with subset `{name}` lies"),
    };
    let finding = Diagnostic::warning(Code::UNKNOWN_SUBSET, message);
    let mut finding = place(finding, subset, object, "their requests fail with 503");
    for (rule, label) in [(taken, "what they take"), (Some(holder), "has the subset, and is not taken")] {
        if let Some(span) = rule.and_then(|rule| own_name(rule.tree)) {
            finding = finding.at(span, label);
        }
    }
    finding
        .note(format!("a proxy takes the DestinationRule of its own namespace, else of the service's, else of `{MESH}`, and there the one whose host says most; it puts no two together"))
        .help(match taken {
            Some(taken) => format!("declare the subset in `{}` too", taken.id.called()),
            None => "declare it in the namespace of the service".to_owned(),
        })
        .help(object.settle("or, if it is meant so", Code::UNKNOWN_SUBSET))
}
