//! `tls` of hosts: the mode, whose clients are let in, and what its schema's words say.

use super::super::project::{AltName, ClientTrust, TlsMode};
use super::credential;
use super::draft::Draft;
use super::host::{Context, push_once};
use super::trust;
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node::{self, Source, Tls};
use crate::spec::tree::{Field, Value};
use crate::spec::{Origin, Span, Traced};

/// What `tls` says of clients' certificates in its schema's words.
const OF_CLIENTS: [&str; 7] = [
    "caCertCredentialName",
    "caCertificates",
    "caCrl",
    "insecureSkipVerify",
    "subjectAltNames",
    "verifyCertificateHash",
    "verifyCertificateSpki",
];

pub(super) fn mode(
    draft: &Draft<'_>,
    source: Option<&credential::Source>,
    context: &Context<'_>,
    report: &mut Report,
) -> Traced<TlsMode> {
    let in_doubt = draft.in_doubt(context.spec);
    let mode = draft.nearest(|words| words.tls.as_ref().and_then(|tls| tls.mode.as_ref()));
    let clients = draft.nearest(|words| words.tls.as_ref().filter(|tls| !tls.clients.is_empty()));
    let Some(mode) = mode else {
        refuse_clients(draft.node.serving.tls.as_ref().filter(|_| !in_doubt), report);
        return Traced::default_of(TlsMode::Simple, "tls.mode");
    };
    let origin = Origin::spec(mode.span);
    if mode.value == node::TlsMode::Simple {
        refuse_clients(draft.node.serving.tls.as_ref(), report);
        return Traced::new(TlsMode::Simple, origin);
    }
    let trust = match clients {
        Some(tls) => trust::named(&tls.clients, context, report).0,
        None => match source {
            Some(credential::Source::Authority(id)) => ClientTrust::Authorities(vec![*id]),
            Some(credential::Source::Ordered(_) | credential::Source::Files) => {
                if !says_whom(draft) {
                    push_once(report, unsaid(draft, mode.span));
                }
                ClientTrust::External
            }
            Some(credential::Source::External(_)) | None => ClientTrust::External,
        },
    };
    let mode = if mode.value == node::TlsMode::Mutual {
        TlsMode::Mutual(trust)
    } else {
        TlsMode::OptionalMutual(trust)
    };
    Traced::new(mode, origin)
}

/// Whether somebody took the decision: another Secret holds the authorities, or whatever stands beside the key is right.
fn says_whom(draft: &Draft<'_>) -> bool {
    let words = [Some(&draft.node.serving), draft.domain.map(|domain| &domain.serving)];
    let layers = words.into_iter().flatten().filter_map(|words| words.tls.as_ref());
    let mut fields = layers.flat_map(|tls| &tls.layer.fields);
    draft.settled.contains(Code::EXTERNAL_CLIENTS.name())
        || fields.any(|field| field.name == "caCertCredentialName" && field.tree.value != Value::Null)
}

/// Where an authority of ours issued the certificate before, its clients would be let in no more, and others might be.
fn unsaid(draft: &Draft<'_>, mode: Span) -> Diagnostic {
    let message = format!("nothing here says whose clients `{}` lets in", draft.name.value);
    let finding =
        Diagnostic::error(Code::EXTERNAL_CLIENTS, message).at(mode, "asks clients for a certificate");
    let ordered = |source: Option<&Source>| match source {
        Some(Source::CertManager(issuer)) => {
            Some((issuer.name.span(), "its issuer's own authority would decide, or nobody"))
        }
        Some(Source::Files(span)) => Some((*span, "its Secret has no authority for clients")),
        _ => None,
    };
    let finding = match ordered(draft.source()) {
        Some((span, why)) => finding.at(span, why),
        None => finding,
    };
    finding
        .help("name authorities, groups or clients of this project: `clients \"…\"` in the braces of `tls`")
        .help("or the Secret that has the authorities: `ca-cert-credential-name \"…-cacert\"` there")
}

/// The names that clients must have, where a host that asks for a certificate names some of an authority's.
pub(super) fn client_names(
    draft: &Draft<'_>,
    tls: &TlsMode,
    context: &Context<'_>,
    report: &mut Report,
) -> Vec<Traced<AltName>> {
    let said = draft.nearest(|words| words.tls.as_ref().filter(|tls| !tls.clients.is_empty()));
    let said = said.filter(|_| *tls != TlsMode::Simple);
    said.map(|tls| trust::named(&tls.clients, context, report).1).unwrap_or_default()
}

/// What says whose clients are let in: `clients`, or what chose the signer of the host's own certificate.
pub(super) fn clients_origin(
    draft: &Draft<'_>,
    source: Option<&Origin>,
    tls: &Traced<TlsMode>,
    context: &Context<'_>,
) -> Origin {
    let said = draft.nearest(|words| words.tls.as_ref().filter(|tls| !tls.clients.is_empty()));
    let mut origins = said.into_iter().flat_map(|tls| &tls.clients).map(|text| trust::origin(text, context));
    match origins.next() {
        Some(first) => origins.fold(first, |all, one| all.and(&one)),
        None => source.unwrap_or(&tls.origin).clone(),
    }
}

/// What host and domain say of a server's `tls` in its schema's words; of a field that both say, the host's. Where the host says
/// `#null` of what it would inherit, neither is said. A host that says `simple` of itself has nothing of its domain's clients.
pub(super) fn layer(draft: &Draft<'_>) -> Vec<Field> {
    let of = |words: &node::ServingWords| words.tls.as_ref().map(|tls| tls.layer.fields.clone());
    let mut found = of(&draft.node.serving).unwrap_or_default();
    let inherited = draft.domain.and_then(|domain| of(&domain.serving)).unwrap_or_default();
    let is_removed =
        |own: &Field| own.tree.value == Value::Null && inherited.iter().any(|field| field.name == own.name);
    let removed: Vec<_> = found.extract_if(.., |own| is_removed(own)).map(|own| own.name).collect();
    let mode = |words: &node::ServingWords| words.tls.as_ref()?.mode.as_ref().map(|mode| mode.value);
    let is_simple = |words| mode(words) == Some(node::TlsMode::Simple);
    let domain = draft.domain.and_then(|domain| mode(&domain.serving));
    let asks_nobody =
        is_simple(&draft.node.serving) && domain.is_some_and(|mode| mode != node::TlsMode::Simple);
    let is_left =
        |field: &Field| removed.contains(&field.name) || (asks_nobody && OF_CLIENTS.contains(&&*field.name));
    for field in inherited.into_iter().filter(|field| !is_left(field)) {
        if !found.iter().any(|own| own.name == field.name) {
            found.push(field);
        }
    }
    found
}

fn refuse_clients(tls: Option<&Tls>, report: &mut Report) {
    if let Some(text) = tls.and_then(|tls| tls.clients.first()) {
        report.push(
            Diagnostic::error(
                Code::WRONG_VALUE,
                "`clients` has no meaning where no client shows a certificate",
            )
            .at_text(text, "this host's TLS mode is simple")
            .help("write `tls mutual` or `tls optional-mutual`, or leave `clients` out"),
        );
    }
}
