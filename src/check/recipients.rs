//! Sealed files that are for other recipients than they would be if they were new: somebody changed a creation rule, or a
//! `recipient` of the spec, and the files that were there stayed as they are. No lint, since a render leaves them so.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Code, Diagnostic, Report};
use crate::model::Project;
use crate::secret::Audiences;
use crate::sops::Difference;
use crate::state::{Existing, SeedFile};

/// How many files a finding names.
const NAMED: usize = 5;

/// Holds the recipients of every sealed file against those that a new one would have: a notice for each difference.
#[must_use]
pub fn compare(project: &Project, existing: &Existing, audiences: &Audiences<'_>) -> Report {
    let mut report = Report::default();
    if project.is_settled(Code::OTHER_RECIPIENTS.name(), &BTreeSet::new()) {
        return report;
    }
    for ((Difference { missing, left }, lacking), files) in differences(project, existing, audiences) {
        let message = match files.as_slice() {
            [one] => format!("{one} is for other recipients than a new file would be"),
            all => format!("{} sealed files are for other recipients than new ones would be", all.len()),
        };
        let list = |names: &BTreeSet<String>| names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let mut finding = naming(Diagnostic::notice(Code::OTHER_RECIPIENTS, message), &files, audiences);
        if !missing.is_empty() {
            finding = finding.note(format!("not for {}", list(&missing)));
        }
        if !missing.is_empty() || !left.is_empty() {
            finding = finding.help("`gatewright secrets update-keys` seals them for whom they are to be, with an identity that opens them");
        }
        if !lacking.is_empty() {
            finding = finding
                .note(format!("not for {}, for which nothing can be sealed here", list(&lacking)))
                .help("`sops updatekeys` adds it, where its key service can be reached");
        }
        if !left.is_empty() {
            let seed = existing.seed.as_ref().filter(|seed| files.contains(&seed.shown.as_str()));
            finding = finding.note(format!("still for {}", list(&left))).help(known_keys(seed));
        }
        report.push(finding);
    }
    report
}

/// What helps against those who could open a file.
fn known_keys(seed: Option<&SeedFile>) -> String {
    match seed {
        Some(SeedFile { shown, .. }) => format!(
            "who could open {shown} can derive every key that follows from it, also of all later generations: where that matters, only another seed helps; write `random` at the generations that are there, remove {shown}, and `gatewright secrets seed`"
        ),
        None => "who could open a file still has its key: rotate it too where that matters".to_owned(),
    }
}

/// Adds where the rules stand, and the files, if there are several.
pub(super) fn naming(finding: Diagnostic, files: &[&str], audiences: &Audiences<'_>) -> Diagnostic {
    let finding = match audiences.config() {
        Some(config) => finding.in_file(config),
        None => finding,
    };
    if files.len() < 2 {
        return finding;
    }
    let more = files.len().saturating_sub(NAMED);
    let named = files.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    finding.note(if more == 0 { named } else { format!("{named} and {more} more") })
}

fn differences<'a>(
    project: &Project,
    existing: &'a Existing,
    audiences: &Audiences<'_>,
) -> BTreeMap<(Difference, BTreeSet<String>), Vec<&'a str>> {
    let mut found: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for file in existing.sealed_files() {
        let authority = file.authority.and_then(|name| project.authority_named(name));
        // Where nobody says who may open a new one, there is nothing to differ from.
        let authority = authority.map(|(_, authority)| authority);
        let Ok((keys, _)) = audiences.wanted(file.place, file.path, authority) else { continue };
        let lacking = file.sealed.lacking(&keys);
        let difference = file.sealed.difference(&keys).without(&lacking);
        let lacking: BTreeSet<_> = lacking.iter().map(ToString::to_string).collect();
        if difference != Difference::default() || !lacking.is_empty() {
            found.entry((difference, lacking)).or_default().push(file.shown);
        }
    }
    found
}
