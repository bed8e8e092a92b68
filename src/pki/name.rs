//! Names of people, machines and authorities, as a certificate can be asked for them.

use std::fmt;

use crate::pki::DistinguishedName;

/// Upper bounds in characters, RFC 5280 appendix A.1 (`ub-…`).
pub mod limits {
    /// `ub-common-name`
    pub const COMMON_NAME: usize = 64;
    /// `ub-organization-name`
    pub const ORGANIZATION: usize = 64;
    /// `ub-organizational-unit-name`
    pub const ORGANIZATIONAL_UNIT: usize = 64;
    /// Exactly this many letters, ISO 3166.
    pub const COUNTRY: usize = 2;
    /// `ub-state-name`
    pub const STATE: usize = 128;
    /// `ub-locality-name`
    pub const LOCALITY: usize = 128;
}

/// A subject as it can be asked for. It is written in the order C, ST, L, O, OU, CN.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// CN, at most [`limits::COMMON_NAME`] characters.
    pub common_name: Option<String>,
    /// O, at most [`limits::ORGANIZATION`] characters.
    pub organization: Option<String>,
    /// OU, at most [`limits::ORGANIZATIONAL_UNIT`] characters.
    pub organizational_unit: Option<String>,
    /// C, two letters.
    pub country: Option<String>,
    /// ST, at most [`limits::STATE`] characters.
    pub state: Option<String>,
    /// L, at most [`limits::LOCALITY`] characters.
    pub locality: Option<String>,
}

impl Name {
    /// The attributes that are there, in the order in which they are written.
    pub fn attributes(&self) -> impl Iterator<Item = (Attribute, &str)> {
        [
            (Attribute::Country, &self.country),
            (Attribute::State, &self.state),
            (Attribute::Locality, &self.locality),
            (Attribute::Organization, &self.organization),
            (Attribute::OrganizationalUnit, &self.organizational_unit),
            (Attribute::CommonName, &self.common_name),
        ]
        .into_iter()
        .filter_map(|(attribute, value)| value.as_deref().map(|value| (attribute, value)))
    }

    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attributes().next().is_none()
    }

    /// The name as a certificate that was asked for it will show it; compare a subject with this.
    #[must_use]
    pub fn distinguished(&self) -> DistinguishedName {
        DistinguishedName::from(self)
    }

    /// Everything that keeps this name out of a certificate; empty for a good one.
    #[must_use]
    pub fn complaints(&self) -> Vec<NameError> {
        self.attributes()
            .filter_map(|(attribute, value)| {
                attribute.complaint(value).map(|problem| NameError { attribute, problem })
            })
            .collect()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.distinguished().fmt(f)
    }
}

/// An attribute that a name may be asked for with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Attribute {
    /// `countryName`
    Country,
    /// `stateOrProvinceName`
    State,
    /// `localityName`
    Locality,
    /// `organizationName`
    Organization,
    /// `organizationalUnitName`
    OrganizationalUnit,
    /// `commonName`
    CommonName,
}

impl Attribute {
    /// The short name of RFC 4514 §3.
    #[must_use]
    pub fn short(self) -> &'static str {
        match self {
            Self::Country => "C",
            Self::State => "ST",
            Self::Locality => "L",
            Self::Organization => "O",
            Self::OrganizationalUnit => "OU",
            Self::CommonName => "CN",
        }
    }

    /// The most characters it may have.
    #[must_use]
    pub fn limit(self) -> usize {
        match self {
            Self::Country => limits::COUNTRY,
            Self::State => limits::STATE,
            Self::Locality => limits::LOCALITY,
            Self::Organization => limits::ORGANIZATION,
            Self::OrganizationalUnit => limits::ORGANIZATIONAL_UNIT,
            Self::CommonName => limits::COMMON_NAME,
        }
    }

    /// What keeps this value out of a certificate.
    #[must_use]
    pub fn complaint(self, value: &str) -> Option<NameProblem> {
        if value.is_empty() {
            return Some(NameProblem::Empty);
        }
        if let Some(found) = value.chars().find(|c| c.is_control()) {
            return Some(NameProblem::Control { found });
        }
        let two_letters = value.len() == limits::COUNTRY && value.bytes().all(|b| b.is_ascii_alphabetic());
        if self == Self::Country && !two_letters {
            return Some(NameProblem::NotACountry);
        }
        let length = value.chars().count();
        (length > self.limit()).then(|| NameProblem::TooLong { length, limit: self.limit() })
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short())
    }
}

