//! ServiceEntries that `exportTo` hides from the proxies of which a VirtualService sends requests there.

use std::collections::BTreeSet;

use super::{Known, place};
use crate::diag::{Code, Diagnostic, Report};
use crate::model::name::ServiceName;
use crate::resource::finished::{full_gateway, is_in_mesh, is_rule_for, items, leads};
use crate::resource::visible::Seen;
use crate::resource::{Finished, Tree};

impl Known<'_> {
    /// Holds the services outside the cluster to which a VirtualService leads against those who know them.
    pub(super) fn hidden_entries(&self, object: &Finished<'_>, report: &mut Report) {
        let Some(spec) = object.tree.get("spec") else { return };
        let own = object.namespace();
        let mut said = BTreeSet::new();
        for (rule, destination) in leads(spec) {
            let Some(named) = destination.get("host") else { continue };
            let Some(name) = named.as_str() else { continue };
            // A service of the cluster may well be there beside its entry.
            let Some(first) = self.entries_for(name).next() else { continue };
            if !matches!(ServiceName::parse(name), Ok(ServiceName::Foreign)) {
                continue;
            }
            let is_hidden =
                |namespace: &str| !self.entries_for(name).any(|entry| Seen::of(entry).by(namespace));
            for gateway in items(spec, &["gateways"]).iter().filter_map(Tree::as_str) {
                let full = full_gateway(gateway, own);
                let Some(pods) = self.pods.get(&full).filter(|_| is_rule_for(rule, &full, own)) else {
                    continue;
                };
                if is_hidden(pods) && said.insert((name, *pods)) {
                    let who = format!("the pods of gateway `{full}`");
                    let message = message(&who, first);
                    let finding = Diagnostic::warning(Code::HIDDEN_FROM_GATEWAY, message);
                    let finding = hidden(finding, first, pods);
                    report.push(led(finding, named, object, Code::HIDDEN_FROM_GATEWAY));
                }
            }
            let has_hosts = !items(spec, &["hosts"]).is_empty();
            let is_mesh = has_hosts && is_in_mesh(object) && is_rule_for(rule, "mesh", own);
            if is_mesh && Seen::of(object).by(own) && is_hidden(own) && said.insert((name, own)) {
                let message = message(&format!("sidecars of namespace `{own}`"), first);
                let finding = Diagnostic::warning(Code::MISSING_SERVICE_ENTRY, message);
                let finding = hidden(finding, first, own);
                report.push(led(finding, named, object, Code::MISSING_SERVICE_ENTRY));
            }
        }
    }
}

fn message(who: &str, entry: &Finished<'_>) -> String {
    format!("{who} do not see ServiceEntry `{}`", entry.id.called())
}

fn hidden(finding: Diagnostic, entry: &Finished<'_>, namespace: &str) -> Diagnostic {
    let finding = match items(entry.tree, &["spec", "exportTo"]).first() {
        Some(first) => place(finding, first, entry, &format!("leaves out namespace `{namespace}`")),
        None => entry.traced(finding),
    };
    finding
        .note("without it they answer with 503")
        .help(format!("write `export-to \"{namespace}\"` too, or leave it out"))
}

fn led(finding: Diagnostic, named: &Tree, object: &Finished<'_>, code: Code) -> Diagnostic {
    let finding = match named.origin.span() {
        Some(span) => finding.at(span, "leads there"),
        None => finding,
    };
    finding.help(object.settle("or, if it is meant so", code))
}
