//! `service` nodes.

use super::super::name::ObjectName;
use super::super::name::{Label, ServiceName};
use super::super::project::{Service, Subset};
use super::gateway::labels;
use super::{named, unique};
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node::{self, Spec};
use crate::spec::{Origin, Text, Traced};

pub(super) fn all(spec: &Spec, namespace: &Traced<Label>, report: &mut Report) -> Vec<Service> {
    let mut found: Vec<_> =
        spec.services.iter().filter_map(|node| one(spec, node, namespace, report)).collect();
    // Istio takes one DestinationRule for a service, however its name is written.
    found.sort_by(|a: &Service, b| a.host.value.cmp(&b.host.value));
    let mut found = unique(
        report,
        Code::DUPLICATE_NAME,
        "service",
        found,
        |s| s.host.value.clone(),
        |s| s.name.origin.span().unwrap_or(s.word),
    );
    found.sort_by_key(|s| (s.namespace.value.clone(), s.name.value.clone()));
    found
}

fn one(spec: &Spec, node: &node::Service, project: &Traced<Label>, report: &mut Report) -> Option<Service> {
    let read = |text: &str| Ok((ServiceName::parse(text)?, ObjectName::parse(text)?));
    let name = named(report, &node.name, read, "name of a service");
    let said = node.namespace.as_ref().map(|text| named(report, text, Label::parse, "name of a namespace"));
    let subsets = subsets(node, spec.is_damaged(node.word), report);
    let Traced { value: (kind, name), origin } = name?;
    let namespace = match own_namespace(&node.name, &kind) {
        Some(own) => {
            let own = named(report, &own, Label::parse, "name of a namespace")?;
            match said {
                None => own,
                Some(said) => agreed(own, said?, &node.name, report)?,
            }
        }
        None => match said {
            Some(said) => said?,
            None => project.clone(),
        },
    };
    let host = full_name(&node.name, &kind, &namespace);
    Some(Service {
        word: node.word,
        name: Traced::new(name, origin),
        namespace,
        host,
        subsets,
        layer: node.layer.clone(),
        metadata: node.metadata.clone(),
        door: node.destination_rule.clone(),
    })
}

/// The namespace that a name holds.
fn own_namespace(text: &Text, kind: &ServiceName) -> Option<Text> {
    match kind {
        ServiceName::Cluster { namespace, .. } => Some(text.part(namespace.clone())),
        ServiceName::Short | ServiceName::Foreign => None,
    }
}

/// A namespace that the name and `namespace=` both say. Istio looks for the DestinationRule of a cluster's service in that
/// service's namespace.
fn agreed(
    own: Traced<Label>,
    said: Traced<Label>,
    name: &Text,
    report: &mut Report,
) -> Option<Traced<Label>> {
    if own.value == said.value {
        return Some(Traced::new(own.value, own.origin.and(&said.origin)));
    }
    let finding = Diagnostic::error(
        Code::CONFLICT,
        format!("service `{}` lives in namespace `{}`, not in `{}`", name.as_str(), own.value, said.value),
    )
    .at(said.origin.span().unwrap_or(name.span()), "another namespace")
    .at(own.origin.span().unwrap_or(name.span()), "the service's own")
    .note("its DestinationRule goes to the service's namespace: Istio does not look for it in any other");
    report.push(finding.help("leave `namespace` out, or correct the name"));
    None
}

/// The full name of a service: `shop` is one in its own namespace, `shop.ns` in another; a longer name is full as it is.
pub(super) fn full_name(text: &Text, kind: &ServiceName, namespace: &Traced<Label>) -> Traced<String> {
    let written = text.as_str();
    let own = Origin::spec(text.span());
    match kind {
        ServiceName::Short => Traced::new(
            format!("{written}.{}.svc.cluster.local", namespace.value),
            own.and(&namespace.origin),
        ),
        ServiceName::Cluster { full: false, .. } => Traced::new(format!("{written}.svc.cluster.local"), own),
        ServiceName::Cluster { full: true, .. } | ServiceName::Foreign => {
            Traced::new(written.to_owned(), own)
        }
    }
}

fn subsets(node: &node::Service, damaged: bool, report: &mut Report) -> Vec<Subset> {
    let mut found = Vec::new();
    for subset in &node.subsets {
        let name = named(report, &subset.name, Label::parse, "name of a subset");
        let labels = labels(&subset.labels, report);
        if labels.is_empty() && subset.layer.get("labels").is_none() && !damaged {
            report.push(
                Diagnostic::error(
                    Code::MISSING_WORD,
                    format!("subset `{}` has no label", subset.name.as_str()),
                )
                .at_text(&subset.name, "selects every pod of the service")
                .help(format!("write `subset \"{0}\" version=\"{0}\"`", subset.name.as_str())),
            );
        }
        if let Some(name) = name {
            found.push(Subset { name, labels, layer: subset.layer.clone() });
        }
    }
    unique(
        report,
        Code::DUPLICATE_NAME,
        "subset",
        found,
        |s| s.name.value.clone(),
        |s| s.name.origin.span().unwrap_or(node.word),
    )
}
