//! `tls` of hosts: the mode, whose clients are let in, and what its schema's words say.

use super::super::project::{AltName, ClientTrust, TlsMode};
use super::credential;
use super::draft::Draft;
use super::host::Context;
use super::trust;
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node::{self, Tls};
use crate::spec::tree::{Field, Value};
use crate::spec::{Origin, Traced};

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
            _ => ClientTrust::External,
        },
    };
    let mode = if mode.value == node::TlsMode::Mutual {
        TlsMode::Mutual(trust)
    } else {
        TlsMode::OptionalMutual(trust)
    };
    Traced::new(mode, origin)
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
/// `#null` of what it would inherit, neither is said.
pub(super) fn layer(draft: &Draft<'_>) -> Vec<Field> {
    let of = |words: &node::ServingWords| words.tls.as_ref().map(|tls| tls.layer.fields.clone());
    let mut found = of(&draft.node.serving).unwrap_or_default();
    let inherited = draft.domain.and_then(|domain| of(&domain.serving)).unwrap_or_default();
    let is_removed =
        |own: &Field| own.tree.value == Value::Null && inherited.iter().any(|field| field.name == own.name);
    let removed: Vec<_> = found.extract_if(.., |own| is_removed(own)).map(|own| own.name).collect();
    for field in inherited.into_iter().filter(|field| !removed.contains(&field.name)) {
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
