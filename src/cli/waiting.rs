//! Certificates and revocation lists that wait, as findings: one for all that want the same.

use std::collections::BTreeMap;

use super::shell::quoted;
use crate::diag::{Code, Diagnostic, Report};
use crate::issue::{LIST, NEEDS_HELP, Waiting, awaits_files};

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Want<'w> {
    /// A key pair in files.
    Pair,
    /// An authority in files.
    Authority,
    /// A revocation list in a file.
    List,
    /// The files of an authority above.
    Above(&'w str),
    /// An identity, and why each that was looked for is not there.
    Identity(&'w [String]),
}

impl<'w> Want<'w> {
    fn of(wait: &'w Waiting, all: &[Waiting]) -> Self {
        let is_of_files = |other: &&Waiting| other.word == "authority" && other.needs.is_empty();
        match (wait.needs.as_slice(), wait.word) {
            ([], LIST) => Self::List,
            ([], "authority") => Self::Authority,
            ([], _) => Self::Pair,
            ([need], _) if all.iter().filter(is_of_files).any(|above| *need == awaits_files(&above.name)) => {
                Self::Above(need)
            }
            (needs, _) => Self::Identity(needs),
        }
    }

    fn message(self, waiting: &[&Waiting]) -> String {
        let count = waiting.len();
        let what = match self {
            Self::Pair | Self::Authority if count == 1 => "its files",
            Self::Pair | Self::Authority => "their files",
            Self::List => {
                return match waiting {
                    [one] => format!("a revocation list from above authority `{}` is missing", one.name),
                    _ => format!("{count} revocation lists are missing"),
                };
            }
            Self::Above(_) => "the files of an authority above",
            Self::Identity(_) => "an identity",
        };
        let is_list = |wait: &&Waiting| wait.word == LIST;
        match waiting {
            [one] if is_list(one) => {
                format!("the revocation list of authority `{}` waits for {what}", one.name)
            }
            [one] => format!("the certificate of {} `{}` waits for {what}", one.word, one.name),
            all if all.iter().all(is_list) => format!("{count} revocation lists wait for {what}"),
            all if all.iter().any(is_list) => {
                format!("{count} certificates and revocation lists wait for {what}")
            }
            _ => format!("{count} certificates wait for {what}"),
        }
    }

    /// The mend, with what it takes before it.
    fn mend(self, finding: Diagnostic, waiting: &[&Waiting]) -> Diagnostic {
        let name = match waiting {
            [one] => quoted(&one.name),
            _ => "NAME".into(),
        };
        match self {
            Self::Pair => finding.help(format!("`gatewright bring {name} --cert FILE --key FILE` takes a key pair from files outside the repository")),
            Self::Authority => finding.help(format!("`gatewright authority adopt {name} --cert FILE --key FILE` takes a pair that is there; `gatewright authority csr {name}` asks for a certificate, and `gatewright authority import {name} --cert FILE` takes the answer")),
            Self::List => finding.help(format!("get it from whoever holds that key: `gatewright authority import {name} --crl FILE` takes it, as PEM or DER")),
            Self::Above(need) => finding.note(need),
            Self::Identity(needs) => needs.iter().fold(finding, Diagnostic::note).help(NEEDS_HELP),
        }
    }
}

/// Names what waits.
pub(super) fn findings(waiting: &[Waiting]) -> Report {
    let mut by_want: BTreeMap<Want<'_>, Vec<&Waiting>> = BTreeMap::new();
    for wait in waiting {
        by_want.entry(Want::of(wait, waiting)).or_default().push(wait);
    }
    let mut report = Report::default();
    for (want, waiting) in by_want {
        let finding = Diagnostic::error(Code::WAITING, want.message(&waiting));
        let finding = waiting.iter().fold(finding, |finding, wait| {
            let state = match wait {
                wait if wait.word == LIST => "until then, hosts let in whom they do now",
                wait if wait.missing => "the rest of it is rendered",
                _ => "the old one stays",
            };
            let text = format!("{} `{}`: {}; {state}", wait.word, wait.name, wait.why);
            match wait.place {
                Some(span) => finding.at(span, text),
                None => finding.note(text),
            }
        });
        report.push(want.mend(finding, &waiting));
    }
    report
}
