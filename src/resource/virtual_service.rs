//! A host's routes → Istio `VirtualService`, one a namespace.

use std::cmp::Reverse;

use super::gateway::Placement;
use super::{Resource, ResourceId, Tree, Value, layer, metadata};
use crate::diag::Report;
use crate::model::{Destination, Host, NamespaceRoutes, PathPattern, Project, Route, UriMatch, conditions};
use crate::spec::{Origin, Traced};

/// One match and what happens to requests that it takes.
#[derive(Clone)]
struct Step<'a> {
    uri: UriMatch,
    /// What else requests must be like.
    matcher: Option<&'a Tree>,
    /// The path that it comes from.
    origin: &'a Origin,
    rewrite: Option<Traced<String>>,
    route: &'a Route,
}

/// Steps that are neighbours and do the same.
struct Rule<'a> {
    steps: Vec<Step<'a>>,
}

/// The VirtualServices of all hosts that have routes.
pub(super) fn all(project: &Project, placement: &Placement<'_>, report: &mut Report) -> Vec<Resource> {
    let mut found = Vec::new();
    for host in &project.hosts {
        let Some(gateway) = placement.reference(host) else { continue };
        found.extend(host.routes.iter().map(|routes| one(host, routes, &gateway, report)));
    }
    found
}

fn one(host: &Host, routes: &NamespaceRoutes, gateway: &Traced<String>, report: &mut Report) -> Resource {
    let origin = Origin::spec(host.word);
    let name = host.name.value.object_name();
    let rules: Vec<_> = rules(routes).iter().map(|one| rule(one, report)).collect();
    let mut spec = Tree::map(&origin)
        .with("hosts", Tree::list(vec![Tree::traced(&host.name)], &host.name.origin))
        .with("gateways", Tree::list(vec![Tree::traced(gateway)], &gateway.origin));
    if !rules.is_empty() {
        spec = spec.with("http", Tree::list(rules, &origin));
    }
    let mut tree = metadata::known(
        "networking.istio.io/v1",
        "VirtualService",
        Tree::string(name.clone(), &host.name.origin),
        Tree::traced(&routes.namespace),
        &origin,
    )
    .with("spec", spec);
    layer::door(&mut tree, host.virtual_service.as_ref(), report);
    Resource {
        id: ResourceId {
            namespace: Some(routes.namespace.value.to_string()),
            group: "networking.istio.io".into(),
            kind: "VirtualService".into(),
            name,
        },
        word: "host".into(),
        name: host.name.value.to_string(),
        tree,
    }
}

/// Matches in the order in which Envoy tries them, neighbours of equal action together.
fn rules(routes: &NamespaceRoutes) -> Vec<Rule<'_>> {
    let mut steps: Vec<Step<'_>> = routes.routes.iter().flat_map(|route| steps(route, routes)).collect();
    if !routes.in_order {
        let asks = |step: &Step<'_>| Reverse(step.matcher.map_or(0, conditions));
        steps.sort_by(|a, b| a.place().specificity(&b.place()).then_with(|| asks(a).cmp(&asks(b))));
    }
    let mut rules: Vec<Rule<'_>> = Vec::new();
    for step in steps {
        match rules.last_mut() {
            Some(rule) if rule.steps.last().is_some_and(|last| same_action(last, &step)) => {
                rule.steps.push(step)
            }
            _ => rules.push(Rule { steps: vec![step] }),
        }
    }
    rules
}

/// The matches of one route. The exact half of `/x/*` gives way to a route for `/x` itself.
fn steps<'a>(route: &'a Route, routes: &'a NamespaceRoutes) -> Vec<Step<'a>> {
    let taken = |path: &str| {
        routes
            .routes
            .iter()
            .filter(|other| other.asks().is_empty())
            .flat_map(|other| &other.paths)
            .any(|other| matches!(&other.value, PathPattern::Exact(exact) if exact == path))
    };
    let mut found = Vec::new();
    for path in &route.paths {
        let below = matches!(path.value, PathPattern::Below(_));
        for mut uri in path.value.matches() {
            if matches!((&path.value, &uri), (PathPattern::Below(_), UriMatch::Exact(exact)) if taken(exact))
            {
                continue;
            }
            let rewrite = route
                .rewrite
                .as_ref()
                .map(|to| Traced::new(uri.rewrite(&to.value, below), to.origin.clone()));
            let matchers = route.matchers();
            if rewrite.is_some()
                && uri == UriMatch::Any
                && !matchers.iter().any(|one| one.get("uri").is_some())
            {
                uri = UriMatch::Prefix("/".to_owned());
            }
            let step = Step { uri, matcher: None, origin: &path.origin, rewrite, route };
            match matchers {
                [] => found.push(step),
                several => {
                    found.extend(several.iter().map(|one| Step { matcher: Some(one), ..step.clone() }))
                }
            }
        }
    }
    found
}

