//! Points in time and lengths of time, in whole seconds, without a clock.

use std::fmt;

use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime, UtcOffset};

/// A point in time in whole seconds since 1970-01-01T00:00:00Z. Printed as RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

/// A length of time in whole seconds, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Seconds(pub i64);

impl Seconds {
    /// Whole days of 24 hours.
    #[must_use]
    pub const fn days(days: i64) -> Self {
        Self(days * 86_400)
    }
}

/// Not a point in time that this tool can work with: years 1 to 9999.
#[derive(Debug, thiserror::Error)]
#[error("not a point in time as RFC 3339 writes it, such as 2026-11-25T12:00:00Z")]
pub struct NotATime;

impl Timestamp {
    /// The first point in time that is known: the beginning of the year 1.
    pub const MIN: Self = Self(-62_135_596_800);

    /// The last point in time that X.509 and RFC 3339 can name.
    pub const MAX: Self = Self(253_402_300_799);

    /// From seconds since 1970; what lies outside the years 1 to 9999 is moved to their edge.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Self {
        Self(seconds.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Reads RFC 3339, such as `2026-11-25T12:00:00Z`; a fraction of a second is dropped.
    pub fn parse(text: &str) -> Result<Self, NotATime> {
        OffsetDateTime::parse(text, &Rfc3339).map(|t| Self(t.unix_timestamp())).map_err(|_| NotATime)
    }

    /// Midnight UTC of a date such as `2026-11-25`.
    pub fn parse_date(text: &str) -> Result<Self, NotATime> {
        if text.len() != 10 {
            return Err(NotATime);
        }
        Self::parse(&format!("{text}T00:00:00Z"))
    }

    /// The beginning of its day in UTC.
    #[must_use]
    pub fn day(self) -> Self {
        Self::from_unix(self.0.div_euclid(86_400) * 86_400)
    }

    /// Seconds since 1970.
    #[must_use]
    pub fn unix(self) -> i64 {
        self.0
    }

    /// As the `time` crate has it, which rcgen takes.
    #[must_use]
    pub fn to_offset_date_time(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.0).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// The date in UTC, as `2026-11-25`.
    #[must_use]
    pub fn date(self) -> String {
        let date: Date = self.to_offset_date_time().to_offset(UtcOffset::UTC).date();
        format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = self.to_offset_date_time();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            t.year(),
            u8::from(t.month()),
            t.day(),
            t.hour(),
            t.minute(),
            t.second()
        )
    }
}

impl std::ops::Add<Seconds> for Timestamp {
    type Output = Self;
    fn add(self, length: Seconds) -> Self {
        Self::from_unix(self.0.saturating_add(length.0))
    }
}

impl std::ops::Sub<Seconds> for Timestamp {
    type Output = Self;
    fn sub(self, length: Seconds) -> Self {
        Self::from_unix(self.0.saturating_sub(length.0))
    }
}

impl std::ops::Sub for Timestamp {
    type Output = Seconds;
    fn sub(self, other: Self) -> Seconds {
        Seconds(self.0.saturating_sub(other.0))
    }
}
