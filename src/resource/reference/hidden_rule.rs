//! DestinationRules of services to which gateways lead, and whose pods do not see them. A proxy looks for one in its own
//! namespace, then in the service's, then in that of the mesh.

use super::taken::{MESH, has_subset, home, host_of, is_for};
use super::uses::Use;
use super::{Known, place, settle};
use crate::diag::{Code, Diagnostic, Report};
use crate::resource::finished::items;
use crate::resource::visible::Seen;
use crate::resource::{Finished, Tree, own_name};

/// Why the pods of a gateway do not see a rule.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    /// `exportTo` leaves their namespace out.
    Exported,
    /// It chooses workloads, which are of its own namespace.
    Chosen,
    /// They look for it elsewhere.
    Elsewhere,
}

impl Known<'_> {
    /// Holds a rule against the gateways that lead to its service.
    pub(super) fn hidden_rule(&self, rule: &Finished<'_>, report: &mut Report) {
        let Some(host) = host_of(rule) else { return };
        let of_host = self.uses.iter().filter(|(service, _)| is_for(&host, service));
        let mut said: Vec<&str> = Vec::new();
        for (service, uses) in of_host {
            // What a route says of a subset comes first.
            let (named, plain): (Vec<_>, Vec<_>) = uses.iter().partition(|one| one.subset().is_some());
            for one in named.into_iter().chain(plain) {
                let Some(why) = why_hidden(rule, one.pods, service) else { continue };
                if said.contains(&one.pods) || !self.is_missed(rule, one, service, why) {
                    continue;
                }
                said.push(one.pods);
                let mut found = Report::default();
                found.push(finding(rule, one, service, why));
                settle(self.project, one.object, &mut found);
                report.extend(found);
            }
        }
    }

    /// Whether requests go otherwise than the rule says, and no other rule takes its place.
    fn is_missed(&self, rule: &Finished<'_>, one: &Use<'_>, service: &str, why: Why) -> bool {
        let subset = one.subset().filter(|subset| has_subset(rule, subset));
        let found = self
            .destination_rules
            .iter()
            .filter(|(host, other)| is_for(host, service) && is_looked_up(other, one.pods, service));
        let mut seen = found.map(|(_, other)| *other);
        match subset {
            Some(subset) => !seen.any(|other| has_subset(other, subset)),
            None => {
                why != Why::Chosen
                    && rule.tree.at(&["spec", "trafficPolicy"]).is_some()
                    && seen.next().is_none()
            }
        }
    }
}

/// Whether the pods of a namespace may find a rule where they look for one.
pub(super) fn is_looked_up(rule: &Finished<'_>, pods: &str, service: &str) -> bool {
    why_hidden(rule, pods, service).is_none()
}

fn why_hidden(rule: &Finished<'_>, pods: &str, service: &str) -> Option<Why> {
    if !Seen::of(rule).by(pods) {
        let chosen = rule.tree.at(&["spec", "workloadSelector"]).is_some();
        return Some(if chosen { Why::Chosen } else { Why::Exported });
    }
    let home = home(service)?;
    // One for many services may well lie in a namespace for all of the mesh, whatever that is called.
    let is_for_many =
        rule.tree.at(&["spec", "host"]).and_then(Tree::as_str).is_some_and(|host| host.contains('*'));
    let looked = [pods, home, MESH].contains(&rule.namespace());
    (!is_for_many && !looked).then_some(Why::Elsewhere)
}

fn finding(rule: &Finished<'_>, one: &Use<'_>, service: &str, why: Why) -> Diagnostic {
    let (gateway, pods) = (&one.gateway, one.pods);
    let message =
        format!("the pods of gateway `{gateway}` do not see DestinationRule `{}`", rule.id.called());
    let finding = Diagnostic::warning(Code::HIDDEN_FROM_GATEWAY, message);
    let left_out = items(rule.tree, &["spec", "exportTo"]).first().filter(|_| why == Why::Exported);
    let chosen = rule.tree.at(&["spec", "workloadSelector"]).filter(|_| why == Why::Chosen);
    let mut finding = match (left_out.or(chosen), own_name(rule.tree)) {
        (Some(value), _) => {
            place(finding, value, rule, &format!("leaves out namespace `{pods}`, in which they run"))
        }
        (None, Some(span)) => rule.traced(finding.at(span, "lies where they do not look")),
        (None, None) => rule.traced(finding),
    };
    let subset = one.subset().filter(|subset| has_subset(rule, subset));
    let led = subset.or(one.destination.get("host")).and_then(|value| value.origin.span());
    if let Some(span) = led.or_else(|| one.destination.origin.span()) {
        finding = finding.at(span, "leads there");
    }
    finding = finding.note(match subset.and_then(Tree::as_str) {
        Some(subset) => format!("they answer requests for its subset `{subset}` with 503"),
        None => "what it says is not applied to their requests".to_owned(),
    });
    let home = home(service).unwrap_or(pods);
    finding
        .help(match why {
            Why::Exported => format!("write `export-to \"{pods}\"` too, or leave it out"),
            Why::Chosen => "say it in one without `workload-selector`".to_owned(),
            Why::Elsewhere => format!("declare it in namespace `{home}`, that of the service"),
        })
        .help(rule.settle("or, if it is meant so", Code::HIDDEN_FROM_GATEWAY))
}
