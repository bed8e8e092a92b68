//! One encrypted value: AES-256-GCM with sops' 32-byte nonce, as the text `ENC[AES256_GCM,…]`.

use aes_gcm::aead::consts::{U12, U32};
use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, KeyInit as _, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::error::SopsError;

/// Where random bytes come from: data keys and nonces. Never one that repeats itself outside tests: a nonce used
/// twice with one key gives both plaintexts away.
pub trait Entropy {
    /// Fills all of it.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError>;
}

/// The source of random bytes failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no random bytes: {0}")]
pub struct EntropyError(pub String);

const HEAD: &str = "ENC[AES256_GCM,";
const TAG_LENGTH: usize = 16;
const NONCE_LENGTH: usize = 32;

/// Whether a text begins as an encrypted value does.
pub(super) fn looks_encrypted(text: &str) -> bool {
    text.starts_with(HEAD)
}

/// The parts of an encrypted value.
pub(super) struct Sealed {
    ciphertext: Vec<u8>,
    nonce: Vec<u8>,
    tag: Vec<u8>,
    /// The type sops gives it; not authenticated.
    pub(super) kind: String,
    /// What is odd about it though it opens.
    pub(super) oddity: Option<Oddity>,
}

/// What sops accepts and never writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Oddity {
    /// The nonce has 12 bytes.
    ShortNonce,
    /// Text follows the closing bracket.
    TextAfter,
}

/// The key of one file.
pub(super) struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    pub(super) fn new(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut key = Zeroizing::new([0; 32]);
        entropy.fill(key.as_mut_slice())?;
        Ok(Self(key))
    }

    /// Nothing unless there are 32 bytes.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut key = Zeroizing::new([0; 32]);
        (bytes.len() == key.len()).then(|| key.copy_from_slice(bytes))?;
        Some(Self(key))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// Encrypts one value under a fresh nonce.
    pub(super) fn seal(
        &self,
        kind: &str,
        plaintext: &[u8],
        aad: &str,
        entropy: &dyn Entropy,
    ) -> Result<String, SopsError> {
        let mut nonce = Nonce::<U32>::default();
        entropy.fill(&mut nonce)?;
        let cipher = AesGcm::<Aes256, U32>::new((&*self.0).into());
        let sealed = cipher
            .encrypt(&nonce, Payload { msg: plaintext, aad: aad.as_bytes() })
            .map_err(|_| SopsError::TooLong)?;
        let (ciphertext, tag) = sealed.split_at(sealed.len().saturating_sub(TAG_LENGTH));
        let [ciphertext, nonce, tag] = [ciphertext, &nonce, tag].map(|bytes| STANDARD.encode(bytes));
        Ok(format!("{HEAD}data:{ciphertext},iv:{nonce},tag:{tag},type:{kind}]"))
    }

    /// Decrypts one value; nothing if key, place or ciphertext are not what they were.
    pub(super) fn open(&self, sealed: &Sealed, aad: &str) -> Option<Zeroizing<Vec<u8>>> {
        let mut message = sealed.ciphertext.clone();
        message.extend_from_slice(&sealed.tag);
        let payload = Payload { msg: &message, aad: aad.as_bytes() };
        let key = (&*self.0).into();
        let plaintext = if let Ok(nonce) = Nonce::<U32>::try_from(sealed.nonce.as_slice()) {
            AesGcm::<Aes256, U32>::new(key).decrypt(&nonce, payload)
        } else {
            let nonce = Nonce::<U12>::try_from(sealed.nonce.as_slice()).ok()?;
            AesGcm::<Aes256, U12>::new(key).decrypt(&nonce, payload)
        };
        plaintext.ok().map(Zeroizing::new)
    }
}

impl Sealed {
    /// Reads the text of an encrypted value. The error says what is wrong with it, and quotes nothing.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let body = text.strip_prefix(HEAD).ok_or("is not encrypted")?;
        let (body, after) = body.rsplit_once(']').ok_or("has no closing `]`")?;
        let mut parts = body.splitn(4, ',');
        let mut part = |name: &str| parts.next().and_then(|part| part.strip_prefix(name));
        let (Some(data), Some(iv), Some(tag), Some(kind)) =
            (part("data:"), part("iv:"), part("tag:"), part("type:"))
        else {
            return Err("lacks its data, iv, tag or type");
        };
        let decode = |text: &str| STANDARD.decode(text).map_err(|_| "has a part that is not base64");
        let sealed = Self {
            ciphertext: decode(data)?,
            nonce: decode(iv)?,
            tag: decode(tag)?,
            kind: kind.to_owned(),
            oddity: None,
        };
        if sealed.ciphertext.is_empty() {
            return Err("has no data");
        }
        if sealed.tag.len() != TAG_LENGTH {
            return Err("has a tag that is not 16 bytes long");
        }
        if !matches!(kind, "str" | "int" | "float" | "bool" | "time" | "comment") {
            return Err("is of a type that sops does not have");
        }
        let oddity = match sealed.nonce.len() {
            NONCE_LENGTH if after.is_empty() => None,
            NONCE_LENGTH => Some(Oddity::TextAfter),
            12 => Some(Oddity::ShortNonce),
            _ => return Err("has an iv that is neither 32 nor 12 bytes long"),
        };
        Ok(Self { oddity, ..sealed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting(std::cell::Cell<u8>);

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
            self.0.set(self.0.get() + 1);
            bytes.fill(self.0.get());
            Ok(())
        }
    }

    #[test]
    fn a_value_opens_only_in_its_place_with_its_key() {
        let entropy = Counting(std::cell::Cell::new(0));
        let key = DataKey::new(&entropy).expect("entropy");
        let text = key.seal("str", b"hello", "data:key:", &entropy).expect("entropy");
        let sealed = Sealed::parse(&text).expect("well formed");
        assert_eq!(sealed.nonce, [2; 32]);
        assert_eq!(key.open(&sealed, "data:key:").as_deref().map(Vec::as_slice), Some(b"hello".as_slice()));
        assert!(key.open(&sealed, "data:other:").is_none());
        let other = DataKey::new(&entropy).expect("entropy");
        assert!(other.open(&sealed, "data:key:").is_none());
    }

    #[test]
    fn what_is_no_encrypted_value_says_why() {
        let iv = STANDARD.encode([7; 32]);
        let tag = STANDARD.encode([7; 16]);
        let enc = |data: &str, iv: &str, tag: &str, kind: &str| {
            Sealed::parse(&format!("ENC[AES256_GCM,data:{data},iv:{iv},tag:{tag},type:{kind}]")).err()
        };
        assert_eq!(enc("AAAA", &iv, &tag, "str"), None);
        assert_eq!(enc("", &iv, &tag, "str"), Some("has no data"));
        assert_eq!(enc("A", &iv, &tag, "str"), Some("has a part that is not base64"));
        assert_eq!(enc("AAAA", &tag, &tag, "str"), Some("has an iv that is neither 32 nor 12 bytes long"));
        assert_eq!(enc("AAAA", &iv, &iv, "str"), Some("has a tag that is not 16 bytes long"));
        assert_eq!(enc("AAAA", &iv, &tag, "bytes"), Some("is of a type that sops does not have"));
        assert_eq!(Sealed::parse("plain").err(), Some("is not encrypted"));
        assert_eq!(Sealed::parse("ENC[AES256_GCM,data:AAAA").err(), Some("has no closing `]`"));
        assert_eq!(Sealed::parse("ENC[AES256_GCM,iv:AAAA]").err(), Some("lacks its data, iv, tag or type"));
    }
}
