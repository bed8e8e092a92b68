//! `authority` nodes: facts and generations.

use std::collections::BTreeMap;

use super::super::name::ObjectName;
use super::super::project::{Authority, CertificateFacts};
use super::certificate::{Defaults, check_renewal, facts};
use super::{generation, hierarchy, named, recipients, settled, unique};
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node::{self, Source, Spec};
use crate::spec::{Origin, Text, Traced};
use crate::time::{Seconds, Timestamp};

const DEFAULTS: Defaults = Defaults { key: "authority.key", valid: ("authority.valid", Seconds::days(3650)) };
/// Under another authority.
const INTERMEDIATE: Defaults = Defaults { valid: ("authority.valid", Seconds::days(5 * 365)), ..DEFAULTS };

pub(super) fn all(spec: &Spec, report: &mut Report) -> Vec<Authority> {
    let mut found = Vec::new();
    for node in &spec.authorities {
        let name = named(report, &node.name, ObjectName::parse_authority, "name of an authority");
        let common_name = Traced::said(node.name.as_str().to_owned(), &node.name);
        let certificate = facts(
            &[&node.certificate],
            Some(common_name),
            if hierarchy::above(node).is_some() { &INTERMEDIATE } else { &DEFAULTS },
        );
        if name.is_some() && !spec.is_damaged(node.word) {
            check_common_name(node, &certificate, report);
            check_renewal(&certificate, report);
        }
        generation::check_cross(node, report);
        let generations = generation::all(node, spec.is_damaged(node.word), report);
        let recipients = recipients(&node.recipients, report);
        let (permitted, permitted_origin) = hierarchy::said(node, report);
        let Some(name) = name else { continue };
        let authority = Authority {
            word: node.word,
            name,
            certificate,
            parent: None,
            files: match &node.certificate.source {
                Some(Source::Files(span)) => Some(Origin::spec(*span)),
                _ => None,
            },
            below: 0,
            below_origin: None,
            permitted_said: node.permitted.first().map(Text::span),
            permitted,
            permitted_origin,
            is_named: false,
            unconstrained: node.unconstrained,
            generations,
            revoked: revoked(node),
            crl_valid: node.crl_valid.as_ref().map(|said| Traced::new(said.value, Origin::spec(said.span))),
            cross_signed: node.cross_signed,
            wait: generation::wait(node, spec),
            recipients,
            settled: settled(&node.settled),
        };
        found.push((authority, hierarchy::above(node)));
    }
    found.sort_by_key(|(authority, _)| authority.name.value.clone());
    let found = unique(
        report,
        Code::DUPLICATE_NAME,
        "authority",
        found,
        |(a, _)| a.name.value.clone(),
        |(a, _)| a.name.origin.span().unwrap_or(a.word),
    );
    let (mut found, above): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    hierarchy::link(&mut found, &above, spec, report);
    found
}

/// Serial numbers of certificates that do not count any more, each with its day.
fn revoked(node: &node::Authority) -> BTreeMap<String, Traced<Timestamp>> {
    let one = |said: &node::RevokedSerial| {
        let origin = Origin::spec(said.serial.span).and(&Origin::spec(said.on.span));
        (said.serial.value.clone(), Traced::new(said.on.value, origin))
    };
    node.revoked.iter().map(one).collect()
}

/// An authority is known by its common name, so that none is left out in silence.
fn check_common_name(node: &node::Authority, certificate: &CertificateFacts, report: &mut Report) {
    let Some(name) = &certificate.subject.common_name else { return };
    let length = name.value.chars().count();
    if length > 64 {
        report.push(
            Diagnostic::error(
                Code::COMMON_NAME_TOO_LONG,
                format!("the common name of this authority has {length} characters, and X.509 allows 64"),
            )
            .at_text(&node.name, "its common name, since none is said")
            .help("say a shorter one: `subject common-name=\"…\"`"),
        );
    }
}
