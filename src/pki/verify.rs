//! Judging a chain as the other end of a TLS connection would.

use std::time::Duration;

use rustls_pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert};

use crate::pki::Certificate;
use crate::time::Timestamp;

/// Why the other end would not accept a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// It, or one on the way to the root, is over.
    #[error("expired at {not_after}")]
    Expired {
        /// The last second of the one that is over.
        not_after: Timestamp,
    },
    /// It, or one on the way to the root, has not begun.
    #[error("not valid before {not_before}")]
    NotYetValid {
        /// The first second of the one that has not begun.
        not_before: Timestamp,
    },
    /// None of the authorities trusted signed it.
    #[error("not signed by any authority that is trusted")]
    UnknownIssuer,
    /// It names other hosts.
    #[error("not for the host {host}")]
    WrongName {
        /// The host asked for.
        host: String,
    },
    /// It is for clients where a server's is needed, or the other way round, or an authority's own.
    #[error("not for this purpose: {reason}")]
    WrongPurpose {
        /// What it is not for.
        reason: &'static str,
    },
    /// No host name and no IP address.
    #[error("\"{host}\" is neither a host name nor an IP address")]
    NotAHost {
        /// The text.
        host: String,
    },
    /// Anything else that the checker finds.
    #[error("refused: {reason}")]
    Other {
        /// What it said.
        reason: String,
    },
}

/// Whether a TLS client that trusts `roots` and connects to `host` at `now` accepts the server that presents `leaf` and
/// `intermediates`. A root that is over, or not begun, counts as not trusted, as openssl and browsers have it.
///
/// # Errors
/// The first reason to refuse it.
pub fn verify_server(
    leaf: &Certificate,
    intermediates: &[Certificate],
    roots: &[Certificate],
    host: &str,
    now: Timestamp,
) -> Result<(), Rejection> {
    let name = ServerName::try_from(host).map_err(|_| Rejection::NotAHost { host: host.to_owned() })?;
    verify(leaf, intermediates, roots, now, Side::Server)?;
    let der = CertificateDer::from(leaf.der());
    let entity = EndEntityCert::try_from(&der).map_err(|error| Side::Server.rejection(error))?;
    entity.verify_is_valid_for_subject_name(&name).map_err(|error| match error {
        Error::CertNotValidForName(_) => Rejection::WrongName { host: host.to_owned() },
        error => Side::Server.rejection(error),
    })
}

/// Whether a TLS server that trusts `roots` accepts the client that presents `leaf` and `intermediates` at `now`.
///
/// # Errors
/// The first reason to refuse it.
pub fn verify_client(
    leaf: &Certificate,
    intermediates: &[Certificate],
    roots: &[Certificate],
    now: Timestamp,
) -> Result<(), Rejection> {
    verify(leaf, intermediates, roots, now, Side::Client)
}

#[derive(Clone, Copy)]
enum Side {
    Server,
    Client,
}

fn verify(
    leaf: &Certificate,
    intermediates: &[Certificate],
    roots: &[Certificate],
    now: Timestamp,
    side: Side,
) -> Result<(), Rejection> {
    let alive: Vec<&Certificate> = roots.iter().filter(|root| root.is_valid_at(now)).collect();
    let verdict = verify_with(leaf, intermediates, &alive, now, side);
    if verdict != Err(Rejection::UnknownIssuer) {
        return verdict;
    }
    // A dead root that would have done is the better answer than an unknown one.
    for root in roots.iter().filter(|root| !root.is_valid_at(now)) {
        if verify_with(leaf, intermediates, &[root], now, side).is_ok() {
            return Err(if root.not_after() < now {
                Rejection::Expired { not_after: root.not_after() }
            } else {
                Rejection::NotYetValid { not_before: root.not_before() }
            });
        }
    }
    verdict
}

fn verify_with(
    leaf: &Certificate,
    intermediates: &[Certificate],
    roots: &[&Certificate],
    now: Timestamp,
    side: Side,
) -> Result<(), Rejection> {
    let rejection = |error| side.rejection(error);
    let roots: Vec<CertificateDer<'_>> = roots.iter().map(|root| root.der().into()).collect();
    let anchors: Vec<TrustAnchor<'_>> =
        roots.iter().map(anchor_from_trusted_cert).collect::<Result<_, _>>().map_err(rejection)?;
    let between: Vec<CertificateDer<'_>> = intermediates.iter().map(|one| one.der().into()).collect();
    let der = CertificateDer::from(leaf.der());
    let entity = EndEntityCert::try_from(&der).map_err(rejection)?;
    let time = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(now.unix()).unwrap_or(0)));
    entity
        .verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, &between, time, side.usage(), None, None)
        .map(|_| ())
        .map_err(rejection)
}

impl Side {
    fn usage(self) -> KeyUsage {
        match self {
            Self::Server => KeyUsage::server_auth(),
            Self::Client => KeyUsage::client_auth(),
        }
    }

    fn rejection(self, error: Error) -> Rejection {
        match error {
            Error::CertExpired { not_after, .. } => Rejection::Expired { not_after: timestamp(not_after) },
            Error::CertNotValidYet { not_before, .. } => {
                Rejection::NotYetValid { not_before: timestamp(not_before) }
            }
            // A signature that no key with the issuer's name made: the issuer is another one of that name.
            Error::UnknownIssuer | Error::InvalidSignatureForPublicKey => Rejection::UnknownIssuer,
            Error::RequiredEkuNotFoundContext(_) => Rejection::WrongPurpose {
                reason: match self {
                    Self::Server => "it is not a server's",
                    Self::Client => "it is not a client's",
                },
            },
            Error::CaUsedAsEndEntity => Rejection::WrongPurpose { reason: "it is an authority's own" },
            error => Rejection::Other { reason: error.to_string() },
        }
    }
}

fn timestamp(time: UnixTime) -> Timestamp {
    Timestamp::from_unix(i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
}
