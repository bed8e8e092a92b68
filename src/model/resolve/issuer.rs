//! `cert-manager` of a certificate: the issuer, and what cert-manager's webhook asks of times.

use super::super::name::ObjectName;
use super::super::project::{CertificateFacts, Leaf, Order};
use super::host::push_once;
use super::name_finding;
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node::{CertManager, Challenge};
use crate::spec::tree::Field;
use crate::spec::{Origin, Text, Traced};
use crate::time::Seconds;

/// The shortest life and the shortest time before its end that cert-manager's webhook takes.
const SHORTEST: [Seconds; 2] = [Seconds(3600), Seconds(300)];

/// An issuer of cert-manager's.
#[derive(Clone)]
pub(super) struct Issuer {
    pub(super) name: Traced<ObjectName>,
    kind: Traced<String>,
    group: Traced<String>,
    challenge: Option<Traced<Challenge>>,
    layer: Vec<Field>,
}

impl Issuer {
    /// The certificate that it is to issue.
    pub(super) fn order(self, leaf: Leaf) -> Order {
        let Self { name, kind, group, challenge, layer } = self;
        Order { leaf, issuer: name, kind, group, challenge, layer }
    }
}

/// The issuer that is said; its name is reported once, whoever reads it in that place.
pub(super) fn read(said: &CertManager, report: &mut Report) -> Option<Issuer> {
    let text = |said: &Option<Text>, default: &'static str, word: &'static str| match said {
        Some(text) => Traced::said(text.as_str().to_owned(), text),
        None => Traced::default_of(default.to_owned(), word),
    };
    match ObjectName::parse(said.name.as_str()) {
        Ok(name) => Some(Issuer {
            name: Traced::said(name, &said.name),
            kind: text(&said.kind, "ClusterIssuer", "cert-manager.kind"),
            group: text(&said.group, "cert-manager.io", "cert-manager.group"),
            challenge: said.challenge.as_ref().map(|said| Traced::new(said.value, Origin::spec(said.span))),
            layer: said.layer.fields.clone(),
        }),
        Err(error) => {
            push_once(report, name_finding(Code::INVALID_NAME, &said.name, error, "name of an issuer"));
            None
        }
    }
}

/// A life, or a time before its end, that cert-manager's webhook refuses.
pub(super) fn check_times(certificate: &CertificateFacts, report: &mut Report) {
    let times = [Some(&certificate.valid), certificate.renew_before.as_ref()];
    for ((said, least), word) in times.into_iter().zip(SHORTEST).zip(["valid", "renew-before"]) {
        let Some(said) = said.filter(|said| said.value < least) else { continue };
        let Some(place) = said.origin.span() else { continue };
        push_once(
            report,
            Diagnostic::error(Code::WRONG_VALUE, format!("cert-manager takes no `{word}` as short as this"))
                .at(place, format!("less than {} minutes", least.0 / 60))
                .help("say a longer one"),
        );
    }
}
