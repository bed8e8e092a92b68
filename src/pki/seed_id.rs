//! What everybody may know of a seed, and what serial numbers tell of it: which seed, purpose and generation made them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use sha2::{Digest, Sha256};

use super::armor::hex;
use super::seed::parts;
use crate::pki::{Certificate, Serial, Slot};

/// What everybody may know of a seed: enough to tell what was made from it, and nothing to make it with.
#[derive(Clone, PartialEq, Eq)]
pub struct SeedId([u8; 16]);

impl SeedId {
    pub(super) fn of(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Reads what [`fmt::Display`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        let mut id = [0; 16];
        if digits.len() != 32 || !digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(id))
    }

    /// Whether a certificate says that it was made from this seed; one that was not does so once in 2³⁰.
    #[must_use]
    pub fn made(&self, certificate: &Certificate) -> bool {
        certificate.serial().starts_with(&hex(&self.seed_tag()))
    }

    /// Whether it was made from this seed for this purpose and generation.
    #[must_use]
    pub fn made_for(&self, slot: &Slot<'_>, certificate: &Certificate) -> bool {
        certificate.serial().starts_with(&hex(&self.beginning(slot)))
    }

    /// The one of these serial numbers that a certificate has which was made from this seed for this purpose and generation:
    /// all that were have one key.
    #[must_use]
    pub fn among<'s>(&self, slot: &Slot<'_>, serials: &'s BTreeSet<String>) -> Option<&'s str> {
        let beginning = hex(&self.beginning(slot));
        let first = serials.range(beginning.clone()..).next()?;
        first.starts_with(&beginning).then_some(first)
    }

    /// The highest of the generations of this purpose, up to `most`, for which these certificates were made from this seed.
    pub fn newest<'c>(
        &self,
        slot: &Slot<'_>,
        certificates: impl Iterator<Item = &'c Certificate>,
        most: u32,
    ) -> Option<(u32, &'c Certificate)> {
        let made = certificates.filter(|certificate| self.made(certificate));
        let mut left: BTreeMap<&str, &Certificate> =
            made.filter_map(|certificate| Some((certificate.serial().get(8..16)?, certificate))).collect();
        let mut newest: Option<(u32, &Certificate)> = None;
        // Nearly always the number that the spec says is the highest, and nothing is left to be looked for above it.
        for generation in (1..=slot.generation).rev().chain(slot.generation.saturating_add(1)..=most) {
            if left.is_empty() {
                break;
            }
            let tag = hex(&self.slot_tag(&Slot { generation, ..*slot }));
            if let Some(certificate) = left.remove(tag.as_str())
                && newest.is_none_or(|(other, _)| other < generation)
            {
                newest = Some((generation, certificate));
            }
        }
        newest
    }

    /// The first octets of every serial number that is made for this purpose and generation.
    pub(super) fn beginning(&self, slot: &Slot<'_>) -> [u8; 8] {
        let mut beginning = [0; 8];
        let tags = self.seed_tag().into_iter().chain(self.slot_tag(slot));
        beginning.iter_mut().zip(tags).for_each(|(to, from)| *to = from);
        beginning
    }

    fn seed_tag(&self) -> [u8; 4] {
        Serial::tag(first_four(&Sha256::digest(parts(&[b"gatewright seed tag", &self.0]))))
    }

    fn slot_tag(&self, slot: &Slot<'_>) -> [u8; 4] {
        first_four(&Sha256::digest(parts(&[b"gatewright slot tag", &self.0, &slot.encoded()])))
    }
}

impl fmt::Display for SeedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SeedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SeedId({self})")
    }
}

fn first_four(digest: &[u8]) -> [u8; 4] {
    let mut four = [0; 4];
    four.iter_mut().zip(digest).for_each(|(to, from)| *to = *from);
    four
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written() {
        let id = SeedId([0x3a; 16]);
        assert_eq!(SeedId::parse(&id.to_string()), Some(id));
        for bad in ["", "00", &"0".repeat(31), &"g".repeat(32), &"A".repeat(32), &"ü".repeat(16)] {
            assert_eq!(SeedId::parse(bad), None, "{bad}");
        }
    }
}
