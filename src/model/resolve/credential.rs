//! The Secret of each host's key pair.

use std::collections::BTreeMap;

use super::super::name::{HostName, Label, ObjectName};
use super::super::project::{AuthorityId, CertificateFacts, Credential, CredentialId, CredentialKind, Leaf};
use super::certificate::{Defaults, check_valid, facts};
use super::client::find_authority;
use super::draft::Draft;
use super::host::{Context, push_once};
use super::{alt_name, name_finding};
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node::{self, CertificateWords};
use crate::spec::{Origin, Span, Text, Traced};
use crate::time::Seconds;

pub(super) const DEFAULTS: Defaults = Defaults { key: "host.key", valid: ("host.valid", Seconds::days(90)) };

/// Where a host's certificate comes from, found.
#[derive(Clone)]
pub(super) enum Source {
    /// Signed by this authority of ours.
    Authority(AuthorityId),
    /// In a Secret that something else makes.
    External(ObjectName),
}

/// Finds the source of a host's certificate.
pub(super) fn source(
    draft: &Draft<'_>,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<(Source, Origin)> {
    match draft.source() {
        Some(node::Source::Authority(text)) => {
            let found = find_authority(context.spec, text, context.authorities, report);
            found.map(|id| (Source::Authority(id), Origin::spec(text.span())))
        }
        Some(node::Source::External(text)) => {
            refuse_certificate_words(draft, text, report);
            external(text, report).map(|name| (Source::External(name), Origin::spec(text.span())))
        }
        None if draft.in_doubt(context.spec) => None,
        None => {
            let finding = Diagnostic::error(
                Code::MISSING_SOURCE,
                match draft.called {
                    "host" => format!("host `{}` has no certificate", draft.name.value),
                    called => format!("nobody issues {called} `{}`", draft.name.value),
                },
            )
            .at(draft.node.name.span(), "neither it nor its domain says where the certificate comes from");
            report.push(match context.authorities.first() {
                Some(authority) => finding.help(format!(
                    "write `authority=\"{}\"` at the host or its domain, or `external=\"secret-name\"` for a Secret that something else makes",
                    authority.name.value
                )),
                None => finding.help("declare an `authority \"name\"` and name it at the host or its domain"),
            });
            None
        }
    }
}

/// The name of a Secret that something else makes, or a finding: once, whoever reads it in that place.
pub(super) fn external(text: &Text, report: &mut Report) -> Option<ObjectName> {
    match ObjectName::parse_credential(text.as_str()) {
        Ok(name) => Some(name),
        Err(error) => {
            let what = "name of a server's Secret";
            push_once(report, name_finding(Code::INVALID_SECRET_NAME, text, error, what));
            None
        }
    }
}

/// What a host says about a certificate that we don't make would be without effect.
fn refuse_certificate_words(draft: &Draft<'_>, external: &Text, report: &mut Report) {
    let words = &draft.node.serving.certificate;
    let said = [
        ("subject", words.subject.as_ref().map(|subject| subject.word)),
        ("key", words.key.as_ref().map(|key| key.span)),
        ("valid", words.valid.as_ref().map(|valid| valid.span)),
        ("renew-before", words.renew_before.as_ref().map(|before| before.span)),
        ("san", draft.node.sans.first().map(Text::span)),
        ("secret", draft.said_secret().map(Text::span)),
        ("secret", draft.node.secret.first().and_then(|field| field.tree.origin.span())),
    ];
    for (word, span) in said.into_iter().filter_map(|(word, span)| span.map(|span| (word, span))) {
        report.push(
            Diagnostic::error(
                Code::UNKNOWN_WORD,
                format!("`{word}` has no meaning for an external certificate"),
            )
            .at(span, "Gatewright does not make this certificate")
            .at_text(external, "its Secret is made elsewhere")
            .help(format!("leave `{word}` out, or name an `authority`")),
        );
    }
}

/// The Secret of a host: its name, its reason, what it holds.
pub(super) type Secret = (Traced<ObjectName>, CredentialKind);

