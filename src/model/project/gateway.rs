//! A gateway.

use std::collections::BTreeSet;

use super::super::name::Label;
use crate::spec::node::{HttpMode, Layer};
use crate::spec::tree::Field;
use crate::spec::{Origin, Span, Traced};

/// A gateway: one Gateway resource, or one a certificate.
#[derive(Debug, Clone)]
pub struct Gateway {
    /// The word itself.
    pub word: Span,
    /// Its name.
    pub name: Traced<Label>,
    /// Namespace of the Gateway resource.
    pub namespace: Traced<Label>,
    /// Namespace of the gateway's pods: their Secrets must lie there.
    pub workload_namespace: Traced<Label>,
    /// Labels of the gateway's pods, sorted by key.
    pub selector: Vec<(Traced<String>, Traced<String>)>,
    /// Reason of the selector as a whole.
    pub selector_origin: Origin,
    /// The HTTPS port.
    pub port: Traced<u16>,
    /// The plain HTTP port.
    pub http_port: Traced<u16>,
    /// What the HTTP port does for hosts that say nothing else.
    pub http: Traced<HttpMode>,
    /// One Gateway resource a certificate: the reason, if so.
    pub per_certificate: Option<Origin>,
    /// What else `metadata` of its Gateway resources says.
    pub metadata: Vec<Field>,
    /// What else its Gateway resource says.
    pub layer: Layer,
    /// Codes that are settled here.
    pub settled: BTreeSet<String>,
}
