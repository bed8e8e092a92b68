//! A minor release, as `1.31`.

use std::fmt;
use std::str::FromStr;

/// A minor release of a product: what a field is `since`, and what a project holds to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version {
    /// `1` of `1.31`
    pub major: u16,
    /// `31` of `1.31`
    pub minor: u16,
}

/// A text that names no minor release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a version is two numbers with a dot between them, such as 1.31")]
pub struct VersionError;

impl Version {
    /// A release.
    #[must_use]
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let number = |part: &str| {
            let plain = part.bytes().all(|b| b.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
            if plain { part.parse().map_err(|_| VersionError) } else { Err(VersionError) }
        };
        let (major, minor) = text.split_once('.').ok_or(VersionError)?;
        Ok(Self { major: number(major)?, minor: number(minor)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_numbers_and_a_dot() {
        assert_eq!("1.31".parse(), Ok(Version::new(1, 31)));
        assert_eq!(Version::new(1, 31).to_string(), "1.31");
        assert!(Version::new(1, 9) < Version::new(1, 10));
        for text in ["", "1", "1.", ".1", "1.31.4", "v1.31", "1.+1", "01.3", "1.031", "1.99999", "1. 3"] {
            assert_eq!(text.parse::<Version>(), Err(VersionError), "{text}");
        }
    }
}
