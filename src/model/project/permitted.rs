//! What an authority may issue for.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use super::AltName;

/// Name constraints (RFC 5280 §4.2.1.10): DNS domains with all that lies below them, and ranges of IP addresses. Where no
/// range is in it, no address is permitted; e-mail addresses and URIs are not constrained. The empty domain is all of them.
///
/// A certificate from elsewhere may exclude a part of what it permits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permitted {
    domains: BTreeSet<String>,
    ranges: BTreeSet<IpRange>,
    without_domains: BTreeSet<String>,
    without_ranges: BTreeSet<IpRange>,
}

impl Permitted {
    /// Adds a domain, without a wildcard in front; what it holds already is left out.
    pub fn add_domain(&mut self, domain: &str) {
        let domain = domain.strip_prefix("*.").unwrap_or(domain);
        if !self.domains.iter().any(|wider| is_within(domain, wider)) {
            self.domains.retain(|narrower| !is_within(narrower, domain));
            self.domains.insert(domain.to_owned());
        }
    }

    /// Adds a range; what it holds already is left out.
    pub fn add_range(&mut self, range: IpRange) {
        if !self.ranges.iter().any(|wider| wider.holds(&range)) {
            self.ranges.retain(|narrower| !range.holds(narrower));
            self.ranges.insert(range);
        }
    }

    /// Takes a domain out; the empty one is all of them.
    pub fn exclude_domain(&mut self, domain: &str) {
        self.domains.retain(|narrower| !is_within(narrower, domain));
        if self.domains.iter().any(|wider| is_within(domain, wider)) {
            self.without_domains.insert(domain.to_owned());
        }
    }

    /// Takes a range out.
    pub fn exclude_range(&mut self, range: IpRange) {
        self.ranges.retain(|narrower| !range.holds(narrower));
        if self.ranges.iter().any(|wider| wider.holds(&range)) {
            self.without_ranges.insert(range);
        }
    }

    /// Adds what it takes to issue for a name.
    pub fn add(&mut self, name: &AltName) {
        match name {
            AltName::Dns(name) => self.add_domain(name),
            AltName::Ip(address) => self.add_range(IpRange::of(*address)),
            AltName::Email(_) | AltName::Uri(_) => {}
        }
    }

    /// Adds all that another one permits.
    pub fn extend(&mut self, other: &Self) {
        other.domains.iter().for_each(|domain| self.add_domain(domain));
        other.ranges.iter().for_each(|range| self.add_range(*range));
    }

    /// Whether a certificate may have this name.
    #[must_use]
    pub fn allows(&self, name: &AltName) -> bool {
        match name {
            AltName::Dns(name) => {
                let holds = |domains: &BTreeSet<String>| domains.iter().any(|domain| is_within(name, domain));
                holds(&self.domains) && !holds(&self.without_domains)
            }
            AltName::Ip(address) => {
                let own = IpRange::of(*address);
                let holds = |ranges: &BTreeSet<IpRange>| ranges.iter().any(|range| range.holds(&own));
                holds(&self.ranges) && !holds(&self.without_ranges)
            }
            AltName::Email(_) | AltName::Uri(_) => true,
        }
    }

    /// Whether it permits all that another one does.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let domains =
            other.domains.iter().all(|name| self.domains.iter().any(|domain| is_within(name, domain)));
        domains && other.ranges.iter().all(|range| self.ranges.iter().any(|wider| wider.holds(range)))
    }

    /// Whether one of its domains or ranges stands in another as it is.
    #[must_use]
    pub fn is_part_of(&self, other: &Self) -> bool {
        !self.domains.is_disjoint(&other.domains) || !self.ranges.is_disjoint(&other.ranges)
    }

    /// Whether it permits nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.domains.is_empty() && self.ranges.is_empty()
    }

    /// The domains, sorted; none lies below another.
    pub fn domains(&self) -> impl Iterator<Item = &str> {
        self.domains.iter().map(String::as_str)
    }

    /// The ranges, sorted; none lies in another.
    pub fn ranges(&self) -> impl Iterator<Item = &IpRange> {
        self.ranges.iter()
    }
}

impl fmt::Display for Permitted {
    /// All of it with commas between.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |domains: &BTreeSet<String>, ranges: &BTreeSet<IpRange>| {
            let name =
                |domain: &String| if domain.is_empty() { "any DNS name".to_owned() } else { domain.clone() };
            let ranges = ranges.iter().map(ToString::to_string);
            domains.iter().map(name).chain(ranges).collect::<Vec<_>>().join(", ")
        };
        f.write_str(&joined(&self.domains, &self.ranges))?;
        let without = joined(&self.without_domains, &self.without_ranges);
        if without.is_empty() { Ok(()) } else { write!(f, ", but not {without}") }
    }
}

