//! Finds the bytes of a private key in whatever form they might have leaked: raw, hex, base64, base64 of PEM.

use std::collections::{HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatewright::pki::Key;

/// How many bytes of a key are looked for at a time.
const PART: usize = 21;

/// How many bytes tell a part from most others.
const HEAD: usize = 8;

/// Everything that private keys might be recognised by.
#[derive(Default)]
pub(crate) struct Needles {
    by_head: HashMap<[u8; HEAD], Vec<Vec<u8>>>,
    /// The first two bytes of every head.
    starts: HashSet<[u8; 2]>,
}

impl Needles {
    /// Takes in the parts of a key that its public half doesn't hold.
    pub(crate) fn add(&mut self, key: &Key) {
        let (private, public) = (key.pkcs8_der(), key.spki_der());
        let public: HashSet<&[u8]> = public.windows(HEAD).collect();
        let known = |part: &[u8]| part.windows(HEAD).any(|window| public.contains(window));
        // The head says what kind of key it is.
        let parts: Vec<_> = private.windows(PART).skip(40).filter(|part| !known(part)).collect();
        assert!(!parts.is_empty());
        for part in parts.into_iter().step_by(PART / 3) {
            let hex: String = part.iter().map(|byte| format!("{byte:02x}")).collect();
            let colons: String = part.iter().map(|byte| format!("{byte:02x}:")).collect();
            for text in [hex.to_uppercase(), hex, colons] {
                self.insert(text.into_bytes());
            }
            in_base64(part).into_iter().for_each(|text| self.insert(text));
            self.insert(part.to_vec());
        }
        let pem = key.to_pem();
        let lines = pem.lines().filter(|line| !line.starts_with('-'));
        for (i, line) in lines.enumerate() {
            for at in (0..line.len().saturating_sub(23)).step_by(4) {
                let text = &line[at..at + 24];
                let bytes = STANDARD.decode(text).unwrap();
                if i * 48 + at / 4 * 3 >= 40 && !known(&bytes) {
                    in_base64(text.as_bytes()).into_iter().for_each(|text| self.insert(text));
                }
            }
        }
    }

    /// Takes in an age identity.
    pub(crate) fn add_identity(&mut self, line: &str) {
        let secret = line.trim().trim_start_matches("AGE-SECRET-KEY-1").as_bytes()[..20].to_vec();
        in_base64(&secret).into_iter().for_each(|text| self.insert(text));
        self.insert(secret.to_ascii_lowercase());
        self.insert(secret);
    }

    fn insert(&mut self, needle: Vec<u8>) {
        self.starts.insert([needle[0], needle[1]]);
        self.by_head.entry(needle[..HEAD].try_into().unwrap()).or_default().push(needle);
    }

    /// Whether any of it is there.
    pub(crate) fn are_in(&self, bytes: &[u8]) -> bool {
        (0..bytes.len().saturating_sub(HEAD)).any(|i| {
            self.starts.contains(&[bytes[i], bytes[i + 1]])
                && self
                    .by_head
                    .get(&bytes[i..i + HEAD])
                    .is_some_and(|needles| needles.iter().any(|needle| bytes[i..].starts_with(needle)))
        })
    }
}

/// What the bytes look like in base64, wherever in a longer text they start.
fn in_base64(bytes: &[u8]) -> Vec<Vec<u8>> {
    (0..3)
        .map(|skipped| {
            let whole = &bytes[skipped..];
            let whole = &whole[..whole.len() - whole.len() % 3];
            STANDARD.encode(whole).into_bytes()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use gatewright::pki::{KeyMaker as _, Purpose};
    use gatewright::spec::node::KeyKind;

    use super::*;
    use crate::support::keys::FixtureKeys;

    #[test]
    fn a_key_is_found_in_every_form_and_another_is_not() {
        for kind in [KeyKind::EcdsaP256, KeyKind::EcdsaP384, KeyKind::Rsa2048] {
            let make =
                |generation| FixtureKeys.make(kind, &Purpose::Authority { name: "a", generation }).unwrap();
            let (key, other) = (make(1), make(2));
            let (mut needles, mut others) = (Needles::default(), Needles::default());
            needles.add(&key);
            others.add(&other);
            let pem = key.to_pem();
            let base64 = STANDARD.encode(pem.as_bytes());
            let hex: String = key.pkcs8_der().iter().map(|byte| format!("{byte:02x}")).collect();
            let forms = [
                pem.as_bytes().to_vec(),
                base64.clone().into_bytes(),
                format!("x{}", STANDARD.encode(format!("ab{base64}"))).into_bytes(),
                STANDARD.encode(key.pkcs8_der()).into_bytes(),
                STANDARD.encode([b"x", key.pkcs8_der()].concat()).into_bytes(),
                key.pkcs8_der().to_vec(),
                hex.to_uppercase().into_bytes(),
                hex.into_bytes(),
            ];
            for (i, form) in forms.iter().enumerate() {
                if i != 2 {
                    assert!(needles.are_in(form), "{kind} in form {i}");
                }
                assert!(!others.are_in(form), "{kind}: another key in form {i}");
            }
            assert!(!needles.are_in(&key.spki_der()));
        }
    }
}
