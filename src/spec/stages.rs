//! The stages of a rotation, written into a spec by splicing: each is a word more behind a generation, or a new one.

use super::edit::{Dates, EditError, behind, dates, day, edited, insertion};
use super::node::Authority;

/// Introduces the next generation on `date`. Where none is written, the first one is too, since `first`. Everything else of
/// the file stays as it is.
///
/// # Errors
/// A date that is none, a text that is not the one that was read, or one that can't be edited safely.
pub fn introduce(text: &str, authority: &Authority, first: &str, date: &str) -> Result<String, EditError> {
    let (since, today) = (day(first)?, day(date)?);
    let number =
        authority.generations.iter().map(|one| one.number.value).max().unwrap_or(1).saturating_add(1);
    edited(text, authority, |node| {
        let mut meant: Vec<_> = authority.generations.iter().map(dates).collect();
        let mut new = Vec::new();
        if authority.generations.is_empty() {
            new.push(format!("generation 1 introduced=\"{first}\" signs=\"{first}\""));
            meant.push((1, Some(since), Some(since), None, false));
        }
        new.push(format!("generation {number} introduced=\"{date}\""));
        meant.push((number, Some(today), None, None, false));
        meant.sort_unstable();
        (vec![insertion(text, node, &new)], meant)
    })
}

/// Lets a generation that is written sign from `date` on. Everything else of the file stays as it is.
///
/// # Errors
/// As of [`introduce`].
pub fn switch(text: &str, authority: &Authority, number: u32, date: &str) -> Result<String, EditError> {
    let today = day(date)?;
    add(text, authority, number, format!(" signs=\"{date}\""), |(number, introduced, _, retired, forced)| {
        (number, introduced, Some(today), retired, forced)
    })
}

/// Retires a generation that is written on `date`, whatever relies on it if `forced`. Everything else of the file stays as
/// it is.
///
/// # Errors
/// As of [`introduce`].
pub fn retire(
    text: &str,
    authority: &Authority,
    number: u32,
    date: &str,
    forced: bool,
) -> Result<String, EditError> {
    let today = day(date)?;
    let words = format!(" retired=\"{date}\"{}", if forced { " forced" } else { "" });
    add(text, authority, number, words, |(number, introduced, signs, _, _)| {
        (number, introduced, signs, Some(today), forced)
    })
}

/// Words behind one generation.
fn add(
    text: &str,
    authority: &Authority,
    number: u32,
    words: String,
    then: impl Fn(Dates) -> Dates,
) -> Result<String, EditError> {
    let own = authority.generations.iter().find(|one| one.number.value == number);
    let own = own.ok_or_else(|| EditError::NotThere(authority.name.as_str().to_owned()))?;
    edited(text, authority, |node| {
        let mut meant: Vec<_> = authority.generations.iter().map(dates).collect();
        meant.iter_mut().filter(|one| one.0 == number).for_each(|one| *one = then(*one));
        meant.sort_unstable();
        (vec![behind(node, own, words)], meant)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Sources, parse};

    fn with(text: &str, edit: impl Fn(&Authority) -> Result<String, EditError>) -> Result<String, EditError> {
        let sources = Sources::new([("specs/a.kdl".to_owned(), text.to_owned())]);
        let (spec, report) = parse(&sources);
        assert!(!report.has_errors(), "{}", crate::diag::human::render(&report, &sources, false));
        edit(&spec.authorities[0])
    }

    const PLAIN: &str = "// root\nauthority \"corp\" { // ours\n\tvalid \"1y\" // short\n}\nclient \"c\"\n";

    #[test]
    fn a_rotation_in_three_edits() {
        let one = with(PLAIN, |own| introduce(PLAIN, own, "2026-01-01", "2026-11-25")).unwrap();
        let first = "\tgeneration 1 introduced=\"2026-01-01\" signs=\"2026-01-01\"";
        let end = "}\nclient \"c\"\n";
        let head = "// root\nauthority \"corp\" { // ours\n\tvalid \"1y\" // short\n";
        assert_eq!(one, format!("{head}{first}\n\tgeneration 2 introduced=\"2026-11-25\"\n{end}"));
        let two = with(&one, |own| switch(&one, own, 2, "2026-12-01")).unwrap();
        let second = "\tgeneration 2 introduced=\"2026-11-25\" signs=\"2026-12-01\"";
        assert_eq!(two, format!("{head}{first}\n{second}\n{end}"));
        for (forced, word) in [(false, ""), (true, " forced")] {
            let three = with(&two, |own| retire(&two, own, 1, "2027-01-01", forced)).unwrap();
            assert_eq!(three, format!("{head}{first} retired=\"2027-01-01\"{word}\n{second}\n{end}"));
            let again = with(&three, |own| introduce(&three, own, "2026-01-01", "2027-06-01")).unwrap();
            assert!(again.contains(&format!("{second}\n\tgeneration 3 introduced=\"2027-06-01\"\n}}")));
        }
    }

    #[test]
    fn every_way_to_write_a_generation_is_kept() {
        for (text, expected) in [
            (
                "authority r { generation 2 { introduced \"2026-01-01\" }; generation 1 signs=\"2025-01-01\" }",
                "authority r { generation 2 signs=\"2026-11-25\" { introduced \"2026-01-01\" }; generation 1 signs=\"2025-01-01\" }",
            ),
            (
                "authority r {\r\n  generation 2 \\\r\n    introduced=\"2026-01-01\" // next\r\n  generation 1 signs=\"2025-01-01\"\r\n}\r\n",
                "authority r {\r\n  generation 2 \\\r\n    introduced=\"2026-01-01\" signs=\"2026-11-25\" // next\r\n  generation 1 signs=\"2025-01-01\"\r\n}\r\n",
            ),
        ] {
            assert_eq!(with(text, |own| switch(text, own, 2, "2026-11-25")).unwrap(), expected);
        }
    }

    #[test]
    fn what_can_not_be_edited_is_refused() {
        let written =
            "authority \"r\" { generation 1 signs=\"2026-01-01\"; generation 2 introduced=\"2026-01-01\" }";
        let today = "2026-11-25";
        let not = Err(EditError::NotEditable("r".to_owned()));
        // It signs already; there is none; the date is none.
        assert_eq!(with(written, |own| switch(written, own, 1, today)), not);
        assert_eq!(
            with(written, |own| switch(written, own, 2, "now")),
            Err(EditError::NotADate("now".to_owned()))
        );
        assert_eq!(
            with(written, |own| retire("", own, 1, today, false)),
            Err(EditError::NotThere("r".to_owned()))
        );
        let dropped = "authority \"r\" /-valid=\"1y\"";
        assert_eq!(with(dropped, |own| introduce(dropped, own, today, today)), not);
    }
}
