//! The Gateways that VirtualServices name.

use std::collections::BTreeMap;

use super::{Known, near};
use crate::diag::{Code, Diagnostic, Report};
use crate::resource::finished::{full_gateway, items};
use crate::resource::{Finished, Tree, Value};

impl<'a> Known<'a> {
    /// Looks up every Gateway that a VirtualService names, its rules too.
    pub(super) fn gateways_of(&self, object: &Finished<'_>, report: &mut Report) {
        let mut lists = vec![items(object.tree, &["spec", "gateways"])];
        for rules in ["http", "tls", "tcp"] {
            for rule in items(object.tree, &["spec", rules]) {
                lists.extend(items(rule, &["match"]).iter().map(|one| items(one, &["gateways"])));
            }
        }
        for named in lists.into_iter().flatten() {
            let Some(name) = named.as_str().filter(|name| *name != "mesh") else { continue };
            let full = full_gateway(name, object.namespace());
            if !self.gateways.contains(&full) {
                report.push(object.traced_at(self.unknown_gateway(named, (name, &full), object), named));
            }
        }
    }

    fn unknown_gateway(
        &self,
        named: &Tree,
        (written, full): (&str, &str),
        object: &Finished<'_>,
    ) -> Diagnostic {
        let message = format!("nothing here makes a Gateway `{full}`");
        let mut finding = Diagnostic::warning(Code::UNKNOWN_GATEWAY, message);
        if let Some(span) = named.origin.span() {
            finding = finding.at(span, "without it nothing comes here");
        }
        if !written.contains('/') {
            finding = finding
                .note("a Gateway that is named without a namespace lies in that of the VirtualService");
        }
        let near = near(full, &self.gateways);
        finding = match near {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding
                .help("declare a `gateway` and a host on it: without hosts or `servers` it makes no Gateway"),
        };
        finding.help(object.settle("or, where something else makes it", Code::UNKNOWN_GATEWAY))
    }

    /// The namespace of the pods of a Gateway, as far as a `gateway` of the project says it.
    pub(super) fn pods_of(&self, object: &Finished<'_>) -> Option<&'a str> {
        let selector = object.tree.at(&["spec", "selector"])?;
        let same = |gateway: &&crate::model::Gateway| {
            let wanted: BTreeMap<&str, &str> = gateway
                .selector
                .iter()
                .map(|(key, value)| (key.value.as_str(), value.value.as_str()))
                .collect();
            let Value::Map(fields) = &selector.value else { return false };
            let said = fields.iter().filter_map(|field| Some((&*field.name, field.tree.as_str()?)));
            said.collect::<BTreeMap<_, _>>() == wanted
        };
        let own = |gateway: &&crate::model::Gateway| {
            object.word == "gateway" && gateway.name.value.as_str() == object.name
        };
        let gateways = || self.project.gateways().iter();
        let found = gateways().find(own).or_else(|| gateways().find(same))?;
        Some(found.workload_namespace.value.as_str())
    }
}
