//! Rules of VirtualServices in Istio's words that one before them hides. Those of our hosts are held against each other where
//! they are resolved.

use super::finished::items;
use super::shared::asked;
use super::{Finished, Tree};
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{Condition, Near, PathPattern};
use crate::spec::Traced;

/// Reports rules, and single matches of them, that can never be reached.
#[must_use]
pub fn check_unreachable(objects: &[Finished<'_>]) -> Report {
    let mut report = Report::default();
    for object in objects.iter().filter(|object| object.is_a("VirtualService") && !object.is_made_by("host"))
    {
        for kind in ["http", "tls", "tcp"] {
            rules(object, kind, &mut report);
        }
    }
    report
}

/// A match of a rule, or the whole rule where it has none.
struct Way<'a> {
    condition: Condition<'a>,
    rule: usize,
}

fn rules(object: &Finished<'_>, kind: &str, report: &mut Report) {
    let rules = items(object.tree, &["spec", kind]);
    let asked: Vec<Vec<(Traced<PathPattern>, Option<&Tree>)>> = rules.iter().map(asked).collect();
    let mut near = Near::new(true);
    let mut ways: Vec<Way<'_>> = Vec::new();
    for (number, (rule, asked)) in rules.iter().zip(&asked).enumerate() {
        let own: Vec<Condition<'_>> =
            asked.iter().map(|(path, matcher)| Condition::new(path, *matcher)).collect();
        let hiding = |later: &Condition<'_>| {
            near.to(later).into_iter().find_map(|i| ways.get(i).filter(|way| way.condition.covers(later)))
        };
        let hidden: Vec<_> = own.iter().filter_map(|later| Some((later, hiding(later)?))).collect();
        match hidden.as_slice() {
            [(_, by), ..] if hidden.len() == own.len() => {
                report.push(finding(object, rule, rules.get(by.rule), true))
            }
            some => some.iter().for_each(|(later, by)| {
                let matcher = later.matcher.unwrap_or(rule);
                report.push(finding(object, matcher, by.condition.matcher.or(rules.get(by.rule)), false));
            }),
        }
        // What a VirtualService to which it hands over does not take, the next rules do.
        if rule.get("delegate").is_none() {
            for condition in own {
                near.put(ways.len(), &condition);
                ways.push(Way { condition, rule: number });
            }
        }
    }
}

fn finding(object: &Finished<'_>, later: &Tree, earlier: Option<&Tree>, whole: bool) -> Diagnostic {
    let what = if whole { "rule" } else { "match" };
    let message = format!("a {what} of VirtualService `{}` can never be reached", object.id.called());
    let mut finding = Diagnostic::warning(Code::UNREACHABLE_ROUTE, message);
    for (tree, label) in [(Some(later), "hidden by one before it"), (earlier, "takes all of it")] {
        if let Some(span) = tree.and_then(|tree| tree.origin.span()) {
            finding = finding.at(span, label);
        }
    }
    object
        .traced_at(finding, later)
        .note("Istio takes the first rule that fits a request")
        .help("move it before that one, or leave it out")
        .help(object.settle("or, if it is meant so", Code::UNREACHABLE_ROUTE))
}
