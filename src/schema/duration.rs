//! Lengths of time as Go writes them, which is how Istio and Gateway API write theirs.

use super::overlay;
use super::table::{Form, RuleId, Shape};

/// Go's units, in nanoseconds.
const UNITS: [(&str, i128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Whether a string is a length of time by its rule, its pattern, or its field's word.
pub(super) fn is_one(shape: &Shape, word: &str) -> bool {
    let Form::Text(text) = &shape.form else { return false };
    shape.rules.contains(&RuleId::DURATION)
        || text.pattern.as_deref().is_some_and(is_pattern)
        || overlay::is_called_a_duration(word)
}

/// Whether a pattern is that of lengths of time: Gateway API's, which has no fractions, or cert-manager's, which has no `ms`.
pub(crate) fn is_pattern(pattern: &str) -> bool {
    pattern.contains("(h|m|s|ms)") || pattern.contains("(s|m|h)")
}

/// What to write instead of a text that is no length of time to the API.
pub(super) fn help(text: &str) -> String {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return with_unit(text);
    }
    match mended(text) {
        Some(mended) => {
            format!("write \"{mended}\": the units are `h`, `m` and `s`, and whole numbers stand before them")
        }
        None => {
            "write numbers with the units `h`, `m`, `s` or `ms`, such as \"1m30s\" or \"500ms\"".to_owned()
        }
    }
}

/// The same length in units that every API takes, if a person can tell what was meant: `90d` is `2160h`.
fn mended(text: &str) -> Option<String> {
    let mut rest = text.trim();
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (amount, after) = rest.split_at(number);
        let after = after.trim_start();
        let end = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let plain = |length: &(&str, i128)| length.0 == unit;
        let (_, length) =
            UNITS.iter().find(|known| plain(known)).or_else(|| CALLED.iter().find(|known| plain(known)))?;
        total = total.checked_add(scaled(amount, *length)?)?;
        rest = after.trim_start();
    }
    let is_length = total > 0 && total <= i128::from(i64::MAX) && total % MILLISECOND == 0;
    let mut left = is_length.then_some(total)?;
    let mut mended = String::new();
    for (unit, length) in UNITS.iter().rev().take(4) {
        let count = left / length;
        left %= length;
        if count > 0 {
            mended.push_str(&format!("{count}{unit}"));
        }
    }
    Some(mended)
}

/// What people call lengths of time that Go does not know. A month has no length.
const CALLED: [(&str, i128); 16] = [
    ("d", DAY),
    ("day", DAY),
    ("days", DAY),
    ("w", 7 * DAY),
    ("week", 7 * DAY),
    ("weeks", 7 * DAY),
    ("y", 365 * DAY),
    ("hour", DAY / 24),
    ("hours", DAY / 24),
    ("hr", DAY / 24),
    ("min", 60 * SECOND),
    ("minutes", 60 * SECOND),
    ("minute", 60 * SECOND),
    ("sec", SECOND),
    ("second", SECOND),
    ("seconds", SECOND),
];

/// Nanoseconds in a second.
const SECOND: i128 = 1_000_000_000;
/// Nanoseconds in a day.
const DAY: i128 = 86_400 * SECOND;

/// What to write instead of a number without a unit.
pub(super) fn with_unit(number: &str) -> String {
    format!("a length of time needs a unit: `\"{number}s\"` is seconds, `\"{number}m\"` minutes")
}

/// Nanoseconds in a millisecond.
pub(super) const MILLISECOND: i128 = 1_000_000;

/// The nanoseconds of what Go's `time.ParseDuration` takes: `1h30m`, `-1.5s`, `0`. Nothing for any other text.
pub(super) fn nanoseconds(text: &str) -> Option<i128> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (amount, after) = rest.split_at(number);
        let unit = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (name, after) = after.split_at(unit);
        let (_, length) = UNITS.iter().find(|(unit, _)| *unit == name)?;
        total = total.checked_add(scaled(amount, *length)?)?;
        if total > i128::from(i64::MAX) {
            return None;
        }
        rest = after;
    }
    Some(sign * total)
}

/// A decimal number times a length, cut off below a nanosecond.
fn scaled(amount: &str, length: i128) -> Option<i128> {
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    // No unit is longer than 13 digits of nanoseconds.
    let digits = fraction.get(..fraction.len().min(18)).unwrap_or_default();
    let scale = 10_i128.checked_pow(u32::try_from(digits.len()).ok()?)?;
    let part: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    whole.checked_mul(length)?.checked_add(part * length / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_a_number_lacks_its_unit() {
        assert_eq!(help("30"), with_unit("30"));
        assert!(help("").contains("such as"));
    }

    #[test]
    fn what_a_person_writes_is_told_in_hours() {
        for (text, expected) in [
            ("90d", Some("2160h")),
            ("1d12h", Some("36h")),
            ("1.5d", Some("36h")),
            ("1.5s", Some("1s500ms")),
            ("2 weeks", Some("336h")),
            ("10 min 5 sec", Some("10m5s")),
            ("1y", Some("8760h")),
            ("100000s", Some("27h46m40s")),
            ("3mo", None),
            ("5M", None),
            ("-1d", None),
            ("0d", None),
            ("1us", None),
            ("300y", None),
            ("d", None),
            ("90", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(mended(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, expected) in [
            ("1s", Some(1_000_000_000)),
            ("1h30m", Some(5_400_000_000_000)),
            ("1.5s", Some(1_500_000_000)),
            (".5ms", Some(500_000)),
            ("5.s", Some(5_000_000_000)),
            ("100us", Some(100_000)),
            ("100µs", Some(100_000)),
            ("-1s", Some(-1_000_000_000)),
            ("+1s", Some(1_000_000_000)),
            ("0", Some(0)),
            ("0s", Some(0)),
            ("1m1m", Some(120_000_000_000)),
            ("2562047h", Some(9_223_369_200_000_000_000)),
            ("2562048h", None),
            ("99999999999999999999999999999999999999999h", None),
            ("", None),
            ("-", None),
            ("1", None),
            ("1d", None),
            ("s", None),
            (".s", None),
            ("1.2.3s", None),
            ("1 s", None),
            ("1s ", None),
            ("--1s", None),
            ("1S", None),
        ] {
            assert_eq!(nanoseconds(text), expected, "{text}");
        }
    }
}
