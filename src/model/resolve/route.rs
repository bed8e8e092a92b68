//! `route` nodes, in hosts and outside, and the `to` of a host: one list a host and namespace.

use std::collections::{BTreeMap, BTreeSet};

use super::super::name::{HostName, Label};
use super::super::path::PathPattern;
use super::super::project::{Destination, NamespaceRoutes, Route};
use super::destination;
use super::draft::{self, Draft};
use super::host::{Context, push_once};
use super::{missing_reference, name_finding, named, overlap};
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node::{self, IstioDuration, Layer};
use crate::spec::tree::{Field, Tree};
use crate::spec::{Origin, Spanned, Text, Traced};

/// The routes that stand outside, under the index of their host.
pub(super) struct Outside<'a> {
    by_host: BTreeMap<usize, Vec<&'a node::Route>>,
    /// Those that no host can take; what else is wrong with them is said all the same.
    strays: Vec<&'a node::Route>,
    drafts: &'a [Draft<'a>],
}

impl Outside<'_> {
    /// For what takes no routes.
    pub(super) fn none() -> Self {
        Self { by_host: BTreeMap::new(), strays: Vec::new(), drafts: &[] }
    }
}

/// Finds the host of each route that stands outside one.
pub(super) fn by_host<'a>(
    context: &Context<'a>,
    drafts: &'a [Draft<'a>],
    report: &mut Report,
) -> Outside<'a> {
    let mut by_host: BTreeMap<usize, Vec<&node::Route>> = BTreeMap::new();
    let mut strays = Vec::new();
    for route in &context.spec.routes {
        match host_of(route, context, drafts, report) {
            Some(i) => by_host.entry(i).or_default().push(route),
            None => strays.push(route),
        }
    }
    for routes in by_host.values_mut() {
        routes.sort_by_key(|route| sort_key(route));
    }
    Outside { by_host, strays, drafts }
}

/// The index of the host that a route belongs to, if that takes it.
fn host_of(
    route: &node::Route,
    context: &Context<'_>,
    drafts: &[Draft<'_>],
    report: &mut Report,
) -> Option<usize> {
    let text = route.host.as_ref()?;
    let name = match HostName::parse(text.as_str()) {
        Ok(name) => name,
        Err(error) => {
            report.push(name_finding(Code::INVALID_HOST_NAME, text, error, "host name"));
            return None;
        }
    };
    let Some(i) = draft::find(drafts, name.as_str()) else {
        let written = drafts.iter().map(|draft| draft.name.value.as_str());
        push_once(report, missing_reference(context.spec, text, "host", written));
        return None;
    };
    let Some(in_order) = drafts.get(i)?.node.in_order else { return Some(i) };
    report.push(
        Diagnostic::error(
            Code::ROUTE_ORDER,
            format!("host `{name}` keeps the written order, and files have none"),
        )
        .at(route.word, "stands outside the host")
        .at(in_order, "keeps the written order")
        .help("move the route into the host, or drop `in-order`"),
    );
    None
}

/// Something that says in which order routes of several files come, and does not depend on the files.
fn sort_key(route: &node::Route) -> (Vec<&str>, Option<&str>, Vec<&str>) {
    (
        route.paths.iter().map(Text::as_str).collect(),
        route.namespace.as_ref().map(Text::as_str),
        route.to.iter().map(|to| to.service.as_str()).collect(),
    )
}

impl<'a> Outside<'a> {
    /// Says what is wrong with the routes that no host takes.
    pub(super) fn check_strays(&self, context: &Context<'_>, report: &mut Report) {
        let settled = BTreeSet::new();
        let maker = Maker { draft: None, namespace: None, settled: &settled, context, drafts: self.drafts };
        for node in &self.strays {
            maker.route(node, report);
        }
    }

    /// All routes of a host, by namespace; with those that stand outside where it has an index.
    pub(super) fn resolve(
        &mut self,
        host: Option<usize>,
        draft: &Draft<'_>,
        namespace: Option<Traced<Label>>,
        settled: &BTreeSet<String>,
        context: &Context<'_>,
        report: &mut Report,
    ) -> Vec<NamespaceRoutes> {
        let outside = host.and_then(|host| self.by_host.remove(&host)).unwrap_or_default();
        let maker = Maker {
            draft: Some(draft),
            namespace: namespace.as_ref(),
            settled,
            context,
            drafts: self.drafts,
        };
        let mut found: Vec<(Option<Traced<Label>>, Route)> = Vec::new();
        for node in draft.node.routes.iter().chain(outside) {
            found.push(maker.route(node, report));
        }
        found.extend(maker.own(draft, report));
        overlap::check(&found, draft, report);
        let in_order = draft.node.in_order.is_some();
        let mut by_namespace: BTreeMap<Label, NamespaceRoutes> = BTreeMap::new();
        if let (true, Some(_), Some(namespace)) = (found.is_empty(), &draft.node.virtual_service, &namespace)
        {
            let none = NamespaceRoutes { namespace: namespace.clone(), routes: Vec::new(), in_order };
            by_namespace.insert(namespace.value.clone(), none);
        }
        for (namespace, route) in found {
            let Some(namespace) = namespace else { continue };
            let entry = by_namespace.entry(namespace.value.clone()).or_insert_with(|| NamespaceRoutes {
                namespace: namespace.clone(),
                routes: Vec::new(),
                in_order,
            });
            entry.namespace.origin = entry.namespace.origin.and(&namespace.origin);
            entry.routes.push(route);
        }
        by_namespace.into_values().collect()
    }
}

struct Maker<'a> {
    /// The host, where there is one.
    draft: Option<&'a Draft<'a>>,
    /// `None` where it can't be told.
    namespace: Option<&'a Traced<Label>>,
    /// Codes that are settled for the host.
    settled: &'a BTreeSet<String>,
    context: &'a Context<'a>,
    drafts: &'a [Draft<'a>],
}

