//! Routes and where they lead.

use super::super::name::Label;
use super::super::path::PathPattern;
use crate::spec::node::{IstioDuration, Layer};
use crate::spec::tree::{Field, Tree, Value};
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

/// Fields of a rule that say what happens to its requests in place of `to`.
const LEADS: [&str; 4] = ["route", "redirect", "directResponse", "delegate"];

impl Route {
    /// Whether nothing says what happens to its requests: its destination could not be resolved.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.to.is_empty() && Self::leads(&self.layer).is_none()
    }

    /// The field in Istio's words that says what happens to requests.
    #[must_use]
    pub fn leads(layer: &Layer) -> Option<&Field> {
        LEADS.iter().filter_map(|name| layer.get(name)).find(|field| field.tree.value != Value::Null)
    }

    /// The items of `match`, where it is a list of matchers. In any other form it is a field as all others: laid over the
    /// rule, and held against its kind.
    #[must_use]
    pub fn matchers(&self) -> &[Tree] {
        let is_matcher = |item: &Tree| matches!(item.value, Value::Map(_));
        match self.layer.get("match").map(|field| &field.tree.value) {
            Some(Value::List(items)) if items.iter().all(is_matcher) => items,
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
