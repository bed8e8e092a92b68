//! A host's routes → Istio `VirtualService`, one a namespace.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::gateway::Placement;
use super::{Field, Resource, ResourceId, Tree, Value, layer, metadata};
use crate::diag::Report;
use crate::model::{Condition, Destination, Host, NamespaceRoutes, PathPattern, Project, Route, UriMatch};
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
    /// Its place among the others.
    place: Place,
}

/// What is tried first: by the path, then what asks more, then what minds the case.
#[derive(Clone)]
struct Place {
    path: UriMatch,
    asks: usize,
    any_case: bool,
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
    let taken = exact_paths(routes);
    let mut steps: Vec<Step<'_>> = routes.routes.iter().flat_map(|route| steps(route, &taken)).collect();
    if !routes.in_order {
        let rest = |step: &Step<'_>| (Reverse(step.place.asks), step.place.any_case);
        steps.sort_by(|a, b| a.place.path.specificity(&b.place.path).then_with(|| rest(a).cmp(&rest(b))));
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

/// The paths that routes take alone, whatever else a request is like.
fn exact_paths(routes: &NamespaceRoutes) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for condition in routes.routes.iter().flat_map(Route::conditions) {
        if let (PathPattern::Exact(path), true) = (&*condition.path, condition.asks_nothing()) {
            found.insert(path.clone());
        }
    }
    found
}

/// The matches of one route. The exact half of `/x/*` gives way to a route for `/x` itself.
fn steps<'a>(route: &'a Route, taken: &BTreeSet<String>) -> Vec<Step<'a>> {
    let mut found = Vec::new();
    for path in &route.paths {
        let below = matches!(path.value, PathPattern::Below(_));
        for mut uri in path.value.matches() {
            if below && matches!(&uri, UriMatch::Exact(exact) if taken.contains(exact)) {
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
            let step = |matcher| Step {
                place: Place::of(&Condition::new(path, matcher), &uri),
                uri: uri.clone(),
                matcher,
                origin: &path.origin,
                rewrite: rewrite.clone(),
                route,
            };
            match matchers {
                [] => found.push(step(None)),
                several => found.extend(several.iter().map(|one| step(Some(one)))),
            }
        }
    }
    found
}

impl Place {
    /// That of one match: by its own path, or that of its matcher.
    fn of(condition: &Condition<'_>, uri: &UriMatch) -> Self {
        let own = || condition.path.matches().into_iter().next().unwrap_or(UriMatch::Any);
        let path = if *uri == UriMatch::Any { own() } else { uri.clone() };
        Self { path, asks: condition.weight(), any_case: condition.any_case }
    }
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
    let taken = |field: &Field| field.name == "match" && !first.route.matchers().is_empty();
    let said: Vec<_> = first.route.layer.fields.iter().filter(|field| !taken(field)).cloned().collect();
    layer::fields(&mut tree, &said, report);
    tree
}

/// One item of `match`: the path, and whatever else the route asks of requests.
fn condition(step: &Step<'_>, report: &mut Report) -> Option<Tree> {
    let uri = match &step.uri {
        UriMatch::Exact(path) => Some(("exact", path)),
        UriMatch::Prefix(path) => Some(("prefix", path)),
        UriMatch::Regex(pattern) => Some(("regex", pattern)),
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
