//! Names that a certificate is for.

use std::fmt;
use std::net::IpAddr;

use super::super::name::HostName;

const NOBODY: &str = "nobody.invalid";

/// A subject alternative name (RFC 5280 §4.2.1.6) as a spec can say it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AltName {
    /// A DNS name, normalised; its first label may be `*`.
    Dns(String),
    /// An e-mail address.
    Email(String),
    /// A URI, such as a SPIFFE id.
    Uri(String),
    /// An IP address.
    Ip(IpAddr),
}

impl AltName {
    /// The DNS name of a host.
    #[must_use]
    pub fn of_host(name: &HostName) -> Self {
        Self::Dns(name.to_string())
    }

    /// The name that a host asks for which is to let in nobody: no name ends in `.invalid` (RFC 2606 §2).
    #[must_use]
    pub fn nobody() -> Self {
        Self::Dns(NOBODY.to_owned())
    }

    /// Whether a client of this name would be taken for [`AltName::nobody`]: Envoy reads a wildcard in a certificate as one.
    #[must_use]
    pub fn is_for_nobody(&self) -> bool {
        matches!(self, Self::Dns(name) if [NOBODY, "*.invalid"].contains(&name.as_str()))
    }
}

impl fmt::Display for AltName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) | Self::Email(name) | Self::Uri(name) => f.write_str(name),
            Self::Ip(address) => address.fmt(f),
        }
    }
}
