//! What a chain is for: whoever checks one for a purpose asks it of every authority in it.

use crate::pki::Certificate;
use crate::spec::node::KeyKind;

/// Whose certificates an authority issues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// Those of TLS servers.
    Servers,
    /// Those of TLS clients.
    Clients,
}

impl Use {
    /// The extended key usage that says so.
    #[must_use]
    pub fn usage(self) -> &'static str {
        match self {
            Self::Servers => "serverAuth",
            Self::Clients => "clientAuth",
        }
    }
}

impl Certificate {
    /// Whether an authority may stand above such certificates: its extended key usage, if it has one, names that purpose.
    #[must_use]
    pub fn allows(&self, use_: Use) -> bool {
        let (servers, clients) = self.facts.names;
        match use_ {
            Use::Servers => servers,
            Use::Clients => clients,
        }
    }

    /// The key usage without which no TLS server can use its key, if it lacks that. A server signs with its key; that of RSA may
    /// be encrypted to instead, up to TLS 1.2. Envoy takes none of ECDSA that may not sign.
    #[must_use]
    pub fn lacks_for_server(&self) -> Option<&'static str> {
        let (signs, enciphers) = self.facts.handshakes;
        let is_ecdsa = matches!(self.key_kind(), Some(KeyKind::EcdsaP256 | KeyKind::EcdsaP384));
        (!signs && (is_ecdsa || !enciphers)).then_some("digitalSignature")
    }
}
