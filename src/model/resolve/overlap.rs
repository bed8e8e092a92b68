//! Paths of one host that can't stand beside each other.

use super::super::name::Label;
use super::super::path::PathPattern;
use super::super::project::Route;
use super::host::Draft;
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::{Span, Traced};

struct Said<'a> {
    path: &'a PathPattern,
    span: Span,
    namespace: &'a Label,
    namespace_place: Option<Span>,
}

/// Reports paths that are there twice, that two namespaces share, and that the written order hides.
pub(super) fn check(routes: &[(Traced<Label>, Route)], draft: &Draft<'_>, report: &mut Report) {
    let said: Vec<_> = routes
        .iter()
        .flat_map(|(namespace, route)| {
            route.paths.iter().map(move |path| Said {
                path: &path.value,
                span: path.origin.span().unwrap_or(route.word),
                namespace: &namespace.value,
                namespace_place: namespace.origin.span(),
            })
        })
        .collect();
    for (i, later) in said.iter().enumerate() {
        for earlier in &said[..i] {
            if let Some(finding) = compare(earlier, later, draft) {
                report.push(finding);
                break;
            }
        }
    }
}

fn compare(earlier: &Said<'_>, later: &Said<'_>, draft: &Draft<'_>) -> Option<Diagnostic> {
    let host = &draft.name.value;
    if earlier.path == later.path {
        let what = match later.path {
            PathPattern::Everything => format!("two routes of `{host}` take everything"),
            _ => format!("a path of `{host}` is there twice"),
        };
        return Some(
            Diagnostic::error(Code::DUPLICATE_PATH, what)
                .at(later.span, "again here")
                .at(earlier.span, "first here")
                .help("keep one of them"),
        );
    }
    if earlier.namespace != later.namespace && earlier.path.overlaps(later.path) {
        let mut finding = Diagnostic::error(
            Code::OVERLAPPING_PATHS,
            format!("paths of `{host}` from namespaces `{}` and `{}` overlap", earlier.namespace, later.namespace),
        )
        .at(later.span, format!("lives in `{}`", later.namespace))
        .at(earlier.span, format!("lives in `{}`", earlier.namespace))
        .note("Istio tries the VirtualServices of one host by age, so which of them wins would depend on the cluster");
        if later.namespace_place.is_some() || earlier.namespace_place.is_some() {
            finding = finding.help("drop one `namespace=`, so that both live in one VirtualService");
        }
        return Some(finding);
    }
    if draft.node.in_order.is_some() && earlier.path.covers(later.path) {
        return Some(
            Diagnostic::error(Code::UNREACHABLE_ROUTE, format!("a route of `{host}` can never be reached"))
                .at(later.span, "hidden by the one above")
                .at(earlier.span, "takes all of it")
                .help("move it up, or drop `in-order`: then the more specific path is tried first"),
        );
    }
    None
}
