//! A key pair that somebody else made, out of files: PEM of any form, DER, PKCS#12, in the clear or behind a passphrase;
//! and what must hold of it before anybody relies on it.

use p12_keystore::{KeyStore, KeyStoreEntry, Pkcs12ImportPolicy};
use pkcs8::EncryptedPrivateKeyInfoRef;
use x509_parser::asn1_rs::{FromDer as _, Sequence};
use zeroize::Zeroizing;

use crate::pki::above::above;
use crate::pki::armor::{self, Block};
use crate::pki::old;
use crate::pki::{Certificate, Key, PkiError};
use crate::time::Timestamp;

pub use crate::pki::unusable::PairError;

/// What files hold, before it is put together.
#[derive(Default)]
pub struct Parts {
    keys: Vec<Key>,
    certificates: Vec<Certificate>,
}

/// A key, its certificate, and those above it, from below, as far as they are no roots.
pub struct Pair {
    /// The key.
    pub key: Key,
    /// Its certificate.
    pub certificate: Certificate,
    /// The authorities between it and its root.
    pub chain: Vec<Certificate>,
    /// The root, if it was there.
    pub root: Option<Certificate>,
    /// Certificates that belong to none of these.
    pub unused: Vec<Certificate>,
}

impl Parts {
    /// Adds what a file holds. The passphrase is asked for where something in it is encrypted.
    ///
    /// # Errors
    /// [`PairError`], if it can't be read.
    pub fn add(
        &mut self,
        bytes: &[u8],
        passphrase: &mut dyn FnMut() -> Option<Zeroizing<String>>,
    ) -> Result<(), PairError> {
        let text = std::str::from_utf8(bytes).ok().filter(|text| text.contains("-----BEGIN "));
        let Some(text) = text else { return self.add_der(bytes, passphrase) };
        for block in armor::decode(text).map_err(PkiError::from)? {
            match block.label.as_str() {
                armor::CERTIFICATE | "TRUSTED CERTIFICATE" | "X509 CERTIFICATE" => {
                    self.certificates.push(Certificate::from_der(&block.der)?);
                }
                "EC PARAMETERS" | "DH PARAMETERS" => {}
                "PKCS7" | "CMS" => return Err(PairError::Pkcs7),
                _ => self.keys.push(key(&block, passphrase)?),
            }
        }
        Ok(())
    }

