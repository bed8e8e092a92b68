//! Paths of one host that can't stand beside each other.

use super::super::name::Label;
use super::super::path::PathPattern;
use super::super::project::{Condition, Route};
use super::draft::Draft;
use super::near::Near;
use crate::diag::{Code, Diagnostic, Report};
use crate::spec::{Span, Traced};

struct Said<'a> {
    condition: Condition<'a>,
    span: Span,
    /// The word of its route.
    route: Span,
    /// `None` where it can't be told.
    namespace: Option<&'a Traced<Label>>,
}

impl Said<'_> {
    /// Whether only the order of two files could tell which of two routes for one path is tried first.
    fn is_undecided(&self, other: &Self) -> bool {
        let (mine, theirs) = (&self.condition, &other.condition);
        let expressions = |one: &Condition<'_>| matches!(&*one.path, PathPattern::Regex(_));
        self.span.source != other.span.source
            && (mine.is_at(theirs) || expressions(mine) && expressions(theirs))
            && mine.weight() == theirs.weight()
            && !mine.is_apart(theirs)
    }
}

/// Reports paths that are there twice, that two namespaces share, and that the written order hides.
pub(super) fn check(routes: &[(Option<Traced<Label>>, Route)], draft: &Draft<'_>, report: &mut Report) {
    let said: Vec<_> = routes
        .iter()
        // What else it asks of requests is not known.
        .filter(|(_, route)| !route.layer.lost)
        .flat_map(|(namespace, route)| {
            route.conditions().into_iter().map(move |condition| Said {
                span: condition.origin.span().unwrap_or(route.word),
                condition,
                route: route.word,
                namespace: namespace.as_ref(),
            })
        })
        .collect();
    let first = said.iter().find_map(|said| said.namespace);
    let namespaces = said.iter().filter_map(|said| said.namespace);
    let several = namespaces.into_iter().any(|other| first.is_some_and(|first| first.value != other.value));
    let mut near = Near::new(several || draft.node.in_order.is_some());
    for (i, later) in said.iter().enumerate() {
        let earlier = near.to(&later.condition);
        near.put(i, &later.condition);
        for earlier in earlier.into_iter().filter_map(|i| said.get(i)) {
            // Several matchers of one route for one path do the same.
            if earlier.route == later.route && earlier.span == later.span {
                continue;
            }
            if let Some(finding) = compare(earlier, later, draft) {
                report.push(finding);
                break;
            }
        }
    }
}

fn compare(earlier: &Said<'_>, later: &Said<'_>, draft: &Draft<'_>) -> Option<Diagnostic> {
    let host = &draft.name.value;
    if earlier.condition.is_same(&later.condition) {
        let what = match *later.condition.path {
            PathPattern::Everything if later.condition.asks_nothing() => {
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
        && earlier.condition.overlaps(&later.condition)
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
    if draft.node.in_order.is_some() && earlier.condition.covers(&later.condition) {
        return Some(
            Diagnostic::error(Code::UNREACHABLE_ROUTE, format!("a route of `{host}` can never be reached"))
                .at(later.span, "hidden by the one above")
                .at(earlier.span, "takes all of it")
                .help("move it up, or drop `in-order`: then the more specific path is tried first"),
        );
    }
    None
}
