//! Where a route leads: `service:port` to a full name.

use super::super::name::{HostName, Label, NameError, ServiceName};
use super::super::project::Destination;
use super::draft::{Draft, find};
use super::host::Context;
use super::service::full_name;
use super::{closest, name_finding};
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node;
use crate::spec::{Origin, Text, Traced};

/// Resolves one destination for a route that lives in `namespace`, or says what is wrong with it. Where the namespace can't
/// be told, nothing is found of a short name.
pub(super) fn resolve(
    node: &node::Destination,
    namespace: Option<&Traced<Label>>,
    context: &Context<'_>,
    drafts: &[Draft<'_>],
    report: &mut Report,
) -> Option<Destination> {
    let split = split(&node.service, report);
    let subset =
        node.subset.as_ref().map(|text| super::named(report, text, Label::parse, "name of a subset"));
    let (name, port) = split?;
    let host = host_of(&name, namespace, context, drafts, report)?;
    let subset = match subset {
        Some(label) => Some(label?),
        None => None,
    };
    Some(Destination {
        host,
        port,
        subset,
        weight: node.weight.as_ref().map(|weight| Traced::new(weight.value, Origin::spec(weight.span))),
        layer: node.layer.clone(),
        origin: Origin::spec(node.service.span()),
    })
}

fn split(text: &Text, report: &mut Report) -> Option<(Text, Option<Traced<u16>>)> {
    let written = text.as_str();
    let mut refuse = |at: std::ops::Range<usize>, reason: &str, help: String| {
        let error = NameError { at, reason: reason.to_owned(), help };
        report.push(name_finding(Code::INVALID_DESTINATION, text, error, "destination"));
        None
    };
    if let Some(i) = written.find("://") {
        let help = "write `\"service:port\"`; a path is changed by `rewrite`".to_owned();
        return refuse(0..i + 3, "a URL; a route leads to a service", help);
    }
    let bracket = if written.starts_with('[') { written.find(']').map_or(0, |i| i + 1) } else { 0 };
    let after = written.get(bracket..).unwrap_or_default();
    let Some(colon) = after.find(':').map(|i| bracket + i) else { return Some((text.clone(), None)) };
    let (name, digits) = (&written[..colon], &written[colon + 1..]);
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if let Some((first, _)) = digits.split_once(':') {
        if written.parse::<std::net::Ipv6Addr>().is_ok() {
            return Some((text.clone(), None));
        }
        let help = match all_digits(first) && !name.is_empty() {
            true => format!("write `{name}:{first}`"),
            false => "write `service:port`".to_owned(),
        };
        return refuse(colon + 1 + first.len()..written.len(), "a second port", help);
    }
    if name.is_empty() {
        let help = format!("write the service before it, such as `shop{written}`");
        return refuse(0..written.len(), "a port without a service", help);
    }
    match digits.parse::<u16>() {
        Ok(port) if port > 0 && all_digits(digits) && !digits.starts_with('0') => {
            let origin = Origin::spec(text.span_of(colon + 1..written.len()));
            Some((text.part(0..colon), Some(Traced::new(port, origin))))
        }
        _ => {
            let at = if digits.is_empty() { colon..written.len() } else { colon + 1..written.len() };
            let shorter = digits.trim_start_matches('0');
            let zeros = all_digits(digits) && shorter.parse::<u16>().is_ok();
            let (reason, help) = match zeros {
                true => ("a port has no zeros in front", format!("write `{name}:{shorter}`")),
                false if digits.is_empty() => {
                    ("no port stands behind it", format!("write `{name}:80`, or `{name}` alone"))
                }
                false => ("a port is a number from 1 to 65535", format!("write `{name}:80` or another port")),
            };
            refuse(at, reason, help)
        }
    }
}

fn host_of(
    name: &Text,
    namespace: Option<&Traced<Label>>,
    context: &Context<'_>,
    drafts: &[Draft<'_>],
    report: &mut Report,
) -> Option<Traced<String>> {
    let written = name.as_str();
    let kind = ServiceName::parse(written);
    let full = match (&kind, namespace) {
        (Err(_), _) | (Ok(ServiceName::Short), None) => None,
        (Ok(kind), _) => Some(full_name(name, kind, namespace.unwrap_or(context.namespace))),
    };
    if full.as_ref().is_none_or(|full| context.service_of(&full.value).is_none())
        && let Some(host) = host_named(written, kind.as_ref().ok(), drafts)
    {
        let to = host.leads_to(context.gateways).filter(|to| {
            let service = to.split(':').next().and_then(|service| HostName::parse(service).ok());
            service.is_none_or(|service| find(drafts, service.as_str()).is_none())
        });
        report.push(host_as_service(name, kind.ok().as_ref(), host, to));
        return None;
    }
    match kind {
        Err(error) => {
            report.push(name_finding(Code::INVALID_DESTINATION, name, error, "service"));
            None
        }
        Ok(ServiceName::Foreign) if context.has_entry(written) => full,
        Ok(ServiceName::Foreign) if context.service_of(written).is_none() => {
            if !context.spec.lost.iter().any(|lost| lost.may_be_entry(written)) {
                report.push(undeclared(name, context));
            }
            None
        }
        Ok(ServiceName::Foreign) => {
            report.push(outside(name));
            full
        }
        Ok(_) => full,
    }
}

/// The host that serves a name, itself or as a wildcard; `shop.team` may be a cluster's service below a wildcard's name.
fn host_named<'a>(
    written: &str,
    kind: Option<&ServiceName>,
    drafts: &'a [Draft<'a>],
) -> Option<&'a Draft<'a>> {
    let name = HostName::parse(written).ok()?;
    if let Some(exact) = find(drafts, name.as_str()).and_then(|i| drafts.get(i)) {
        return Some(exact);
    }
    let is_foreign = matches!(kind, Some(ServiceName::Foreign));
    drafts.iter().find(|draft| is_foreign && draft.name.value.serves(&name))
}

