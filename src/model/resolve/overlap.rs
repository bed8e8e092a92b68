//! Paths of one host that can't stand beside each other.

use std::collections::BTreeSet;

use super::super::name::Label;
use super::super::path::PathPattern;
use super::super::project::{Route, conditions};
use super::draft::Draft;
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::tree::Tree;
use crate::spec::{Span, Traced};

struct Said<'a> {
    path: &'a PathPattern,
    span: Span,
    /// `None` where it can't be told.
    namespace: Option<&'a Traced<Label>>,
    /// What requests must be like beside their path.
    matchers: &'a [Tree],
}

impl Said<'_> {
    /// Whether both ask the same of requests beside their path.
    fn asks_the_same(&self, other: &Self) -> bool {
        self.matchers.len() == other.matchers.len()
            && self.matchers.iter().zip(other.matchers).all(|(mine, theirs)| mine.same(theirs))
    }

    /// Whether some request is of both, so that it matters which of them is tried first.
    fn overlaps(&self, other: &Self) -> bool {
        let anything = |one: &Self| *one.path == PathPattern::Everything;
        match (anything(self), anything(other)) {
            (false, false) => self.path.overlaps(other.path),
            (true, true) => !self.matchers.is_empty() && !other.matchers.is_empty(),
            (true, false) => !self.matchers.is_empty(),
            (false, true) => !other.matchers.is_empty(),
        }
    }

    /// Whether only the order of two files could tell which of two routes for one path is tried first.
    fn is_undecided(&self, other: &Self) -> bool {
        let counts = |one: &Self| one.matchers.iter().map(conditions).collect::<BTreeSet<_>>();
        self.path == other.path
            && self.span.source != other.span.source
            && !counts(self).is_disjoint(&counts(other))
    }
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
                matchers: route.asks(),
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
    if earlier.path == later.path && earlier.asks_the_same(later) {
        let what = match later.path {
            PathPattern::Everything if later.matchers.is_empty() => {
                format!("two routes of `{host}` take everything")
            }
            _ => format!("a path of `{host}` is there twice"),
        };
        // A host's own `to` is tried last, wherever it stands.
        let (first, again) = (earlier.span.min(later.span), earlier.span.max(later.span));
        return Some(
            Diagnostic::error(Code::DUPLICATE_PATH, what)
                .at(again, "again here")
                .at(first, "first here")
                .help("keep one of them"),
        );
    }
    if let (Some(one), Some(other)) = (earlier.namespace, later.namespace)
        && one.value != other.value
        && earlier.overlaps(later)
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
    if earlier.is_undecided(later) {
        return Some(
            Diagnostic::error(
                Code::ROUTE_ORDER,
                format!("two routes of `{host}` for one path ask equally much of requests, in two files"),
            )
            .at(later.span, "either this is tried first")
            .at(earlier.span, "or this")
            .note("files have no order, and a request may be of both")
            .help("write both in one file, in the order in which they are to be tried"),
        );
    }
    let covers =
        earlier.path.covers(later.path) && (earlier.matchers.is_empty() || earlier.asks_the_same(later));
    if draft.node.in_order.is_some() && covers {
        return Some(
            Diagnostic::error(Code::UNREACHABLE_ROUTE, format!("a route of `{host}` can never be reached"))
                .at(later.span, "hidden by the one above")
                .at(earlier.span, "takes all of it")
                .help("move it up, or drop `in-order`: then the more specific path is tried first"),
        );
    }
    None
}
