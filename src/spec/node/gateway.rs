//! `gateway "name" { selector istio="ingressgateway" }`: a Gateway resource, or one a certificate.

use super::Settle;
use crate::spec::source::{Span, Spanned, Text};

/// A gateway as written.
#[derive(Debug, Clone)]
pub struct Gateway {
    /// The word itself.
    pub word: Span,
    /// Its name, that of the Gateway resource: a DNS label.
    pub name: Text,
    /// `namespace="default"`: of the Gateway resource.
    pub namespace: Option<Text>,
    /// `workload-namespace="istio-system"`: of the gateway's pods, where its Secrets go.
    pub workload_namespace: Option<Text>,
    /// `selector istio="ingressgateway"`: labels of the gateway's pods.
    pub selector: Option<Vec<(Text, Text)>>,
    /// `port 443`
    pub port: Option<Spanned<u16>>,
    /// `http-port 80`
    pub http_port: Option<Spanned<u16>>,
    /// `http=redirect`: what the HTTP port does.
    pub http: Option<Spanned<HttpMode>>,
    /// `per-certificate`: one Gateway resource a certificate, so that a new host touches no shared file.
    pub per_certificate: Option<Span>,
    /// Findings that the team decided on.
    pub settled: Vec<Settle>,
}

/// What the plain HTTP port does for a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HttpMode {
    /// Answers with a redirect to HTTPS.
    Redirect,
    /// Serves the host's routes in the clear.
    Open,
    /// Nothing listens.
    Off,
}
