//! What routes and Gateways of Gateway API name: what they hang on, where they lead, and who lets them.

use super::listeners::listened;
use super::{Known, Missing, near, place};
use crate::diag::suggest::{list, meant};
use crate::diag::{Code, Diagnostic, Report};
use crate::model::name::Label;
use crate::resource::finished::items;
use crate::resource::{Finished, Tree};

/// The group of Gateway API.
pub(super) const GROUP: &str = "gateway.networking.k8s.io";

/// A reference, with what the API server puts in where nothing is said.
pub(super) struct Reference<'t> {
    pub(super) group: &'t str,
    pub(super) kind: &'t str,
    pub(super) namespace: &'t str,
    pub(super) name: &'t str,
    /// The value that says the name.
    pub(super) named: &'t Tree,
}

impl<'t> Reference<'t> {
    /// A reference of an object; `usual` are the group and the kind that it has where none is said.
    pub(super) fn of(tree: &'t Tree, usual: (&'t str, &'t str), object: &'t Finished<'_>) -> Option<Self> {
        let text = |field: &str| tree.get(field).and_then(Tree::as_str);
        let named = tree.get("name")?;
        Some(Self {
            group: text("group").unwrap_or(usual.0),
            kind: text("kind").unwrap_or(usual.1),
            namespace: text("namespace").unwrap_or(object.namespace()),
            name: named.as_str()?,
            named,
        })
    }

    /// `namespace/name`.
    pub(super) fn full(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

/// Whether it is an object of Gateway API of that kind.
pub(super) fn is_a(object: &Finished<'_>, kind: &str) -> bool {
    object.id.group == *GROUP && object.id.kind == *kind
}

impl Known<'_> {
    /// Looks up what a route or Gateway of Gateway API names.
    pub(super) fn attached(&self, object: &Finished<'_>, report: &mut Report) {
        for parent in items(object.tree, &["spec", "parentRefs"]) {
            self.parent(parent, object, report);
        }
        for rule in items(object.tree, &["spec", "rules"]) {
            let mut ends: Vec<&Tree> = items(rule, &["backendRefs"]).iter().collect();
            let inner = ends.iter().flat_map(|end| items(end, &["filters"]));
            let filters: Vec<&Tree> = items(rule, &["filters"]).iter().chain(inner).collect();
            ends.extend(filters.iter().filter_map(|filter| filter.at(&["requestMirror", "backendRef"])));
            for end in ends {
                self.backend(end, object, report);
            }
        }
        for listener in items(object.tree, &["spec", "listeners"]) {
            for secret in items(listener, &["tls", "certificateRefs"]) {
                let Some(secret) = Reference::of(secret, ("", "Secret"), object) else { continue };
                if (secret.group, secret.kind) != ("", "Secret") {
                    continue;
                }
                if !self.secrets.contains(&secret.full()) {
                    let (name, namespace) = (secret.name, Some(secret.namespace));
                    let missing = Missing { name, namespace, is_upstream: false };
                    let finding = self.unknown_secret(secret.named, &missing, object);
                    report.push(object.traced_at(finding, secret.named));
                }
                self.granted(&secret, object, report);
            }
        }
    }

    /// What a route hangs on.
    fn parent(&self, parent: &Tree, object: &Finished<'_>, report: &mut Report) {
        let Some(found) = Reference::of(parent, (GROUP, "Gateway"), object) else { return };
        if found.group != GROUP || !["Gateway", "ListenerSet"].contains(&found.kind) {
            return;
        }
        let Some(gateway) = self.parents.get(&(found.kind, found.full())) else {
            let finding = self.unknown_parent(&found, "without it nothing comes here", object);
            return report.push(match parent.get("namespace") {
                Some(_) => finding,
                None => finding.note("a parent that is named without a namespace lies in that of the route"),
            });
        };
        let all = items(gateway.tree, &["spec", "listeners"]).iter();
        let listeners: Vec<&str> = all.filter_map(|listener| listener.get("name")?.as_str()).collect();
        let section = parent.get("sectionName").and_then(|section| Some((section, section.as_str()?)));
        let Some((section, name)) = section.filter(|(_, name)| !listeners.contains(name)) else {
            return listened(parent, &found, gateway, object, report);
        };
        let message = format!("{} `{}` has no listener `{name}`", found.kind, found.full());
        let finding = Diagnostic::error(Code::UNKNOWN_REFERENCE, message);
        let finding = place(finding, section, object, "no listener of this name");
        report.push(match meant(name, &listeners) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => {
                let names: Vec<String> = listeners.iter().map(|name| format!("`{name}`")).collect();
                finding.help(format!("it has {}", list(&names, "and")))
            }
        });
    }

