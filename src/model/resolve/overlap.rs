//! Paths of one host that can't stand beside each other.

use super::super::name::Label;
use super::super::path::PathPattern;
use super::super::project::Route;
use super::draft::Draft;
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::{Span, Traced};

struct Said<'a> {
    path: &'a PathPattern,
    span: Span,
    /// `None` where it can't be told.
    namespace: Option<&'a Traced<Label>>,
}

/// Reports paths that are there twice, that two namespaces share, and that the written order hides.
pub(super) fn check(routes: &[(Option<Traced<Label>>, Route)], draft: &Draft<'_>, report: &mut Report) {
    let said: Vec<_> = routes
        .iter()
        .flat_map(|(namespace, route)| {
            route.paths.iter().map(move |path| Said {
                path: &path.value,
                span: path.origin.span().unwrap_or(route.word),
                namespace: namespace.as_ref(),
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
    if let (Some(one), Some(other)) = (earlier.namespace, later.namespace)
        && one.value != other.value
        && earlier.path.overlaps(later.path)
    {
        let mut finding = Diagnostic::error(
            Code::OVERLAPPING_PATHS,
            format!("paths of `{host}` from namespaces `{}` and `{}` overlap", one.value, other.value),
        )
        .at(later.span, format!("lives in `{}`", other.value))
        .at(earlier.span, format!("lives in `{}`", one.value))
        .note("Istio tries the VirtualServices of one host by age, so which of them wins would depend on the cluster");
        if one.origin.span().is_some() || other.origin.span().is_some() {
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
