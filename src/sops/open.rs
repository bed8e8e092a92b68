//! A sealed file to plain documents.

use zeroize::Zeroizing;

use super::age::Identities;
use super::cipher::{self, DataKey};
use super::error::SopsError;
use super::mac::Mac;
use super::node::{Comment, Node, Plain, Text};
use super::scalar;
use super::sealed::Sealed;
use super::walk::{Here, Visitor, walk};

impl Sealed {
    /// Opens the file and checks its MAC.
    ///
    /// # Errors
    /// [`SopsError::NoIdentity`] or [`SopsError::TooFewGroups`] without the identities it takes;
    /// [`SopsError::Tampered`], [`SopsError::WrongType`], [`SopsError::MacUnreadable`] or [`SopsError::MacMismatch`]
    /// for a file that was changed.
    pub fn decrypt(&self, identities: &Identities) -> Result<Plain, SopsError> {
        let key = self.metadata.data_key(identities)?;
        let mac = Mac::new(self.metadata.mac_only_encrypted);
        let mut opener = Opener { key: &key, mac };
        let documents = self
            .documents
            .iter()
            .map(|document| walk(document.clone(), &self.metadata.filter, &mut opener))
            .collect::<Result<Vec<_>, _>>()?;
        let mac = key.open(&self.metadata.mac, &self.metadata.mac_aad).ok_or(SopsError::MacUnreadable)?;
        if mac.as_slice() != opener.mac.finish().as_bytes() {
            return Err(SopsError::MacMismatch);
        }
        Ok(Plain { documents })
    }
}

/// Decrypts, and hashes what must match the MAC.
struct Opener<'a> {
    key: &'a DataKey,
    mac: Mac,
}

impl Opener<'_> {
    fn open(&self, text: &str, here: &Here<'_>) -> Option<(String, Zeroizing<Vec<u8>>)> {
        let sealed = cipher::Sealed::parse(text).ok()?;
        let bytes = self.key.open(&sealed, &here.aad())?;
        Some((sealed.kind, bytes))
    }
}

impl Visitor for Opener<'_> {
    fn value(&mut self, node: Node, here: &Here<'_>) -> Result<Node, SopsError> {
        let node = match node {
            Node::Enc(text) => {
                let (kind, bytes) =
                    self.open(&text, here).ok_or_else(|| SopsError::Tampered { place: here.place() })?;
                scalar::value_of(&kind, bytes)
                    .ok_or_else(|| SopsError::WrongType { place: here.place(), kind })?
            }
            node => node,
        };
        if let Some((_, bytes)) = scalar::bytes_of(&node) {
            self.mac.add(&bytes, here.covered);
        }
        Ok(node)
    }

    fn comment(&mut self, comment: Comment, here: &Here<'_>) -> Result<Comment, SopsError> {
        // Comments are outside the MAC, and sops too leaves one as it is that does not open.
        match comment {
            Comment::Enc(text) => Ok(match self.open(&text, here) {
                Some((_, bytes)) => Comment::Clear(Text::from(bytes)),
                None => Comment::Enc(text),
            }),
            comment => Ok(comment),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sops::golden::{identities, read, sealed_secret};

    fn refused(text: &str) -> SopsError {
        Sealed::parse(text).and_then(|sealed| sealed.decrypt(&identities("a"))).err().expect("refused")
    }

    /// The first ciphertext of a line, with one base64 digit of its data changed.
    fn tamper(text: &str, line_start: &str) -> String {
        let line = text.find(line_start).expect("line");
        let at = line + text[line..].find("GCM,data:").expect("ciphertext") + "GCM,data:".len();
        let digit = if &text[at..=at] == "A" { "B" } else { "A" };
        format!("{}{digit}{}", &text[..at], &text[at + 1..])
    }

    #[test]
    fn a_changed_value_is_named_without_its_content() {
        let error = refused(&tamper(&sealed_secret(), "tls.key:"));
        assert!(matches!(&error, SopsError::Tampered { place } if place.keys() == ["data", "tls.key"]));
        assert_eq!(
            error.to_string(),
            "data[\"tls.key\"] was changed or moved: its ciphertext does not belong there"
        );
    }

    #[test]
    fn a_changed_mac_or_time_is_told_apart_from_changed_values() {
        let text = sealed_secret();
        assert!(matches!(refused(&tamper(&text, "mac:")), SopsError::MacUnreadable));
        let later = text.replace("2026-11-25T12:00:00Z", "2026-11-25T12:00:01Z");
        assert!(matches!(refused(&later), SopsError::MacUnreadable));
        assert!(matches!(refused(&text.replace("  mac_only_encrypted: true\n", "")), SopsError::MacMismatch));
    }

    #[test]
    fn readable_values_are_in_the_mac_unless_it_covers_encrypted_ones_only() {
        let free = sealed_secret().replace("name: shop", "name: other");
        assert!(Sealed::parse(&free).is_ok_and(|sealed| sealed.decrypt(&identities("a")).is_ok()));
        let bound = read("k8s-tls-311.enc.yaml").replace("name: bookinfo-credential", "name: other");
        assert!(matches!(refused(&bound), SopsError::MacMismatch));
    }

    #[test]
    fn no_identity_at_all_is_told_whose_file_it_is() {
        let sealed = Sealed::parse(&sealed_secret()).expect("parses");
        let error = sealed.decrypt(&Identities::new()).err().expect("refused");
        assert!(matches!(error, SopsError::NoIdentity { recipients } if recipients.len() == 1));
    }
}
