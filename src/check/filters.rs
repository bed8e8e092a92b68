//! Sealed files that another filter chose the values of than the creation rule says by now. A render leaves them so, since to
//! seal them anew takes an identity; nobody needs one to see it.

use std::collections::{BTreeMap, BTreeSet};

use super::recipients::naming;
use crate::diag::{Code, Diagnostic, Report};
use crate::model::Project;
use crate::plan::decide::Desired;
use crate::plan::files::{Place, ProjectPath};
use crate::secret::Audiences;
use crate::sops::Filter;
use crate::state::Existing;

/// Holds the filter of every sealed file that stays as it is against that of a new one: a warning for each difference.
#[must_use]
pub fn compare(
    project: &Project,
    existing: &Existing,
    audiences: &Audiences<'_>,
    desired: &[Desired],
) -> Report {
    let stays: BTreeSet<(Place, &ProjectPath)> =
        desired.iter().filter(|file| file.contents.is_none()).map(|file| (file.place, &file.path)).collect();
    let mut found: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    for file in existing.sealed_files().filter(|file| stays.contains(&(file.place, file.path))) {
        let authority = file.authority.and_then(|name| project.authority_named(name));
        let authority = authority.map(|(_, authority)| authority);
        let Ok((_, Some(sealing))) = audiences.wanted(file.place, file.path, authority) else { continue };
        let there = said(file.sealed.filter(), file.sealed.mac_only_encrypted());
        let new = said(&sealing.filter, sealing.mac_only_encrypted);
        if there != new {
            found.entry((there, new)).or_default().push(file.shown);
        }
    }
    let mut report = Report::default();
    for ((there, new), files) in found {
        let message = match files.as_slice() {
            [one] => format!("{one} is sealed by another filter than a new file would be"),
            all => format!("{} sealed files have another filter than new ones would have", all.len()),
        };
        report.push(
            naming(Diagnostic::warning(Code::OTHER_FILTER, message), &files, audiences)
                .note(format!("there: {there}"))
                .note(format!("new: {new}"))
                .help("`gatewright secrets update-keys` seals them anew, with an identity that opens them"),
        );
    }
    report
}

/// A filter as a rule says it, and what the MAC is over.
fn said(filter: &Filter, mac_only_encrypted: bool) -> String {
    let mac = if mac_only_encrypted { ", mac_only_encrypted: true" } else { "" };
    format!("{filter}{mac}")
}
