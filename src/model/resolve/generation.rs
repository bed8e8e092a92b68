//! `generation` nodes: which of an authority's keys are trusted, and which one signs.

use super::super::project::Generation;
use super::hierarchy;
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node::{self, Spec};
use crate::spec::{Origin, Spanned, Traced};
use crate::time::{Seconds, Timestamp};

/// How long a generation is trusted on: the authority says it, or the project.
pub(super) fn wait(node: &node::Authority, spec: &Spec) -> Traced<Seconds> {
    match node.wait.as_ref().or(spec.project.wait.as_ref()) {
        Some(said) => Traced::new(said.value, Origin::spec(said.span)),
        None => Traced::default_of(Seconds::days(30), "authority.wait"),
    }
}

/// Only a root's clients need to know its generations: those of another authority know the one above it.
pub(super) fn check_cross(node: &node::Authority, report: &mut Report) {
    let (Some(cross), Some(above)) = (node.cross_signed, hierarchy::above(node)) else { return };
    report.push(
        Diagnostic::error(
            Code::CONFLICT,
            format!(
                "authority `{}` stands under another one, and only a root is `cross-signed`",
                node.name.as_str()
            ),
        )
        .at(cross, "has no meaning here")
        .at_text(above, "issues its certificate")
        .note("whoever trusts the root goes on trusting it, whichever generation signs")
        .help("take it out here; it may stand at the root"),
    );
}

/// Only written generations exist once one is written; the lowest of them is introduced and signs without saying so.
///
/// In a damaged node, words that seem to be missing may have been said.
pub(super) fn all(node: &node::Authority, damaged: bool, report: &mut Report) -> Vec<Generation> {
    let first = Generation {
        number: 1,
        introduced: true,
        signs: true,
        retired: false,
        introduced_on: None,
        signs_on: None,
        retired_on: None,
        forced: false,
        random: false,
        origin: Origin::default_of("authority.generation"),
        introduced_by: None,
        signs_by: None,
        retired_by: None,
    };
    if node.generations.is_empty() {
        return vec![first];
    }
    let lowest = node.generations.iter().map(|said| said.number.value).min();
    let mut found: Vec<_> = node
        .generations
        .iter()
        .map(|said| {
            let is_lowest = Some(said.number.value) == lowest;
            let by = |date: &Option<Spanned<Timestamp>>| date.as_ref().map(|date| Origin::spec(date.span));
            Generation {
                number: said.number.value,
                introduced: is_lowest || said.introduced.is_some(),
                signs: is_lowest || said.signs.is_some(),
                retired: said.retired.is_some(),
                introduced_on: said.introduced.as_ref().map(|date| date.value),
                signs_on: said.signs.as_ref().map(|date| date.value),
                retired_on: said.retired.as_ref().map(|date| date.value),
                forced: said.forced.is_some(),
                random: said.random.is_some(),
                origin: Origin::spec(said.number.span),
                introduced_by: by(&said.introduced).filter(|_| !is_lowest),
                signs_by: by(&said.signs).filter(|_| !is_lowest),
                retired_by: by(&said.retired),
            }
        })
        .collect();
    found.sort_by_key(|generation| generation.number);
    if damaged {
        return found;
    }
    for said in &node.generations {
        check_order(said, Some(said.number.value) == lowest, report);
    }
    check_signing(node, &found, report);
    found
}

/// The latest that signs is not retired.
fn check_signing(node: &node::Authority, found: &[Generation], report: &mut Report) {
    let signing = found.iter().rev().find(|generation| generation.signs);
    if let Some(signing) = signing.filter(|generation| generation.retired) {
        let place = signing.origin.span().unwrap_or(node.word);
        report.push(
            Diagnostic::error(
                Code::WRONG_GENERATION,
                format!("authority `{}` signs with a retired generation", node.name.as_str()),
            )
            .at(place, "the latest that signs, and retired")
            .help(format!(
                "`gatewright rotate authority {}` writes the generation that follows",
                node.name.as_str()
            )),
        );
    }
}

