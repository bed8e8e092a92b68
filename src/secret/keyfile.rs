//! Files below `pki/`: sealed keys with their certificates, and what is derived from them.
//!
//! A key file is `data: {tls.crt, tls.key}`: the certificate readable, the key sealed. They lie in one file, so that
//! no kill can part them; without apiVersion and kind, so that no tool can apply it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::{Context, encoded_key, encrypt, node, placed};
use crate::diag::Report;
use crate::issue::{Issued, Outcome};
use crate::model::Authority;
use crate::paths::mark::Mark;
use crate::pki::Certificate;
use crate::plan::decide::Desired;
use crate::plan::files::{Place, ProjectPath};
use crate::sops::{Node, SopsError};
use crate::spec::Origin;
use crate::state::{CROSS, KeyFile, Snapshot};

/// All files below `pki/` as they should be.
///
/// # Errors
/// A file that can't be sealed for a reason that is nobody's spelling.
pub fn key_files(
    context: &Context<'_>,
    snapshot: &Snapshot,
    report: &mut Report,
) -> Result<Vec<Desired>, SopsError> {
    let mut found = Vec::new();
    for (i, plan) in context.plan.generations.iter().enumerate() {
        let authority = context.project.authority(plan.authority);
        let name = authority.name.value.as_str();
        let stem = format!("{name}/{}", plan.generation.number);
        if let Some(issued) = context.fulfilled.generations.get(&i) {
            found.extend(sealed(context, authority, "authority", name, &stem, issued, report)?);
        } else if let (Some(new), Some(file)) = (context.fulfilled.resigned.get(&i), plan.there) {
            found.push(with_certificate(file, name, new)?);
        }
        if let Some((cross, _)) = context.cross(i, plan) {
            found.extend(readable(format!("{stem}{CROSS}"), cross.to_pem(), &authority.name.origin, report));
        }
        let Some(certificate) = context.generation(i, plan) else { continue };
        found.extend(readable(format!("{stem}.crt"), certificate.to_pem(), &authority.name.origin, report));
    }
    vouched(context, &mut found, report);
    for (id, authority) in context.project.authorities_with_ids() {
        // One that waits to be made has clients' trust in nothing yet.
        if context.trusted(id).is_empty() {
            continue;
        }
        let roots = context.roots(id);
        let bundle: String = roots.iter().map(|certificate| certificate.to_pem()).collect();
        if !bundle.is_empty() {
            let path = format!("{}/ca.crt", authority.name.value);
            found.extend(readable(path, bundle, &authority.name.origin, report));
        }
    }
    found.extend(lists(context, report));
    for (plan, outcome) in context.plan.clients.iter().zip(&context.fulfilled.clients) {
        let client = &context.project.clients[plan.client];
        let authority = context.project.authority(client.authority);
        let stem = format!("{}/clients/{}", authority.name.value, client.file_name);
        let certificate = match outcome {
            Outcome::New(issued) => {
                found.extend(sealed(
                    context,
                    authority,
                    "client",
                    &client.name.value,
                    &stem,
                    issued,
                    report,
                )?);
                &issued.certificate
            }
            _ => match plan.there {
                Some(file) => &file.certificate,
                None => continue,
            },
        };
        let Some(path) = placed(format!("{stem}.crt"), &client.name.origin, report) else { continue };
        let keeps = |one: &Certificate| context.stays_known(one);
        let contents = Some(history(snapshot, &path, certificate, &keeps).into_bytes());
        found.push(Desired { place: Place::Pki, path, contents });
    }
    Ok(found)
}

/// The certificates that are to count no more and that no key file has: they stay known, whatever became of the keys.
fn vouched(context: &Context<'_>, found: &mut Vec<Desired>, report: &mut Report) {
    let mut all: BTreeMap<&str, (&Origin, String)> = BTreeMap::new();
    for own in &context.plan.lists.vouched {
        let Some(path) = &own.path else { continue };
        let origin = &context.project.authority(own.by).name.origin;
        let (_, text) = all.entry(path).or_insert((origin, String::new()));
        text.push_str(&own.certificate.to_pem());
    }
    for (path, (origin, text)) in all {
        let file = readable(path.to_owned(), text, origin, report);
        let file = file.filter(|file| found.iter().all(|other| other.path != file.path));
        found.extend(file);
    }
}

