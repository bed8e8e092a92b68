//! The words of the language, a file each: what a node may hold, as written.

mod api;
pub mod authority;
mod below;
pub(crate) mod beside;
pub mod cacerts;
pub mod cert_manager;
pub mod certificate;
pub mod client;
pub(crate) mod context;
pub mod covering;
pub mod domain;
pub mod door;
mod duration;
pub mod gateway;
pub mod host;
mod identity;
mod misplaced;
pub mod object;
pub mod project;
pub(crate) mod read;
pub mod route;
pub mod secrets;
pub mod service;
pub mod settle;
pub mod stands;
mod surplus;
pub(crate) mod unknown;
pub(crate) mod value;
pub mod word;

pub use authority::{Authority, Generation, RevokedSerial};
pub use cacerts::Cacerts;
pub use cert_manager::{CertManager, Challenge};
pub use certificate::{CertificateWords, KeyKind, Source, Subject};
pub use client::{Client, Clients};
pub use covering::Covering;
pub use domain::{Domain, ServingWords};
pub use gateway::{Gateway, HttpMode};
pub use host::{Host, Tls, TlsMode};
pub use object::Object;
pub(crate) use object::with_article;
pub use project::{FluxSubstitute, ProjectSettings};
pub use route::{Destination, IstioDuration, Route};
pub use secrets::{CaIn, Filter, Secrets};
pub use service::{Service, Subset};
pub use settle::Settle;
pub use stands::Layer;
pub use word::{Argument, Choice, Form, Item, Type, Word};

use super::lost::Lost;
use super::part::Part;
use super::source::Span;
use crate::diag::Code;
use word::Item as I;

/// What a file below `specs/` may hold.
pub static SPEC_FILE: Word = Word {
    name: "",
    called: "a file below `specs/`",
    doc: "what a project serves, and with which certificates",
    becomes: "",
    argument: Argument::None,
    items: &[&[
        I::node(&secrets::SECRETS),
        I::nodes(&authority::AUTHORITY),
        I::nodes(&gateway::GATEWAY),
        I::nodes(&domain::DOMAIN),
        I::nodes(&host::HOST),
        I::nodes(&route::ROUTE_OUTSIDE),
        I::nodes(&covering::CERTIFICATE_OUTSIDE),
        I::nodes(&cacerts::CACERTS),
        I::nodes(&client::CLIENT),
        I::nodes(&client::CLIENTS),
        I::nodes(&service::SERVICE),
        I::nodes(&object::RESOURCE),
    ]],
    labels: false,
};

/// What the file `gatewright.kdl` may hold.
pub static PROJECT_FILE: Word = Word {
    name: "",
    called: "the file `gatewright.kdl`",
    doc: "settings of the whole project",
    becomes: "",
    argument: Argument::None,
    items: &[project::ITEMS, &[I::node(&secrets::SECRETS), I::nodes(&settle::SETTLE)]],
    labels: false,
};

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
    /// `certificate` nodes that stand outside a domain.
    pub certificates: Vec<Covering>,
    /// `cacerts` nodes.
    pub cacerts: Vec<Cacerts>,
    /// `client` nodes.
    pub clients: Vec<Client>,
    /// `clients` nodes, with the clients that stand in them.
    pub groups: Vec<Clients>,
    /// `service` nodes.
    pub services: Vec<Service>,
    /// Nodes of a kind, and `resource` nodes.
    pub objects: Vec<Object>,
    /// The words of nodes in which something could not be read, sorted: what such a node seems not to say, it may have
    /// said. So nobody complains about what is missing there.
    pub damaged: Vec<Span>,
    /// Whole nodes and files that could not be read: a name that seems not to exist may stand there.
    pub lost: Vec<Lost>,
    /// What is said in schema words and could be read in part only; it is nowhere else.
    pub partial: Vec<Part>,
    /// Codes that are settled at a node, with the whole of that node.
    pub decisions: Vec<(Span, Code)>,
}

impl Spec {
    /// Whether something in the node with this word could not be read.
    #[must_use]
    pub fn is_damaged(&self, word: Span) -> bool {
        self.damaged.binary_search(&word).is_ok()
    }

    /// Whether what could not be read may say who can open sealed files.
    #[must_use]
    pub fn may_say_recipients(&self) -> bool {
        self.lost.iter().any(Lost::may_say_recipients)
            || self.secrets.as_ref().is_some_and(|secrets| self.is_damaged(secrets.word))
            || self.authorities.iter().any(|authority| self.is_damaged(authority.word))
    }
}