fn same_action(a: &Step<'_>, b: &Step<'_>) -> bool {
    let destination = |to: &Destination| {
        (
            to.host.value.clone(),
            to.port.as_ref().map(|port| port.value),
            to.subset.as_ref().map(|subset| subset.value.clone()),
            to.weight.as_ref().map(|weight| weight.value),
        )
    };
    let plain =
        |step: &Step<'_>| step.route.layer.is_empty() && step.route.to.iter().all(|to| to.layer.is_empty());
    (std::ptr::eq(a.route, b.route) || plain(a) && plain(b))
        && a.is_catch_all() == b.is_catch_all()
        && a.rewrite.as_ref().map(|to| &to.value) == b.rewrite.as_ref().map(|to| &to.value)
        && a.route.timeout.as_ref().map(|time| &time.value)
            == b.route.timeout.as_ref().map(|time| &time.value)
        && a.route.to.iter().map(destination).eq(b.route.to.iter().map(destination))
}

impl Step<'_> {
    /// The path by which it finds its place among the others: its own, or that of its matcher.
    fn place(&self) -> UriMatch {
        let said = |how| self.matcher?.at(&["uri", how])?.as_str();
        match (&self.uri, said("exact"), said("prefix")) {
            (UriMatch::Any, Some(path), _) => UriMatch::Exact(path.to_owned()),
            (UriMatch::Any, None, Some(path)) => UriMatch::Prefix(path.to_owned()),
            (uri, ..) => uri.clone(),
        }
    }

    /// Whether it takes whatever comes.
    fn is_catch_all(&self) -> bool {
        self.uri == UriMatch::Any && self.matcher.is_none()
    }
}

fn rule(rule: &Rule<'_>, report: &mut Report) -> Tree {
    let first = &rule.steps[0];
    let origin = Origin::spec(first.route.word);
    let matches: Vec<_> = rule.steps.iter().filter_map(|step| condition(step, report)).collect();
    let mut tree = Tree::map(&origin);
    if !matches.is_empty() {
        tree = tree.with("match", Tree::list(matches, &origin));
    }
    if let Some(to) = merged(rule, |step| step.rewrite.as_ref()) {
        tree = tree.with("rewrite", Tree::map(&to.origin).with("uri", Tree::traced(&to)));
    }
    let to: Vec<_> = (0..first.route.to.len()).map(|i| destination(rule, i, report)).collect();
    if !to.is_empty() {
        tree = tree.with("route", Tree::list(to, &origin));
    }
    if let Some(timeout) = merged(rule, |step| step.route.timeout.as_ref()) {
        tree = tree.with("timeout", Tree::string(timeout.value.as_str().to_owned(), &timeout.origin));
    }
    let said: Vec<_> =
        first.route.layer.fields.iter().filter(|field| field.name != "match").cloned().collect();
    layer::fields(&mut tree, &said, report);
    tree
}

/// One item of `match`: the path, and whatever else the route asks of requests.
fn condition(step: &Step<'_>, report: &mut Report) -> Option<Tree> {
    let uri = match &step.uri {
        UriMatch::Exact(path) => Some(("exact", path)),
        UriMatch::Prefix(path) => Some(("prefix", path)),
        UriMatch::Any => None,
    };
    let uri = uri.map(|(how, path)| {
        let value = Tree::string(path.clone(), step.origin);
        Tree::map(step.origin).with("uri", Tree::map(step.origin).with(how, value))
    });
    let (Some(mut tree), Some(matcher)) = (uri.clone(), step.matcher) else {
        return uri.or_else(|| step.matcher.cloned());
    };
    tree.origin = tree.origin.and(&matcher.origin);
    if let Value::Map(fields) = &matcher.value {
        layer::fields(&mut tree, fields, report);
    }
    Some(tree)
}

/// A value that all steps of a rule share, with the reasons of all.
fn merged<'a, T: Clone + 'a>(
    rule: &'a Rule<'_>,
    get: impl Fn(&'a Step<'_>) -> Option<&'a Traced<T>>,
) -> Option<Traced<T>> {
    let mut values = rule.steps.iter().filter_map(get);
    let first = values.next()?.clone();
    Some(values.fold(first, |all, one| Traced::new(all.value, all.origin.and(&one.origin))))
}

fn destination(rule: &Rule<'_>, i: usize, report: &mut Report) -> Tree {
    let first = &rule.steps[0].route.to[i];
    let origin = &first.origin;
    let mut place = Tree::map(origin);
    if let Some(host) = merged(rule, |step| step.route.to.get(i).map(|to| &to.host)) {
        place = place.with("host", Tree::traced(&host));
    }
    if let Some(subset) = merged(rule, |step| step.route.to.get(i).and_then(|to| to.subset.as_ref())) {
        place = place.with("subset", Tree::traced(&subset));
    }
    if let Some(port) = merged(rule, |step| step.route.to.get(i).and_then(|to| to.port.as_ref())) {
        place = place
            .with("port", Tree::map(&port.origin).with("number", Tree::int(port.value.into(), &port.origin)));
    }
    let mut tree = Tree::map(origin).with("destination", place);
    if let Some(weight) = merged(rule, |step| step.route.to.get(i).and_then(|to| to.weight.as_ref())) {
        tree = tree.with("weight", Tree::int(weight.value.into(), &weight.origin));
    }
    layer::fields(&mut tree, &first.layer.fields, report);
    tree
}
