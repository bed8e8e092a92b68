//! What is said of certificates that are on a list and that the spec does not revoke: somebody took a line back, or the file is
//! gone that tells whose they are.

use crate::diag::{Code, Diagnostic, Report};
use crate::model::{Authority, AuthorityId, CredentialKind, Project};
use crate::paths::Place;
use crate::pki::Certificate;
use crate::spec::Span;
use crate::state::{Existing, beside};
use crate::time::Timestamp;

/// A serial number, since when it is revoked, and its certificate if that is known.
pub(super) type Forgotten<'f> = (&'f String, Timestamp, Option<&'f Certificate>);

/// A `revoked` of the spec, and the file that told of which certificates.
struct Lost {
    place: Span,
    of: String,
    path: String,
}

/// Certificates that are on a list and that the spec does not name.
pub(super) fn report(
    project: &Project,
    existing: &Existing,
    id: AuthorityId,
    forgotten: Vec<Forgotten<'_>>,
    report: &mut Report,
) {
    let authority = project.authority(id);
    let lost = lost(project, existing, id);
    let (unknown, taken_back): (Vec<_>, Vec<_>) =
        forgotten.into_iter().partition(|(_, _, known)| known.is_none() && !lost.is_empty());
    if !taken_back.is_empty() {
        let finding = finding(authority, &taken_back, "the spec does not say so any more")
            .at(authority.word, "its revocation list names what this does not");
        let finding = whose(finding, &taken_back)
            .note("what was revoked stays so: whoever holds its key has had it all the time");
        report.push(
            finding
                .help(format!("say it at the authority: {}", lines(&taken_back)))
                .help("a client that is there then gets a new certificate, beside the revoked ones"),
        );
    }
    if !unknown.is_empty() {
        let whose_it_is = if unknown.len() == 1 { "whose it is" } else { "whose they are" };
        let what = format!("nothing here tells any more {whose_it_is}");
        let finding = finding(authority, &unknown, &what);
        let finding = lost.iter().fold(finding, |finding, Lost { place, of, path }| {
            finding.at(
                *place,
                format!("`revoked` of {of} stands here, and {path} is gone, which has its certificates"),
            )
        });
        let finding = lost.iter().fold(whose(finding, &unknown), |finding, Lost { path, .. }| {
            finding.help(format!(
                "restore {path}: `git checkout HEAD -- {path}`, or from the commit that `git log --all -- {path}` finds"
            ))
        });
        report.push(
            finding.help(format!("if it is lost for good, say it at the authority: {}", lines(&unknown))),
        );
    }
}

/// The clients and servers of an authority that are `revoked`, and whose certificates nobody knows: their files are gone.
fn lost(project: &Project, existing: &Existing, id: AuthorityId) -> Vec<Lost> {
    let name = project.authority(id).name.value.as_str();
    let below = |path: &str| existing.names.below(Place::Pki, path);
    let clients = project.clients.iter().filter_map(|client| {
        let since = client.revoked.as_ref().filter(|_| client.authority == id)?;
        let key = (name.to_owned(), client.file_name.clone());
        (!existing.handed_out.contains_key(&key)).then(|| Lost {
            place: since.origin.span().unwrap_or(client.word),
            of: format!("client `{}`", client.name.value),
            path: below(&format!("{name}/clients/{}.crt", client.file_name)),
        })
    });
    let servers = project.credentials_with_ids().filter_map(|(own, credential)| {
        let CredentialKind::Issued(leaf) = &credential.kind else { return None };
        let since = leaf.revoked.as_ref().filter(|_| leaf.authority == Some(id))?;
        let owner = project.owner(own);
        let is_gone = existing.beside(credential, None).is_empty();
        is_gone.then(|| Lost {
            place: since.origin.span().unwrap_or(leaf.place),
            of: format!("{} `{}`", owner.word, owner.name),
            path: below(&beside(credential.namespace.value.as_str(), credential.secret.value.as_str())),
        })
    });
    clients.chain(servers).collect()
}

fn finding(authority: &Authority, forgotten: &[Forgotten<'_>], what: &str) -> Diagnostic {
    let name = &authority.name.value;
    let message = match forgotten {
        [_] => format!("a certificate of authority `{name}` is revoked, and {what}"),
        more => format!("{} certificates of authority `{name}` are revoked, and {what}", more.len()),
    };
    Diagnostic::error(Code::UNREVOKED, message)
}

fn whose(finding: Diagnostic, forgotten: &[Forgotten<'_>]) -> Diagnostic {
    forgotten.iter().fold(finding, |finding, (serial, _, known)| {
        finding.note(match known {
            Some(known) => format!("{serial} is of {}, valid until {}", known.called(), known.not_after()),
            None => format!("{serial} is of nobody who is known here"),
        })
    })
}

fn lines(forgotten: &[Forgotten<'_>]) -> String {
    let lines: Vec<_> = forgotten
        .iter()
        .map(|(serial, since, _)| format!("`revoked \"{serial}\" on=\"{}\"`", since.date()))
        .collect();
    lines.join(", ")
}