fn is_within(name: &str, domain: &str) -> bool {
    domain.is_empty() || name == domain || name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// A range of IP addresses whose first bits are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IpRange {
    first: IpAddr,
    prefix: u8,
}

impl IpRange {
    /// One address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self { first: address, prefix: bits(address) }
    }

    /// The range around an address; `None` where the prefix is longer than the address.
    #[must_use]
    pub fn around(address: IpAddr, prefix: u8) -> Option<Self> {
        if prefix > bits(address) {
            return None;
        }
        let first = match address {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
                IpAddr::V4((u32::from(v4) & mask).into())
            }
            IpAddr::V6(v6) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
                IpAddr::V6((u128::from(v6) & mask).into())
            }
        };
        Some(Self { first, prefix })
    }

    /// Reads `10.0.0.0/8` or one address.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let Some((address, prefix)) = text.split_once('/') else { return text.parse().ok().map(Self::of) };
        Self::around(address.parse().ok()?, prefix.parse().ok()?)
    }

    /// Whether another range lies in this one.
    #[must_use]
    pub fn holds(&self, other: &Self) -> bool {
        other.prefix >= self.prefix && Self::around(other.first, self.prefix) == Some(*self)
    }

    /// Its first address.
    #[must_use]
    pub fn first(&self) -> IpAddr {
        self.first
    }

    /// How many bits all of its addresses share.
    #[must_use]
    pub fn prefix(&self) -> u8 {
        self.prefix
    }
}

impl fmt::Display for IpRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
    }
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permitted(texts: &[&str]) -> Permitted {
        let mut found = Permitted::default();
        for text in texts {
            match IpRange::parse(text) {
                Some(range) => found.add_range(range),
                None => found.add_domain(text),
            }
        }
        found
    }

    #[test]
    fn what_lies_in_another_is_left_out() {
        let all =
            permitted(&["a.example.com", "10.1.0.0/16", "*.example.com", "10.2.3.4/8", "other.com", "::1"]);
        assert_eq!(all.to_string(), "example.com, other.com, 10.0.0.0/8, ::1/128");
        assert!(
            all.covers(&permitted(&["x.y.example.com", "10.9.9.9"])) && all.covers(&Permitted::default())
        );
        assert!(!all.covers(&permitted(&["notexample.com"])) && !all.covers(&permitted(&["11.0.0.0/8"])));
        assert!(!permitted(&["10.0.0.0/8"]).covers(&permitted(&["0.0.0.0/0"])));
    }

    #[test]
    fn names_are_allowed_by_whole_labels_and_by_family() {
        let some = permitted(&["example.com", "0.0.0.0/0"]);
        let dns = |name: &str| some.allows(&AltName::Dns(name.into()));
        assert!(dns("example.com") && dns("a.b.example.com") && dns("*.example.com"));
        assert!(!dns("badexample.com") && !dns("*.com") && !dns("com"));
        let ip = |text: &str| some.allows(&AltName::Ip(text.parse().unwrap()));
        assert!(ip("255.1.2.3") && !ip("::ffff:1.2.3.4") && !ip("::1"));
        assert!(some.allows(&AltName::Email("a@elsewhere.com".into())));
    }

    #[test]
    fn what_is_excluded_is_not_allowed() {
        let mut all = permitted(&["", "0.0.0.0/0", "::/0"]);
        all.exclude_domain("bad.example");
        all.exclude_range(IpRange::parse("10.0.0.0/8").unwrap());
        assert_eq!(all.to_string(), "any DNS name, 0.0.0.0/0, ::/0, but not bad.example, 10.0.0.0/8");
        let dns = |name: &str| all.allows(&AltName::Dns(name.into()));
        assert!(dns("a.example") && dns("notbad.example") && !dns("bad.example") && !dns("x.bad.example"));
        let ip = |text: &str| all.allows(&AltName::Ip(text.parse().unwrap()));
        assert!(ip("11.0.0.1") && ip("::1") && !ip("10.1.2.3"));
        // Nothing is left of what is excluded as a whole.
        all.exclude_domain("");
        for text in ["0.0.0.0/0", "::/0"] {
            all.exclude_range(IpRange::parse(text).unwrap());
        }
        assert!(all.is_empty());
    }

    #[test]
    fn ranges_are_read_and_bad_ones_are_not() {
        for (text, shown) in [
            ("10.9.0.0/8", "10.0.0.0/8"),
            ("1.2.3.4", "1.2.3.4/32"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("1.2.3.4/0", "0.0.0.0/0"),
        ] {
            assert_eq!(IpRange::parse(text).unwrap().to_string(), shown);
        }
        for text in ["10.0.0.0/33", "::/129", "10.0.0/8", "x/8", "10.0.0.0/", "10.0.0.0/-1", ""] {
            assert_eq!(IpRange::parse(text), None, "{text}");
        }
    }
}