    /// The finding about a Gateway or ListenerSet that nothing makes.
    pub(super) fn unknown_parent(
        &self,
        found: &Reference<'_>,
        label: &str,
        object: &Finished<'_>,
    ) -> Diagnostic {
        let message = format!("nothing here makes a {} `{}` of Gateway API", found.kind, found.full());
        let finding = Diagnostic::warning(Code::UNKNOWN_GATEWAY, message);
        let mut finding = place(finding, found.named, object, label);
        let same = self.parents.keys().filter(|(kind, _)| *kind == found.kind);
        if let Some(near) = near(&found.full(), &same.map(|(_, name)| name.clone()).collect()) {
            finding = finding.help(format!("did you mean `{near}`?"));
        } else {
            let (kind, name, namespace) = (found.kind, found.name, found.namespace);
            finding = finding.help(format!(
                "declare it: `resource \"{kind}\" \"{name}\" api=\"{GROUP}/v1\" namespace=\"{namespace}\" {{ … }}`"
            ));
        }
        if self.gateways.contains(&found.full()) {
            finding = finding.note(format!(
                "the Gateway `{}` here is Istio's, on which nothing of the kind hangs",
                found.full()
            ));
        }
        finding.help(object.settle("or, where something else makes it", Code::UNKNOWN_GATEWAY))
    }

    /// Where a route leads.
    fn backend(&self, backend: &Tree, object: &Finished<'_>, report: &mut Report) {
        let Some(found) = Reference::of(backend, ("", "Service"), object) else { return };
        match (found.group, found.kind) {
            ("", "Service") if Label::parse(found.name).is_err() => {
                let message = format!("`{}` is no name of a Service", found.name);
                let finding = Diagnostic::error(Code::INVALID_DESTINATION, message);
                let finding = place(finding, found.named, object, "names no Service");
                let mut parts = found.name.split('.');
                let labels =
                    [parts.next(), parts.next()].map(|part| part.filter(|part| Label::parse(part).is_ok()));
                return report.push(match labels {
                    [Some(name), Some(namespace)] if found.name.ends_with(".svc.cluster.local") || parts.next().is_none() => {
                        finding.help(format!("write `name=\"{name}\" namespace=\"{namespace}\"`"))
                    }
                    _ => finding.help("what lies outside the cluster is `kind=\"Hostname\" group=\"networking.istio.io\"`, beside a `service-entry`"),
                });
            }
            ("", "Service") => {
                if let Some(port) = backend.get("port") {
                    let service = format!("{}.{}.svc.cluster.local", found.name, found.namespace);
                    self.port(&service, port, object, report);
                }
            }
            ("networking.istio.io", "Hostname") => return self.service(found.named, object, report),
            _ => {}
        }
        self.granted(&found, object, report);
    }

    /// What lies in another namespace must be let use from there.
    fn granted(&self, found: &Reference<'_>, object: &Finished<'_>, report: &mut Report) {
        if found.namespace == object.namespace() || found.namespace.is_empty() {
            return;
        }
        let is =
            |tree: &Tree, field: &str, wanted: &str| tree.get(field).and_then(Tree::as_str) == Some(wanted);
        let lets = |grant: &&Finished<'_>| {
            let from = items(grant.tree, &["spec", "from"]).iter().any(|from| {
                is(from, "group", &object.id.group)
                    && is(from, "kind", &object.id.kind)
                    && is(from, "namespace", object.namespace())
            });
            let to = items(grant.tree, &["spec", "to"]).iter().any(|to| {
                let name = to.get("name").and_then(Tree::as_str);
                is(to, "group", found.group)
                    && is(to, "kind", found.kind)
                    && name.is_none_or(|name| name == found.name)
            });
            grant.namespace() == found.namespace && from && to
        };
        if self.grants.iter().copied().any(|grant| lets(&grant)) {
            return;
        }
        let message = format!(
            "nothing here lets {}s of namespace `{}` use {} `{}`",
            object.id.kind,
            object.namespace(),
            found.kind,
            found.full()
        );
        let finding = Diagnostic::warning(Code::MISSING_REFERENCE_GRANT, message);
        let finding = place(finding, found.named, object, "without a ReferenceGrant there it is not used");
        let grant = format!(
            "`reference-grant \"…\" namespace=\"{}\" {{ from group=\"{}\" kind=\"{}\" namespace=\"{}\"; to group=\"{}\" kind=\"{}\"; }}`",
            found.namespace,
            object.id.group,
            object.id.kind,
            object.namespace(),
            found.group,
            found.kind
        );
        report.push(
            finding
                .help(format!("write {grant}"))
                .help(object.settle("or, where something else makes it", Code::MISSING_REFERENCE_GRANT)),
        );
    }
}