/// A host is a name outside; to the mesh it is no service, so that requests would end with 503.
fn host_as_service(
    name: &Text,
    kind: Option<&ServiceName>,
    host: &Draft<'_>,
    to: Option<String>,
) -> Diagnostic {
    let mut finding = Diagnostic::error(
        Code::INVALID_DESTINATION,
        format!("`{}` is a host of this project, and a route leads to a service", name.as_str()),
    )
    .at_text(name, "the mesh knows no service of this name")
    .at(host.node.name.span(), "the host");
    if let Some(ServiceName::Cluster { .. }) = kind {
        finding =
            finding.help(format!("if a cluster's service is meant: `{}.svc.cluster.local`", name.as_str()));
    }
    match to {
        Some(to) => finding.help(format!("write `{to}`, where that host leads")),
        None => finding.help("write the service that answers, as `service.namespace:port`"),
    }
}

/// What a mesh knows by a ServiceEntry only.
fn outside(name: &Text) -> Diagnostic {
    Diagnostic::warning(
        Code::MISSING_SERVICE_ENTRY,
        format!("`{}` lies outside the cluster, and nothing here makes a ServiceEntry for it", name.as_str()),
    )
    .at_text(name, "without a ServiceEntry requests get 503")
    .help(format!("declare one: `service-entry \"name\" {{ hosts \"{}\"; … }}`", name.as_str()))
    .help("or, where another one is in the cluster: `settle \"missing-service-entry\" reason=\"…\"` at the host")
}

fn undeclared(name: &Text, context: &Context<'_>) -> Diagnostic {
    let finding =
        Diagnostic::error(Code::INVALID_DESTINATION, format!("`{}` is not declared", name.as_str()))
            .at_text(name, "neither a declared service nor a cluster's full name")
            .note("`shop` is a service in the route's namespace, `shop.ns` one in namespace `ns`");
    match closest(name.as_str(), context.service_hosts()) {
        Some(service) => finding.help(format!("did you mean `{service}`?")),
        None => finding.help(format!(
            "declare `service \"{}\"`, or write `service.namespace.svc.cluster.local`",
            name.as_str()
        )),
    }
}
