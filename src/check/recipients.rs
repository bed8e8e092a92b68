//! Sealed files that are for other recipients than they would be if they were new: somebody changed a creation rule, or a
//! `recipient` of the spec, and the files that were there stayed as they are. No lint, since a render leaves them so.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Code, Diagnostic, Report};
use crate::model::Project;
use crate::paths::Place;
use crate::secret::Audiences;
use crate::sops::Sealed;
use crate::state::Existing;

/// How many files a finding names.
const NAMED: usize = 5;

/// Who is not among a file's recipients, and who is still.
type Difference = (BTreeSet<String>, BTreeSet<String>);

/// Holds the recipients of every sealed file against those that a new one would have: a notice for each difference.
#[must_use]
pub fn compare(project: &Project, existing: &Existing, audiences: &Audiences<'_>) -> Report {
    let mut report = Report::default();
    if project.is_settled(Code::OTHER_RECIPIENTS.name(), &BTreeSet::new()) {
        return report;
    }
    for ((missing, left), files) in differences(project, existing, audiences) {
        let message = match files.as_slice() {
            [one] => format!("{one} is for other recipients than a new file would be"),
            all => format!("{} sealed files are for other recipients than new ones would be", all.len()),
        };
        let list = |names: &BTreeSet<String>| names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let mut finding = Diagnostic::notice(Code::OTHER_RECIPIENTS, message);
        if let Some(config) = audiences.config() {
            finding = finding.in_file(config);
        }
        if files.len() > 1 {
            let more = files.len().saturating_sub(NAMED);
            let named = files.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
            finding = finding.note(if more == 0 { named } else { format!("{named} and {more} more") });
        }
        if !missing.is_empty() {
            finding = finding.note(format!("not for {}", list(&missing)));
        }
        finding =
            finding.help("`sops updatekeys FILE` seals a file for them, with an identity that opens it");
        if !left.is_empty() {
            finding = finding
                .note(format!("still for {}", list(&left)))
                .help("who could open a file still has its key: rotate it too where that matters");
        }
        report.push(finding);
    }
    report
}

fn differences<'a>(
    project: &Project,
    existing: &'a Existing,
    audiences: &Audiences<'_>,
) -> BTreeMap<Difference, Vec<&'a str>> {
    let leaves =
        existing.leaves.values().map(|leaf| (Place::Out, &leaf.path, None, &leaf.shown, &leaf.sealed));
    let generations = existing.generations.iter().map(|((of, _), file)| (of, file));
    let keys = generations.chain(existing.clients.iter().map(|((of, _), file)| (of, file)));
    let keys = keys.map(|(of, file)| (Place::Pki, &file.path, Some(of), &file.shown, &file.sealed));
    let mut found: BTreeMap<Difference, Vec<&str>> = BTreeMap::new();
    for (place, path, authority, shown, sealed) in leaves.chain(keys) {
        let authority =
            authority.and_then(|name| project.authority_named(name)).map(|(_, authority)| authority);
        // Where nobody says who may open a new one, there is nothing to differ from.
        let Ok(sealing) = audiences.sealing(place, path, authority) else { continue };
        let wanted: BTreeSet<String> = sealing.recipients.iter().map(ToString::to_string).collect();
        let difference = difference(&wanted, sealed);
        if difference != Difference::default() {
            found.entry(difference).or_default().push(shown);
        }
    }
    found
}

fn difference(wanted: &BTreeSet<String>, sealed: &Sealed) -> Difference {
    let there: BTreeSet<String> = sealed.recipients().into_iter().map(str::to_owned).collect();
    (wanted.difference(&there).cloned().collect(), there.difference(wanted).cloned().collect())
}
