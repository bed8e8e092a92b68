//! What a Secret's annotations say of its certificate, so that people and monitoring can read it without decoding one.

use sha2::{Digest as _, Sha256};

use crate::pki::{Certificate, San};

/// The annotation that says which authorities follow the certificate, by the SHA-256 of their PEM: it may be sealed.
pub const CHAIN_DIGEST: &str = "gatewright.dev/chain-sha256";

/// What it says of them, from below.
#[must_use]
pub fn chain_digest(chain: &[&Certificate]) -> String {
    let above: String = chain.iter().map(|authority| authority.to_pem()).collect();
    Sha256::digest(above).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statement {
    /// Its subject.
    Subject,
    /// Its DNS names, sorted, with commas between; left out where there are none.
    Names,
    /// Its other names, likewise; left out where there are none.
    OtherNames,
    /// Its last second.
    End,
    /// The SHA-256 of its DER form, in hex.
    Digest,
    /// Its issuer.
    Issuer,
}

impl Statement {
    /// All of them, in the order of the file.
    pub const ALL: [Self; 6] =
        [Self::Subject, Self::Names, Self::OtherNames, Self::End, Self::Digest, Self::Issuer];

    /// The annotation's name.
    #[must_use]
    pub fn annotation(self) -> &'static str {
        match self {
            Self::Subject => "gatewright.dev/subject",
            Self::Names => "gatewright.dev/dns-names",
            Self::OtherNames => "gatewright.dev/other-names",
            Self::End => "gatewright.dev/not-after",
            Self::Digest => "gatewright.dev/sha256",
            Self::Issuer => "gatewright.dev/issuer",
        }
    }

    /// What it says of a certificate.
    #[must_use]
    pub fn of(self, certificate: &Certificate) -> String {
        match self {
            Self::Subject => certificate.subject().to_string(),
            Self::Names => names(certificate, true),
            Self::OtherNames => names(certificate, false),
            Self::End => certificate.not_after().to_string(),
            Self::Digest => certificate.sha256().to_owned(),
            Self::Issuer => certificate.issuer().to_string(),
        }
    }
}

/// Its DNS names, or all others.
fn names(certificate: &Certificate, dns: bool) -> String {
    let wanted = certificate.sans().iter().filter(|san| matches!(san, San::Dns(_)) == dns);
    let mut names: Vec<_> = wanted.map(ToString::to_string).collect();
    names.sort();
    names.join(",")
}
