//! Secrets of istiod's authorities: sealed anew where their key is new, else kept with it.

use zeroize::Zeroizing;

use super::{Context, SecretFile, encoded_key, encrypt, node, taken};
use crate::diag::Report;
use crate::issue::Outcome;
use crate::paths::mark::{Mark, PASSED_OVER};
use crate::plan::cacerts::CacertsPlan;
use crate::plan::decide::Desired;
use crate::plan::files::Place;
use crate::resource::{cacerts, guard_flux, no_file_name};
use crate::sops::{Node, SopsError};

/// All of them.
pub(super) fn all(context: &Context<'_>, report: &mut Report) -> Result<Vec<SecretFile>, SopsError> {
    let mut found = Vec::new();
    for (plan, outcome) in context.plan.cacerts.iter().zip(&context.fulfilled.cacerts) {
        found.extend(one(context, plan, outcome, report)?);
    }
    Ok(found)
}

fn one(
    context: &Context<'_>,
    plan: &CacertsPlan<'_>,
    outcome: &Outcome,
    report: &mut Report,
) -> Result<Option<SecretFile>, SopsError> {
    let new = match outcome {
        Outcome::New(issued) => Some(issued),
        _ => None,
    };
    let there = plan.there;
    let certificate = new.map(|issued| &issued.certificate).or_else(|| there.map(|there| &there.certificate));
    let Some(certificate) = certificate else { return Ok(None) };
    let project = context.project;
    let chain = context.chain(certificate, &[]);
    let roots = context.roots(plan.cacerts.authority);
    let mut resource = cacerts::secret(project, plan.cacerts, certificate, (&chain, &roots));
    guard_flux(&mut resource, project, report);
    let path = cacerts::path(plan.cacerts)
        .map_err(|error| no_file_name(&plan.cacerts.folder(), error).help("give the cluster a shorter name"));
    let Some(path) = taken(path, report) else { return Ok(None) };
    let tree = node::from_tree(&resource.tree);
    let text = match (new, there) {
        (Some(issued), _) => {
            let sealing = match context.audiences.sealing(Place::Out, &path, None) {
                Ok(sealing) => sealing,
                Err(finding) => {
                    report.push(*finding);
                    return Ok(None);
                }
            };
            let key = Zeroizing::new(encoded_key(&issued.key));
            let mut document = tree;
            node::insert(&mut document, &["data", cacerts::KEY], Node::str(key.as_str()));
            Some(encrypt(document, &sealing, context.ambient)?)
        }
        (None, Some(there)) => {
            let Some(old) = there.sealed.document(0) else { return Ok(None) };
            let mut document = tree;
            node::carry_sealed(old, &mut document);
            node::arrange(old, &mut document);
            if node::same(old, &document) && there.is_passed_over {
                None
            } else {
                Some(there.sealed.with_clear(document)?)
            }
        }
        (None, None) => return Ok(None),
    };
    let mark =
        Mark { word: resource.word.to_string(), name: resource.name.clone(), path: path.as_str().to_owned() };
    let contents = text.map(|text| format!("{mark}\n{PASSED_OVER}\n{text}").into_bytes());
    let file = Desired { place: Place::Out, path, contents };
    Ok(Some(SecretFile { resource, file, waits: None, trust_is_old: false }))
}
