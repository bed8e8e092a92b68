//! A key and its certificate in one file for a browser: PKCS#12, RFC 7292.

use p12_keystore::{EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, PrivateKey, PrivateKeyChain};
use sha2::{Digest as _, Sha256};

use crate::pki::{Certificate, Key, PkiError};

/// Rounds of each of PBKDF2 (twice) and of the MAC. Some readers refuse a file whose rounds come to more than 600,000.
const ITERATIONS: u32 = 100_000;

/// How a file is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Protection {
    /// PBES2 with AES-256-CBC and PBKDF2 over HMAC-SHA-256, and an HMAC-SHA-256 over it all.
    #[default]
    Modern,
    /// Three-key triple DES and HMAC-SHA-1, as RFC 7292 has them in its appendices B and C: for readers that know nothing
    /// else, as the keychain of macOS and Windows before 2019.
    Legacy,
}

/// Packs `key`, its `certificate` and the `chain` above it, protected by `password`. `friendly_name` is what a browser
/// calls it. Salts are drawn by the library, so two calls give different bytes.
///
/// # Errors
/// [`PkiError::ForeignKey`] if key and certificate do not belong together, [`PkiError::Pkcs12`] for an empty password
/// (readers disagree on what that means) and whatever the library refuses.
pub fn bundle(
    key: &Key,
    certificate: &Certificate,
    chain: &[Certificate],
    friendly_name: &str,
    protection: Protection,
    password: &str,
) -> Result<Vec<u8>, PkiError> {
    if !key.matches(certificate) {
        return Err(PkiError::ForeignKey { subject: certificate.called() });
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
    let (encryption, mac) = match protection {
        Protection::Modern => (EncryptionAlgorithm::PbeWithHmacSha256AndAes256, MacAlgorithm::HmacSha256),
        Protection::Legacy => (EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc, MacAlgorithm::HmacSha1),
    };
    store
        .writer(password)
        .encryption_algorithm(encryption)
        .encryption_iterations(ITERATIONS)
        .mac_algorithm(mac)
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

#[cfg(test)]
mod tests {
    use p12_keystore::Pkcs12ImportPolicy;

    use super::*;
    use crate::pki::{Issuer, San, workshop};
    use crate::spec::node::KeyKind;

    fn packed(issuer: &Issuer, name: &str, password: &str) -> (Certificate, Result<Vec<u8>, PkiError>) {
        packed_as(Protection::Modern, issuer, name, password)
    }

    fn packed_as(
        protection: Protection,
        issuer: &Issuer,
        name: &str,
        password: &str,
    ) -> (Certificate, Result<Vec<u8>, PkiError>) {
        let client = workshop::client(issuer, San::Dns("client.example.com".into()));
        let chain = [issuer.certificate().clone()];
        let bytes =
            bundle(&workshop::leaf_key(KeyKind::EcdsaP256), &client, &chain, name, protection, password);
        (client, bytes)
    }

    #[test]
    fn what_was_packed_comes_back_with_its_password_only() {
        let issuer = workshop::root(KeyKind::EcdsaP256, 1);
        for protection in [Protection::Modern, Protection::Legacy] {
            let (client, bytes) = packed_as(protection, &issuer, "client.example.com 🔑", "correct horse");
            let bytes = bytes.unwrap();
            let read = |password| KeyStore::from_pkcs12(&bytes, password, Pkcs12ImportPolicy::Strict);
            let store = read("correct horse").unwrap();
            let (name, chain) = store.private_key_chain().unwrap();
            assert_eq!(name, "client.example.com \u{fffd}");
            assert_eq!(chain.key().as_der(), workshop::leaf_key(KeyKind::EcdsaP256).pkcs8_der());
            let found: Vec<&[u8]> = chain.certs().iter().map(p12_keystore::Certificate::as_der).collect();
            assert_eq!(found, [client.der(), issuer.certificate().der()]);
            assert!(read("wrong").is_err());
            let plain = workshop::leaf_key(KeyKind::EcdsaP256);
            assert!(!bytes.windows(32).any(|window| plain.pkcs8_der().windows(32).any(|key| key == window)));
        }
    }

    #[test]
    fn a_foreign_key_or_no_password_is_refused() {
        let issuer = workshop::root(KeyKind::EcdsaP256, 1);
        assert!(matches!(packed(&issuer, "x", "").1, Err(PkiError::Pkcs12 { .. })));
        let foreign =
            bundle(issuer.key(), &packed(&issuer, "x", "").0, &[], "x", Protection::Modern, "password");
        assert!(matches!(foreign, Err(PkiError::ForeignKey { .. })));
    }
}