    fn add_der(
        &mut self,
        bytes: &[u8],
        passphrase: &mut dyn FnMut() -> Option<Zeroizing<String>>,
    ) -> Result<(), PairError> {
        if let Ok(certificate) = Certificate::from_der(bytes) {
            self.certificates.push(certificate);
            return Ok(());
        }
        if let Some(key) = Key::from_der(bytes)? {
            self.keys.push(key);
            return Ok(());
        }
        if let Some(old) = old::of_pkcs8(bytes).filter(|_| is_pkcs8(bytes)) {
            return Err(PairError::OldEncryption(old));
        }
        if let Ok(sealed) = EncryptedPrivateKeyInfoRef::try_from(bytes) {
            self.keys.push(opened(&sealed, passphrase)?);
            return Ok(());
        }
        // DER begins with a SEQUENCE.
        if bytes.first() != Some(&0x30) {
            return Err(PairError::Unknown);
        }
        let open = |password: &str| KeyStore::from_pkcs12(bytes, password, Pkcs12ImportPolicy::Relaxed);
        let store = match open("") {
            Ok(store) => store,
            Err(_) => {
                let passphrase = passphrase().ok_or(PairError::NeedsPassphrase)?;
                let old = || old::of_pkcs12(bytes).map(PairError::OldEncryption);
                open(&passphrase).map_err(|_| old().unwrap_or(PairError::WrongPassphrase))?
            }
        };
        for (_, entry) in store.entries() {
            match entry {
                KeyStoreEntry::PrivateKeyChain(chain) => {
                    self.keys.push(Key::from_pkcs8(chain.key().as_der())?);
                    for certificate in chain.certs() {
                        self.certificates.push(Certificate::from_der(certificate.as_der())?);
                    }
                }
                KeyStoreEntry::Certificate(certificate) => {
                    self.certificates.push(Certificate::from_der(certificate.as_der())?);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether a private key is there.
    #[must_use]
    pub fn has_key(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Adds a key that was kept elsewhere.
    pub fn add_key(&mut self, key: Key) {
        self.keys.push(key);
    }

    /// The certificates, as they came.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The certificate of the key, if there is one key alone.
    #[must_use]
    pub fn own(&self) -> Option<&Certificate> {
        let (key, others) = self.keys.split_first()?;
        let is_alone = others.iter().all(|other| other.spki_der() == key.spki_der());
        self.certificates.iter().find(|certificate| is_alone && key.matches(certificate))
    }

    /// Puts key, certificate and chain together.
    ///
    /// # Errors
    /// [`PairError::Keys`], [`PairError::Foreign`], and those of [`above`].
    pub fn into_pair(self) -> Result<Pair, PairError> {
        let Self { mut keys, mut certificates } = self;
        keys.dedup_by(|one, other| one.spki_der() == other.spki_der());
        let count = keys.len();
        let Some(key) = keys.pop().filter(|_| count == 1) else { return Err(PairError::Keys { count }) };
        let count = certificates.len();
        let own = certificates.iter().position(|certificate| key.matches(certificate));
        let certificate = certificates.remove(own.ok_or(PairError::Foreign { count })?);
        let (chain, root, unused) = above(&certificate, certificates)?;
        Ok(Pair { key, certificate, chain, root, unused })
    }
}

impl Pair {
    /// The last certificate of a chain without its root: nobody can tell here whether a root signed it, or one that is
    /// missing.
    #[must_use]
    pub fn open_end(&self) -> Option<&Certificate> {
        let last = self.chain.last().unwrap_or(&self.certificate);
        Some(last).filter(|last| self.root.is_none() && !last.is_self_signed())
    }

    /// Whether all of it is valid at a moment.
    ///
    /// # Errors
    /// [`PairError::Time`] of the first that is not.
    pub fn check_times(&self, now: Timestamp) -> Result<(), PairError> {
        let all = [&self.certificate].into_iter().chain(&self.chain).chain(&self.root);
        for certificate in all {
            let what = if certificate.not_after() <= now {
                format!("ended on {}", certificate.not_after())
            } else if certificate.not_before() > now {
                format!("starts on {}", certificate.not_before())
            } else {
                continue;
            };
            return Err(PairError::Time { subject: certificate.called(), what });
        }
        Ok(())
    }
}

/// The private key of a PEM block.
fn key(block: &Block, passphrase: &mut dyn FnMut() -> Option<Zeroizing<String>>) -> Result<Key, PairError> {
    if block.headers && block.label.ends_with("PRIVATE KEY") {
        return Err(PairError::OldEncryption(old::TRADITIONAL));
    }
    if block.label != "ENCRYPTED PRIVATE KEY" {
        return Ok(Key::from_block(block)?);
    }
    if let Some(old) = old::of_pkcs8(&block.der) {
        return Err(PairError::OldEncryption(old));
    }
    let sealed = EncryptedPrivateKeyInfoRef::try_from(block.der.as_slice())
        .map_err(|_| PkiError::BrokenKey { reason: "not an encrypted PKCS#8 structure" })?;
    opened(&sealed, passphrase)
}

/// Whether a structure begins as an encrypted key does: with a name and not with a number, as PKCS#12.
fn is_pkcs8(der: &[u8]) -> bool {
    let inner = Sequence::from_der(der).map(|(_, outer)| outer.content);
    inner.is_ok_and(|inner| inner.first() == Some(&0x30))
}

fn opened(
    sealed: &EncryptedPrivateKeyInfoRef<'_>,
    passphrase: &mut dyn FnMut() -> Option<Zeroizing<String>>,
) -> Result<Key, PairError> {
    let passphrase = passphrase().ok_or(PairError::NeedsPassphrase)?;
    let opened = sealed.decrypt(passphrase.as_bytes()).map_err(|_| PairError::WrongPassphrase)?;
    Ok(Key::from_pkcs8(opened.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::keys::pool;
    use crate::pki::pkcs12::{self, Protection};
    use crate::pki::{Issuer, workshop};
    use crate::spec::node::KeyKind;
    use crate::time::Seconds;

    const HOST: &str = "shop.example.com";

    macro_rules! foreign {
        ($name:literal) => {
            include_str!(concat!("../../tests/fixtures/keys/foreign/", $name, ".pem"))
        };
    }

    /// A root, one under it, and a server's certificate with its key.
    fn made() -> (Issuer, Issuer, Certificate, Zeroizing<String>) {
        let root = workshop::root(KeyKind::EcdsaP256, 1);
        let under = workshop::under(&root, "under", 0, None);
        let leaf = workshop::server(&under, HOST);
        (root, under, leaf, workshop::leaf_key(KeyKind::EcdsaP256).to_pem())
    }

    fn read(files: &[&[u8]], passphrase: Option<&str>) -> Result<Parts, PairError> {
        let mut parts = Parts::default();
        let mut ask = || passphrase.map(|text| Zeroizing::new(text.to_owned()));
        for file in files {
            parts.add(file, &mut ask)?;
        }
        Ok(parts)
    }

    fn problem<T>(result: Result<T, PairError>) -> String {
        result.err().unwrap().to_string()
    }

    #[test]
    fn a_pair_in_any_order_and_form() {
        let (root, under, leaf, key) = made();
        let (above, top) = (under.certificate(), root.certificate());
        let other = workshop::root(KeyKind::EcdsaP256, 2);
        let all = [other.certificate(), top, above, &leaf].map(Certificate::to_pem).concat();
        let pair = read(&[key.as_bytes(), all.as_bytes()], None).unwrap().into_pair().unwrap();
        assert!(pair.certificate == leaf && pair.chain == [above.clone()] && pair.root.as_ref() == Some(top));
        assert_eq!(pair.unused.len(), 1);
        let apart: [&[u8]; 4] = [leaf.der(), above.der(), top.der(), workshop_key(&key)];
        let pair = read(&apart, None).unwrap().into_pair().unwrap();
        assert!(pair.certificate == leaf && pair.chain.len() == 1);
        let whole = workshop::leaf_key(KeyKind::EcdsaP256);
        for protection in [Protection::Modern, Protection::Legacy] {
            let chain = [above.clone(), top.clone()];
            let file = pkcs12::bundle(&whole, &leaf, &chain, "x", protection, "secret").unwrap();
            let pair = read(&[&file], Some("secret")).unwrap().into_pair().unwrap();
            assert!(pair.certificate == leaf && pair.chain == [above.clone()] && pair.root.is_some());
            assert!(problem(read(&[&file], Some("wrong"))).contains("passphrase is wrong"));
            assert!(problem(read(&[&file], None)).contains("no passphrase was given"));
        }
    }

    fn workshop_key(pem: &str) -> &'static [u8] {
        let key = Key::from_pem(pem).unwrap();
        Vec::leak(key.pkcs8_der().to_vec())
    }

    #[test]
    fn encrypted_keys_open_with_their_passphrase() {
        for (pem, of) in [
            (foreign!("encrypted-des3"), pool(KeyKind::Rsa2048)[4]),
            (foreign!("encrypted-scrypt"), pool(KeyKind::EcdsaP384)[2]),
        ] {
            let parts = read(&[pem.as_bytes()], Some("x")).unwrap();
            assert_eq!(parts.keys[0].spki_der(), Key::from_pem(of).unwrap().spki_der());
            assert!(problem(read(&[pem.as_bytes()], Some("y"))).contains("passphrase is wrong"));
        }
        assert!(read(&[foreign!("encrypted").as_bytes()], Some("x")).unwrap().has_key());
        for old in [foreign!("encrypted-sec1"), foreign!("encrypted-pbes1")] {
            assert!(problem(read(&[old.as_bytes()], Some("x"))).contains("`openssl pkey -aes256 "));
        }
    }

    #[test]
    fn keys_in_der_and_after_a_mark_are_read_too() {
        let der = |pem: &str| armor::decode(pem).unwrap().pop().unwrap().der;
        let one = pool(KeyKind::EcdsaP256)[0];
        let rsa = pool(KeyKind::Rsa2048)[0];
        let marked = format!("\u{feff}{one}");
        for (bytes, of) in [
            (der(foreign!("ecdsa-p256-1.sec1")).to_vec(), one),
            (der(foreign!("rsa-2048-1.pkcs1")).to_vec(), rsa),
            (der(foreign!("encrypted-des3")).to_vec(), pool(KeyKind::Rsa2048)[4]),
            (marked.into_bytes(), one),
        ] {
            let parts = read(&[&bytes], Some("x")).unwrap();
            assert_eq!(parts.keys[0].spki_der(), Key::from_pem(of).unwrap().spki_der());
        }
        assert!(problem(read(&[&der(foreign!("encrypted-des3"))], None)).contains("no passphrase was given"));
        let bundle = armor::encode("PKCS7", &[0x30, 0]);
        assert!(problem(read(&[bundle.as_bytes()], None)).contains("openssl pkcs7"));
    }

    #[test]
    fn what_is_no_pair_says_why() {
        let (root, under, leaf, key) = made();
        let pem = |certificate: &Certificate| certificate.to_pem();
        let full = [pem(&leaf), pem(under.certificate())].concat();
        let pair = |files: &[&[u8]]| read(files, None).and_then(Parts::into_pair);
        assert!(pair(&[key.as_bytes(), full.as_bytes()]).is_ok());
        assert_eq!(problem(pair(&[full.as_bytes()])), "0 private keys are there, and one is needed");
        let two = [key.as_str(), pool(KeyKind::Rsa2048)[0]].concat();
        assert!(problem(pair(&[two.as_bytes(), full.as_bytes()])).starts_with("2 private keys"));
        let foreign = pool(KeyKind::Rsa2048)[0];
        assert!(problem(pair(&[foreign.as_bytes(), full.as_bytes()])).contains("none of the 2 certificates"));
        let said = problem(pair(&[key.as_bytes(), pem(&leaf).as_bytes()]));
        assert!(said.contains("chain is not complete") && said.contains("CN=under"), "{said}");
        for garbage in [&b"hello"[..], b"", &[0x30, 0x03, 1, 2, 3], &[0xff; 40]] {
            assert!(read(&[garbage], Some("x")).is_err());
        }
        let pair = pair(&[key.as_bytes(), full.as_bytes(), pem(root.certificate()).as_bytes()]).unwrap();
        assert!(pair.check_times(leaf.not_before()).is_ok());
        assert!(problem(pair.check_times(leaf.not_after())).contains("ended on"));
        assert!(problem(pair.check_times(leaf.not_before() - Seconds(1))).contains("starts on"));
    }
}
