//! What an object says it is: kinds that no spec may write, and texts that are none.

use super::context::Context;
use crate::diag::{Code, Diagnostic};
use crate::spec::clear;
use crate::spec::source::{Span, Text};

/// The longest name of a kind, a group's part or a version.
const LONGEST: usize = 63;

/// Refuses what would lie in Git in the clear, or would be applied as other objects. Whether it did.
pub(super) fn refuse(cx: &mut Context<'_>, at: Span, api_version: &str, kind: &str) -> bool {
    if clear::is_secret(api_version, kind) {
        cx.error(
            Diagnostic::error(Code::PLAINTEXT_KEY, "a Secret in a spec would lie in Git in the clear")
                .at(at, "a Secret")
                .note("Gatewright makes and seals the Secrets of hosts, authorities and clients itself")
                .help("seal it with `sops --encrypt` and keep the file beside the spec's tree, or let a host say `external`"),
        );
        return true;
    }
    if clear::is_list(api_version, kind) {
        cx.error(
            Diagnostic::error(
                Code::WRONG_PLACE,
                format!("a `{kind}` holds several objects, and one node is one object"),
            )
            .at(at, "a list of objects")
            .help("write a node for each object: `resource \"Kind\" \"name\"`, or the word of its kind"),
        );
        return true;
    }
    false
}

/// Whether the texts of a `resource` can be a kind and an `apiVersion`, as the API server reads them; complains otherwise.
pub(super) fn check(cx: &mut Context<'_>, kind: &Text, api: Option<&Text>) -> bool {
    let letters = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let is_kind = kind.as_str().len() <= LONGEST
        && kind.as_str().starts_with(|c: char| c.is_ascii_alphabetic())
        && letters(kind.as_str());
    if !is_kind {
        cx.error(
            Diagnostic::error(Code::WRONG_VALUE, format!("`{}` is no kind", kind.as_str()))
                .at_text(kind, "a kind is letters and digits")
                .help("write it as its CRD has it, as `\"Deployment\"`"),
        );
    }
    let part = |part: &str| {
        let outside = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        part.len() <= LONGEST
            && letters(part)
            && !part.bytes().any(|b| b.is_ascii_uppercase())
            && outside(part.bytes().next())
            && outside(part.bytes().next_back())
    };
    let is_api = |api: &Text| match api.as_str().split_once('/') {
        None => part(api.as_str()),
        Some((group, version)) => group.split('.').all(part) && part(version),
    };
    let Some(api) = api.filter(|api| !is_api(api)) else { return is_kind };
    cx.error(
        Diagnostic::error(Code::WRONG_VALUE, format!("`{}` is no `api`", api.as_str()))
            .at_text(api, "a group and a version, in small letters")
            .help("write it as manifests have it in `apiVersion`: `\"apps/v1\"`, or `\"v1\"` for the core"),
    );
    false
}