/// Why an attribute can't be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{attribute}: {problem}")]
pub struct NameError {
    /// Which attribute.
    pub attribute: Attribute,
    /// What is wrong with it.
    pub problem: NameProblem,
}

/// What is wrong with an attribute's value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// RFC 5280 asks for one character at least.
    #[error("it is empty")]
    Empty,
    /// More characters than RFC 5280 allows.
    #[error("{length} characters, at most {limit} are allowed")]
    TooLong {
        /// How many there are.
        length: usize,
        /// How many may be.
        limit: usize,
    },
    /// A control character, such as a line feed or NUL.
    #[error("it holds the control character U+{:04X}", u32::from(*found))]
    Control {
        /// The first such character.
        found: char,
    },
    /// Not two letters.
    #[error("a country is two letters of ISO 3166, such as DE")]
    NotACountry,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(attribute: Attribute, value: &str) -> Name {
        let mut name = Name::default();
        let place = match attribute {
            Attribute::Country => &mut name.country,
            Attribute::State => &mut name.state,
            Attribute::Locality => &mut name.locality,
            Attribute::Organization => &mut name.organization,
            Attribute::OrganizationalUnit => &mut name.organizational_unit,
            Attribute::CommonName => &mut name.common_name,
        };
        *place = Some(value.to_owned());
        name
    }

    #[test]
    fn limits_count_characters_and_hold_at_their_edge() {
        for (attribute, limit) in [
            (Attribute::CommonName, 64),
            (Attribute::Organization, 64),
            (Attribute::OrganizationalUnit, 64),
            (Attribute::State, 128),
            (Attribute::Locality, 128),
        ] {
            assert!(one(attribute, &"ü".repeat(limit)).complaints().is_empty());
            let problem = NameProblem::TooLong { length: limit + 1, limit };
            assert_eq!(
                one(attribute, &"a".repeat(limit + 1)).complaints(),
                [NameError { attribute, problem }]
            );
        }
    }

    #[test]
    fn all_complaints_come_at_once_in_written_order() {
        let name = Name {
            common_name: Some(String::new()),
            country: Some("Germany".into()),
            state: Some("a\nb".into()),
            ..Name::default()
        };
        let complaints: Vec<String> = name.complaints().iter().map(ToString::to_string).collect();
        assert_eq!(
            complaints,
            [
                "C: a country is two letters of ISO 3166, such as DE",
                "ST: it holds the control character U+000A",
                "CN: it is empty"
            ]
        );
        for bad in ["D", "DEU", "D1", "ß"] {
            assert_eq!(one(Attribute::Country, bad).complaints().len(), 1, "{bad}");
        }
        assert!(one(Attribute::Country, "DE").complaints().is_empty());
    }

    #[test]
    fn printed_in_the_order_of_the_certificate() {
        let name = Name {
            common_name: Some("example.com".into()),
            organization: Some("example Inc.".into()),
            organizational_unit: Some("Web".into()),
            country: Some("DE".into()),
            state: Some("Bayern".into()),
            locality: Some("München".into()),
        };
        assert_eq!(name.to_string(), "C=DE,ST=Bayern,L=München,O=example Inc.,OU=Web,CN=example.com");
        assert!(Name::default().is_empty());
        assert_eq!(Name::default().to_string(), "");
    }
}
