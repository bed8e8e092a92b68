//! `authority` nodes: facts and generations.

use super::super::name::ObjectName;
use super::super::project::{Authority, CertificateFacts, Generation};
use super::certificate::{Defaults, check_renewal, facts};
use super::{hierarchy, named, recipients, settled, unique};
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node::{self, Source, Spec};
use crate::spec::{Origin, Text, Traced};
use crate::time::Seconds;

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
        let generations = generations(node, spec.is_damaged(node.word), report);
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
            unconstrained: node.unconstrained,
            generations,
            revoked: node
                .revoked
                .iter()
                .map(|said| {
                    let origin = Origin::spec(said.serial.span).and(&Origin::spec(said.on.span));
                    (said.serial.value.clone(), Traced::new(said.on.value, origin))
                })
                .collect(),
            crl_valid: node.crl_valid.as_ref().map(|said| Traced::new(said.value, Origin::spec(said.span))),
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

/// Only written generations exist once one is written; the lowest of them is introduced and signs without saying so.
///
/// In a damaged node, words that seem to be missing may have been said.
fn generations(node: &node::Authority, damaged: bool, report: &mut Report) -> Vec<Generation> {
    let first = Generation {
        number: 1,
        introduced: true,
        signs: true,
        retired: false,
        retired_on: None,
        origin: Origin::default_of("authority.generation"),
    };
    if node.generations.is_empty() {
        return vec![first];
    }
    let lowest = node.generations.iter().map(|said| said.number.value).min();
    let mut found: Vec<_> = node
        .generations
        .iter()
        .map(|said| {
            let is_lowest = Some(said.number.value) == lowest;
            Generation {
                number: said.number.value,
                introduced: is_lowest || said.introduced.is_some(),
                signs: is_lowest || said.signs.is_some(),
                retired: said.retired.is_some(),
                retired_on: said.retired.as_ref().map(|date| date.value),
                origin: Origin::spec(said.number.span),
            }
        })
        .collect();
    found.sort_by_key(|generation| generation.number);
    if damaged {
        return found;
    }
    for said in &node.generations {
        if said.signs.is_some() && said.introduced.is_none() && Some(said.number.value) != lowest {
            report.push(
                Diagnostic::error(
                    Code::WRONG_GENERATION,
                    format!("generation {} signs before anybody trusts it", said.number.value),
                )
                .at(said.number.span, "has `signs` but no `introduced`")
                .help("add `introduced=\"…\"` with the date since when it is in trust bundles"),
            );
        }
    }
    let signing = found.iter().rev().find(|generation| generation.signs);
    if let Some(signing) = signing.filter(|generation| generation.retired) {
        let place = signing.origin.span().unwrap_or(node.word);
        report.push(
            Diagnostic::error(
                Code::WRONG_GENERATION,
                format!("authority `{}` signs with a retired generation", node.name.as_str()),
            )
            .at(place, "the latest that signs, and retired")
            .help(format!(
                "`gatewright rotate authority {}` writes the generation that follows",
                node.name.as_str()
            )),
        );
    }
    found
}
