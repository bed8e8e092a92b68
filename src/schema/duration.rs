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
        || text.pattern.as_deref().is_some_and(|pattern| pattern.contains("(h|m|s|ms)"))
        || overlay::is_called_a_duration(word)
}

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
