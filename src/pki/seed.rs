//! A project's seed: 32 secret bytes from which ECDSA keys and serial numbers follow, the same on every machine.
//!
//! All of it is HKDF-SHA-256 (RFC 5869): one extraction with a salt of our own, then one expansion a purpose. What goes into
//! an expansion begins with a label, and every part has its length before it, so that no two purposes share an output. The
//! seed serves certificates alone: never what SOPS encrypts with.

use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use aws_lc_rs::signature::EcdsaKeyPair;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::pki::key::algorithm;
use crate::pki::{Key, PkiError, Purpose, Request, San, SeedId, Serial};
use crate::spec::node::KeyKind;

/// How many bytes a seed has.
pub const LENGTH: usize = 32;

const SALT: &[u8] = b"gatewright seed 1";

/// A project's seed, ready to derive. It has neither `Debug` nor `Clone`, and is wiped when dropped.
pub struct Seed {
    prk: Prk,
    id: SeedId,
}

/// What a key or certificate is for, so that another one is never the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slot<'a> {
    /// The authority that signs; of an authority's own, itself.
    pub authority: &'a str,
    /// Whose it is.
    pub purpose: Purpose<'a>,
    /// Which of its keys, from 1.
    pub generation: u32,
}

/// The length of an expansion, as the library wants it.
struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl Seed {
    /// From its bytes.
    ///
    /// # Errors
    /// [`PkiError::Deriving`] where the library fails.
    pub fn new(bytes: &[u8; LENGTH]) -> Result<Self, PkiError> {
        let prk = Salt::new(HKDF_SHA256, SALT).extract(bytes);
        let mut id = [0; 16];
        expand(&prk, &parts(&[b"id"]), &mut id)?;
        Ok(Self { prk, id: SeedId::of(id) })
    }

    /// What everybody may know of it.
    #[must_use]
    pub fn id(&self) -> &SeedId {
        &self.id
    }

    /// The key of that kind for a purpose: the first of the candidates that HKDF gives which is a private key of the curve,
    /// from 1 to one less than its order. So every key is as likely as any other (FIPS 186-5 A.2.2, candidates rejected).
    ///
    /// # Errors
    /// [`PkiError::NotDerivable`] for RSA.
    pub fn key(&self, kind: KeyKind, slot: &Slot<'_>) -> Result<Key, PkiError> {
        let length = match kind {
            KeyKind::EcdsaP256 => 32,
            KeyKind::EcdsaP384 => 48,
            KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => {
                return Err(PkiError::NotDerivable { kind });
            }
        };
        let mut scalar = Zeroizing::new(vec![0; length]);
        for candidate in 0..=u8::MAX {
            let info = parts(&[b"key", kind.word().as_bytes(), &slot.encoded(), &[candidate]]);
            expand(&self.prk, &info, &mut scalar)?;
            if let Some(key) = with_scalar(kind, &scalar) {
                return Ok(key);
            }
        }
        Err(PkiError::MakingKey { kind })
    }

    /// The serial number of a certificate, from all that it is to say: 4 octets that tell the seed, 4 that tell the purpose
    /// and its generation, and 12 that nobody foresees who does not have the seed. `public` and `issuer` are the SHA-256 of
    /// the keys in it and above it.
    ///
    /// # Errors
    /// [`PkiError::Deriving`] where the library fails.
    pub fn serial(
        &self,
        request: &Request<'_>,
        slot: &Slot<'_>,
        (public, issuer): (&str, &str),
    ) -> Result<Serial, PkiError> {
        let said = Sha256::digest(statement(request, public, issuer));
        let mut rest = [0; 12];
        expand(&self.prk, &parts(&[b"serial", &slot.encoded(), &said]), &mut rest)?;
        let mut serial = [0; 20];
        let beginning = self.id.beginning(slot).into_iter();
        serial.iter_mut().zip(beginning.chain(rest)).for_each(|(to, from)| *to = from);
        Ok(Serial::from_random(serial))
    }
}

