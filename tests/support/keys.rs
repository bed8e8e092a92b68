//! Private keys for tests: a fixed pool of each kind, chosen by purpose. Everybody knows these keys; never use them.

use gatewright::pki::{Key, KeyMaker, PkiError, Purpose};
use gatewright::spec::node::KeyKind;

/// Gives the same key for the same kind and purpose, every time and on every machine.
///
/// Half of a pool is for authorities, whose neighbouring generations always differ; half is for the others.
/// Two purposes may meet in one key.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FixtureKeys;

impl KeyMaker for FixtureKeys {
    fn make(&self, kind: KeyKind, purpose: &Purpose<'_>) -> Result<Key, PkiError> {
        let pool = pool(kind);
        let (authorities, others) = pool.split_at(pool.len() / 2);
        let (pool, number) = match purpose {
            Purpose::Authority { name, generation } => {
                (authorities, hash(&[name]).wrapping_add(u64::from(*generation)))
            }
            Purpose::Leaf { namespace, secret } => (others, hash(&["leaf", namespace, secret])),
            Purpose::Client { authority, name } => (others, hash(&["client", authority, name])),
        };
        let index = usize::try_from(number % pool.len() as u64).unwrap();
        Key::from_pem(pool[index])
    }
}

/// The PEM texts of a kind.
pub(crate) fn pool(kind: KeyKind) -> &'static [&'static str] {
    match kind {
        KeyKind::Rsa2048 => RSA_2048,
        KeyKind::Rsa3072 => RSA_3072,
        KeyKind::Rsa4096 => RSA_4096,
        KeyKind::EcdsaP256 => ECDSA_P256,
        KeyKind::EcdsaP384 => ECDSA_P384,
    }
}

/// FNV-1a, with a zero after each part so that parts can't run into each other.
fn hash(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

macro_rules! keys {
    ($($name:literal)*) => { &[$(include_str!(concat!("../fixtures/keys/", $name, ".pem"))),*] };
}

const RSA_2048: &[&str] = keys! {
    "rsa-2048-1" "rsa-2048-2" "rsa-2048-3" "rsa-2048-4" "rsa-2048-5" "rsa-2048-6" "rsa-2048-7" "rsa-2048-8"
};
const RSA_3072: &[&str] = keys! { "rsa-3072-1" "rsa-3072-2" "rsa-3072-3" "rsa-3072-4" };
const RSA_4096: &[&str] = keys! { "rsa-4096-1" "rsa-4096-2" "rsa-4096-3" "rsa-4096-4" };
const ECDSA_P256: &[&str] = keys! {
    "ecdsa-p256-1" "ecdsa-p256-2" "ecdsa-p256-3" "ecdsa-p256-4" "ecdsa-p256-5" "ecdsa-p256-6" "ecdsa-p256-7"
    "ecdsa-p256-8"
};
const ECDSA_P384: &[&str] = keys! { "ecdsa-p384-1" "ecdsa-p384-2" "ecdsa-p384-3" "ecdsa-p384-4" };
