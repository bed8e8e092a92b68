//! Names that hosts and domains refer to: each is looked up where it stands, whether a host relies on it or not.

use super::super::name::Label;
use super::client::find_authority;
use super::credential::external;
use super::host::{Context, find_gateway, push_once};
use super::issuer;
use super::{name_finding, trust};
use crate::diag::{Code, Report};
use crate::spec::node::{ServingWords, Source};

/// Looks at what every domain and host says of others. What a host has found of it is not reported again.
pub(super) fn check(context: &Context<'_>, report: &mut Report) {
    let spec = context.spec;
    for domain in &spec.domains {
        check_words(&domain.serving, context, report);
    }
    let inside = spec.domains.iter().flat_map(|domain| &domain.hosts);
    for host in inside.chain(&spec.hosts) {
        check_words(&host.serving, context, report);
    }
}

fn check_words(words: &ServingWords, context: &Context<'_>, report: &mut Report) {
    match &words.certificate.source {
        Some(Source::Authority(text)) => {
            find_authority(context.spec, text, context.authorities, report);
        }
        Some(Source::External(text)) => {
            external(text, report);
        }
        Some(Source::CertManager(said)) => {
            issuer::read(said, report);
        }
        Some(Source::Files(_)) | None => {}
    }
    if let Some(text) = &words.gateway {
        find_gateway(text, context, report);
    }
    if let Some(text) = &words.namespace
        && let Err(error) = Label::parse(text.as_str())
    {
        push_once(report, name_finding(Code::INVALID_NAME, text, error, "name of a namespace"));
    }
    for text in words.tls.iter().flat_map(|tls| &tls.clients) {
        trust::check(text, context, report);
    }
}
