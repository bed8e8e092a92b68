//! `service` nodes.

use super::super::name::{Label, ObjectName};
use super::super::project::{Service, Subset};
use super::destination::full_service_name;
use super::gateway::labels;
use super::{named, unique};
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node::{self, Spec};
use crate::spec::{Origin, Traced};

pub(super) fn all(spec: &Spec, namespace: &Traced<Label>, report: &mut Report) -> Vec<Service> {
    let mut found: Vec<_> =
        spec.services.iter().filter_map(|node| one(spec, node, namespace, report)).collect();
    found.sort_by_key(|s: &Service| (s.namespace.value.clone(), s.name.value.clone()));
    let found = unique(
        report,
        Code::DUPLICATE_NAME,
        "service",
        found,
        |s| format!("{}/{}", s.namespace.value, s.name.value),
        |s| s.name.origin.span().unwrap_or(s.word),
    );
    unique(
        report,
        Code::DUPLICATE_NAME,
        "DestinationRule for service",
        found,
        |s| s.host.value.clone(),
        |s| s.name.origin.span().unwrap_or(s.word),
    )
}

fn one(spec: &Spec, node: &node::Service, project: &Traced<Label>, report: &mut Report) -> Option<Service> {
    let name = named(report, &node.name, ObjectName::parse, "name of a service");
    let said = node.namespace.as_ref().map(|text| named(report, text, Label::parse, "name of a namespace"));
    let subsets = subsets(node, spec.is_damaged(node.word), report);
    let name = name?;
    let namespace = match said {
        Some(said) => said?,
        None => match node.name.as_str().split_once('.') {
            Some((short, own)) if !own.contains('.') => {
                let part = node.name.part(short.len() + 1..node.name.as_str().len());
                named(report, &part, Label::parse, "name of a namespace")?
            }
            _ => project.clone(),
        },
    };
    let host = full_service_name(&node.name, &namespace);
    Some(Service { word: node.word, name, namespace, host, subsets })
}

fn subsets(node: &node::Service, damaged: bool, report: &mut Report) -> Vec<Subset> {
    let mut found = Vec::new();
    for subset in &node.subsets {
        let name = named(report, &subset.name, Label::parse, "name of a subset");
        let labels = labels(&subset.labels, report);
        if labels.is_empty() && !damaged {
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
            found.push(Subset { name, labels });
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

/// The reason of a service's full name: its own token, and its namespace's where that is part of it.
pub(super) fn name_origin(name: Origin, namespace: &Traced<Label>) -> Origin {
    name.and(&namespace.origin)
}