impl Maker<'_> {
    /// A route and where it lives. What was refused is left out: the rest is held against the other routes all the same.
    fn route(&self, node: &node::Route, report: &mut Report) -> (Option<Traced<Label>>, Route) {
        let spec = self.context.spec;
        let damaged = spec.is_damaged(node.word);
        let in_doubt =
            damaged || self.draft.is_none_or(|draft| draft.spare || spec.is_damaged(draft.node.word));
        let namespace = match &node.namespace {
            Some(text) => named(report, text, Label::parse, "name of a namespace"),
            None => self.namespace.cloned().filter(|_| !damaged),
        };
        let paths = paths(node, report);
        let of_host = self.draft.and_then(|draft| draft.node.to.as_ref());
        let elsewhere = Route::leads(&node.layer);
        if let (Some(field), Some(to)) = (elsewhere, node.to.first()) {
            report.push(two_ways(field, to));
        }
        let to: Vec<_> = match elsewhere {
            Some(_) => Vec::new(),
            None if node.to.is_empty() => of_host.into_iter().collect(),
            None => node.to.iter().collect(),
        };
        if to.is_empty() && elsewhere.is_none() && !in_doubt {
            report.push(
                Diagnostic::error(Code::MISSING_WORD, "this route leads nowhere")
                    .at(node.word, "neither it nor its host has a `to`")
                    .help("write `to=\"service:port\"`, or `redirect`, `direct-response` or `delegate` in its braces"),
            );
        }
        let to = self.destinations(&to, namespace.as_ref(), damaged, report).unwrap_or_default();
        for (field, part, ours) in [("rewrite", "uri", true), ("redirect", "prefixRewrite", false)] {
            let said = node.layer.get(field).and_then(|field| field.tree.get(part));
            let below = paths.iter().find(|path| matches!(path.value, PathPattern::Below(_)));
            if let (Some(said), Some(below)) = (said, below) {
                report.push(doubled_slash(said, below, ours));
            }
        }
        let rewrite = rewrite(node.rewrite.as_ref(), report);
        let of_host = || self.draft.and_then(|draft| draft.nearest(|words| words.timeout.as_ref()));
        let timeout = node.timeout.as_ref().or_else(of_host);
        let timeout = timeout.and_then(length);
        (namespace, Route { word: node.word, paths, to, rewrite, timeout, layer: node.layer.clone() })
    }

    /// The `to` of the host itself: everything that no route takes.
    fn own(&self, draft: &Draft<'_>, report: &mut Report) -> Option<(Option<Traced<Label>>, Route)> {
        let node = draft.node;
        let rewrite = rewrite(node.rewrite.as_ref(), report);
        let Some(to) = &node.to else {
            if let Some(text) = &node.rewrite
                && !self.context.spec.is_damaged(node.word)
            {
                report.push(
                    Diagnostic::error(Code::MISSING_WORD, "`rewrite` at a host belongs to its `to`")
                        .at_text(text, "this host has no `to`")
                        .help("write `to=\"service:port\"` beside it, or move `rewrite` to a route"),
                );
            }
            return None;
        };
        let to = self.destinations(&[to], self.namespace, false, report).unwrap_or_default();
        let timeout = draft.nearest(|words| words.timeout.as_ref());
        let word = node.to.as_ref().map_or(node.word, |to| to.word);
        Some((
            self.namespace.cloned(),
            Route {
                word,
                paths: vec![Traced::new(PathPattern::Everything, Origin::spec(word))],
                to,
                rewrite,
                timeout: timeout.and_then(length),
                layer: Layer::default(),
            },
        ))
    }

    fn destinations(
        &self,
        nodes: &[&node::Destination],
        namespace: Option<&Traced<Label>>,
        damaged: bool,
        report: &mut Report,
    ) -> Option<Vec<Destination>> {
        let mut findings = Report::default();
        let found: Vec<_> = nodes
            .iter()
            .map(|node| destination::resolve(node, namespace, self.context, self.drafts, &mut findings))
            .collect();
        findings.settle(self.settled);
        report.extend(findings);
        if !damaged {
            check_weights(nodes, report);
        }
        found.into_iter().collect::<Option<Vec<_>>>().filter(|to| !to.is_empty())
    }
}

