//! A new age identity.

use age::secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use super::age::Recipient;

/// Makes an X25519 identity: its text as `age-keygen` writes it, `AGE-SECRET-KEY-1…`, and its public key. The age library
/// draws the randomness from the operating system itself.
#[must_use]
pub fn generate() -> (Zeroizing<String>, Recipient) {
    let identity = age::x25519::Identity::generate();
    let text = Zeroizing::new(identity.to_string().expose_secret().to_owned());
    (text, Recipient::of(&identity))
}

#[cfg(test)]
mod tests {
    use super::super::Identities;
    use super::*;

    #[test]
    fn a_new_identity_is_read_as_its_recipient() {
        let (text, recipient) = generate();
        let mut identities = Identities::new();
        identities.add("test", &text);
        assert!(identities.notes().is_empty());
        assert_eq!(identities.recipients(), [recipient]);
    }
}
