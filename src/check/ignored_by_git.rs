//! Git ignore rules over `out/` or `pki/`: without a project seed their keys are random, so what is not committed is lost.

use std::collections::BTreeMap;

use super::Facts;
use crate::diag::{Code, Diagnostic, FilePlace, Report};
use crate::paths::Place;
use crate::state::git::{Decision, Reach, Rules};

/// How many rules a finding names.
const MOST_RULES: usize = 5;

pub(super) fn run(facts: &Facts<'_>, report: &mut Report) {
    for place in [Place::Pki, Place::Out] {
        let rules = facts.input.ignores.of(place);
        let ignored = rules.ignored(wanted(facts, place));
        if !ignored.is_empty() {
            report.push(finding(facts, place, rules, &ignored));
        }
    }
}

/// What this run wants below a folder, and keys and certificates that are there, whoever still wants them.
fn wanted<'f>(facts: &Facts<'f>, place: Place) -> Vec<&'f str> {
    let desired = facts.desired.iter().filter(|file| file.place == place).map(|file| &file.path);
    let there = facts.input.snapshot.folder(Place::Pki).keys().filter(|path| {
        place == Place::Pki
            && [".crt", ".key.sops.yaml", ".request.sops.yaml"]
                .iter()
                .any(|end| path.file_name().ends_with(end))
    });
    let mut paths: Vec<_> = desired.chain(there).map(|path| path.as_str()).collect();
    paths.sort_unstable();
    paths.dedup();
    paths
}

fn finding(facts: &Facts<'_>, place: Place, rules: &Rules, ignored: &[(&str, Decision)]) -> Diagnostic {
    let names = facts.input.snapshot.names();
    let mut by_rule: BTreeMap<&Decision, Vec<&str>> = BTreeMap::new();
    for (path, decision) in ignored {
        by_rule.entry(decision).or_default().push(path);
    }
    let message = match ignored {
        [(only, _)] => format!("Git ignores {}", names.below(place, only)),
        _ => format!("Git ignores {} files below {}/", ignored.len(), names.folder(place)),
    };
    let mut finding = Diagnostic::error(Code::IGNORED_BY_GIT, message);
    if let Some((first, _)) = by_rule.first_key_value() {
        finding.file = Some(FilePlace {
            path: first.from.clone(),
            line: Some(first.line),
            excerpt: Some(first.rule.clone()),
        });
    }
    for (decision, paths) in by_rule.iter().take(MOST_RULES) {
        let first = paths.first().map(|path| names.below(place, path)).unwrap_or_default();
        let more = match paths.len() {
            0 | 1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        finding = finding.note(format!(
            "the rule `{}` in line {} of {} ignores {first}{more}",
            decision.rule, decision.line, decision.from
        ));
    }
    match by_rule.len().saturating_sub(MOST_RULES) {
        0 => {}
        1 => finding = finding.note("and one more rule"),
        more => finding = finding.note(format!("and {more} more rules")),
    }
    finding = finding.note("keys are random: one that is not committed is lost with this folder");
    let remove = if by_rule.len() == 1 { "remove the rule" } else { "remove the rules" };
    match mends(rules, ignored) {
        Some(mends) if !mends.is_empty() => {
            let lines = mends.iter().map(|(folder, lines)| {
                let lines: Vec<_> = lines.iter().map(|line| format!("`{line}`")).collect();
                format!("these lines to the end of {}: {}", rules.gitignore(folder), lines.join(", "))
            });
            finding.help(format!("{remove}, or add {}", lines.collect::<Vec<_>>().join("; and ")))
        }
        _ => finding.help(remove),
    }
}

/// Folders whose `.gitignore` needs more lines, and the lines: tried on the rules themselves.
fn mends(rules: &Rules, ignored: &[(&str, Decision)]) -> Option<Vec<(String, Vec<String>)>> {
    let mut rules = rules.clone();
    let mut paths: Vec<&str> = ignored.iter().map(|(path, _)| *path).collect();
    let mut mends = Vec::new();
    loop {
        let left = rules.ignored(paths.iter().copied());
        let Some((path, decision)) = left.first() else { return Some(mends) };
        let tried = sites(&rules, decision).into_iter().find_map(|folder| {
            let lines = lines(&rules, &folder);
            let with = rules.with(&folder, &lines);
            with.ignored([*path]).is_empty().then_some((with, folder, lines))
        });
        let (with, folder, lines) = tried?;
        rules = with;
        mends.push((folder, lines));
        paths = left.iter().map(|(path, _)| *path).collect();
    }
}

/// Folders whose `.gitignore` may take a rule back, the better one first: the project's own, then the one that has the rule,
/// then that of the whole working tree.
fn sites(rules: &Rules, decision: &Decision) -> Vec<String> {
    let mut sites = Vec::new();
    match &decision.reach {
        Reach::Folder(own) if is_at_or_below(own, rules.folder()) => sites.push(own.clone()),
        reach => {
            sites.extend(
                rules.project().filter(|project| is_below(rules.folder(), project)).map(str::to_owned),
            );
            if let Reach::Folder(own) = reach {
                sites.push(own.clone());
            }
            sites.push(String::new());
        }
    }
    sites
}

/// What to write into the `.gitignore` of a folder so that everything counts again.
fn lines(rules: &Rules, folder: &str) -> Vec<String> {
    let Some(rest) = below(rules.folder(), folder) else { return vec!["!*".to_owned()] };
    let base = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let ends = rest.match_indices('/').map(|(at, _)| at).chain([rest.len()]);
    let ignored = ends
        .filter_map(|end| rest.get(..end))
        .filter(|inner| rules.ignores_folder(&format!("{base}{inner}")))
        .map(|inner| format!("!/{}/", escaped(inner)));
    ignored.chain([format!("!/{}/**", escaped(rest))]).collect()
}

/// The path of a folder below another one.
fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    match folder {
        "" => Some(path).filter(|path| !path.is_empty()),
        folder => path.strip_prefix(folder)?.strip_prefix('/'),
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    below(path, folder).is_some()
}

fn is_at_or_below(path: &str, folder: &str) -> bool {
    path == folder || is_below(path, folder)
}

/// A path in which no character means more than itself.
fn escaped(path: &str) -> String {
    path.chars().flat_map(|c| "\\*?[".contains(c).then_some('\\').into_iter().chain([c])).collect()
}
