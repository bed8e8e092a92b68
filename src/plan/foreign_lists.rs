//! Revocation lists of the authorities above one whose certificate came in files. Nobody here signs them: they are imported, and
//! lie beside ours.

use super::authority::CLOCK_HELP;
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{Authority, Project};
use crate::pki::{Certificate, RevocationList};
use crate::state::{Existing, KeyFile};
use crate::time::Timestamp;

/// An authority above, and the newest list of it that is there.
pub type Above<'a> = (&'a Certificate, Option<&'a RevocationList>);

/// The authorities above the certificate in a key file, from below, each with its list.
#[must_use]
pub fn above<'a>(existing: &'a Existing, authority: &Authority, file: &'a KeyFile) -> Vec<Above<'a>> {
    let name = authority.name.value.as_str();
    let newest = |above| existing.lists_by(name, above).max_by_key(|list| list.number());
    file.above.iter().map(|above| (above, newest(above))).collect()
}

/// Says what of them keeps a gateway from letting anybody in, or soon will. One that is missing is waited for.
pub(super) fn check(
    project: &Project,
    authority: &Authority,
    above: &[Above<'_>],
    now: Timestamp,
    report: &mut Report,
) {
    let name = &authority.name.value;
    for (signer, list) in above {
        let of = format!("the revocation list of `{}`, which is above authority `{name}`,", signer.subject());
        let Some(list) = list else { continue };
        let (finding, note) = match list {
            list if list.next_update() <= now => (
                Diagnostic::error(Code::REVOCATION_LIST, format!("{of} ended on {}", list.next_update())),
                "every host that it is for refuses every client",
            ),
            list if list.this_update() > now => (
                Diagnostic::error(
                    Code::REVOCATION_LIST,
                    format!("{of} starts on {}, and it is {now} now", list.this_update()),
                )
                .help(CLOCK_HELP),
                "every host that it is for refuses every client",
            ),
            list => {
                if now < list.renewal()
                    || project.is_settled(Code::REVOCATION_LIST.name(), &authority.settled)
                {
                    continue;
                }
                let message = format!("{of} is good until {} only", list.next_update());
                (
                    Diagnostic::warning(Code::REVOCATION_LIST, message),
                    "from then on, every host that it is for refuses every client",
                )
            }
        };
        let finding = match authority.name.origin.span() {
            Some(span) => finding.at(span, "its certificate came in files, and nobody here signs that list"),
            None => finding,
        };
        report.push(finding.note(note).help(format!(
            "get it from whoever holds that key: `gatewright authority import {name} --crl FILE` takes it, as PEM or DER"
        )));
    }
}
