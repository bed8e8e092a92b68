//! `cacerts` nodes.

use super::super::name::Label;
use super::super::project::{Authority, AuthorityId, Cacerts};
use super::certificate::{Defaults, check_valid, facts};
use super::client::find_authority;
use super::{named, settled, unique};
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::node::{self, Source, Spec};
use crate::spec::{Origin, Traced};
use crate::time::Seconds;

const DEFAULTS: Defaults = Defaults { key: "cacerts.key", valid: ("cacerts.valid", Seconds::days(365)) };

pub(super) fn all(spec: &Spec, authorities: &mut [Authority], report: &mut Report) -> Vec<Cacerts> {
    let found: Vec<_> = spec.cacerts.iter().filter_map(|node| one(spec, node, authorities, report)).collect();
    let mut found = unique(
        report,
        Code::DUPLICATE_NAME,
        "cacerts",
        found,
        |cacerts| cacerts.name.value.clone(),
        |cacerts| cacerts.name.origin.span().unwrap_or(cacerts.word),
    );
    found.sort_by(|a, b| a.name.value.cmp(&b.name.value));
    for cacerts in &found {
        for (height, id) in way_up(authorities, cacerts.authority).into_iter().enumerate() {
            let height = u8::try_from(height + 1).unwrap_or(u8::MAX);
            if let Some(authority) = authorities.get_mut(id.0) {
                authority.below = authority.below.max(height);
            }
        }
    }
    found
}

fn way_up(authorities: &[Authority], from: AuthorityId) -> Vec<AuthorityId> {
    let mut way = vec![from];
    while let Some(parent) = way.last().and_then(|id| authorities.get(id.0)?.parent.as_ref()) {
        way.push(parent.value);
    }
    way
}

fn one(spec: &Spec, node: &node::Cacerts, authorities: &[Authority], report: &mut Report) -> Option<Cacerts> {
    let name = named(report, &node.name, Label::parse, "name of a cluster");
    let namespace = match &node.namespace {
        Some(text) => named(report, text, Label::parse, "name of a namespace"),
        None => Some(Traced::default_of(Label::known("istio-system"), "cacerts.namespace")),
    };
    let common_name = Traced::said(format!("istiod {}", node.name.as_str()), &node.name);
    let common_name = Some(common_name).filter(|name| name.value.chars().count() <= 64);
    let certificate = facts(&[&node.certificate], common_name, &DEFAULTS);
    let Some(Source::Authority(text)) = &node.certificate.source else { return None };
    let authority = find_authority(spec, text, authorities, report)?;
    if let Some(signer) = authorities.get(authority.0) {
        check_valid(&certificate, signer, spec, report);
    }
    Some(Cacerts {
        word: node.word,
        name: name?,
        namespace: namespace?,
        authority,
        authority_origin: Origin::spec(text.span()),
        certificate,
        settled: settled(&node.settled),
    })
}

/// istiod issues for names that no spec knows: its own and the workloads'.
pub(super) fn check_constraints(cacerts: &[Cacerts], authorities: &[Authority], report: &mut Report) {
    for cacerts in cacerts {
        let way = way_up(authorities, cacerts.authority);
        let mut above = way.iter().filter_map(|id| authorities.get(id.0));
        let Some(bound) = above.find(|authority| authority.permitted.is_some()) else { continue };
        let mut finding = Diagnostic::error(
            Code::NAME_CONSTRAINTS,
            format!("istiod of `{}` must issue for any name of its cluster", cacerts.name.value),
        )
        .at(
            cacerts.authority_origin.span().unwrap_or(cacerts.word),
            "stands under an authority that may not",
        );
        if let Some(span) = bound.permitted_said {
            finding = finding.at(span, "permitted are these");
        }
        report.push(finding.help(format!(
            "let a root issue it, or write `unconstrained` at authority `{}`",
            bound.name.value
        )));
    }
}