/// One is introduced, then signs, then is retired.
fn check_order(said: &node::Generation, is_lowest: bool, report: &mut Report) {
    let number = said.number.value;
    if said.signs.is_some() && said.introduced.is_none() && !is_lowest {
        report.push(
            Diagnostic::error(
                Code::WRONG_GENERATION,
                format!("generation {number} signs before anybody trusts it"),
            )
            .at(said.number.span, "has `signs` but no `introduced`")
            .help("add `introduced=\"…\"` with the date since when it is in trust bundles"),
        );
    }
    let mut earlier: Option<(&str, &Spanned<Timestamp>)> = None;
    let words = [("introduced", &said.introduced), ("signs", &said.signs), ("retired", &said.retired)];
    for (word, date) in words.into_iter().filter_map(|(word, date)| Some((word, date.as_ref()?))) {
        if let Some((before, _)) = earlier.filter(|(_, before)| before.value > date.value) {
            report.push(
                Diagnostic::error(
                    Code::WRONG_GENERATION,
                    format!("`{word}` of generation {number} is earlier than its `{before}`"),
                )
                .at(date.span, format!("comes after `{before}`"))
                .help("write the day on which it happened"),
            );
        }
        earlier = Some((word, date));
    }
    if let (Some(forced), None) = (said.forced, &said.retired) {
        report.push(
            Diagnostic::error(
                Code::WRONG_GENERATION,
                format!("generation {number} is not retired, so nothing is `forced`"),
            )
            .at(forced, "has no meaning without `retired`")
            .help("take `forced` out, or write `retired=\"…\"` too"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::project::{Project, Stage};
    use super::super::resolve;
    use super::*;
    use crate::spec::{Sources, parse};

    fn project(authority: &str, settings: &str) -> Project {
        let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
        let sources = Sources::new([file("specs/a.kdl", authority), file("gatewright.kdl", settings)]);
        let (project, report) = resolve(&parse(&sources).0);
        assert!(!report.has_errors(), "{report:?}");
        project.unwrap_or_else(|_| panic!("no project"))
    }

    fn with(generations: &str) -> Project {
        project(&format!("authority \"a\" {{ {generations} }}"), "")
    }

    /// The stage as a word, with the generations that it is about.
    fn stage(generations: &str) -> (&'static str, u32, u32) {
        match with(generations).authorities()[0].stage() {
            Stage::Settled(one) => ("settled", one.number, one.number),
            Stage::Introduced { signing, next } => ("introduced", signing.number, next.number),
            Stage::Switched { old, signing } => ("switched", old.number, signing.number),
            Stage::ByHand => ("by hand", 0, 0),
        }
    }

    #[test]
    fn every_stage_is_known() {
        let (first, next) = ("generation 1 signs=\"2026-01-01\"", "generation 2 introduced=\"2026-02-01\"");
        assert_eq!(stage(""), ("settled", 1, 1));
        assert_eq!(stage(&format!("{first}; {next}")), ("introduced", 1, 2));
        assert_eq!(stage(&format!("{first}; {next} signs=\"2026-02-02\"")), ("switched", 1, 2));
        let retired = format!("{first} retired=\"2026-03-03\"; {next} signs=\"2026-02-02\"");
        assert_eq!(stage(&retired), ("settled", 2, 2));
        assert_eq!(
            stage(&format!("{retired}; generation 9 introduced=\"2026-04-04\"")),
            ("introduced", 2, 9)
        );
        // One that was given up.
        assert_eq!(stage(&format!("{first}; {next} retired=\"2026-02-02\"")), ("settled", 1, 1));
        let third = "generation 3 introduced=\"2026-02-01\"";
        assert_eq!(stage(&format!("{first}; {next}; {third}")), ("by hand", 0, 0));
        assert_eq!(stage(&format!("{first}; {next} signs=\"2026-02-02\"; {third}")), ("by hand", 0, 0));
    }

    #[test]
    fn what_was_replaced_at_once_is_told_from_stages() {
        let replaced = |generations: &str| {
            let project = with(generations);
            let authority = &project.authorities()[0];
            let all = authority.replaced_by(&authority.generations[0]);
            all.map(|one| one.number).collect::<Vec<_>>()
        };
        let outright = "generation 1 retired=\"2026-02-01\"; generation 2 introduced=\"2026-02-01\" signs=\"2026-02-01\"";
        assert_eq!(replaced(outright), [2]);
        let staged = "generation 1 retired=\"2026-03-01\"; generation 2 introduced=\"2026-02-01\" signs=\"2026-02-01\"";
        assert_eq!(replaced(staged), [0; 0]);
        let then = "retired=\"2026-04-01\"; generation 3 introduced=\"2026-04-01\" signs=\"2026-04-01\"";
        assert_eq!(replaced(&format!("{staged} {then}")), [3]);
        let project = with(staged);
        let authority = &project.authorities()[0];
        let next = |i: usize| authority.successor(&authority.generations[i]).map(|one| one.number);
        assert_eq!((next(0), next(1)), (Some(2), None));
    }

    #[test]
    fn the_generation_before_cross_signs_while_both_are_trusted() {
        let crossed = |head: &str, generations: &str, i: usize| {
            let project = project(&format!("authority \"a\"{head} {{ {generations} }}"), "");
            let authority = &project.authorities()[0];
            authority.crossed_by(&authority.generations[i]).map(|one| one.number)
        };
        let both =
            "generation 1 signs=\"2026-01-01\"; generation 2 introduced=\"2026-02-01\" signs=\"2026-02-01\"";
        assert_eq!(crossed("", both, 1), None);
        assert_eq!((crossed(" cross-signed", both, 0), crossed(" cross-signed", both, 1)), (None, Some(1)));
        let retired = both.replacen("; ", " retired=\"2026-05-05\"; ", 1);
        assert_eq!(crossed(" cross-signed", &retired, 1), None);
    }

    #[test]
    fn the_nearest_wait_holds() {
        let wait = |authority: &str, settings: &str| project(authority, settings).authorities()[0].wait.value;
        assert_eq!(wait("authority \"a\"", ""), Seconds::days(30));
        assert_eq!(wait("authority \"a\"", "wait \"10d\""), Seconds::days(10));
        assert_eq!(wait("authority \"a\" wait=\"2d\"", "wait \"10d\""), Seconds::days(2));
    }
}
