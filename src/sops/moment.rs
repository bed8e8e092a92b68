//! Points in time as YAML and Go's `time` package read and print them.

use std::fmt;

/// A point in time in its canonical form: RFC 3339 with the offset as written (`Z` for zero) and a fraction of up to
/// nine digits without trailing zeros. Sops encrypts and hashes exactly this text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment(String);

/// Not a point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a point in time as RFC 3339 writes it, such as 2026-11-25T12:00:00Z")]
pub struct NotAMoment;

impl Moment {
    /// Reads RFC 3339 in full: `2026-11-25T12:00:00Z`, a fraction and an offset allowed.
    pub fn parse(text: &str) -> Result<Self, NotAMoment> {
        let mut cursor = Cursor(text.as_bytes());
        let parts = cursor.date(2).and_then(|date| {
            cursor.eat(b'T').then_some(())?;
            let (time, fraction) = cursor.clock(2)?;
            Some(Parts { date, time, fraction, offset: cursor.offset()? })
        });
        parts.filter(|_| cursor.0.is_empty()).map(|parts| Self(parts.to_string())).ok_or(NotAMoment)
    }

    /// Reads an unquoted YAML scalar as go-yaml does; months, days and the clock may have one digit.
    pub(super) fn from_yaml(text: &str) -> Option<Self> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        if digits != 4 || text.as_bytes().get(4) != Some(&b'-') {
            return None;
        }
        let mut cursor = Cursor(text.as_bytes());
        let date = cursor.date(1)?;
        let mut parts = Parts { date, time: (0, 0, 0), fraction: String::new(), offset: None };
        if cursor.0.is_empty() {
            return Some(Self(parts.to_string()));
        }
        if cursor.eat(b'T') || cursor.eat(b't') {
            (parts.time, parts.fraction) = cursor.clock(1)?;
            parts.offset = cursor.offset()?;
        } else if cursor.eat(b' ') {
            while cursor.eat(b' ') {}
            (parts.time, parts.fraction) = cursor.clock(1)?;
        } else {
            return None;
        }
        cursor.0.is_empty().then(|| Self(parts.to_string()))
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text without a fraction of a second: what sops binds the MAC to.
    pub(super) fn in_seconds(&self) -> String {
        match self.0.split_once('.') {
            Some((head, tail)) => {
                format!("{head}{}", tail.trim_start_matches(|c: char| c.is_ascii_digit()))
            }
            None => self.0.clone(),
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

struct Parts {
    date: (u32, u32, u32),
    time: (u32, u32, u32),
    fraction: String,
    offset: Option<(char, u32, u32)>,
}

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date;
        let (hour, minute, second) = self.time;
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if !self.fraction.is_empty() {
            write!(f, ".{}", self.fraction)?;
        }
        match self.offset {
            None | Some((_, 0, 0)) => f.write_str("Z"),
            Some((sign, hours, minutes)) => write!(f, "{sign}{hours:02}:{minutes:02}"),
        }
    }
}

/// What is left to read.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn eat(&mut self, byte: u8) -> bool {
        match self.0.split_first() {
            Some((first, rest)) if *first == byte => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    /// A number of at least `least` and at most `most` digits.
    fn number(&mut self, least: usize, most: usize) -> Option<u32> {
        let count = self.0.iter().take(most).take_while(|b| b.is_ascii_digit()).count();
        if count < least {
            return None;
        }
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        Some(digits.iter().fold(0, |n, digit| n * 10 + u32::from(digit - b'0')))
    }

    fn date(&mut self, least: usize) -> Option<(u32, u32, u32)> {
        let year = self.number(4, 4)?;
        self.eat(b'-').then_some(())?;
        let month = self.number(least, 2)?;
        self.eat(b'-').then_some(())?;
        let day = self.number(least, 2)?;
        ((1..=12).contains(&month) && (1..=days_in(month, year)).contains(&day)).then_some((year, month, day))
    }

    /// The time of day, and the digits of the fraction without their trailing zeros.
    fn clock(&mut self, least: usize) -> Option<((u32, u32, u32), String)> {
        let hour = self.number(least, 2)?;
        self.eat(b':').then_some(())?;
        let minute = self.number(least, 2)?;
        self.eat(b':').then_some(())?;
        let second = self.number(least, 2)?;
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let mut fraction = String::new();
        if matches!(self.0, [b'.' | b',', digit, ..] if digit.is_ascii_digit()) {
            let digits = self.0.iter().skip(1).take_while(|b| b.is_ascii_digit()).count();
            let (text, rest) = self.0.split_at(digits + 1);
            fraction = text.iter().skip(1).take(9).map(|b| char::from(*b)).collect();
            fraction.truncate(fraction.trim_end_matches('0').len());
            self.0 = rest;
        }
        Some(((hour, minute, second), fraction))
    }

    /// `Z`, or an offset such as `+02:00`. The outer option is "not there".
    fn offset(&mut self) -> Option<Option<(char, u32, u32)>> {
        if self.eat(b'Z') {
            return Some(None);
        }
        let sign = if self.eat(b'+') {
            '+'
        } else if self.eat(b'-') {
            '-'
        } else {
            return None;
        };
        let hours = self.number(2, 2)?;
        self.eat(b':').then_some(())?;
        let minutes = self.number(2, 2)?;
        (hours <= 23 && minutes <= 59).then_some(Some((sign, hours, minutes)))
    }
}

fn days_in(month: u32, year: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yaml(text: &str) -> Option<String> {
        Moment::from_yaml(text).map(|m| m.to_string())
    }

    #[test]
    fn yaml_timestamps_in_all_their_forms() {
        for (text, canonical) in [
            ("2020-01-02", "2020-01-02T00:00:00Z"),
            ("2002-1-2", "2002-01-02T00:00:00Z"),
            ("2001-12-14t21:59:43.10-05:00", "2001-12-14T21:59:43.1-05:00"),
            ("2001-12-15 2:59:43.10", "2001-12-15T02:59:43.1Z"),
            ("2001-12-15   2:59:43,5", "2001-12-15T02:59:43.5Z"),
            ("2020-01-02T03:04:05+00:00", "2020-01-02T03:04:05Z"),
            ("2020-01-02T03:04:05-00:00", "2020-01-02T03:04:05Z"),
            ("2020-02-29T3:4:5.000Z", "2020-02-29T03:04:05Z"),
            ("9999-12-31T23:59:59.9999999999Z", "9999-12-31T23:59:59.999999999Z"),
        ] {
            assert_eq!(yaml(text).as_deref(), Some(canonical), "{text}");
        }
        for text in [
            "2020-13-45",
            "2019-02-29",
            "2001-12-14 21:59:43.10 -5",
            "2001-12-14T21:59:43",
            "2001-12-14T24:00:00Z",
            "12020-01-01",
            "2020-01",
            "2020-01-02T",
            "2020-01-02x",
        ] {
            assert_eq!(yaml(text), None, "{text}");
        }
    }

    #[test]
    fn the_strict_reader_wants_two_digits_and_a_zone() {
        assert!(Moment::parse("2026-11-25T12:00:00Z").is_ok());
        assert!(Moment::parse("2026-1-25T12:00:00Z").is_err());
        assert!(Moment::parse("2026-11-25t12:00:00Z").is_err());
        assert!(Moment::parse("2026-11-25").is_err());
        assert!(Moment::parse("").is_err());
    }

    #[test]
    fn seconds_drop_the_fraction_and_keep_the_offset() {
        let seconds = |text| Moment::parse(text).map(|m| m.in_seconds());
        assert_eq!(seconds("2026-11-25T12:00:00.25+02:00").as_deref(), Ok("2026-11-25T12:00:00+02:00"));
        assert_eq!(seconds("2026-11-25T12:00:00.5Z").as_deref(), Ok("2026-11-25T12:00:00Z"));
        assert_eq!(seconds("2026-11-25T12:00:00+00:00").as_deref(), Ok("2026-11-25T12:00:00Z"));
    }
}
