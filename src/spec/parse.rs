//! KDL → [`Spec`], every complaint at once.

use rayon::prelude::*;

use super::node::read::{Context, Fields, said_twice};
use super::node::{
    PROJECT_FILE, ProjectSettings, SPEC_FILE, Secrets, Spec, authority, client, domain, gateway, host,
    project, route, secrets, service,
};
use super::source::{Source, SourceId, Sources};
use super::syntax::{self, Node};
use crate::diag::Report;

/// The file of the project's settings; all others hold the spec.
pub const PROJECT_PATH: &str = "gatewright.kdl";

/// Reads all files. Every mistake that the text alone shows is in the report; the spec holds what could be read.
#[must_use]
pub fn parse(sources: &Sources) -> (Spec, Report) {
    let files: Vec<(SourceId, &Source)> = sources.iter().collect();
    let read: Vec<(Spec, Report)> = files.into_par_iter().map(|(id, file)| read(sources, id, file)).collect();
    let mut all = Context::new(sources);
    let mut spec = Spec::default();
    for (file, report) in read {
        all.report.extend(report);
        join(&mut all, &mut spec, file);
    }
    spec.incomplete |= all.incomplete;
    spec.damaged.sort_unstable();
    spec.damaged.dedup();
    let mut report = all.report;
    report.sort();
    (spec, report)
}

fn read(sources: &Sources, id: SourceId, file: &Source) -> (Spec, Report) {
    let parsed = syntax::parse(id, file.text());
    let mut cx = Context::new(sources);
    let mut spec = Spec::default();
    if file.path() == PROJECT_PATH {
        spec_of_project(&mut cx, &parsed.nodes, &mut spec);
    } else {
        spec_of_file(&mut cx, &parsed.nodes, &mut spec);
    }
    spec.damaged = cx.damaged;
    spec.incomplete = cx.incomplete || parsed.report.has_errors();
    let mut report = parsed.report;
    report.extend(cx.report);
    (spec, report)
}

fn spec_of_project(cx: &mut Context<'_>, nodes: &[Node], spec: &mut Spec) {
    let fields = Fields::of_file(cx, nodes, &PROJECT_FILE);
    spec.project = project::read(cx, &fields);
    spec.secrets = one_secrets(cx, &fields);
}

fn spec_of_file(cx: &mut Context<'_>, nodes: &[Node], spec: &mut Spec) {
    let fields = Fields::of_file(cx, nodes, &SPEC_FILE);
    spec.secrets = one_secrets(cx, &fields);
    spec.authorities = all(cx, &fields, "authority", authority::read);
    spec.gateways = all(cx, &fields, "gateway", gateway::read);
    spec.domains = all(cx, &fields, "domain", domain::read);
    spec.hosts = all(cx, &fields, "host", host::read);
    spec.routes = all(cx, &fields, "route", |cx, node| route::read(cx, node, &route::ROUTE_OUTSIDE));
    spec.clients = all(cx, &fields, "client", client::read);
    spec.services = all(cx, &fields, "service", service::read);
}

fn one_secrets(cx: &mut Context<'_>, fields: &Fields<'_>) -> Option<Secrets> {
    let node = fields.nodes("secrets").next()?;
    cx.owned(node.name.span(), |cx| Some(secrets::read(cx, node)))
}

fn all<T>(
    cx: &mut Context<'_>,
    fields: &Fields<'_>,
    name: &str,
    read: impl Fn(&mut Context<'_>, &Node) -> Option<T>,
) -> Vec<T> {
    fields.nodes(name).filter_map(|node| cx.owned(node.name.span(), |cx| read(cx, node))).collect()
}

/// Adds what one file says.
fn join(cx: &mut Context<'_>, spec: &mut Spec, file: Spec) {
    let ProjectSettings { namespace, flux_substitute, settled } = file.project;
    spec.project.namespace = spec.project.namespace.take().or(namespace);
    spec.project.flux_substitute = spec.project.flux_substitute.take().or(flux_substitute);
    spec.project.settled.extend(settled);
    match (&spec.secrets, file.secrets) {
        (Some(first), Some(second)) => said_twice(cx, "secrets", first.word, second.word),
        (None, secrets) => spec.secrets = secrets,
        (Some(_), None) => {}
    }
    spec.authorities.extend(file.authorities);
    spec.gateways.extend(file.gateways);
    spec.domains.extend(file.domains);
    spec.hosts.extend(file.hosts);
    spec.routes.extend(file.routes);
    spec.clients.extend(file.clients);
    spec.services.extend(file.services);
    spec.damaged.extend(file.damaged);
    spec.incomplete |= file.incomplete;
}
