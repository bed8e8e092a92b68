//! `service "reviews" { subset "v1" version="v1" }`: a DestinationRule.

use crate::spec::source::{Span, Text};

/// A service as written.
#[derive(Debug, Clone)]
pub struct Service {
    /// The word itself.
    pub word: Span,
    /// `reviews`, `reviews.namespace`, or a full name.
    pub name: Text,
    /// `namespace="ns"`
    pub namespace: Option<Text>,
    /// Its subsets, as written.
    pub subsets: Vec<Subset>,
}

/// `subset "v1" version="v1"`: pods of the service with these labels.
#[derive(Debug, Clone)]
pub struct Subset {
    /// The word itself.
    pub word: Span,
    /// Its name, a DNS label.
    pub name: Text,
    /// Labels, as written.
    pub labels: Vec<(Text, Text)>,
}
