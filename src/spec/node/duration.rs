//! Lengths of time: a certificate's life, and Istio's durations.

use std::ops::Range;

use super::route::IstioDuration;
use crate::time::Seconds;

/// What is wrong with a length of time.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// The bytes concerned.
    pub(crate) part: Range<usize>,
    /// Why.
    pub(crate) why: String,
    /// What to write instead.
    pub(crate) mend: String,
}

/// The units of a certificate's life, in seconds. A year has 365 days.
const UNITS: [(&str, i64); 6] =
    [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("w", 604_800), ("y", 31_536_000)];

/// No certificate lives longer: 100 years.
const LONGEST: i64 = 100 * 31_536_000;

/// Reads a certificate's life: a whole number and one of the units s, m, h, d, w and y. `example` is one, for the mend.
pub(crate) fn validity(text: &str, example: &str) -> Result<Seconds, Wrong> {
    let mend = format!(
        "write a whole number with one of the units `s`, `m`, `h`, `d`, `w` or `y`, such as `{example}`"
    );
    let wrong = |part: Range<usize>, why: &str| Wrong { part, why: why.to_owned(), mend: mend.clone() };
    if text.starts_with(['-', '+']) {
        return Err(wrong(0..1, "no sign belongs here"));
    }
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err(wrong(0..text.len(), "does not start with a number"));
    }
    if unit.is_empty() {
        return Err(wrong(0..text.len(), "a unit is missing"));
    }
    let Some((_, seconds)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        let why = match unit {
            "mo" | "month" | "months" | "M" => "months differ in length: use days",
            _ if unit.starts_with('.') => "no fractions",
            _ if unit.contains(|c: char| c.is_ascii_digit()) => "one number and one unit only",
            _ => "no such unit",
        };
        return Err(wrong(digits..text.len(), why));
    };
    let whole = 0..text.len();
    match number.parse::<i64>().ok().and_then(|number| number.checked_mul(*seconds)) {
        Some(0) => Err(Wrong {
            part: whole,
            why: "no time at all".to_owned(),
            mend: format!("write how long it is to live, such as `{example}`"),
        }),
        Some(length) if length <= LONGEST => Ok(Seconds(length)),
        _ => Err(Wrong {
            part: whole,
            why: "longer than 100 years".to_owned(),
            mend: "write at most `\"100y\"`".to_owned(),
        }),
    }
}

