//! The Gateways that VirtualServices name.

use std::collections::{BTreeMap, BTreeSet};

use super::{Known, near, place};
use crate::diag::suggest::list;
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

    /// Holds the gateways of each `match` against those of the VirtualService, which alone know its rules.
    pub(super) fn gateways_of_rules(&self, object: &Finished<'_>, report: &mut Report) {
        let own = object.namespace();
        let full = |name: &str| full_gateway(name, own);
        let written = items(object.tree, &["spec", "gateways"]).iter().filter_map(Tree::as_str);
        let mut known: BTreeSet<String> = written.map(full).collect();
        // A part is for those of the rules that hand over to it.
        if items(object.tree, &["spec", "hosts"]).is_empty() {
            return;
        }
        if known.is_empty() {
            known.insert("mesh".to_owned());
        }
        let rules = ["http", "tls", "tcp"].into_iter().flat_map(|kind| items(object.tree, &["spec", kind]));
        for matcher in rules.flat_map(|rule| items(rule, &["match"])) {
            let named = items(matcher, &["gateways"]);
            let [first, ..] = named else { continue };
            let names: Vec<String> = named.iter().filter_map(Tree::as_str).map(full).collect();
            // What nothing makes is told already.
            let is_made = |name: &String| name == "mesh" || self.gateways.contains(name);
            if names.iter().all(|name| is_made(name) && !known.contains(name)) {
                report.push(never(object, first, &names, &known));
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

fn never(object: &Finished<'_>, first: &Tree, names: &[String], known: &BTreeSet<String>) -> Diagnostic {
    let quoted = |name: &String| format!("`{name}`");
    let shown = list(&names.iter().map(quoted).collect::<Vec<_>>(), "and");
    let message = format!(
        "a match of VirtualService `{}` can never be reached: it is for {shown} alone",
        object.id.called()
    );
    let finding = Diagnostic::warning(Code::UNREACHABLE_ROUTE, message);
    place(finding, first, object, "no gateway of this VirtualService")
        .note(match known.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["mesh"] => "it is for the mesh alone".to_owned(),
            _ => format!("it is for {}", list(&known.iter().map(quoted).collect::<Vec<_>>(), "and")),
        })
        .help("name it among the `gateways` of the VirtualService too, or leave it out of the `match`")
        .help(object.settle("or, if it is meant so", Code::UNREACHABLE_ROUTE))
}
