//! What a chain is for: whoever checks one for a purpose asks it of every authority in it.

use crate::pki::Certificate;

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
}
