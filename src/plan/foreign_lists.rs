//! Revocation lists of the authorities above one whose certificate came in files. Nobody here signs them: they are imported, and
//! lie beside ours.

use super::authority::{CLOCK_HELP, GenerationPlan};
use super::lists::is_in_force;
use crate::diag::{Code, Diagnostic, Report};
use crate::model::{Authority, Project};
use crate::pki::{Certificate, RevocationList};
use crate::state::{Existing, KeyFile};
use crate::time::Timestamp;

/// An authority above one whose certificate came in files.
pub struct Above<'a> {
    /// Its certificate.
    pub signer: &'a Certificate,
    /// The newest list of it that is there.
    pub list: Option<&'a RevocationList>,
    /// Whether a Secret may hold a list of it.
    is_held: bool,
}

impl<'a> Above<'a> {
    /// The list that whoever needs one takes: one that is not in force and that no Secret holds is as good as none.
    #[must_use]
    pub fn usable(&self, now: Timestamp) -> Option<&'a RevocationList> {
        self.list.filter(|list| self.is_held || is_in_force(list, now))
    }
}

/// The authorities above the certificate in a key file, from below, each with its list.
#[must_use]
pub fn above<'a>(existing: &'a Existing, authority: &Authority, file: &'a KeyFile) -> Vec<Above<'a>> {
    let name = authority.name.value.as_str();
    let newest = |above| {
        let lists = existing.lists_by(name, above).filter(|list| list.signed_by(above));
        lists.max_by_key(|list| list.number())
    };
    let of = |signer| Above { signer, list: newest(signer), is_held: existing.shows_list_of(signer) };
    file.above.iter().map(of).collect()
}

/// Whether one of these lists revokes an authority that came in files, or one above it; says so of the generation that signs.
pub(super) fn revoke(
    project: &Project,
    existing: &Existing,
    plan: &GenerationPlan<'_>,
    report: &mut Report,
) -> bool {
    let (authority, file) = (project.authority(plan.authority), plan.there);
    let revoked = file.and_then(|file| revoked(file, &above(existing, authority, file)));
    if let Some(own) = revoked.filter(|_| plan.signs) {
        report.push(shut_out(authority, own));
    }
    revoked.is_some()
}

/// The first certificate of an authority's chain, from its own upward, that the list of the one above it revokes.
fn revoked<'a>(file: &'a KeyFile, above: &[Above<'a>]) -> Option<&'a Certificate> {
    let chain = std::iter::once(&file.certificate).chain(&file.above);
    let mut lists = chain.zip(above).filter_map(|(own, above)| Some((own, above.list?)));
    lists.find(|(own, list)| list.revoked().contains_key(own.serial())).map(|(own, _)| own)
}

/// An authority that is revoked above, and all that it signed with it.
fn shut_out(authority: &Authority, own: &Certificate) -> Diagnostic {
    let name = &authority.name.value;
    let message =
        format!("a revocation list revokes {}, and with it all clients of authority `{name}`", own.called());
    Diagnostic::warning(Code::REVOCATION_LIST, message)
        .at(authority.word, "every host that is for its clients refuses them")
        .help(format!("`gatewright rotate authority {name}` declares the next generation; `gatewright authority csr {name}` and then `gatewright authority import {name} --cert FILE` bring it"))
}

/// Says what of them keeps a gateway from letting anybody in, or soon will. One that can't be used is waited for.
pub(super) fn check(
    project: &Project,
    authority: &Authority,
    above: &[Above<'_>],
    now: Timestamp,
    report: &mut Report,
) {
    let name = &authority.name.value;
    for above in above {
        let called = above.signer.called();
        let of = format!("the revocation list of {called}, which is above authority `{name}`,");
        let Some(list) = above.usable(now) else { continue };
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