/// The Secret that a host wants. Its words are looked at also where its source can't be told.
pub(super) fn secret(
    draft: &Draft<'_>,
    source: Option<(Source, Origin)>,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<Secret> {
    if let Some((Source::External(name), origin)) = source {
        return Some((Traced::new(name, origin), CredentialKind::External));
    }
    let name = match draft.source() {
        Some(node::Source::External(_)) => None,
        _ => secret_name(draft, report),
    };
    let leaf = match source {
        Some((Source::Authority(id), origin)) => leaf(draft, id, origin, context, report),
        _ => return None,
    };
    Some((name?, CredentialKind::Issued(Box::new(leaf))))
}

/// The node that a credential is of.
pub(super) struct Owner {
    pub(super) called: &'static str,
    pub(super) name: String,
    pub(super) word: Span,
    pub(super) said_secret: bool,
}

impl Owner {
    pub(super) fn of(draft: &Draft<'_>) -> Self {
        Self {
            called: draft.called,
            name: draft.name.value.to_string(),
            word: draft.node.word,
            said_secret: draft.said_secret().is_some(),
        }
    }
}

/// The credentials found so far, by namespace and name.
#[derive(Default)]
pub(super) struct Credentials {
    found: Vec<(Credential, String)>,
    by_name: BTreeMap<(Label, ObjectName), usize>,
    places: Vec<Span>,
}

impl Credentials {
    /// Adds a credential of that owner; hosts share one only if it is external.
    pub(super) fn add(
        &mut self,
        owner: &Owner,
        (secret, kind): Secret,
        namespace: &Traced<Label>,
        report: &mut Report,
    ) -> Option<CredentialId> {
        let key = (namespace.value.clone(), secret.value.clone());
        let place = secret.origin.span().unwrap_or(owner.word);
        if let Some(&i) = self.by_name.get(&key) {
            if matches!((&self.found[i].0.kind, &kind), (CredentialKind::External, CredentialKind::External))
            {
                return Some(CredentialId(i));
            }
            report.push(
                Diagnostic::error(
                    Code::SHARED_SECRET,
                    format!("Secret `{}/{}` would hold two certificates", key.0, key.1),
                )
                .at(place, format!("for {} `{}`", owner.called, owner.name))
                .at(self.places[i], format!("for {}", self.found[i].1))
                .help(match owner.said_secret {
                    true => "give each host a Secret of its own, or leave `secret` out: the default name is the host's",
                    false => "give each host a Secret of its own: `tls simple secret=\"…\"`",
                }),
            );
            return None;
        }
        let i = self.found.len();
        self.by_name.insert(key, i);
        self.places.push(place);
        let title = format!("{} `{}`", owner.called, owner.name);
        self.found.push((Credential { secret, namespace: namespace.clone(), kind }, title));
        Some(CredentialId(i))
    }

    /// The credentials sorted by namespace and name, and where each went.
    pub(super) fn sorted(self) -> (Vec<Credential>, BTreeMap<CredentialId, CredentialId>) {
        let order = self
            .by_name
            .values()
            .enumerate()
            .map(|(new, &old)| (CredentialId(old), CredentialId(new)))
            .collect();
        let mut slots: Vec<_> = self.found.into_iter().map(|(credential, _)| Some(credential)).collect();
        let sorted = self.by_name.values().filter_map(|&old| slots[old].take()).collect();
        (sorted, order)
    }
}

fn secret_name(draft: &Draft<'_>, report: &mut Report) -> Option<Traced<ObjectName>> {
    let Some(text) = draft.said_secret() else {
        let made = draft.name.map(ObjectName::default_credential);
        let refused = HostName::parse(draft.name.value.as_str()).is_err();
        if made.value.as_str().len() > 253 - "-cacert".len() && !refused {
            report.push(
                Diagnostic::error(
                    Code::INVALID_SECRET_NAME,
                    "the default name of this host's Secret is too long",
                )
                .at(
                    draft.node.name.span(),
                    format!("`{}` has {} characters", made.value, made.value.as_str().len()),
                )
                .help("name the Secret: `tls simple secret=\"…\"`"),
            );
            return None;
        }
        return Some(made);
    };
    match ObjectName::parse_credential(text.as_str()) {
        Ok(name) => Some(Traced::said(name, text)),
        Err(error) => {
            report.push(name_finding(Code::INVALID_SECRET_NAME, text, error, "name of a server's Secret"));
            None
        }
    }
}

fn leaf(
    draft: &Draft<'_>,
    authority: AuthorityId,
    authority_origin: Origin,
    context: &Context<'_>,
    report: &mut Report,
) -> Leaf {
    let certificate = certificate(draft);
    let signer = &context.authorities[authority.0];
    check_valid(&certificate, signer, context.spec, report);
    let names = vec![draft.name.clone()];
    let sans = alt_name::said(&draft.node.sans, draft.node.word, report);
    let metadata = draft.node.secret.clone();
    Leaf {
        word: draft.node.word,
        called: draft.called,
        place: draft.node.name.span(),
        settled: draft.settled.clone(),
        authority,
        authority_origin,
        certificate,
        names,
        sans,
        metadata,
    }
}

fn certificate(draft: &Draft<'_>) -> CertificateFacts {
    let name = &draft.name;
    let common_name = (name.value.as_str().len() <= 64).then(|| name.map(ToString::to_string));
    let mut nodes: Vec<&CertificateWords> = vec![&draft.node.serving.certificate];
    nodes.extend(draft.domain.map(|domain| &domain.serving.certificate));
    facts(&nodes, common_name, &DEFAULTS)
}
