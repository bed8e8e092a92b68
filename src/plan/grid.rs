//! When certificates begin and end: now and as long as the spec says; or, in a project with a seed, on a grid that is counted
//! from its epoch, so that a certificate is the same whenever and wherever it is made within a step.

use super::certs::{BACKDATE, Shape};
use crate::pki::Certificate;
use crate::time::{Seconds, Timestamp};

/// The first and the last second of a certificate.
pub type Life = (Timestamp, Timestamp);

/// Whether it is time for another certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timing {
    /// It is not.
    Right,
    /// The one that is there is due, and a new one would end later.
    Due,
    /// The one that is there lies on no grid of this epoch, `valid` and `renew-before`.
    Other,
}

impl Shape {
    /// How long after each other its certificates begin on a grid.
    fn step(&self) -> Seconds {
        let before = self.renew_before.unwrap_or(Seconds(self.valid.0 / 3));
        Seconds((self.valid.0 - before.0).max(1))
    }

    /// Where a certificate begins that is made at this moment, before it is dated back. No step is taken that would not let it
    /// end later, where what signs it ends at `end`.
    fn start(&self, now: Timestamp, end: Timestamp) -> Timestamp {
        let Some(epoch) = self.epoch else { return now };
        let step = self.step().0;
        let last = (end - self.valid - epoch).0;
        let last = last.div_euclid(step).saturating_add(i64::from(last.rem_euclid(step) > 0));
        let number = (now - epoch).0.div_euclid(step).min(last);
        epoch + Seconds(number.saturating_mul(step))
    }

    /// The life of a certificate that is made at this moment, within that of the one that signs it. On a grid only the end is:
    /// when the one that signs was made or signed again changes nothing then.
    #[must_use]
    pub fn life(&self, now: Timestamp, within: Option<Life>) -> Life {
        let (from, to) = within.unwrap_or((Timestamp::MIN, Timestamp::MAX));
        let from = if self.epoch.is_some() { Timestamp::MIN } else { from };
        let start = self.start(now, to);
        ((start - BACKDATE).max(from), (start + self.valid).min(to))
    }

    /// When a certificate of this shape becomes due: at the next step of the grid; without one, as long before its end as the
    /// spec says, or when a third of its own life is left.
    #[must_use]
    pub fn renewal(&self, certificate: &Certificate) -> Timestamp {
        self.renewal_by(certificate, certificate.not_after())
    }

    /// The same of one that stops to count at `end`, since one above it ends.
    #[must_use]
    pub fn renewal_by(&self, certificate: &Certificate, end: Timestamp) -> Timestamp {
        if self.epoch.is_some() {
            return self.start(certificate.not_before() + BACKDATE, Timestamp::MAX) + self.step();
        }
        self.renewal_of((certificate.not_before(), end))
    }

    /// The same of any life that lies on no grid.
    #[must_use]
    pub fn renewal_of(&self, (start, end): Life) -> Timestamp {
        end - self.renew_before.unwrap_or(Seconds((end - start).0 / 3))
    }

    /// Whether it is due.
    #[must_use]
    pub fn is_due(&self, certificate: &Certificate, now: Timestamp) -> bool {
        now >= self.renewal(certificate)
    }

    /// Whether it is time for another one, within the life of the one that signs.
    #[must_use]
    pub fn timing(&self, there: &Certificate, now: Timestamp, within: Option<Life>) -> Timing {
        let (wanted, own) = (self.life(now, within), (there.not_before(), there.not_after()));
        let is_due = match self.epoch {
            Some(_) if wanted == own => return Timing::Right,
            Some(_) if self.life(own.0 + BACKDATE, within) != own => return Timing::Other,
            Some(_) => true,
            None => self.is_due(there, now),
        };
        if is_due && wanted.1 > own.1 { Timing::Due } else { Timing::Right }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pki::Name;
    use crate::spec::node::KeyKind;

    fn shape(valid: i64, before: Option<i64>) -> Shape {
        Shape {
            subject: Name::default(),
            sans: Vec::new(),
            key: KeyKind::EcdsaP256,
            valid: Seconds::days(valid),
            renew_before: before.map(Seconds::days),
            generation: 1,
            epoch: Some(at("2026-01-01T00:00:00Z")),
        }
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn days(life: Life) -> (String, String) {
        ((life.0 + BACKDATE).date(), life.1.date())
    }

    fn both(from: &str, to: &str) -> (String, String) {
        (from.to_owned(), to.to_owned())
    }

    #[test]
    fn a_life_begins_at_a_step() {
        let quarter = shape(90, None);
        for (now, from, to) in [
            ("2026-01-01T00:00:00Z", "2026-01-01", "2026-04-01"),
            ("2026-03-01T23:59:59Z", "2026-01-01", "2026-04-01"),
            ("2026-03-02T00:00:00Z", "2026-03-02", "2026-05-31"),
        ] {
            assert_eq!(days(quarter.life(at(now), None)), both(from, to), "{now}");
        }
        let said = shape(90, Some(10));
        assert_eq!(days(said.life(at("2026-03-22T00:00:00Z"), None)), both("2026-03-22", "2026-06-20"));
    }

    #[test]
    fn it_is_dated_back_and_ends_with_its_authority() {
        let (from, to) = (at("2026-01-20T00:00:00Z"), at("2026-05-01T00:00:00Z"));
        let life = |now: &str| shape(90, None).life(at(now), Some((from, to)));
        let first = (at("2025-12-31T23:55:00Z"), at("2026-04-01T00:00:00Z"));
        assert_eq!(life("2026-02-01T00:00:00Z"), first);
        let last = (at("2026-03-01T23:55:00Z"), to);
        assert_eq!(life("2026-03-02T00:00:00Z"), last);
        // A later step would not end later.
        assert_eq!(life("2026-04-30T23:59:59Z"), last);
    }

    #[test]
    fn without_an_epoch_it_begins_now() {
        let now = at("2026-11-25T12:34:56Z");
        let drawn = Shape { epoch: None, ..shape(90, None) };
        assert_eq!(drawn.life(now, None), (now - BACKDATE, now + Seconds::days(90)));
    }

    proptest! {
        /// At every moment the life holds, as much of it is left as `renew-before` says, and the next step is not skipped.
        #[test]
        fn somebody_who_renders_within_a_step_gets_its_life(
            now in 1_767_225_600i64..4_000_000_000, valid in 2i64..4000, before in 1i64..4000,
        ) {
            prop_assume!(before < valid);
            let (shape, now) = (shape(valid, Some(before)), Timestamp::from_unix(now));
            let (from, to) = shape.life(now, None);
            prop_assert!(from <= now && now + Seconds::days(before) <= to);
            let next = from + BACKDATE + shape.step();
            prop_assert!(next > now);
            prop_assert_eq!(shape.life(next - Seconds(1), None), (from, to));
            prop_assert_eq!(shape.life(next, None).0, next - BACKDATE);
        }
    }
}
