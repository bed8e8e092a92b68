//! The Secrets of clients' key pairs, for workloads that show them.

use super::super::name::{Label, ObjectName};
use super::super::project::{Authority, Client, ClientSecret, CredentialKind, Leaf};
use super::client::find_authority;
use super::credential::{Credentials, Owner};
use super::host::Context;
use super::{name_finding, named};
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node::{self, Spec};
use crate::spec::{Text, Traced};

/// The Secret that a client says: by `namespace`, by `secret` or by both.
pub(super) fn secret(
    node: &node::Client,
    (spec, authorities, project): (&Spec, &[Authority], &Traced<Label>),
    report: &mut Report,
) -> Option<ClientSecret> {
    let mut servers: Vec<_> = node
        .servers
        .iter()
        .filter_map(|text| Some(Traced::said(find_authority(spec, text, authorities, report)?, text)))
        .collect();
    servers.sort_by_key(|authority| authority.value);
    if node.namespace.is_none() && node.secret.is_none() {
        check_secretless(node, report);
        return None;
    }
    let namespace = match &node.namespace {
        Some(text) => named(report, text, Label::parse, "name of a namespace"),
        None => Some(project.clone()),
    };
    let name = name(node, report);
    Some(ClientSecret { name: name?, namespace: namespace?, servers, metadata: node.metadata.clone() })
}

fn name(node: &node::Client, report: &mut Report) -> Option<Traced<ObjectName>> {
    let what = "name of a client's Secret";
    if let Some(text) = &node.secret {
        return match ObjectName::parse_credential(text.as_str()) {
            Ok(name) => Some(Traced::said(name, text)),
            Err(error) => {
                report.push(name_finding(Code::INVALID_SECRET_NAME, text, error, what));
                None
            }
        };
    }
    let made = format!("{}-tls", node.name.as_str());
    match ObjectName::parse_credential(&made) {
        Ok(name) => Some(Traced::said(name, &node.name)),
        Err(error) => {
            let message = format!("client `{}` needs a name for its Secret", node.name.as_str());
            report.push(
                Diagnostic::error(Code::MISSING_WORD, message)
                    .at_text(&node.name, format!("`{made}` can't be one: {}", error.reason))
                    .help("write `secret=\"…\"`"),
            );
            None
        }
    }
}

/// Words about a Secret that nothing makes.
fn check_secretless(node: &node::Client, report: &mut Report) {
    let metadata = node.metadata.first().and_then(|field| field.tree.origin.span());
    let said = [("metadata", metadata), ("servers", node.servers.first().map(Text::span))];
    for (word, span) in said.into_iter().filter_map(|(word, span)| Some((word, span?))) {
        let message = format!("client `{}` has no Secret that `{word}` could be about", node.name.as_str());
        report.push(
            Diagnostic::error(Code::WRONG_PLACE, message)
                .at(span, "would stand nowhere")
                .help("leave it out, or say where the Secret is to be: `namespace=\"…\"`"),
        );
    }
}

/// The Secrets of all clients that have one and are not revoked.
pub(super) fn all(context: &Context<'_>, credentials: &mut Credentials, report: &mut Report) {
    let there = context.clients.iter().enumerate().filter(|(_, client)| client.revoked.is_none());
    for (i, client) in there {
        let Some(secret) = &client.secret else { continue };
        let said_secret = true;
        let name = client.name.value.clone();
        let owner = Owner { called: "client", name, word: client.word, said_secret };
        let kind = CredentialKind::Presented { client: i, leaf: Box::new(leaf(client, secret)) };
        credentials.add(&owner, (secret.name.clone(), kind), &secret.namespace, report);
    }
}

fn leaf(client: &Client, secret: &ClientSecret) -> Leaf {
    Leaf {
        word: client.word,
        called: "client",
        place: client.name.origin.span().unwrap_or(client.word),
        settled: client.settled.clone(),
        authority: Some(client.authority),
        source_origin: client.authority_origin.clone(),
        certificate: client.certificate.clone(),
        name: Some(client.name.value.clone()),
        names: Vec::new(),
        sans: client.sans.clone(),
        revoked: None,
        metadata: secret.metadata.clone(),
    }
}