impl IstioDuration {
    /// Reads what Go reads as a duration and Istio takes: one or more decimal numbers with the units h, m, s and ms, at
    /// least one millisecond in all.
    pub(crate) fn parse(text: &str, example: &str) -> Result<Self, Wrong> {
        let mend =
            format!("write numbers with the units `h`, `m`, `s` or `ms`, such as `{example}` or `\"500ms\"`");
        let wrong = |part: Range<usize>, why: &str| Wrong { part, why: why.to_owned(), mend: mend.clone() };
        if text.starts_with(['-', '+']) {
            return Err(wrong(0..1, "no sign belongs here"));
        }
        let mut at = 0;
        let mut total = 0.0_f64;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let (number, rest) = rest.split_at(digits);
            let letters = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
            let (unit, _) = rest.split_at(letters);
            let unit_at = at + digits;
            let Ok(amount) = number.parse::<f64>() else {
                return Err(wrong(at..unit_at.max(at + letters), "a number is missing here"));
            };
            let milliseconds = match unit {
                "h" => 3_600_000.0,
                "m" => 60_000.0,
                "s" => 1000.0,
                "ms" => 1.0,
                "" => return Err(wrong(at..unit_at, "a unit is missing")),
                "d" => return Err(wrong(unit_at..unit_at + 1, "Istio knows no days: use hours")),
                "us" | "µs" | "ns" => {
                    return Err(wrong(unit_at..unit_at + letters, "finer than Istio takes"));
                }
                _ => return Err(wrong(unit_at..unit_at + letters, "no such unit")),
            };
            total += amount * milliseconds;
            at = unit_at + letters;
        }
        // Go counts nanoseconds in 64 bits, which ends at 292 years.
        match total {
            _ if text.is_empty() => Err(wrong(0..0, "nothing in it")),
            total if total < 1.0 => Err(Wrong {
                part: 0..text.len(),
                why: "shorter than a millisecond, the least that Istio takes".to_owned(),
                mend: format!("write a longer one, such as `{example}`, or leave it out for no limit"),
            }),
            total if total > 2_562_047.0 * 3_600_000.0 => Err(Wrong {
                part: 0..text.len(),
                why: "longer than 292 years".to_owned(),
                mend: format!("write a shorter one, such as `{example}`, or leave it out for no limit"),
            }),
            _ => Ok(Self(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_validity_is_a_number_and_a_unit() {
        for (text, seconds) in [
            ("1s", 1),
            ("90m", 5400),
            ("36h", 129_600),
            ("90d", 7_776_000),
            ("2w", 1_209_600),
            ("10y", 315_360_000),
        ] {
            assert_eq!(validity(text, "\"90d\""), Ok(Seconds(seconds)), "{text}");
        }
        assert_eq!(validity("100y", "\"90d\""), Ok(Seconds(LONGEST)));
    }

    #[test]
    fn what_is_wrong_with_a_validity_has_its_column() {
        for (text, part, why) in [
            ("", 0..0, "does not start with a number"),
            ("d", 0..1, "does not start with a number"),
            ("365", 0..3, "a unit is missing"),
            ("365x", 3..4, "no such unit"),
            ("3 d", 1..3, "no such unit"),
            ("6mo", 1..3, "months differ in length: use days"),
            ("1.5d", 1..4, "no fractions"),
            ("1h30m", 1..5, "one number and one unit only"),
            ("-5d", 0..1, "no sign belongs here"),
            ("0d", 0..2, "no time at all"),
            ("101y", 0..4, "longer than 100 years"),
            ("9223372036854775807y", 0..20, "longer than 100 years"),
            ("99999999999999999999d", 0..21, "longer than 100 years"),
        ] {
            let wrong = validity(text, "\"90d\"").unwrap_err();
            assert_eq!((wrong.part, wrong.why.as_str()), (part, why), "{text}");
        }
    }

    #[test]
    fn istio_durations_are_kept_as_written() {
        for text in ["1h", "1m30s", "500ms", "1ms", "0.5s", ".5s", "1.s", "0s1ms", "1s1h", "2562047h", "300s"]
        {
            assert_eq!(
                IstioDuration::parse(text, "\"30s\"").map(|d| d.as_str().to_owned()),
                Ok(text.to_owned())
            );
        }
    }

    #[test]
    fn what_is_wrong_with_an_istio_duration_has_its_column() {
        for (text, part, why) in [
            ("10", 0..2, "a unit is missing"),
            ("1m30", 2..4, "a unit is missing"),
            ("s", 0..1, "a number is missing here"),
            ("1.2.3s", 0..5, "a number is missing here"),
            (".s", 0..1, "a number is missing here"),
            ("1 s", 1..3, "no such unit"),
            ("1d", 1..2, "Istio knows no days: use hours"),
            ("5us", 1..3, "finer than Istio takes"),
            ("5ns", 1..3, "finer than Istio takes"),
            ("-1s", 0..1, "no sign belongs here"),
            ("0s", 0..2, "shorter than a millisecond, the least that Istio takes"),
            ("0.9ms", 0..5, "shorter than a millisecond, the least that Istio takes"),
            ("9999999h", 0..8, "longer than 292 years"),
        ] {
            let wrong = IstioDuration::parse(text, "\"30s\"").unwrap_err();
            assert_eq!((wrong.part, wrong.why.as_str()), (part, why), "{text}");
        }
    }
}
