//! `route "/x" "/y/*" to="shop:8080"`: which paths of a host go where.

use crate::spec::source::{Span, Spanned, Text};

/// A route as written.
#[derive(Debug, Clone)]
pub struct Route {
    /// The word itself.
    pub word: Span,
    /// Paths; none is everything.
    pub paths: Vec<Text>,
    /// `host="…"`: only outside a host, and there it must be said.
    pub host: Option<Text>,
    /// `namespace="ns"`: where this route lives.
    pub namespace: Option<Text>,
    /// `to="shop:8080"`, or `to` nodes with weights.
    pub to: Vec<Destination>,
    /// `rewrite="/app"`
    pub rewrite: Option<Text>,
    /// `timeout="300s"`
    pub timeout: Option<Spanned<IstioDuration>>,
}

/// `to="reviews:9080"`, or `to "reviews:9080" subset="v1" weight=90`
#[derive(Debug, Clone)]
pub struct Destination {
    /// The word or property name.
    pub word: Span,
    /// `service`, `service:port`, `service.namespace:port`, or a full name.
    pub service: Text,
    /// `subset="v1"`
    pub subset: Option<Text>,
    /// `weight=90`, 0 to 100.
    pub weight: Option<Spanned<u32>>,
}

/// A length of time as Istio writes it: hours, minutes, seconds and milliseconds such as `1h`, `1m30s`, `500ms`, at
/// least one millisecond. Kept as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IstioDuration(pub(super) String);

impl IstioDuration {
    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
