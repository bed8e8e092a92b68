//! The hash over a file's values.

use sha2::{Digest as _, Sha256, Sha512};

/// The hash while values are added to it in file order.
pub(super) struct Mac {
    hash: Sha512,
    only_encrypted: bool,
}

impl Mac {
    /// `only_encrypted` leaves readable values out.
    pub(super) fn new(only_encrypted: bool) -> Self {
        let mut hash = Sha512::new();
        if only_encrypted {
            // So that a file can't be switched from one kind to the other.
            hash.update(Sha256::digest("sops"));
        }
        Self { hash, only_encrypted }
    }

    /// Adds the plaintext of one value.
    pub(super) fn add(&mut self, plaintext: &[u8], covered: bool) {
        if covered || !self.only_encrypted {
            self.hash.update(plaintext);
        }
    }

    /// 128 upper-case hex digits.
    pub(super) fn finish(self) -> String {
        self.hash.finalize().iter().map(|byte| format!("{byte:02X}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_kinds_differ_even_over_nothing() {
        let empty = "CF83E1357EEFB8BDF1542850D66D8007D620E4050B5715DC83F4A921D36CE9CE\
                     47D0D13C5D85F2B0FF8318D2877EEC2F63B931BD47417A81A538327AF927DA3E";
        assert_eq!(Mac::new(false).finish(), empty);
        assert_ne!(Mac::new(true).finish(), empty);
    }

    #[test]
    fn readable_values_count_unless_told_otherwise() {
        let mac = |only, covered| {
            let mut mac = Mac::new(only);
            mac.add(b"value", covered);
            mac.finish()
        };
        assert_eq!(mac(false, false), mac(false, true));
        assert_eq!(mac(true, false), Mac::new(true).finish());
        assert_ne!(mac(true, true), Mac::new(true).finish());
    }
}
