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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::{San, workshop};
    use crate::spec::node::KeyKind;
    use crate::time::Seconds;

    const HOST: &str = "bookinfo.example.com";

    fn soon() -> Timestamp {
        workshop::start() + Seconds::days(1)
    }

    #[test]
    fn every_kind_of_root_is_believed() {
        for kind in KeyKind::ALL {
            let root = workshop::root(kind, 1);
            let leaf = workshop::server(&root, HOST);
            verify_server(&leaf, &[], &[root.certificate().clone()], HOST, soon()).unwrap();
            let client = workshop::client(&root, San::Email("alice@example.com".into()));
            verify_client(&client, &[], &[root.certificate().clone()], soon()).unwrap();
        }
    }

    #[test]
    fn after_a_rotation_the_old_root_fails_and_both_work_in_a_bundle() {
        let (old, new) = (workshop::root(KeyKind::Rsa2048, 1), workshop::root(KeyKind::Rsa2048, 2));
        let leaf = workshop::server(&new, HOST);
        let (old, new) = (old.certificate().clone(), new.certificate().clone());
        let by = |roots: &[Certificate]| verify_server(&leaf, &[], roots, HOST, soon());
        assert_eq!(by(std::slice::from_ref(&old)), Err(Rejection::UnknownIssuer));
        assert_eq!(by(&[]), Err(Rejection::UnknownIssuer));
        assert_eq!(by(std::slice::from_ref(&new)), Ok(()));
        assert_eq!(by(&[old, new]), Ok(()));
    }

    #[test]
    fn times_are_held_for_leaf_and_root() {
        let root = workshop::root(KeyKind::EcdsaP256, 1);
        let leaf = workshop::server(&root, HOST);
        let roots = [root.certificate().clone()];
        let at = |now| verify_server(&leaf, &[], &roots, HOST, now);
        assert_eq!(at(leaf.not_before()), Ok(()));
        assert_eq!(at(leaf.not_after()), Ok(()));
        let expired = Rejection::Expired { not_after: leaf.not_after() };
        assert_eq!(at(leaf.not_after() + Seconds(1)), Err(expired));
        let early = Rejection::NotYetValid { not_before: leaf.not_before() };
        assert_eq!(at(leaf.not_before() - Seconds(1)), Err(early));
    }

    #[test]
    fn a_root_that_is_over_is_not_trusted() {
        let root = workshop::root(KeyKind::EcdsaP256, 1);
        let leaf = workshop::server(&root, HOST);
        // The same root key, but a certificate that ended before the leaf does.
        let subject = workshop::name("example Inc.", "example.com");
        let request = workshop::request(crate::pki::Profile::Root, &subject, &[]);
        let short = crate::pki::Request { not_after: workshop::start() + Seconds::days(10), ..request };
        let short = crate::pki::self_sign(&short, root.key()).unwrap();
        let now = workshop::start() + Seconds::days(11);
        let expired = Rejection::Expired { not_after: short.not_after() };
        assert_eq!(verify_server(&leaf, &[], std::slice::from_ref(&short), HOST, now), Err(expired));
        assert_eq!(verify_server(&leaf, &[], &[short, root.certificate().clone()], HOST, now), Ok(()));
    }

    #[test]
    fn purposes_are_kept_apart() {
        let root = workshop::root(KeyKind::EcdsaP256, 1);
        let roots = [root.certificate().clone()];
        let server = workshop::server(&root, HOST);
        let client = workshop::client(&root, San::Dns(HOST.into()));
        let reason = "it is not a server's";
        assert_eq!(
            verify_server(&client, &[], &roots, HOST, soon()),
            Err(Rejection::WrongPurpose { reason })
        );
        let reason = "it is not a client's";
        assert_eq!(verify_client(&server, &[], &roots, soon()), Err(Rejection::WrongPurpose { reason }));
        let reason = "it is an authority's own";
        assert_eq!(
            verify_client(root.certificate(), &[], &roots, soon()),
            Err(Rejection::WrongPurpose { reason })
        );
    }

    #[test]
    fn a_leaf_is_no_authority_for_another() {
        let root = workshop::root(KeyKind::EcdsaP256, 1);
        let leaf = workshop::server(&root, HOST);
        let roots = [root.certificate().clone()];
        // Presented as an intermediate, trusted as a root: neither makes it one.
        let other = workshop::server(&workshop::root(KeyKind::EcdsaP384, 1), "other.example.com");
        assert!(
            verify_server(&other, std::slice::from_ref(&leaf), &roots, "other.example.com", soon()).is_err()
        );
        assert!(verify_server(&other, &[], &[leaf], "other.example.com", soon()).is_err());
    }

    #[test]
    fn names_are_matched_as_tls_does() {
        let root = workshop::root(KeyKind::EcdsaP256, 1);
        let roots = [root.certificate().clone()];
        let wildcard = workshop::server(&root, "*.apps.example.com");
        let to = |host: &str| verify_server(&wildcard, &[], &roots, host, soon());
        assert_eq!(to("shop.apps.example.com"), Ok(()));
        assert_eq!(to("SHOP.apps.EXAMPLE.com"), Ok(()));
        for host in ["apps.example.com", "a.b.apps.example.com", "example.com", "10.0.0.1"] {
            assert_eq!(to(host), Err(Rejection::WrongName { host: host.into() }));
        }
        for host in ["", "a b", "*.apps.example.com", "shop.apps.example.com:443"] {
            assert_eq!(to(host), Err(Rejection::NotAHost { host: host.into() }));
        }
    }
}