impl Slot<'_> {
    pub(super) fn encoded(&self) -> Vec<u8> {
        let authority = self.authority.as_bytes();
        let generation = self.generation.to_be_bytes();
        match self.purpose {
            Purpose::Authority { name, generation: _ } => {
                parts(&[b"authority", authority, name.as_bytes(), &generation])
            }
            Purpose::Leaf { namespace, secret } => {
                parts(&[b"leaf", authority, namespace.as_bytes(), secret.as_bytes(), &generation])
            }
            Purpose::Client { authority: _, name } => {
                parts(&[b"client", authority, name.as_bytes(), &generation])
            }
        }
    }
}

/// The key whose private number is this, highest octet first; `None` if the curve has no such key.
fn with_scalar(kind: KeyKind, scalar: &[u8]) -> Option<Key> {
    let public = match kind {
        KeyKind::EcdsaP256 => {
            let key = p256::ecdsa::SigningKey::from_slice(scalar).ok()?;
            key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
        }
        KeyKind::EcdsaP384 => {
            let key = p384::ecdsa::SigningKey::from_slice(scalar).ok()?;
            key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
        }
        KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => return None,
    };
    let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm(kind), scalar, &public).ok()?;
    Key::from_pkcs8(pair.to_pkcs8v1().ok()?.as_ref()).ok()
}

