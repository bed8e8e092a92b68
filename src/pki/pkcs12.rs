//! A key and its certificate in one file for a browser: PKCS#12, RFC 7292.

use p12_keystore::{EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, PrivateKey, PrivateKeyChain};
use sha2::{Digest as _, Sha256};

use crate::pki::{Certificate, Key, PkiError};

/// Rounds of each of PBKDF2 (twice) and of the MAC. Some readers refuse a file whose rounds come to more than 600,000.
const ITERATIONS: u32 = 100_000;

/// Packs `key`, its `certificate` and the `chain` above it, protected by `password`: PBES2 with AES-256-CBC and
/// PBKDF2 over HMAC-SHA-256, and an HMAC-SHA-256 over it all. `friendly_name` is what a browser calls it. Salts are
/// drawn by the library, so two calls give different bytes.
///
/// # Errors
/// [`PkiError::ForeignKey`] if key and certificate do not belong together, [`PkiError::Pkcs12`] for an empty password
/// (readers disagree on what that means) and whatever the library refuses.
pub fn bundle(
    key: &Key,
    certificate: &Certificate,
    chain: &[Certificate],
    friendly_name: &str,
    password: &str,
) -> Result<Vec<u8>, PkiError> {
    if !key.matches(certificate) {
        return Err(PkiError::ForeignKey { subject: certificate.subject().to_string() });
    }
    if password.is_empty() {
        return Err(failed("the password is empty"));
    }
    let private = PrivateKey::from_der(key.pkcs8_der()).map_err(failed)?;
    let certificates = std::iter::once(certificate)
        .chain(chain)
        .map(|one| p12_keystore::Certificate::from_der(one.der()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    let local_key_id = Sha256::digest(certificate.der()).to_vec();
    let entry = PrivateKeyChain::new(local_key_id, private, certificates);
    let mut store = KeyStore::new();
    store.add_entry(&in_bmp(friendly_name), KeyStoreEntry::PrivateKeyChain(entry));
    store
        .writer(password)
        .encryption_algorithm(EncryptionAlgorithm::PbeWithHmacSha256AndAes256)
        .encryption_iterations(ITERATIONS)
        .mac_algorithm(MacAlgorithm::HmacSha256)
        .mac_iterations(ITERATIONS)
        .write()
        .map_err(failed)
}

/// Friendly names are `BMPString`s, which hold no character beyond U+FFFF.
fn in_bmp(name: &str) -> String {
    name.chars().map(|c| if u32::from(c) > 0xffff { '\u{fffd}' } else { c }).collect()
}

fn failed(reason: impl ToString) -> PkiError {
    PkiError::Pkcs12 { reason: reason.to_string() }
}
