//! The words of the language, a file each: what a node may hold, as written.

pub mod authority;
pub mod certificate;
pub mod client;
pub mod domain;
pub mod gateway;
pub mod host;
pub mod project;
pub mod route;
pub mod secrets;
pub mod service;
pub mod settle;

pub use authority::{Authority, Generation};
pub use certificate::{CertificateWords, KeyKind, Source, Subject};
pub use client::Client;
pub use domain::{Domain, ServingWords};
pub use gateway::{Gateway, HttpMode};
pub use host::{Host, Tls, TlsMode};
pub use project::{FluxSubstitute, ProjectSettings};
pub use route::{Destination, IstioDuration, Route};
pub use secrets::{CaIn, Filter, Secrets};
pub use service::{Service, Subset};
pub use settle::Settle;

/// Everything that all files of a project say, as written, in path order.
#[derive(Debug, Clone, Default)]
pub struct Spec {
    /// `gatewright.kdl`.
    pub project: ProjectSettings,
    /// `secrets`, at most once.
    pub secrets: Option<Secrets>,
    /// `authority` nodes.
    pub authorities: Vec<Authority>,
    /// `gateway` nodes.
    pub gateways: Vec<Gateway>,
    /// `domain` nodes with the hosts that stand in them.
    pub domains: Vec<Domain>,
    /// `host` nodes that stand outside a domain.
    pub hosts: Vec<Host>,
    /// `route` nodes that stand outside a host.
    pub routes: Vec<Route>,
    /// `client` nodes.
    pub clients: Vec<Client>,
    /// `service` nodes.
    pub services: Vec<Service>,
}
