//! Where new private keys come from.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
};

use crate::pki::{Key, PkiError};
use crate::spec::node::KeyKind;

/// What a key is for. A maker that is not random gives equal keys for equal purposes only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose<'a> {
    /// A certificate authority's.
    Authority {
        /// The authority's name.
        name: &'a str,
        /// Which generation of it, from 1.
        generation: u32,
    },
    /// A server's, in a Secret.
    Leaf {
        /// The Secret's namespace.
        namespace: &'a str,
        /// The Secret's name.
        secret: &'a str,
    },
    /// A client's.
    Client {
        /// The authority that signs it.
        authority: &'a str,
        /// The client's name.
        name: &'a str,
    },
}

/// Makes private keys.
pub trait KeyMaker: Sync {
    /// A key of `kind` for `purpose`.
    ///
    /// # Errors
    /// [`PkiError::MakingKey`] where the source of keys fails.
    fn make(&self, kind: KeyKind, purpose: &Purpose<'_>) -> Result<Key, PkiError>;
}

/// New random keys from the cryptographic library, which draws on the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemKeys;

impl KeyMaker for SystemKeys {
    fn make(&self, kind: KeyKind, _purpose: &Purpose<'_>) -> Result<Key, PkiError> {
        match kind {
            KeyKind::Rsa2048 => rsa_key(kind, KeySize::Rsa2048),
            KeyKind::Rsa3072 => rsa_key(kind, KeySize::Rsa3072),
            KeyKind::Rsa4096 => rsa_key(kind, KeySize::Rsa4096),
            KeyKind::EcdsaP256 => ec_key(kind, &ECDSA_P256_SHA256_ASN1_SIGNING),
            KeyKind::EcdsaP384 => ec_key(kind, &ECDSA_P384_SHA384_ASN1_SIGNING),
        }
    }
}

fn rsa_key(kind: KeyKind, size: KeySize) -> Result<Key, PkiError> {
    let failed = |_| PkiError::MakingKey { kind };
    let pair = rsa::KeyPair::generate(size).map_err(failed)?;
    let der: Pkcs8V1Der<'static> = pair.as_der().map_err(failed)?;
    Key::from_pkcs8(der.as_ref())
}

fn ec_key(kind: KeyKind, algorithm: &'static EcdsaSigningAlgorithm) -> Result<Key, PkiError> {
    let failed = |_| PkiError::MakingKey { kind };
    let der = EcdsaKeyPair::generate(algorithm).and_then(|pair| pair.to_pkcs8v1()).map_err(failed)?;
    Key::from_pkcs8(der.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::keys::FixtureKeys;

    const PURPOSE: Purpose<'static> = Purpose::Authority { name: "root", generation: 1 };

    #[test]
    fn fixture_keys_follow_from_their_purpose_and_generations_differ() {
        let made = |kind, generation| {
            FixtureKeys.make(kind, &Purpose::Authority { name: "root", generation }).unwrap()
        };
        for kind in KeyKind::ALL {
            assert_eq!(made(kind, 1).kind(), kind);
            assert_eq!(made(kind, 1).spki_der(), made(kind, 1).spki_der());
            assert_ne!(made(kind, 1).spki_der(), made(kind, 2).spki_der());
        }
    }

    // RSA-3072 and -4096 take seconds to make; they are read from files in the tests of `key`.
    #[test]
    fn system_keys_are_of_their_kind_and_new() {
        for kind in [KeyKind::EcdsaP256, KeyKind::EcdsaP384, KeyKind::Rsa2048] {
            let first = SystemKeys.make(kind, &PURPOSE).unwrap();
            let second = SystemKeys.make(kind, &PURPOSE).unwrap();
            assert_eq!(first.kind(), kind);
            assert_ne!(first.spki_der(), second.spki_der());
        }
    }
}
