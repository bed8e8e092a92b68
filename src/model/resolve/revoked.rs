//! The day before which no certificate of a host counts.

use super::host::push_once;
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::{Origin, Spanned, Traced, node};
use crate::time::Timestamp;

/// Only who issues a certificate can revoke it.
pub(super) fn check(revoked: Option<&Spanned<Timestamp>>, source: &node::Source, report: &mut Report) {
    let Some(revoked) = revoked else { return };
    let (place, why) = match source {
        node::Source::Authority(_) => return,
        node::Source::CertManager(issuer) => (issuer.name.span(), "cert-manager has it issued"),
        node::Source::Files(span) => (*span, "it is made elsewhere"),
        node::Source::External(text) => (text.span(), "its Secret is made elsewhere"),
    };
    push_once(
        report,
        Diagnostic::error(
            Code::UNKNOWN_WORD,
            "`revoked` has no meaning for a certificate that no authority here issues",
        )
        .at(revoked.span, "no list of ours could name it")
        .at(place, why)
        .help("leave `revoked` out, and let its issuer revoke it"),
    );
}

/// The moment before which no certificate counts, with its reason.
pub(super) fn before(said: Option<&Spanned<Timestamp>>) -> Option<Traced<Timestamp>> {
    said.map(|said| Traced::new(said.value, Origin::spec(said.span)))
}
