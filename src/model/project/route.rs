//! Routes and where they lead.

use super::super::name::Label;
use super::super::path::PathPattern;
use crate::spec::node::{IstioDuration, Layer};
use crate::spec::tree::{Tree, Value};
use crate::spec::{Origin, Span, Traced};

/// The routes of a host that live in one namespace.
#[derive(Debug, Clone)]
pub struct NamespaceRoutes {
    /// The namespace.
    pub namespace: Traced<Label>,
    /// The routes in the order in which they are tried: `in-order`, or to be sorted path by path.
    pub routes: Vec<Route>,
    /// Whether the written order holds.
    pub in_order: bool,
}

/// Paths and where they go.
#[derive(Debug, Clone)]
pub struct Route {
    /// The word that made it: `route`, or `to` of a host.
    pub word: Span,
    /// The paths, never empty.
    pub paths: Vec<Traced<PathPattern>>,
    /// Where requests go; empty only where `layer` says it.
    pub to: Vec<Destination>,
    /// What replaces the matched part of the path.
    pub rewrite: Option<Traced<String>>,
    /// How long an answer may take.
    pub timeout: Option<Traced<IstioDuration>>,
    /// What else the rule says.
    pub layer: Layer,
}

impl Route {
    /// What requests must be like beside their path, one of these; none where some matcher takes them all.
    #[must_use]
    pub fn asks(&self) -> &[Tree] {
        let all = self.matchers();
        if all.iter().all(|matcher| conditions(matcher) > 0) { all } else { &[] }
    }

    /// The items of `match`.
    #[must_use]
    pub fn matchers(&self) -> &[Tree] {
        match self.layer.get("match").map(|field| &field.tree.value) {
            Some(Value::List(items)) => items,
            _ => &[],
        }
    }
}

/// A service, a port, a share.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The full name of the service.
    pub host: Traced<String>,
    /// Its port.
    pub port: Option<Traced<u16>>,
    /// The subset.
    pub subset: Option<Traced<Label>>,
    /// The share of requests, beside the others.
    pub weight: Option<Traced<u32>>,
    /// What else the destination says.
    pub layer: Layer,
    /// The word that made it.
    pub origin: Origin,
}

/// Fields of Istio's HTTPMatchRequest that leave no request out.
const ASKING_NOTHING: [&str; 3] = ["name", "statPrefix", "ignoreUriCase"];

/// How much a matcher asks of a request: the number of its conditions.
#[must_use]
pub fn conditions(matcher: &Tree) -> usize {
    fn count(tree: &Tree) -> usize {
        match &tree.value {
            Value::Map(fields) if !fields.is_empty() => fields.iter().map(|field| count(&field.tree)).sum(),
            Value::List(items) if !items.is_empty() => items.iter().map(count).sum(),
            _ => 1,
        }
    }
    match &matcher.value {
        Value::Map(fields) => {
            let asking = fields.iter().filter(|field| !ASKING_NOTHING.contains(&&*field.name));
            asking.map(|field| count(&field.tree)).sum()
        }
        _ => 0,
    }
}
