//! Certificates and revocation lists that wait, as findings: one for all that want the same.

use std::collections::BTreeMap;

use super::requests::Requested;
use super::shell::quoted;
use crate::build::Outcome;
use crate::diag::{Code, Diagnostic, Report};
use crate::issue::{LIST, NEEDS_HELP, Waiting, awaits_files};

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Want<'w> {
    /// A key pair in files.
    Pair,
    /// The certificate of a key pair that somebody else was asked for.
    PairAnswer,
    /// An authority in files.
    Authority,
    /// The certificate of an authority that somebody else was asked for.
    AuthorityAnswer,
    /// A revocation list in a file.
    List,
    /// The files of an authority above.
    Above(&'w str),
    /// An identity, and why each that was looked for is not there.
    Identity(&'w [String]),
}

impl<'w> Want<'w> {
    fn of(wait: &'w Waiting, all: &[Waiting], is_asked: bool) -> Self {
        match (wait.needs.as_slice(), wait.word) {
            ([], LIST) => Self::List,
            ([], "authority") if is_asked => Self::AuthorityAnswer,
            ([], "authority") => Self::Authority,
            ([], _) if is_asked => Self::PairAnswer,
            ([], _) => Self::Pair,
            ([need], _) if above(wait, all).is_some() => Self::Above(need),
            (needs, _) => Self::Identity(needs),
        }
    }

    fn message(self, waiting: &[&Waiting]) -> String {
        let count = waiting.len();
        let what = match self {
            Self::Pair | Self::Authority if count == 1 => "its files",
            Self::Pair | Self::Authority => "their files",
            Self::PairAnswer | Self::AuthorityAnswer if count == 1 => "the answer to its request",
            Self::PairAnswer | Self::AuthorityAnswer => "the answers to their requests",
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
            Self::PairAnswer => finding.help(format!("`gatewright bring {name} --cert FILE` takes the answer, with an identity that opens that key; `gatewright csr {name}` prints the request again")),
            Self::Authority => finding.help(format!("`gatewright authority adopt {name} --cert FILE --key FILE` takes a pair that is there; `gatewright authority csr {name}` asks for a certificate, and `gatewright authority import {name} --cert FILE` takes the answer")),
            Self::AuthorityAnswer => finding.help(format!("`gatewright authority import {name} --cert FILE` takes the answer; `gatewright authority csr {name}` prints the request again")),
            Self::List => finding.help(format!("get it from whoever holds that key: `gatewright authority import {name} --crl FILE` takes it, as PEM or DER")),
            Self::Above(need) => finding.note(need),
            Self::Identity(needs) => needs.iter().fold(finding, Diagnostic::note).help(NEEDS_HELP),
        }
    }
}

/// The authority whose files something waits for that stands below it.
pub(super) fn above<'w>(wait: &Waiting, all: &'w [Waiting]) -> Option<&'w Waiting> {
    let [need] = wait.needs.as_slice() else { return None };
    let is_of_files = |other: &&Waiting| other.word == "authority" && other.needs.is_empty();
    all.iter().filter(is_of_files).find(|above| *need == awaits_files(&above.name))
}

/// The request for what waits for files, if there is one.
pub(super) fn asked(wait: &Waiting, outcome: &Outcome) -> Option<Requested> {
    let Outcome { project, existing, .. } = outcome;
    if existing.requests.is_empty() || !wait.needs.is_empty() || wait.word == LIST {
        return None;
    }
    if wait.word == "authority" {
        let (_, authority) = project.authority_named(&wait.name)?;
        let place = |span: Option<_>| span.or(Some(authority.word));
        let mut all = authority.generations.iter();
        let own = all.find(|one| !one.retired && place(one.origin.span()) == wait.place)?;
        return Requested::of_authority(existing, authority, own.number);
    }
    let is_own = |id| {
        let owner = project.owner(id);
        (owner.word, &owner.name, owner.place) == (wait.word, &wait.name, wait.place)
    };
    let (_, credential) = project.credentials_with_ids().find(|(id, _)| is_own(*id))?;
    Requested::of_server(existing, credential)
}

/// Names what waits.
pub(super) fn findings(outcome: &Outcome) -> Report {
    let all = &outcome.waiting;
    let requests: Vec<_> = all.iter().map(|wait| asked(wait, outcome)).collect();
    let mut by_want: BTreeMap<Want<'_>, Vec<(&Waiting, Option<&Requested>)>> = BTreeMap::new();
    for (wait, request) in all.iter().zip(&requests) {
        let want = Want::of(wait, all, request.is_some());
        by_want.entry(want).or_default().push((wait, request.as_ref()));
    }
    let mut report = Report::default();
    for (want, waiting) in by_want {
        let only: Vec<_> = waiting.iter().map(|(wait, _)| *wait).collect();
        let finding = Diagnostic::error(Code::WAITING, want.message(&only));
        let finding = waiting.iter().fold(finding, |finding, (wait, request)| {
            let text = format!("{} `{}`: {}{}", wait.word, wait.name, wait.why, meanwhile(wait, *request));
            match wait.place {
                Some(span) => finding.at(span, text),
                None => finding.note(text),
            }
        });
        report.push(want.mend(finding, &only));
    }
    report
}

/// What is there until then. Of a list, its reason says it.
fn meanwhile(wait: &Waiting, request: Option<&Requested>) -> String {
    let asked = match request {
        Some(Requested { shown, day }) => {
            format!("; it was asked for on {day}, and its key waits in {shown}")
        }
        None => String::new(),
    };
    match wait {
        wait if wait.word == LIST => String::new(),
        wait if wait.missing => format!("{asked}; the rest of it is rendered"),
        _ => format!("{asked}; the old one stays"),
    }
}
