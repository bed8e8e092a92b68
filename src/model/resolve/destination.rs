//! Where a route leads: `service:port` to a full name.

use super::super::name::{Label, NameError};
use super::super::project::Destination;
use super::draft::{Draft, find};
use super::host::Context;
use super::service::name_origin;
use super::{closest, name_finding};
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node;
use crate::spec::{Origin, Text, Traced};

/// The full name of a service that is named shortly: `shop` in its own namespace, `shop.ns` in another; a longer name
/// is full as it is.
pub(super) fn full_service_name(text: &Text, namespace: &Traced<Label>) -> Traced<String> {
    let written = text.as_str();
    let own = Origin::spec(text.span());
    match written.matches('.').count() {
        0 => Traced::new(
            format!("{written}.{}.svc.cluster.local", namespace.value),
            name_origin(own, namespace),
        ),
        1 => Traced::new(format!("{written}.svc.cluster.local"), own),
        _ => Traced::new(written.to_owned(), own),
    }
}

/// Resolves one destination for a route that lives in `namespace`.
pub(super) fn resolve(
    node: &node::Destination,
    namespace: &Traced<Label>,
    context: &Context<'_>,
    drafts: &[Draft<'_>],
    report: &mut Report,
) -> Option<Destination> {
    let (name, port) = split(&node.service, report)?;
    let host = host_of(&name, namespace, context, drafts, report)?;
    let subset = match &node.subset {
        None => None,
        Some(text) => Some(subset(text, &host, context, report)?),
    };
    Some(Destination {
        host,
        port,
        subset,
        weight: node.weight.as_ref().map(|weight| Traced::new(weight.value, Origin::spec(weight.span))),
        origin: Origin::spec(node.service.span()),
    })
}

fn split(text: &Text, report: &mut Report) -> Option<(Text, Option<Traced<u16>>)> {
    let written = text.as_str();
    if let Some(i) = written.find("://") {
        let error = NameError {
            at: 0..i + 3,
            reason: "a URL; a route leads to a service".to_owned(),
            help: Some("write `\"service:port\"`; a path is changed by `rewrite`".to_owned()),
        };
        report.push(name_finding(Code::INVALID_DESTINATION, text, error, "destination"));
        return None;
    }
    let Some((name, digits)) = written.rsplit_once(':') else {
        return Some((text.clone(), None));
    };
    let at = name.len() + 1..written.len();
    let all_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    match digits.parse::<u16>() {
        Ok(port) if port > 0 && all_digits => {
            let origin = Origin::spec(text.span_of(at));
            Some((text.part(0..name.len()), Some(Traced::new(port, origin))))
        }
        _ => {
            let at = if at.is_empty() { name.len()..written.len() } else { at };
            let error = NameError { at, reason: "a port is a number from 1 to 65535".to_owned(), help: None };
            report.push(name_finding(Code::INVALID_DESTINATION, text, error, "destination"));
            None
        }
    }
}

fn host_of(
    name: &Text,
    namespace: &Traced<Label>,
    context: &Context<'_>,
    drafts: &[Draft<'_>],
    report: &mut Report,
) -> Option<Traced<String>> {
    let written = name.as_str();
    let own = Origin::spec(name.span());
    let in_namespace = context.service(&namespace.value, written);
    if let Some(service) = in_namespace.filter(|_| written.contains('.')) {
        return Some(Traced::new(service.host.value.clone(), own));
    }
    if context.service_of(written).is_some() || find(drafts, written).is_some() {
        return Some(Traced::new(written.to_owned(), own));
    }
    let mut start = 0;
    for label in written.split('.') {
        if let Err(mut error) = Label::parse(label) {
            error.at = start + error.at.start..start + error.at.end;
            report.push(name_finding(Code::INVALID_DESTINATION, name, error, "service"));
            return None;
        }
        start += label.len() + 1;
    }
    let labels: Vec<_> = written.split('.').collect();
    if labels.len() > 2 && !(labels.len() > 3 && labels[2] == "svc") {
        if !context.spec.incomplete {
            report.push(undeclared(name, &labels, drafts));
        }
        return None;
    }
    Some(full_service_name(name, namespace))
}

fn undeclared(name: &Text, labels: &[&str], drafts: &[Draft<'_>]) -> Diagnostic {
    let finding =
        Diagnostic::error(Code::INVALID_DESTINATION, format!("`{}` is not declared", name.as_str()))
            .at_text(name, "neither a declared host or service, nor a cluster's full name");
    if labels.get(2) == Some(&"svc") {
        return finding.help(format!("write `{}.cluster.local`", name.as_str()));
    }
    match closest(name.as_str(), drafts.iter().map(|draft| draft.name.value.as_str())) {
        Some(host) => finding.help(format!("did you mean the host `{host}`?")),
        None => finding
            .note("`shop` is a service in the route's namespace, `shop.ns` one in namespace `ns`")
            .help(format!(
                "declare `service \"{}\"`, or write `service.namespace.svc.cluster.local`",
                name.as_str()
            )),
    }
}

fn subset(
    text: &Text,
    host: &Traced<String>,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<Traced<Label>> {
    let label = super::named(report, text, Label::parse, "name of a subset")?;
    let Some(service) = context.service_of(&host.value) else {
        if context.spec.incomplete {
            return Some(label);
        }
        report.push(
            Diagnostic::warning(
                Code::UNKNOWN_SUBSET,
                format!("nothing here declares subsets of `{}`", host.value),
            )
            .at_text(text, "without a DestinationRule that knows it, requests fail")
            .help(format!("declare `service` with `subset \"{0}\" version=\"{0}\"`", text.as_str())),
        );
        return Some(label);
    };
    if service.subsets.iter().any(|subset| subset.name.value == label.value) {
        return Some(label);
    }
    if context.spec.is_damaged(service.word) {
        return None;
    }
    let names = service.subsets.iter().map(|subset| subset.name.value.as_str());
    let mut finding = super::unknown_reference(text, "subset", names);
    if let Some(span) = service.name.origin.span() {
        finding = finding.at(span, "the service");
    }
    report.push(finding);
    None
}