/// The revocation lists of each authority that has any, newest generation first.
fn lists(context: &Context<'_>, report: &mut Report) -> Vec<Desired> {
    let mut found = Vec::new();
    for (id, authority) in context.project.authorities_with_ids() {
        let own = context.plan.generations.iter().enumerate().filter(|(_, plan)| plan.authority == id);
        let mut lists: Vec<_> =
            own.filter_map(|(i, plan)| Some((plan.generation.number, context.list(i)?))).collect();
        lists.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
        let mut all: Vec<_> = lists.into_iter().map(|(_, list)| list).collect();
        let plans = context.plan.generations.iter().enumerate().filter(|(_, plan)| plan.authority == id);
        for (i, _) in plans {
            let above = context.plan.lists.above.get(&i).into_iter().flatten();
            for list in above.filter_map(|above| above.list) {
                if !all.contains(&list) {
                    all.push(list);
                }
            }
        }
        let text: String = all.iter().map(|list| list.to_pem()).collect();
        if !text.is_empty() {
            let path = format!("{}/ca.crl", authority.name.value);
            found.extend(readable(path, text, &authority.name.origin, report));
        }
    }
    found
}

/// A key file of an authority with another certificate for its key, which stays sealed.
fn with_certificate(file: &KeyFile, name: &str, certificate: &Certificate) -> Result<Desired, SopsError> {
    let mut document = file.sealed.document(0).cloned().unwrap_or(Node::Null);
    node::insert(&mut document, &["data", "tls.crt"], Node::str(STANDARD.encode(certificate.to_pem())));
    let text = file.sealed.with_clear(document)?;
    let mark =
        Mark { word: "authority".to_owned(), name: name.to_owned(), path: file.path.as_str().to_owned() };
    let contents = Some(format!("{mark}\n{text}").into_bytes());
    Ok(Desired { place: Place::Pki, path: file.path.clone(), contents })
}

fn readable(path: String, text: String, origin: &Origin, report: &mut Report) -> Option<Desired> {
    let path = placed(path, origin, report)?;
    Some(Desired { place: Place::Pki, path, contents: Some(text.into_bytes()) })
}

fn sealed(
    context: &Context<'_>,
    authority: &Authority,
    word: &str,
    name: &str,
    stem: &str,
    issued: &Issued,
    report: &mut Report,
) -> Result<Option<Desired>, SopsError> {
    let path = placed(format!("{stem}.key.sops.yaml"), &authority.name.origin, report);
    let Some(path) = path else { return Ok(None) };
    let sealing = match context.audiences.sealing(Place::Pki, &path, Some(authority)) {
        Ok(sealing) => sealing,
        Err(finding) => {
            if !report.findings().contains(&finding) {
                report.push(*finding);
            }
            return Ok(None);
        }
    };
    let key = Zeroizing::new(encoded_key(&issued.key));
    let certificate = STANDARD.encode(issued.certificate.to_pem());
    let data = Node::map([("tls.crt", Node::str(certificate)), ("tls.key", Node::str(key.as_str()))]);
    let text = encrypt(Node::map([("data", data)]), &sealing, context.ambient)?;
    let mark = Mark { word: word.to_owned(), name: name.to_owned(), path: path.as_str().to_owned() };
    Ok(Some(Desired { place: Place::Pki, path, contents: Some(format!("{mark}\n{text}").into_bytes()) }))
}

/// The certificates in a file below `pki/`.
pub(super) fn lying(snapshot: &Snapshot, path: &ProjectPath) -> Vec<Certificate> {
    let there = snapshot.file(Place::Pki, path).and_then(|bytes| std::str::from_utf8(bytes).ok());
    there.and_then(|text| Certificate::from_pem_chain(text).ok()).unwrap_or_default()
}

/// The certificates of a key, newest first: the present one, then those before it that were still valid when it came. So
/// each of a client's can be revoked, and a run may be cut off between this file and the one that holds the key.
pub(super) fn history(
    snapshot: &Snapshot,
    path: &ProjectPath,
    newest: &Certificate,
    keeps: &dyn Fn(&Certificate) -> bool,
) -> String {
    let mut chain = lying(snapshot, path);
    if chain.first() != Some(newest) {
        chain.retain(|certificate| certificate != newest && keeps(certificate));
        chain.insert(0, newest.clone());
    }
    chain.iter().map(Certificate::to_pem).collect()
}
