//! `gateway` nodes.

use super::super::name::{self, Label};
use super::super::project::Gateway;
use super::{name_finding, named, settled, unique};
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node::{self, HttpMode, Spec};
use crate::spec::{Origin, Spanned, Text, Traced};

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
    Some(Gateway {
        word: node.word,
        name: name?,
        namespace: own.unwrap_or_else(|| namespace.clone()),
        workload_namespace: workload.unwrap_or_else(|| {
            Traced::default_of(Label::known("istio-system"), "gateway.workload-namespace")
        }),
        selector,
        selector_origin,
        port: https,
        http_port: http,
        http: match &node.http {
            Some(said) => Traced::new(said.value, Origin::spec(said.span)),
            None => Traced::default_of(HttpMode::Redirect, "gateway.http"),
        },
        per_certificate: node.per_certificate.map(Origin::spec),
        settled,
    })
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
