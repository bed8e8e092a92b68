//! Subject, key and validity: said, inherited or default.

use super::super::project::{Authority, CertificateFacts, SubjectFacts};
use super::host::push_once;
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node::{CertificateWords, KeyKind, Spec, Subject};
use crate::spec::{Origin, Text, Traced};
use crate::time::Seconds;

/// The defaults of one kind of certificate, with the words that they belong to.
#[derive(Clone, Copy)]
pub(super) struct Defaults {
    pub(super) key: &'static str,
    pub(super) valid: (&'static str, Seconds),
}

/// The facts of a certificate: the nearest of `nodes` that says a thing wins.
pub(super) fn facts(
    nodes: &[&CertificateWords],
    common_name: Option<Traced<String>>,
    defaults: &Defaults,
) -> CertificateFacts {
    let key = nodes.iter().find_map(|node| node.key.as_ref());
    let valid = nodes.iter().find_map(|node| node.valid.as_ref());
    CertificateFacts {
        subject: subject(nodes, common_name),
        key: match key {
            Some(said) => Traced::new(said.value, Origin::spec(said.span)),
            None => Traced::default_of(KeyKind::EcdsaP256, defaults.key),
        },
        second_key: nodes
            .iter()
            .find(|node| node.key.is_some())
            .and_then(|node| node.second_key.as_ref())
            .map(|said| Traced::new(said.value, Origin::spec(said.span))),
        valid: match valid {
            Some(said) => Traced::new(said.value, Origin::spec(said.span)),
            None => Traced::default_of(defaults.valid.1, defaults.valid.0),
        },
        valid_said: valid.is_some(),
        renew_before: nodes
            .iter()
            .find_map(|node| node.renew_before.as_ref())
            .map(|said| Traced::new(said.value, Origin::spec(said.span))),
        renew_key: nodes
            .iter()
            .find_map(|node| node.renew_key.as_ref())
            .map(|said| Traced::new(said.value, Origin::spec(said.span))),
        generation: nodes
            .iter()
            .find_map(|node| node.generation.as_ref())
            .map(|said| Traced::new(said.value, Origin::spec(said.span))),
    }
}

fn subject(nodes: &[&CertificateWords], common_name: Option<Traced<String>>) -> SubjectFacts {
    let said = |attribute: fn(&Subject) -> &Option<Text>| {
        nodes
            .iter()
            .filter_map(|node| node.subject.as_ref())
            .find_map(|subject| attribute(subject).as_ref())
            .map(|text| Traced::said(text.as_str().to_owned(), text))
    };
    SubjectFacts {
        common_name: said(|s| &s.common_name).or(common_name),
        organization: said(|s| &s.organization),
        organizational_unit: said(|s| &s.organizational_unit),
        country: said(|s| &s.country),
        state: said(|s| &s.state),
        locality: said(|s| &s.locality),
    }
}

/// A certificate can't be due from its first moment on.
pub(super) fn check_renewal(certificate: &CertificateFacts, report: &mut Report) {
    let valid = &certificate.valid;
    let before = certificate.renew_before.as_ref().filter(|before| before.value >= valid.value);
    let Some(place) = before.and_then(|before| before.origin.span()) else { return };
    let mut finding =
        Diagnostic::error(Code::WRONG_VALUE, "a certificate can't be due as soon as it is issued")
            .at(place, "as long as it is valid, or longer");
    if let Some(span) = valid.origin.span() {
        finding = finding.at(span, "how long it is valid");
    }
    push_once(report, finding.help("renew it later, or let it be `valid` for longer"));
}

/// A certificate can't be asked to outlive every certificate of its authority.
pub(super) fn check_valid(
    certificate: &CertificateFacts,
    authority: &Authority,
    spec: &Spec,
    report: &mut Report,
) {
    check_renewal(certificate, report);
    let (valid, most) = (&certificate.valid, &authority.certificate.valid);
    if !certificate.valid_said || valid.value <= most.value || spec.is_damaged(authority.word) {
        return;
    }
    let Some(place) = valid.origin.span() else { return };
    let mut finding = Diagnostic::error(
        Code::VALID_TOO_LONG,
        format!("a certificate can't be valid longer than its authority `{}`", authority.name.value),
    )
    .at(place, "longer than the authority's whole life");
    if let Some(span) = most.origin.span() {
        finding = finding.at(span, "the authority's");
    }
    push_once(report, finding.help("shorten this, or lengthen the authority's `valid` and rotate it"));
}
