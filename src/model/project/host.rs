//! A host and how it speaks TLS.

use std::collections::BTreeSet;

use super::super::name::{HostName, ObjectName};
use super::{AltName, AuthorityId, CredentialId, GatewayId, NamespaceRoutes};
use crate::schema::words::Content;
use crate::spec::node::HttpMode;
use crate::spec::tree::Field;
use crate::spec::{Origin, Span, Traced};

/// A host that is served over HTTPS.
#[derive(Debug, Clone)]
pub struct Host {
    /// The word itself.
    pub word: Span,
    /// Its name as written: where findings about it point. The full name may also come from its domain.
    pub place: Span,
    /// Its full name.
    pub name: Traced<HostName>,
    /// The domain that it joins.
    pub domain: Option<Traced<String>>,
    /// Its gateway.
    pub gateway: GatewayId,
    /// That gateway, with what chose it.
    pub gateway_origin: Origin,
    /// Where its certificate says the same name: a server lists it for either.
    pub also_listed: Option<Origin>,
    /// Its key pair.
    pub credential: CredentialId,
    /// The Secrets that its server shows while its own is not there yet.
    pub stand_ins: Vec<ObjectName>,
    /// How TLS is spoken.
    pub tls: Traced<TlsMode>,
    /// What says whose clients are let in, where it asks for a certificate.
    pub clients_origin: Origin,
    /// The names that clients must have, where not all of an authority are let in; sorted.
    pub client_names: Vec<Traced<AltName>>,
    /// What port 80 does.
    pub http: Traced<HttpMode>,
    /// Its routes, one list a namespace, sorted by namespace; each list in the order in which routes are tried.
    pub routes: Vec<NamespaceRoutes>,
    /// What else the `tls` of its server says.
    pub tls_layer: Vec<Field>,
    /// What else its server says.
    pub server: Vec<Field>,
    /// What else its VirtualServices say.
    pub virtual_service: Option<Content>,
    /// Codes that are settled here, at its domain or at its gateway.
    pub settled: BTreeSet<String>,
}

/// How a server speaks TLS; each mode holds what it needs and no more.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TlsMode {
    /// The server shows a certificate.
    Simple,
    /// The client must show one that these sign.
    Mutual(ClientTrust),
    /// The client may show one, which these must then have signed.
    OptionalMutual(ClientTrust),
}

/// Whose clients are let in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClientTrust {
    /// The clients of these authorities: sorted, each once, never empty.
    Authorities(Vec<AuthorityId>),
    /// Only those of their clients that have one of these names: both sorted, each once, never empty.
    Clients {
        /// Who signs them.
        authorities: Vec<AuthorityId>,
        /// Their names, one a client.
        names: Vec<AltName>,
    },
    /// Whatever the external Secret, or the `-cacert` one beside it, says.
    External,
}

impl TlsMode {
    /// Istio's name of the mode.
    #[must_use]
    pub fn istio(&self) -> &'static str {
        match self {
            Self::Simple => "SIMPLE",
            Self::Mutual(_) => "MUTUAL",
            Self::OptionalMutual(_) => "OPTIONAL_MUTUAL",
        }
    }

    /// The authorities whose clients are let in, if they are ours to say.
    #[must_use]
    pub fn client_authorities(&self) -> &[AuthorityId] {
        match self {
            Self::Mutual(trust) | Self::OptionalMutual(trust) => match trust {
                ClientTrust::Authorities(ids) | ClientTrust::Clients { authorities: ids, .. } => ids,
                ClientTrust::External => &[],
            },
            Self::Simple => &[],
        }
    }
}
