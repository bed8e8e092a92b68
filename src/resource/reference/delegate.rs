//! VirtualServices to which rules of others hand over.

use super::delegated::dropped;
use super::{Known, near, place};
use crate::diag::{Code, Diagnostic, Report};
use crate::resource::finished::items;
use crate::resource::visible::Seen;
use crate::resource::{Finished, Tree, own_name};

impl Known<'_> {
    /// Looks up what the rules of a VirtualService hand over to.
    pub(super) fn delegates_of(&self, object: &Finished<'_>, report: &mut Report) {
        for (rule, named, full) in delegates(object) {
            match self.rules.get(&full) {
                Some(part) if !has_hosts(part) => self.handed(rule, named, part, object, report),
                Some(_) => {
                    let message = format!(
                        "VirtualService `{full}` has hosts of its own, so Istio hands nothing over to it"
                    );
                    let finding = Diagnostic::error(Code::INVALID_DESTINATION, message);
                    let finding = place(finding, named, object, "no part of another");
                    report.push(finding.help("leave its `hosts` and `gateways` out: then it is a part"));
                }
                None => report.push(self.unknown_part(named, &full, object)),
            }
        }
    }

    /// What a part does not take of what is handed over to it.
    fn handed(
        &self,
        rule: &Tree,
        named: &Tree,
        part: &Finished<'_>,
        object: &Finished<'_>,
        report: &mut Report,
    ) {
        let own = object.namespace();
        if !Seen::of(part).by(own) {
            return report.push(unexported(named, part, object));
        }
        for theirs in items(part.tree, &["spec", "http"]) {
            if let Some(matcher) = dropped(rule, own, theirs, part.namespace()) {
                report.push(conflicting(named, (matcher, part), object));
            }
        }
    }

    /// Reports a part to which nothing here hands over: likely one whose hosts were forgotten.
    pub(super) fn unused_part(&self, object: &Finished<'_>, report: &mut Report) {
        let full = format!("{}/{}", object.namespace(), object.id.name);
        // With a gateway or without a route it is refused.
        let has = |field: &str| !items(object.tree, &["spec", field]).is_empty();
        let is_part = !has("hosts") && !has("gateways") && has("http");
        if !is_part || self.delegates.contains(&full) {
            return;
        }
        let message = format!("VirtualService `{full}` has no hosts, and no rule here hands over to it");
        let finding = Diagnostic::warning(Code::UNUSED_VIRTUAL_SERVICE, message);
        let finding = match own_name(object.tree) {
            Some(span) => finding.at(span, "without hosts nothing comes here by itself"),
            None => finding,
        };
        report.push(
            object
                .traced(finding)
                .help("say whose requests it takes: `hosts \"…\"`, and `gateways \"…\"` where they come from one")
                .help(format!("or hand over to it from a rule of one with hosts: {}", handing(object)))
                .help(object.settle("or, where a VirtualService outside this project does", Code::UNUSED_VIRTUAL_SERVICE)),
        );
    }

    fn unknown_part(&self, named: &Tree, full: &str, object: &Finished<'_>) -> Diagnostic {
        let message = format!("nothing here makes a VirtualService `{full}`");
        let finding = Diagnostic::warning(Code::UNKNOWN_VIRTUAL_SERVICE, message);
        let finding = place(finding, named, object, "without it these requests get 404");
        let parts = self.rules.iter().filter(|(_, part)| !has_hosts(part));
        let finding = match near(full, &parts.map(|(name, _)| name.clone()).collect()) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => {
                let (namespace, name) = full.split_once('/').unwrap_or(("", full));
                finding.help(format!(
                    "declare it, without `hosts`: `virtual-service \"{name}\" namespace=\"{namespace}\" {{ http {{ … }}; }}`"
                ))
            }
        };
        finding.help(object.settle("or, where something else makes it", Code::UNKNOWN_VIRTUAL_SERVICE))
    }
}

/// The names to which the rules of an object hand over, as `namespace/name`.
pub(super) fn named_by(object: &Finished<'_>) -> impl Iterator<Item = String> {
    let delegates = if object.is_a("VirtualService") { delegates(object) } else { Vec::new() };
    delegates.into_iter().map(|(.., full)| full)
}

/// The rules of a VirtualService that hand over, each with the name to which and that as `namespace/name`.
fn delegates<'t>(object: &'t Finished<'_>) -> Vec<(&'t Tree, &'t Tree, String)> {
    let mut found = Vec::new();
    for rule in items(object.tree, &["spec", "http"]) {
        let Some(delegate) = rule.get("delegate") else { continue };
        let text = |field: &str| delegate.get(field).and_then(Tree::as_str).filter(|text| !text.is_empty());
        let (Some(name), Some(named)) = (text("name"), delegate.get("name")) else { continue };
        let full = format!("{}/{name}", text("namespace").unwrap_or(object.namespace()));
        found.push((rule, named, full));
    }
    found
}

/// Whether a VirtualService is no part of another.
fn has_hosts(object: &Finished<'_>) -> bool {
    !items(object.tree, &["spec", "hosts"]).is_empty()
}

/// What hands over to a part.
fn handing(part: &Finished<'_>) -> String {
    format!("`delegate name=\"{}\" namespace=\"{}\"`", part.id.name, part.namespace())
}

fn unexported(named: &Tree, part: &Finished<'_>, object: &Finished<'_>) -> Diagnostic {
    let own = object.namespace();
    let message = format!(
        "VirtualService `{}` is not for namespace `{own}`, so Istio hands nothing over to it",
        part.id.called()
    );
    let finding = Diagnostic::warning(Code::UNKNOWN_VIRTUAL_SERVICE, message);
    let finding = place(finding, named, object, "these requests get 404");
    let finding = match items(part.tree, &["spec", "exportTo"]).first().and_then(|first| first.origin.span())
    {
        Some(span) => finding.at(span, format!("leaves out `{own}`, in which the rule is that hands over")),
        None => finding,
    };
    finding
        .help(format!("write `export-to \"{own}\"` too, or leave it out"))
        .help(object.settle("or, if it is meant so", Code::UNKNOWN_VIRTUAL_SERVICE))
}

fn conflicting(named: &Tree, (matcher, part): (&Tree, &Finished<'_>), object: &Finished<'_>) -> Diagnostic {
    let message = format!(
        "Istio drops a rule of VirtualService `{}`: `{}` hands over other requests than it takes",
        part.id.called(),
        object.id.called()
    );
    let finding = Diagnostic::warning(Code::UNREACHABLE_ROUTE, message);
    let finding = place(finding, matcher, part, "asks for something else");
    let finding = match named.origin.span() {
        Some(span) => finding.at(span, "hands over to it"),
        None => finding,
    };
    finding
        .note("each `match` of the part must ask as much as one of the rule: a path below its prefix, the same `ignore-uri-case` and `source-namespace`, and no expression beside another value")
        .help("leave out of it what the rule asks already, or ask for more of the same")
        .help(object.settle("or, if it is meant so", Code::UNREACHABLE_ROUTE))
}
