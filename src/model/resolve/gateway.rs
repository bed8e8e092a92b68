//! `gateway` nodes.

use super::super::name::{self, Label};
use super::super::project::Gateway;
use super::{name_finding, named, settled, unique};
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node::{self, HttpMode, Spec};
use crate::spec::{Origin, Span, Spanned, Text, Traced};

pub(super) fn all(spec: &Spec, namespace: &Traced<Label>, report: &mut Report) -> Vec<Gateway> {
    let mut found: Vec<_> =
        spec.gateways.iter().filter_map(|node| one(spec, node, namespace, report)).collect();
    found.sort_by_key(|gateway: &Gateway| gateway.name.value.clone());
    unique(
        report,
        Code::DUPLICATE_NAME,
        "gateway",
        found,
        |g| g.name.value.clone(),
        |g| g.name.origin.span().unwrap_or(g.word),
    )
}

fn one(spec: &Spec, node: &node::Gateway, namespace: &Traced<Label>, report: &mut Report) -> Option<Gateway> {
    let name = named(report, &node.name, Label::parse, "name of a Gateway");
    let own = said_label(&node.namespace, report);
    let workload = said_label(&node.workload_namespace, report);
    let (selector, selector_origin) = selector(node, report);
    let port = |said: &Option<Spanned<u16>>, default: u16, word| match said {
        Some(port) => Traced::new(port.value, Origin::spec(port.span)),
        None => Traced::default_of(default, word),
    };
    let (https, http) =
        (port(&node.port, 443, "gateway.port"), port(&node.http_port, 80, "gateway.http-port"));
    if https.value == http.value && !spec.is_damaged(node.word) {
        let place = https.origin.span().or(http.origin.span()).unwrap_or(node.word);
        report.push(
            Diagnostic::error(
                Code::WRONG_VALUE,
                format!("port {} can't speak both HTTP and HTTPS", https.value),
            )
            .at(place, "the same as the other port of this gateway")
            .help("set `port` and `http-port` to different numbers"),
        );
    }
    let settled = settled(&node.settled);
    let gateway = Gateway {
        word: node.word,
        name: name?,
        namespace: own.unwrap_or_else(|| namespace.clone()),
        workload_namespace: workload.unwrap_or_else(|| {
            Traced::default_of(Label::known("istio-system"), "gateway.workload-namespace")
        }),
        selector,
        selector_origin,
        http: http_mode(node, &https, &http),
        port: https,
        http_port: http,
        per_certificate: node.per_certificate.map(Origin::spec),
        metadata: node.metadata.clone(),
        layer: node.layer.clone(),
        settled,
    };
    if let Some(said) = node.http.as_ref().filter(|said| said.value == HttpMode::Redirect)
        && let Some(finding) = wrong_redirect(&gateway, said.span)
    {
        report.push(finding);
    }
    Some(gateway)
}

/// What the HTTP port does for hosts that say nothing else: it redirects where a redirect leads to the HTTPS port.
fn http_mode(node: &node::Gateway, https: &Traced<u16>, http: &Traced<u16>) -> Traced<HttpMode> {
    if let Some(said) = &node.http {
        return Traced::new(said.value, Origin::spec(said.span));
    }
    let mode = if (https.value, http.value) == REDIRECTING { HttpMode::Redirect } else { HttpMode::Off };
    let said = [https, http].into_iter().filter_map(|port| port.origin.span());
    let default = Origin::default_of("gateway.http");
    Traced::new(mode, said.fold(default, |all, span| all.and(&Origin::spec(span))))
}

/// The HTTPS and the HTTP port between which Istio's redirect works: it changes the scheme and names no port.
const REDIRECTING: (u16, u16) = (443, 80);

/// The port of a gateway that keeps a redirect from leading to its HTTPS port, if one does.
pub(super) fn other_port(gateway: &Gateway) -> Option<&Traced<u16>> {
    let ports = [(&gateway.port, REDIRECTING.0), (&gateway.http_port, REDIRECTING.1)];
    ports.into_iter().find(|(port, wanted)| port.value != *wanted).map(|(port, _)| port)
}

/// The finding about `http=redirect`, said at `place`, where this gateway's ports don't allow it.
pub(super) fn wrong_redirect(gateway: &Gateway, place: Span) -> Option<Diagnostic> {
    let port = other_port(gateway)?;
    let (name, http, https) = (&gateway.name.value, gateway.http_port.value, gateway.port.value);
    let colon = if http == REDIRECTING.1 { String::new() } else { format!(":{http}") };
    let mut finding = Diagnostic::error(
        Code::CONFLICT,
        format!("gateway `{name}` can't redirect: Istio's redirect leads from port 80 to port 443 only"),
    )
    .at(place, "asks for a redirect");
    if let Some(span) = port.origin.span() {
        finding = finding.at(span, "another port");
    }
    Some(
        finding
            .note(format!(
                "it answers `http://HOST{colon}/` with `https://HOST{colon}/`, and HTTPS is at port {https}"
            ))
            .help("write `http=off` or `http=open`, or leave the ports at 443 and 80")
            .help("where a load balancer in front maps the ports, let that redirect"),
    )
}

fn said_label(text: &Option<Text>, report: &mut Report) -> Option<Traced<Label>> {
    text.as_ref().and_then(|text| named(report, text, Label::parse, "name of a namespace"))
}

type Labels = Vec<(Traced<String>, Traced<String>)>;

fn selector(node: &node::Gateway, report: &mut Report) -> (Labels, Origin) {
    match &node.selector {
        None => {
            let origin = Origin::default_of("gateway.selector");
            let traced = |text: &str| Traced::new(text.to_owned(), origin.clone());
            (vec![(traced("istio"), traced("ingressgateway"))], origin.clone())
        }
        Some(pairs) => {
            let mut labels = labels(pairs, report);
            labels.sort_by(|a, b| a.0.value.cmp(&b.0.value));
            let origin = pairs.first().map_or(Origin::spec(node.word), |(key, _)| Origin::spec(key.span()));
            (labels, origin)
        }
    }
}

/// Kubernetes labels as written, each checked.
pub(super) fn labels(pairs: &[(Text, Text)], report: &mut Report) -> Labels {
    let mut found = Vec::new();
    for (key, value) in pairs {
        if let Err(error) = name::check_label_key(key.as_str()) {
            report.push(name_finding(Code::INVALID_NAME, key, error, "label of Kubernetes"));
        }
        if let Err(error) = name::check_label_value(value.as_str()) {
            report.push(name_finding(Code::INVALID_NAME, value, error, "value of a Kubernetes label"));
        }
        found.push((
            Traced::said(key.as_str().to_owned(), key),
            Traced::said(value.as_str().to_owned(), value),
        ));
    }
    found
}