/// `/x/*` is two conditions, `/x` and the prefix `/x/`: what replaces either of them can't be one text.
fn doubled_slash(said: &Tree, below: &Traced<PathPattern>, ours: bool) -> Diagnostic {
    let mut finding = Diagnostic::error(
        Code::CONFLICT,
        "one text can't replace both a path and the stem of those below it",
    );
    if let Some(span) = said.origin.span() {
        finding = finding.at(span, "replaces both");
    }
    if let Some(span) = below.origin.span() {
        finding = finding.at(span, "this path alone, and all that lies below it");
    }
    let finding = finding.note("Istio would glue the rest of the path to it, without the slash between them");
    match said.as_str().filter(|_| ours) {
        Some(text) => {
            finding.help(format!("write `rewrite=\"{text}\"` on the route's line, which says both"))
        }
        None => finding.help(
            "write two routes, one for the path and one for what lies below it: `\"/x\"` and `\"/x/…*\"`",
        ),
    }
}

fn two_ways(field: &Field, to: &node::Destination) -> Diagnostic {
    let finding =
        Diagnostic::error(Code::CONFLICT, "a route leads to a service, or does something else, not both")
            .at(to.word, "leads to a service");
    let finding = match field.tree.origin.span() {
        Some(span) => finding.at(span, "does something else"),
        None => finding,
    };
    finding.help("keep one of the two")
}

/// A length of time that is said, unless it is said that there is none.
fn length(said: &Spanned<Option<IstioDuration>>) -> Option<Traced<IstioDuration>> {
    Some(Traced::new(said.value.clone()?, Origin::spec(said.span)))
}

fn paths(node: &node::Route, report: &mut Report) -> Vec<Traced<PathPattern>> {
    if node.paths.is_empty() && !node.paths_lost {
        return vec![Traced::new(PathPattern::Everything, Origin::spec(node.word))];
    }
    let mut found = Vec::new();
    for text in &node.paths {
        match PathPattern::parse(text.as_str()) {
            Ok(path) => found.push(Traced::said(path, text)),
            Err(error) => report.push(name_finding(Code::INVALID_PATH, text, error, "path")),
        }
    }
    found
}

fn rewrite(text: Option<&Text>, report: &mut Report) -> Option<Traced<String>> {
    let text = text?;
    match PathPattern::parse(text.as_str()) {
        Ok(PathPattern::Exact(path)) => Some(Traced::said(path, text)),
        Ok(_) => {
            report.push(
                Diagnostic::error(Code::INVALID_PATH, format!("`{}` can't replace a path", text.as_str()))
                    .at_text(text, "a path to write, so without `*`"),
            );
            None
        }
        Err(error) => {
            report.push(name_finding(Code::INVALID_PATH, text, error, "path"));
            None
        }
    }
}

fn check_weights(nodes: &[&node::Destination], report: &mut Report) {
    if nodes.len() < 2 {
        return;
    }
    for node in nodes.iter().filter(|node| node.weight.is_none()) {
        report.push(
            Diagnostic::error(Code::MISSING_WORD, "one of several destinations has no weight")
                .at(node.word, "would get no requests")
                .help("add `weight=…` to each"),
        );
    }
    let sum: u64 = nodes.iter().filter_map(|node| node.weight.as_ref()).map(|w| u64::from(w.value)).sum();
    if sum == 0 && nodes.iter().all(|node| node.weight.is_some()) {
        report.push(
            Diagnostic::error(Code::WRONG_VALUE, "all weights of this route are zero")
                .at(nodes[0].word, "nothing would be served")
                .help("give those that are to answer a weight from 1"),
        );
    }
    if sum > u64::from(u32::MAX) {
        report.push(
            Diagnostic::error(Code::WRONG_VALUE, format!("the weights of this route are {sum} together"))
                .at(nodes[0].word, format!("Envoy counts to {} only", u32::MAX))
                .help("a share is a weight beside the others: 9 and 1 say the same as 90 and 10"),
        );
    }
}