/// Everything that a certificate is to say beside its serial number.
fn statement(request: &Request<'_>, public: &str, issuer: &str) -> Vec<u8> {
    let mut said: Vec<Vec<u8>> = vec![
        format!("{:?}", request.profile).into_bytes(),
        public.as_bytes().to_vec(),
        issuer.as_bytes().to_vec(),
        request.not_before.to_string().into_bytes(),
        request.not_after.to_string().into_bytes(),
        request.path_length.map(|length| length.to_string()).unwrap_or_default().into_bytes(),
        request.permitted.map(|names| format!("only {names}")).unwrap_or_default().into_bytes(),
    ];
    let attributes = request.subject.attributes();
    said.extend(
        attributes.map(|(attribute, value)| parts(&[attribute.short().as_bytes(), value.as_bytes()])),
    );
    said.extend(request.sans.iter().map(|san| {
        let form: &[u8] = match san {
            San::Dns(_) => b"dns",
            San::Email(_) => b"email",
            San::Uri(_) => b"uri",
            San::Ip(_) => b"ip",
        };
        parts(&[form, san.to_string().as_bytes()])
    }));
    parts(&said.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// Parts one after the other, each with its length before it.
pub(super) fn parts(all: &[&[u8]]) -> Vec<u8> {
    let mut joined = Vec::new();
    for part in all {
        joined.extend(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        joined.extend_from_slice(part);
    }
    joined
}

fn expand(prk: &Prk, info: &[u8], into: &mut [u8]) -> Result<(), PkiError> {
    let length = Length(into.len());
    prk.expand(&[info], length).and_then(|okm| okm.fill(into)).map_err(|_| PkiError::Deriving)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::{Certificate, Profile, self_sign, workshop};

    const SLOT: Slot<'static> = Slot {
        authority: "corp",
        purpose: Purpose::Authority { name: "corp", generation: 1 },
        generation: 1,
    };

    const KNOWN: [&str; 4] = [
        "0bcbde2d4fe142722f2023b7efb98c66",
        "8cafc548138cfa3a093c15e0f9d3f3d9a5c76a4030b5cdee60f01cc2b5f65f19",
        "f9542d483e786578152dcbe41b567b2f092a4b3ff4042d5721fd7fa2d1ac3831",
        "58e6a12a45f3176387096af4566e78b772e19cb8",
    ];

    fn seed(byte: u8) -> Seed {
        Seed::new(&[byte; LENGTH]).unwrap()
    }

    fn slots() -> Vec<Slot<'static>> {
        let leaf = |authority, namespace, secret, generation| Slot {
            authority,
            purpose: Purpose::Leaf { namespace, secret },
            generation,
        };
        let client = |authority, name, generation| Slot {
            authority,
            purpose: Purpose::Client { authority, name },
            generation,
        };
        vec![
            SLOT,
            Slot { generation: 2, purpose: Purpose::Authority { name: "corp", generation: 2 }, ..SLOT },
            leaf("corp", "a", "bc", 1),
            leaf("corp", "ab", "c", 1),
            leaf("corp", "a", "bc", 2),
            leaf("corpa", "", "bc", 1),
            client("corp", "a", 1),
            client("corp", "a", 2),
            client("root", "a", 1),
        ]
    }

    fn certificate(seed: &Seed, slot: &Slot<'_>) -> Certificate {
        let key = seed.key(KeyKind::EcdsaP256, slot).unwrap();
        let subject = workshop::name("example Inc.", "example.com");
        let request = workshop::request(Profile::Root, &subject, &[]);
        let public = key.spki_sha256();
        let serial = seed.serial(&request, slot, (&public, &public)).unwrap();
        self_sign(&Request { serial, ..request }, &key).unwrap()
    }

    /// These must never change: whoever made certificates with an earlier release gets others otherwise. They were also worked
    /// out with Python's `hmac` and openssl.
    #[test]
    fn keys_are_what_they_always_were() {
        let seed = seed(7);
        let public = |kind| seed.key(kind, &SLOT).unwrap().spki_sha256();
        let found = [
            seed.id().to_string(),
            public(KeyKind::EcdsaP256),
            public(KeyKind::EcdsaP384),
            certificate(&seed, &SLOT).serial().to_owned(),
        ];
        assert_eq!(found, KNOWN);
    }

    #[test]
    fn every_purpose_has_a_key_and_a_tag_of_its_own() {
        let seed = seed(7);
        let mut seen = std::collections::BTreeSet::new();
        for slot in slots() {
            for kind in [KeyKind::EcdsaP256, KeyKind::EcdsaP384] {
                let key = seed.key(kind, &slot).unwrap();
                assert_eq!(key.kind(), kind);
                assert!(seen.insert(key.spki_sha256()), "{slot:?}");
            }
            let made = certificate(&seed, &slot);
            for other in slots() {
                assert_eq!(seed.id().made_for(&other, &made), other == slot, "{slot:?} {other:?}");
            }
        }
    }

    #[test]
    fn what_another_seed_made_is_told_from_what_this_one_did() {
        let made = certificate(&seed(7), &SLOT);
        assert!(seed(7).id().made(&made) && !seed(8).id().made(&made));
        let drawn = workshop::root(KeyKind::EcdsaP256, 1);
        assert!(!seed(7).id().made(drawn.certificate()));
    }

    #[test]
    fn another_word_in_a_certificate_is_another_serial_number() {
        let seed = seed(7);
        let (one, other) = (workshop::name("a", "b"), workshop::name("ab", ""));
        let serial = |subject: &_, public: &str| {
            seed.serial(&workshop::request(Profile::Root, subject, &[]), &SLOT, (public, "issuer")).unwrap()
        };
        assert_eq!(serial(&one, "key"), serial(&one, "key"));
        assert_ne!(serial(&one, "key"), serial(&other, "key"));
        assert_ne!(serial(&one, "key"), serial(&one, "keys"));
    }

    #[test]
    fn rsa_keys_do_not_follow_from_a_seed() {
        for kind in KeyKind::ALL.into_iter().filter(|kind| kind.is_rsa()) {
            let refused = seed(7).key(kind, &SLOT).err();
            assert!(matches!(refused, Some(PkiError::NotDerivable { .. })), "{kind}");
        }
    }

    #[test]
    fn what_is_no_private_number_of_the_curve_is_no_key() {
        let order = [
            0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6,
            0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
        ];
        let mut largest = order;
        largest[31] -= 1;
        assert!(with_scalar(KeyKind::EcdsaP256, &largest).is_some());
        for none in [[0; 32], order, [0xff; 32]] {
            assert!(with_scalar(KeyKind::EcdsaP256, &none).is_none());
        }
    }
}
